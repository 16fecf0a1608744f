from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.ledger.world import World, a_group, a_row
from workbench.ledger import schema
from workbench.ledger.occasions import Occasions, Speaker, release_occasions


@pytest.fixture
def connection(world: World) -> Iterator[sa.Connection]:
    number = world.open().id
    world.enqueue(number, [a_row("1", occasions=["taken"]), a_row("2", occasions=["other"])])
    with world.ledger.engine.connect() as opened:
        yield opened


def of(world: World, connection: sa.Connection) -> Occasions:
    occasions = Occasions(connection, "practice", world.template.occasion_purpose, "")
    occasions.look_up(["taken", "free", "freer"])
    return occasions


def speaker(*texts: str, to: str = "patient:1", role: str = "patient", on_purpose: bool = False) -> Speaker:
    return Speaker(addressee_key=to, role=role, channel="email", occasions=texts, on_purpose=on_purpose)


def test_an_occasion_is_granted_once_to_each_addressee_in_each_role(world: World, connection: sa.Connection) -> None:
    occasions = of(world, connection)
    assert occasions.granted(speaker("taken")) is None
    assert occasions.granted(speaker("taken", to="patient:2")) is not None
    assert occasions.granted(speaker("taken", role="payer")) is not None
    assert occasions.granted(speaker("free")) == [(("free", "patient:1", "patient", "email"), 0)]
    assert occasions.granted(speaker("free")) is None


def test_a_message_with_something_new_holds_all_that_it_tells(world: World, connection: sa.Connection) -> None:
    granted = of(world, connection).granted(speaker("taken", "free", "free", "freer"))
    assert granted is not None
    assert [(key[0], again) for key, again in granted] == [("taken", 1), ("free", 0), ("freer", 0)]


def test_on_purpose_takes_the_next_number(world: World, connection: sa.Connection) -> None:
    occasions = of(world, connection)
    for expected in (1, 2):
        assert occasions.granted(speaker("taken", on_purpose=True)) == [
            (("taken", "patient:1", "patient", "email"), expected)
        ]


def test_a_message_without_an_occasion_is_never_a_duplicate(world: World, connection: sa.Connection) -> None:
    assert of(world, connection).granted(speaker()) == []


def test_another_purpose_or_step_is_another_occasion(world: World, connection: sa.Connection) -> None:
    for purpose, step in (("another", ""), (world.template.occasion_purpose, "J-1")):
        occasions = Occasions(connection, "practice", purpose, step)
        occasions.look_up(["taken"])
        assert occasions.granted(speaker("taken")) is not None


def test_the_tables_refuse_an_occasion_told_twice_and_released_ones_are_free(
    world: World, connection: sa.Connection
) -> None:
    grants = [(2, [(("taken", "patient:1", "patient", "email"), 0)])]
    with pytest.raises(sa.exc.IntegrityError):
        of(world, connection).written(grants)
    connection.rollback()
    release_occasions(connection, [1])
    of(world, connection).written(grants)
    kept = connection.execute(sa.select(schema.occasions.c.occasion, schema.occasions.c.delivery_id)).all()
    assert sorted(map(tuple, kept)) == [("other", 2), ("taken", 2)]
    connection.rollback()


def test_what_a_message_told_beside_something_new_stays_told_when_the_other_gives_it_back(world: World) -> None:
    other = world.open("other").id
    world.enqueue(other, [a_group("F1")])
    grown = world.open("grown").id
    world.enqueue(grown, [a_group("F1", "F2")])
    assert world.send(grown) == ["1"]
    world.ledger.mailings.cancel(other, by="claire", now=world.now)
    third = world.open("third").id
    world.enqueue(third, [a_group("F1")])
    assert world.statuses(third) == {"1": "skipped duplicate_occasion"}
