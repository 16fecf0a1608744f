"""Amounts of money and bank details, as French and English letters write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from math import isfinite

from workbench.merging.formats.dates import day_text, is_far
from workbench.merging.formats.inputs import Column, Format, Inputs, each_value, wall_moment

NARROW = "\N{NARROW NO-BREAK SPACE}"


def amount_text(value: object, language: str) -> str | None:
    """« 1 234,50 € » with narrow no-break spaces; "€1,234.50"; nothing for what is no amount."""
    cents = _cents(value)
    if cents is None:
        return None
    sign = "-" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    if language == "en":
        return f"{sign}€{euros:,}.{rest:02d}"
    return f"{sign}{euros:,},{rest:02d}{NARROW}€".replace(",", NARROW, f"{euros:,}".count(","))


def _cents(value: object) -> int | None:
    """Round an amount to whole cents, half a cent up."""
    if isinstance(value, (int, float)):
        if not isfinite(value):
            return None
        cents = int(abs(value) * 100 + 0.5)
        return -cents if value < 0 else cents
    try:
        amount = Decimal(str(value))
        return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)) if amount.is_finite() else None
    except InvalidOperation:
        return None


def _amount_due(value: object, language: str) -> str | None:
    """Write what is still to be paid; nothing when nothing is, so that nobody is asked for 0,00 €."""
    return amount_text(value, language) if (_cents(value) or 0) > 0 else None


def _amount_on(inputs: Inputs, source: Sequence[str]) -> Column:
    """« 45,00 € le 3 octobre »; the amount alone when its day is not known."""
    amounts, days = (inputs.column(name) for name in source)
    written: Column = []
    for amount, day, language in zip(amounts, days, inputs.languages, strict=True):
        text = amount_text(amount, language) if amount is not None else None
        moment = wall_moment(day, inputs.zone)
        if text is not None and moment is not None:
            text += (" on " if language == "en" else " le ") + _day(moment, language, inputs)
        written.append(text)
    return written


def _day(moment: datetime, language: str, inputs: Inputs) -> str:
    return day_text(moment.date(), language, year=is_far(moment.date(), inputs), weekday=False)


def iban_text(value: str) -> str:
    """« FR76 3000 … »: an IBAN in groups of four, however it is kept."""
    plain = "".join(value.split()).upper()
    return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))


MONEY: dict[str, Format] = {
    "amount": each_value(amount_text),
    "amount_due": each_value(_amount_due),
    "amount_on": _amount_on,
    "iban": each_value(lambda value, _language: iban_text(str(value))),
}
