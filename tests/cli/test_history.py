"""One patient's mail on the command line: written, listed, read, sent again, printed, deleted, kept, erased."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Callable
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pypdf
import pytest

from workbench.cli import letters
from workbench.cli.letters import body_of, paragraphs
from workbench.errors import BadValue, MailingError, NotConfirmed, UnknownMailing, UsageError

At = Callable[..., Any]


@pytest.fixture
def patient(at: At) -> str:
    """An adult of the sample practice who can be written to."""
    rows = json.loads(at("search", "appointments", "--set", "start=tomorrow", "--format", "json").stdout)
    return next(row["patient_id"] for row in rows if row["address_status"] == "ok" and row["patient_type"] != "Enfant")


@pytest.fixture
def body(tmp_path: Path) -> Path:
    file = tmp_path / "mot.txt"
    file.write_text("Bonjour @PPRENOM,\n\nvoici votre plan <provisoire>.\nÀ bientôt\n", encoding="utf-8")
    return file


def listed(at: At, patient: str, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(at("history", patient, "--format", "json", *options).stdout)
    return found


def written(at: At, patient: str, body: Path) -> int:
    """Write one letter and send it; its number."""
    done = at("patient", "write", patient, "--subject", "Votre plan", "--body", str(body), "--yes")
    assert done.exit_code == 0, done.output
    return int(listed(at, patient)[0]["delivery_id"])


def test_a_letter_is_written_listed_and_read_again(at: At, patient: str, body: Path, sample: Path) -> None:
    number = written(at, patient, body)
    table = at("history", patient)
    assert "« Votre plan » (by hand)" in table.stdout
    shown = at("history", patient, "--show", str(number))
    assert "voici votre plan <provisoire>." in shown.stdout
    assert "Byte for byte what left" in shown.stderr
    assert "Date: 20" in shown.stderr
    told = json.loads(at("history", patient, "--show", str(number), "--format", "json").stdout)
    assert (told["subject"], told["same_bytes"]) == ("Votre plan", True)


def test_the_very_message_and_its_html_are_written_to_files(
    at: At, patient: str, body: Path, sample: Path, tmp_path: Path
) -> None:
    number = written(at, patient, body)
    eml, html = tmp_path / "m.eml", tmp_path / "m.html"
    done = at("history", patient, "--show", str(number), "--eml", str(eml), "--html", str(html))
    assert "Byte for byte" in done.stderr
    [caught] = (sample / "caught").glob("*.eml")
    letter = caught.read_bytes()
    assert letter[letter.index(b"Date: ") :] == eml.read_bytes()
    assert "provisoire" in html.read_text(encoding="utf-8")
    assert stat.S_IMODE(eml.stat().st_mode) == 0o600


def test_a_letter_can_be_looked_at_without_being_sent(at: At, patient: str, body: Path, tmp_path: Path) -> None:
    eml = tmp_path / "m.eml"
    seen = at(
        "patient", "write", patient, "--subject", "Votre plan", "--body", str(body), "--preview", "--eml", str(eml)
    )
    assert seen.exit_code == 0
    assert "Subject: Votre plan" in seen.stdout
    assert message_from_bytes(eml.read_bytes(), policy=SMTP)["subject"] == "Votre plan"
    assert listed(at, patient) == []


def test_nothing_leaves_unless_somebody_agrees(at: At, patient: str, body: Path) -> None:
    done = at("patient", "write", patient, "--subject", "Votre plan", "--body", str(body))
    assert isinstance(done.exception, NotConfirmed)
    assert listed(at, patient) == []


@pytest.mark.parametrize("agrees", [True, False])
def test_a_person_is_asked_about_what_leaves_and_to_whom(
    at: At, patient: str, body: Path, monkeypatch: pytest.MonkeyPatch, agrees: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(letters, "is_terminal", lambda _stream: True)
    monkeypatch.setattr(letters, "agreed", lambda question: asked.append(question) or agrees)
    done = at("patient", "write", patient, "--subject", "Votre\tplan", "--body", str(body))
    assert len(asked) == 1
    assert asked[0].startswith("Send « Votre")
    assert "@" in asked[0]
    assert len(listed(at, patient)) == agrees
    assert agrees or isinstance(done.exception, NotConfirmed)


def test_an_account_may_ask_nothing_but_twice_is_always_asked(
    at: At, patient: str, body: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(letters, "is_terminal", lambda _stream: True)
    monkeypatch.setattr(letters, "agreed", lambda question: asked.append(question) or False)
    written = ("patient", "write", patient, "--subject", "Votre plan", "--body", str(body), "--option", "confirm=no")
    assert "Sent without asking" in at(*written).stderr
    number = listed(at, patient)[0]["delivery_id"]
    assert asked == []
    at("history", patient, "--resend", str(number))
    assert len(asked) == 1
    assert len(listed(at, patient)) == 1
    at("patient", "erase", patient, "--reason", "x")
    assert len(asked) == 2
    assert listed(at, patient)[0]["address"] != ""


def test_files_and_options_go_with_a_letter(at: At, patient: str, body: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.4 plan\n%%EOF\n")
    done = at(
        "patient", "write", patient, "--subject", "Votre plan", "--body", str(body), "--attach", str(plan),
        "--signature", "-", "--option", "keep_messages=no", "--yes",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    [row] = listed(at, patient)
    assert row["emptied_at"] is not None
    told = json.loads(at("history", patient, "--show", str(row["delivery_id"]), "--format", "json").stdout)
    assert (told["attachments"], told["text"]) == (["plan.pdf"], "")
    assert len(told["sha256"]) == 64


def test_the_text_may_be_piped_and_an_email_type_may_be_sent(at: At, patient: str) -> None:
    assert at("patient", "write", patient, "--subject", "Oui", "--body", "-", "--yes", typed="Bonjour").exit_code == 0
    done = at("patient", "write", patient, "--template", "Rendez-vous/Rappel de rendez-vous", "--yes")
    assert done.exit_code == 0, done.output
    assert [row["status"] for row in listed(at, patient)] == ["sent", "sent"]


def test_what_to_write_must_be_said(at: At, patient: str, tmp_path: Path) -> None:
    assert isinstance(at("patient", "write", patient, "--subject", "x").exception, UsageError)
    empty = tmp_path / "empty.txt"
    empty.write_text(" \n")
    asked = ("patient", "write", patient, "--subject", "x", "--body", str(empty), "--yes")
    assert isinstance(at(*asked).exception, BadValue)


def test_a_message_is_sent_again_and_both_say_so(at: At, patient: str, body: Path) -> None:
    number = written(at, patient, body)
    assert isinstance(at("history", patient, "--resend", str(number)).exception, NotConfirmed)
    done = at("history", patient, "--resend", str(number), "--yes")
    assert done.exit_code == 0, done.output
    rows = listed(at, patient)
    assert [row["previous_id"] for row in rows] == [number, None]
    shown = at("history", patient, "--show", str(number))
    assert f"Sent again as: {rows[0]['delivery_id']}" in shown.stderr


def test_messages_are_printed_into_one_pdf(at: At, patient: str, body: Path, tmp_path: Path) -> None:
    first = written(at, patient, body)
    at("history", patient, "--resend", str(first), "--yes")
    second = listed(at, patient)[0]["delivery_id"]
    target = tmp_path / "mails.pdf"
    done = at("history", patient, "--print", f"{first},{second}", "--output", str(target))
    assert done.exit_code == 0, done.output
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(target.read_bytes())).pages]
    assert len(pages) == 2
    assert all("voici votre plan <provisoire>" in page and "Votre plan" in page for page in pages)
    assert f"Message no. {first}" in pages[0]
    assert f"no. {first}" in pages[1]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert isinstance(at("history", patient, "--print", str(first)).exception, UsageError)
    assert isinstance(at("history", patient, "--print", "x", "--output", str(target)).exception, UsageError)


def test_a_message_is_deleted_with_a_reason_and_can_be_put_back(at: At, patient: str, body: Path) -> None:
    number = written(at, patient, body)
    assert isinstance(at("history", patient, "--delete", str(number)).exception, UsageError)
    done = at("history", patient, "--delete", str(number), "--reason", "wrong\x1b[31m text")
    assert done.exit_code == 0
    assert listed(at, patient) == []
    [row] = listed(at, patient, "--deleted")
    assert row["deleted_reason"] == "wrong\x1b[31m text"
    assert "\x1b" not in at("history", patient, "--deleted").stdout
    assert at("results").stdout.count("Sent") == 1
    at("history", patient, "--restore", str(number))
    assert len(listed(at, patient)) == 1


def test_only_this_patient_s_messages_are_meant(at: At, patient: str, body: Path) -> None:
    number = written(at, patient, body)
    rows = json.loads(at("search", "appointments", "--set", "start=tomorrow", "--format", "json").stdout)
    other = next(row["patient_id"] for row in rows if row["patient_id"] != patient)
    for option in (["--show"], ["--resend"], ["--delete"], ["--restore"]):
        done = at("history", other, *option, str(number), "--reason", "x", "--yes")
        assert isinstance(done.exception, MailingError)
        assert not isinstance(done.exception, UnknownMailing)


def test_one_thing_is_done_at_a_time(at: At, patient: str) -> None:
    assert isinstance(at("history", patient, "--show", "1", "--delete", "1").exception, UsageError)
    assert isinstance(at("history", patient, "--html", "x.html").exception, UsageError)


def test_what_is_too_old_is_emptied_and_says_so(at: At, patient: str, body: Path) -> None:
    number = written(at, patient, body)
    assert "0 messages were emptied" in at("retention").stderr
    done = at("retention", "--days", "0")
    assert "for ever" in done.stderr
    assert at("history", patient, "--show", str(number)).exit_code == 0


def test_a_patient_is_forgotten(at: At, patient: str, body: Path, sample: Path) -> None:
    number = written(at, patient, body)
    address = listed(at, patient)[0]["address"]
    assert isinstance(at("patient", "erase", patient, "--reason", "asked").exception, UsageError)
    assert isinstance(at("patient", "erase", patient, "--yes").exception, UsageError)
    for name, asked in (("les siens", f"patient={patient}"), ("de Rennes", "name=Rennes")):
        saved = at("search", "correspondents", "--set", asked, "--save", name)
        assert saved.exit_code == 0, saved.output
    done = at("patient", "erase", patient, "--reason", "asked", "--yes")
    assert done.exit_code == 0, done.output
    assert "« les siens »" in done.stderr
    assert "« de Rennes »" not in done.stderr
    assert "1 message about patient" in done.stderr
    assert "not touched" in done.stderr
    assert not list((sample / "caught").glob("*.eml"))
    assert address.encode() not in (sample / "ledger.sqlite").read_bytes()
    assert "not kept any more" in at("history", patient, "--show", str(number)).stderr
    assert isinstance(at("history", patient, "--resend", str(number), "--yes").exception, MailingError)


def test_plain_text_becomes_paragraphs() -> None:
    assert paragraphs("a & b\n\n\n\n  c  \r\nd") == "<p>a &amp; b</p>\n<p>c<br>\nd</p>"


def test_a_text_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    wrong = tmp_path / "x.txt"
    wrong.write_bytes(b"\xff\xfe\x00")
    long = tmp_path / "long.txt"
    long.write_bytes(b"a" * 1_000_001)
    for source in (str(tmp_path), str(tmp_path / "none"), str(wrong), str(long)):
        with pytest.raises(BadValue):
            body_of(source)
    page = tmp_path / "x.html"
    page.write_text("<p>as it is</p>")
    assert body_of(str(page)) == "<p>as it is</p>"
