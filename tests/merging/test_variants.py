"""The text of a grid that fits each recipient, chosen over whole columns."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.merging.conftest import ZONE
from workbench.domain.custom_fields import GRIDS, CustomKind, new_grid, placed
from workbench.domain.fields import Field
from workbench.merging.addressees import is_minor
from workbench.merging.formats import FORMATS
from workbench.merging.formats.inputs import Inputs
from workbench.merging.variants import VARIANTS, chosen

NOW = datetime(2026, 11, 22, 10, 30)


def grid(kind: CustomKind, **familiar: str) -> Field:
    """A grid whose texts are the names of its columns."""
    new = new_grid(kind, {column: column for column in GRIDS[kind]}, familiar=familiar)
    return placed(new, code="", known=[], builtin=()).in_catalogue()


PART, LIBRE = grid(CustomKind.PATIENT), grid(CustomKind.CORRESPONDENT, male_friend="tu, male_friend")


def told(field: Field, *rows: tuple[Any, ...], adult_age: int = 18) -> list[str | None]:
    """Choose for rows of the values of a field's sources, in their order."""
    columns = {name: [row[place] for row in rows] for place, name in enumerate(field.source)}
    inputs = Inputs(columns=columns, languages=["fr"] * len(rows), now=NOW, zone=ZONE, adult_age=adult_age)
    return chosen(field, VARIANTS[field.format](inputs, field.source))


def patient(
    sex: str | None = None, born: object = None, *, civility: str | None = None, kind: str | None = None,
    start: object = None,
) -> tuple[Any, ...]:  # fmt: skip
    return ("1042", sex, civility, born, kind, start)


@pytest.mark.parametrize(
    ("sex", "born", "expected"),
    [
        ("F", date(2015, 3, 12), "girl"),
        ("F", date(1980, 3, 12), "woman"),
        ("M", date(2015, 3, 12), "boy"),
        ("M", date(1980, 3, 12), "man"),
        ("U", date(2015, 3, 12), "neutral"),
        (None, date(1980, 3, 12), "neutral"),
        ("F", None, "woman"),
        ("F", "2015-03-12", "girl"),
        ("F", "no day", "woman"),
    ],
)
def test_a_patient_is_a_girl_a_woman_a_boy_a_man_or_written_to_with_neutral_words(sex, born, expected) -> None:
    assert told(PART, patient(sex, born)) == [expected]


def test_a_civility_tells_the_sex_that_the_file_does_not() -> None:
    born = date(1980, 3, 12)
    rows = [patient(None, born, civility="Mme"), patient("U", born, civility="M."), patient(None, born, civility="Dr")]
    assert told(PART, *rows) == ["woman", "man", "neutral"]


def test_whoever_has_no_date_of_birth_is_what_the_type_of_patient_says() -> None:
    rows = [patient("M", kind="Enfant"), patient("M", kind="Adulte"), patient("M", date(1980, 1, 1), kind="Enfant")]
    assert told(PART, *rows) == ["boy", "man", "man"]


def test_the_age_is_that_of_the_appointment_else_of_the_confirmation() -> None:
    eighteen = date(2008, 11, 24)
    rows = [patient("F", eighteen), patient("F", eighteen, start=datetime(2026, 11, 24, 8, 40)),
            patient("F", eighteen, start=datetime(2026, 11, 23, 8, 40))]  # fmt: skip
    assert told(PART, *rows) == ["girl", "woman", "girl"]


def test_the_practice_says_from_which_age_one_is_an_adult() -> None:
    assert told(PART, patient("F", date(2010, 1, 1)), adult_age=16) == ["woman"]


def test_somebody_born_on_a_29_february_comes_of_age_on_1_march() -> None:
    born = date(2008, 2, 29)
    rows = [patient("M", born, start=datetime(2026, 2, 28, 9)), patient("M", born, start=datetime(2026, 3, 1, 9))]
    assert told(PART, *rows) == ["boy", "man"]


def test_nobody_has_no_text() -> None:
    assert told(PART, ("", "F", None, None, None, None), ("7", "F", None, None, None, None)) == [None, "woman"]
    assert told(PART) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["F", "M"]),
            st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2027, 1, 1))),
            st.sampled_from([None, "Enfant", "Adulte"]),
            st.one_of(st.none(), st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1))),
        ),
        max_size=8,
    ),
    st.integers(15, 21),
)
def test_whole_columns_say_what_one_row_alone_would(rows, adult_age) -> None:
    expected = [
        {True: {"F": "girl", "M": "boy"}, False: {"F": "woman", "M": "man"}}[
            is_minor({"birth_date": born, "patient_type": kind}, (start or NOW).date(), adult_age)
        ][sex]
        for sex, born, kind, start in rows
    ]
    given_rows = [patient(sex, born, kind=kind, start=start) for sex, born, kind, start in rows]
    assert told(PART, *given_rows, adult_age=adult_age) == expected


def colleague(
    relation: str | None, sex: str | None, *, title: str | None = "Dr", form: str = "vous", name: str | None = "Molaire"
) -> tuple[Any, ...]:
    pairs = None if relation is None else [{"practitioner_id": "MM", "relation": relation, "form": form}]
    return (name, title, None, sex, pairs, "MM", "CC")


@pytest.mark.parametrize(
    ("relation", "sex", "expected"),
    [
        ("friend", "M", "male_friend"),
        ("friend", "F", "female_friend"),
        ("colleague", "M", "male_colleague"),
        ("colleague", "F", "female_colleague"),
        ("laboratory", "F", "neutral"),
        ("friend", "U", "neutral"),
        (None, "M", "male_colleague"),
    ],
)
def test_a_colleague_is_written_to_by_relation_and_sex(relation, sex, expected) -> None:
    assert told(LIBRE, colleague(relation, sex)) == [expected]


def test_the_texts_for_tu_are_those_that_were_given_and_the_others_stay() -> None:
    rows = [colleague("friend", "M", form="tu"), colleague("friend", "F", form="tu"), colleague("friend", "M")]
    assert told(LIBRE, *rows) == ["tu, male_friend", "female_friend", "male_friend"]


def test_a_relation_belongs_to_the_practitioner_who_writes() -> None:
    pairs = [
        {"practitioner_id": "MM", "relation": "friend", "form": "tu"},
        {"practitioner_id": "", "relation": "colleague", "form": "vous"},
    ]
    rows = [("Molaire", "Dr", None, "M", pairs, whose, "MM") for whose in ("MM", "CC", None)]
    assert told(LIBRE, *rows) == ["tu, male_friend", "male_colleague", "tu, male_friend"]


def test_where_there_is_no_colleague_there_is_no_text() -> None:
    assert told(LIBRE, colleague("friend", "M", name=None)) == [None]


@given(
    st.sampled_from(["friend", "colleague", "", "laboratory"]),
    st.sampled_from(["F", "M", "U", None]),
    st.sampled_from(["Dr", "Pr", "M.", "Mme", None]),
)
def test_a_grid_agrees_with_how_the_letter_greets(relation, sex, title) -> None:
    """@LIBRE01 calls nobody a friend or a colleague whom @CAPPEL does not."""
    (column,) = told(LIBRE, colleague(relation, sex, title=title))
    names = ("last", "first", "title", "civility", "sex", "relations", "whose", "main")
    _name, *rest = colleague(relation, sex, title=title)
    inputs = Inputs(
        columns={name: [value] for name, value in zip(names, ["Molaire", "Ana", *rest], strict=True)},
        languages=["fr"], now=NOW, zone=ZONE,
    )  # fmt: skip
    (greeting,) = FORMATS["colleague_greeting"](inputs, names)
    words = {"Cher ami": "male_friend", "Chère amie": "female_friend", "Cher confrère": "male_colleague",
             "Chère consœur": "female_colleague"}  # fmt: skip
    assert column == words.get(greeting, "neutral")


def test_a_hundred_thousand_rows_are_no_hundred_thousand_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("workbench.merging.variants.civil_kind", lambda *row: asked.append(row))
    start = datetime(2026, 11, 24, 8, 40)
    births = [date(1950, 1, 1) + timedelta(days=place % 20_000) for place in range(100_000)]
    places = told(PART, *(patient("U", born, start=start) for born in births))
    assert set(places) == {"neutral"}
    assert len(asked) == 1
