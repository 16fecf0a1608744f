"""Signatures in the ledger: kept by name, archived, journalled."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.domain.signatures import Signature
from workbench.errors import UnknownSignature
from workbench.ledger.ledger import Ledger

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CABINET = Signature(label="Cabinet", html="<div>@CORPS</div>")


def test_a_signature_is_kept_under_its_label(ledger: Ledger):
    ledger.signatures.save(CABINET, by="claire", now=NOW)
    assert ledger.signatures.signature("Cabinet") == CABINET
    assert ledger.signatures.signatures() == [CABINET]


def test_saving_again_replaces_it_and_both_are_journalled(ledger: Ledger):
    changed = Signature(label="Cabinet", html="<p>@CORPS</p>")
    ledger.signatures.save(CABINET, by="claire", now=NOW)
    ledger.signatures.save(changed, by="claire", now=NOW)
    assert ledger.signatures.signatures() == [changed]
    assert ledger.acts.acts("signature:Cabinet")["what"].tolist() == ["signature_saved", "signature_saved"]


def test_an_archived_signature_leaves_the_lists_until_it_is_saved_again(ledger: Ledger):
    ledger.signatures.save(CABINET, by="claire", now=NOW)
    ledger.signatures.archive("Cabinet", by="claire", now=NOW)
    assert ledger.signatures.signatures() == []
    with pytest.raises(UnknownSignature):
        ledger.signatures.archive("Cabinet", by="claire", now=NOW)
    ledger.signatures.save(CABINET, by="claire", now=NOW)
    assert ledger.signatures.signatures() == [CABINET]


def test_an_unknown_name_tells_those_there_are(ledger: Ledger):
    ledger.signatures.save(CABINET, by="claire", now=NOW)
    with pytest.raises(UnknownSignature, match="« Cabinet »"):
        ledger.signatures.signature("Praticien")
