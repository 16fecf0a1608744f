"""The search form and the choice of an email type, as a person sees and uses them in JupyterLab."""

from __future__ import annotations

import ast

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.jupyter import Notebook

OPENING = """
import workbench as wb
from workbench.widgets.search_form import SearchForm
from workbench.widgets.template_picker import TemplatePicker
practice = wb.open()
told = []
"""
FORM = """
form = SearchForm(practice.searches(), choices=practice.choices(), values={"start": "tomorrow", "end": "tomorrow", "state": "upcoming"})
def again():
    told.append((form.name, form.values))
    try:
        form.say(f"{len(practice.search(form.name, **form.values))} rendez-vous")
    except wb.WorkbenchError as error:
        form.say(error.sentence, bad=True)
form.on_change(again)
form
"""  # noqa: E501 (one line of a notebook)
PICKER = """
rows = [(one.path, one.folder, one.label, one.subject) for one in practice.templates.values()]
picker = TemplatePicker(rows, chosen=rows[0][0], accounts=[("cabinet", "Cabinet"), ("ortho", "Orthodontie")])
picker.on_change(lambda: told.append((picker.chosen, picker.account)))
picker
"""


@pytest.fixture
def notebook(lab, page) -> Notebook:
    lab.write("formulaire.ipynb", OPENING, FORM, PICKER, "print(*told[-1:])\nprint(len(told))")
    opened = lab.open(page, "formulaire.ipynb", alone=True)
    opened.run_all()
    return opened


def told(notebook: Notebook) -> list[str]:
    """What Python heard last, and how often it heard something."""
    notebook.run(3)
    return notebook.text(3).splitlines()


def chip(form: Locator, name: str) -> Locator:
    return form.get_by_role("button", name=name, exact=True)


def test_days_states_and_practitioners_are_asked_with_a_click_each(notebook, page, use_theme, shoot):
    form = notebook.output(1).locator(".pw-search-form")
    expect(chip(form, "Demain")).to_have_attribute("aria-pressed", "true")
    expect(chip(form, "Futurs")).to_have_attribute("aria-pressed", "true")
    chip(form, "Prochain jour ouvert").click()
    expect(form.get_by_role("status")).to_contain_text("rendez-vous")
    chip(form, "Manqués").click()
    form.get_by_role("button", name="Praticien").click()
    form.get_by_role("checkbox", name="Corvaisier").check()
    expect(form.get_by_role("button", name="Praticien")).to_contain_text("Corvaisier")
    shoot(page)
    use_theme(page, "dark")
    shoot(page, "dark")
    assert told(notebook) == [
        "('appointments', {'start': 'J+1 open', 'end': 'J+1 open', 'state': 'upcoming,missed', 'practitioner': 'CC'})",
        "3",
    ]


def test_a_date_that_cannot_be_read_is_said_beside_it_and_stays(notebook, page, shoot):
    form = notebook.output(1).locator(".pw-search-form")
    chip(form, "Dates…").click()
    days = form.get_by_role("group", name="Dates", exact=True)
    start, end = days.get_by_label("De", exact=True), days.get_by_label("À", exact=True)
    expect(start).to_be_focused()
    expect(start).to_have_value("demain")
    start.fill("32/11")
    expect(form.get_by_role("status")).to_contain_text("« 32/11 »")
    expect(start).to_have_value("32/11")
    shoot(page)
    start.fill("J-7")
    end.fill("J+7")
    end.press("Enter")
    expect(form.get_by_role("status")).not_to_contain_text("✕")
    assert told(notebook)[0] == "('appointments', {'start': 'J-7', 'end': 'J+7', 'state': 'upcoming'})"


def test_the_form_is_filled_by_the_keyboard_alone_and_no_cell_hears_of_it(notebook, page):
    form = notebook.output(1).locator(".pw-search-form")
    cells = notebook.panel.locator(".jp-Cell").count()
    form.get_by_role("combobox", name="Recherche").focus()
    for key in ("Tab", "Tab", "Space", "a", "b", "d", "d", "x"):
        page.keyboard.press(key)
    expect(chip(form, "Aujourd’hui")).to_have_attribute("aria-pressed", "true")
    expect(chip(form, "Aujourd’hui")).to_be_focused()
    assert notebook.panel.locator(".jp-Cell").count() == cells
    assert told(notebook)[0].startswith("('appointments', {'start': 'today', 'end': 'today'")


def test_the_other_filters_wait_folded(notebook, page, shoot):
    form = notebook.output(1).locator(".pw-search-form")
    form.get_by_role("button", name="Plus de filtres").click()
    nature = form.get_by_role("button", name="Nature")
    nature.click()
    form.get_by_role("checkbox", name="CTRL").check()
    form.get_by_role("group", name="Mineurs").get_by_role("button", name="Oui").click()
    shoot(page)
    assert "'nature': 'CTRL', 'minors': 'yes'" in told(notebook)[0]


def test_an_email_type_is_found_by_what_one_remembers_of_it(notebook, page, use_theme, shoot):
    picker = notebook.output(2).locator(".pw-template-picker")
    field = picker.get_by_role("combobox", name="Email type")
    field.click()
    expect(picker.get_by_role("group", name="Rendez-vous").get_by_role("option")).to_have_count(9)
    shoot(page)
    field.press_sequentially("deplace")
    shoot(page, "typed")
    field.press("Enter")
    picker.get_by_role("combobox", name="Envoyer depuis").select_option("ortho")
    use_theme(page, "dark")
    shoot(page, "dark")
    path, account = ast.literal_eval(told(notebook)[0])
    assert path == "Rendez-vous/Rendez-vous déplacé"
    assert account == "ortho"


def test_what_is_asked_is_not_saved_with_the_notebook(notebook):
    form = notebook.output(1).locator(".pw-search-form")
    form.get_by_role("button", name="Plus de filtres").click()
    form.get_by_label("Famille").fill("4711")
    form.get_by_label("Famille").press("Enter")
    assert "'family': '4711'" in told(notebook)[0]
    notebook.do("notebook:clear-all-cell-outputs")
    assert "4711" not in str(notebook.saved())
