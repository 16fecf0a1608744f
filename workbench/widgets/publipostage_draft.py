"""Keep what somebody does on the page of a mailing as it is done, beside what the page is busy with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.domain.drafts import Draft
from workbench.errors import WorkbenchError
from workbench.language import _

if TYPE_CHECKING:
    from workbench.practice import Practice

AFTER = 0.4
"""Seconds without another gesture after which what was done is kept."""


class DraftKeeper:
    """The draft of one page: written a moment after the last gesture, in a thread of its own.

    Parameters
    ----------
    practice
        Whose drafts they are.
    describe
        Fills a draft with what stands on the page now; asked from another thread.
    told
        Called after each writing with the drafts of those who prepare the same, and with a sentence when it could
        not be written.
    """

    def __init__(
        self,
        practice: Practice,
        describe: Callable[[Draft], Draft],
        told: Callable[[list[Draft], str], None],
    ) -> None:
        self._practice = practice
        self._describe = describe
        self._told = told
        self._draft: Draft | None = None
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        practice.ending.append(self.flush)

    @property
    def key(self) -> str:
        """The key of the draft that the page writes; nothing before the first gesture."""
        return self._draft.key if self._draft is not None else ""

    def touch(self) -> None:
        """Take note that something was done: it is kept in a moment."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(AFTER, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def flush(self) -> None:
        """Keep now what was done and is not kept yet."""
        with self._lock:
            timer, self._timer = self._timer, None
            if timer is None:
                return
            timer.cancel()
            beside: list[Draft] = []
            sentence = ""
            try:
                begun = self._draft or self._practice.drafts.begin("")
                self._draft = self._describe(begun)
                self._practice.drafts.save(self._draft)
                beside = self._practice.drafts.beside(self._draft)
            except WorkbenchError as refused:
                sentence = refused.sentence
            except Exception as unforeseen:
                # Only the kind of error is named: its text could hold a patient's data (P12).
                sentence = _("What is being prepared could not be kept ({kind}).").format(
                    kind=type(unforeseen).__name__
                )
        if not self._practice.closed:
            self._told(beside, sentence)

    def take(self, draft: Draft) -> None:
        """Go on with a draft of before."""
        self.leave()
        self._draft = draft

    def leave(self) -> None:
        """Keep what was done, and begin another draft with the next gesture."""
        self.flush()
        self._draft = None

    def drop(self) -> None:
        """Give the page's draft up: nothing of it is kept."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            draft, self._draft = self._draft, None
        if draft is not None:
            self._practice.drafts.forget(draft.key)
