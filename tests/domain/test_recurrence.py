from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.calendar import PracticeCalendar
from workbench.domain.recurrence import Every, Recurrence, instant_of, read_time
from workbench.errors import BadValue

PARIS = ZoneInfo("Europe/Paris")
CALENDAR = PracticeCalendar(zone=PARIS, closed_days=frozenset({date(2026, 12, 25)}))
START = date(2026, 11, 16)


def keys(recurrence: Recurrence, count: int = 5, after: datetime | None = None) -> list[str]:
    return [one.key for one in islice(recurrence.after(after, CALENDAR), count)]


def of(
    every: str, on: str = "", at: str | None = "12:00", start: date = START, until: date | None = None
) -> Recurrence:
    return Recurrence.of(every=every, on=on, at=at, start=start, until=until)


def test_each_day_at_noon_from_its_first_day_on() -> None:
    assert keys(of("daily"), 2) == ["2026-11-16T12:00", "2026-11-17T12:00"]
    assert keys(of("daily"), 1, after=datetime(2026, 11, 28, 12)) == ["2026-11-29T12:00"]
    assert keys(of("daily", until=date(2026, 11, 17))) == ["2026-11-16T12:00", "2026-11-17T12:00"]


def test_once_is_once() -> None:
    assert keys(of("once")) == ["2026-11-16T12:00"]
    assert keys(of("once"), after=datetime(2026, 11, 16, 12)) == []


def test_open_days_leave_out_the_days_on_which_the_practice_is_closed() -> None:
    found = keys(of("open_days", start=date(2026, 12, 24)), 3)
    assert found == ["2026-12-24T12:00", "2026-12-26T12:00", "2026-12-28T12:00"]


@pytest.mark.parametrize("on", ["mon,thu", "lundi, jeudi", "Thursdays,Monday", "jeudis,lundis"])
def test_days_of_the_week_are_read_in_both_languages(on: str) -> None:
    assert of("weekly", on).on == "mon,thu"
    assert keys(of("weekly", on), 3) == ["2026-11-16T12:00", "2026-11-19T12:00", "2026-11-23T12:00"]


@pytest.mark.parametrize(
    ("on", "found"),
    [
        ("1er lundi", ["2026-12-07", "2027-01-04", "2027-02-01"]),
        ("last friday", ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("31", ["2026-11-30", "2026-12-31", "2027-01-31"]),
        ("last", ["2026-11-30", "2026-12-31", "2027-01-31"]),
        ("15", ["2026-12-15", "2027-01-15", "2027-02-15"]),
    ],
)
def test_days_of_the_month(on: str, found: list[str]) -> None:
    assert [key.partition("T")[0] for key in keys(of("monthly", on), 3)] == found


def test_a_line_of_cron_is_read_on_the_wall() -> None:
    assert keys(of("cron", "30 7 * * 1-5", at=None), 2) == ["2026-11-16T07:30", "2026-11-17T07:30"]
    # Monday is 1 there, as everywhere but in one library.
    assert keys(of("cron", "0 8 * * 1", at=None, start=date(2026, 11, 17)), 1) == ["2026-11-23T08:00"]


@pytest.mark.parametrize(
    ("every", "on", "at"),
    [
        ("yearly", "", "12:00"), ("daily", "mon", "12:00"), ("daily", "", "25:00"), ("daily", "", None),
        ("weekly", "", "12:00"), ("weekly", "someday", "12:00"), ("monthly", "32", "12:00"),
        ("monthly", "fifth monday", "12:00"), ("cron", "every day", None), ("cron", "* * * * *", None),
        ("cron", "0 0 30 2 *", None), ("cron", "0 0 0 12 * *", None),
    ],
)  # fmt: skip
def test_what_says_no_recurrence_is_refused_with_a_sentence(every: str, on: str, at: str | None) -> None:
    with pytest.raises(BadValue):
        of(every, on, at)


def test_a_last_day_before_the_first_is_refused() -> None:
    with pytest.raises(BadValue, match="last day"):
        of("daily", until=date(2026, 11, 1))


def test_noon_stays_noon_when_the_clocks_change() -> None:
    for start in (date(2026, 10, 24), date(2027, 3, 27)):
        hours = [one.at.astimezone(PARIS).time() for one in islice(of("daily", start=start).after(None, CALENDAR), 3)]
        assert hours == [time(12)] * 3


def test_an_hour_that_is_there_twice_fires_at_the_first_and_once() -> None:
    found = list(islice(of("daily", at="02:30", start=date(2026, 10, 25)).after(None, CALENDAR), 2))
    assert [one.key for one in found] == ["2026-10-25T02:30", "2026-10-26T02:30"]
    assert found[0].at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_hour_that_is_missing_becomes_the_next_there_is() -> None:
    found = next(of("daily", at="02:30", start=date(2027, 3, 28)).after(None, CALENDAR))
    assert (found.key, found.at) == ("2027-03-28T02:30", datetime(2027, 3, 28, 1, tzinfo=UTC))
    assert found.at.astimezone(PARIS).time() == time(3)


def test_the_doubtful_hour_is_known() -> None:
    assert of("daily", at="02:10").at_a_doubtful_hour(CALENDAR)
    assert of("cron", "0 2 * * *", at=None).at_a_doubtful_hour(CALENDAR)
    assert not of("daily").at_a_doubtful_hour(CALENDAR)


def test_it_reads_as_people_say_it_and_is_kept_as_plain_values() -> None:
    told = {
        of("daily"): "every day at 12:00",
        of("open_days"): "on open days at 12:00",
        of("weekly", "mon,thu"): "each Monday, Thursday at 12:00",
        of("monthly", "1 mon"): "first Monday of the month at 12:00",
        of("monthly", "last"): "last day of the month at 12:00",
        of("monthly", "15"): "day 15 of the month at 12:00",
        of("once"): "on 2026-11-16 at 12:00",
        of("cron", "0 8 * * 1", at=None): "cron 0 8 * * 1",
    }
    for recurrence, sentence in told.items():
        assert recurrence.sentence == sentence
        assert Recurrence.from_dict(recurrence.to_dict()) == recurrence


@pytest.mark.parametrize(
    ("text", "found"), [("9h30", time(9, 30)), ("12:00", time(12)), ("9 h", time(9)), ("7", time(7))]
)
def test_times_are_read_as_people_write_them(text: str, found: time) -> None:
    assert read_time(text) == found


_DAYS = st.dates(date(2026, 9, 1), date(2027, 4, 30))
_TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0))
_ON = {
    Every.WEEKLY: st.sampled_from(["mon", "tue,sun", "sat"]),
    Every.MONTHLY: st.sampled_from(["1", "31", "last", "1 mon", "4 sun", "last wed"]),
    Every.CRON: st.sampled_from(["*/20 * * * *", "30 2 * * *", "5 1-3 * * 0", "0 12 1 * *"]),
}


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    every = draw(st.sampled_from(list(Every)))
    return Recurrence.of(every=every, on=draw(_ON.get(every, st.just(""))), at=draw(_TIMES), start=draw(_DAYS))


@given(recurrences())
def test_occurrences_have_names_of_their_own_and_instants_in_order(recurrence: Recurrence) -> None:
    found = list(islice(recurrence.after(None, CALENDAR), 150))
    assert len({one.key for one in found}) == len(found)
    for sooner, later in pairwise(found):
        assert sooner.wall < later.wall
        assert sooner.at <= later.at
    for one in found:
        assert one.day >= recurrence.start
        shown = one.at.astimezone(PARIS).replace(tzinfo=None)
        assert one.wall <= shown <= one.wall + timedelta(hours=1)


@given(recurrences(), st.integers(1, 100), st.integers(1, 400))
def test_asked_in_any_steps_nothing_is_left_out_and_nothing_comes_twice(
    recurrence: Recurrence, days: int, minutes: int
) -> None:
    """Whatever the times at which somebody looks, what is due is what there is."""
    now = instant_of(datetime.combine(recurrence.start, time()), PARIS)
    ends = now + timedelta(days=days)
    after, found = None, []
    while now < ends:
        now = min(ends, now + timedelta(minutes=minutes * 60))
        due = list(recurrence.due(after=after, now=now, calendar=CALENDAR))
        found += [one.key for one in due]
        after = due[-1].wall if due else after
    whole = [one.key for one in recurrence.due(after=None, now=ends, calendar=CALENDAR)]
    assert found == whole
