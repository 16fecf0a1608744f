"""One patient in a real browser: found by a few letters, completed, written to, the message read as it left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab
from tests.browser.test_send_panel import confirm

DESK = """
import workbench as wb
practice = wb.open({workspace!r})
practice.set_departures(undo_minutes=0)
desk = practice.desk()
desk.view
"""


def test_somebody_is_found_written_to_and_the_message_read_again(
    lab: Lab, page: Page, shoot: Callable[..., Path]
) -> None:
    lab.write("patient.ipynb", DESK.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, "patient.ipynb", alone=True)
    notebook.run(0)
    cell = notebook.cell(0)
    refresh = cell.locator(".pw-day").get_by_role("button", name="Actualiser")
    expect(refresh).to_be_visible()
    refresh.focus()
    page.keyboard.press("Control+k")
    box = cell.locator(".pw-desk-bar").get_by_role("combobox")
    expect(box).to_be_focused()
    before = refresh.bounding_box()
    page.keyboard.type("aubry nath")
    expect(cell.get_by_role("option", name="AUBRY Nathan")).to_be_visible()
    assert refresh.bounding_box() == before  # the list is laid over the page
    cell.get_by_role("option", name="AUBRY Nathan").hover(timeout=5_000)  # nothing covers it
    shoot(page, "found")
    page.keyboard.press("Enter")
    view = cell.locator(".pw-patient")
    expect(view.get_by_role("heading", name="AUBRY Nathan")).to_be_focused()
    view.get_by_role("button", name="Rappel de rendez-vous").click()
    expect(cell.locator(".pw-patient-name")).to_contain_text("AUBRY Nathan")
    letter = cell.locator(".pw-message-preview .pw-letter")
    expect(letter.locator(".pw-letter-head")).to_contain_text("emilie.aubry@courriel.example")
    shoot(page, "written", whole=True)
    confirm(cell.locator(".pw-send").first)
    expect(cell.locator(".pw-send-card[data-state=sent] b").first).to_have_text("1")
    shoot(page, "sent", whole=True)
    view.get_by_role("tab", name="Emails envoyés").click()
    row = view.locator("button.pw-patient-one").first
    expect(row).to_contain_text("Envoyé")
    expect(row).to_contain_text("Votre rendez-vous")
    row.click()
    expect(view.locator(".pw-letter-head")).to_contain_text("emilie.aubry@courriel.example")
    expect(view).to_contain_text("À l’octet près")
    shoot(page, "history")
    with page.expect_download() as printed:
        view.get_by_role("button", name="Imprimer").click()
    assert Path(printed.value.path()).read_bytes()[:4] == b"%PDF"
    view.get_by_role("button", name="Supprimer…").click()
    page.keyboard.type("erreur de destinataire")
    page.keyboard.press("Enter")
    expect(view).to_contain_text("Rien n’a encore été envoyé")
    assert "emilie" not in str(notebook.saved())


def test_the_file_is_completed_in_place(
    lab: Lab, page: Page, shoot: Callable[..., Path], minded: Callable[..., list[str]]
) -> None:
    cells = ["practice.patient_mail('2202')", "practice.patients.show('2202')['guardians'][0].get('email')"]
    lab.write("fiche.ipynb", DESK.format(workspace=str(lab.workspace)).replace("desk.view", ""), *cells)
    notebook = lab.open(page, "fiche.ipynb", alone=True)
    notebook.run(0)
    notebook.run(1)
    view = notebook.cell(1).locator(".pw-patient")
    view.get_by_role("tab", name="Fiche").click()
    address = view.locator("[data-person=R2203] [data-column=email]")
    address.fill("olivier@")
    address.press("Tab")
    expect(view.get_by_role("alert")).to_be_visible()
    expect(address).to_have_value("olivier@")
    address.fill("olivier.plus@courriel.example")
    address.press("Tab")
    expect(view.get_by_text("Enregistré")).to_be_visible()
    expect(view.get_by_role("alert")).to_be_hidden()
    shoot(page)
    for part in ("Fiche", "Emails envoyés", "Nouveau message"):
        view.get_by_role("tab", name=part).click()
        assert minded(page) == [], part
    notebook.run(2)
    assert "olivier.plus@courriel.example" in notebook.text(2)


def test_what_was_being_written_is_found_again_after_the_kernel(
    lab: Lab, page: Page, shoot: Callable[..., Path]
) -> None:
    cell = "practice.patient_mail('2202')"
    lab.write("brouillon.ipynb", DESK.format(workspace=str(lab.workspace)).replace("desk.view", cell))
    notebook = lab.open(page, "brouillon.ipynb", alone=True)
    notebook.run(0)
    view = notebook.cell(0).locator(".pw-patient")
    view.get_by_role("button", name="Texte libre").click()
    subject = notebook.cell(0).get_by_role("textbox", name="Objet", exact=True)
    subject.click()
    page.keyboard.type("Vos radios du mois")
    view.get_by_role("tab", name="Emails envoyés").click()
    unsent = notebook.cell(0).locator(".pw-patient-unsent")
    expect(unsent).to_contain_text("n’est pas encore parti")
    notebook.restart()
    notebook.run(0)
    expect(unsent).to_contain_text("n’est pas encore parti", timeout=30_000)
    shoot(page)
    assert serious(page) == []
    unsent.get_by_role("button", name="Reprendre").press("Enter")
    expect(notebook.cell(0).get_by_role("textbox", name="Objet", exact=True)).to_contain_text("Vos radios du mois")
    expect(unsent).to_be_hidden()
    assert "radios" not in str(notebook.saved())
