"""``workbench job``: what is done by itself: set, shown, tried out, released, done by hand, looked back on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import format_for, print_json, say, show, show_record
from workbench.cli.progress import sending_progress
from workbench.cli.report import json_counts, show_counts, show_findings
from workbench.cli.sending import JsonOption, interruptible
from workbench.cli.session import Format, FormatOption, OutputOption, SetOption, practice_of, settings_of
from workbench.displays.left_out import left_out_words
from workbench.domain.jobs import REASONS, TREATMENTS, OccurrenceRecord, OccurrenceState
from workbench.domain.mailings import Counts
from workbench.errors import JobBusy, UsageError
from workbench.language import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Practice

group = Commands(
    help=_("What is done by itself: list, add, show, enable, disable, run, check, approve, log …"),
    invoke_without_command=True,
)

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help=_("The job's key, or its title."))]
WhichArgument = Annotated[
    str, typer.Argument(metavar="JOB|MAILING", help=_("A job: all that it has waiting; or the number of a mailing."))
]
DayOption = Annotated[
    str | None, typer.Option("--today", metavar="DATE", help=_("As if it were this day; today by default."))
]
TreatmentOption = Annotated[
    str | None,
    typer.Option(
        "--treatment",
        metavar="NAME",
        help=_("A ready-made treatment: {known}.").format(known=", ".join(TREATMENTS)),
    ),
]
JobSearchOption = Annotated[
    str | None, typer.Option("--search", metavar="NAME", help=_("A search of your own instead, or a saved one."))
]
NotebookOption = Annotated[
    str | None, typer.Option("--notebook", metavar="FILE", help=_("A notebook of the workspace instead."))
]
JobTemplateOption = Annotated[
    str | None, typer.Option("--template", metavar="PATH", help=_("The email type, as « Folder/Label »."))
]
RevisionOption = Annotated[
    int | None,
    typer.Option("--revision", metavar="N", min=0, help=_("Keep to this revision of it; 0 follows the latest.")),
]
EveryOption = Annotated[
    str | None, typer.Option("--every", metavar="HOW", help=_("once, daily, open_days, weekly, monthly or cron."))
]
TimeOption = Annotated[str | None, typer.Option("--time", metavar="HH:MM", help=_("The practice's time of day."))]
OnOption = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="DAYS", help=_("Days of the week (mon,thu), of the month (15, last, 1 mon), or a line of cron.")
    ),
]
StartOption = Annotated[str | None, typer.Option("--start", metavar="DATE", help=_("From this day on."))]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DATE", help=_("Until this day."))]
AccountOption = Annotated[str | None, typer.Option("--account", metavar="NAME", help=_("The account it leaves from."))]
JobRoleOption = Annotated[str | None, typer.Option("--role", metavar="ROLE", help=_("Who receives."))]
HostOption = Annotated[
    str | None, typer.Option("--host", metavar="NAME", help=_("The only machine that may run it; « here »: this one."))
]
MissedOption = Annotated[
    str | None,
    typer.Option(
        "--missed", metavar="POLICY", help=_("What becomes of missed ones: each, latest (the latest alone) or skip.")
    ),
]
LateOption = Annotated[
    str | None,
    typer.Option(
        "--late-until", metavar="HH:MM", help=_("Make up for a missed one until then, or so many hours (6 h).")
    ),
]
ApproverOption = Annotated[
    list[str] | None,
    typer.Option("--approver", metavar="NAME", help=_("Nothing leaves before this person releases it; repeatable.")),
]
ApproveByOption = Annotated[
    str | None, typer.Option("--approve-by", metavar="HH:MM", help=_("Not released by then, nothing leaves."))
]
HoursOption = Annotated[bool | None, typer.Option("--within-hours/--any-hour", help=_("Keep to the sending hours."))]
ClosedOption = Annotated[
    bool | None,
    typer.Option("--not-on-closed-days/--every-day", help=_("Leave out days on which the practice is closed.")),
]
ToldOption = Annotated[
    str | None, typer.Option("--told", metavar="ADDRESS", help=_("Whom to tell when something is wrong."))
]

_LIST_COLUMNS = ("job", "title", "active", "recurrence", "next_at", "last_at", "last_state", "waiting")
_NARROW = {110: ("job", "active", "recurrence", "next_at", "last_state", "waiting")}
_LOG_COLUMNS = (
    "job", "occurrence", "state", "why", "start", "end", "mailing_id", "found", "sent", "failed", "in_doubt",
    "skipped", "pending", "alerts",
)  # fmt: skip
_LOG_NARROW = {
    110: ("occurrence", "state", "why", "mailing_id", "found", "sent", "failed", "pending"),
}


@group.callback()
def jobs(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """List the jobs when no other verb follows."""
    if ctx.invoked_subcommand is None:
        _list(practice_of(ctx), format, output)


@group.command("list", help=_("List the jobs, with their next time and their last."))
def list_jobs(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show one row a job."""
    _list(practice_of(ctx), format, output)


def _list(practice: Practice, format: Format, output: OutputOption) -> None:
    frame = practice.jobs.frame()
    _show(practice, frame, format, output, _LIST_COLUMNS, narrow=_NARROW)
    if frame.empty:
        say(_("Nothing is done by itself yet. For instance: {command}").format(command=_EXAMPLE))
    elif frame["active"].any() and not practice.jobs.attended:
        say(_("No scheduler is running on this machine: workbench scheduler, or workbench lab without --no-scheduler."))


_EXAMPLE = 'workbench job add --treatment missed --template "Rendez-vous/Rendez-vous manqué" --time 12:00'


@group.command("add", help=_("Make a job; it begins with its next time, when a scheduler runs."))
def add(
    ctx: typer.Context,
    title: Annotated[str | None, typer.Argument(metavar="TITLE", help=_("What people call it."))] = None,
    treatment: TreatmentOption = None,
    search: JobSearchOption = None,
    settings: SetOption = None,
    notebook: NotebookOption = None,
    template: JobTemplateOption = None,
    revision: RevisionOption = None,
    account: AccountOption = None,
    role: JobRoleOption = None,
    every: EveryOption = None,
    time: TimeOption = None,
    on: OnOption = None,
    start: StartOption = None,
    until: UntilOption = None,
    host: HostOption = None,
    missed: MissedOption = None,
    late_until: LateOption = None,
    approver: ApproverOption = None,
    approve_by: ApproveByOption = None,
    within_hours: HoursOption = None,
    not_on_closed_days: ClosedOption = None,
    told: ToldOption = None,
    disabled: Annotated[bool, typer.Option("--disabled", help=_("Make it switched off."))] = False,
) -> None:
    """Make a job and say when it comes round."""
    practice = practice_of(ctx)
    known = TREATMENTS.get(treatment or "")
    title = title or (_(known.label) if known else search or notebook or "")
    given = _given(
        treatment=treatment, search=search, parameters=settings_of(settings) or None, notebook=notebook,
        template=template, revision=revision, account=account, role=role, every=every, time=time, on=on, start=start,
        until=until, host=host, missed=missed, late_until=late_until, approvers=approver or None,
        approve_by=approve_by, within_hours=within_hours, not_on_closed_days=not_on_closed_days, told=told,
        active=False if disabled else None,
    )  # fmt: skip
    job = practice.jobs.add(title, **given)
    say(
        _("Job « {key} »: {title}, {recurrence}.").format(
            key=job.key, title=job.title, recurrence=job.recurrence.sentence
        )
    )
    _show_next(practice, job.key, 5)
    if not job.active:
        say(_("It is switched off: workbench job enable {key}").format(key=job.key))


@group.command("set", help=_("Change a job; what is not named stays."))
def change(
    ctx: typer.Context,
    job: JobArgument,
    title: Annotated[str | None, typer.Option("--title", metavar="TITLE", help=_("What people call it."))] = None,
    settings: SetOption = None,
    template: JobTemplateOption = None,
    revision: RevisionOption = None,
    account: AccountOption = None,
    role: JobRoleOption = None,
    every: EveryOption = None,
    time: TimeOption = None,
    on: OnOption = None,
    start: StartOption = None,
    until: UntilOption = None,
    host: HostOption = None,
    missed: MissedOption = None,
    late_until: LateOption = None,
    approver: ApproverOption = None,
    approve_by: ApproveByOption = None,
    within_hours: HoursOption = None,
    not_on_closed_days: ClosedOption = None,
    told: ToldOption = None,
) -> None:
    """Change a job and say when it comes round."""
    practice = practice_of(ctx)
    before = practice.jobs[job]
    given = _given(
        title=title, parameters={**before.parameters, **settings_of(settings)} if settings else None,
        template=template, revision=revision, account=account, role=role, every=every, time=time, on=on, start=start,
        until=until, host=host, missed=missed, late_until=late_until, approvers=approver or None,
        approve_by=approve_by, within_hours=within_hours, not_on_closed_days=not_on_closed_days, told=told,
    )  # fmt: skip
    if not given:
        raise UsageError(_("Say what to change: workbench job set --help"))
    changed = practice.jobs.change(before.key, **given)
    say(_("« {title} » is changed: {recurrence}.").format(title=changed.title, recurrence=changed.recurrence.sentence))
    _show_next(practice, changed.key, 5)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@group.command("show", help=_("Show how a job is set, and when it comes round next."))
def show_job(
    ctx: typer.Context, job: JobArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show one job, a line a setting."""
    practice = practice_of(ctx)
    found = practice.jobs[job]
    told = found.to_dict() | {
        "recurrence": found.recurrence.sentence,
        "parameters": ", ".join(f"{name}={value}" for name, value in found.asked.items()),
        "approvers": ", ".join(found.approvers),
        "active": found.active,
    }
    show_record({name: value for name, value in told.items() if value != ""}, format=format, output=output)
    if format is Format.TABLE and output is None:
        _show_next(practice, found.key, 5)


@group.command("enable", help=_("Switch a job on."))
def enable(ctx: typer.Context, job: JobArgument) -> None:
    """Switch a job on and say when it comes round."""
    practice = practice_of(ctx)
    found = practice.jobs.enable(job)
    say(_("« {title} » is switched on.").format(title=found.title))
    _show_next(practice, found.key, 1)


@group.command("disable", help=_("Switch a job off; what it did stays."))
def disable(ctx: typer.Context, job: JobArgument) -> None:
    """Switch a job off."""
    say(_("« {title} » is switched off.").format(title=practice_of(ctx).jobs.disable(job).title))


@group.command("remove", help=_("Take a job away; what it did stays."))
def remove(ctx: typer.Context, job: JobArgument) -> None:
    """Take a job away."""
    practice = practice_of(ctx)
    found = practice.jobs[job]
    practice.jobs.remove(found.key)
    say(_("« {title} » is taken away; what it did stays in the log.").format(title=found.title))


@group.command("next", help=_("Show the next times of a job, with the real dates that each will search."))
def next_times(
    ctx: typer.Context,
    job: JobArgument,
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, max=366, help=_("How many."))] = 5,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show one row an occurrence to come."""
    practice = practice_of(ctx)
    _show(practice, practice.jobs.next(job, count), format, output, ())


def _show_next(practice: Practice, key: str, count: int) -> None:
    frame = practice.jobs.next(key, count)
    if frame.empty:
        say(_("It does not come round any more."))
        return
    _show(practice, frame.drop(columns="at"), Format.TABLE, None, (), title=_("Next times"))


@group.command("check", help=_("Try a job out now: who would get what. Nothing is sent."))
def check(
    ctx: typer.Context,
    job: JobArgument,
    today: DayOption = None,
    json: JsonOption = False,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show who would get what, what was found, and the numbers."""
    practice = practice_of(ctx)
    tried = practice.jobs.check(job, today=today)
    days = ", ".join(dict.fromkeys(day for day in tried.days.values() if day))
    if tried.mailing is not None and not json:
        columns = ("recipient", "standing", "note", "detail")
        show(tried.recipients, format=format, output=output, columns=columns)
        show_findings(tried.findings, tried.mailing)
        show_counts(tried.counts, planned=True, title=_("Nothing was sent. Done now, it would begin like this"))
    say(_("Searched: {search} {days}; {count} found.").format(search=tried.job.searched, days=days, count=tried.found))
    if json:
        print_json(json_counts(None, tried.counts))


@group.command("run", help=_("Do a job now, once more than its schedule; whoever was told is told nothing twice."))
def run(
    ctx: typer.Context,
    job: JobArgument,
    occurrence: Annotated[
        str, typer.Option("--occurrence", metavar="WHEN", help=_("One that failed, as the log calls it, instead."))
    ] = "",
    wait: Annotated[
        int | None,
        typer.Option(
            "--wait",
            metavar="MINUTES",
            min=0,
            help=_("Wait so long at most, for whoever is doing it already and for messages that may only leave later."),
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Do a job and say what became of it."""
    practice = practice_of(ctx)
    try:
        with interruptible(), sending_progress() as progress:
            done = practice.jobs.run(
                job, occurrence=occurrence, wait=None if wait is None else 60.0 * wait, progress=progress
            )
    except JobBusy as busy:
        if wait is not None:
            raise
        raise JobBusy(f"{busy.sentence} " + _("--wait MINUTES waits for that.")) from busy
    raise typer.Exit(report(practice, [done], json=json))


@group.command("approve", help=_("Release what a job prepared, as one of its approvers; it is sent at once."))
def approve(ctx: typer.Context, which: WhichArgument, json: JsonOption = False) -> None:
    """Release and send."""
    practice = practice_of(ctx)
    with interruptible(), sending_progress() as progress:
        done = practice.jobs.approve(which, progress=progress)
    raise typer.Exit(report(practice, done, json=json))


@group.command("refuse", help=_("Have what a job prepared not leave, as one of its approvers."))
def refuse(
    ctx: typer.Context,
    which: WhichArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help=_("Why; it is kept."))] = "",
) -> None:
    """Refuse: nothing of it leaves."""
    for record in practice_of(ctx).jobs.refuse(which, reason=reason):
        say(_("« {title} »: nothing of it leaves.").format(title=record.job.title))


@group.command("log", help=_("What a job did, or all of them: what it searched, found and sent, what it left and why."))
def log(
    ctx: typer.Context,
    job: Annotated[str | None, typer.Argument(metavar="JOB", help=_("The job's key; all of them by default."))] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help=_("How many at most."))] = 100,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show one row an occurrence, the latest first."""
    practice = practice_of(ctx)
    frame = practice.jobs.log(job, limit=limit)
    _show(practice, frame, format, output, _LOG_COLUMNS, narrow=_LOG_NARROW)
    if format is Format.TABLE and output is None:
        for _place, row in frame[frame["error"] != ""].head(5).iterrows():
            say(f"{row['job']} {row['occurrence']}: {row['error']}")
        for _place, row in frame[frame["left_out"] != ""].head(5).iterrows():
            say(f"{row['job']} {row['occurrence']}: {left_out_words(row['left_out'])}")


@group.command("explain", help=_("Tell why a patient is or is not written to by a job."))
def explain(
    ctx: typer.Context,
    job: JobArgument,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help=_("The file number."))],
    today: DayOption = None,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show one row a condition."""
    practice = practice_of(ctx)
    _show(practice, practice.jobs.explain(job, patient, today=today), format, output, ())


FromOption = Annotated[str, typer.Option("--from", metavar="DATE", help=_("The first day."))]
ToOption = Annotated[str, typer.Option("--to", metavar="DATE", help=_("The last day."))]


@group.command("replay", help=_("Tell who would have got what from a job on days gone by. Nothing is sent."))
def replay(
    ctx: typer.Context,
    job: JobArgument,
    start: FromOption = "J-30",
    end: ToOption = "J-1",
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show one row an occurrence and recipient."""
    practice = practice_of(ctx)
    frame = practice.jobs.replay(job, start, end)
    columns = ("occurrence", "start", "end", "patient_id", "role", "reason", "twice")
    _show(practice, frame, format, output, columns)
    say(frame.attrs["note"])


@group.command("compare", help=_("Compare what two jobs would have told on days gone by. Nothing is sent."))
def compare(
    ctx: typer.Context,
    first: JobArgument,
    second: JobArgument,
    start: FromOption = "J-30",
    end: ToOption = "J-1",
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show one row a patient and what is told."""
    practice = practice_of(ctx)
    frame = practice.jobs.compare(first, second, start, end)
    told = frame
    if format_for(format, output) is Format.TABLE:
        told = frame.rename(columns={"first": "first_job", "second": "second_job", "by": "told_by"})
        told["text"] = told["text"].replace({"same": _("the same"), "other": _("another")})
    _show(practice, told, format, output, ("patient_id", "role", "first_job", "second_job", "told_by", "text"))
    if other := int((frame["text"] == "other").sum()):
        say(
            n_(
                "{count} message of both reads differently.", "{count} messages of both read differently.", other
            ).format(count=other)
        )
    say(frame.attrs["note"])


# --- what is reported ---------------------------------------------------------------------------------------------


def _show(
    practice: Practice, frame: pd.DataFrame, format: Format, output: OutputOption, columns: Sequence[str], **more: Any
) -> None:
    show(frame, format=format, output=output, columns=columns, zone=practice.calendar.zone, **more)


def sentence_of(practice: Practice, record: OccurrenceRecord) -> str:
    """Return how an occurrence ended, in a sentence with its numbers."""
    when, title = record.occurrence.removeprefix("hand:").replace("T", " "), record.job.title
    if record.state is OccurrenceState.FAILED:
        told = record.trace.get("error", record.reason)
        return _("{when} « {title} »: did not come to its end. {error}").format(when=when, title=title, error=told)
    if record.state is OccurrenceState.AWAITING_APPROVAL:
        return _("{when} « {title} »: {count} messages wait for {approvers} (mailing {number}).").format(
            when=when,
            title=title,
            count=record.trace.get("leaving", 0),
            approvers=", ".join(record.job.approvers),
            number=record.mailing_id,
        )
    if record.state is OccurrenceState.SKIPPED:
        why = _(REASONS[record.reason]) if record.reason in REASONS else record.reason
        return _("{when} « {title} »: nothing left ({reason}).").format(when=when, title=title, reason=why)
    from workbench.practice.job_frames import counts_of_run  # what computes with frames is loaded late

    counts, before = counts_of_run(practice, record)
    told = [messages_told(counts)]
    if (found := record.trace.get("found")) is not None:
        told.insert(0, n_("{count} row found", "{count} rows found", found).format(count=found))
    if before:
        told.append(n_("{count} had left before", "{count} had left before", before).format(count=before))
    return _("{when} « {title} »: {told}.").format(when=when, title=title, told=" · ".join(told))


def messages_told(counts: Counts) -> str:
    """Return how many messages there are and where they stand, in numbers that add up."""
    parts = [
        n_("{count} sent", "{count} sent", counts.sent).format(count=counts.sent),
        *(n_("{count} failed", "{count} failed", one).format(count=one) for one in [counts.failed] if one),
        *(n_("{count} uncertain", "{count} uncertain", one).format(count=one) for one in [counts.in_doubt] if one),
        *(n_("{count} not sent", "{count} not sent", one).format(count=one) for one in [counts.skipped] if one),
        *(n_("{count} cancelled", "{count} cancelled", one).format(count=one) for one in [counts.cancelled] if one),
        *(n_("{count} waits", "{count} wait", one).format(count=one) for one in [counts.pending] if one),
    ]
    whole = counts.sent + counts.failed + counts.in_doubt + counts.skipped + counts.cancelled + counts.pending
    if not whole:
        return n_("{count} message", "{count} messages", whole).format(count=whole)
    return n_("{count} message: {numbers}", "{count} messages: {numbers}", whole).format(
        count=whole, numbers=", ".join(parts)
    )


def counts_of(practice: Practice, done: Sequence[OccurrenceRecord], drained: Iterable[int] = ()) -> Counts:
    """Return the numbers of occurrences, of a notebook those of its run, and of mailings gone on with, as they are."""
    from workbench.practice.job_frames import counts_of_run  # what computes with frames is loaded late

    known = [counts_of_run(practice, record)[0] for record in done]
    counted = {number for record in done for number in record.mailings}
    known += [practice.ledger.mailings.counts(number) for number in dict.fromkeys(drained) if number not in counted]
    names = ("sent", "failed", "in_doubt", "skipped", "pending", "cancelled")
    return Counts(**{name: sum(getattr(one, name) for one in known) for name in names})


def report(practice: Practice, done: Sequence[OccurrenceRecord], *, json: bool) -> int:
    """Say what became of occurrences, and return the exit status that says so: what waits for a word is no failure."""
    for record in done:
        say(sentence_of(practice, record))
    numbers = [record.mailing_id for record in done if record.mailing_id is not None]
    counts = counts_of(practice, done)
    if json:
        print_json(json_counts(numbers[-1] if numbers else None, counts))
    if any(record.state is OccurrenceState.FAILED for record in done):
        return 1
    waits = any(record.state is OccurrenceState.AWAITING_APPROVAL for record in done)
    return 0 if waits and not counts.failed and not counts.in_doubt else counts.exit_status
