from __future__ import annotations

import json

import pytest

from workbench.cli.session import settings_of
from workbench.errors import BadValue, UnknownName


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
def test_a_word_of_the_call_is_no_parameter(command, name):
    assert isinstance(command("search", "appointments", "--set", f"{name}=x").exception, UnknownName)


def test_pairs_are_read_and_repeated_keys_become_a_list():
    assert settings_of(["a=1", "b=x=y", "a=2", "c="]) == {"a": "1,2", "b": "x=y", "c": ""}


@pytest.mark.parametrize("pair", ["start", "=x", " = "])
def test_what_is_no_pair_is_refused(pair):
    with pytest.raises(BadValue, match="key=value"):
        settings_of([pair])
