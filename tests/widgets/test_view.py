"""Every question a page asks is answered, whatever happens while Python works on it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from workbench import widgets
from workbench.errors import BadValue
from workbench.language import LANGUAGES, n_, use_language
from workbench.widgets.view import View, by_number


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


def test_a_word_with_a_number_has_the_forms_of_its_language():
    use_language("fr")
    word = by_number("found", lambda count: n_("{count} field", "{count} fields", count))
    assert word == {"found.one": "{count} champ", "found": "{count} champs"}


def views(under: type[View] = View) -> Iterator[type[View]]:
    """Return every view of the workbench."""
    for view in under.__subclasses__():
        yield view
        yield from views(view)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_counted_in_a_page_has_a_form_for_one(language: str):
    for module in pkgutil.iter_modules(widgets.__path__):
        importlib.import_module(f"workbench.widgets.{module.name}")
    use_language(language)
    counted = re.compile(r"\{count\}\s\w")
    for view in views():
        words = view.labels()
        alone = [name for name, said in words.items() if counted.search(said) and not name.endswith(".one")]
        assert [name for name in alone if f"{name}.one" not in words] == [], view.__name__
