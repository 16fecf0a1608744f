"""What was sent, looked at again: the very bytes, whatever was changed since; and what is not kept says so."""

from __future__ import annotations

import io
import os
import time
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
import sqlalchemy as sa

from tests.practice.conftest import NOW
from tests.practice.test_writing import HTML, REMINDER, caught, somebody
from workbench.domain.attached import ImageRule
from workbench.domain.signatures import Signature
from workbench.domain.templates import Template
from workbench.errors import MailingError, UnknownMailing, UsageError
from workbench.ledger.ledger import Ledger
from workbench.practice import Practice
from workbench.practice.erasing import let_go
from workbench.wiring import open_practice


def long_ago(practice: Practice) -> None:
    """Let every kept file have been put there long ago."""
    for file in (practice.path / "attachments").rglob("*"):
        os.utime(file, (1, 1))


def written(practice: Practice, **choices: object) -> int:
    letter = practice.write_to(somebody(practice), subject="Votre plan", html=HTML, account="catcher", **choices)  # type: ignore[arg-type]
    return int(letter.send(confirmed=True, again=True)["delivery_id"].iloc[0])


def a_plan(folder: Path) -> Path:
    plan = folder / "plan.pdf"
    plan.write_bytes(b"%PDF-1.4 plan\n%%EOF\n")
    return plan


def test_a_reminder_is_shown_as_it_left_whatever_was_changed_since(practice: Practice) -> None:
    name = next(iter(practice.signatures))
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    results = practice.mailing(rdv, REMINDER, account="catcher", signature=name).send(confirmed=True)
    number = int(results[results["status"] == "sent"]["delivery_id"].iloc[0])
    before = practice.sent(number)
    assert before.same_bytes
    assert before.as_bytes() in caught(practice)
    practice.templates.import_text("<p>Tout autre chose</p>", path=REMINDER, beside=practice.path)
    practice.ledger.signatures.save(Signature(label=name, html="<p>Autre</p>@CORPS"), by="claire", now=NOW)
    practice.accounts.set("catcher", kind="catcher", email="autre@exemple.test", display_name="Autre")
    after = practice.sent(number)
    assert after.as_bytes() == before.as_bytes()
    assert after.same_bytes
    practice.accounts.remove("catcher")
    assert practice.sent(number).same_bytes


def test_another_message_than_the_one_that_left_is_said(practice: Practice) -> None:
    number = written(practice)
    ledger = practice.ledger
    assert isinstance(ledger, Ledger)
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("UPDATE deliveries SET digest = 'f00' WHERE id = :id"), {"id": number})
    told = practice.sent(number)
    assert told.same_bytes is False
    assert told.proof.startswith("NOT byte for byte")


def test_what_has_not_left_is_shown_as_it_would(practice: Practice) -> None:
    patient = somebody(practice)
    practice.write_to(patient, subject="Votre plan", html=HTML, account="folder").queue()
    told = practice.sent(practice.history(patient)["delivery_id"].iloc[0])
    assert (told.same_bytes, told.left_at) == (None, None)
    assert "has not left" in told.proof
    with pytest.raises(UnknownMailing):
        practice.sent(4711)


def test_a_message_that_is_not_to_be_kept_leaves_its_proof_alone(practice: Practice) -> None:
    number = written(practice, options={"keep_messages": False})
    told = practice.sent(number)  # emptied when the sending ended
    assert told.emptied_at is not None
    assert "not kept any more" in told.proof
    assert told.digest
    assert told.message_id.encode() in caught(practice)[0]
    assert "Votre plan" not in repr(told)
    for ask in (told.as_bytes, lambda: told.pdf(practice.path / "x.pdf"), lambda: told.sheet):
        with pytest.raises(MailingError):
            ask()
    assert practice.history(told_about(practice, number))["emptied_at"].notna().all()


def told_about(practice: Practice, number: int) -> str:
    return practice.ledger.keeping.frozen(number).patient_id


def test_files_that_are_not_to_be_kept_go_and_the_text_stays(practice: Practice, tmp_path: Path) -> None:
    number = written(practice, options={"keep_attachments": False}, attachments=[a_plan(tmp_path)])
    assert practice.sent(number).same_bytes  # put there so lately, another letter may want it
    long_ago(practice)
    assert practice.retain().files == 1
    told = practice.sent(number)
    assert told.attachments == ("plan.pdf",)
    assert told.same_bytes is None
    assert "« plan.pdf »" in told.proof
    assert told.message is not None
    assert "Voici votre plan" in told.message.text
    assert not list((practice.path / "attachments").rglob("plan.pdf"))
    assert practice.resending(number).recipients["reason"].tolist() == ["missing_attachment:plan.pdf"]


def test_the_end_of_a_sending_does_not_look_through_the_history_for_files(practice: Practice, tmp_path: Path) -> None:
    written(practice, options={"keep_attachments": False}, attachments=[a_plan(tmp_path)])
    long_ago(practice)
    written(practice)
    assert list((practice.path / "attachments").rglob("plan.pdf"))
    with open_practice(practice.path, user="claire", now=lambda: NOW + timedelta(days=1)) as later:
        later.write_to(somebody_now(later), subject="Bonjour", html=HTML, account="folder").send(confirmed=True)
    assert not list((practice.path / "attachments").rglob("plan.pdf"))  # once a day they go


def test_a_file_that_another_message_needs_stays(practice: Practice, tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    written(practice, options={"keep_attachments": False}, attachments=[plan])
    other = written(practice, attachments=[plan])
    long_ago(practice)
    assert practice.retain().files == 0
    assert practice.sent(other).same_bytes


def test_what_is_older_than_the_practice_keeps_is_emptied_once_a_day_as_messages_leave(practice: Practice) -> None:
    number = written(practice)
    with open_practice(practice.path, user="claire", now=lambda: NOW + timedelta(days=6 * 365)) as later:
        later.write_to(somebody_now(later), subject="Bonjour", html=HTML, account="folder").send(confirmed=True)
        assert "not kept any more" in later.sent(number).proof
        assert later.tidied_on == later.today


def somebody_now(practice: Practice) -> str:
    people = practice.search("patients", with_email="yes")
    return next(one for one in people["patient_id"] if not practice.patients.is_minor(one))


def test_messages_may_be_kept_for_ever(practice: Practice) -> None:
    number = written(practice)
    with open_practice(practice.path, user="claire", now=lambda: NOW + timedelta(days=30 * 365)) as later:
        assert later.retain(0).contents == 0
        assert later.sent(number).same_bytes
        with pytest.raises(UsageError):
            later.retain(-1)
        assert later.retain().contents == 1


def test_messages_are_printed_as_they_were_sent(practice: Practice, tmp_path: Path) -> None:
    number = written(practice, attachments=[a_plan(tmp_path)])
    again = int(practice.resend(number, confirmed=True)["delivery_id"].iloc[0])
    target = practice.print_sent([number, again], tmp_path / "deux.pdf")
    first, second = (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(target.read_bytes())).pages)
    for told in ("Votre plan", "Voici votre plan", "plan.pdf", "sent", practice.sent(number).recipient.name):
        assert told in first
    assert f"Repeats message no. {number}" in " ".join(second.split())
    with pytest.raises(MailingError):
        practice.sent(number).pdf(tmp_path / "nowhere" / "x.pdf")
    with pytest.raises(UsageError):
        practice.print_sent([], tmp_path / "x.pdf")


def test_a_deleted_message_is_only_listed_when_asked_for(practice: Practice) -> None:
    number = written(practice)
    patient = told_about(practice, number)
    assert practice.delete_from_history(number, "mauvaise pièce jointe")
    assert practice.history(patient).empty
    assert practice.history(patient, deleted=True)["deleted_reason"].tolist() == ["mauvaise pièce jointe"]
    stone = practice.sent(number).tombstone
    assert stone is not None
    assert stone.reason == "mauvaise pièce jointe"
    assert len(practice.results()) == 1
    assert practice.restore_to_history(number)
    assert len(practice.history(patient)) == 1


def test_a_history_has_the_same_columns_whatever_it_holds(practice: Practice) -> None:
    empty = practice.history("nobody")
    number = written(practice)
    full = practice.history(told_about(practice, number))
    assert list(empty.columns) == list(full.columns)
    assert empty.dtypes.astype(str).tolist() == full.dtypes.astype(str).tolist()
    assert {"previous_id", "emptied_at", "deleted_at", "deleted_by", "deleted_reason"} < set(full.columns)


def test_an_image_that_is_about_to_leave_once_more_is_not_let_go(practice: Practice) -> None:
    radio = Template(
        label="Radio", subject="Votre radio", html="<p>Bonjour</p>", images=(ImageRule(kind="panoramique"),)
    )
    practice.ledger.library.save_template(radio, by="claire", now=NOW)
    unkept = {"keep_messages": False, "keep_attachments": False}
    asked = {"template": "Radio", "account": "folder", "health_reason": "demandé"}
    practice.write_to("2201", options=unkept, **asked).send(confirmed=True)  # type: ignore[arg-type]
    [image] = (practice.path / "attachments").rglob("panoramique*.png")
    yesterday = time.time() - 86_400
    os.utime(image, (yesterday, yesterday))
    second = practice.write_to("2201", **asked)  # type: ignore[arg-type]
    second.check()
    practice.retain()  # as the first sending of the next day does
    assert image.is_file()
    second.queue()
    assert second.resume()["status"].tolist() == ["sent"]


def test_nothing_but_kept_files_is_let_go(practice: Practice, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    folder = practice.path / "attachments" / ("c" * 64)
    folder.mkdir(parents=True)
    (folder / "link.txt").symlink_to(outside)
    assert let_go(practice, {f"{'c' * 64}/link.txt", f"{'d' * 64}/gone.txt"}, spared=timedelta(0)) == 0
    assert outside.exists()
