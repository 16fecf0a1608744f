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


def picture(media_id: str, kind: str, **columns: Any) -> dict[str, Any]:
    file = {"file_name": "x.png", "media_type": "image/png", "path": f"documents/{media_id}.png"}
    return {"media_id": media_id, "kind": kind, "health": False, **file, **columns}


def test_the_pictures_of_the_house_are_found_in_the_album_by_their_kind(store: SqlPatientStore) -> None:
    row = {"practitioner_id": "ZZ", "code": "ZZ"}
    add(store, schema.practitioners, [row])
    older, newer = date(2025, 1, 1), date(2026, 1, 1)
    album = [
        picture("s1", "Signature", practitioner_id="ZZ", taken_on=older),
        picture("s2", "signature", practitioner_id="ZZ", taken_on=newer),
        picture("s0", "signature", practitioner_id="ZZ"),
        picture("p1", "Portrait", practitioner_id="ZZ"),
        picture("l1", "LOGO", practitioner_id="ZZ"),
        picture("l2", "logo", taken_on=newer),
        picture("m1", "Plan d’accès"),
        picture("x1", "panoramique"),
    ]
    for one in album:
        add(store, schema.media, [one])
    own = ["signature_path", "photo_path", "logo_path"]
    found = store.columns("practitioner", ["MM", "ZZ"], own, today=TODAY)
    assert found.loc["ZZ"].tolist() == ["documents/s2.png", "documents/p1.png", "documents/l1.png"]
    assert found.loc["MM"].isna().all()
    practice = store.columns("practice", [], ["logo_path", "plan_path"], today=TODAY)
    assert practice.iloc[0].tolist() == ["documents/l2.png", "documents/m1.png"]


def test_an_image_of_a_patient_is_no_picture_of_the_house(store: SqlPatientStore) -> None:
    patient = store.table("patients")["patient_id"].iloc[0]
    add(store, schema.media, [picture("i1", "logo", patient_id=patient)])
    add(store, schema.media, [picture("i2", "plan", stage="début")])
    add(store, schema.media, [picture("i3", "signature", patient_id=patient, practitioner_id="MM")])
    practice = store.columns("practice", [], ["logo_path", "plan_path"], today=TODAY)
    assert practice.iloc[0].isna().all()
    assert store.columns("practitioner", ["MM"], ["signature_path"], today=TODAY).iloc[0].isna().all()
