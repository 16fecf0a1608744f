"""The ways in which other programs write codes: recognised, and what is known becomes ours."""

from __future__ import annotations

import pytest

from workbench.errors import UnknownName
from workbench.merging.foreign.families import FAMILIES, family_called
from workbench.merging.grammar import GRAMMAR

CASES = {
    "codes": ("Bonjour @PPRENOM @PNOM, @NUMSS", "Bonjour @PPRENOM @PNOM, &#64;NUMSS", ["@NUMSS"]),
    "open-dental": ("Dear [FName] [LName], [ApptDate] [SSN]", "Dear @PPRENOM @PNOM, @RDVDATE [SSN]", ["[SSN]"]),
    "openemr": (
        "Dear ***NAME***, ***DATE*** at ***STARTTIME*** ***FOO***",
        "Dear @PPRENOM @PNOM, @RDVDATE at @RDVHEURE ***FOO***",
        ["***FOO***"],
    ),
    "medshake": (
        "Bonjour {{ tag.firstname }}, #praticien #heureRdv {{tag.poids}}",
        "Bonjour @PPRENOM, @RDVPRAT @RDVHEURE {{ '{' }}{tag.poids}}",
        ["{{ tag.poids }}"],
    ),
    "mailchimp": ("Bonjour *|FNAME|* *|MERGE7|*", "Bonjour @PPRENOM *|MERGE7|*", ["*|MERGE7|*"]),
    "mautic": (
        "Bonjour {contactfield=firstname|vous} {unsubscribe_url}",
        "Bonjour @PPRENOM {unsubscribe_url}",
        ["{unsubscribe_url}"],
    ),
    "self-mail": (
        r"@MR@ @NOM@, \né\née\ le @DTNAIS@, /venu/venue/ #D-G#",
        '@PCIVIL @PNOM, {{ PSEXE|accord("né", "née") }} le @PNAIS, {{ DSEXE|accord("venu", "venue") }} #D-G#',
        ["#D-G#"],
    ),
    "owl": (
        "Bonjour _PRÉNOM-CLIENT_, _HEURE-DE-DÉBUT_ _TARIF-DU-SOIN_",
        "Bonjour @PPRENOM, @RDVHEURE _TARIF-DU-SOIN_",
        ["_TARIF-DU-SOIN_"],
    ),
    "optamed": ("Total [price], [total_tax]", "Total @HONTOT, [total_tax]", ["[total_tax]"]),
    "calcium": ("Le ${dateJour}, ${medecin}", "Le @DATE, ${medecin}", ["${medecin}"]),
}


@pytest.mark.parametrize("family", CASES)
def test_the_codes_of_a_program_become_ours_and_the_others_stay_as_text(convert, family):
    text, body, unknown = CASES[family]
    made = convert(text)
    assert made.family == family
    assert made.template.html == f"<p>{body}</p>\n"
    assert [code.written for code in made.unknown] == unknown


@pytest.mark.parametrize("name", GRAMMAR)
def test_each_word_of_our_own_grammar_stays_what_it_is(convert, name):
    text = f'{{{{ PNOM|{name}("de", "du") }}}} {{{{ PNOM|{name} }}}}'
    made = convert(text)
    assert made.template.html == f"<p>{text}</p>\n"
    assert [code.written for code in made.codes] == ["@PNOM"]


def test_every_family_is_tried_here_and_knows_fields_that_there_are(catalogue):
    assert set(FAMILIES) - {"word"} == set(CASES)
    for family in FAMILIES.values():
        for codes in family.table.values():
            assert all(code in catalogue and catalogue[code].code == code for code in codes.split())


def test_an_unknown_family_is_refused_with_those_there_are():
    with pytest.raises(UnknownName, match="open-dental"):
        family_called("dentoleader")


def test_known_codes_of_several_programs_are_read_in_one_text(convert):
    made = convert("Bonjour *|FNAME|*, @PNOM, [LName], {contactfield=city}")
    assert made.template.html == "<p>Bonjour @PPRENOM, @PNOM, @PNOM, @PVILLE</p>\n"


def test_the_family_that_is_asked_for_is_read_alone(convert):
    made = convert("Bonjour *|FNAME|* [FName]", family="open-dental")
    assert made.template.html == "<p>Bonjour *|FNAME|* @PPRENOM</p>\n"


@pytest.mark.parametrize("text", ["le 01/02/2026/", "https://a.fr/b/c/d/", "et/ou", "a / b / c"])
def test_slashes_of_dates_and_addresses_are_no_agreement(convert, text):
    assert "accord" not in convert(f"@NOM@ {text}").template.html


def test_words_in_brackets_alone_are_no_codes(convert):
    made = convert("Il a dit [sic] et [1] @PNOM")
    assert made.unknown == ()
    assert "[sic] et [1]" in made.template.html


def test_conditions_are_told_and_stay_as_text(convert):
    made = convert("Bonjour *|IF:GENDER=F|*Madame*|ELSE:|*Monsieur*|END:IF|*\n\n{% if tag.x %}oui{% endif %}")
    assert [note.line for note in made.conditions] == [1, 1, 1, 3, 3]
    assert "Madame*|ELSE:|*Monsieur" in made.template.html


def test_what_is_said_of_a_missing_value_becomes_a_default(convert):
    made = convert("{contactfield=firstname|cher patient} {{ tag.city|default('votre ville') }}")
    assert made.template.defaults == {"PPRENOM": "cher patient", "PVILLE": "votre ville"}


def test_two_different_defaults_of_a_field_are_told(convert):
    made = convert("{contactfield=firstname|vous} {contactfield=firstname|toi}")
    assert made.template.defaults == {"PPRENOM": "vous"}
    assert [str(note.what) for note in made.notes] == ["default"]
