"""Lists in a letter, one thing a line, and enumerations in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.merging.formats.dates import date_and_hour, day_text
from workbench.merging.formats.inputs import Column, Format, Inputs, Values, wall_moment
from workbench.merging.formats.money import amount_text
from workbench.merging.grammar import enumeration

_BLANK = "\N{NO-BREAK SPACE}"


def _appointment_list(inputs: Inputs, source: Sequence[str]) -> Column:
    """Write every appointment of the message, one a line: « mardi 24 novembre à 8 h 40, Dr Molaire ».

    In a message about several patients each line begins with whose it is: « Zoé : mardi 24 novembre … ».
    """
    columns = (inputs.column(f"appointments.{name}") for name in ("practitioner", "patient_first_name"))
    written: Column = []
    for starts, names, patients, language in zip(inputs.column(source[0]), *columns, inputs.languages, strict=True):
        nobody = [None] * len(starts or ())
        lines = []
        for start, name, patient in zip(starts or (), names or nobody, patients or nobody, strict=True):
            moment = wall_moment(start, inputs.zone)
            if moment is not None:
                whose = f"{patient}{': ' if language == 'en' else f'{_BLANK}: '}" if patient else ""
                lines.append(whose + date_and_hour(moment, language, inputs) + (f", {name}" if name else ""))
        written.append("\n".join(lines) or None)
    return written


def _each_list(write: Callable[[Values, str, Inputs], str | None]) -> Format:
    """Make a format of a function of one list and a language."""

    def column(inputs: Inputs, source: Sequence[str]) -> Column:
        return [
            write([item for item in items if item], language, inputs) or None if items else None
            for items, language in zip(inputs.column(source[0]), inputs.languages, strict=True)
        ]

    return column


def _lines(items: Values, _language: str, _inputs: Inputs) -> str:
    return "\n".join(dict.fromkeys(str(item).strip() for item in items))


def _enumeration(items: Values, language: str, _inputs: Inputs) -> str:
    return enumeration(list(dict.fromkeys(str(item).strip() for item in items)), language)


def _moment_list(items: Values, language: str, inputs: Inputs) -> str:
    moments = (wall_moment(item, inputs.zone) for item in items)
    return "\n".join(date_and_hour(moment, language, inputs) for moment in moments if moment is not None)


def _invoice_list(inputs: Inputs, source: Sequence[str]) -> Column:
    """Write the invoices that the addressee is asked to pay, one a line; in a letter about one, those that are due."""
    columns = (inputs.column(name) for name in (source[0], "addressee.addressee_key", "subject.invoice_id"))
    return [
        "\n".join(_invoice(item, language, inputs) for item in _asked(items, addressee, lead, inputs)) or None
        for items, addressee, lead, language in zip(*columns, inputs.languages, strict=True)
    ]


def _asked(
    invoices: Sequence[Mapping[str, Any] | None] | None, addressee: str | None, lead: str | None, inputs: Inputs
) -> list[Mapping[str, Any]]:
    """Leave out what somebody else is asked to pay, and what is not due yet beside what is."""
    items = [item for item in invoices or () if item]
    role, _colon, person = (addressee or "").partition(":")
    named = next((item.get("payer_id") for item in items if lead and item.get("invoice_id") == lead), None)
    payers = {person if role == "payer" else None}
    if not named:
        payers.add(None)  # who is asked for an invoice that names nobody is asked for all of them
    asked = [item for item in items if not addressee or item.get("payer_id") in payers]
    return [item for item in asked if not lead or item.get("invoice_id") == lead or _is_due(item, inputs)]


def _is_due(invoice: Mapping[str, Any], inputs: Inputs) -> bool:
    due = wall_moment(invoice.get("due_on"), inputs.zone) or wall_moment(invoice.get("dated_on"), inputs.zone)
    return due is None or due.date() < inputs.now.date()


def _invoice(invoice: Mapping[str, Any], language: str, inputs: Inputs) -> str:
    """« Facture F-0012 du 3 octobre 2026 : 45,00 € »; "Invoice F-0012 of 3 October 2026: €45.00"."""
    words = ["Invoice" if language == "en" else "Facture"]
    if invoice.get("number"):
        words.append(str(invoice["number"]))
    dated = wall_moment(invoice.get("dated_on"), inputs.zone)
    if dated is not None:
        words += ["of" if language == "en" else "du", day_text(dated.date(), language, year=True, weekday=False)]
    remaining = amount_text(invoice.get("remaining"), language)
    colon = ": " if language == "en" else "\N{NO-BREAK SPACE}: "
    return " ".join(words) + (f"{colon}{remaining}" if remaining else "")


LISTS: dict[str, Format] = {
    "appointment_list": _appointment_list,
    "lines": _each_list(_lines),
    "enumeration": _each_list(_enumeration),
    "moment_list": _each_list(_moment_list),
    "invoice_list": _invoice_list,
}
