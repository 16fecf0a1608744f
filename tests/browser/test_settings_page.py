"""« Paramétrage » at a real browser: its three parts, without a mouse, in both themes, readable by a screen reader."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

import workbench as wb
from tests.browser.jupyter import Lab, Notebook
from tests.servers.chaos_smtp import ChaosServer

SECRET = "s3cr3t-of-the-practice"

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
def test_a_part_has_no_serious_fault_for_a_screen_reader(
    lab: Lab, page: Page, minded: Callable[..., list[str]], part: str
) -> None:
    screen = opened(lab, page, part)
    expect(screen.locator("h4").first).to_be_visible()
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
    assert minded(page, f".pw-{part}") == []


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


def test_an_account_is_made_tried_and_removed(
    lab: Lab, page: Page, shoot: Callable[..., Path], use_theme: Callable[[Page, str], None]
) -> None:
    screen = opened(lab, page, "accounts")
    notebook = Notebook(page, lab.workspace / "notebooks/accounts.ipynb")
    expect(screen.locator(".pw-account-one")).to_have_count(1)
    shoot(page, "liste")
    screen.get_by_role("button", name="Ajouter un compte").click()
    screen.get_by_label("Adresse e-mail").fill("cabinet.durand@laposte.net")
    expect(screen.locator(".pw-account-proposal")).to_contain_text("smtp.laposte.net")
    shoot(page, "laposte")
    screen.get_by_label("Adresse e-mail").fill("rdv@cabinet-durand.example")
    expect(screen.get_by_label("Fournisseur")).to_be_visible()
    shoot(page, "inconnu")
    screen.get_by_label("Nom du compte").fill("secrétariat")
    screen.get_by_label("Mot de passe", exact=True).fill(SECRET)
    with ChaosServer(users={"rdv": SECRET}, mechanisms=("PLAIN",)) as server:
        screen.get_by_role("button", name="Serveur et identification").click()
        screen.get_by_label("Serveur", exact=True).fill("127.0.0.1")
        screen.get_by_label("Port", exact=True).fill(str(server.port))
        screen.get_by_label("Sécurité").select_option("none")
        screen.get_by_label("Utilisateur").fill("rdv")
        shoot(page, "serveur")
        screen.get_by_role("button", name="Enregistrer et tester").click()
        expect(screen.locator(".pw-trial-verdict")).to_contain_text("✓", timeout=20_000)
        expect(screen.locator(".pw-trial-stage[data-state=passed]")).to_have_count(4)
        expect(screen.get_by_label("Mot de passe", exact=True)).to_have_value("")
        screen.get_by_label("Envoyer un message").check()
        screen.get_by_role("button", name="Tester", exact=True).click()
        expect(screen.locator(".pw-trial-stage[data-state=passed]")).to_have_count(5, timeout=20_000)
        shoot(page, "bon")
        assert server.recipients == ["rdv@cabinet-durand.example"]
        screen.get_by_label("Mot de passe", exact=True).fill("not-the-password")
        screen.get_by_role("button", name="Enregistrer et tester").click()
        expect(screen.locator(".pw-trial-verdict")).to_contain_text("✕", timeout=20_000)
        use_theme(page, "dark")
        shoot(page, "refus")
    screen.get_by_text("Rapport pour l’assistance").click()
    report = screen.locator(".pw-trial pre").inner_text()
    assert "not-the-password" not in report
    expect(screen.locator(".pw-account-one[aria-current=true]")).to_contain_text("✕")
    assert SECRET not in json.dumps(notebook.content())
    assert SECRET not in json.dumps(notebook.saved())
    screen.get_by_role("button", name="Supprimer ce compte").click()
    page.keyboard.press("Escape")
    expect(screen.locator(".pw-account-one")).to_have_count(2)
    screen.get_by_role("button", name="Supprimer ce compte").click()
    screen.get_by_role("button", name="Supprimer", exact=True).click()
    expect(screen.locator(".pw-account-one")).to_have_count(1)


def logo() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (120, 40), (29, 91, 191)).save(made, "PNG")
    return made.getvalue()


def test_a_signature_is_written_round_its_marker(
    lab: Lab, page: Page, shoot: Callable[..., Path], use_theme: Callable[[Page, str], None], tmp_path: Path
) -> None:
    screen = opened(lab, page, "signatures")
    expect(screen.locator(".pw-signature-one")).to_have_count(5)
    expect(screen.locator(".pw-signature-frame")).to_be_visible()
    expect(screen.get_by_text("Le corps du message vient ici")).to_be_visible()
    small = screen.locator(".pw-signature-small iframe")
    expect(small).to_have_count(5)
    expect(small.last.content_frame.get_by_text("Le secrétariat")).to_be_visible()
    shoot(page, "liste")
    screen.get_by_role("button", name="Nouvelle signature").click()
    screen.get_by_label("Libellé de la signature").fill("Accueil")
    below = screen.get_by_role("textbox", name="Après le message (signature)", exact=True)
    below.click()
    page.keyboard.type("À bientôt, @CABN")
    page.keyboard.press("Enter")
    page.keyboard.type(" vous salue.")
    frame = screen.frame_locator(".pw-signature-frame")
    expect(frame.get_by_text("À bientôt, Cabinet")).to_be_visible()
    # The marker is no text: deleting everything leaves it.
    above = screen.get_by_role("textbox", name="Avant le message (en-tête)", exact=True)
    above.click()
    page.keyboard.type("x")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Delete")
    page.keyboard.press("Delete")
    expect(screen.get_by_text("Le corps du message vient ici")).to_be_visible()
    shoot(page, "nouvelle")
    screen.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(screen.get_by_text("✓ La signature « Accueil » est enregistrée.")).to_be_visible()
    use_theme(page, "dark")
    shoot(page, "sombre")
    file = tmp_path / "Image.html"
    file.write_text(
        '---\nlabel: Image\n---\n<div>@CORPS</div>\n<p><img src="logo.png" alt="Logo"></p>\n', encoding="utf-8"
    )
    (tmp_path / "logo.png").write_bytes(logo())
    screen.locator("input[type=file]").first.set_input_files([file, tmp_path / "logo.png"])
    expect(screen.locator(".pw-signature-one")).to_have_count(7)
    with page.expect_download() as given:
        screen.get_by_role("button", name="Exporter").click()
    assert given.value.suggested_filename == "Image.zip"
    screen.get_by_role("button", name="Archiver…").click()
    screen.get_by_role("button", name="Archiver", exact=True).click()
    expect(screen.locator(".pw-signature-one")).to_have_count(6)
    with wb.open(lab.workspace) as practice:
        assert practice.signatures["Accueil"].html == "<div>@CORPS</div><p>À bientôt, @CABNOM vous salue.</p>"
