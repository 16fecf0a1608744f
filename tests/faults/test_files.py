"""The ledger's file fails in the middle of a sending: a sentence, a true report, and a mailing that goes on."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.beside import next_line
from tests.faults.office import ROWS, Office, Watched
from tests.journeys.running import command_of, environment, start_workbench
from tests.servers.chaos_smtp import Fault
from workbench.databases import network_file_system, open_engine
from workbench.ledger.copies import DailyCopies


def sh(*words: object) -> None:
    """Do something to a file as another process does."""
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


def test_nothing_happens(office: Office) -> None:
    assert office.send() == 0
    office.audit(most_doubts=0)


_HOLDER = """
import sqlite3, sys
ledger = sqlite3.connect(sys.argv[1], isolation_level=None)
ledger.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_another_process_holds_the_ledger_too_long(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.databases.opening.BUSY_SECONDS", 0.3)
    holders: list[subprocess.Popen[str]] = []

    def hold() -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(office.ledger)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert next_line(holder) == "held\n"
        holders.append(holder)

    assert office.send(happening=hold) == 1
    assert "locked" in office.errors
    holders[0].communicate("", timeout=60)
    assert sum(office.resume().values()) == ROWS + 1
    office.audit()


def test_the_ledger_is_deleted(office: Office) -> None:
    queue_only(office)
    copy = office.ledger.with_name("kept")
    shutil.copy(office.ledger, copy)
    assert office.send(happening=lambda: sh("rm", office.ledger)) == 1
    assert "taken away" in office.errors
    assert office.run("mailings", "resume", "1") == 1
    assert "ledger.sqlite does not exist" in office.errors
    for left in office.workspace.glob("ledger.sqlite-*"):
        left.unlink()
    copy.rename(office.ledger)
    finish_after_a_restore(office)


def test_the_log_of_the_ledger_is_deleted(office: Office) -> None:
    assert office.send(happening=lambda: sh("rm", office.ledger.with_name("ledger.sqlite-wal"))) == 1
    assert "taken away" in office.errors
    go_on(office)


def test_an_older_copy_takes_the_place_of_the_ledger(office: Office) -> None:
    copy = office.ledger.with_name("older")

    def restore() -> None:
        sh("mv", copy, office.ledger)
        sh("rm", "-f", office.ledger.with_name("ledger.sqlite-wal"), office.ledger.with_name("ledger.sqlite-shm"))

    queue_only(office)
    shutil.copy(office.ledger, copy)
    assert office.send(happening=restore) == 1
    assert "taken away" in office.errors
    finish_after_a_restore(office)


def queue_only(office: Office) -> None:
    """Queue the mailing, and be refused by the server before anything leaves."""
    office.server.faults = [Fault(at="greeting", do="reply", text="554 5.3.2 closed", times=-1)]
    office.server._seen = [0]
    assert office.send() == 1
    assert not office.server.kept
    office.server.faults = []


def finish_after_a_restore(office: Office) -> None:
    """Nothing leaves before it is re-armed; then a person decides, and the rest leaves."""
    before = len(office.server.kept)
    assert office.run("mailings", "resume", "1") == 1
    assert "workbench rearm" in office.errors
    assert office.send_again() == 1
    assert "workbench rearm" in office.errors
    assert len(office.server.kept) == before
    assert office.run("results", "1") == 0  # reading goes on
    office.rearm()
    office.settle()
    office.resume()
    office.audit(most_doubts=0)


def go_on(office: Office) -> None:
    """Go on; re-arm first where the ledger lacks what had left."""
    if office.run("mailings", "resume", "1") == 1:
        assert "workbench rearm" in office.errors
        office.rearm()
        office.settle()
        office.resume()
        office.audit(most_doubts=0)
    else:
        office.audit()


def test_the_ledger_is_scratched(office: Office) -> None:
    queue_only(office)
    copy = office.ledger.with_name("sound")
    shutil.copy(office.ledger, copy)
    size = office.ledger.stat().st_size

    def scratch() -> None:
        sh(
            "dd",
            "if=/dev/urandom",
            f"of={office.ledger}",
            "bs=4096",
            "seek=1",
            f"count={size // 4096 - 2}",
            "conv=notrunc",
        )

    status = office.send(happening=scratch)
    if status == 1:
        assert "damaged" in office.errors or "malformed" in office.errors
    # A reader meets it at the latest, and says what to do.
    for file in office.workspace.glob("ledger.sqlite-*"):
        file.unlink()
    assert office.run("mailings", "resume", "1") == 1
    assert "damaged" in office.errors
    assert office.run("doctor") == 1
    assert "damaged" in office.errors
    copy.replace(office.ledger)
    finish_after_a_restore(office)


def test_the_disk_is_full(office: Office) -> None:
    def full(raw: object, _record: object) -> None:
        raw.execute(f"PRAGMA max_page_count = {office.ledger.stat().st_size // 4096 + 1}")  # type: ignore[attr-defined]

    sa.event.listen(sa.Engine, "connect", full)
    try:
        assert office.send() == 1
    finally:
        sa.event.remove(sa.Engine, "connect", full)
    assert "full" in office.errors
    assert office.send() == 0
    office.audit(most_doubts=0)


def _weaker() -> None:
    """Give up what lets the administrator write where it may not, in a child before it begins."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; who is not the administrator has none to give up


def in_a_child(office: Office, home: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a command in another process, without an administrator's rights over files."""
    return subprocess.run(
        command_of(*words, workspace=office.workspace), capture_output=True, text=True, check=False, timeout=60,
        env=environment(home, XDG_STATE_HOME=os.environ["XDG_STATE_HOME"]), preexec_fn=_weaker,
    )  # fmt: skip


@pytest.mark.parametrize("what", ["file", "folder"])
def test_the_ledger_may_not_be_written(office: Office, tmp_path: Path, what: str) -> None:
    queue_only(office)
    closed = office.ledger if what == "file" else office.workspace
    before = closed.stat().st_mode
    closed.chmod(before & ~0o222)
    try:
        refused = in_a_child(office, tmp_path, "mailings", "resume", 1)
    finally:
        closed.chmod(before)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "unforeseen" not in refused.stderr
    assert "cannot be" in refused.stderr
    assert not office.server.kept
    office.resume()
    office.audit(most_doubts=0)


def test_the_disk_is_full_while_letters_leave(office: Office, tmp_path: Path) -> None:
    child = start_workbench(
        "send", "--recipients", office.table, "--template", "Tables/Mot", "--connections", 2, "--yes",
        workspace=office.workspace, home=tmp_path, XDG_STATE_HOME=os.environ["XDG_STATE_HOME"],
    )  # fmt: skip
    full = (1, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    office.server.kept = Watched(10, lambda: resource.prlimit(child.pid, resource.RLIMIT_FSIZE, full))
    _output, errors = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "Traceback" not in errors
    assert "unforeseen" not in errors
    assert "cannot be written" in errors
    office.resume()
    office.audit()


@pytest.mark.parametrize("lost", ["log", "nothing"])
def test_a_kill_and_then_the_log_is_lost(office: Office, tmp_path: Path, lost: str) -> None:
    queue_only(office)
    child = start_workbench(
        "mailings", "resume", 1, "--connections", 2,
        workspace=office.workspace, home=tmp_path, XDG_STATE_HOME=os.environ["XDG_STATE_HOME"],
    )  # fmt: skip
    office.server.kept = Watched(10, child.kill)
    child.communicate(timeout=60)
    if lost == "log":
        for file in office.workspace.glob("ledger.sqlite-*"):
            file.unlink()
        finish_after_a_restore(office)
    else:
        office.resume()
        office.audit()


def test_the_daily_copy_takes_the_place_of_a_damaged_ledger(office: Office) -> None:
    queue_only(office)
    engine = open_engine(f"sqlite:///{office.ledger}")
    copies = DailyCopies(engine, "practice", today=lambda: date.today() + timedelta(days=1))
    copy = copies.make()
    engine.dispose()
    assert copy is not None
    assert office.send() == 0
    sh("dd", "if=/dev/urandom", f"of={office.ledger}", "bs=4096", "seek=2", "count=40", "conv=notrunc")
    assert office.run("doctor") in (0, 1)
    assert "damaged" in office.output + office.errors
    for left in office.workspace.glob("ledger.sqlite*"):
        left.unlink()
    shutil.copy(copy, office.ledger)
    finish_after_a_restore(office)


def test_the_folder_is_on_the_network(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {office.workspace} nfs4 rw 0 0\n")
    with monkeypatch.context() as patch:
        patch.setattr("workbench.databases.opening.network_file_system", partial(network_file_system, mounts=mounts))
        for words in (["doctor"], ["mailings"]):
            assert office.run(*words) == 1
            assert "nfs4" in office.errors
    assert office.send() == 0
    office.audit(most_doubts=0)


def test_the_state_folder_cannot_be_written(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("a file stands in its place")
    with monkeypatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(blocked))
        assert office.send() == 1
        assert "XDG_STATE_HOME" in office.errors
        assert office.run("doctor") == 0
        assert "not_ok" in office.output or "state" in office.output
    assert not office.server.kept
    assert office.send() == 0
    office.audit(most_doubts=0)


@pytest.mark.parametrize("deed", ["copied", "moved"])
def test_a_folder_that_was_copied_or_moved_asks_for_its_word(office: Office, tmp_path: Path, deed: str) -> None:
    queue_only(office)
    first = office.workspace
    office.workspace = tmp_path / "elsewhere"
    move: Callable[..., object] = shutil.copytree if deed == "copied" else shutil.move
    move(first, office.workspace)
    assert office.run("mailings", "resume", "1") == 1
    assert "workbench rearm" in office.errors
    office.rearm()
    if deed == "copied":
        again = Office(first, office.table, office.server, office._said)
        assert again.run("mailings", "resume", "1") == 1
        assert str(office.workspace) in again.errors
    assert office.resume()["sent"] == ROWS
    office.audit(most_doubts=0)
