from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.office import ROWS, TEMPLATE, Office
from tests.servers.chaos_smtp import ChaosServer
from workbench.practice.identity import OPENED
from workbench.wiring import init_workspace, open_practice


@pytest.fixture(scope="session")
def office_made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace without a ledger of its own yet worth speaking of, its email type and its table."""
    folder = tmp_path_factory.mktemp("office")
    init_workspace(folder / "W")
    (folder / "mot.html").write_text(TEMPLATE, encoding="utf-8")
    lines = [f"p{number},p{number}@table.example,tok-{number}" for number in range(ROWS)]
    (folder / "table.csv").write_text("\n".join(["id,email,token", *lines]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def make_office(
    office_made_once: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Office]]:
    """Open an office: on a file, or on a database server (`ledger`)."""
    with ExitStack() as stack:

        def made(ledger: str | None = None) -> Office:
            server = stack.enter_context(ChaosServer(pipelining=True))
            if ledger is None:
                workspace = Path(shutil.copytree(office_made_once / "W", tmp_path / "W"))
            else:
                workspace = init_workspace(tmp_path / "W", ledger=ledger)
            with open_practice(workspace) as practice:
                practice.accounts.set(
                    "local", email="cabinet@practice.example", host="127.0.0.1", port=server.port, security="none"
                )
                practice.templates.import_file(office_made_once / "mot.html")
            OPENED.clear()
            return Office(workspace, office_made_once / "table.csv", server, capfd)

        yield made


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    """An office whose ledger is a file."""
    return make_office()
