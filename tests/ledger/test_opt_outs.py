from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from tests.ledger.world import BY, World, a_row
from workbench.domain.objections import OBJECTION_COLUMNS, SELF_COLUMNS
from workbench.errors import BadValue


def test_an_opt_out_is_recorded_once_and_its_withdrawal_kept(world: World) -> None:
    outs = world.ledger.opt_outs
    for _twice in range(2):
        outs.opt_out(patient_id="1", source="phone", by=BY, now=world.now)
    outs.opt_out(address=" P2@Example.TEST ", purpose="recall", by=BY, now=world.now)
    frame = outs.objections()
    assert tuple(frame.columns) == OBJECTION_COLUMNS
    assert frame.to_numpy().tolist() == [
        ["1", "", "email", "", "opted_out"],
        ["", "p2@example.test", "email", "recall", "opted_out"],
    ]
    assert outs.withdraw(patient_id="1", by=BY, now=world.now)
    assert not outs.withdraw(patient_id="1", by=BY, now=world.now)
    assert len(outs.objections()) == 1
    outs.opt_out(patient_id="1", by=BY, now=world.now)
    assert len(outs.objections()) == 2
    assert list(world.ledger.acts.acts("patient:1")["what"]) == ["opt_out", "opt_out_withdrawn", "opt_out"]
    assert "example" not in str(world.ledger.acts.acts("address").to_dict())


def test_an_opt_out_of_nobody_is_refused(world: World) -> None:
    with pytest.raises(BadValue):
        world.ledger.opt_outs.opt_out(address="  ", by=BY, now=world.now)


def test_an_empty_list_of_objections_still_has_its_columns(world: World) -> None:
    frame = world.ledger.opt_outs.objections()
    assert tuple(frame.columns) == OBJECTION_COLUMNS
    assert set(map(str, frame.dtypes)) == {"string"}


def test_opt_outs_are_read_again_only_when_one_changed(world: World) -> None:
    outs = world.ledger.opt_outs
    outs.opt_out(patient_id="1", by=BY, now=world.now)
    with world.ledger.engine.connect() as connection:
        first = outs.standing(connection)
        assert outs.standing(connection, first) is first
    outs.withdraw(patient_id="1", by=BY, now=world.now)
    with world.ledger.engine.connect() as connection:
        second = outs.standing(connection, first)
    assert second is not first
    who = {"patient_id": "1", "address": "", "channel": "email", "purpose": "x"}
    assert first.objections.reason(**who) == "opted_out"
    assert second.objections.reason(**who) == ""


def test_an_opt_out_by_file_number_reaches_a_waiting_message_to_the_same_person_as_a_guardian(world: World) -> None:
    number = world.open().id
    child = a_row("child", addressee="guardian:P7", address="mum@example.test")
    of_table = replace(a_row("x", addressee="row:x", address="mum@example.test"), recipient_id="row:x", patient_id="")
    world.enqueue(number, [child, a_row("dad", address="mum@example.test"), of_table])
    asked: list[list[str]] = []

    def selves(patient_ids: Sequence[str]) -> pd.DataFrame:
        asked.append(list(patient_ids))
        told = [("MOM", "P7", ""), ("MOM", "", "mum@example.test")]
        return pd.DataFrame(told, columns=list(SELF_COLUMNS), dtype="string")

    with world.sender() as sender:
        outbox = world.ledger.outbox(number, sender, selves=selves)
        world.ledger.opt_outs.opt_out(patient_id="MOM", by=BY, now=world.now)
        claimed = outbox.claim(10, now=world.now)
    assert [row.patient_id for row in claimed] == ["dad"]
    assert world.statuses(number) == {"child": "skipped opted_out", "dad": "pending", "": "skipped opted_out"}
    assert asked == [["MOM"]]


def test_a_store_that_is_slow_to_tell_who_objects_is_asked_less_often(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.queued(*"123456")
    asked = 0

    def objections() -> pd.DataFrame:
        nonlocal asked
        asked += 1
        return pd.DataFrame(columns=list(OBJECTION_COLUMNS), dtype="string")

    ticking = iter([0.0, 0.5, 0.5, 1.0])  # half a second a reading: at most one in five seconds
    monkeypatch.setattr("workbench.ledger.outbox.perf_counter", lambda: next(ticking))
    with world.sender() as sender:
        outbox = world.ledger.outbox(number, sender, objections=objections)
        counts = []
        for seconds in (0, 2, 2, 2):
            outbox.claim(1, now=world.later(seconds=seconds))
            counts.append(asked)
    assert counts == [1, 1, 1, 2]
