"""The columns of a colleague, and which colleague is a patient's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

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
    best: dict[tuple[str, str], str] = {}
    for who, kind, colleague in reading.connection.execute(
        sa.select(link.patient_id, link.kind, link.correspondent_id)
        .where(reading.of_practice(patient_correspondents), reading.among(link.patient_id))
        .order_by(link.rank, link.correspondent_id)
    ):
        best.setdefault((who, kind), colleague)
    known = correspondents.c
    names = {
        key: full_name(*parts)
        for key, *parts in reading.connection.execute(
            sa.select(known.correspondent_id, known.title, known.first_name, known.last_name).where(
                reading.of_practice(correspondents),
                rows.among(known.correspondent_id, best.values(), reading.connection.dialect),
            )
        )
    }
    columns = {kind: rows.text([names.get(best.get((key, kind), "")) for key in reading.keys]) for kind in _NAMED}
    first = [next((best[key, kind] for kind in BEST_KINDS if (key, kind) in best), None) for key in reading.keys]
    return columns | {"correspondent_id": rows.text(first)}


OF_PATIENT = (Group(("correspondent_id", *_NAMED), _of_patient),)


def _relations(reading: Reading) -> Mapping[str, Any]:
    """Tell how each practitioner stands to a colleague; `relation` and `form` are everybody else's."""
    pair = correspondent_relations.c
    common: dict[str, tuple[str, str]] = {}
    own: dict[str, list[dict[str, str]]] = {}
    for key, practitioner, relation, form in reading.connection.execute(
        sa.select(pair.correspondent_id, pair.practitioner_id, pair.relation, pair.form)
        .where(reading.of_practice(correspondent_relations), reading.among(pair.correspondent_id))
        .order_by(pair.correspondent_id, pair.practitioner_id)
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
