from __future__ import annotations

import asyncio
import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from tornado.web import HTTPError

from tests.browser.jupyter import notebook_of
from workbench.domain.summaries import MailingSummary
from workbench.lab.contents import KEPT, WorkspaceCheckpoints, WorkspaceContents, without_patients

WIDGET = "application/vnd.jupyter.widget-view+json"
NAME = "Martel Odette"
KEEP = {KEPT: {"keep_outputs": True}}


def shown(data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"output_type": "execute_result", "execution_count": 1, "data": data, "metadata": {}, **more}


def printed(text: Any) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def saved(*outputs: dict[str, Any], **metadata: Any) -> list[dict[str, Any]]:
    """Return the outputs of a notebook of one cell as they are saved."""
    notebook = notebook_of(["1"], metadata)
    notebook["cells"][0]["outputs"] = list(outputs)
    return without_patients(notebook)["cells"][0]["outputs"]


@pytest.mark.parametrize(
    "output",
    [
        shown({"text/plain": NAME, "text/html": f"<td>{NAME}</td>"}),
        shown({"text/plain": [f"'{NAME}'"]}),
        shown({"text/plain": "'0601020304'"}),
        shown({"text/plain": "612345678"}),
        shown({"text/plain": "612345678.0"}),
        shown({"text/html": NAME}),
        shown({"application/json": {"name": NAME}, "text/plain": "1"}),
        printed(["1\n", NAME]),
        {"output_type": "display_data", "data": {"image/svg+xml": NAME}, "metadata": {}},
        shown({"text/plain": NAME}, metadata={KEPT: {"keep_outputs": "yes"}}),
    ],
)
def test_what_may_show_a_patient_is_replaced_by_a_sentence(output):
    (left,) = saved(output)
    assert NAME not in json.dumps(left)
    assert "was not saved" in left["data"]["text/plain"]


def test_the_sentence_is_said_once_a_cell_and_stays_when_saved_again():
    (left,) = saved(printed("a"), printed("b"), shown({"text/plain": NAME}))
    assert saved(left) == [left]


def test_what_is_saved_is_saved_as_often_as_it_was_shown():
    number, picture = shown({"text/plain": "5"}), shown({"image/png": "aGk="})
    assert saved(number, number, picture, picture) == [number, number, picture, picture]


@pytest.mark.parametrize("text", ["44", "-3.5", "1234567", ["12"], "True", "None"])
def test_a_bare_number_is_saved(text):
    output = shown({"text/plain": text})
    assert saved(output) == [output]


def test_a_widget_is_saved_without_what_its_text_tells():
    (left,) = saved(shown({WIDGET: {"model_id": "a"}, "text/plain": f"HTML(value='{NAME}')"}))
    assert left["data"] == {WIDGET: {"model_id": "a"}}


def test_a_picture_is_saved_without_what_its_text_tells():
    (left,) = saved(shown({"image/png": "aGk=", "text/plain": NAME}, metadata={"image/png": {"alt": NAME}}))
    assert left["data"] == {"image/png": "aGk="}
    assert left["metadata"] == {}


def test_the_numbers_of_a_mailing_are_saved_with_words_written_anew():
    summary = MailingSummary(rows=(("sent", "", 3), ("skipped", "no_address", 1)))
    bundle = summary.bundle()
    (left,) = saved(shown({**bundle, "text/html": f"<b>{NAME}</b>", "text/plain": NAME}))
    assert left["data"] == bundle


def test_an_error_keeps_its_name_only():
    (left,) = saved({"output_type": "error", "ename": "KeyError", "evalue": NAME, "traceback": [NAME]})
    assert left["ename"] == "KeyError"
    assert NAME not in json.dumps(left)


def test_nothing_printed_is_nothing_saved():
    assert saved(printed("\n")) == []


def test_whoever_asks_for_it_saves_everything():
    output = shown({"text/plain": NAME})
    assert saved(output, **KEEP) == [output]
    assert saved({**output, "metadata": KEEP}) == [{**output, "metadata": KEEP}]


def test_the_state_of_widgets_is_never_saved_not_even_when_asked():
    notebook = notebook_of(["1"], {"widgets": {"state": NAME}, **KEEP})
    assert without_patients(notebook)["metadata"].keys() == {"kernelspec", KEPT}


@pytest.fixture
def contents(tmp_path: Path) -> WorkspaceContents:
    manager = WorkspaceContents(root_dir=str(tmp_path))
    manager.checkpoints.checkpoint_dir = str(tmp_path / ".lab" / "checkpoints")
    return manager


def test_a_file_on_the_disk_holds_no_patient_and_its_earlier_states_lie_in_the_private_folder(contents, tmp_path):
    notebook = notebook_of(["1"])
    notebook["cells"][0]["outputs"] = [printed(NAME)]

    async def work() -> None:
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            await contents.save({"type": "notebook", "content": notebook}, f"{folder}/x.ipynb")
            await contents.create_checkpoint(f"{folder}/x.ipynb")

    asyncio.run(work())
    assert isinstance(contents.checkpoints, WorkspaceCheckpoints)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {str(file.relative_to(tmp_path)) for file in files} == {
        "a/x.ipynb",
        "b/x.ipynb",
        ".lab/checkpoints/a/x-checkpoint.ipynb",
        ".lab/checkpoints/b/x-checkpoint.ipynb",
    }
    assert not [file for file in files if NAME in file.read_text(encoding="utf-8")]
    assert stat.S_IMODE((tmp_path / ".lab" / "checkpoints" / "a").stat().st_mode) == 0o700


def old_notebook() -> dict[str, Any]:
    """A notebook of the third format, which keeps its outputs elsewhere."""
    cell = {"cell_type": "code", "input": "1", "outputs": [{"output_type": "pyout", "text": NAME}]}
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}


def test_what_a_notebook_of_this_format_does_not_hold_is_not_saved():
    assert "worksheets" not in without_patients({**old_notebook(), **notebook_of(["1"])})


@pytest.mark.parametrize("content_type", ["notebook", "file"])
def test_a_notebook_of_an_old_format_is_not_saved(contents, tmp_path, content_type):
    content = old_notebook() if content_type == "notebook" else json.dumps(old_notebook())
    with pytest.raises(HTTPError, match="old format"):
        asyncio.run(contents.save({"type": content_type, "format": "text", "content": content}, "x.ipynb"))
    assert not (tmp_path / "x.ipynb").exists()


@pytest.mark.parametrize("format_", ["text", "base64"])
def test_a_notebook_that_comes_as_a_file_is_saved_without_patients_too(contents, tmp_path, format_):
    notebook = notebook_of(["1"])
    notebook["cells"][0]["outputs"] = [printed(NAME)]
    text = json.dumps(notebook)
    content = base64.b64encode(text.encode()).decode() if format_ == "base64" else text
    asyncio.run(contents.save({"type": "file", "format": format_, "content": content}, "/X.IPYNB"))
    kept = json.loads((tmp_path / "X.IPYNB").read_text(encoding="utf-8"))
    assert NAME not in json.dumps(kept)
    assert kept["cells"][0]["source"] == "1"


@pytest.mark.parametrize("content", [NAME, f'["{NAME}"]', ""])
def test_a_file_that_only_is_called_a_notebook_is_not_saved(contents, tmp_path, content):
    with pytest.raises(HTTPError, match="no notebook"):
        asyncio.run(contents.save({"type": "file", "format": "text", "content": content}, "x.ipynb"))
    assert not (tmp_path / "x.ipynb").exists()


def test_a_notebook_does_not_come_piece_by_piece(contents, tmp_path):
    piece = {"type": "file", "format": "text", "content": json.dumps(notebook_of(["1"])), "chunk": 1}
    with pytest.raises(HTTPError, match="Copy its file"):
        asyncio.run(contents.save(piece, "x.ipynb"))
    assert not (tmp_path / "x.ipynb").exists()


def test_any_other_file_is_saved_as_it_is(contents, tmp_path):
    asyncio.run(contents.save({"type": "file", "format": "text", "content": "a;b"}, "x.csv"))
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == "a;b"


def test_a_notebook_that_cannot_be_made_safe_is_not_saved(contents, tmp_path):
    broken = {**notebook_of(["1"]), "cells": [{"outputs": [NAME]}]}
    with pytest.raises((AttributeError, HTTPError)):
        asyncio.run(contents.save({"type": "notebook", "content": broken}, "x.ipynb"))
    assert not (tmp_path / "x.ipynb").exists()
