"""What may be told of an error that a notebook raised: its class, and our own sentence without what it quotes.

An error's text may hold what somebody typed, and so a patient. Nothing of it is taken over: the sentence of the
catalogues that it is a filled form of is written again, with « … » for each of its blanks. A text that is none of our
sentences is not told.
"""

from __future__ import annotations

import re
from string import Formatter

from workbench.errors import WorkbenchError
from workbench.language import sentences

_LONGEST = 4000
_FEWEST_LETTERS = 12
"""A sentence with fewer letters of its own says nothing, and fits everything."""

_COUNTS = {"count", "line", "lines"}


def sentence_of_error(name: str, text: str) -> str:
    """Return what may be told of an error raised in a notebook: its class, and its sentence when that is ours."""
    if not (name.isascii() and name.isidentifier()):
        return "Error"
    sentence = _retold(text) if name in _names_of(WorkbenchError) else ""
    return f"{name}: {sentence}" if sentence else name


def _retold(text: str) -> str:
    """Return the sentence of ours that `text` is a filled form of, its blanks left open; else nothing."""
    if len(text) > _LONGEST:
        return ""
    fitting = ((_letters(sentence), told) for sentence in sentences() if (told := _filled(sentence, text)))
    return max(fitting, default=(0, ""))[1]


def _filled(sentence: str, text: str) -> str:
    pieces = list(Formatter().parse(sentence))
    first, last = pieces[0], pieces[-1]
    if not text.startswith(first[0]) or (last[1] is None and not text.endswith(last[0])):
        return ""
    if _letters(sentence) < _FEWEST_LETTERS:
        return ""
    pattern = "".join(re.escape(words) + ("(.*?)" if blank is not None else "") for words, blank, *_more in pieces)
    found = re.fullmatch(pattern, text, re.DOTALL)
    if found is None:
        return ""
    values = iter(found.groups())
    return "".join(words + ("" if blank is None else _shown(blank, next(values))) for words, blank, *_more in pieces)


def _shown(blank: str, value: str) -> str:
    return value if blank in _COUNTS and re.fullmatch(r"[0-9]{1,6}", value) else "…"


def _letters(sentence: str) -> int:
    return sum(sum(map(str.isalpha, words)) for words, *_blank in Formatter().parse(sentence))


def _names_of(kind: type[WorkbenchError]) -> set[str]:
    return {kind.__name__}.union(*(_names_of(below) for below in kind.__subclasses__()))
