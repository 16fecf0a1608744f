"""When messages may leave, over nights, closed days and changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.calendar import PracticeCalendar
from workbench.domain.sending_hours import SendingHours
from workbench.errors import BadValue

CALENDAR = PracticeCalendar(closed_days=frozenset({date(2026, 12, 25)}))
PARIS = CALENDAR.zone


def opening(hours: str, *now: int) -> str:
    """The next opening after a wall-clock moment of Paris, as its wall clock shows it."""
    asked = datetime(*now, tzinfo=PARIS)  # type: ignore[misc]
    return SendingHours.parse(hours).next_opening(asked.astimezone(UTC), CALENDAR).astimezone(PARIS).isoformat()


@pytest.mark.parametrize(
    ("text", "opens", "closes", "days"),
    [
        ("8:00-20:00", 480, 1200, 7),
        ("08:00-20:00 mon-fri", 480, 1200, 5),
        ("8h-19h30 lun-ven,sam", 480, 1170, 6),
        ("0-24 dim", 0, 1440, 1),
        ("9:00–12:00 sat-mon", 540, 720, 3),
        ("08:00 - 20:00", 480, 1200, 7),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, opens: int, closes: int, days: int) -> None:
    hours = SendingHours.parse(text)
    assert (hours.opens, hours.closes, len(hours.days)) == (opens, closes, days)


@pytest.mark.parametrize(
    "text", ["8", "20:00-8:00", "8:00-25:00", "8:60-9:00", "8-9 someday", "8-9 mon tue", "8:00-8:00"]
)
def test_what_says_no_hours_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="sending hours"):
        SendingHours.parse(text)


def test_without_hours_a_message_may_always_leave() -> None:
    assert not SendingHours.parse("")
    assert opening("", 2026, 11, 22, 3, 0) == "2026-11-22T03:00:00+01:00"


def test_within_the_hours_now_is_the_answer_and_the_last_minute_is_out() -> None:
    assert opening("8:00-20:00", 2026, 11, 23, 8, 0) == "2026-11-23T08:00:00+01:00"
    assert opening("8:00-20:00", 2026, 11, 23, 19, 59) == "2026-11-23T19:59:00+01:00"
    assert opening("8:00-20:00", 2026, 11, 23, 20, 0) == "2026-11-24T08:00:00+01:00"
    assert opening("8:00-20:00", 2026, 11, 23, 7, 59) == "2026-11-23T08:00:00+01:00"


def test_closed_days_count_only_where_open_days_are_asked_for() -> None:
    assert opening("8:00-20:00", 2026, 12, 24, 21, 0) == "2026-12-25T08:00:00+01:00"
    assert opening("8:00-20:00 open", 2026, 12, 24, 21, 0) == "2026-12-26T08:00:00+01:00"
    assert opening("8:00-20:00 open", 2026, 12, 26, 21, 0) == "2026-12-28T08:00:00+01:00"  # over Sunday
    assert opening("8:00-20:00 mon-fri", 2026, 11, 20, 20, 30) == "2026-11-23T08:00:00+01:00"


def test_the_wall_clock_counts_across_a_change_of_the_clock() -> None:
    assert opening("8:00-20:00", 2027, 3, 27, 21, 0) == "2027-03-28T08:00:00+02:00"
    assert opening("8:00-20:00", 2026, 10, 24, 21, 0) == "2026-10-25T08:00:00+01:00"
    # 02:30 does not exist on that day; the hour after it does.
    assert opening("2:30-5:00", 2027, 3, 28, 0, 0) == "2027-03-28T03:30:00+02:00"


def test_a_practice_that_never_opens_is_said() -> None:
    closed = PracticeCalendar(closed_weekdays=frozenset(range(7)))
    with pytest.raises(BadValue):
        SendingHours.parse("8-20 open").next_opening(datetime(2026, 11, 22, tzinfo=UTC), closed)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    st.integers(0, 1438),
    st.integers(1, 1440),
    st.sets(st.integers(0, 6), min_size=1),
)
def test_the_next_opening_is_never_past_and_always_within_the_hours(
    now: datetime, opens: int, length: int, days: set[int]
) -> None:
    hours = SendingHours(opens=opens, closes=min(1440, opens + length), days=frozenset(days))
    asked = now.replace(tzinfo=UTC)
    found = hours.next_opening(asked, CALENDAR)
    assert found >= asked
    assert hours.next_opening(found, CALENDAR) == found
    assert found.astimezone(PARIS).weekday() in days
    assert found - asked <= timedelta(days=8)
