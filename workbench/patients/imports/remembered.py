"""What a mapping said of a kind of file is kept, and read again with the next file that has the same headings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workbench.patients.schema import import_mappings
from workbench.patients.upserts import upsert
from workbench.patients.words import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A mapping's sections as they were said, and when (UTC, ISO)."""

    sections: Mapping[str, Any]
    at: str


def shape_of(headings: Sequence[str]) -> str:
    """Return a digest of a file's headings, without regard to accents, case or punctuation."""
    return hashlib.sha256("\x1f".join(plain(heading) for heading in headings).encode()).hexdigest()[:32]


def remembered(connection: sa.Connection, practice_id: str, kind: str, shape: str) -> Remembered | None:
    """Return the mapping that was last said for files of this kind and shape."""
    found = connection.execute(
        sa.select(import_mappings.c.mapping, import_mappings.c.at).where(*_same(practice_id, kind, shape))
    ).first()
    return None if found is None else Remembered(sections=json.loads(found.mapping), at=found.at)


def remember(
    connection: sa.Connection,
    practice_id: str,
    kind: str,
    shape: str,
    sections: Mapping[str, Any],
    *,
    by: str,
    at: str,
) -> None:
    """Keep a mapping for the next file of this kind and shape, instead of the one before."""
    text = json.dumps(sections, ensure_ascii=False, sort_keys=True, default=str)
    before = remembered(connection, practice_id, kind, shape)
    if before is None or before.sections != json.loads(text):
        row = {"kind": kind, "headings": shape, "mapping": text, "at": at, "by": by}
        upsert(connection, import_mappings, practice_id, [row])


def forget(connection: sa.Connection, practice_id: str, kind: str, shape: str) -> None:
    """Forget what was said for files of this kind and shape."""
    connection.execute(import_mappings.delete().where(*_same(practice_id, kind, shape)))


def _same(practice_id: str, kind: str, shape: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        import_mappings.c.practice_id == practice_id,
        import_mappings.c.kind == kind,
        import_mappings.c.headings == shape,
    )
