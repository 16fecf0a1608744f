"""Try a job out without sending anything: who would get what now, why somebody would or would not, on days gone by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel.dates import format_date

from workbench.domain.deliveries import Standing
from workbench.domain.jobs import DAY_SCHEDULE, NOTEBOOK, Job
from workbench.domain.mailings import Counts
from workbench.domain.people import ROLE_WORDS
from workbench.domain.recurrence import Every, Occurrence
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _, language, n_
from workbench.practice.executing import days_of, mailing_of, rows_of
from workbench.practice.parts import LongList
from workbench.practice.searching import asked_sentence

if TYPE_CHECKING:
    from workbench.practice.mailing import Mailing
    from workbench.practice.practice import Practice

MOST_OCCURRENCES = 400
"""So many are replayed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCheck:
    """What a job would do on a day, were that now; nothing was sent or written.

    `days` are the real dates searched, `found` how many rows, `counts` how the mailing would begin. `findings` and
    `recipients` are those of its mailing (`Mailing.check`, `Mailing.overview`); of a list that is read in parts
    `recipients` tells ``recipient_id`` and ``recipient`` alone, of whom the findings name and of the first ones.
    `mailing` shows each message, and is nothing when nobody was found.
    """

    job: Job
    day: date
    days: Mapping[str, str]
    found: int
    counts: Counts
    findings: pd.DataFrame = field(repr=False)
    recipients: pd.DataFrame = field(repr=False)
    mailing: Mailing | None = field(repr=False)


def checked(practice: Practice, job: Job, *, day: date) -> JobCheck:
    """Return what a job would do on a day.

    Raises
    ------
    UsageError
        For a notebook: it is tried out by running it with ``dry_run``.
    """
    _refuse_notebook(job)
    rows = rows_of(practice, job, day)
    found = rows.rows if isinstance(rows, LongList) else len(rows)
    mailing = mailing_of(practice, job, rows, key="") if found else None
    findings = pd.DataFrame(columns=["recipient", "severity", "code", "message"], dtype=object)
    recipients = pd.DataFrame(
        columns=["recipient_id", "patient_id", "recipient", "standing", "note", "detail", "sent"], dtype=object
    )
    if mailing is not None:
        findings = mailing.check()
        recipients = mailing.recipients if isinstance(rows, LongList) else mailing.overview()
    return JobCheck(
        job=job,
        day=day,
        days=days_of(practice, job, day),
        found=found,
        counts=mailing.forecast() if mailing is not None else Counts(),
        findings=findings,
        recipients=recipients,
        mailing=mailing,
    )


# --- why ----------------------------------------------------------------------------------------------------------

EXPLAIN_COLUMNS = ("condition", "met", "detail")


def explained(practice: Practice, job: Job, patient_id: str, *, day: date) -> pd.DataFrame:
    """Return the conditions of a job for one patient on a day; see ``Jobs.explain``."""
    _refuse_notebook(job)
    practice.patients.known(patient_id)
    lines = list(_conditions(practice, job, patient_id, day))
    return pd.DataFrame(lines, columns=list(EXPLAIN_COLUMNS)).astype(
        {"condition": "string", "met": "boolean", "detail": "string"}
    )


def _conditions(practice: Practice, job: Job, patient_id: str, day: date) -> Iterator[tuple[str, bool, str]]:
    search, asked = practice.meant_search(job.searched, job.asked)
    known = {one.name: one for one in practice.searches()[search].parameters}
    resolved = practice.store.resolve(search, asked, today=day)

    def rows(parameters: Mapping[str, object]) -> int:
        return len(practice.search_of(search, parameters, today=day, patients=[patient_id]))

    days = {name: value for name, value in resolved.items() if known[name].kind == "day"}
    period = {name: resolved[name] for name in days}
    if period:
        count = rows(period)
        yield _("Period"), count > 0, _("{days}: {found}").format(days=_dates(days), found=_found(count))
    for name, value in asked.items():
        if name in days or not known[name].identifies:
            continue
        # With the period, or a condition that never holds on these days would be called met.
        count = rows({**period, name: value})
        yield asked_sentence(known[name], str(value)), count > 0, _found(count)
    whole = practice.search_of(search, asked, today=day, patients=[patient_id])
    yield _("All conditions of the search together"), len(whole) > 0, _found(len(whole))
    if not len(whole) or job.treatment == DAY_SCHEDULE:  # which writes to no patient
        return
    mailing = mailing_of(practice, job, whole, key="")
    for place, told in enumerate(mailing.overview().to_dict("records")):
        excluded = told["standing"] in (Standing.EXCLUDED, Standing.TO_CORRECT)
        row = mailing.recipients.iloc[place]
        said = str(told["detail"]).replace("\n", " ") or str(told["note"])
        # Whoever answers for a patient is told by role: this may be read aloud.
        role = ROLE_WORDS[row["role"]]
        condition = _("May be written to ({role})").format(role=_(role))
        yield condition, not excluded, said or _("nothing against it")


def _found(count: int) -> str:
    return n_("{count} row found", "{count} rows found", count).format(count=count)


def _dates(days: Mapping[str, str]) -> str:
    told = dict.fromkeys(value for value in days.values() if value)
    return " – ".join(format_date(date.fromisoformat(one), "medium", locale=language()) for one in told)


# --- days gone by ---------------------------------------------------------------------------------------------------

REPLAY_COLUMNS = {
    "occurrence": "string", "start": "string", "end": "string", "recipient_id": "string", "patient_id": "string",
    "role": "string", "subjects": "string", "reason": "string", "first": "string", "twice": "boolean",
}  # fmt: skip


_Message = tuple["Mailing", int]
"""One message of a mailing, by its place in the list."""


def replayed(
    practice: Practice,
    job: Job,
    *,
    start: date,
    end: date,
    messages: dict[tuple[str, str, str], _Message] | None = None,
) -> pd.DataFrame:
    """Return who would have got what between two days; see ``Jobs.replay``.

    Parameters
    ----------
    messages
        Filled with the first message to each ``patient_id``, ``role`` and ``subjects``, for whoever reads them.
    """
    _refuse_notebook(job)
    rows: list[dict[str, Any]] = []
    told: dict[tuple[str, str, str], str] = {}
    for occurrence in _between(practice, job, start, end):
        days = days_of(practice, job, occurrence.day)
        found = rows_of(practice, job, occurrence.day)
        if isinstance(found, LongList):
            raise UsageError(_("This job finds too many to be replayed: narrow its search."))
        if not len(found):
            continue
        mailing = mailing_of(practice, job, found, key="")
        for place, one in enumerate(mailing.addressed.to_dict("records")):
            subjects = sorted(one["subjects"])
            keys = [(subject, str(one["addressee_key"]), str(one["role"])) for subject in subjects]
            before = [told[key] for key in keys if key in told]
            reason = str(one["reason"] or "")
            twice = len(before) == len(keys) and not reason
            if not reason:
                for key in keys:
                    told.setdefault(key, occurrence.key)
                if messages is not None and not twice:
                    whose = (str(one["patient_id"]), str(one["role"]), ", ".join(subjects))
                    messages.setdefault(whose, (mailing, place))
            rows.append(
                {
                    "occurrence": occurrence.key,
                    "start": days.get("start", ""),
                    "end": days.get("end", ""),
                    "recipient_id": one["recipient_id"],
                    "patient_id": one["patient_id"],
                    "role": one["role"],
                    "subjects": ", ".join(subjects),
                    # Told by an occurrence before, it is not told again when the job runs.
                    "reason": "duplicate_occasion" if twice else reason,
                    "first": min(before) if before else "",
                    "twice": twice,
                }
            )
    frame = pd.DataFrame(rows, columns=list(REPLAY_COLUMNS), dtype=object).astype(REPLAY_COLUMNS)
    frame.attrs["note"] = _(
        "Worked out with the patients' data as it is today: what has changed since those days is not known. Whoever "
        "objected or came back since is left out here."
    )
    return frame


def compared(practice: Practice, first: Job, second: Job, *, start: date, end: date) -> pd.DataFrame:
    """Return what two jobs would have told differently between two days; see ``Jobs.compare``."""
    messages: list[dict[tuple[str, str, str], _Message]] = [{}, {}]
    frames = [
        replayed(practice, job, start=start, end=end, messages=kept)
        for job, kept in zip((first, second), messages, strict=True)
    ]
    told = []
    for replay in frames:
        leaving = replay[replay["reason"] == ""]
        keys = ["patient_id", "role", "subjects"]
        told.append(leaving.groupby(keys, as_index=False, observed=True)["occurrence"].min())
    joined = told[0].merge(told[1], on=["patient_id", "role", "subjects"], how="outer", suffixes=("_first", "_second"))
    joined = joined.rename(columns={"occurrence_first": "first", "occurrence_second": "second"})
    only = pd.Series("both", index=joined.index, dtype="string")
    only = only.mask(joined["second"].isna(), "first").mask(joined["first"].isna(), "second")
    frame: pd.DataFrame = joined.assign(by=only).sort_values(["by", "patient_id", "subjects"], ignore_index=True)
    written = {(job.template, job.revision, job.account) for job in (first, second)}
    texts = []
    for row in frame.itertuples():
        whose = (str(row.patient_id), str(row.role), str(row.subjects))
        both = row.by == "both"
        same = both and (len(written) == 1 or len({_as_read(*kept[whose]) for kept in messages}) == 1)
        texts.append(("same" if same else "other") if both else "")
    frame = frame.assign(text=texts)
    frame = frame.astype("string")
    frame.attrs["note"] = frames[0].attrs["note"]
    return frame


def _as_read(mailing: Mailing, place: int) -> tuple[str, str]:
    """Return the subject and the text of a message; what cannot be merged reads as the sentence that says so."""
    try:
        message = mailing.preview(place)
    except WorkbenchError as refused:
        return "", refused.sentence
    return message.subject, message.text


def _between(practice: Practice, job: Job, start: date, end: date) -> list[Occurrence]:
    if end < start:
        raise UsageError(_("The last day comes before the first one."))
    midnight = datetime.combine(start, datetime.min.time())
    once = job.recurrence.every is Every.ONCE
    whole = job.recurrence if once else replace(job.recurrence, start=min(start, job.recurrence.start))
    found: list[Occurrence] = []
    for one in whole.after(midnight - timedelta(minutes=1), practice.calendar):
        if one.day > end:
            break
        if job.not_on_closed_days and not practice.calendar.is_open(one.day):
            continue
        if len(found) == MOST_OCCURRENCES:
            raise UsageError(
                _("More than {count} runs lie between these days: choose fewer days.").format(count=MOST_OCCURRENCES)
            )
        found.append(one)
    return found


def _refuse_notebook(job: Job) -> None:
    if job.treatment == NOTEBOOK:
        raise UsageError(_("What a notebook would do is seen by running it with dry_run: workbench run"))
