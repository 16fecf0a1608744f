"""Every search finds somebody in the sample, and not everybody, whatever the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pandas as pd
import pytest

from workbench.patients.sample import fill_sample_practice, redate_sample
from workbench.patients.searches import SEARCHES
from workbench.patients.store import open_store

PRACTICE = "tilleuls"
NAMES = set(SEARCHES)
WHOLE = {"appointments", "missed", "patients", "correspondents"}
"""These list everything unless they are asked for less."""

DAYS = (date(2026, 11, 22), date(2026, 12, 24), date(2027, 3, 1), date(2028, 2, 28))


Found = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module", params=DAYS, ids=str)
def search(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """Ask the sample that was made on the first day and dated anew on another."""
    url = f"sqlite:///{tmp_path_factory.mktemp('sample') / 'patients.sqlite'}"
    store = open_store(url, practice_id=PRACTICE, create=True)
    fill_sample_practice(store.engine, practice_id=PRACTICE, today=DAYS[0])
    redate_sample(store.engine, practice_id=PRACTICE, today=request.param)

    def ask(name: str, **values: str) -> pd.DataFrame:
        return store.search(name, values, today=request.param)

    yield ask
    store.close()


def test_every_search_finds_some_rows_by_default(search: Found) -> None:
    found = {name: len(search(name)) for name in NAMES - WHOLE}
    assert {name: count for name, count in found.items() if not 3 <= count <= 60} == {}
    assert all(len(search(name)) > 20 for name in WHOLE)


def test_some_invoices_are_unpaid_after_none_one_two_and_three_reminders(search: Found) -> None:
    reminded = search("unpaid")["reminders_sent"].value_counts()
    assert all(reminded.get(count, 0) >= 3 for count in range(4))


def test_children_and_grown_ups_have_birthdays(search: Found) -> None:
    around = search("birthdays", start="J-3", end="J+3")
    assert (around["age"] < 18).any()
    assert (around["age"] >= 18).any()


def test_people_of_several_practitioners_came_today(search: Found) -> None:
    seen = search("seen")
    assert seen["nature"].nunique() >= 3
    assert seen["practitioner_id"].nunique() >= 3


def test_appointments_were_moved_and_called_off_since_they_were_told(search: Found) -> None:
    assert set(search("moved")["change"]) == {"moved", "cancelled"}
