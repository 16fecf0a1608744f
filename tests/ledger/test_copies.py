"""The daily copies: made once a day by the first writer, sound, private, kept for a while, and unable to send."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.world import BY, World
from workbench.databases import open_engine, writing
from workbench.domain.arming import Arming
from workbench.errors import NotArmed
from workbench.ledger.copies import DailyCopies, kept_days
from workbench.ledger.guard import Place
from workbench.ledger.ledger import Ledger, open_ledger


@pytest.fixture
def copies_on(ledger: Ledger, world: World) -> Callable[..., DailyCopies]:
    """Copies of a ledger that was first written on 22 November 2026, as on another day."""
    del world

    def on(day: int, *, month: int = 12, free: int = 10**12) -> DailyCopies:
        return DailyCopies(
            ledger.engine, "practice", today=lambda: date(2026, month, day), free_bytes=lambda _folder: free
        )

    return on


def test_the_first_writer_of_a_day_makes_a_private_copy_with_all_of_before(
    ledger: Ledger, copies_on: Callable[..., DailyCopies]
) -> None:
    copies = copies_on(1)
    ledger.acts.record("opened", "practice", by=BY, now=datetime.now(UTC))
    copies.wait()
    copy = copies.newest()
    assert copy is not None
    assert copy.name == "ledger-2026-12-01.sqlite"
    assert (copy.stat().st_mode & 0o777, copy.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with sqlite3.connect(copy) as opened:
        assert opened.execute("SELECT path FROM templates").fetchall() == [("Rendez-vous/Rappel",)]
    opened.close()
    made = copy.stat().st_mtime_ns
    assert copies.make() is None  # once a day
    assert copy.stat().st_mtime_ns == made
    assert {file.name for file in copy.parent.iterdir()} == {copy.name, ".lock"}


def test_reading_makes_no_copy_and_neither_does_a_ledgers_first_day(
    ledger: Ledger, copies_on: Callable[..., DailyCopies]
) -> None:
    copies = copies_on(1)
    ledger.results.results()
    copies.wait()
    assert copies.state().count == 0
    first_day = copies_on(22, month=11)
    assert first_day.make() is None


def test_a_copy_is_made_while_somebody_writes_and_keeps_nobody_waiting(
    ledger: Ledger, world: World, copies_on: Callable[..., DailyCopies]
) -> None:
    copies = copies_on(2)
    with writing(ledger.engine):
        copies.wait()
        assert copies.newest() is not None
    world.queued("1")


def test_without_room_on_the_disk_no_copy_is_made_and_the_state_says_so(copies_on: Callable[..., DailyCopies]) -> None:
    copies = copies_on(3, free=1000)
    assert copies.make() is None
    assert (copies.state().room, copies.state().count) == (False, 0)


def test_what_a_kill_left_of_a_copy_is_taken_away(copies_on: Callable[..., DailyCopies]) -> None:
    copies = copies_on(4)
    assert copies.folder is not None
    copies.folder.mkdir()
    left = copies.folder / "ledger-2026-12-03.sqlite.partial"
    left.write_bytes(b"half")
    assert copies.make() is not None
    assert not left.exists()


def test_a_damaged_ledger_pushes_no_sound_copy_out(tmp_path: Path, ledger: Ledger, world: World) -> None:
    world.queued(*map(str, range(300)))
    ledger.close()
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as opened:
        (page,) = opened.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'letters'").fetchone()
        (size,) = opened.execute("PRAGMA page_size").fetchone()
    opened.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    engine = open_engine(f"sqlite:///{path}")
    copies = DailyCopies(engine, "practice", today=lambda: date(2026, 12, 5))
    assert copies.make() is None
    assert copies.state().count == 0
    engine.dispose()


def test_a_copy_in_the_place_of_the_ledger_sends_nothing_before_it_is_rearmed(
    ledger: Ledger, copies_on: Callable[..., DailyCopies], tmp_path: Path
) -> None:
    copy = copies_on(6).make()
    assert copy is not None
    restored = tmp_path / "elsewhere" / "ledger.sqlite"
    restored.parent.mkdir()
    restored.write_bytes(copy.read_bytes())
    place = Place(workspace_id="w", folder=restored.parent, witness=tmp_path / "state" / "w.json")
    with open_ledger(
        f"sqlite:///{restored}", practice_id="practice", locks=restored.parent / "locks", place=place
    ) as opened:
        world = World(opened)
        assert opened.guard.standing().arming is Arming.COPY
        with pytest.raises(NotArmed, match="daily copy"):
            world.sender()
        opened.guard.rearm(by=BY, now=world.now)
        assert world.send(world.queued("1")) == ["1"]


def test_a_server_is_not_copied(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    copies = DailyCopies(engine, "practice")
    assert copies.make() is None
    assert copies.state().by_server
    engine.dispose()


@given(st.integers(1, 400))
def test_day_after_day_a_week_of_days_and_four_weeks_before_it_are_kept(days: int) -> None:
    kept: set[date] = set()
    today = date(2026, 1, 1)
    for _day in range(days):
        kept = kept_days(kept | {today})
        today += timedelta(days=1)
    last = today - timedelta(days=1)
    assert {last - timedelta(days=n) for n in range(min(days, 7))} <= kept
    assert len(kept) <= 11
    if days >= 40:
        assert len(kept) == 11
        assert (last - min(kept)).days >= 28
