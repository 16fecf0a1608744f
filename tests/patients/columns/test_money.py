from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.patient_store_contract import TODAY, add
from workbench.databases import writing
from workbench.patients import schema
from workbench.patients.columns import reading
from workbench.patients.store import SqlPatientStore

DAY = date(2026, 10, 1)
ACCOUNT = ["balance", "last_payment_on", "last_payment_amount", "unpaid_invoices", "current_invoice_id"]


def bill(key: str, cents: int, *, day: date = DAY, patient: str = "007", **more: Any) -> dict[str, Any]:
    return {"invoice_id": key, "patient_id": patient, "dated_on": day, "amount_cents": cents, **more}


def paid(key: str, cents: int, *, on: str | None = None, day: date = DAY, patient: str = "007") -> dict[str, Any]:
    return {"payment_id": key, "patient_id": patient, "invoice_id": on, "paid_on": day, "amount_cents": cents}


def of_patient(store: SqlPatientStore, patient: str = "007") -> pd.Series[Any]:
    names = [*ACCOUNT, "next_instalment_on", "next_instalment_amount"]
    return store.columns("patient", [patient], names, today=TODAY).loc[patient]


# --- what a patient owes ----------------------------------------------------------------------------------


def test_unpaid_invoices_are_listed_as_they_are_due_with_what_remains(store: SqlPatientStore) -> None:
    due = date(2026, 11, 1)
    add(
        store,
        schema.invoices,
        [
            bill("i1", 5000, day=date(2026, 10, 9), number="F-1"),
            bill("i2", 3050, day=date(2026, 9, 1), number="F-2", due_on=due),
            bill("i3", 2000, day=date(2026, 8, 1), number="F-3"),
        ],
    )
    add(store, schema.payments, [paid("p1", 1000, on="i2"), paid("p2", 2000, on="i3", patient="008")])
    told = of_patient(store)
    assert told["unpaid_invoices"] == [
        {
            "invoice_id": "i1",
            "payer_id": None,
            "number": "F-1",
            "dated_on": pd.Timestamp(2026, 10, 9),
            "due_on": None,
            "remaining": 50.0,
        },
        {
            "invoice_id": "i2",
            "payer_id": None,
            "number": "F-2",
            "dated_on": pd.Timestamp(2026, 9, 1),
            "due_on": pd.Timestamp(2026, 11, 1),
            "remaining": 20.5,
        },
    ]
    assert told["current_invoice_id"] == "i1"
    assert of_patient(store, "008")["unpaid_invoices"] is None


def test_a_cancelled_invoice_is_neither_unpaid_nor_current(store: SqlPatientStore) -> None:
    add(store, schema.invoices, [bill("i1", 5000, cancelled_on=DAY), bill("i2", 700, day=date(2026, 2, 1))])
    add(store, schema.payments, [paid("p1", 700, on="i2")])
    told = of_patient(store)
    assert told["unpaid_invoices"] is None
    assert told["current_invoice_id"] == "i2"
    row = store.columns("invoice", ["i1"], ["remaining", "days_late"], today=TODAY).loc["i1"]
    assert row["remaining"] == 0
    assert pd.isna(row["days_late"])


def test_paying_too_much_pays_the_next_invoice(store: SqlPatientStore) -> None:
    add(store, schema.invoices, [bill("i1", 5000), bill("i2", 1000)])
    add(store, schema.payments, [paid("p1", 8000, on="i1")])
    told = of_patient(store)
    assert told["balance"] == -20.0
    assert told["unpaid_invoices"] is None
    assert store.columns("invoice", ["i1"], ["paid", "remaining"], today=TODAY).loc["i1"].tolist() == [80.0, 0.0]


def test_money_on_account_is_not_asked_for_again(store: SqlPatientStore) -> None:
    add(store, schema.invoices, [bill("i1", 5000)])
    add(store, schema.payments, [paid("p1", 3000)])
    told = of_patient(store)
    assert told["balance"] == 20.0
    assert [one["remaining"] for one in told["unpaid_invoices"]] == [20.0]


def test_the_last_payment_is_all_that_was_paid_that_day(store: SqlPatientStore) -> None:
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    add(
        store,
        schema.payments,
        [
            paid("p1", 3000, day=yesterday),
            paid("p2", 2050, day=yesterday),
            paid("p3", 999, day=DAY),
            paid("p4", -500, day=TODAY),  # given back
            paid("p5", 7000, day=tomorrow),  # a cheque for later
        ],
    )
    told = of_patient(store)
    assert told["last_payment_on"] == pd.Timestamp(yesterday)
    assert told["last_payment_amount"] == 50.5


def test_the_next_instalment_is_the_first_one_to_come(store: SqlPatientStore) -> None:
    def part(key: str, day: date, cents: int, **more: Any) -> dict[str, Any]:
        return {"instalment_id": key, "patient_id": "007", "due_on": day, "amount_cents": cents, **more}

    soon = TODAY + timedelta(days=9)
    add(store, schema.invoices, [bill("gone", 900, cancelled_on=DAY)])
    add(
        store,
        schema.instalments,
        [
            part("1", DAY, 100),  # late: the next one is another
            part("2", TODAY, 200, paid_on=DAY),
            part("3", TODAY, 900, invoice_id="gone"),
            part("4", soon, 300),
            part("5", soon, 50),
            part("6", soon + timedelta(days=30), 400),
        ],
    )
    told = of_patient(store)
    assert told["next_instalment_on"] == pd.Timestamp(soon)
    assert told["next_instalment_amount"] == 3.5
    assert pd.isna(of_patient(store, "008")["next_instalment_amount"])


def test_a_patient_without_any_invoice_owes_nothing(store: SqlPatientStore) -> None:
    told = of_patient(store, "011")
    assert told["balance"] == 0
    assert told["unpaid_invoices"] is None
    assert told.drop(["balance", "unpaid_invoices"]).isna().all()


CENTS = st.integers(min_value=0, max_value=9_999)
BILLS = st.lists(
    st.tuples(
        st.sampled_from(["007", "008"]),
        st.integers(min_value=0, max_value=5),  # its day
        CENTS,
        st.booleans(),  # cancelled
        st.lists(st.tuples(st.sampled_from(["007", "008"]), st.integers(min_value=-999, max_value=9_999)), max_size=3),
    ),
    max_size=6,
)
ON_ACCOUNT = st.lists(st.tuples(st.sampled_from(["007", "008"]), CENTS), max_size=3)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bills=BILLS, on_account=ON_ACCOUNT)
def test_what_remains_is_what_was_billed_less_what_was_paid(
    store: SqlPatientStore, bills: list[Any], on_account: list[tuple[str, int]]
) -> None:
    with writing(store.engine) as connection:
        connection.execute(schema.payments.delete())
        connection.execute(schema.invoices.delete())
    payments = [
        paid(f"p{number}-{place}", cents, on=f"i{number}", patient=who)
        for number, (*_told, acts) in enumerate(bills)
        for place, (who, cents) in enumerate(acts)
    ] + [paid(f"a{number}", cents, patient=who) for number, (who, cents) in enumerate(on_account)]
    add(
        store,
        schema.invoices,
        [
            bill(f"i{number}", cents, day=DAY + timedelta(days=day), patient=who, cancelled_on=DAY if gone else None)
            for number, (who, day, cents, gone, _acts) in enumerate(bills)
        ],
    )
    add(store, schema.payments, payments)
    frame = store.columns("patient", ["007", "008"], ACCOUNT, today=TODAY)
    invoices = store.columns("invoice", [f"i{number}" for number in range(len(bills))], ["remaining"], today=TODAY)
    for patient in ("007", "008"):
        standing = [
            (day, f"i{number}", cents - sum(sum_ for _who, sum_ in acts))
            for number, (who, day, cents, gone, acts) in enumerate(bills)
            if who == patient and not gone
        ]
        credit = sum(cents for who, cents in on_account if who == patient)
        credit += sum(cents for *_told, gone, acts in bills if gone for who, cents in acts if who == patient)
        credit -= sum(left for _day, _key, left in standing if left < 0)
        unpaid = []
        for day, key, left in sorted(one for one in standing if one[2] > 0):
            used = min(left, max(credit, 0))
            credit -= used
            if left > used:
                unpaid.append((day, key, left - used))
        told = frame.loc[patient]
        listed = told["unpaid_invoices"] or []
        assert [one["remaining"] for one in listed] == [left / 100 for _day, _key, left in unpaid]
        assert [one["dated_on"] for one in listed] == sorted(one["dated_on"] for one in listed)
        assert invoices["remaining"][[key for _day, key, _left in unpaid]].tolist() == [
            left / 100 for _day, _key, left in unpaid
        ]
        billed = sum(cents for who, _day, cents, gone, _acts in bills if who == patient and not gone)
        received = sum(one["amount_cents"] for one in payments if one["patient_id"] == patient)
        assert told["balance"] == pytest.approx((billed - received) / 100)
        current = unpaid[0][1] if unpaid else max(standing)[1] if standing else None
        assert (None if pd.isna(told["current_invoice_id"]) else told["current_invoice_id"]) == current


# --- of an invoice ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "left", "late"),
    [
        (TODAY - timedelta(days=12), 100, 12),
        (TODAY - timedelta(days=1), 100, 1),
        (TODAY, 100, None),
        (TODAY + timedelta(days=3), 100, None),
        (None, 100, None),
        (TODAY - timedelta(days=12), 0, None),
    ],
)
def test_an_invoice_is_late_while_something_remains(
    store: SqlPatientStore, due_on: date | None, left: int, late: int | None
) -> None:
    add(store, schema.invoices, [bill("i1", 5000, due_on=due_on)])
    add(store, schema.payments, [paid("p1", 5000 - left, on="i1")])
    told = store.columns("invoice", ["i1"], ["days_late"], today=TODAY)["days_late"]
    assert told.fillna(-1).tolist() == [-1 if late is None else late]


def test_an_invoice_says_what_stands_on_it_and_how_often_it_was_asked_for(store: SqlPatientStore) -> None:
    add(
        store,
        schema.invoices,
        [bill("i1", 5000, number="F-1", label="Couronne", payment_url="https://pay.example/1", practitioner_id="MM")],
    )

    def contact(key: str, **more: Any) -> dict[str, Any]:
        about = {"contact_id": key, "patient_id": "007", "invoice_id": "i1", "purpose": "unpaid"}
        return about | {"at": "2026-11-01T08:00:00+00:00", "source": "import", **more}

    add(store, schema.contacts, [contact("c1"), contact("c2", channel="phone"), contact("c3", purpose="other")])
    names = ["number", "amount", "label", "payment_url", "practitioner_id", "reminders_sent"]
    told = store.columns("invoice", ["i1"], names, today=TODAY).loc["i1"].tolist()
    assert told == ["F-1", 50.0, "Couronne", "https://pay.example/1", "MM", 2]


# --- of a quote -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("insurance", "complementary", "charge"),
    [(20000, 30000, 500.0), (20000, None, 800.0), (None, 30000, 700.0), (0, 0, 1000.0), (None, None, None)],
)
def test_what_is_left_of_a_quote_is_told_when_some_insurance_is_known(
    store: SqlPatientStore, insurance: int | None, complementary: int | None, charge: float | None
) -> None:
    quote = {"quote_id": "q1", "patient_id": "007", "dated_on": DAY, "amount_cents": 100_000, "plan_id": "t1"}
    add(store, schema.treatment_plans, [{"plan_id": "t1", "patient_id": "007", "title": "Couronne"}])
    add(store, schema.quotes, [quote | {"insurance_cents": insurance, "complementary_cents": complementary}])
    told = store.columns("quote", ["q1"], ["amount", "remaining_charge", "title"], today=TODAY).loc["q1"]
    assert told["amount"] == 1000
    assert told["title"] == "Couronne"
    assert told["remaining_charge"] == charge if charge is not None else pd.isna(told["remaining_charge"])


def test_a_quote_does_not_tell_the_title_of_somebody_elses_plan(store: SqlPatientStore) -> None:
    quote = {"quote_id": "q1", "patient_id": "007", "dated_on": DAY, "amount_cents": 100_000, "plan_id": "t1"}
    add(store, schema.treatment_plans, [{"plan_id": "t1", "patient_id": "008", "title": "Couronne"}])
    add(store, schema.quotes, [quote])
    assert store.columns("quote", ["q1"], ["title"], today=TODAY)["title"].isna().all()


# --- both ways of reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("least", [0, reading._MANY])
def test_most_patients_and_a_few_are_told_the_same(
    store: SqlPatientStore, monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    add(store, schema.invoices, [bill("i1", 5000), bill("i2", 1000, patient="008"), bill("i3", 10, patient="011")])
    add(store, schema.payments, [paid("p1", 2000, on="i1", patient="008"), paid("p2", 10, on="i3", patient="011")])
    monkeypatch.setattr(reading, "_MANY", least)
    frame = store.columns("patient", ["008", "007", "nobody", "009", "010"], ACCOUNT, today=TODAY)
    assert frame.index.tolist() == ["008", "007", "009", "010"]
    assert frame["balance"].tolist() == [-10.0, 50.0, 0.0, 0.0]
    left: Callable[[Any], Any] = lambda bills: bills and [one["remaining"] for one in bills]  # noqa: E731
    assert [left(one) for one in frame["unpaid_invoices"]] == [[10.0], [30.0], None, None]
