"""The test mailbox: what the mail catcher kept instead of sending it, to be read as the patients would have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Any, Protocol

from babel.dates import format_datetime, get_timezone

from workbench.displays.showing import ShownMessage, shown_letter, told_size
from workbench.domain.caught import CaughtLetter
from workbench.language import _, language, n_
from workbench.widgets.reading import message_content, reading_labels, source_content
from workbench.widgets.view import STATIC, View


class CaughtLetters(Protocol):
    """Where the letters are."""

    def newest(self) -> tuple[int, Sequence[CaughtLetter]]:
        """Return how many letters there are, and the newest of them, newest first."""
        ...

    def content(self, key: str) -> bytes:
        """Return a whole letter; an error of the workbench's when it is gone."""
        ...


class Inbox(View):
    """The letters of the test mailbox, newest first; it looks for new ones while somebody sees it.

    Parameters
    ----------
    letters
        Where the letters are.
    zone
        The practice's time zone, for the hours shown.
    """

    _esm = STATIC / "inbox.js"
    _css = STATIC / "inbox.css"

    def __init__(self, letters: CaughtLetters, *, zone: str = "Europe/Paris") -> None:
        super().__init__()
        self._letters = letters
        self._zone = get_timezone(zone)
        self._last: tuple[str, ShownMessage] | None = None
        self.answers.update(letters=self._answer_letters, letter=self._answer_letter, source=self._answer_source)

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the mailbox and of a letter."""
        return reading_labels() | {
            "title": _("Test mailbox"),
            "nobody": _("No real patient received these messages."),
            "list": _("Messages of the test mailbox"),
            "search": _("Name, address or subject"),
            "refresh": _("Look again"),
            "empty": _("The test mailbox is empty: what you send to the test account arrives here."),
            "none_found": _("No message is found here. Change what you search."),
            "choose": _("Choose a message to read it."),
        }

    # --- what the page asks --------------------------------------------------------------------------

    def _answer_letters(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer with the letters that came since the newest one known, or with all if others are gone."""
        total, newest = self._letters.newest()
        known, known_total = str(asked.get("known", "")), int(asked.get("total", -1))
        if known_total == total and known == (newest[0].key if newest else ""):
            return {"same": True}
        keys = [letter.key for letter in newest]
        fresh = keys.index(known) if known in keys else len(keys)
        whole = known not in keys or known_total + fresh != total
        return {
            "whole": whole,
            "total": total,
            "letters": [self._told(letter) for letter in (newest if whole else newest[:fresh])],
            "count": n_("{count} message in the test mailbox", "{count} messages in the test mailbox", total).format(
                count=total
            ),
            "limit": n_("The newest {count} is listed.", "The newest {count} are listed.", len(newest)).format(
                count=len(newest)
            )
            if total > len(newest)
            else "",
        }

    def _told(self, letter: CaughtLetter) -> dict[str, str]:
        name, address = parseaddr(letter.recipient)
        return {
            "key": letter.key,
            "at": format_datetime(letter.at, "short", tzinfo=self._zone, locale=language()),
            "recipient": name or address or letter.recipient or _("(nobody)"),
            "address": address,
            "subject": letter.subject or _("(no subject)"),
            "size": told_size(letter.size),
        }

    def _answer_letter(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"message": message_content(self._shown(str(asked["key"])))}

    def _answer_source(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return source_content(self._shown(str(asked["key"])))

    def _shown(self, key: str) -> ShownMessage:
        if self._last is None or self._last[0] != key:
            self._last = (key, shown_letter(self._letters.content(key)))
        return self._last[1]
