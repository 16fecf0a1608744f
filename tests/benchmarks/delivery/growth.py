"""Does the memory of ``workbench send`` grow with the number of recipients? The whole command, table and search."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.delivery.bench import CONNECTIONS, Bench, Workload
from tests.benchmarks.delivery.meter import measure
from tests.benchmarks.delivery.workload import recipients
from workbench.databases import writing
from workbench.patients import schema
from workbench.wiring import open_practice

MEGABYTE = 2**20
QUARTERS = 8
"""In how many parts of its time a run's memory is told."""


def measure_growth(bench: Bench, only: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Send a fiftieth, a tenth and the whole of the bench's count, and give each line's figures.

    `only` may name ``table``, ``search``, ``sqlite`` and ``postgresql``; without any of a kind, both are measured.
    """
    sources = [one for one in ("table", "search") if one in only] or ["table", "search"]
    kinds = [one for one in ("sqlite", "postgresql") if one in only] or ["sqlite", "postgresql"]
    sizes = sorted({max(CONNECTIONS, bench.count // part) for part in (50, 10, 1)})
    print(f"  {'':24} {'recipients':>10} {'seconds':>8} {'msgs/s':>7} {'peak MB':>8}  MB in each eighth of the time")
    for kind in kinds:
        for source in sources:
            peaks = []
            for size in sizes:
                figures = run_command(bench, kind=kind, source=source, count=size)
                peaks.append(figures["memory_mb"])
                series = " ".join(f"{size_mb:5.0f}" for size_mb in figures["memory_by_eighth_mb"])
                print(
                    f"  {f'{source}, {kind}':24} {size:10,} {figures['seconds']:8.1f} {size / figures['seconds']:7.0f} "
                    f"{figures['memory_mb']:8.0f}  {series}",
                    flush=True,
                )
                again = figures["again"]
                numbers = f"{size:10,} {again['seconds']:8.1f} {'':7} {again['memory_mb']:8.0f}"
                print(f"  {'the same command again':24} {numbers}", flush=True)
                yield f"{source}, {kind}, {size}", figures
            growth = (peaks[-1] - peaks[0]) * MEGABYTE / max(1, sizes[-1] - sizes[0])
            print(f"  {'':24} {growth:,.0f} bytes more at the peak for each further recipient")


def run_command(bench: Bench, *, kind: str, source: str, count: int) -> dict[str, Any]:
    """Run ``workbench send`` and return its figures, and those of the same command again, which sends nothing.

    Raises
    ------
    RuntimeError
        When not everybody was sent to, once.
    """
    workload = Workload(name="W1", share=max(1, bench.count // count))
    parts = bench.parts_of(workload)
    with bench.server(workload) as port:
        workspace = bench.workspace(workload, port, kind, with_store=True)
        words = [sys.executable, "-m", "workbench", "send", "--account", "bench", "--yes", "--json"]
        words += ["--connections", str(CONNECTIONS)]
        if source == "table":
            words += ["--recipients", str(parts / "recipients.csv"), "--template", "Rappel"]
        else:
            fill_store(workspace, count)
            words += ["--search", "patients", "--template", "Codes"]
        print(f"  {source}, {kind}, {count:,}: {datetime.now():%H:%M}", file=sys.stderr, flush=True)
        done, again = (measure(words, environment=bench.named(), here=str(workspace), show=True) for _time in range(2))
    shutil.rmtree(workspace.parent)
    for one in (done, again):
        if one.status or one.told.get("sent") != bench.count_of(workload):
            raise RuntimeError(f"{dict(one.told)}, exit {one.status}: {one.complaint.strip()[-600:]}")
    return {
        "count": count,
        "seconds": done.seconds,
        "processor_us": 1e6 * done.processor / count,
        "memory_mb": done.peak / MEGABYTE,
        "memory_by_eighth_mb": by_parts(done.memory, done.seconds),
        "again": {"seconds": again.seconds, "memory_mb": again.peak / MEGABYTE},
    }


def by_parts(memory: Sequence[tuple[float, int]], seconds: float) -> list[float]:
    """Return the most memory, in MB, of each part of the time."""
    peaks = [0] * QUARTERS
    for at, size in memory:
        place = min(QUARTERS - 1, int(at / seconds * QUARTERS))
        peaks[place] = max(peaks[place], size)
    return [peak / MEGABYTE for peak in peaks]


def fill_store(workspace: Path, count: int) -> None:
    """Put so many invented patients, each with an address, into the workspace's empty patient store."""
    with open_practice(workspace) as practice, writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        rows: list[dict[str, Any]] = []
        for number, one in enumerate(recipients(count)):
            rows.append(
                {
                    "practice_id": practice.store.practice_id,  # type: ignore[attr-defined]
                    "patient_id": one["id"], "civility": one["civilite"], "last_name": one["nom"],
                    "first_name": one["prenom"], "email": one["email"], "city": "Rennes", "postcode": "35000",
                    "birth_date": date(1940, 1, 1) + timedelta(days=number % 20_000),
                    "deceased": False, "archived": False,
                }
            )  # fmt: skip
            if len(rows) == 10_000 or number == count - 1:
                connection.execute(schema.patients.insert(), rows)
                rows = []
