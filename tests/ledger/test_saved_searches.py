from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.errors import BadValue
from workbench.ledger.ledger import Ledger, open_ledger

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PARAMETERS = {"end": "today", "where": "patient == 'Marie Lefèvre'"}


class SavedSearchContract:
    """What saved searches promise on every database."""

    @pytest.fixture
    def ledger(self) -> Iterator[Ledger]:
        raise NotImplementedError

    def test_a_search_is_found_again_by_its_name_as_it_was_given(self, ledger: Ledger):
        saved = ledger.saved_searches.save("Contrôles en retard", "recall", PARAMETERS, by="claire", now=NOW)
        assert ledger.saved_searches.all() == {"Contrôles en retard": saved}
        assert (saved.search, dict(saved.parameters), saved.saved_at, saved.saved_by) == (
            "recall", PARAMETERS, NOW, "claire",
        )  # fmt: skip

    def test_saving_under_the_same_name_replaces(self, ledger: Ledger):
        ledger.saved_searches.save("a", "recall", PARAMETERS, by="claire", now=NOW)
        ledger.saved_searches.save("a", "unpaid", {}, by="paul", now=NOW)
        (only,) = ledger.saved_searches.all().values()
        assert (only.search, dict(only.parameters), only.saved_by) == ("unpaid", {}, "paul")

    def test_forgetting_tells_whether_there_was_one(self, ledger: Ledger):
        ledger.saved_searches.save("a", "recall", {}, by="claire", now=NOW)
        assert ledger.saved_searches.forget("a", by="claire", now=NOW)
        assert not ledger.saved_searches.forget("a", by="claire", now=NOW)
        assert ledger.saved_searches.all() == {}

    def test_another_name_takes_the_search_and_its_email_type_along(self, ledger: Ledger):
        ledger.saved_searches.save("a", "recall", PARAMETERS, by="claire", now=NOW)
        ledger.search_templates.attach("a", "Rappels/Contrôle", by="claire", now=NOW)
        assert ledger.saved_searches.rename("a", "b", by="paul", now=NOW)
        (only,) = ledger.saved_searches.all().values()
        assert (only.name, only.search, dict(only.parameters)) == ("b", "recall", PARAMETERS)
        assert ledger.search_templates.all() == {"b": "Rappels/Contrôle"}
        [act] = ledger.acts.acts("search:a").query("what == 'search.renamed'").to_dict("records")
        assert (act["by"], act["details"]["to"]) == ("paul", "b")

    def test_a_name_that_another_search_has_is_not_given(self, ledger: Ledger):
        for name in ("a", "b"):
            ledger.saved_searches.save(name, "recall", {}, by="claire", now=NOW)
        with pytest.raises(BadValue, match="« b »"):
            ledger.saved_searches.rename("a", "b", by="claire", now=NOW)
        assert not ledger.saved_searches.rename("c", "d", by="claire", now=NOW)
        assert ledger.saved_searches.rename("a", "a", by="claire", now=NOW)
        assert list(ledger.saved_searches.all()) == ["a", "b"]

    def test_both_acts_are_journalled_without_the_values(self, ledger: Ledger):
        ledger.saved_searches.save("a", "recall", PARAMETERS, by="claire", now=NOW)
        ledger.saved_searches.forget("a", by="paul", now=NOW)
        acts = ledger.acts.acts("search:a")
        assert acts["what"].tolist() == ["search.saved", "search.forgotten"]
        assert acts["by"].tolist() == ["claire", "paul"]
        assert acts["details"].tolist() == [{"search": "recall", "parameters": ["end", "where"]}] * 2

    def test_another_practice_sees_nothing_of_it(self, ledger: Ledger, tmp_path: Path):
        ledger.saved_searches.save("a", "recall", {}, by="claire", now=NOW)
        url = ledger.engine.url.render_as_string(hide_password=False)
        with open_ledger(url, practice_id="other", locks=tmp_path / "locks") as other:
            assert other.saved_searches.all() == {}
            assert not other.saved_searches.forget("a", by="x", now=NOW)
        assert list(ledger.saved_searches.all()) == ["a"]


class TestInSqlite(SavedSearchContract):
    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Iterator[Ledger]:
        with open_ledger(f"sqlite:///{tmp_path}/l.sqlite", practice_id="practice", locks=tmp_path / "locks") as opened:
            yield opened


class TestInPostgresql(SavedSearchContract):
    @pytest.fixture
    def ledger(self, postgres_ledger: Ledger) -> Ledger:
        return postgres_ledger
