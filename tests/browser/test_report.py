"""The report of a run opens offline in a real browser: numbers, no script, nothing from outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Page, expect

from workbench.domain.mailings import Tally
from workbench.domain.summaries import MailingSummary
from workbench.jobs.report import write_report

SUMMARY = MailingSummary.of(
    Tally({("sent", ""): 37, ("failed", "smtp_550"): 1, ("in_doubt", "reply_lost"): 1, ("skipped", "no_address"): 4})
)


def report(folder: Path, *outputs: nbformat.NotebookNode, text: str = "# Rappel de rendez-vous") -> Path:
    node = new_notebook(
        cells=[
            new_markdown_cell(text),
            new_code_cell("secret_source = 1", outputs=[new_output("display_data", data=SUMMARY.bundle()), *outputs]),
        ]
    )
    return write_report(node, folder / "report.html", title="rappel", at=datetime(2026, 11, 22, 8, tzinfo=UTC))


def test_a_report_shows_numbers_and_no_code(page: Page, tmp_path: Path, shoot: Callable[..., Path], monkeypatch):
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "fr")
    page.goto(report(tmp_path).as_uri())
    expect(page.get_by_role("heading", name="Rappel de rendez-vous")).to_be_visible()
    expect(page.get_by_text("✓ Envoyé")).to_be_visible()
    expect(page.get_by_text("secret_source")).to_have_count(0)
    assert page.title().startswith("Compte rendu de «\u00a0rappel\u00a0», 22/11/2026")
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.locator("script").count() == 0
    shoot(page, "report", whole=True)


@pytest.mark.parametrize(
    "output",
    [
        '<script>document.title = "run"</script><img src="x" onerror="document.title = \'run\'">',
        '<img src="http://outside.test/pixel.png"><link rel="stylesheet" href="http://outside.test/a.css">',
        '<iframe src="http://outside.test/"></iframe><style>@import url(http://outside.test/b.css);</style>',
    ],
)
def test_whatever_an_output_holds_nothing_runs_and_nothing_is_asked_outside(context, tmp_path: Path, output: str):
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    file = report(
        tmp_path,
        new_output("display_data", data={"text/html": output}),
        new_output("display_data", data={"application/javascript": "document.title = 'run'"}),
        text="# Title\n\n![a](http://outside.test/c.png)\n\n$x$",
    )
    page.goto(file.as_uri())
    page.wait_for_timeout(500)
    assert page.title() != "run"
    # What the page's own policy refuses never becomes a request.
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    page.close()
