"""A secretary's first morning: filter, correct an address, read, send, read the results; without typing any code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.jupyter import PATIENCE, Lab, Notebook, asked, jupyterlab
from workbench.wiring import open_practice

FIRST = "01_publipostage.ipynb"
OPEN, TABLE, TEMPLATE, MESSAGES, SENDING, RESULTS, PLOT, INBOX = 2, 4, 6, 8, 10, 12, 13, 15
"""The places of the cells."""


READING = 1_000
"""Milliseconds that a person takes to read a question: a click that comes sooner is no answer to it."""


def screen(notebook: Notebook, cell: int, name: str) -> Locator:
    """Return the screen that a cell shows; it must be looked at, since cells far away are not drawn."""
    asked(notebook.page, "(place) => window.jupyterapp.shell.currentWidget.content.scrollToItem(place)", cell)
    found = notebook.cell(cell).locator(f".pw-{name}")
    expect(found).to_be_visible(timeout=PATIENCE * 1000)
    return found


def numbers_of(told: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", told)]


def test_a_mailing_from_the_search_to_the_results(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    notebook = lab.open(page, FIRST)

    # Who: the list answers at once, another day is one click away.
    form = screen(notebook, OPEN, "search-form")
    form.get_by_role("button", name="Demain", exact=True).click()
    table = screen(notebook, TABLE, "recipient-table")
    expect(table).to_contain_text("50 rendez-vous")
    shoot(page, "list")

    # A name is found without its accents.
    table.get_by_role("searchbox").fill("lefevre")
    expect(table.get_by_role("row", name=re.compile("LEFÈVRE Zoé"))).to_be_visible()
    table.get_by_role("searchbox").fill("martel odette")
    row = table.get_by_role("row", name=re.compile("MARTEL Odette"))
    expect(row).to_be_visible()

    # A missing address is completed in its row.
    row.get_by_role("button", name=re.compile("compléter")).click()
    field = table.get_by_role("textbox", name=re.compile("MARTEL Odette"))
    field.fill("odette.martel@")
    field.press("Enter")
    expect(table).to_contain_text("adresse e-mail")
    field.fill("odette.martel@poste.example")
    field.press("Enter")
    expect(row).to_contain_text("odette.martel@poste.example")
    table.get_by_role("searchbox").fill("")
    with open_practice(lab.workspace) as practice:
        assert practice.patients.show("2101")["email"] == "odette.martel@poste.example"

    # Three messages are read, each as it will arrive.
    messages = screen(notebook, MESSAGES, "message-preview")
    ready, _to_read, _to_correct, _excluded = (38, 2, 7, 4)
    expect(messages).to_contain_text("1 / 49")
    onward = messages.get_by_role("button", name="Message suivant")
    for place in (2, 3):
        onward.click()
        expect(messages).to_contain_text(f"{place} / 49")
    expect(messages.frame_locator("iframe").locator("body")).to_contain_text("rendez-vous")
    shoot(page, "message")

    # One click, one question with the numbers, and the messages leave.
    panel = screen(notebook, SENDING, "send")
    expect(panel).to_contain_text("49 destinataires")
    panel.get_by_role("button", name=f"Envoyer {ready} messages…").click()
    shoot(page, "question")
    page.wait_for_timeout(READING)
    panel.get_by_role("button", name="Envoyer", exact=True).click()
    expect(panel.locator('[data-state="sent"]')).to_contain_text(str(ready), timeout=PATIENCE * 1000)
    cards = numbers_of(" ".join(panel.locator(".pw-send-card b").all_inner_texts()))
    assert sum(cards) == 49
    shoot(page, "sent")
    with open_practice(lab.workspace) as practice:
        results = practice.results(identities=True)
    assert (results["status"] == "sent").sum() == ready
    assert "odette.martel@poste.example" in set(results.loc[results["status"] == "sent", "address"])
    assert len(list((lab.workspace / "caught").glob("*.eml"))) == ready

    # The test mailbox has them, and the results are a frame and a plot.
    expect(screen(notebook, INBOX, "inbox")).to_contain_text(f"{ready} messages")
    notebook.run(RESULTS)
    notebook.run(PLOT)
    expect(notebook.output(PLOT).locator("img").first).to_be_visible()
    shoot(page, "results")

    # The kernel is restarted: everything is where it was, and only who got nothing could be written to.
    notebook.restart()
    notebook.run_all()
    screen(notebook, OPEN, "search-form").get_by_role("button", name="Demain", exact=True).click()
    panel = screen(notebook, SENDING, "send")
    expect(panel).to_contain_text(f"{ready} déjà envoyés")
    expect(panel.get_by_role("button", name="Aucun message à envoyer")).to_be_disabled()

    # Nobody of the practice stands in the file, and it stays small.
    shown = json.dumps(notebook.content(), ensure_ascii=False)
    saved = json.dumps(notebook.saved(), ensure_ascii=False)
    assert len(saved.encode()) < 50_000
    with open_practice(lab.workspace) as practice:
        people = practice.results(identities=True)
    for name in filter(None, (*people["address"].dropna(), *people["recipient"].dropna())):
        assert name not in shown
        assert name not in saved


def test_who_is_unticked_gets_nothing(new_sample: Callable[[Path], Path], tmp_path: Path, page: Page) -> None:
    with jupyterlab(new_sample(tmp_path / "cabinet"), tmp_path) as lab:
        notebook = lab.open(page, FIRST)
        table = screen(notebook, TABLE, "recipient-table")
        expect(table).to_contain_text(re.compile(r"\b[1-9]\d rendez-vous"))
        table.get_by_role("button", name="Aucun", exact=True).click()
        expect(table).to_contain_text("0 coché")
        for name in ("FONTENELLE Octave", "RIOU Arthur"):
            row = table.get_by_role("row", name=re.compile(name))
            row.get_by_role("checkbox").check()
        panel = screen(notebook, SENDING, "send")
        expect(panel).to_contain_text("2 destinataires")
        panel.get_by_role("button", name="Envoyer 2 messages…").click()
        page.wait_for_timeout(READING)
        panel.get_by_role("button", name="Envoyer", exact=True).click()
        expect(panel.locator('[data-state="sent"]')).to_contain_text("2", timeout=PATIENCE * 1000)
        with open_practice(lab.workspace) as practice:
            results = practice.results(identities=True)
        page.goto("about:blank")  # the page leaves before its server does
        assert sorted(results["recipient"]) == ["Arthur RIOU", "Octave FONTENELLE"]


def test_what_is_typed_after_a_click_on_plain_text_changes_no_notebook(lab: Lab, page: Page) -> None:
    notebook = lab.open(page, FIRST)
    screen(notebook, SENDING, "send")
    cells = len(notebook.content()["cells"])
    for cell, name, words in (
        (TABLE, "recipient-table", "rendez-vous"),
        (MESSAGES, "message-preview", "Le message tel"),
        (SENDING, "send", "destinataires"),
    ):
        screen(notebook, cell, name).get_by_text(words).first.click()
        for key in ("a", "b", "x", "d", "d", "Enter", "Escape"):
            page.keyboard.press(key)
        assert len(notebook.content()["cells"]) == cells


def test_the_screens_follow_the_theme(
    lab: Lab, page: Page, use_theme: Callable[[Page, str], None], shoot: Callable[..., Path]
) -> None:
    notebook = lab.open(page, FIRST)
    screen(notebook, TABLE, "recipient-table")
    for theme in ("light", "dark"):
        use_theme(page, theme)
        ground = page.locator(".jp-Notebook").first.evaluate("(shown) => getComputedStyle(shown).backgroundColor")
        for cell, name in (
            (OPEN, "search-form"),
            (TABLE, "recipient-table"),
            (MESSAGES, "message-preview"),
            (SENDING, "send"),
        ):
            shown = screen(notebook, cell, name)
            shoot(page, f"{name}-{theme}")
            ink = shown.evaluate("(shown) => getComputedStyle(shown).color")
            light = sum(numbers_of(ink)[:3]) < sum(numbers_of(ground)[:3])
            assert light is (theme == "light")
