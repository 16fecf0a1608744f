"""Write to several roles: one message each, and one alone to whoever holds two of them (F77, P1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from workbench.addresses import address_key
from workbench.domain.people import Role
from workbench.errors import BadValue
from workbench.language import _
from workbench.merging.recipients import Recipients, colleague_of

OTHER_ROLE = "told_in_other_role"
"""The reason of whoever gets the same message already, in a role that comes before."""


def roles_from(text: str) -> tuple[Role, ...]:
    """Return the roles that a text names (« patient », « patient,payer »), each once, in its order.

    Raises
    ------
    BadValue
        When one of them does not exist.
    """
    named = dict.fromkeys(one.strip() for one in text.split(","))
    known = [str(role) for role in Role]
    for name in named:
        if name not in known:
            raise BadValue(
                _("There is no role « {role} »; it is one of: {known}.").format(role=name, known=", ".join(known))
            )
    return tuple(map(Role, named))


def in_every_role(found: Sequence[tuple[Role, Recipients]]) -> Recipients:
    """Return the recipients of several roles as one list, those of the first role first.

    Parameters
    ----------
    found
        Each role with its recipients, made of the same subjects.

    Returns
    -------
    Recipients
        The `subjects` name the recipients of the first role. Those of a further role have its name in their
        ``recipient_id``; whoever reads the same mailbox as a recipient before, about the same subjects, has the reason
        ``told_in_other_role``. Subjects that are colleagues themselves are written to once.
    """
    _role, first = found[0]
    if len(found) == 1:
        return first
    frames = [first.frame]
    reached = set(_told(first.frame[first.frame["reason"] == ""]))
    for role, further in found[1:]:
        frame = further.frame
        own = [not any(colleague_of(text) for text in told) for told in frame["subjects"]]
        frame = frame[pd.Series(own, index=frame.index, dtype=bool)]
        told = _told(frame)
        reasons = [
            reason or (OTHER_ROLE if one in reached else "") for reason, one in zip(frame["reason"], told, strict=True)
        ]
        frame = frame.assign(
            recipient_id=[f"{key}/{role}" for key in frame["recipient_id"]],
            reason=pd.Series(reasons, index=frame.index, dtype=object),
        )
        reached |= {one for one, reason in zip(told, reasons, strict=True) if not reason}
        frames.append(frame)
    together = pd.concat(frames, ignore_index=True)
    return replace(
        first,
        frame=together,
        values=pd.DataFrame(index=range(len(together))),
        findings=tuple(dict.fromkeys(one for _one_role, each in found for one in each.findings)),
    )


def _told(frame: pd.DataFrame) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return of each row whose mailbox it reaches, about which patient and which subjects."""
    rows = zip(frame["address"], frame["patient_id"], frame["subjects"], strict=True)
    return [(address_key(address) if address else "", str(patient), tuple(told)) for address, patient, told in rows]
