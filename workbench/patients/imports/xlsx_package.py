"""Look into an .xlsx file before it is read: that it is one, that it is of a bounded size, how its numbers are shown.

An .xlsx file is a zip of XML. The library that reads it trusts its sizes, and tells neither a number's mask nor an
error's cell nor a hidden row: here each part is first unpacked a piece at a time, and the cells of a sheet are counted.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from workbench.errors import ImportRefused
from workbench.language import _

LARGEST_UNPACKED = 400_000_000
"""Bytes of XML: a sheet of 110,000 rows and 20 columns has about a hundred million."""

LARGEST_SHEET = 10_000_000
"""Cells between the first one and the last, empty ones included: the reader keeps a place for each."""

_LARGEST_SMALL_PART = 20_000_000
_PIECE = 4_000_000
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_BROKEN = (
    BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError,
    ElementTree.ParseError, expat.ExpatError, LookupError, StopIteration,
)  # fmt: skip
"""What a damaged zip or damaged XML raises."""

_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


@dataclass(slots=True, kw_only=True)
class Sheet:
    """What was counted in one sheet; places are (row, column) from 0, a mask is the format of a whole number."""

    masks: dict[tuple[int, int], str] = field(default_factory=dict)
    filled: bool = False
    errors: int = 0
    without_result: int = 0
    hidden: int = 0  # rows with values that nobody sees


def check_package(path: Path) -> None:
    """Refuse a zip that is no .xlsx file, is damaged, or would unpack to more than a practice's file ever holds."""
    try:
        with ZipFile(path) as package:
            _check_parts(package, path.name)
    except _BROKEN as error:
        raise damaged(path.name) from error


def look_at_sheet(path: Path, name: str) -> Sheet:
    """Count the cells of a sheet, and note the whole numbers that are shown with a mask such as ``00000``.

    Raises
    ------
    ImportRefused
        When its cells lie so far apart that it cannot be read, or the file is damaged.
    """
    try:
        with ZipFile(path) as package:
            return _counted(package, _part_of_sheet(package, name), _masks(package), path.name)
    except _BROKEN as error:
        raise damaged(path.name) from error


def damaged(name: str) -> ImportRefused:
    """Return the refusal of a workbook that cannot be read."""
    return ImportRefused(
        _("The workbook {file} is damaged and cannot be read: open it in Excel and save it again.").format(file=name)
    )


def _check_parts(package: ZipFile, name: str) -> None:
    parts = package.infolist()
    names = [part.filename for part in parts]
    if "xl/workbook.xml" not in names:
        raise ImportRefused(
            _(
                "The file {file} is no .xlsx workbook: save it as an Excel workbook (.xlsx) or as CSV, and import "
                "that file."
            ).format(file=name)
        )
    if len(set(names)) != len(names):
        raise damaged(name)
    # A part's own word about its size is checked while it is unpacked: zipfile gives no byte more.
    texts = [part for part in parts if PurePosixPath(part.filename).suffix in (".xml", ".rels")]
    if sum(part.file_size for part in texts) > LARGEST_UNPACKED:
        raise ImportRefused(
            _("The workbook {file} is too large to be read; save its sheet as CSV and import that file.").format(
                file=name
            )
        )
    for part in texts:
        with package.open(part) as stream:
            while stream.read(_PIECE):
                pass


def _counted(package: ZipFile, part: str, masks: Mapping[str, str], file: str) -> Sheet:
    counter = _Counter(masks, file)
    with package.open(part) as stream:
        while piece := stream.read(_PIECE):
            counter.parser.Parse(piece)
        counter.parser.Parse(b"", True)  # that was all of it
    counter.end_cell()
    return counter.sheet


class _Counter:
    """Follows a sheet cell by cell; a cell that does not say its place stands after the one before."""

    def __init__(self, masks: Mapping[str, str], file: str) -> None:
        self.sheet = Sheet()
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self._masks, self._file = masks, file
        self._row = self._column = self._last_row = self._last_column = 0
        self._formula = self._value = self._hidden = False

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self.end_cell()
            self._start_cell(attributes)
        elif name == "v" or name == "is":  # asked for every cell of a large sheet
            self._value = self.sheet.filled = True
            if self._hidden:
                self.sheet.hidden += 1
                self._hidden = False  # counted once
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._row = int(attributes.get("r") or self._row + 1)
            self._column = 0
            self._hidden = attributes.get("hidden") in ("1", "true")

    def end_cell(self) -> None:
        if self._formula and not self._value:
            self.sheet.without_result += 1
        self._formula = self._value = False

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._column += 1
        if said := attributes.get("r"):
            place = _PLACE.fullmatch(said)
            if place is None:
                raise ValueError(said)
            self._row, self._column = int(place[2]), _column(place[1])
        if self._row > self._last_row or self._column > self._last_column:
            self._widen()
        if attributes.get("t") == "e":
            self.sheet.errors += 1
        if self._masks and (mask := self._masks.get(attributes.get("s", ""))):
            self.sheet.masks[self._row - 1, self._column - 1] = mask

    def _widen(self) -> None:
        self._last_row, self._last_column = max(self._last_row, self._row), max(self._last_column, self._column)
        if self._last_row * self._last_column > LARGEST_SHEET:
            raise ImportRefused(
                _(
                    "A cell of the workbook {file} lies too far away (row {row}, column {column}): delete what is "
                    "below and beside the table, or save it as CSV."
                ).format(file=self._file, row=self._row, column=self._column)
            )


def _refuse_doctype(*_declared: object) -> None:
    """No spreadsheet writes one; what it declares could unfold without end."""
    raise ValueError("DOCTYPE")


def _column(letters: str) -> int:
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - 64
    return place


def _small(package: ZipFile, part: str) -> ElementTree.Element:
    with package.open(part) as stream:
        text = stream.read(_LARGEST_SMALL_PART + 1)
    if len(text) > _LARGEST_SMALL_PART or b"<!DOCTYPE" in text:
        raise ValueError(part)
    return ElementTree.fromstring(text)  # noqa: S314  # no DOCTYPE in it


def _all(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [one for space in (_MAIN, _STRICT) for one in root.iter(f"{space}{name}")]


def _part_of_sheet(package: ZipFile, name: str) -> str:
    """Return the part that holds a sheet."""
    key = next(
        value
        for sheet in _all(_small(package, "xl/workbook.xml"), "sheet")
        if sheet.get("name") == name
        for attribute, value in sheet.attrib.items()
        if attribute.endswith("}id")
    )
    relations = _small(package, "xl/_rels/workbook.xml.rels")
    target = next(str(one.get("Target")) for one in relations if one.get("Id") == key)
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _masks(package: ZipFile) -> dict[str, str]:
    """Return the styles that show a number digit by digit (``00000``, ``0# ## ## ## ##``), by their number."""
    if "xl/styles.xml" not in package.namelist():
        return {}
    styles = _small(package, "xl/styles.xml")
    formats = {one.get("numFmtId"): _mask(one.get("formatCode") or "") for one in _all(styles, "numFmt")}
    groups = _all(styles, "cellXfs")
    return {
        str(place): mask
        for place, style in enumerate(groups[0] if groups else ())
        if (mask := formats.get(style.get("numFmtId")))
    }


def _mask(code: str) -> str:
    """Return a format as a mask of ``0``, ``#`` and blanks, or nothing when it is another sort of format."""
    plain = re.sub(r'\\(.)|"([^"]*)"|_.|\*.', lambda found: found[1] or found[2] or "", code.split(";")[0])
    plain = re.sub(r"\[[^\]]*\]", "", plain)
    return plain if re.fullmatch(r"[0#][0#   .\-]*", plain) and "0" in plain and "." not in plain else ""


def masked(number: int, mask: str) -> str:
    """Return a whole number as a mask shows it: ``1000`` by ``00000`` is ``01000``."""
    digits = list(str(number))
    shown: list[str] = []
    for sign in reversed(mask):
        if sign not in "0#":
            shown.append(sign if digits else "")
        elif digits:
            shown.append(digits.pop())
        elif sign == "0":
            shown.append("0")
    return ("".join(digits) + "".join(reversed(shown))).strip()
