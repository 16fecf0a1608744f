"""What every widget shares: its bundle, its words in the practice's language, and an answer to each question asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from workbench.errors import WorkbenchError
from workbench.language import _, language

STATIC = Path(__file__).parent / "static"

Answer = Mapping[str, Any] | tuple[Mapping[str, Any], Sequence[bytes]] | None
"""What a question is answered with: a message, or a message with binary buffers."""


def by_number(name: str, form: Callable[[int], str]) -> dict[str, str]:
    """Return a word whose ``{count}`` the page fills in, in the forms that it chooses from (``words`` of the page).

    Parameters
    ----------
    name
        What the page calls it.
    form
        Says it for a number: ``lambda count: n_("{count} row", "{count} rows", count)``.
    """
    return {f"{name}.one": form(1), name: form(2)}


class View(anywidget.AnyWidget):
    """A widget whose data travel in messages, so that nothing of them is saved with a notebook (P12).

    A subclass names its bundle and adds an entry to ``answers`` for each kind of message its page sends. What an
    answer raises as a ``WorkbenchError`` reaches the page as ``{"error": sentence}`` on the same question. The kinds
    named in ``slow`` are answered in a thread of their own, so that the pages go on meanwhile.
    """

    slow: frozenset[str] = frozenset()

    words = t.Dict().tag(sync=True)
    language = t.Unicode("").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        super().__init__(words=self.labels(), language=language(), **values)
        self.answers: dict[str, Callable[[Mapping[str, Any]], Answer]] = {}
        self.on_msg(self._hear)
        hear_beside_cells(self.comm)

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the view's words by name, in the language of the moment it is made."""
        return {}

    def _hear(self, _widget: object, message: Mapping[str, Any], _buffers: object) -> None:
        answer = self.answers.get(str(message.get("kind", "")))
        if answer is None:
            return
        if message["kind"] in self.slow:
            threading.Thread(
                target=self._answer_to, args=(answer, message), name="workbench-answer", daemon=True
            ).start()
        else:
            self._answer_to(answer, message)

    def _answer_to(self, answer: Callable[[Mapping[str, Any]], Answer], message: Mapping[str, Any]) -> None:
        answered: Answer
        try:
            answered = answer(message)
        except KeyboardInterrupt:
            # Whoever waits for the answer waits no longer; the interruption goes on.
            self._reply(message, {"error": _("The kernel was interrupted before it could answer.")})
            raise
        except WorkbenchError as error:
            answered = {"error": error.sentence}
        except Exception as error:
            # Only the kind of error is named: its text could hold a patient's data (P12).
            kind = type(error).__name__
            answered = {"error": _("Something unforeseen went wrong ({kind}).").format(kind=kind)}
        self._reply(message, answered)

    def _reply(self, message: Mapping[str, Any], answered: Answer) -> None:
        if "request" not in message:
            return
        content, buffers = answered if isinstance(answered, tuple) else (answered or {}, ())
        self.send({"kind": "answer", "request": message["request"], "view": message.get("view"), **content}, [*buffers])


def hear_beside_cells(comm: Any) -> None:
    """Have what a page says handled where the page sends it: beside the cell that runs, on a line of its own.

    JupyterLab sends what widgets say by a subshell of the kernel, which hears it while a cell runs. From version 7.4 on
    ipykernel hands it to whichever shell the widget itself last spoke from instead; for a widget that a cell made that
    is the cell's own, which is deaf until the cell has ended: a click on « Pause » would come too late.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, sent_to: sent_to  # noqa: SLF001 - no public way is offered
