"""``workbench preview`` and ``workbench send``: read a message before it leaves, then send the mailing once."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from workbench.cli.output import agreed, is_terminal, print_json, save_bytes, save_csv, say, show
from workbench.cli.progress import checking_progress, sending_progress
from workbench.cli.report import (
    cancelled_sentence,
    findings_with_names,
    json_counts,
    say_findings,
    say_what_is_cut_off,
    say_what_is_open,
    say_what_is_replaced,
    say_what_left,
    say_what_waits_elsewhere,
    show_counts,
    show_findings,
    show_left_out,
)
from workbench.cli.session import (
    AccountOption,
    KeyOption,
    RecipientsOption,
    SearchOption,
    SetOption,
    TemplateOption,
    ValueOption,
    found,
    found_in_parts,
    practice_of,
    values_of,
)
from workbench.displays.cells import harmless
from workbench.displays.words import shown
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.mailings import Counts
from workbench.domain.pictures import data_urls, with_its_pictures
from workbench.errors import KeyTaken, NotConfirmed, UsageError, WorkbenchError
from workbench.language import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from workbench.domain.messages import Message
    from workbench.practice import Mailing, Practice
    from workbench.practice.parts import LongList

JsonOption = Annotated[
    bool, typer.Option("--json", help=_("Print the numbers as one JSON object, the last line of the output."))
]
ConnectionsOption = Annotated[
    int | None, typer.Option("--connections", metavar="N", min=1, max=100, help=_("How many connections at once."))
]
ResultsOption = Annotated[
    Path | None,
    typer.Option(
        "--results",
        metavar="FILE.csv",
        dir_okay=False,
        help=_("Write the results to this CSV file; with --dry-run, what was found about each recipient."),
    ),
]
INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("preview", help=_("Show one message exactly as it will arrive."))(preview)
    app.command("send", help=_("Send a mailing: each recipient once, the same command again sends only what is open."))(
        send
    )


def preview(
    ctx: typer.Context,
    template: TemplateOption = None,
    search: SearchOption = None,
    settings: SetOption = None,
    recipients: RecipientsOption = None,
    account: AccountOption = None,
    values: ValueOption = None,
    role: RoleOption = None,
    signature: SignatureOption = None,
    options: OptionOption = None,
    attach: AttachOption = None,
    missing: MissingOption = None,
    health_reason: HealthOption = "",
    recipient: Annotated[
        int, typer.Option("--recipient", metavar="N", min=0, help=_("Which recipient, counted from 0."))
    ] = 0,
    eml: Annotated[
        Path | None, typer.Option("--eml", metavar="FILE", dir_okay=False, help=_("Write the whole message here."))
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", dir_okay=False, help=_("Write its HTML part here."))
    ] = None,
) -> None:
    """Show one message, or write it to a file."""
    check_whom(search, settings, recipients)
    mailing = mailing_asked(
        practice_of(ctx),
        search=search,
        settings=settings,
        recipients=recipients,
        template=template,
        account=account,
        values=values,
        choices=choices_of(
            role=role,
            signature=signature,
            options=options,
            attach=attach,
            missing=missing,
            health_reason=health_reason,
        ),
    )
    if mailing.recipients.empty:
        raise UsageError(nobody_found(recipients))
    message = mailing.preview(recipient)
    reason = str(mailing.recipients["reason"].iloc[recipient])
    if reason:
        say(_("This message would not leave: {reason}").format(reason=sentence_of_reason(reason)))
    if eml is not None:
        save_bytes(message.as_bytes(), eml)
    if html is not None:
        save_bytes(with_its_pictures(message.html, data_urls(message.pictures)).encode(), html)
    if eml is None and html is None:
        print_message(message)


def nobody_found(table: Path | None) -> str:
    """Return the sentence for an empty list of recipients."""
    return _("The search found nobody: there is no message.") if table is None else _("The table has no row.")


def print_message(message: Message) -> None:
    """Print a message as it is read: its headers, its text."""
    lines = [
        (_("From"), _named(message.sender.name, message.sender.email)),
        (_("To"), _named(message.recipient.name, message.recipient.email)),
        (_("Reply to"), message.reply_to or ""),
        (_("Subject"), message.subject),
        (_("Attachments"), ", ".join(attachment.name for attachment in message.attachments)),
    ]
    for label, value in lines:
        if value:
            print(_("{label}: {value}").format(label=label, value=harmless(value)))
    print()
    print(harmless(message.text.replace("\r\n", "\n"), keep_lines=True))


def _named(name: str, email: str) -> str:
    return f"{name} <{email}>" if name and email else name or email


def send(
    ctx: typer.Context,
    template: TemplateOption = None,
    search: SearchOption = None,
    settings: SetOption = None,
    recipients: RecipientsOption = None,
    account: AccountOption = None,
    values: ValueOption = None,
    role: RoleOption = None,
    signature: SignatureOption = None,
    options: OptionOption = None,
    attach: AttachOption = None,
    missing: MissingOption = None,
    health_reason: HealthOption = "",
    connections: ConnectionsOption = None,
    key: KeyOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Check everything, send nothing."))] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_("Send without asking."))] = False,
    again: Annotated[
        bool, typer.Option("--again", help=_("Send once more on purpose to those who already had it."))
    ] = False,
    undo_window: Annotated[
        float | None,
        typer.Option(
            "--undo-window",
            metavar="MINUTES",
            min=0,
            help=_("Let it leave so much later; until then it can be cancelled."),
        ),
    ] = None,
    within_hours: Annotated[
        bool | None,
        typer.Option("--within-hours/--any-hour", help=_("Keep to the sending hours, or send whatever the time is.")),
    ] = None,
    results: ResultsOption = None,
    json: JsonOption = False,
) -> None:
    """Check, confirm, send, report."""
    check_whom(search, settings, recipients)
    if results is not None:
        _refuse_unwritable(results)
    practice = practice_of(ctx)
    mailing = mailing_asked(
        practice,
        search=search,
        settings=settings,
        recipients=recipients,
        template=template,
        account=account,
        key=key,
        values=values,
        choices=choices_of(
            role=role,
            signature=signature,
            options=options,
            attach=attach,
            missing=missing,
            health_reason=health_reason,
        ),
        long=True,
    )
    with checking_progress() as mailing.checking:
        findings = mailing.check()
    if mailing.recipients.empty:
        say(nobody_found(recipients))
    if dry_run:
        raise typer.Exit(_show_dry_run(practice, mailing, findings, again=again, results=results, json=json))
    say_findings(findings, mailing, only_warnings=yes and not json)
    _set_timing(practice, mailing, asked=not yes, undo_window=undo_window, within_hours=within_hours)
    if not yes:
        _confirm(mailing, again=again)
    raise typer.Exit(
        run_and_report(practice, mailing, connections=connections, again=again, results=results, json=json, fresh=True)
    )


def _set_timing(
    practice: Practice, mailing: Mailing, *, asked: bool, undo_window: float | None, within_hours: bool | None
) -> None:
    """Say when the mailing leaves: the practice's own ways count where somebody is `asked`, what is given always."""
    if undo_window is None:
        undo_window = practice.settings.undo_minutes if asked else 0
    if within_hours is None:
        within_hours = asked and bool(practice.sending_hours(mailing.account))
    mailing.leaves(undo_window=undo_window, within_hours=within_hours)


def check_whom(search: str | None, settings: list[str] | None, recipients: Path | None) -> None:
    """Raise ``UsageError`` unless either a search or a table says whom to write to; no workspace is needed for that."""
    if (search is None) == (recipients is None):
        raise UsageError(_("Say whom to write to: either --search NAME or --recipients FILE.csv."))
    if search is None and settings:
        raise UsageError(_("--set belongs to a search; a table of recipients has no parameters."))


def mailing_asked(
    practice: Practice,
    *,
    search: str | None,
    settings: list[str] | None,
    recipients: Path | None,
    template: str | None,
    account: str | None,
    key: str = "",
    values: list[str] | None = None,
    choices: Mapping[str, Any] | None = None,
    long: bool = False,
) -> Mailing:
    """Return the mailing that the options describe; a `long` one may be worked out in parts, and sent.

    `choices` are what `choices_of` makes of the options for one mailing. Without a `template`, it is the one that the
    search proposes, and that is said.

    Raises
    ------
    UsageError
        When neither a search nor a table was given, or both, or parameters without a search; or no email type was
        named, and the search proposes none.
    """
    check_whom(search, settings, recipients)
    rows: pd.DataFrame | LongList
    if recipients is not None:
        rows = _table(practice, recipients, long=long)
    else:
        rows = (found_in_parts if long else found)(practice, str(search), settings)
    mailing = practice.mailing(rows, template, account=account, key=key, values=values_of(values), **(choices or {}))
    if template is None:
        say(_("The search « {search} » proposes « {path} ».").format(search=search, path=mailing.template.path))
    return mailing


def _table(practice: Practice, file: Path, *, long: bool) -> pd.DataFrame | LongList:
    rows = practice.recipients_in(file) if long else practice.read_recipients(file)
    encoding = rows.attrs.get("encoding", "utf-8") if hasattr(rows, "attrs") else rows.encoding
    if encoding != "utf-8":
        say(
            _(
                "{file} is not UTF-8 and was read as {encoding}. Should its accents look wrong, save it as UTF-8 and "
                "start again."
            ).format(file=file.name, encoding=encoding)
        )
    return rows


def run_and_report(
    practice: Practice,
    mailing: Mailing,
    *,
    connections: int | None = None,
    again: bool = False,
    results: Path | None = None,
    json: bool = False,
    fresh: bool = False,
    every_row: bool = False,
) -> int:
    """Send what is due, report where the whole mailing stands, and return the exit status that says so.

    `fresh` queues the mailing first; otherwise it goes on as it was frozen. `every_row` also shows who got it
    and who did not, one by one. The report is made even when the
    sending was stopped or interrupted: the ledger knows the truth at any time.
    """
    status = 0
    before = mailing.counts if mailing.id is not None else Counts()
    try:
        with interruptible(), sending_progress() as progress:
            if fresh:
                mailing.send(confirmed=True, connections=connections, again=again, progress=progress)
            else:
                mailing.resume(connections=connections, progress=progress, results=False)
    except (KeyTaken, UsageError):
        raise  # this mailing was not begun; another one's numbers would only mislead
    except WorkbenchError as error:
        say(error.sentence)
        status = error.exit_status
    except KeyboardInterrupt:
        status = INTERRUPTED
    if mailing.id is None:
        if status == INTERRUPTED:
            say(_("Interrupted; nothing was sent."))
        return status or 1
    counts = mailing.counts
    if say_what_is_cut_off(practice, mailing.id, counts):
        if json:
            print_json(json_counts(mailing.id, counts))
        return status or 1
    if status == INTERRUPTED:
        say(_("Interrupted; what was in flight is finished and recorded."))
    if results is not None:
        save_csv(practice.results_in_parts(mailing.id), results)
        say(_("Results written to {path}.").format(path=results))
    if every_row:
        every = practice.results(mailing.id, identities=True)
        show(every, columns=("recipient", "address", "role", "status", "reason"))
    tally = practice.tally(mailing.id)
    if not json:
        show_counts(counts, title=_("Mailing {mailing}").format(mailing=mailing.id))
        show_left_out(tally)
    say_what_is_replaced(tally)
    say_what_left(before, counts)
    if say_what_waits_elsewhere(practice, mailing, tally) and not counts.sent:
        status = status or 1  # what was asked for has not left
    cancelled = cancelled_sentence(practice, mailing.id)
    if cancelled:  # meanwhile, by somebody else
        say(cancelled)
        status = status or 1
    departure = practice.next_departure(mailing.id)
    say_what_is_open(mailing.id, counts, departure, may_send=practice.arming().may_send)
    if json:
        print_json(json_counts(mailing.id, counts))
    return status or counts.exit_status


AT_ONCE = 5.0
"""Requests to end within so many seconds are one."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Make a polite request to end (SIGTERM) the same clean stop as Ctrl-C; the same one again soon after is none."""
    asked = float("-inf")

    def stop(_number: int, _frame: object) -> None:
        nonlocal asked
        # Whoever ends a group of processes asks each of them twice: what is being tidied up is not cut short.
        if time.monotonic() - asked >= AT_ONCE:
            asked = time.monotonic()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show_dry_run(
    practice: Practice, mailing: Mailing, findings: pd.DataFrame, *, again: bool, results: Path | None, json: bool
) -> int:
    """Show what would leave and what would not, with the reasons; return 1 where the sending would be refused, too."""
    tally = mailing.planned(again=again)
    counts = tally.counts
    if results is not None:
        save_csv([findings_with_names(findings, mailing)], results)
        say(_("What was found is written to {path}.").format(path=results))
    if json:
        say_findings(findings, mailing)
    else:
        show_findings(findings, mailing)
        show_counts(counts, planned=True, title=_("Nothing was sent. Confirmed now, the mailing would begin like this"))
        show_left_out(tally, told=frozenset(findings["code"]))
    status = 0
    cancelled = "" if mailing.id is None or again else cancelled_sentence(practice, mailing.id)
    if cancelled:
        say(cancelled)
        status = 1
    elif not counts.pending:
        _say_why_nothing(counts, tally.of("skipped").get("duplicate_occasion", 0))
        status = 1 if say_what_waits_elsewhere(practice, mailing, tally) and not counts.sent else 0
    arming = practice.arming()
    if not arming.may_send:
        say(arming.sentence)
        say(_("Nothing leaves from this folder before: workbench rearm"))
        status = 1
    if json:
        print_json(json_counts(mailing.id, counts))
    return status


def _say_why_nothing(counts: Counts, told: int = 0) -> None:
    """Say why nothing would leave; `told` is how many another mailing has told, or tells."""
    if counts.sent:
        say(_("Nothing to send: everybody who can be written to has it."))
    elif told:
        say(
            n_(
                "Nothing to send: another mailing has told {n}, or waits to.",
                "Nothing to send: another mailing has told these {n}, or waits to.",
                told,
            ).format(n=told)
        )
    else:
        say(_("Nothing to send: nobody on the list can be written to."))


def _confirm(mailing: Mailing, *, again: bool) -> None:
    from workbench.practice.letterheads import options_of  # what works with frames is loaded late

    counts = mailing.forecast(again=again)
    if mailing.id is not None and not again:
        say(
            _("This is mailing {mailing}, sent or begun before: whoever has it gets it no second time.").format(
                mailing=mailing.id
            )
        )
    if again and counts.sent:
        say(
            n_(
                "{count} of this list has had it already, and would get it once more.",
                "{count} of this list have had it already, and would get it once more.",
                counts.sent,
            ).format(count=counts.sent)
        )
    if not is_terminal(sys.stdin):
        raise NotConfirmed(
            n_(
                "{count} message is ready and nothing was sent: nobody is here to confirm. Add --yes.",
                "{count} messages are ready and nothing was sent: nobody is here to confirm. Add --yes.",
                counts.pending,
            ).format(count=counts.pending),
            count=counts.pending,
        )
    if not counts.pending:
        # Nothing can leave, so there is nothing to agree to; the report that follows says who has it and who not.
        _say_why_nothing(counts)
        return
    confirm = options_of(mailing.template, mailing.account, mailing.choices)["confirm"]
    if not confirm.value and not (again and counts.sent):  # twice is always asked
        say(_("Sent without asking: {who} says so.").format(who=shown("said_by", confirm.said_by)))
        return
    question = n_(
        "Send {count} message from {account}? {skipped} left out.",
        "Send {count} messages from {account}? {skipped} left out.",
        counts.pending,
    ).format(count=counts.pending, account=harmless(mailing.account.email), skipped=counts.skipped)
    if not agreed(question):
        raise NotConfirmed(_("Nothing was sent."), count=counts.pending)


def _refuse_unwritable(path: Path) -> None:
    """Refuse a results file that cannot be written before anything is sent, not after."""
    folder = path.absolute().parent
    target = path if path.exists() else folder
    if not folder.is_dir() or not os.access(target, os.W_OK):
        raise UsageError(_("The results cannot be written to {path}; nothing was sent.").format(path=path))
