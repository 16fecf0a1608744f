from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.practice.asked import every_parameter
from workbench.cli.main import app
from workbench.cli.session import Session, settings_of
from workbench.errors import BadValue, StaleData, UnknownName
from workbench.wiring import open_practice


def test_a_search_counts_rows_days_patients_and_distinct_addresses(command):
    done = command("search", "appointments")
    assert done.exit_code == 0
    assert done.stderr == "2 rows, 1 day, 2 patients, 1 distinct address.\n"


def test_a_hostile_name_stays_text_in_the_table(command):
    done = command("search", "appointments")
    assert "<script>[red]=2+2" in done.stdout
    assert "\x1b" not in done.stdout


def test_json_holds_every_column(command):
    rows = json.loads(command("search", "appointments", "--format", "json").stdout)
    assert rows[0]["subject_key"] == "appointment:1"
    assert rows[1]["balance"] is None


def test_a_list_goes_to_a_file(command, tmp_path):
    target = tmp_path / "out.json"
    done = command("search", "appointments", "--format", "json", "--output", str(target))
    assert done.stdout == ""
    assert len(json.loads(target.read_text(encoding="utf-8"))) == 2


@pytest.mark.parametrize("name", ["self", "name", "today"])
@pytest.mark.parametrize("how", [(), ("--explain",)])
def test_what_the_search_does_not_declare_is_no_parameter(sample: Path, name: str, how: tuple[str, ...]):
    done = at_the_terminal(sample, "appointments", "--set", f"{name}=x", *how)
    assert isinstance(done.exception, UnknownName)


def test_every_parameter_of_every_search_can_be_set(sample: Path):
    with open_practice(sample) as practice:
        asked = every_parameter(practice)
    assert "name" in asked["patients"]
    for search, parameters in asked.items():
        pairs = [word for name, value in parameters.items() for word in ("--set", f"{name}={value}")]
        for how in ((), ("--explain",)):
            done = at_the_terminal(sample, search, *pairs, *how)
            assert done.exit_code == 0, (search, how, done.exception)


def test_pairs_are_read_and_repeated_keys_become_a_list():
    assert settings_of(["a=1", "b=x=y", "a=2", "c="]) == {"a": "1,2", "b": "x=y", "c": ""}


@pytest.mark.parametrize("pair", ["start", "=x", " = "])
def test_what_is_no_pair_is_refused(pair):
    with pytest.raises(BadValue, match="key=value"):
        settings_of([pair])


@contextmanager
def changing(sample: Path) -> Iterator[sqlite3.Connection]:
    """The patient store of a sample practice, to be changed."""
    with closing(sqlite3.connect(sample / "patients.sqlite")) as connection, connection:
        yield connection


def at_the_terminal(sample: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["search", *words], obj=Session(workspace=sample))


TOMORROW = ("appointments", "--set", "start=tomorrow", "--set", "end=tomorrow")


def test_a_search_says_on_stderr_when_its_data_came(sample: Path):
    done = at_the_terminal(sample, *TOMORROW, "--format", "json")
    assert re.search(r"^Sample practice, dated \d{4}-\d\d-\d\d\.$", done.stderr, re.MULTILINE)
    assert {"last_message_at", "last_message", "last_message_status"} <= set(json.loads(done.stdout)[0])


def test_a_search_is_saved_found_again_listed_and_forgotten(sample: Path):
    saved = at_the_terminal(sample, *TOMORROW, "--save", "Dès demain")
    assert (saved.stdout, saved.stderr) == ("", 'Saved. Find it again with: workbench search "Dès demain"\n')
    found = json.loads(at_the_terminal(sample, "Dès demain", "--format", "json").stdout)
    assert found == json.loads(at_the_terminal(sample, *TOMORROW, "--format", "json").stdout)
    listed = json.loads(at_the_terminal(sample, "--format", "json").stdout)
    assert listed[-1]["search"] == "Dès demain"
    assert listed[-1]["label"] == "Saved: appointments start=tomorrow, end=tomorrow"
    assert at_the_terminal(sample, "Dès demain", "--forget").stderr == "« Dès demain » is forgotten.\n"
    assert isinstance(at_the_terminal(sample, "Dès demain").exception, UnknownName)


def test_a_search_is_found_by_the_label_that_the_list_shows(sample: Path):
    by_label = at_the_terminal(sample, "rappels de controle", "--format", "json")
    assert by_label.stdout == at_the_terminal(sample, "recall", "--format", "json").stdout != ""


def test_a_search_is_explained_condition_by_condition(sample: Path):
    done = at_the_terminal(sample, *TOMORROW, "--set", "where=not missing(email)", "--explain", "--format", "json")
    told = json.loads(done.stdout)
    assert [line["parameter"] for line in told] == ["", "start", "end", "where", ""]
    assert told[-1]["left"] == len(
        json.loads(at_the_terminal(sample, *TOMORROW, "--set", "where=not missing(email)", "--format", "json").stdout)
    )


@pytest.mark.parametrize(
    "words",
    [
        (*TOMORROW, "--explain", "--forget"),
        (*TOMORROW, "--save", "a", "--explain"),
        ("--explain",),
        ("--save", "a"),
        ("--forget",),
    ],
)
def test_one_thing_is_done_with_one_search(sample: Path, words: tuple[str, ...]):
    assert isinstance(at_the_terminal(sample, *words).exception, BadValue)


def test_data_older_than_allowed_is_refused(sample: Path):
    with changing(sample) as store:
        store.execute("update store_facts set value = '2020-01-01' where name = 'sample_dated_for'")
        store.execute("update store_facts set name = 'data_as_of' where name = 'sample_dated_for'")
    done = at_the_terminal(sample, *TOMORROW, "--set", "max_age=24")
    assert isinstance(done.exception, StaleData)
    assert done.exception.exit_status == 1


@pytest.mark.parametrize("name", ["unpaid", "birthdays", "correspondents", "papers"])
def test_every_kind_of_search_has_a_table_for_the_eye(sample: Path, name: str):
    done = at_the_terminal(sample, name)
    assert done.exit_code == 0
    heads = done.stdout.splitlines()[1]
    assert "subject_key" not in heads
    assert {
        "unpaid": "Still owed",
        "birthdays": "Birthday",
        "correspondents": "Speciality",
        "papers": "Missing papers",
    }[name] in heads
