from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from tests.contracts.patient_store_contract import TODAY, add
from workbench.databases import writing
from workbench.patients import schema
from workbench.patients.columns.visit import by_label
from workbench.patients.store import SqlPatientStore

VISIT_DAY = date(2026, 11, 3)  # of p1: 008 was there at 9 o'clock
ACTS = ["procedures", "teeth", "procedures_with_teeth"]


def act(key: str, label: str, teeth: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "procedure_id": key, "patient_id": "008", "done_on": VISIT_DAY, "label": label, "teeth": teeth, **more,
    }  # fmt: skip


def acts(store: SqlPatientStore, key: str = "p1") -> list[Any]:
    return store.columns("visit", [key], ACTS, today=TODAY).loc[key].tolist()


def test_the_acts_of_a_visit_are_those_that_name_it(store: SqlPatientStore) -> None:
    add(
        store,
        schema.procedures,
        [
            act("1", "Détartrage", appointment_id="p1"),
            act("2", "Couronne céramique", "26", appointment_id="p1"),
            act("3", "Couronne céramique", "27, 26", appointment_id="p1"),
            act("4", "Radiographie"),  # of the day, yet the visit has acts of its own
        ],
    )
    assert acts(store) == [
        ["Détartrage", "Couronne céramique"],
        ["26", "27"],
        ["Détartrage", "Couronne céramique (26, 27)"],
    ]


def test_acts_that_name_no_appointment_are_of_the_patients_visit_that_day(store: SqlPatientStore) -> None:
    add(
        store,
        schema.procedures,
        [
            act("1", "Radiographie", "11"),
            act("2", "Détartrage", done_on=date(2026, 11, 4)),
            act("3", "Extraction", patient_id="007"),
            act("4", "Collage", appointment_id="m4"),
        ],
    )
    assert acts(store) == [["Radiographie"], ["11"], ["Radiographie (11)"]]


def test_a_visit_given_to_somebody_else_tells_nothing_of_the_former_patient(store: SqlPatientStore) -> None:
    of_the_former = act("1", "Extraction", "16", patient_id="007", appointment_id="p1")
    add(store, schema.procedures, [of_the_former])
    assert acts(store) == [None, None, None]
    add(store, schema.procedures, [act("2", "Détartrage")])
    assert acts(store) == [["Détartrage"], None, ["Détartrage"]]


def test_a_visit_without_acts_has_none_not_an_empty_list(store: SqlPatientStore) -> None:
    assert acts(store) == [None, None, None]


def test_nothing_was_done_at_an_appointment_that_did_not_take_place(store: SqlPatientStore) -> None:
    missed = act("1", "Détartrage", done_on=date(2026, 11, 2))
    to_come = act("2", "Collage", patient_id="007", done_on=date(2026, 11, 24))
    add(store, schema.procedures, [missed, to_come])
    frame = store.columns("visit", ["m4", "a1", "p1"], ["done_on", "procedures"], today=TODAY)
    assert frame["done_on"].isna().tolist() == [True, True, False]
    assert frame.loc["p1", "done_on"] == pd.Timestamp(VISIT_DAY)
    assert frame["procedures"].tolist() == [None, None, None]


def test_an_appointment_of_today_may_have_taken_place_already(store: SqlPatientStore) -> None:
    told = store.columns("visit", ["a1"], ["done_on"], today=date(2026, 11, 24))["done_on"].tolist()
    assert told == [pd.Timestamp(2026, 11, 24)]


@pytest.mark.parametrize(
    ("language", "nature", "kind", "told"),
    [
        ("fr", "EXT", "Chirurgie", "Ne pas rincer."),
        (None, "EXT", "Chirurgie", "Ne pas rincer."),
        ("en", "EXT", "Chirurgie", "Do not rinse."),
        ("de", "EXT", "Chirurgie", "Ne pas rincer."),
        ("en", "AUTRE", "Chirurgie", "Repos."),
        ("en", None, "Chirurgie", "Repos."),
        ("fr", "AUTRE", "Contrôle", None),
    ],
)
def test_advice_is_by_nature_else_type_in_the_patients_language_else_french(
    store: SqlPatientStore, language: str | None, nature: str | None, kind: str, told: str | None
) -> None:
    add(
        store,
        schema.aftercare,
        [
            {"nature": "EXT", "language": "fr", "text": "Ne pas rincer."},
            {"nature": "EXT", "language": "en", "text": "Do not rinse."},
            {"nature": "Chirurgie", "language": "fr", "text": "Repos."},
        ],
    )
    with writing(store.engine) as connection:
        connection.execute(schema.patients.update().values(language=language))
    start = datetime(2026, 11, 5, 9)
    visit = {"appointment_id": "v", "patient_id": "007", "starts_at": start, "nature": nature, "kind": kind}
    add(store, schema.appointments, [visit])
    found = store.columns("visit", ["v"], ["aftercare"], today=TODAY)["aftercare"]
    assert found.isna().all() if told is None else found.tolist() == [told]


@pytest.mark.parametrize(
    ("written", "teeth"), [("26", ["26"]), ("11, 12,11", ["11", "12"]), (" ", []), (None, []), (",", [])]
)
def test_teeth_are_counted_once_as_they_are_written(written: str | None, teeth: list[str]) -> None:
    assert by_label([("Soin", written)]) == {"Soin": teeth}
