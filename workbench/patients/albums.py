"""What the store keeps as files: the images of the patients' albums (« album médias »), the papers in their files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.domain.frames import ALBUM_COLUMNS, DOCUMENT_COLUMNS
from workbench.errors import UnknownName
from workbench.language import _
from workbench.patients import rows
from workbench.patients.schema import invoices, media, prescriptions, quotes

_CATEGORIES = frozenset({"kind", "media_type", "stage", "view"})

_NO_TEXT, _NO_DAY = sa.null().cast(sa.Text), sa.null().cast(sa.Date)
_DOCUMENTS: dict[str, tuple[sa.Table, str, sa.ColumnElement[Any], sa.ColumnElement[Any]]] = {
    "invoice": (invoices, "invoice_id", invoices.c.number, invoices.c.cancelled_on),
    "quote": (quotes, "quote_id", quotes.c.number, _NO_DAY),
    "prescription": (prescriptions, "prescription_id", _NO_TEXT, _NO_DAY),
}
"""Of each kind of document: its table and key, its number, and when it was taken back."""


def album_frame(connection: sa.Connection, practice_id: str, patient_ids: Sequence[str]) -> pd.DataFrame:
    """Return the albums of patients, one row an image, by its key; columns as in ``domain.frames.ALBUM_COLUMNS``."""
    found = connection.execute(
        sa.select(*(media.c[name] for name in ALBUM_COLUMNS))
        .where(media.c.practice_id == practice_id, rows.among(media.c.patient_id, patient_ids, connection.dialect))
        .order_by(media.c.media_id)
    ).all()
    values = rows.columns_of(found, ALBUM_COLUMNS)
    return pd.DataFrame({name: _column(name, values[name]) for name in ALBUM_COLUMNS})


def album_words(connection: sa.Connection, practice_id: str) -> dict[str, list[str]]:
    """Return the practice's own words for the images of its patients, sorted: by ``kind``, ``stage`` and ``view``."""
    found = connection.execute(
        sa.select(media.c.kind, media.c.stage, media.c.view)
        .where(media.c.practice_id == practice_id, media.c.patient_id.is_not(None))
        .distinct()
    ).all()
    values = rows.columns_of(found, ("kind", "stage", "view"))
    return {name: sorted({word for word in column if word}) for name, column in values.items()}


def documents_frame(connection: sa.Connection, practice_id: str, kind: str, patient_ids: Sequence[str]) -> pd.DataFrame:
    """Return the papers of a kind in the files of patients, by key; columns as in ``domain.frames.DOCUMENT_COLUMNS``.

    A paper without a file stands in it too: its ``path`` is missing.

    Raises
    ------
    UnknownName
        When there is no such kind; the sentence names those there are.
    """
    if kind not in _DOCUMENTS:
        raise UnknownName(
            _("There is no kind of document « {name} »; there are: {known}.").format(
                name=kind, known=", ".join(_DOCUMENTS)
            )
        )
    table, key, number, cancelled_on = _DOCUMENTS[kind]
    found = connection.execute(
        sa.select(table.c[key], table.c.patient_id, table.c.dated_on, number, table.c.document, cancelled_on)
        .where(table.c.practice_id == practice_id, rows.among(table.c.patient_id, patient_ids, connection.dialect))
        .order_by(table.c[key])
    ).all()
    values = rows.columns_of(found, DOCUMENT_COLUMNS)
    return pd.DataFrame(
        {
            name: rows.day(values[name]) if name in ("dated_on", "cancelled_on") else rows.text(values[name])
            for name in DOCUMENT_COLUMNS
        }
    )


def _column(name: str, values: rows.Values) -> object:
    if name == "taken_on":
        return rows.day(values)
    if name == "health":
        return rows.flag(values)
    return rows.category(values) if name in _CATEGORIES else rows.text(values)
