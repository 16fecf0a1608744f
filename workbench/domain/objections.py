"""Who objects to which messages: the one rule that the check and every claimed batch ask (P13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from workbench.domain.people import Role

OBJECTION_COLUMNS = ("patient_id", "address", "channel", "purpose", "reason")
"""One row an objection; ``""`` in ``channel`` or ``purpose`` means every one."""

SELF_COLUMNS = ("patient_id", "person_key", "address")
"""One row a way in which a patient is somebody else's guardian or payer (``person_key``), or has an ``address``."""

ACCEPTED, REFUSED, OPTED_OUT = "accepted", "refused", "opted_out"
"""What people decide about a channel; the latest decision counts (F157)."""

_EVERY = ""
_ANSWERING = (f"{Role.GUARDIAN}:", f"{Role.PAYER}:")

Selves = Callable[[Sequence[str]], Any]
"""Gives, for patients' keys, a frame with the columns ``SELF_COLUMNS`` (``PatientStore.selves``)."""


class Objections:
    """A set of objections, asked row by row.

    An objection counts for its channel and purpose, ``""`` being every one, and reaches a row

    * about its patient;
    * to its address, whoever the row is about;
    * to its patient as the guardian or payer of somebody else;
    * to its patient's own address, when the row is about no patient: a table's. A spouse's file that shares the
      mailbox is not concerned.

    A missing consent (any reason but ``opted_out``) is a matter of the patient's file: it reaches the rows about
    that patient only, since the rows of a table need no opt-in.

    Parameters
    ----------
    rows
        Objections in the order of ``OBJECTION_COLUMNS``, as text.
    selves
        Rows in the order of ``SELF_COLUMNS``.
    mailbox
        Gives what two spellings of one address share.
    """

    def __init__(
        self,
        rows: Iterable[tuple[str, str, str, str, str]] = (),
        *,
        selves: Iterable[tuple[str, str, str]] = (),
        mailbox: Callable[[str], str] = str.casefold,
    ) -> None:
        self._mailbox = mailbox
        self._patients: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self._addresses: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self._persons: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self._own_addresses: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for patient_id, address, channel, purpose, reason in rows:
            if patient_id:
                self._patients[patient_id].append((channel, purpose, reason))
            if address and reason == OPTED_OUT:
                self._addresses[mailbox(address)].append((channel, purpose, reason))
        for patient_id, person_key, address in selves:
            said = [one for one in self._patients.get(patient_id, ()) if one[2] == OPTED_OUT]
            if person_key:
                self._persons[person_key] += said
            if address:
                self._own_addresses[mailbox(address)] += said

    @classmethod
    def from_frame(
        cls, frame: Any, *, selves: Selves | None = None, mailbox: Callable[[str], str] = str.casefold
    ) -> Objections:
        """Take a frame with the columns of ``PatientStore.objections``, and ask who else the objecting patients are."""
        rows = _rows(frame, OBJECTION_COLUMNS)
        objecting = sorted({patient_id for patient_id, *_rest, reason in rows if patient_id and reason == OPTED_OUT})
        others = _rows(selves(objecting), SELF_COLUMNS) if selves is not None and objecting else ()
        return cls(rows, selves=others, mailbox=mailbox)

    def __bool__(self) -> bool:
        return bool(self._patients or self._addresses)

    def reason(self, *, patient_id: str, address: str, channel: str, purpose: str, addressee_key: str = "") -> str:
        """Return why this row may not leave, or ``""``; an opt-out weighs more than a missing consent."""
        reaching = list(self._patients.get(patient_id, ()))
        if self._persons and addressee_key.startswith(_ANSWERING):
            reaching += self._persons.get(addressee_key.partition(":")[2], ())
        if address and (self._addresses or (self._own_addresses and not patient_id)):
            mailbox = self._mailbox(address)
            reaching += self._addresses.get(mailbox, ())
            if not patient_id:
                reaching += self._own_addresses.get(mailbox, ())
        if not reaching:
            return ""
        reasons = {
            reason
            for its_channel, its_purpose, reason in reaching
            if its_channel in (_EVERY, channel) and its_purpose in (_EVERY, purpose)
        }
        return OPTED_OUT if OPTED_OUT in reasons else min(reasons, default="")


def _rows(frame: Any, names: Sequence[str]) -> list[Any]:
    # A missing cell is None or one of pandas' own; here they all mean « every » or « nobody ».
    columns = [[cell if isinstance(cell, str) else "" for cell in frame[name]] for name in names]
    return list(zip(*columns, strict=True))
