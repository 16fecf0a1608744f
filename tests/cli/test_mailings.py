from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

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
    rows = pd.DataFrame([{"mailing_id": 7, "status": "sent", "queued_at": moment, "decided_at": moment}])
    monkeypatch.setattr(practice, asked, lambda *_asked, **_options: rows)
    assert "2026-11-21 23:17" in command(*words).stdout
    assert "2026-11-22T02:17:00+00:00" in command(*words, "--format", "csv").stdout
    assert "2026-11-22T02:17:00+00:00" in command(*words, "--format", "json").stdout


def test_no_results_and_no_history_are_said(at, command):
    done = at("results")
    assert done.exit_code == 0
    assert "no message was prepared" in done.stderr
    assert "Nothing was sent about this patient yet." in command("history", "41").stderr
    assert isinstance(command("history", "404").exception, UnknownPatient)
