"""The columns of a colleague, and which colleague is a patient's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.patients import rows
from workbench.patients.columns.reading import Group, Reading, Source
from workbench.patients.names import full_name
from workbench.patients.schema import correspondent_relations, correspondents, patient_correspondents

BEST_KINDS = ("referring", "treating_dentist", "orthodontist", "treating_physician", "correspondent")
"""Whom a letter about a patient goes to before the next one (every kind of colleague there is)."""

_NAMED = ("treating_dentist", "treating_physician")


def _of_patient(reading: Reading) -> Mapping[str, Any]:
    """Find the best colleague of all, and the names of those who treat the patient."""
    link = patient_correspondents.c
    best: dict[tuple[str, str], tuple[int, str]] = {}
    for who, kind, rank, colleague in reading.rows_of(link.patient_id, link.kind, link.rank, link.correspondent_id):
        place = (rank, colleague)
        if (who, kind) not in best or place < best[who, kind]:
            best[who, kind] = place
    known = correspondents.c
    treating = {colleague for (_who, kind), (_rank, colleague) in best.items() if kind in _NAMED}
    names = {
        key: full_name(*parts)
        for key, *parts in reading.rows_of(
            known.correspondent_id, known.title, known.first_name, known.last_name, among=treating
        )
    }
    columns = {
        kind: rows.text([names.get(best[key, kind][1]) if (key, kind) in best else None for key in reading.keys])
        for kind in _NAMED
    }
    first = [next((best[key, kind][1] for kind in BEST_KINDS if (key, kind) in best), None) for key in reading.keys]
    return columns | {"correspondent_id": rows.text(first)}


OF_PATIENT = (Group(("correspondent_id", *_NAMED), _of_patient),)


def _relations(reading: Reading) -> Mapping[str, Any]:
    """Tell how each practitioner stands to a colleague; `relation` and `form` are everybody else's."""
    pair = correspondent_relations.c
    common: dict[str, tuple[str, str]] = {}
    own: dict[str, list[dict[str, str]]] = {}
    for key, practitioner, relation, form in reading.rows_of(
        pair.correspondent_id, pair.practitioner_id, pair.relation, pair.form, order=[pair.practitioner_id]
    ):
        if practitioner:
            own.setdefault(key, []).append({"practitioner_id": practitioner, "relation": relation, "form": form})
        else:
            common[key] = (relation, form)
    told = reading.along(common, (None, None))
    return {
        "relation": rows.text([relation for relation, _form in told]),
        "form": rows.text([form for _relation, form in told]),
        "relations": rows.lists(reading.along(own)),
    }


CORRESPONDENT = Source(
    table=correspondents, key="correspondent_id", groups=(Group(("relation", "form", "relations"), _relations),)
)
