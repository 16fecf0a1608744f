"""What somebody writes to a patient is kept as it is typed, for her alone, and goes with the patient."""

from __future__ import annotations

from datetime import timedelta

from tests.practice.test_erasing import files_with
from workbench.practice import Practice
from workbench.practice.unsaved_letters import UnsavedLetter

PATIENT = "2610"
WRITTEN = UnsavedLetter(
    template="Confrères/Adressage", account="catcher", subject="Fluorapatite", body="<p>Bonjour</p>",
    values={"TEXTE": "x"}, choices={"signature": "-"},
)  # fmt: skip


def test_a_message_is_found_again_as_it_was_left(practice: Practice) -> None:
    letters = practice.unsaved_letters
    letters.keep(PATIENT, UnsavedLetter(subject="Fluor"))
    letters.keep(PATIENT, WRITTEN)
    found = letters.to(PATIENT)
    assert found is not None
    assert (found.subject, found.body, found.values, found.choices) == (
        WRITTEN.subject, WRITTEN.body, WRITTEN.values, WRITTEN.choices,
    )  # fmt: skip
    assert (found.template, found.account, found.saved_at) == (WRITTEN.template, "catcher", practice.now())
    assert "Fluor" not in repr(found)
    assert letters.to("2201") is None
    assert practice.drafts.mine() == []
    assert letters.forget(PATIENT)
    assert letters.to(PATIENT) is None


def test_it_is_hers_alone_and_not_kept_for_ever(practice: Practice) -> None:
    practice.unsaved_letters.keep(PATIENT, WRITTEN)
    practice.user = "paul"
    assert practice.unsaved_letters.to(PATIENT) is None
    practice.user = "claire"
    now = practice.now()
    practice.now = lambda: now + timedelta(days=15)
    assert practice.unsaved_letters.to(PATIENT) is None


def test_an_email_type_that_is_gone_takes_no_text_with_it(practice: Practice) -> None:
    practice.unsaved_letters.keep(PATIENT, WRITTEN)
    practice.templates.archive("Confrères/Adressage")
    found = practice.unsaved_letters.to(PATIENT)
    assert found is not None
    assert (found.template, found.subject) == ("", WRITTEN.subject)


def test_it_goes_with_the_patient_whoever_wrote_it(practice: Practice) -> None:
    practice.unsaved_letters.keep("2201", WRITTEN)
    practice.user = "paul"
    practice.unsaved_letters.keep(PATIENT, WRITTEN)
    practice.user = "claire"
    assert practice.erase_patient(PATIENT, "RGPD").drafts == 1
    assert practice.unsaved_letters.to("2201") is not None
    practice.erase_patient("2201", "RGPD")
    assert files_with(practice.path, "Fluorapatite") == []


def test_an_email_type_that_was_renamed_stays_the_one_chosen(practice: Practice) -> None:
    practice.unsaved_letters.keep(PATIENT, WRITTEN)
    practice.templates.rename("Confrères/Adressage", "Adresser un patient")
    found = practice.unsaved_letters.to(PATIENT)
    assert found is not None
    assert (found.template, found.subject) == ("Confrères/Adresser un patient", WRITTEN.subject)
