"""The desk for who sees badly, uses no mouse, or types fast: nothing serious found, each key stays where it belongs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import PATIENCE, Lab, Notebook, settled
from workbench.lab.notebooks import START_NOTEBOOK
from workbench.wiring import open_practice

PAGES = {
    "Ma journée": ".pw-day h2",
    "Publipostage": ".pw-recipient-table [role=row]",
    "Emails types": ".pw-templates button",
    "Patient": ".pw-patient",
    "Programmeur": ".pw-scheduler button",
    "Résultats": ".pw-results-page button",
    "Paramétrage": ".pw-accounts button",
}
"""The pages by their name in the bar, and what is there once a page is shown."""


@pytest.fixture
def desk(lab: Lab, page: Page) -> Iterator[Notebook]:
    """The desk as a person has it, its kernel idle."""
    notebook = lab.open(page, Path(START_NOTEBOOK).name, ready=False)  # its first cell is not shown
    expect(page.locator(".pw-desk-bar")).to_be_visible(timeout=PATIENCE * 1000)
    notebook.wait_until_idle()
    yield notebook
    for one in lab.ask("sessions"):
        lab.ask(f"sessions/{one['id']}", method="DELETE")


def shown(page: Page, name: str) -> None:
    """Go to a page of the desk, and wait until it shows something."""
    page.locator(".pw-desk-bar").get_by_role("button", name=name, exact=True).click()
    expect(page.locator(f"{PAGES[name]}:visible").first).to_be_visible(timeout=PATIENCE * 1000)
    settled(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_is_found_on_any_page(
    desk: Notebook, use_theme: Callable[[Page, str], None], shoot: Callable[..., Path], theme: str
) -> None:
    use_theme(desk.page, theme)
    found = {}
    for name in PAGES:
        shown(desk.page, name)
        shoot(desk.page, f"{name}-{theme}")
        found[name] = serious(desk.page)
    assert {name: told for name, told in found.items() if told} == {}


def test_no_key_pressed_on_a_button_changes_the_notebook(desk: Notebook) -> None:
    page = desk.page
    cells = len(desk.content()["cells"])
    pressed = dict.fromkeys(PAGES, 0)
    for name in PAGES:
        shown(page, name)
        root = page.locator(".pw:visible").last
        places = ("button:visible:enabled", "[tabindex='0']:visible", "input:visible:enabled")
        # Where letters are typed they are pressed only where there is nothing else.
        for place in places:
            one = root.locator(place).first
            typed = place.startswith("input")
            if one.count() and one.is_visible() and not (typed and pressed[name]):
                one.focus()
                pressed[name] += 1
                for key in ("a", "b", "x", "d", "d", "c", "v", "m"):
                    page.keyboard.press(key)
        assert len(desk.content()["cells"]) == cells, name
        expect(page.locator(".jp-Dialog")).to_have_count(0)
    assert all(pressed.values()), pressed


def focused(page: Page, wanted: Locator, *, steps: int = 80) -> None:
    """Press Tab until something has the focus."""
    for _step in range(steps):
        if wanted.count() and wanted.first.evaluate("(node) => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not lead there")


def test_the_days_reminders_are_prepared_without_a_mouse(desk: Notebook, shoot: Callable[..., Path]) -> None:
    page = desk.page
    expect(page.locator(".pw-day h2")).to_be_visible(timeout=PATIENCE * 1000)
    prepare = page.get_by_role("button", name=re.compile("Préparer l’envoi – Rappels"))
    expect(prepare.first).to_be_visible(timeout=PATIENCE * 1000)
    page.locator(".pw-desk-bar button").first.focus()
    focused(page, prepare)
    page.keyboard.press("Enter")
    messages = page.locator(".pw-message-preview:visible")
    expect(messages.frame_locator("iframe").locator("body")).to_contain_text("rendez-vous", timeout=PATIENCE * 1000)
    shoot(page)
    page.keyboard.press("Control+k")
    finder = page.locator(".pw-desk-bar input")
    expect(finder).to_be_focused()
    page.keyboard.type("lefevre zoe")
    expect(page.get_by_role("option", name=re.compile("LEFÈVRE Zoé")).first).to_be_visible()


def test_everything_is_there_at_twice_the_size(desk: Notebook, shoot: Callable[..., Path]) -> None:
    page = desk.page
    page.set_viewport_size({"width": 1024, "height": 768})
    shown(page, next(iter(PAGES)))
    shoot(page, "bar-1024")
    bar = page.locator(".pw-desk-bar .pw-bar-row")
    assert bar.evaluate("(row) => row.clientHeight") < 60, "the bar takes more than one line"
    page.set_viewport_size({"width": 720, "height": 450})  # a screen of 1440 by 900, twice as large
    for name in PAGES:
        shown(page, name)
        shoot(page, name)
        wide = page.evaluate(
            """() => [...document.querySelectorAll('.pw')].filter((root) => root.checkVisibility())
              .filter((root) => root.scrollWidth > root.clientWidth + 4)
              .map((root) => `${root.className} ${root.scrollWidth} > ${root.clientWidth}`)"""
        )
        assert wide == [], name


def test_the_file_of_the_notebook_holds_nobody_whatever_was_looked_at(lab: Lab, desk: Notebook) -> None:
    page = desk.page
    for name in PAGES:
        shown(page, name)
    told = json.dumps(desk.saved(), ensure_ascii=False)
    assert len(told.encode()) < 50_000
    with open_practice(lab.workspace) as practice:
        people = practice.tables.patients()
    for column in ("email", "last_name"):
        for text in people[column].dropna().unique():
            assert len(text) < 4 or not re.search(rf"\b{re.escape(text)}\b", told), column
