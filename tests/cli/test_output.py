from __future__ import annotations

import csv
import io
import json
import os
import stat
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli import output
from workbench.cli.output import agreed, guarded, say, show, show_record
from workbench.cli.session import Format
from workbench.displays.cells import friendly, harmless, plain
from workbench.errors import BadValue
from workbench.language import use_language

JOINERS = "\u200c\u200d\u00ad"
FRAME = pd.DataFrame(
    {
        "patient": ["=HYPERLINK(1)", "[bold]Zoé[/bold] \x1b[31m\x9b2J\u202egro.live"],
        "phone": ["+33 6 00 00 00 00", ""],
        "balance": [-5.0, np.nan],
        "starts_at": pd.to_datetime(["2026-11-23 09:00", None]).tz_localize("Europe/Paris"),
        "subjects": [["a", "b"], []],
        "attempts": pd.array([1, None], dtype="Int64"),
        "status": pd.Categorical(["sent", "skipped"]),
    }
)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_json_is_an_array_of_objects_with_iso_times_and_no_guard(capsys):
    show(FRAME, format=Format.JSON)
    first, second = json.loads(capsys.readouterr().out)
    assert first == {
        "patient": "=HYPERLINK(1)",
        "phone": "+33 6 00 00 00 00",
        "balance": -5.0,
        "starts_at": "2026-11-23T09:00:00+01:00",
        "subjects": ["a", "b"],
        "attempts": 1,
        "status": "sent",
    }
    assert (second["balance"], second["starts_at"], second["attempts"], second["subjects"]) == (None, None, None, [])


def test_an_empty_list_is_an_empty_array(capsys):
    show(FRAME.iloc[:0], format=Format.JSON)
    assert json.loads(capsys.readouterr().out) == []


def test_csv_guards_what_a_spreadsheet_would_run_and_nothing_else(capsys):
    show(FRAME, format=Format.CSV)
    first, second = rows_of(capsys.readouterr().out)
    assert first["patient"] == "'=HYPERLINK(1)"
    assert first["phone"] == "'+33 6 00 00 00 00"
    assert first["balance"] == "-5.0"
    assert first["starts_at"] == "2026-11-23T09:00:00+01:00"
    assert second["balance"] == second["starts_at"] == second["attempts"] == ""


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠a", "-", "-5-cmd"]
)
def test_a_cell_that_would_run_is_guarded(cell):
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize(
    "cell", ["", "a=1", "'=1", "-5", "-12,50", "-12.50", "2026-11-23", "Zoé", -5, -1.5, None, " ="]
)
def test_a_cell_that_is_only_a_value_is_left_alone(cell):
    assert guarded(cell) == cell


@given(st.text())
def test_no_guarded_cell_starts_a_formula(text):
    cell = str(guarded(text))
    assert not cell.startswith(("=", "+", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'")


def test_a_table_shows_hostile_names_as_plain_text(capsys):
    show(FRAME)
    shown = capsys.readouterr().out
    assert "[bold]Zoé[/bold]" in shown
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)


def test_a_table_that_goes_to_a_file_or_a_pipe_is_never_cut(capsys):
    long = "x" * 400
    show(pd.DataFrame({"detail": [long], "message": [long]}))
    assert capsys.readouterr().out.count(long) == 2


def test_a_long_table_holds_every_row_and_stays_aligned(capsys):
    frame = pd.DataFrame({"name": [f"n{place}" for place in range(3000)], "value": "v"})
    show(frame)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3001
    assert {line.index("v") for line in lines[1:]} == {lines[0].index("V")}


def test_the_columns_for_the_eye_never_hide_anything_from_csv(capsys):
    show(FRAME, columns=["patient"])
    assert "Phone" not in capsys.readouterr().out
    show(FRAME, columns=["patient"], format=Format.CSV)
    assert set(rows_of(capsys.readouterr().out)[0]) == set(FRAME.columns)


def test_a_status_is_a_sign_and_a_word_and_a_reason_is_a_sentence(capsys):
    show(pd.DataFrame({"status": ["sent", "in_doubt"], "reason": ["", "no_address"]}))
    shown = capsys.readouterr().out
    assert "✓ Sent" in shown
    assert "? Uncertain" in shown
    assert "No e-mail address in the file." in shown


def test_a_file_is_written_for_its_owner_alone(tmp_path, capsys):
    target = tmp_path / "list.csv"
    show(FRAME, format=Format.CSV, output=target)
    told = capsys.readouterr()
    assert told.out == ""
    assert str(target) in told.err
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert len(rows_of(target.read_text(encoding="utf-8"))) == 2


@pytest.mark.usefixtures("capsys")
def test_a_file_that_was_open_to_others_is_closed_to_them(tmp_path):
    target = tmp_path / "list.csv"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o644)
    show(FRAME, format=Format.CSV, output=target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    target.chmod(0o666)
    output.save_bytes(b"x", target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.usefixtures("capsys")
def test_what_is_no_file_keeps_its_rights():
    before = stat.S_IMODE(Path(os.devnull).stat().st_mode)
    show(FRAME, format=Format.CSV, output=Path(os.devnull))
    assert stat.S_IMODE(Path(os.devnull).stat().st_mode) == before


def test_a_named_index_is_a_column(capsys):
    show(FRAME.set_index("phone"), format=Format.JSON)
    assert json.loads(capsys.readouterr().out)[0]["phone"] == "+33 6 00 00 00 00"


def test_a_record_is_a_line_a_value_or_an_object(capsys):
    record = {"patient_id": "7", "email": None, "family": ["8", "9"], "name": "\x1b[2J"}
    show_record(record)
    shown = capsys.readouterr().out
    assert "8, 9" in shown
    assert "\x1b" not in shown
    show_record(record, format=Format.JSON)
    assert json.loads(capsys.readouterr().out) == record


def test_sentences_go_to_stderr(capsys):
    say("Done.\x1b[2J")
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "Done.�[2J\n"


@pytest.mark.parametrize(
    ("language", "value", "shown"),
    [
        ("fr", datetime(2026, 11, 23, 9, 5), "23/11/2026 09:05"),
        ("en", datetime(2026, 11, 23, 9, 5), "2026-11-23 09:05"),
        ("fr", date(2026, 11, 23), "23/11/2026"),
        ("en", True, "yes"),
        ("en", 12.5, "12.50"),
        ("fr", 12.5, "12,50"),
        ("en", None, ""),
        ("en", pd.NaT, ""),
        ("en", pd.NA, ""),
        ("en", float("nan"), ""),
    ],
)
def test_a_cell_reads_as_people_write_it(language, value, shown):
    use_language(language)
    assert friendly(value) == shown


def test_a_day_kept_as_text_reads_as_people_write_it(capsys):
    use_language("fr")
    show(pd.DataFrame({"date": ["2026-11-23", "à convenir"]}))
    told = capsys.readouterr().out
    assert "23/11/2026" in told
    assert "à convenir" in told


@pytest.mark.parametrize(
    ("language", "typed", "yes"),
    [
        ("en", "y\n", True),
        ("fr", " OUI \n", True),
        ("fr", "o\n", True),
        ("fr", "yes\n", True),
        ("fr", "\n", False),
        ("en", "no\n", False),
        ("en", "", False),
    ],
)
def test_only_a_yes_is_a_yes(language, typed, yes, monkeypatch, capsys):
    use_language(language)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert agreed("Send?") is yes
    told = capsys.readouterr()
    assert told.err.startswith("Send? [")
    assert told.out == ""


def test_an_appointment_is_shown_on_the_practices_clock():
    moment = pd.Timestamp("2026-11-23 09:00", tz="America/Cayenne")
    assert friendly(moment) == "2026-11-23 09:00"


@pytest.mark.parametrize(
    "moment", [datetime(2026, 11, 22, 2, 17, tzinfo=UTC), pd.Timestamp("2026-11-22 02:17", tz="UTC")]
)
def test_a_moment_of_the_ledger_is_shown_on_the_readers_clock(moment):
    here = datetime(2026, 11, 22, 2, 17, tzinfo=UTC).astimezone()
    assert friendly(moment) == here.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.float64("inf"), None),
        (pd.NA, None),
        (pd.NaT, None),
        ({"a": np.int64(1)}, {"a": 1}),
        (("a", None), ["a", None]),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
    ],
)
def test_a_cell_becomes_what_json_knows(value, kept):
    assert plain(value) == kept
    json.dumps(plain(value), allow_nan=False)


@given(st.text())
def test_nothing_a_terminal_obeys_is_left(text):
    left = {unicodedata.category(character) for character in harmless(text) if character not in JOINERS}
    assert not left & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_name_with_accents_is_shown_as_it_is():
    assert harmless("Zoé-Maëlle d’Œuvré") == "Zoé-Maëlle d’Œuvré"


def test_the_limit_of_drawn_tables_is_a_choice_of_speed_only(capsys, monkeypatch):
    monkeypatch.setattr(output, "_RICH_ROWS", 0)
    show(FRAME, columns=["patient", "status"])
    shown = capsys.readouterr().out
    assert "✓ Sent" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(("name", "begins"), [("a.csv", "patient,phone"), ("A.JSON", "[\n"), ("a.txt", "\n")])
def test_the_name_of_a_file_says_how_it_is_written(tmp_path, name, begins):
    show(FRAME, output=tmp_path / name)
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert written.startswith(begins) if begins.strip() else "Phone" in written
    show(FRAME, output=tmp_path / "b.csv", format=Format.JSON)
    assert (tmp_path / "b.csv").read_text(encoding="utf-8").startswith("[")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [80, 100, 130])
def test_a_screen_shows_dates_and_headings_whole(width, monkeypatch):
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "dumb")
    frame = pd.DataFrame(
        {
            "date": ["2026-11-23"],
            "time": ["08:00"],
            "patient": ["DE LA ROCHEFOUCAULD Marie-Antoinette"],
            "practitioner": ["Dr Camille Corvaisier"],
            "nature": ["CTRL"],
            "email": ["marie-antoinette.de.la.rochefoucauld@courriel.example"],
        }
    )
    few = ["date", "time", "patient", "practitioner", "nature"]
    show(frame, columns=list(frame.columns), narrow={95: few})
    shown = screen.getvalue()
    lines = shown.splitlines()
    assert max(map(len, lines)) <= width
    for whole in ("2026-11-23", "08:00", "CTRL", "Practitioner", "Patient"):
        assert whole in shown
    assert ("E-mail" in shown) is (width > 95)


def test_a_list_does_not_pretend_to_be_a_workbook(tmp_path):
    with pytest.raises(BadValue, match="workbench export"):
        show(pd.DataFrame({"a": [1]}), output=tmp_path / "a.xlsx")
    assert not (tmp_path / "a.xlsx").exists()
