"""What identifies the rows of a mailing (DESIGN 8.3), and results from which nobody can be told (P12)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import pandas as pd

from workbench.domain.frames import IDENTITY_COLUMNS
from workbench.errors import UsageError
from workbench.language import _
from workbench.merging.recipient_tables import EMAIL_COLUMNS, column_names


def origin_of(subjects: pd.DataFrame) -> tuple[str, Mapping[str, str], str]:
    """Return what identifies the rows: a search with absolute dates, else a digest of the sorted table (8.3)."""
    asked = subjects.attrs.get("workbench")
    if asked and "subject_key" in subjects.columns:
        return str(asked["search"]), dict(asked["resolved"]), ""
    if "subject_key" in subjects.columns:
        return "", {}, _digest_of_lines(subjects["subject_key"].astype(str).tolist())
    if not set(EMAIL_COLUMNS) & set(column_names(subjects.columns)):
        raise UsageError(
            _("The table has no column « email »; it has: {columns}.").format(
                columns=", ".join(str(name) for name in subjects.columns)
            )
        )
    return "", {}, _digest_of_lines(_table_lines(subjects))


_ADDRESS_IN_TEXT = r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+"


def without_people(results: pd.DataFrame) -> pd.DataFrame:
    """Return results without names and addresses, also where a key or a server's reply would repeat an address."""
    frame = results.drop(columns=list(IDENTITY_COLUMNS))
    named = frame["recipient_id"].str.contains("@", regex=False) & frame["recipient_id"].str.startswith("row:")
    keys = frame["recipient_id"].where(~named, frame["recipient_id"].map(_digest_of_key))
    replies = frame["smtp_reply"].str.replace(_ADDRESS_IN_TEXT, "…", regex=True)
    return frame.assign(recipient_id=keys, smtp_reply=replies)


def _digest_of_key(key: str) -> str:
    return f"row:#{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _table_lines(table: pd.DataFrame) -> list[str]:
    """Return each row as text that depends neither on the order of the rows nor on that of the columns."""
    order = sorted(range(len(table.columns)), key=lambda place: (str(table.columns[place]), place))
    names = [str(table.columns[place]) for place in order]
    cells = [table.iloc[:, place].astype(object).where(table.iloc[:, place].notna(), "").tolist() for place in order]
    return [json.dumps([names, row], ensure_ascii=False, default=str) for row in zip(*cells, strict=True)]


def _digest_of_lines(lines: list[str]) -> str:
    # A frame may hold half characters; they count like any other.
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8", "surrogatepass")).hexdigest()
