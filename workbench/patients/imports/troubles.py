"""Say which cell could not be read, what was expected there, and what became of its row, without naming anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench.language import _, marked, n_
from workbench.patients.words import vocabulary

_DAY = {
    "dmy": marked("a day as 24/11/2026, its year in four digits"),
    "mdy": marked("a day as 11/24/2026, its year in four digits"),
    "ymd": marked("a day as 2026/11/24, its year in four digits"),
}
_MOMENT = {
    "dmy": marked("a day as 24/11/2026, its year in four digits, and an hour as 08:40"),
    "mdy": marked("a day as 11/24/2026, its year in four digits, and an hour as 08:40"),
    "ymd": marked("a day as 2026/11/24, its year in four digits, and an hour as 08:40"),
}
_FORMS = {
    **dict.fromkeys(("time", "end_time"), marked("an hour as 08:40 or 8h40")),
    **dict.fromkeys(("duration", "rank"), marked("a whole number")),
    **dict.fromkeys(("deceased", "archived", "external", "forced"), marked("yes or no")),
    "balance": marked("a sum as 12.50"),
}
_DAYS = ("date", "birth_date", "created_on")
_MOMENTS = ("starts_at", "ends_at", "made_on", "moved_from", "recorded_at")
_WORDS = {
    "declined_by": "decliners",
    "role": "roles",
    "form": "forms",
    "channel": "channels",
    "kind": "correspondent_kinds",
    "language": "languages",
    "sex": "sexes",
}

_NOBODYS = frozenset(
    ("date", "time", "starts_at", "ends_at", "end_time", "made_on", "moved_from", "created_on", "recorded_at",
     "duration", "rank", "state", "declined_by", "role", "form", "channel", "kind", "forced")
)  # fmt: skip
"""Columns whose cells tell nothing about who a person is or how she is: only theirs are ever shown (P12)."""

_LONGEST_SHOWN = 40
_HIDES_A_PERSON = re.compile(r"@|\d{6,}")


def shown_cell(name: str, cell: str) -> str:
    """Return a cell for a sentence, or nothing when it could tell of a person: the headings may be crossed."""
    text = " ".join(cell.split())
    if name not in _NOBODYS or len(text) > _LONGEST_SHOWN or _HIDES_A_PERSON.search(text):
        return ""
    return text


def unreadable(name: str, cell: str, *, order: str, left_out: bool) -> str:
    """Say that a cell cannot be read, what was expected there, and what became of its row.

    `order` is that of days written in numbers (``dmy``, ``mdy``, ``ymd``).
    """
    text, form = shown_cell(name, cell), _form(name, order)
    if text and left_out:
        sentence = _("« {cell} » cannot be read; the row is left out. Expected: {form}.")
    elif text:
        sentence = _("« {cell} » cannot be read; it was taken as empty. Expected: {form}.")
    elif left_out:
        sentence = _("This cell cannot be read; the row is left out. Expected: {form}.")
    else:
        sentence = _("This cell cannot be read; it was taken as empty. Expected: {form}.")
    return sentence.format(cell=text, form=form)


def unknown_word(name: str, cell: str, count: int, known: tuple[str, ...]) -> str:
    """Say that a word for a state or a decision is not known, how many rows it left out, and how to translate it."""
    text = shown_cell(name, cell)
    if not text:
        return n_(
            "A word in this column is not known: {count} row is left out. A mapping translates it, "
            "[values.{name}], into one of: {known}.",
            "A word in this column is not known: {count} rows are left out. A mapping translates it, "
            "[values.{name}], into one of: {known}.",
            count,
        ).format(count=count, name=name, known=", ".join(known))
    return n_(
        "« {cell} » is not known: {count} row is left out. A mapping translates it: [values.{name}] "
        '"{cell}" = one of: {known}.',
        "« {cell} » is not known: {count} rows are left out. A mapping translates it: [values.{name}] "
        '"{cell}" = one of: {known}.',
        count,
    ).format(cell=text, count=count, name=name, known=", ".join(known))


def _form(name: str, order: str) -> str:
    by_order: Mapping[str, str] | None = _DAY if name in _DAYS else _MOMENT if name in _MOMENTS else None
    if by_order is not None:
        return _(by_order[order])
    if name in _WORDS:
        return ", ".join(dict.fromkeys(vocabulary(_WORDS[name]).values()))
    return _(_FORMS[name])
