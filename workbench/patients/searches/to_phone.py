"""The search on appointments that nobody can be written to about, with whom to call and at which number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.addresses import address_problem
from workbench.domain.searches import Search
from workbench.language import _, marked
from workbench.patients import rows
from workbench.patients.names import full_name
from workbench.patients.schema import appointments, patients, persons, responsibilities
from workbench.patients.searches.addressing import BALANCE, by_gone, minor_at
from workbench.patients.searches.appointments import (
    APPOINTMENT_FILTERS,
    BY_HOURS,
    SORT,
    by_state,
    days_asked,
    question_of,
)
from workbench.patients.searches.clauses import (
    Clause,
    Context,
    KnownSearch,
    Question,
    SqlCondition,
    parameters_of,
)
from workbench.patients.searches.parameters import Asked

_ORDINARY = (
    r"^[A-Za-z0-9_]+([.+-][A-Za-z0-9_]+)*@[A-Za-z0-9]+([.-][A-Za-z0-9]+)*"
    r"\.(com|fr|net|org|eu|be|ch|lu|test|example)$"
)
"""The shape of nearly every address; only the others are looked at one by one."""

_LONGEST_ORDINARY = 60

_MINOR = minor_at(appointments.c.starts_at)

# A person who has a file too is kept up to date there.
_own = patients.alias("own_file")
_GUARDIANS = responsibilities.join(
    persons,
    sa.and_(
        persons.c.practice_id == responsibilities.c.practice_id, persons.c.person_id == responsibilities.c.person_id
    ),
).outerjoin(_own, sa.and_(_own.c.practice_id == persons.c.practice_id, _own.c.patient_id == persons.c.patient_id))

_ALIVE = _own.c.deceased.is_not(sa.true())
"""Whoever died answers for nobody any more: the next one does."""


def _of_guardian(name: str) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(persons.c[name], _own.c[name])


def malformed_addresses(context: Context) -> list[str]:
    """Return the addresses of patients and guardians that cannot be written to, as they stand in the store."""
    strange: set[str] = set()
    for column in (patients.c.email, persons.c.email):
        found = context.connection.execute(
            sa.select(column)
            .distinct()
            .where(
                column.table.c.practice_id == context.practice_id,
                column.is_not(None),
                sa.or_(~column.regexp_match(_ORDINARY), sa.func.length(column) > _LONGEST_ORDINARY),
            )
        )
        strange.update(found.scalars())
    return sorted(address for address in strange if address_problem(address))


def _usable(column: sa.ColumnElement[Any], malformed: Sequence[str]) -> SqlCondition:
    some = sa.func.coalesce(column, "") != ""
    return sa.and_(some, column.not_in(malformed)) if malformed else some


def _out_of_reach(context: Context) -> SqlCondition:
    """Say that the addressee has no usable address: the patient, or each guardian of a minor."""
    malformed = malformed_addresses(context)
    guardian = (
        sa.exists()
        .select_from(_GUARDIANS)
        .where(
            responsibilities.c.practice_id == appointments.c.practice_id,
            responsibilities.c.patient_id == appointments.c.patient_id,
            responsibilities.c.role == "guardian",
            _ALIVE,
            _usable(_of_guardian("email"), malformed),
        )
        .correlate(appointments)
    )
    return sa.case((_MINOR, ~guardian), else_=~_usable(patients.c.email, malformed))


_FILTERS = (
    *days_asked(default="tomorrow", one_day=True),
    BY_HOURS,
    by_state("upcoming"),
    *APPOINTMENT_FILTERS,
    by_gone("no"),
)


def _question(asked: Asked, context: Context) -> Question:
    return question_of(
        asked,
        context,
        _FILTERS,
        clauses=(Clause(parameter="", sql=_out_of_reach(context), label=_("Nobody with a usable address")),),
        read=(_MINOR.label("minor"), patients.c.civility),
        more=lambda read: _columns(read, context),
    )


_CALLED = ("name", "relation", "mobile", "phone")
_Called = tuple[str | None, str | None, str | None, str | None]


def _columns(read: Mapping[str, rows.Values], context: Context) -> dict[str, Any]:
    minors = [patient for patient, minor in zip(read["patient_id"], read["minor"], strict=True) if minor]
    guardians = _guardians_to_call(minors, context) if minors else {}
    called: list[_Called] = []
    for patient, minor, civility, last_name, first_name, mobile, phone in zip(
        *(read[name] for name in ("patient_id", "minor", "civility", "last_name", "first_name", "mobile", "phone")),
        strict=True,
    ):
        themself: _Called = (full_name(civility, first_name, last_name), None, mobile, phone)
        guardian = guardians.get(patient) if minor else None
        if guardian is not None and not any(guardian[2:]):
            guardian = (*guardian[:2], mobile, phone)  # the number in the child's file is a parent's, most often
        called.append(guardian or themself)
    values = rows.columns_of(called, _CALLED)
    return {
        "mobile": rows.text(read["mobile"]),
        "call": rows.text(values["name"]),
        "call_relation": rows.text(values["relation"]),
        "call_mobile": rows.text(values["mobile"]),
        "call_phone": rows.text(values["phone"]),
    }


def _guardians_to_call(patient_ids: Sequence[str], context: Context) -> dict[str, _Called]:
    """Return for each patient the first guardian who has a number, else the first one."""
    found = context.connection.execute(
        sa.select(
            responsibilities.c.patient_id,
            responsibilities.c.relation,
            *(_of_guardian(name).label(name) for name in ("civility", "first_name", "last_name", "mobile", "phone")),
        )
        .select_from(_GUARDIANS)
        .where(
            responsibilities.c.practice_id == context.practice_id,
            responsibilities.c.role == "guardian",
            _ALIVE,
            rows.among(responsibilities.c.patient_id, patient_ids, context.connection.dialect),
        )
        .order_by(responsibilities.c.rank, responsibilities.c.person_id)
    )
    best: dict[str, _Called] = {}
    for patient, relation, civility, first_name, last_name, mobile, phone in found:
        if patient not in best or (not any(best[patient][2:]) and (mobile or phone)):
            best[patient] = (full_name(civility, first_name, last_name), relation, mobile, phone)
    return best


TO_PHONE = KnownSearch(
    search=Search(
        name="to_phone",
        reads=("appointments", "patients"),
        label=marked("To telephone"),
        parameters=(*parameters_of(_FILTERS), BALANCE, SORT),
    ),
    question=_question,
)
