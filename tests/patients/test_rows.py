from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.patients import rows


def test_a_missing_value_of_each_kind_is_missing() -> None:
    zone = ZoneInfo("Europe/Paris")
    assert pd.isna(rows.text([None])[0])
    assert pd.isna(rows.number([None])[0])
    assert pd.isna(rows.money([None])[0])
    assert pd.isna(rows.day([None])[0])
    assert pd.isna(rows.moment([None], zone)[0])
    assert not rows.flag([None])[0]


def test_the_kinds_do_not_depend_on_what_is_there() -> None:
    zone = ZoneInfo("Europe/Paris")
    for make, some in ((rows.text, "a"), (rows.number, 1), (rows.money, 1), (rows.day, date(2026, 1, 1))):
        assert make([some]).dtype == make([]).dtype == make([None]).dtype
    assert rows.moment([], zone).dtype == rows.moment([datetime(2026, 1, 1)], zone).dtype


def test_cents_become_euros() -> None:
    assert rows.money([1999, 0, -5]).tolist() == [19.99, 0.0, -0.05]


def test_a_birth_date_long_ago_is_kept() -> None:
    assert rows.day([date(1602, 3, 1)])[0] == pd.Timestamp(1602, 3, 1)
