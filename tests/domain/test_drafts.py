from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from workbench.domain.drafts import Draft
from workbench.domain.identities import Identity

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


LEFEVRE = Identity(
    patient_id="1893", names=frozenset({("Rose", "LEFÈVRE")}), addresses=frozenset({"z.lefevre@exemple.fr"})
)


def test_a_patient_leaves_the_rows_that_were_ticked_or_taken_out():
    content = {"out": ["patient:1893", "patient:2610"], "only": ["patient:1893"], "account": "secretariat"}
    draft = replace(DRAFT, content=content)
    left = draft.without_patient(LEFEVRE)
    assert left is not None
    assert left.content == {"out": ["patient:2610"], "only": [], "account": "secretariat"}
    assert draft.without_patient(Identity(patient_id="1")) == draft


def test_a_draft_that_tells_of_the_patient_is_not_kept():
    for told in (
        replace(DRAFT, content={"html": "<p>Bonjour Rose LEFEVRE,</p>"}),
        replace(DRAFT, content={"values": {"TEXTE": "écrire à z.lefevre@exemple.fr."}}),
        replace(DRAFT, parameters={"patient": "1893"}),
    ):
        assert told.without_patient(LEFEVRE) is None


def test_a_draft_with_a_word_that_is_also_a_name_is_kept():
    for told in ({"html": "<p>Une rose pour vous</p>"}, {"html": "<p>Le Dr Lefèvre est absent</p>"}):
        draft = replace(DRAFT, content=told, parameters={"since": "1893"})
        assert draft.without_patient(LEFEVRE) == draft
