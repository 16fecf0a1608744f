"""Say every sentence in the language of the person who reads it: gettext catalogues, French first.

The sentences in the code are the English ones; ``locales/<language>/workbench.po`` holds the others.
Catalogues are read once, when the first sentence is asked for, so importing the package opens nothing.
"""

from __future__ import annotations

import gettext as _gettext
import io
import os
from functools import cache
from pathlib import Path

LANGUAGES = ("fr", "en")
"""The languages a practice can choose, the first one being the default."""

_LOCALES = Path(__file__).parent / "locales"
_chosen: str | None = None


def language() -> str:
    """Return the language in use: the one chosen, else ``WORKBENCH_LANGUAGE``, else the system's, else French."""
    if _chosen is not None:
        return _chosen
    for variable in ("WORKBENCH_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        asked = os.environ.get(variable, "")[:2].lower()
        if asked in LANGUAGES:
            return asked
    return LANGUAGES[0]


def language_name(code: str) -> str:
    """Return what a language is called in the language in use, as ``anglais``; a word that is no code is itself."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(language()) or code
    except (ValueError, UnknownLocaleError):
        return code


def use_language(name: str | None) -> None:
    """Choose the language of every later sentence of this process; ``None`` goes back to the environment's."""
    global _chosen  # one person reads one process
    if name is not None and name not in LANGUAGES:
        raise ValueError(f"unknown language {name!r}: one of {', '.join(LANGUAGES)}")
    _chosen = name


@cache
def _catalogue(name: str) -> _gettext.NullTranslations:
    compiled = _given.get(name) or compiled_catalogue(name)
    return _gettext.GNUTranslations(io.BytesIO(compiled)) if compiled else _gettext.NullTranslations()


@cache
def compiled_catalogue(name: str) -> bytes:
    """Return the sentences of a language as a compiled gettext catalogue; nothing when it has none."""
    source = _LOCALES / name / "workbench.po"
    if not source.is_file():
        return b""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with source.open("rb") as lines:
        write_mo(compiled, read_po(lines, locale=name))
    return compiled.getvalue()


_given: dict[str, bytes] = {}


def give_catalogue(name: str, compiled: bytes) -> None:
    """Take the sentences of a language from another process, which has read them (`compiled_catalogue`)."""
    _given[name] = compiled
    _catalogue.cache_clear()


@cache
def sentences() -> frozenset[str]:
    """Return every sentence that we say, its blanks unfilled: the English ones and those of the catalogues."""
    from babel.messages.pofile import read_po

    found: set[str] = set()
    for source in sorted(_LOCALES.glob("*/workbench.po")):
        with source.open("rb") as lines:
            for message in read_po(lines, locale=source.parent.name):
                for said in (message.id, message.string):
                    found.update([said] if isinstance(said, str) else said or ())
    return frozenset(found - {""})


def _(message: str) -> str:
    """Return `message` (English, as written in the code) in the language in use."""
    return _catalogue(language()).gettext(message)


def n_(singular: str, plural: str, count: int) -> str:
    """Return the form of a sentence that fits `count`, in the language in use."""
    return _catalogue(language()).ngettext(singular, plural, count)


def in_every_language(message: str) -> tuple[str, ...]:
    """Return `message` as each language says it, whichever one is in use; the same words once."""
    return tuple(dict.fromkeys(_catalogue(name).gettext(message) for name in LANGUAGES))


def marked(message: str) -> str:
    """Mark a sentence for the catalogues where it is declared; it is translated later, where it is shown."""
    return message
