"""Old texts of a practice, from other programs, become email types: read, recognised, converted; pure functions.

A text is read into HTML (``reading``, ``word``, ``mail``), the way its program writes codes is recognised
(``families``, one file each), and each code becomes a field of ours (``converting``). What stands outside of codes is
data and stays text, whatever it looks like.
"""
