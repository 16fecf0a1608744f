"""What codes of old texts mean, in the ledger: kept by code, journalled, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

from workbench.ledger.ledger import Ledger

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_what_a_code_means_is_kept_and_journalled(ledger: Ledger):
    ledger.foreign_codes.learn({"@NUMSS": "PDOSSIER", "[Pied]": ""}, by="claire", now=NOW)
    assert ledger.foreign_codes.all() == {"@NUMSS": "PDOSSIER", "[Pied]": ""}
    acts = ledger.acts.acts("foreign_code:@NUMSS")
    assert acts["what"].tolist() == ["foreign_code_set"]
    assert acts["details"].tolist() == [{"field": "PDOSSIER"}]


def test_what_is_said_again_replaces_it_and_the_same_is_not_journalled_twice(ledger: Ledger):
    for field in ("PDOSSIER", "PDOSSIER", "PNOM PPRENOM"):
        ledger.foreign_codes.learn({"@NUMSS": field}, by="claire", now=NOW)
    assert ledger.foreign_codes.all() == {"@NUMSS": "PNOM PPRENOM"}
    assert len(ledger.acts.acts("foreign_code:@NUMSS")) == 2


def test_a_code_is_forgotten_once(ledger: Ledger):
    ledger.foreign_codes.learn({"@NUMSS": ""}, by="claire", now=NOW)
    assert ledger.foreign_codes.forget("@NUMSS", by="paul", now=NOW)
    assert not ledger.foreign_codes.forget("@NUMSS", by="paul", now=NOW)
    assert ledger.foreign_codes.all() == {}
    assert ledger.acts.acts("foreign_code:@NUMSS")["by"].tolist() == ["claire", "paul"]


def test_the_frame_says_who_and_when(ledger: Ledger):
    assert ledger.foreign_codes.frame().columns.tolist() == ["code", "field", "saved_at", "saved_by"]
    ledger.foreign_codes.learn({"[b]": "PNOM", "@A": ""}, by="claire", now=NOW)
    frame = ledger.foreign_codes.frame()
    assert frame["code"].tolist() == ["@A", "[b]"]
    assert frame["saved_at"].tolist() == [NOW, NOW]
    assert frame["saved_by"].tolist() == ["claire", "claire"]
