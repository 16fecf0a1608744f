"""Rows that were met, a bit each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.ledger.seen import Seen

NUMBERS = st.lists(st.integers(-5, 80))


@given(first=st.integers(0, 40), length=st.integers(-1, 40), numbers=NUMBERS, asked=NUMBERS)
def test_it_holds_what_a_set_of_the_range_holds(first: int, length: int, numbers: list[int], asked: list[int]) -> None:
    last = first + length
    seen = Seen(first, last)
    seen.add(numbers)
    kept = {number for number in numbers if first <= number <= last}
    assert [number in seen for number in asked] == [number in kept for number in asked]


def test_nothing_is_met_of_no_range() -> None:
    seen = Seen()
    seen.add([0, 1])
    assert 0 not in seen
    assert -1 not in seen
