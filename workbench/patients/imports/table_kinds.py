"""The kinds of import whose rows are rows of one table: each is declared here, and written by `table_rows`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from workbench.patients import schema

_ADDRESS = ("address_line_1", "address_line_2", "postcode", "city", "country")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableKind:
    """A kind of import, as data.

    Attributes
    ----------
    table
        The table its rows go to.
    columns
        What a file may give. `practitioner`, `site` … are codes or names of things that are kept elsewhere (see
        `REGISTERED`); a sum such as `amount` is stored in cents.
    number
        The column that holds the number of a row, when the table has one.
    natural
        What tells a row without a number from all others (see `row_keys`); those of them that are not `needed` may be
        blank in one file and told in the next.
    called_by
        The name by which such things are known: a row without a number is the one that has this name, else the name
        is its key.
    needed
        What a row is left out without.
    repeats
        Whether two rows that are alike in everything are two (two payments of the same day), and not one told twice.
    known_only
        What must be in the store already: a row of anything else is left out, and nothing is made.
    replaces
        The column within which the file is the whole truth: other rows of the store with the same one are removed.
    copies
        What is taken from another column where a row does not say.
    ordered
        Pairs of which the second may not come before the first.
    """

    table: sa.Table
    columns: tuple[str, ...]
    number: str = ""
    natural: tuple[str, ...] = ()
    called_by: str = ""
    needed: tuple[str, ...] = ()
    repeats: bool = False
    known_only: tuple[str, ...] = ()
    replaces: str = ""
    copies: tuple[tuple[str, str], ...] = ()
    ordered: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column that names a row of another table, by its key or by another number of it."""

    table: sa.Table
    key: str
    also_by: str = ""


REFERENCES: Mapping[str, Reference] = {
    "patient_id": Reference(table=schema.patients, key="patient_id"),
    "appointment_id": Reference(table=schema.appointments, key="appointment_id"),
    "plan_id": Reference(table=schema.treatment_plans, key="plan_id"),
    "quote_id": Reference(table=schema.quotes, key="quote_id", also_by="number"),
    "invoice_id": Reference(table=schema.invoices, key="invoice_id", also_by="number"),
    "recall_id": Reference(table=schema.recalls, key="recall_id"),
    "payer_id": Reference(table=schema.persons, key="person_id"),
}
"""By column: what it must name, wherever it is not the number of the row itself."""

REGISTERED: Mapping[str, str] = {
    "practitioner": "practitioner_id",
    "chair": "chair_id",
    "site": "site_id",
    "group": "group_id",
    "insurer": "insurer_id",
}
"""Columns that hold a code or a name, by where the key goes."""

AS_WRITTEN = frozenset(("path",))
"""Texts that are compared as they are written, with their accents and case."""

TABLE_KINDS: Mapping[str, TableKind] = {
    "practitioners": TableKind(
        table=schema.practitioners,
        number="practitioner_id",
        columns=(
            "practitioner_id", "code", "title", "last_name", "first_name", "sex", "speciality", "rpps", "email",
            "phone", "site", "active",
        ),
        called_by="code",
        copies=(("code", "practitioner_id"),),
    ),
    "chairs": TableKind(
        table=schema.chairs,
        number="chair_id",
        columns=("chair_id", "code", "name", "site"),
        called_by="code",
        copies=(("code", "chair_id"),),
    ),
    "sites": TableKind(
        table=schema.sites,
        number="site_id",
        columns=("site_id", "name", *_ADDRESS, "phone"),
        called_by="name",
        needed=("name",),
    ),
    "insurers": TableKind(
        table=schema.insurers,
        number="insurer_id",
        columns=("insurer_id", "name", "kind", "phone", "email", *_ADDRESS),
        called_by="name",
        needed=("name",),
    ),
    "insurances": TableKind(
        table=schema.patient_insurances,
        columns=("patient_id", "insurer", "member_number", "valid_from", "valid_until"),
        needed=("patient_id", "insurer"),
    ),
    "families": TableKind(
        table=schema.patients,
        columns=("patient_id", "family_id"),
        needed=("patient_id", "family_id"),
    ),
    "groups": TableKind(
        table=schema.group_members, columns=("group", "patient_id"), needed=("group", "patient_id")
    ),
    "plans": TableKind(
        table=schema.treatment_plans,
        number="plan_id",
        columns=(
            "plan_id", "patient_id", "practitioner", "title", "stage", "starts_on", "ends_on", "semester", "semesters",
            "retention_from",
        ),
        natural=("patient_id", "title", "starts_on"),
        needed=("patient_id", "title"),
    ),
    "quotes": TableKind(
        table=schema.quotes,
        number="quote_id",
        columns=(
            "quote_id", "patient_id", "plan_id", "practitioner", "number", "dated_on", "valid_until", "amount",
            "insurance", "complementary", "answered_on", "signed_on", "document",
        ),
        natural=("patient_id", "dated_on", "amount"),
        needed=("patient_id", "dated_on", "amount"),
        copies=(("number", "quote_id"),),
    ),
    "invoices": TableKind(
        table=schema.invoices,
        number="invoice_id",
        columns=(
            "invoice_id", "patient_id", "payer_id", "practitioner", "number", "dated_on", "due_on", "amount", "label",
            "language", "billing_email", "document", "cancelled_on", "payment_url",
        ),
        natural=("patient_id", "dated_on", "amount", "label"),
        needed=("patient_id", "dated_on", "amount"),
        copies=(("number", "invoice_id"),),
    ),
    "payments": TableKind(
        table=schema.payments,
        number="payment_id",
        columns=("payment_id", "patient_id", "invoice_id", "paid_on", "amount", "method"),
        natural=("patient_id", "invoice_id", "paid_on", "amount", "method"),
        needed=("patient_id", "paid_on", "amount"),
        repeats=True,
    ),
    "instalments": TableKind(
        table=schema.instalments,
        number="instalment_id",
        columns=("instalment_id", "patient_id", "plan_id", "quote_id", "invoice_id", "due_on", "amount", "paid_on"),
        natural=("patient_id", "plan_id", "quote_id", "invoice_id", "due_on", "amount"),
        needed=("patient_id", "due_on", "amount"),
        repeats=True,
    ),
    "recalls": TableKind(
        table=schema.recalls,
        number="recall_id",
        columns=("recall_id", "patient_id", "practitioner", "due_on", "reason", "rank", "done_on"),
        natural=("patient_id", "due_on", "reason"),
        needed=("patient_id", "due_on"),
    ),
    "procedures": TableKind(
        table=schema.procedures,
        number="procedure_id",
        columns=(
            "procedure_id", "patient_id", "appointment_id", "practitioner", "plan_id", "done_on", "code", "label",
            "teeth",
        ),
        natural=("patient_id", "done_on", "code", "label", "teeth"),
        needed=("patient_id", "done_on", "label"),
    ),
    "prescriptions": TableKind(
        table=schema.prescriptions,
        number="prescription_id",
        columns=("prescription_id", "patient_id", "practitioner", "dated_on", "label", "document"),
        natural=("patient_id", "dated_on", "label"),
        needed=("patient_id", "dated_on"),
    ),
    "agreements": TableKind(
        table=schema.prior_agreements,
        number="agreement_id",
        columns=("agreement_id", "patient_id", "plan_id", "asked_on", "answered_on", "decision", "valid_until"),
        natural=("patient_id", "asked_on"),
        needed=("patient_id", "asked_on"),
    ),
    "papers": TableKind(
        table=schema.papers,
        number="paper_id",
        columns=("paper_id", "patient_id", "kind", "label", "asked_on", "due_on", "received_on"),
        natural=("patient_id", "label", "asked_on"),
        needed=("patient_id", "label", "asked_on"),
    ),
    "contacts": TableKind(
        table=schema.contacts,
        number="contact_id",
        columns=(
            "contact_id", "patient_id", "appointment_id", "invoice_id", "quote_id", "recall_id", "at", "channel",
            "purpose", "rank", "told_start", "outcome", "by",
        ),
        natural=("patient_id", "at", "channel", "purpose"),
        needed=("patient_id", "at", "purpose"),
    ),
    "media": TableKind(
        table=schema.media,
        number="media_id",
        columns=(
            "media_id", "patient_id", "practitioner", "plan_id", "stage", "kind", "view", "taken_on", "path", "caption",
            "health",
        ),
        natural=("path",),
        needed=("path",),
    ),
    "closed-days": TableKind(table=schema.closed_days, columns=("site", "day", "reason"), needed=("day",)),
    "leaves": TableKind(
        table=schema.leaves,
        number="leave_id",
        columns=("leave_id", "practitioner", "starts_on", "ends_on", "reason", "replacement", "replacement_phone"),
        natural=("practitioner", "starts_on"),
        needed=("practitioner", "starts_on", "ends_on"),
        known_only=("practitioner",),
        ordered=(("starts_on", "ends_on"),),
    ),
    "opening-hours": TableKind(
        table=schema.opening_hours,
        columns=("site", "weekday", "opens", "closes"),
        needed=("weekday", "opens", "closes"),
        replaces="site_id",
        ordered=(("opens", "closes"),),
    ),
    "emergency-lines": TableKind(
        table=schema.emergency_lines,
        number="line_id",
        columns=("line_id", "label", "phone", "practitioner", "instructions"),
        called_by="label",
        needed=("label", "phone"),
    ),
    "instructions": TableKind(
        table=schema.appointment_instructions, columns=("nature", "language", "text"), needed=("nature", "text")
    ),
    "aftercare": TableKind(
        table=schema.aftercare, columns=("nature", "language", "text"), needed=("nature", "text")
    ),
}  # fmt: skip
"""By the name of the kind; the others (patients, appointments …) have rules of their own."""


def stored_name(kind: TableKind, column: str) -> str:
    """Return the column of the table that a column of a file goes to."""
    if column in REGISTERED:
        return REGISTERED[column]
    return f"{column}_cents" if f"{column}_cents" in kind.table.c else column


def key_of(kind: TableKind) -> tuple[str, ...]:
    """Return the key of the table's rows within a practice."""
    return tuple(column.name for column in kind.table.primary_key if column.name != "practice_id")
