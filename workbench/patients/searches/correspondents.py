"""The search on colleagues, all of them or those of one patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.domain.fields import folded
from workbench.domain.frames import CORRESPONDENT_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.errors import BadValue
from workbench.language import _, marked
from workbench.patients import rows
from workbench.patients.schema import (
    CORRESPONDENT_KINDS,
    correspondent_relations,
    correspondents,
    patient_correspondents,
    patients,
)
from workbench.patients.searches.addressing import (
    CITY,
    PRACTITIONER,
    WITH_EMAIL,
    address_columns,
    is_one_of,
    plain_address,
)
from workbench.patients.searches.clauses import (
    Context,
    Filter,
    KnownSearch,
    Question,
    SqlCondition,
    clauses_of,
    parameters_of,
)
from workbench.patients.searches.folding import holds_words
from workbench.patients.searches.parameters import Asked
from workbench.patients.searches.patient_rows import clauses_on_one
from workbench.patients.searches.row_by_row import RowByRow

_KIND_LABELS = {
    "treating_dentist": marked("treating dentist"),
    "treating_physician": marked("treating physician"),
    "orthodontist": marked("orthodontist"),
    "referring": marked("referred the patient"),
    "correspondent": marked("correspondent"),
}

_OPEN = (sa.not_(patients.c.deceased), sa.not_(patients.c.archived))
"""What makes a file an open one."""


def _linked(context: Context, *which: SqlCondition, files: tuple[SqlCondition, ...] = ()) -> SqlCondition:
    """Say that the colleague is one of a patient's; with `files`, of one whose file meets them."""
    link = patient_correspondents
    source: sa.FromClause = link
    if files:
        source = link.join(
            patients,
            sa.and_(patients.c.practice_id == link.c.practice_id, patients.c.patient_id == link.c.patient_id),
        )
    theirs = sa.select(sa.literal(1)).select_from(source)
    return sa.exists(
        theirs.where(
            link.c.practice_id == context.practice_id,
            link.c.correspondent_id == correspondents.c.correspondent_id,
            *which,
            *files,
        ).correlate(correspondents)
    )


def _relation(context: Context, *which: SqlCondition) -> SqlCondition:
    known = correspondent_relations.c
    return sa.exists().where(
        known.practice_id == context.practice_id,
        known.correspondent_id == correspondents.c.correspondent_id,
        *which,
    )


def _of_practitioner(keys: tuple[str, ...], context: Context) -> SqlCondition:
    """Say that a practitioner has a relation of his own with the colleague, or shares a patient with him."""
    theirs = is_one_of(patients.c.main_practitioner_id, keys)
    known = is_one_of(correspondent_relations.c.practitioner_id, keys)
    return sa.or_(_relation(context, known), _linked(context, files=(*_OPEN, theirs)))


def _has(column: sa.Column[Any], wanted: bool) -> SqlCondition:
    some = sa.func.trim(sa.func.coalesce(column, "")) != ""
    return some if wanted else ~some


def _has_patients(wanted: bool, context: Context) -> SqlCondition:
    linked = _linked(context, files=_OPEN)
    return linked if wanted else ~linked


_NAME = SearchParameter(name="name", kind="words", label=marked("Words of the name"))
_KIND = SearchParameter(
    name="kind",
    kind="choice",
    label=marked("What the colleague is to a patient"),
    choices=CORRESPONDENT_KINDS,
    labels=tuple(_KIND_LABELS[one] for one in CORRESPONDENT_KINDS),
)
_PATIENT = SearchParameter(name="patient", kind="choice", label=marked("Colleagues of a patient, by file number"))

_FILTERS = (
    Filter(
        parameter=_NAME,
        sql=lambda words, context: holds_words(words, correspondents.c.last_name, correspondents.c.first_name),
    ),
    Filter(
        parameter=SearchParameter(name="speciality", kind="choice", label=marked("Speciality")),
        sql=lambda values, context: is_one_of(correspondents.c.speciality, values),
    ),
    Filter(parameter=CITY, sql=lambda words, context: holds_words(words, correspondents.c.city)),
    Filter(
        parameter=SearchParameter(name="with_mss", kind="yes_no", label=marked("With an MSSanté address")),
        sql=lambda wanted, context: _has(correspondents.c.mss_email, wanted),
    ),
    Filter(parameter=WITH_EMAIL, sql=lambda wanted, context: _has(correspondents.c.email, wanted)),
    Filter(
        parameter=SearchParameter(name="relation", kind="choice", label=marked("Relation (colleague, friend …)")),
        sql=lambda values, context: _relation(context, is_one_of(correspondent_relations.c.relation, values)),
    ),
    Filter(parameter=PRACTITIONER, sql=_of_practitioner),
    Filter(
        parameter=SearchParameter(
            name="has_patients", kind="yes_no", label=marked("With patients whose files are open")
        ),
        sql=_has_patients,
    ),
)
_SORT = SearchParameter(
    name="sort",
    kind="text",
    label=marked("Order of the rows"),
    choices=("name", "patients"),
    labels=(marked("by name"), marked("by number of patients, the most first")),
    default="name",
    identifies=False,
)


def _of_patient(asked: Asked) -> str:
    """Return the file number of the patient whose colleagues are asked for, or nothing."""
    if len(asked.patient) > 1:
        raise BadValue(_("« patient » takes one file number: a letter to a colleague is about one patient."))
    return asked.patient[0] if asked.patient else ""


def _question(asked: Asked, context: Context) -> Question:
    who, link = correspondents.c, patient_correspondents.c
    patient = _of_patient(asked)
    linked: list[tuple[str, SqlCondition]] = []
    if patient:
        linked.append(("patient", link.patient_id == patient))
    if asked.kind:
        linked.append(("kind", is_one_of(link.kind, asked.kind)))
    together = marked("What the colleague is to this patient")
    return Question(
        source=correspondents,
        base=(who.practice_id == context.practice_id,),
        clauses=(
            *clauses_on_one(lambda *which: _linked(context, *which), linked, together=together),
            *clauses_of(_FILTERS, asked, context),
        ),
        read=(
            who.correspondent_id, who.title, who.last_name, who.first_name, who.speciality, who.email, who.mss_email,
            who.city,
        ),
        frame=lambda found: _frame(found, asked, context, patient),
        named={
            name: who[name]
            for name in (
                "correspondent_id", "title", "last_name", "first_name", "civility", "sex", "speciality", "email",
                "mss_email", "phone", "city", "postcode", "country", "language",
            )
        },
    )  # fmt: skip


def _frame(found: Mapping[str, rows.Values], asked: Asked, context: Context, patient: str) -> pd.DataFrame:
    keys = found["correspondent_id"]
    link = patient_correspondents.c
    closed = sa.select(patients.c.patient_id).where(patients.c.practice_id == context.practice_id, ~sa.and_(*_OPEN))
    counting = context.connection.execute(
        sa.select(link.correspondent_id, sa.func.count(link.patient_id.distinct()))
        # Few files are closed: they are left out sooner than the open ones are looked up.
        .where(link.practice_id == context.practice_id, RowByRow(link.patient_id).not_in(closed))
        .group_by(link.correspondent_id)
    )
    counted: dict[str, int] = {row[0]: row[1] for row in counting}
    frame = pd.DataFrame(
        {
            "subject_key": rows.text([f"correspondent:{one}" for one in keys]),
            "patient_id": rows.text([patient] * len(keys)),
            "correspondent_id": rows.text(keys),
            "title": rows.text(found["title"]),
            "last_name": rows.text(found["last_name"]),
            "first_name": rows.text(found["first_name"]),
            "speciality": rows.category(found["speciality"]),
            "email": rows.text(found["email"]),
            "mss_email": rows.text(found["mss_email"]),
            "city": rows.text(found["city"]),
            "patients": rows.number([counted.get(one, 0) for one in keys]),
            **address_columns(
                [email or secure for email, secure in zip(found["email"], found["mss_email"], strict=True)],
                _shared_addresses(context),
            ),
        },
        columns=list(CORRESPONDENT_COLUMNS),
    )
    names = [
        (folded(last or ""), folded(first or ""), key)
        for last, first, key in zip(found["last_name"], found["first_name"], keys, strict=True)
    ]
    order = sorted(range(len(names)), key=names.__getitem__)
    if asked.sort == "patients":
        order.sort(key=lambda place: -counted.get(keys[place], 0))
    return frame.iloc[order].reset_index(drop=True)


def _shared_addresses(context: Context) -> dict[str, int]:
    """Return how many colleagues are written to at each address that several have, by `plain_address`."""
    who = correspondents.c
    every = context.connection.execute(
        sa.select(who.email, who.mss_email).where(who.practice_id == context.practice_id)
    )
    counted = Counter(plain_address(email or secure) for email, secure in every if email or secure)
    return {key: count for key, count in counted.items() if count > 1}


CORRESPONDENTS = KnownSearch(
    search=Search(
        name="correspondents",
        reads=("correspondents",),
        label=marked("Correspondents"),
        kind="colleagues",
        parameters=(_PATIENT, _KIND, *parameters_of(_FILTERS), _SORT),
    ),
    question=_question,
)
