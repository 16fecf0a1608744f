"""« Joindre » on the patient's page: what is ticked goes along, of this patient's file and no other."""

from __future__ import annotations

from tests.practice.test_enclosing import with_pieces
from tests.widgets.test_patient_page import CHILD, asks, practice, written  # noqa: F401 - a practice of the test's own
from workbench.practice import Practice


def reasons(page) -> set[str]:  # type: ignore[no-untyped-def]
    assert page._background.wait(60)
    return set(page._letter[1].recipients["reason"])


def names(page) -> list[str]:  # type: ignore[no-untyped-def]
    assert page._background.wait(60)
    return [one.name for one in page._letter[1].preview(0).attachments]


def test_what_is_ticked_goes_along_and_health_data_ask_for_a_reason(practice: Practice):  # noqa: F811
    number, invoice = with_pieces(practice, kind="invoice")
    page = practice.patient_mail(number)
    page.patient.turn("write")
    written(page, "Vos documents", "<p>Bonjour @PPRENOM</p>")
    listed = asks(page.attaching, "open", list=True)
    assert listed["patient"] == number
    assert {row["piece"] for row in listed["rows"]} == set(practice.pieces(number)["piece"])
    assert asks(page.attaching, "tick", patient=number, piece=invoice, on=True)["count"] == 1
    assert names(page)
    assert reasons(page) == {""}

    number, image = with_pieces(practice, kind="image", health=True)
    page.open(patient_id=number)
    page.patient.turn("write")
    assert page.attaching.pieces == ()  # nothing of the one before
    written(page, "Votre image", "<p>Bonjour @PPRENOM</p>")
    asks(page.attaching, "tick", patient=number, piece=image, on=True)
    assert reasons(page) == {"health_data_on_plain_mail"}
    assert asks(page.options, "open")["health"]["asked"]
    asks(page.options, "changed", name="health_reason", value="demandée")
    assert reasons(page) == {""}
    asks(page.attaching, "tick", patient=number, piece=image, on=False)
    assert names(page) == []


def test_another_patient_s_file_is_never_offered_nor_taken(practice: Practice):  # noqa: F811
    number, image = with_pieces(practice, kind="image")
    page = practice.patient_mail(CHILD)
    page.patient.turn("write")
    assert "error" in asks(page.attaching, "tick", patient=CHILD, piece=image, on=True)
    assert "error" in asks(page.attaching, "tick", patient=number, piece=image, on=True)
    assert "error" in asks(page.attaching, "picture", patient=CHILD, piece=image)
    page.attaching.take({"pieces": [image, "image:nothing"]})
    assert page.attaching.pieces == ()


def test_what_was_ticked_is_there_again_when_somebody_comes_back(practice: Practice):  # noqa: F811
    number, image = with_pieces(practice, kind="image")
    page = practice.patient_mail(number)
    page.patient.turn("write")
    written(page, "Votre image", "<p>Bonjour</p>")
    asks(page.attaching, "tick", patient=number, piece=image, on=True)
    page.open(patient_id=CHILD)
    page.open(patient_id=number)
    assert page.attaching.pieces == (image,)
    # Nothing of the file is saved with the notebook (P12).
    assert image not in str(page.attaching.get_state())


def test_a_file_by_hand_is_sent_once_somebody_said_what_it_holds(practice: Practice):  # noqa: F811
    number, _invoice = with_pieces(practice, kind="invoice")
    page = practice.patient_mail(number)
    page.patient.turn("write")
    written(page, "Plan", "<p>Bonjour</p>")
    page.options._hear(
        page.options, {"kind": "add", "request": 1, "view": "v", "name": "plan.pdf"}, [b"%PDF-1.4 x\n%%EOF\n"]
    )
    page.sending.renew()
    assert page.sending.dispatcher.settled(30)
    assert "plan.pdf" in page.sending.dispatcher.situation.error
    (kept,) = page.options.files
    asks(page.options, "told", kept=kept, health=True)
    assert reasons(page) == {"health_data_on_plain_mail"}
    asks(page.options, "told", kept=kept, health=False)
    assert reasons(page) == {""}
    assert page.sending.dispatcher.settled(30)
    assert page.sending.dispatcher.situation.error == ""
    asks(page.options, "remove", kept=kept)
    assert page.options.told == {}
