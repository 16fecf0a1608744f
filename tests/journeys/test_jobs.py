"""The guide's job over two changes of clocks: off for days, two schedulers at once, killed again and again (P14)."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.beside import at_once
from tests.journeys.running import start_workbench, written
from tests.journeys.smtp_sink import SmtpSink
from workbench.practice import Practice
from workbench.wiring import init_workspace, open_practice

PARIS = ZoneInfo("Europe/Paris")
TEMPLATE = """---
label: Manqué
folder: Rendez-vous
purpose: missed_appointment
subject: "Votre rendez-vous"
---
<p>Bonjour @PPRENOM, vous n'êtes pas venu le @RDVDATE.</p>
"""
POLICIES = ("each", "latest", "skip", "night")
"""Each a job of its own, with patients of its own; the last one comes round at half past two."""


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=place) for place in range((last - first).days + 1)]


MISSED_ON = [*days(date(2026, 10, 22), date(2026, 10, 29)), *days(date(2027, 3, 26), date(2027, 4, 1))]


def opened(folder: Path, *moment: int) -> Practice:
    """The practice at a time of its wall clock."""
    now = datetime(*moment, tzinfo=PARIS).astimezone(UTC)  # type: ignore[misc, arg-type]
    return open_practice(folder, user="claire", now=lambda: now)


def a_practice(folder: Path, tmp_path: Path, port: int, missed: list[tuple[str, str, date]]) -> None:
    """Make a practice whose patients (number, town) each missed one appointment, on that day."""
    init_workspace(folder, user="claire")
    people = [
        {
            "patient_id": number, "last_name": f"Nom{number}", "first_name": "Ève", "birth_date": "1980-05-01",
            "email": f"p{number}@patients.example", "city": town,
        }
        for number, town, _day in missed
    ]  # fmt: skip
    visits = [
        {
            "appointment_id": f"R{number}", "patient_id": number, "starts_at": f"{day} 09:30", "duration": "30",
            "state": "missed",
        }
        for number, _town, day in missed
    ]  # fmt: skip
    (tmp_path / "m.html").write_text(TEMPLATE, encoding="utf-8")
    with opened(folder, 2026, 10, 22, 18, 0) as practice:
        for kind, rows in (("patients", people), ("appointments", visits)):
            report = practice.import_file(kind, written(tmp_path / f"{kind}.csv", rows))
            assert report.created == len(rows), report.to_frame()
        practice.accounts.set(
            "local", email="cabinet@cabinet.example", host="127.0.0.1", port=port, security="none", default=True
        )
        practice.templates.import_file(tmp_path / "m.html")


@pytest.fixture
def start(home: Path) -> Callable[..., Any]:
    """Start a scheduler as if it were a time, for somebody who waits or kills it."""

    def started(folder: Path, at: str) -> Any:
        return start_workbench("scheduler", "--at", at, "--json", workspace=folder, home=home)

    return started


def twice_at_once(workbench: Callable[..., Any], folder: Path, at: str) -> None:
    """Have two schedulers make a pass at the same time."""
    ended: list[CompletedProcess[str]] = []

    def one() -> None:
        ended.append(workbench("scheduler", "--at", at, "--json", workspace=folder))

    at_once(one, one, seconds=300)
    for done in ended:
        assert done.returncode == 0, done.stderr
    assert len(ended) == 2


def test_two_months_with_both_changes_of_clocks(
    tmp_path: Path, workbench: Callable[..., Any], smtp_sink: SmtpSink
) -> None:
    folder = tmp_path / "W"
    missed = [
        (f"{place:02}{number}{policy[0]}", policy, day)
        for policy in POLICIES
        for place, day in enumerate(MISSED_ON)
        for number in range(2)
    ]
    a_practice(folder, tmp_path, smtp_sink.port, missed)
    with opened(folder, 2026, 10, 22, 18, 0) as practice:
        for policy in POLICIES:
            practice.jobs.add(
                policy, treatment="missed", template="Rendez-vous/Manqué",
                time="02:30" if policy == "night" else "12:00", missed="each" if policy == "night" else policy,
                parameters={"where": f"city == '{policy}'"},
            )  # fmt: skip
    # Off from the 25th to the 27th of October: the clocks change on the first of these nights.
    for at in ("2026-10-23T12:05", "2026-10-24T12:05", "2026-10-28T12:05", "2026-10-29T12:05"):
        twice_at_once(workbench, folder, at)
    with opened(folder, 2026, 10, 29, 18, 0) as practice:
        for policy in POLICIES:
            practice.jobs.disable(policy)
    with opened(folder, 2027, 3, 26, 18, 0) as practice:
        for policy in POLICIES:
            practice.jobs.enable(policy)
    # Off from the 28th of March, when an hour is missing, to the 30th.
    for at in ("2027-03-27T12:05", "2027-03-31T12:05", "2027-04-01T12:05", "2027-04-02T12:05"):
        twice_at_once(workbench, folder, at)

    fates: dict[str, dict[str, str]] = {}
    with opened(folder, 2027, 4, 2, 18, 0) as practice:
        log = practice.jobs.log(limit=1000)
        people = practice.results(since="2026-10-01", identities=True)
    assert not log.duplicated(["job", "occurrence"]).any()
    for row in log.itertuples():
        fates.setdefault(str(row.job), {})[str(row.occurrence)[5:10]] = str(row.reason) or str(row.state)
    october, march = (
        [f"10-{day}" for day in range(23, 30)],
        ["03-27", "03-28", "03-29", "03-30", "03-31", "04-01", "04-02"],
    )
    off = {"10-25", "10-26", "10-27", "03-28", "03-29", "03-30"}
    everyone = [*october, *march]
    assert fates["each"] == dict.fromkeys(everyone, "done")
    assert fates["latest"] == {day: "coalesced" if day in off else "done" for day in everyone}
    assert fates["skip"] == {day: "missed" if day in off else "done" for day in everyone}
    assert fates["night"] == dict.fromkeys(everyone, "done")  # also at the hour that is there twice, and at none
    late = log[(log["job"] == "each") & log["occurrence"].str.startswith("2026-10-26")].iloc[0]
    assert (late["start"], late["end"], late["found"], late["sent"]) == ("2026-10-25", "2026-10-25", 2, 2)
    assert late["late"] > 24 * 60

    # Each searched the day before its own: whoever missed that day was told, once, and nobody else.
    expected = Counter(
        f"p{number}@patients.example"
        for number, policy, day in missed
        if fates[policy].get(f"{day + timedelta(days=1):%m-%d}") == "done"
    )
    assert smtp_sink.addresses() == expected
    assert set(expected.values()) == {1}
    assert set(people["job_id"]) == set(POLICIES)
    assert (people["run_id"] != "").all()
    _nothing_of_a_patient(folder, people)


def _nothing_of_a_patient(folder: Path, people: Any) -> None:
    """No name and no address stands in the job tables."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        tables = ("jobs", "job_occurrences", "runs", "run_mailings", "acts")
        told = "\n".join(str(row) for table in tables for row in connection.execute(f"SELECT * FROM {table}"))
    assert not [word for word in {*people["recipient"], *people["address"]} if word and word in told]


def test_killed_again_and_again_it_is_gone_on_with_and_nobody_is_told_twice(
    tmp_path: Path, start: Callable[..., Any], start_sink: Callable[..., SmtpSink]
) -> None:
    sink, folder, count, chance = start_sink(delay=0.15), tmp_path / "W", 90, random.Random(14)
    missed = [(f"{number:03}", "all", date(2026, 10, 22)) for number in range(count)]
    a_practice(folder, tmp_path, sink.port, missed)
    with opened(folder, 2026, 10, 22, 18, 0) as practice:
        practice.accounts.set("local", connections=2)
        practice.jobs.add("manqués", treatment="missed", template="Rendez-vous/Manqué", time="12:00", missed="each")
    kills = 0
    for _number in range(6):
        before = sink.count()
        process = start(folder, "2026-10-23T12:05")
        # At any moment: while it starts, searches, queues or sends.
        patience = time.monotonic() + chance.uniform(0.5, 5.0)
        sending = chance.random() < 0.6
        while process.poll() is None and time.monotonic() < patience + (20 if sending else 0):
            if sending and sink.count() > before + chance.randint(1, 6):
                break
            time.sleep(0.02)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate(timeout=60)
    assert kills >= 4
    for minute in (10, 20, 40):  # what a lost connection put off is sent by a later pass
        process = start(folder, f"2026-10-23T12:{minute}")
        _out, words = process.communicate(timeout=300)
        assert process.returncode in (0, 3), words
    with opened(folder, 2026, 10, 23, 13, 0) as practice:
        (row,) = [one for _place, one in practice.jobs.log().iterrows()]
        statuses = Counter(practice.results(int(row["mailing_id"]))["status"])
    assert (row["state"], row["found"]) == ("done", count)
    arrived = sink.addresses()
    assert set(arrived.values()) == {1}  # nobody twice
    # The practice is told of what nobody is sure of.
    assert arrived.pop("cabinet@cabinet.example", 0) == bool(statuses["in_doubt"])
    assert statuses["sent"] + statuses["in_doubt"] == count
    assert statuses["sent"] <= len(arrived) <= count
    assert statuses["in_doubt"] <= kills * 2  # at most one a kill and connection
