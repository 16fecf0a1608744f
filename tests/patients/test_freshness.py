"""When the store's data came, and who was reached outside the workbench, the same on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from workbench.databases import writing
from workbench.patients.schema import appointments, contacts, facts, imports, invoices, patients
from workbench.patients.store import SqlPatientStore, open_store

HERE = {"practice_id": "practice"}


def an_import(kind: str, at: str, rows: int, by: str = "claire", practice_id: str = "practice") -> dict[str, object]:
    return {
        "practice_id": practice_id, "import_id": f"{kind}{at}", "kind": kind, "file_name": "a.csv", "digest": "0",
        "rows": rows, "created": rows, "updated": 0, "unchanged": 0, "skipped": 0, "at": at, "by": by,
    }  # fmt: skip


def a_contact(number: str, patient_id: str, at: str, **about: object) -> dict[str, object]:
    return {
        **HERE, "contact_id": number, "patient_id": patient_id, "at": at, "channel": "phone", "purpose": "reminder",
        "source": "import", "appointment_id": None, "invoice_id": None, "told_start": None, **about,
    }  # fmt: skip


class FreshnessContract:
    """What a store tells beside its rows, on every database."""

    @pytest.fixture
    def store(self) -> Iterator[SqlPatientStore]:
        raise NotImplementedError

    def test_the_latest_import_of_each_kind_tells_its_moment_and_who_did_it(self, store: SqlPatientStore):
        with writing(store.engine) as connection:
            connection.execute(
                sa.insert(imports),
                [
                    an_import("patients", "2026-11-20T08:00:00+00:00", 5),
                    an_import("appointments", "2026-11-21T15:45:00+00:00", 7, "paul"),
                    an_import("appointments", "2026-11-20T15:45:00+00:00", 6),
                ],
            )
        told = store.freshness()
        assert told["kind"].tolist() == ["appointments", "patients"]
        assert told["as_of"].iloc[0].isoformat() == "2026-11-21T16:45:00+01:00"
        assert told[["rows", "by"]].to_numpy().tolist() == [[7, "paul"], [5, "claire"]]

    def test_a_store_without_imports_tells_what_it_says_of_itself(self, store: SqlPatientStore):
        assert len(store.freshness()) == 0
        with writing(store.engine) as connection:
            connection.execute(sa.insert(facts), [{**HERE, "name": "data_as_of", "value": "2026-11-22 06:30"}])
        told = store.freshness()
        assert told["kind"].tolist() == ["store"]
        assert told["as_of"].iloc[0].isoformat() == "2026-11-22T06:30:00+01:00"
        assert told["rows"].isna().all()

    def test_contacts_tell_who_was_reached_when_and_about_what(self, store: SqlPatientStore):
        with writing(store.engine) as connection:
            connection.execute(
                sa.insert(patients),
                [{**HERE, "patient_id": key, "last_name": "N"} for key in ("1", "2")],
            )
            connection.execute(
                sa.insert(appointments),
                [{**HERE, "appointment_id": "A1", "patient_id": "1", "starts_at": datetime(2026, 11, 23, 9)}],
            )
            connection.execute(
                sa.insert(invoices),
                [{**HERE, "invoice_id": "F1", "patient_id": "2", "dated_on": datetime(2026, 1, 1), "amount_cents": 1}],
            )
            start = datetime(2026, 11, 23, 8, 30)
            connection.execute(
                sa.insert(contacts),
                [
                    a_contact("1", "1", "2026-11-20T08:00:00+00:00", appointment_id="A1", told_start=start),
                    a_contact("2", "1", "2026-11-19T08:00:00+00:00", appointment_id="A1"),
                    a_contact("3", "2", "2026-11-18T08:00:00+00:00", invoice_id="F1"),
                ],
            )
        assert store.last_contacts()["at"].dt.day.to_dict() == {"1": 20, "2": 18}
        told = store.contacts_about("appointment")
        assert told[["subject_key", "occasion"]].to_numpy().tolist() == [
            ["appointment:A1", ""],
            ["appointment:A1", "2026-11-23T08:30"],
        ]
        assert store.contacts_about("invoice")["subject_key"].tolist() == ["invoice:F1"]
        assert len(store.contacts_about("plan")) == 0


class TestInSqlite(FreshnessContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqlPatientStore]:
        opened = open_store(f"sqlite:///{tmp_path}/p.sqlite", practice_id="practice", create=True)
        yield opened
        opened.close()


class TestInPostgresql(FreshnessContract):
    @pytest.fixture
    def store(self, postgres_url: str) -> Iterator[SqlPatientStore]:
        opened = open_store(postgres_url, practice_id="practice", create=True)
        yield opened
        opened.close()
