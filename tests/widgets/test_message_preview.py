"""The preview shows whoever is asked for, renders nobody else, and saves nothing of them."""

from __future__ import annotations

import json
import time
from typing import Any

import pandas as pd
import pytest

from workbench.displays.showing import ShownMessage, shown
from workbench.domain.messages import Address, Message
from workbench.errors import TemplateRefused
from workbench.widgets.message_preview import LARGEST_WINDOW, MessagePreview

NAMES = ["ZIMMER Alexis", "LEFÈVRE Zoé", "D’ARTAGNAN Jean-Noël", "NGUYỄN Anaïs", "PETIT Rémi"]
STATES = ["to_correct", "ready", "ready", "to_read", "excluded"]
ROWS = pd.DataFrame(
    {
        "name": NAMES,
        "state": STATES,
        "note": ["address", "", "", "gmial.com", "opted out"],
        "detail": ["No address.", "", "", "gmial.com looks like gmail.com.\nAsk.", "Opted out."],
    }
)


class Asked(MessagePreview):
    """A preview that keeps what it sent to its page, and whose messages it made."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.made: list[int] = []
        super().__init__()

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def hears(self, **message: Any) -> dict[str, Any]:
        """Say something as the page does, and give the answer to it."""
        self._hear(self, {"request": 1, "view": "v", **message}, [])
        return self.sent[-1]

    def message(self, position: int) -> ShownMessage:
        self.made.append(position)
        if position == 4:
            raise TemplateRefused("Line 2: this cannot be computed.", line=2)
        return shown(
            Message(
                sender=Address(email="cabinet@cabinet.example"),
                recipient=Address(email="zoe@exemple.example"),
                subject=f"Message {position}",
                html="<p>Bonjour</p>",
                text="Bonjour\n",
                writer=lambda _message: b"Subject: x\r\n\r\nBonjour\r\n",
            )
        )


@pytest.fixture
def preview() -> Asked:
    made = Asked()
    made.show(ROWS, made.message)
    return made


def test_a_window_of_the_list_is_given_with_the_counts_of_the_whole(preview: Asked):
    answer = preview.hears(kind="rows", start=1, end=3, filter="", search="")
    assert [row["name"] for row in answer["rows"]] == NAMES[1:3]
    assert answer["rows"][0] == {"position": 1, "name": "LEFÈVRE Zoé", "state": "ready", "note": ""}
    assert (answer["start"], answer["count"], answer["total"]) == (1, 5, 5)
    assert answer["counts"] == {"all": 5, "ready": 2, "to_read": 1, "to_correct": 1, "excluded": 1, "sent": 0}
    assert [told["text"] for told in answer["summary"]] == ["3 ready", "1 to correct", "1 excluded"]


def test_who_has_the_message_is_told_apart_from_who_is_excluded(preview: Asked):
    preview.show(
        ROWS.assign(state=["ready", *["excluded"] * 4], sent=[False, True, True, True, False]), preview.message
    )
    answer = preview.hears(kind="rows", start=0, end=3, filter="", search="")
    assert [told["text"] for told in answer["summary"]] == ["1 ready", "3 sent already", "1 excluded"]
    assert (answer["counts"]["sent"], answer["counts"]["excluded"]) == (3, 1)  # and each is listed for itself
    listed = preview.hears(kind="rows", start=0, end=10, filter="sent", search="")["rows"]
    assert [(row["position"], row["state"]) for row in listed] == [(1, "sent"), (2, "sent"), (3, "sent")]


@pytest.mark.parametrize(
    ("state", "search", "found"),
    [
        ("to_read", "", [3]),
        ("", "lefevre", [1]),
        ("", "  ZOE lefe ", [1]),
        ("", "nguyen", [3]),
        ("ready", "zoe", [1]),
        ("ready", "petit", []),
        ("", "d'artagnan", [2]),
    ],
)
def test_the_list_is_filtered_and_searched_without_accents(preview: Asked, state: str, search: str, found: list[int]):
    answer = preview.hears(kind="rows", start=0, end=100, filter=state, search=search)
    assert [row["position"] for row in answer["rows"]] == found
    assert answer["count"] == len(found)


def test_the_list_tells_where_somebody_stands_in_it(preview: Asked):
    assert preview.hears(kind="rows", start=0, end=1, filter="", search="", around=3)["place"] == 3
    assert preview.hears(kind="rows", start=0, end=1, filter="to_read", search="", around=3)["place"] == 0
    assert preview.hears(kind="rows", start=0, end=1, filter="ready", search="", around=3)["place"] == -1


def test_a_window_is_never_the_whole_of_a_long_list():
    preview = Asked()
    preview.show(pd.concat([ROWS] * 2000, ignore_index=True), preview.message)
    answer = preview.hears(kind="rows", start=0, end=10**9, filter="", search="")
    assert len(answer["rows"]) == LARGEST_WINDOW
    assert answer["count"] == 10_000
    assert preview.hears(kind="rows", start=-5, end=2, filter="", search="")["start"] == 0


def test_only_the_message_looked_at_is_made_and_its_source_without_making_it_again(preview: Asked):
    assert preview.made == []
    answer = preview.hears(kind="message", position=3)
    assert answer["row"]["detail"] == "gmial.com looks like gmail.com.\nAsk."
    assert answer["message"]["subject"] == "Message 3"
    assert answer["message"]["screen"].startswith("<!DOCTYPE html>")
    assert "source" not in answer["message"]
    source = preview.hears(kind="source", position=3)
    assert source["source"] == "Subject: x\n\nBonjour\n"
    assert source["headers"] == [["Subject", "x"]]
    assert preview.made == [3]


def test_a_message_that_cannot_be_made_shows_its_sentence_and_stops_nobody(preview: Asked):
    answer = preview.hears(kind="message", position=4)
    assert answer["broken"] == "Line 2: this cannot be computed."
    assert answer["row"]["name"] == "PETIT Rémi"
    assert preview.hears(kind="source", position=4)["error"] == "Line 2: this cannot be computed."
    assert "message" in preview.hears(kind="message", position=1)


def test_whoever_asks_for_a_recipient_that_is_not_there_gets_none(preview: Asked):
    assert "message" not in preview.hears(kind="message", position=5)
    assert "message" not in preview.hears(kind="message", position=-1)
    preview.go_to(7)
    assert preview.position == 0


def test_the_position_is_told_to_whoever_wants_to_know(preview: Asked):
    seen: list[int] = []
    preview.on_position(seen.append)
    preview.go_to(2)
    preview.position = 3  # as the page does
    assert seen == [2, 3]


def test_a_new_list_stays_with_the_recipient_where_it_can(preview: Asked):
    preview.go_to(4)
    before = preview.version
    preview.show(ROWS.head(3), preview.message)
    assert (preview.position, preview.version) == (2, before + 1)
    preview.show(ROWS.head(0), preview.message)
    assert preview.position == -1
    assert preview.hears(kind="rows", start=0, end=10, filter="", search="")["counts"]["all"] == 0
    preview.show(ROWS, preview.message)
    assert preview.position == 0


def test_a_message_of_a_former_list_is_not_shown_for_the_new_one(preview: Asked):
    preview.hears(kind="message", position=1)
    preview.show(ROWS, preview.message)
    preview.hears(kind="message", position=1)
    assert preview.made == [1, 1]


def test_nothing_of_a_patient_is_kept_in_what_is_saved(preview: Asked):
    preview.hears(kind="rows", start=0, end=10, filter="", search="lefevre")
    preview.hears(kind="message", position=1)
    saved = json.dumps({name: value for name, value in preview.get_state().items() if not name.startswith("_")})
    assert not [name for name in (*NAMES, "Message 1", "zoe", "lefevre", "gmial") if name in saved]


def test_a_hundred_thousand_recipients_are_searched_while_one_types():
    preview = Asked()
    names = pd.Series([f"LEFÈVRE Zoé {number}" for number in range(100_000)])
    rows = pd.DataFrame({"name": names, "state": "ready", "note": "", "detail": ""})
    preview.show(rows, preview.message)
    preview.hears(kind="rows", start=0, end=100, filter="", search="l")
    begun = time.perf_counter()
    answer = preview.hears(kind="rows", start=0, end=100, filter="", search="lefevre 99999")
    assert time.perf_counter() - begun < 1
    assert [row["position"] for row in answer["rows"]] == [99_999]


def test_the_message_of_one_list_is_never_given_under_a_row_of_the_next(preview: Asked):
    """The next list is told from a thread of its own, while a message of the one before is being made."""
    later = ROWS.iloc[::-1].reset_index(drop=True)

    def overtaken(position: int) -> ShownMessage:
        made = preview.message(position)
        if len(preview.made) == 1:
            preview.show(later, lambda number: preview.message(number + 10))
        return made

    preview.show(ROWS, overtaken)
    before = preview.version
    answer = preview.hears(kind="message", position=1)
    assert (answer["version"], answer["row"]["name"], answer["message"]["subject"]) == (before, NAMES[1], "Message 1")
    answer = preview.hears(kind="message", position=1)
    assert (answer["version"], answer["row"]["name"]) == (before + 1, NAMES[3])
    assert answer["message"]["subject"] == "Message 11"
    assert "has changed since" in preview.hears(kind="source", position=1, version=before)["error"]
    assert "has changed since" in preview.hears(kind="file", position=1, place=0, version=before)["error"]
    assert "source" in preview.hears(kind="source", position=1, version=before + 1)
