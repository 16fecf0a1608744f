"""A mailing's signature, options, files, roles and languages: chosen, frozen, and on the wire as they were shown."""

from __future__ import annotations

import email
import re
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pandas as pd
import pytest

from tests.practice.conftest import NOW
from workbench.domain.signatures import Signature
from workbench.domain.templates import Template
from workbench.errors import BadValue, UnknownSignature
from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def tomorrow(practice: Practice) -> pd.DataFrame:
    return practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")


def left(practice: Practice) -> list[EmailMessage]:
    """Return the letters that left, as their addressees read them."""
    files = sorted((practice.path / "out").rglob("*.eml"))
    return [email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def html_of(message: EmailMessage) -> str:
    return str(message.get_body(("html",)).get_content())  # type: ignore[union-attr]


def signed(practice: Practice, *labels: str) -> None:
    for label in labels:
        practice.signatures.save(Signature(label=label, html=f"<div>@CORPS</div><p>signé {label}, @CABNOM</p>"))


def test_the_message_s_signature_goes_before_the_email_type_s_and_that_before_the_account_s(practice: Practice) -> None:
    signed(practice, "du compte", "du modèle", "du message")
    rows = tomorrow(practice)
    practice.accounts.set("folder", signature="du compte")
    assert "signé du compte, Cabinet des Tilleuls" in practice.mailing(rows, REMINDER).preview(0).html
    own = practice.ledger.library.save_template(
        Template(label="Essai", subject="Essai", html="<p>Bonjour</p>", signature="du modèle"), by="claire", now=NOW
    )
    message = practice.mailing(rows, own).preview(0)
    assert "signé du modèle" in message.html
    assert "signé du modèle" in message.text
    assert "signé du message" in practice.mailing(rows, own, signature="du message").preview(0).html
    assert "signé" not in practice.mailing(rows, own, signature="-").preview(0).html
    with pytest.raises(UnknownSignature, match="du voisin"):
        practice.mailing(rows, own, signature="du voisin")


def test_what_was_confirmed_is_what_leaves_whatever_changes_since(practice: Practice) -> None:
    signed(practice, "Cabinet 2")
    practice.accounts.set("folder", signature="Cabinet 2", display_name="Avant")
    mailing = practice.mailing(tomorrow(practice).iloc[:3], REMINDER)
    going = (mailing.recipients["reason"] == "").to_numpy()
    shown = [mailing.preview(number).html for number in going.nonzero()[0]]
    mailing.queue()
    practice.signatures.save(Signature(label="Cabinet 2", html="<div>@CORPS</div><p>tout autre</p>"))
    practice.accounts.set("folder", display_name="Après")
    assert mailing.id is not None
    practice.drain(mailing.id)
    letters = left(practice)
    assert letters
    assert {str(one["From"].addresses[0].display_name) for one in letters} == {"Avant"}
    assert all("signé Cabinet 2" in html_of(one) for one in letters)
    assert {re.sub(r"\s", "", html_of(one)) for one in letters} == {re.sub(r"\s", "", one) for one in shown}


def test_a_waiting_mailing_confirmed_once_more_takes_the_signature_of_today(practice: Practice) -> None:
    signed(practice, "Cabinet 2")
    practice.accounts.set("folder", signature="Cabinet 2")
    practice.mailing(tomorrow(practice).iloc[:2], REMINDER).queue()
    practice.signatures.save(Signature(label="Cabinet 2", html="<div>@CORPS</div><p>tout autre</p>"))
    practice.mailing(tomorrow(practice).iloc[:2], REMINDER).send(confirmed=True)
    assert [("tout autre" in html_of(one)) for one in left(practice)] == [True] * len(left(practice))


def test_a_receipt_is_asked_for_where_the_last_word_says_so(practice: Practice) -> None:
    practice.accounts.set("folder", read_receipt=True)
    rows = tomorrow(practice).iloc[:1]
    assert b"Disposition-Notification-To" in practice.mailing(rows, REMINDER).preview(0).as_bytes()
    asked_not = practice.mailing(rows, REMINDER, options={"read_receipt": False})
    assert b"Disposition-Notification-To" not in asked_not.preview(0).as_bytes()
    with pytest.raises(BadValue, match="receipt"):
        practice.mailing(rows, REMINDER, options={"receipt": True})


def test_a_file_of_this_mailing_alone_goes_with_every_message_and_with_no_other_mailing(
    practice: Practice, tmp_path: Path
) -> None:
    plan = tmp_path / "plan d'accès.pdf"
    plan.write_bytes(b"%PDF-1.4 plan")
    mailing = practice.mailing(tomorrow(practice).iloc[:3], REMINDER, attachments=[plan])
    assert [one.name for one in mailing.preview(0).attachments] == ["plan d'accès.pdf"]
    plan.unlink()  # it was copied in
    mailing.send(confirmed=True)
    letters = left(practice)
    assert letters
    assert [[one.get_filename() for one in each.iter_attachments()] for each in letters] == [
        ["plan d'accès.pdf"] for _letter in letters
    ]
    assert practice.mailing(tomorrow(practice), REMINDER).preview(0).attachments == ()


def test_several_roles_get_one_message_each_and_nobody_two(practice: Practice) -> None:
    rows = tomorrow(practice)
    alone = practice.mailing(rows, REMINDER, role="patient").recipients
    both = practice.mailing(rows, REMINDER, role="patient,payer")
    recipients = both.recipients
    assert len(recipients) == 2 * len(alone)
    assert recipients["recipient_id"].is_unique
    going = recipients[recipients["reason"] == ""]
    told = going.explode("subjects")
    assert not told.duplicated(["address", "patient_id", "subjects"]).any()
    both.send(confirmed=True)
    results = practice.results(both)
    assert (results["status"] == "sent").sum() == len(going)
    again = practice.mailing(rows, REMINDER, role="patient,payer").send(confirmed=True)
    assert (again["status"] == "sent").sum() == len(going)
    assert len(left(practice)) == len(going)


def test_each_addressee_is_written_to_in_their_own_language_where_there_is_a_variant(practice: Practice) -> None:
    library = practice.ledger.library
    library.save_template(
        Template(
            label="Rappel EN", subject="Reminder", html="<p>See you on @RDVDATE</p>", folder="Rendez-vous",
            language="en", variant_of=REMINDER,
        ),
        by="claire", now=NOW,
    )  # fmt: skip
    practice.changes += 1
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    spoken = mailing.recipients["language"]
    assert set(spoken) == {"fr", "en"}
    english = int((spoken == "en").to_numpy().argmax())
    assert mailing.preview(english).subject == "Reminder"
    assert mailing.preview(english).language == "en"
    sent = mailing.send(confirmed=True)
    going = sent[sent["status"] == "sent"]
    assert {str(one["Content-Language"]) for one in left(practice)} == set(going["language"])
    subjects = {str(one["Subject"]) for one in left(practice) if one["Content-Language"] == "en"}
    assert subjects == {"Reminder"}
    assert len(left(practice)) == len(going)


def test_the_files_of_a_variant_go_with_its_messages_and_those_of_its_main_email_type_with_no_other(
    practice: Practice,
) -> None:
    plans = [practice.attachments.keep_data(f"%PDF-1.4 {name}".encode(), name) for name in ("plan.pdf", "map.pdf")]
    french = Template(label="Venir", subject="Venir", html="<p>Le @RDVDATE</p>", attachments=(plans[0],))
    english = Template(
        label="Coming", subject="Coming", html="<p>On @RDVDATE</p>", language="en", variant_of="Venir",
        attachments=(plans[1],),
    )  # fmt: skip
    for one in (french, english):
        practice.ledger.library.save_template(one, by="claire", now=NOW)
    practice.changes += 1
    mailing = practice.mailing(tomorrow(practice), "Venir")
    spoken = mailing.recipients["language"].tolist()
    assert [file.name for file in mailing.preview(spoken.index("en")).attachments] == ["map.pdf"]
    assert [file.name for file in mailing.preview(spoken.index("fr")).attachments] == ["plan.pdf"]
    mailing.send(confirmed=True)
    went = {
        (str(one["Content-Language"]), *[part.get_filename() for part in one.iter_attachments()])
        for one in left(practice)
    }
    assert went == {("fr", "plan.pdf"), ("en", "map.pdf")}


def test_health_data_leaves_on_ordinary_mail_by_a_decision_that_is_written_down_and_by_no_other(
    practice: Practice,
) -> None:
    letter = practice.ledger.library.save_template(
        Template(label="Soin", subject="Votre soin", html="<p>Nature : @RDVNATURE</p>"), by="claire", now=NOW
    )
    rows = tomorrow(practice)
    refused = practice.mailing(rows, letter).recipients["reason"]
    assert "health_data_on_plain_mail" in set(refused)
    assert "" not in set(refused[practice.mailing(rows, letter).fields()["RDVNATURE"].notna().to_numpy()])
    decided = practice.mailing(rows, letter, health_reason="demandé par le patient au téléphone")
    assert "health_data_on_plain_mail" not in set(decided.recipients["reason"])
    decided.send(confirmed=True)
    acts = practice.ledger.acts.acts(f"mailing:{decided.id}")  # type: ignore[attr-defined]
    told = acts[acts["what"] == "health_data_allowed"]
    assert told["by"].tolist() == ["claire"]
    assert "téléphone" in str(told["details"].iloc[0])


def test_a_later_look_meets_the_same_mailing_and_writes_to_nobody_twice(practice: Practice) -> None:
    signed(practice, "Cabinet 2")
    rows = tomorrow(practice)
    practice.mailing(rows, REMINDER, signature="Cabinet 2").send(confirmed=True)
    first = len(left(practice))
    practice.mailing(rows, REMINDER).send(confirmed=True)
    assert len(left(practice)) == first
