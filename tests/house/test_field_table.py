"""The table of the fields says what the sample practice says, and every field says something in it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from tests.house.field_table import TABLE, merged, sample, subjects_of, table
from workbench.domain.people import Role
from workbench.practice import Practice

SAME_FOR_EVERYBODY = {
    **dict.fromkeys(
        [
            "CABNOM",
            "CABADR",
            "CABTEL",
            "CABEMAIL",
            "CABHOR",
            "CABURG",
            "CABRDVURL",
            "CABLOGO",
            "CABPLAN",
            "REGIBAN",
            "REGBIC",
        ],
        "there is one practice",
    ),
    **dict.fromkeys(["DATE", "DATEL", "MOIS", "ANNEE", "UTIL"], "the day of the mailing, and who sends it"),
    **dict.fromkeys(["FERMDU", "FERMAU", "REMPLACANT", "REMPLTEL"], "a value of the whole mailing: the next closure"),
    "PLANGUE": "only the letters in French are compared",
}
EMPTY = {
    "TEXTE": "a free text, which nothing proposes",
    "PRLOGO": "a logo of their own, which none of the practitioners has",
    "PRPHOTO": "a portrait: nobody of the sample has a face",
}


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with sample() as opened:
        yield opened


@pytest.fixture(scope="module")
def letters(practice: Practice) -> pd.DataFrame:
    """Every field of every French letter about the appointments of four months, the files, and to the dentists."""
    agenda = practice.search("appointments", start="J-60", end="J+60")
    files = subjects_of(practice)
    told = [merged(practice, agenda, Role.PATIENT), merged(practice, files, Role.PATIENT)]
    told.append(merged(practice, files, Role.TREATING_DENTIST))
    everything = pd.concat(told, ignore_index=True)
    return everything[everything["PLANGUE"] == "français"]


def test_the_table_is_what_the_sample_practice_says(practice: Practice) -> None:
    assert TABLE.read_text(encoding="utf-8") == table(practice), "write it again: python -m tests.house.field_table"


def test_every_field_has_a_value_for_somebody(letters: pd.DataFrame) -> None:
    assert {code for code in letters if letters[code].isna().all()} == set(EMPTY)


def test_no_field_says_the_same_to_everybody_without_a_reason(letters: pd.DataFrame) -> None:
    constant = {code for code in letters if letters[code].nunique() == 1}
    assert constant == set(SAME_FOR_EVERYBODY)


def test_no_value_holds_what_a_letter_never_says(letters: pd.DataFrame) -> None:
    wrong = r"\bNone\b|\bnan\b|\bNaT\b|<NA>|Timestamp|\bdict\b"
    for code in letters:
        texts = letters[code].dropna().astype(str)
        assert not texts.str.contains(wrong).any(), f"@{code}"
