from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.calendar import PracticeCalendar, day_bounds, parse_day, wall_clock
from workbench.errors import BadValue

SUNDAY = date(2026, 11, 22)
CHRISTMAS = date(2026, 12, 25)
CALENDAR = PracticeCalendar(closed_weekdays=frozenset({5, 6}), closed_days=frozenset({CHRISTMAS}))

days = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31))
calendars = st.builds(
    PracticeCalendar,
    closed_weekdays=st.frozensets(st.integers(0, 6), max_size=6),
    closed_days=st.frozensets(days, max_size=8),
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("today", SUNDAY),
        ("Aujourd'hui", SUNDAY),
        ("aujourd’hui", SUNDAY),
        ("tomorrow", SUNDAY + timedelta(days=1)),
        (" Demain ", SUNDAY + timedelta(days=1)),
        ("yesterday", SUNDAY - timedelta(days=1)),
        ("J-1", SUNDAY - timedelta(days=1)),
        ("j+7", SUNDAY + timedelta(days=7)),
        ("J", SUNDAY),
        ("J+1 open", date(2026, 11, 23)),
        ("J+1 ouvré", date(2026, 11, 23)),
        ("J-1 open", date(2026, 11, 20)),
        ("24/11/2026", date(2026, 11, 24)),
        ("4/1/2027", date(2027, 1, 4)),
        ("24/12", date(2026, 12, 24)),
        (date(2026, 1, 2), date(2026, 1, 2)),
        (datetime(2026, 1, 2, 23, 59), date(2026, 1, 2)),
    ],
)
def test_a_day_is_read_as_people_write_it(written, meant):
    assert parse_day(written, today=SUNDAY, calendar=CALENDAR) == meant


@pytest.mark.parametrize(
    "written",
    ["", "soon", "32/01/2026", "31/02", "11/24/2026", "24/11/26", "2026-02-30", "J+", "tomorrow morning", "++1"],
)
def test_what_is_not_a_day_is_refused_with_the_ways_to_write_one(written):
    with pytest.raises(BadValue, match="2026-11-22"):
        parse_day(written, today=SUNDAY, calendar=CALENDAR)


def test_the_next_open_day_steps_over_a_holiday_and_the_week_end():
    thursday = date(2026, 12, 24)
    assert CALENDAR.shift_open(thursday, 1) == date(2026, 12, 28)
    assert CALENDAR.shift_open(CHRISTMAS, 0) == date(2026, 12, 28)
    assert CALENDAR.shift_open(date(2026, 12, 28), -1) == thursday


def test_a_practice_that_never_opens_is_told_so():
    closed = PracticeCalendar(closed_weekdays=frozenset(range(7)))
    with pytest.raises(BadValue, match="no open day"):
        closed.shift_open(SUNDAY, 1)


@given(calendars, days, st.integers(-30, 30))
def test_a_shift_ends_on_an_open_day_with_just_as_many_open_days_passed(calendar, day, offset):
    found = calendar.shift_open(day, offset)
    assert calendar.is_open(found)
    step = 1 if offset >= 0 else -1
    passed = [day + timedelta(days=step * n) for n in range(1, abs((found - day).days) + 1)]
    if offset:
        assert sum(map(calendar.is_open, passed)) == abs(offset)
    else:
        assert not any(calendar.is_open(other) for other in passed[:-1])


@given(calendars, days, st.integers(1, 20))
def test_going_forward_and_back_from_an_open_day_comes_home(calendar, day, offset):
    start = calendar.shift_open(day, 0)
    assert calendar.shift_open(calendar.shift_open(start, offset), -offset) == start


@given(days, days)
def test_a_day_written_in_iso_is_that_day_whatever_today_is(day, today):
    assert parse_day(day.isoformat(), today=today, calendar=CALENDAR) == day


def test_today_is_the_practices_own_date():
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert PracticeCalendar(zone=ZoneInfo("Europe/Paris")).today(late) == date(2026, 11, 23)
    assert PracticeCalendar(zone=ZoneInfo("America/Cayenne")).today(late) == date(2026, 11, 22)


def test_the_wall_clock_follows_summer_time():
    paris = ZoneInfo("Europe/Paris")
    assert wall_clock(datetime(2026, 7, 1, 8, 0, tzinfo=UTC), paris) == datetime(2026, 7, 1, 10, 0)
    assert wall_clock(datetime(2026, 12, 1, 8, 0, tzinfo=UTC), paris) == datetime(2026, 12, 1, 9, 0)


@given(days, st.integers(0, 40))
def test_the_bounds_of_two_days_hold_both_of_them_whole(start, length):
    end = start + timedelta(days=length)
    first, after = day_bounds(start, end)
    assert first == datetime.combine(start, datetime.min.time())
    assert first <= datetime.combine(end, datetime.max.time()) < after
    assert (after - first).days == length + 1
