"""The email types of the sample practice: they compile without a remark, and read well for everyone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.domain.fields import DataClass
from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import CompiledTemplate, compile_template
from workbench.merging.template_file import template_from_file

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"
FILES = sorted((SAMPLE_DATA / "templates").glob("*/*.html"))
CLIPPED_BY_GMAIL = 102_000

CHILD = {
    "DAPPEL": "Madame",
    "DLIEN": "votre fille",
    "PPRENOM": "Zoé",
    "RDVDATE": "mardi 24 novembre",
    "RDVHEURE": "8 h 40",
    "RDVPRAT": "Dr Molaire",
    "RDVLIEU": "Rez-de-chaussée",
    "RDVLISTE": "mardi 24 novembre à 8 h 40, Dr Molaire",
    "RDVANCDATE": "lundi 23 novembre",
    "RDVANCHEURE": "14 h",
    "CABNOM": "Cabinet des Tilleuls",
    "CABADR": "3 rue des Tilleuls\n35000 Rennes",
    "CABTEL": "02 61 91 12 34",
    "CABHOR": "lundi à vendredi : 8 h – 12 h 20",
    "CABURG": "Composez le 15.",
    "CABRDVURL": "https://cabinet-des-tilleuls.example/rendez-vous",
}
ADULT = CHILD | {"DLIEN": "vous", "PPRENOM": "Alexis"}


def read(file: Path) -> Template:
    return template_from_file(file.read_text(encoding="utf-8"), name=file.stem)


def compiled(name: str) -> CompiledTemplate:
    return compile_template(read(SAMPLE_DATA / "templates" / f"{name}.html"), builtin_catalogue())


def merged(name: str, values: dict[str, str], **more: str | None) -> tuple[str, str, str]:
    template = compiled(name)
    rendered = template.render({code: {**values, **more}.get(code) for code in template.codes})
    return rendered.subject, rendered.html, rendered.text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_says_where_it_belongs_and_compiles_without_a_remark(file: Path) -> None:
    template = read(file)
    assert template.path == f"{file.parent.name}/{file.stem}"
    assert template.role == Role.PATIENT
    assert compile_template(template, builtin_catalogue()).findings == ()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_health_data_is_asked_for(file: Path) -> None:
    catalogue = builtin_catalogue()
    codes = compile_template(read(file), catalogue).codes
    assert {catalogue[code].data_class for code in codes} <= {DataClass.ADMINISTRATIVE, DataClass.PROFESSIONAL}


@pytest.mark.parametrize("values", [CHILD, ADULT], ids=["guardian", "patient"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_is_left_to_merge(file: Path, values: dict[str, str]) -> None:
    subject, html, text = merged(f"{file.parent.name}/{file.stem}", values)
    assert 10 < len(subject) <= 90
    for part in (subject, html, text):
        assert not re.search(r"@[A-Z]{2,}|\{\{|\{%|%\}|\}\}|None", part)
    assert "Madame," in text
    assert len(html.encode()) < CLIPPED_BY_GMAIL


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_the_required_values_are_needed(file: Path) -> None:
    template = compiled(f"{file.parent.name}/{file.stem}")
    values = {code: CHILD[code] if code in template.template.required else None for code in template.codes}
    rendered = template.render(values)
    assert "None" not in rendered.html + rendered.text + rendered.subject
    # No hole is left in a sentence by a value that is not there.
    assert not re.search(r" [.,]|\bau [,.]|\bavec[ .,]*$|\(\)", rendered.text, re.MULTILINE)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_message_fits_phones_dark_screens_and_readers_and_fetches_nothing(file: Path) -> None:
    _subject, html, _text = merged(f"{file.parent.name}/{file.stem}", CHILD)
    assert "max-width: 600px" in html or "max-width:600px" in html
    assert "prefers-color-scheme" in html
    assert re.search(r"@media only screen and \(max-width: ?480px\)", html)
    assert re.search(r'<html[^>]* lang="(fr|en)"', html)
    assert 'role="presentation"' in html
    assert not re.search(r"<img|url\(|@import|<link|<script", html)


def test_a_reminder_tells_a_guardian_about_the_child() -> None:
    subject, _html, text = merged("Rendez-vous/Rappel de rendez-vous", CHILD)
    assert subject == "Votre rendez-vous du mardi 24 novembre à 8 h 40 (Zoé)"
    assert "Nous vous rappelons le rendez-vous de Zoé du mardi 24 novembre à 8 h 40 avec le Dr Molaire." in text


def test_a_reminder_tells_a_patient_about_their_own_appointment() -> None:
    subject, _html, text = merged("Rendez-vous/Rappel de rendez-vous", ADULT)
    assert subject == "Votre rendez-vous du mardi 24 novembre à 8 h 40"
    assert "Nous vous rappelons votre rendez-vous du mardi 24 novembre à 8 h 40 avec le Dr Molaire." in text


def test_the_number_to_call_stands_once_in_the_text_and_can_be_dialled_in_the_page() -> None:
    _subject, html, text = merged("Rendez-vous/Rappel de rendez-vous", ADULT)
    assert "dès que possible au 02 61 91 12 34, ou en répondant" in text
    assert 'href="tel:0261911234"' in html


def test_a_reminder_elides_before_a_vowel() -> None:
    _subject, _html, text = merged("Rendez-vous/Rappel de rendez-vous", CHILD, PPRENOM="Éloïse")
    assert "le rendez-vous d’Éloïse du mardi" in text


def test_a_practitioner_without_a_title_has_no_article() -> None:
    _subject, _html, text = merged("Rendez-vous/Rappel de rendez-vous", ADULT, RDVPRAT="Maëlle Prigent")
    assert "à 8 h 40 avec Maëlle Prigent." in text


def test_a_reminder_of_several_appointments_lists_them() -> None:
    both = "mardi 24 novembre à 9 h, Dr Molaire\nmardi 24 novembre à 16 h, Dr Kerebel"
    _subject, _html, text = merged("Rendez-vous/Rappel de rendez-vous", ADULT, RDVLISTE=both)
    assert "Nous vous rappelons vos rendez-vous du mardi 24 novembre." in text
    assert f"Quand  {both}\n" in text
    assert "Heure" not in text


def test_both_reminders_share_their_purpose_so_nobody_is_reminded_in_two_languages() -> None:
    purposes = {compiled(f"Rendez-vous/{name}").template.occasion_purpose for name in (
        "Rappel de rendez-vous", "Appointment reminder",
    )}  # fmt: skip
    assert purposes == {"appointment_reminder"}


def test_a_moved_appointment_needs_its_former_date() -> None:
    assert "RDVANCDATE" in compiled("Rendez-vous/Rendez-vous déplacé").template.required


def test_the_invitation_uses_the_table_s_own_columns() -> None:
    template = read(SAMPLE_DATA / "recipients" / "invitation.html")
    header = (SAMPLE_DATA / "recipients" / "invitations.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    ready = compile_template(template, builtin_catalogue(), columns=header)
    assert ready.findings == ()
    assert ready.names == {"date_atelier", "prenom", "salle", "token"}
