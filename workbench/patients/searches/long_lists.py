"""Searches that find more than can be held: first whose rows they find, then the rows of some of these patients."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator
from dataclasses import replace

import sqlalchemy as sa

from workbench.patients import rows as columns
from workbench.patients.schema import patients
from workbench.patients.searches.clauses import Context, Question


class PackedLists(Collection[list[str]]):
    """Lists of keys that are read one after the other, kept in a few bytes a key."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []

    def add(self, keys: list[str]) -> None:
        """Keep a list behind the others."""
        self._packed.append(zlib.compress(json.dumps(keys).encode(), 1))

    def __iter__(self) -> Iterator[list[str]]:
        """Give the lists in the order in which they were added."""
        for one in self._packed:
            yield json.loads(zlib.decompress(one))

    def __len__(self) -> int:
        """Return how many lists there are."""
        return len(self._packed)

    def __contains__(self, keys: object) -> bool:
        """Tell whether a list is one of these."""
        return any(keys == one for one in self)


def of_patients(question: Question, patient_ids: Collection[str], context: Context) -> Question:
    """Return the question about the rows of some patients alone."""
    some = columns.among(patients.c.patient_id, patient_ids, context.connection.dialect)
    return replace(question, base=(*question.base, some))


def patients_of(question: Question, context: Context, *, rows: int) -> tuple[int, Collection[list[str]]]:
    """Return how many rows a question finds and whose, in lists of about so many rows that cut no family.

    There is no list when it finds no more than `rows`, or when its rows are not those of patients.
    """
    met = (*question.base, *(clause.sql for clause in question.clauses))
    first = sa.select(sa.literal(1)).select_from(question.source).where(*met).limit(rows + 1).subquery()
    count = context.connection.execute(sa.select(sa.func.count()).select_from(first)).scalar_one()
    if count <= rows or not any(column is patients.c.patient_id for column in question.read):
        return count, []
    family = sa.func.coalesce(sa.func.nullif(patients.c.family_id, ""), patients.c.patient_id)
    found = context.connection.execution_options(yield_per=10_000).execute(
        sa.select(patients.c.patient_id, family.label("family"))
        .select_from(question.source)
        .where(*met)
        .order_by(family, patients.c.patient_id)
    )
    lists = PackedLists()
    some: list[str] = []
    total = held = 0
    before = None
    for patient_id, together in found:
        if together != before and held >= rows:
            lists.add(some)
            some, held = [], 0
        if not some or some[-1] != patient_id:
            some.append(patient_id)
        before = together
        total, held = total + 1, held + 1
    lists.add(some)
    return total, lists
