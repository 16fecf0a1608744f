"""``%%emailtype``, ``%publipostage`` and ``frame.workbench`` in a real JupyterLab."""

from __future__ import annotations

from playwright.sync_api import expect

EMAIL_TYPE = """%%emailtype Essais/Bonjour
---
subject: Votre rendez-vous du @RDVDATE
---
<p>Bonjour @DAPPEL,</p>
<p>À bientôt @DPRENOMM.</p>"""


def test_an_email_type_is_kept_from_a_cell_and_its_first_message_shown(lab, page, shoot):
    lab.write(
        "type.ipynb",
        "%load_ext workbench",
        "import workbench as wb\npractice = wb.open()\n"
        'rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")',
        EMAIL_TYPE,
        'rdv.workbench.preview("Essais/Bonjour")',
    )
    notebook = lab.open(page, "type.ipynb", alone=True)
    notebook.run_all()
    assert "est gardé, version 1." in notebook.text(2)
    assert "@DPRENOMM" in notebook.text(2)
    for number in (2, 3):
        expect(notebook.output(number).locator(".pw-message-preview").first).to_contain_text("Votre rendez-vous du")
    shoot(page)
    saved = str(notebook.saved())
    assert "Votre rendez-vous du lundi" not in saved


def test_one_word_opens_the_screens(lab, page, shoot):
    lab.write("mot.ipynb", "%load_ext workbench", "%publipostage missed start=J-30 end=today")
    notebook = lab.open(page, "mot.ipynb", alone=True)
    notebook.run_all()
    form = notebook.output(1).locator(".pw-search-form")
    expect(form.get_by_role("combobox", name="Recherche")).to_have_value("missed")
    expect(form.get_by_role("group", name="Dates", exact=True).get_by_label("De", exact=True)).to_have_value("J-30")
    shoot(page, whole=True)
