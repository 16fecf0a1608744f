"""The sample's agenda: the same visits always, on days that fit every date."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import holidays
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.patients.sample.agenda import sample_visits
from workbench.patients.sample.days import CLOSURES, COMING_DAYS, LEAVES, PAST_DAYS, SampleDays
from workbench.patients.sample.first_visits import first_visits
from workbench.patients.sample.history import history
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
def test_the_other_days_are_open_ones_within_two_years_back_and_four_months_ahead(today: date) -> None:
    days = SampleDays(today)
    numbers = range(-PAST_DAYS, COMING_DAYS + 1)
    assert sorted(days.dates) == list(numbers)
    in_order = [days.dates[number] for number in numbers]
    assert in_order == sorted(set(in_order))
    assert today - timedelta(days=760) <= in_order[0] <= today - timedelta(days=700)
    assert today + timedelta(days=90) <= in_order[-1] <= today + timedelta(days=120)
    feasts = holidays.country_holidays("FR", years=range(today.year - 3, today.year + 2))
    for number in (*range(-PAST_DAYS, -1), *range(2, COMING_DAYS + 1)):
        day = days.dates[number]
        assert day.weekday() < 5
        assert day not in feasts
        assert day not in days.closed


@given(DAYS)
@example(date(2026, 12, 20))
def test_the_practice_closes_itself_when_and_for_as_long_as_said(today: date) -> None:
    days = SampleDays(today)
    feasts = holidays.country_holidays("FR", years=range(today.year - 3, today.year + 2))
    for closure in CLOSURES:
        before, after = days.dates[closure.before - 1], days.dates[closure.before]
        lost = [day for day in days.closed if before < day < after]
        assert {days.closed[day] for day in lost} == {closure.reason}
        assert sum(day.weekday() < 5 and day not in feasts for day in lost) == closure.open_days
        assert max(lost) - min(lost) == timedelta(days=len(lost) - 1)
    assert len(days.closed) == sum(
        days.dates[closure.before - 1] < day < days.dates[closure.before] for day in days.closed for closure in CLOSURES
    )


@given(DAYS)
@example(date(2026, 11, 22))  # a Sunday
@example(date(2026, 11, 24))
def test_an_appointment_was_moved_from_an_open_day_to_an_open_day(today: date) -> None:
    days = SampleDays(today)
    feasts = holidays.country_holidays("FR", years=range(today.year - 1, today.year + 2))
    for visit in (visit for visit in sample_visits() if visit.moved_by):
        moved = {days.at(visit.day, visit.minute), days.told(visit.day, visit.minute, visit.moved_by)}
        assert len(moved) == 2 or visit.day in (0, 1)
        if len(moved) == 2:
            assert all(at.weekday() < 5 and at.date() not in feasts and at.date() not in days.closed for at in moved)


def test_the_first_patients_have_tomorrow_to_themselves() -> None:
    first = {visit.file_number for visit in first_visits()}
    assert {visit.file_number for visit in sample_visits() if visit.day == 1} <= first
    assert [visit.day for visit in history() if visit.file_number in first and visit.day > -43] == []


def test_whoever_was_reminded_missed_fewer_visits() -> None:
    for visits in (first_visits(), history()):
        told = {visit.appointment_id: visit.told for visit in sample_visits()}
        rates = {}
        for reminded in (True, False):
            past = [visit for visit in visits if visit.day < 0 and bool(told[visit.appointment_id]) == reminded]
            rates[reminded] = sum(visit.state == "missed" for visit in past) / len(past)
        assert 0.01 < rates[True] < 0.75 * rates[False] < 0.2


def test_nobody_is_seen_before_they_have_a_file() -> None:
    days = SampleDays(date(2026, 11, 22))
    people = {patient.file_number: patient for patient in sample_people()[0]}
    early = [
        visit.appointment_id
        for visit in history()
        if days.dates[visit.day] < days.today - timedelta(days=people[visit.file_number].followed_for)
    ]
    assert early == []


def test_those_who_died_or_left_were_not_seen_lately() -> None:
    gone = {patient.file_number for patient in sample_people()[0] if patient.mark in ("deceased", "archived")}
    assert len(gone) > 40
    assert [visit for visit in history() if visit.file_number in gone and visit.day > -100] == []


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
    for leave in LEAVES:
        seen = {visit.day for visit in sample_visits() if visit.practitioner == leave.practitioner}
        assert not seen & set(range(leave.first, leave.last + 1))
        assert seen & set(range(leave.last + 1, leave.last + 8))


def test_what_was_declined_says_by_whom() -> None:
    for visit in sample_visits():
        assert (visit.declined_by is not None) == (visit.state in ("cancelled", "postponed", "excused"))


def test_children_see_those_who_treat_children() -> None:
    people = {patient.file_number: patient for patient in sample_people()[0]}
    young = [visit for visit in sample_visits() if people[visit.file_number].age < 13]
    assert len(young) > 50
    assert {visit.practitioner for visit in young} <= {"SL", "CC", "MM", "AB"}
