from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workbench.domain.calendar import PracticeCalendar
from workbench.domain.jobs import (
    Job,
    Missed,
    OccurrenceRecord,
    OccurrenceState,
    check_occurrence_move,
    decided,
    job_of,
    key_for,
    mailing_key,
)
from workbench.domain.recurrence import Recurrence
from workbench.errors import BadValue, ForbiddenMove

CALENDAR = PracticeCalendar(zone=ZoneInfo("Europe/Paris"))
DAILY = Recurrence.of(every="daily", at="12:00", start=date(2026, 11, 16))


def a_job(**changes: Any) -> Job:
    made = Job(key="manques", title="Rendez-vous manqués", treatment="missed", template="A/B", recurrence=DAILY)
    return made.changed(**changes)


def fate(job: Job, *, now: datetime) -> dict[str, str]:
    """What becomes of what was due since the first of the job's days, by its day."""
    due = list(job.recurrence.due(after=None, now=now, calendar=CALENDAR))
    return {f"{one.wall:%d}": reason for one, reason in decided(job, due, now=now, calendar=CALENDAR)}


AFTER_THREE_DAYS = datetime(2026, 11, 19, 8, tzinfo=UTC)  # nobody ran since before the 16th; it is Thursday, 9 o'clock


def test_each_missed_one_is_done_or_the_latest_or_none() -> None:
    assert fate(a_job(missed=Missed.EACH), now=AFTER_THREE_DAYS) == {"16": "", "17": "", "18": ""}
    assert fate(a_job(missed=Missed.LATEST), now=AFTER_THREE_DAYS) == {"16": "coalesced", "17": "coalesced", "18": ""}
    assert set(fate(a_job(missed=Missed.SKIP), now=AFTER_THREE_DAYS).values()) == {"missed"}


def test_what_came_later_than_its_limit_is_left_out() -> None:
    each = a_job(missed=Missed.EACH, late_until="20:00")
    assert set(fate(each, now=AFTER_THREE_DAYS).values()) == {"too_late"}
    in_time = datetime(2026, 11, 18, 18, 59, tzinfo=UTC)
    assert fate(each, now=in_time) == {"16": "too_late", "17": "too_late", "18": ""}
    assert fate(each, now=in_time + timedelta(minutes=2))["18"] == "too_late"
    assert fate(a_job(missed=Missed.EACH, late_until="24 h"), now=AFTER_THREE_DAYS) == {
        "16": "too_late", "17": "too_late", "18": "",
    }  # fmt: skip


def test_a_few_minutes_late_is_not_missed() -> None:
    job = a_job(missed=Missed.SKIP, recurrence=replace(DAILY, start=date(2026, 11, 18)))
    assert fate(job, now=datetime(2026, 11, 18, 11, 10, tzinfo=UTC)) == {"18": ""}
    assert fate(job, now=datetime(2026, 11, 18, 11, 16, tzinfo=UTC)) == {"18": "missed"}


def test_a_closed_day_is_left_out_when_the_job_says_so() -> None:
    sunday = replace(DAILY, start=date(2026, 11, 21), until=date(2026, 11, 22))
    now = datetime(2026, 11, 22, 11, 1, tzinfo=UTC)
    assert fate(a_job(recurrence=sunday, not_on_closed_days=True), now=now) == {"21": "", "22": "closed_day"}
    assert fate(a_job(recurrence=sunday), now=now) == {"21": "coalesced", "22": ""}


def test_what_waits_is_released_until_a_time_after_it_was_prepared() -> None:
    job, zone = a_job(approvers=("claire",), approve_by="20:00"), CALENDAR.zone
    ends = datetime(2026, 11, 18, 19, tzinfo=UTC)
    assert job.approval_ends(now=datetime(2026, 11, 18, 11, tzinfo=UTC), zone=zone) == ends
    assert job.approval_ends(now=ends + timedelta(minutes=1), zone=zone) == ends + timedelta(days=1)
    assert a_job().approval_ends(now=ends, zone=zone) is None


def test_an_approver_releases_what_waits_in_time_however_the_name_is_written() -> None:
    ends = datetime(2026, 11, 18, 19, tzinfo=UTC)
    record = OccurrenceRecord(
        key="manques", occurrence="2026-11-18T12:00", job=a_job(approvers=("Hélène", "marc")),
        state=OccurrenceState.AWAITING_APPROVAL, reason="", due_at=ends, started_at=ends, approve_until=ends,
    )  # fmt: skip
    assert [record.may_be_released_by(name) for name in ("helene", "Marc", "paul")] == [True, True, False]
    assert [record.is_over(ends), record.is_over(ends + timedelta(seconds=1))] == [False, True]
    assert not replace(record, approve_until=None).is_over(ends + timedelta(days=9))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "}, {"title": "a\nb"}, {"treatment": "magic"}, {"notebook": "a.ipynb"}, {"treatment": "search"},
        {"treatment": "notebook"}, {"approve_by": "20:00"}, {"late_until": "soon"},
        {"approvers": ("a",), "approve_by": "26:00"},
        {"treatment": "notebook", "notebook": "a.ipynb", "template": "", "approvers": ("claire",)},
        {"treatment": "notebook", "notebook": "a.ipynb"},
        {"treatment": "notebook", "notebook": "a.ipynb", "template": "", "within_hours": True},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(changes: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match=r"\.$"):
        a_job(**changes)


def test_a_treatment_brings_its_search_and_what_is_given_stands_in_its_place() -> None:
    job = a_job(parameters={"practitioner": "FC", "exclude_returned": "no", "end": ""})
    assert job.searched == "missed"
    assert job.asked == {
        "start": "J-1", "exclude_upcoming": "yes", "exclude_returned": "no", "practitioner": "FC",
    }  # fmt: skip


def test_a_job_is_kept_as_plain_values() -> None:
    job = a_job(missed=Missed.EACH, approvers=("claire", "marc"), parameters={"practitioner": "FC"})
    assert Job.from_dict(job.to_dict()) == job


def test_keys_are_plain_and_each_jobs_own() -> None:
    assert key_for("Rendez-vous manqués (cabinet n° 1)") == "rendez-vous-manques-cabinet-n-1"
    assert key_for("Rappel", ["rappel", "rappel-2"]) == "rappel-3"
    assert key_for("予約") == "job"


def test_a_mailing_tells_its_job_by_its_key() -> None:
    assert job_of(mailing_key("manques", "2026-11-29T12:00")) == "manques"
    assert job_of("job:") == job_of("letter:a1") == job_of("") == ""


def test_an_occurrence_that_ended_stays_so() -> None:
    check_occurrence_move(OccurrenceState.RUNNING, OccurrenceState.AWAITING_APPROVAL)
    with pytest.raises(ForbiddenMove):
        check_occurrence_move(OccurrenceState.DONE, OccurrenceState.RUNNING)
