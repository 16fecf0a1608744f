"""Say which cell could not be read, what was expected there, and what became of its row, without naming anybody."""

from __future__ import annotations

import re

from workbench.language import _, n_

_NOBODYS = frozenset(
    ("date", "time", "starts_at", "ends_at", "end_time", "made_on", "moved_from", "created_on", "recorded_at",
     "duration", "rank", "state", "declined_by", "role", "form", "channel", "kind", "forced", "dated_on", "due_on",
     "valid_until", "valid_from", "answered_on", "signed_on", "cancelled_on", "paid_on", "done_on", "asked_on",
     "received_on", "taken_on", "starts_on", "ends_on", "day", "weekday", "opens", "closes", "active", "at")
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


def unreadable(name: str, cell: str, *, form: str, left_out: bool) -> str:
    """Say that a cell cannot be read, what was expected there, and what became of its row.

    `form` is what was expected, in words (see `sorts.form_of`).
    """
    text = shown_cell(name, cell)
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
