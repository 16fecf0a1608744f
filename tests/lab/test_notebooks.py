from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.browser.jupyter import notebook_of
from workbench.lab.notebooks import (
    FIRST_NOTEBOOK,
    Placing,
    digest,
    place_notebooks,
    running_notebooks,
    shipped_folder,
)
from workbench.language import use_language


def write(folder: Path, *cells: str, name: str = "01_a.ipynb", **more: object) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(json.dumps({**notebook_of(cells), **more}), encoding="utf-8")
    return file


@pytest.fixture
def place(tmp_path):
    """Place what stands in the folder « shipped » into the workspace, and say what became of each notebook."""
    (tmp_path / "state").mkdir()

    def run() -> list[tuple[str, Placing]]:
        placed = place_notebooks(tmp_path, tmp_path / "state", shipped=tmp_path / "shipped")
        return [(one.file.name, one.how) for one in placed]

    return run


@pytest.fixture
def shipped(tmp_path):
    return tmp_path / "shipped"


@pytest.fixture
def own(tmp_path):
    return tmp_path / "notebooks"


def test_a_missing_notebook_is_copied_for_its_owner_alone(place, shipped, own):
    write(shipped, "1 + 1")
    assert place() == [("01_a.ipynb", Placing.COPIED)]
    assert (own / "01_a.ipynb").read_bytes() == (shipped / "01_a.ipynb").read_bytes()
    assert stat.S_IMODE((own / "01_a.ipynb").stat().st_mode) == 0o600
    assert place() == [("01_a.ipynb", Placing.KEPT)]


def test_a_notebook_that_was_only_run_is_renewed(place, shipped, own):
    write(shipped, "1 + 1")
    place()
    ran = json.loads((own / "01_a.ipynb").read_text(encoding="utf-8"))
    ran["cells"][0]["source"] = ["1 + ", "1"]  # as JupyterLab writes lines
    ran["cells"][0]["execution_count"] = 7
    ran["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    (own / "01_a.ipynb").write_text(json.dumps(ran), encoding="utf-8")
    assert place() == [("01_a.ipynb", Placing.KEPT)]
    write(shipped, "1 + 2")
    assert place() == [("01_a.ipynb", Placing.RENEWED)]
    assert (own / "01_a.ipynb").read_bytes() == (shipped / "01_a.ipynb").read_bytes()


def test_a_notebook_somebody_changed_stays_and_the_newer_one_is_laid_beside_it_once(place, shipped, own):
    write(shipped, "1 + 1")
    place()
    mine = write(own, "mine").read_bytes()
    assert place() == [("01_a.ipynb", Placing.KEPT)]
    write(shipped, "1 + 2")
    write(own, "a draft", name="01_a (2).ipynb")
    assert place() == [("01_a (3).ipynb", Placing.BESIDE)]
    assert (own / "01_a.ipynb").read_bytes() == mine
    assert (own / "01_a (3).ipynb").read_bytes() == (shipped / "01_a.ipynb").read_bytes()
    assert place() == [("01_a.ipynb", Placing.KEPT)]
    assert len(list(own.iterdir())) == 3


def test_a_changed_notebook_gets_each_language_beside_it_once_however_often_they_change(place, shipped, own):
    write(shipped, "français")
    place()
    write(own, "mine")
    write(shipped, "english")
    assert place() == [("01_a (2).ipynb", Placing.BESIDE)]
    for spoken in ("français", "english", "français", "english"):
        write(shipped, spoken)
        assert place() == [("01_a.ipynb", Placing.KEPT)]
    assert len(list(own.iterdir())) == 2


def test_an_unchanged_notebook_follows_the_language_back_and_forth(place, shipped, own):
    write(shipped, "français")
    place()
    for spoken in ("english", "français", "english"):
        write(shipped, spoken)
        assert place() == [("01_a.ipynb", Placing.RENEWED)]
        assert (own / "01_a.ipynb").read_bytes() == (shipped / "01_a.ipynb").read_bytes()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": [1]}', '{"cells": {"a": 1}}', "\ud800"])
def test_a_file_that_is_no_notebook_is_never_written_over(place, shipped, own, content):
    write(shipped, "1 + 1")
    own.mkdir()
    (own / "01_a.ipynb").write_bytes(content.encode("utf-8", "surrogatepass"))
    assert place() == [("01_a (2).ipynb", Placing.BESIDE)]
    assert (own / "01_a.ipynb").read_bytes() == content.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("memory", ["[]", "{", '{"01_a.ipynb": "abc"}'])
def test_a_memory_that_was_lost_writes_over_nothing(place, shipped, own, tmp_path, memory):
    write(shipped, "1 + 1")
    place()
    mine = write(own, "mine").read_bytes()
    (tmp_path / "state" / "notebooks.json").write_text(memory, encoding="utf-8")
    assert place() == [("01_a (2).ipynb", Placing.BESIDE)]
    assert (own / "01_a.ipynb").read_bytes() == mine


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_first_notebook_is_there_in_each_language_and_asks_to_be_run(language):
    use_language(language)
    try:
        assert digest(shipped_folder() / Path(FIRST_NOTEBOOK).name) in running_notebooks()[FIRST_NOTEBOOK]
        first = shipped_folder() / Path(FIRST_NOTEBOOK).name
    finally:
        use_language(None)
    assert json.loads(first.read_text(encoding="utf-8"))["metadata"]["publipostage"] == {"run_on_open": True}
    assert (first.parent.name == "en") is (language == "en")


def test_the_readme_names_the_notebook_that_does_not_run_when_it_is_opened():
    waits = [
        file.name
        for file in sorted(shipped_folder().glob("*.ipynb"))
        if not json.loads(file.read_text(encoding="utf-8"))["metadata"].get("publipostage", {}).get("run_on_open")
    ]
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert [f"`{name}` waits for a click" in readme for name in waits] == [True]


def test_there_is_a_digest_for_each_language():
    assert len(running_notebooks()[FIRST_NOTEBOOK]) == 2


def test_the_digest_is_that_of_the_cells_as_a_page_writes_them(tmp_path):
    file = write(tmp_path, "a = 'é\u2028 « \x7f\x00\x1f\t»'", "%%md\n# T")
    # The same notebook is reckoned in the page's own tests.
    assert digest(file) == "04ac8c2e274b29f491befdb2e789c40c5ab0cfc16e7474bcb9ebe063476a5a91"
