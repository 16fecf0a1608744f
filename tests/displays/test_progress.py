"""Progress where somebody looks: a bar on a terminal, one display in a notebook that ends as its summary."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from workbench.displays import audience
from workbench.displays.audience import someone_can_click
from workbench.displays.progress import _bundle, sending_progress
from workbench.domain.mailings import Counts, MailingProgress
from workbench.domain.summaries import SUMMARY_MIME

HALF = MailingProgress(total=4, sent=2, pending=2)

CELLS = (
    "import workbench as wb\npractice = wb.open()",
    'rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")',
    'mailing = practice.mailing(rdv, "Rendez-vous/Rappel de rendez-vous")',
    "try:\n    mailing.send()\nexcept wb.WorkbenchError as error:\n    print(type(error).__name__, error.count)",
    "results = mailing.send(confirmed=True)",
    "len(results)",
    "rdv",
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def a_kernel(monkeypatch: pytest.MonkeyPatch, parent: dict[str, Any]) -> None:
    kernel = SimpleNamespace(get_parent=lambda _channel: parent)
    monkeypatch.setattr(audience, "notebook_shell", lambda: SimpleNamespace(kernel=kernel))


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with sending_progress() as tell:
        assert tell is not None
        tell(HALF)
    assert "2 sent" in terminal.getvalue()


def test_what_was_taken_back_stays_among_the_numbers_of_the_end() -> None:
    shown = _bundle(MailingProgress.at_rest(Counts(sent=2, skipped=1, cancelled=3)))
    assert "– Messages cancelled</span> <b>3</b>" in shown["text/html"]
    assert ["cancelled", "", 3] in shown[SUMMARY_MIME]["rows"]


def test_where_nobody_looks_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with sending_progress() as tell:
        assert tell is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("kind", "allowed", "clicks"),
    [("execute_request", True, True), ("execute_request", False, False), ("comm_msg", True, False)],
)
def test_a_person_can_click_where_a_cell_may_ask_them(
    monkeypatch: pytest.MonkeyPatch, kind: str, allowed: bool, clicks: bool
) -> None:
    a_kernel(monkeypatch, {"header": {"msg_type": kind}, "content": {"allow_stdin": allowed}})
    assert someone_can_click() is clicks


def test_a_person_can_click_on_a_page_of_voila(monkeypatch: pytest.MonkeyPatch) -> None:
    a_kernel(monkeypatch, {"header": {"msg_type": "execute_request"}, "content": {"allow_stdin": False}})
    monkeypatch.setenv("VOILA_BASE_URL", "/")
    assert someone_can_click()


def test_outside_a_notebook_nobody_can_click() -> None:
    assert not someone_can_click()


def test_an_executed_notebook_ends_with_a_summary_and_asks_nobody(
    sample_made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(shutil.copytree(sample_made_once, tmp_path / "W")))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", store_widget_state=True)
    client.execute()
    outputs = [cell["outputs"] for cell in notebook["cells"]]
    name, count = outputs[3][0]["text"].split()
    assert name == "NotConfirmed"
    (shown,) = outputs[4]
    data = shown["data"]
    assert ["sent", "", int(count)] in data[SUMMARY_MIME]["rows"]
    assert "✓ Messages sent" in data["text/html"]
    assert int(outputs[5][0]["data"]["text/plain"]) > int(count)
    kept = json.dumps(notebook, ensure_ascii=False)
    assert "rows: subject_key" in kept
    assert "LEFÈVRE" not in kept
    assert "jupyter.widget" not in kept
