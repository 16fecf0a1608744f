"""The results at the desk: a mailing with a refused and an uncertain message, settled, looked at, taken out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab
from tests.journeys.smtp_sink import serving
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
PATIENT = 40_000  # milliseconds, on a busy machine

RESULTS = """
import workbench as wb
practice = wb.open({workspace!r})
desk = practice.desk()
desk.go("results")
desk
"""


def send(workspace: Path, folder: Path) -> None:
    """Send tomorrow's reminders to a server that refuses one address and loses the reply to another."""
    with open_practice(workspace, user="claire") as practice:
        rows = practice.search("appointments", start="J+1", end="J+3", state="upcoming")
        found = practice.mailing(rows, REMINDER, account="catcher").addressees()
        addresses = sorted(set(found["address"][found["reason"] == ""]))
        with serving(folder, refuse=(addresses[0],), lose=(addresses[1],)) as sink:
            practice.accounts.set(
                "secretariat", email="secretariat@exemple.test", host="127.0.0.1", port=sink.port, security="none"
            )
            practice.mailing(rows, REMINDER, account="secretariat").send(confirmed=True)


def test_a_mailing_is_looked_through_and_settled(
    lab: Lab, page: Page, shoot: Callable[..., Path], use_theme: Callable[[Page, str], None], tmp_path: Path
) -> None:
    send(lab.workspace, tmp_path / "sink")
    lab.write("resultats.ipynb", RESULTS.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, "resultats.ipynb")
    notebook.run(0)
    root = notebook.cell(0).locator(".pw-results-page")
    line = root.locator(".pw-results-list tbody tr")
    expect(line).to_have_count(1, timeout=PATIENT)
    expect(line).to_contain_text("Échecs")
    shoot(page, "list")
    assert serious(page, ".pw-results-page") == []

    # Charts that were asked for are there again after another page.
    cell = notebook.cell(0)
    pages = cell.get_by_role("navigation", name="Pages")
    root.get_by_role("button", name="Graphiques").click()
    for name in ("Ma journée", "Résultats"):
        pages.get_by_role("button", name=name).click()
    expect(root.locator(".pw-results-chart img")).to_be_visible(timeout=PATIENT)
    root.get_by_role("button", name="Graphiques").click()

    # One click on « Ma journée » leads to what is uncertain, and stands on its decision.
    cell.get_by_role("button", name="Ma journée").click()
    cell.locator("[data-line^='doubt:']").click(timeout=PATIENT)
    decide = root.get_by_role("button", name="Considérer comme envoyé")
    expect(decide).to_be_focused(timeout=PATIENT)
    expect(root.locator(".pw-results-card[data-state=in_doubt]")).to_have_attribute("aria-pressed", "true")
    root.get_by_role("button", name="← Tous les publipostages").click()

    # Opened by the keyboard, on those who need a person.
    line.locator(".pw-results-name").focus()
    page.keyboard.press("Enter")
    rows = root.locator(".pw-results-rows tbody tr")
    expect(rows.first).to_contain_text("Envoi incertain", timeout=PATIENT)
    expect(rows.nth(1)).to_contain_text("550")
    shoot(page, "mailing")
    assert serious(page, ".pw-results-page") == []

    # What there is to do about a row is in sight however narrow the page is.
    scroll = rows.first.locator("xpath=ancestor::*[contains(@class, 'pw-results-scroll')]")
    for width in (1440, 1000, 700):
        page.set_viewport_size({"width": width, "height": 900})
        expect(rows.first.get_by_role("button", name="Voir")).to_be_visible()
        assert scroll.evaluate("box => box.scrollWidth <= box.clientWidth"), width
        assert serious(page, ".pw-results-page") == []
    shoot(page, "narrow")
    page.set_viewport_size({"width": 1440, "height": 900})

    uncertain = root.locator(".pw-results-card[data-state=in_doubt] b")
    expect(uncertain).to_have_text("1")
    rows.first.get_by_role("button", name="Considérer comme envoyé").click()
    root.get_by_role("button", name="Oui").click()
    expect(root.locator(".pw-results-one .pw-results-said")).to_contain_text("compte comme envoyé", timeout=PATIENT)
    expect(uncertain).to_have_text("0")

    # The very message, as it left.
    root.locator(".pw-results-card[data-state=sent]").click()
    expect(rows.first).to_contain_text("Envoyé", timeout=PATIENT)
    rows.first.get_by_role("button", name="Voir").click()
    expect(root.locator(".pw-letter-subject")).to_contain_text("rendez-vous", timeout=PATIENT)
    shoot(page, "message")
    rows.first.get_by_role("button", name="Fermer").click()

    # The rows that are shown, as a file.
    root.locator(".pw-results-card[data-state=failed]").click()
    expect(rows).to_have_count(1, timeout=PATIENT)
    with page.expect_download() as coming:
        root.get_by_role("button", name="Exporter CSV").click()
    content = Path(coming.value.path()).read_text("utf-8-sig").splitlines()
    assert len(content) == 2
    assert "550" in content[1]

    root.get_by_role("button", name="Graphiques").click()
    expect(root.locator(".pw-results-chart img")).to_be_visible(timeout=PATIENT)
    root.get_by_role("button", name="Analyser dans le notebook").click()
    expect(root.locator(".pw-results-code")).to_contain_text("practice.results(")
    use_theme(page, "dark")
    shoot(page, "dark")
    assert serious(page, ".pw-results-page") == []

    root.get_by_role("button", name="← Tous les publipostages").click()
    expect(line.locator(".pw-results-name")).to_be_focused(timeout=PATIENT)
    # Nothing of a patient is saved with the notebook (P12).
    assert "@" not in str(notebook.saved()["cells"][0]["outputs"]).replace("@jupyter", "")
