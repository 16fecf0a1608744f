"""An email type is written at the desk: fields at the caret, the message of a patient beside it, saved as a version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab

PATIENT = 40_000  # milliseconds, on a busy machine

EDITING = """
import workbench as wb
practice = wb.open({workspace!r})
editing = practice.template_editor("Rendez-vous/Rappel de rendez-vous")
editing
"""


def test_an_email_type_is_written_and_saved(
    lab: Lab, page: Page, shoot: Callable[..., Path], use_theme: Callable[[Page, str], None]
) -> None:
    lab.write("ecrire.ipynb", EDITING.format(workspace=str(lab.workspace)), "print(editing.draft.subject)")
    notebook = lab.open(page, "ecrire.ipynb")
    notebook.run(0)
    cell = notebook.cell(0)
    fields, letter = cell.locator(".pw-field-picker"), cell.locator(".pw-letter")
    subject = letter.locator(".pw-letter-subject")
    expect(subject).to_contain_text("rendez-vous", timeout=PATIENT)
    expect(fields.locator(".pw-fields-whose")).to_contain_text("Valeurs de", timeout=PATIENT)
    person = fields.locator(".pw-fields-whose").inner_text()
    shoot(page, "first")
    assert serious(page, ".pw-field-picker", ".pw-message-preview", ".pw-saving-bar") == []

    # A field goes to the caret by a click, and the preview follows.
    editor = cell.locator(".pw-template-editor")
    editor.locator("[contenteditable=true]").first.click()
    page.keyboard.press("End")
    page.keyboard.type(" pour ")
    fields.get_by_role("searchbox").fill("prenom patient")
    fields.get_by_role("searchbox").press("Enter")
    first = fields.locator('[data-code="PPRENOM"] .pw-fields-example').inner_text()
    expect(subject).to_contain_text(f"pour {first}", timeout=PATIENT)
    expect(cell.locator(".pw-saving-said")).to_contain_text("Pas encore enregistré", timeout=PATIENT)
    shoot(page, "written")

    # The next patient, with their own values.
    letter_side = cell.locator(".pw-message-preview")
    letter_side.get_by_role("button", name="Message suivant").click()
    expect(fields.locator(".pw-fields-whose")).not_to_have_text(person, timeout=PATIENT)
    expect(subject).not_to_contain_text(f"pour {first}", timeout=PATIENT)

    # A field that nobody knows is told where it is.
    page.keyboard.press("Escape")
    editor.locator("[contenteditable=true]").first.click()
    page.keyboard.press("End")
    page.keyboard.type(" @PNON ")
    expect(editor).to_contain_text("@PNOM ?", timeout=PATIENT)
    shoot(page, "finding")
    for _count in range(len(" @PNON ")):
        page.keyboard.press("Backspace")
    expect(editor).not_to_contain_text("@PNOM ?", timeout=PATIENT)

    cell.locator(".pw-saving-reason").fill("plus personnel")
    cell.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(cell.locator(".pw-saving-said")).to_contain_text("version 2", timeout=PATIENT)
    use_theme(page, "dark")
    shoot(page, "dark")
    notebook.run(1)
    assert "@PPRENOM" in notebook.text(1)
    # Nothing of a patient is saved with the notebook (P12).
    saved = str(notebook.saved())
    assert person.removeprefix("Valeurs de ") not in saved
    assert "@poste.example" not in saved


def test_a_field_of_one_s_own_is_made_while_writing(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    lab.write("champ.ipynb", EDITING.format(workspace=str(lab.workspace)), "print(editing.draft.html)")
    notebook = lab.open(page, "champ.ipynb")
    notebook.run(0)
    cell = notebook.cell(0)
    fields = cell.locator(".pw-field-picker")
    expect(cell.locator(".pw-letter-subject")).to_contain_text("rendez-vous", timeout=PATIENT)
    cell.locator(".pw-template-editor [contenteditable=true]").first.click()
    page.keyboard.press("End")
    fields.get_by_role("tab", name="Champs particuliers").click()
    fields.get_by_role("button", name="+ Nouveau champ particulier").click()
    for column, text in (("Enfant de sexe féminin", "la petite"), ("Adulte de sexe féminin", "Mme"),
                         ("Enfant de sexe masculin", "le petit"), ("Adulte de sexe masculin", "M."),
                         ("Inconnu, ou autre", "la patiente ou le patient")):  # fmt: skip
        fields.get_by_label(column).fill(text)
    expect(fields.locator(".pw-fields-reads")).to_contain_text("Pour ", timeout=PATIENT)
    shoot(page, "form")
    assert serious(page, ".pw-field-picker") == []
    fields.get_by_role("button", name="Enregistrer et insérer").click()
    chip = fields.locator('[data-code="PART_01"]')
    expect(chip).to_be_visible(timeout=PATIENT)
    expect(chip.locator(".pw-fields-example")).not_to_have_text("pas de valeur", timeout=PATIENT)
    said = chip.locator(".pw-fields-example").inner_text()
    expect(cell.locator(".pw-letter-subject")).to_contain_text(said, timeout=PATIENT)
    shoot(page, "made")
