from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from tests.ledger.world import World, a_row
from workbench.domain.frames import RESULT_COLUMNS
from workbench.errors import UnknownMailing
from workbench.ledger.results import RESULT_DTYPES


def test_results_have_every_column_with_its_dtype_whatever_they_hold(world: World) -> None:
    empty = world.ledger.results.results()
    number = world.open().id
    world.enqueue(number, [a_row("1"), a_row("2", reason="no_address", address="")])
    full = world.ledger.results.results(number)
    for frame in (empty, full, world.ledger.results.empty(), world.ledger.results.history("nobody")):
        assert tuple(frame.columns) == RESULT_COLUMNS
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == RESULT_DTYPES
    assert (len(empty), len(full)) == (0, 2)


def test_results_tell_what_became_of_each_row(world: World) -> None:
    number = world.queued("1", "2", "3")
    world.enqueue(number, [a_row("4", reason="no_address", address="")])
    sent_at = world.later(minutes=1)
    world.send(number, {"2": "failed", "3": "pending"})
    frame = world.ledger.results.results(number).set_index("patient_id")
    assert list(frame["status"]) == ["sent", "failed", "pending", "skipped"]
    assert list(frame["attempts"]) == [1, 1, 1, 0]
    assert list(frame["smtp_code"].fillna(0)) == [250, 550, 451, 0]
    assert frame.loc["4", "reason"] == "no_address"
    assert frame.loc["1", "decided_at"] == sent_at
    assert pd.isna(frame.loc["3", "decided_at"])
    assert frame.loc["1", "queued_at"] == sent_at - timedelta(minutes=1)
    assert frame.loc["1", ["template", "template_revision", "account", "sent_by"]].tolist() == [
        world.template.path, 1, "cabinet", "claire",
    ]  # fmt: skip
    assert frame.loc["1", "message_id"].endswith("@example.test>")
    assert frame.index.dtype == "string"


def test_without_a_mailing_the_latest_one_is_shown_whole(world: World) -> None:
    first, second = world.queued("1", key="a"), world.queued("2", "3", key="b")
    assert set(world.ledger.results.results()["mailing_id"]) == {second}
    assert len(world.ledger.results.results()) == 2
    assert set(world.ledger.results.results(first)["patient_id"]) == {"1"}


def test_since_an_instant_every_mailing_is_shown(world: World) -> None:
    first = world.queued("1", key="a")
    start = world.later(days=1)
    world.queued("2", key="b")
    assert list(world.ledger.results.results(since=start)["patient_id"]) == ["2"]
    world.send(first)
    assert list(world.ledger.results.results(since=start)["patient_id"]) == ["1", "2"]
    assert list(world.ledger.results.results(first, since=start)["patient_id"]) == ["1"]


def test_the_history_of_a_patient_goes_over_every_mailing_latest_first(world: World) -> None:
    first, second = world.queued("1", "2", key="a"), world.open("b").id
    world.enqueue(second, [a_row("1", occasions=["appointment:A9@2026-12-01T09:00"])])
    assert list(world.ledger.results.history("1")["mailing_id"]) == [second, first]


def test_a_mailing_or_delivery_that_is_not_there_is_said(world: World) -> None:
    with pytest.raises(UnknownMailing, match="12"):
        world.ledger.results.results(12)
    with pytest.raises(UnknownMailing, match="13"):
        world.ledger.results.sent_letter(13)
