from __future__ import annotations

import csv
import io
import json
import shutil
import signal
import stat
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench.cli import sending
from workbench.cli.main import app
from workbench.cli.report import say_findings
from workbench.domain.mailings import Counts
from workbench.domain.options import Options
from workbench.errors import BadValue, ImportRefused, KeyTaken, LoginRefused, NotConfirmed, UsageError
from workbench.practice import Mailing
from workbench.practice.letterheads import Choices

SEND = ("send", "--search", "appointments", "--template", "Rendez-vous/Rappel")


def test_a_confirmed_sending_ends_with_its_numbers_as_json(command, practice):
    done = command(*SEND, "--yes", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "mailing": 7, "sent": 2, "failed": 0, "in_doubt": 0, "skipped": 1, "pending": 0,
    }  # fmt: skip
    assert practice.closed


def test_without_json_the_numbers_add_up_and_the_reasons_are_told(command):
    done = command(*SEND, "--yes")
    assert "✓ Sent" in done.stdout
    assert "In all" in done.stdout
    assert "No e-mail address in the file." in done.stdout


def test_the_parameters_reach_the_search_as_written(command, practice):
    command(*SEND, "--set", "start=tomorrow", "--set", "by=practice", "--set", "by=patient", "--yes")
    assert practice.asked[0] == ("search", "appointments", {"start": "tomorrow", "by": "practice,patient"})


def test_the_options_reach_the_mailing(command, practice):
    command(*SEND, "--account", "gmail", "--key", "november", "--connections", "10", "--again", "--yes")
    options = {"account": "gmail", "key": "november", "values": {}}
    assert practice.asked[1] == ("mailing", 2, "Rendez-vous/Rappel", options)
    assert practice.made.calls[0]["connections"] == 10
    assert practice.made.calls[0]["again"] is True


@pytest.mark.parametrize(
    ("options", "timing"),
    [
        (("--yes",), (0, False)),  # what runs by itself has no undo window, and ignores the hours
        (("--yes", "--undo-window", "10"), (10, False)),
        (("--yes", "--within-hours"), (0, True)),
    ],
)
def test_what_runs_by_itself_leaves_at_once_unless_it_is_asked(command, practice, options, timing):
    practice.settings.undo_minutes, practice.settings.sending_hours = 5, "08:00-20:00"
    command(*SEND, *options)
    assert practice.made.timing == timing


@pytest.mark.parametrize(
    ("given", "timing"),
    [
        ({}, (5, True)),
        ({"undo_window": 0.0}, (0, True)),
        ({"within_hours": False}, (5, False)),
    ],
)
def test_what_a_person_confirms_keeps_to_the_practice_s_ways(practice, given, timing):
    practice.settings.undo_minutes, practice.settings.sending_hours = 5, "08:00-20:00"
    given = {"undo_window": None, "within_hours": None, **given}
    sending._set_timing(practice, practice.made, asked=True, **given)
    assert practice.made.timing == timing


def test_recipients_come_from_a_table(command, practice, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("email\na@exemple.test\n", encoding="utf-8")
    assert command("send", "--recipients", str(table), "--template", "T", "--yes").exit_code == 0
    assert practice.asked[0] == ("recipients", str(table))


@pytest.mark.parametrize("whom", [(), ("--search", "appointments", "--recipients", __file__)])
def test_either_a_search_or_a_table_says_whom_to_write_to(command, whom):
    done = command("send", *whom, "--template", "T", "--yes")
    assert isinstance(done.exception, UsageError)


def test_a_table_has_no_parameters(command):
    done = command("send", "--recipients", __file__, "--set", "start=today", "--template", "T", "--yes")
    assert isinstance(done.exception, UsageError)


def test_nobody_is_asked_where_nobody_can_answer(command, practice):
    done = command(*SEND, typed="y\n")  # the input is not a terminal
    assert isinstance(done.exception, NotConfirmed)
    assert done.exception.count == 2
    assert "--yes" in done.exception.sentence
    assert practice.made.calls == []


def test_a_dry_run_shows_the_findings_and_sends_nothing(command, practice):
    done = command(*SEND, "--dry-run")
    assert done.exit_code == 0
    assert "No e-mail address." in done.stdout
    assert practice.made.calls == []


def test_a_dry_run_tells_a_program_too(command, practice):
    done = command(*SEND, "--dry-run", "--json")
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "mailing": None, "sent": 0, "failed": 0, "in_doubt": 0, "skipped": 1, "pending": 2,
    }  # fmt: skip
    assert practice.made.calls == []


def test_the_results_file_holds_every_row_guarded_and_private(command, tmp_path):
    target = tmp_path / "r.csv"
    command(*SEND, "--yes", "--results", str(target))
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert [row["status"] for row in rows] == ["sent", "sent", "skipped"]
    assert rows[0]["recipient"] == "'=SUM(1)"
    assert rows[0]["address"] == "p1@exemple.test"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_results_file_that_cannot_be_written_is_refused_before_anything_leaves(command, practice, tmp_path):
    done = command(*SEND, "--yes", "--results", str(tmp_path / "no" / "r.csv"))
    assert isinstance(done.exception, UsageError)
    assert practice.made.calls == []


def test_a_stopped_sending_still_tells_the_truth_and_leaves_with_1(command, practice, tmp_path):
    practice.made.outcome = LoginRefused("The server refused the password.")
    target = tmp_path / "r.csv"
    done = command(*SEND, "--yes", "--json", "--results", str(target))
    assert done.exit_code == 1
    assert "refused the password" in done.stderr
    assert "resume 7" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["pending"] == 2
    assert target.is_file()


def test_a_key_that_names_another_mailing_shows_nothing_of_it(command, practice):
    practice.made.outcome = KeyTaken("The key « k » names another mailing.")
    done = command(*SEND, "--yes", "--json")
    assert isinstance(done.exception, KeyTaken)
    assert done.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sending_tells_the_truth_and_how_to_go_on(command, practice, number):
    practice.made.interrupted_by = number
    done = command(*SEND, "--yes", "--json")
    assert done.exit_code == 130
    assert json.loads(done.stdout.splitlines()[-1])["pending"] == 2
    assert "Interrupted" in done.stderr
    assert "resume 7" in done.stderr


@pytest.mark.parametrize(("status", "left"), [("failed", 3), ("in_doubt", 3), ("sent", 0)])
def test_the_exit_status_says_where_the_mailing_stands(command, practice, status, left):
    practice.statuses["2"] = status
    assert command(*SEND, "--yes").exit_code == left


def test_a_message_in_doubt_is_shown_with_what_to_do(command, practice):
    practice.statuses["2"] = "in_doubt"
    done = command(*SEND, "--yes")
    assert "settle 7 --as-sent" in done.stderr


def test_a_preview_shows_who_what_and_the_text(command):
    done = command("preview", "--search", "appointments", "--template", "T", "--recipient", "1")
    assert done.exit_code == 0
    assert "From: Cabinet <cabinet@exemple.test>" in done.stdout
    assert "<p1@exemple.test>" in done.stdout
    assert "Bonjour\nà demain" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_preview_is_written_whole_to_files(command, tmp_path):
    eml, html = tmp_path / "m.eml", tmp_path / "m.html"
    command("preview", "--search", "appointments", "--template", "T", "--eml", str(eml), "--html", str(html))
    assert eml.read_bytes() == b"From: x\r\n\r\nBonjour\r\n"
    assert html.read_text(encoding="utf-8") == "<p>Bonjour</p>"
    assert stat.S_IMODE(eml.stat().st_mode) == 0o600


def test_a_table_that_is_not_utf_8_is_told_with_what_it_was_read_as(at, tmp_path):
    table = tmp_path / "table.csv"
    table.write_bytes("email;name\nzoe@exemple.test;Zoé\n".encode("cp1252"))
    template = json.loads(at("template", "list", "--format", "json").stdout)[0]["path"]
    done = at("send", "--recipients", str(table), "--template", template, "--dry-run")
    assert "table.csv is not UTF-8 and was read as cp1252" in done.stderr


def test_a_table_with_a_row_too_long_sends_nothing(at, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("email,name\na@exemple.test,A\nb@exemple.test,B,b\n", encoding="utf-8")
    done = at("send", "--recipients", str(table), "--template", "T", "--yes")
    assert isinstance(done.exception, ImportRefused)
    assert json.loads(at("mailings", "--format", "json").stdout) == []


def test_a_trial_after_the_sending_finds_nothing_left_to_send(at, tmp_path):
    send = ("send", "--search", "appointments", "--set", "start=tomorrow", "--set", "end=tomorrow",
            "--template", "Rendez-vous/Rappel de rendez-vous", "--json")  # fmt: skip

    def numbers(*words: str) -> dict[str, int]:
        return dict(json.loads(at(*send, *words).stdout.splitlines()[-1]))

    before = numbers("--dry-run")
    sent = numbers("--yes")
    assert sent["sent"] == before["pending"] > 0
    assert sent["skipped"] == before["skipped"] > 0
    assert numbers("--dry-run") == sent
    again = numbers("--dry-run", "--again")
    assert (again["sent"], again["pending"]) == (sent["sent"], before["pending"])
    # Another mailing about the same appointments has nothing new to tell anybody.
    other = numbers("--dry-run", "--key", "other")
    assert (other["mailing"], other["pending"], other["skipped"]) == (None, 0, sent["sent"] + sent["skipped"])
    done = at(*send)
    assert isinstance(done.exception, NotConfirmed)
    assert done.exception.count == 0


def test_the_report_says_what_this_run_did(at):
    send = ("send", "--search", "appointments", "--set", "start=tomorrow", "--set", "end=tomorrow",
            "--template", "Rendez-vous/Rappel de rendez-vous", "--json", "--yes")  # fmt: skip
    first = at(*send)
    count = json.loads(first.stdout.splitlines()[-1])["sent"]
    assert f"{count} messages left since this command began." in first.stderr
    assert "before" not in first.stderr
    assert f"0 messages left since this command began. {count} had left before." in at(*send).stderr


def test_where_another_mailing_tells_the_same_it_is_named_while_it_waits(at):
    send = ("send", "--search", "appointments", "--set", "start=tomorrow", "--set", "end=tomorrow",
            "--template", "Rendez-vous/Rappel de rendez-vous", "--json", "--yes")  # fmt: skip
    at("account", "set", "down", "--email", "a@exemple.test", "--host", "127.0.0.1", "--port", "1", "--password-env",
       "NOBODY_SET_THIS")  # fmt: skip
    assert at(*send, "--account", "down").exit_code == 1
    elsewhere = at(*send, "--account", "catcher")
    assert elsewhere.exit_code == 1  # nothing of what was asked for has left
    assert "Mailing 1 still has" in elsewhere.stderr
    assert "from account « down »" in elsewhere.stderr
    tried = at(*send[:-1], "--account", "catcher", "--dry-run")
    assert tried.exit_code == 1
    assert "workbench mailings cancel 1, then the same command" in tried.stderr
    assert at("mailings", "cancel", "1").exit_code == 0
    assert at(*send, "--account", "catcher").exit_code == 0
    resumed = at("mailings", "resume", "1")
    assert "Mailing 1 was cancelled on" in resumed.exception.sentence
    assert "--again" in resumed.exception.sentence
    shown = at("mailings", "show", "1")
    assert "Mailing 1 was cancelled on" in shown.stderr
    assert "– Cancelled" in shown.stdout
    once_more = at(*send[:-1], "--account", "down", "--dry-run")
    assert once_more.exit_code == 1
    assert "Mailing 1 was cancelled on" in once_more.stderr


def test_another_mailing_of_the_same_purpose_that_waits_for_other_people_is_not_to_blame(at):
    def send(day: str, *words: str) -> Any:
        return at("send", "--search", "appointments", "--set", f"start={day}", "--set", f"end={day}",
                  "--template", "Rendez-vous/Rappel de rendez-vous", *words)  # fmt: skip

    at("account", "set", "down", "--email", "a@exemple.test", "--host", "127.0.0.1", "--port", "1", "--password-env",
       "NOBODY_SET_THIS")  # fmt: skip
    assert send("tomorrow", "--yes", "--account", "catcher").exit_code == 0
    assert send("J+2 open", "--yes", "--account", "down").exit_code == 1  # these wait
    for words in (("--dry-run",), ("--yes",)):
        other = send("tomorrow", "--account", "catcher", "--key", "other", *words)
        assert other.exit_code == 0
        assert "Mailing 2" not in other.stderr


def test_a_list_cut_off_while_it_is_written_down_is_told_as_such(at, tmp_path, monkeypatch):
    table, file = tmp_path / "t.csv", tmp_path / "m.html"
    table.write_text("id,email\n" + "".join(f"{n},p{n}@exemple.test\n" for n in range(9)), encoding="utf-8")
    file.write_text("---\nlabel: Mot\nfolder: Essais\n---\nBonjour", encoding="utf-8")
    at("template", "import", str(file))
    words = ("send", "--recipients", str(table), "--template", "Essais/Mot", "--json", "--yes")
    written_down = Mailing._deliveries

    def cut(self, prepared):
        yield from islice(written_down(self, prepared), 7)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Mailing, "_deliveries", cut)
        patched.setattr("workbench.ledger.enqueueing.CHUNK", 5)
        done = at(*words)
    assert done.exit_code == 130
    assert "5 messages of it are written down, and nothing was sent" in done.stderr
    assert "in flight" not in done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["mailing"], told["pending"], told["sent"]) == (1, 5, 0)
    assert "workbench mailings cancel 1" in at("mailings", "show", "1").stderr
    assert json.loads(at(*words).stdout.splitlines()[-1])["sent"] == 9


def test_a_dry_run_tells_the_same_trouble_once(at, tmp_path):
    table, file, target = tmp_path / "t.csv", tmp_path / "m.html", tmp_path / "found.csv"
    table.write_text("id,email,n\n" + "".join(f"{n},p{n}@exemple.test,{n}\n" for n in range(37)), encoding="utf-8")
    file.write_text("---\nlabel: Zéro\nfolder: Essais\n---\n{{ 1 / (n|int * 0) }}", encoding="utf-8")
    at("template", "import", str(file))
    words = ("send", "--recipients", str(table), "--template", "Essais/Zéro", "--dry-run")
    done = at(*words, "--results", str(target))
    assert done.exit_code == 0  # as the sending would leave: everybody would be left out, nobody would wait
    [told] = [line for line in done.stdout.splitlines() if "Line 1" in line]
    assert told.count("Line 1") == 1
    assert "37" in told
    assert "and 34 more" in told
    assert "--results FILE.csv" in done.stderr
    assert "nobody on the list can be written to" in done.stderr
    found = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert {row["code"] for row in found} == {"render_error"}
    assert len(found) == 37
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    told = at(*words, "--json")
    sent = at(*words[:-1], "--yes", "--json")
    assert told.exit_code == sent.exit_code == 0
    numbers = [json.loads(one.stdout.splitlines()[-1]) for one in (told, sent)]
    assert numbers[0] | {"mailing": 1} == numbers[1]


def test_a_row_of_a_table_without_an_id_is_called_by_its_line(at, tmp_path):
    table, file = tmp_path / "t.csv", tmp_path / "m.html"
    table.write_text("email,name\nb@exemple.test,B\n,Zoé\n", encoding="utf-8")
    file.write_text("---\nlabel: Mot\nfolder: Essais\n---\nBonjour", encoding="utf-8")
    at("template", "import", str(file))
    done = at("send", "--recipients", str(table), "--template", "Essais/Mot", "--dry-run")
    [told] = [line for line in done.stdout.splitlines() if "Error" in line]
    assert "line 3" in told
    assert "row:" not in told


def test_a_dry_run_says_that_everybody_has_it(at):
    send = ("send", "--search", "appointments", "--set", "start=tomorrow", "--set", "end=tomorrow",
            "--template", "Rendez-vous/Rappel de rendez-vous")  # fmt: skip
    assert at(*send, "--yes").exit_code == 0
    done = at(*send, "--dry-run")
    assert done.exit_code == 0
    assert "everybody who can be written to has it" in done.stderr
    other = at(*send, "--key", "other", "--dry-run")  # another mailing, about what they were told already
    assert other.exit_code == 0
    assert "Another mailing already covers this occasion" in other.stdout


def test_a_dry_run_in_a_copied_folder_says_that_nothing_leaves_from_there(at, sample, tmp_path):
    send = ("send", "--search", "appointments", "--set", "start=tomorrow", "--set", "end=tomorrow",
            "--template", "Rendez-vous/Rappel de rendez-vous")  # fmt: skip
    assert at(*send, "--yes").exit_code == 0
    copy = shutil.copytree(sample, tmp_path / "copy")
    done = CliRunner().invoke(app, ["-w", str(copy), *send, "--dry-run"])
    assert done.exit_code == 1
    assert str(sample) in done.stderr
    assert "workbench rearm" in done.stderr


def test_a_mailing_cancelled_by_somebody_else_meanwhile_is_told(command, practice):
    practice.cancelled = (datetime(2026, 11, 22, 14, 5, tzinfo=UTC), "claire")
    practice.statuses = dict.fromkeys(("1", "2"), "cancelled")
    done = command(*SEND, "--yes")
    assert done.exit_code == 1
    assert "Mailing 7 was cancelled on" in done.stderr
    assert "by claire" in done.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_a_terminal(monkeypatch, typed: str) -> Terminal:
    """Let somebody sit at the input and read the sentences."""
    told = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    monkeypatch.setattr("sys.stderr", told)
    return told


def test_nobody_is_asked_when_nothing_would_leave(practice, monkeypatch):
    told = at_a_terminal(monkeypatch, "")
    practice.made.forecast = lambda *_given, **_named: Counts(sent=2, skipped=1)
    sending._confirm(practice.made, again=False)
    assert "Nothing to send: everybody who can be written to has it." in told.getvalue()
    assert "?" not in told.getvalue()
    practice.made.forecast = lambda *_given, **_named: Counts(skipped=3)
    sending._confirm(practice.made, again=False)
    assert "nobody on the list can be written to" in told.getvalue()


def test_who_sends_again_is_told_how_many_had_it_before_being_asked(practice, monkeypatch):
    told = at_a_terminal(monkeypatch, "n\n")
    practice.made.forecast = lambda *_given, **_named: Counts(sent=2, pending=2)
    with pytest.raises(NotConfirmed):
        sending._confirm(practice.made, again=True)
    assert "2 of this list have had it already, and would get it once more." in told.getvalue()


def saying(level: str, *, confirm: bool, made: Any) -> None:
    made.account.options = Options(confirm=not confirm)
    if level == "account":
        made.account.options = Options(confirm=confirm)
    elif level == "template":
        made.template.options = Options(confirm=confirm)
    else:
        made.choices = Choices(options=Options(confirm=confirm))


@pytest.mark.parametrize("level", ["account", "template", "mailing"])
def test_nobody_is_asked_where_the_option_that_counts_says_so(practice, monkeypatch, level):
    told = at_a_terminal(monkeypatch, "")
    saying(level, confirm=False, made=practice.made)
    sending._confirm(practice.made, again=False)
    assert "Sent without asking" in told.getvalue()
    assert "?" not in told.getvalue()


@pytest.mark.parametrize("level", ["account", "template", "mailing"])
def test_somebody_is_asked_where_the_option_that_counts_says_so(practice, monkeypatch, level):
    told = at_a_terminal(monkeypatch, "n\n")
    saying(level, confirm=True, made=practice.made)
    with pytest.raises(NotConfirmed):
        sending._confirm(practice.made, again=False)
    assert "[y/N]" in told.getvalue()


def test_without_confirmation_a_second_time_is_asked_all_the_same(practice, monkeypatch):
    at_a_terminal(monkeypatch, "n\n")
    practice.made.forecast = lambda *_given, **_named: Counts(sent=2, pending=2)
    practice.made.account.options = Options(confirm=False)
    with pytest.raises(NotConfirmed):
        sending._confirm(practice.made, again=True)


def test_without_a_terminal_no_option_stands_for_yes(command, practice):
    practice.made.account.options = Options(confirm=False)
    done = command(*SEND)
    assert isinstance(done.exception, NotConfirmed)
    assert not practice.made.calls


def test_a_person_reads_the_names_of_a_few_and_a_log_their_keys(practice, monkeypatch, capsys):
    say_findings(practice.made.check(), practice.made)
    assert "No e-mail address. (patient:3)" in capsys.readouterr().err
    told = at_a_terminal(monkeypatch, "")
    say_findings(practice.made.check(), practice.made)
    assert "No e-mail address. (Léa Petit)" in told.getvalue()
    many = pd.concat([practice.made.check().assign(recipient=f"patient:{number}") for number in range(5)])
    say_findings(many, practice.made)
    assert "(5): No e-mail address." in told.getvalue()
    assert "--dry-run" in told.getvalue()


@pytest.mark.parametrize("words", [("send", "--yes"), ("send", "--dry-run")])
def test_an_empty_list_is_said(at, tmp_path, words):
    path = "Rendez-vous/Rappel de rendez-vous"
    done = at(*words, "--search", "appointments", "--set", "start=1990-01-01", "--set", "end=1990-01-01",
              "--template", path)  # fmt: skip
    assert done.exit_code == 0
    assert "The search found nobody" in done.stderr
    (tmp_path / "t.csv").write_text("email\n", encoding="utf-8")
    assert "The table has no row." in at(*words, "--recipients", str(tmp_path / "t.csv"), "--template", path).stderr
    preview = at("preview", "--recipients", str(tmp_path / "t.csv"), "--template", path)
    assert "The table has no row." in str(preview.exception)


def test_what_is_asked_once_reaches_the_mailing(command, practice):
    options = ("--value", "FERMDU=2026-12-24", "--value", "@texte=Bonne année = santé", "--json", "--yes")
    command("send", "--search", "appointments", "--template", "T", *options)
    [told] = [asked[3]["values"] for asked in practice.asked if asked[0] == "mailing"]
    assert told == {"FERMDU": "2026-12-24", "TEXTE": "Bonne année = santé"}


@pytest.mark.parametrize(("pairs", "words"), [(("FERMDU",), "FERMDU"), (("A=1", "@a=2"), "@A")])
def test_a_value_without_its_code_or_given_twice_is_refused(command, pairs, words):
    options = [part for pair in pairs for part in ("--value", pair)]
    done = command("preview", "--search", "appointments", "--template", "T", *options)
    assert isinstance(done.exception, BadValue)
    assert words in str(done.exception)


def test_a_list_too_long_to_be_held_is_checked_and_told_like_any_other(at, tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.practice.parts.table_in_parts.__kwdefaults__", {"size": 20})
    table, template = tmp_path / "long.csv", tmp_path / "jeton.html"
    rows = [f"n{place},p{place}@exemple.test,Nom {place}" for place in range(45)]
    table.write_text("\n".join(["id,email,name", *rows, "n46,,Nom 46", "n47,,Nom 47"]), encoding="utf-8")
    template.write_text("---\nlabel: Jeton\nsubject: Bonjour\n---\nBonjour {{ name }}", encoding="utf-8")
    assert at("template", "import", str(template)).exit_code == 0
    send = ("send", "--recipients", str(table), "--template", "Jeton")
    trial = at(*send, "--dry-run")
    assert "row:n46" in trial.stdout
    assert "row:n47" in trial.stdout
    target = tmp_path / "results.csv"
    done = at(*send, "--yes", "--json", "--results", str(target))
    numbers = json.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, numbers["sent"], numbers["skipped"]) == (0, 45, 2)
    assert len(list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))) == 47
    again = at(*send, "--yes", "--json")
    assert "0 messages left since this command began." in again.stderr
    assert json.loads(again.stdout.splitlines()[-1]) == numbers
