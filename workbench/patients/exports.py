"""Write a table as a file for a spreadsheet, CSV or XLSX: only its owner reads it, and no cell of it is ever run."""

from __future__ import annotations

import csv
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

import pandas as pd

from workbench.domain.spreadsheets import guarded
from workbench.errors import BadValue
from workbench.language import _

ENDINGS = (".csv", ".xlsx")
_DAY, _HOUR, _MOMENT, _MONEY = "dd/mm/yyyy", "hh:mm", "dd/mm/yyyy hh:mm", "0.00"
_ISO_COLUMNS: dict[str, Callable[[str], Any]] = {"date": date.fromisoformat, "time": time.fromisoformat}
"""Columns of frames that hold days and hours as ISO texts: in a workbook they are days and hours."""

_LARGEST_SHEET = 1_048_575
"""Rows under the headings that a sheet of a workbook holds."""

_LONGEST_CELL = 32_767


def write_table(
    frame: pd.DataFrame, path: Path, *, headings: Sequence[str], bom: bool = False, before: Callable[[], None]
) -> None:
    """Write a frame's rows under headings; the ending of the name tells the format, ``.csv`` or ``.xlsx``.

    The file is its owner's alone (0600) and is there whole or not at all. CSV is comma-separated UTF-8 with ISO dates,
    a ``'`` standing before a cell that a spreadsheet would run. In a workbook days, hours and numbers are such, and
    each text is a text.

    Parameters
    ----------
    bom
        Whether the CSV begins with the mark by which Excel knows UTF-8.
    before
        Called when the file is written and not yet in its place: what it raises keeps it from getting there.

    Raises
    ------
    BadValue
        When the name ends otherwise, or a workbook cannot hold so many rows.
    """
    kind = ending_of(path)
    if kind == ".xlsx" and len(frame) > _LARGEST_SHEET:
        raise BadValue(_("A workbook holds no more than a million rows: choose a name that ends in .csv."))
    with _private(path, before) as stream:
        if kind == ".xlsx":
            _write_workbook(frame, stream, headings)
        else:
            _write_csv(frame, stream, headings, bom=bom)


def ending_of(path: Path) -> str:
    """Return the ending of a file that can be written.

    Raises
    ------
    BadValue
        When it is another one.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise BadValue(_("« {name} » must end in .csv or .xlsx.").format(name=path.name))
    return ending


@contextmanager
def _private(path: Path, before: Callable[[], None]) -> Iterator[IO[bytes]]:
    """Give a file beside its place, and put it there when it is whole; a device such as /dev/stdout is written to."""
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        before()
        with path.open("wb") as stream:
            yield stream
        return
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".export-")  # 0600
    beside = Path(name)
    try:
        with os.fdopen(number, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        before()
        beside.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise


def _write_csv(frame: pd.DataFrame, stream: IO[bytes], headings: Sequence[str], *, bom: bool) -> None:
    import io

    text = io.TextIOWrapper(
        stream, encoding="utf-8-sig" if bom else "utf-8", errors="backslashreplace", newline="", write_through=True
    )
    writer = csv.writer(text, lineterminator="\r\n")  # with it, a line end of either sort inside a cell is quoted
    writer.writerow([guarded(one) for one in headings])
    columns = [[_csv_cell(value) for value in _values(frame.iloc[:, place])] for place in range(frame.shape[1])]
    writer.writerows(zip(*columns, strict=True))
    text.flush()
    text.detach()


def _csv_cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return "" if value is None else guarded(value)


def _write_workbook(frame: pd.DataFrame, stream: IO[bytes], headings: Sequence[str]) -> None:
    import xlsxwriter

    # Texts stay texts: nothing in them becomes a formula, a link or a number.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(stream, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        forms = {form: book.add_format({"num_format": form}) for form in (_DAY, _HOUR, _MOMENT, _MONEY)}
        for place, words in enumerate(headings):
            sheet.write_string(0, place, words, bold)
            column = frame.iloc[:, place]
            money = forms[_MONEY] if column.dtype == "float64" else None
            read = _ISO_COLUMNS.get(str(column.name))
            longest = len(words)
            for row, value in enumerate(_values(column), start=1):
                if value is None:
                    continue
                cell = _typed(value, read)
                longest = max(longest, _write_cell(sheet, row, place, cell, forms, money))
            sheet.set_column(place, place, min(max(longest + 2, 6), 50))
        sheet.freeze_panes(1, 0)
        if len(frame) and len(headings):
            sheet.autofilter(0, 0, len(frame), len(headings) - 1)


def _typed(value: Any, read: Callable[[str], Any] | None) -> Any:
    if read is not None and isinstance(value, str):
        with suppress(ValueError):
            return read(value)
    return value


def _write_cell(sheet: Any, row: int, place: int, value: Any, forms: dict[str, Any], money: Any) -> int:
    """Write one cell as what it is, and return how wide it is."""
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
        return 5
    if isinstance(value, (int, float)):
        sheet.write_number(row, place, value, money)
        return 10
    if isinstance(value, datetime):
        sheet.write_datetime(row, place, value, forms[_MOMENT])
        return len(_MOMENT)
    if isinstance(value, date):
        sheet.write_datetime(row, place, value, forms[_DAY])
        return len(_DAY)
    if isinstance(value, time):
        sheet.write_datetime(row, place, value, forms[_HOUR])
        return len(_HOUR)
    text = str(value)[:_LONGEST_CELL].encode("utf-8", "backslashreplace").decode("utf-8")
    sheet.write_string(row, place, text)
    return len(text)


def _values(column: pd.Series[Any]) -> list[Any]:
    """Return a column as plain values, ``None`` where it says nothing; moments are the practice's wall clock."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return [None if pd.isna(one) else one.to_pydatetime() for one in column.dt.tz_localize(None)]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = bool((column.dropna() == column.dropna().dt.normalize()).all())
        return [None if pd.isna(one) else one.date() if days else one.to_pydatetime() for one in column]
    return [_plain(value) for value in column.tolist()]


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(shown) for one in value if (shown := _plain(one)) is not None) or None
    if isinstance(value, dict):
        return " ".join(str(shown) for one in value.values() if (shown := _plain(one)) is not None) or None
    if value is None or value is pd.NaT or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return (value.tz_localize(None) if value.tzinfo is not None else value).to_pydatetime()
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    return value if isinstance(value, (bool, int, float, str, date, time)) else str(value)
