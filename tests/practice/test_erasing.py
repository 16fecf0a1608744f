"""A patient who asks to be forgotten: nothing of what was written is left in any file, and the proof stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.practice.conftest import NOW
from tests.practice.test_writing import HTML, REMINDER, somebody
from workbench.domain.attached import DocumentRule, ImageRule, WhenMissing
from workbench.domain.deliveries import OPEN
from workbench.domain.jobs import Job
from workbench.domain.recurrence import Recurrence
from workbench.domain.templates import Template
from workbench.errors import BadValue, ForbiddenMove
from workbench.practice import Practice
from workbench.wiring import init_workspace, open_practice


def files_with(folder: Path, *words: str) -> list[str]:
    """Which files of a workspace hold one of these words, but for the patients' own store."""
    return [
        str(file.relative_to(folder))
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith("patients.sqlite")
        if any(word.encode() in file.read_bytes() for word in words)
    ]


def test_nothing_of_a_patient_s_mail_is_left_in_any_file(practice: Practice, tmp_path: Path) -> None:
    patient = somebody(practice)
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.4 SECRET PLAN\n%%EOF\n")
    practice.patients.correct(patient, email="zephirine@quatrebarbes.test", last_name="Quatrebarbes")
    marker = "Fluorapatite-7"
    for account in ("catcher", "folder"):
        practice.write_to(
            patient, subject=marker, html=f"<p>@PPRENOM @PNOM {marker}</p>", account=account, attachments=[plan]
        ).send(confirmed=True, again=True)
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    practice.mailing(rdv, REMINDER, account="catcher").send(confirmed=True)
    waiting = practice.write_to(patient, subject="Plus tard", html=HTML, account="folder")
    waiting.queue()
    words = ("zephirine@quatrebarbes.test", "Quatrebarbes", "QUATREBARBES", marker, "SECRET PLAN")
    assert "ledger.sqlite" in " ".join(files_with(practice.path, *words))
    others = len(list((practice.path / "caught").glob("*.eml")))
    proofs = practice.history(patient)["message_id"].tolist()
    done = practice.erase_patient(patient, "demande de Mme Quatrebarbes")
    assert files_with(practice.path, *words) == []
    assert (done.deliveries, done.cancelled, done.files, done.caught) == (4, 1, 1, 3)
    assert done.left == ()
    assert done.compact
    history = practice.history(patient)
    assert sorted(history["status"].tolist()) == ["cancelled", "sent", "sent", "sent"]
    assert history["message_id"].tolist() == proofs
    assert (history["address"] == "").all()
    assert len(list((practice.path / "caught").glob("*.eml"))) == others - 2
    assert waiting.id is not None
    assert practice.ledger.mailings.numbers(waiting.id, OPEN) == []
    for number in history["delivery_id"]:
        assert practice.sent(number).message is None
    assert practice.patients.show(patient)["last_name"] == "Quatrebarbes"  # the file belongs to the store


def test_images_of_a_message_that_was_looked_at_and_never_left_go_too(practice: Practice) -> None:
    shown = Template(
        label="Radio", subject="Votre radio", html="<p>Bonjour</p>", images=(ImageRule(kind="panoramique"),),
        documents=(DocumentRule(kind="invoice", missing=WhenMissing.WITHOUT),),
    )  # fmt: skip
    practice.ledger.library.save_template(shown, by="claire", now=NOW)
    kept = practice.path / "attachments"

    def images() -> list[str]:
        return sorted(file.name for file in kept.rglob("*") if file.is_file() and file.parent.name != ".made")

    before = images()
    for patient in ("2201", "2204"):
        practice.write_to(patient, template="Radio", account="folder", health_reason="demandé").check()
    assert len(images()) > len(before) + 1
    assert practice.erase_patient("2201", "RGPD").files >= 1
    assert [name for name in images() if name not in before] == ["panoramique-face-2026-06-01.png"]
    # An image that waits with another message is needed.
    practice.write_to("2204", template="Radio", account="folder", health_reason="demandé").queue()
    practice.erase_patient("2201", "RGPD")
    assert "panoramique-face-2026-06-01.png" in images()


def test_a_name_in_the_reason_of_a_decision_about_health_data_goes_too(practice: Practice) -> None:
    practice.ledger.library.save_template(
        Template(label="Soin", subject="Un mot", html="<p>@RDVNATURE</p>"), by="claire", now=NOW
    )
    patient = somebody(practice)
    practice.patients.correct(patient, last_name="Quatrebarbes")
    letter = practice.write_to(patient, template="Soin", account="folder", health_reason="accord de Mme Quatrebarbes")
    letter.send(confirmed=True)
    practice.erase_patient(patient, "RGPD")
    assert files_with(practice.path, "Quatrebarbes") == []
    acts = practice.ledger.acts.acts(f"mailing:{letter.id}")  # type: ignore[attr-defined]
    [decision] = acts[acts["what"] == "health_data_allowed"]["details"]
    assert decision == {"reason": "accord de Mme …"}


def test_what_others_were_told_stays(practice: Practice, tmp_path: Path) -> None:
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.4 plan\n%%EOF\n")
    one = somebody(practice)
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    results = practice.mailing(rdv, REMINDER, account="folder", attachments=[plan]).send(confirmed=True)
    assert practice.erase_patient(one, "RGPD").files == 0
    others = results[(results["status"] == "sent") & (results["patient_id"] != one)]["delivery_id"]
    assert all(practice.sent(number).same_bytes for number in others)


def test_an_opt_out_stays_and_still_protects(practice: Practice) -> None:
    patient = somebody(practice)
    practice.write_to(patient, subject="Bonjour", html=HTML, account="folder").send(confirmed=True)
    practice.opt_out(patient)
    practice.erase_patient(patient, "RGPD")
    assert practice.objection(patient) == "opted_out"


def test_files_that_people_made_and_that_still_name_the_patient_are_told(practice: Practice) -> None:
    patient = somebody(practice)
    practice.patients.correct(patient, email="zephirine@quatrebarbes.test")
    practice.write_to(patient, subject="Bonjour", html=HTML, account="folder").send(confirmed=True)
    executed = practice.path / "runs" / "rappel.ipynb"
    executed.write_text('{"cells": ["zephirine@quatrebarbes.test"]}')
    assert practice.erase_patient(patient, "RGPD").left == (executed,)


def test_saved_searches_and_jobs_that_ask_for_the_patient_are_told_and_stay(practice: Practice) -> None:
    patient = somebody(practice)
    practice.patients.correct(patient, last_name="Quatrebarbes")
    searches = {
        "par nom": {"name": "quatrebarbes"}, "par dossier": {"patient": patient}, "Mme Quatrebarbes": {},
        "tout le monde": {"start": "J+1"},
    }  # fmt: skip
    for name, asked in searches.items():
        practice.ledger.saved_searches.save(name, "appointments", asked, by="claire", now=NOW)
    daily = Recurrence.of(every="daily", at="12:00", start=NOW.date())
    for title, asked in (("Rappel à la main", {"name": "Quatrebarbes"}), ("Rappels", {})):
        job = Job(key=title, title=title, treatment="appointments", parameters=asked, template="A/B", recurrence=daily)
        practice.ledger.jobs.save(job, by="claire", now=NOW)
    done = practice.erase_patient(patient, "RGPD")
    assert (sorted(done.searches), done.jobs) == (["Mme Quatrebarbes", "par dossier", "par nom"], ("Rappel à la main",))
    assert "Quatrebarbes" not in repr(done)
    assert set(practice.ledger.saved_searches.all()) == set(searches)


def test_a_title_with_a_word_that_is_also_a_last_name_asks_for_nobody(practice: Practice) -> None:
    patient = somebody(practice)
    practice.patients.correct(patient, last_name="Mars")
    for name, asked in {"rappels du mois de mars": {}, "par nom": {"name": "Mars"}, "M. Mars": {}}.items():
        practice.ledger.saved_searches.save(name, "appointments", asked, by="claire", now=NOW)
    daily = Recurrence.of(every="daily", at="12:00", start=NOW.date())
    job = Job(key="mars", title="Rappels de mars", treatment="appointments", template="A/B", recurrence=daily)
    practice.ledger.jobs.save(job, by="claire", now=NOW)
    done = practice.erase_patient(patient, "RGPD")
    assert (sorted(done.searches), done.jobs) == (["M. Mars", "par nom"], ())


def test_the_daily_copies_are_told_and_taken_away_when_asked(practice: Practice) -> None:
    patient = somebody(practice)
    practice.write_to(patient, subject="Bonjour", html=HTML, account="folder").send(confirmed=True)
    folder = practice.path / "copies"
    folder.mkdir(exist_ok=True)  # it is there already on any other day than the one the clock of the test stands at
    (folder / "ledger-2026-11-21.sqlite").write_bytes(b"what was")
    copies = len(list(folder.glob("*.sqlite")))
    assert practice.erase_patient(patient, "RGPD").copies == copies
    assert practice.erase_patient(patient, "RGPD", copies=True).copies == 0
    assert not folder.exists()


def test_nobody_is_forgotten_without_a_reason_or_while_a_message_leaves(practice: Practice) -> None:
    patient = somebody(practice)
    letter = practice.write_to(patient, subject="Bonjour", html=HTML, account="folder")
    number = letter.queue()
    with pytest.raises(BadValue):
        practice.erase_patient(patient, "  ")
    with practice.ledger.start_sender(user="claire", now=practice.now(), mailing_id=number) as sender:
        assert practice.ledger.outbox(number, sender).claim(1, now=practice.now())
        with pytest.raises(ForbiddenMove):
            practice.erase_patient(patient, "RGPD")
    assert practice.history(patient)["address"].iloc[0] != ""


def test_who_was_never_written_to_is_forgotten_too(practice: Practice) -> None:
    done = practice.erase_patient(somebody(practice), "RGPD")
    assert (done.deliveries, done.files, done.caught) == (0, 0, 0)


def test_drafts_that_tell_of_the_patient_go_and_are_counted(practice: Practice) -> None:
    patient = somebody(practice)
    practice.patients.correct(patient, last_name="Blanc", first_name="Rose", mobile="06 12 34 56 78")
    texts = {
        "named": "<p>Bonjour Mme Blanc,</p>", "called": "<p>Appelez le 06.12.34.56.78</p>",
        "other": "<p>Le fauteuil blanc, et une rose</p>",
    }  # fmt: skip
    for key, html in texts.items():
        begun = practice.drafts.begin("appointments")
        practice.drafts.save(replace(begun, key=key, content={"written": {"html": html}}))
    assert practice.erase_patient(patient, "RGPD").drafts == 2
    assert [draft.key for draft in practice.drafts.mine()] == ["other"]


def test_a_ledger_that_several_machines_share_does_alike(postgres_url: str, tmp_path: Path) -> None:
    folder = init_workspace(tmp_path / "W", demo=True, ledger=postgres_url, user="claire", now=lambda: NOW)
    with open_practice(folder, user="claire", now=lambda: NOW) as practice:
        practice.accounts.set("folder", kind="folder", folder="out")
        patient = somebody(practice)
        letter = practice.write_to(patient, subject="Bonjour @PPRENOM", html=HTML, account="folder")
        number = int(letter.send(confirmed=True)["delivery_id"].iloc[0])
        assert practice.sent(number).same_bytes
        again = int(practice.resend(number, confirmed=True)["delivery_id"].iloc[0])
        assert practice.sent(again).again_of == number
        practice.delete_from_history(again, "une fois de trop")
        assert practice.history(patient)["delivery_id"].tolist() == [number]
        done = practice.erase_patient(patient, "RGPD")
        assert (done.deliveries, done.caught, done.copies, done.compact) == (2, 2, 0, True)
        history = practice.history(patient, deleted=True)
        assert history["address"].tolist() == ["", ""]
        assert history["emptied_at"].notna().all()
        assert practice.ledger.library.template(letter.template.path).html == ""
