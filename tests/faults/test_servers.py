"""The database server fails in the middle of a sending: a sentence, a true report, and a mailing that goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
import sqlalchemy as sa

from tests.conftest import ask_postgres, postgres_database, running_postgres
from tests.faults.office import ROWS, Office

Make = Callable[..., Office]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A server of these tests alone, since they stop it."""
    with running_postgres() as started:
        yield started


@pytest.fixture
def database(server: Any) -> Iterator[str]:
    """The URL of a new database on it."""
    with postgres_database(server.get_uri()) as url:
        yield url


def engine_on(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool)


CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def stop_at_once(server: Any) -> None:
    """Stop the server as a power cut does; it recovers when it starts again."""
    process = psutil.Process(server.get_pid())
    process.send_signal(signal.SIGQUIT)
    process.wait(20)


def start_again(server: Any) -> None:
    server._postmaster_info = None
    server.ensure_postgres_running()


def test_the_connection_is_cut(make_office: Make, database: str) -> None:
    office = make_office(database)
    assert office.send(happening=lambda: ask_postgres(database, CUT)) == 1
    assert "ledger" in office.errors
    office.resume()
    office.audit()


def test_the_server_is_stopped_and_started_again(make_office: Make, database: str, server: Any) -> None:
    office = make_office(database)
    try:
        assert office.send(happening=lambda: stop_at_once(server)) == 1
        assert office.run("mailings", "resume", "1") == 1
        assert "cannot be opened" in office.errors
    finally:
        start_again(server)
    office.resume()
    office.audit()


def test_the_server_stands_still_for_a_while(make_office: Make, database: str, server: Any) -> None:
    office = make_office(database)
    postmaster = psutil.Process(server.get_pid())

    def freeze() -> None:
        still = [postmaster, *postmaster.children(recursive=True)]
        for process in still:
            process.suspend()
        threading.Timer(1.5, lambda: [process.resume() for process in still]).start()

    assert office.send(happening=freeze) == 0
    office.audit(most_doubts=0)


def test_a_statement_takes_too_long(make_office: Make, database: str) -> None:
    patient = f"{database}{'&' if '?' in database else '?'}options=-c%20statement_timeout%3D400"
    office = make_office(patient)
    blocking: list[sa.Connection] = []

    def block() -> None:
        connection = engine_on(database).connect()
        connection.execute(sa.text("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE"))
        blocking.append(connection)

    assert office.send(happening=block) == 1
    assert "statement timeout" in office.errors
    blocking[0].close()
    office.resume()
    office.audit()


def test_another_server_takes_over_without_the_newest_commits(make_office: Make, database: str) -> None:
    office = make_office(database)

    def fail_over() -> None:
        ask_postgres(database, CUT)
        office.revert(engine_on(database), 4)

    assert office.send(happening=fail_over) == 1
    before = len(office.server.kept)
    assert office.run("mailings", "resume", "1") == 1
    assert "workbench rearm" in office.errors
    assert len(office.server.kept) == before
    office.rearm()
    office.settle()
    assert office.resume()["sent"] == ROWS
    office.audit(most_doubts=0)
