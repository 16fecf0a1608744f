"""The ledger's tidy tables, in a file and in PostgreSQL: every column with its dtype, every key unique, joins exact."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest

from tests.ledger.world import World, a_row
from workbench.domain.frames import (
    EVENT_COLUMNS,
    MAILING_TABLE_COLUMNS,
    RESULT_COLUMNS,
    RUN_COLUMNS,
    RUN_MAILING_COLUMNS,
    TOLD_COLUMNS,
)
from workbench.domain.runs import RunStatus
from workbench.ledger import columns
from workbench.ledger.ledger import Ledger
from workbench.ledger.results import RESULT_DTYPES
from workbench.ledger.tables import (
    EVENT_DTYPES,
    MAILING_DTYPES,
    RUN_DTYPES,
    RUN_MAILING_DTYPES,
    TOLD_DTYPES,
)

TABLES: dict[str, tuple[tuple[str, ...], Mapping[str, str], list[str]]] = {
    "mailings": (MAILING_TABLE_COLUMNS, MAILING_DTYPES, ["mailing_id"]),
    "deliveries": (RESULT_COLUMNS, RESULT_DTYPES, ["delivery_id"]),
    "told": (TOLD_COLUMNS, TOLD_DTYPES, ["delivery_id", "kind", "subject_id", "told"]),
    "events": (EVENT_COLUMNS, EVENT_DTYPES, ["source", "number", "what"]),
    "runs": (RUN_COLUMNS, RUN_DTYPES, ["run_id"]),
    "run_mailings": (RUN_MAILING_COLUMNS, RUN_MAILING_DTYPES, ["run_id", "mailing_id"]),
}


@pytest.fixture
def busy(either_ledger: Ledger) -> World:
    """A ledger in which something of everything happened."""
    world = World(either_ledger)
    run = world.ledger.runs.start(
        notebook="rappel.ipynb", digest="d", parameters={"start": "tomorrow"}, by="claire", now=world.now, job_id="j"
    )
    number = world.queued("1", "2", "3")
    both = ["appointment:A4@2026-11-23T09:00", "appointment:B4@2026-11-23T10:30"]
    world.enqueue(number, [a_row("4", occasions=both), a_row("5", reason="no_address", address="")])
    world.later(minutes=1)
    world.send(number, {"2": "failed", "3": "pending"})
    world.queued("9", key="later")
    run.end(RunStatus.DONE, now=world.later(minutes=1))
    world.ledger.acts.record("patient.corrected", "patient:1", by="claire", now=world.later(minutes=1))
    return world


@pytest.mark.parametrize("name", TABLES)
def test_each_table_has_its_columns_with_their_dtypes_and_its_key(busy: World, name: str) -> None:
    names, dtypes, key = TABLES[name]
    frame = getattr(busy.ledger.tables, name)()
    assert tuple(frame.columns) == names
    assert {one: str(dtype) for one, dtype in frame.dtypes.items()} == dict(dtypes)
    assert not frame.duplicated(key).any()
    assert not frame[key].isna().any(axis=None)
    assert isinstance(frame.index, pd.RangeIndex)


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_table_has_the_same_columns(either_ledger: Ledger, name: str) -> None:
    names, dtypes, _key = TABLES[name]
    frame = getattr(either_ledger.tables, name)()
    assert (len(frame), tuple(frame.columns)) == (0, names)
    assert {one: str(dtype) for one, dtype in frame.dtypes.items()} == dict(dtypes)


def test_deliveries_are_the_results_of_every_mailing(busy: World) -> None:
    tables = busy.ledger.tables
    deliveries, mailings = tables.deliveries(), tables.mailings()
    one_by_one = [busy.ledger.results.results(number) for number in mailings["mailing_id"]]
    pd.testing.assert_frame_equal(deliveries, pd.concat(one_by_one, ignore_index=True))
    counted = deliveries.groupby("mailing_id")["status"].value_counts().unstack(fill_value=0)
    for status in ("sent", "failed", "skipped"):
        assert counted[status].tolist() == mailings[status].tolist()
    assert mailings["template_revision"].tolist() == [1, 1]
    since = busy.now
    busy.queued("10", key="today")
    assert tables.deliveries(since=since)["patient_id"].tolist() == ["10"]


def test_a_message_about_two_appointments_joins_both(busy: World) -> None:
    told = busy.ledger.tables.told().set_index("appointment_id")
    assert told.loc[["A4", "B4"], "delivery_id"].nunique() == 1
    assert told.loc["B4", "starts_at"] == pd.Timestamp("2026-11-23 10:30")
    assert told.loc["A1", "status"] == "sent"
    # What was refused told nobody anything; what waits will.
    assert "A2" not in told.index
    assert told.loc["A3", "status"] == "pending"
    assert len(busy.ledger.tables.told(kind="invoice")) == 0


def test_the_rows_of_a_table_of_ones_own_are_told_of_nobody(busy: World) -> None:
    number = busy.open("own").id
    busy.enqueue(number, [a_row("7", occasions=["row:zoe@exemple.test@0a1b"])])
    assert "row" not in set(busy.ledger.tables.told()["kind"])


def test_events_tell_each_attempt_each_act_and_each_move_in_their_order(busy: World) -> None:
    events = busy.ledger.tables.events()
    assert events["at"].is_monotonic_increasing
    deliveries = busy.ledger.tables.deliveries()
    first = deliveries.loc[deliveries["patient_id"] == "1", "delivery_id"].iloc[0]
    mine = events[(events["source"] == "delivery") & (events["number"] == first)]
    assert mine["what"].tolist() == ["queued", "attempted", "decided"]
    assert mine["status"].tolist() == ["pending", "sending", "sent"]
    refused = events[(events["what"] == "decided") & (events["patient_id"] == "2")].iloc[0]
    assert (refused["status"], refused["smtp_code"], refused["by"]) == ("failed", 550, "claire")
    corrected = events[events["what"] == "patient.corrected"].iloc[0]
    assert (corrected["patient_id"], corrected["by"], corrected["object"]) == ("1", "claire", "patient:1")
    queued = events[events["what"] == "mailing_queued"]
    assert set(queued["mailing_id"]) == set(deliveries["mailing_id"])
    assert len(events[events["source"] == "move"]) == sum(
        len(busy.ledger.mailings.moves(number)) for number in set(deliveries["mailing_id"])
    )
    assert len(busy.ledger.tables.events(since=busy.now)) == 1


def test_runs_tell_how_long_they_took_and_what_they_confirmed(busy: World) -> None:
    [run] = busy.ledger.tables.runs().to_dict("records")
    assert (run["seconds"], run["status"], run["mailings"], run["job_id"]) == (120.0, "done", 0, "j")
    assert run["parameters"] == '{"start": "tomorrow"}'


def test_many_rows_are_read_in_parts_and_a_repeated_text_is_held_once(
    busy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = busy.ledger.tables.deliveries()
    monkeypatch.setattr(columns, "PART", 2)
    parts = busy.ledger.tables.deliveries()
    pd.testing.assert_frame_equal(whole, parts)
    assert len({id(value) for value in parts["template"].tolist()}) == 1
