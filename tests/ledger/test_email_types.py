"""Email types in the ledger: why each revision was saved, renamed and nobody told twice, archived and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ledger.world import BY, World, a_row
from workbench.domain.identities import Identity
from workbench.domain.templates import Template
from workbench.errors import KeyTaken, TemplateChanged, TemplateRefused, UnknownTemplate
from workbench.ledger.ledger import Ledger

OLD, NEW = "Rendez-vous/Rappel", "Agenda/Rappel de demain"


def renamed(template: Template) -> Template:
    """The email type of the world, called otherwise; what it is for stays what it was."""
    return replace(template, folder="Agenda", label="Rappel de demain", purpose=template.occasion_purpose)


@pytest.fixture
def both(either_ledger: Ledger) -> World:
    return World(either_ledger)


def test_revisions_tell_who_saved_them_when_and_why(both: World) -> None:
    library = both.ledger.library
    first = both.now
    second = both.later(days=1)
    library.save_template(replace(both.template, subject="Demain"), by="paul", now=second, reason="plus court")
    told = library.revisions(OLD)
    assert [(one.template.revision, one.template.subject) for one in told] == [(1, "Rappel"), (2, "Demain")]
    assert [(one.saved_at, one.saved_by, one.reason) for one in told] == [
        (first, BY, ""),
        (second, "paul", "plus court"),
    ]
    assert library.shelf()[0].saved_by == "paul"
    with pytest.raises(UnknownTemplate):
        library.revisions("Rendez-vous/Rien")


def test_a_renamed_email_type_stays_the_one_it_was(both: World) -> None:
    library = both.ledger.library
    number = library.revision_id(OLD, 1)
    both.ledger.search_templates.attach("appointments", OLD, by=BY, now=both.now)
    (now,) = library.rewrite_templates(
        {OLD: renamed(both.template)}, by="paul", now=both.later(hours=1), reason="clair"
    )
    assert (now.path, now.revision) == (NEW, 2)
    assert [template.path for template in library.templates()] == [NEW]
    assert library.revision(number).path == OLD  # what was sent is shown as it was
    assert library.revision_id(OLD, 1) == library.revision_id(NEW, 1) == number
    assert both.ledger.search_templates.all() == {"appointments": NEW}
    assert [(one.template.path, one.reason) for one in library.revisions(NEW)] == [(OLD, ""), (NEW, "clair")]
    assert library.template(OLD) == now  # a notebook that names it so goes on
    assert library.revisions(OLD) == library.revisions(NEW)


def test_an_old_path_leads_on_until_somebody_else_has_it(both: World) -> None:
    library = both.ledger.library
    library.rewrite_templates({OLD: renamed(both.template)}, by=BY, now=both.now)
    third = replace(library.template(NEW), label="Autre")
    library.rewrite_templates({NEW: third}, by=BY, now=both.now)
    assert library.template(OLD).path == library.template(NEW).path == "Agenda/Autre"
    other = library.save_template(both.template, by=BY, now=both.now)
    assert library.template(OLD) == other
    assert [one.reason for one in library.revisions(OLD)] == [""]  # not those of the one that was called so before
    library.archive_template(OLD, by=BY, now=both.now)
    with pytest.raises(UnknownTemplate, match="is archived"):
        library.template(OLD)


def test_an_old_path_never_leads_to_whoever_took_a_name_in_between(both: World) -> None:
    library = both.ledger.library
    library.rewrite_templates({OLD: renamed(both.template)}, by=BY, now=both.now)
    library.rewrite_templates({NEW: replace(library.template(NEW), label="Autre")}, by=BY, now=both.now)
    library.save_template(replace(renamed(both.template), html="<p>Autre chose</p>"), by=BY, now=both.now)
    assert library.template(OLD).path == "Agenda/Autre"
    assert library.template(OLD).html == both.template.html
    assert library.template(NEW).html == "<p>Autre chose</p>"


def test_two_that_take_each_other_s_names_lead_to_themselves(both: World) -> None:
    library = both.ledger.library
    other = library.save_template(replace(both.template, label="Autre"), by=BY, now=both.now)
    aside = replace(both.template, label="Mis de côté")
    library.rewrite_templates({OLD: aside}, by=BY, now=both.now)
    library.rewrite_templates({other.path: replace(other, label="Rappel")}, by=BY, now=both.now)
    library.rewrite_templates({aside.path: replace(aside, label="Autre")}, by=BY, now=both.now)
    assert library.template(OLD).label == "Rappel"
    assert library.template("Rendez-vous/Autre").label == "Autre"
    assert library.template("Rendez-vous/Mis de côté").label == "Autre"


def test_a_mailing_stays_the_same_one_when_its_email_type_is_renamed(both: World) -> None:
    by_search, by_key = both.queued("1"), both.queued("2", key="rappels")
    (now,) = both.ledger.library.rewrite_templates({OLD: renamed(both.template)}, by=BY, now=both.now)
    both.template = now
    assert both.open().id == by_search
    assert both.open("rappels").id == by_key
    assert both.ledger.mailings.mailing(by_search).template == NEW
    both.enqueue(by_search, [a_row("1")])
    assert both.send(by_search) == ["1"]
    both.enqueue(by_search, [a_row("1")])
    assert both.send(by_search) == []
    with pytest.raises(KeyTaken):
        both.open("rappels", start="2026-12-24")


def test_mailings_that_an_erased_patient_s_name_was_taken_out_of_stay_two_under_a_new_name(both: World) -> None:
    numbers = []
    for patient, name in (("1", "Dupont"), ("2", "Martin")):
        number = both.open(name=name).id
        both.enqueue(number, [a_row(patient)])
        both.ledger.keeping.forget(
            Identity(patient_id=patient, names=frozenset({("", name)})), reason="GDPR", by=BY, now=both.now
        )
        numbers.append(number)
    before = [both.ledger.mailings.mailing(number) for number in numbers]
    assert [record.parameters for record in before] == [{"name": "…"}, {"name": "…"}]
    both.ledger.library.rewrite_templates({OLD: renamed(both.template)}, by=BY, now=both.now)
    after = [both.ledger.mailings.mailing(number) for number in numbers]
    assert [record.template for record in after] == [NEW, NEW]
    assert [record.identity for record in after] == [record.identity for record in before]


def test_nobody_is_told_twice_of_an_occasion_because_of_a_new_name(both: World) -> None:
    assert both.send(both.queued("1")) == ["1"]
    (both.template,) = both.ledger.library.rewrite_templates({OLD: renamed(both.template)}, by=BY, now=both.now)
    again = both.queued("1", "2", key="autre")
    assert both.send(again) == ["2"]


@pytest.mark.parametrize("archived", [False, True])
def test_a_name_that_is_taken_is_refused_and_nothing_changes(both: World, archived: bool) -> None:
    library = both.ledger.library
    library.save_template(replace(both.template, folder="Agenda", label="Rappel de demain"), by=BY, now=both.now)
    third = library.save_template(replace(both.template, label="Troisième"), by=BY, now=both.now)
    if archived:
        library.archive_template(NEW, by=BY, now=both.now)
    changes = {third.path: replace(third, folder="Agenda"), OLD: renamed(both.template)}
    with pytest.raises(TemplateRefused, match="archived" if archived else "another"):
        library.rewrite_templates(changes, by=BY, now=both.now)
    assert library.template(third.path) == third
    assert library.template(OLD) == both.template


def test_only_what_stands_in_the_lists_is_rewritten(both: World) -> None:
    library = both.ledger.library
    assert library.rewrite_templates({OLD: both.template}, by=BY, now=both.now) == [both.template]
    library.archive_template(OLD, by=BY, now=both.now)
    for path in (OLD, "Rendez-vous/Rien"):
        with pytest.raises(UnknownTemplate):
            library.rewrite_templates({path: renamed(both.template)}, by=BY, now=both.now)


def test_what_is_archived_comes_back_as_it_was(both: World) -> None:
    library = both.ledger.library
    library.archive_template(OLD, by=BY, now=both.later(days=1), reason="plus utilisé")
    assert library.shelf() == []
    (shelved,) = library.shelf(archived=True)
    assert (shelved.template, shelved.archived_at) == (both.template, both.now)
    library.unarchive_template(OLD, by=BY, now=both.now)
    assert library.template(OLD) == both.template
    with pytest.raises(UnknownTemplate, match="No email type is archived"):
        library.unarchive_template(OLD, by=BY, now=both.now)
    acts = both.ledger.acts.acts(f"template:{OLD}")
    assert acts["what"].tolist() == ["template_saved", "template_archived", "template_unarchived"]
    assert acts["details"].tolist()[1] == {"reason": "plus utilisé"}


def test_a_one_off_stands_in_no_list(both: World) -> None:
    library = both.ledger.library
    letter = Template(label="7f3a", folder="Courrier", subject="Votre question", html="<p>x</p>")
    saved = library.save_template(letter, by=BY, now=both.now, one_off=True)
    assert [template.path for template in library.templates()] == [OLD]
    assert library.template("Courrier/7f3a") == saved


def test_health_data_allowed_by_name_is_an_act_of_its_own(both: World) -> None:
    for health in (False, True):
        letter = Template(label="Conseils", subject="x", html="y", health=health)
        both.ledger.library.save_template(letter, by=BY, now=both.now)
    acts = both.ledger.acts.acts("template:Conseils")
    assert acts["what"].tolist() == ["template_saved", "template_saved", "health_data_allowed"]
    assert set(acts["by"]) == {BY}


def test_nobody_writes_over_what_somebody_else_saved_meanwhile(both: World) -> None:
    library = both.ledger.library
    mine, hers = replace(both.template, subject="Le mien"), replace(both.template, subject="Le sien")
    assert library.save_template(hers, by="claire", now=both.now, over=1).revision == 2
    for write in (
        lambda: library.save_template(mine, by="paul", now=both.now, over=1),
        lambda: library.rewrite_templates({OLD: mine}, by="paul", now=both.now, over={OLD: 1}),
    ):
        with pytest.raises(TemplateChanged, match="claire saved version 2 of « Rendez-vous/Rappel »"):
            write()
    assert library.template(OLD).subject == "Le sien"
    assert library.save_template(mine, by="paul", now=both.now, over=2).revision == 3


def test_what_was_renamed_or_archived_meanwhile_is_not_made_anew(both: World) -> None:
    library = both.ledger.library
    library.archive_template(OLD, by=BY, now=both.now)
    with pytest.raises(TemplateChanged, match="was archived"):
        library.save_template(replace(both.template, subject="x"), by=BY, now=both.now, over=1)
    library.unarchive_template(OLD, by=BY, now=both.now)
    library.rewrite_templates({OLD: renamed(both.template)}, by=BY, now=both.now)
    with pytest.raises(TemplateChanged, match="was renamed"):
        library.save_template(replace(both.template, subject="x"), by=BY, now=both.now, over=1)
    with pytest.raises(TemplateChanged, match="version 2"):  # a new one of a name that somebody took meanwhile
        library.save_template(
            replace(both.template, folder="Agenda", label="Rappel de demain"), by=BY, now=both.now, over=0
        )
