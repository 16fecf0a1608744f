"""Who is asked for money, for what, and for each invoice once a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.databases import writing
from workbench.patients.schema import invoices, patients, persons, responsibilities
from workbench.practice import Practice
from workbench.practice.mailing import Mailing

_SETTINGS = "folder: Finances\nrole: payer\nsubject: Facture @HONNUM\npurpose: unpaid\nstep: '1'\n"
FIRST = "Finances/Relance 1"


def add(practice: Practice, table: sa.Table, *rows: Mapping[str, object]) -> None:
    store = practice.store
    with writing(store.engine) as connection:  # type: ignore[attr-defined]
        for row in rows:
            connection.execute(table.insert().values(practice_id=store.practice_id, **row))  # type: ignore[attr-defined]


def bill(practice: Practice, number: str, due_on: date, patient_id: str = "Z1", **more: object) -> None:
    row = {"invoice_id": number, "number": number, "patient_id": patient_id, "dated_on": date(2026, 9, 1)}
    add(practice, invoices, {**row, "due_on": due_on, "amount_cents": 10_000, **more})


@pytest.fixture
def owing(practice: Practice) -> Practice:
    """The sample practice with an adult whose mother pays, and with somebody else who pays an invoice."""
    add(practice, patients, {"patient_id": "Z1", "last_name": "ZED", "first_name": "Ana", "email": "ana@mail.example",
                             "birth_date": date(1990, 1, 1), "family_id": "Z", "sex": "F"})  # fmt: skip
    add(
        practice,
        persons,
        {"person_id": "mother", "last_name": "ZED", "first_name": "Eve", "sex": "F", "email": "eve@mail.example"},
        {"person_id": "firm", "last_name": "BRUN", "first_name": "Luc", "sex": "M", "email": "luc@mail.example"},
    )
    paying = {"patient_id": "Z1", "person_id": "mother", "role": "payer", "relation": "mother"}
    add(practice, responsibilities, paying)
    bill(practice, "F-9", date(2026, 10, 1))
    bill(practice, "F-10", date(2026, 10, 15))
    return practice


def dunning(practice: Practice, patient_ids: Sequence[str] = ("Z1",), template: str = FIRST) -> Mailing:
    return practice.mailing(practice.search("unpaid", where=f"patient_id in {(*patient_ids, '')}"), template)


def told(results: pd.DataFrame) -> list[str]:
    return sorted(results.loc[results["status"] == "sent", "recipient_id"])


def test_an_invoice_is_asked_of_the_payer_it_names_at_its_billing_address(owing: Practice) -> None:
    bill(owing, "F-12", date(2026, 10, 2), payer_id="firm", billing_email="compta@mail.example")
    bill(owing, "F-13", date(2026, 10, 3), payer_id="mother")
    bill(owing, "F-14", date(2026, 10, 4), billing_email="eves-accounts@mail.example")
    mailing = dunning(owing)
    found = mailing.recipients.set_index("recipient_id")
    assert found[["addressee_key", "address", "recipient"]].to_dict("index") == {
        "invoice:F-10+invoice:F-13+invoice:F-9": {
            "addressee_key": "payer:mother", "address": "eve@mail.example", "recipient": "Eve ZED",
        },
        "invoice:F-12": {
            "addressee_key": "payer:firm", "address": "compta@mail.example", "recipient": "Luc BRUN",
        },
        "invoice:F-14": {
            "addressee_key": "payer:mother", "address": "eves-accounts@mail.example", "recipient": "Eve ZED",
        },
    }  # fmt: skip
    assert mailing.fields()["HONNUM"].to_dict() == {
        "invoice:F-10+invoice:F-13+invoice:F-9": "F-9", "invoice:F-12": "F-12", "invoice:F-14": "F-14",
    }  # fmt: skip


def test_an_invoice_that_names_its_payer_needs_no_other(owing: Practice) -> None:
    add(owing, patients, {"patient_id": "Z2", "last_name": "ZED", "birth_date": date(2015, 1, 1), "family_id": "Z"})
    bill(owing, "F-20", date(2026, 10, 1), "Z2", payer_id="firm")
    bill(owing, "F-21", date(2026, 10, 1), "Z2", billing_email="compta@mail.example")
    found = dunning(owing, ["Z2"]).recipients.set_index("recipient_id")
    assert found["addressee_key"].to_dict() == {"invoice:F-20": "payer:firm", "invoice:F-21": "patient:Z2"}
    assert found["reason"].to_dict() == {"invoice:F-20": "", "invoice:F-21": "no_addressee"}


def test_a_payer_who_died_is_asked_for_nothing(owing: Practice) -> None:
    add(owing, patients, {"patient_id": "Z2", "last_name": "BRUN", "first_name": "Luc", "deceased": True, "sex": "M"})
    add(owing, persons, {"person_id": "late", "last_name": "BRUN", "sex": "M", "patient_id": "Z2"})
    bill(owing, "F-15", date(2026, 10, 2), payer_id="late", billing_email="luc@mail.example")
    found = dunning(owing).recipients
    assert found["addressee_key"].tolist() == ["payer:mother"]
    assert "F-15" in found["recipient_id"].iloc[0]


def test_a_letter_that_grew_tells_only_what_was_not_told(owing: Practice) -> None:
    assert told(dunning(owing).send(confirmed=True)) == ["invoice:F-10+invoice:F-9"]
    bill(owing, "F-11", date(2026, 11, 1))
    second = dunning(owing)
    assert second.recipients["recipient_id"].tolist() == ["invoice:F-11"]
    assert second.subjects["recipient_id"].tolist() == ["invoice:F-11"] * 3
    assert second.fields()["HONNUM"].tolist() == ["F-11"]
    assert "F-11" in second.preview(0).subject
    assert second.forecast().pending == 1
    # On purpose it is all told once more.
    assert second.forecast(again=True).pending == 1
    assert second.recipients["recipient_id"].tolist() == ["invoice:F-10+invoice:F-11+invoice:F-9"]
    second = dunning(owing)
    assert told(second.send(confirmed=True)) == ["invoice:F-10+invoice:F-9", "invoice:F-11"]
    third = dunning(owing)
    assert third.forecast().pending == 0
    results = third.send(confirmed=True)
    assert told(results) == ["invoice:F-10+invoice:F-9", "invoice:F-11"]
    assert results.loc[results["status"] == "skipped", "reason"].tolist() == ["duplicate_occasion"]


def test_a_letter_that_waits_is_replaced_by_a_larger_one(owing: Practice) -> None:
    dunning(owing).queue()
    bill(owing, "F-11", date(2026, 11, 1))
    assert told(dunning(owing).send(confirmed=True)) == ["invoice:F-10+invoice:F-11+invoice:F-9"]
    assert told(dunning(owing).send(confirmed=True)) == ["invoice:F-10+invoice:F-11+invoice:F-9"]


def test_a_family_is_told_only_what_it_was_not_told(owing: Practice, tmp_path: Path) -> None:
    add(owing, patients, {"patient_id": "Z2", "last_name": "ZED", "birth_date": date(2015, 1, 1), "family_id": "Z"})
    add(owing, responsibilities, {"patient_id": "Z2", "person_id": "mother", "role": "payer"})
    family = "Finances/Famille"
    text = f"---\nlabel: Famille\n{_SETTINGS}group: family\n---\n<p>@HONNUM @HONRESTE</p>\n"
    owing.templates.import_text(text, path=family, beside=tmp_path)
    assert told(dunning(owing, ["Z1", "Z2"], family).send(confirmed=True)) == ["invoice:F-10+invoice:F-9"]
    bill(owing, "F-30", date(2026, 10, 1), "Z2")
    bill(owing, "F-31", date(2026, 10, 9), "Z1")
    second = dunning(owing, ["Z1", "Z2"], family)
    assert second.recipients[["recipient_id", "patient_id"]].to_numpy().tolist() == [
        ["invoice:F-30+invoice:F-31", "Z2"]
    ]
    assert second.fields()["HONNUM"].tolist() == ["F-30"]


def test_a_payer_reads_only_of_what_he_is_asked_for_and_what_is_due(owing: Practice) -> None:
    bill(owing, "F-12", date(2026, 10, 2), payer_id="firm", billing_email="compta@mail.example")
    bill(owing, "F-13", date(2027, 1, 3))
    told = dunning(owing).fields()["IMPAYES"].to_dict()
    assert {key: [line.split()[1] for line in lines.splitlines()] for key, lines in told.items()} == {
        "invoice:F-10+invoice:F-9": ["F-9", "F-10"],
        "invoice:F-12": ["F-12"],
    }
