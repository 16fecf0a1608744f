"""Searches of every kind on the desk, as a person sees and uses them in JupyterLab."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import Notebook

OPENING = (
    "import workbench as wb\npractice = wb.open()\npractice.save_search('Impayés anciens', 'unpaid', overdue_by=60)"
)
DESK = "desk = practice.desk('unpaid', template='Finances/Relance 1')\ndesk.search"
TABLE = "desk.recipients"
TOLD = "print(desk.search.name, desk.search.values, len(desk.frame))"


@pytest.fixture
def notebook(lab, page) -> Notebook:
    lab.write("recherches.ipynb", OPENING, DESK, TABLE, TOLD)
    opened = lab.open(page, "recherches.ipynb", alone=True)
    opened.run_all()
    return opened


def told(notebook: Notebook) -> str:
    """What is asked now, and how many rows there are."""
    notebook.run(3)
    return notebook.text(3)


def test_unpaid_invoices_birthdays_and_saved_searches_are_chosen_in_one_list(notebook, page, shoot):
    form, table = notebook.output(1).locator(".pw-search-form"), notebook.output(2)
    for words in ("Reste dû", "Jours de retard", "Dernier message", "Échéance"):
        expect(table.get_by_role("columnheader", name=words).first).to_be_visible()
    expect(table.get_by_role("gridcell", name=re.compile(r"^\d+,\d\d\s€$")).first).to_be_visible()
    expect(table.get_by_role("gridcell", name=re.compile(r"^\d\d.\d\d.\d{4}$")).first).to_be_visible()
    expect(table.get_by_text(re.compile(r"\d+ factures"))).to_be_visible()
    expect(table.get_by_text(re.compile("Cabinet d’exemple, daté du"))).to_be_visible()
    shoot(page, "unpaid")
    searches = form.get_by_label("Recherche", exact=True)
    assert searches.locator("optgroup").evaluate_all("all => all.map(one => one.label)") == [
        "Rendez-vous", "Patients", "Finances", "Correspondants", "Recherches enregistrées",
    ]  # fmt: skip
    searches.select_option(label="Impayés anciens")
    page.wait_for_timeout(600)
    assert told(notebook).startswith("unpaid {'overdue_by': '60'}")
    searches.select_option("birthdays")
    expect(table.get_by_role("columnheader", name="Anniversaire").first).to_be_visible()
    form.get_by_role("button", name="Dates…").click()
    form.locator("[data-part=end]").fill("J+30")
    page.wait_for_timeout(900)
    expect(table.get_by_role("gridcell", name=re.compile(r"^\d\d.\d\d.\d{4}$")).first).to_be_visible()
    shoot(page, "birthdays")
    assert told(notebook).startswith("birthdays ")


def test_what_a_condition_cannot_say_is_told_beside_it(notebook, page, shoot):
    form = notebook.output(1).locator(".pw-search-form")
    form.get_by_text("Plus de filtres").click()
    condition = form.get_by_label("Condition", exact=True)
    condition.fill("town == 'Rennes'")
    problem = form.locator("[data-said=where]")
    expect(problem).to_contain_text("town")
    expect(problem).to_contain_text("city")
    shoot(page, "refused")
    condition.fill("contains(city, 'rennes')")
    expect(problem).to_be_hidden()
    assert "'where': \"contains(city, 'rennes')\"" in told(notebook)
