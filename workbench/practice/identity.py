"""What identifies the rows of a mailing (DESIGN 8.3), and results from which nobody can be told (P12)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd

from workbench.domain.frames import IDENTITY_COLUMNS
from workbench.errors import UsageError
from workbench.language import _
from workbench.merging.recipient_tables import column_names, digest_of_table, key_columns

OPENED: set[str] = set()
"""The workspaces that this program has opened, whether or not they are still open."""


def whose(subjects: pd.DataFrame, workspace: str) -> None:
    """Raise unless the rows may be written to by a workspace: its own search's, or a table of one's own.

    Rows of a search that lost where they come from (merged, concatenated) are taken only when there is no doubt.

    Raises
    ------
    UsageError
        When they come from another practice, or may do so. The same file number is somebody else there: the letter
        of one would reach the other.
    """
    known = (subjects.attrs.get("workbench") or {}).get("workspace")
    if known is None and "subject_key" in subjects.columns and OPENED - {workspace}:
        raise UsageError(
            _(
                "Nobody can tell from which practice these rows come: several were opened here, and rows that were "
                "joined or put together do not say. Restart and open only one, or take the rows of a search."
            )
        )
    if known not in (None, workspace):
        raise UsageError(_("These rows come from another practice: search again in this one."))


TOLD_ONCE = "told_once"
"""The attribute of a table made from a search: whoever a row names is told once, whatever the row says by then."""

WITH_HEALTH = "with_health"
"""The attribute of a table that names its columns of health data (P13)."""


def origin_of(subjects: pd.DataFrame) -> tuple[str, Mapping[str, str], str]:
    """Return what identifies the rows: a search with absolute dates, else a digest of the sorted table (8.3)."""
    asked = subjects.attrs.get("workbench")
    if asked and ("subject_key" in subjects.columns or subjects.attrs.get(TOLD_ONCE)):
        return str(asked["search"]), dict(asked["resolved"]), ""
    if "subject_key" in subjects.columns:
        return "", {}, _digest_of_lines(subjects["subject_key"].astype(str).tolist())
    key_columns(column_names(subjects.columns), subjects.columns)
    return "", {}, digest_of_table(subjects)


_ADDRESS_IN_TEXT = r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+"


def without_people(results: pd.DataFrame) -> pd.DataFrame:
    """Return results without names and addresses, also where a key or a server's reply would repeat an address."""
    frame = results.drop(columns=list(IDENTITY_COLUMNS))
    named = frame["recipient_id"].str.contains("@", regex=False) & frame["recipient_id"].str.startswith("row:")
    keys = frame["recipient_id"].copy()
    keys[named] = [_digest_of_key(key) for key in keys[named]]
    replies = frame["smtp_reply"].str.replace(_ADDRESS_IN_TEXT, "…", regex=True)
    return frame.assign(recipient_id=keys, smtp_reply=replies)


def _digest_of_key(key: str) -> str:
    return f"row:#{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _digest_of_lines(lines: list[str]) -> str:
    # A frame may hold half characters; they count like any other.
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8", "surrogatepass")).hexdigest()
