"""Measure how fast a checked mailing leaves, beside its peers, in turn on one machine (DESIGN 7).

``python tests/benchmarks/measure_delivery.py`` prints for each workload and contender messages a second, the ratio to
``smtp-source -d``, the client's processor time a message and its most memory; ``--output FILE`` keeps every raw figure.

Workloads: **W1**, reminders of eight fields with text and 6 KB of HTML; **W2**, the same with 150 KB attached;
**WAN**, W1 through a relay with a round trip of 20 ms. The server is Debian's ``smtp-sink`` (package postfix) on
loopback, a fresh one for each run. Contenders: ``smtp-source -d`` (one constant message, nothing merged or written
down), nodemailer with a pool and handlebars (fetched by npm into a temporary folder), a loop of smtplib, EmailMessage
and Jinja2 in threads, and the workbench in a process of its own with its ledger on SQLite and on PostgreSQL. What is
timed of ours is the confirmed ``send`` of a checked mailing up to the last result in the ledger; the other steps are
told below the table. ``--million`` instead runs the whole command ``workbench send``, for a table and for a search, at
growing numbers of recipients, and tells whether its memory grows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.delivery.bench import (  # noqa: E402
    CONNECTIONS,
    PARTS,
    WORKLOADS,
    Bench,
    Missing,
    Workload,
    postfix_tool,
)
from tests.benchmarks.delivery.growth import measure_growth  # noqa: E402
from tests.benchmarks.delivery.meter import Measured, measure  # noqa: E402
from tests.benchmarks.delivery.workload import letter_bytes  # noqa: E402

Runner = Callable[[Bench, Workload], dict[str, Any]]


def told_by(done: Measured, count: int, *, seconds: float, processor: float) -> dict[str, Any]:
    sent = done.told.get("sent", count)
    if done.status or sent != count:
        raise RuntimeError(f"{sent} of {count} were sent, exit {done.status}: {done.complaint.strip()[-600:]}")
    return {
        "count": count,
        "seconds": seconds,
        "rate": count / seconds,
        "processor_us": 1e6 * processor / count,
        "memory_mb": done.peak / 2**20,
        "whole_seconds": done.seconds,
        "whole_processor": done.processor,
        "told": dict(done.told),
    }


# --- contenders ---------------------------------------------------------------------------------------


def smtp_source(bench: Bench, workload: Workload) -> dict[str, Any]:
    """One constant message of the same size, over and over, on connections that stay."""
    count = bench.count_of(workload)
    with bench.server(workload) as port:
        words = [
            postfix_tool("smtp-source"), "-d", "-s", str(CONNECTIONS), "-m", str(count),
            "-l", str(letter_bytes(workload.attached)), "-f", "contact@tilleuls.example",
            "-t", "patient@mail.example", f"127.0.0.1:{port}",
        ]  # fmt: skip
        done = measure(words)
    return told_by(done, count, seconds=done.seconds, processor=done.processor)


def nodemailer(bench: Bench, workload: Workload) -> dict[str, Any]:
    """nodemailer with a pool of connections, handlebars merging."""
    modules, parts = bench.modules(), bench.parts_of(workload)
    with bench.server(workload) as port:
        script = str(PARTS / "nodemailer_pool.mjs")
        done = measure(["node", script, str(parts), str(port), str(CONNECTIONS), str(modules)])
    told = done.told
    return told_by(done, bench.count_of(workload), seconds=told.get("seconds", 1), processor=told.get("processor", 0))


def smtplib_loop(bench: Bench, workload: Workload) -> dict[str, Any]:
    """smtplib, EmailMessage and Jinja2 in ten threads."""
    parts = bench.parts_of(workload)
    with bench.server(workload) as port:
        script = str(PARTS / "smtplib_loop.py")
        done = measure([sys.executable, script, str(parts), str(port), str(CONNECTIONS)])
    told = done.told
    return told_by(done, bench.count_of(workload), seconds=told.get("seconds", 1), processor=told.get("processor", 0))


def ours(kind: str) -> Runner:
    """Return the contender of ours with its ledger on that kind of database."""

    def run(bench: Bench, workload: Workload) -> dict[str, Any]:
        parts = bench.parts_of(workload)
        with bench.server(workload) as port:
            workspace = bench.workspace(workload, port, kind)
            words = [sys.executable, str(PARTS / "ours.py"), str(workspace), str(parts / "recipients.csv"), "Rappel"]
            words += [str(CONNECTIONS)]
            if bench.profile is not None:
                words += ["--profile", str(bench.profile / f"{workload.name}-{kind}")]
            done = measure(words, environment=bench.named())
        told = done.told
        return told_by(
            done, bench.count_of(workload), seconds=told.get("seconds", 1), processor=told.get("processor", 0)
        )

    return run


CONTENDERS: Mapping[str, Runner] = {
    "smtp-source -d": smtp_source,
    "nodemailer": nodemailer,
    "smtplib loop": smtplib_loop,
    "workbench, sqlite": ours("sqlite"),
    "workbench, postgresql": ours("postgresql"),
}


def compare(bench: Bench, workload: Workload, asked: Sequence[str], rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Let the contenders run in turn, so many rounds; print the medians; return every figure."""
    figures: dict[str, list[dict[str, Any]]] = {name: [] for name in asked}
    absent: dict[str, str] = {}
    for number in range(rounds):
        for name in asked:
            if name in absent:
                continue
            try:
                figures[name].append(CONTENDERS[name](bench, workload))
            except Missing as why:
                absent[name] = str(why)
                continue
            last = figures[name][-1]
            print(f"  round {number + 1}: {name:24} {last['rate']:9.0f} msgs/s", file=sys.stderr, flush=True)
    count = bench.count_of(workload)
    print(f"\n{workload.name}: {count:,} messages, {CONNECTIONS} connections, medians of {rounds}")
    print(f"  {'':24} {'msgs/s':>9} {'ratio':>7} {'client CPU µs':>14} {'most memory MB':>15}")
    base = median(figures.get("smtp-source -d", []), "rate")
    for name in asked:
        if name in absent:
            print(f"  {name:24} {absent[name]}")
            continue
        rate = median(figures[name], "rate")
        ratio = f"{rate / base:7.2f}" if base else f"{'':7}"
        print(
            f"  {name:24} {rate:9.0f} {ratio} {median(figures[name], 'processor_us'):14.0f} "
            f"{median(figures[name], 'memory_mb'):15.0f}"
        )
    for name in asked:
        if name.startswith("workbench") and figures[name]:
            print(f"  {name}: {steps_of(figures[name])}")
    return figures


def median(figures: Sequence[Mapping[str, Any]], name: str) -> float:
    return statistics.median(one[name] for one in figures) if figures else 0.0


def steps_of(figures: Sequence[Mapping[str, Any]]) -> str:
    """Tell the steps of the run in the middle, in seconds and in microseconds of processor a message."""
    middle = sorted(figures, key=lambda one: one["rate"])[len(figures) // 2]
    told, count = middle["told"], middle["count"]
    steps = [
        f"{name} {step['seconds']:.2f} s ({1e6 * step['processor'] / count:.0f} µs)"
        for name, step in told["steps"].items()
    ]
    return f"{', '.join(steps)}; of the send, queueing {told['queue']:.2f} s and delivering {told['deliver']:.2f} s"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--count", type=int, help="messages of W1 (20,000), W2 a quarter and WAN a tenth of it; the most of --million"
    )
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", action="append", default=[], help="a workload or the beginning of a contender")
    options.add_argument("--million", action="store_true", help="the whole command at growing numbers, its memory")
    options.add_argument("--profile", type=Path, help="a folder for profiles of ours; its times mean nothing then")
    options.add_argument("--output", type=Path, help="keep every raw figure in this JSON file")
    given = options.parse_args()
    workloads = [WORKLOADS[name] for name in WORKLOADS if name in given.only] or list(WORKLOADS.values())
    beginnings = [one for one in given.only if one not in WORKLOADS]
    asked = [name for name in CONTENDERS if not beginnings or any(name.startswith(one) for one in beginnings)]
    if given.profile is not None:
        given.profile.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Any] = {"argv": sys.argv[1:], "processors": os.cpu_count(), "load": os.getloadavg()}
    with tempfile.TemporaryDirectory(prefix="wb-bench-") as folder:
        # smtp-sink gives its privileges up, and may need to pass through.
        Path(folder).chmod(0o755)
        count = given.count or (1_000_000 if given.million else 20_000)
        bench = Bench(Path(folder), count=count, profile=given.profile and given.profile.absolute())
        with bench.closing:
            if given.million:
                for line, figures in measure_growth(bench, given.only):
                    kept[line] = figures
                    keep(kept, given.output)
                return
            for workload in workloads:
                kept[workload.name] = compare(bench, workload, asked, given.rounds)
                keep(kept, given.output)


def keep(figures: Mapping[str, Any], file: Path | None) -> None:
    if file is not None:
        file.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
