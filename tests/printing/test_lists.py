"""A list on paper holds what a person telephones with, and every value in it is text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime

import pandas as pd
import pypdf
import pytest

from workbench.errors import BadValue
from workbench.language import use_language
from workbench.printing.lists import MOST_ROWS, columns_printed, list_document, pdf_of_list

NOW = datetime(2026, 11, 22, 18, 5)


@pytest.fixture(autouse=True)
def french() -> Iterator[None]:
    use_language("fr")
    yield
    use_language(None)


def agenda(count: int = 3, days: int = 1) -> pd.DataFrame:
    numbers = range(count)
    return pd.DataFrame(
        {
            "subject_key": [f"appointment:{n}" for n in numbers],
            "patient_id": [str(n) for n in numbers],
            "date": [f"2026-11-{23 + n * days // count}" for n in numbers],
            "time": [f"{8 + n % 10:02}:00" for n in numbers],
            "patient": ["LEFÈVRE Zoé", "<script>alert(1)</script>", "MARTEL Odette"][:count]
            + [f"NOM {n}" for n in range(3, count)],
            "file_number": [str(1893 + n) for n in numbers],
            "phone": ["06 39 98 00 01", None, "06 39 98 00 03"][:count] + [None] * max(0, count - 3),
            "nature": "CTRL",
            "practitioner": "Dr Martin Molaire",
            "remark": ["allergie au latex", None, "vient avec sa fille"][:count] + [None] * max(0, count - 3),
        }
    )


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def printed(frame: pd.DataFrame, *, remark: bool = False) -> list[str]:
    return pages(pdf_of_list(frame, title="Rendez-vous", practice="Cabinet des Tilleuls", now=NOW, remark=remark))


def test_a_list_says_when_who_and_how_to_reach_them():
    [page] = printed(agenda())
    for text in ("Rendez-vous", "lundi 23 novembre 2026", "08:00", "LEFÈVRE Zoé", "1893", "06 39 98 00 01", "1 / 1"):
        assert text in page
    assert "Cabinet des Tilleuls" in page
    assert "22/11/2026" in page
    assert "latex" not in page


def test_the_remark_is_printed_when_it_is_asked():
    [page] = printed(agenda(), remark=True)
    assert "allergie au latex" in page
    assert "vient avec sa fille" in page


def test_every_page_has_the_headings_and_its_number_and_every_day_its_name():
    content = printed(agenda(120, days=2))
    assert len(content) >= 3
    assert all("Téléphone" in page for page in content)
    assert f"2 / {len(content)}" in content[1]
    assert "lundi 23 novembre 2026" in content[0]
    assert any("mardi 24 novembre 2026" in page for page in content)


def test_a_value_is_text_never_markup():
    document = list_document(agenda(), title="<b>T", practice="</style><script>", now=NOW)
    assert "<script>" not in document
    assert "&lt;script&gt;alert(1)" in document
    assert "<b>T" not in document


def test_nothing_and_too_much_are_refused_with_what_to_do():
    with pytest.raises(BadValue, match="cochez"):
        printed(agenda(0))
    with pytest.raises(BadValue, match="exportez"):
        printed(pd.concat([agenda(3)] * (MOST_ROWS // 3 + 1), ignore_index=True))


def test_another_search_prints_its_own_columns_with_the_number_to_telephone():
    invoices = pd.DataFrame(
        {
            "subject_key": ["invoice:1"], "patient": ["MARTEL Odette"], "file_number": ["2101"], "phone": ["02 61"],
            "number": ["F-1"], "remaining": [45.0], "days_late": [12], "practitioner": ["MM"], "last_message": ["x"],
        }
    )  # fmt: skip
    names = columns_printed(invoices)
    assert names[:3] == ["patient", "file_number", "phone"]
    assert {"number", "remaining"} <= set(names)
    assert "last_message" not in names
    assert "45,00" in printed(invoices)[0]
