"""The filters that all searches share, and words without accents, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.patient_store_contract import TODAY, add, fill_small_practice
from workbench.databases import reading
from workbench.errors import BadValue
from workbench.patients import schema
from workbench.patients.searches import SEARCHES
from workbench.patients.searches.folding import FoldedText
from workbench.patients.searches.moments import eighteen_years_before
from workbench.patients.store import SqlPatientStore
from workbench.patients.words import plain


def ids(store: SqlPatientStore, name: str = "appointments", **parameters: object) -> set[str]:
    return set(store.search(name, parameters, today=TODAY)["appointment_id"])


@pytest.fixture
def store(either_store: SqlPatientStore) -> SqlPatientStore:
    """The small practice, whose appointment a1 was made early and says more than the others."""
    fill_small_practice(either_store)
    with either_store.engine.begin() as connection:
        here = schema.patients.c.practice_id == "practice"
        for patient, values in {
            "007": {"language": "en", "postcode": "35 000", "remark": "Préfère le MATIN, cœur fragile"},
            "008": {"city": "Châteaugiron", "postcode": "35410", "language": "fr"},
            "011": {"city": "CHATEAUBOURG", "postcode": "03500"},
        }.items():
            connection.execute(
                schema.patients.update().where(here, schema.patients.c.patient_id == patient).values(**values)
            )
        connection.execute(
            schema.appointments.update()
            .where(schema.appointments.c.appointment_id == "a1")
            .values(made_on=datetime(2026, 10, 1, 18, 30))
        )
    return either_store


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"city": "chateau"}, {"a2", "a6"}),
        ({"city": "CHÂTEAUGIRON"}, {"a2"}),
        ({"city": "giron château"}, {"a2"}),
        ({"city": "giron rennes"}, set()),
        ({"postcode": "35"}, {"a1", "a2"}),
        ({"postcode": "35000, 03"}, {"a1", "a6"}),
        ({"remark": "radio"}, {"a1"}),
        ({"remark": "matin coeur"}, {"a1"}),
        ({"remark": "radio fragile"}, {"a1"}),
        ({"remark": "radio absente"}, set()),
        ({"made_from": "2026-10-01", "made_to": "2026-10-01"}, {"a1"}),
        ({"made_to": "2026-09-30"}, set()),
        ({"gone": "no"}, {"a1", "a2", "a5", "a6"}),
        ({"gone": "yes"}, {"a1", "a2", "a3", "a4", "a5", "a6"}),
        ({"language": "en"}, {"a1"}),
    ],
)
def test_each_filter_keeps_what_it_says(store: SqlPatientStore, parameters: dict[str, object], found: set[str]) -> None:
    assert ids(store, start="tomorrow", end="tomorrow", **parameters) == found


def test_who_said_no_language_speaks_the_practice_s(store: SqlPatientStore) -> None:
    assert ids(store, start="tomorrow", end="tomorrow", language="fr") == {"a2", "a3", "a4", "a5", "a6"}


def test_a_language_is_asked_for_by_its_code_or_its_name(store: SqlPatientStore) -> None:
    assert store.resolve("appointments", {"language": "english"}, today=TODAY) == {"language": "en"}
    assert dict(store.choices()["language"]) == {"en": "English", "fr": "French"}


def test_who_has_no_date_of_birth_is_what_the_type_of_patient_says(store: SqlPatientStore) -> None:
    add(store, schema.patients, [{"patient_id": "020", "patient_type": " Enfant"}, {"patient_id": "021"}])
    for number, patient in enumerate(("020", "021")):
        start = datetime(2031, 1, 6, 9)
        add(store, schema.appointments, [{"appointment_id": f"n{number}", "patient_id": patient, "starts_at": start}])
    assert ids(store, start="2031-01-01", minors="yes") == {"n0"}
    assert ids(store, start="2031-01-01", minors="no") == {"n1"}


@pytest.mark.parametrize(
    ("born", "day", "minor"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (date(2010, 2, 28), date(2028, 2, 29), False),
        (date(2010, 3, 1), date(2028, 2, 29), True),
        (date(2008, 12, 31), date(2026, 12, 31), False),
    ],
)
def test_a_patient_is_of_age_eighteen_years_after_the_birth(
    either_store: SqlPatientStore, born: date, day: date, minor: bool
) -> None:
    add(either_store, schema.patients, [{"patient_id": "1", "birth_date": born}])
    start = datetime.combine(day, datetime.min.time()) + timedelta(hours=23)
    add(either_store, schema.appointments, [{"appointment_id": "a", "patient_id": "1", "starts_at": start}])
    assert ids(either_store, minors="yes") == ({"a"} if minor else set())
    assert ids(either_store, minors="no") == (set() if minor else {"a"})
    assert (born > eighteen_years_before(day)) is minor


@pytest.mark.parametrize("value", ["-", " , ", "%", "_"])
def test_words_without_a_letter_or_a_figure_are_refused(store: SqlPatientStore, value: str) -> None:
    with pytest.raises(BadValue, match="at least a letter"):
        ids(store, city=value)


@pytest.mark.parametrize("value", ["0", "1.5", "many", "3651", "١٢x"])
def test_a_number_out_of_its_bounds_is_refused(store: SqlPatientStore, value: str) -> None:
    with pytest.raises(BadValue, match="whole number from 1 to 3650"):
        store.resolve("appointments", {"not_written_for": value}, today=TODAY)


def test_what_begins_after_its_end_is_refused(store: SqlPatientStore) -> None:
    with pytest.raises(BadValue, match="made_from"):
        ids(store, made_from="2026-11-02", made_to="2026-11-01")


def test_every_search_takes_every_filter_that_patients_share() -> None:
    shared = {
        "practitioner", "family", "group", "patient_type", "file_state", "site", "minors", "with_email", "language",
        "city", "postcode", "remark", "where",
    }  # fmt: skip
    for search in SEARCHES.values():
        if search.kind != "colleagues":
            assert shared <= {parameter.name for parameter in search.parameters}, search.name


TEXTS = [
    "Élodie",
    "ŒUVRARD",
    "cœur",
    "NGUYỄN",
    "D’ARTAGNAN",
    "Ça",
    "plain",
    "",
    "ÀÉÎÕÜ",
    "e\u0301",
    "Straße",
    "日本",
    "½ h",
]


def test_both_databases_take_accents_away_alike(either_store: SqlPatientStore) -> None:
    with reading(either_store.engine) as connection:
        for text in TEXTS:
            found = connection.execute(sa.select(FoldedText(sa.literal(text)))).scalar_one()
            assert plain(found) == plain(text)


@given(day=st.dates(date(1950, 1, 1), date(2090, 12, 31)))
def test_eighteen_years_before_is_never_later_than_the_same_day(day: date) -> None:
    before = eighteen_years_before(day)
    assert before.year == day.year - 18
    assert (before.month, before.day) == ((2, 28) if (day.month, day.day) == (2, 29) else (day.month, day.day))
