from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from workbench.cli.progress import _wait_sentence
from workbench.domain.departures import NextDeparture, WaitingFor
from workbench.domain.mailings import MailingProgress, Tally
from workbench.errors import UnknownMailing, UnknownPatient, UsageError


@pytest.mark.parametrize("words", [["mailings"], ["mailings", "list"]])
def test_the_mailings_are_listed(command, words):
    done = command(*words, "--format", "json")
    assert json.loads(done.stdout)[0]["mailing_id"] == 7


def test_one_mailing_is_shown_with_its_numbers(command):
    done = command("mailings", "show", "7")
    assert "✓ Finished" in done.stdout
    assert "In all" in done.stdout


def test_resume_sends_what_is_open(command, practice):
    done = command("mailings", "resume", "7", "--json")
    assert json.loads(done.stdout)["sent"] == 2
    assert done.exit_code == 0


def test_retry_sends_the_failed_ones_again(command, practice):
    practice.statuses = {"1": "failed", "2": "sent"}
    assert command("mailings", "retry", "7").exit_code == 0
    assert set(practice.statuses.values()) == {"sent"}


@pytest.mark.parametrize(("choice", "sendings"), [("--as-sent", 0), ("--resend", 1)])
def test_a_person_settles_the_uncertain_ones(command, practice, choice, sendings):
    practice.statuses = {"1": "in_doubt", "2": "sent"}
    assert command("mailings", "settle", "7", choice).exit_code == 0
    assert set(practice.statuses.values()) == {"sent"}
    assert len(practice.made.calls) == sendings


@pytest.mark.parametrize("choices", [[], ["--as-sent", "--resend"]])
def test_a_decision_is_one_decision(command, choices):
    assert isinstance(command("mailings", "settle", "7", *choices).exception, UsageError)


def test_cancel_says_what_stays(command, practice):
    done = command("mailings", "cancel", "7")
    assert done.exit_code == 0
    assert "2 waiting messages of mailing 7 are cancelled" in done.stderr
    assert practice.statuses["1"] == "cancelled"


def test_one_message_is_cancelled_by_its_number(command, practice):
    done = command("mailings", "cancel", "7", "--delivery", "2")
    assert done.exit_code == 0
    assert "1 waiting message of mailing 7 is cancelled" in done.stderr
    assert practice.statuses == {"1": "pending", "2": "cancelled", "3": "skipped"}


def test_what_does_not_wait_cannot_be_cancelled(command, practice):
    done = command("mailings", "cancel", "7", "--delivery", "3")
    assert done.exception.exit_status == 1
    assert "None of these messages waits" in done.exception.sentence


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (WaitingFor.UNDO, "Until 2026-11-23 09:00 they can be taken back"),
        (WaitingFor.LIMITS, "The account has sent as much as it may for now; it may go on at 2026-11-23 09:00"),
        (WaitingFor.HOURS, "outside the sending hours; they may leave from 2026-11-23 09:00"),
        (WaitingFor.RETRY, "They are put off; the next attempt is due at 2026-11-23 09:00"),
    ],
)
def test_why_a_mailing_waits_and_until_when_is_told(command, practice, why, said):
    at = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Paris"))
    practice.departure = NextDeparture(at=at, waiting_for=why)
    assert said in command("mailings", "show", "7").stderr


def test_results_hold_names_and_addresses_and_a_day_may_be_named(command, practice):
    done = command("results", "--since", "J-7", "--format", "json")
    assert len(json.loads(done.stdout)) == 3
    assert practice.asked == [("results", None, {"since": "J-7", "identities": True})]
    command("results", "7")
    assert practice.asked[-1][1] == 7


def test_an_unknown_mailing_is_said_before_what_to_decide(at):
    for choice in ([], ["--as-sent"]):
        assert isinstance(at("mailings", "settle", "99", *choice).exception, UnknownMailing)


@pytest.mark.parametrize(
    ("words", "asked"),
    [(["results", "7"], "results"), (["history", "41"], "history"), (["mailings"], "mailings")],
)
def test_a_table_tells_moments_by_the_clock_of_the_practice_and_a_file_in_utc(
    words, asked, command, practice, monkeypatch
):
    monkeypatch.setattr(practice.calendar, "zone", ZoneInfo("America/Cayenne"))
    moment = pd.Timestamp("2026-11-22 02:17", tz="UTC")
    times = dict.fromkeys(("opened_at",) if asked == "mailings" else ("queued_at", "decided_at"), moment)
    rows = pd.DataFrame([{"mailing_id": 7, "status": "sent", "template": "T", **times}])
    monkeypatch.setattr(practice, asked, lambda *_asked, **_options: rows)
    assert "2026-11-21 23:17" in command(*words).stdout
    assert "2026-11-22T02:17:00+00:00" in command(*words, "--format", "csv").stdout
    assert "2026-11-22T02:17:00+00:00" in command(*words, "--format", "json").stdout


def test_the_list_tells_when_each_mailing_was_begun_and_a_file_holds_codes(at, tmp_path):
    at("send", "--search", "appointments", "--set", "start=tomorrow", "--set", "end=tomorrow",
       "--template", "Rendez-vous/Rappel de rendez-vous", "--yes")  # fmt: skip
    table = at("mailings").stdout
    assert "Begun on" in table
    assert "✓ Finished" in table
    for words in (("mailings",), ("mailings", "list"), ("mailings", "show", "1")):
        file = tmp_path / f"{len(words)}.csv"
        at(*words, "--output", str(file))
        [row] = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
        assert row["status"] == "finished"


def test_what_others_replaced_is_told_beside_the_numbers(command, practice, monkeypatch):
    rows = {("sent", ""): 2, ("cancelled", "superseded"): 3, ("cancelled", ""): 1}
    monkeypatch.setattr(practice, "tally", lambda _number: Tally(rows))
    shown = command("mailings", "show", "7")
    assert "The results hold 3 rows more" in shown.stderr
    assert Tally(rows).counts.cancelled == 1
    assert sum(asdict(Tally(rows).counts).values()) + Tally(rows).replaced == 6  # the rows of the results
    monkeypatch.setattr(practice, "tally", lambda _number: Tally({("sent", ""): 2}))
    assert "The results hold" not in command("mailings", "show", "7").stderr


@pytest.mark.parametrize("zone", ["Europe/Paris", "UTC"])
def test_who_cancelled_is_told_by_the_clock_of_the_practice(command, practice, zone, monkeypatch):
    practice.cancelled = (datetime(2026, 11, 22, 14, 5, tzinfo=ZoneInfo(zone)), "claire")
    waiting = MailingProgress(total=1, pending=1, waiting_until=practice.cancelled[0], waiting_for=WaitingFor.UNDO)
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        told = command("mailings", "show", "7").stderr
        words = _wait_sentence(waiting, practice.cancelled[0])
    time.tzset()
    assert "cancelled on 2026-11-22 14:05 by claire" in told
    assert "leaves at 2026-11-22 14:05" in words


def test_no_results_and_no_history_are_said(at, command):
    done = at("results")
    assert done.exit_code == 0
    assert "no message was prepared" in done.stderr
    assert "Nothing was sent about this patient yet." in command("history", "41").stderr
    assert isinstance(command("history", "404").exception, UnknownPatient)
