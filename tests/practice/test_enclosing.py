"""What a person adds to one patient's message: never another patient's, and health data only on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.practice.test_writing import caught
from workbench.errors import BadValue
from workbench.practice import Mailing, Practice
from workbench.practice.enclosing import piece_picture

HTML = "<p>Bonjour @PPRENOM,</p><p>Voici.</p>"
HEALTH = "health_data_on_plain_mail"


def with_pieces(practice: Practice, *, kind: str, health: bool | None = None) -> tuple[str, str]:
    """Return a grown-up patient who can be written to and a piece of a kind in the file."""
    found = practice.search("patients", minors="no", with_email="yes")
    for number in found[found["address_status"] == "ok"]["patient_id"]:
        pieces = practice.pieces(number)
        fitting = pieces[pieces["kind"] == kind]
        if health is not None:
            fitting = fitting[fitting["health"] == health]
        if len(fitting) and not practice.objection(number):
            return str(number), str(fitting["piece"].iloc[0])
    raise AssertionError(f"nobody has a {kind} in the file")


def acts_of(practice: Practice, letter: Mailing) -> dict[str, dict[str, Any]]:
    """Return the details of what was journalled of a mailing, by what it was."""
    acts = practice.ledger.acts.acts(f"mailing:{letter.id}")
    return dict(zip(acts["what"], acts["details"], strict=True))


def write(practice: Practice, number: str, **choices: object):  # type: ignore[no-untyped-def]
    return practice.write_to(number, subject="Vos documents", html=HTML, account="catcher", **choices)  # type: ignore[arg-type]


def test_the_file_offers_what_it_holds_the_latest_first(practice: Practice) -> None:
    number, _piece = with_pieces(practice, kind="image")
    pieces = practice.pieces(number)
    album, papers = practice.patients.images(number), practice.patients.documents(number)
    assert len(pieces) == len(album) + int(papers["cancelled_on"].isna().sum())
    days = pieces["dated_on"].dropna()
    assert days.is_monotonic_decreasing
    assert pieces["label"].ne("").all()
    assert pieces.loc[pieces["kind"] == "prescription", "health"].all()
    assert not pieces.loc[pieces["kind"] == "invoice", "health"].any()


def test_an_image_goes_with_the_message_once_health_data_may_leave(practice: Practice) -> None:
    number, piece = with_pieces(practice, kind="image", health=True)
    held = write(practice, number, pieces=[piece])
    results = held.send(confirmed=True, again=True)
    assert (results["status"].iloc[0], results["reason"].iloc[0]) == ("skipped", HEALTH)
    assert not caught(practice)

    letter = write(practice, number, pieces=[piece], health_reason="demandée par le patient")
    results = letter.send(confirmed=True, again=True)
    assert results["status"].iloc[0] == "sent"
    (attachment,) = letter.preview(0).attachments
    assert attachment.media_type.startswith("image/")
    assert practice.name not in attachment.name
    acts = acts_of(practice, letter)
    assert acts["health_data_allowed"] == {"reason": "demandée par le patient"}
    assert len(acts["attachments_told"]["health"]) == 1

    # Sent once more, it asks once more.
    delivery = int(results["delivery_id"].iloc[0])
    assert practice.resend(delivery, confirmed=True)["reason"].iloc[0] == HEALTH
    again = practice.resend(delivery, confirmed=True, health_reason="redemandée")
    assert again["status"].iloc[0] == "sent"


def test_an_email_type_that_may_carry_its_own_does_not_speak_for_what_is_added(practice: Practice) -> None:
    number, piece = with_pieces(practice, kind="image", health=True)
    kept = practice.templates.import_text(
        "---\nlabel: Suivi\nfolder: Essai\nsubject: Suivi\nhealth: true\n---\n<p>Bonjour @PPRENOM</p>",
        path="Essai/Suivi",
        beside=practice.path,
    )
    assert kept.health
    plain = practice.write_to(number, template="Essai/Suivi", account="catcher")
    assert plain.send(confirmed=True, again=True)["status"].iloc[0] == "sent"
    held = practice.write_to(number, template="Essai/Suivi", account="catcher", pieces=[piece])
    assert held.send(confirmed=True, again=True)["reason"].iloc[0] == HEALTH


def test_an_invoice_leaves_without_a_reason(practice: Practice) -> None:
    number, piece = with_pieces(practice, kind="invoice")
    letter = write(practice, number, pieces=[piece])
    assert letter.send(confirmed=True, again=True)["status"].iloc[0] == "sent"
    assert [one.media_type for one in letter.preview(0).attachments] == ["application/pdf"]


def test_nothing_of_another_patient_goes_with_it(practice: Practice) -> None:
    number, piece = with_pieces(practice, kind="image")
    other = next(
        str(one) for one in practice.search("patients", minors="no", with_email="yes")["patient_id"] if one != number
    )
    for wrong in (piece, "image:nothing", "../../etc/passwd", "invoice:' OR 1=1 --"):
        with pytest.raises(BadValue, match="not in the patient's file"):
            write(practice, other, pieces=[wrong])
        with pytest.raises(BadValue):
            piece_picture(practice, other, wrong)
    assert piece_picture(practice, number, piece)[:3] in (b"\xff\xd8\xff", b"\x89PN")


def test_what_is_said_of_a_file_by_hand_is_journalled_and_counts(practice: Practice, tmp_path: Path) -> None:
    number, _piece = with_pieces(practice, kind="invoice")
    plan, letter_file = tmp_path / "plan.pdf", tmp_path / "acces.pdf"
    plan.write_bytes(b"%PDF-1.4 plan\n%%EOF\n")
    letter_file.write_bytes(b"%PDF-1.4 acces\n%%EOF\n")
    held = write(practice, number, health_files={plan: True, letter_file: False})
    assert held.send(confirmed=True, again=True)["reason"].iloc[0] == HEALTH
    free = write(practice, number, health_files={letter_file: False})
    assert free.send(confirmed=True, again=True)["status"].iloc[0] == "sent"
    told = acts_of(practice, free)["attachments_told"]
    assert told["health"] == []
    assert len(told["none"]) == 1
    assert "acces" not in str(told)  # a name may name somebody


def test_two_pieces_of_one_name_are_told_apart(practice: Practice) -> None:
    found = practice.search("patients", minors="no", with_email="yes")
    for number in found[found["address_status"] == "ok"]["patient_id"]:
        pieces: pd.DataFrame = practice.pieces(str(number))
        if (pieces["kind"] == "image").sum() > 1 and not practice.objection(str(number)):
            break
    chosen = pieces[pieces["kind"] == "image"]["piece"].tolist()
    letter = write(practice, str(number), pieces=[*chosen, chosen[0]], health_reason="demandées")
    names = [one.name for one in letter.preview(0).attachments]
    assert len(names) == len(set(names)) == len(chosen)
