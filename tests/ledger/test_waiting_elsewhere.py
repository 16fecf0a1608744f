"""Which other mailing still waits to tell what this one leaves out, and which sender is at work on which mailing."""

from __future__ import annotations

import pytest

from tests.ledger.world import BY, World, a_row
from workbench.domain.mailings import MailingStatus
from workbench.ledger.ledger import Ledger


def waiting_elsewhere(world: World, number: int, *among: int, purpose: str = "") -> frozenset[int]:
    mailings = world.ledger.mailings
    purpose = purpose or world.template.occasion_purpose
    return mailings.waiting_to_tell(mailings.duplicates(number), purpose=purpose, step="", among=among)


def test_only_a_mailing_that_waits_to_tell_the_same_addressee_holds_it(
    either_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.ledger.mailing_counts.CHUNK", 2)
    world = World(either_ledger)
    first, unrelated = world.queued("1", "2", "3", key="a"), world.queued("7", key="b")
    again = world.queued("3", "2", "1", "9", key="c")
    assert sorted(one[0] for one in either_ledger.mailings.duplicates(again)) == [
        f"appointment:A{name}@2026-11-23T09:00" for name in "123"
    ]
    assert waiting_elsewhere(world, again, first, unrelated) == {first}
    assert waiting_elsewhere(world, again, unrelated) == frozenset()
    assert waiting_elsewhere(world, again, first, purpose="another") == frozenset()
    mother = world.open("d").id
    world.enqueue(mother, [a_row("1", addressee="person:M1")])  # the same appointment, told to somebody else
    assert waiting_elsewhere(world, again, mother) == frozenset()
    either_ledger.mailings.cancel(first, by=BY, now=world.now)
    assert waiting_elsewhere(world, again, first, unrelated) == frozenset()


def test_a_sender_is_at_work_on_its_own_mailing_alone(either_ledger: Ledger) -> None:
    world = World(either_ledger)
    numbers = [world.queued(str(one), key=f"k{one}") for one in range(12)]
    first, twelfth = numbers[0], numbers[-1]
    for number in (first, twelfth):
        either_ledger.mailings.set_status(number, MailingStatus.SENDING, by=BY, now=world.now)

    def at_work(number: int) -> bool:
        return either_ledger.mailings.standing(number, now=world.now).at_work

    with either_ledger.start_sender(user=BY, now=world.now, mailing_id=twelfth):
        assert (at_work(first), at_work(twelfth)) == (False, True)
    with either_ledger.start_sender(user=BY, now=world.now, mailing_id=first):
        assert (at_work(first), at_work(twelfth)) == (True, False)
    with either_ledger.start_sender(user=BY, now=world.now):  # nobody knows of which one
        assert (at_work(first), at_work(twelfth)) == (True, True)
    assert (at_work(first), at_work(twelfth)) == (False, False)
