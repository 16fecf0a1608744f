"""Agreement, elision, tu and vous, enumerations: what a French letter needs, and nothing that can go wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.templates import Template
from workbench.merging.grammar import (
    GRAMMAR,
    accord,
    contraction,
    elision,
    liste,
    majuscule,
    minuscule,
    pluriel,
    tuvous,
)
from workbench.merging.render import compile_template

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.lists(st.text(max_size=8)),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Zoé", "de Zoé"), ("Alexis", "d’Alexis"), ("Élise", "d’Élise"), ("ALEXIS", "d’ALEXIS"), ("Œdipe", "d’Œdipe"),
        ("Hélène", "d’Hélène"), ("Henri-Paul", "d’Henri-Paul"), ("Hugo", "de Hugo"), ("Hamza", "de Hamza"),
        ("Yves", "d’Yves"), ("Yann", "de Yann"), ("Yasmine", "de Yasmine"), ("Ouassim", "de Ouassim"),
        ("Oulaya", "d’Oulaya"), ("Y", "de Y"), ("d’Artagnan", "de d’Artagnan"), ("", ""),
    ],
)  # fmt: skip
def test_a_name_is_elided_before_a_vowel_and_a_mute_h_only(name: str, written: str) -> None:
    assert elision(name, "de") == written


def test_other_small_words_are_elided_too_and_ordinary_words_are_not() -> None:
    assert elision("Alexis", "que") == "qu’Alexis"
    assert elision("Alexis", "Que") == "Qu’Alexis"
    assert elision("Alexis", "chez") == "chez Alexis"
    assert elision("Alexis", "") == "Alexis"


@pytest.mark.parametrize(
    ("word", "name", "written"),
    [
        ("de", "Le Mans", "du Mans"), ("à", "Le Mans", "au Mans"), ("de", "les Ulis", "des Ulis"),
        ("à", "Les Ulis", "aux Ulis"), ("de", "le cabinet des Tilleuls", "du cabinet des Tilleuls"),
        ("De", "le Dr Molaire", "Du Dr Molaire"), ("À", "LE MANS", "Au MANS"), ("de", "La Rochelle", "de La Rochelle"),
        ("à", "La Rochelle", "à La Rochelle"), ("de", "l’extraction", "de l’extraction"), ("de", "Angers", "d’Angers"),
        ("à", "Angers", "à Angers"), ("de", "Rennes", "de Rennes"), ("de", "Lens", "de Lens"), ("de", "Le", "de Le"),
        ("chez", "le Dr Molaire", "chez le Dr Molaire"), ("de", "", ""), ("de", None, ""),
    ],
)  # fmt: skip
def test_de_and_a_contract_with_an_article_and_with_nothing_else(word, name, written) -> None:
    assert contraction(name, word) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Zoé", "votre enfant"), ("Zoé, Léo", "vos enfants"), ("Zoé\nLéo", "vos enfants"), (["a", "b"], "vos enfants"),
        (1, "votre enfant"), (2, "vos enfants"), ("1,5", "votre enfant"), ("12", "vos enfants"), (0, "votre enfant"),
        (-3, "vos enfants"), (None, "votre enfant"), ("", "votre enfant"), (", \n", "votre enfant"),
    ],
)  # fmt: skip
def test_the_plural_is_for_two_and_more(value, written) -> None:
    assert pluriel(value, "votre enfant", "vos enfants") == written
    assert pluriel(2, "rappel") == "rappels"


@pytest.mark.parametrize(
    ("sex", "written"),
    [
        ("F", "née"), ("féminin", "née"), ("female", "née"), ("e", "née"), ("M", "né"), ("masculin", "né"),
        ("couple", "nés"), ("s", "nés"), ("U", "né(e)"), (None, "né(e)"), ("", "né(e)"),
    ],
)  # fmt: skip
def test_a_form_agrees_with_a_sex_however_a_field_writes_it(sex: str | None, written: str) -> None:
    assert accord(sex, "né", "née", "né(e)", "nés") == written


def test_without_a_neutral_form_the_masculine_stands_for_who_is_not_known() -> None:
    assert accord(None, "né", "née") == "né"
    assert accord("couple", "né", "née", "né(e)") == "né(e)"


def test_tu_is_said_to_whom_it_is_agreed_with_and_vous_to_everybody_else() -> None:
    assert tuvous("tu", "ton patient", "votre patient") == "ton patient"
    assert tuvous("vous", "ton patient", "votre patient") == "votre patient"
    assert tuvous(None, "ton patient", "votre patient") == "votre patient"


def test_lines_and_lists_become_an_enumeration() -> None:
    assert liste("détartrage\ncouronne (26)\ncomposite (14)") == "détartrage, couronne (26) et composite (14)"
    assert liste(["scaling", "crown"], "and") == "scaling and crown"
    assert liste("détartrage") == "détartrage"
    assert liste("\n \n") == ""
    assert liste(None) == ""


def test_a_sentence_begins_with_a_capital_and_an_acronym_keeps_its_own() -> None:
    assert majuscule("votre fille Zoé") == "Votre fille Zoé"
    assert majuscule("élise") == "Élise"
    assert minuscule("Détartrage") == "détartrage"
    assert minuscule("IRM") == "IRM"


@given(st.sampled_from(sorted(GRAMMAR)), VALUES, st.lists(VALUES, max_size=4))
def test_no_value_makes_a_filter_fail_or_write_much_more_than_it_was_given(name, value, others) -> None:
    arguments = others[
        : {"majuscule": 0, "minuscule": 0, "elision": 1, "liste": 1, "contraction": 1, "tuvous": 2, "pluriel": 2}.get(
            name, 4
        )
    ]
    written = GRAMMAR[name](value, *arguments)
    given_size = sum(len(str(one)) for one in (value, *arguments))
    assert isinstance(written, str)
    assert len(written) <= 3 * given_size + 10


def test_an_email_type_uses_them_and_its_html_stays_safe(catalogue) -> None:
    template = Template(
        label="x",
        subject='Rendez-vous {{ PPRENOM|elision("de") }}',
        html='<p>{{ DLIEN|majuscule }}, {{ PSEXE|accord("né", "née", "né(e)") }} le @PNAIS</p>'
        '<p>{{ ACTES|liste }} : {{ CFORME|tuvous("<b>tu</b>", "vous") }}</p>',
    )
    compiled = compile_template(template, catalogue)
    rendered = compiled.render(
        {"PPRENOM": "Alexis", "DLIEN": "votre fille", "PSEXE": None, "PNAIS": "02/03/2014", "ACTES": "a<b>\nc",
         "CFORME": "tu"}
    )  # fmt: skip
    assert rendered.subject == "Rendez-vous d’Alexis"
    assert "Votre fille, né(e) le 02/03/2014" in rendered.html
    assert "a&lt;b&gt; et c : &lt;b&gt;tu&lt;/b&gt;" in rendered.html
    assert "a<b> et c : <b>tu</b>" in rendered.text
    # Who is not known has a form of its own: nothing to warn about.
    assert {"PSEXE", "CFORME"} <= compiled.guarded


def test_a_filter_that_makes_a_huge_text_is_refused_like_any_other(catalogue) -> None:
    from workbench.errors import TemplateRefused

    template = Template(
        label="x", subject="x", html="{% set x = PNOM %}" + "{% set x = x|elision(x) %}" * 25 + "{{ x|length }}"
    )
    with pytest.raises(TemplateRefused, match=r"MB|Mo"):
        compile_template(template, catalogue).render({"PNOM": "a" * 1000})
