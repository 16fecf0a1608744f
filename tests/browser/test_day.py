"""« Ma journée » in a real browser: what is to be done is read, called, and led to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.jupyter import Lab

DESK = """
import workbench as wb
practice = wb.open({workspace!r})
desk = practice.desk()
desk.view
"""


def test_the_day_is_told(
    lab: Lab, page: Page, shoot: Callable[..., Path], use_theme: Callable[[Page, str], None]
) -> None:
    lab.write("jour.ipynb", DESK.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, "jour.ipynb", alone=True)
    notebook.run(0)
    day = notebook.cell(0).locator(".pw-day")
    expect(day.locator("[data-line='tell:appointments']")).to_be_visible()
    expect(day.get_by_role("status").first).to_contain_text("Compté")
    expect(day.locator("[data-line='tell:recall'], [data-line='tell:missed']").first).to_be_visible()
    for theme in ("light", "dark"):
        use_theme(page, theme)
        expect(day.get_by_role("status").first).to_contain_text("Compté")
        shoot(page, theme)


def test_somebody_is_ticked_as_called_and_the_reminders_are_led_to(lab: Lab, page: Page) -> None:
    lab.write("appels.ipynb", DESK.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, "appels.ipynb", alone=True)
    notebook.run(0)
    cell = notebook.cell(0)
    day = cell.locator(".pw-day")
    tick = day.get_by_role("checkbox").first
    tick.focus()
    page.keyboard.press("Space")
    expect(day.get_by_text("appelé à").first).to_be_visible()
    day.get_by_role("button", name="Actualiser").click()
    expect(day.get_by_role("status").first).to_contain_text("Compté")
    expect(day.get_by_role("checkbox").first).to_be_checked()
    day.locator("[data-line='tell:appointments']").click()
    expect(cell.locator(".pw-bar-page[aria-current=page]")).to_have_text("Publipostage")
    expect(cell.locator(".pw-letter-head").first).to_be_visible()
    assert "MARTEL" not in str(notebook.saved())
