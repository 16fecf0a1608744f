"""Read a file of rows whoever wrote it: its encoding, its delimiter, its headings, and nothing guessed in its cells."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path

from workbench.domain.spreadsheets import FORMULA_SIGNS
from workbench.errors import ImportRefused
from workbench.language import _

DELIMITERS = (",", ";", "\t", "|")
_WINDOWS = "cp1252"
_OLDER_ENCODINGS = ["mac_roman", "cp850"]
"""What else French practices' software writes when it is neither Unicode nor Windows: old Macs, DOS."""

_LARGEST_CELL = 1_000_000
_ZIP = b"PK\x03\x04"
_OLDER_WORKBOOK = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableNote:
    """Something to know about a whole file that was read."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTable:
    """A file's cells as they are written (see `clean_cell`); `lines` are those on which the rows begin, from 1.

    `encoding` is the one the file was read in: ``utf-8`` however it began, else what was said or supposed.
    """

    headings: tuple[str, ...]
    columns: tuple[Sequence[str], ...]
    lines: Sequence[int]
    crooked: Sequence[int]  # lines left out because they have more cells than there are headings
    encoding: str = "utf-8"
    notes: Sequence[TableNote] = ()


def read_table(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> ImportTable:
    """Read a file of separated values or, told by its first bytes, an Excel workbook (see `xlsx.read_xlsx`).

    The encoding is the one said, else the one its first bytes announce, else UTF-8, else that of Windows (cp1252)
    unless a byte has no meaning there; only then the likeliest of the older ones. The delimiter is the one said, else
    the comma, semicolon, tab or bar that cuts its first lines alike.
    A text such as ``Null``, ``NA`` or ``007`` is that text.

    Raises
    ------
    ImportRefused
        When the file cannot be read, is empty, is not text, or breaks off inside a quoted cell.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if data.startswith(_ZIP):
        # Most files are none: the library is loaded for those that are.
        from workbench.patients.imports.xlsx import read_xlsx

        return read_xlsx(path, sheet=sheet)
    text, read_in = _decoded(data, path.name, encoding)
    if not text.strip():
        raise ImportRefused(_("The file {file} is empty.").format(file=path.name))
    if delimiter is not None and len(delimiter) != 1:
        raise ImportRefused(_("The delimiter must be a single character, as « ; ».").format())
    return replace(_parsed(text, delimiter or _delimiter_of(text), path.name), encoding=read_in)


_HELD_WHOLE = 2_000_000
_BLOCK = 1 << 20


def read_table_in_parts(path: Path, *, rows: int) -> Iterator[ImportTable]:
    """Read a file as `read_table` does, so many rows at a time; there is at least one part.

    A long text file is never held whole, unless it is in one of the older encodings; a workbook always is. Lines that
    have too many cells are those of each part; raises like `read_table`, of a text that breaks off when it is reached.
    """
    try:
        size = path.stat().st_size if path.is_file() else 0
        with path.open("rb") as file:
            head = file.read(4)
        encoding = _encoding_of(path) if size > _HELD_WHOLE and head != _ZIP else ""
    except OSError as error:
        raise _unreadable(path, error) from error
    if not encoding:
        table = read_table(path)
        for start in range(0, max(len(table.lines), 1), rows):
            own = slice(start, start + rows)
            columns = tuple(column[own] for column in table.columns)
            crooked = table.crooked if not start else ()
            yield replace(table, columns=columns, lines=table.lines[own], crooked=crooked)
        return
    try:
        with path.open(encoding=encoding, newline="") as text:
            delimiter = _delimiter_of(text.read(65536))
            text.seek(0)
            for table in _parts(text, delimiter, path.name, rows):
                yield replace(table, encoding=read_as(encoding))
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError:
        # Another file than a moment ago; Python's own words quote its bytes.
        raise _not_in(encoding, path.name) from None


def _encoding_of(path: Path) -> str:
    """Return the encoding that a long file is read in as `_decoded` would, ``""`` when that takes all of it at once."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        tried = ["utf-16"]
    elif head.startswith(_OLDER_WORKBOOK) or b"\x00" in head:
        tried = []
    else:
        tried = ["utf-8-sig", _WINDOWS]
    for encoding in tried:
        decoder = codecs.getincrementaldecoder(encoding)()
        with path.open("rb") as file, suppress(UnicodeDecodeError):
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
            return encoding
    return ""


def _not_in(encoding: str, name: str) -> ImportRefused:
    return ImportRefused(
        _("The file {file} is not written in {encoding}.").format(file=name, encoding=encoding.removesuffix("-sig"))
    )


def _unreadable(path: Path, error: OSError) -> ImportRefused:
    return ImportRefused(
        _("The file {file} cannot be read: {cause}.").format(file=path.name, cause=error.strerror or error)
    )


def tells_its_encoding(path: Path) -> bool:
    """Tell whether a text file begins as Unicode does, or holds accents that are written in UTF-8."""
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    try:
        return not data.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _decoded(data: bytes, name: str, encoding: str | None) -> tuple[str, str]:
    """Return the text, and the name of the encoding it was read in."""
    if data.startswith(_OLDER_WORKBOOK):
        raise ImportRefused(
            _(
                "The file {file} is an older Excel workbook (.xls), or has a password: save it as an Excel workbook "
                "(.xlsx) without a password, and import that file."
            ).format(file=name)
        )
    try:
        if encoding:
            return data.decode(encoding), read_as(encoding)
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16"), "utf-16"
        if b"\x00" in data[:4096]:
            raise ImportRefused(_("The file {file} is not a text file.").format(file=name))
        return data.decode("utf-8-sig"), "utf-8"
    except LookupError as error:
        raise ImportRefused(
            _("There is no encoding called « {encoding} »: write utf-8 or cp1252.").format(encoding=encoding)
        ) from error
    except UnicodeDecodeError as error:
        if encoding or data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise _not_in(encoding or "utf-16", name) from error
    # In a file of a few rows every guess is as good as another: the encoding that nearly all of them have goes first.
    with suppress(UnicodeDecodeError):
        return data.decode(_WINDOWS), _WINDOWS
    from charset_normalizer import from_bytes  # few files need it, and it takes its time to load

    likeliest = from_bytes(data, cp_isolation=_OLDER_ENCODINGS).best()
    if likeliest is None:
        return data.decode(_WINDOWS, errors="replace"), _WINDOWS
    return str(likeliest), read_as(likeliest.encoding)


def read_as(encoding: str) -> str:
    """Return the name under which a report tells of an encoding."""
    name = codecs.lookup(encoding).name
    return "utf-8" if name == "utf-8-sig" else name


def _delimiter_of(text: str) -> str:
    sample = text[:65536]
    best, best_score = DELIMITERS[0], (0, 0)
    for delimiter in DELIMITERS:
        try:
            rows = islice(csv.reader(io.StringIO(sample), delimiter=delimiter), 20)
            widths = [len(row) for row in rows if row]
        except csv.Error:
            continue
        width = widths[0] if widths else 0
        # The last row of the sample may be cut short; a delimiter of the text inside cells varies from row to row.
        alike = sum(1 for one in widths if one == width)
        score = (alike if width > 1 else 0, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _parsed(text: str, delimiter: str, name: str) -> ImportTable:
    (table,) = _parts(io.StringIO(text, newline=""), delimiter, name, None)
    return table


def _parts(text: Iterable[str], delimiter: str, name: str, size: int | None) -> Iterator[ImportTable]:
    """Cut a text into cells, so many rows at a time; the first part is there even without any."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    headings: list[str] = []
    before = 0
    first = True
    while True:
        rows: list[list[str]] = []
        lines: list[int] = []
        crooked: list[int] = []
        # The limit is everybody's: it is ours only while we read.
        limit = csv.field_size_limit(_LARGEST_CELL)
        try:
            for row in reader:
                line, before = before + 1, reader.line_num
                if not "".join(row).strip():
                    continue
                if not headings:
                    headings = [clean_cell(cell) for cell in row]
                    continue
                if len(row) > len(headings):
                    if "".join(row[len(headings) :]).strip():
                        crooked.append(line)
                        continue
                    row = row[: len(headings)]
                rows.append(row)
                lines.append(line)
                if len(rows) == size:
                    break
        except csv.Error as error:
            raise ImportRefused(
                _("The file {file} cannot be read from line {line} on ({cause}): check the quotes there.").format(
                    file=name, line=before + 1, cause=error
                )
            ) from error
        finally:
            csv.field_size_limit(limit)
        if not rows and not crooked and not first:
            return
        columns = list(zip_longest(*rows, fillvalue="")) if rows else []
        columns += [("",) * len(rows)] * (len(headings) - len(columns))
        yield ImportTable(headings=tuple(headings), columns=tuple(columns), lines=lines, crooked=crooked)
        first = False
        if len(rows) != size:
            return


def clean_cell(cell: str) -> str:
    """Return a cell without blanks around, and without the guard ``'`` that spreadsheets need before a formula."""
    text = cell.replace("\x00", "").strip()  # PostgreSQL keeps no NUL, and no name holds one
    if text.startswith("'") and text[1:2] in FORMULA_SIGNS and len(text) > 1:
        return text[1:].strip()
    return text
