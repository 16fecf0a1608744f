from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.ledger.world import BY, World, a_row
from workbench.ledger import schema
from workbench.ledger.last_messages import FEW
from workbench.ledger.ledger import Ledger, open_ledger

EVERYBODY = [str(number) for number in range(FEW + 1)]
"""More people than are asked for one by one."""


def statuses(found: pd.DataFrame) -> dict[str, str]:
    return {str(key): str(status) for key, status in found["status"].items()}


class LastMessageContract:
    """What the last messages tell on every database."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        raise NotImplementedError

    @pytest.mark.parametrize("asked", [["1", "2", "3", "4"], EVERYBODY])
    def test_only_what_left_or_may_have_left_is_a_message(self, world: World, asked: list[str]):
        number = world.queued("1", "2", "3", "4")
        world.send(number, {"2": "failed", "3": "in_doubt", "4": "pending"})
        found = world.ledger.last_messages.to_patients(asked)
        assert statuses(found) == {"1": "sent", "3": "in_doubt"}
        assert found.loc["1", "template"] == "Rendez-vous/Rappel"
        assert found.loc["1", "at"] == pd.Timestamp(world.now)

    def test_what_is_leaving_may_have_left(self, world: World):
        world.send(world.queued("1"))
        with world.ledger.engine.begin() as connection:
            sender = connection.execute(sa.select(schema.senders.c.id)).scalars().first()
            connection.execute(schema.deliveries.update().values(status="sending", sender_id=sender))
        assert statuses(world.ledger.last_messages.to_patients(["1"])) == {"1": "sending"}

    @pytest.mark.parametrize("asked", [["1"], EVERYBODY])
    def test_the_latest_message_counts_by_when_it_left(self, world: World, asked: list[str]):
        early, late = world.queued("1", key="early"), world.queued("1", key="late")
        assert early < late
        with world.ledger.engine.begin() as connection:
            connection.execute(schema.occasions.delete())
            connection.execute(schema.deliveries.update().values(status="pending", reason=""))
        world.send(late)
        at: datetime = world.later(hours=1)
        world.send(early)
        found = world.ledger.last_messages.to_patients(asked)
        assert found["at"].tolist() == [pd.Timestamp(at)]

    def test_a_letter_to_a_colleague_is_no_message_to_the_patient(self, world: World):
        number = world.open().id
        world.enqueue(number, [replace(a_row("1", addressee="correspondent:C7"), role="correspondent")])
        world.send(number)
        assert statuses(world.ledger.last_messages.to_patients(["1"])) == {}
        assert statuses(world.ledger.last_messages.to_colleagues(["correspondent:C7"])) == {"correspondent:C7": "sent"}
        assert statuses(world.ledger.last_messages.to_colleagues(["correspondent:C8"])) == {}

    def test_a_message_to_a_guardian_is_one_about_the_patient(self, world: World):
        number = world.open().id
        world.enqueue(number, [replace(a_row("1", addressee="guardian:G1"), role="guardian")])
        world.send(number)
        assert statuses(world.ledger.last_messages.to_patients(["1"])) == {"1": "sent"}

    @pytest.mark.parametrize("asked", [["1", "2"], EVERYBODY])
    def test_a_family_s_message_is_one_about_each_of_them(self, world: World, asked: list[str]):
        number = world.open().id
        world.enqueue(number, [replace(a_row("1", addressee="guardian:G1"), patients=("1", "2")), a_row("3")])
        assert statuses(world.ledger.last_messages.to_patients(["1", "2"])) == {}
        world.send(number)
        found = world.ledger.last_messages.to_patients(asked)
        assert {key: status for key, status in statuses(found).items() if key != "3"} == {"1": "sent", "2": "sent"}
        earlier, at = found.loc["2", "at"], world.later(days=1)
        later = world.open("later").id
        world.enqueue(later, [a_row("2", occasions=["invoice:F2"])])
        world.send(later)
        found = world.ledger.last_messages.to_patients(asked)
        assert found.loc[["1", "2"], "at"].tolist() == [earlier, pd.Timestamp(at)]
        assert [len(world.ledger.results.history(name)) for name in ("1", "2", "3", "4")] == [1, 2, 1, 0]

    def test_who_is_told_beside_others_is_frozen_anew_while_it_waits(self, world: World):
        number = world.open().id
        world.enqueue(number, [replace(a_row("1"), patients=("2", "3"))])
        world.enqueue(number, [replace(a_row("1", values={"PNOM": "other"}), patients=("3", "4"))])
        world.send(number)
        assert set(statuses(world.ledger.last_messages.to_patients(["1", "2", "3", "4"]))) == {"1", "3", "4"}

    def test_a_message_that_tells_about_somebody_who_objects_does_not_leave(self, world: World):
        number = world.open().id
        world.enqueue(number, [replace(a_row("1"), patients=("2",)), a_row("3")])
        world.ledger.opt_outs.opt_out(patient_id="2", by=BY, now=world.now)
        assert world.send(number) == ["3"]
        assert world.statuses(number) == {"1": "skipped opted_out", "3": "sent"}

    def test_nobody_asked_for_is_nobody_found(self, world: World):
        world.send(world.queued("1"))
        assert len(world.ledger.last_messages.to_patients([])) == 0

    def test_what_was_told_is_known_by_subject_and_occasion(self, world: World):
        number = world.open().id
        rows = [
            a_row("1", occasions=["appointment:A@1@2026-11-23T09:00"]),
            a_row("2", occasions=["invoice:F7"]),
            a_row("3", occasions=["appointment:A3@2026-11-23T10:00"]),
        ]
        world.enqueue(number, rows)
        world.send(number, {"3": "failed"})
        told = world.ledger.last_messages.told("appointment")
        assert told[["subject_key", "occasion"]].to_numpy().tolist() == [["appointment:A@1", "2026-11-23T09:00"]]
        assert told["at"].tolist() == [pd.Timestamp(world.now)]
        assert world.ledger.last_messages.told("invoice")["occasion"].tolist() == [""]
        assert len(world.ledger.last_messages.told("quote")) == 0

    def test_what_was_told_of_some_subjects_is_known_at_any_of_their_times(self, world: World):
        number = world.open().id
        rows = [
            a_row("1", occasions=["appointment:A1@2026-11-23T09:00"]),
            a_row("2", occasions=["appointment:A1@2026-11-24T09:00", "appointment:A10@2026-11-23T09:30"]),
            a_row("3", occasions=["appointment:A2@2026-11-23T10:00"]),
            a_row("4", occasions=["appointment:A'4@x@2026-11-23T11:00"]),
        ]
        world.enqueue(number, rows)
        world.send(number, {"3": "failed"})
        told_of = world.ledger.last_messages.told_of
        told = told_of(["appointment:A1", "appointment:A2", "appointment:A'4@x", "appointment:A7"])
        assert sorted(told[["subject_key", "occasion"]].to_numpy().tolist()) == [
            ["appointment:A'4@x", "2026-11-23T11:00"],
            ["appointment:A1", "2026-11-23T09:00"],
            ["appointment:A1", "2026-11-24T09:00"],
        ]
        assert told["at"].tolist() == [pd.Timestamp(world.now)] * 3
        assert told.dtypes.to_dict() == told_of([]).dtypes.to_dict()
        assert told_of([]).empty
        many = [f"appointment:B{number}" for number in range(FEW)]
        assert len(told_of([*many, "appointment:A1"])) == 4

    def test_what_a_step_told_to_whom_is_only_what_may_have_left(self, world: World):
        number = world.queued("1", "2", "3", "4")
        world.send(number, {"2": "failed", "3": "in_doubt", "4": "pending"})
        purpose, step = world.template.occasion_purpose, world.template.step
        texts = {name: f"appointment:A{name}@2026-11-23T09:00" for name in "1234"}
        asked = partial(world.ledger.last_messages.told_to, occasions=set(texts.values()))
        told = {name: (texts[name], f"patient:{name}", "patient", "email") for name in "13"}
        assert asked(purpose, step) == set(told.values())
        assert asked(purpose, step, occasions=[texts["2"], texts["3"]]) == {told["3"]}
        assert asked(purpose, "another step") == asked("another purpose", step) == frozenset()

    def test_another_practice_sees_nothing_of_it(self, world: World, tmp_path: Path):
        world.send(world.queued("1"))
        url = world.ledger.engine.url.render_as_string(hide_password=False)
        with open_ledger(url, practice_id="other", locks=tmp_path / "locks") as other:
            assert len(other.last_messages.to_patients(["1"])) == 0
            assert len(other.last_messages.told("appointment")) == 0
            assert len(other.last_messages.told_of(["appointment:A1"])) == 0


class TestInSqlite(LastMessageContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        with open_ledger(f"sqlite:///{tmp_path}/l.sqlite", practice_id="practice", locks=tmp_path / "locks") as opened:
            yield World(opened)


class TestInPostgresql(LastMessageContract):
    @pytest.fixture
    def world(self, postgres_ledger: Ledger) -> World:
        return World(postgres_ledger)
