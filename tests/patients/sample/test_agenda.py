"""The sample's agenda: the same visits always, on days that fit every date."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import holidays
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.patients.sample.agenda import (
    CLOSURE,
    COMING_DAYS,
    LEAVE,
    PAST_DAYS,
    SampleDays,
    sample_visits,
)
from workbench.patients.sample.people import sample_people

DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2029, 12, 31))


def test_thirty_to_sixty_visits_are_upcoming_tomorrow_on_every_day_of_two_years() -> None:
    upcoming = [visit for visit in sample_visits() if visit.state == "upcoming"]
    for offset in range(731):
        today = date(2027, 3, 1) + timedelta(days=offset)  # both clock changes twice, and a 29 February
        dates = SampleDays(today).dates
        wanted = today + timedelta(days=1)
        assert 30 <= sum(dates[visit.day] == wanted for visit in upcoming) <= 60


@given(DAYS)
@example(date(2028, 2, 28))
@example(date(2027, 3, 27))
@example(date(2026, 12, 31))
def test_the_other_days_are_open_ones_within_two_months_back_and_one_ahead(today: date) -> None:
    days = SampleDays(today)
    numbers = range(-PAST_DAYS, COMING_DAYS + 1)
    assert sorted(days.dates) == list(numbers)
    in_order = [days.dates[number] for number in numbers]
    assert in_order == sorted(set(in_order))
    assert today - timedelta(days=62) <= in_order[0]
    assert in_order[-1] <= today + timedelta(days=31)
    feasts = holidays.country_holidays("FR", years=range(today.year - 1, today.year + 2))
    for number in (*range(-PAST_DAYS, -1), *range(2, COMING_DAYS + 1)):
        day = days.dates[number]
        assert day.weekday() < 5
        assert day not in feasts
        assert day != days.closure
    assert days.dates[CLOSURE - 1] < days.closure < days.dates[CLOSURE]


def test_a_visit_keeps_its_number_from_one_reading_to_the_next() -> None:
    first = sample_visits()
    sample_visits.cache_clear()
    sample_people.cache_clear()
    assert sample_visits() == first
    assert len({visit.appointment_id for visit in first}) == len(first)


def test_no_chair_holds_two_patients_at_once() -> None:
    taken = Counter(
        (visit.day, visit.chair, minute)
        for visit in sample_visits()
        for minute in range(visit.minute, visit.minute + visit.duration, 20)
    )
    assert set(taken.values()) == {1}


def test_nobody_comes_twice_on_a_day_but_the_patient_who_should() -> None:
    visits = Counter((visit.day, visit.file_number) for visit in sample_visits())
    assert [key for key, count in visits.items() if count > 1] == [(1, "2301")]


def test_a_practitioner_on_leave_sees_nobody() -> None:
    away = [visit for visit in sample_visits() if visit.practitioner == "SL" and LEAVE[0] <= visit.day <= LEAVE[1]]
    assert away == []
    assert any(visit.practitioner == "SL" and visit.day == LEAVE[1] + 1 for visit in sample_visits())


def test_what_was_declined_says_by_whom() -> None:
    for visit in sample_visits():
        assert (visit.declined_by is not None) == (visit.state in ("cancelled", "postponed", "excused"))


def test_children_see_those_who_treat_children() -> None:
    people = {patient.file_number: patient for patient in sample_people()[0]}
    young = [visit for visit in sample_visits() if people[visit.file_number].age < 13]
    assert len(young) > 50
    assert {visit.practitioner for visit in young} <= {"SL", "CC", "MM"}
