from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.calendar import PracticeCalendar
from workbench.errors import BadValue, UnknownName
from workbench.patients.schema import STATES
from workbench.patients.searches import SEARCHES, search_called
from workbench.patients.searches.parameters import Asked, canonical, given_texts, read_parameters

TODAY = date(2026, 11, 23)
CHAIRS = {"f1": ("F1",), "fauteuil 1": ("F1",), "fauteuil": ("F1", "F2"), "f2": ("F2",)}


def read(search: str = "appointments", **parameters: object) -> Asked:
    return read_parameters(
        SEARCHES[search], parameters, today=TODAY, calendar=PracticeCalendar(), choices=lambda name: CHAIRS
    )


def test_an_unknown_search_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="appointments, missed"):
        search_called("anniversaires")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("07:00-21:00", (420, 1260)),
        ("7-21", (420, 1260)),
        (" 7h – 21h30 ", (420, 1290)),
        ("00:00-24:00", (0, 1440)),
        ("8:40-8:40", (520, 520)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, minutes: tuple[int, int]) -> None:
    assert read(hours=text).hours == minutes


@pytest.mark.parametrize("text", ["07:00", "9-8", "25:00-26:00", "07:00-07:75", "morning", "-", "07:00-21:00-22:00"])
def test_other_hours_are_refused(text: str) -> None:
    with pytest.raises(BadValue, match="07:00-21:00"):
        read(hours=text)


def test_a_word_that_stands_for_several_asks_for_all_of_them() -> None:
    assert read(chair="Fauteuil").chair == ("F1", "F2")


def test_blank_parameters_ask_nothing() -> None:
    assert read(start="", hours=None, chair=" ") == read()


def test_an_unknown_value_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadValue, match="F1, F2"):
        read(chair="F3")
    with pytest.raises(BadValue, match="upcoming"):
        read(state="lost")


def test_every_state_is_no_filter() -> None:
    assert canonical(SEARCHES["appointments"], read(state=list(STATES))) == {}


def test_defaults_said_aloud_are_left_out() -> None:
    asked = read("missed", exclude_upcoming="no", exclude_returned=False, sort="time", balance=True)
    assert canonical(SEARCHES["missed"], asked) == {}


def test_given_parameters_are_kept_as_they_were_given() -> None:
    assert given_texts(
        {"start": "J+1", "end": TODAY, "state": ["missed", "present"], "forced": True, "site": None}
    ) == {
        "start": "J+1",
        "end": "2026-11-23",
        "state": "missed,present",
        "forced": "yes",
    }


@given(
    states=st.sets(st.sampled_from(STATES)),
    first=st.dates(date(2000, 1, 1), date(2050, 1, 1)),
    days=st.integers(0, 400),
    hours=st.none() | st.tuples(st.integers(0, 720), st.integers(720, 1440)),
    forced=st.none() | st.booleans(),
)
def test_an_identity_read_again_is_the_same_identity(
    states: set[str], first: date, days: int, hours: tuple[int, int] | None, forced: bool | None
) -> None:
    parameters: dict[str, object] = {
        "state": sorted(states, reverse=True),
        "start": first,
        "end": date.fromordinal(first.toordinal() + days),
        "forced": forced,
        "hours": hours and "-".join(f"{minutes // 60}:{minutes % 60:02}" for minutes in hours),
    }
    once = canonical(SEARCHES["appointments"], read(**parameters))
    assert canonical(SEARCHES["appointments"], read(**once)) == once
    assert list(once) == sorted(once)


@given(first=st.integers(0, 1440), last=st.integers(0, 1440), sign=st.sampled_from([":", "h", "H"]))
def test_hours_read_are_the_minutes_written(first: int, last: int, sign: str) -> None:
    text = "-".join(f"{minutes // 60}{sign}{minutes % 60:02}" for minutes in sorted((first, last)))
    assert read(hours=text).hours == tuple(sorted((first, last)))


@given(day=st.dates(date(2000, 1, 1), date(2090, 12, 31)), offset=st.integers(-9999, 9999))
def test_a_day_is_the_same_however_it_is_written(day: date, offset: int) -> None:
    asked = [read(start=text).start for text in (day, day.isoformat(), day.strftime("%d/%m/%Y"), f" {day} ")]
    assert asked == [day] * 4
    assert read(start=f"J{offset:+}").start == date.fromordinal(TODAY.toordinal() + offset)


@given(words=st.text(max_size=30))
def test_words_read_again_are_the_same_words(words: str) -> None:
    try:
        once = read(city=words).city
    except BadValue:
        return
    assert once is None or read(city=once).city == once
