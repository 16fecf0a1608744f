"""Where new email types begin, and which ones hold some words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.errors import TemplateRefused, UnknownTemplate
from workbench.practice import Practice
from workbench.practice.beginning import says_nothing

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def test_an_empty_one_greets_and_can_be_sent(practice: Practice) -> None:
    made = practice.templates.begin(" Essais / Bonjour ", reason="pour voir")
    assert (made.folder, made.label, made.subject, made.revision) == ("Essais", "Bonjour", "Bonjour", 1)
    assert practice.templates.revisions(made.path)["reason"].tolist() == ["pour voir"]
    assert "error" not in practice.templates.check(made)["severity"].tolist()


def test_one_begun_from_a_starter_is_for_the_same(practice: Practice) -> None:
    starters = practice.templates.starters()
    made = practice.templates.begin("Mes rappels/Rappel court", like=REMINDER)
    assert made.html == practice.templates[REMINDER].html
    assert made.occasion_purpose == starters[REMINDER].occasion_purpose
    with pytest.raises(UnknownTemplate, match="Rien"):
        practice.templates.begin("Mes rappels/Autre", like="Rien")


@pytest.mark.parametrize("like", ["", REMINDER])
def test_no_name_is_taken_from_another_one(practice: Practice, like: str) -> None:
    with pytest.raises(TemplateRefused, match="name of another"):
        practice.templates.begin(REMINDER, like=like)
    practice.templates.archive(REMINDER)
    with pytest.raises(TemplateRefused, match="name of another"):
        practice.templates.begin(REMINDER, like=like)
    with pytest.raises(TemplateRefused, match="label"):
        practice.templates.begin("Essais/")


def test_one_that_was_left_with_nothing_written_can_be_begun_anew(practice: Practice) -> None:
    templates = practice.templates
    made = templates.begin("Essais/Bonjour")
    assert templates.leave(made.path)
    assert made.path not in templates
    assert templates.begin("Essais/Bonjour").revision == 1
    templates.use_for(made.path, "birthdays")
    assert not templates.leave(made.path)
    templates.not_for(made.path, "birthdays")
    templates.change(made.path, subject="Bonjour à tous")
    assert not templates.leave(made.path)
    assert not templates.leave("Essais/Personne")


def test_another_language_is_a_variant_of_the_main_one(practice: Practice) -> None:
    templates = practice.templates
    made = templates.translate("Confrères/Adressage", "en", "Referral")
    assert (made.variant_of, made.language, made.folder) == ("Confrères/Adressage", "en", "Confrères")
    assert [*templates.variants("Confrères/Adressage")] == ["fr", "en"]
    with pytest.raises(TemplateRefused, match="same language"):
        templates.translate(made.path, "en", "Once more")
    with pytest.raises(TemplateRefused, match="There are: fr, en"):
        templates.translate("Confrères/Adressage", "xx", "Adressage xx")
    with pytest.raises(TemplateRefused, match="name of another"):
        templates.translate("Finances/Facture", "en", "Facture")


def test_words_are_found_in_the_text_whatever_their_accents(practice: Practice) -> None:
    made = practice.templates.save(
        practice.templates.begin("Essais/Été").__class__(
            label="Été",
            folder="Essais",
            subject="Bonjour",
            html="<p>Un œuf de Pâques <b>rouge</b></p><style>x{}</style>",
        )
    )
    assert practice.templates.find("OEUF paques") == [made.path]
    assert practice.templates.find("ete bonjour") == [made.path]
    assert practice.templates.find("œuf bleu") == []
    assert len(practice.templates.find("")) == len(practice.templates)


def test_a_greeting_with_a_file_says_something(practice: Practice) -> None:
    begun = practice.templates.begin("Essais/Plan")
    assert says_nothing(begun)
    assert not says_nothing(replace(begun, attachments=("plan.pdf",)))
