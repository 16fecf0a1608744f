"""Why a mailing of a job left rows out, as people read it: how many for each reason, in sentences."""

from __future__ import annotations

from workbench.domain.deliveries import sentence_of_reason
from workbench.language import _


def left_out_words(codes: str) -> str:
    """Return in words what the log of a job tells in codes with their numbers; ``""`` for nobody.

    Examples
    --------
    >>> left_out_words("no_address 2, opted_out 1")
    'left out: 2 × No e-mail address in the file. 1 × Does not want these messages.'
    """
    told = []
    for one in filter(None, codes.split(", ")):
        code, _space, count = one.rpartition(" ")
        # Of many rows nobody says which field or file: the sentence has a gap there.
        sentence = sentence_of_reason(f"{code}:…")
        told.append(f"{count} × {code if sentence == f'{code}:…' else sentence}")
    return _("left out: {reasons}").format(reasons=" ".join(told)) if told else ""
