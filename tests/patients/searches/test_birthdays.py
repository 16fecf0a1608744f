"""Who has a birthday, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patients.searches.cases import TODAY, found, keys, put, put_patients
from workbench.domain.frames import BIRTHDAY_COLUMNS
from workbench.errors import BadValue
from workbench.patients import schema
from workbench.patients.searches.birthdays import birthday_in
from workbench.patients.store import SqlPatientStore


def born(store: SqlPatientStore, **births: date) -> None:
    for name, day in births.items():
        put_patients(store, name, birth_date=day)


def test_today_is_asked_for_unless_said(either_store: SqlPatientStore) -> None:
    born(either_store, a=date(1980, 11, 23), b=date(1980, 11, 24), c=date(2020, 11, 23), d=date(1980, 10, 23))
    frame = found(either_store, "birthdays")
    assert tuple(frame.columns) == BIRTHDAY_COLUMNS
    assert frame["subject_key"].tolist() == ["patient:a", "patient:c"]
    assert frame["age"].tolist() == [46, 6]
    assert frame["birthday"].tolist() == [pd.Timestamp(TODAY)] * 2
    assert str(frame["birth_date"].dtype) == "datetime64[us]"


def test_nobody_who_died_or_whose_file_is_closed_has_a_birthday(either_store: SqlPatientStore) -> None:
    day = date(1980, 11, 23)
    put_patients(either_store, "dead", birth_date=day, deceased=True)
    put_patients(either_store, "gone", birth_date=day, archived=True)
    put_patients(either_store, "outside", birth_date=day, external=True)
    put_patients(either_store, "unknown")
    assert keys(either_store, "birthdays") == []
    assert "gone" not in {one.name for one in either_store.searches()["birthdays"].parameters}


def test_nobody_has_a_birthday_on_the_day_of_birth(either_store: SqlPatientStore) -> None:
    born(either_store, new=TODAY, one=date(2025, 11, 23), unborn=date(2027, 11, 23))
    assert keys(either_store, "birthdays") == ["one"]


def test_days_run_over_new_year_in_the_order_of_the_birthdays(either_store: SqlPatientStore) -> None:
    born(either_store, jan=date(1990, 1, 3), dec=date(1990, 12, 31), before=date(1990, 12, 30), after=date(1990, 1, 4))
    frame = found(either_store, "birthdays", start="2026-12-31", end="2027-01-03")
    assert frame["patient_id"].tolist() == ["dec", "jan"]
    assert frame["age"].tolist() == [36, 37]
    assert keys(either_store, "birthdays", start="2026-12-31", end="2027-01-03", sort="name") == ["dec", "jan"]


@pytest.mark.parametrize(
    ("start", "end", "has_one"),
    [
        ("2027-02-28", "2027-02-28", False),
        ("2027-03-01", "2027-03-01", True),
        ("2027-02-20", "2027-03-01", True),
        ("2028-02-28", "2028-02-28", False),
        ("2028-02-29", "2028-02-29", True),
        ("2028-03-01", "2028-03-01", False),
        ("2027-03-02", "2028-02-28", False),
    ],
)
def test_born_on_29_february_one_is_older_on_1_march_of_common_years(
    either_store: SqlPatientStore, start: str, end: str, has_one: bool
) -> None:
    born(either_store, leap=date(2000, 2, 29))
    frame = found(either_store, "birthdays", start=start, end=end)
    assert frame["patient_id"].tolist() == (["leap"] if has_one else [])
    if has_one:
        assert frame["birthday"].tolist() == [pd.Timestamp(end)]


def test_the_age_is_the_one_they_become(either_store: SqlPatientStore) -> None:
    born(either_store, child=date(2009, 1, 2), adult=date(2009, 12, 31), old=date(1950, 1, 2))
    days = {"start": "2026-12-31", "end": "2027-01-02"}
    assert keys(either_store, "birthdays", **days, age_from=18) == ["child", "old"]
    assert keys(either_store, "birthdays", **days, age_to=17) == ["adult"]
    assert keys(either_store, "birthdays", **days, age_from=18, age_to=76) == ["child"]


def test_the_filters_of_patients_count(either_store: SqlPatientStore) -> None:
    put_patients(either_store, "rennes", birth_date=date(1980, 11, 23), city="Rennes", email="a@mail.example")
    put_patients(either_store, "bruz", birth_date=date(1980, 11, 23), city="Bruz")
    assert keys(either_store, "birthdays", city="rennes") == ["rennes"]
    assert keys(either_store, "birthdays", with_email="no") == ["bruz"]
    assert keys(either_store, "birthdays", where="city == 'Bruz'") == ["bruz"]


def test_a_year_is_the_most(either_store: SqlPatientStore) -> None:
    born(either_store, a=date(1980, 11, 23), b=date(1980, 11, 22))
    assert keys(either_store, "birthdays", start="2026-11-23", end="2027-11-22") == ["a", "b"]
    with pytest.raises(BadValue, match="a year at most"):
        keys(either_store, "birthdays", start="2026-11-23", end="2027-11-23")


def test_the_day_asked_for_is_part_of_the_identity(empty_store: SqlPatientStore) -> None:
    resolved = empty_store.resolve("birthdays", {}, today=TODAY)
    assert resolved["start"] == "2026-11-23"
    assert empty_store.resolve("birthdays", {"start": "tomorrow"}, today=TODAY)["start"] == "2026-11-24"


@given(birth=st.dates(date(1900, 1, 1), date(2030, 1, 1)), year=st.integers(1901, 2100))
def test_there_is_one_birthday_a_year(birth: date, year: int) -> None:
    day = birthday_in(year, birth)
    assert day.year == year
    assert (day.month, day.day) == (birth.month, birth.day) or ((birth.month, birth.day), day.month) == ((2, 29), 3)


def test_birthdays_equal_a_plain_computation(either_store: SqlPatientStore) -> None:
    births = [date(1950, 1, 1) + timedelta(days=37 * number) for number in range(700)]
    put(
        either_store,
        schema.patients,
        *({"patient_id": f"{number:04}", "birth_date": birth} for number, birth in enumerate(births)),
    )
    for start, end in ((date(2026, 12, 20), date(2027, 3, 5)), (date(2028, 2, 1), date(2028, 2, 29))):
        by_hand = [
            f"{number:04}"
            for number, birth in enumerate(births)
            if any(start <= birthday_in(year, birth) <= end and birth.year < year for year in (2026, 2027, 2028))
        ]
        assert sorted(keys(either_store, "birthdays", start=start, end=end)) == by_hand
        assert by_hand
