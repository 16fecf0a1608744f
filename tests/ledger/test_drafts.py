from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.domain.drafts import Draft, Step
from workbench.domain.identities import Identity
from workbench.ledger.ledger import Ledger, open_ledger

NOW = datetime(2026, 11, 22, 16, 2, tzinfo=UTC)
DRAFT = Draft(
    key="a1", by="claire", host="accueil", search="appointments",
    parameters={"start": "2026-11-24", "end": "2026-11-24"}, template="Rendez-vous/Rappel", purpose="rappel",
    content={"out": ["patient:1893", "appointment:7"], "html": "<p>Bonjour Zoé</p>"}, begun_at=NOW, saved_at=NOW,
)  # fmt: skip


class DraftContract:
    """What drafts promise on every database."""

    @pytest.fixture
    def ledger(self) -> Iterator[Ledger]:
        raise NotImplementedError

    def test_a_draft_is_found_again_as_it_was_left(self, ledger: Ledger):
        ledger.drafts.save(DRAFT)
        assert ledger.drafts.draft("a1") == DRAFT
        later = replace(DRAFT, step=Step.CHECK, mailing_id=12, content={}, saved_at=NOW + timedelta(minutes=3))
        ledger.drafts.save(later)
        assert ledger.drafts.draft("a1") == later
        assert ledger.drafts.draft("b2") is None

    def test_drafts_come_the_latest_first(self, ledger: Ledger):
        for number in range(3):
            ledger.drafts.save(replace(DRAFT, key=str(number), saved_at=NOW + timedelta(hours=number)))
        assert [one.key for one in ledger.drafts.since(NOW + timedelta(hours=1))] == ["2", "1"]

    def test_a_draft_given_up_or_too_old_is_gone(self, ledger: Ledger):
        ledger.drafts.save(DRAFT)
        ledger.drafts.save(replace(DRAFT, key="b2", saved_at=NOW - timedelta(days=30)))
        assert ledger.drafts.expire(NOW - timedelta(days=14)) == 1
        assert ledger.drafts.forget("a1")
        assert not ledger.drafts.forget("a1")
        assert ledger.drafts.since(NOW - timedelta(days=60)) == []

    def test_another_practice_sees_nothing_of_it(self, ledger: Ledger, tmp_path: Path):
        ledger.drafts.save(DRAFT)
        url = ledger.engine.url.render_as_string(hide_password=False)
        with open_ledger(url, practice_id="other", locks=tmp_path / "locks") as other:
            assert other.drafts.since(NOW - timedelta(days=1)) == []
            assert not other.drafts.forget("a1")
        assert ledger.drafts.draft("a1") == DRAFT

    def test_a_forgotten_patient_is_in_no_draft(self, ledger: Ledger):
        named = replace(DRAFT, key="b2", content={"html": "<p>Bonjour Mme Lefèvre</p>"})
        ledger.drafts.save(replace(DRAFT, content={"out": ["patient:1893", "appointment:7"]}))
        ledger.drafts.save(named)
        ledger.drafts.save(replace(DRAFT, key="c3", content={"html": "<p>Zoé est une fée</p>"}))
        zoe = Identity(patient_id="1893", names=frozenset({("Zoé", "Lefèvre")}))
        assert ledger.keeping.forget(zoe, reason="asked", by="claire", now=NOW).drafts == 1
        assert ledger.drafts.forget("c3")  # which was there still
        (left,) = ledger.drafts.since(NOW)
        assert (left.key, left.content) == ("a1", {"out": ["appointment:7"]})


class TestInSqlite(DraftContract):
    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Iterator[Ledger]:
        with open_ledger(f"sqlite:///{tmp_path}/l.sqlite", practice_id="practice", locks=tmp_path / "locks") as opened:
            yield opened


class TestInPostgresql(DraftContract):
    @pytest.fixture
    def ledger(self, postgres_ledger: Ledger) -> Ledger:
        return postgres_ledger
