"""Long work is done beside the kernel, and the latest is the one that counts."""

from __future__ import annotations

import threading
from collections.abc import Callable

from workbench.widgets.background import Background

Look = Callable[[], None]


def test_a_newer_piece_of_work_overtakes_the_one_before():
    background, begun, go_on = Background(), threading.Event(), threading.Event()
    done: list[str] = []

    def first(look: Look) -> None:
        begun.set()
        go_on.wait(5)
        look()
        done.append("first")

    background.do(first)
    assert begun.wait(5)
    background.do(lambda _look: done.append("second"))
    go_on.set()
    assert background.wait(60)
    assert done == ["second"]


def test_work_that_was_overtaken_before_its_turn_never_begins():
    background, begun, go_on = Background(), threading.Event(), threading.Event()
    done: list[str] = []

    def first(_look: Look) -> None:
        begun.set()
        go_on.wait(5)

    background.do(first)
    assert begun.wait(5)
    background.do(lambda _look: done.append("second"))
    background.do(lambda _look: done.append("third"))
    assert not background.wait(0.01)
    go_on.set()
    assert background.wait(60)
    assert done == ["third"]


def test_short_work_is_done_at_once():
    background = Background()
    done: list[str] = []
    background.do(lambda _look: done.append("now"), here=True)
    assert done == ["now"]
