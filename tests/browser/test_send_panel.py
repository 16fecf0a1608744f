"""The send cell in front of a person: one question, a bar, a pause, a restart in the middle; nobody twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.jupyter import Lab, Notebook
from tests.journeys.smtp_sink import SmtpSink, serving
from workbench.wiring import open_practice

OPEN = "import workbench as wb\npractice = wb.open({workspace!r})"
MAILING = (
    'rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")\n'
    'mailing = practice.mailing(rdv, "Rendez-vous/Rappel de rendez-vous", account="slow")\n'
    "panel = mailing.send()\n"
    "panel"
)


@pytest.fixture
def sink(new_sample: Callable[[Path], Path], tmp_path: Path) -> Iterator[SmtpSink]:
    """A slow server that a new practice's messages leave by, one at a time."""
    with serving(tmp_path / "sink", delay=0.25) as running:
        with open_practice(new_sample(tmp_path / "cabinet")) as practice:
            practice.accounts.set(
                "slow", email="secretariat@exemple.test", host="127.0.0.1", port=running.port, security="none",
                connections=1,
            )  # fmt: skip
        yield running


def opened(lab: Lab, page: Page, sink: SmtpSink, *more: str) -> tuple[Notebook, Locator]:
    """Open a notebook with a send cell on the new practice and run it; more cells follow."""
    workspace = str(sink.folder.parent / "cabinet")
    lab.write("envoi.ipynb", OPEN.format(workspace=workspace), MAILING, *more)
    notebook = lab.open(page, "envoi.ipynb")
    notebook.run(0)
    notebook.run(1)
    panel = notebook.cell(1).locator(".pw-send")
    expect(panel).to_have_count(1)  # shown once, though it is the cell's last value too
    return notebook, panel


def nobody_twice(sink: SmtpSink) -> bool:
    """Tell whether every message that arrived is another delivery's: a delivery's Message-ID is always the same."""
    identities = [caught.message["Message-ID"] for caught in sink.messages()]
    return len(set(identities)) == len(identities)


def press(panel: Locator, name: str) -> None:
    panel.locator(f"[data-name={name}]").click()


def confirm(panel: Locator) -> None:
    expect(panel.locator("[data-name=confirm]")).to_be_enabled()
    press(panel, "confirm")
    expect(panel.locator(".pw-send-question")).to_be_focused()
    panel.page.wait_for_timeout(600)  # a question is read before it is answered
    press(panel, "yes")


def number(panel: Locator, state: str) -> int:
    return int(panel.locator(f".pw-send-card[data-state={state}] b").inner_text())


def test_a_person_confirms_pauses_goes_on_and_reads_who_got_it(
    lab: Lab, page: Page, sink: SmtpSink, use_theme, shoot
) -> None:
    notebook, panel = opened(lab, page, sink)
    expect(panel).to_contain_text("Depuis secretariat@exemple.test")
    shoot(page, "before")
    confirm(panel)
    bar = panel.get_by_role("progressbar")
    expect(bar).to_be_visible()
    sink.wait_for(3)
    shoot(page, "sending")
    press(panel, "pause")
    expect(panel.locator("[data-name=resume]")).to_be_visible(timeout=30_000)
    left = sink.count()
    assert number(panel, "sent") == left
    assert number(panel, "in_doubt") == 0
    shoot(page, "paused")
    press(panel, "resume")
    expect(panel.locator(".pw-send-card[data-state=pending]")).to_have_count(0, timeout=60_000)
    expect(panel.locator(".pw-send-cards")).to_be_visible(timeout=60_000)
    assert number(panel, "sent") == sink.count() > left
    assert nobody_twice(sink)
    expect(panel.locator("table")).to_contain_text("Odette MARTEL")
    shoot(page, "after")
    use_theme(page, "dark")
    shoot(page, "after-dark")
    use_theme(page, "light")
    assert "MARTEL" not in str(notebook.saved())


def test_a_kernel_that_restarts_in_the_middle_goes_on_where_it_was(lab: Lab, page: Page, sink: SmtpSink) -> None:
    notebook, panel = opened(lab, page, sink)
    confirm(panel)
    sink.wait_for(3)
    notebook.restart()
    page.wait_for_timeout(500)
    left = sink.count()
    notebook.run(0)
    notebook.run(1)
    panel = notebook.cell(1).locator(".pw-send").last
    expect(panel.locator("[data-name=confirm]")).to_contain_text("Reprendre")
    assert number(panel, "sent") == left
    assert number(panel, "in_doubt") == 0  # what was in flight had the time to end
    confirm(panel)
    expect(panel.get_by_role("progressbar")).to_be_visible()
    expect(panel.locator(".pw-send-cards")).to_be_visible(timeout=60_000)
    assert number(panel, "sent") == sink.count() > left
    assert nobody_twice(sink)


def test_the_rest_is_cancelled_after_one_question(lab: Lab, page: Page, sink: SmtpSink, shoot) -> None:
    _notebook, panel = opened(lab, page, sink)
    confirm(panel)
    sink.wait_for(2)
    press(panel, "cancel")
    expect(panel.locator(".pw-send-question")).to_contain_text("Annuler les")
    shoot(page, "asking")
    page.wait_for_timeout(600)
    press(panel, "yes")
    expect(panel).to_contain_text("Le reste de ce publipostage a été annulé.", timeout=30_000)
    assert number(panel, "sent") == sink.count()
    shoot(page, "cancelled")


def test_a_list_that_changed_since_it_was_shown_is_not_sent(lab: Lab, page: Page, sink: SmtpSink, shoot) -> None:
    notebook, panel = opened(
        lab, page, sink, 'practice.opt_out(mailing.recipients.query("reason == \'\'")["address"].iloc[-1])'
    )
    before = panel.locator("[data-name=confirm]").inner_text()
    notebook.run(2)
    confirm(panel)
    expect(panel.get_by_role("alert")).to_contain_text("La liste a changé")
    assert panel.locator("[data-name=confirm]").inner_text() != before
    assert sink.count() == 0
    shoot(page, "changed")


def test_a_double_click_does_not_answer_the_question_it_opened(lab: Lab, page: Page, sink: SmtpSink) -> None:
    _notebook, panel = opened(lab, page, sink)
    button = panel.locator("[data-name=confirm]")
    expect(button).to_be_enabled()
    box = button.bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + box["width"] - 20, box["y"] + box["height"] / 2)
    expect(panel.locator(".pw-send-question")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    assert sink.count() == 0


def test_keys_on_the_buttons_stay_in_the_panel(lab: Lab, page: Page, sink: SmtpSink) -> None:
    notebook, panel = opened(lab, page, sink)
    expect(panel.locator("[data-name=confirm]")).to_be_enabled()
    panel.locator("[data-name=confirm]").focus()
    for key in ("a", "b", "x", "d", "d", "Enter", "Escape"):
        page.keyboard.press(key)
    assert notebook.panel.locator(".jp-Cell").count() == 2
    page.keyboard.press("Control+Enter")
    expect(panel.locator(".pw-send-question")).to_be_visible()
    assert sink.count() == 0


def test_a_cell_that_waits_hears_the_clicks_and_an_interrupt_pauses(lab: Lab, page: Page, sink: SmtpSink) -> None:
    notebook, panel = opened(lab, page, sink, "panel.wait()", "panel.status")
    notebook.wait_for_subshell()
    notebook.run(2, wait=False)
    page.wait_for_timeout(500)
    confirm(panel)
    sink.wait_for(2)
    notebook.interrupt()
    notebook.wait_until_idle()
    assert "KeyboardInterrupt" in notebook.text(2)
    expect(panel.locator("[data-name=resume]")).to_be_visible()
    assert number(panel, "in_doubt") == 0
    notebook.run(3)
    assert "paused" in notebook.text(3)
    notebook.run(2, wait=False)
    notebook.wait_until_idle()
    assert notebook.text(2) == "True"


def test_two_panels_of_one_mailing_agree(lab: Lab, page: Page, sink: SmtpSink) -> None:
    notebook, panel = opened(lab, page, sink, "another = mailing.send()")
    notebook.run(2)
    other = notebook.cell(2).locator(".pw-send")
    confirm(panel)
    sink.wait_for(2)
    expect(other).to_contain_text("en cours d’envoi ailleurs", timeout=15_000)
    press(other, "pause")
    expect(panel.locator("[data-name=resume]")).to_be_visible(timeout=30_000)
    expect(other.locator(".pw-send-cards")).to_be_visible(timeout=30_000)
    assert number(panel, "sent") == sink.count()
    expect(other.locator(".pw-send-card[data-state=sent] b")).to_have_text(str(sink.count()), timeout=10_000)


def test_a_sending_in_a_cell_shows_its_numbers_and_an_interrupt_leaves_the_rest(
    lab: Lab, page: Page, sink: SmtpSink, shoot
) -> None:
    lab.write(
        "direct.ipynb",
        OPEN.format(workspace=str(sink.folder.parent / "cabinet")),
        MAILING.partition("\npanel")[0],
        "results = mailing.send(confirmed=True)",
    )
    notebook = lab.open(page, "direct.ipynb")
    notebook.run(0)
    notebook.run(1)
    notebook.run(2, wait=False)
    sink.wait_for(3)
    expect(notebook.output(2).first).to_contain_text("Envoyés")
    notebook.interrupt()
    notebook.wait_until_idle()
    told = notebook.text(2)
    assert "KeyboardInterrupt" in told
    assert f"Envoyés {sink.count()}" in told
    shoot(page, "interrupted")
    notebook.run(2)
    assert "En attente" not in notebook.text(2)
    assert nobody_twice(sink)
    assert sink.count() > 30


ELSEWHERE = "import os, time\nos.environ['TZ'] = 'America/New_York'\ntime.tzset()\n"
LONG = MAILING.replace('end="tomorrow"', 'end="J+9"')


def controls(panel: Locator) -> list[str]:
    """Return the names of the panel's controls, as a screen reader says them; an unnamed one is empty."""
    return panel.page.evaluate(
        """(panel) => [...panel.querySelectorAll("button, select, input")].map((control) =>
             control.getAttribute("aria-label") || control.labels?.[0]?.textContent || control.textContent)""",
        panel.element_handle(),
    )


def test_the_time_to_take_it_back_is_chosen_read_held_and_used(
    lab: Lab, page: Page, sink: SmtpSink, use_theme, shoot
) -> None:
    workspace = str(sink.folder.parent / "cabinet")
    lab.write("undo.ipynb", ELSEWHERE + OPEN.format(workspace=workspace), LONG, "practice.results(mailing)")
    notebook = lab.open(page, "undo.ipynb")
    notebook.run(0)
    notebook.run(1)
    panel = notebook.cell(1).locator(".pw-send")
    chosen = panel.get_by_label("Départ")
    expect(chosen).to_have_value("0")
    chosen.select_option("dans 5 minutes")
    shoot(page, "chosen")
    expect(chosen).to_have_value("5")
    press(panel, "confirm")
    expect(panel.locator(".pw-send-question")).to_contain_text("5 minutes")
    page.wait_for_timeout(600)
    press(panel, "yes")
    waits = panel.locator(".pw-send-waiting")
    expect(waits).to_be_visible(timeout=30_000)
    leaves = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(minutes=5)
    told = {f"{leaves - timedelta(minutes=minutes):%H:%M}" for minutes in (0, 1)}
    assert any(time in waits.inner_text() for time in told)
    press(panel, "rows")
    rows = panel.locator("tbody tr")
    expect(rows).to_have_count(50)
    assert panel.locator("thead th").all_inner_texts() == ["Destinataire", "Adresse"]
    inside = "(table) => table.getBoundingClientRect().right <= table.closest('.pw-send').getBoundingClientRect().right"
    assert panel.locator("table").evaluate(inside)
    shoot(page, "waiting")
    page.set_viewport_size({"width": 760, "height": 900})
    assert panel.locator("table").evaluate(inside)
    shoot(page, "narrow")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert "" not in [name.strip() for name in controls(panel)]
    name = rows.last.locator("td").first.inner_text()
    page.get_by_label("Nom ou adresse").press_sequentially(name.lower(), delay=20)
    expect(rows).not_to_have_count(50)
    assert name in rows.first.inner_text()
    expect(page.get_by_label("Nom ou adresse")).to_be_focused()
    shoot(page, "found")
    page.keyboard.press("Tab")
    expect(panel.locator(".pw-send-rows tbody button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("Personne ne correspond.")
    press(panel, "rows")
    # The question stops the time, and going back lets it go on.
    press(panel, "cancel")
    expect(panel).to_contain_text("En pause")
    expect(waits).to_have_count(0)
    question = panel.locator(".pw-send-question")
    expect(question).to_contain_text("Annuler les")
    expect(question).to_be_focused()
    expect(question).to_be_in_viewport(ratio=1)
    shoot(page, "held")
    page.keyboard.press("Escape")
    expect(waits).to_be_visible()
    press(panel, "cancel")
    expect(panel).to_contain_text("En pause")
    page.wait_for_timeout(600)
    press(panel, "yes")
    expect(panel).to_contain_text("Le reste de ce publipostage a été annulé.", timeout=30_000)
    assert sink.count() == 0
    assert number(panel, "cancelled") > 50
    notebook.run(2)
    queued = "|".join(f"{leaves - timedelta(minutes=minutes):%d/%m/%Y %H:%M}" for minutes in (5, 6))
    expect(notebook.output(2).first).to_contain_text(re.compile(queued))
    shoot(page, "cancelled")
    use_theme(page, "dark")
    shoot(page, "cancelled-dark")
    use_theme(page, "light")
