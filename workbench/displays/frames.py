"""How a frame of ours shows in a notebook: findings by what they say, people as a count, results as their numbers.

What a notebook keeps of a frame holds no name and no address (P12): rows of people are for a live view alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from workbench.displays.accessor import OPENED
from workbench.displays.cells import friendly
from workbench.displays.nobody import COLUMN_NAMES, is_unlabelled
from workbench.displays.stages import stage_of, stage_words
from workbench.displays.state_bar import COLOURS, state_bar
from workbench.displays.words import heading, replaced_sentence, shown, status_words
from workbench.domain.frames import FINDING_COLUMNS
from workbench.domain.mailings import Tally
from workbench.language import _, n_

MOST_ROWS = 20
"""Rows of a frame without people that are shown; the frame holds them all."""

_STAGED = ("stage", "goes_on_at")

_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
_CELL = "padding:3px 10px;text-align:left;border-bottom:1px solid var(--jp-border-color2, #ddd)"


def is_of_findings(frame: pd.DataFrame) -> bool:
    """Tell whether a frame holds what a check found; its recipients are keys, not names."""
    return list(frame.columns) == list(FINDING_COLUMNS)


def is_of_results(frame: pd.DataFrame) -> bool:
    """Tell whether a frame holds the deliveries of mailings."""
    return {"delivery_id", "status", "reason"} <= set(map(str, frame.columns))


def plain_text(frame: pd.DataFrame) -> str:
    """Return a frame in a line: how many rows, and its columns by their names, as far as these are ours."""
    names, rest = _columns_of(frame)
    told = ", ".join([*names, *rest])
    return f"<{count_of_rows(len(frame))}: {told}>" if told else f"<{count_of_rows(len(frame))}>"


def count_of_rows(count: int) -> str:
    """Return how many rows there are, in words."""
    return n_("{count} row", "{count} rows", count).format(count=count)


def laid_out(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame for the eye: what stands beside its rows and above its columns is in the table, too.

    Of mailings, one column tells how each stands: that it waits and until when, that it was interrupted, its status.
    """
    if {"status", *_STAGED} <= set(map(str, frame.columns)):
        frame = _staged(frame)
    if is_unlabelled(frame.index) and frame.columns.nlevels == 1:
        return frame
    names = [_label(label) for label in frame.columns]
    beside = [_label(name) if name is not None else "" for name in frame.index.names]
    plain = frame.set_axis(names, axis="columns")
    return plain if is_unlabelled(frame.index) else plain.reset_index(names=beside, allow_duplicates=True)


def _staged(frame: pd.DataFrame) -> pd.DataFrame:
    zone = OPENED.zone_of(frame)
    moments = frame["goes_on_at"].dt.tz_convert(zone) if zone is not None else frame["goes_on_at"]
    told = [
        stage_words(stage_of(str(code), None if pd.isna(at) else at.to_pydatetime()))
        for code, at in zip(frame["stage"], moments, strict=True)
    ]
    return frame.assign(status=told).drop(columns=list(_STAGED))


def _label(label: object) -> str:
    return " ".join(str(part) for part in label if str(part)) if isinstance(label, tuple) else str(label)


def _columns_of(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the columns whose names are ours, and in a list of none or one how many others there are."""
    names = [str(name) for name in frame.columns if isinstance(name, str) and name in COLUMN_NAMES]
    count = frame.shape[1] - len(names)
    return names, [n_("{count} other column", "{count} other columns", count).format(count=count)] if count else []


def findings_html(frame: pd.DataFrame) -> str:
    """Return what a check found, the same finding of many recipients once, with how many they are."""
    counted = Counter(zip(frame["severity"].astype(str), frame["message"].astype(str), strict=True))
    if not counted:
        return _paragraph(_("✓ Nothing was found."))
    rows = [
        (
            f'<b style="color:{_colour(severity)};white-space:nowrap">{escape(status_words(severity))}</b>',
            f"<b>{count}</b>",
            escape(message),
        )
        for (severity, message), count in sorted(counted.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    ]
    return _table([heading("severity"), heading("count"), heading("message")], rows)


def people_html(frame: pd.DataFrame) -> str:
    """Return how many rows a frame of people has, and what it tells of each; nobody by name."""
    names, rest = _columns_of(frame)
    told = " · ".join(filter(None, (count_of_rows(len(frame)), ", ".join([*map(heading, names), *rest]))))
    kept = _("Names and addresses are not kept in the notebook.")
    bar = _numbers(frame) if is_of_results(frame) else ""
    return f"{_paragraph(told)}{bar}{_paragraph(kept, quiet=True)}"


def results_html(frame: pd.DataFrame) -> str:
    """Return the deliveries of a frame without people: their numbers, and the first rows."""
    return _numbers(frame) + rows_html(frame)


def _numbers(frame: pd.DataFrame) -> str:
    tally = _tally(frame)
    return state_bar(tally.counts, replaced_sentence(tally.replaced) if tally.replaced else "")


def rows_html(frame: pd.DataFrame) -> str:
    """Return the first rows of a frame under headings in the reader's language."""
    names = [str(name) for name in frame.columns]
    rows = [[escape(cell) for cell in row] for row in cells_of(frame.head(MOST_ROWS))]
    left = len(frame) - len(rows)
    more = n_("… and {count} more row.", "… and {count} more rows.", left).format(count=left)
    return _table([heading(name) for name in names], rows) + (_paragraph(more, quiet=True) if left else "")


def cells_of(frame: pd.DataFrame) -> list[list[str]]:
    """Return the cells of a frame as a person reads them, a list a row; moments by the practice's clock."""
    zone = OPENED.zone_of(frame)
    columns = [
        [shown(str(name), value) or friendly(value, zone=zone) for value in frame.iloc[:, place].tolist()]
        for place, name in enumerate(frame.columns)
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _colour(severity: str) -> str:
    return COLOURS["failed" if severity == "error" else "in_doubt"]


def _tally(frame: pd.DataFrame) -> Tally:
    return Tally(Counter(zip(frame["status"].astype(str), frame["reason"].fillna("").astype(str), strict=True)))


def _table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(name)}</th>' for name in headings)
    body = "".join("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>" for row in rows)
    return f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _paragraph(text: str, *, quiet: bool = False) -> str:
    return f'<p style="margin:4px 0{";opacity:.75" if quiet else ""}">{escape(text)}</p>'
