"""Read the first sheet of an Excel workbook that has rows, each cell as the text that a person sees in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from workbench.errors import ImportRefused
from workbench.language import _, n_
from workbench.patients.imports.table import ImportTable, TableNote, clean_cell
from workbench.patients.imports.xlsx_package import Sheet, check_package, damaged, look_at_sheet, masked

_DIGITS_KEPT = 15
"""Excel itself keeps no more digits of a number."""


def read_xlsx(path: Path, *, sheet: str | None = None) -> ImportTable:
    """Read one sheet: the one called `sheet` (or of this number, from 1), else the first one seen that has rows.

    A date is written ``2014-03-12``, a number as few digits as it needs (``12``, never ``12.0``) or by its mask of
    zeros; a text keeps its leading zeros. Lines are the sheet's own row numbers.

    Raises
    ------
    ImportRefused
        When it is no workbook, has a password, is damaged, too large, or has no such sheet or no rows.
    """
    check_package(path)
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            name, counted, others = _chosen(workbook, path, sheet)
            cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise damaged(path.name) from error
    if not any(cell != "" for row in cells for cell in row):
        raise ImportRefused(_("The file {file} is empty.").format(file=path.name))
    return _table(cells, counted, _notes(counted, name, others))


def _chosen(workbook: CalamineWorkbook, path: Path, asked: str | None) -> tuple[str, Sheet, list[str]]:
    """Return the sheet to read, what was counted in it, and the others that have rows when nobody said which."""
    sheets = [one for one in workbook.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    names = [one.name for one in sheets]
    if asked is not None:
        if asked not in names and asked.isdecimal() and 1 <= int(asked) <= len(names):
            asked = names[int(asked) - 1]
        if asked not in names:
            raise ImportRefused(
                _("The workbook {file} has no sheet « {sheet} ». Its sheets are: {known}.").format(
                    file=path.name, sheet=asked, known=", ".join(names)
                )
            )
        return asked, look_at_sheet(path, asked), []
    # What a person has hidden is not what she imports; each sheet is counted before any is read.
    seen = [one.name for one in sheets if one.visible == SheetVisibleEnum.Visible]
    counted = {name: look_at_sheet(path, name) for name in seen}
    filled = [name for name in seen if counted[name].filled]
    if not filled:
        raise ImportRefused(_("The file {file} is empty.").format(file=path.name))
    return filled[0], counted[filled[0]], filled[1:]


def _notes(counted: Sheet, name: str, others: Sequence[str]) -> list[TableNote]:
    notes = []
    if others:
        sentence = _(
            "The sheet « {sheet} » was read; this workbook has others: {others}. A mapping says another one: [options] "
            'sheet = "…".'
        )
        notes.append(TableNote(code="sheet", message=sentence.format(sheet=name, others=", ".join(others))))
    if counted.hidden:
        sentence = n_(
            "{count} row that is hidden in the workbook was read as well.",
            "{count} rows that are hidden in the workbook were read as well.",
            counted.hidden,
        )
        notes.append(TableNote(code="hidden_rows", message=sentence.format(count=counted.hidden)))
    if counted.errors:
        sentence = n_(
            "{count} cell holds an error of the spreadsheet (#N/A, #REF!); it was taken as empty.",
            "{count} cells hold an error of the spreadsheet (#N/A, #REF!); they were taken as empty.",
            counted.errors,
        )
        notes.append(TableNote(code="cell_error", message=sentence.format(count=counted.errors)))
    if counted.without_result:
        sentence = n_(
            "{count} cell holds a formula without its result, and was taken as empty: save the workbook in Excel "
            "first.",
            "{count} cells hold formulas without their results, and were taken as empty: save the workbook in Excel "
            "first.",
            counted.without_result,
        )
        notes.append(TableNote(code="no_result", message=sentence.format(count=counted.without_result)))
    return notes


def _table(cells: Sequence[Sequence[Any]], counted: Sheet, notes: list[TableNote]) -> ImportTable:
    text = _remembering()
    headings: list[str] = []
    first = 0
    rows: list[list[str]] = []
    lines: list[int] = []
    crooked: list[int] = []
    for place, row in enumerate(cells):
        shown = [cell if type(cell) is str else text(cell) for cell in row]
        if counted.masks:
            _apply_masks(shown, row, place, counted.masks)
        if not any(shown) or not "".join(shown).strip():
            continue
        if not headings:
            first = next(at for at, cell in enumerate(shown) if cell.strip())
            headings = [clean_cell(cell) for cell in shown[first:]]
            while not headings[-1]:
                headings.pop()
            continue
        if "".join(shown[first + len(headings) :]).strip() or "".join(shown[:first]).strip():
            crooked.append(place + 1)
            continue
        rows.append(shown[first : first + len(headings)])
        lines.append(place + 1)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(headings)
    return ImportTable(
        headings=tuple(headings), columns=tuple(columns), lines=lines, crooked=crooked, notes=tuple(notes)
    )


def _apply_masks(shown: list[str], row: Sequence[Any], place: int, masks: Mapping[tuple[int, int], str]) -> None:
    for at, cell in enumerate(row):
        mask = masks.get((place, at))
        if mask and isinstance(cell, (int, float)) and not isinstance(cell, bool) and cell >= 0 and cell == int(cell):
            shown[at] = masked(int(cell), mask)


def _remembering() -> Callable[[Any], str]:
    """Return `cell_text` that works out each different cell once: an agenda has few different days."""
    known: dict[tuple[type, Any], str] = {}

    def text(cell: Any) -> str:
        key = (type(cell), cell)  # True is equal to 1
        if key not in known:
            known[key] = cell_text(cell)
        return known[key]

    return text


def cell_text(cell: object) -> str:
    """Return what a cell shows: a day or a moment in ISO form, a number in as few digits as it needs."""
    if isinstance(cell, bool):
        return "VRAI" if cell else "FAUX"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e18 else f"{cell:.{_DIGITS_KEPT}g}"
    if isinstance(cell, datetime):
        moment = _to_the_second(cell)
        return moment.date().isoformat() if moment.time() == time.min else moment.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return _to_the_second(datetime.combine(date.min, cell)).time().isoformat()
    if isinstance(cell, timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return str(cell)


def _to_the_second(moment: datetime) -> datetime:
    """Return a moment without the milliseconds that a day's fraction leaves behind (08:39:59.999)."""
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0)
