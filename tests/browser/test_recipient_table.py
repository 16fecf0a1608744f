"""The recipient table as a person has it on the screen: search, ticks, corrections in place, many rows."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.jupyter import Notebook

OPENING = r"""
import pandas as pd
from workbench.errors import BadValue
from workbench.widgets.recipient_table import Column, RecipientTable
NAMES = ["LEFÈVRE Zoé", "<img src=x onerror='document.title=1'>", "{{7*7}}", "MARTEL Odette", "ABE\u202eTXET",
         "X" * 10_000, "D’ARTAGNAN Jean-Noël", "Œuvrard Éric", "KISIEL Luka", "NGUYỄN Anaïs"]
COLUMNS = [
    Column(name="time", label="Heure", kind="time", width=80),
    Column(name="patient", label="Patient", width=200),
    Column(name="file_number", label="Dossier", width=90),
    Column(name="date", label="Date", kind="date", width=110),
    Column(name="phone", label="Téléphone", hidden=True),
]

def people(count):
    numbers = range(count)
    frame = pd.DataFrame({
        "subject_key": [f"appointment:{n}" for n in numbers],
        "time": [f"{8 + n // 6 % 11:02}:{n % 6}0" for n in numbers],
        "patient": [NAMES[n] if n < 10 else f"{NAMES[n % 10][:30]} {n}" for n in numbers],
        "file_number": [str(n) for n in numbers],
        "date": pd.Timestamp("2026-11-23") + pd.to_timedelta([n % 30 for n in numbers], unit="D"),
        "phone": [f"06 12 {n // 10_000:02} {n // 100 % 100:02} {n % 100:02}" for n in numbers],
    })
    domains = ["gmial.com" if n % 10 == 9 else "exemple.fr" for n in numbers]
    who = pd.DataFrame({
        "address": ["" if n % 10 == 3 else f"secret{n // 2}@{domains[n]}" for n in numbers],
        "receiver": ["→ Mme Lefèvre" if n % 10 == 0 else "" for n in numbers],
        "problem": ["pas d’adresse" if n % 10 == 3 else "" for n in numbers],
        "hint": ["gmial.com : gmail.com ?" if n % 10 == 9 else "" for n in numbers],
        "suggestion": [f"secret{n // 2}@gmail.com" if n % 10 == 9 else "" for n in numbers],
        "opted_out": [n % 10 == 6 for n in numbers],
    }, index=frame["subject_key"])
    return frame, who

table, told = RecipientTable(), []

def correct(key, address):
    if "@" not in address:
        raise BadValue(f"« {address} » n’est pas une adresse : il manque le signe @.")
    told.append((key, address))
    who.loc[key, ["address", "problem", "hint"]] = [address, "", ""]
    table.address(who.loc[[key]])

def opt_out(key, on):
    told.append((key, on))
    who.loc[key, "opted_out"] = on
    table.address(who.loc[[key]])

table.on_correct(correct)
table.on_opt_out(opt_out)
table.on_active(lambda key: told.append(("active", key)))
"""
SHOWING = """
frame, who = people({count})
table.show(frame, COLUMNS, unit=lambda n: f"{{n}} rendez-vous")
table.address(who)
table
"""
NARROW = """
APPOINTMENTS = [
    Column(name="time", label="Heure", kind="time", width=80), Column(name="patient", label="Patient", width=260),
    Column(name="file_number", label="Dossier", width=90), Column(name="nature", label="Nature", width=90),
    Column(name="practitioner", label="Praticien", width=130),
    Column(name="last_message_at", label="Dernier message", kind="since", width=190),
]
frame, who = people(12)
frame = frame.assign(nature="CTRL", practitioner="Dr Molaire", last_message_at=pd.Timestamp("2026-11-02 09:00"))
table.layout.width = "958px"
table.show(frame, APPOINTMENTS, unit=lambda n: f"{n} rendez-vous")
table.address(who)
table
"""
TELLING = "print(repr((len(table.ticked), table.ticked[:5], table.counts, told)))"


@pytest.fixture
def notebook(lab, page, request) -> Notebook:
    """A notebook with a table of 47 rows, or of as many as the test asks for."""
    marker = request.node.get_closest_marker("parametrize")
    count = request.getfixturevalue("count") if marker else 47
    name = f"{request.node.name.partition('[')[0]}.ipynb"
    lab.write(name, OPENING, SHOWING.format(count=count), TELLING)
    opened = lab.open(page, name, alone=True)
    opened.run(0)
    opened.run(1)
    expect(table_of(opened).locator("[row-index='0'] bdi").first).to_be_visible()
    table_of(opened).scroll_into_view_if_needed()
    return opened


def table_of(notebook: Notebook) -> Locator:
    return notebook.output(1).locator(".pw-recipient-table")


def told(notebook: Notebook, *, heard: int = 0) -> tuple[int, list[str], dict[str, int], list[Any]]:
    """What Python knows: how many rows are ticked, the first of them, the numbers, and what it heard.

    What the table says goes beside the cells that run: so many gestures are waited for.
    """
    for _look in range(40):
        notebook.run(2)
        known: tuple[int, list[str], dict[str, int], list[Any]] = ast.literal_eval(notebook.text(2))
        if len(known[3]) >= heard:
            break
        notebook.page.wait_for_timeout(250)
    return known


def cell(table: Locator, row: int, column: str) -> Locator:
    return table.locator(f"[row-index='{row}'] [col-id='{column}']")


def line(table: Locator) -> Locator:
    return table.locator(".pw-count-line")


def search(table: Locator, text: str) -> None:
    table.get_by_role("searchbox").fill(text)


def test_rows_are_found_without_their_accents_sorted_filtered_and_never_run(notebook, page, use_theme, shoot):
    table = table_of(notebook)
    expect(line(table)).to_have_text(
        re.compile("47 rendez-vous.*47 cochés.*5 sans adresse utilisable.*5 exclus.*adresses")
    )
    expect(cell(table, 0, "patient")).to_have_text("LEFÈVRE Zoé (→ Mme Lefèvre)")
    expect(cell(table, 1, "patient")).to_have_text("<img src=x onerror='document.title=1'>")
    expect(cell(table, 2, "patient")).to_have_text("{{7*7}}")
    assert table.locator("img").count() == 0
    assert page.title() != "1"
    shoot(page, "light")
    use_theme(page, "dark")
    shoot(page, "dark")

    search(table, "zoe LEFEVRE")
    expect(line(table)).to_contain_text("5 affichés")
    expect(cell(table, 4, "patient")).to_contain_text("LEFÈVRE Zoé 40")
    search(table, "oeuvrard eric 17")
    expect(line(table)).to_contain_text("1 affiché")
    search(table, "nobody of this name")
    expect(table.locator(".pw-table-empty")).to_have_text("Aucune ligne ne répond à cette recherche et à ces filtres.")
    table.get_by_role("button", name="Effacer la recherche et les filtres").click()
    expect(line(table)).not_to_contain_text("affiché")

    heading = table.get_by_role("columnheader", name="Patient")
    heading.click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(cell(table, 10, "patient")).to_have_text("D’ARTAGNAN Jean-Noël")
    heading.click()
    expect(cell(table, 0, "patient")).to_contain_text("{{7*7}} 42")
    table.get_by_role("textbox", name="Heure").click()
    page.keyboard.type("< 8h", delay=30)
    expect(line(table)).to_contain_text("0 affiché")
    page.keyboard.type("20", delay=30)
    expect(line(table)).to_contain_text("2 affichés")


def test_headings_and_what_a_filter_proposes_are_read_in_full_beside_a_search(lab, page):
    lab.write("narrow.ipynb", OPENING, NARROW)
    opened = lab.open(page, "narrow.ipynb", alone=True)
    opened.run(0)
    opened.run(1)
    table = table_of(opened)
    expect(table.locator("[row-index='0'] bdi").first).to_be_visible()
    cut = table.evaluate("""(table) => {
        const pen = document.createElement("canvas").getContext("2d");
        const heads = [...table.querySelectorAll(".ag-header-cell-text")].filter((one) =>
            one.scrollWidth > one.clientWidth || one.scrollHeight > one.closest(".ag-header-cell").clientHeight);
        const boxes = [...table.querySelectorAll(".ag-floating-filter input[placeholder]")].filter((one) => {
            const { fontWeight, fontFamily, paddingInlineStart, paddingInlineEnd } = getComputedStyle(one);
            pen.font = `${fontWeight} ${getComputedStyle(one, "::placeholder").fontSize} ${fontFamily}`;
            const room = one.clientWidth - parseFloat(paddingInlineStart) - parseFloat(paddingInlineEnd);
            return pen.measureText(one.placeholder).width > room;
        });
        return [...heads.map((one) => one.textContent), ...boxes.map((one) => one.placeholder)];
    }""")
    assert cut == []
    proposed = table.locator(".ag-floating-filter input").evaluate_all("(all) => all.map((one) => one.placeholder)")
    assert [one for one in proposed if one] == ["> 9:30", "> 31/12/26"]


def test_ticks_are_kept_by_row_and_all_reaches_rows_never_loaded(notebook, page):
    table = table_of(notebook)
    cell(table, 1, "patient").click()
    page.keyboard.press("Space")
    expect(line(table)).to_contain_text("46 cochés")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(line(table)).to_contain_text("44 cochés")
    page.keyboard.press("Enter")
    count, first, _counts, heard = told(notebook, heard=2)
    assert (count, first) == (44, ["appointment:0", "appointment:4", "appointment:5", "appointment:6", "appointment:7"])
    assert heard == [("active", "appointment:1"), ("active", "appointment:3")]
    expect(table.locator("[row-index='3'].pw-active-row")).not_to_have_count(0)

    search(table, "martel")
    expect(line(table)).to_contain_text("5 affichés")
    expect(line(table)).to_contain_text("44 cochés, dont 40 hors filtre")
    table.get_by_role("button", name="Aucun", exact=True).click()
    expect(line(table)).to_contain_text("0 coché")
    table.get_by_role("button", name="Tous", exact=True).click()
    expect(line(table)).to_contain_text("5 cochés")
    search(table, "")
    expect(line(table)).not_to_contain_text("affichés")
    expect(table.get_by_role("checkbox", name="Cocher MARTEL Odette", exact=True)).to_be_checked()
    expect(table.get_by_role("checkbox", name="Cocher LEFÈVRE Zoé", exact=True)).not_to_be_checked()
    table.get_by_role("checkbox", name="Cocher les lignes affichées").click()
    expect(line(table)).to_contain_text("47 cochés")


def test_an_address_is_corrected_in_its_row_and_an_opt_out_is_one_click(notebook, page, shoot):
    table = table_of(notebook)
    table.get_by_role("button", name="pas d’adresse · compléter").first.click()
    field = table.get_by_role("textbox", name="Adresse e-mail de MARTEL Odette")
    expect(field).to_be_focused()
    page.keyboard.type("odette")
    page.keyboard.press("Enter")
    refused = table.locator(".pw-edit-error")
    expect(refused).to_have_text("✕ « odette » n’est pas une adresse : il manque le signe @.")
    expect(field).to_have_value("odette")
    shoot(page, "refused")
    page.keyboard.type("odette@exemple.fr")
    page.keyboard.press("Enter")
    expect(cell(table, 3, "pw-address")).to_have_text("odette@exemple.fr")
    expect(line(table)).to_contain_text("4 sans adresse utilisable")

    # The keyboard goes on from the cell that was corrected; F2 opens, Escape gives up.
    page.keyboard.press("ArrowUp")
    page.keyboard.press("F2")
    page.keyboard.type("never kept")
    page.keyboard.press("Escape")
    expect(cell(table, 2, "pw-address")).to_have_text("secret1@exemple.fr")
    # An address that looks mistyped is put right by one click, which can be taken back.
    cell(table, 9, "pw-address").get_by_text("? gmial.com : gmail.com ?").click()
    expect(cell(table, 9, "pw-address")).to_have_text("secret4@gmail.com")
    table.get_by_role("button", name="Annuler", exact=True).click()
    expect(cell(table, 9, "pw-address")).to_have_text("secret4@gmial.com")

    table.get_by_role("button", name=re.compile("^LEFÈVRE Zoé ne veut plus")).click()
    expect(cell(table, 0, "pw-opt-out")).to_have_text("Annuler")
    expect(cell(table, 0, "pw-address")).to_have_text("– opposition secret0@exemple.fr")
    table.get_by_role("button", name="Annuler l’opposition de LEFÈVRE Zoé", exact=True).click()
    expect(cell(table, 0, "pw-opt-out")).to_have_text("Opposition")
    expected = [
        ("appointment:3", "odette@exemple.fr"),
        ("appointment:9", "secret4@gmail.com"),
        ("appointment:9", "secret4@gmial.com"),
        ("appointment:0", True),
        ("appointment:0", False),
    ]
    assert told(notebook, heard=len(expected))[3] == expected


def test_keys_pressed_in_the_table_do_not_touch_the_notebook(notebook, page):
    table = table_of(notebook)
    cells = notebook.panel.locator(".jp-Cell")
    before = cells.count()
    for place in (
        cell(table, 1, "patient"),
        table.get_by_role("button", name="Aucun", exact=True),
        table.get_by_role("checkbox", name="Cocher {{7*7}}", exact=True),
        table.get_by_role("searchbox"),
    ):
        place.click()
        for key in ("a", "b", "d", "d", "x", "Shift+Enter", "Escape"):
            page.keyboard.press(key)
    expect(cells).to_have_count(before)
    expect(notebook.cell(1)).to_contain_text("people(47)")


def test_tab_leaves_the_rows_and_arrows_walk_in_them(notebook, page):
    table = table_of(notebook)
    cell(table, 0, "patient").click()
    page.keyboard.press("ArrowDown")
    expect(cell(table, 1, "patient")).to_be_focused()
    page.keyboard.press("Tab")
    expect(table.get_by_role("button", name="Aucun", exact=True)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    assert table.locator(".ag-root-wrapper :focus").count() == 1


def test_nobody_is_in_the_saved_notebook_and_a_reloaded_page_shows_the_same(notebook, page, lab):
    table = table_of(notebook)
    table.get_by_role("checkbox", name="Cocher LEFÈVRE Zoé", exact=True).click()
    search(table, "lefevre")
    expect(line(table)).to_contain_text("5 affichés")
    heading = table.get_by_role("columnheader", name="Dossier")
    heading.click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    heading.click()
    expect(cell(table, 0, "file_number")).to_have_text("40")

    outputs = json.dumps(
        [cell.get("outputs", []) for cell in notebook.saved()["cells"]] + [notebook.saved()["metadata"]]
    )
    assert "widget-view" in outputs
    for secret in ("secret0", "exemple.fr", "FÈVRE", "appointment:", "lefevre"):
        assert secret not in outputs
        assert json.dumps(secret)[1:-1] not in outputs

    page.reload()
    notebook.wait_for_kernel()
    again = table_of(notebook)
    expect(again.get_by_role("searchbox")).to_have_value("lefevre")
    expect(line(again)).to_contain_text("5 affichés")
    expect(cell(again, 0, "file_number")).to_have_text("40")
    expect(again.get_by_role("checkbox", name="Cocher LEFÈVRE Zoé", exact=True)).not_to_be_checked()


def test_a_kernel_that_is_gone_is_told_of_instead_of_an_eternal_wait(notebook, page):
    table = table_of(notebook)
    notebook.restart()
    search(table, "lefevre")
    expect(table.get_by_role("alert").filter(visible=True)).to_have_text(
        "Le poste calcule encore : la réponse va venir. Sinon, rechargez la page ou relancez la cellule",
        timeout=20_000,
    )


@pytest.mark.parametrize("count", [100_000])
def test_a_hundred_thousand_rows_are_shown_searched_sorted_and_ticked(notebook, page, count):
    table = table_of(notebook)
    expect(line(table)).to_contain_text("100000 rendez-vous")
    search(table, "lefevre")
    expect(line(table)).to_contain_text("10\u202f000 affichés")
    table.get_by_role("button", name="Aucun", exact=True).click()
    table.get_by_role("button", name="Tous", exact=True).click()
    expect(line(table)).to_contain_text("10\u202f000 cochés")
    search(table, "")
    expect(line(table)).not_to_contain_text("affichés")
    table.get_by_role("columnheader", name="Patient").click()
    expect(cell(table, 0, "patient")).to_contain_text("<img src=x")
    table.locator(".ag-grid-viewport").evaluate("(viewport) => { viewport.scrollTop = viewport.scrollHeight; }")
    expect(cell(table, 99_999, "patient")).to_contain_text("{{7*7}}")
    ticked, first, counts, _heard = told(notebook)
    assert ticked == counts["ticked"] == 10_000
    assert first == [f"appointment:{number}" for number in range(0, 50, 10)]
