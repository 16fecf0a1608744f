from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from workbench.domain.drafts import Draft, Step
from workbench.domain.identities import Identity
from workbench.domain.mailings import MailingPlan, MailingStatus
from workbench.domain.templates import Template
from workbench.ledger.ledger import Ledger, open_ledger

NOW = datetime(2026, 11, 22, 16, 2, tzinfo=UTC)
DRAFT = Draft(
    key="a1", by="claire", host="accueil", search="appointments",
    parameters={"start": "2026-11-24", "end": "2026-11-24"}, template="Rendez-vous/Rappel", purpose="rappel",
    content={"out": ["patient:1893", "appointment:7"], "html": "<p>Bonjour Zoé</p>"}, begun_at=NOW, saved_at=NOW,
)  # fmt: skip


def mailing(ledger: Ledger, key: str) -> int:
    template = ledger.library.save_template(Template(label="T", subject="S", html="<p>H</p>"), by="claire", now=NOW)
    plan = MailingPlan(template="T", account="A", role="patient", channel="email", key=key)
    return ledger.mailings.open_mailing(plan, template=template, account="A", by="claire", now=NOW).id


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
        ledger.drafts.save(replace(DRAFT, key="text:9", saved_at=NOW + timedelta(hours=9)))
        heads = ledger.drafts.heads(NOW + timedelta(hours=1))
        assert [one.key for one in heads] == ["2", "1"]
        assert heads[0] == replace(DRAFT, key="2", saved_at=NOW + timedelta(hours=2), content={})
        assert [one.key for one in ledger.drafts.heads(NOW, kind="text:")] == ["text:9"]

    def test_of_a_kind_somebody_s_own_are_whole(self, ledger: Ledger):
        mine = {"kind": "text:", "by": "claire", "host": "accueil"}
        ledger.drafts.save(DRAFT)
        ledger.drafts.save(replace(DRAFT, key="text:1"))
        ledger.drafts.save(replace(DRAFT, key="text:2", by="paul"))
        ledger.drafts.save(replace(DRAFT, key="text:3", host="fauteuil 2"))
        assert ledger.drafts.since(NOW, **mine) == [replace(DRAFT, key="text:1")]
        assert ledger.drafts.since(NOW + timedelta(seconds=1), **mine) == []

    def test_a_mailing_that_ended_is_no_draft_and_its_status_is_read_with_it(self, ledger: Ledger):
        numbers = [mailing(ledger, key) for key in ("a", "b", "c")]
        for number in numbers:
            ledger.drafts.save(replace(DRAFT, key=str(number), mailing_id=number))
        ledger.drafts.save(replace(DRAFT, key="gone", mailing_id=4711))
        ledger.drafts.save(DRAFT)
        ledger.mailings.set_status(numbers[0], MailingStatus.CANCELLED, by="claire", now=NOW)
        asked = []
        sa.event.listen(ledger.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert {one.key for one in ledger.drafts.heads(NOW)} == {"a1", str(numbers[1]), str(numbers[2])}
        (query,) = [one for one in asked if "SELECT" in one]
        assert "content" not in query

    def test_a_draft_given_up_or_too_old_is_gone(self, ledger: Ledger):
        ledger.drafts.save(DRAFT)
        ledger.drafts.save(replace(DRAFT, key="b2", saved_at=NOW - timedelta(days=30)))
        assert ledger.drafts.expire(NOW - timedelta(days=14)) == 1
        assert ledger.drafts.forget("a1")
        assert not ledger.drafts.forget("a1")
        assert ledger.drafts.heads(NOW - timedelta(days=60)) == []

    def test_another_practice_sees_nothing_of_it(self, ledger: Ledger, tmp_path: Path):
        ledger.drafts.save(DRAFT)
        url = ledger.engine.url.render_as_string(hide_password=False)
        with open_ledger(url, practice_id="other", locks=tmp_path / "locks") as other:
            assert other.drafts.heads(NOW - timedelta(days=1)) == []
            assert other.drafts.since(NOW - timedelta(days=1), kind="", by="claire", host="accueil") == []
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
        (head,) = ledger.drafts.heads(NOW)
        left = ledger.drafts.draft(head.key)
        assert left is not None
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
