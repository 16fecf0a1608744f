"""An account made from an address and a password, tried stage by stage on a real server, and removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.jupyter import Lab, Notebook
from tests.servers.chaos_smtp import ChaosServer

SECRET = "s3cr3t-of-the-practice"

CELL = """
import workbench as wb
from workbench.widgets.settings_page import SettingsPage
practice = wb.open({workspace!r})
page = SettingsPage(practice)
page
"""


def opened(lab: Lab, page: Page, name: str) -> Notebook:
    lab.write(name, CELL.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, name, alone=True)
    notebook.run(0)
    return notebook


def test_an_account_is_made_tried_and_removed(
    lab: Lab, page: Page, shoot: Callable[..., Path], use_theme: Callable[[Page, str], None]
) -> None:
    notebook = opened(lab, page, "comptes.ipynb")
    screen = notebook.cell(0).locator(".pw-accounts")
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
