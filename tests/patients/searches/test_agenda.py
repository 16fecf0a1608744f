"""Who came, what moved since it was told, and whom to telephone, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.patient_store_contract import TODAY, add
from workbench.addresses import address_problem
from workbench.domain.frames import APPOINTMENT_COLUMNS, MOVED_COLUMNS, TO_PHONE_COLUMNS
from workbench.patients import schema
from workbench.patients.searches.to_phone import _LONGEST_ORDINARY, _ORDINARY
from workbench.patients.store import SqlPatientStore

TOMORROW = datetime(2026, 11, 24, 9)


def find(store: SqlPatientStore, name: str, also: tuple[str, ...] = (), **parameters: object) -> pd.DataFrame:
    return store.search(name, parameters, today=TODAY, also=also).set_index("appointment_id", drop=False)


def put(store: SqlPatientStore, appointment: str, patient: str = "1", **values: Any) -> None:
    add(store, schema.appointments, [{"starts_at": TOMORROW, **values, "appointment_id": appointment,
                                      "patient_id": patient}])  # fmt: skip


def tell(store: SqlPatientStore, contact: str, appointment: str, at: str, start: datetime | None) -> None:
    add(store, schema.contacts, [{"contact_id": contact, "patient_id": "1", "appointment_id": appointment, "at": at,
                                  "purpose": "reminder", "told_start": start, "source": "import"}])  # fmt: skip


@pytest.fixture
def store(either_store: SqlPatientStore) -> SqlPatientStore:
    add(
        either_store,
        schema.patients,
        [
            {"patient_id": "1", "civility": "Mme", "last_name": "Adulte", "first_name": "Ada",
             "email": "a@mail.example", "birth_date": date(1980, 1, 1), "phone": "02 61 91 00 01"},
            {"patient_id": "2", "last_name": "Sans", "birth_date": date(1970, 1, 1), "mobile": "06 39 98 00 02"},
            {"patient_id": "3", "last_name": "Faux", "birth_date": date(1970, 1, 1), "email": "faux@@mail"},
            {"patient_id": "4", "last_name": "Enfant", "birth_date": date(2016, 1, 1), "email": "e@mail.example",
             "phone": "02 61 91 00 04"},
            {"patient_id": "5", "last_name": "Orphelin", "birth_date": date(2016, 1, 1), "email": "o@mail.example"},
            {"patient_id": "6", "last_name": "Mort", "deceased": True},
        ],
    )  # fmt: skip
    return either_store


def guardian(store: SqlPatientStore, person: str, patient: str = "4", rank: int = 1, **values: Any) -> None:
    add(store, schema.persons, [{"person_id": person, **values}])
    link = {"patient_id": patient, "person_id": person, "role": "guardian", "relation": "mother", "rank": rank}
    add(store, schema.responsibilities, [link])


# --- seen ---------------------------------------------------------------------------------------------


def test_those_who_came_today_are_found_by_nature(store: SqlPatientStore) -> None:
    today = datetime(2026, 11, 23, 9)
    put(store, "came", starts_at=today, state="present", nature="EXT")
    put(store, "came for another thing", starts_at=today, state="present", nature="DET")
    put(store, "did not come", starts_at=today, state="missed", nature="EXT")
    put(store, "came before", starts_at=datetime(2026, 11, 20, 9), state="present", nature="EXT")
    put(store, "is dead", "6", starts_at=today, state="present", nature="EXT")
    assert set(find(store, "seen").index) == {"came", "came for another thing"}
    assert find(store, "seen", nature="EXT").index.tolist() == ["came"]
    assert find(store, "seen", start="J-3").index.tolist() == ["came before"]
    assert len(find(store, "seen", start="J-3", end="today", nature="EXT")) == 2
    assert len(find(store, "seen", nature="EXT", gone="yes")) == 2
    assert tuple(find(store, "seen").columns) == APPOINTMENT_COLUMNS


def test_today_is_part_of_what_is_asked_so_that_each_day_is_a_mailing_of_its_own(store: SqlPatientStore) -> None:
    days = {"start": "2026-11-23", "end": "2026-11-23"}
    assert store.resolve("seen", {}, today=TODAY) == days
    assert store.resolve("seen", {"start": "today", "end": "today"}, today=TODAY) == days


# --- moved --------------------------------------------------------------------------------------------


def test_an_appointment_that_is_no_longer_as_it_was_told_is_found(store: SqlPatientStore) -> None:
    before = datetime(2026, 11, 24, 8)
    put(store, "moved")
    tell(store, "k1", "moved", "2026-11-20T10:00:00+00:00", before)
    put(store, "told again")
    tell(store, "k2", "told again", "2026-11-20T10:00:00+00:00", before)
    tell(store, "k3", "told again", "2026-11-21T10:00:00+00:00", TOMORROW)
    put(store, "as told")
    tell(store, "k4", "as told", "2026-11-20T10:00:00+00:00", TOMORROW)
    put(store, "moved by hand", moved_from=before)
    put(store, "moved, then told", moved_from=before)
    tell(store, "k5", "moved, then told", "2026-11-21T10:00:00+00:00", TOMORROW)
    put(store, "called about, no start", moved_from=None)
    tell(store, "k6", "called about, no start", "2026-11-21T10:00:00+00:00", None)
    put(store, "never told")
    put(store, "cancelled", state="cancelled", declined_by="practice")
    tell(store, "k7", "cancelled", "2026-11-20T10:00:00+00:00", TOMORROW)
    put(store, "cancelled, never told", state="cancelled", moved_from=before)
    put(store, "past", starts_at=datetime(2026, 11, 20, 9), moved_from=before)
    put(store, "of somebody dead", "6", moved_from=before)
    frame = find(store, "moved")
    assert set(frame.index) == {"moved", "moved by hand", "cancelled"}
    assert frame["change"].astype(str).to_dict() == {
        "moved": "moved", "moved by hand": "moved", "cancelled": "cancelled",
    }  # fmt: skip
    assert frame.loc["moved", "told_start"].isoformat() == "2026-11-24T08:00:00+01:00"
    assert frame.loc["moved", "told_at"].isoformat() == "2026-11-20T11:00:00+01:00"
    assert frame.loc["moved by hand", "told_start"].isoformat() == "2026-11-24T08:00:00+01:00"
    assert pd.isna(frame.loc["moved by hand", "told_at"])
    assert find(store, "moved", change="cancelled").index.tolist() == ["cancelled"]
    assert find(store, "moved", by="practice").index.tolist() == ["cancelled"]


def test_what_the_former_patient_of_an_appointment_was_told_is_not_the_new_ones(store: SqlPatientStore) -> None:
    put(store, "given away", "2")
    tell(store, "k1", "given away", "2026-11-20T10:00:00+00:00", datetime(2026, 11, 24, 8))
    assert find(store, "moved").empty


def test_what_somebody_else_knows_to_have_moved_is_found_if_it_meets_the_rest(store: SqlPatientStore) -> None:
    put(store, "told by the workbench")
    put(store, "past", starts_at=datetime(2026, 11, 20, 9))
    put(store, "came", state="present")
    both = ("told by the workbench", "past", "came")
    assert find(store, "moved").empty
    frame = find(store, "moved", also=both)
    assert frame.index.tolist() == ["told by the workbench"]
    assert pd.isna(frame["told_start"].iloc[0])


def test_nothing_moved_has_the_same_columns_and_kinds(store: SqlPatientStore) -> None:
    none = find(store, "moved")
    put(store, "moved", moved_from=datetime(2026, 11, 24, 8))
    tell(store, "k1", "moved", "2026-11-20T10:00:00+00:00", datetime(2026, 11, 24, 8))
    some = find(store, "moved")
    assert tuple(none.columns) == tuple(some.columns) == MOVED_COLUMNS
    assert none.dtypes.astype(str).to_dict() == some.dtypes.astype(str).to_dict()


# --- to telephone -------------------------------------------------------------------------------------


def called(frame: pd.DataFrame) -> dict[str, tuple[object, ...]]:
    columns = ["call", "call_relation", "call_mobile", "call_phone"]
    return {str(row[0]): tuple(None if pd.isna(one) else one for one in row[1:])
            for row in frame[["appointment_id", *columns]].itertuples(index=False)}  # fmt: skip


def test_whoever_cannot_be_written_to_is_telephoned(store: SqlPatientStore) -> None:
    for number in range(1, 7):
        put(store, f"a{number}", str(number))
    put(store, "cancelled", "2", state="cancelled")
    put(store, "another day", "2", starts_at=datetime(2026, 11, 25, 9))
    guardian(store, "m", civility="Mme", first_name="Eve", last_name="Enfant", mobile="06 39 98 00 09")
    frame = find(store, "to_phone")
    assert tuple(frame.columns) == TO_PHONE_COLUMNS
    assert called(frame) == {
        "a2": ("Sans", None, "06 39 98 00 02", None),
        "a3": ("Faux", None, None, None),
        "a4": ("Mme Eve Enfant", "mother", "06 39 98 00 09", None),
        "a5": ("Orphelin", None, None, None),
    }
    assert find(store, "to_phone", minors="no").index.tolist() == ["a2", "a3"]
    assert find(store, "to_phone", start="J+2").index.tolist() == ["another day"]
    assert find(store, "to_phone", state="cancelled").index.tolist() == ["cancelled"]


@pytest.mark.parametrize(
    ("people", "phoned"),
    [
        ([{"email": "m@mail.example"}], False),
        ([{"email": "m@mail"}, {"email": "p@mail.example"}], False),  # the second guardian can be written to
        ([{"email": "m@mail"}, {"email": None}], True),
        ([{"patient_id": "1"}], False),  # who has a file of her own, with an address in it
        ([{"patient_id": "3"}], True),
        ([{"patient_id": "6", "email": "mort@mail.example"}], True),  # who died
        ([{"patient_id": "6", "email": "mort@mail.example"}, {"email": "p@mail.example"}], False),
    ],
)
def test_a_minor_is_written_to_through_any_guardian_with_an_address(
    store: SqlPatientStore, people: list[Mapping[str, object]], phoned: bool
) -> None:
    put(store, "a4", "4")
    for rank, values in enumerate(people, start=1):
        guardian(store, f"g{rank}", rank=rank, **values)
    assert find(store, "to_phone").index.tolist() == (["a4"] if phoned else [])


def test_the_guardian_who_has_a_number_is_called_first(store: SqlPatientStore) -> None:
    put(store, "a4", "4")
    guardian(store, "m", rank=1, last_name="Mère")
    assert called(find(store, "to_phone")) == {"a4": ("Mère", "mother", None, "02 61 91 00 04")}
    guardian(store, "p", rank=2, last_name="Père", phone="02 61 91 00 08")
    assert called(find(store, "to_phone")) == {"a4": ("Père", "mother", None, "02 61 91 00 08")}


def test_a_guardian_who_died_is_not_called(store: SqlPatientStore) -> None:
    put(store, "a4", "4")
    guardian(store, "m", rank=1, patient_id="6", mobile="06 39 98 00 06")
    assert called(find(store, "to_phone")) == {"a4": ("Enfant", None, None, "02 61 91 00 04")}
    guardian(store, "p", rank=2, last_name="Père", phone="02 61 91 00 08")
    assert called(find(store, "to_phone")) == {"a4": ("Père", "mother", None, "02 61 91 00 08")}


@given(st.from_regex(_ORDINARY, fullmatch=True).filter(lambda text: len(text) <= _LONGEST_ORDINARY))
def test_an_address_of_the_ordinary_shape_is_well_formed(address: str) -> None:
    assert address_problem(address) == ""
