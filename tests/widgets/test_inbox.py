"""The test mailbox tells what came since, and opens letters without trusting them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.domain.caught import CaughtLetter
from workbench.errors import UnknownName
from workbench.widgets.inbox import Inbox


class Box:
    """A mailbox in memory."""

    def __init__(self) -> None:
        self.letters: list[CaughtLetter] = []
        self.total = 0
        self.read: list[str] = []

    def put(self, *keys: str) -> None:
        for key in keys:
            self.letters.insert(
                0,
                CaughtLetter(
                    key=key,
                    at=datetime(2026, 11, 22, 8, 5, tzinfo=UTC),
                    sender="Cabinet <cabinet@cabinet.example>",
                    recipient=f"Zoé <{key}@exemple.example>",
                    subject="" if key == "bare" else f"Rappel {key}",
                    size=2_000,
                ),
            )
            self.total += 1

    def newest(self) -> tuple[int, list[CaughtLetter]]:
        return self.total, self.letters

    def content(self, key: str) -> bytes:
        self.read.append(key)
        if not any(letter.key == key for letter in self.letters):
            raise UnknownName("It is gone.")
        return f"Subject: Rappel {key}\r\n\r\nBonjour\r\n".encode()


class Asked(Inbox):
    """A mailbox that keeps what it sent to its page."""

    def __init__(self, box: Box) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(box)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def hears(self, **message: Any) -> dict[str, Any]:
        """Say something as the page does, and give the answer to it."""
        self._hear(self, {"request": 1, "view": "v", **message}, [])
        return self.sent[-1]


@pytest.fixture
def box() -> Box:
    made = Box()
    made.put("a", "b")
    return made


@pytest.fixture
def inbox(box: Box) -> Asked:
    return Asked(box)


def test_at_first_all_letters_are_told_newest_first(inbox: Asked):
    answer = inbox.hears(kind="letters", known="", total=-1)
    assert answer["whole"] is True
    assert [letter["key"] for letter in answer["letters"]] == ["b", "a"]
    assert answer["count"] == "2 messages in the test mailbox"
    assert answer["limit"] == ""
    assert (answer["letters"][0]["recipient"], answer["letters"][0]["address"]) == ("Zoé", "b@exemple.example")
    assert "9:05" in answer["letters"][0]["at"]  # the practice's hour, not UTC's


def test_then_only_those_that_came_since(inbox: Asked, box: Box):
    assert inbox.hears(kind="letters", known="b", total=2)["same"] is True
    box.put("c", "bare")
    answer = inbox.hears(kind="letters", known="b", total=2)
    assert answer["whole"] is False
    assert [(letter["key"], letter["subject"]) for letter in answer["letters"]] == [
        ("bare", "(no subject)"),
        ("c", "Rappel c"),
    ]
    assert answer["total"] == 4


def test_when_letters_are_gone_all_are_told_again(inbox: Asked, box: Box):
    box.letters.pop()
    box.total = 1
    answer = inbox.hears(kind="letters", known="b", total=2)
    assert answer["whole"] is True
    assert [letter["key"] for letter in answer["letters"]] == ["b"]
    box.letters.clear()
    box.total = 0
    assert inbox.hears(kind="letters", known="b", total=1)["letters"] == []


def test_a_full_mailbox_says_how_many_are_listed(inbox: Asked, box: Box):
    box.total = 20_000
    answer = inbox.hears(kind="letters", known="", total=-1)
    assert answer["count"] == "20000 messages in the test mailbox"
    assert answer["limit"] == "The newest 2 are listed."


def test_a_letter_is_read_once_for_its_message_and_its_source(inbox: Asked, box: Box):
    assert box.read == []
    assert inbox.hears(kind="letter", key="a")["message"]["subject"] == "Rappel a"
    assert inbox.hears(kind="source", key="a")["source"] == "Subject: Rappel a\n\nBonjour\n"
    assert box.read == ["a"]


def test_a_letter_that_is_gone_is_told_of(inbox: Asked):
    assert inbox.hears(kind="letter", key="z")["error"] == "It is gone."


def test_nothing_of_a_patient_is_kept_in_what_is_saved(inbox: Asked):
    inbox.hears(kind="letters", known="", total=-1)
    inbox.hears(kind="letter", key="a")
    saved = json.dumps({name: value for name, value in inbox.get_state().items() if not name.startswith("_")})
    assert "exemple.example" not in saved
    assert "Rappel" not in saved
