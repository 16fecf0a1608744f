"""Which email type a search proposes: one each, journalled, alike on both databases."""

from __future__ import annotations

from tests.ledger.world import BY, World
from workbench.ledger.ledger import Ledger


def test_a_search_proposes_one_email_type_until_it_proposes_none(either_ledger: Ledger) -> None:
    world = World(either_ledger)
    book = either_ledger.search_templates
    assert book.all() == {}
    book.attach("appointments", "Rendez-vous/Rappel", by=BY, now=world.now)
    book.attach("Demain l'après-midi", "Rendez-vous/Demain", by=BY, now=world.now)
    book.attach("appointments", "Rendez-vous/Autre", by="paul", now=world.later(days=1))
    assert book.all() == {"Demain l'après-midi": "Rendez-vous/Demain", "appointments": "Rendez-vous/Autre"}
    assert book.detach("appointments", by=BY, now=world.now)
    assert not book.detach("appointments", by=BY, now=world.now)
    assert list(book.all()) == ["Demain l'après-midi"]


def test_each_gesture_is_journalled(either_ledger: Ledger) -> None:
    world = World(either_ledger)
    either_ledger.search_templates.attach("missed", "Rendez-vous/Manqué", by="paul", now=world.now)
    either_ledger.search_templates.detach("missed", by=BY, now=world.later(hours=1))
    acts = either_ledger.acts.acts("search:missed")
    assert acts["what"].tolist() == ["search_template.attached", "search_template.detached"]
    assert acts["by"].tolist() == ["paul", BY]
    assert acts["details"].tolist() == [{"template": "Rendez-vous/Manqué"}] * 2


def test_practices_of_one_database_do_not_see_each_other_s(ledger: Ledger) -> None:
    from workbench.ledger.search_templates import SearchTemplates

    ledger.search_templates.attach("missed", "Rendez-vous/Manqué", by=BY, now=World(ledger).now)
    assert SearchTemplates(ledger.engine, "another").all() == {}
