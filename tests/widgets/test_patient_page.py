"""One patient's page: whoever is shown is the one who is changed and written to, and nobody else."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.widgets.test_day_page import asks
from workbench.errors import UnknownPatient, UsageError
from workbench.practice import Practice
from workbench.widgets import patient_page
from workbench.widgets.patient_page import PatientPage
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
CHILD = "2201"


@pytest.fixture
def practice(sample_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    shutil.copytree(sample_made_once, tmp_path / "cabinet")
    with open_practice(tmp_path / "cabinet", user="claire") as opened:
        opened.accounts.set("folder", kind="folder", folder="out")
        opened.set_departures(undo_minutes=0)
        yield opened


def adult(practice: Practice) -> str:
    rdv = practice.search("appointments", start="tomorrow", end="J+7", state="upcoming", minors="no")
    return str(rdv[rdv["address_status"] == "ok"]["patient_id"].iloc[0])


def written(page: PatientPage, subject: str, body: str) -> None:
    asks(page.editor, "changed", subject=subject, body=body, number=page.editor._number)


def test_the_head_tells_who_it_is_and_nothing_is_kept(practice: Practice):
    page = practice.patient_mail(CHILD)
    head = asks(page.patient, "open")["patient"]
    assert (head["number"], head["name"]) == (CHILD, "AUBRY Nathan")
    assert [mark[2] for mark in head["marks"]] == ["Minor: written to through a guardian"]
    assert [group["key"] for group in head["groups"]] == ["", "R2201", "R2202"]
    assert "search" not in page.preview.words["empty"]
    for view in (page.patient, page.name, page.preview, page.sending, page.editor, page.template, page.options):
        assert "AUBRY" not in json.dumps(view.get_state(), default=str)


def test_an_email_type_made_meanwhile_can_be_written_to_a_patient(practice: Practice):
    page = practice.patient_mail(adult(practice))
    practice.templates.import_text("<p>Bonjour</p>", path="Essais/Bonjour", beside=practice.path)
    page.open(template="Essais/Bonjour")
    assert page.template.chosen == "Essais/Bonjour"
    practice.templates.rename("Essais/Bonjour", "Salut")
    again = practice.patient_mail(adult(practice))
    again.open(template="Essais/Bonjour")
    assert again.template.chosen == "Essais/Salut"


def test_nobody_unknown_is_shown(practice: Practice):
    with pytest.raises(UnknownPatient):
        practice.patient_mail("nobody")
    page = practice.patient_mail()
    assert asks(page.patient, "open")["patient"] is None
    rows = asks(page.patient, "find", words="aubry nath")["rows"]
    assert [row["patient"] for row in rows] == [CHILD]
    asks(page.patient, "choose", patient=CHILD)
    assert page.patient.patient_id == CHILD


def test_the_file_is_completed_and_a_late_click_changes_nobody_else(practice: Practice):
    page = practice.patient_mail(CHILD)
    about = {"patient": CHILD, "person": "R2201", "column": "phone"}
    answer = asks(page.patient, "correct", value=" 02 99 00 11 22 ", **about)
    assert "error" not in answer
    assert practice.patients.show(CHILD)["guardians"][0]["phone"] == "02 99 00 11 22"
    assert "error" in asks(page.patient, "correct", **{**about, "patient": "2202"}, value="1")
    assert "error" in asks(page.patient, "correct", **{**about, "column": "balance"}, value="1")
    assert "error" in asks(page.patient, "correct", **{**about, "column": "email"}, value="nowhere")
    assert asks(page.patient, "opt_out", patient=CHILD, out=True)["patient"]["objects"]
    assert practice.objection(CHILD) == "opted_out"
    assert not asks(page.patient, "opt_out", patient=CHILD, out=False)["patient"]["objects"]


def test_nobody_is_blamed_before_anything_was_written(practice: Practice):
    page = practice.patient_mail(CHILD)
    page.patient.turn("write")
    with pytest.raises(UsageError):
        page._worked_out()
    assert (page.template._said["sentence"] != "", page.template._said["bad"]) == (True, False)
    assert page.sending.layout.display == "none"
    gesture = {"kind": "changed", "number": page.editor._number, "subject": "Pour Nathan", "body": ""}
    page.editor._hear(page.editor, gesture, [])
    with pytest.raises(UsageError):
        page._worked_out()
    assert page.template._said["bad"]
    assert page.sending.layout.display is None


def test_a_text_is_kept_for_the_patient_it_was_written_to(practice: Practice):
    one, other = CHILD, adult(practice)
    page = practice.patient_mail(one)
    page.patient.turn("write")
    page.editor.subject, page.editor.body = "Pour Nathan", "<p>Bonjour @PPRENOM</p>"
    page.open(patient_id=other)
    assert (page.editor.subject, page.editor.body) == ("", "")
    with pytest.raises(UsageError):
        page._worked_out()
    page.open(patient_id=one)
    assert page.editor.subject == "Pour Nathan"
    letter = page._worked_out()
    assert letter.preview(0).subject == "Pour Nathan"
    assert set(letter.recipients["patient_id"]) == {one}


def test_a_text_that_is_not_sent_is_found_again_after_the_kernel(practice: Practice):
    patient = adult(practice)
    page = practice.patient_mail(patient)
    asks(page.patient, "begin", patient=patient, template="")
    page.template.choose(REMINDER)
    page._template_chosen()
    assert practice.unsaved_letters.to(patient) is None  # an email type is a click away
    written(page, "Demain", page.editor.body)
    with open_practice(practice.path, user="claire") as later:
        again = later.patient_mail(patient)
        assert "not sent yet" in asks(again.patient, "open")["unsent"]
        assert again.patient.tab == "sent"
        asks(again.patient, "unsent", patient=patient, resume=True)
        assert (again.patient.tab, again.template.chosen, again.editor.subject) == ("write", REMINDER, "Demain")
        assert again._worked_out().preview(0).subject == "Demain"
        with pytest.raises(UsageError):
            again.open(patient_id=patient, template=REMINDER)
        asks(again.patient, "unsent", patient=patient, resume=False)
        assert (again.template.chosen, again.editor.subject) == ("", "")
        assert later.unsaved_letters.to(patient) is None
        assert asks(again.patient, "open")["unsent"] == ""
        assert "error" in asks(again.patient, "unsent", patient=CHILD, resume=False)


def test_a_message_that_was_sent_is_not_to_be_taken_up_again(practice: Practice):
    patient = adult(practice)
    page = practice.patient_mail(patient)
    page.template.choose("", "folder")
    written(page, "Bonjour", "<p>Bonjour @PPRENOM</p>")
    assert practice.unsaved_letters.to(patient) is not None
    assert page._background.wait(60)
    assert page.sending.dispatcher.settled(20)
    page.sending.dispatcher.confirm(page.sending.dispatcher.situation.offer_seal)
    assert page.sending.wait(30)
    assert practice.unsaved_letters.to(patient) is None
    assert asks(page.patient, "open")["unsent"] == ""
    asks(page.patient, "correct", patient=patient, person="", column="phone", value="0299001122")
    assert practice.unsaved_letters.to(patient) is None
    assert asks(page.patient, "open")["unsent"] == ""
    written(page, "Encore", "<p>Bonjour</p>")
    assert practice.unsaved_letters.to(patient) is not None
    written(page, "", "")
    assert practice.unsaved_letters.to(patient) is None


def test_a_message_is_written_read_and_sent_and_stands_in_the_history(practice: Practice):
    patient = adult(practice)
    page = practice.patient_mail(patient)
    page.open(patient_id=patient, template=REMINDER)
    assert page.patient.tab == "write"
    assert page.template.chosen == REMINDER
    page.template.choose(REMINDER, "folder")
    page._changed()
    letter = page._worked_out()
    assert letter.account.name == "folder"
    assert page.sending.dispatcher.settled(30)
    seal = page.sending.dispatcher.situation.offer_seal
    page.sending.dispatcher.confirm(seal)
    assert page.sending.wait(30)
    rows = asks(page.patient, "history", patient=patient)["rows"]
    assert [row["state"][0] for row in rows] == ["good"]
    number = rows[0]["id"]
    assert asks(page.patient, "subjects", ids=[number])["subjects"][str(number)] == letter.preview(0).subject
    assert asks(page.patient, "message", id=number)["message"]["subject"] == letter.preview(0).subject
    assert "error" in asks(page.patient, "delete", id=number, reason=" ")
    asks(page.patient, "delete", id=number, reason="wrong person")
    assert asks(page.patient, "history", patient=patient)["rows"] == []
    (gone,) = asks(page.patient, "history", patient=patient, deleted=True)["rows"]
    assert "wrong person" in gone["deleted"]
    asks(page.patient, "restore", id=number)
    assert len(asks(page.patient, "history", patient=patient)["rows"]) == 1
    # Sent once more, on purpose, by its number; from another patient's page it is not reached.
    asks(page.patient, "resend", id=number)
    again = page._worked_out()
    assert again.preview(0).subject == letter.preview(0).subject
    page.open(patient_id=CHILD)
    assert "error" in asks(page.patient, "message", id=number)
    assert "error" in asks(page.patient, "resend", id=number)


def test_what_left_for_one_patient_is_not_told_under_the_next(practice: Practice):
    page = practice.patient_mail(adult(practice))
    page.open(patient_id=page.patient.patient_id, template=REMINDER)
    page.template.choose(REMINDER, "folder")
    page._changed()
    page._worked_out()
    assert page.sending.dispatcher.settled(30)
    page.sending.dispatcher.confirm(page.sending.dispatcher.situation.offer_seal)
    assert page.sending.wait(30)
    assert asks(page.sending, "state")["result"]
    page.open(patient_id=CHILD, tab="write")
    assert page.sending.dispatcher.settled(20)
    told = asks(page.sending, "state")
    assert (told["title"], told["result"], told["actions"]) == ("", None, [])


def test_a_call_stands_in_the_history(practice: Practice):
    practice.called(CHILD)
    page = practice.patient_mail(CHILD)
    assert [row["subject"] for row in asks(page.patient, "history", patient=CHILD)["rows"]] == ["Called by claire"]


def test_health_data_is_asked_about(practice: Practice):
    patient = adult(practice)
    page = practice.patient_mail(patient)
    page.patient.turn("write")
    page.template.choose("", "folder")
    page.editor.subject, page.editor.body = "Suite", "<p>Bonjour, @PETATDOS</p>"
    page._changed()
    assert set(page._worked_out().recipients["reason"]) == {"health_data_on_plain_mail"}
    page.options.health_reason = "asked by the patient"
    page._changed()
    assert set(page._worked_out().recipients["reason"]) == {""}


def test_email_types_are_a_click_away(practice: Practice):
    page = practice.patient_mail(CHILD)
    types = asks(page.patient, "favourites")["types"]
    assert types[0][0] in practice.templates
    asks(page.patient, "begin", patient=CHILD, template=types[0][0])
    assert page.template.chosen == types[0][0]
    assert page.patient.tab == "write"


def test_what_was_chosen_for_one_patient_never_joins_the_message_of_the_next(practice: Practice):
    page = practice.patient_mail(CHILD)
    mine = asks(page.options, "open")["round"]
    page.options._hear(page.options, {"kind": "add", "name": "plan.txt", "round": mine}, [b"Premier etage"])
    (kept,) = page.options.files
    page.open(patient_id=adult(practice))
    late = {"request": 1, "round": mine}
    page.options._hear(page.options, {"kind": "add", "name": "plan.txt", **late}, [b"Premier etage"])
    assert "nothing was changed" in asks(page.options, "changed", name="signature", value="-", round=mine)["error"]
    assert (page.options.files, page.options.signature) == ((), "")
    page.open(patient_id=CHILD)
    assert "nothing was changed" in asks(page.options, "remove", kept=kept, round=mine)["error"]
    assert "nothing was changed" in asks(page.options, "told", kept=kept, health=True, round=mine)["error"]
    assert (page.options.files, page.options.told) == ((kept,), {})
    assert "error" not in asks(page.options, "remove", kept=kept, round=asks(page.options, "open")["round"])


def test_a_name_that_was_corrected_is_corrected_over_the_message_too(practice: Practice):
    page = practice.patient_mail(CHILD)
    assert "error" not in asks(
        page.patient, "correct", patient=CHILD, person="", column="first_name", value="Nathanaël"
    )
    assert "Nathanaël" in asks(page.name, "open")["name"]


def test_what_the_fields_say_of_one_patient_is_not_offered_under_the_next(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
):
    one, begun, going = adult(practice), threading.Event(), threading.Event()
    page = practice.patient_mail(one)
    page.template.choose("", "folder")
    said = patient_page.examples_of

    def slow(letter: Any) -> Any:
        begun.set()
        assert going.wait(30)
        return said(letter)

    monkeypatch.setattr(patient_page, "examples_of", slow)
    written(page, "Bonjour", "<p>Bonjour @PNOM</p>")
    assert begun.wait(30)
    page.open(patient_id=CHILD)
    going.set()
    assert page._background.wait(60)
    name = str(practice.patients.show(one)["last_name"])
    assert name not in str(page.editor._fields)


def test_the_email_types_a_click_away_are_those_sent_to_one_patient_and_no_message_is_read_for_them(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
):
    missed = "Rendez-vous/Rendez-vous manqué"
    patient = adult(practice)
    practice.write_to(patient, template=missed, account="folder").queue()
    rdv = practice.search("appointments", start="tomorrow", end="J+7", state="upcoming", minors="no")
    for name in ("one", "two"):
        practice.mailing(rdv.head(5), REMINDER, account="folder", key=name).queue()
    with monkeypatch.context() as closed:
        closed.setattr(type(practice.ledger.results), "results", None)
        types = asks(practice.patient_mail(patient).patient, "favourites")["types"]
    assert types[0][0] == missed
    assert [path for path, _label in types].count(missed) == 1
