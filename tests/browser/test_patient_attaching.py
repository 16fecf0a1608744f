"""« Joindre » in a real browser: an image of the album by the keyboard, a file by hand, each asked about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab
from tests.browser.test_send_panel import confirm
from workbench.wiring import open_practice

PATIENT = 40_000  # milliseconds, on a busy machine

WRITING = """
import workbench as wb
practice = wb.open({workspace!r})
practice.set_departures(undo_minutes=0)
writing = practice.patient_mail("2201")
writing.patient.turn("write")
writing.view
"""


def test_an_image_and_a_file_go_along_once_each_is_answered_for(
    lab: Lab, page: Page, shoot: Callable[..., Path]
) -> None:
    lab.write("joindre.ipynb", WRITING.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, "joindre.ipynb", alone=True)
    notebook.run(0)
    cell = notebook.cell(0)
    view = cell.locator(".pw-patient")
    view.get_by_role("button", name="Rappel de rendez-vous").click(timeout=PATIENT)
    letter = cell.locator(".pw-message-preview .pw-letter")
    expect(letter.locator(".pw-letter-head")).to_contain_text("emilie.aubry", timeout=PATIENT)

    # By the keyboard alone: open the list, tick its first image.
    part = cell.locator(".pw-attaching")
    part.get_by_role("button", name="Joindre depuis la fiche").focus()
    page.keyboard.press("Enter")
    rows = part.get_by_role("checkbox")
    expect(rows.first).to_be_focused(timeout=PATIENT)
    expect(part.locator("img").first).to_be_visible(timeout=PATIENT)
    expect(part).to_contain_text("données de santé")
    page.keyboard.press("Space")
    expect(part.get_by_role("status")).to_have_text("1 choisi", timeout=PATIENT)
    assert serious(page, ".pw-attaching") == []
    shoot(page, "chosen", whole=True)

    # It leaves with a reason alone.
    reason = cell.locator(".pw-options [data-name=health_reason]")
    expect(reason).to_be_visible(timeout=PATIENT)
    reason.fill("Demandée par la mère")
    reason.press("Tab")
    expect(cell.locator(".pw-message-preview")).to_contain_text("1 prêt", timeout=PATIENT)

    cell.locator(".pw-options input[type=file]").set_input_files(
        {"name": "acces.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 acces\n%%EOF\n"}
    )
    question = cell.get_by_role("group", name="« acces.pdf » contient-il des données de santé ?")
    expect(question).to_be_visible(timeout=PATIENT)
    expect(cell.locator(".pw-send").first).to_contain_text("Dites d’abord", timeout=PATIENT)
    shoot(page, "asked", whole=True)
    question.get_by_role("radio", name="Non").check()
    assert serious(page, ".pw-options") == []
    confirm(cell.locator(".pw-send").first)
    expect(cell.locator(".pw-send-card[data-state=sent] b").first).to_have_text("1", timeout=PATIENT)

    with open_practice(lab.workspace, user="claire") as practice:
        sent = practice.history("2201").iloc[0]
        message = practice.sent(int(sent["delivery_id"])).message
        assert message is not None
        names = [one.name for one in message.attachments]
        told = practice.ledger.acts.acts(f"mailing:{sent['mailing_id']}")
        (details,) = told[told["what"] == "attachments_told"]["details"]
    assert "acces.pdf" in names
    assert sum(name.endswith((".jpg", ".png")) for name in names) == 1
    assert (len(details["health"]), len(details["none"])) == (1, 1)
    assert "panoramique" not in str(notebook.saved()["cells"][0]["outputs"])
