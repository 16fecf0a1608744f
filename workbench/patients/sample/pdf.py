"""Write one-page PDF files out of lines of text: enough for an invoice, always the same bytes, nothing to install."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_A4 = (595, 842)
_FONTS = {False: "F1", True: "F2"}
_WIDTHS = {",": 278, ".": 278, " ": 278, "\xa0": 278, "-": 333, "€": 556}
_USUAL_WIDTH = 556  # of a figure, which is what stands at the right edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A text at `x`, `y` points from the left and the bottom; one with `right` ends at `x` and holds figures only."""

    x: float
    y: float
    text: str
    size: float = 10
    bold: bool = False
    right: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin horizontal line from `left` to `right` at the height `y`."""

    left: float
    right: float
    y: float


def can_write(text: str) -> bool:
    """Tell whether the fonts that every reader of PDF brings along have all letters of a text."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def one_page(title: str, marks: Iterable[Line | Rule]) -> bytes:
    """Return a PDF file of one A4 page, in French."""
    content = b"\n".join(_drawn(mark) for mark in marks)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>" % _A4,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Title %b >>" % _string(title),
    ]
    # The second line tells programs that move files about that this one is not text.
    parts = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]
    starts, written = [], len(parts[0])
    for number, body in enumerate(objects, start=1):
        starts.append(written)
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        written += len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table))
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\n" % (len(objects) + 1))
    parts.append(b"startxref\n%d\n%%%%EOF\n" % written)
    return b"".join(parts)


def _drawn(mark: Line | Rule) -> bytes:
    if isinstance(mark, Rule):
        return f"0.5 w {mark.left:.1f} {mark.y:.1f} m {mark.right:.1f} {mark.y:.1f} l S".encode("ascii")
    left = mark.x - sum(_WIDTHS.get(letter, _USUAL_WIDTH) for letter in mark.text) * mark.size / 1000
    place = f"BT /{_FONTS[mark.bold]} {mark.size:g} Tf {left if mark.right else mark.x:.1f} {mark.y:.1f} Td "
    return place.encode("ascii") + _string(mark.text) + b" Tj ET"


def _string(text: str) -> bytes:
    escaped = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"(" + escaped + b")"
