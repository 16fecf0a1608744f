"""Write to one patient by hand, and send once more what was sent: mailings of one message (F105–F108)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd
from babel.dates import format_date

from workbench.addresses import normalised_address
from workbench.domain.accounts import Account
from workbench.domain.deliveries import DeliveryStatus, NewDelivery
from workbench.domain.departures import has_begun
from workbench.domain.frames import RECIPIENT_COLUMNS
from workbench.domain.keeping import BY_HAND
from workbench.domain.letterheads import Letterhead
from workbench.domain.mailings import Finding, Forecast, MailingPlan, Severity
from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.errors import MailingError, NotConfirmed, UsageError
from workbench.language import _, language
from workbench.merging.frames import needed_columns
from workbench.merging.recipients import MERGED_WITH, Recipients, recipient_frame, with_objections
from workbench.merging.render import compile_template
from workbench.merging.template_file import sound
from workbench.practice.attaching import HEALTH_DOCUMENTS, MISSING, Attached, kept_files
from workbench.practice.enclosing import kept_pieces, told_of_files
from workbench.practice.letterheads import Choices
from workbench.practice.mailing import Mailing, TellRow
from workbench.practice.preparing import APPOINTMENTS, Prepared, Shared
from workbench.practice.sent import dressed_as_frozen, word_of_status

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

TOLD_LATELY = "told_lately"
"""The code of the finding about a message that left before, and lately."""

LATELY = timedelta(days=30)
"""For so long the same email type to the same patient is worth a word before it leaves again."""

_FIELD = re.compile(r"@\w|\{[{%]")

_COMPARED = 10
"""So many of the latest messages written by hand are compared with what is being written."""

_MAY_HAVE_LEFT = frozenset({"pending", "sending", "sent", "in_doubt"})
_OF_THE_FILE = frozenset(map(str, Role)) - {Role.EXTERNAL}
"""Addressees whose present address the patient's file tells, by the beginning of their key."""


class _PreparedLetter(Prepared):
    """A letter worked out, with a word about the same one that left lately."""

    def _find(self) -> Recipients:
        found = super()._find()
        day = self._told_lately(str(self._subjects["patient_id"].iloc[0]))
        if day is None:
            return found
        said = _("The same message about this patient left already, or waits, since {day}.").format(day=day)
        warnings = [
            Finding(code=TOLD_LATELY, severity=Severity.WARNING, message=said, recipient=str(recipient))
            for recipient in found.frame["recipient_id"]
        ]
        return replace(found, findings=(*found.findings, *warnings))

    def _told_lately(self, patient_id: str) -> str | None:
        """Return the day on which this email type was last sent about the patient and the appointment, if lately."""
        practice, template = self._practice, self._template
        sent = practice.ledger.results.history(patient_id, deleted=True)
        sent = sent[sent["status"].isin(list(_MAY_HAVE_LEFT)) & (sent["queued_at"] > self.at - LATELY)]
        if self._subjects["appointment_id"].iloc[0]:
            sent = sent[sent["appointment_id"] == self._subjects["appointment_id"].iloc[0]]
        if template.revision:
            alike = sent[sent["template"] == template.path]
        else:
            by_hand = sent[sent["template"].str.startswith(f"{BY_HAND}/")].head(_COMPARED)
            texts = {path: practice.ledger.library.template(path) for path in by_hand["template"].unique()}
            ours = (template.subject, template.html)
            same = {path for path, one in texts.items() if (one.subject, one.html) == ours}
            alike = by_hand[by_hand["template"].isin(list(same))]
        if alike.empty:
            return None
        return format_date(alike["queued_at"].max().tz_convert(practice.calendar.zone), "long", locale=language())


class Letter(Mailing):
    """A message to one patient, written by hand or from an email type; checked, shown and sent as any mailing.

    Made by ``practice.write_to(...)``. The same letter is sent once, however often it is asked for, and another one
    that says the same about the patient leaves only on purpose: ``send(confirmed=True)`` refuses it with `NotConfirmed`
    unless it is said ``again`` (P1). Nothing is written to the ledger before its `send`.
    """

    _worked_out_by = _PreparedLetter

    @property
    def told_lately(self) -> bool:
        """Whether the same message about this patient left lately, or waits."""
        return any(finding.code == TOLD_LATELY for finding in self._looked_at().addressed.findings)

    def _refuse_unmeant(self) -> None:
        # A command or a cell that is run once more sends nothing a second time.
        if self.id is None and self.told_lately:
            sentence = _(
                "The same message about this patient left lately; nothing was sent. To send it all the same: --again"
            )
            raise NotConfirmed(sentence, count=len(self._looked_at().addressed.frame))

    def to_notebook(self, path: str | Path, *, replace: bool = False) -> NoReturn:
        """Refuse: a message to one patient does not run by itself."""
        raise UsageError(_("A message to one patient is sent by hand: it cannot become a notebook."))


def letter_to(
    practice: Practice,
    patient_id: str,
    *,
    template: str | None,
    subject: str,
    html: str,
    text: str | None,
    role: str | None,
    account: str | None,
    signature: str | None,
    attachments: Sequence[str | Path],
    options: Mapping[str, bool] | None,
    missing: Mapping[str, str] | None,
    values: Mapping[str, object] | None,
    health_reason: str,
    pieces: Sequence[str] = (),
    health_files: Mapping[str | Path, bool] | None = None,
) -> Letter:
    """Return a letter to one patient; see ``Practice.write_to``."""
    practice.patients.known(patient_id)
    token = secrets.token_hex(8)
    kept = practice.templates[template] if template else None
    written = _written(kept, subject, html, text, label=token)
    appointment, practitioner = _next_appointment(practice, patient_id, written)
    rows = pd.DataFrame(
        {
            "subject_key": [f"patient:{patient_id}"],
            "patient_id": [patient_id],
            "appointment_id": [appointment],
            "practitioner_id": [practitioner],
            # Its own occasion: no mailing is kept from telling what it tells, nor it by a mailing.
            "occasions": [[f"letter:{token}"]],
        }
    )
    rows.attrs["workbench"] = _origin(practice)
    made = practice.mailing(
        rows,
        written,
        account=account,
        role=role,
        key=f"letter:{token}",
        signature=signature,
        options=options,
        attachments=attachments,
        missing=missing,
        values=values,
        health_reason=health_reason,
    )
    enclosed = kept_pieces(practice, patient_id, pieces)
    told = {kept: bool(holds) for path, holds in (health_files or {}).items() for kept in kept_files(practice, [path])}
    choices = replace(
        made.choices,
        attachments=tuple(dict.fromkeys((*made.choices.attachments, *told, *enclosed))),
        health_files={**told, **enclosed},
    )
    return Letter(practice, rows, made.template, made.account, made.plan, choices=choices)


def _origin(practice: Practice) -> dict[str, Any]:
    """Return what says of rows whose they are; they come from no search."""
    return {
        "workspace": practice.settings.workspace_id, "search": "", "parameters": {}, "resolved": {}, "rows": 1,
    }  # fmt: skip


def _written(kept: Template | None, subject: str, html: str, text: str | None, *, label: str) -> Template:
    """Return the email type as it is kept, or what was written: in its place, or on top of it."""
    if kept is None:
        if not subject.strip() or not html.strip():
            raise UsageError(_("Say what to write: an email type, or a subject and a text."))
        return sound(Template(label=label, folder=BY_HAND, subject=subject, html=html, text=text))
    if not subject and not html and text is None:
        return kept
    changed = kept.by_hand(
        label,
        subject=subject or kept.subject,
        html=html or kept.html,
        text=text if text is not None or html else kept.text,
        # Allowed was what its author wrote: no other text, and no field that somebody adds.
        health=kept.health and not html and not _FIELD.search(f"{subject} {text or ''}"),
    )
    return sound(changed)


def _next_appointment(practice: Practice, patient_id: str, template: Template) -> tuple[str, str]:
    """Return the patient's next appointment, and with whom, where the text tells of one; else two empty texts."""
    needed = needed_columns(compile_template(template, practice.catalogue, columns=None).codes, practice.catalogue)
    if "appointment" not in needed or "visit" in needed:
        return "", ""
    asked = {"start": "today", "end": "J+400", "state": "upcoming"}
    found = practice.store.search(APPOINTMENTS, asked, today=practice.today, patients=[patient_id])
    later = found[found["starts_at"] > practice.now()].sort_values("starts_at")
    if later.empty:
        return "", ""
    key, whom = later[["appointment_id", "practitioner_id"]].iloc[0]
    return str(key), "" if pd.isna(whom) else str(whom)


# --- once more ------------------------------------------------------------------------------------------


class SentAgain(Mailing):
    """A message that was sent, to be sent once more on purpose: the same content, to the addressee's present address.

    Made by ``practice.resending(...)``; linked to the first one, and journalled as any mailing.
    """

    def __init__(
        self,
        practice: Practice,
        subjects: pd.DataFrame,
        template: Template,
        account: Account,
        plan: MailingPlan,
        *,
        first: NewDelivery,
        number: int,
        letterhead: Letterhead,
        choices: Choices,
    ) -> None:
        super().__init__(practice, subjects, template, account, plan, choices=choices)
        self.first = number
        """The delivery that it repeats."""
        self._first = first
        self._letterhead = letterhead

    def _newly_prepared(self, *, now: datetime, again: bool) -> Prepared:
        return _PreparedAgain(
            self._practice,
            self._subjects,
            self.template,
            self.account,
            self.plan,
            now=now,
            first=self._first,
            shared=_AsFrozen(self._practice, self.template, self.account, self.choices, self._letterhead),
        )

    def renew_template(self) -> bool:
        """Take no newer revision: what is sent once more is what was sent."""
        return False

    def _deliveries(self, prepared: Prepared) -> Iterator[NewDelivery]:
        for row in super()._deliveries(prepared):
            yield replace(row, previous_id=self.first, patients=self._first.patients)

    def _foretold(self, prepared: Prepared, *, again: bool, tell: TellRow | None = None) -> Forecast:
        return super()._foretold(prepared, again=again or self.id is None, tell=tell)

    def _queue(self, rows: Iterable[NewDelivery], letterhead: Letterhead, *, again: bool, complete: bool) -> int:
        # What it tells was told: on purpose it is told once more, and once only however often this is called.
        return super()._queue(rows, letterhead, again=again or self.id is None, complete=complete)

    def to_notebook(self, path: str | Path, *, replace: bool = False) -> NoReturn:
        """Refuse: a message to one patient does not run by itself."""
        raise UsageError(_("A message to one patient is sent by hand: it cannot become a notebook."))


class _AsFrozen(Shared):
    """What dresses a message, and the one text it has, as it was frozen the first time."""

    _frozen_fields = True

    def __init__(
        self, practice: Practice, template: Template, account: Account, choices: Choices, letterhead: Letterhead
    ) -> None:
        super().__init__(practice, template, account, choices)
        self._frozen = letterhead

    @cached_property
    def letterhead(self) -> Letterhead:
        """What dressed it."""
        return self._frozen

    @cached_property
    def variants(self) -> dict[str, Template]:
        """The text that was sent, whatever was written of it since."""
        return {self._template.language: self._template}


class _PreparedAgain(Prepared):
    """A message that was sent, worked out to be sent once more: its values, its files, whom it goes to today."""

    def __init__(
        self,
        practice: Practice,
        subjects: pd.DataFrame,
        template: Template,
        account: Account,
        plan: MailingPlan,
        *,
        now: Any,
        first: NewDelivery,
        shared: Shared,
    ) -> None:
        super().__init__(practice, subjects, template, account, plan, now=now, shared=shared)
        self._sent = first

    def _find(self) -> Recipients:
        sent = self._sent
        told = {
            "recipient_id": sent.recipient_id,
            "appointment_id": sent.appointment_id,
            "invoice_id": sent.invoice_id,
            "practitioner_id": sent.practitioner_id,
            "patient_id": sent.patient_id,
            "subjects": list(sent.occasions),
            "appointments": [sent.appointment_id] if sent.appointment_id else [],
            "language": sent.language,
        }
        frame = recipient_frame([{**self._addressee_today(), **told}])
        if sent.addressee_key.partition(":")[0] not in _OF_THE_FILE:
            frame = with_objections(
                frame,
                self._shared.objections,
                channel=self._plan.channel,
                purpose=self._template.occasion_purpose,
            )
        subjects = self._subjects.assign(recipient_id=[sent.recipient_id], **{MERGED_WITH: [""]})
        values = pd.DataFrame([dict(sent.values)], dtype=object)
        return Recipients(frame=frame, subjects=subjects, values=values, findings=self._doubts())

    def _doubts(self) -> tuple[Finding, ...]:
        """Return a word about an appointment that has begun since; on purpose it may be told all the same."""
        if not has_begun(self._sent.occasions, now=self.at, zone=self._practice.calendar.zone):
            return ()
        said = _("This appointment has begun or is over; does the message speak of it as one to come?")
        key = self._sent.recipient_id
        return (Finding(code="appointment_begun", severity=Severity.WARNING, message=said, recipient=key),)

    def _addressee_today(self) -> dict[str, Any]:
        """Return who received it as the file tells of her today, and why she cannot be written to, if so."""
        sent = self._sent
        if sent.addressee_key.partition(":")[0] not in _OF_THE_FILE:
            row = dict.fromkeys(RECIPIENT_COLUMNS, "")
            return row | {
                "addressee_key": sent.addressee_key,
                "role": sent.role,
                "channel": sent.channel,
                "address": normalised_address(sent.address),
                "recipient": sent.recipient,
            }
        told, *others = [self._written_to_about(patient) for patient in (sent.patient_id, *sent.patients)]
        # Of a family's message the addressee answers for everybody it tells about, today too (P5).
        return told | {"reason": next((one["reason"] for one in (told, *others) if one["reason"]), "")}

    def _written_to_about(self, patient_id: str) -> dict[str, Any]:
        """Return the addressee as one who is written to about a patient today; raises where somebody else is."""
        widest = replace(self._template, guardians="both", group="", step="", purpose=self._template.occasion_purpose)
        subjects = self._subjects
        if patient_id != self._sent.patient_id:
            subjects = subjects.assign(
                subject_key=[f"patient:{patient_id}"], patient_id=[patient_id], appointment_id=[""]
            )
        found = Prepared(
            self._practice, subjects, widest, self._account, self._plan, now=self.at, shared=self._shared
        ).addressed.frame
        same = found[found["addressee_key"] == self._sent.addressee_key]
        if same.empty:
            raise MailingError(
                _(
                    "Whoever received this message is no longer written to about this patient: the file names somebody "
                    "else. Write to the patient anew instead: workbench patient write {patient}"
                ).format(patient=patient_id)
            )
        return {str(name): value for name, value in same.iloc[0].items()}

    def _merge(self) -> tuple[Recipients, pd.DataFrame]:
        found, sent = self.addressed, self._sent
        own = sent.attachments[len(self._template.attachments) :]
        gone = [kept for kept in sent.attachments if self._practice.attachments.read(kept) is None]
        template = self._template
        health = bool(own) and (
            bool(template.images) or any(rule.kind in HEALTH_DOCUMENTS for rule in template.documents)
        )
        self._attached = Attached(files=[own], reasons=[""], health=[health])
        if gone:
            reason = f"{MISSING}:{gone[0].partition('/')[2]}"
            reasons = [one or reason for one in found.frame["reason"]]
            found = replace(found, frame=found.frame.assign(reason=pd.Series(reasons, dtype=object)))
        fields = pd.DataFrame([dict(sent.values)], index=found.frame.index, dtype=object)
        return found, fields


def sent_again(
    practice: Practice, delivery_id: int, *, account: str | None = None, health_reason: str = ""
) -> SentAgain:
    """Return a message to be sent once more; see ``Practice.resending``."""
    number = int(delivery_id)
    letter, first = practice.ledger.results.sent_letter(number), practice.ledger.keeping.frozen(number)
    _refuse_what_cannot_be_repeated(letter.status, number)
    if letter.emptied_at is not None:
        raise MailingError(
            _(
                "What message {number} said is not kept any more: it cannot be sent again. Write to the patient anew."
            ).format(number=number)
        )
    template = practice.ledger.library.revision(letter.template_revision_id)
    chosen = practice.accounts[account or letter.account]
    _account, head = dressed_as_frozen(practice, letter, template)
    if chosen.email != head.sender_email:
        # Nobody writes in the name of an address that is not the account's any more.
        answers = template.reply_to or chosen.reply_to or ""
        head = replace(head, sender_email=chosen.email, sender_name=chosen.display_name, reply_to=answers)
    key = first.addressee_key if not first.patient_id else f"patient:{first.patient_id}"
    rows = pd.DataFrame(
        {
            "subject_key": [key],
            "patient_id": [first.patient_id],
            "appointment_id": [first.appointment_id],
            "occasions": [[f"again:{number}"]],
        }
    )
    rows.attrs["workbench"] = _origin(practice)
    plan = MailingPlan(
        template=template.path,
        account=chosen.name,
        role=first.role,
        channel=first.channel,
        key=f"again:{number}:{secrets.token_hex(8)}",
    )
    return SentAgain(
        practice,
        rows,
        template,
        chosen,
        plan,
        first=first,
        number=number,
        letterhead=head,
        choices=Choices(
            health_reason=health_reason.strip(),
            health_files=told_of_files(practice, letter.mailing_id, letter.attachments),
        ),
    )


def _refuse_what_cannot_be_repeated(status: DeliveryStatus, number: int) -> None:
    if status in (DeliveryStatus.SENT, DeliveryStatus.FAILED):
        return
    if status is DeliveryStatus.IN_DOUBT:
        raise MailingError(
            _(
                "Nobody knows whether message {number} arrived. Decide that first, in its mailing: workbench mailings "
                "settle, as sent or to be sent again."
            ).format(number=number)
        )
    raise MailingError(
        _("Message {number} has not left ({status}): there is nothing to send again.").format(
            number=number, status=word_of_status(status)
        )
    )
