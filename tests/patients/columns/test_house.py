from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.patient_store_contract import TODAY, add
from workbench.domain.calendar import PracticeCalendar
from workbench.patients import schema
from workbench.patients.columns.house import next_closure
from workbench.patients.store import SqlPatientStore

NAMES = ["next_closure_from", "next_closure_until", "replacement", "replacement_phone"]
WEEK = [date(2026, 12, day) for day in (21, 22, 23, 24)]  # a Monday to a Thursday


def told(store: SqlPatientStore) -> list[Any]:
    values = store.columns("practice", [], NAMES, today=TODAY).iloc[0].tolist()
    return [None if pd.isna(value) else value for value in values]


def close(store: SqlPatientStore, *days: date, site: str = "") -> None:
    add(store, schema.closed_days, [{"day": day, "site_id": site} for day in days])


def leave(key: str, starts_on: date, ends_on: date, replacement: str | None = None) -> dict[str, Any]:
    phone = "01 99 00 00 17" if replacement else None
    return {
        "leave_id": key, "practitioner_id": "MM", "starts_on": starts_on, "ends_on": ends_on,
        "replacement": replacement, "replacement_phone": phone,
    }  # fmt: skip


def test_a_closure_runs_over_sundays_and_holidays(store: SqlPatientStore) -> None:
    # Christmas is a Friday; the 27th a Sunday. Saturdays are worked: the 26th is declared.
    close(store, *WEEK, date(2026, 12, 26), date(2026, 12, 28))
    assert told(store)[:2] == [pd.Timestamp(2026, 12, 21), pd.Timestamp(2026, 12, 28)]


def test_a_day_that_is_worked_parts_two_closures(store: SqlPatientStore) -> None:
    close(store, *WEEK, date(2026, 12, 28))
    assert told(store)[:2] == [pd.Timestamp(2026, 12, 21), pd.Timestamp(2026, 12, 24)]


def test_days_that_are_never_worked_do_not_part_a_closure(store: SqlPatientStore) -> None:
    opens = [{"weekday": day, "opens": "09:00", "closes": "12:00"} for day in range(4)]
    add(store, schema.opening_hours, opens)
    close(store, *WEEK, date(2026, 12, 28))
    assert told(store)[:2] == [pd.Timestamp(2026, 12, 21), pd.Timestamp(2026, 12, 28)]


def test_the_closure_going_on_is_the_next_one_until_its_last_day(store: SqlPatientStore) -> None:
    going_on = [TODAY - timedelta(days=2), TODAY]  # a Saturday and the Monday after
    close(store, date(2026, 11, 10), *going_on, *WEEK)
    assert told(store)[:2] == [pd.Timestamp(going_on[0]), pd.Timestamp(TODAY)]


def test_a_site_that_closes_alone_closes_nothing(store: SqlPatientStore) -> None:
    close(store, *WEEK, site="S1")
    close(store, date(2026, 11, 10))
    assert told(store) == [None, None, None, None]


def test_the_replacement_is_of_a_leave_around_the_closure(store: SqlPatientStore) -> None:
    close(store, *WEEK)
    add(
        store,
        schema.leaves,
        [
            leave("1", date(2026, 11, 30), date(2026, 12, 4), "Dr Ouest"),
            leave("2", date(2026, 12, 18), date(2026, 12, 31)),
            leave("3", date(2026, 12, 24), date(2027, 1, 4), "Dr Nord"),
        ],
    )
    assert told(store)[2:] == ["Dr Nord", "01 99 00 00 17"]


def test_a_replacement_at_another_time_is_not_told_of_a_closure(store: SqlPatientStore) -> None:
    close(store, *WEEK)
    add(store, schema.leaves, [leave("1", date(2026, 11, 30), date(2026, 12, 4), "Dr Ouest")])
    assert told(store)[2:] == [None, None]


def test_without_a_closure_the_replacement_is_of_the_next_leave(store: SqlPatientStore) -> None:
    add(
        store,
        schema.leaves,
        [
            leave("1", date(2026, 11, 2), date(2026, 11, 22), "Dr Est"),
            leave("2", date(2027, 2, 1), date(2027, 2, 8), "Dr Sud"),
            leave("3", date(2026, 12, 14), date(2026, 12, 18), "Dr Ouest"),
        ],
    )
    assert told(store) == [None, None, "Dr Ouest", "01 99 00 00 17"]


MONTH = st.dates(min_value=date(2026, 12, 1), max_value=date(2026, 12, 31))


@given(declared=st.sets(MONTH), holidays=st.sets(MONTH), today=MONTH)
def test_a_closure_is_a_longest_run_in_which_nobody_works(
    declared: set[date], holidays: set[date], today: date
) -> None:
    calendar = PracticeCalendar(closed_days=frozenset(declared | holidays))
    closure = next_closure([*declared], calendar, today)
    if closure is None:
        assert all(day < today for day in declared)
        return
    first, last = closure
    assert {first, last} <= declared
    assert last >= today
    run = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    assert not any(calendar.is_open(day) for day in run)
    for day in declared - set(run):
        between = range(1, (first - day).days) if day < first else range(1, (day - last).days)
        start = day if day < first else last
        assert any(calendar.is_open(start + timedelta(days=step)) for step in between)
    # Nothing ends between today and this closure.
    assert not any(today <= day < first for day in declared)


def test_a_signature_is_found_where_the_media_say(store: SqlPatientStore) -> None:
    file = {"file_name": "mm.png", "media_type": "image/png", "path": "media/signatures/mm.png"}
    add(store, schema.media, [{"media_id": "s1", "practitioner_id": "MM", **file}])
    row = {"practitioner_id": "ZZ", "code": "ZZ", "signature_media_id": "s1"}
    add(store, schema.practitioners, [row])
    found = store.columns("practitioner", ["ZZ", "MM"], ["signature_path", "name"], today=TODAY)
    assert found.loc["ZZ"].tolist() == ["media/signatures/mm.png", "ZZ"]
    assert pd.isna(found.loc["MM", "signature_path"])
