"""Who of a mailing is left to be written to, as the list of a new one: what failed, what could be corrected."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.deliveries import DeliveryStatus, Standing, occasion_subject, standing_of
from workbench.domain.mailings import MailingRecord, Tally
from workbench.domain.templates import Template
from workbench.errors import UsageError
from workbench.language import _
from workbench.practice.letterheads import Choices, chosen_before
from workbench.practice.once import changed_once

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

TO_CORRECT = "to_correct"
"""Among the states of a mailing's rows: those that were not sent, and would be once a person corrected something."""

_TOLD = frozenset({"sent", "in_doubt", "sending", "pending"})
"""Statuses in which somebody was told, or may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """The rows of a mailing's search that are left, and how they were written to.

    `template` is the path of the email type, ``""`` when it is gone; `written` its text where that had been changed for
    the mailing alone. `role` and `account` are those of the mailing where they are not the usual ones. `key` names the
    new mailing, so that it is not the one of before.
    """

    record: MailingRecord
    rows: pd.DataFrame = field(repr=False)
    template: str = ""
    written: Template | None = field(default=None, repr=False)
    role: str = ""
    account: str = ""
    key: str = ""
    choices: Choices = field(default_factory=Choices)
    """The signature and the options that had been chosen for the mailing alone."""


def count_left(tally: Tally) -> int:
    """Return how many rows of a mailing failed, or would leave once a person corrected something."""
    skipped = tally.of("skipped").items()
    return tally.counts.failed + sum(count for reason, count in skipped if standing_of(reason) == Standing.TO_CORRECT)


def left_over(practice: Practice, mailing_id: int, states: Collection[str] = ("failed", TO_CORRECT)) -> LeftOver:
    """Return who of a mailing stands so: the rows that its messages in these states told of, and no other one.

    A row that another message of the mailing told the same addressee of is not among them.

    Parameters
    ----------
    states
        Statuses of deliveries, or `TO_CORRECT`.

    Raises
    ------
    UnknownMailing
        When the ledger has no mailing of this number.
    UsageError
        When its rows came from a table, or nobody is left.
    """
    record = practice.ledger.mailings.mailing(mailing_id)
    if not record.search:
        raise UsageError(
            _("The rows of mailing {number} came from a table: take the table again.").format(number=mailing_id)
        )
    found = practice.search(record.search, **dict(record.parameters))
    rows = found[found["subject_key"].isin(_subjects_left(practice, mailing_id, states))]
    if not len(rows):
        raise UsageError(_("Nobody of mailing {number} is left to write to.").format(number=mailing_id))
    template, written = _text_of(practice, record)
    usual = practice.templates[template].roles if template else ()
    return LeftOver(
        record=record,
        rows=rows,
        template=template,
        written=written,
        # Whoever was written to is written to again, and nobody else.
        role="" if record.role == ",".join(usual) or "," in record.role else record.role,
        account=record.account if record.account in practice.accounts else "",
        key=f"kept:{mailing_id}:{secrets.token_hex(4)}",
        choices=_choices_of(practice, record, template),
    )


def _choices_of(practice: Practice, record: MailingRecord, path: str) -> Choices:
    """Return what had been chosen for a mailing on top of its email type and account, as its messages were frozen."""
    template, account = practice.templates.get(path), practice.accounts.get(record.account)
    numbers = practice.ledger.mailings.numbers(record.id, tuple(DeliveryStatus))
    if template is None or account is None or not numbers:
        return Choices()
    letter = practice.ledger.results.sent_letter(max(numbers))
    if letter.letterhead_id is None:
        return Choices()
    head = practice.ledger.letterheads.letterhead(letter.letterhead_id)
    return chosen_before(head, template, account, practice.signatures)


def _subjects_left(practice: Practice, mailing_id: int, states: Collection[str]) -> set[str]:
    """Return the keys of the rows that are left to be told to somebody."""
    results = practice.results(mailing_id)
    status, reasons = results["status"].astype(str), results["reason"].astype(str)
    corrected = (status == "skipped") & (reasons.map(standing_of) == Standing.TO_CORRECT)
    wanted = status.isin([*states]) | (corrected if TO_CORRECT in states else False)
    told = practice.ledger.mailings.told_by(mailing_id)
    theirs = _told_in(results["delivery_id"][wanted], told)
    others = _told_in(results["delivery_id"][status.isin(list(_TOLD)) & ~wanted], told)
    return {subject for subject, _addressee, _role in theirs - others}


def _told_in(numbers: pd.Series, told: dict[int, tuple[str, str, tuple[str, ...]]]) -> set[tuple[str, str, str]]:
    """Return what these deliveries tell whom of, each row by its key."""
    return {
        (occasion_subject(occasion), addressee, role)
        for addressee, role, occasions in (told[int(number)] for number in numbers)
        for occasion in occasions
    }


def _text_of(practice: Practice, record: MailingRecord) -> tuple[str, Template | None]:
    """Return the email type of a mailing, and its text where it had been changed for that mailing alone."""
    if record.template in practice.templates:
        return record.template, None
    sent = practice.ledger.library.revision(record.template_revision_id)
    kept = practice.templates.get(sent.changed_from)
    if kept is None:
        return "", None
    if not sent.html:  # emptied with its messages
        return kept.path, None
    changed = changed_once(kept, sent)
    return kept.path, None if changed is kept else changed
