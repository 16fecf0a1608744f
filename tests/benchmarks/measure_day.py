"""Measure what « Ma journée » costs a ledger of years, on SQLite and on PostgreSQL.

``python tests/benchmarks/measure_day.py [DELIVERIES] [--rounds N] [--database NAME]``: the sample practice with so many
deliveries in its ledger, twenty a patient. Of the first part of the page (`day`) and of what follows (`rest`) it prints
the median of the rounds, the processor's time of this process and how many statements it took; then every statement
that looks at a whole table of what grows, which is none. Target at 1,000,000 deliveries: 1 s for the whole page.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402

from tests.benchmarks.full_ledger import full_practice  # noqa: E402
from workbench.widgets.day_page import DayView  # noqa: E402

GROWING = ("deliveries", "occasions", "acts", "letters")
Asked = list[tuple[str, Any]]


def scans(engine: sa.Engine, asked: Asked) -> list[str]:
    """Return how each question is answered that looks at the whole of a table that grows."""
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    found = []
    with engine.connect() as connection:
        for sql, given in asked:
            if not sql.startswith("SELECT"):
                continue
            lines = [str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {sql}", given)]
            found += [
                line
                for line in lines
                if any(f"{word} {name}" in line for word in ("SCAN", "Seq Scan on") for name in GROWING)
            ]
    return found


def note(asked: Asked, _connection: object, _cursor: object, sql: str, given: Any, *_more: object) -> None:
    """Write a question down; a listener of ``before_cursor_execute``."""
    asked.append((sql, given))


def main() -> None:
    """Measure, and print a line for each part of the page."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("deliveries", type=int, nargs="?", default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    given = options.parse_args()
    for database in given.database or ("sqlite", "postgresql"):
        with (
            tempfile.TemporaryDirectory(prefix="wb-pg-") as folder,
            full_practice(database, given.deliveries, Path(folder)) as practice,
        ):
            print(f"{database}: {given.deliveries:,} deliveries", flush=True)
            engine = practice.ledger.engine
            asked: Asked = []
            view = DayView(practice)
            sa.event.listen(engine, "before_cursor_execute", partial(note, asked))
            taken: dict[str, list[tuple[float, float, int]]] = {"day": [], "rest": []}
            for _round in range(given.rounds + 1):
                for part, measured in taken.items():
                    asked.clear()
                    begun, worked = time.perf_counter(), time.process_time()
                    view.answers[part]({})
                    measured.append((time.perf_counter() - begun, time.process_time() - worked, len(asked)))
                    if _round == given.rounds:
                        for line in scans(engine, list(asked)):
                            print(f"    {line}")
            for part, measured in taken.items():
                # The first time everything is read and compiled.
                middle, work, count = (statistics.median(one) for one in zip(*measured[1:], strict=True))
                print(f"  {part:6} {middle * 1000:6.0f} ms {work * 1000:6.0f} ms of processor {count:4.0f} statements")


if __name__ == "__main__":
    main()
