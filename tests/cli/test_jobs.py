from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import nbformat
import pytest

from workbench.cli.main import main
from workbench.domain.recurrence import Occurrence
from workbench.language import use_language
from workbench.wiring import open_practice

MISSED = "Rendez-vous/Rendez-vous manqué"
REMINDER = "Rendez-vous/Rappel de rendez-vous"
GUIDE = ("job", "add", "--treatment", "missed", "--template", MISSED, "--time", "12:00")

Told = tuple[int, str, str]


@pytest.fixture
def at_desk(sample_made_once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """The command line on a sample practice; gives the status, what was printed and what was said."""
    shutil.copytree(sample_made_once, tmp_path / "W")

    def run(*words: str) -> Told:
        with pytest.raises(SystemExit) as ended:
            main(["-w", str(tmp_path / "W"), *words])
        out, said = capsys.readouterr()
        status = ended.value.code
        assert isinstance(status, int)
        return status, out, said

    return run


def rows(told: Told) -> list[dict[str, Any]]:
    assert told[0] == 0, told
    found: list[dict[str, Any]] = json.loads(told[1])
    return found


def test_the_guides_job_is_set_shown_tried_out_and_done(at_desk: Callable[..., Told]) -> None:
    status, out, said = at_desk(*GUIDE)
    assert (status, "missed-appointments" in said, "every day at 12:00" in said) == (0, True, True)
    assert out.count("T12:00") == 5  # its next five times, with the dates they search
    (job,) = rows(at_desk("job", "list", "--format", "json"))
    assert (job["active"], job["missed"], job["template"]) == (True, "latest", MISSED)
    following = rows(at_desk("job", "next", job["job"], "--format", "json"))
    assert len(following) == 5
    assert all(one["start"] < one["occurrence"] for one in following)
    shown = at_desk("job", "show", "Missed appointments")
    assert "exclude_upcoming=yes, exclude_returned=yes" in shown[1]
    for back in range(1, 20):
        tried = json.loads(at_desk("job", "check", job["job"], "--today", f"J-{back}", "--json")[1])
        if tried["pending"]:
            break
    assert tried["sent"] == 0
    status, out, said = at_desk("job", "run", job["job"], "--json")
    assert status == 0, said
    assert json.loads(out.splitlines()[-1])["pending"] == 0
    (done,) = rows(at_desk("job", "log", "--format", "json"))
    assert (done["state"], done["found"] is None) == ("done", False)
    assert "hand:" in at_desk("job", "log", job["job"])[1]


def test_the_log_tells_who_was_left_out_and_why(at_desk: Callable[..., Told]) -> None:
    words = ("--treatment", "appointments", "--template", REMINDER, "--set", "end=J+21", "--time", "12:00")
    for title in ("first", "second"):
        assert at_desk("job", "add", title, *words)[0] == 0
        assert at_desk("job", "run", title)[0] == 0
    (first,), (second,) = (rows(at_desk("job", "log", one, "--format", "json")) for one in ("first", "second"))
    assert first["sent"] > 0
    for done in (first, second):
        assert sum(int(one.split()[1]) for one in done["left_out"].split(", ") if one) == done["skipped"]
    assert f"duplicate_occasion {first['sent']}" in second["left_out"].split(", ")
    told = " ".join(at_desk("job", "log", "second")[2].split())
    assert f"second {second['occurrence']}: left out: " in told
    assert f"{first['sent']} × Another mailing already covers this occasion" in told


def test_a_job_is_changed_switched_off_and_taken_away(at_desk: Callable[..., Told]) -> None:
    at_desk(*GUIDE, "--disabled", "Manqués")
    changed = at_desk("job", "set", "manques", "--every", "weekly", "--on", "lundi", "--set", "hours=08:00-12:00")
    assert (changed[0], "each Monday at 12:00" in changed[2]) == (0, True)
    (job,) = rows(at_desk("job", "list", "--format", "json"))
    assert job["active"] is False
    assert "No scheduler" not in at_desk("job", "list")[2]
    assert "switched on" in at_desk("job", "enable", "manques")[2]
    assert "No scheduler is running on this machine" in at_desk("job", "list")[2]
    assert "switched off" in at_desk("job", "disable", "manques")[2]
    assert at_desk("job", "remove", "manques")[0] == 0
    assert rows(at_desk("job", "--format", "json")) == []
    assert "workbench job add" in at_desk("job")[2]


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("job", "run", "nothing"), 1, "There is no job"),
        ((*GUIDE, "--every", "sometimes"), 2, "no recurrence"),
        ((*GUIDE, "--set", "colour=red"), 2, "colour"),
        (("job", "add", "x", "--time", "12:00"), 2, "Say which search"),
        (("job", "approve", "12"), 1, "Nothing of"),
        (("scheduler", "--at", "soon"), 2, "is no time"),
    ],
)
def test_what_cannot_be_is_said(at_desk: Callable[..., Told], words: tuple[str, ...], status: int, told: str) -> None:
    ended = at_desk(*words)
    assert (ended[0], told in ended[2]) == (status, True), ended


def test_whoever_finds_a_job_being_done_is_told_how_to_wait(at_desk: Callable[..., Told], tmp_path: Path) -> None:
    at_desk(*GUIDE)
    with open_practice(tmp_path / "W") as practice:
        (job,) = practice.jobs.values()
        wall = datetime(2026, 11, 22, 12, 0)
        with practice.ledger.occurrences.owner() as owner:
            noon = Occurrence(wall, wall.replace(tzinfo=UTC))
            practice.ledger.occurrences.claim(owner, job, noon, now=practice.now())
            status, _out, said = at_desk("job", "run", job.key)
            assert (status, "is being done already" in said, "--wait MINUTES" in said) == (1, True, True)
            status, _out, said = at_desk("job", "run", job.key, "--wait", "0")
            assert (status, "is being done already" in said, "--wait" in said) == (1, True, False)


def test_what_waits_is_released_by_its_approver_alone(at_desk: Callable[..., Told]) -> None:
    at_desk("job", "add", "Rappels", "--treatment", "appointments", "--template",
            "Rendez-vous/Rappel de rendez-vous", "--time", "17:30", "--approver", "marc")  # fmt: skip
    status, out, said = at_desk("job", "run", "rappels", "--json")
    assert (status, "wait for marc" in said) == (0, True)
    number = str(json.loads(out.splitlines()[-1])["mailing"])
    refused = at_desk("job", "approve", number, "--user", "eve")
    assert (refused[0], "may not release" in refused[2]) == (1, True)
    status, out, _said = at_desk("job", "approve", number, "--user", "marc", "--json")
    assert status == 0
    assert json.loads(out.splitlines()[-1])["sent"] > 0
    assert at_desk("job", "refuse", number, "--user", "marc")[0] == 1


def test_why_and_what_would_have_been_are_told(at_desk: Callable[..., Told]) -> None:
    at_desk(*GUIDE, "Manqués")
    replayed = rows(at_desk("job", "replay", "manques", "--format", "json"))
    assert replayed
    patient = replayed[0]["patient_id"]
    told = rows(at_desk("job", "explain", "manques", patient, "--format", "json"))
    assert {"condition", "met", "detail"} <= set(told[0])
    at_desk(*GUIDE, "Tous", "--set", "exclude_returned=no")
    assert {one["by"] for one in rows(at_desk("job", "compare", "manques", "tous", "--format", "json"))} <= {
        "both", "second",
    }  # fmt: skip


def test_why_is_told_in_french_words_to_who_reads_french(
    at_desk: Callable[..., Told],
) -> None:
    use_language("fr")
    at_desk(*GUIDE, "Manqués")
    at_desk(*GUIDE, "Tous", "--set", "exclude_returned=no")
    patient = rows(at_desk("job", "replay", "manques", "--format", "json"))[0]["patient_id"]
    told = rows(at_desk("job", "explain", "manques", patient, "--format", "json"))
    assert any(one["condition"].endswith(": oui") for one in told)
    assert told[0]["detail"].endswith(("lignes trouvées", "ligne trouvée"))
    for one in told:
        assert not re.search(r": yes|\(guardian\)|\d{4}-\d\d|trouvés", f"{one['condition']} {one['detail']}")
    table = at_desk("job", "compare", "manques", "tous")[1]
    assert "Premier traitement" in table
    assert not re.search(r"\b(first|both)\b", table)


def test_a_mail_to_the_practice_is_listed_as_an_alert(at_desk: Callable[..., Told], tmp_path: Path) -> None:
    notebook = tmp_path / "W" / "notebooks" / "own.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), notebook)
    at_desk("job", "add", "Carnet", "--notebook", "notebooks/own.ipynb", "--time", "12:00", "--told", "moi@example.org")
    notebook.unlink()
    assert at_desk("job", "run", "carnet")[0] == 1
    table = at_desk("mailings", "list")[1]
    assert "Alert" in table
    assert "_alerts" not in table
    assert rows(at_desk("mailings", "list", "--format", "json"))[0]["template"].startswith("_alerts/")


def test_where_single_passes_are_made_nobody_is_told_that_no_scheduler_is_running(at_desk: Callable[..., Told]) -> None:
    at_desk(*GUIDE, "--start", "2099-01-01")
    alone = "No scheduler is running"
    said = " ".join(at_desk("job", "list")[2].split())
    assert alone in said
    assert "workbench lab without --no-scheduler" in said  # somebody may sit in one that has none
    now = datetime.now(ZoneInfo("Europe/Paris"))
    at_desk("scheduler", "--at", f"{now:%Y-%m-%dT%H:%M}")  # as if: nobody makes that again
    assert alone in at_desk("job", "list")[2]
    assert at_desk("scheduler", "--once")[0] == 0
    assert alone not in at_desk("job", "list")[2]


def test_a_pass_tells_its_numbers_and_a_second_one_does_nothing(at_desk: Callable[..., Told]) -> None:
    at_desk(*GUIDE, "Manqués")
    (job,) = rows(at_desk("job", "list", "--format", "json"))
    due = job["next_at"]
    status, out, said = at_desk("scheduler", "--at", due, "--json")
    told = json.loads(out.splitlines()[-1])
    assert status == 0, said
    assert [(one["job"], one["state"]) for one in told["occurrences"]] == [("manques", "done")]
    assert {"mailing", "sent", "failed", "in_doubt", "skipped", "pending"} <= set(told)
    again = at_desk("scheduler", "--at", due, "--json")
    assert json.loads(again[1].splitlines()[-1])["occurrences"] == []
    assert "Nothing was due" in again[2]


def test_a_pass_that_only_goes_on_with_what_waits_says_so(at_desk: Callable[..., Told], tmp_path: Path) -> None:
    with open_practice(tmp_path / "W") as practice:
        practice.accounts.set("folder", kind="folder", folder="out")
        rows_found = practice.search("missed", start="J-30", end="J-1").head(3)
        number = practice.mailing(rows_found, MISSED, account="folder").queue()
        waiting = practice.ledger.mailings.counts(number).pending
        assert waiting
    said = " ".join(at_desk("scheduler", "--once")[2].split())
    assert f"{waiting} message" in said
    assert "from before" in said
    assert f"Mailing {number} was gone on with." in said
    assert f": {waiting} sent" in said


def test_how_a_computer_starts_it_names_the_right_paths(at_desk: Callable[..., Told], tmp_path: Path) -> None:
    status, out, _said = at_desk("scheduler", "--install-help")
    assert status == 0
    (line,) = [one for one in out.splitlines() if one.startswith("ExecStart=")]
    words = shlex.split(line.removeprefix("ExecStart="))
    assert words == [sys.executable, "-P", "-m", "workbench", "-w", str(tmp_path / "W"), "scheduler"]
    assert "schtasks /Create" in out
    assert "Restart=always" in out
