"""``workbench history`` and ``retention``: what was sent about a patient, shown, repeated, printed, kept or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.choices import HealthOption
from workbench.cli.letters import YesOption, send_letter
from workbench.cli.output import format_for, save_bytes, say, show, show_record
from workbench.cli.sending import print_message
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.displays.cells import friendly
from workbench.displays.words import heading, status_words
from workbench.domain.keeping import BY_HAND
from workbench.domain.pictures import data_urls, with_its_pictures
from workbench.errors import MailingError, UnknownTemplate, UsageError
from workbench.language import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Practice
    from workbench.practice.sent import SentMessage

_COLUMNS = (
    "delivery_id", "queued_at", "template", "recipient", "address", "role", "status", "reason", "decided_at",
    "previous_id", "emptied_at", "sent_by", "mailing_id",
)  # fmt: skip
_NARROW = {
    100: ("delivery_id", "queued_at", "template", "recipient", "status"),
    160: ("delivery_id", "queued_at", "template", "recipient", "address", "status", "reason", "previous_id"),
}
_DELETED_COLUMNS = ("deleted_at", "deleted_by", "deleted_reason")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(
        "history", help=_("What was sent about one patient: list it, read it, send it again, print it, delete it.")
    )(history)
    app.command("retention", help=_("Empty what was sent longer ago than the practice keeps it; the proof stays."))(
        retention
    )


def history(
    ctx: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help=_("The patient's file number."))],
    shown: Annotated[
        int | None,
        typer.Option("--show", metavar="N", help=_("Show message N as it left, and whether it is the same.")),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", dir_okay=False, help=_("With --show: write its HTML part here.")),
    ] = None,
    eml: Annotated[
        Path | None,
        typer.Option("--eml", metavar="FILE", dir_okay=False, help=_("With --show: write the very message here.")),
    ] = None,
    resent: Annotated[
        int | None,
        typer.Option("--resend", metavar="N", help=_("Send message N once more, to the addressee's present address.")),
    ] = None,
    printed: Annotated[
        str | None,
        typer.Option("--print", metavar="N[,N…]", help=_("Print messages into one PDF (--output FILE.pdf).")),
    ] = None,
    deleted: Annotated[
        int | None,
        typer.Option("--delete", metavar="N", help=_("Take message N out of the history; --reason says why.")),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=_("Why it is taken out."))] = "",
    restored: Annotated[
        int | None, typer.Option("--restore", metavar="N", help=_("Put message N back into the history."))
    ] = None,
    with_deleted: Annotated[bool, typer.Option("--deleted", help=_("List what was taken out, too."))] = False,
    yes: YesOption = False,
    health_reason: HealthOption = "",
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """List what was sent to whom about one patient, or do one thing with one message of it."""
    if sum(one is not None for one in (shown, resent, printed, deleted, restored)) > 1:
        raise UsageError(_("Do one thing at a time: --show, --resend, --print, --delete or --restore."))
    if (html is not None or eml is not None) and shown is None:
        raise UsageError(_("--html and --eml belong to --show N."))
    practice = practice_of(ctx)
    if shown is not None:
        _show_one(_message(practice, patient, shown), html, eml, format, output)
    elif resent is not None:
        _message(practice, patient, resent)
        mailing = practice.resending(resent, health_reason=health_reason)
        say(_("Message {number} is about to leave once more, as it was.").format(number=resent))
        raise typer.Exit(send_letter(practice, mailing, yes=yes, again=True))
    elif printed is not None:
        _print(practice, patient, _numbers(printed), output)
    elif deleted is not None:
        _delete(practice, patient, deleted, reason)
    elif restored is not None:
        _message(practice, patient, restored)
        done = practice.restore_to_history(restored)
        sentence = (
            _("Message {number} stands in the history again.") if done else _("Message {number} was not deleted.")
        )
        say(sentence.format(number=restored))
    else:
        _list(practice, patient, format, output, deleted=with_deleted)


def _list(practice: Practice, patient: str, format: Format, output: OutputOption, *, deleted: bool) -> None:
    frame = practice.history(patient, deleted=deleted)
    if frame.empty:
        practice.patients.known(patient)  # a wrong number is no patient without messages
    if format_for(format, output) is Format.TABLE and len(frame):
        frame = frame.assign(template=_told(practice, frame["template"]))
    columns = (*_COLUMNS, *_DELETED_COLUMNS) if deleted else _COLUMNS
    narrow = None if deleted else _NARROW
    show(frame, format=format, output=output, columns=columns, narrow=narrow, zone=practice.calendar.zone)
    if frame.empty:
        say(_("Nothing was sent about this patient yet."))


def _told(practice: Practice, paths: pd.Series) -> pd.Series:
    """Return email types as they are called, and what was written by hand by its subject."""
    called = {path: _called(practice, path) for path in paths.unique() if path.startswith(f"{BY_HAND}/")}
    return paths.map(lambda path: called.get(path, path))


def _called(practice: Practice, path: str) -> str:
    try:
        subject = practice.templates[path].subject
    except UnknownTemplate:
        return path
    return _("« {subject} » (by hand)").format(subject=subject) if subject else _("(by hand)")


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(
            _("« {text} » are not the numbers of messages: write 41 or 41,42.").format(text=text)
        ) from error


def _message(practice: Practice, patient: str, number: int) -> SentMessage:
    """Return a message about this patient, deleted or not: nobody's else is meant."""
    if number not in practice.history(patient, deleted=True)["delivery_id"].tolist():
        practice.patients.known(patient)
        raise MailingError(
            _("Message {number} is not about patient {patient}. See those with: workbench history {patient}").format(
                number=number, patient=patient
            )
        )
    return practice.sent(number)


def _show_one(message: SentMessage, html: Path | None, eml: Path | None, format: Format, output: OutputOption) -> None:
    if eml is not None:
        save_bytes(message.as_bytes(), eml)
    if html is not None:
        if message.message is None:
            raise MailingError(message.why_not)
        alone = with_its_pictures(message.message.html, data_urls(message.message.pictures))
        save_bytes(alone.encode(), html)
    if format is not Format.TABLE or output is not None:
        show_record(_record(message), format=format, output=output)
    elif eml is None and html is None:
        facts = {
            heading("status"): status_words(str(message.status)),
            heading("reason"): message.outcome,
            _("Date"): "" if message.left_at is None else friendly(message.left_at),
            _("Message-ID"): message.message_id,
            heading("previous_id"): "" if message.again_of is None else str(message.again_of),
        }
        for label, value in facts.items():
            if value:
                say(_("{label}: {value}").format(label=label, value=value))
        if message.again_by:
            say(_("Sent again as: {numbers}").format(numbers=", ".join(map(str, message.again_by))))
        if message.tombstone is not None:
            say(_("Taken out of the history: {reason}").format(reason=message.tombstone.reason))
        if message.message is not None:
            print_message(message.message)
    say(message.proof)


def _record(message: SentMessage) -> dict[str, object]:
    """Return what is known of one message, for a program."""
    shown = message.message
    return {
        "delivery_id": message.delivery_id,
        "mailing_id": message.mailing_id,
        "status": str(message.status),
        "reason": message.reason,
        "template": message.template,
        "template_revision": message.revision,
        "account": message.account,
        "recipient": message.recipient.name,
        "address": message.recipient.email,
        "subject": "" if shown is None else shown.subject,
        "text": "" if shown is None else shown.text,
        "attachments": list(message.attachments),
        "left_at": None if message.left_at is None else message.left_at.isoformat(),
        "message_id": message.message_id,
        "sha256": message.digest,
        "same_bytes": message.same_bytes,
        "previous_id": message.again_of,
        "sent_again_as": list(message.again_by),
    }


def _print(practice: Practice, patient: str, numbers: list[int], output: OutputOption) -> None:
    if output is None:
        raise UsageError(_("Say where the PDF goes: --output FILE.pdf"))
    for number in numbers:
        _message(practice, patient, number)
    practice.print_sent(numbers, output)
    say(_("Written to {path}.").format(path=output))


def _delete(practice: Practice, patient: str, number: int, reason: str) -> None:
    if not reason.strip():
        raise UsageError(_("Say why it is taken out of the history: --reason TEXT"))
    _message(practice, patient, number)
    if practice.delete_from_history(number, reason):
        say(
            _(
                "Message {number} is taken out of the history; --deleted lists it. It stays in the results, and what "
                "it told is told to nobody twice."
            ).format(number=number)
        )
    else:
        say(_("Message {number} was taken out of the history before.").format(number=number))


def retention(
    ctx: typer.Context,
    days: Annotated[
        int | None,
        typer.Option(
            "--days", metavar="N", min=0, help=_("Keep what is younger than this; else history_days of workbench.toml.")
        ),
    ] = None,
) -> None:
    """Empty what is too old, and let go of what is not to be kept."""
    practice = practice_of(ctx)
    kept = practice.settings.history_days if days is None else days
    done = practice.retain(days)
    if kept:
        say(n_("Messages are kept for {n} day.", "Messages are kept for {n} days.", kept).format(n=kept))
    else:
        say(_("Messages are kept for ever (history_days = 0), but for those that are not to be kept at all."))
    say(n_("{n} message was emptied; its proof stays.", "{n} messages were emptied; their proof stays.", done.contents)
        .format(n=done.contents))  # fmt: skip
    say(n_("{n} file was let go.", "{n} files were let go.", done.files).format(n=done.files))
