"""What the page of the scheduler tells of jobs, as plain values: sentences, dates and numbers, never a name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel.dates import format_date, format_datetime

from workbench.displays.audience import without_code
from workbench.displays.cells import friendly
from workbench.displays.left_out import left_out_words
from workbench.displays.waiting import waiting_words
from workbench.domain.calendar import parse_day
from workbench.domain.jobs import NOTEBOOK, SEARCH, TREATMENTS, OccurrenceRecord, OccurrenceState
from workbench.domain.notebook_fields import FieldKind
from workbench.language import _, language, n_
from workbench.practice.job_copies import executed_copies
from workbench.practice.scheduling import this_machine
from workbench.practice.searching import asked_sentence
from workbench.widgets.publipostage_options import ROLES, role_words
from workbench.widgets.publipostage_rows import accounts

if TYPE_CHECKING:
    from workbench.domain.jobs import Job
    from workbench.practice import Practice
    from workbench.practice.rehearsing import JobCheck

NEXT = 5
LAST = 8

ASKED = ("start", "end", "practitioner", "exclude_upcoming", "exclude_returned")
"""The parameters of a search that the form offers; what else a job asks stays as it is."""

_S = OccurrenceState


def choices(practice: Practice) -> dict[str, Any]:
    """Return what there is to choose from in the form."""
    saved = practice.saved_searches()
    searches = [[one.name, _(one.label)] for one in practice.searches().values() if one.name != "correspondents"]
    here = this_machine()
    known = sorted({job.host for job in practice.jobs.values() if job.host} - {here})
    return {
        "treatments": [
            *([one.name, _(one.label)] for one in TREATMENTS.values()),
            [SEARCH, _("A search of your own…")],
            [NOTEBOOK, _("A notebook…")],
        ],
        "searches": [*([str(name), str(name)] for name in saved["name"]), *searches],
        "notebooks": _notebooks(practice),
        "templates": [[one.path, one.path.replace("/", " / ")] for one in practice.templates.values()],
        "roles": [["", _("Whom the email type says")], *([str(one), role_words(one)] for one in ROLES)],
        "accounts": [["", _("Default account")], *([name, label] for name, label in accounts(practice))],
        "practitioners": [list(pair) for pair in practice.choices().get("practitioner", ())],
        "hosts": [
            ["", _("Any machine")],
            [here, _("{machine} (this one)").format(machine=here)],
            *([one, one] for one in known),
        ],
        "people": sorted({practice.user, *(name for job in practice.jobs.values() for name in job.approvers)}),
    }


def _notebooks(practice: Practice) -> list[str]:
    """Return where the notebooks of the workspace stand, those that were executed left out."""
    files = (practice.path / "notebooks").rglob("*.ipynb")
    inside = (file.relative_to(practice.path) for file in files)
    return sorted(file.as_posix() for file in inside if not any(part.startswith(".") for part in file.parts))


def jobs_told(practice: Practice) -> list[dict[str, Any]]:
    """Return a line a job for the list."""
    rows = []
    mine = {one.key for one in practice.jobs.waiting() if one.may_be_released_by(practice.user)}
    for key, row in practice.jobs.frame().set_index("job").iterrows():
        waiting = int(row["waiting"])
        if waiting:
            told = n_("{count} to release", "{count} to release", waiting).format(count=waiting)
            state = ["doubt", "?", told]
        elif row["active"]:
            state = ["good", "✓", _("active")]
        else:
            state = ["none", "–", _("switched off")]
        failed = str(row["last_state"]) == _S.FAILED
        rows.append(
            {
                "key": str(key),
                "title": str(row["title"]),
                "recurrence": str(row["recurrence"]),
                "state": state,
                "trouble": _("last run failed") if failed else "",
                "active": bool(row["active"]),
                "mine": str(key) in mine,
            }
        )
    return rows


def asks(practice: Practice, job: Job) -> list[dict[str, str]]:
    """Return what the form may ask of a job's search, with its words."""
    if job.treatment == NOTEBOOK:
        return []
    search, _asked = practice.meant_search(job.searched, job.asked)
    known = {one.name: one for one in practice.searches()[search].parameters}
    return [{"name": name, "kind": known[name].kind, "label": _(known[name].label)} for name in ASKED if name in known]


def also_asked(practice: Practice, job: Job) -> str:
    """Return what a job's search is asked beside what the form offers; nothing of a notebook."""
    if job.treatment == NOTEBOOK:
        return ""
    search, asked = practice.meant_search(job.searched, job.asked)
    known = {one.name: one for one in practice.searches()[search].parameters}
    also = [asked_sentence(known[name], str(value)) for name, value in asked.items() if name not in ASKED and value]
    return _("Also asked: {conditions}").format(conditions="; ".join(also)) if also else ""


def parameters(practice: Practice, job: Job, day: date) -> list[dict[str, Any]]:
    """Return the parameters of a job's notebook, a field each; nothing of a job without one.

    Its `value` is what the job gives, `own` what the notebook says itself, `day` the real day of one that counts from
    `day`, which is that of an occurrence.
    """
    if job.treatment != NOTEBOOK:
        return []
    form = practice.notebooks.form(practice, job.notebook)
    fields = form.fields()
    values = {one.name: job.parameters.get(one.name, one.value) for one in fields}
    # What the notebook says itself may be no day, too.
    wrong = form.problems({one.name: values[one.name] for one in fields if one.kind is not FieldKind.FIXED})
    rows = []
    for one in fields:
        value, real = values[one.name], ""
        if one.kind is FieldKind.DAY and one.name not in wrong and value.strip():
            counted = parse_day(value, today=day, calendar=practice.calendar)
            real = days_words(counted.isoformat(), "", practice.today)
        rows.append({**asdict(one), "own": one.value, "value": value, "day": real})
    return rows


def revisions(practice: Practice, values: Mapping[str, Any]) -> list[list[str]]:
    """Return which version of its email type a job may send: the latest each time, the one of now, the one it keeps."""
    template = practice.templates.get(str(values.get("template", "")))
    if template is None:
        return []
    kept = int(values.get("revision") or 0)
    words = {0: _("The latest version, each time"), template.revision: _("Always version {number}, the latest now")}
    words.setdefault(kept, _("Always version {number}"))
    return [[str(number), told.format(number=number)] for number, told in sorted(words.items())]


def next_told(practice: Practice, frame: pd.DataFrame) -> list[dict[str, str]]:
    """Return the next occurrences with the real dates that each searches."""
    return [
        {
            "when": moment_words(row["at"], practice),
            "days": days_words(row["start"], row["end"], practice.today),
            "note": row["note"],
        }
        for row in frame.to_dict("records")
    ]


def log_told(practice: Practice, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what a job did lately; `run` is the number of a run that left an executed notebook, at `copy`."""
    copies = executed_copies(practice, set(frame["run_id"].dropna()))
    rows = []
    for row in frame.to_dict("records"):
        run = str(row["run_id"] or "")
        rows.append({**_run_told(practice, row), "run": run if run in copies else "", "copy": copies.get(run, "")})
    return rows


def opens_notebooks(practice: Practice) -> bool:
    """Tell whether the page is in a JupyterLab of this very workspace, where its notebooks open."""
    return not without_code() and os.environ.get("WORKBENCH_WORKSPACE") == str(practice.path)


def _run_told(practice: Practice, row: Mapping[Any, Any]) -> dict[str, Any]:
    state, late = str(row["state"]), row["late"]
    made_up = not pd.isna(late)
    looks = {
        _S.RUNNING: ["none", "…", _("under way")],
        _S.AWAITING_APPROVAL: ["doubt", "?", _("to release")],
        _S.DONE: ["doubt", "✓", _("made up for")] if made_up else ["good", "✓", _("done")],
        _S.FAILED: ["bad", "✕", _("failed")],
        _S.SKIPPED: ["none", "–", _("left out")],
        _S.INTERRUPTED: ["doubt", "✕", _("interrupted")],
    }
    numbers = {name: None if pd.isna(row[name]) else int(row[name]) for name in ("found", "sent", "pending")}
    not_sent = [row[name] for name in ("failed", "in_doubt", "skipped")]
    sentences = [str(row["error"]), str(row["why"])]
    if str(row["asked_by"]):
        sentences.append(_("asked for by {who}").format(who=row["asked_by"]))
    if made_up:
        sentences.append(n_("{count} minute late", "{count} minutes late", int(late)).format(count=int(late)))
    if numbers["pending"] and state != _S.AWAITING_APPROVAL:
        waits = numbers["pending"]
        sentences.append(n_("{count} still waits", "{count} still wait", waits).format(count=waits))
    if before := 0 if pd.isna(row["sent_before"]) else int(row["sent_before"]):
        sentences.append(n_("{count} had left before", "{count} had left before", before).format(count=before))
    sentences.append(left_out_words(str(row["left_out"])))
    return {
        "when": moment_words(row["due_at"], practice),
        "found": numbers["found"],
        "sent": numbers["sent"],
        "not_sent": None if any(pd.isna(one) for one in not_sent) else sum(int(one) for one in not_sent),
        "state": looks[OccurrenceState(state)],
        "sentence": " · ".join(one for one in sentences if one),
    }


def waiting_told(practice: Practice, records: Iterable[OccurrenceRecord]) -> list[dict[str, Any]]:
    """Return what of a job waits for an approver."""
    now = practice.now()
    rows = []
    for one in records:
        count = int(one.trace.get("leaving", 0))
        until = one.approve_until
        may, late = one.may_be_released_by(practice.user), one.is_over(now)
        whom = ", ".join(one.job.approvers)
        note = "" if may else _("Only {known} may release it.").format(known=whom)
        told = n_("{count} message waits for {whom}", "{count} messages wait for {whom}", count)
        rows.append(
            {
                "mailing": one.mailing_id,
                "when": moment_words(one.due_at, practice),
                "told": told.format(count=count, whom=whom),
                "until": _("at the latest {moment}; after that nothing leaves").format(
                    moment=moment_words(until, practice)
                )
                if until is not None
                else "",
                "may": may and not late,
                "note": _("It is too late: nothing of it leaves.") if late else note,
                "question": n_("Send {count} message now?", "Send {count} messages now?", count).format(count=count),
            }
        )
    return rows


def released_told(practice: Practice, mailing: int, done: Sequence[OccurrenceRecord]) -> str:
    """Return what became of a mailing that was released: how many left, how many wait until when, how many do not."""
    counts = practice.ledger.mailings.counts(mailing)
    parts = [n_("{count} message has left", "{count} messages have left", counts.sent).format(count=counts.sent)]
    if counts.pending:
        waits = n_("{count} waits", "{count} wait", counts.pending).format(count=counts.pending)
        departure = practice.next_departure(mailing)
        parts.append(f"{waits} ({waiting_words(departure.waiting_for, departure.at)})" if departure else waits)
    if counts.in_doubt:  # they may have arrived
        parts.append(n_("{count} uncertain", "{count} uncertain", counts.in_doubt).format(count=counts.in_doubt))
    not_sent = counts.skipped + counts.failed
    if not_sent:
        parts.append(n_("{count} not sent", "{count} not sent", not_sent).format(count=not_sent))
    parts += [str(one.trace["error"]) for one in done if one.trace.get("error")]
    failed = any(one.state is _S.FAILED for one in done)
    return (_("✕ Released: {numbers}.") if failed else _("✓ Released: {numbers}.")).format(numbers=" · ".join(parts))


def check_told(practice: Practice, check: JobCheck) -> dict[str, Any]:
    """Return what a job would do on a day, in numbers that add up."""
    counts, days = check.counts, days_words(check.days.get("start", ""), check.days.get("end", ""), check.day)
    leave, left = counts.pending, counts.skipped
    found = n_("{count} row found", "{count} rows found", check.found).format(count=check.found)
    parts = [
        _("{found} ({days})").format(found=found, days=days) if days else found,
        n_("{count} message would leave", "{count} messages would leave", leave).format(count=leave),
    ]
    if left:
        parts.append(n_("{count} would be left out", "{count} would be left out", left).format(count=left))
    approvers = ", ".join(check.job.approvers)
    run = n_("« {title} »: send {count} message now?", "« {title} »: send {count} messages now?", leave)
    wait = n_(
        "« {title} »: prepare {count} message now? It waits for {whom}.",
        "« {title} »: prepare {count} messages now? They wait for {whom}.",
        leave,
    )
    return {
        "sentence": _("Trial of {day}, nothing was sent: {numbers}.").format(
            day=friendly(check.day), numbers=" · ".join(parts)
        ),
        "question": (wait if approvers else run).format(title=check.job.title, count=leave, whom=approvers),
        "people": check.mailing is not None and "standing" in check.recipients,
    }


def replay_told(frame: pd.DataFrame, today: date) -> dict[str, Any]:
    """Return what a job would have sent on days gone by: a line an occurrence, without anybody's name."""
    rows = []
    for occurrence, some in frame.groupby("occurrence", sort=True):
        again = int(some["twice"].sum())
        leave = int((some["reason"] == "").sum())
        moment = datetime.fromisoformat(str(occurrence))
        rows.append(
            {
                "when": format_datetime(moment, _short(), locale=language()),
                "days": days_words(some["start"].iloc[0], some["end"].iloc[0], today),
                "leave": leave,
                "again": again,
                "left": len(some) - leave - again,
            }
        )
    total = int((frame["reason"] == "").sum())
    return {
        "rows": rows,
        "sentence": n_(
            "Over the last 30 days {count} message would have left.",
            "Over the last 30 days {count} messages would have left.",
            total,
        ).format(count=total),
        "note": str(frame.attrs["note"]),
    }


def explained_told(frame: pd.DataFrame, day: date) -> dict[str, Any]:
    """Return the conditions of a job for one patient, met and not met, were it run on a day."""
    rows = [{**row, "met": bool(row["met"])} for row in frame[["condition", "met", "detail"]].to_dict("records")]
    return {"told": _("were it run today, {day}").format(day=_day_words(day, day)), "conditions": rows}


def _short() -> str:
    return "EEE dd/MM HH:mm" if language() == "fr" else "EEE d MMM HH:mm"


def moment_words(moment: Any, practice: Practice) -> str:
    """Return a moment as the practice's clock shows it, with its day of the week."""
    if moment is None or pd.isna(moment):
        return ""
    return str(
        format_datetime(
            moment.astimezone(practice.calendar.zone), _short(), tzinfo=practice.calendar.zone, locale=language()
        )
    )


def days_words(first: Any, last: Any, today: date) -> str:
    """Return the days searched as people say them, one day once; with the year where it is another one."""
    told = [_day_words(date.fromisoformat(one), today) for one in dict.fromkeys((first, last)) if one]
    return " → ".join(told)


def _day_words(day: date, today: date) -> str:
    pattern = "EEE dd/MM" if language() == "fr" else "EEE d MMM"
    return str(
        format_date(
            day,
            pattern if day.year == today.year else pattern + ("/yyyy" if language() == "fr" else " yyyy"),
            locale=language(),
        )
    )
