"""Measure how fast anybody is found by name, number or birth date (Ctrl+K), on SQLite and on PostgreSQL.

``python tests/benchmarks/measure_finding.py [PATIENTS] [--rounds N] [--database NAME]``: patients whose names are made
by chance but the same each time. Each line is the median of the rounds, the processor's time (ours and the server's)
and how many are found. Target: 50 ms at 100,000 patients.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.measure_searches import FIRST_NAMES, filled_store, processor_seconds  # noqa: E402
from workbench.patients import schema  # noqa: E402

BEGINNINGS = ("LEF", "MART", "D’ART", "LEMA", "NGUY", "GARN", "ŒUV", "GALL", "Ben", "Da ", "Šk", "KERM", "Châ", "Du")
ENDS = ("ÈVRE", "IN", "AGNAN", "ÎTRE", "ỄN", "IER", "RARD", "OIS", "oda", "souza", "ORGANT", "teau", "pont", "müller")
ASKED = (
    "du", "lef", "lefevre", "lefevre zoe", "chateau anais", "skoda", "ganier", "garnier garnier hugo", "nobodyatall",
    "012345", "0639980042", "06 39 98", "24/05/1980", "1980", "lefevre 1980", "p42@mail",
)  # fmt: skip


def people(count: int) -> list[dict[str, object]]:
    """Return so many patients."""
    chance = random.Random(20261123)
    pick = chance.choice
    plain = [name for name in ENDS if name.isascii()]
    return [
        {
            "patient_id": f"{number:06}", "last_name": f"{pick(BEGINNINGS)}{pick(ENDS)}{pick(plain)}",
            "first_name": pick(FIRST_NAMES), "birth_name": f"{pick(BEGINNINGS)}{pick(ENDS)}" if number % 3 else None,
            "birth_date": date(1930, 1, 1) + timedelta(days=chance.randrange(35_000)),
            "email": f"p{number}@mail.example", "phone": f"02 99 {number // 100 % 100:02} {number % 100:02} 11",
            "mobile": f"06 39 98 {number // 100 % 100:02} {number % 100:02}", "city": "Rennes",
            "deceased": False, "archived": number % 20 == 0,
        }
        for number in range(count)
    ]  # fmt: skip


def main() -> None:
    """Measure, and print a line for each thing that somebody types."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("patients", type=int, nargs="?", default=100_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    given = options.parse_args()
    for database in given.database or ("sqlite", "postgresql"):
        print(f"{database}: {given.patients:,} patients")
        with (
            tempfile.TemporaryDirectory(prefix="wb-pg-") as folder,
            filled_store(database, {schema.patients: people(given.patients)}, Path(folder)) as store,
        ):
            for words in ASKED:
                taken, busy, found = [], [], 0
                for _round in range(given.rounds):
                    begun, worked = time.perf_counter(), processor_seconds(store)
                    found = len(store.find(words, limit=20))
                    taken.append(time.perf_counter() - begun)
                    busy.append(processor_seconds(store) - worked)
                middle, work = statistics.median(taken) * 1000, statistics.median(busy) * 1000
                print(f"  {words:24} {middle:6.0f} ms {work:6.0f} ms of processor {found:4} found", flush=True)


if __name__ == "__main__":
    main()
