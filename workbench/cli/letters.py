"""``workbench patient write`` and ``patient erase``: one patient's mail, written by hand; a patient forgotten."""

from __future__ import annotations

import html as markup
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.choices import (
    AttachOption,
    HealthOption,
    MissingOption,
    OptionOption,
    RoleOption,
    SignatureOption,
    choices_of,
)
from workbench.cli.output import agreed, is_terminal, save_bytes, say
from workbench.cli.report import say_findings
from workbench.cli.sending import print_message, run_and_report
from workbench.cli.session import AccountOption, ValueOption, practice_of, values_of
from workbench.displays.cells import harmless
from workbench.displays.words import shown
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.pictures import data_urls, with_its_pictures
from workbench.errors import BadValue, NotConfirmed, UsageError
from workbench.language import _, n_

if TYPE_CHECKING:
    from workbench.practice import Mailing, Practice

YesOption = Annotated[bool, typer.Option("--yes", "-y", help=_("Do it without asking."))]
_HTML_FILES = (".html", ".htm")
_LONGEST_BODY = 1_000_000
"""Bytes of a text written by hand; what is longer was not."""


def add_to(group: typer.Typer) -> None:
    """Add the commands of this file."""
    group.command("write", help=_("Write to one patient by hand, or send one an email type."))(write)
    group.command("erase", help=_("Forget what was written about a patient, and to whom; the bare proof stays."))(erase)


def write(
    ctx: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help=_("The patient's file number."))],
    template: Annotated[
        str | None, typer.Option("--template", metavar="PATH", help=_("The email type, as « Folder/Label »."))
    ] = None,
    subject: Annotated[str, typer.Option("--subject", metavar="TEXT", help=_("The subject; fields are merged."))] = "",
    body: Annotated[
        str | None,
        typer.Option(
            "--body", metavar="FILE|-", help=_("The text: a text or HTML file, or « - » for what is typed or piped.")
        ),
    ] = None,
    role: RoleOption = None,
    account: AccountOption = None,
    signature: SignatureOption = None,
    options: OptionOption = None,
    attach: AttachOption = None,
    missing: MissingOption = None,
    values: ValueOption = None,
    health_reason: HealthOption = "",
    preview: Annotated[bool, typer.Option("--preview", help=_("Show the message, send nothing."))] = False,
    eml: Annotated[
        Path | None,
        typer.Option("--eml", metavar="FILE", dir_okay=False, help=_("Write the whole message here, send nothing.")),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", dir_okay=False, help=_("Write its HTML part here, send nothing.")),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help=_("Send it although the same message about this patient left lately."))
    ] = False,
    yes: YesOption = False,
) -> None:
    """Write, show or send one message to one patient."""
    if template is None and (not subject or body is None):
        raise UsageError(_("Say what to write: --template PATH, or --subject TEXT and --body FILE."))
    practice = practice_of(ctx)
    letter = practice.write_to(
        patient,
        template=template,
        subject=subject,
        html="" if body is None else body_of(body),
        account=account,
        values=values_of(values),
        **choices_of(
            role=role,
            signature=signature,
            options=options,
            attach=attach,
            missing=missing,
            health_reason=health_reason,
        ),
    )
    if not (preview or eml is not None or html is not None):
        raise typer.Exit(send_letter(practice, letter, yes=yes, twice=again))
    say_findings(letter.check(), letter)
    reasons = letter.recipients["reason"].tolist()
    for number, reason in enumerate(reasons):
        if len(reasons) > 1:
            say(_("Message {number} of {count}").format(number=number + 1, count=len(reasons)))
        if reason:
            say(_("This message would not leave: {reason}").format(reason=sentence_of_reason(reason)))
        if preview:
            print_message(letter.preview(number))
    if len(reasons) > 1 and (eml is not None or html is not None):
        say(_("Only the first of {count} messages is written to a file.").format(count=len(reasons)))
    message = letter.preview(0)
    if eml is not None:
        save_bytes(message.as_bytes(), eml)
    if html is not None:
        save_bytes(with_its_pictures(message.html, data_urls(message.pictures)).encode(), html)


def body_of(source: str) -> str:
    """Return the HTML of a text written by hand: of a file, or of what is typed or piped.

    Of plain text, an empty line ends a paragraph.

    Raises
    ------
    BadValue
        When it cannot be read, is no UTF-8 text, or is longer than anybody writes.
    """
    try:
        if source == "-":
            read = sys.stdin.buffer.read(_LONGEST_BODY + 1)
        else:
            with Path(source).open("rb") as file:
                read = file.read(_LONGEST_BODY + 1)
        text = read.decode("utf-8-sig")
    except OSError as error:
        raise BadValue(
            _("The file « {file} » cannot be read: {problem}.").format(file=source, problem=error.strerror or error)
        ) from error
    except UnicodeDecodeError as error:
        raise BadValue(_("The file « {file} » is not UTF-8 text.").format(file=source)) from error
    if len(read) > _LONGEST_BODY:
        raise BadValue(_("The text is too long for a message."))
    if not text.strip():
        raise BadValue(_("The text is empty."))
    if source.lower().endswith(_HTML_FILES):
        return text
    return paragraphs(text)


def paragraphs(text: str) -> str:
    r"""Return plain text as HTML paragraphs.

    Examples
    --------
    >>> paragraphs("Bonjour,\n\nà demain <ici>\nou ailleurs")
    '<p>Bonjour,</p>\n<p>à demain &lt;ici&gt;<br>\nou ailleurs</p>'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    told: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            told[-1].append(markup.escape(line.strip(), quote=False))
        elif told[-1]:
            told.append([])
    whole = ("<br>\n".join(part) for part in told if part)
    return "\n".join(f"<p>{part}</p>" for part in whole)


def send_letter(practice: Practice, mailing: Mailing, *, yes: bool, again: bool = False, twice: bool = False) -> int:
    """Check a message to one patient, ask, send it, and return the exit status that says what became of it.

    What is sent `again` is always asked about, whatever the account says. The same message as one that left lately
    leaves `twice` on purpose, or once somebody agreed who was told.

    Raises
    ------
    NotConfirmed
        When nobody confirmed.
    """
    findings = mailing.check()
    reasons = mailing.recipients["reason"]
    nobody = bool((reasons != "").all())
    say_findings(findings, mailing, only_warnings=yes and not nobody)
    if "health_data_on_plain_mail" in set(reasons):
        say(
            _(
                "For this message alone: --allow-health-data REASON. For an email type always: health: true in it. "
                "Both are journalled."
            )
        )
    if nobody:
        say(_("Nothing was sent: nobody can be written to."))
        return 1
    agreed_to = not yes and _ask(mailing, again=again)
    return run_and_report(practice, mailing, fresh=True, again=twice or agreed_to)


def _ask(mailing: Mailing, *, again: bool) -> bool:
    """Ask whether it may leave, unless nobody wants to be asked; tells whether somebody agreed."""
    from workbench.practice.letterheads import options_of  # what works with frames is loaded late

    leaving = mailing.recipients
    leaving = leaving[leaving["reason"] == ""]
    if not is_terminal(sys.stdin):
        raise NotConfirmed(
            n_(
                "{count} message is ready and nothing was sent: nobody is here to confirm. Add --yes.",
                "{count} messages are ready and nothing was sent: nobody is here to confirm. Add --yes.",
                len(leaving),
            ).format(count=len(leaving)),
            count=len(leaving),
        )
    confirm = options_of(mailing.template, mailing.account, mailing.choices)["confirm"]
    if not confirm.value and not again:
        say(_("Sent without asking: {who} says so.").format(who=shown("said_by", confirm.said_by)))
        return False
    whom = ", ".join(
        f"{name} <{address}>" for name, address in zip(leaving["recipient"], leaving["address"], strict=True)
    )
    question = _("Send « {subject} » to {whom}?").format(subject=mailing.preview(0).subject, whom=whom)
    if not agreed(harmless(question)):
        raise NotConfirmed(_("Nothing was sent."), count=len(leaving))
    return True


def erase(
    ctx: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help=_("The patient's file number."))],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=_("Why; it is journalled."))] = "",
    copies: Annotated[
        bool, typer.Option("--copies", help=_("Take the daily copies of the ledger away, too, which still hold it."))
    ] = False,
    yes: YesOption = False,
) -> None:
    """Forget a patient's mail; the patient's own file is not touched."""
    if not reason.strip():
        raise UsageError(_("Say why the patient is erased: --reason TEXT"))
    practice = practice_of(ctx)
    count = len(practice.history(patient, deleted=True))
    if not count:
        practice.patients.known(patient)
    if not yes:
        _ask_erasing(patient, count)
    done = practice.erase_patient(patient, reason, copies=copies)
    say(
        n_(
            "{count} message about patient {patient} is forgotten: what it said, to whom. Its proof stays.",
            "{count} messages about patient {patient} are forgotten: what they said, to whom. Their proof stays.",
            done.deliveries,
        ).format(count=done.deliveries, patient=patient)
    )
    if done.cancelled:
        say(
            n_("{n} that waited is cancelled.", "{n} that waited are cancelled.", done.cancelled).format(
                n=done.cancelled
            )
        )
    if done.drafts:
        say(
            n_(
                "{n} draft that told of the patient is forgotten.",
                "{n} drafts that told of the patient are forgotten.",
                done.drafts,
            ).format(n=done.drafts)
        )
    if done.files:
        say(n_("{n} attachment is gone with it.", "{n} attachments are gone with it.", done.files).format(n=done.files))
    if done.caught:
        say(
            n_(
                "{n} letter of the test mailbox, or of a folder, is gone with it.",
                "{n} letters of the test mailbox, or of a folder, are gone with it.",
                done.caught,
            ).format(n=done.caught)
        )
    if done.copies:
        say(
            n_(
                "{n} daily copy of the ledger still holds it, for five weeks at most. --copies takes it away.",
                "{n} daily copies of the ledger still hold it, for five weeks at most. --copies takes them away.",
                done.copies,
            ).format(n=done.copies)
        )
    for path in done.left:
        say(_("Look at {path}: the patient's name or address stands in it.").format(path=path))
    for name in done.searches:
        say(_("Look at the saved search « {name} »: it may ask for this patient by name.").format(name=name))
    for title in done.jobs:
        say(_("Look at the job « {title} »: it may ask for this patient by name.").format(title=title))
    if not done.compact:
        say(_("Another program uses the ledger: erase again when nobody works, so that nothing stays in its file."))
    say(
        _(
            "The patient's own file is not touched: it belongs to the patient store. Backups that were made before "
            "hold what was erased."
        )
    )


def _ask_erasing(patient: str, count: int) -> None:
    question = n_(
        "Forget {count} message about patient {patient}, for ever?",
        "Forget {count} messages about patient {patient}, for ever?",
        count,
    ).format(count=count, patient=patient)
    if not is_terminal(sys.stdin):
        raise UsageError(_("Nobody is here to confirm, and nothing was erased. Add --yes."))
    if not agreed(question):
        raise UsageError(_("Nothing was erased."))
