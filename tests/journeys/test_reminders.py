"""Tomorrow's reminders of the sample practice, over a real SMTP server: each addressee once, with the right data."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.journeys.running import last_json
from tests.journeys.smtp_sink import SmtpSink

REMINDER = "Rendez-vous/Rappel de rendez-vous"
TOMORROW = ("--search", "appointments", "--set", "start=tomorrow", "--set", "end=tomorrow", "--set", "state=upcoming")

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def sample(tmp_path: Path, workbench: Run, smtp_sink: SmtpSink) -> Path:
    """The sample practice with an account on the SMTP server of this test."""
    folder = tmp_path / "W"
    assert workbench("init", folder, "--demo").returncode == 0
    made = workbench(
        "account", "set", "local", "--email", "secretariat@cabinet.example", "--host", "127.0.0.1",
        "--port", smtp_sink.port, "--security", "none", workspace=folder,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_each_addressee_gets_one_message_and_the_same_command_again_sends_nothing(
    sample: Path, workbench: Run, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    send = ("send", *TOMORROW, "--template", REMINDER, "--yes", "--results", tmp_path / "r.csv", "--json")
    done = workbench(*send, workspace=sample)
    assert done.returncode == 0, done.stderr
    counts = last_json(done)
    rows = rows_of(tmp_path / "r.csv")
    assert len(rows) == counts["sent"] + counts["skipped"]
    assert 25 <= counts["sent"] <= 60
    assert Counter(row["status"] for row in rows) == {"sent": counts["sent"], "skipped": counts["skipped"]}
    assert all(row["reason"] for row in rows if row["status"] == "skipped")
    assert {"no_address", "invalid_address", "opted_out", "deceased"} <= {row["reason"] for row in rows}

    arrived = smtp_sink.messages()
    sent = [row for row in rows if row["status"] == "sent"]
    assert Counter(caught.recipients[0] for caught in arrived) == Counter(row["address"] for row in sent)
    for caught in arrived:
        assert len(caught.recipients) == 1
        assert len(caught.message.get_all("To", [])) == 1
        for kind in ("plain", "html"):
            body = caught.body(kind)
            assert "{{" not in body.replace("{{7*7}}", "")
            assert not re.search(r"(?<!\w)@(?!PPRENOM)[A-Z][A-Z0-9_]{2,}", body)
            assert "<script>alert" not in body or kind == "plain"
    identities = {row["message_id"] for row in sent}
    assert {str(caught.message["Message-ID"]).strip() for caught in arrived} == identities
    assert len(identities) == len(sent)

    again = workbench(*send, workspace=sample)
    assert again.returncode == 0
    assert last_json(again) == counts
    assert smtp_sink.count() == counts["sent"]


def test_each_message_tells_its_own_appointment(sample: Path, workbench: Run, smtp_sink: SmtpSink) -> None:
    listed = workbench("search", *TOMORROW[1:], "--format", "csv", "--output", sample / "t.csv", workspace=sample)
    assert listed.returncode == 0, listed.stderr
    by_patient: dict[str, list[dict[str, str]]] = {}
    for row in rows_of(sample / "t.csv"):
        by_patient.setdefault(row["patient_id"], []).append(row)
    done = workbench(
        "send", *TOMORROW, "--template", REMINDER, "--yes", "--results", sample / "r.csv", workspace=sample
    )
    assert done.returncode == 0, done.stderr
    by_identity = {str(caught.message["Message-ID"]).strip(): caught for caught in smtp_sink.messages()}
    for row in rows_of(sample / "r.csv"):
        if row["status"] != "sent":
            continue
        text = by_identity[row["message_id"]].body("plain").replace("\xa0", " ").replace("\u202f", " ")
        for told in by_patient[row["patient_id"]]:
            hour, minute = told["time"].split(":")[:2]
            written = f"{int(hour)} h {minute}" if minute != "00" else f"{int(hour)} h"
            assert written in text


def test_a_corrected_address_makes_the_same_command_send_that_one_message(
    sample: Path, workbench: Run, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    send = ("send", *TOMORROW, "--template", REMINDER, "--yes", "--results", tmp_path / "r.csv", "--json")
    before = last_json(workbench(*send, workspace=sample))
    left_out = [
        row for row in rows_of(tmp_path / "r.csv") if row["reason"] == "no_address" and row["role"] == "patient"
    ]
    patient = left_out[0]["patient_id"]
    corrected = workbench("patient", "correct", patient, "email=corrigee@patients.example", workspace=sample)
    assert corrected.returncode == 0, corrected.stderr
    after = last_json(workbench(*send, workspace=sample))
    assert after["sent"] == before["sent"] + 1
    assert after["skipped"] == before["skipped"] - 1
    assert smtp_sink.addresses()["corrigee@patients.example"] == 1
    assert smtp_sink.count() == after["sent"]


def test_an_opt_out_given_between_two_runs_keeps_the_row_out(
    sample: Path, workbench: Run, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    preview = workbench("preview", *TOMORROW, "--template", REMINDER, "--recipient", 0, "--eml", tmp_path / "0.eml",
                        workspace=sample)  # fmt: skip
    assert preview.returncode == 0, preview.stderr
    listed = workbench("search", *TOMORROW[1:], "--format", "csv", "--output", tmp_path / "t.csv", workspace=sample)
    assert listed.returncode == 0
    patient = next(row["patient_id"] for row in rows_of(tmp_path / "t.csv") if row["address_status"] == "ok")
    assert workbench("patient", "opt-out", patient, workspace=sample).returncode == 0
    done = workbench(
        "send", *TOMORROW, "--template", REMINDER, "--yes", "--results", tmp_path / "r.csv", workspace=sample
    )
    assert done.returncode == 0, done.stderr
    row = next(row for row in rows_of(tmp_path / "r.csv") if row["patient_id"] == patient)
    assert (row["status"], row["reason"]) == ("skipped", "opted_out")


def test_nothing_leaves_without_a_confirmation(sample: Path, workbench: Run, smtp_sink: SmtpSink) -> None:
    done = workbench("send", *TOMORROW, "--template", REMINDER, workspace=sample)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert smtp_sink.count() == 0
    assert workbench("mailings", "list", "--format", "json", workspace=sample).stdout.strip() == "[]"


def test_the_demo_prepares_sends_and_reports(tmp_path: Path, workbench: Run) -> None:
    done = workbench("demo", tmp_path / "demo", "--no-lab", WORKBENCH_LANGUAGE="fr")
    assert done.returncode == 0, done.stderr
    caught = list((tmp_path / "demo" / "caught").glob("*.eml"))
    results = workbench("results", "--format", "json", workspace=tmp_path / "demo")
    assert results.stdout.count('"sent"') == len(caught) >= 25
    assert workbench("demo", tmp_path / "demo", "--no-lab").returncode == 0
    assert len(list((tmp_path / "demo" / "caught").glob("*.eml"))) == len(caught)
