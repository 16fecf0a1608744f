"""What sort of value each column of an import holds: how it is read, and what a cell that cannot be read should be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from workbench.language import _, marked
from workbench.patients.imports.values import (
    DayStyle,
    Reader,
    day_or_yes_reader,
    day_reader,
    moment_reader,
    read_address,
    read_cents,
    read_key,
    read_long_text,
    read_state,
    read_text,
    read_time,
    read_weekday,
    read_whole,
    read_yes_no,
    word_or_text_reader,
    word_reader,
)
from workbench.patients.words import vocabulary

_SORTS: Mapping[str, str] = {
    **dict.fromkeys(
        ("patient_id", "appointment_id", "person_id", "own_patient_id", "correspondent_id", "family_id", "plan_id",
         "quote_id", "invoice_id", "payment_id", "instalment_id", "recall_id", "procedure_id", "prescription_id",
         "agreement_id", "paper_id", "contact_id", "media_id", "leave_id", "line_id", "payer_id"),
        "key",
    ),
    **dict.fromkeys(
        ("birth_date", "created_on", "date", "dated_on", "due_on", "valid_until", "valid_from", "answered_on",
         "signed_on", "cancelled_on", "paid_on", "done_on", "asked_on", "received_on", "taken_on", "starts_on",
         "ends_on", "retention_from", "day"),
        "day",
    ),
    **dict.fromkeys(("starts_at", "ends_at", "made_on", "moved_from", "recorded_at", "at", "told_start"), "moment"),
    **dict.fromkeys(("time", "end_time", "opens", "closes"), "hour"),
    **dict.fromkeys(("duration", "rank", "semester", "semesters"), "number"),
    **dict.fromkeys(("balance", "amount", "insurance", "complementary"), "money"),
    **dict.fromkeys(("deceased", "archived", "external", "forced", "active", "health"), "yes_no"),
    **dict.fromkeys(("email", "mss_email", "address", "billing_email"), "address"),
    **dict.fromkeys(("remark", "instructions", "text", "caption"), "long"),
    "state": "state",
    "sex": "word sexes",
    "language": "word languages",
    "declined_by": "word decliners",
    "role": "word roles",
    "form": "word forms",
    "channel": "word channels",
    "weekday": "weekday",
    "decision": "word decisions",
    "purpose": "text",
}  # fmt: skip
"""By column; every other one is a text."""

_OF_KIND: Mapping[tuple[str, str], str] = {
    ("correspondents", "kind"): "word correspondent_kinds",
    ("opt-outs", "state"): "word consent_states",
    ("invoices", "cancelled_on"): "day_or_yes",
    ("contacts", "channel"): "word contact_channels",
    ("contacts", "purpose"): "word_or_text contact_purposes",
}
"""Columns that hold another sort in one kind of import."""

_FORMS = {
    "hour": marked("an hour as 08:40 or 8h40"),
    "number": marked("a whole number"),
    "yes_no": marked("yes or no"),
    "money": marked("a sum as 12.50"),
    "weekday": marked("a day of the week, as Monday"),
}
_DAY_FORMS = {
    "dmy": marked("a day as 24/11/2026, its year in four digits"),
    "mdy": marked("a day as 11/24/2026, its year in four digits"),
    "ymd": marked("a day as 2026/11/24, its year in four digits"),
}
_MOMENT_FORMS = {
    "dmy": marked("a day as 24/11/2026, its year in four digits, and an hour as 08:40"),
    "mdy": marked("a day as 11/24/2026, its year in four digits, and an hour as 08:40"),
    "ymd": marked("a day as 2026/11/24, its year in four digits, and an hour as 08:40"),
}


def sort_of(kind: str, column: str) -> str:
    """Return the sort of value that a column of a kind of import holds."""
    return _OF_KIND.get((kind, column)) or _SORTS.get(column, "text")


def reader_of(sort: str, style: DayStyle) -> Reader:
    """Return what reads a cell of a sort; `style` is how the file writes its days."""
    name, _blank, words = sort.partition(" ")
    simple: Mapping[str, Reader] = {
        "text": read_text,
        "long": read_long_text,
        "key": read_key,
        "hour": read_time,
        "number": read_whole,
        "money": read_cents,
        "yes_no": read_yes_no,
        "address": read_address,
        "state": read_state,
        "weekday": read_weekday,
    }
    if name in simple:
        return simple[name]
    made = {
        "day": partial(day_reader, style),
        "day_or_yes": partial(day_or_yes_reader, style),
        "moment": partial(moment_reader, style),
        "word": partial(word_reader, words),
        "word_or_text": partial(word_or_text_reader, words),
    }
    return made[name]()


def form_of(sort: str, order: str) -> str:
    """Return in words what a cell of a sort should look like; `order` is that of days written in numbers."""
    name, _blank, words = sort.partition(" ")
    if name == "word":
        return ", ".join(dict.fromkeys(vocabulary(words).values()))
    by_order = {"day": _DAY_FORMS, "day_or_yes": _DAY_FORMS, "moment": _MOMENT_FORMS}.get(name)
    return _(_FORMS[name] if by_order is None else by_order[order])
