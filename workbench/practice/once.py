"""For one sending alone: an email type with its text changed, and a message sent to oneself to see it arrive."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pandas as pd

from workbench.domain.accounts import Account
from workbench.domain.deliveries import NewDelivery, sentence_of_reason
from workbench.domain.mailings import MailingPlan, MailingProgress, trial_key
from workbench.domain.options import Options
from workbench.domain.templates import Template
from workbench.errors import UsageError
from workbench.language import _
from workbench.merging.recipients import MERGED_WITH, Recipients
from workbench.merging.template_file import sound
from workbench.practice.letterheads import Choices
from workbench.practice.mailing import Mailing
from workbench.practice.preparing import Prepared

if TYPE_CHECKING:
    from datetime import datetime

    from workbench.practice.practice import Practice

_TOLD_APART = 8
"""Letters of the digest by which texts that were changed for one sending are told apart."""


def changed_once(kept: Template, changed: Template) -> Template:
    """Return an email type with the text of `changed` in its place, for one sending; itself where nothing changed.

    It stands in no list, and counts as the email type for whoever was told already or wants no such messages. The
    same text is the same mailing, however often it is prepared. Whoever reads the email type in another language gets
    that variant as it is, and the check says so.

    Raises
    ------
    TemplateRefused
        When the text cannot be kept.
    """
    if (changed.subject, changed.html, changed.text, changed.pictures) == (
        kept.subject, kept.html, kept.text, kept.pictures,
    ):  # fmt: skip
        return kept
    written = kept.by_hand(
        kept.label,
        subject=changed.subject,
        html=changed.html,
        text=changed.text,
        pictures=changed.pictures,
        changed_from=kept.path,
        purpose=kept.purpose,
        variant_of=kept.variant_of,
    )
    return sound(replace(written, label=f"{kept.label} · {written.digest()[:_TOLD_APART]}"))


def left_unchanged(mailing: Mailing) -> dict[str, int]:
    """Return how many of a mailing whose text was changed read the email type's own in which other language."""
    if not mailing.template.changed_from:
        return {}
    found = mailing.addressed
    spoken = found["language"][(found["reason"] == "") & (found["language"] != mailing.template.language)]
    return {str(code): int(count) for code, count in spoken.value_counts().sort_index().items()}


# --- to oneself -----------------------------------------------------------------------------------------


def trial_of(mailing: Mailing, number: int, *, recipient_id: str = "") -> Trial:
    """Return the message of recipient `number` of a mailing (from 0), to be sent to the address it leaves from.

    Parameters
    ----------
    recipient_id
        Who is looked at: the message of nobody else is returned.

    Raises
    ------
    UsageError
        When there is no such recipient, or it is another one, or the account has no address of its own.
    """
    practice, account = mailing.practice, mailing.account_now()
    if not account.email:
        raise UsageError(_("The account « {name} » has no address to send a test to.").format(name=account.name))
    written = mailing.written_for(number)  # which refuses a number that nobody has
    row = mailing.addressed.iloc[number]
    if recipient_id and row["recipient_id"] != recipient_id:
        raise UsageError(_("The list has changed since: search again to read it."))
    subjects = mailing.subjects
    mine = subjects[subjects["recipient_id"].isin(_told_alike(mailing.addressed, row))]
    mine = mine.drop(columns=["recipient_id", MERGED_WITH])
    mine.attrs = {**subjects.attrs}
    token = secrets.token_hex(8)
    told_of = [str(row["patient_id"]), *(mine["patient_id"].dropna().astype(str) if "patient_id" in mine else ())]
    template = written.by_hand(
        f"trial-{token}",
        subject=_("[Test] {subject}").format(subject=written.subject),
        purpose="",
        changed_from="",
        health=written.health,
    )
    return Trial(
        practice,
        mine,
        template,
        account,
        replace(mailing.plan, key=trial_key(token, told_of), template=template.path, account=account.name),
        choices=replace(
            mailing.choices,
            options=Options(confirm=False, read_receipt=False, keep_messages=False, keep_attachments=False),
        ),
        whose=(str(row["recipient_id"]), str(row["addressee_key"])),
    )


def _told_alike(everyone: pd.DataFrame, row: pd.Series) -> set[str]:
    """Return the recipients who are told of what one of them is: what is looked for names the first of them alone."""
    mine = set(row["subjects"])
    rows = zip(everyone["recipient_id"], everyone["subjects"], strict=True)
    return {str(row["recipient_id"]), *(str(other) for other, told in rows if not mine.isdisjoint(told))}


class _PreparedTrial(Prepared):
    """One message of a mailing, with the sender's own address in the place of the addressee's."""

    whose: tuple[str, str] = ("", "")

    def _find(self) -> Recipients:
        found, (recipient, addressee) = super()._find(), self.whose
        mine = (found.frame["recipient_id"] == recipient) & (found.frame["addressee_key"] == addressee)
        places = mine.to_numpy().nonzero()[0][:1]
        own = self._account
        return replace(
            found,
            frame=found.frame.iloc[places]
            .assign(address=own.email, recipient=own.display_name or own.email, reason="")
            .reset_index(drop=True),
            values=found.values.iloc[places].reset_index(drop=True) if len(found.values) else found.values,
            findings=(),
        )


class Trial(Mailing):
    """One message of a mailing, sent to the address it leaves from, marked as a test.

    Made by `trial_of`. It is in nobody's history, tells nobody anything as far as later mailings are concerned, and
    what it said is not kept once it left. Somebody waits to see it arrive: it is tried once, and leaves now or never.
    """

    _worked_out_by = _PreparedTrial

    def __init__(
        self,
        practice: Practice,
        subjects: pd.DataFrame,
        template: Template,
        account: Account,
        plan: MailingPlan,
        *,
        choices: Choices,
        whose: tuple[str, str],
    ) -> None:
        super().__init__(practice, subjects, template, account, plan, choices=choices)
        self._whose = whose

    def _newly_prepared(self, *, now: datetime, again: bool) -> Prepared:
        prepared = super()._newly_prepared(now=now, again=again)
        if isinstance(prepared, _PreparedTrial):
            prepared.whose = self._whose
        return prepared

    def _deliveries(self, prepared: Prepared) -> Iterator[NewDelivery]:
        for row in super()._deliveries(prepared):
            yield replace(
                row,
                recipient_id=self.plan.key,
                addressee_key=f"address:{row.address}",
                patient_id="",
                appointment_id="",
                invoice_id="",
                patients=(),
                occasions=(self.plan.key,),
                expires_at=None,
            )

    def _is_whole(self) -> bool:
        return True

    def _drained(
        self,
        only: Sequence[int] | None,
        *,
        connections: int | None,
        progress: Callable[[MailingProgress], None] | None,
        results: bool = True,
    ) -> pd.DataFrame:
        practice, stop = self._practice, threading.Event()

        def once(run: MailingProgress) -> None:
            if run.waiting_until is not None:
                stop.set()
            if progress is not None:
                progress(run)

        if self.id is not None:
            try:
                practice.drain(self.id, only=only, connections=connections, progress=once, stop=stop)
            finally:
                # What waits would leave by itself later, beside the test that is sent meanwhile.
                if practice.ledger.mailings.counts(self.id).pending:
                    practice.cancel(self.id)
                    practice.ledger.keeping.tidy(mailing_id=self.id, now=practice.now())
        return self.results

    @property
    def arrived(self) -> bool | None:
        """Whether the server took it; nothing when nobody can know."""
        statuses = [] if self.id is None else self.results["status"].astype(str).tolist()
        if statuses and set(statuses) <= {"in_doubt", "sending"}:
            return None
        return bool(statuses) and set(statuses) == {"sent"}

    @property
    def outcome(self) -> str:
        """What became of it, in a sentence."""
        arrived, address = self.arrived, self.account.email
        if arrived:
            return _("✓ The test was sent to {address}.").format(address=address)
        if arrived is None:
            return _("Nobody knows whether the test arrived: look into the mailbox {address}.").format(address=address)
        rows = [] if self.id is None else self.results.to_dict("records")
        if not rows:
            return _("The list has changed since: search again to read it.")
        (row,) = rows
        why = " ".join(filter(None, [sentence_of_reason(row["reason"]) if row["reason"] else "", row["smtp_reply"]]))
        if row["status"] == "failed":
            return _("The test was refused: {reason}").format(reason=why)
        if row["status"] == "cancelled":
            return _("The test could not leave now, and was cancelled. {reason}").format(reason=why).strip()
        return _("The test did not leave: {reason}").format(reason=why)

    def to_notebook(self, path: str | Path, *, replace: bool = False) -> NoReturn:
        """Refuse: a test does not run by itself."""
        raise UsageError(_("A message to oneself is sent by hand: it cannot become a notebook."))
