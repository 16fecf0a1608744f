"""Send a workload with the workbench itself, through its front door, and tell how long each step took.

``python ours.py WORKSPACE TABLE TEMPLATE CONNECTIONS [--profile FILE]`` checks the mailing, sends it and prints one
JSON object. What is timed is the confirmed ``send`` of the checked mailing, up to the moment of the last result in the
ledger (DESIGN 7); opening, reading and the check stand beside it. With ``--profile`` the sender's own thread and the
calling one are profiled, which slows them: such a run is no measurement.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import sys
import time
from collections.abc import Callable
from pathlib import Path

_BEGAN = time.perf_counter()
ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

import workbench as wb  # noqa: E402
from tests.benchmarks.delivery.meter import processor_used  # noqa: E402
from workbench.domain.mailings import MailingProgress  # noqa: E402


class Steps:
    """Seconds and processor seconds of each step, one after the other."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}
        self._at = (_BEGAN, 0.0)

    def done(self, name: str) -> None:
        """Say that the step that began with the end of the last one is done."""
        now = (time.perf_counter(), processor_used())
        self.steps[name] = {"seconds": now[0] - self._at[0], "processor": now[1] - self._at[1]}
        self._at = now


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("workspace", type=Path)
    options.add_argument("table", type=Path)
    options.add_argument("template")
    options.add_argument("connections", type=int)
    options.add_argument("--profile", type=Path)
    given = options.parse_args()
    steps = Steps()
    practice = wb.open(given.workspace)
    steps.done("open")
    frame = practice.read_recipients(given.table)
    steps.done("read")
    mailing = practice.mailing(frame, given.template, account="bench")
    steps.done("find")
    calling = profiled(given.profile)
    calling(lambda: mailing.check())
    steps.done("check")
    seen: list[tuple[float, float, int]] = []

    def progress(told: MailingProgress) -> None:
        seen.append((time.perf_counter(), processor_used(), told.pending))

    began, wall, used = time.perf_counter(), time.time(), processor_used()
    results = calling(lambda: mailing.send(confirmed=True, connections=given.connections, progress=progress))
    steps.done("send")
    last = results["decided_at"].max().timestamp() - wall
    # The first look at the progress comes a tenth of a second after the sender began: until then it was queueing.
    queued = max(0.0, seen[0][0] - began - 0.1)
    all_decided = next((one for one in seen if one[2] == 0), seen[-1])
    sent = int((results["status"] == "sent").sum())
    practice.close()
    steps.done("close")
    told = {
        "sent": sent,
        "seconds": last,
        "processor": all_decided[1] - used,
        "queue": queued,
        "deliver": last - queued,
        "steps": steps.steps,
    }
    print(json.dumps(told))


def profiled(file: Path | None) -> Callable[[Callable[[], object]], object]:  # type: ignore[type-arg]
    """Return what calls a function, profiled when a file is asked for: the sender's thread apart, beside it."""
    if file is None:
        return lambda call: call()
    from workbench.sending import sender

    count = 0
    plain = sender._Run.work

    def work(run: sender._Run) -> None:
        profile = cProfile.Profile()
        profile.runcall(plain, run)
        _write(profile, file.with_suffix(".sender.txt"))

    sender._Run.work = work  # type: ignore[method-assign]

    def call(function: Callable[[], object]) -> object:
        nonlocal count
        count += 1
        profile = cProfile.Profile()
        try:
            return profile.runcall(function)
        finally:
            _write(profile, file.with_suffix(f".{count}.txt"))

    return call


def _write(profile: cProfile.Profile, file: Path) -> None:
    with file.open("w", encoding="utf-8") as out:
        pstats.Stats(profile, stream=out).sort_stats("tottime").print_stats(60)
        pstats.Stats(profile, stream=out).sort_stats("cumulative").print_stats(80)


if __name__ == "__main__":
    main()
