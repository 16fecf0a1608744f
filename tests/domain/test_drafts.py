from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from workbench.domain.drafts import Draft

NOW = datetime(2026, 11, 22, 16, 2, tzinfo=UTC)
DRAFT = Draft(
    key="1", by="claire", search="appointments", parameters={"start": "2026-11-24", "end": "2026-11-24"},
    purpose="rappel", begun_at=NOW, saved_at=NOW,
)  # fmt: skip


def test_the_same_days_for_the_same_purpose_are_prepared_twice():
    other = replace(DRAFT, key="2", by="paul", parameters={**DRAFT.parameters, "practitioner": "MM"})
    assert DRAFT.prepares_the_same(other)
    assert DRAFT.prepares_the_same(replace(other, purpose=""))
    assert not DRAFT.prepares_the_same(replace(other, purpose="fermeture"))
    assert not DRAFT.prepares_the_same(replace(other, parameters={"start": "2026-11-25", "end": "2026-11-25"}))
    assert not DRAFT.prepares_the_same(replace(other, search="missed"))


def test_a_patient_leaves_the_rows_that_were_taken_out():
    draft = replace(DRAFT, content={"out": ["patient:1893", "patient:2610"], "account": "secretariat"})
    left = draft.without_patient("1893", {"lefèvre"})
    assert left is not None
    assert left.content == {"out": ["patient:2610"], "account": "secretariat"}
    assert draft.without_patient("1", {"zoé"}) == draft


def test_a_draft_that_names_the_patient_is_not_kept():
    for told in (
        replace(DRAFT, content={"html": "<p>Bonjour Mme LEFÈVRE,</p>"}),
        replace(DRAFT, content={"values": {"TEXTE": "écrire à z.lefevre@exemple.fr."}}),
        replace(DRAFT, parameters={"patient": "1893"}),
    ):
        assert told.without_patient("1893", {"lefèvre", "z.lefevre@exemple.fr"}) is None
    assert replace(DRAFT, content={"html": "<p>proposer</p>"}).without_patient("1893", {"rose"}) is not None
