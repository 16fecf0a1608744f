from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.contracts.patient_store_contract import TODAY, add
from workbench.patients import schema
from workbench.patients.columns.colleagues import BEST_KINDS
from workbench.patients.store import SqlPatientStore


def know(store: SqlPatientStore, *links: tuple[str, str, int]) -> None:
    """Write down colleagues, and as what patient 007 has them: (key, kind, rank)."""
    keys = dict.fromkeys(key for key, _kind, _rank in links)
    add(store, schema.correspondents, [{"correspondent_id": key, "last_name": key.upper()} for key in keys])
    rows = [{"patient_id": "007", "correspondent_id": key, "kind": kind, "rank": rank} for key, kind, rank in links]
    add(store, schema.patient_correspondents, rows)


def test_every_kind_of_colleague_has_its_place() -> None:
    assert sorted(BEST_KINDS) == sorted(schema.CORRESPONDENT_KINDS)


@pytest.mark.parametrize(
    ("links", "best"),
    [
        ([("a", "correspondent", 1), ("b", "treating_physician", 1)], "b"),
        ([("a", "treating_physician", 1), ("b", "orthodontist", 2)], "b"),
        ([("a", "orthodontist", 1), ("b", "treating_dentist", 3)], "b"),
        ([("a", "treating_dentist", 1), ("b", "referring", 2), ("c", "referring", 1)], "c"),
        ([("a", "referring", 1), ("b", "referring", 1)], "a"),
    ],
)
def test_a_report_goes_to_the_colleague_who_sent_the_patient_first(
    store: SqlPatientStore, links: list[tuple[str, str, int]], best: str
) -> None:
    know(store, *links)
    assert store.columns("patient", ["007", "008"], ["correspondent_id"], today=TODAY).fillna("").values.tolist() == [
        [best],
        [""],
    ]


def test_a_colleague_is_tu_for_one_and_vous_for_the_others(store: SqlPatientStore) -> None:
    know(store, ("a", "referring", 1), ("b", "correspondent", 1))

    def pair(practitioner: str, relation: str, form: str) -> dict[str, Any]:
        return {"correspondent_id": "a", "practitioner_id": practitioner, "relation": relation, "form": form}

    rows = [pair("MM", "friend", "tu"), pair("", "colleague", "vous"), pair("CC", "colleague", "vous")]
    add(store, schema.correspondent_relations, rows)
    frame = store.columns("correspondent", ["a", "b"], ["last_name", "relation", "form", "relations"], today=TODAY)
    assert frame.loc["a"].tolist() == [
        "A",
        "colleague",
        "vous",
        [
            {"practitioner_id": "CC", "relation": "colleague", "form": "vous"},
            {"practitioner_id": "MM", "relation": "friend", "form": "tu"},
        ],
    ]
    assert pd.isna(frame.loc["b", "form"])
    assert frame.loc["b", "relations"] is None
