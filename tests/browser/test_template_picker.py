"""What an email type asks once for everybody, at the desk: proposed, answered, read in the letter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.jupyter import Lab

DESK = """
import workbench as wb
from workbench.domain.templates import Template
practice = wb.open({workspace!r})
template = Template(label="Fermeture d’essai", folder="Essais", subject="Fermeture du cabinet", purpose="closing",
                    html="<p>Le cabinet sera fermé du @FERMDU au @FERMAU. {{{{ REMPLTEL|default('') }}}} @TEXTE</p>")
practice.ledger.library.save_template(template, by="claire", now=practice.now())
desk = practice.desk(start="tomorrow", end="tomorrow", template="Essais/Fermeture d’essai")
desk.template
"""


def test_the_days_of_a_closure_are_proposed_and_answered(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    lab.write("fermeture.ipynb", DESK.format(workspace=str(lab.workspace)), "desk.mailing.preview(0).text")
    notebook = lab.open(page, "fermeture.ipynb")
    notebook.run(0)
    form = notebook.cell(0).locator(".pw-picker-asked")
    day = form.locator("[data-code=FERMDU]")
    expect(day).not_to_have_value("")
    day.fill("2030-12-24")
    form.locator("[data-code=TEXTE]").fill("Joyeuses fêtes !")
    form.locator("[data-code=TEXTE]").blur()
    shoot(page)
    notebook.wait_until_idle()
    notebook.run(1)
    assert "mardi 24 décembre 2030" in notebook.text(1)
    assert "Joyeuses fêtes" in notebook.text(1)
