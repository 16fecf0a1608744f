"""The practice's own fields, from their grid to the message that was received, and back out of the lists."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.practice.conftest import NOW
from workbench.domain.custom_fields import CustomField
from workbench.domain.fields import DataClass
from workbench.domain.signatures import Signature
from workbench.errors import BadValue, FieldInUse, TemplateRefused, UnknownName, UsageError
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.uses import says
from workbench.practice import Practice
from workbench.wiring import open_practice

BORN = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}
CLOSING = {
    "ami": "Amicalement", "amie": "Amicalement", "confrère": "Confraternellement", "consœur": "Confraternellement",
    "neutre": "Cordialement",
}  # fmt: skip


def appointments(practice: Practice) -> pd.DataFrame:
    return practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")


def template(practice: Practice, html: str, *, path: str = "Essais/Essai", **front: str) -> str:
    lines = "".join(f"{name}: {value}\n" for name, value in {"subject": "Essai", **front}.items())
    return practice.templates.import_text(f"---\n{lines}---\n{html}", path=path, beside=practice.path).path


def bodies(practice: Practice, html: str) -> dict[str, str]:
    """Merge some HTML for tomorrow's appointments; the first line of each text, by patient."""
    mailing = practice.mailing(appointments(practice), template(practice, html), account="folder")
    patients = mailing.recipients["patient_id"].tolist()
    return {patient: mailing.preview(place).text.strip() for place, patient in enumerate(patients)}


def test_a_grid_is_merged_as_the_guide_says(practice: Practice) -> None:
    assert practice.fields.add("patient", BORN).code == "PART_01"
    told = bodies(practice, "<p>@PART_01, @PSEXE</p>")
    assert set(told.values()) == {"née, féminin", "né, masculin", "né(e),"}


def test_it_is_merged_by_any_of_its_names(practice: Practice) -> None:
    practice.fields.add("patient", BORN, names=["naissance"])
    told = bodies(practice, "<p>@NAISSANCE {{ NAISSANCE }} {{ PART_01|upper }}{% if NAISSANCE %}!{% endif %}</p>")
    assert set(told.values()) == {"née née NÉE!", "né né NÉ!", "né(e) né(e) NÉ(E)!"}


def test_a_closing_fits_the_relation_with_whoever_writes(practice: Practice) -> None:
    assert practice.fields.add("correspondent", CLOSING, familiar={"ami": "Bien à toi"}).code == "LIBRE01"
    found = practice.search("correspondents")
    path = template(practice, "<p>@CAPPEL, @CFORME: @LIBRE01</p>", role="correspondent")
    mailing = practice.mailing(found, path, account="folder")
    fields = mailing.fields()[["CAPPEL", "CFORME", "LIBRE01"]].dropna().drop_duplicates()
    fits = {"Cher ami": "Amicalement", "Chère amie": "Amicalement", "Cher confrère": "Confraternellement",
            "Chère consœur": "Confraternellement"}  # fmt: skip
    assert {"Amicalement", "Confraternellement"} & set(fields["LIBRE01"])
    for greeting, form, closing in fields.itertuples(index=False):
        own = "Bien à toi" if (greeting, form) == ("Cher ami", "tu") else fits.get(greeting, "Cordialement")
        assert closing == own


def test_texts_are_data_and_never_code(practice: Practice) -> None:
    hostile = "{{ 7 * 7 }}{% raise %} @PNOM <script>x</script> ’é\r\nBcc: x@y.test"
    practice.fields.add("patient", dict.fromkeys(BORN, hostile), label="{{ 7 * 7 }} <b>")
    path = template(practice, "<p>@PART_01</p>", path="Essais/Hostile")
    message = practice.mailing(appointments(practice), path, account="folder").preview(0)
    assert "{{ 7 * 7 }}{% raise %} @PNOM <script>x</script> ’é" in message.text
    assert "<script>" not in message.html
    in_subject = template(practice, "<p>x</p>", path="Essais/Objet", subject="'@PART_01'")
    message = practice.mailing(appointments(practice), in_subject, account="folder").preview(0)
    assert "\n" not in message.subject
    assert b"\nBcc:" not in message.as_bytes().split(b"\n\n")[0]


def test_a_field_is_found_like_the_workbench_s_own(practice: Practice) -> None:
    practice.fields.add("patient", BORN, label="Naissance accordée")
    for words in ("naissance ACCORDEE", "nee", "part_01", "champs particuliers"):
        assert "PART_01" in [field.code for field in practice.fields.search(words)]
    assert practice.fields["PART_01"].example == "née"
    assert list(practice.fields.own) == ["PART_01"]
    assert practice.fields.to_frame()["column"].tolist() == ["girl", "woman", "boy", "man", "neutral"]


def test_without_own_fields_the_catalogue_is_the_workbench_s(practice: Practice) -> None:
    assert practice.catalogue is builtin_catalogue()
    practice.fields.add("patient", BORN)
    assert practice.catalogue is practice.catalogue
    assert len(practice.catalogue) == len(builtin_catalogue()) + 1
    practice.fields.remove("PART_01")
    assert practice.catalogue is builtin_catalogue()


def test_what_another_workstation_changes_is_seen_at_once(practice: Practice) -> None:
    later = NOW + timedelta(minutes=1)
    with open_practice(practice.path, user="paul", now=lambda: later) as other:
        other.fields.add("patient", BORN)
        assert "PART_01" in practice.fields
        practice.fields.edit("PART_01", {"man": "Né"})
        assert other.fields.edit("PART_01", {"boy": "NÉ"}).texts == {**BORN, "man": "Né", "boy": "NÉ"}
        acts = practice.ledger.acts.acts("field:PART_01")  # type: ignore[attr-defined]
        assert acts["by"].tolist() == ["paul", "claire", "paul"]


def test_a_field_that_is_used_is_not_removed_by_mistake(practice: Practice) -> None:
    practice.fields.add("patient", BORN, names=["NAISSANCE"])
    practice.fields.add("patient", BORN)
    path = template(practice, "<p>{{ NAISSANCE }}</p>")
    template(practice, "<p>Rien, PART_01 ni x@NAISSANCE.fr</p>", path="Essais/Autre")
    practice.signatures.save(Signature(label="Née", html="<div>@CORPS</div><p>@PART_01</p>"))
    practice.mailing(appointments(practice), path, account="folder").queue()
    used = practice.fields.usage("NAISSANCE")
    assert used["kind"].tolist() == ["template", "signature", "mailing"]
    assert used["name"].tolist()[:2] == [path, "Née"]
    assert used["messages"].tolist()[2] > 0
    with pytest.raises(FieldInUse, match="« Essais/Essai », « Née », mailing"):
        practice.fields.remove("PART_01")
    assert practice.fields.usage("PART_02").empty
    practice.fields.remove("PART_02")
    assert list(practice.fields.own) == ["PART_01"]


def test_an_archived_field_still_says_what_was_queued(practice: Practice) -> None:
    practice.fields.add("patient", BORN)
    path = template(practice, "<p>@PART_01</p>")
    practice.fields.remove("PART_01", archive=True)
    assert "PART_01" not in practice.catalogue
    assert "PART_01" in practice.all_fields
    findings = practice.templates.check(path)
    assert "unknown_field:@PART_01" in set(findings["code"])
    assert practice.fields.add("patient", BORN).code == "PART_02", "its number is not given again"
    with pytest.raises(UnknownName, match="removed"):
        practice.fields.edit("PART_01", {"man": "x"})
    assert practice.fields.restore("PART_01").texts == BORN
    assert practice.templates.check(path).empty


def test_what_was_sent_can_be_sent_once_more_though_its_field_is_archived(practice: Practice) -> None:
    practice.fields.add("patient", BORN)
    path = template(practice, "<p>@PART_01</p>")
    results = practice.mailing(appointments(practice), path, account="folder").send(confirmed=True)
    number = int(results["delivery_id"][results["status"] == "sent"].iloc[0])
    practice.fields.remove("PART_01", archive=True)
    results = practice.resend(number, confirmed=True)
    assert results["status"].tolist() == ["sent"]
    first, again = practice.sent(number).message, practice.sent(results["delivery_id"].iloc[0]).message
    assert first is not None
    assert again is not None
    assert again.html == first.html


def test_what_was_confirmed_leaves_as_it_was_though_its_field_is_archived(practice: Practice) -> None:
    practice.fields.add("patient", BORN, names=["NAISSANCE"])
    path = template(practice, "<p>@PART_01, {{ NAISSANCE }}</p>")
    number = practice.mailing(appointments(practice), path, account="folder").queue()
    practice.fields.remove("PART_01", archive=True)
    results = practice.mailing_by_id(number).resume()
    assert "sent" in set(results["status"])
    left = [file.read_text() for file in practice.path.rglob("*.eml")]
    assert left
    assert not [text for text in left if "PART_01" in text or "NAISSANCE" in text], "no patient reads a code"
    with pytest.raises(TemplateRefused, match="NAISSANCE"):
        practice.mailing(appointments(practice), path, account="folder", key="anew").check()


def test_a_name_is_not_taken_away_while_it_is_written_somewhere(practice: Practice) -> None:
    practice.fields.add("patient", BORN, names=["NAISSANCE", "NE"])
    template(practice, "<p>@NAISSANCE</p>")
    with pytest.raises(FieldInUse, match="@NAISSANCE"):
        practice.fields.edit("PART_01", names=["NE"])
    assert practice.fields.edit("PART_01", names=["NAISSANCE"]).former == ("NE",)
    assert practice.all_fields["NE"].code == "PART_01"
    assert "NE" not in practice.catalogue


@pytest.mark.parametrize("code", ["PART_01", "PNOM", "", "é<script>", "@LIBRE01"])
def test_what_is_no_field_of_the_practice_s_own_is_said(practice: Practice, code: str) -> None:
    for act in (practice.fields.usage, practice.fields.remove, practice.fields.restore, practice.fields.edit):
        with pytest.raises(UnknownName):
            act(code)
    with pytest.raises(BadValue, match="no kind"):
        practice.fields.add("médecin", BORN)


# --- a column given in Python -------------------------------------------------------------------------


@pytest.fixture
def insured(practice: Practice) -> pd.Series:
    patients = appointments(practice)["patient_id"].drop_duplicates().tolist()
    return pd.Series({patient: f"Mutuelle n° {place}" for place, patient in enumerate(patients[1:])})


def test_a_column_becomes_a_field(practice: Practice, insured: pd.Series) -> None:
    field = practice.fields.from_column("mutuelle", insured, label="Mutuelle", missing="aucune")
    assert (field.code, field.label, field.category) == ("MUTUELLE", "Mutuelle", "champs du cabinet")
    told = bodies(practice, "<p>@MUTUELLE</p>")
    assert told == {patient: insured.get(patient, "aucune") for patient in told}
    assert "aucune" in told.values()


def test_its_values_may_be_given_by_other_keys(practice: Practice) -> None:
    found = appointments(practice)
    rooms = pd.DataFrame({"appointment_id": found["appointment_id"], "salle": range(len(found)), "x": 1})
    practice.fields.from_column("SALLE", rooms, key="appointment_id")
    mailing = practice.mailing(found, template(practice, "<p>@SALLE</p>"), account="folder")
    expected = [
        rooms.set_index("appointment_id")["salle"].map(str)[one] for one in mailing.recipients["appointment_id"]
    ]
    assert mailing.fields()["SALLE"].tolist() == expected


def test_keys_that_stand_twice_are_counted_and_not_named(practice: Practice) -> None:
    with pytest.raises(BadValue, match="2 rows of @MUTUELLE have a patient_id") as refused:
        practice.fields.from_column("MUTUELLE", pd.Series(["a", "b", "c", "d"], index=["7001", "7001", "7002", "7002"]))
    assert "7001" not in str(refused.value)
    assert "MUTUELLE" not in practice.fields


@pytest.mark.parametrize(
    "rows",
    [
        pd.Series(["a", "b"]),
        pd.DataFrame({"x": ["a", "b", "c"]})["x"].iloc[1:],
        pd.Series(["a"], index=pd.MultiIndex.from_tuples([("1042", 1)])),
        pd.DataFrame({"MUTUELLE": ["a"]}),
        pd.DataFrame({"patient_id": ["1042"], "a": ["x"], "b": ["y"]}),
        pd.DataFrame({"patient_id": ["1042"]}),
        ["a"],
    ],
)
def test_rows_that_do_not_say_whose_they_are_are_refused(practice: Practice, rows: pd.Series) -> None:
    with pytest.raises(BadValue):
        practice.fields.from_column("MUTUELLE", rows)
    assert practice.fields.own == {}


@pytest.mark.parametrize(
    "value", [1.5, True, pd.Timestamp("2026-11-24"), ["a"], {"a": 1}, "a\x00", "\ud83d", "x" * 2_001]
)
def test_a_value_that_cannot_be_read_as_a_text_is_refused(practice: Practice, value: object) -> None:
    with pytest.raises(BadValue):
        practice.fields.from_column("MUTUELLE", pd.Series([value], index=["1042"], dtype=object))


def test_numbers_are_whole_and_nothing_is_nothing(practice: Practice) -> None:
    numbers = pd.Series([3.0, float("nan"), None, " "], index=[1042.0, 1043.0, float("nan"), 1044.0], dtype=object)
    practice.fields.from_column("POINTS", numbers.rename_axis("patient_id"))
    assert practice.catalogue.given["POINTS"].values == {"1042": "3"}
    assert "1042" not in repr(practice.catalogue.given["POINTS"])


def test_the_definition_stays_and_the_values_go_with_the_program(practice: Practice, insured: pd.Series) -> None:
    practice.fields.from_column("MUTUELLE", insured, label="Mutuelle", data_class="H")
    with open_practice(practice.path, user="paul", now=lambda: NOW) as other:
        assert other.fields["MUTUELLE"].data_class is DataClass.HEALTH
        mailing = other.mailing(appointments(other), template(other, "<p>@MUTUELLE</p>"), account="folder")
        assert mailing.fields()["MUTUELLE"].isna().all()
        checked = mailing.check()
        (told,) = set(checked["message"][checked["code"] == "missing_value:@MUTUELLE"])
        assert "from_column" in told, "it is not taken for a code that nobody knows"
        with pytest.raises(UsageError, match="from_column"):
            mailing.send(confirmed=True)
        stamp = other.ledger.custom_fields.stamp()
        other.fields.from_column("MUTUELLE", insured, data_class="H")
        assert other.fields["MUTUELLE"].label == "Mutuelle"
        assert other.ledger.custom_fields.stamp() == stamp, "nothing changed, nothing is written"


def test_a_column_does_not_take_the_code_of_another_field(practice: Practice, insured: pd.Series) -> None:
    practice.fields.add("patient", BORN, names=["MUTUELLE"])
    for taken in ("MUTUELLE", "PNOM", "PART_01", "CORPS"):
        with pytest.raises(BadValue):
            practice.fields.from_column(taken, insured)


def test_uses_are_found_where_they_count_alone() -> None:
    known = {"NE", "PNOM"}.__contains__
    for kept in (
        "@NE",
        "@PNOM@NE le",
        "{{ NE }}",
        "{% if NE %}x{% endif %}",
        {"required": ["@NE"]},
        ["NE"],
        {"NE": "x"},
    ):
        assert says(kept, {"NE"}, known=known), kept
    for kept in ("NE PAS", "x@NE.fr", "{{ 'NE' }}", "{# NE #}", "@NEZ", "{{ x.NE }}", {"a": [1, None]}, "@ne"):
        assert not says(kept, {"NE"}, known=known), kept


def test_a_notebook_shows_them_as_a_frame_that_a_spreadsheet_can_hold(practice: Practice, tmp_path: Path) -> None:
    field = practice.fields.add("patient", dict.fromkeys(BORN, "=1+1"))
    assert isinstance(field, CustomField)
    frame = practice.fields.to_frame()
    assert set(frame["text"]) == {"=1+1"}
    assert all(dtype == "string" for dtype in frame.dtypes)
