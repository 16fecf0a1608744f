"""What is said of quotes, reminders and treatments."""

from __future__ import annotations

from datetime import date

import pytest

from tests.merging.test_formats import written
from workbench.merging.formats.papers import ordinal_text


@pytest.mark.parametrize(
    ("number", "french", "english"),
    [(1, "1er", "1st"), (2, "2e", "2nd"), (3, "3e", "3rd"), (4, "4e", "4th"), (11, "11e", "11th"), (21, "21e", "21st")],
)
def test_a_rank_is_written(number: int, french: str, english: str) -> None:
    assert ordinal_text(number, "fr") == french
    assert ordinal_text(number, "en") == english
    assert written("ordinal", number) == french


@pytest.mark.parametrize(
    ("step", "sent", "written_as"),
    [("2", 0, "2e"), ("1", 4, "1re"), (None, 0, "1re"), (None, 1, "2e"), ("J-7", 2, "3e"), (None, None, None)],
)
def test_a_payment_reminder_is_numbered_by_its_email_type_else_by_those_sent(step, sent, written_as) -> None:
    assert written("reminder_number", step, sent) == written_as


def test_a_quote_is_signed_or_not_and_no_quote_is_neither() -> None:
    assert written("signed", date(2026, 10, 1), date(2026, 9, 1)) == "signé le 1er octobre 2026"
    assert written("signed", None, date(2026, 9, 1)) == "non signé"
    assert written("signed", None, None) is None
    assert written("signed", None, date(2026, 9, 1), language="en") == "not signed"


def test_half_years_days_and_months_are_counted() -> None:
    assert written("half_year", 1) == "1er semestre"
    assert written("half_year", 2, language="en") == "2nd half-year"
    assert written("days", 12) == "12 jours"
    assert written("days", 1) == "1 jour"
    assert written("days", 0) is None
    assert written("months_since", date(2026, 4, 22)) == "7 mois"
    assert written("months_since", date(2026, 4, 23)) == "6 mois"
    assert written("months_since", date(2026, 11, 1)) is None
    assert written("months_since", date(2026, 10, 22), language="en") == "1 month"


def test_a_file_is_told_by_its_name_alone() -> None:
    assert written("file_name", "attachments/ab/cd/devis 12.pdf") == "devis 12.pdf"
    assert written("file_name", None, "C:\\images\\signature.png") == "signature.png"
    assert written("file_name", None, "") is None
