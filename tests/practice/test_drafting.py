"""What somebody prepares is found again, and whoever prepares the same is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from workbench.practice import Practice

DAYS = {"start": "2026-11-24", "end": "2026-11-24"}


def test_a_draft_is_taken_up_again_by_whoever_began_it(practice: Practice):
    draft = replace(practice.drafts.begin("appointments"), parameters=DAYS)
    practice.drafts.save(draft)
    assert practice.drafts.mine() == [draft]
    practice.user = "somebody else"
    assert practice.drafts.mine() == []


def test_a_colleague_who_prepares_the_same_is_told_of(practice: Practice):
    mine = replace(practice.drafts.begin("appointments"), parameters=DAYS, purpose="rappel")
    hers = replace(mine, key="hers", by="Claire", host="accueil")
    practice.drafts.save(mine)
    practice.drafts.save(hers)
    assert practice.drafts.beside(mine) == [hers]
    practice.drafts.save(replace(hers, saved_at=hers.saved_at - timedelta(hours=9)))
    assert practice.drafts.beside(mine) == []
    practice.drafts.save(replace(hers, purpose="fermeture"))
    assert practice.drafts.beside(mine) == []
    assert practice.drafts.forget("hers")


def test_a_mailing_that_is_gone_is_no_draft_any_more(practice: Practice):
    practice.drafts.save(replace(practice.drafts.begin("appointments"), mailing_id=4711))
    assert practice.drafts.mine() == []
