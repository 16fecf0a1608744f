"""Failed messages that a person has tried again: each goes to the address that the patient's file has by then (8.3)."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from workbench.addresses import INVALID_ADDRESS, NO_ADDRESS
from workbench.domain.accounts import Account
from workbench.domain.deliveries import Addressed
from workbench.domain.mailings import MailingPlan, MailingStatus
from workbench.domain.people import Role
from workbench.domain.returned_mail import cause_of_refusal
from workbench.errors import WorkbenchError
from workbench.merging.preflight import is_mssante
from workbench.practice.preparing import Prepared

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_NOT_ANY_MORE = (NO_ADDRESS, INVALID_ADDRESS, "deceased", "archived", "unknown_patient")
"""Why an addressee cannot be written to again, by today's file; who objects is asked as each message leaves (P13)."""


@dataclass(frozen=True, slots=True)
class Retrial:
    """Where the failed messages of a mailing would go, were they tried again now, and why they failed.

    Attributes
    ----------
    same
        The deliveries whose address is the one that refused them.
    corrected
        The deliveries whose addressee has another address by now, and which one.
    without
        The deliveries that stay as they are: the addressee has no usable address any more, or an ordinary one in the
        place of one of MSSanté, for which nobody allowed what they say (P13); the patient died or the file is
        archived; or the file does not name the addressee any more (P5). For a family's message, one child is enough.
    reasons
        How many failed for each reason, by its code and what the server's reply says of the mailbox (``""`` where it
        says nothing of it).
    """

    same: frozenset[int] = frozenset()
    corrected: Mapping[int, str] = field(default_factory=dict, repr=False)
    without: frozenset[int] = frozenset()
    reasons: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def of(self, deliveries: Collection[int] | None) -> Retrial:
        """Return what it says of some deliveries alone."""
        if deliveries is None:
            return self
        chosen = frozenset(deliveries)
        corrected = {number: address for number, address in self.corrected.items() if number in chosen}
        return Retrial(self.same & chosen, corrected, self.without & chosen)


def retrial_of(practice: Practice, mailing_id: int, deliveries: Collection[int] | None = None) -> Retrial:
    """Return where the failed messages of a mailing, or these of them alone, would go now.

    A guardian whom the file does not name any more is not written to. Payers, colleagues and the rows of a recipients
    table keep the address that was frozen where the file names none. What went to an address of MSSanté was never
    asked about, and does not leave its closed space.
    """
    failed = practice.ledger.mailings.failed_rows(mailing_id)
    if deliveries is not None:
        failed = [row for row in failed if row.delivery_id in deliveries]
    today = _addresses_today(practice, mailing_id, failed)
    same: set[int] = set()
    corrected: dict[int, str] = {}
    without: set[int] = set()
    for row in failed:
        of_the_file = row.patient_id and row.addressee_key.partition(":")[0] in (Role.PATIENT, Role.GUARDIAN)
        address = today.get((row.role, row.patient_id, row.addressee_key), "" if of_the_file else row.address)
        if of_the_file and not all(today.get((row.role, one, row.addressee_key)) for one in row.further_patients):
            address = ""
        if not address or (is_mssante(row.address) and not is_mssante(address)):
            without.add(row.delivery_id)
        elif address != row.address:
            corrected[row.delivery_id] = address
        else:
            same.add(row.delivery_id)
    reasons = Counter((row.reason, cause_of_refusal(row.reason, row.reply)) for row in failed)
    return Retrial(frozenset(same), corrected, frozenset(without), reasons)


def corrected_since(practice: Practice, failed: pd.DataFrame) -> dict[int, str]:
    """Return the other address that the file of each failed row's addressee has by now, by the row's number.

    Nothing is said of the rows of a cancelled mailing, which nobody can send again.
    """
    corrected: dict[int, str] = {}
    for number, rows in failed.groupby("mailing_id", observed=True):
        if practice.ledger.mailings.mailing(int(str(number))).status is MailingStatus.CANCELLED:
            continue
        with contextlib.suppress(WorkbenchError):  # what it was sent with may be gone: its own result tells of that
            corrected.update(retrial_of(practice, int(str(number)), frozenset(rows["delivery_id"].tolist())).corrected)
    return corrected


def retry(practice: Practice, mailing_id: int, deliveries: Sequence[int] | None) -> int:
    """Let failed messages wait again; see ``Practice.retry``."""
    known = retrial_of(practice, mailing_id)
    chosen = known.of(deliveries)
    if known.without:
        failed = known.same | known.corrected.keys()
        deliveries = sorted(failed if deliveries is None else {*deliveries} - known.without)
    return practice.ledger.mailings.retry(
        mailing_id, delivery_ids=deliveries, addresses=chosen.corrected, by=practice.user, now=practice.now()
    )


def _addresses_today(
    practice: Practice, mailing_id: int, failed: Collection[Addressed]
) -> dict[tuple[str, str, str], str]:
    """Return the address of each addressee by role, patient and key; ``""`` where it cannot be written to."""
    of_the_file = [row for row in failed if row.patient_id]
    if not of_the_file:
        return {}
    record = practice.ledger.mailings.mailing(mailing_id)
    template = practice.ledger.library.revision(record.template_revision_id)
    account = practice.accounts.get(record.account) or Account(name=record.account, email="")
    # Whoever answers for the patient, one by one, whatever the email type would choose of them.
    widest = replace(template, guardians="both", group="", step="", purpose=template.occasion_purpose)
    told: dict[tuple[str, str, str], str] = {}
    for role in sorted({row.role for row in of_the_file}):
        mine = [row for row in of_the_file if row.role == role]
        about = sorted(
            {(row.patient_id, row.appointment_id, row.day) for row in mine}
            | {(patient, "", row.day) for row in mine for patient in row.further_patients}
        )
        subjects = pd.DataFrame(
            {
                "subject_key": [f"patient:{patient}" for patient, _appointment, _day in about],
                "patient_id": [patient for patient, _appointment, _day in about],
                "appointment_id": [appointment for _patient, appointment, _day in about],
                # Who comes of age by the day that is told about is written to, as before.
                "starts_at": pd.to_datetime(pd.Series([day or None for _patient, _appointment, day in about])),
            }
        )
        plan = MailingPlan(template=template.path, account=account.name, role=role, channel=record.channel)
        frame = Prepared(practice, subjects, widest, account, plan, now=practice.now(), again=True).addressed.frame
        found = zip(frame["patient_id"], frame["addressee_key"], frame["address"], frame["reason"], strict=True)
        for patient, addressee, address, reason in found:
            usable = str(reason) not in _NOT_ANY_MORE
            told[(role, str(patient), str(addressee))] = str(address) if usable else ""
    return told
