"""The ways for letters to leave the practice, one small room each: SMTP, a folder of .eml files, memory."""
