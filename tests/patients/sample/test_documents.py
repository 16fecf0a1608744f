"""The sample's PDF files: they open, they are French, and they say what their rows say."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.documents import sample_documents
from workbench.patients.sample.papers import paper_rows
from workbench.patients.sample.pdf import Line, can_write, one_page
from workbench.patients.sample.rows import Rows

TODAY = date(2026, 11, 22)


@cache
def documents() -> dict[str, bytes]:
    return dict(sample_documents(SampleDays(TODAY)))


@cache
def papers() -> Rows:
    return paper_rows(SampleDays(TODAY))


def texts(pdf: bytes) -> list[str]:
    found = re.findall(rb"\((.*?[^\\])\) Tj", pdf)
    return [re.sub(rb"\\([()\\])", rb"\1", text).decode("cp1252") for text in found]


def objects(pdf: bytes) -> dict[int, int]:
    """Read the table at the end of a PDF file: where each object starts."""
    start = int(re.findall(rb"startxref\n(\d+)\n%%EOF\n$", pdf)[0])
    assert pdf[start:].startswith(b"xref\n0 ")
    lines = pdf[start:].split(b"trailer")[0].splitlines(keepends=True)[3:]
    assert {len(line) for line in lines} == {20}
    return {number: int(line[:10]) for number, line in enumerate(lines, start=1)}


def test_a_reader_finds_every_object_of_a_file_where_its_table_says() -> None:
    for pdf in documents().values():
        assert pdf.startswith(b"%PDF-1.4\n")
        for number, start in objects(pdf).items():
            assert pdf[start:].startswith(b"%d 0 obj\n" % number)
        length = int(re.findall(rb"/Length (\d+)", pdf)[0])
        assert pdf.split(b"stream\n", 1)[1][length:].startswith(b"\nendstream")


def test_every_paper_that_names_a_file_has_one_and_there_is_no_other() -> None:
    tables = ("invoices", "quotes", "prescriptions")
    named = [row["document"] for table in tables for row in papers()[table] if row["document"]]
    assert sorted(named) == sorted(documents())
    assert sum(name.startswith("documents/invoices/") for name in named) > 150
    assert sum(name.startswith("documents/quotes/") for name in named) >= 38
    assert sum(name.startswith("documents/prescriptions/") for name in named) > 100


def test_an_invoice_says_what_is_left_to_pay_until_when_and_how() -> None:
    paid: dict[str, int] = {}
    for payment in papers()["payments"]:
        paid[payment["invoice_id"]] = paid.get(payment["invoice_id"], 0) + payment["amount_cents"]
    checked = 0
    for invoice in papers()["invoices"]:
        if not invoice["document"]:
            continue
        said = texts(documents()[invoice["document"]])
        remaining = invoice["amount_cents"] - paid.get(invoice["invoice_id"], 0)
        written = f"{remaining // 100},{remaining % 100:02}\xa0€"
        assert f"Facture {invoice['number']}" in said
        assert said[said.index("Reste à payer") + 1] == written
        assert any(invoice["payment_url"] in text for text in said) == (remaining > 0)
        checked += remaining > 0
    assert checked > 30


def test_an_invoice_of_a_child_goes_to_whoever_pays() -> None:
    invoice = next(row for row in papers()["invoices"] if row["document"] and row["payer_id"])
    said = texts(documents()[invoice["document"]])
    assert any(text.startswith("Patient : ") and invoice["patient_id"] in text for text in said)
    assert sum(text.startswith(("Mme ", "M. ")) for text in said) == 1


def test_the_first_of_a_month_is_written_as_in_french() -> None:
    written = " ".join(text for pdf in documents().values() for text in texts(pdf))
    assert re.search(r" le 1er [a-zéû]+ 20\d\d", written)
    assert not re.search(r" le 1 [a-zéû]", written)
    assert "1\xa0420,00\xa0€" in written


def test_nobody_whose_name_the_font_lacks_has_a_document() -> None:
    assert not can_write("КОВАЛЬЧУК")
    assert can_write("D’ARGENTRÉ Œdipe")
    assert not any(row["document"] for row in papers()["invoices"] if row["patient_id"] == "2408")


def test_brackets_and_backslashes_stay_text() -> None:
    assert texts(one_page("x", [Line(x=10, y=10, text=r"a (b) \c")])) == [r"a (b) \c"]


def test_the_same_day_gives_the_same_bytes_and_another_day_other_dates() -> None:
    assert dict(sample_documents(SampleDays(TODAY))) == documents()
    later = dict(sample_documents(SampleDays(date(2027, 2, 3))))
    assert later.keys() == documents().keys()
    assert all(later[name] != documents()[name] for name in later)
