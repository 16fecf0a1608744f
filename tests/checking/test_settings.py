from __future__ import annotations

from workbench.checking.settings import Surroundings
from workbench.domain.attached import DocumentRule, ImageRule
from workbench.domain.mailings import Severity
from workbench.domain.templates import Template

EMPTY = Surroundings(accounts=frozenset(), signatures=frozenset(), templates={})


def test_what_is_named_and_not_there_is_an_error(look):
    found = look(account="rien", signature="Aucune", variant_of="Essais/Rien", attachments=("a/plan.pdf",), there=EMPTY)
    assert {one.code for one in found} == {"unknown_account", "unknown_signature", "unknown_main", "missing_file"}
    assert {one.severity for one in found} == {Severity.ERROR}


def test_what_is_there_is_in_order(codes):
    main = Template(label="Rappel", folder="Essais", subject="x", html="x")
    there = Surroundings(
        accounts=frozenset({"cabinet"}),
        signatures=frozenset({"Cabinet"}),
        templates={main.path: main},
        files={"a/plan.pdf": 1_000},
    )
    settings = {"account": "cabinet", "variant_of": main.path, "language": "en", "attachments": ("a/plan.pdf",)}
    assert codes(signature="Cabinet", there=there, **settings) == []
    assert codes(signature="-", there=there, **settings) == []


def test_without_a_practice_nobody_knows_what_is_there(codes):
    assert codes(account="rien", signature="Aucune", variant_of="Essais/Rien") == []


def test_a_translation_of_a_translation_or_in_the_same_language_is_told(codes):
    main = Template(label="Rappel", folder="Essais", subject="x", html="x")
    other = Template(label="Reminder", folder="Essais", subject="x", html="x", language="en", variant_of=main.path)
    there = Surroundings(templates={one.path: one for one in (main, other)})
    assert codes(variant_of=other.path, there=there) == ["variant_of_variant"]
    assert codes(variant_of=main.path, there=there) == ["variant_in_same_language"]


def test_the_words_of_rules_are_those_of_the_practice(codes):
    there = Surroundings(album={"kind": frozenset({"Panoramique"}), "stage": frozenset({"Début"})})
    assert codes(images=(ImageRule(kind="panoramique", stage="debut"),), there=there) == []
    assert codes(images=(ImageRule(kind="scanner"),), there=there) == ["unknown_image_word:scanner"]
    assert codes(images=(ImageRule(kind="scanner"),)) == []  # an album without any word says nothing
    assert codes(documents=(DocumentRule(kind="facture"),)) == ["unknown_document:facture"]
