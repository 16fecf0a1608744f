"""Make the pictures of the README again, of a fresh sample practice: ``python -m tests.browser.pictures``."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUMS
from tests.browser.jupyter import PATIENCE, free_port, served
from workbench.wiring import init_workspace

PICTURES = Path(__file__).parents[2] / ".github/pictures"
_SOMEBODY = "Claire"
_SIZE = {"width": 1180, "height": 720}
_PAGES = {
    "emails-types": ("Emails types", ".pw button"),
    "patient": ("Patient", ".pw input"),
    "resultats": ("Résultats", ".pw-results-title"),
    "parametrage": ("Paramétrage", ".pw button"),
}


def take(page: Page, name: str) -> None:
    """Write the picture of the page as it is now."""
    page.wait_for_timeout(2_500)
    page.screenshot(path=PICTURES / f"{name}.png")


def walk(page: Page) -> None:
    """Go through the desk, and take the picture of each of its pages."""
    page.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    expect(page.get_by_text("Rappels de contrôle à faire")).to_be_visible()
    take(page, "ma-journee")
    page.get_by_role("button", name=re.compile("Préparer l’envoi – Rappels")).first.click()
    body = page.locator(".pw-message-preview:visible").frame_locator("iframe").locator("body")
    expect(body).to_contain_text("rendez-vous")
    take(page, "verification")
    page.get_by_role("button", name=re.compile("^Message")).first.click()
    take(page, "message")
    page.get_by_role("button", name=re.compile("^Recherche")).first.click()
    expect(page.locator(".pw-recipient-table [role=row]").nth(5)).to_be_visible()
    take(page, "recherche")
    sent(page)
    bar = page.locator(".pw-desk-bar")
    for name, (label, there) in _PAGES.items():
        bar.get_by_role("button", name=label, exact=True).click()
        expect(bar.locator("[aria-current=page]").first).to_have_text(label)
        expect(page.locator(f"{there}:visible").first).to_be_visible()
        page.wait_for_timeout(3_000)
        if name == "patient":
            page.wait_for_timeout(2_000)  # the page that opens takes the focus
            bar.get_by_role("combobox").fill("lefevre zoe")
            page.get_by_role("option", name=re.compile("LEFÈVRE Zoé")).first.click()
        take(page, name)


def sent(page: Page) -> None:
    """Send what was looked at, so that there are results."""
    page.get_by_role("button", name=re.compile("Destinataires")).first.click()
    send = page.locator(".pw-send:visible [data-name=confirm]")
    expect(send).to_be_enabled()
    send.click()
    page.wait_for_timeout(600)  # nobody reads a question faster
    page.locator(".pw-send:visible [data-name=yes]").click()
    expect(page.locator(".pw-send-card:visible").first).to_contain_text("Envoyés")


def main() -> None:
    """Serve a sample practice, look at it with the machine's own Chromium, and write the pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, CHROMIUMS)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        os.environ["WORKBENCH_USER"] = _SOMEBODY
        workspace = init_workspace(home / "cabinet", demo=True)
        words = ("app", "--no-browser", "--no-scheduler", "--port", str(free_port()))
        with served(workspace, home, words, WORKBENCH_USER=_SOMEBODY) as app:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(locale="fr-FR", viewport=_SIZE)
            page.goto(f"{app.url}/?token={app.token}")
            walk(page)
            browser.close()


if __name__ == "__main__":
    main()
