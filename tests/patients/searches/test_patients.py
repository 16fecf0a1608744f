"""The directory of patients, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from tests.patients.searches.cases import TODAY, found, keys, put, put_patients, put_visit
from workbench.domain.calendar import months_between
from workbench.domain.frames import DIRECTORY_COLUMNS
from workbench.errors import BadValue
from workbench.patients import schema
from workbench.patients.searches.patient_rows import ages_on, latest_birth
from workbench.patients.searches.visits import months_before
from workbench.patients.store import SqlPatientStore

TOMORROW = TODAY + timedelta(days=1)


def test_the_directory_holds_every_open_file_by_name(either_store: SqlPatientStore) -> None:
    put(
        either_store,
        schema.patients,
        {"patient_id": "1", "last_name": "Zèbre", "first_name": "Ada", "birth_date": date(1980, 11, 24),
         "city": "Bruz", "email": "ada@mail.example", "mobile": "06 39 98 00 01", "family_id": "f1"},
        {"patient_id": "2", "last_name": "Étienne", "email": "not an address"},
        {"patient_id": "3", "last_name": "Éloi"},
        {"patient_id": "4", "last_name": "Mort", "deceased": True},
        {"patient_id": "5", "last_name": "Clos", "archived": True},
        {"patient_id": "6", "last_name": "Livreur", "external": True},
    )  # fmt: skip
    put_visit(either_store, "1", date(2026, 1, 5), "present")
    put_visit(either_store, "1", TOMORROW, "upcoming")
    frame = found(either_store, "patients")
    assert tuple(frame.columns) == DIRECTORY_COLUMNS
    assert frame["subject_key"].tolist() == ["patient:3", "patient:2", "patient:1"]
    assert frame["address_status"].tolist() == ["missing", "malformed", "ok"]
    row = frame.iloc[2]
    assert (row["patient"], row["file_number"], row["age"], row["city"]) == ("Zèbre Ada", "1", 45, "Bruz")
    assert (row["phone"], row["family"], row["last_visit"]) == ("06 39 98 00 01", "f1", pd.Timestamp(2026, 1, 5))
    assert row["next_appointment"] == pd.Timestamp("2026-11-24 09:00", tz="Europe/Paris")
    assert frame["balance"].isna().all()
    assert keys(either_store, "patients", gone="yes") == ["5", "3", "2", "4", "1"]


def test_an_empty_directory_has_the_same_kinds(either_store: SqlPatientStore) -> None:
    none = {name: str(kind) for name, kind in found(either_store, "patients").dtypes.items()}
    put_patients(either_store, "1", birth_date=date(1980, 1, 1))
    some = {name: str(kind) for name, kind in found(either_store, "patients").dtypes.items()}
    assert none == some
    assert some["birth_date"] == some["last_visit"] == "datetime64[us]"
    assert some["next_appointment"] == "datetime64[us, Europe/Paris]"


def test_a_name_is_found_by_its_words(either_store: SqlPatientStore) -> None:
    put(
        either_store,
        schema.patients,
        {"patient_id": "1", "last_name": "LE GALL-Hénaff", "first_name": "Zoé"},
        {"patient_id": "2", "last_name": "LE GALL", "first_name": "Léo", "birth_name": "Hénaff"},
        {"patient_id": "3", "last_name": "GALLO", "first_name": "Zoë"},
        {"patient_id": "4", "last_name": "100% NULL_", "first_name": ""},
    )
    assert keys(either_store, "patients", name="zoe gall") == ["3", "1"]
    assert keys(either_store, "patients", name="HENAFF") == ["2", "1"]
    assert keys(either_store, "patients", name="le gall henaff zoe") == ["1"]
    assert keys(either_store, "patients", name="null") == ["4"]
    assert keys(either_store, "patients", name="nobody") == []
    with pytest.raises(BadValue):
        keys(either_store, "patients", name="%")


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ({"age_from": 18}, ["today18", "old"]),
        ({"age_to": 17}, ["tomorrow18"]),
        ({"age_from": 17, "age_to": 18}, ["today18", "tomorrow18"]),
        ({"age_from": 96}, ["old"]),
        ({"minors": "yes"}, ["tomorrow18"]),
    ],
)
def test_an_age_is_the_one_of_today(either_store: SqlPatientStore, asked: dict[str, object], who: list[str]) -> None:
    put_patients(either_store, "today18", birth_date=date(2008, 11, 23))
    put_patients(either_store, "tomorrow18", birth_date=date(2008, 11, 24))
    put_patients(either_store, "old", birth_date=date(1930, 1, 1))
    put_patients(either_store, "unknown")
    assert sorted(keys(either_store, "patients", **asked)) == sorted(who)


def test_a_visit_is_an_appointment_that_was_kept(either_store: SqlPatientStore) -> None:
    put_patients(either_store, "long", "lately", "never", "coming", "missed")
    put_visit(either_store, "long", date(2024, 11, 23), "present")
    put_visit(either_store, "lately", date(2024, 11, 23), "present")
    put_visit(either_store, "lately", TODAY, "present", hour=20)
    put_visit(either_store, "coming", TODAY, "upcoming", hour=0)
    put_visit(either_store, "missed", date(2026, 11, 1), "missed")

    def who(**asked: object) -> list[str]:
        return sorted(keys(either_store, "patients", **asked))

    assert who(seen="yes") == ["lately", "long"]
    assert who(seen="no") == ["coming", "missed", "never"]
    assert who(upcoming="yes") == ["coming"]
    assert who(upcoming="no") == ["lately", "long", "missed", "never"]
    assert who(last_visit_from="2024-11-23") == ["lately", "long"]
    assert who(last_visit_from="2024-11-24") == ["lately"]
    assert who(last_visit_to="2024-11-23") == ["long"]
    assert who(last_visit_to="2024-11-22") == []
    assert who(last_visit_to="today") == ["lately", "long"]
    assert who(no_visit_for=24) == ["long"]
    assert who(no_visit_for=25) == []
    assert who(where="last_visit < 'J-365'") == ["long"]


def test_the_other_filters_keep_what_they_say(either_store: SqlPatientStore) -> None:
    put_patients(either_store, "a", created_on=date(2026, 11, 1), balance_cents=1_250)
    put_patients(either_store, "b", created_on=date(2026, 11, 2))
    put_patients(either_store, "c")
    put(
        either_store,
        schema.insurers,
        {"insurer_id": "m1", "name": "Mutuelle Océane"},
        {"insurer_id": "m2", "name": "Autre"},
    )
    put(
        either_store,
        schema.patient_insurances,
        {"patient_id": "a", "insurer_id": "m1", "valid_until": TODAY},
        {"patient_id": "b", "insurer_id": "m1", "valid_until": date(2026, 11, 22)},
        {"patient_id": "c", "insurer_id": "m2"},
    )
    plans = [("a", date(2026, 1, 1), None), ("b", date(2026, 1, 1), date(2026, 11, 22)), ("c", TOMORROW, None)]
    put(
        either_store,
        schema.treatment_plans,
        *({"plan_id": who, "patient_id": who, "title": "P", "starts_on": s, "ends_on": e} for who, s, e in plans),
    )
    assert keys(either_store, "patients", created_from="2026-11-02") == ["b"]
    assert keys(either_store, "patients", created_from="2026-11-01", created_to="2026-11-01") == ["a"]
    assert keys(either_store, "patients", insurer="mutuelle oceane") == ["a"]
    assert keys(either_store, "patients", in_treatment="yes") == ["a"]
    assert keys(either_store, "patients", in_treatment="no") == ["b", "c"]
    assert found(either_store, "patients", balance="yes")["balance"].tolist() == [12.5, 0.0, 0.0]
    assert keys(either_store, "patients", where="balance > 12") == ["a"]


def test_ages_turn_on_the_birthday_and_on_1_march_for_29_february() -> None:
    leap = date(2008, 2, 29)
    for day, age in ((date(2026, 2, 28), 17), (date(2026, 3, 1), 18), (date(2028, 2, 29), 20)):
        assert ages_on(day, [leap, None]) == [age, None]
        assert leap <= latest_birth(day, age)
        assert leap > latest_birth(day, age + 1)


def test_months_are_counted_whole() -> None:
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 13) == date(2024, 12, 15)
    assert months_between(date(2026, 1, 31), date(2026, 2, 28)) == 0
    assert months_between(date(2026, 1, 28), date(2026, 2, 28)) == 1
    assert months_between(TODAY, TODAY) == 0
