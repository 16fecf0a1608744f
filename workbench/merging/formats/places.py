"""Addresses and telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.merging.formats.inputs import Column, Format, Inputs, each_value


def phone_text(value: str) -> str:
    """« 01 99 00 12 34 » for a French number, however it is spelled; any other number as it stands."""
    digits = re.sub(r"[\s.\-/()]", "", value)
    national = re.fullmatch(r"(?:\+33|0033)?0?([1-9]\d{8})", digits)
    if national is None or not (digits.startswith(("0", "+33"))):
        return value
    return " ".join(re.findall("..", "0" + national[1]))


def _joined(separator: str) -> Format:
    def column(inputs: Inputs, source: Sequence[str]) -> Column:
        rows = zip(*(inputs.column(name) for name in source), strict=True)
        return [separator.join(str(part).strip() for part in row if part) or None for row in rows]

    return column


def _address_block(inputs: Inputs, source: Sequence[str]) -> Column:
    """Lines of the street, then postcode and city, one a line."""
    *streets, postcode, city = (inputs.column(name) for name in source)
    blocks: Column = []
    for row in zip(*streets, postcode, city, strict=True):
        place = " ".join(str(part) for part in row[-2:] if part)
        blocks.append("\n".join(str(part) for part in (*row[:-2], place) if part) or None)
    return blocks


def _first_phone(inputs: Inputs, source: Sequence[str]) -> Column:
    """Write the first number there is."""
    rows = zip(*(inputs.column(name) for name in source), strict=True)
    first = (next((str(part).strip() for part in row if part), None) for row in rows)
    return [phone_text(number) if number else None for number in first]


PLACES: dict[str, Format] = {
    "phone": each_value(lambda value, _language: phone_text(str(value))),
    "first_phone": _first_phone,
    "place": _joined(", "),
    "street": _joined("\n"),
    "address_block": _address_block,
}
