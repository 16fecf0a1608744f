"""The library of email types as a person uses it: by keyboard, by mouse, written, saved, taken out and brought in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab, Notebook
from workbench.wiring import open_practice

PAGE = """
import workbench as wb
from workbench.widgets.templates_page import TemplatesPage
practice = wb.open({workspace!r})
page = TemplatesPage(practice)
page
"""


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    """Wait for what is to be seen as long as a busy machine may take for it."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def opened(lab: Lab, page: Page, name: str) -> tuple[Notebook, Locator]:
    """Open the library alone in a cell, in front of a person."""
    lab.write(name, PAGE.format(workspace=str(lab.workspace)), "'untouched'")
    notebook = lab.open(page, name, alone=True)
    notebook.run(0)
    library = notebook.cell(0).locator(".pw-templates")
    expect(library.get_by_role("treeitem").first).to_be_visible()
    return notebook, library


def leaf(library: Locator, path: str) -> Locator:
    return library.locator(f'[role=treeitem][data-path="{path}"]')


def written(notebook: Notebook) -> Locator:
    """Return the text that is being written, once it is shown."""
    text = notebook.cell(0).get_by_role("textbox", name="Message")
    expect(text).to_contain_text("Formule d'appel")
    return text


def test_an_email_type_is_made_renamed_and_archived_by_keyboard(
    lab: Lab, page: Page, shoot: Callable[..., Path]
) -> None:
    notebook, library = opened(lab, page, "clavier.ipynb")
    library.get_by_role("button", name="Nouveau…").press("Enter")
    form = library.locator(".pw-small-form")
    expect(form.get_by_label("Libellé")).to_be_focused()
    page.keyboard.type("Dd")  # twice d deletes a cell, where the notebook hears it
    form.get_by_label("Dossier").fill("Essais")
    page.keyboard.press("Enter")
    expect(library.locator(".pw-details h3")).to_have_text("Dd")
    leaf(library, "Essais/Dd").focus()
    page.keyboard.press("F2")
    shoot(page, "form")
    form.get_by_label("Libellé").fill("Bonjour")
    page.keyboard.press("Enter")
    expect(leaf(library, "Essais/Bonjour")).to_be_visible()
    leaf(library, "Essais/Bonjour").focus()
    page.keyboard.press("Delete")
    expect(library.locator(".pw-ask")).to_contain_text("Archiver « Essais/Bonjour » ?")
    library.locator(".pw-ask").get_by_role("button", name="Archiver").press("Enter")
    expect(leaf(library, "Essais/Bonjour")).to_have_count(0)
    assert notebook.panel.locator(".jp-Cell").count() == 2
    with open_practice(lab.workspace) as practice:
        assert "Essais/Bonjour" not in practice.templates
        assert "Essais/Bonjour" in practice.templates.to_frame(archived=True)["path"].tolist()


def test_each_view_of_an_email_type_can_be_read_by_everyone(
    lab: Lab, page: Page, shoot: Callable[..., Path], use_theme: Callable[[Page, str], None]
) -> None:
    notebook, library = opened(lab, page, "lire.ipynb")
    notebook.execute(
        "practice.templates.change('Rendez-vous/Rappel de rendez-vous', subject='Votre rendez-vous', reason='court');"
        "practice.templates.change('Confrères/Adressage', html='<p>@PNOMM</p>'); page.open()"
    )
    expect(library.locator('[data-state="Confrères/Adressage"]')).to_contain_text("À corriger", timeout=60_000)
    shoot(page, "overview")
    assert serious(page, ".pw-templates") == []
    leaf(library, "Rendez-vous/Rappel de rendez-vous").click()
    expect(library.locator(".pw-letter-subject")).to_have_text("Votre rendez-vous")
    assert serious(page, ".pw-templates") == []
    for tab, shown in (
        ("Paramétrage", ".pw-settings"),
        ("Versions", ".pw-changes"),
        ("Contrôle", ".pw-found, .pw-found-none"),
    ):
        library.get_by_role("tab", name=tab).click()
        expect(library.locator(shown)).to_be_visible()
        shoot(page, tab)
        assert serious(page, ".pw-templates") == []
    library.get_by_role("tab", name="Versions").click()
    use_theme(page, "dark")
    expect(library.locator(".pw-changes")).to_be_visible()
    assert serious(page, ".pw-templates") == []
    shoot(page, "dark")
    use_theme(page, "light")
    saved = str(notebook.saved())
    assert "Votre rendez-vous" not in saved


def test_an_email_type_is_dragged_into_another_folder_and_found_by_its_text(lab: Lab, page: Page) -> None:
    _notebook, library = opened(lab, page, "glisser.ipynb")
    leaf(library, "Finances/Facture").drag_to(library.locator('[role=treeitem][data-folder="Confrères"]'))
    expect(leaf(library, "Confrères/Facture")).to_be_visible()
    search = library.get_by_role("searchbox")
    search.fill("MUTUELLE")
    expect(leaf(library, "Vie du cabinet/Mutuelle à renouveler")).to_be_visible()
    expect(leaf(library, "Finances/Relance 1")).to_have_count(0)
    search.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(library.locator(".pw-letter-subject")).to_be_visible()


def test_a_text_is_written_and_nobody_s_text_is_written_over(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    notebook, library = opened(lab, page, "ecrire.ipynb")
    notebook.execute("practice.templates.begin('Essais/Mot'); page.open(path='Essais/Mot')")
    library.get_by_role("button", name="Modifier le texte").click()
    text = written(notebook)
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("Merci de votre visite.")
    expect(library.locator(".pw-writing")).to_contain_text("Pas encore enregistré")
    library.get_by_label("Motif").fill("politesse")
    library.get_by_role("button", name="Enregistrer").click()
    expect(library.locator(".pw-writing")).to_contain_text("Enregistré, version 2")
    with open_practice(lab.workspace, user="paul") as practice:
        assert "Merci de votre visite." in practice.templates["Essais/Mot"].html
        assert practice.templates.revisions("Essais/Mot")["reason"][0] == "politesse"
        practice.templates.change("Essais/Mot", subject="Un mot de Paul", reason="urgent")
    text.click()
    page.keyboard.type(" À bientôt.")
    expect(library.locator(".pw-writing")).to_contain_text("Pas encore enregistré")
    library.get_by_role("button", name="Enregistrer").click()
    expect(library.locator(".pw-writing [role=alert]")).to_contain_text("paul a enregistré la version 3")
    expect(library.locator(".pw-changes del").first).to_contain_text("Un mot de Paul")
    shoot(page, "overtaken")
    assert serious(page, ".pw-templates") == []
    library.get_by_role("button", name="← Emails types").click()
    expect(library.locator(".pw-ask")).to_contain_text("n’est pas enregistré")
    library.get_by_role("button", name="Continuer à écrire").click()
    expect(text).to_contain_text("À bientôt.")
    library.get_by_role("button", name="← Emails types").click()
    library.get_by_role("button", name="Y renoncer").click()
    expect(library.locator(".pw-tree")).to_be_visible()
    with open_practice(lab.workspace) as practice:
        assert practice.templates["Essais/Mot"].subject == "Un mot de Paul"


def test_a_library_goes_out_as_a_file_and_an_old_text_comes_in(
    lab: Lab, page: Page, tmp_path: Path, shoot: Callable[..., Path]
) -> None:
    _notebook, library = opened(lab, page, "fichiers.ipynb")
    with page.expect_download() as handed:
        library.get_by_role("button", name="Tout exporter").click()
    archive = tmp_path / handed.value.suggested_filename
    handed.value.save_as(archive)
    assert archive.name == "Emails types.zip"
    library.get_by_role("button", name="Importer…").click()
    chooser = library.locator(".pw-import input[type=file]").first
    chooser.set_input_files(archive)
    expect(library.locator(".pw-import-file")).to_contain_text("Tout ce que contient ce fichier est déjà ici.")
    old = tmp_path / "Ancien rappel.txt"
    old.write_text("Bonjour [FName],\nvotre dossier [Zorglub] vous attend le [ApptDate].", encoding="utf-8")
    chooser.set_input_files(old)
    codes = library.locator(".pw-import-codes")
    codes.get_by_label("[Zorglub] veut dire").select_option("@PDOSSIER")
    codes.get_by_role("button", name="Voir avec ces réponses").click()
    expect(library.frame_locator(".pw-import .pw-letter-frame").first.locator("body")).not_to_contain_text("Zorglub")
    shoot(page)
    assert serious(page, ".pw-templates") == []
    library.locator(".pw-import-file").first.get_by_role("button", name="Enregistrer").click()
    expect(leaf(library, "Ancien rappel")).to_be_visible()


def test_names_and_texts_that_want_to_run_are_read_as_text(lab: Lab, page: Page) -> None:
    notebook, library = opened(lab, page, "hostile.ipynb")
    evil = "<img src=x onerror=window.ran=1>"
    text = f"{evil}<script>window.ran=1</script><p>x</p>"
    notebook.execute(
        "from workbench.domain.templates import Template\n"
        f"practice.ledger.library.save_template(Template(label={evil!r}, folder={evil!r}, subject={evil!r},"
        f" html={text!r}), by={evil!r}, now=practice.now(), reason={evil!r})\n"
        f"page.open(path={evil + '/' + evil!r})"
    )
    expect(library.locator(".pw-details h3")).to_have_text(evil)
    for tab in ("Aperçu", "Paramétrage", "Versions", "Contrôle"):
        library.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(400)
    assert page.evaluate("() => window.ran") is None


def test_a_kernel_that_ends_takes_no_text_along(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    notebook, library = opened(lab, page, "reprise.ipynb")
    notebook.execute("practice.templates.begin('Essais/Reprise'); page.open(path='Essais/Reprise')")
    library.get_by_role("button", name="Modifier le texte").click()
    written(notebook).click()
    page.keyboard.press("Control+End")
    page.keyboard.type("Presque fini.")
    expect(library.locator(".pw-writing")).to_contain_text("Pas encore enregistré")
    notebook.restart()
    notebook.run(0)
    leaf(library, "Essais/Reprise").click()
    expect(library.locator(".pw-unsaved")).to_contain_text("n’est pas encore enregistré")
    library.get_by_role("button", name="Reprendre le texte").click()
    expect(notebook.cell(0).get_by_role("textbox", name="Message")).to_contain_text("Presque fini.")
    expect(library.locator(".pw-writing")).to_contain_text("Repris tel que vous l’aviez laissé")
    shoot(page)
    library.get_by_role("button", name="Enregistrer").click()
    expect(library.locator(".pw-writing")).to_contain_text("Enregistré, version 2")
