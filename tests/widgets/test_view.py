"""Every question a page asks is answered, whatever happens while Python works on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from workbench.errors import BadValue
from workbench.widgets.view import View


class Asked(View):
    """A view whose one answer is an error, and which keeps what it sent."""

    def __init__(self, error: BaseException) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__()

        def answer(_message: Mapping[str, Any]) -> None:
            raise error

        self.answers["ask"] = answer

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def hears(self) -> None:
        """Hear the question as a page asks it."""
        self._hear(self, {"kind": "ask", "request": 7, "view": "v"}, [])


def test_a_refusal_is_answered_with_its_sentence_alone():
    view = Asked(BadValue("Not so."))
    view.hears()
    assert view.sent == [{"kind": "answer", "request": 7, "view": "v", "error": "Not so."}]


def test_what_nobody_foresaw_is_answered_without_its_text():
    view = Asked(KeyError("LEFÈVRE Zoé"))
    view.hears()
    assert "KeyError" in view.sent[0]["error"]
    assert "LEFÈVRE" not in view.sent[0]["error"]


def test_an_interrupted_answer_is_answered_and_the_interruption_goes_on():
    view = Asked(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        view.hears()
    assert view.sent == [
        {"kind": "answer", "request": 7, "view": "v", "error": "The kernel was interrupted before it could answer."}
    ]
