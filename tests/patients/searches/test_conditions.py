"""Conditions written by hand, and what a search tells of itself, on both databases."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from tests.contracts.patient_store_contract import TODAY, add, fill_small_practice
from workbench.domain.conditions import Condition, where
from workbench.errors import BadValue, UnknownName
from workbench.language import use_language
from workbench.patients import schema
from workbench.patients.searches import SEARCHES
from workbench.patients.searches.explain import EXPLAIN_COLUMNS
from workbench.patients.store import SqlPatientStore


@pytest.fixture
def store(either_store: SqlPatientStore) -> SqlPatientStore:
    fill_small_practice(either_store)
    return either_store


def tomorrow(store: SqlPatientStore, condition: object) -> list[str]:
    asked = {"start": "tomorrow", "end": "tomorrow", "where": condition}
    return sorted(store.search("appointments", asked, today=TODAY)["appointment_id"])


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("city == 'Rennes'", ["a1"]),
        ("city != 'Bruz'", ["a1"]),  # who has no city is in none of the two
        ("not city == 'Bruz'", ["a1", "a2", "a3", "a4", "a5", "a6"]),
        ("not (city == 'Rennes' and forced == True)", ["a1", "a2", "a3", "a4", "a5", "a6"]),
        ("city in ['Rennes', 'Bruz']", ["a1"]),
        ("city not in ['Rennes']", ["a2", "a3", "a4", "a5", "a6"]),
        ("city in []", []),
        ("missing(email)", ["a2", "a5", "a6"]),
        ("not missing(email) and not contains(email, 'ZOE')", ["a3", "a4"]),
        ("contains(last_name, 'etienne')", ["a1", "a2"]),
        ("birth_date < '1990-01-01'", ["a1"]),
        ("birth_date == '24/11/2012'", ["a2"]),
        ("birth_date in ['1980-05-01', '24/11/2012']", ["a1", "a2"]),
        ("forced == True", ["a2"]),
        ("duration >= 15 and duration < 20.5", ["a2"]),
        ("starts_at == 'J+1'", ["a1", "a2", "a3", "a4", "a5", "a6"]),
        ("starts_at != 'J+1'", []),
        ("starts_at > 'J+1'", []),
        ("starts_at <= 'J+1'", ["a1", "a2", "a3", "a4", "a5", "a6"]),
        ("starts_at < 'J+1'", []),
        ("starts_at >= 'J+1'", ["a1", "a2", "a3", "a4", "a5", "a6"]),
        ("starts_at >= '2026-11-24 21:00'", ["a2", "a5"]),
        ("missing(birth_date)", ["a3", "a4", "a5", "a6"]),
        ("state == 'cancelled' or nature == 'NP'", ["a1", "a6"]),
        (where("city") == "'; DROP TABLE patients; --", []),
        (~where("email").is_missing() & (where("city") == "Rennes"), ["a1"]),
    ],
)
def test_a_condition_keeps_what_it_says(store: SqlPatientStore, condition: object, found: list[str]) -> None:
    assert tomorrow(store, condition) == found


@pytest.mark.parametrize(
    ("condition", "error", "said"),
    [
        ("town == 'Rennes'", UnknownName, "town.*city"),
        ("city < 'Rennes'", BadValue, "holds texts"),
        ("city == 35", BadValue, "between quotes"),
        ("contains(city, '-')", BadValue, "letter or a figure"),
        ("contains(birth_date, '1980')", BadValue, "Only texts"),
        ("birth_date < 1980", BadValue, "not a day"),
        ("birth_date < 'soon'", BadValue, "not a date"),
        ("starts_at < '2026-11-24 25:00'", BadValue, "not a date"),
        ("forced == 'yes'", BadValue, "True or False"),
        ("duration > '20'", BadValue, "without quotes"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(
    store: SqlPatientStore, condition: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        tomorrow(store, condition)
    with pytest.raises(error, match=said):
        store.resolve("appointments", {"where": condition}, today=TODAY)


def deep(condition: Condition, times: int) -> Condition:
    for _time in range(times):
        condition = ~(condition & (where("city") != "Bruz"))
    return condition


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("duration > 9999999999", "up to 2147483647"),
        ("duration in [10, -9999999999]", "up to 2147483647"),
        ("duration > 1e300", "up to 2147483647"),
        ("city == '\\ud800'", "no text holds"),
        ("city in ['Rennes', 'a\\x00b']", "no text holds"),
        ("contains(city, 'a\\x00b')", "no text holds"),
        ("starts_at > '9999-12-31'", "too far off"),
        ("starts_at > '0001-01-01 09:00'", "too far off"),
        ("birth_date in ['1980-01-01', '0001-01-01']", "too far off"),
        (" or ".join(f"city == 'a{number}'" for number in range(1200)), "at most 500 comparisons"),
        (where("birth_date").is_in([f"19{n // 28:02}-01-{n % 28 + 1:02}" for n in range(501)]), "500 comparisons"),
        (where("city").is_in(list(map(str, range(300_000)))), "at most 100000 characters"),
        (deep(where("city") == "Rennes", 60), "too many parentheses"),
        (deep(where("city") == "Rennes", 5000), "too many parentheses"),
    ],
)
def test_what_no_database_can_be_asked_is_refused_with_a_sentence(
    store: SqlPatientStore, condition: object, said: str
) -> None:
    with pytest.raises(BadValue, match=said):
        tomorrow(store, condition)
    with pytest.raises(BadValue, match=said):
        store.explain("appointments", {"where": condition}, today=TODAY)


def test_many_values_and_comparisons_are_asked_all_the_same(store: SqlPatientStore) -> None:
    cities = [f"Ville {number}" for number in range(5000)]
    assert tomorrow(store, where("city").is_in([*cities, "Rennes"])) == ["a1"]
    assert tomorrow(store, " or ".join([*(f"duration == {n}" for n in range(1000, 1499)), "city == 'Rennes'"])) == [
        "a1"
    ]
    assert tomorrow(store, "not duration > 2147483647 and starts_at < '2999-12-31' and city == 'Rennes'") == ["a1"]


@pytest.mark.parametrize(
    ("search", "asked", "said"),
    [
        ("birthdays", {"start": "0001-01-01"}, "too far off"),
        ("birthdays", {"start": "9999-12-31"}, "too far off"),
        ("appointments", {"end": "9999-12-31"}, "too far off"),
        ("appointments", {"family": "a\0b"}, "no text holds"),
        ("patients", {"city": "\ud800"}, "no text holds"),
        ("appointments", {"remark": ["a", "b\0"]}, "no text holds"),
    ],
)
def test_a_value_that_no_database_takes_is_refused(
    store: SqlPatientStore, search: str, asked: dict[str, object], said: str
) -> None:
    with pytest.raises(BadValue, match=said):
        store.search(search, asked, today=TODAY)


def test_days_of_a_condition_are_absolute_in_a_mailing_s_identity(store: SqlPatientStore) -> None:
    resolved = store.resolve("missed", {"where": "starts_at < 'J-3' and city == 'Rennes'"}, today=TODAY)
    assert resolved == {"where": "starts_at < '2026-11-20' and city == 'Rennes'"}
    given = store.search("missed", {"where": where("starts_at") < "J-3"}, today=TODAY).attrs["workbench"]
    assert given["parameters"] == {"where": "starts_at < 'J-3'"}


# --- explained ----------------------------------------------------------------------------------------


def test_each_condition_is_told_with_what_it_leaves(store: SqlPatientStore) -> None:
    asked = {"end": "tomorrow", "start": "tomorrow", "state": "upcoming", "practitioner": "mm", "where": "city == 'x'"}
    told = store.explain("appointments", asked, today=TODAY)
    assert tuple(told.columns) == EXPLAIN_COLUMNS
    assert told["parameter"].tolist() == ["", "start", "end", "state", "practitioner", "where", ""]
    assert told["condition"].tolist() == [
        "Appointments", "From (included): November 24, 2026", "To (included): November 24, 2026",
        "State of the appointment: upcoming", "Practitioner: Dr Marc Molaire", "Condition: city == 'x'", "All together",
    ]  # fmt: skip
    assert told["alone"].tolist() == [13, 6, 13, 6, 1, 0, 0]
    assert told["left"].tolist() == [13, 6, 6, 5, 1, 0, 0]
    assert told["sql"].iloc[4] == "appointments.practitioner_id = 'MM'"
    assert told["sql"].iloc[6].startswith("SELECT appointments.appointment_id")


def test_the_conditions_that_look_at_other_rows_are_counted_alike(store: SqlPatientStore) -> None:
    asked = {"exclude_upcoming": "yes", "exclude_returned": "yes"}
    told = store.explain("missed", asked, today=TODAY).set_index("parameter")
    assert told.loc["exclude_upcoming", "alone"] == len(
        store.search("missed", {"exclude_upcoming": "yes"}, today=TODAY)
    )
    assert told.loc["exclude_returned", "alone"] == len(
        store.search("missed", {"exclude_returned": "yes"}, today=TODAY)
    )


def test_the_sentences_are_in_the_language_of_who_reads_them(store: SqlPatientStore) -> None:
    use_language("fr")
    told = store.explain("appointments", {"practitioner": "MM", "with_email": "yes"}, today=TODAY)
    assert told["condition"].tolist()[1:3] == [
        "Praticien\u00a0: Dr Marc Molaire", "Avec une adresse e-mail\u00a0: oui",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_what_a_search_explains_is_what_it_finds(store: SqlPatientStore, name: str) -> None:
    start = datetime(2026, 11, 25, 9)
    moved = {"appointment_id": "x1", "patient_id": "007", "starts_at": start, "moved_from": start.replace(hour=8)}
    add(store, schema.appointments, [moved])
    found = store.search(name, {}, today=TODAY)
    told = store.explain(name, {}, today=TODAY)
    assert told["left"].tolist()[-1] == len(found)
    assert isinstance(found, pd.DataFrame)
    assert found["subject_key"].is_unique


def test_the_statement_told_can_be_asked_as_it_stands(store: SqlPatientStore) -> None:
    told = store.explain("appointments", {"start": "tomorrow", "remark": "radio", "with_email": "yes"}, today=TODAY)
    assert store.sql(told["sql"].iloc[-1], {})["appointment_id"].tolist() == ["a1"]
