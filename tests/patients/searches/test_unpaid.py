"""Which invoices are not paid, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.patients.searches.cases import TODAY, found, keys, put, put_patients
from workbench.domain.frames import UNPAID_COLUMNS
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore

YESTERDAY = TODAY - timedelta(days=1)


def bill(store: SqlPatientStore, key: str, patient_id: str = "1", cents: int = 10_000, **more: object) -> None:
    row = {"dated_on": date(2026, 9, 1), "due_on": date(2026, 10, 1), **more}
    put(store, schema.invoices, {"invoice_id": key, "patient_id": patient_id, "amount_cents": cents, **row})


def pay(store: SqlPatientStore, key: str, cents: int, invoice_id: str | None, patient_id: str = "1") -> None:
    row = {"payment_id": key, "patient_id": patient_id, "invoice_id": invoice_id, "amount_cents": cents}
    put(store, schema.payments, {**row, "paid_on": date(2026, 10, 5)})


@pytest.fixture
def store(either_store: SqlPatientStore) -> SqlPatientStore:
    put_patients(either_store, "1", "2", "3")
    return either_store


def test_an_invoice_tells_what_remains(store: SqlPatientStore) -> None:
    bill(store, "f1", cents=12_345, number="2026-1")
    pay(store, "p1", 2_000, "f1")
    pay(store, "p2", 345, "f1")
    frame = found(store, "unpaid")
    assert tuple(frame.columns) == UNPAID_COLUMNS
    row = frame.iloc[0]
    assert (row["subject_key"], row["invoice_id"], row["number"]) == ("invoice:f1", "f1", "2026-1")
    assert (row["amount"], row["paid"], row["remaining"]) == (123.45, 23.45, 100.0)
    assert (row["days_late"], row["reminders_sent"]) == (53, 0)
    assert row["due_on"] == pd.Timestamp(2026, 10, 1)
    assert pd.isna(row["payer"])


def test_an_invoice_paid_by_two_payments_is_paid(store: SqlPatientStore) -> None:
    bill(store, "f1")
    bill(store, "f2", "2")
    pay(store, "p1", 4_000, "f1")
    pay(store, "p2", 6_000, "f1")
    assert keys(store, "unpaid") == ["f2"]


def test_a_payment_by_somebody_else_pays(store: SqlPatientStore) -> None:
    bill(store, "f1")
    pay(store, "p1", 10_000, "f1", patient_id="2")
    assert keys(store, "unpaid", exclude_settled="no") == []


def test_a_cancelled_invoice_and_a_credit_note_are_not_asked_for(store: SqlPatientStore) -> None:
    bill(store, "f1", cancelled_on=TODAY)
    bill(store, "f2", "2", cents=-5_000)
    bill(store, "f3", "3", cents=0)
    assert keys(store, "unpaid", exclude_settled="no") == []


def test_whoever_owes_nothing_in_all_is_left_out_unless_asked_for(store: SqlPatientStore) -> None:
    bill(store, "account", "1")
    pay(store, "p1", 10_000, None, "1")
    bill(store, "credit", "2")
    bill(store, "note", "2", cents=-10_000)
    bill(store, "partly", "3")
    pay(store, "p2", 9_999, None, "3")
    put_patients(store, "stated", balance_cents=0)
    bill(store, "by_software", "stated")
    assert keys(store, "unpaid") == ["partly"]
    assert sorted(keys(store, "unpaid", exclude_settled="no")) == ["account", "by_software", "credit", "partly"]


def test_what_was_paid_on_account_is_set_against_the_oldest_invoice(store: SqlPatientStore) -> None:
    bill(store, "old", due_on=date(2026, 9, 10))
    bill(store, "new", due_on=date(2026, 10, 10))
    pay(store, "p1", 9_000, None)
    assert found(store, "unpaid").set_index("invoice_id")["remaining"].to_dict() == {"old": 10.0, "new": 100.0}
    assert keys(store, "unpaid", min_amount=11) == ["new"]
    assert keys(store, "unpaid", where="remaining < 11") == ["old"]
    pay(store, "p2", 2_000, None)
    bill(store, "note", cents=-500)
    assert found(store, "unpaid").set_index("invoice_id")["remaining"].to_dict() == {"new": 85.0}
    told = found(store, "unpaid", exclude_settled="no").set_index("invoice_id")["remaining"]
    assert told.to_dict() == {"old": 0.0, "new": 85.0}
    left = store.columns("invoice", ["old", "new", "note"], ["remaining", "days_late"], today=TODAY)
    assert left["remaining"].tolist() == [0.0, 85.0, 0.0]
    assert left["days_late"].isna().tolist() == [True, False, True]
    patient = store.columns("patient", ["1"], ["balance", "unpaid_invoices", "current_invoice_id"], today=TODAY)
    assert patient["balance"].tolist() == [85.0]
    assert [(one["invoice_id"], one["remaining"]) for one in patient["unpaid_invoices"].iloc[0]] == [("new", 85.0)]
    assert patient["current_invoice_id"].tolist() == ["new"]


def test_no_more_is_asked_for_than_the_balance_that_the_practice_states(store: SqlPatientStore) -> None:
    put_patients(store, "stated", balance_cents=1_000)
    bill(store, "old", "stated", due_on=date(2026, 9, 10))
    bill(store, "new", "stated", due_on=date(2026, 10, 10))
    assert found(store, "unpaid").set_index("invoice_id")["remaining"].to_dict() == {"new": 10.0}


def test_what_was_paid_too_much_or_on_a_cancelled_invoice_pays_another(store: SqlPatientStore) -> None:
    bill(store, "f1", cents=1_000)
    bill(store, "f2", cents=1_000, cancelled_on=TODAY)
    bill(store, 'f"3')
    pay(store, "p1", 1_500, "f1")
    pay(store, "p2", 1_000, "f2")
    assert store.columns("invoice", ['f"3'], ["remaining"], today=TODAY)["remaining"].tolist() == [85.0]
    bill(store, "f4", "2")
    pay(store, "p3", 1_000, "f4", "1")  # somebody else's money, on this invoice alone
    frame = found(store, "unpaid").set_index("invoice_id")
    assert frame.loc["f4", "remaining"] == 90.0


def test_overdue_begins_the_day_after(store: SqlPatientStore) -> None:
    bill(store, "late", due_on=YESTERDAY)
    bill(store, "today", due_on=TODAY)
    bill(store, "soon", due_on=TODAY + timedelta(days=3))
    bill(store, "unsaid", due_on=None, dated_on=date(2026, 11, 1))
    assert keys(store, "unpaid") == ["late", "unsaid"]
    assert found(store, "unpaid")["days_late"].fillna(-1).tolist() == [1, -1]
    assert keys(store, "unpaid", overdue_by=0) == ["late", "today", "unsaid"]
    assert keys(store, "unpaid", overdue_by=-3) == ["late", "today", "soon", "unsaid"]
    assert keys(store, "unpaid", overdue_by=2) == ["unsaid"]


def test_the_least_amount_is_what_remains(store: SqlPatientStore) -> None:
    bill(store, "f1", cents=10_000)
    bill(store, "f2", "2", cents=10_000)
    pay(store, "p1", 1, "f2", "2")
    assert keys(store, "unpaid", min_amount=100) == ["f1"]
    assert keys(store, "unpaid", min_amount=99, sort="amount") == ["f1", "f2"]
    assert keys(store, "unpaid", where="remaining < 100") == ["f2"]


def test_reminders_sent_outside_the_workbench_are_counted(store: SqlPatientStore) -> None:
    for number, patient in ((0, "1"), (1, "2"), (4, "3")):
        bill(store, f"f{number}", patient)
        put(
            store,
            schema.contacts,
            {"contact_id": f"x{number}", "patient_id": patient, "invoice_id": f"f{number}", "at": "2026-10-10",
             "purpose": "other", "source": "desk"},
            *({"contact_id": f"c{number}-{rank}", "patient_id": patient, "invoice_id": f"f{number}",
               "at": "2026-10-10", "purpose": "unpaid", "rank": rank, "source": "desk"}
              for rank in range(number)),
        )  # fmt: skip
    assert found(store, "unpaid")["reminders_sent"].tolist() == [0, 1, 4]


def test_the_payer_is_the_invoices_own_or_the_first_of_the_file(store: SqlPatientStore) -> None:
    put(
        store,
        schema.persons,
        {"person_id": "r1", "last_name": "AUBE", "first_name": "Ève", "email": "eve@mail.example"},
        {"person_id": "r2", "last_name": "BRUN"},
        {"person_id": "r3", "patient_id": "3"},
    )
    put(
        store,
        schema.responsibilities,
        {"patient_id": "1", "person_id": "r2", "role": "payer", "rank": 2},
        {"patient_id": "1", "person_id": "r1", "role": "payer", "rank": 1},
        {"patient_id": "2", "person_id": "r1", "role": "guardian"},
    )
    bill(store, "a", "1")
    bill(store, "b", "1", payer_id="r2", billing_email="compta@mail.example")
    bill(store, "c", "1", payer_id="r3")
    bill(store, "d", "2")
    frame = found(store, "unpaid").set_index("invoice_id")
    assert frame["payer"].fillna("").to_dict() == {"a": "AUBE Ève", "b": "BRUN", "c": "P3", "d": ""}
    assert frame["payer_email"].fillna("").to_dict() == {
        "a": "eve@mail.example", "b": "compta@mail.example", "c": "", "d": "",
    }  # fmt: skip


def test_a_payer_who_died_pays_no_more(store: SqlPatientStore) -> None:
    put_patients(store, "dead", deceased=True, email="dead@mail.example")
    put(store, schema.persons, {"person_id": "r1", "patient_id": "dead"}, {"person_id": "r2", "last_name": "BRUN"})
    put(store, schema.responsibilities, {"patient_id": "1", "person_id": "r1", "role": "payer", "rank": 1})
    bill(store, "a", "1")
    assert found(store, "unpaid")["payer"].isna().all()
    put(store, schema.responsibilities, {"patient_id": "1", "person_id": "r2", "role": "payer", "rank": 2})
    assert found(store, "unpaid")["payer"].tolist() == ["BRUN"]


def test_whoever_is_gone_is_left_out_unless_asked_for(store: SqlPatientStore) -> None:
    put_patients(store, "dead", deceased=True)
    put_patients(store, "gone", archived=True)
    bill(store, "f1", "dead")
    bill(store, "f2", "gone")
    assert keys(store, "unpaid") == []
    assert keys(store, "unpaid", gone="yes") == ["f1", "f2"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(st.integers(1, 50_000), min_size=1, max_size=4),
    shares=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 50_000)), max_size=6),
)
def test_what_remains_is_what_was_billed_less_what_was_paid(
    empty_store: SqlPatientStore, amounts: list[int], shares: list[tuple[int, int]]
) -> None:
    from workbench.databases import writing

    with writing(empty_store.engine) as connection:
        for table in (schema.payments, schema.invoices, schema.patients):
            connection.execute(table.delete())
    put_patients(empty_store, "1")
    for number, cents in enumerate(amounts):
        bill(empty_store, f"f{number}", cents=cents)
    paid = dict.fromkeys(range(4), 0)
    for number, (which, cents) in enumerate(shares):
        if which < len(amounts):
            pay(empty_store, f"p{number}", cents, f"f{which}")
            paid[which] += cents
    frame = found(empty_store, "unpaid", exclude_settled="no").set_index("invoice_id")
    credit = sum(max(paid[n] - cents, 0) for n, cents in enumerate(amounts))  # too much on one pays the next
    by_hand = {}
    for n, cents in enumerate(amounts):
        if cents > paid[n]:
            used = min(cents - paid[n], credit)
            credit -= used
            by_hand[f"f{n}"] = (cents - paid[n] - used) / 100
    assert frame["remaining"].to_dict() == by_hand
