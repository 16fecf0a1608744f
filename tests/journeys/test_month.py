"""A month of jobs leaves no name, no address and no secret where runs, notebooks, logs and jobs are kept (P12)."""

from __future__ import annotations

import itertools
import re
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import nbformat
import pytest

from tests.journeys.running import written
from tests.servers.chaos_smtp import ChaosServer, Fault
from workbench.practice import Practice
from workbench.wiring import init_workspace, open_practice

PARIS = ZoneInfo("Europe/Paris")
SECRET, OTHER_SECRET = "Zx9SecretMdp77", "Qw4OtherMdp58"
FIRST = date(2027, 1, 4)
"""A Monday; the month has no change of clocks and no closed day."""

NAMES = [
    first + last
    for first, last in itertools.product(
        ("Quib", "Trov", "Zelm", "Vark", "Drus", "Plof", "Ghan", "Wisp"), ("relac", "onaz", "umier", "ibert", "ogane")
    )
]
"""What no word of the product is; two letters for each day and one for each week find somebody."""

PEOPLE = {"deliveries", "letters"}
"""The tables that a practice looks up in who got what."""

LETTER = """---
label: {label}
folder: Mois
subject: "Votre rendez-vous"
{more}---
<p>Bonjour @PPRENOM @PNOM, c'est au sujet de votre rendez-vous.</p>
"""

FAILING = (
    "import logging, os, sys, warnings, workbench as wb\nfound = wb.open().search('patients')\nfound",
    "print(found.to_csv())\nprint(found.email.iloc[0], file=sys.stderr)\nlogging.error(found.email.iloc[1])",
    "warnings.warn(str(found.email.iloc[2]))\nos.system(f'echo {found.email.iloc[3]} >&2')",
    "found.email.to_dict()",
    "raise ValueError(f'no {found.email.iloc[4]}: {found.to_csv()}')",
)


def email_of(name: str) -> str:
    return f"eve.{name.lower()}@patients.example"


def opened(folder: Path, day: date) -> Practice:
    now = datetime(day.year, day.month, day.day, 7, tzinfo=PARIS).astimezone(UTC)
    return open_practice(folder, user="claire", now=lambda: now)


@pytest.fixture
def server() -> Iterator[ChaosServer]:
    """A server that asks who sends, and names whom it refuses."""
    refused = email_of(NAMES[3])
    told = f"550 5.1.1 <{refused}>: {NAMES[3]} Eve is unknown here"
    fault = Fault(at="rcpt", do="reply", text=told, times=-1, recipient=refused)
    with ChaosServer(faults=[fault], mechanisms=("PLAIN",), users={"rdv": SECRET, "other": "changed-since"}) as running:
        yield running


def a_practice(folder: Path, place: Path) -> None:
    """Make a practice half of whose patients missed an appointment in the month; the others are expected."""
    init_workspace(folder, user="claire")
    people = [
        {
            "patient_id": f"{number:03}", "last_name": name, "first_name": "Eve", "birth_date": "1980-05-01",
            "email": email_of(name), "city": "Brest" if number % 5 == 0 else "Rennes",
        }
        for number, name in enumerate(NAMES)
    ]  # fmt: skip
    visits = [
        {
            "appointment_id": f"{kind[0]}{number:03}", "patient_id": f"{number:03}", "duration": "30", "state": kind,
            "starts_at": f"{FIRST + timedelta(days=number * 3 // 4 + shift)} 09:30",
        }
        for number in range(len(NAMES))
        for kind, shift in (("missed", -1) if number % 2 else ("upcoming", 3),)
    ]  # fmt: skip
    with opened(folder, FIRST) as practice:
        for kind, rows in (("patients", people), ("appointments", visits)):
            assert practice.import_file(kind, written(place / f"{kind}.csv", rows)).created == len(rows)
        for label, more in (("Manqué", "purpose: missed_appointment\n"), ("Rappel", ""), ("Nouvelles", "")):
            (place / "m.html").write_text(LETTER.format(label=label, more=more), encoding="utf-8")
            practice.templates.import_file(place / "m.html")


def its_jobs(folder: Path) -> None:
    with opened(folder, FIRST) as practice:
        news = practice.mailing(practice.search("patients", city="Brest"), "Mois/Nouvelles")
        news.to_notebook("notebooks/scheduled/nouvelles.ipynb")
        cells = [nbformat.v4.new_code_cell(cell) for cell in FAILING]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "notebooks" / "scheduled" / "failing.ipynb")
        add = practice.jobs.add
        add("Missed", treatment="missed", template="Mois/Manqué", time="12:00", missed="each")
        add("News", notebook="notebooks/scheduled/nouvelles.ipynb", every="monthly", on="15", time="12:30")
        add("Failing", notebook="notebooks/scheduled/failing.ipynb", every="monthly", on="20", time="13:00")
        weekly = {"treatment": "appointments", "every": "weekly", "parameters": {"start": "J+1", "end": "J+8"}}
        add("Reminder", template="Mois/Rappel", on="mon,thu", time="09:00", **weekly)
        add("No login", template="Mois/Nouvelles", account="other", on="thu", time="10:00", **weekly)
        add("Approved", template="Mois/Nouvelles", approvers="claire", on="wed", time="08:00", **weekly)


def leaks(where: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return which names, addresses and secrets stand in texts, by where each of these is from."""
    names = {name.lower() for name in NAMES}
    found: dict[str, list[str]] = {}
    for place, text in where:
        words = {word for word in re.findall(r"[^\W\d_]+", text.lower()) if word in names}
        parts = [email_of(name) for name in NAMES if email_of(name) in text.lower()]
        secrets = [one for one in (SECRET, OTHER_SECRET) if one in text]
        if there := [*sorted(words), *parts, *secrets]:
            found.setdefault(place, []).extend(there)
    return found


def files(*folders: Path) -> Iterator[tuple[str, str]]:
    """Give every file but the two databases and where passwords are kept."""
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            kept = file.name.startswith(("patients.sqlite", "ledger.sqlite")) or {"secrets", "copies"} & {*file.parts}
            if file.is_file() and not kept:
                yield file.relative_to(folder.parent).as_posix(), file.read_text(encoding="utf-8", errors="replace")


def tables(ledger: Path) -> Iterator[tuple[str, str]]:
    """Give every value of every table, by the table's name."""
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as read:
        for (name,) in read.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in read.execute(f'SELECT * FROM "{name}"'):
                yield name, " ".join(map(str, row))
    read.close()


def test_after_a_month_of_jobs_nobody_is_named_but_where_a_person_asked_for_it(
    tmp_path: Path, home: Path, workbench: Callable[..., Any], server: ChaosServer
) -> None:
    folder = tmp_path / "W"
    a_practice(folder, tmp_path)
    for name, user, password, more in (("local", "rdv", SECRET, ["--default"]), ("other", "other", OTHER_SECRET, [])):
        done = workbench(
            "account", "set", name, "--email", "cabinet@cabinet.example", "--host", "127.0.0.1", "--port", server.port,
            "--security", "none", "--user", user, "--password-stdin", *more, workspace=folder, input=f"{password}\n",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    its_jobs(folder)

    said = []
    for days in (0, 3, 9, 17, 24, 30):
        at = f"{FIRST + timedelta(days=days)}T15:00"
        done = workbench("scheduler", "--at", at, workspace=folder)
        said += [(f"scheduler {at}", done.stdout + done.stderr)]
    for words in (("job", "list"), ("job", "log"), ("job", "log", "--format", "csv"), ("job", "next", "missed")):
        done = workbench(*words, workspace=folder)
        assert done.returncode == 0, done.stderr
        said += [(" ".join(words), done.stdout + done.stderr)]

    # All of it has happened: letters left, one was refused by a server that named it, jobs failed, one waits.
    with opened(folder, FIRST + timedelta(days=31)) as practice:
        log = practice.jobs.log(limit=1000)
        results = practice.results(since="2026-12-01")
        runs = practice.runs()
    states = {key: set(rows["state"].astype(str)) for key, rows in log.groupby("job")}
    assert set(states) == {"missed", "reminder", "news", "failing", "no-login", "approved"}
    assert states["failing"] == {"failed"}
    assert "failed" in states["no-login"]
    assert "awaiting_approval" in states["approved"]
    assert states["missed"] == states["news"] == {"done"}
    status = results["status"].value_counts()
    assert len(server.kept) >= status["sent"] > 30
    assert status["failed"] > 0

    kept = list((folder / "runs").iterdir())
    assert sorted(run.notebook for run in runs if run.notebook) == ["failing.ipynb", "nouvelles.ipynb"]
    assert len(kept) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
    assert leaks(said) == {}
    assert leaks(files(folder, home)) == {}
    known = leaks(tables(folder / "ledger.sqlite"))
    assert known.keys() == PEOPLE  # where they must be, they are found
    assert not [one for found in known.values() for one in found if one in (SECRET, OTHER_SECRET)]

    # Where a person asks for it they stand, and this test would have seen them.
    notebook = folder / "notebooks" / "scheduled" / "failing.ipynb"
    assert workbench("run", notebook, "--keep-output", workspace=folder).returncode == 1
    (named,) = leaks(files(folder, home))
    assert named.startswith("W/runs/failing-")
