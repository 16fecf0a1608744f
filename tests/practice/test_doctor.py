"""What the doctor says of the ledger: its file, its daily copies, and whether this folder may send."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from workbench.domain.arming import Arming, Standing
from workbench.domain.health import CopyState, LedgerHealth
from workbench.practice import Practice

WELL = LedgerHealth(
    standing=Standing(arming=Arming.ARMED),
    copies=CopyState(last=date(2026, 11, 22), count=3),
    since=date(2026, 11, 1),
    until=date(2026, 11, 22),
)


def said(practice: Practice, monkeypatch: pytest.MonkeyPatch, health: LedgerHealth) -> dict[str, tuple[bool, str]]:
    with monkeypatch.context() as patch:
        patch.setattr(practice.ledger, "health", lambda: health)
        return {check.name: (check.ok, check.detail) for check in practice.doctor()}


def test_a_ledger_of_its_own_is_looked_at(practice: Practice) -> None:
    found = {check.name: check for check in practice.doctor()}
    assert found["Ledger's file"].ok
    assert found["Restore guard"].ok
    assert "first sending" in found["Restore guard"].detail


def test_what_is_wrong_with_the_ledger_is_said_with_what_to_do(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of(name: str, health: LedgerHealth) -> tuple[bool, str]:
        return said(practice, monkeypatch, health)[name]

    assert of("Daily copies", WELL)[0]
    assert "Nov 22, 2026" in of("Daily copies", WELL)[1]
    server = replace(WELL, copies=CopyState(by_server=True))
    assert of("Daily copies", server)[0]
    assert "server has backups" in of("Daily copies", server)[1]
    short = of("Daily copies", replace(WELL, copies=CopyState(last=date(2026, 11, 20), count=1, room=False)))
    assert not short[0]
    assert "too full" in short[1]
    behind = of("Daily copies", replace(WELL, copies=CopyState(last=date(2026, 11, 20), count=1)))
    assert not behind[0]
    assert "without a copy" in behind[1]
    young = of("Daily copies", replace(WELL, copies=CopyState(), since=date(2026, 11, 22)))
    assert young[0]

    assert "not closed" in of("Ledger's file", replace(WELL, unclean=True))[1]
    damaged = of("Ledger's file", replace(WELL, damage="row 3 missing from index"))
    assert not damaged[0]
    assert "workbench rearm" in damaged[1]
    older = of("Restore guard", replace(WELL, standing=Standing(arming=Arming.OLDER, sendings=2)))
    assert not older[0]
    assert "2 sendings" in older[1]
    assert "workbench rearm" in older[1]
