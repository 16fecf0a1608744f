"""Write what a command found: a table for the eye, CSV for a spreadsheet, JSON for a program; sentences on stderr.

Tables and files go to stdout (or ``--output``), everything said to the person goes to stderr, so that
``workbench search appointments --format csv > tomorrow.csv`` holds the rows and nothing else.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from workbench.cli.session import Format
from workbench.displays.cells import friendly, harmless, plain
from workbench.displays.words import heading, shown
from workbench.domain.spreadsheets import guarded
from workbench.errors import BadValue
from workbench.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

    import pandas as pd

_RICH_ROWS = 500
"""Beyond this many rows a table is written as plain aligned text: drawing it would take longer than reading it."""

_KEPT_WHOLE = frozenset(
    {
        "date", "time", "file_number", "patient_id", "mailing_id", "delivery_id", "status", "starts_at", "queued_at",
        "opened_at", "decided_at", "count", "revision", "row", "port", "sent", "failed", "in_doubt", "skipped",
        "pending", "cancelled",
        "attempts", "smtp_code", "postcode", "nature", "chair", "state", "severity",
    }
)  # fmt: skip
"""Columns whose cells are not folded on a terminal."""


def say(sentence: str) -> None:
    """Tell the person something, on stderr, harmless to the terminal."""
    print(harmless(sentence, keep_lines=True), file=sys.stderr, flush=True)


def is_terminal(stream: IO[str] | None) -> bool:
    """Tell whether somebody sits at the other end; a stream that was closed (``<&-``) is nobody."""
    return stream is not None and stream.isatty()


def agreed(question: str) -> bool:
    """Ask a yes-or-no question on stderr; only a yes, in either language, is one."""
    choices = _("y/N")
    print(f"{question} [{choices}] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes", "o", "oui"}


def as_frame(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows of plain values as a frame with these columns, in this order, even when there is no row."""
    import pandas as pd

    return pd.DataFrame([[row.get(column) for column in columns] for row in rows], columns=list(columns), dtype=object)


def show(
    frame: pd.DataFrame,
    *,
    format: Format = Format.TABLE,
    output: Path | None = None,
    columns: Sequence[str] = (),
    narrow: Mapping[int, Sequence[str]] | None = None,
    title: str = "",
    zone: tzinfo | None = None,
) -> None:
    """Write a frame in the format asked for, to a file or to stdout.

    Parameters
    ----------
    frame
        The rows; a named index becomes a column.
    columns
        The columns of the table for the eye, when the frame has more than a screen can hold; CSV and JSON
        always hold every column under its English name.
    narrow
        Fewer columns for a terminal no wider than the key.
    zone
        The practice's: by its clock the table tells what the ledger counts in UTC; CSV and JSON keep UTC.
    """
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    if named:
        frame = frame.reset_index()
    written_as = format_for(format, output)
    with _opened(output) as stream:
        if written_as is Format.JSON:
            _write_json(frame, stream)
        elif written_as is Format.CSV:
            write_csv(frame, stream)
        else:
            if narrow and is_terminal(stream):
                width = shutil.get_terminal_size().columns
                columns = next((some for widest, some in sorted(narrow.items()) if width <= widest), columns)
            chosen = [name for name in columns if name in frame.columns]
            _write_table(frame[chosen] if chosen else frame, stream, title, zone)
    if output is not None:
        say(_("Written to {path}.").format(path=output))


def show_record(record: Mapping[str, object], *, format: Format = Format.TABLE, output: Path | None = None) -> None:
    """Write one thing: name and value a line for the eye, one object in JSON, one row in CSV."""
    written_as = format_for(format, output)
    if written_as is Format.JSON:
        with _opened(output) as stream:
            print(json.dumps(plain(record), ensure_ascii=False, indent=1), file=stream)
        return
    if written_as is Format.CSV:
        show(as_frame([record], list(record)), format=Format.CSV, output=output)
        return
    rows = [{"name": heading(name), "value": _cell(name, value)} for name, value in record.items()]
    show(as_frame(rows, ["name", "value"]), output=output)


def format_for(asked: Format, output: Path | None) -> Format:
    """Return the format asked for, or, when none was, the one that the file's name ends with."""
    if asked is not Format.TABLE or output is None:
        return asked
    if output.suffix.lower() == ".xlsx":
        raise BadValue(_("A list is not written as a workbook: the command « workbench export » does that."))
    return {".csv": Format.CSV, ".json": Format.JSON}.get(output.suffix.lower(), asked)


_ISO_TEXTS: dict[str, Callable[[str], date]] = {"date": date.fromisoformat, "at": datetime.fromisoformat}


def _cell(name: str, value: object, zone: tzinfo | None = None) -> str:
    if name in _ISO_TEXTS and isinstance(value, str):
        with suppress(ValueError):  # a practice's own column of this name may hold anything
            value = _ISO_TEXTS[name](value)
    return shown(name, value) or friendly(value, zone=zone)


def write_csv(frame: pd.DataFrame, stream: IO[str], *, headed: bool = True) -> None:
    """Write a frame as comma-separated values with its English column names, formulas guarded, times in ISO.

    Further rows of a file are not `headed`.
    """
    writer = csv.writer(stream, lineterminator="\n")
    if headed:
        writer.writerow([guarded(str(name)) for name in frame.columns])
    for row in _rows(frame):
        writer.writerow([_csv_cell(value) for value in row])


def save_csv(frames: Iterable[pd.DataFrame], path: Path) -> None:
    """Write frames with the same columns one after the other as a CSV file that only its owner can read (P12)."""
    with _opened(path) as stream:
        for place, frame in enumerate(frames):
            write_csv(frame, stream, headed=not place)


def save_bytes(content: bytes, path: Path) -> None:
    """Write a file that only its owner can read, and say where."""
    with os.fdopen(_private(path), "wb") as stream:
        stream.write(content)
    say(_("Written to {path}.").format(path=path))


def print_json(values: Mapping[str, object]) -> None:
    """Print one JSON object on one line, as the last line a program reads."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    with os.fdopen(_private(output), "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        yield stream


def _private(path: Path) -> int:
    # What a list holds are patients: a file is its owner's alone, also one that was there and open to others.
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if stat.S_ISREG(os.fstat(opened).st_mode):  # /dev/null and the like stay everybody's
        with suppress(OSError):  # a disk without rights, or somebody else's file that we may write
            os.fchmod(opened, 0o600)
    return opened


def _rows(frame: pd.DataFrame) -> Iterable[tuple[object, ...]]:
    return zip(*(frame.iloc[:, place].tolist() for place in range(frame.shape[1])), strict=True)


def _csv_cell(value: object) -> object:
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and "\r" in value:
        # Python 3.11 and 3.12 quote no lone one, and a spreadsheet would begin a row after it.
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    return guarded(value)


def _write_json(frame: pd.DataFrame, stream: IO[str]) -> None:
    names = [str(name) for name in frame.columns]
    before = "[\n"
    for row in _rows(frame):
        stream.write(before)
        stream.write(json.dumps(dict(zip(names, map(plain, row), strict=True)), ensure_ascii=False, allow_nan=False))
        before = ",\n"
    stream.write("[]\n" if before == "[\n" else "\n]\n")


def _write_table(frame: pd.DataFrame, stream: IO[str], title: str, zone: tzinfo | None) -> None:
    names = [str(name) for name in frame.columns]
    headings = [heading(name) for name in names]
    cells = [tuple(_cell(name, value, zone) for name, value in zip(names, row, strict=True)) for row in _rows(frame)]
    if title:
        stream.write(f"{title}\n")
    if len(cells) > _RICH_ROWS:
        _write_aligned(headings, cells, stream)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, words in zip(names, headings, strict=True):
        # Half a date or half a number is worse than none; a heading is never cut inside a word.
        table.add_column(
            Text(words), overflow="fold", no_wrap=name in _KEPT_WHOLE, min_width=max(map(len, words.split()), default=0)
        )
    for row in cells:
        table.add_row(*(Text(cell, style=_style_of(cell)) for cell in row))
    # A file has no edge: there, no cell is ever folded.
    console = Console(file=stream, highlight=False)
    if not console.is_terminal:
        console = Console(file=stream, highlight=False, width=100_000)
    console.print(table)


def _style_of(cell: str) -> str:
    return {"✓": "green", "✕": "red", "?": "yellow", "–": "dim"}.get(cell[:2].rstrip(), "") if cell[1:2] == " " else ""


def _write_aligned(headings: Sequence[str], cells: Sequence[Sequence[str]], stream: IO[str]) -> None:
    from rich.cells import cell_len

    widths = [max(cell_len(name), *(cell_len(row[place]) for row in cells)) for place, name in enumerate(headings)]
    for row in [headings, *cells]:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        stream.write("  ".join(padded).rstrip() + "\n")
