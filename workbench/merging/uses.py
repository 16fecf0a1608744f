"""Where a text says a field: as ``@CODE``, or by its name inside ``{{ }}`` and ``{% %}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from workbench.merging.syntax import JINJA, find_codes

_STRING = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def says(kept: object, names: Collection[str], *, known: Callable[[str], bool]) -> bool:
    """Tell whether an email type or a signature, as the ledger keeps it, says a field by one of these names.

    Parameters
    ----------
    kept
        Plain values: a text, or lists and objects of texts. A text that is a name and nothing else says it too, as the
        codes that an email type requires do.
    known
        Whether a code is any field's, as the email type is compiled with.

    Examples
    --------
    >>> says({"html": "<p>@PART_01 le @PNAIS</p>"}, {"PART_01"}, known={"PART_01", "PNAIS"}.__contains__)
    True
    """
    return any(_said(text, names, known) for text in _texts(kept))


def _texts(kept: object) -> Iterator[str]:
    if isinstance(kept, str):
        yield kept
    elif isinstance(kept, Mapping):
        for name, value in kept.items():
            yield str(name)
            yield from _texts(value)
    elif isinstance(kept, (list, tuple)):
        for value in kept:
            yield from _texts(value)


def _said(text: str, names: Collection[str], known: Callable[[str], bool]) -> bool:
    if not any(name in text for name in names):
        return False
    if text.strip().removeprefix("@") in names:
        return True
    end = 0
    for tag in [*JINJA.finditer(text), None]:
        literal = text[end : tag.start() if tag else len(text)]
        if any(found.code in names for found in find_codes(literal, known)):
            return True
        if tag:
            words: list[Any] = _WORD.findall(_STRING.sub("", tag[0])) if not tag[0].startswith("{#") else []
            if any(word in names for word in words):
                return True
            end = tag.end()
    return False
