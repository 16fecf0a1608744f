"""The search and the recipient table on a real practice: files completed, searches kept, lists taken out."""

from __future__ import annotations

import re

import pandas as pd
import pypdf
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Notebook

OPENING = """
import workbench as wb
practice = wb.open("..")
screens = practice.publipostage("appointments", start="tomorrow", end="tomorrow", state="upcoming")
"""
SHOWING = """
from ipywidgets import HBox, Layout
screens.search.layout = Layout(width="280px", flex="none")
screens.recipients.layout = Layout(flex="1 1 auto", min_width="0")
HBox([screens.search, screens.recipients])
"""
TELLING = """
print(practice.patients.show("2101")["mobile"], practice.patients.show("2101")["email"])
print(dict(zip(practice.saved_searches()["name"], practice.saved_searches()["parameters"])))
"""


@pytest.fixture
def notebook(lab, page, request) -> Notebook:
    """A notebook with the search at the left and the table at the right, on the sample practice."""
    name = f"{request.node.name}.ipynb"
    lab.write(name, OPENING, SHOWING, TELLING)
    opened = lab.open(page, name, alone=True)
    opened.run(0)
    opened.run(1)
    expect(table_of(opened).locator("[row-index='0'] bdi").first).to_be_visible()
    return opened


def table_of(notebook: Notebook) -> Locator:
    return notebook.output(1).locator(".pw-recipient-table")


def form_of(notebook: Notebook) -> Locator:
    return notebook.output(1).locator(".pw-search-form")


def cell(table: Locator, row: int, column: str) -> Locator:
    return table.locator(f"[row-index='{row}'] [col-id='{column}']")


def test_a_file_is_completed_from_its_row_by_the_keyboard_alone(notebook, page, shoot, use_theme):
    table = table_of(notebook)
    count = table.locator(".pw-count-line")
    expect(count).to_contain_text("sans adresse utilisable")
    before = int(re.search(r"(\d+) sans adresse", count.inner_text())[1])
    table.get_by_role("searchbox").fill("2101")
    expect(count).to_contain_text("1 affiché")
    cell(table, 0, "patient").click()
    page.keyboard.press("F2")
    panel = table.get_by_role("region", name=re.compile("MARTEL Odette"))
    expect(panel.get_by_label("E-mail")).to_be_focused()
    expect(cell(table, 0, "patient")).to_be_in_viewport()
    page.keyboard.type("odette")
    page.keyboard.press("Shift+Tab")
    expect(panel.get_by_label("Mobile")).to_be_focused()
    page.keyboard.type("06 39 98 21 01")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("status")).to_contain_text("✕")
    shoot(page, "file")
    use_theme(page, "dark")
    shoot(page, "file-dark")
    use_theme(page, "light")
    panel.get_by_label("E-mail").focus()
    page.keyboard.press("End")
    page.keyboard.type("@exemple.test")
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    expect(cell(table, 0, "pw-address")).to_have_text("odette@exemple.test")
    expect(table.locator("[row-index='0'] .ag-cell-focus, [row-index='0'] :focus")).not_to_have_count(0)
    expect(count).to_contain_text(f"{before - 1} sans adresse utilisable")
    notebook.run(2)
    assert "06 39 98 21 01 odette@exemple.test" in notebook.text(2)


def test_who_is_to_telephone_is_shown_with_the_number(notebook, page):
    table = table_of(notebook)
    expect(cell(table, 0, "phone")).to_have_count(0)
    button = table.get_by_role("button", name=re.compile("avec un téléphone"))
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(cell(table, 0, "phone")).to_have_text(re.compile(r"\d\d \d\d"))
    button.click()
    expect(cell(table, 0, "phone")).to_have_count(0)


def test_columns_shown_by_hand_are_shown_again_with_the_next_search_of_the_kind(notebook, page):
    table = table_of(notebook)
    table.locator("summary", has_text="Colonnes").click()
    table.get_by_role("checkbox", name="Remarque").check()
    expect(table.get_by_role("columnheader", name="Remarque")).to_be_visible()
    page.keyboard.press("Escape")
    form_of(notebook).get_by_role("button", name="J+2", exact=True).click()
    expect(form_of(notebook).locator(".pw-form-days")).not_to_have_text("")
    expect(table.get_by_role("columnheader", name="Remarque")).to_be_visible()


def test_the_ticked_rows_are_taken_out_as_a_list_and_as_a_table(notebook, page, shoot):
    table = table_of(notebook)
    table.get_by_role("searchbox").fill("martel")
    expect(table.locator(".pw-count-line")).to_contain_text("1 affiché")
    table.get_by_role("button", name="Aucun", exact=True).click()
    table.get_by_role("button", name="Tous", exact=True).click()
    expect(table.locator(".pw-count-line")).to_contain_text("1 coché")
    table.locator("summary", has_text="Imprimer la liste").click()
    table.get_by_role("checkbox", name="avec la remarque").check()
    shoot(page, "menu")
    with page.expect_download() as handed:
        table.get_by_role("button", name="Liste en PDF").click()
    [sheet] = pypdf.PdfReader(handed.value.path()).pages
    assert "MARTEL Odette" in " ".join(sheet.extract_text().split())  # broken between words at most
    assert re.search(r"0\d( \d\d){4}", sheet.extract_text())
    assert "Remarque" in sheet.extract_text()
    table.locator("summary", has_text="Exporter").click()
    with page.expect_download() as handed:
        table.get_by_role("button", name="Fichier Excel").click()
    assert handed.value.suggested_filename.endswith(".xlsx")
    rows = pd.read_excel(handed.value.path(), engine="calamine", dtype=str)
    assert rows["Patient"].tolist() == ["MARTEL Odette"]
    expect(table.locator(".pw-table-notice")).to_contain_text("1 ligne, dans « Rendez-vous")


def test_a_search_is_kept_under_a_name_and_its_days_stay_relative(notebook, page, shoot):
    form = form_of(notebook)
    form.get_by_role("button", name="Enregistrer cette recherche").click()
    page.keyboard.type("Rappels de demain")
    page.keyboard.press("Enter")
    search = form.get_by_label("Recherche", exact=True)
    expect(search.locator("option:checked")).to_have_text("Rappels de demain")
    shoot(page, "kept")
    form.get_by_role("button", name="Aujourd’hui").click()
    expect(search.locator("option:checked")).to_have_text("Rendez-vous")
    search.select_option(label="Rappels de demain")
    expect(form.get_by_role("button", name="Demain", exact=True)).to_have_attribute("aria-pressed", "true")
    notebook.run(2)
    assert "'start': 'tomorrow'" in notebook.text(2)
    form.get_by_role("button", name="Oublier", exact=True).click()
    form.get_by_role("button", name="L’oublier").click()
    expect(form.get_by_role("button", name="Enregistrer cette recherche")).to_be_visible()


def test_nothing_serious_stands_in_the_way_of_anybody(notebook, page):
    table = table_of(notebook)
    table.locator("[row-index='1'] [col-id='patient']").dblclick()
    expect(table.locator(".pw-file")).to_be_visible()
    table.get_by_role("button", name=re.compile("pas d’adresse · compléter")).first.click()
    form_of(notebook).get_by_role("button", name="Enregistrer cette recherche").click()
    assert serious(page, ".pw-recipient-table", ".pw-search-form") == []
