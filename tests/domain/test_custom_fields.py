"""The practice's own fields: whole rows, their own numbers, names that are nobody else's, texts that are only texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.custom_fields import (
    GRIDS,
    LONGEST_TEXT,
    CustomField,
    CustomKind,
    clean_text,
    names_of,
    new_column,
    new_grid,
    numbered_code,
    placed,
)
from workbench.domain.fields import Catalogue, DataClass
from workbench.errors import BadValue
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.syntax import find_codes

BORN = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}
CLOSING = {
    "male_friend": "Amicalement", "female_friend": "Amicalement", "male_colleague": "Confraternellement",
    "female_colleague": "Confraternellement", "neutral": "Cordialement",
}  # fmt: skip
BUILTIN = builtin_catalogue().codes()


def part(**more: object) -> CustomField:
    return placed(new_grid(CustomKind.PATIENT, BORN, **more), code="", known=[], builtin=BUILTIN)


def test_the_guide_s_two_rows_become_part_01_and_libre01() -> None:
    closing = placed(new_grid(CustomKind.CORRESPONDENT, CLOSING), code="", known=[part()], builtin=BUILTIN)
    assert (part().code, closing.code) == ("PART_01", "LIBRE01")
    assert (part().label, closing.label) == ("née / né / né(e)", "Amicalement / Confraternellement / Cordialement")


def test_numbers_go_on_and_are_never_given_twice() -> None:
    known: list[CustomField] = []
    for number in range(1, 100):
        known.append(placed(new_grid(CustomKind.PATIENT, BORN), code="", known=known, builtin=BUILTIN))
        assert known[-1].code == f"PART_{number:02d}"
    with pytest.raises(BadValue, match="@PART_99"):
        placed(new_grid(CustomKind.PATIENT, BORN), code="", known=known, builtin=BUILTIN)


def test_a_practice_s_old_texts_may_need_a_number_of_their_own() -> None:
    seventh = placed(new_grid(CustomKind.PATIENT, BORN), code="@part_7", known=[], builtin=BUILTIN)
    assert seventh.code == "PART_07"
    with pytest.raises(BadValue, match="already"):
        placed(new_grid(CustomKind.PATIENT, BORN), code="PART_07", known=[seventh], builtin=BUILTIN)


@pytest.mark.parametrize("code", ["PART_0", "PART_100", "LIBRE01", "PART", "PART_0x", "PART_٣", "", "PNOM"])
def test_a_code_that_is_no_number_of_its_kind_is_refused(code: str) -> None:
    with pytest.raises(BadValue, match="@PART_01"):
        numbered_code(CustomKind.PATIENT, code)


@pytest.mark.parametrize("kind", list(GRIDS))
def test_a_row_that_is_not_complete_names_what_lacks(kind: CustomKind) -> None:
    whole = dict.fromkeys(GRIDS[kind], "x")
    for column in GRIDS[kind]:
        for nothing in ({k: v for k, v in whole.items() if k != column}, {**whole, column: "  "}):
            with pytest.raises(BadValue, match=rf"\({column}\)"):
                new_grid(kind, nothing)


def test_columns_may_be_written_in_french() -> None:
    french = {"Fille": "née", "femme": "née", "garçon": "né", "homme": "né", "neutre": "né(e)"}
    assert new_grid(CustomKind.PATIENT, french).texts == BORN
    colleagues = {"ami": "a", "Amie": "b", "confrère": "c", "consœur": "d", "neutre": "e"}
    assert [*new_grid(CustomKind.CORRESPONDENT, colleagues).texts.values()] == list("abcde")


def test_a_column_that_the_grid_does_not_have_is_refused() -> None:
    with pytest.raises(BadValue, match="« cat »"):
        new_grid(CustomKind.PATIENT, {**BORN, "cat": "x"})
    with pytest.raises(BadValue, match="twice"):
        new_grid(CustomKind.PATIENT, {**BORN, "femme": "x"})


def test_only_correspondents_are_written_to_with_tu() -> None:
    with pytest.raises(BadValue, match="« tu »"):
        new_grid(CustomKind.PATIENT, BORN, familiar={"man": "x"})
    grid = new_grid(CustomKind.CORRESPONDENT, CLOSING, familiar={"ami": "Bien à toi"})
    assert grid.familiar == {"male_friend": "Bien à toi"}
    assert grid.in_catalogue().texts[5:7] == ("Bien à toi", "Amicalement")


def test_a_change_touches_only_what_is_given() -> None:
    field = part(label="Naissance", names=["NE"])
    changed = field.changed(texts={"garçon": "Né"})
    assert changed.texts == {**BORN, "boy": "Né"}
    assert (changed.label, changed.names, changed.code) == ("Naissance", ("NE",), "PART_01")
    with pytest.raises(BadValue, match="boy"):
        field.changed(texts={"boy": ""})


def test_a_name_that_is_given_up_stays_its_own_for_ever() -> None:
    field = part(names=["NE", "NAISSANCE"]).changed(names=["NAISSANCE"])
    assert (field.names, field.former) == (("NAISSANCE",), ("NE",))
    assert "NE" not in Catalogue([field.in_catalogue()]).codes()
    assert "NE" in Catalogue([field.in_catalogue(former=True)]).codes()
    with pytest.raises(BadValue, match="was one"):
        placed(new_grid(CustomKind.PATIENT, BORN, names=["NE"]), code="", known=[field], builtin=BUILTIN)
    assert field.changed(names=["NE"]).former == ("NAISSANCE",)


@pytest.mark.parametrize(
    "name",
    ["", "N", "7UP", "A B", "A-B", "_A", "A_", "A__B", "CORPS", "media", "PART_01", "part_99", "PART_01E", "PART",
     "LIBRE", "LIBRE01", "LIBRE01X", "x" * 31, "Ｎ…", "a\ud800b", "A\nB", "@@X"],
)  # fmt: skip
def test_a_name_that_would_be_mistaken_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(BadValue):
        names_of([name])


def test_names_differ_by_more_than_accents_and_capitals() -> None:
    assert names_of(["né", "NE", "@ne", " Né "]) == ("NE",)
    with pytest.raises(BadValue, match="@PNOM"):
        part(names=["pnom"])
    with pytest.raises(BadValue, match="@HONPRIX"):
        part(names=["HONPRIX"])


@given(st.text(max_size=12))
def test_what_is_taken_for_a_name_is_read_as_a_field_where_it_stands(name: str) -> None:
    try:
        (written,) = names_of([name])
    except BadValue:
        return
    codes = {*BUILTIN, "PART_01", written}
    assert [found.code for found in find_codes(f"né @{written}.", codes.__contains__)] == [written]
    assert [found.code for found in find_codes("@PART_01@PNOM", codes.__contains__)] == ["PART_01", "PNOM"]


@given(st.text())
def test_a_text_is_kept_as_one_can_read_it_or_refused(text: str) -> None:
    try:
        kept = clean_text(text, what="man")
    except BadValue:
        return
    assert kept == clean_text(kept, what="man")
    assert "\r" not in kept
    assert json.loads(json.dumps(kept)) == kept.encode().decode()


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[31m", "\ud83d", "abc\u202etxt", 3, None, "x" * (LONGEST_TEXT + 1)])
def test_a_text_that_no_message_could_hold_is_refused(text: object) -> None:
    with pytest.raises(BadValue):
        clean_text(text, what="man")


def test_lines_and_the_blanks_of_french_are_kept() -> None:
    assert clean_text("Madame\u00a0!\r\nMonsieur\r", what="x") == "Madame\u00a0!\nMonsieur"


def test_the_ledger_gives_back_what_it_was_told() -> None:
    for field in (part(names=["NE"]).changed(names=[]), new_column("mutuelle", key="patient_id", missing="aucune")):
        assert CustomField.from_dict(json.loads(json.dumps(field.to_dict()))) == field


def test_a_column_given_in_python_has_a_code_of_its_own_and_no_texts() -> None:
    field = new_column("Mutuelle", key="patient_id", label="Mutuelle", data_class="H")
    assert (field.code, field.in_catalogue().category) == ("MUTUELLE", "champs du cabinet")
    assert field.in_catalogue().data_class is DataClass.HEALTH
    for wrong in ({"key": "name"}, {"key": "patient_id", "data_class": "Z"}):
        with pytest.raises(BadValue):
            new_column("MUTUELLE", **wrong)  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="given in Python"):
        field.changed(texts={"man": "x"})


def test_own_fields_are_found_by_their_texts_without_accents() -> None:
    catalogue = Catalogue([*builtin_catalogue().values(), part(label="Naissance").in_catalogue()])
    for words in ("nee", "NAISSANCE né(e)", "champs particuliers", "@PART_01"):
        assert "PART_01" in [field.code for field in catalogue.search(words)]
