"""Bring the catalogues up to date with the sentences in the code: ``python -m tests.house.catalogue``.

New sentences appear in ``workbench/locales/<language>/workbench.po`` without a translation, those that no
longer stand in the code leave it; nothing is translated by guess. The spaces of French that no line may break at, and
its apostrophes, are written as such.
"""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

HOUSE = Path(__file__).parents[2] / "workbench"
CATALOGUES = HOUSE / "locales"
_BEFORE_SIGNS = re.compile(r"(?<=«) | (?=»)|(?<=\S) (?=[:;?!](?:[\s)\]…«»\"]|$))")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[\w«{@])")
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "marked": None, "n_": (1, 2)}


def extracted() -> Catalog:
    """Return every sentence of the code, in English."""
    catalogue = Catalog(project="Publipostage Workbench", charset="utf-8")
    for _file, _line, message, comments, _context in extract_from_dir(HOUSE, keywords=KEYWORDS):
        catalogue.add(message, auto_comments=comments)
    return catalogue


def typeset(french: str) -> str:
    """Return a French text whose signs (« » : ; ? !) stay on the line of their word, with the apostrophes of print."""
    return _APOSTROPHE.sub("\N{RIGHT SINGLE QUOTATION MARK}", _BEFORE_SIGNS.sub("\N{NO-BREAK SPACE}", french))


def update(language: str = "fr") -> int:
    """Write the catalogue of a language anew, and return how many sentences wait for a translation."""
    file = CATALOGUES / language / "workbench.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_file():
        with file.open("rb") as lines:
            catalogue = read_po(lines, locale=language)
    else:
        catalogue = Catalog(locale=language, project="Publipostage Workbench", charset="utf-8")
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.fuzzy = False
    for message in catalogue if language == "fr" else ():
        if isinstance(message.string, str):
            message.string = typeset(message.string) if message.id else message.string
        else:
            message.string = tuple(typeset(form or "") for form in message.string or ())
    with file.open("wb") as lines:
        write_po(lines, catalogue, width=110, no_location=True, sort_output=True, ignore_obsolete=True)
    return sum(
        1
        for message in catalogue
        if message.id and not all(message.string if isinstance(message.string, (list, tuple)) else [message.string])
    )


if __name__ == "__main__":
    print(f"{update()} sentences wait for a translation in {CATALOGUES}")
