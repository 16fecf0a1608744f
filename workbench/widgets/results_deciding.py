"""What a person decides on the results page about the messages of a mailing, and how they go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.displays.sending import retry_question, state_of
from workbench.domain.mailings import Counts
from workbench.errors import UsageError
from workbench.language import _, n_
from workbench.practice.dispatcher import Dispatcher
from workbench.practice.situation import Doing, Situation

if TYPE_CHECKING:
    from workbench.practice import Practice

PATIENCE = 30.0
"""Seconds that a question waits for what was decided to be checked."""

_MOVING = (Doing.SENDING, Doing.PAUSING, Doing.CANCELLING)
_OF_THE_WHOLE = ("pause", "resume", "cancel")

Told = Mapping[str, Any]


class Deciding:
    """The dispatchers of the mailings that are looked at: one each, which the page hears of.

    Parameters
    ----------
    practice
        The practice whose mailings they are.
    tell
        Hears of a mailing that moves (``progress``), and of one whose decision was done with (``changed``).
    """

    def __init__(self, practice: Practice, tell: Callable[[dict[str, Any]], None]) -> None:
        self._practice = practice
        self._tell = tell
        self._making = threading.Lock()
        self._known: dict[int, Dispatcher] = {}
        self._before: dict[int, Doing] = {}

    def situation(self, number: int) -> Situation:
        """Return where a mailing is, read anew."""
        return self._of(number).situation

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being sent from here, `timeout` seconds a mailing; tell whether nothing is."""
        return all(dispatcher.settled(timeout) for dispatcher in [*self._known.values()])

    def settle(self, number: int, seal: str, *, as_sent: bool, delivery: int | None) -> str:
        """Count uncertain messages as sent, or send them again: one, or all; return what there is to say of it."""
        chosen = None if delivery is None else [delivery]
        before = self._decide(number, lambda one: one.settle(seal, as_sent=as_sent, deliveries=chosen))
        if not as_sent:
            return ""
        count = before.counts.in_doubt if chosen is None else 1
        return n_("{count} message counts as sent.", "{count} messages count as sent.", count).format(count=count)

    def retry(self, number: int, seal: str) -> None:
        """Try the failed messages again, and no other."""
        self._decide(number, lambda one: one.retry(seal))

    def resume(self, number: int, seal: str) -> None:
        """Go on with all that waits."""
        self._decide(number, lambda one: one.resume(seal))

    def pause(self, number: int, seal: str) -> None:
        """Hold what has not left until somebody goes on."""
        self._of(number).pause(seal)

    def cancel(self, number: int, seal: str) -> None:
        """Let nothing else of the mailing leave."""
        self._of(number).cancel(seal)

    # --- one dispatcher each --------------------------------------------------------------------------------

    def _of(self, number: int) -> Dispatcher:
        with self._making:
            dispatcher = self._known.get(number)
            if dispatcher is None:
                self._known = {name: one for name, one in self._known.items() if one.situation.doing}
                dispatcher = self._known[number] = Dispatcher(lambda: self._practice.mailing_by_id(number))
                dispatcher.on_change(partial(self._moved, number, dispatcher))
                dispatcher.renew()
                dispatcher.settled(PATIENCE)
        dispatcher.look()
        return dispatcher

    def _decide(self, number: int, gesture: Callable[[Dispatcher], None]) -> Situation:
        """Do what a person decided, and return how the mailing stood before; else refuse with a sentence."""
        dispatcher = self._of(number)
        before = dispatcher.situation
        if before.doing or before.elsewhere:
            raise UsageError(_("Messages of this mailing are being sent: decide once they have left."))
        gesture(dispatcher)
        dispatcher.checked(PATIENCE)
        after = dispatcher.situation
        if after.changed:
            raise UsageError(
                _("This mailing has changed since: read the new numbers, then decide again. Nothing was done.")
            )
        if after.error:
            raise UsageError(after.error)
        return before

    def _moved(self, number: int, dispatcher: Dispatcher) -> None:
        situation = dispatcher.situation
        before, self._before[number] = self._before.get(number, Doing.NOTHING), situation.doing
        if situation.doing in _MOVING:
            self._tell({"kind": "progress", "mailing": number, **moving(situation)})
        elif situation.doing is Doing.NOTHING and before not in (Doing.NOTHING, Doing.COUNTING):
            self._tell({"kind": "changed", "mailing": number, "error": situation.error})


def moving(situation: Situation) -> dict[str, Any]:
    """Return how far a mailing is that is being sent, and what a person can do with the whole of it."""
    state = state_of(situation)
    return {
        "working": bool(situation.doing) or situation.elsewhere,
        "progress": state["progress"],
        "note": state["note"] if state["progress"] else "",
        "acts": [act for act in state["actions"] if act["name"] in _OF_THE_WHOLE],
    }


def asks(situation: Situation) -> dict[str, str]:
    """Return what is asked before each thing that can be decided now; of what cannot be, nothing."""
    offered = {act["name"] for act in state_of(situation)["actions"]}
    words = {"as_sent": _asked_as_sent, "resend": _asked_again}
    codes = {"as_sent": "as_sent", "resend": "again"}
    told = {codes[name]: word(situation.counts) for name, word in words.items() if name in offered}
    return told | ({"retry": retry_question(situation)} if "retry" in offered else {})


def _asked_as_sent(counts: Counts) -> str:
    return n_(
        "Count {count} uncertain message as sent? It will not be sent again.",
        "Count {count} uncertain messages as sent? They will not be sent again.",
        counts.in_doubt,
    ).format(count=counts.in_doubt)


def _asked_again(counts: Counts) -> str:
    return n_(
        "Send {count} uncertain message again? The patient may get it twice.",
        "Send {count} uncertain messages again? These patients may get it twice.",
        counts.in_doubt,
    ).format(count=counts.in_doubt)
