"""The invented people: as many as said, each with a number of their own, families that hold together."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from workbench.patients.sample.first_people import FIRST
from workbench.patients.sample.people import PATIENTS, sample_people


def age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def test_there_are_as_many_patients_as_said_each_with_a_number() -> None:
    patients, _persons = sample_people()
    assert len(patients) == PATIENTS
    assert len({patient.file_number for patient in patients}) == PATIENTS


def test_every_tie_leads_to_a_patient_and_every_drawn_child_has_somebody() -> None:
    patients, persons = sample_people()
    known = {patient.file_number for patient in patients}
    tied = {tie[0] for person in persons for tie in person.ties}
    assert tied <= known
    alone = {patient.file_number for patient in patients if patient.is_child} - tied
    assert alone == {"2203"}  # the hard case written by hand
    assert all(person.patient_id in known for person in persons if person.patient_id)


def test_every_minor_with_somebody_has_a_payer() -> None:
    _patients, persons = sample_people()
    ties = {(tie[0], tie[1]) for person in persons for tie in person.ties}
    assert {file_number for file_number, role in ties if role == "guardian"} == {
        file_number for file_number, role in ties if role == "payer"
    }


def test_a_family_shares_its_home() -> None:
    homes: dict[str, set[tuple[str | None, str | None]]] = {}
    for patient in sample_people()[0]:
        if patient.family:
            homes.setdefault(patient.family, set()).add((patient.address, patient.city))
    assert len(homes) > 40
    assert all(len(found) == 1 for found in homes.values())


def test_siblings_have_first_names_of_their_own() -> None:
    seen: dict[str, list[str]] = {}
    for patient in sample_people()[0]:
        if patient.family and patient.is_child:
            seen.setdefault(patient.family, []).append(patient.first_name)
    assert all(len(names) == len(set(names)) for names in seen.values())


def test_siblings_are_a_year_apart_or_twins_and_no_parent_was_a_child() -> None:
    patients, persons = sample_people()
    numbers = {patient.file_number: patient for patient in patients}
    born: dict[str, list[date]] = {}
    for patient in patients[FIRST:]:
        if patient.family and patient.is_child:
            born.setdefault(patient.family, []).append(patient.birth_date(date(2026, 11, 22)))
    gaps = [(younger - elder).days for dates in born.values() for elder, younger in pairwise(sorted(dates))]
    assert len(gaps) > 100
    assert all(gap == 0 or gap >= 364 for gap in gaps)
    assert sum(gap == 0 for gap in gaps) < 0.15 * len(gaps)
    later = {patient.file_number for patient in patients[FIRST:]}
    years = [
        numbers[person.patient_id].age - numbers[tie[0]].age
        for person in persons
        for tie in person.ties
        if person.patient_id in later
    ]
    assert min(years) >= 20


@given(st.dates(min_value=date(2026, 1, 1), max_value=date(2032, 12, 31)))
@example(date(2028, 2, 29))
@example(date(2027, 2, 28))
def test_everybody_has_the_age_they_were_given(today: date) -> None:
    for patient in sample_people()[0]:
        expected = patient.age - 1 if patient.birthday < 0 else patient.age
        assert age_on(patient.birth_date(today), today) == expected
