"""« Paramétrage » at a real browser: its three parts, without a mouse, in both themes, readable by a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab

CELL = """
import workbench as wb
from workbench.widgets.settings_page import SettingsPage
practice = wb.open({workspace!r})
page = SettingsPage(practice)
page.open(part={part!r})
page
"""


def opened(lab: Lab, page: Page, part: str) -> Locator:
    lab.write(f"{part}.ipynb", CELL.format(workspace=str(lab.workspace), part=part))
    notebook = lab.open(page, f"{part}.ipynb", alone=True)
    notebook.run(0)
    return notebook.cell(0).locator(f".pw-{part}")


@pytest.mark.parametrize("part", ["accounts", "signatures", "practice"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_part_has_no_serious_fault_for_a_screen_reader(
    lab: Lab, page: Page, use_theme: Callable[[Page, str], None], part: str, theme: str
) -> None:
    screen = opened(lab, page, part)
    expect(screen.locator("h4").first).to_be_visible()
    use_theme(page, theme)
    if part == "accounts":
        screen.get_by_role("button", name="Tester", exact=True).click()
        expect(screen.locator(".pw-trial-verdict")).to_contain_text("✓", timeout=20_000)
        folded = screen.locator(".pw-fold-head[aria-expanded=false]:visible")
        for _fold in range(20):
            if folded.count():
                folded.first.click()
        expect(folded).to_have_count(0)
    if part == "signatures":
        expect(screen.locator(".pw-signature-good")).to_be_visible(timeout=20_000)
    assert serious(page, f".pw-{part}") == []


def test_the_practice_is_changed_without_a_mouse(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    screen = opened(lab, page, "practice")
    phone = screen.locator("[data-key=phone]")
    expect(phone).to_be_visible()
    shoot(page, "cabinet")
    phone.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("02 99 11 22 33")
    screen.get_by_role("button", name="Enregistrer").first.focus()
    page.keyboard.press("Enter")
    expect(screen.get_by_text("✓ La fiche du cabinet est enregistrée.")).to_be_visible()
    screen.get_by_label("Premier jour").fill("2027-07-12")
    screen.get_by_label("Dernier jour").fill("2027-07-16")
    screen.get_by_label("Motif").fill("Congés d’été")
    screen.get_by_role("button", name="Déclarer fermé").focus()
    page.keyboard.press("Enter")
    expect(screen.get_by_role("row", name="Congés d’été")).to_be_visible()
    shoot(page, "ferme")
    row = screen.get_by_role("row", name="Congés d’été")
    row.get_by_role("button", name="Rouvrir…").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(row.get_by_role("button", name="Rouvrir…")).to_be_focused()
    page.keyboard.press("Enter")
    row.get_by_role("button", name="Rouvrir", exact=True).click()
    expect(screen.get_by_role("row", name="Congés d’été")).to_have_count(0)


def test_it_is_read_at_twice_the_size(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    page.set_viewport_size({"width": 720, "height": 900})
    screen = opened(lab, page, "accounts")
    expect(screen.locator(".pw-account-card")).to_be_visible()
    shoot(page, "etroit")
    wide = page.evaluate(
        """() => [...document.querySelectorAll('.pw-accounts *')]
          .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 2)
          .filter((one) => getComputedStyle(one).overflowX === 'visible' && getComputedStyle(one).display !== 'inline')
          .map((one) => one.className)"""
    )
    assert wide == []
