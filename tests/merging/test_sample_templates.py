"""The email types of the sample practice: they compile without a remark, and read well for everyone."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from workbench.domain.people import COLLEAGUES as COLLEAGUE_ROLES
from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import CompiledTemplate, compile_template
from workbench.merging.template_file import template_from_file

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"
FILES = sorted((SAMPLE_DATA / "templates").glob("*/*.html"))
CLIPPED_BY_GMAIL = 102_000

Values = dict[str, str | None]

EVERYTHING: Values = {field.code: field.example for field in builtin_catalogue().values()} | {
    "DATE": "22/11/2026",
    "PNAIS": "22/11/2018",
    "PAGE": "8 ans",
    "RDVPROCH": None,
    "CABNOM": "Cabinet des Tilleuls",
    "CABADR": "3 rue des Tilleuls\n35000 Rennes",
    "CABTEL": "02 61 91 12 34",
    "CABHOR": "lundi à vendredi\N{NO-BREAK SPACE}: 8 h – 12 h 20",
    "CABURG": "Composez le 15.",
    "CABRDVURL": "https://cabinet-des-tilleuls.example/rendez-vous",
    "PIECES": "Attestation de mutuelle\nQuestionnaire médical",
    "IMPAYES": "Facture F-2026-0012 du 3 octobre 2026\N{NO-BREAK SPACE}: 45,00 €",
    "ACTES": "Détartrage\nCouronne céramique (26)",
}
CHILD = EVERYTHING | {"DAPPEL": "Madame", "DLIEN": "votre fille", "PPRENOM": "Zoé"}
PEOPLE: dict[str, Values] = {
    "mother": CHILD,
    "both parents": EVERYTHING
    | {
        "DAPPEL": "Madame, Monsieur",
        "DLIEN": "votre fils",
        "PPRENOM": "Alexis",
        "PSEXE": "masculin",
        "RAPNUM": "2e",
        "RDVPROCH": "mardi 24 novembre à 8 h 40",
        "PIECES": "Ordonnance",
        "IMPAYES": f"{EVERYTHING['IMPAYES']}\nFacture F-2026-0019 du 9 octobre 2026\N{NO-BREAK SPACE}: 60,00 €",
        "RDVDECLI": "par le cabinet",
    },
    "guardian": EVERYTHING
    | {
        "DAPPEL": "Monsieur",
        "DLIEN": "la personne dont vous êtes responsable",
        "PPRENOM": "Éloïse",
        "PAGE": "44 ans",
        "RAPNUM": "3e",
    },
    "woman": EVERYTHING | {"DAPPEL": "Madame", "DLIEN": "vous", "PPRENOM": "Anaïs", "PAGE": "44 ans"},
    "man": EVERYTHING | {"DAPPEL": "Monsieur", "DLIEN": "vous", "PPRENOM": "Alexis", "PSEXE": "masculin"},
    "nobody knows": EVERYTHING
    | {"DAPPEL": "Madame, Monsieur", "DLIEN": "vous", "PPRENOM": "Camille", "PSEXE": None, "PRTITRE": None},
}
ADULT = PEOPLE["man"]
COLLEAGUES: dict[str, Values] = {
    "colleague": EVERYTHING | {"CAPPEL": "Chère consœur", "CFORME": "vous"},
    "friend": EVERYTHING
    | {
        "CAPPEL": "Cher ami",
        "CPOLITESSE": "Bien amicalement,",
        "CFORME": "tu",
        "PPRENOM": "Alexis",
        "PSEXE": "masculin",
    },
    "unknown patient": EVERYTHING | {"CAPPEL": "Docteur", "CFORME": None, "PSEXE": None, "PPRENOM": None},
}


def read(file: Path) -> Template:
    return template_from_file(file.read_text(encoding="utf-8"), name=file.stem)


@cache
def compiled(name: str) -> CompiledTemplate:
    return compile_template(read(SAMPLE_DATA / "templates" / f"{name}.html"), builtin_catalogue())


def merged(name: str, values: Values, **more: str | None) -> tuple[str, str, str]:
    template = compiled(name)
    known = {code: {**values, **more}.get(code) for code in template.codes}
    # As a mailing does (F81): a default text stands for a missing value.
    defaults = {code: text for code, text in template.missing.items() if text is not None and known.get(code) is None}
    rendered = template.render(known | defaults)
    return rendered.subject, rendered.html, rendered.text


def reader_of(template: Template) -> str:
    return "colleague" if template.role in COLLEAGUE_ROLES else "mother"


def everyone(*languages: str) -> list[object]:
    """Each email type in these languages for each kind of person it is written to."""
    return [
        pytest.param(file, values, id=f"{file.stem}-{who}")
        for file in FILES
        if read(file).language in languages
        for who, values in (COLLEAGUES if reader_of(read(file)) == "colleague" else PEOPLE).items()
    ]


def usual(file: Path) -> Values:
    return COLLEAGUES["colleague"] if reader_of(read(file)) == "colleague" else CHILD


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_says_where_it_belongs_and_compiles_without_a_remark(file: Path) -> None:
    template = read(file)
    assert template.path == f"{file.parent.name}/{file.stem}"
    assert template.purpose
    roles = {"Finances": {Role.PAYER}, "Confrères": set(COLLEAGUE_ROLES)}
    assert template.role in roles.get(template.folder, {Role.PATIENT})
    assert compile_template(template, builtin_catalogue()).findings == ()


def test_the_letters_of_a_practice_are_there_in_four_folders() -> None:
    assert {file.parent.name for file in FILES} == {"Rendez-vous", "Confrères", "Finances", "Vie du cabinet"}
    languages = [read(file).language for file in FILES]
    assert languages.count("fr") >= 14
    assert languages.count("en") >= 3


def test_health_data_goes_to_colleagues_or_in_the_one_letter_allowed_by_name() -> None:
    telling = {file.stem: read(file) for file in FILES if compile_template(read(file), builtin_catalogue()).health}
    assert set(telling) == {"Adressage", "Compte rendu à un confrère", "Conseils après soin"}
    assert {name for name, template in telling.items() if template.health} == {"Conseils après soin"}
    # It says how to look after oneself, and names neither act nor tooth.
    assert compiled("Rendez-vous/Conseils après soin").health == {"CONSEILS"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_subject_tells_of_health_or_of_money_owed(file: Path) -> None:
    subject = compile_template(Template(label="x", subject=read(file).subject, html="<p>x</p>"), builtin_catalogue())
    assert not subject.health
    assert not subject.codes & {"PNOM", "HONRESTE", "HONTOT", "REGSOLDE", "PLMONT", "DEVRESTE"}


@pytest.mark.parametrize(("file", "values"), everyone("fr", "en"))
def test_nothing_is_left_to_merge(file: Path, values: Values) -> None:
    subject, html, text = merged(f"{file.parent.name}/{file.stem}", values)
    assert 10 < len(subject) <= 90
    for part in (subject, html, text):
        assert not re.search(r"@[A-Z]{2,}|\{\{|\{%|%\}|\}\}|None", part)
    greeting = values["CAPPEL"] if reader_of(read(file)) == "colleague" else values["DAPPEL"]
    assert f"{greeting},\n" in text
    assert len(html.encode()) < CLIPPED_BY_GMAIL


_UNSOUND = {
    "a plain blank before a high sign": r"[ ][;:!?»]|«[ ]",
    "a straight apostrophe": r"\w'\w",
    "two blanks": r"\S[ \u00a0\u202f]{2,}\S",
    "a blank before a comma or a full stop": r"[ \u00a0\u202f][,.](?!\w)",
    "signs in a row": r"[,;:.][,;:]|,\.|\.\.(?!\.)|\(\s*\)",
    "no elision": r"\b[dD]e [AEIOUÉÈÊÂÎÔÛ]\w",
    "a word said twice": r"\b(Dr|le|du|de|à|au|pour|avec|vous|nous) \1\b",
    "a small letter after a full stop": r"[.!?] [a-zàâéèêëîïôöùûç]",
}


@pytest.mark.parametrize(("file", "values"), everyone("fr"))
def test_the_french_is_set_as_french_is(file: Path, values: Values) -> None:
    subject, _html, text = merged(f"{file.parent.name}/{file.stem}", values)
    # The columns of a table stand two blanks apart in the text.
    prose = re.sub(r"^(\w[\w’() ]{0,40}?)  (?=\S)", r"\1 – ", text, flags=re.MULTILINE)
    found = [(what, match[0]) for what, rule in _UNSOUND.items() for match in re.finditer(rule, prose, re.MULTILINE)]
    assert found == []
    assert [what for what, rule in _UNSOUND.items() if re.search(rule, subject)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_the_required_values_are_needed(file: Path) -> None:
    template = read(file)
    values = {code: usual(file)[code] if code in template.required else None for code in EVERYTHING}
    subject, html, text = merged(f"{file.parent.name}/{file.stem}", values)
    assert "None" not in html + text + subject
    # No hole is left in a sentence by a value that is not there.
    assert not re.search(
        r" [.,]|\bau [,.]|\bavec[ .,]*$|\(\)|[^\n]  [^\n]*:$|\b(?:le|du|de|à|n°)[  ]*[.,]", text, re.MULTILINE
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_message_fits_phones_dark_screens_and_readers_and_fetches_nothing(file: Path) -> None:
    _subject, html, _text = merged(f"{file.parent.name}/{file.stem}", usual(file))
    assert "max-width: 600px" in html or "max-width:600px" in html
    assert "prefers-color-scheme" in html
    assert re.search(r"@media only screen and \(max-width: ?480px\)", html)
    assert re.search(r'<html[^>]* lang="(fr|en)"', html)
    assert 'role="presentation"' in html
    assert not re.search(r"<img|url\(|@import|<link|<script", html)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_whoever_gets_it_by_mistake_is_told_what_to_do_and_reminders_of_money_offer_no_way_out(file: Path) -> None:
    template = read(file)
    _subject, _html, text = merged(f"{file.parent.name}/{file.stem}", usual(file))
    assert "effacer" in text or "delete it" in text
    may_decline = re.search(r"ne plus recevoir|Vous ne souhaitez plus|Would you rather not", text) is not None
    assert may_decline == (template.folder in ("Rendez-vous", "Vie du cabinet"))
    assert not ("aucune réponse" in text and "en répondant" in text)


# --- what each one says -------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("Rendez-vous/Rappel de rendez-vous", "Rendez-vous/Appointment reminder"),
        ("Rendez-vous/Rappel de contrôle", "Rendez-vous/Recall"),
        ("Finances/Relance 1", "Finances/Payment reminder"),
        ("Vie du cabinet/Fermeture du cabinet", "Vie du cabinet/Practice closed"),
    ],
)
def test_both_languages_share_purpose_and_step_so_nobody_is_written_to_twice(french: str, english: str) -> None:
    one, other = compiled(french).template, compiled(english).template
    assert (one.language, other.language) == ("fr", "en")
    assert (one.occasion_purpose, one.step, one.role, one.group) == (
        other.occasion_purpose,
        other.step,
        other.role,
        other.group,
    )


def test_a_moved_appointment_needs_its_former_date() -> None:
    assert "RDVANCDATE" in compiled("Rendez-vous/Rendez-vous déplacé").template.required


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("par le cabinet", "Nous avons dû déplacer le rendez-vous de Zoé, prévu le lundi 23 novembre à 14 h, et nous"),
        ("par le patient", "Comme vous l’avez souhaité, le rendez-vous de Zoé, prévu le lundi 23 novembre à 14 h, a"),
        (None, "Le rendez-vous de Zoé, prévu le lundi 23 novembre à 14 h, a été déplacé."),
    ],
)
def test_a_moved_appointment_says_who_moved_it(by: str | None, said: str) -> None:
    _subject, _html, text = merged("Rendez-vous/Rendez-vous déplacé", CHILD, RDVDECLI=by)
    assert said in text


def test_a_recall_changes_its_tone_with_its_rank() -> None:
    recalls = [merged("Rendez-vous/Rappel de contrôle", ADULT, RAPNUM=rank) for rank in ("1er", "2e", "3e")]
    assert len({subject for subject, _html, _text in recalls}) == 3
    assert "dernier message" in recalls[2][2]
    assert "Une visite de contrôle vous est conseillée à partir du 1er décembre 2026." in recalls[0][2]


def test_a_recall_asks_nobody_to_book_what_is_booked() -> None:
    _subject, html, text = merged("Rendez-vous/Rappel de contrôle", CHILD, RDVPROCH="mardi 24 novembre à 8 h 40")
    assert "Un rendez-vous est déjà noté le mardi 24 novembre à 8 h 40." in text
    assert "Choisir une date" not in html


def test_advice_tells_whom_to_call_when_the_practice_is_closed() -> None:
    _subject, html, text = merged("Rendez-vous/Conseils après soin", CHILD)
    assert "À la suite du rendez-vous de votre fille Zoé du mardi 24 novembre avec le Dr Molaire" in text
    assert 'href="tel:0261919090"' in html


def test_one_missing_paper_and_several_agree() -> None:
    several = merged("Rendez-vous/Pièces manquantes", ADULT)
    one = merged("Rendez-vous/Pièces manquantes", ADULT, PIECES="Ordonnance", RDVPROCH="mardi 24 novembre à 8 h 40")
    assert several[0] == "Votre dossier\N{NO-BREAK SPACE}: des documents à compléter"
    assert "Vous pouvez déposer ces documents à l’accueil, ou nous les envoyer par courrier." in several[2]
    assert one[0] == "Votre dossier\N{NO-BREAK SPACE}: un document à compléter"
    assert "Le plus simple est de l’apporter au prochain rendez-vous, le mardi 24 novembre à 8 h 40." in one[2]


def test_the_three_reminders_of_an_invoice_are_three_steps_of_one_purpose_and_grow_firmer() -> None:
    names = [f"Finances/Relance {step}" for step in (1, 2, 3)]
    assert [(compiled(name).template.purpose, compiled(name).template.step) for name in names] == [
        ("unpaid", "1"),
        ("unpaid", "2"),
        ("unpaid", "3"),
    ]
    first, second, third = (merged(name, CHILD) for name in names)
    assert len({first[0], second[0], third[0]}) == 3
    assert "sans doute d’un oubli" in first[2]
    assert "sous quinze jours" in second[2]
    assert "sous huit jours" in third[2]
    for _subject, _html, text in (first, second, third):
        assert "établie pour votre fille Zoé" in text
        assert not re.search(r"huissier|tribunal|poursuite|contentieux|pénalit|fichier|refus", text, re.IGNORECASE)


def test_several_open_invoices_are_listed_and_one_alone_is_not() -> None:
    assert "En tout, ces factures restent à régler" in merged("Finances/Relance 2", PEOPLE["both parents"])[2]
    assert "En tout" not in merged("Finances/Relance 2", ADULT)[2]


def test_a_quote_says_what_to_do_once_its_day_has_passed() -> None:
    said = "Passé le 3 avril 2027, demandez-nous d’abord un devis à jour."
    assert said in merged("Finances/Devis à nous retourner", ADULT, DEVVALID="3 avril 2027")[2]
    assert "devis à jour" not in merged("Finances/Devis à nous retourner", ADULT, DEVVALID=None)[2]


def test_a_paid_invoice_asks_for_nothing() -> None:
    narrow = "\N{NARROW NO-BREAK SPACE}"
    _subject, html, text = merged("Finances/Facture", ADULT, HONRESTE=f"0,00{narrow}€")
    assert "Elle est entièrement réglée : merci." in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "IBAN" not in text
    assert "Régler en ligne" not in html


def test_a_report_says_tu_to_a_friend_and_vous_to_a_colleague() -> None:
    friend = merged("Confrères/Compte rendu à un confrère", COLLEAGUES["friend"])[2]
    colleague = merged("Confrères/Compte rendu à un confrère", COLLEAGUES["colleague"])[2]
    assert "J’ai reçu le lundi 12 octobre ton patient Alexis Martin, né le 22/11/2018." in friend
    assert "Je reste à ta disposition" in friend
    assert friend.count("Bien amicalement,\nDr Molaire\n") == 1
    assert "J’ai reçu le lundi 12 octobre votre patiente Zoé Martin, née le 22/11/2018." in colleague
    assert not re.search(r"\b(?:tu|ton|ta|te|toi)\b", colleague)
    assert not re.search(r"\b(?:vous|votre|vos)\b", friend.partition("Cabinet des Tilleuls\n3 rue")[0])


def test_a_thank_you_on_ordinary_mail_gives_no_full_name() -> None:
    _subject, _html, text = merged("Confrères/Remerciement d’adressage", COLLEAGUES["colleague"])
    assert "votre patiente Zoé M. Votre confiance me touche." in text
    assert "Martin" not in text


def test_a_child_s_birthday_tells_the_age_on_the_very_day_alone() -> None:
    subject, _html, text = merged("Vie du cabinet/Joyeux anniversaire", CHILD)
    assert subject == "Joyeux anniversaire à Zoé\N{NARROW NO-BREAK SPACE}!"
    assert "Votre fille Zoé fête aujourd’hui ses 8 ans" in text
    _subject, _html, text = merged("Vie du cabinet/Joyeux anniversaire", CHILD, PNAIS="23/11/2018", PAGE="7 ans")
    assert "Pour l’anniversaire de votre fille Zoé" in text
    assert "7 ans" not in text


@pytest.mark.parametrize("who", ["woman", "man", "nobody knows", "guardian"])
def test_no_adult_is_told_an_age(who: str) -> None:
    _subject, _html, text = merged("Vie du cabinet/Joyeux anniversaire", PEOPLE[who], PAGE="44 ans")
    assert "ans" not in re.findall(r"\w+", text)


def test_a_closing_of_one_day_is_no_range() -> None:
    subject, _html, text = merged("Vie du cabinet/Fermeture du cabinet", ADULT, FERMAU=EVERYTHING["FERMDU"])
    assert subject == "Le cabinet sera fermé le jeudi 24 décembre"
    assert " au " not in text.partition("Pour un rendez-vous")[0]


@pytest.mark.parametrize("name", ["Vœux", "Fermeture du cabinet", "Practice closed"])
def test_what_concerns_everybody_goes_once_to_a_family(name: str) -> None:
    assert compiled(f"Vie du cabinet/{name}").template.group == "family"


def test_the_invitation_uses_the_table_s_own_columns() -> None:
    template = read(SAMPLE_DATA / "recipients" / "invitation.html")
    header = (SAMPLE_DATA / "recipients" / "invitations.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    ready = compile_template(template, builtin_catalogue(), columns=header)
    assert ready.findings == ()
    assert ready.names == {"date_atelier", "prenom", "salle", "token"}
