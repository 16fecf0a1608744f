"""One patient's mail: written by hand, sent once, said to have left already, minded as every message is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.practice.conftest import NOW
from workbench.databases import writing
from workbench.domain.fields import DataClass
from workbench.domain.templates import Template
from workbench.errors import BadValue, MailingError, NotConfirmed, TemplateRefused, UnknownPatient, UsageError
from workbench.patients.schema import responsibilities
from workbench.practice import Practice
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
HTML = "<p>Bonjour @PPRENOM,</p><p>Voici votre plan.</p>"


def somebody(practice: Practice, *, minor: bool = False) -> str:
    """A patient with an appointment tomorrow, who can be written to."""
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    usable = rdv[rdv["address_status"] == "ok"] if not minor else rdv
    return next(one for one in usable["patient_id"] if practice.patients.is_minor(one) == minor)


def caught(practice: Practice) -> list[bytes]:
    """What reached the mail server of the sample practice, without the envelope that it writes in front."""
    letters = [file.read_bytes() for file in sorted((practice.path / "caught").glob("*.eml"))]
    return [letter[letter.index(b"Date: ") :] for letter in letters]


def test_a_letter_written_by_hand_is_merged_shown_and_sent(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(patient, subject="Votre plan, @PPRENOM", html=HTML, account="catcher")
    first = str(practice.patients.show(patient)["first_name"])
    assert letter.check().empty
    assert letter.preview(0).subject == f"Votre plan, {first}"
    assert practice.ledger.results.history(patient).empty  # nothing is written before it is sent
    results = letter.send(confirmed=True)
    assert results["status"].tolist() == ["sent"]
    [arrived] = caught(practice)
    shown = practice.sent(results["delivery_id"].iloc[0])
    assert shown.as_bytes() == arrived
    assert shown.same_bytes


def test_the_same_letter_leaves_once_and_another_one_on_purpose(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(patient, subject="Votre plan", html=HTML, account="folder")
    letter.send(confirmed=True)
    assert len(letter.send(confirmed=True)) == 1
    assert len(practice.history(patient)) == 1
    second = practice.write_to(patient, subject="Votre plan", html=HTML, account="folder")
    assert second.check()["code"].tolist() == ["told_lately"]
    with pytest.raises(NotConfirmed, match="--again"):  # a cell that is run once more is no purpose
        second.send(confirmed=True)
    assert len(practice.history(patient)) == 1
    assert second.send(confirmed=True, again=True)["status"].tolist() == ["sent"]
    assert second.send(confirmed=True)["status"].tolist() == ["sent"]
    assert len(practice.history(patient)) == 2


def test_another_text_is_not_said_to_have_left(practice: Practice) -> None:
    patient = somebody(practice)
    practice.write_to(patient, subject="Votre plan", html=HTML, account="folder").send(confirmed=True)
    assert practice.write_to(patient, subject="Votre plan", html="<p>Autre</p>", account="folder").check().empty


def test_what_left_long_ago_needs_no_word(practice: Practice) -> None:
    patient = somebody(practice)
    practice.write_to(patient, subject="Votre plan", html=HTML, account="folder").send(confirmed=True)
    with open_practice(practice.path, user="claire", now=lambda: NOW + timedelta(days=31)) as later:
        assert later.write_to(patient, subject="Votre plan", html=HTML, account="folder").check().empty


def test_a_letter_stands_in_no_list_of_email_types(practice: Practice) -> None:
    before = set(practice.templates)
    letter = practice.write_to(somebody(practice), subject="Votre plan", html=HTML, account="folder")
    letter.send(confirmed=True)
    assert set(practice.templates) == before
    assert practice.mailings()["template"].iloc[0] == letter.template.path


def test_an_email_type_sent_by_hand_tells_of_the_next_appointment(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(patient, template=REMINDER, account="folder")
    assert letter.template == practice.templates[REMINDER]
    assert letter.fields()["RDVDATE"].notna().all()
    results = letter.send(confirmed=True)
    assert results["status"].tolist() == ["sent"]
    assert results["appointment_id"].iloc[0] != ""


def test_a_letter_keeps_no_mailing_from_telling_what_it_told_nor_is_it_kept_back_by_one(practice: Practice) -> None:
    patient = somebody(practice)
    practice.write_to(patient, template=REMINDER, account="folder").send(confirmed=True)
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    results = practice.mailing(rdv, REMINDER, account="folder").send(confirmed=True)
    assert results.set_index("patient_id").loc[patient, "status"] == "sent"
    again = practice.write_to(patient, template=REMINDER, account="folder")
    assert again.check()["code"].tolist() == ["told_lately"]
    assert again.send(confirmed=True, again=True)["status"].tolist() == ["sent"]


def test_an_email_type_can_be_changed_for_one_letter(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(patient, template=REMINDER, subject="Encore un mot", account="folder")
    assert letter.template.path.startswith("Courrier/")
    assert letter.template.occasion_purpose == practice.templates[REMINDER].occasion_purpose
    assert letter.preview(0).subject == "Encore un mot"
    assert practice.templates[REMINDER].subject != "Encore un mot"


def test_a_child_is_written_to_through_whoever_answers_for_it(practice: Practice) -> None:
    letter = practice.write_to(somebody(practice, minor=True), subject="Votre plan", html=HTML, account="folder")
    assert letter.recipients["role"].tolist() == ["guardian"]


def test_an_opt_out_wins_also_over_a_letter(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(patient, subject="Votre plan", html=HTML, account="folder")
    letter.queue()
    practice.opt_out(patient)
    assert letter.resume()["reason"].tolist() == ["opted_out"]
    fresh = practice.write_to(patient, subject="Encore", html=HTML, account="folder")
    assert fresh.send(confirmed=True)["reason"].tolist() == ["opted_out"]


def test_whoever_wants_no_messages_of_a_purpose_gets_none_by_hand_either(practice: Practice) -> None:
    patient = somebody(practice)
    practice.opt_out(patient, purpose=practice.templates[REMINDER].occasion_purpose)
    changed = practice.write_to(patient, template=REMINDER, subject="Un mot", account="folder")
    assert changed.send(confirmed=True)["reason"].tolist() == ["opted_out"]
    free = practice.write_to(patient, subject="Votre plan", html=HTML, account="folder")
    assert free.send(confirmed=True)["status"].tolist() == ["sent"]


def test_health_data_in_a_letter_needs_a_reason(practice: Practice) -> None:
    patient = somebody(practice)
    flagged = next(
        field.code for field in practice.catalogue.values() if field.data_class is DataClass.HEALTH and not field.asked
    )
    written = {"subject": "Un mot", "html": f"<p>Bonjour, @{flagged}</p>", "account": "folder"}
    closed = practice.write_to(patient, **written)
    assert "health_data_on_plain_mail" in closed.recipients["reason"].iloc[0]
    allowed = practice.write_to(patient, **written, health_reason="demandé au téléphone")
    assert "health_data_on_plain_mail" not in allowed.recipients["reason"].iloc[0]


@pytest.mark.parametrize("written", [{"subject": "Votre @RDVNATURE"}, {"text": "Pour {{ RDVNATURE }}"}])
def test_a_health_field_added_to_an_email_type_that_may_hold_some_is_decided_anew(
    practice: Practice, written: dict[str, str]
) -> None:
    allowed = Template(label="Soin", subject="Un mot", html="<p>Bonjour</p>", text="Bonjour", health=True)
    practice.ledger.library.save_template(allowed, by="claire", now=NOW)
    patient = somebody(practice)
    letter = practice.write_to(patient, template="Soin", account="folder", **written)  # type: ignore[arg-type]
    assert letter.recipients["reason"].tolist() == ["health_data_on_plain_mail"]
    other = practice.write_to(patient, template="Soin", subject="Autrement dit", account="folder")
    assert other.template.health


def test_files_and_the_signature_go_with_one_letter(practice: Practice, tmp_path: Path) -> None:
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.4 plan\n%%EOF\n")
    name = next(iter(practice.signatures))
    letter = practice.write_to(
        somebody(practice), subject="Votre plan", html=HTML, account="folder", attachments=[plan], signature=name
    )
    results = letter.send(confirmed=True)
    shown = practice.sent(results["delivery_id"].iloc[0])
    assert shown.attachments == ("plan.pdf",)
    assert shown.message is not None
    assert [file.data for file in shown.message.attachments] == [plan.read_bytes()]
    assert shown.same_bytes


def test_nothing_is_written_to_nobody_about_nothing(practice: Practice) -> None:
    patient = somebody(practice)
    with pytest.raises(UnknownPatient):
        practice.write_to("nobody", subject="x", html="y")
    for written in ({}, {"subject": " ", "html": "<p>x</p>"}, {"subject": "x"}):
        with pytest.raises(UsageError):
            practice.write_to(patient, **written)
    with pytest.raises(BadValue):
        practice.write_to(patient, subject="x", html="y", options={"colour": True})


@pytest.mark.parametrize(
    ("subject", "html"),
    [
        ("x\ud800", "<p>y</p>"), ("x", "<p>\x00</p>"), ("x", "{{ 1"), ("x", "{% include 'secret' %}"),
        ("@ZZZZ", "<p>y</p>"),
    ],
)  # fmt: skip
def test_what_cannot_be_merged_is_refused_with_a_sentence_and_nothing_is_kept(
    practice: Practice, subject: str, html: str
) -> None:
    patient = somebody(practice)
    with pytest.raises(TemplateRefused):
        practice.write_to(patient, subject=subject, html=html, account="folder").send(confirmed=True)
    assert practice.history(patient).empty
    assert practice.mailings().empty


def test_no_header_grows_out_of_a_subject(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(patient, subject="a\r\nBcc: x@exemple.test", html=HTML, account="catcher")
    letter.send(confirmed=True)
    head = caught(practice)[0].partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc" not in head
    assert b"Subject: a Bcc: x@exemple.test" in head


@pytest.mark.parametrize("html", ["{{ 'A' * 10**9 }}", "{% for i in range(10**9) %}x{% endfor %}", "y" * 3_000_000])
def test_a_letter_that_would_never_end_leaves_nobody_waiting(practice: Practice, html: str) -> None:
    letter = practice.write_to(somebody(practice), subject="x", html=html, account="folder")
    assert letter.send(confirmed=True)["reason"].str.startswith("render_error").all()


def test_a_letter_becomes_no_notebook(practice: Practice) -> None:
    letter = practice.write_to(somebody(practice), subject="Votre plan", html=HTML, account="folder")
    with pytest.raises(UsageError):
        letter.to_notebook("notebooks/x.ipynb")


# --- once more ----------------------------------------------------------------------------------------


def test_a_message_is_sent_once_more_as_it_was_to_the_address_of_today(practice: Practice) -> None:
    patient = somebody(practice)
    first = practice.write_to(patient, subject="Votre plan", html=HTML, account="catcher").send(confirmed=True)
    number = int(first["delivery_id"].iloc[0])
    practice.patients.correct(patient, email="nouvelle@exemple.test", first_name="Autrement")
    mailing = practice.resending(number)
    assert mailing.check().empty
    results = mailing.send(confirmed=True)
    assert len(mailing.send(confirmed=True)) == 1
    again = practice.sent(results["delivery_id"].iloc[0])
    assert (again.again_of, practice.sent(number).again_by) == (number, (again.delivery_id,))
    assert again.recipient.email == "nouvelle@exemple.test"
    shown, before = again.message, practice.sent(number).message
    assert shown is not None
    assert before is not None
    assert (shown.html, shown.subject) == (before.html, before.subject)
    assert caught(practice)[-1] == again.as_bytes()
    assert again.same_bytes
    assert practice.history(patient)["previous_id"].fillna(0).tolist() == [number, 0]


def test_a_reminder_sent_once_more_keeps_others_from_telling_it_a_third_time(practice: Practice) -> None:
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    results = practice.mailing(rdv, REMINDER, account="folder", key="first").send(confirmed=True)
    number = int(results[results["status"] == "sent"]["delivery_id"].iloc[0])
    assert practice.resend(number, confirmed=True)["status"].tolist() == ["sent"]
    other = practice.mailing(rdv, REMINDER, account="folder", key="second").send(confirmed=True)
    assert "sent" not in other["status"].tolist()


def test_an_opt_out_wins_over_a_message_sent_again(practice: Practice) -> None:
    patient = somebody(practice)
    first = practice.write_to(patient, subject="Votre plan", html=HTML, account="folder").send(confirmed=True)
    practice.opt_out(patient)
    results = practice.resend(first["delivery_id"].iloc[0], confirmed=True)
    assert results["reason"].tolist() == ["opted_out"]


def test_all_that_is_asked_of_a_mailing_may_be_asked_of_a_letter_and_of_a_repetition(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(patient, subject="Votre plan", html=HTML, account="folder")
    first = letter.send(confirmed=True)
    again = practice.resending(first["delivery_id"].iloc[0])
    fresh = practice.write_to(patient, template=REMINDER, account="folder")
    for mailing in (again, fresh):
        offer = mailing.offer()
        assert (offer.count, offer.total) == (1, 1)
        assert mailing.offer(fresh=True).seal == offer.seal
        assert mailing.forecast().pending == 1
        assert mailing.overview()["standing"].iloc[0] in ("ready", "to_read")
        assert mailing.addressees()["address"].iloc[0]
        assert len(mailing.fields()) == 1
        assert mailing.summary().planned
        assert mailing.preview_marked(0)[0].subject
        assert not mailing.renew_template()
        mailing.queue(offer=offer)
        assert mailing.counts.pending == 1
        assert mailing.resume()["status"].tolist() == ["sent"]


def family_letter(practice: Practice, role: str) -> pd.Series:
    """A message about several of a family that went to somebody in this role: its results."""
    wishes = practice.mailing(
        practice.search("patients"), "Vie du cabinet/Vœux", account="folder", values={"ANNEE": "2027"}
    )
    sent = practice.ledger.results.results(int(wishes.send(confirmed=True)["mailing_id"].iloc[0]))
    several = sent["delivery_id"].map(lambda number: bool(practice.ledger.keeping.frozen(number).patients))
    return sent[(sent["status"] == "sent") & (sent["role"] == role) & several].iloc[0]


def test_a_familys_message_is_sent_again_to_whoever_still_answers_for_all_of_them(practice: Practice) -> None:
    first = family_letter(practice, "guardian")
    assert practice.resend(first["delivery_id"], confirmed=True)["status"].tolist() == ["sent"]
    sent = practice.ledger.keeping.frozen(first["delivery_id"])
    [child, *_rest] = sent.patients
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        theirs = responsibilities.c
        person = sent.addressee_key.partition(":")[2]
        connection.execute(responsibilities.delete().where(theirs.patient_id == child, theirs.person_id == person))
    practice.changes += 1
    with pytest.raises(MailingError, match=child):
        practice.resending(first["delivery_id"]).check()


def test_a_familys_message_is_not_sent_again_where_one_of_them_objected(practice: Practice) -> None:
    first = family_letter(practice, "guardian")
    practice.opt_out(practice.ledger.keeping.frozen(first["delivery_id"]).patients[0])
    assert practice.resending(first["delivery_id"]).recipients["reason"].tolist() == ["opted_out"]


def test_answers_to_a_message_sent_again_from_another_account_go_where_the_email_type_says(practice: Practice) -> None:
    mine = Template(label="Ici", subject="Un mot", html="<p>Bonjour</p>", reply_to="ici@cabinet.example")
    practice.ledger.library.save_template(mine, by="claire", now=NOW)
    first = practice.write_to(somebody(practice), template="Ici", account="catcher").send(confirmed=True)
    practice.accounts.set("autre", kind="folder", folder="autre", email="autre@cabinet.example", reply_to="x@c.example")
    again = practice.resending(first["delivery_id"].iloc[0], account="autre")
    assert again.preview(0).reply_to == "ici@cabinet.example"
    assert again.preview(0).sender.email == "autre@cabinet.example"


def test_only_what_left_or_failed_is_sent_again(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(patient, subject="Votre plan", html=HTML, account="folder")
    letter.queue()
    waiting = practice.history(patient)["delivery_id"].iloc[0]
    with pytest.raises(MailingError, match="has not left"):
        practice.resending(waiting)
    assert letter.id is not None
    practice.cancel(letter.id)
    with pytest.raises(MailingError, match="has not left"):
        practice.resending(waiting)


def test_what_is_not_kept_any_more_is_not_sent_again(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(
        patient, subject="Votre plan", html=HTML, account="folder", options={"keep_messages": False}
    )
    number = letter.send(confirmed=True)["delivery_id"].iloc[0]
    practice.retain()
    with pytest.raises(MailingError, match="not kept"):
        practice.resending(number)


def test_a_message_of_a_table_goes_to_the_address_it_went_to(practice: Practice) -> None:
    word = practice.templates.import_text("<p>Bonjour {{ name }}</p>", path="Essais/Mot", beside=practice.path)
    table = pd.DataFrame([{"id": "a", "email": "a@exemple.test", "name": "Anne"}])
    first = practice.mailing(table, word, account="folder", key="m").send(confirmed=True)
    results = practice.resend(first["delivery_id"].iloc[0], confirmed=True)
    again = practice.sent(results["delivery_id"].iloc[0])
    assert again.recipient.email == "a@exemple.test"
    assert again.message is not None
    assert "Anne" in again.message.text
    practice.opt_out("a@exemple.test")
    assert practice.resend(again.delivery_id, confirmed=True)["reason"].tolist() == ["opted_out"]
