"""The guide's example on the desk: missed appointments of the day before, at noon, set up, tried out, saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab
from workbench.wiring import open_practice

PATIENT = 40_000  # milliseconds, on a busy machine

CELL = """
import workbench as wb
practice = wb.open({workspace!r})
desk = practice.desk()
desk
"""


def test_the_guides_example_is_set_up_tried_out_and_saved(
    lab: Lab, page: Page, shoot: Callable[..., Path], use_theme: Callable[[Page, str], None]
) -> None:
    lab.write("programmeur.ipynb", CELL.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, "programmeur.ipynb", alone=True)
    notebook.run(0)
    cell = notebook.cell(0)
    cell.get_by_role("button", name="Programmeur", exact=True).click()
    root = cell.locator(".pw-scheduler")
    expect(root).to_contain_text("Rien n’est encore envoyé", timeout=PATIENT)

    # By keyboard: « Créer », the treatment, and its title.
    root.get_by_role("button", name="Créer +").focus()
    page.keyboard.press("Enter")
    expect(root.get_by_role("button", name="Rendez-vous manqués")).to_be_focused()
    page.keyboard.press("Enter")
    title = root.get_by_label("Intitulé")
    expect(title).to_be_focused(timeout=PATIENT)
    page.keyboard.press("Control+a")
    page.keyboard.type("Rendez-vous manqués de la veille")
    root.get_by_label("Périodicité").select_option("daily")
    root.get_by_label("Heure", exact=True).fill("12:00")
    expect(root.get_by_label("De : jours")).to_have_value("-1")
    expect(root.get_by_label("Email type")).to_have_value("Rendez-vous/Rendez-vous manqué")
    ticks = root.locator(".pw-job-ticks input")
    expect(ticks).not_to_have_count(0)
    for box in ticks.all():
        expect(box).to_be_checked()
    root.get_by_role("button", name="rattraper la dernière seulement").click()
    root.get_by_label("Rattrapé jusqu’à").fill("20:00")
    dates = root.locator(".pw-job-next tbody tr")
    expect(dates).to_have_count(5)
    expect(root.locator(".pw-job-next")).to_contain_text("fermé")
    expect(root.locator(".pw-job-real")).to_contain_text("Jours cherchés à la prochaine exécution")

    # What cannot be is said beside its field, and nothing is saved.
    root.get_by_label("Email type").select_option("Vie du cabinet/Vœux")
    title.fill("")
    root.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(title).to_be_focused()
    expect(root.locator(".pw-job-problem:visible")).to_have_count(1)
    title.fill("Rendez-vous manqués de la veille")
    root.get_by_label("Email type").select_option("Rendez-vous/Rendez-vous manqué")

    # Nobody loses what is typed by looking elsewhere.
    root.get_by_role("button", name="Créer +").click()
    root.get_by_role("button", name="Rappels du prochain jour").click()
    expect(root.locator(".pw-job-leave")).to_contain_text("modifications non enregistrées")
    root.locator(".pw-job-leave").get_by_role("button").first.click()

    root.get_by_label("De : jours").fill("-10")
    root.get_by_role("button", name="Vérifier").click()
    expect(root.locator(".pw-job-trial")).to_contain_text("rien n’a été envoyé", timeout=PATIENT)
    who = cell.locator(".pw-rows-name").first
    expect(who).to_be_visible(timeout=PATIENT)
    name = who.inner_text().strip()
    assert name
    shoot(page, "check")

    # The messages stand under the job: there is a way to them, and one back.
    root.locator(".pw-job-told").get_by_role("button", name="Lire les messages").click()
    heading = cell.get_by_role("heading", name="Le message tel qu’il arrivera")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    shoot(page, "messages")
    cell.get_by_role("button", name="Revenir au traitement").click()
    expect(root.locator(".pw-job-card > h4")).to_be_focused()
    expect(root.locator(".pw-job-card > h4")).to_be_in_viewport()
    root.get_by_label("De : jours").fill("-1")
    root.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(root.locator(".pw-job-saved")).to_contain_text("est enregistré", timeout=PATIENT)
    expect(root.locator(".pw-job-saved")).to_be_in_viewport()
    expect(root.locator(".pw-job-one[aria-current=true]")).to_contain_text("✓ actif")
    page.set_viewport_size({"width": 1440, "height": 900})
    foot = root.locator(".pw-job-foot button")
    expect(foot.first).to_have_text("Supprimer…")
    boxes = [one.bounding_box() for one in foot.all()]
    assert len({round(box["y"] + box["height"] / 2) for box in boxes if box}) == 1, boxes
    saving = root.get_by_role("button", name="Enregistrer", exact=True).bounding_box()
    card = root.locator(".pw-job-foot").bounding_box()
    assert saving
    assert card
    assert saving == boxes[-1]
    assert abs(saving["x"] + saving["width"] - card["x"] - card["width"]) < 2
    page.wait_for_timeout(500)
    assert serious(page, ".pw-scheduler") == []
    shoot(page, "light")

    # Why a patient would be written to is explained beside the job, by whoever answers the telephone.
    root.get_by_role("button", name="Pourquoi un patient").click()
    root.get_by_label("Nom ou numéro de dossier").fill(name)
    page.keyboard.press("Enter")
    conditions = root.locator(".pw-job-why-asked ~ div")
    expect(conditions).to_contain_text("Toutes les conditions", timeout=PATIENT)
    expect(conditions).to_contain_text("si le traitement était exécuté aujourd’hui")
    page.wait_for_timeout(500)
    assert serious(page, ".pw-scheduler") == []
    shoot(page, "why")

    root.get_by_role("button", name="Simuler").click()
    expect(root.locator(".pw-job-told")).to_contain_text("30 derniers jours", timeout=PATIENT)
    root.get_by_role("button", name="Exécuter maintenant").click()
    yes = root.get_by_role("group", name="envoyer").get_by_role("button", name="Exécuter maintenant")
    expect(yes).to_be_visible(timeout=PATIENT)
    shoot(page, "question")
    over, under = yes.bounding_box(), root.get_by_role("button", name="Vérifier").bounding_box()
    assert over
    assert under
    assert over["y"] + over["height"] <= under["y"]  # whoever presses it twice presses no other button
    yes.click(timeout=PATIENT)
    expect(root.locator(".pw-job-last tbody tr")).to_have_count(1, timeout=PATIENT)
    use_theme(page, "dark")
    page.wait_for_timeout(500)
    assert serious(page, ".pw-scheduler") == []
    shoot(page, "dark")

    # What a person reads of others is saved with no notebook.
    assert name not in json.dumps(notebook.saved(), ensure_ascii=False)
    with open_practice(lab.workspace, user="claire") as practice:
        job = practice.jobs["Rendez-vous manqués de la veille"]
        assert (job.recurrence.every, job.late_until, dict(job.asked)["start"]) == ("daily", "20:00", "J-1")
        assert practice.jobs.log(job.key)["state"].tolist() == ["done"]


PREPARED = """
import workbench as wb
practice = wb.open({workspace!r})
asked = {{"search": "appointments", "start": "tomorrow", "end": "J+2", "state": "upcoming"}}
desk = practice.desk()
desk.go("publipostage", **asked, template="Rendez-vous/Rappel de rendez-vous")
desk
"""


def test_a_mailing_that_is_prepared_is_sent_by_itself_as_a_job_and_as_a_notebook(
    lab: Lab, page: Page, shoot: Callable[..., Path]
) -> None:
    form = 'practice.notebook_form("notebooks/scheduled/rappel-de-rendez-vous.ipynb")'
    with open_practice(lab.workspace, user="claire") as practice:
        for key in list(practice.jobs):
            practice.jobs.remove(key)
    lab.write("preparer.ipynb", PREPARED.format(workspace=str(lab.workspace)), form)
    notebook = lab.open(page, "preparer.ipynb")
    notebook.run(0)
    cell = notebook.cell(0)
    foot, root = cell.locator(".pw-steps-foot"), cell.locator(".pw-scheduler")
    foot.get_by_role("button", name="Programmer…").click(timeout=PATIENT)
    expect(foot.locator(".pw-steps-ask")).to_contain_text("Rien ne part")
    shoot(page, "question")
    page.wait_for_timeout(600)  # the second click of a double click answers nothing
    foot.get_by_role("button", name="En traitement automatique").click()
    title = root.get_by_label("Intitulé")
    expect(title).to_have_value("Rappel de rendez-vous", timeout=PATIENT)
    expect(root.get_by_label("Actif")).not_to_be_checked()
    expect(root.get_by_label("De : jours")).to_have_value("1")
    expect(root.locator(".pw-job-next tbody tr")).to_have_count(5)
    expect(root.locator(".pw-job-form")).to_contain_text("Demandé aussi")
    root.get_by_role("button", name="Vérifier").click()
    root.get_by_role("button", name="Activer et enregistrer").click(timeout=PATIENT)
    expect(root.locator(".pw-kept-said")).to_contain_text("est enregistré", timeout=PATIENT)
    expect(root.locator(".pw-job-one[aria-current=true]")).to_contain_text("✓ actif")

    # The same as a notebook, which opens in JupyterLab.
    cell.get_by_role("button", name="Publipostage", exact=True).click()
    foot.get_by_role("button", name="Programmer…").click(timeout=PATIENT)
    expect(foot.locator(".pw-steps-ask")).to_be_visible(timeout=PATIENT)
    page.wait_for_timeout(600)
    foot.get_by_role("button", name="En notebook").click()
    expect(root.get_by_label("Notebook")).to_have_value(
        "notebooks/scheduled/rappel-de-rendez-vous.ipynb", timeout=PATIENT
    )
    last = root.get_by_role("group", name="Paramètres").locator("[data-parameter=end]")
    expect(last).to_have_value("J+2")
    last.fill("bientôt")
    expect(last).to_have_attribute("aria-invalid", "true", timeout=PATIENT)
    last.fill("J+3")
    expect(last).not_to_have_attribute("aria-invalid", "true", timeout=PATIENT)
    shoot(page, "notebook")
    root.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(root.locator(".pw-job-filters")).to_contain_text("Actif (1)", timeout=PATIENT)
    page.wait_for_timeout(500)
    assert serious(page, ".pw-scheduler") == []
    shoot(page, "jobs")
    root.get_by_role("button", name="Ouvrir le notebook").click()
    tabs = page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab")
    expect(tabs.filter(has_text="rappel-de-rendez-vous.ipynb")).to_be_visible(timeout=PATIENT)

    # What it declares is set in a form, and written into a copy.
    tabs.filter(has_text="preparer.ipynb").click()
    notebook.run(1)
    parameters = notebook.cell(1).locator(".pw-notebook-form")
    parameters.locator("[data-parameter=end]").fill("J+4", timeout=PATIENT)
    parameters.locator("[data-parameter=dry_run]").check()
    parameters.get_by_role("button", name="Enregistrer dans une copie").click()
    expect(parameters).to_contain_text("rappel-de-rendez-vous-2.ipynb", timeout=PATIENT)
    page.wait_for_timeout(500)
    assert serious(page, ".pw-notebook-form") == []
    shoot(page, "parameters")

    with open_practice(lab.workspace, user="claire") as practice:
        jobs = {job.treatment: job for job in practice.jobs.values()}
        assert {name: job.active for name, job in jobs.items()} == {"search": True, "notebook": False}
        assert jobs["notebook"].parameters == {"end": "J+3"}
