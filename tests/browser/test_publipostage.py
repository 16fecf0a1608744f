"""A mailing step by step in a real browser: few clicks, no mouse, nothing lost with a kernel, nothing axe minds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab, Notebook, settled

SOON = 30_000
DESK = "import workbench as wb\npractice = wb.open({workspace!r})\ndesk = practice.desk()\ndesk"
PAGE = "import workbench as wb\npractice = wb.open({workspace!r})\npage = practice.publipostage()\npage"
WRITTEN = PAGE.replace("publipostage()", 'publipostage(template="Rendez-vous/Rappel de rendez-vous")')


def opened(lab: Lab, page: Page, name: str, cell: str) -> Notebook:
    lab.write(f"{name}.ipynb", cell.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, f"{name}.ipynb", alone=True)
    notebook.run(0)
    return notebook


def at_step(page: Page, label: str) -> Locator:
    """Wait until a step is the one shown."""
    heading = page.locator(".pw-steps-bar h2")
    expect(heading).to_contain_text(label, timeout=SOON)
    return heading


def test_tomorrow_s_reminders_leave_in_three_clicks(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    opened(lab, page, "jour", DESK)
    clicks = 0

    def click(target: Locator) -> None:
        nonlocal clicks
        target.click(timeout=SOON)
        clicks += 1

    click(page.locator("[data-line='tell:appointments']"))
    expect(at_step(page, "Destinataires et vérification")).to_be_focused(timeout=SOON)
    send = page.locator(".pw-send [data-name=confirm]")
    expect(send).to_be_enabled(timeout=SOON)
    expect(send).to_contain_text("Envoyer")
    shoot(page, "check")
    click(send)
    page.wait_for_timeout(600)  # nobody reads a question faster
    click(page.locator(".pw-send [data-name=yes]"))
    heading = at_step(page, "Résultat")
    expect(heading).to_be_focused(timeout=SOON)
    expect(page.locator(".pw-send-card").first).to_contain_text("Envoyés", timeout=SOON)
    expect(page.locator(".pw-steps-foot")).to_contain_text("Garder les", timeout=SOON)
    shoot(page, "result")
    assert serious(page, ".pw-publipostage") == []
    assert clicks == 3
    table = page.locator(".pw-send-table")
    expect(table).to_contain_text("Compléter la fiche", timeout=SOON)
    lines = "(all) => all.map((one) => one.getBoundingClientRect().height)"
    assert max(table.locator("thead th").evaluate_all(lines)) < 40
    assert max(table.get_by_role("button").evaluate_all(lines)) < 40
    page.get_by_role("button", name="Analyser dans le notebook").click()
    expect(page.locator(".pw-steps-code")).to_contain_text("practice.results(")


def test_every_step_is_gone_through_without_a_mouse(
    lab: Lab, page: Page, shoot: Callable[..., Path], minded: Callable[..., list[str]]
) -> None:
    notebook = opened(lab, page, "clavier", WRITTEN)
    at_step(page, "Recherche")
    chip = page.locator(".pw-chip", has_text="J+2").first
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".pw-chip[aria-pressed=true]", has_text="J+2")).to_be_visible(timeout=SOON)
    shoot(page, "1-search")
    assert minded(page, ".pw-publipostage") == []
    chip.focus()  # a theme that is put on late takes it away
    page.keyboard.press("Control+Enter")
    expect(at_step(page, "Message")).to_be_focused(timeout=SOON)
    expect(page.locator(".pw-letter-subject").first).to_be_visible(timeout=SOON)
    shoot(page, "2-message")
    page.keyboard.press("Control+Enter")
    expect(at_step(page, "Destinataires")).to_be_focused(timeout=SOON)
    expect(page.locator(".pw-send [data-name=confirm]")).to_be_enabled(timeout=SOON)
    assert minded(page, ".pw-publipostage") == []
    page.get_by_role("button", name="M’envoyer ce message en test").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".pw-steps-notice")).to_contain_text("Le test a été envoyé", timeout=SOON)
    page.get_by_role("button", name="− Retirer").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remettre")).to_be_visible(timeout=SOON)
    shoot(page, "3-check")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".pw-send-question")).to_be_focused(timeout=SOON)
    page.keyboard.press("Escape")
    expect(page.locator(".pw-send-question")).to_have_count(0)
    # No shortcut of JupyterLab inserted or deleted a cell meanwhile.
    assert notebook.panel.locator(".jp-Cell").count() == 1


def test_what_was_prepared_is_found_again_after_the_kernel(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    notebook = opened(lab, page, "reprise", PAGE)
    at_step(page, "Recherche")
    page.locator(".pw-chip", has_text="Aujourd").first.click()
    expect(page.locator(".pw-chip[aria-pressed=true]", has_text="Aujourd")).to_be_visible(timeout=SOON)
    page.locator(".pw-steps-foot .pw-main").click()
    at_step(page, "Message")
    field = page.locator(".pw-publipostage input[role=combobox]").first
    field.click()
    page.get_by_role("option", name="Rappel de rendez-vous").first.click()
    expect(page.locator(".pw-letter-subject").first).to_be_visible(timeout=SOON)
    page.wait_for_timeout(1500)  # it is kept a moment after the last gesture
    notebook.restart()
    notebook.run(0)
    notice = page.locator(".pw-steps-notice", has_text="étape 1")
    expect(notice.first).to_contain_text("Rappel de rendez-vous", timeout=SOON)
    shoot(page)
    notice.first.get_by_role("button", name="Reprendre").click()
    at_step(page, "Message")
    expect(page.locator(".pw-publipostage input[role=combobox]").first).to_have_value(
        "Rappel de rendez-vous", timeout=SOON
    )
    # Nothing of anybody is in the file.
    notebook.do("docmanager:save")
    saved = notebook.file.read_text(encoding="utf-8")
    assert len(saved) < 50_000
    assert "@famille.example" not in saved
    assert "LEFÈVRE" not in saved


def test_a_changed_text_is_not_put_aside_unasked(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    opened(lab, page, "texte", WRITTEN)
    at_step(page, "Recherche")
    page.locator(".pw-steps-foot .pw-main").click(timeout=SOON)
    at_step(page, "Message")
    subject = page.locator(".pw-publipostage").get_by_role("textbox", name="Objet", exact=True)
    subject.click(timeout=SOON)
    page.keyboard.press("End")
    page.wait_for_timeout(200)
    page.keyboard.type(" demain")
    foot = page.locator(".pw-steps-foot")
    expect(foot).to_contain_text("Modifié pour cet envoi", timeout=SOON)
    # What leads on stays in its corner, beside the way back, however long the note is.
    page.set_viewport_size({"width": 1240, "height": 900})
    settled(page)
    back, onward = foot.locator("[data-name=back]").bounding_box(), foot.locator(".pw-main").bounding_box()
    assert back is not None
    assert onward is not None
    assert (onward["y"], onward["x"] > 1000) == (back["y"], True)
    page.set_viewport_size({"width": 1440, "height": 900})
    chosen = page.locator(".pw-publipostage input[role=combobox]").first
    chosen.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    question = foot.locator(".pw-steps-ask")
    expect(question).to_contain_text("Le texte que vous avez changé dans « Rappel de rendez-vous »", timeout=SOON)
    expect(question).to_be_focused()
    expect(chosen).to_have_value("Rappel de rendez-vous")
    shoot(page)
    page.wait_for_timeout(600)  # nobody reads a question faster
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(question).to_have_count(0, timeout=SOON)
    expect(subject).to_contain_text("demain")
    expect(chosen).to_have_value("Rappel de rendez-vous")
