"""Dates, hours, phones and civilities as a French or English letter writes them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.calendar import years_between
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.formats import FORMATS
from workbench.merging.formats.dates import day_text, hour_text
from workbench.merging.formats.inputs import Inputs
from workbench.merging.formats.places import phone_text

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 10, 30)


def written(name: str, *columns: object, language: str = "fr") -> object:
    """Write one row with a format; the columns are its sources, in order."""
    names = [f"t.c{number}" for number in range(len(columns))]
    inputs = Inputs(
        columns={key: [value] for key, value in zip(names, columns, strict=True)},
        languages=[language],
        now=NOW,
        zone=ZONE,
    )
    return FORMATS[name](inputs, names)[0]


@pytest.mark.parametrize(
    ("name", "value", "french", "english"),
    [
        ("long_date", datetime(2026, 11, 24, 8, 40), "mardi 24 novembre", "Tuesday 24 November"),
        ("long_date", datetime(2026, 12, 1), "mardi 1er décembre", "Tuesday 1 December"),
        ("long_date", datetime(2027, 8, 1), "dimanche 1er août 2027", "Sunday 1 August 2027"),
        ("full_date", datetime(2026, 11, 22), "dimanche 22 novembre 2026", "Sunday 22 November 2026"),
        ("short_date", date(2014, 3, 2), "02/03/2014", "2 March 2014"),
        ("weekday", pd.Timestamp("2026-11-24"), "mardi", "Tuesday"),
        ("month", datetime(2026, 2, 1), "février", "February"),
        ("hour", datetime(2026, 11, 24, 8, 40), "8 h 40", "8:40 am"),
        ("hour", datetime(2026, 11, 24, 14, 0), "14 h", "2 pm"),
        ("hour", datetime(2026, 11, 24, 0, 5), "0 h 05", "12:05 am"),
        ("date_and_hour", "2026-11-24T08:40", "mardi 24 novembre à 8 h 40", "Tuesday 24 November at 8:40 am"),
        ("duration", 30, "30 min", "30 min"),
        ("duration", 75, "1 h 15", "1 h 15"),
        ("duration", 60, "1 h", "1 h"),
        ("sex", "F", "féminin", "female"),
        ("state", "missed", "manqué", "missed"),
        ("declined_by", "patient", "par le patient", "by the patient"),
        ("language", "en", "anglais", "English"),
        ("phone", "+33199001234", "01 99 00 12 34", "01 99 00 12 34"),
        ("text", " Zoé ", "Zoé", "Zoé"),
    ],
)
def test_a_value_is_written_in_the_language_of_its_row(name: str, value: object, french: str, english: str) -> None:
    assert written(name, value) == french
    assert written(name, value, language="en") == english


def test_a_moment_with_a_zone_is_written_as_the_practices_wall_clock() -> None:
    assert written("hour", pd.Timestamp("2026-11-24 07:40", tz="UTC")) == "8 h 40"
    assert written("hour", pd.Timestamp("2026-07-24 06:40", tz="UTC")) == "8 h 40"


@pytest.mark.parametrize("code", sorted(builtin_catalogue()))
def test_a_missing_value_is_none_and_never_an_empty_text(code: str) -> None:
    field = builtin_catalogue()[code]
    neutral = {
        "greeting": "Madame, Monsieur", "warm_greeting": "Madame, Monsieur", "agreement": "(e)",
        "addressee_form": "vous",
    }  # fmt: skip
    assert written(field.format, *[None] * len(field.source)) == neutral.get(field.format)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0199001234", "01 99 00 12 34"),
        ("01.99.00.12.34", "01 99 00 12 34"),
        ("+33 (0)1 99 00 12 34", "01 99 00 12 34"),
        ("0033199001234", "01 99 00 12 34"),
        ("+32 2 555 12 12", "+32 2 555 12 12"),
        ("15", "15"),
        ("06 39 98 12 34 (maman)", "06 39 98 12 34 (maman)"),
    ],
)
def test_french_numbers_are_written_in_pairs_and_others_are_left_alone(number: str, expected: str) -> None:
    assert phone_text(number) == expected


@pytest.mark.parametrize(
    ("civility", "sex", "short", "called"),
    [
        ("Mme", "F", "Mme", "Madame"),
        ("Monsieur", "U", "M.", "Monsieur"),
        (None, "F", "Mme", "Madame"),
        (None, "M", "M.", "Monsieur"),
        ("Dr", "F", "Dr", "Docteur"),
        ("M. et Mme", "U", "M. et Mme", "Madame, Monsieur"),
        (None, "U", None, "Madame, Monsieur"),
        (None, None, None, "Madame, Monsieur"),
    ],
)
def test_somebody_is_addressed_by_what_the_file_knows(civility, sex, short, called) -> None:
    assert written("civility", civility, sex) == short
    assert written("greeting", civility, sex, "Martin") == called


def test_english_greetings_name_the_addressee() -> None:
    assert written("greeting", "Mme", "F", "Martin", language="en") == "Dear Ms Martin"
    assert written("greeting", None, "U", "Martin", language="en") == "Dear Sir or Madam"


def test_a_warm_greeting_calls_a_child_by_the_first_name() -> None:
    born = date(2015, 3, 12)
    assert written("warm_greeting", None, "F", born, "Zoé", "Martin") == "Chère Zoé"
    assert written("warm_greeting", None, "M", born, "Léo", "Martin") == "Cher Léo"
    assert written("warm_greeting", "Mme", "F", date(1980, 1, 1), "Ana", "Martin") == "Chère Madame"
    assert written("warm_greeting", "Dr", "F", None, "Ana", "Martin") == "Chère Docteur"


@pytest.mark.parametrize(
    ("civility", "called"),
    [
        ("M. et Mme", "Chère Madame, cher Monsieur"),
        ("Mme et Mme", "Chères Mesdames"),
        ("M. & M.", "Chers Messieurs"),
        (None, "Madame, Monsieur"),
        ("Famille", "Madame, Monsieur"),
    ],
)
def test_a_warm_greeting_calls_both_of_a_couple(civility, called) -> None:
    assert written("warm_greeting", civility, "U", None, "Ana et Léo", "Martin") == called


@pytest.mark.parametrize(
    ("role", "relation", "sex", "expected"),
    [
        ("patient", "", "F", "vous"),
        ("guardian", "mother", "F", "votre fille"),
        ("guardian", "father", "M", "votre fils"),
        ("guardian", "", "U", "votre enfant"),
        ("guardian", "grand-mère", "F", "votre petite-fille"),
        ("guardian", "tuteur", "M", "l'enfant dont vous êtes responsable"),
        ("payer", "self", "M", "vous"),
        ("correspondent", "", "F", "votre patiente"),
        ("external", "", "F", None),
    ],
)
def test_the_patient_is_named_as_the_addressee_would(role, relation, sex, expected) -> None:
    assert written("relation", role, relation, sex, date(2015, 3, 12)) == expected


def test_an_address_is_a_block_of_lines_without_the_empty_ones() -> None:
    assert written("address_block", "3 rue des Lilas", None, "35000", "Rennes") == "3 rue des Lilas\n35000 Rennes"
    assert written("address_block", None, None, None, "Rennes") == "Rennes"
    assert written("street", "3 rue des Lilas", "Bât. B") == "3 rue des Lilas\nBât. B"


def test_a_title_without_a_name_is_nobody() -> None:
    assert written("titled_name", "Dr", "Molaire") == "Dr Molaire"
    assert written("titled_name", None, "Molaire") == "Molaire"
    assert written("titled_name", "Dr", None) is None


def test_an_appointment_ends_when_the_agenda_says_or_after_its_duration() -> None:
    assert written("end_hour", datetime(2026, 11, 24, 9, 10), None, None) == "9 h 10"
    assert written("end_hour", None, datetime(2026, 11, 24, 8, 40), 30) == "9 h 10"
    assert written("end_hour", None, datetime(2026, 11, 24, 8, 40), None) is None


def test_an_age_counts_at_the_appointment_else_now_and_in_months_for_the_youngest() -> None:
    assert written("age", date(2015, 11, 24), datetime(2026, 11, 24, 8, 40)) == "11 ans"
    assert written("age", date(2015, 11, 24), None) == "10 ans"
    assert written("age", date(2026, 3, 23), None) == "7 mois"
    assert written("age", date(2030, 1, 1), None) is None


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_an_age_grows_by_one_on_each_birthday_only(born: date, day: date) -> None:
    age = years_between(born, day)
    try:
        birthday = born.replace(year=born.year + age)
    except ValueError:  # 29 February in an ordinary year
        birthday = date(born.year + age, 3, 1)
    assert birthday <= day


@given(st.dates(date(1990, 1, 1), date(2050, 1, 1)))
def test_every_first_of_a_month_is_written_1er_and_no_other_day(day: date) -> None:
    assert (" 1er " in day_text(day, "fr", year=True)) == (day.day == 1)
    assert "1er" not in day_text(day, "en", year=True)


@given(st.times())
def test_every_hour_of_the_day_can_be_read_back(moment) -> None:
    hour, _h, minute = hour_text(datetime.combine(date(2026, 1, 1), moment), "fr").partition(" h")
    assert (int(hour), int(minute or 0)) == (moment.hour, moment.minute)


def test_every_field_of_the_catalogue_names_a_format_and_an_example() -> None:
    for field in builtin_catalogue().values():
        assert field.format in FORMATS
        assert field.example
        assert field.labels["fr"]
        assert field.labels["en"]
