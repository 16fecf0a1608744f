"""Amounts of money and bank details, as French and English letters write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from workbench.merging.formats.dates import day_text, is_far
from workbench.merging.formats.inputs import Column, Format, Inputs, each_value, wall_moment

NARROW = "\N{NARROW NO-BREAK SPACE}"
_CENT = Decimal("0.01")


def amount_text(value: object, language: str) -> str | None:
    """« 1 234,50 € » with narrow no-break spaces; "€1,234.50"; nothing for what is no amount."""
    try:
        amount = Decimal(str(value)).quantize(_CENT, rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return None
    if not amount.is_finite():
        return None
    sign = "-" if amount < 0 else ""
    written = f"{abs(amount):,.2f}"
    if language == "en":
        return f"{sign}€{written}"
    return sign + written.replace(",", NARROW).replace(".", ",") + NARROW + "€"


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
    "amount_on": _amount_on,
    "iban": each_value(lambda value, _language: iban_text(str(value))),
}
