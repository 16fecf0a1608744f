"""The library of email types, as a person keeps it: proposed by searches, in several languages."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.domain.templates import Template
from workbench.errors import UnknownName, UnknownTemplate, UsageError
from workbench.practice import Practice
from workbench.practice.parts import LongList

REMINDER = "Rendez-vous/Rappel de rendez-vous"
TOMORROW = {"start": "tomorrow", "end": "tomorrow"}


def kept(practice: Practice, **values: object) -> Template:
    """Keep an email type of the tests."""
    template = Template(**{"label": "Essai", "folder": "Essais", "subject": "Bonjour", "html": "<p>x</p>", **values})
    return practice.ledger.library.save_template(template, by="claire", now=practice.now())


# --- proposed by searches ---------------------------------------------------------------------------------


def test_a_search_proposes_the_email_type_it_was_given(practice: Practice) -> None:
    rdv = practice.search("appointments", **TOMORROW)
    assert practice.templates.default_for(rdv) is None
    with pytest.raises(UsageError, match=r"« appointments » proposes none.*--for"):
        practice.templates.chosen_for(rdv)
    assert practice.templates.use_for(REMINDER, "Rendez-vous") == "appointments"
    assert practice.templates.chosen_for(rdv) == practice.templates[REMINDER]
    assert practice.templates.searches_of(REMINDER) == ["appointments"]


def test_a_saved_search_proposes_its_own_before_its_search_s(practice: Practice) -> None:
    own = kept(practice, label="Demain")
    practice.save_search("De demain", "appointments", **TOMORROW)
    practice.templates.use_for(REMINDER, "appointments")
    assert practice.templates.default_for(practice.search("De demain")) == practice.templates[REMINDER]
    assert practice.templates.use_for(own.path, "de DEMAIN") == "De demain"
    assert practice.templates.default_for(practice.search("De demain", state="upcoming")) == own
    assert practice.templates.default_for(practice.search("appointments", **TOMORROW)) != own
    practice.forget_search("De demain")
    assert practice.templates.searches_of(own.path) == []


def test_a_long_list_is_proposed_the_same(practice: Practice) -> None:
    own = kept(practice, label="Demain")
    practice.save_search("De demain", "appointments", **TOMORROW)
    practice.templates.use_for(own.path, "De demain")
    from workbench.practice.searching import Searching

    long = Searching(practice).in_parts("De demain", {}, today=practice.today, size=3)
    assert isinstance(long, LongList)
    assert practice.templates.default_for(long) == own


def test_a_search_that_is_detached_proposes_none(practice: Practice) -> None:
    practice.templates.use_for(REMINDER, "appointments")
    with pytest.raises(UsageError, match="does not propose"):
        practice.templates.not_for("Essais/Essai", "appointments")
    practice.templates.not_for(REMINDER, "appointments")
    assert practice.templates.searches_of(REMINDER) == []


def test_what_is_archived_is_not_proposed(practice: Practice) -> None:
    own = kept(practice)
    practice.templates.use_for(own.path, "appointments")
    practice.ledger.library.archive_template(own.path, by="claire", now=practice.now())
    assert practice.templates.default_for(practice.search("appointments", **TOMORROW)) is None


def test_nothing_is_proposed_for_a_table_of_one_s_own(practice: Practice) -> None:
    with pytest.raises(UsageError, match="nothing but a search"):
        practice.templates.chosen_for(pd.DataFrame({"email": ["a@exemple.test"]}))


def test_only_what_exists_is_attached(practice: Practice) -> None:
    with pytest.raises(UnknownTemplate):
        practice.templates.use_for("Essais/Rien", "appointments")
    with pytest.raises(UnknownName):
        practice.templates.use_for(REMINDER, "appointmentz")


# --- in several languages ---------------------------------------------------------------------------------


def test_an_email_type_is_found_in_each_of_its_languages(practice: Practice) -> None:
    main = practice.templates[REMINDER]
    english = kept(practice, label="Reminder", language="en", variant_of=REMINDER)
    kept(practice, label="Autre", language="en", variant_of="Essais/Essai")
    assert practice.templates.variants(REMINDER) == {"fr": main, "en": english.dressed_as(main)}
    assert practice.templates.variants(REMINDER)["en"].required == main.required
    with pytest.raises(UnknownTemplate):
        practice.templates.variants("Essais/Rien")


# --- usual for one patient --------------------------------------------------------------------------------


def test_what_is_usual_for_one_patient_is_read_at_once_however_many_letters_of_one_s_own_left(
    practice: Practice,
) -> None:
    patient = practice.tables.patients()["patient_id"].iloc[0]
    asked: list[str] = []
    sa.event.listen(practice.ledger.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def questions() -> int:
        asked.clear()
        assert practice.templates.usual_for_one()
        return len(asked)

    without = questions()
    for number in range(3):
        practice.write_to(patient, subject=f"Plan {number}", html="<p>Bonjour.</p>", account="folder").queue()
    assert len(practice.ledger.mailings.sent_to_one(since=practice.now())) == 3
    assert questions() == without
