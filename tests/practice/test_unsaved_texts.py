"""A text that somebody writes is kept as it is typed, and is no mailing that somebody prepares."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from workbench.practice import Practice

PATH = "Confrères/Adressage"


def test_a_text_is_found_again_with_what_it_was_made_from(practice: Practice) -> None:
    templates = practice.templates
    draft = replace(templates[PATH], subject="Votre av")
    templates.keep_text(draft, over=1)
    templates.keep_text(replace(draft, subject="Votre avis"), over=1)
    templates.rename(PATH, "Courrier")
    found = templates.unsaved_texts()
    assert [*found] == [PATH]
    assert (found[PATH].template.subject, found[PATH].base.revision) == ("Votre avis", 1)
    assert practice.drafts.mine() == []
    templates.forget_text(PATH)
    assert templates.unsaved_texts() == {}


def test_who_else_writes_it_is_told_and_has_a_text_of_her_own(practice: Practice) -> None:
    templates = practice.templates
    draft = templates[PATH]
    templates.keep_text(replace(draft, subject="Celui de Claire"), over=1)
    practice.user = "paul"
    assert templates.unsaved_texts() == {}
    assert [*templates.also_writing(PATH)] == ["claire"]
    templates.keep_text(replace(draft, subject="Celui de Paul"), over=1)
    templates.forget_text(PATH)
    practice.user = "claire"
    assert templates.unsaved_texts()[PATH].template.subject == "Celui de Claire"


def test_a_text_nobody_touches_is_not_kept_for_ever(practice: Practice) -> None:
    practice.templates.keep_text(replace(practice.templates[PATH], subject="x"), over=1)
    now = practice.now()
    practice.now = lambda: now + timedelta(days=15)
    assert practice.templates.unsaved_texts() == {}
