"""Amounts and bank details as letters write them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.merging.test_formats import written
from workbench.merging.formats.inputs import Inputs
from workbench.merging.formats.money import MONEY, NARROW, amount_text, iban_text


@pytest.mark.parametrize(
    ("amount", "french", "english"),
    [
        (1234.5, f"1{NARROW}234,50{NARROW}€", "€1,234.50"),
        (45, f"45,00{NARROW}€", "€45.00"),
        (0.0, f"0,00{NARROW}€", "€0.00"),
        (-12.3, f"-12,30{NARROW}€", "-€12.30"),
        (1_000_000, f"1{NARROW}000{NARROW}000,00{NARROW}€", "€1,000,000.00"),
        (Decimal("0.005"), f"0,01{NARROW}€", "€0.01"),
        (-0.001, f"0,00{NARROW}€", "€0.00"),
        (float("nan"), None, None),
        (float("inf"), None, None),
        ("à voir", None, None),
    ],
)
def test_an_amount_is_written_in_the_language_of_its_reader(amount: object, french: str, english: str) -> None:
    assert amount_text(amount, "fr") == french
    assert amount_text(amount, "en") == english


@given(st.integers(-(10**11), 10**11))
def test_no_cent_is_lost_between_a_sum_and_what_is_written(cents: int) -> None:
    told = amount_text(cents / 100, "fr")
    assert told is not None
    assert int(told.replace(NARROW, "").replace("€", "").replace(",", "")) == cents


def test_a_payment_is_told_with_its_day() -> None:
    assert written("amount_on", 45.0, date(2026, 10, 3)) == f"45,00{NARROW}€ le 3 octobre"
    assert written("amount_on", 45.0, date(2026, 12, 1)) == f"45,00{NARROW}€ le 1er décembre"
    assert written("amount_on", 45.0, date(2025, 10, 3)) == f"45,00{NARROW}€ le 3 octobre 2025"
    assert written("amount_on", 45.0, date(2026, 10, 3), language="en") == "€45.00 on 3 October"
    assert written("amount_on", 45.0, None) == f"45,00{NARROW}€"
    assert written("amount_on", None, date(2026, 10, 3)) is None


def test_an_iban_is_written_in_groups_of_four_however_it_is_kept() -> None:
    assert iban_text("FR7630006000011234567890189") == "FR76 3000 6000 0112 3456 7890 189"
    assert iban_text("fr76 30006000 0112 34567890189") == "FR76 3000 6000 0112 3456 7890 189"


@pytest.mark.parametrize(("remaining", "told"), [(45.0, f"45,00{NARROW}€"), (0.0, None), (-10.0, None), (None, None)])
def test_nobody_is_asked_for_nothing(remaining: float | None, told: str | None) -> None:
    now = datetime(2026, 11, 22, 9, 30)
    columns = {"invoice.remaining": [remaining]}
    inputs = Inputs(columns=columns, languages=["fr"], now=now, zone=ZoneInfo("Europe/Paris"))
    assert MONEY["amount_due"](inputs, ["invoice.remaining"]) == [told]
