"""Lay messages out as the pages of one PDF (F108)."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.displays.mail_html import safe_document
from workbench.domain.printing import Sheet
from workbench.errors import PrintingFailed
from workbench.language import _

_FONT_SCHEME = "workbench-font:"
_FONTS = {"regular": ("DejaVuSans.ttf", 400), "bold": ("DejaVuSans-Bold.ttf", 700)}
_FAMILY = "'Liberation Sans', Arial, Helvetica, 'Workbench Sans', sans-serif"
_HEAD_END = re.compile(r"</head>", re.IGNORECASE)
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
MOST_PAGES = 2000
"""Pages that are laid out of one message; more are a mistake, or made to hurt."""


def pdf_of(sheets: Sequence[Sheet]) -> bytes:
    """Return messages as one PDF, each on pages of its own, numbered by message.

    The HTML is cleaned as for the screen (P11): nothing runs, remote images are left out, and nothing is fetched.

    Raises
    ------
    PrintingFailed
        When they cannot be laid out on this computer.
    """
    return drawn([document_of(sheet) for sheet in sheets], sheets[0].title if len(sheets) == 1 else _("Messages"))


def drawn(documents: Sequence[str], title: str) -> bytes:
    """Return documents as one PDF, each on pages of its own; nothing in them runs, and nothing is fetched.

    Raises
    ------
    PrintingFailed
        When they cannot be laid out on this computer.
    """
    try:
        import plutoprint
    except ImportError as error:  # no wheel for this system
        raise PrintingFailed(
            _(
                "This computer cannot make a PDF ({cause}). Write the message as a file instead: --html or --eml."
            ).format(cause=type(error).__name__)
        ) from error
    fetcher = _own_things_alone(plutoprint)
    target = io.BytesIO()
    try:
        canvas = plutoprint.PDFCanvas.create_for_stream(target, plutoprint.PAGE_SIZE_A4)
        canvas.set_metadata(plutoprint.PDF_METADATA_TITLE, _drawable(title))
        for document in documents:
            book = plutoprint.Book(plutoprint.PAGE_SIZE_A4, plutoprint.PAGE_MARGINS_NONE)
            book.custom_resource_fetcher = fetcher
            book.load_html(_drawable(document))
            for page in range(min(book.get_page_count(), MOST_PAGES)):
                canvas.set_size(book.get_page_size_at(page))
                canvas.save_state()
                canvas.scale(plutoprint.UNITS_PX, plutoprint.UNITS_PX)
                book.render_page(canvas, page)
                canvas.restore_state()
                canvas.show_page()
        canvas.finish()
    except (plutoprint.Error, ValueError, MemoryError, OSError) as error:
        raise PrintingFailed(
            _("The message cannot be laid out as a PDF ({cause}). Write it as a file instead: --html or --eml.").format(
                cause=type(error).__name__
            )
        ) from error
    return target.getvalue()


def pdf_of_page(page: str, title: str) -> bytes:
    """Return an HTML page that stands for itself as one PDF: our fonts, A4, its pages numbered; nothing is fetched.

    Raises
    ------
    PrintingFailed
        When it cannot be laid out on this computer.
    """
    looks = f"<style>{page_looks('')}main, main * {{ font-family: {_FAMILY} !important; }}</style></head>"
    return drawn([_HEAD_END.sub(lambda _found: looks, page, count=1)], title)


def document_of(sheet: Sheet) -> str:
    """Return the HTML document that is laid out: the lines above, then the message, cleaned."""
    cleaned = safe_document(sheet.html, text=sheet.text, inline=sheet.images, language=sheet.language).html
    rows = "".join(
        f"<tr><th>{html.escape(label)}</th><td>{html.escape(value)}</td></tr>" for label, value in sheet.lines if value
    )
    above = (
        f'<div class="wb-sheet"><div class="wb-title">{html.escape(sheet.title)}</div>'
        f'<table class="wb-lines">{rows}</table></div>'
    )
    # The message's own sheet comes first: it may not take what stands above it away.
    with_looks = _HEAD_END.sub(
        lambda _found: f"<style>{page_looks(sheet.foot)}{_SHEET_LOOKS}</style></head>", cleaned, count=1
    )
    return _BODY.sub(lambda found: f"{found[0]}{above}", with_looks, count=1)


def page_looks(foot: str) -> str:
    """Return the style of every page: our fonts, A4, what stands at its bottom, and its number."""
    faces = "".join(
        f"@font-face {{ font-family: 'Workbench Sans'; src: url('{_FONT_SCHEME}{name}'); font-weight: {weight}; }}\n"
        for name, (_file, weight) in _FONTS.items()
    )
    return f"""{faces}
@page {{
  size: A4; margin: 16mm 16mm 20mm;
  font-family: {_FAMILY};
  @bottom-left {{ content: {_css_string(foot)}; font: 8pt {_FAMILY}; color: #5b6270; }}
  @bottom-right {{ content: counter(page) " / " counter(pages); font: 8pt {_FAMILY}; color: #5b6270; }}
}}
body {{ font-family: {_FAMILY}; margin: 0; overflow-wrap: break-word; }}
"""


_SHEET_LOOKS = """
/* A browser aligns what stands in a cell, and not what stands in a table in it. */
:where([align]) > table { text-align: left; }
.wb-sheet, .wb-sheet * {
  visibility: visible !important; position: static !important; opacity: 1 !important; float: none !important;
  color: #1b1f24 !important; background: #fff !important; font-family: FAMILY !important; font-size: 9.5pt !important;
  line-height: 1.4 !important; text-align: left !important; text-transform: none !important;
}
.wb-sheet, .wb-sheet div { display: block !important; }
.wb-sheet table { display: table !important; }
.wb-sheet tr { display: table-row !important; }
.wb-sheet th, .wb-sheet td { display: table-cell !important; }
.wb-sheet { border-bottom: 1px solid #8a8f98 !important; padding: 0 0 4mm !important; margin: 0 0 6mm !important; }
.wb-sheet .wb-title { font-size: 14pt !important; font-weight: 700 !important; margin: 0 0 2mm !important; }
.wb-sheet th { font-weight: 700 !important; padding: 0 4mm 0 0 !important; vertical-align: top !important; white-space: nowrap; }
.wb-sheet td { padding: 0 !important; vertical-align: top !important; overflow-wrap: anywhere; }
""".replace("FAMILY", _FAMILY)  # noqa: E501 - one rule a line


def _drawable(text: str) -> str:
    """Return a text without what no page can hold: half characters, and the one that ends texts elsewhere."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def _css_string(text: str) -> str:
    """Return a text as a CSS string that nothing in it can end."""
    return '"' + "".join(one if one.isalnum() or one in " .,:/-" else f"\\{ord(one):06x} " for one in text) + '"'


def _own_things_alone(plutoprint: Any) -> Any:
    """Return what hands out our fonts, and asks nothing of a network or a disk; images are written in the document."""

    class OwnThings(plutoprint.ResourceFetcher):  # type: ignore[misc] # its class is only there once it is loaded
        def fetch_url(self, url: str) -> Any:
            if url.startswith(_FONT_SCHEME):
                return plutoprint.ResourceData(_font(url.removeprefix(_FONT_SCHEME)), mime_type="font/ttf")
            return plutoprint.ResourceData(b"", mime_type="text/plain")

    return OwnThings()


def _font(name: str) -> bytes:
    """Return a font that is there on every computer: the one that comes with what draws our diagrams."""
    file, _weight = _FONTS.get(name, ("", 0))
    found = find_spec("matplotlib") if file else None
    if found is None or found.origin is None:
        return b""
    path = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / file
    return path.read_bytes() if path.is_file() else b""
