"""The practice (« Cabinet »): its card, when its messages leave and how long they stay, its closed days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.displays.cells import friendly
from workbench.displays.words import heading
from workbench.errors import UsageError
from workbench.language import LANGUAGES, _, n_
from workbench.widgets.view import STATIC, View

if TYPE_CHECKING:
    from workbench.practice import Practice

CARD = (
    "name", "phone", "email", "address_line_1", "address_line_2", "postcode", "city", "country", "website",
    "booking_url", "emergency_text", "iban", "bic", "zone", "language",
)  # fmt: skip
"""What is changed here, in the order in which one reads it."""

LONG = ("emergency_text",)
SEEN = ("opening_hours", "emergency_phone")
"""What follows from the agenda and is shown for whoever looks for it here."""


class PracticeScreen(View):
    """The practice's card, its departures, its retention and its closed days.

    Parameters
    ----------
    practice
        The practice that is shown and changed.
    """

    _esm = STATIC / "practice_screen.js"
    _css = STATIC / "practice_screen.css"

    def __init__(self, practice: Practice) -> None:
        super().__init__()
        self._practice = practice
        self._callbacks: list[Callable[[], None]] = []
        self.answers.update(
            {
                "open": lambda _asked: self._state(),
                "card": self._set_card,
                "departures": self._set_departures,
                "close": self._close,
                "reopen": self._reopen,
            }
        )

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the screen's words."""
        return _labels()

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` after something of the practice was changed."""
        self._callbacks.append(callback)

    def _state(self) -> dict[str, Any]:
        practice, settings = self._practice, self._practice.settings
        card = practice.card()
        rows = [(name, heading(name), str(card.get(name) or ""), name in LONG) for name in CARD if name in card]
        return {
            "card": [
                {"name": name, "label": label, "value": value, "long": long}
                | ({"choices": list(LANGUAGES)} if name == "language" else {})
                for name, label, value, long in rows
            ],
            "seen": [
                _("{label}: {value}").format(label=heading(name), value=card[name]) for name in SEEN if card.get(name)
            ],
            "writable": settings.store_writable,
            "undo_minutes": settings.undo_minutes,
            "sending_hours": settings.sending_hours,
            "history_days": settings.history_days,
            "closures": self._closures(),
        }

    def _closures(self) -> list[dict[str, Any]]:
        found = self._practice.closures.show("today", "J+365")
        kinds = {"closure": _("Closed"), "leave": _("Leave"), "holiday": _("Public holiday")}
        rows = []
        for row in found.to_dict("records"):
            texts = {str(name): "" if pd.isna(value) else str(value) for name, value in row.items()}
            first, last = row["starts_on"], row["ends_on"]
            who = ", ".join(text for text in (texts["site"], texts["practitioner"]) if text)
            rows.append(
                {
                    "kind": kinds.get(texts["kind"], texts["kind"]),
                    "days": friendly(first.date())
                    if first == last
                    else _("{first} to {last}").format(first=friendly(first.date()), last=friendly(last.date())),
                    "about": " – ".join(text for text in (who, texts["reason"]) if text),
                    "first": first.date().isoformat(),
                    "last": last.date().isoformat(),
                    "ours": texts["kind"] == "closure" and not texts["site"],
                }
            )
        return rows

    def _set_card(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        values = {str(name): str(value).strip() or None for name, value in asked["values"].items() if name in CARD}
        if values:
            self._practice.set_card(**values)
        return self._changed(_("✓ The practice's card is saved."))

    def _set_departures(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        practice, settings = self._practice, self._practice.settings
        undo, days = _whole(asked["undo_minutes"]), _whole(asked["history_days"])
        hours = str(asked["sending_hours"]).strip()
        if (undo, hours) != (settings.undo_minutes, settings.sending_hours):
            practice.set_departures(undo_minutes=undo, sending_hours=hours)
        if days != settings.history_days:
            practice.set_history_days(days)
        return self._changed(_("✓ Saved for the whole practice."))

    def _close(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        first, last = str(asked["first"]), str(asked["last"] or asked["first"])
        if not first:
            raise UsageError(_("Give the first day that is closed."))
        count = self._practice.closures.close(first, last, reason=str(asked.get("reason", "")))
        told = n_("✓ {count} day is declared closed.", "✓ {count} days are declared closed.", count)
        return self._changed(told.format(count=count))

    def _reopen(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        count = self._practice.closures.reopen(str(asked["first"]), str(asked["last"]))
        return self._changed(
            n_("✓ {count} day is open again.", "✓ {count} days are open again.", count).format(count=count)
        )

    def _changed(self, sentence: str) -> dict[str, Any]:
        for callback in self._callbacks:
            callback()
        return {"sentence": sentence, **self._state()}


def _whole(given: object) -> int:
    text = str(given).strip()
    try:
        return int(text or 0)
    except ValueError:
        raise UsageError(_("« {text} » is not a whole number.").format(text=text)) from None


def _labels() -> dict[str, str]:
    return {
        "title": _("The practice"),
        "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        "card": _("What patients are told of the practice"),
        "card_note": _("Email types and signatures say it with the fields of the practice (@CABNOM, @CABTEL …)."),
        "read_only": _(
            "The patient store belongs to the practice's own software: change it there. It is only shown here."
        ),
        "seen": _("From the agenda: {facts}"),
        "save": _("Save"),
        "departures": _("Departures and history"),
        "undo_minutes": _("Minutes in which a sending can still be taken back"),
        "undo_hint": _("0: it leaves at once."),
        "sending_hours": _("Sending hours of the practice"),
        "hours_hint": _("For instance 08:00-20:00 mon-fri; empty: at any hour."),
        "history_days": _("Days for which sent messages are kept"),
        "history_hint": _("0: for ever. After that the proof alone stays: when, to whom, with what outcome."),
        "closures": _("Closed days of the coming year"),
        "closures_note": _("Relative dates and reminders follow them. Public holidays are known by themselves."),
        "none": _("Nothing is closed in the coming year."),
        "days": _("Days"),
        "kind": _("Kind"),
        "about": _("What patients may be told"),
        "first": _("First day"),
        "last": _("Last day"),
        "reason": _("Reason (« Summer holidays »)"),
        "close": _("Declare closed"),
        "reopen": _("Open again…"),
        "reopen_question": _("Open again: {days}?"),
        "reopen_yes": _("Open again"),
        "back": _("Go back"),
        "actions": _("Actions"),
    }
