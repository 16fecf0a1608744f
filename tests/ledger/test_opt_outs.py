from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.world import BY, World
from workbench.errors import BadValue
from workbench.ledger.opt_outs import OBJECTION_COLUMNS, Objections


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


def test_an_opt_out_weighs_more_than_a_missing_consent() -> None:
    objections = Objections(
        [
            ("1", "", "email", "", "no_consent"),
            ("", "a@b.test", "email", "", "opted_out"),
            ("2", "", "", "", "opted_out"),
        ]
    )

    def reason(patient_id: str, address: str) -> str:
        return objections.reason(patient_id=patient_id, address=address, channel="email", purpose="p")

    assert reason("1", "") == "no_consent"
    assert reason("1", "A@b.test") == "opted_out"
    assert reason("2", "") == "opted_out"
    assert reason("3", "c@d.test") == ""
    assert reason("", "") == ""


_texts = st.sampled_from(["", "1", "2"])
_channels = st.sampled_from(["", "email", "sms"])


@given(
    rows=st.lists(
        st.tuples(
            _texts, st.sampled_from(["", "a@b.test"]), _channels, _texts, st.sampled_from(["opted_out", "no_consent"])
        )
    ),
    patient_id=_texts,
    channel=st.sampled_from(["email", "sms"]),
    purpose=st.sampled_from(["1", "2"]),
)
def test_an_objection_reaches_a_row_as_the_rule_says(
    rows: list[tuple[str, str, str, str, str]], patient_id: str, channel: str, purpose: str
) -> None:
    reached = {
        row[4]
        for row in rows
        if row[2] in ("", channel)
        and row[3] in ("", purpose)
        and ((row[0] and row[0] == patient_id) or (row[1] and row[4] == "opted_out"))
    }
    expected = "opted_out" if "opted_out" in reached else "no_consent" if reached else ""
    who = {"patient_id": patient_id, "address": "A@B.test", "channel": channel, "purpose": purpose}
    assert Objections(rows).reason(**who) == expected
    frame = pd.DataFrame(rows, columns=list(OBJECTION_COLUMNS), dtype="string").replace("", pd.NA)
    assert Objections.from_frame(frame).reason(**who) == expected
