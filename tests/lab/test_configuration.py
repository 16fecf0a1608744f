from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from workbench.lab.configuration import LabFolders, environment, traits
from workbench.lab.notebooks import running_notebooks

HOUSE = Path(__file__).parents[2] / "workbench"


@pytest.fixture
def folders(tmp_path) -> LabFolders:
    return LabFolders(workspace=tmp_path / "cabinet", runtime=Path("/tmp/workbench-x"))


def test_nothing_of_the_persons_own_jupyter_is_handed_on(folders):
    inherited = {"PATH": "/bin", "JUPYTER_TOKEN": "", "JUPYTER_CONFIG_PATH": "/evil", "JUPYTERLAB_DIR": "/evil",
                 "IPYTHONDIR": "/evil", "JUPYTER_GATEWAY_URL": "http://evil"}  # fmt: skip
    told = environment(folders, inherited)
    assert told["PATH"] == "/bin"
    assert "/evil" not in told.values()
    assert {name for name in told if name in inherited} == {"PATH", "IPYTHONDIR"}


def test_what_a_kernel_says_travels_in_the_file_system_where_its_socket_has_a_path_short_enough(folders, tmp_path):
    assert traits(folders, token="t", port=1)["KernelManager"]["transport"] == "ipc"
    deep = LabFolders(workspace=folders.workspace, runtime=Path("/tmp", "x" * 80))
    assert traits(deep, token="t", port=1)["KernelManager"]["transport"] == "tcp"


def test_the_page_is_told_which_notebook_runs_and_in_which_words(folders, tmp_path):
    folders.workspace.mkdir()
    folders.make()
    page = json.loads((folders.state / "page" / "page_config.json").read_text(encoding="utf-8"))
    setting = json.loads(page["publipostage"])
    assert setting["notebook"] == "notebooks/00_ma_journee.ipynb"
    assert setting["notebooks"] == running_notebooks()
    asked = re.search(r"words: \{ ([^}]+) \}", (HOUSE / "widgets/frontend/src/lab_extension.ts").read_text("utf-8"))
    assert asked
    assert sorted(setting["words"]) == sorted(re.findall(r"(\w+): string", asked[1]))


def test_the_page_looks_for_the_threads_that_send_by_their_names():
    asked = re.search(r"t\.name in \(([^)]+)\)", (HOUSE / "widgets/frontend/src/lab_extension.ts").read_text("utf-8"))
    assert asked
    named = {
        name
        for room in ("practice", "sending")
        for file in (HOUSE / room).glob("*.py")
        for name in re.findall(r'name="(workbench-[a-z]+)"', file.read_text("utf-8"))
    }
    assert set(re.findall(r"'([^']+)'", asked[1])) == named
