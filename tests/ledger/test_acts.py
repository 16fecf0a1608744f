from __future__ import annotations

from tests.ledger.world import BY, World
from workbench.ledger.acts import ACT_COLUMNS


def test_an_act_tells_who_did_what_when_to_which_object(world: World) -> None:
    before = len(world.ledger.acts.acts())
    world.ledger.acts.record("corrected", "patient:7", details={"column": "email"}, by="paul", now=world.later(hours=2))
    world.ledger.acts.record("corrected", object_key="patient:8", by=BY, now=world.now)
    frame = world.ledger.acts.acts()
    assert tuple(frame.columns) == ACT_COLUMNS
    assert len(frame) == before + 2
    (act,) = world.ledger.acts.acts("patient:7").to_dict("records")
    assert (act["what"], act["by"], act["at"], act["details"]) == ("corrected", "paul", world.now, {"column": "email"})


def test_a_journal_without_acts_still_has_its_columns(world: World) -> None:
    frame = world.ledger.acts.acts("patient:none")
    assert tuple(frame.columns) == ACT_COLUMNS
    assert str(frame["at"].dtype).endswith("UTC]")
    assert len(frame) == 0
