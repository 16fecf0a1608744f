"""A signature written round its marker: with a field and a logo, seen as it looks, saved, duplicated, exported."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

import workbench as wb
from tests.browser.jupyter import Lab

CELL = """
import workbench as wb
from workbench.widgets.settings_page import SettingsPage
practice = wb.open({workspace!r})
page = SettingsPage(practice)
page.open(part="signatures")
page
"""


def logo() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (120, 40), (29, 91, 191)).save(made, "PNG")
    return made.getvalue()


def test_a_signature_is_written_round_its_marker(
    lab: Lab, page: Page, shoot: Callable[..., Path], use_theme: Callable[[Page, str], None], tmp_path: Path
) -> None:
    lab.write("signatures.ipynb", CELL.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, "signatures.ipynb", alone=True)
    notebook.run(0)
    screen = notebook.cell(0).locator(".pw-signatures")
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
