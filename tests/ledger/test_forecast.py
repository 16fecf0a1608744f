"""What a trial tells beforehand is what queueing then does."""

from __future__ import annotations

import gc
import shutil
import sqlite3
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.world import World, a_group, a_row
from workbench.domain.deliveries import OPEN, NewDelivery
from workbench.domain.mailings import Counts, Forecast, Tally
from workbench.errors import ForbiddenMove, WorkspaceError
from workbench.ledger import forecast as forecasting
from workbench.ledger import planned
from workbench.ledger.ledger import open_ledger


def asked(
    world: World, mailing_id: int | None, rows: Sequence[NewDelivery], *, again: bool = False, complete: bool = True
) -> Forecast:
    return world.ledger.mailings.forecast(
        mailing_id,
        rows,
        purpose=world.template.occasion_purpose,
        step=world.template.step,
        again=again,
        complete=complete,
    )


def forecast(world: World, mailing_id: int | None, rows: Sequence[NewDelivery], *, again: bool = False) -> Counts:
    return asked(world, mailing_id, rows, again=again).tally.counts


def each(world: World, mailing_id: int | None, rows: Sequence[NewDelivery]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    world.ledger.mailings.forecast(
        mailing_id,
        rows,
        purpose=world.template.occasion_purpose,
        step=world.template.step,
        tell=lambda row, status, reason: found.update({row.recipient_id: (status, reason)}),
    )
    return found


def left_out(told: Tally) -> dict[str, dict[str, int]]:
    return {status: told.of(status) for status in ("failed", "in_doubt", "skipped", "cancelled")}


def named(rows: Sequence[NewDelivery]) -> set[tuple[str, str]]:
    return {(row.recipient_id, row.addressee_key) for row in rows}


def foretold(
    world: World, rows: Sequence[NewDelivery], *, again: bool = False, key: str = "", complete: bool = True
) -> Counts:
    """Look ahead, then queue for real; both must say the same."""
    looked = asked(world, world.ledger.mailings.id_of(world.plan(key)), rows, again=again, complete=complete)
    told = looked.tally
    number = world.open(key).id
    world.enqueue(number, rows, again=again, complete=complete)
    open_rows = world.ledger.mailings.numbers(number, OPEN, recipients=named(rows))
    assert looked.leaving == looked.planned.counts.pending == len(open_rows)
    if complete:
        assert looked.leaving == told.counts.pending
    assert told.counts == world.ledger.mailings.counts(number)
    assert left_out(told) == left_out(world.ledger.mailings.standing(number, now=world.now).tally)
    return replace(told.counts, cancelled=sum(told.of("cancelled").values()))  # those whom others replace, too


def test_a_trial_before_the_first_sending_counts_the_list(world: World) -> None:
    rows = [a_row("1"), a_row("2", reason="no_address", address=""), a_row("3")]
    assert foretold(world, rows) == Counts(pending=2, skipped=1)


def test_a_trial_writes_nothing(world: World) -> None:
    assert forecast(world, None, [a_row("1")]) == Counts(pending=1)
    assert world.occasions() == set()
    assert world.ledger.mailings.mailings().empty


def test_whoever_has_it_is_counted_where_he_stands(world: World) -> None:
    number = world.queued("1", "2", "3", "4")
    world.send(number, {"2": "failed", "3": "in_doubt", "4": "pending"})
    rows = [*(a_row(name) for name in "1234"), a_row("5")]
    assert foretold(world, rows) == Counts(sent=1, failed=1, in_doubt=1, pending=2)


def test_of_each_row_is_told_how_it_would_stand(world: World) -> None:
    number = world.queued("1", "2", "3", "4")
    world.send(number, {"2": "failed", "3": "in_doubt", "4": "pending"})
    world.send(world.queued("6", key="other"))
    rows = [*(a_row(name) for name in "123456"), a_row("7", reason="no_address", address="")]
    told = each(world, number, rows)
    assert [status for status, _reason in told.values()] == [
        "sent", "failed", "in_doubt", "pending", "pending", "skipped", "skipped",
    ]  # fmt: skip
    assert [reason for status, reason in told.values() if status == "skipped"] == ["duplicate_occasion", "no_address"]
    assert Counts(**Counter(status for status, _reason in told.values())) == forecast(world, number, rows)


def test_of_each_row_of_a_cancelled_mailing_is_told_how_it_stands(world: World) -> None:
    number = world.queued("1", "2")
    world.send(number, {"2": "pending"})
    world.ledger.mailings.cancel(number, by="claire", now=world.now)
    assert [status for status, _reason in each(world, number, [a_row(name) for name in "123"]).values()] == [
        "sent", "cancelled", "cancelled",
    ]  # fmt: skip


def test_whoever_was_told_by_another_mailing_is_no_message_to_come(world: World) -> None:
    world.send(world.queued("1", "2", key="other"))
    assert foretold(world, [a_row("1"), a_row("2"), a_row("3")]) == Counts(pending=1, skipped=2)
    assert forecast(world, None, [a_row("1")], again=True) == Counts(pending=1)


def test_a_round_on_purpose_adds_to_the_one_before(world: World) -> None:
    world.send(world.queued("1", "2"))
    assert foretold(world, [a_row("1"), a_row("2")]) == Counts(sent=2)
    assert foretold(world, [a_row("1"), a_row("2", reason="opted_out")], again=True) == Counts(
        sent=2, pending=1, skipped=1
    )


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        ([a_row("1", address="better@example.test")], Counts(pending=1)),
        ([a_row("1", address="better@example.test", reason="opted_out")], Counts(failed=1)),
        ([a_row("1")], Counts(failed=1)),
    ],
)
def test_a_failed_row_leaves_again_with_another_address_only(
    world: World, rows: list[NewDelivery], counts: Counts
) -> None:
    world.send(world.queued("1"), {"1": "failed"})
    assert foretold(world, rows) == counts


def test_rows_that_are_replaced_or_gone_do_not_leave(world: World) -> None:
    number = world.open().id
    world.enqueue(
        number,
        [a_row("1", told="A1@09:00"), a_row("2"), a_row("3", reason="no_address", address=""), a_row("4")],
    )
    moved = [
        a_row("1", told="A1@10:30", occasions=["appointment:A1@2026-11-23T10:30"]),
        a_row("3", addressee="guardian:9"),
        a_row("4", reason="opted_out"),
    ]
    assert foretold(world, moved) == Counts(pending=2, skipped=1, cancelled=3)
    assert foretold(world, [a_row("2"), a_row("3"), a_row("4")]) == Counts(pending=3, cancelled=3)


def test_nothing_leaves_of_a_cancelled_mailing_unless_on_purpose(world: World) -> None:
    number = world.queued("1", "2")
    world.send(number, {"2": "pending"})
    world.ledger.mailings.cancel(number, by="claire", now=world.now)
    rows = [a_row("1"), a_row("2"), a_row("3")]
    assert forecast(world, number, rows) == Counts(sent=1, cancelled=1)
    assert foretold(world, rows, again=True) == Counts(sent=1, cancelled=1, pending=3)


def test_of_a_part_only_its_own_rows_leave_and_the_others_go_on_waiting(world: World) -> None:
    number = world.queued("1", "2", "3")
    looked = asked(world, number, [a_row("1"), a_row("4")], complete=False)
    assert (looked.leaving, looked.tally.counts) == (2, Counts(pending=4))
    assert foretold(world, [a_row("1"), a_row("4")], complete=False) == Counts(pending=4)


def test_a_part_replaces_only_what_it_speaks_of(world: World) -> None:
    at_nine, noon = "appointment:A1@2026-11-23T09:00", "appointment:A3@2026-11-23T12:00"
    foretold(world, [a_row("1", told="both", occasions=[at_nine, noon])])
    assert foretold(world, [a_row("1", told="A1", occasions=[at_nine])], complete=False).pending == 1
    assert foretold(world, [a_row("1", told="A1", occasions=[at_nine])]) == Counts(pending=1, cancelled=1)


def test_a_row_of_an_earlier_round_that_nobody_names_any_more_is_cancelled(world: World) -> None:
    number = world.queued("1", "2")
    world.send(number, {"1": "in_doubt"})
    world.enqueue(number, [a_row("1"), a_row("2")], again=True)
    world.send(number)
    world.ledger.mailings.settle(number, as_sent=False, by="claire", now=world.now)
    assert foretold(world, [a_row("2")]) == Counts(sent=3, cancelled=1)


def test_a_group_that_grows_or_shrinks_is_counted_once(world: World) -> None:
    foretold(world, [a_group("F1"), a_group("F8", "F9", of="2")])
    assert foretold(world, [a_group("F1", "F2")], complete=False) == Counts(pending=2, cancelled=1)
    assert foretold(world, [a_group("F8", of="2")], complete=False) == Counts(pending=2, cancelled=1, skipped=1)
    assert foretold(world, [a_group("F8", of="2"), a_group("F9", of="2")], complete=False) == Counts(
        pending=3, cancelled=2
    )
    assert foretold(world, [a_group("F1")]) == Counts(pending=1, cancelled=4)


REASONS = st.sampled_from(["", "", "no_address", "opted_out"])
ROWS = st.lists(
    st.builds(
        lambda name, reason, guardian, moved, address: a_row(
            name,
            reason=reason,
            addressee=f"guardian:{name}" if guardian else None,
            told="moved" if moved else "",
            occasions=[f"appointment:A{name}@{'10' if moved else '09'}:00"],
            address=f"{address}@example.test",
        ),
        st.sampled_from("123"),
        REASONS,
        st.booleans(),
        st.booleans(),
        st.sampled_from("ab"),
    ),
    max_size=5,
    unique_by=lambda row: (row.recipient_id, row.addressee_key),
)
# What one addressee is told is in one message of a list, however it is grouped.
GROUPS = st.builds(
    lambda places, reasons, address: [
        a_group(
            *(f"F{number}" for number in range(4) if places[number] == place),
            reason=reasons[place],
            of="3",
            address=f"{address}@example.test",
        )
        for place in range(3)
        if place in places
    ],
    st.tuples(*[st.sampled_from([None, 0, 0, 1, 2])] * 4),
    st.tuples(REASONS, REASONS, REASONS),
    st.sampled_from("ab"),
)
LISTS = st.builds(lambda rows, groups: [*rows, *groups], ROWS, GROUPS)
STEPS = st.lists(
    st.tuples(
        LISTS,
        st.booleans(),
        st.booleans(),
        st.sampled_from(["", "other"]),
        st.sampled_from(["sent", "failed", "in_doubt", ""]),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("at_a_time", [500, 2])
@given(steps=STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_trial_foretells_what_queueing_does(
    blank_ledger: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    at_a_time: int,
    steps: list[tuple[list[NewDelivery], bool, bool, str, str]],
) -> None:
    monkeypatch.setattr("workbench.ledger.forecast.CHUNK", at_a_time)
    folder = tmp_path_factory.mktemp("forecast")
    shutil.copy(blank_ledger, folder / "ledger.sqlite")
    with open_ledger(f"sqlite:///{folder}/ledger.sqlite", practice_id="practice", locks=folder / "locks") as ledger:
        world = World(ledger)
        for rows, complete, again, key, answer in steps:
            foretold(world, rows, again=again, key=key, complete=complete)
            number = world.ledger.mailings.id_of(world.plan(key))
            if answer and number is not None:
                world.send(number, dict.fromkeys("123", answer))


def test_a_key_named_twice_and_an_occasion_told_twice_count_once_wherever_the_list_is_cut(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.ledger.planned._BLOCK", 2)
    monkeypatch.setattr("workbench.ledger.forecast.CHUNK", 2)
    rows = [a_row(str(number)) for number in range(5)]
    twice = [*rows, *rows, a_row("9", told="other", occasions=rows[0].occasions, addressee=rows[0].addressee_key)]
    assert forecast(world, None, twice) == Counts(pending=5, skipped=1)
    assert foretold(world, twice) == Counts(pending=5, skipped=1)
    assert foretold(world, twice) == Counts(pending=5, skipped=1)


def test_neither_the_list_nor_the_mailing_is_held(world: World) -> None:
    number = world.open().id

    def most(count: int) -> int:
        rows = (a_row(str(one)) for one in range(count))
        gc.collect()
        tracemalloc.start()
        try:
            looked = world.ledger.mailings.forecast(number, rows, purpose=world.template.occasion_purpose, step="")
            assert looked.leaving == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    world.enqueue(number, [a_row(str(one)) for one in range(3000)])
    most(100)  # what is imported and compiled once
    few, many = most(1000), most(3000)
    assert many < few + 600_000  # bytes; 2,000 rows that are held take three times as many


def test_no_room_for_a_long_list_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.ledger.planned._TABLES", f"{planned._TABLES} PRAGMA max_page_count = 4;")
    with pytest.raises(WorkspaceError, match=r"full.* make room"):
        forecast(world, None, [a_row(str(number)) for number in range(200)])


def test_a_list_that_breaks_off_leaves_no_file_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def opened(*where: Any, **how: Any) -> sqlite3.Connection:
        files.append(connect(*where, **how))
        return files[-1]

    def breaks_off() -> Iterator[NewDelivery]:
        yield a_row("1")
        raise ForbiddenMove("the list is not what it was")

    with world.ledger.engine.connect() as connection, monkeypatch.context() as patched:
        patched.setattr("workbench.ledger.planned.sqlite3.connect", opened)
        with pytest.raises(ForbiddenMove):
            forecasting.foretold(
                connection, "practice", None, breaks_off(), purpose="", step="", again=False, complete=True
            )
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        files[-1].execute("SELECT 1")
