from __future__ import annotations

import pandas as pd

from workbench.displays.search_columns import SEARCH_COLUMN_NAMES, columns_shown
from workbench.displays.words import heading, shown
from workbench.domain import frames
from workbench.language import use_language

SEARCHES = [
    value
    for name, value in vars(frames).items()
    if name.endswith("_COLUMNS") and isinstance(value, tuple) and "subject_key" in value
]


def of_one(*names: str) -> pd.DataFrame:
    return pd.DataFrame({name: ["x"] for name in names})


def test_every_column_that_is_shown_has_a_heading_in_the_readers_language():
    assert len(SEARCHES) > 10
    use_language("fr")
    assert [name for name in SEARCH_COLUMN_NAMES if heading(name) == name] == []


def test_keys_are_never_shown():
    for columns in SEARCHES:
        names = [column.name for column in columns_shown(of_one(*columns))]
        assert not [name for name in names if name.endswith("_id") or name == "subject_key"]
        assert len(set(names)) == len(names) >= 5


def test_a_column_with_nothing_to_say_waits_until_it_is_asked_for():
    frame = of_one("patient", "insurer", "nature").assign(insurer=None, nature=None)
    hidden = {column.name: column.hidden for column in columns_shown(frame)}
    assert hidden == {"patient": False, "nature": False, "insurer": True}
    assert not any(column.hidden for column in columns_shown(frame.iloc[:0]))


def test_the_day_is_shown_where_there_are_several():
    assert columns_shown(of_one("date"))[0].hidden
    assert not columns_shown(pd.DataFrame({"date": ["2026-11-23", "2026-11-24"]}))[0].hidden


def test_amounts_read_as_money():
    assert shown("remaining", 45.0) == "€45.00"
    use_language("fr")
    assert shown("remaining", 1234.5) == "1\u202f234,50\u202f€"
    assert shown("remaining", float("nan")) is None
