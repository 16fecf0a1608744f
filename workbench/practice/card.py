"""What a practice says of itself, and its clock: what every other room of it looks at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.calendar import Now, PracticeCalendar, parse_day
from workbench.domain.departures import undo_window
from workbench.domain.fields import Catalogue
from workbench.domain.sending_hours import SendingHours
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.ports import Ledger, PatientStore
    from workbench.practice.fields import Fields


class Card:
    """The practice's own data, its calendar and its journal."""

    path: Path
    settings: Settings
    user: str
    store: PatientStore
    ledger: Ledger
    fields: Fields
    now: Now
    changes: int
    """How often something was corrected, imported or objected to through this practice."""

    @cached_property
    def _card(self) -> dict[str, Any]:
        card = self.store.columns("practice", [], ["name", "email"])
        return {str(name): card[name].iloc[0] for name in card.columns if card[name].notna().all() and len(card)}

    @property
    def name(self) -> str:
        """The practice's name, or nothing when nobody has told it yet."""
        name = str(self._card.get("name") or "")
        return "" if name == self.settings.practice_id else name

    def card(self) -> dict[str, Any]:
        """Return what the practice says of itself, by column; nothing where it says nothing.

        Examples
        --------
        >>> practice.card()["zone"]
        'Europe/Paris'
        """
        found = self.store.columns("practice", [], sorted(self.store.column_names("practice")))
        return {str(name): (value if pd.notna(value) else None) for name, value in found.iloc[0].items()}

    def set_card(self, **values: str | None) -> None:
        """Change what the practice says of itself (``name phone city …``), journalled; ``None`` empties a column.

        Parameters
        ----------
        **values
            The new values, by column; the columns are those of `card`.

        Raises
        ------
        ReadOnlyStore
            When the patient store belongs to the practice's own software.
        UnknownName, BadValue
            For a column that a practice does not have, or a value that does not fit it; nothing was changed.

        Examples
        --------
        >>> practice.set_card(phone="02 99 00 00 00", website=None)
        >>> practice.card()["phone"]
        '02 99 00 00 00'
        """
        self.store.set_practice(values)
        self.record_act("practice.changed", {"columns": sorted(values)})
        self.__dict__.pop("_card", None)
        self.forget_calendar()

    def set_departures(self, *, undo_minutes: int | None = None, sending_hours: str | None = None) -> None:
        """Change when leaves what a person confirms at a screen, for the whole workspace, journalled.

        Parameters
        ----------
        undo_minutes
            For how many minutes it can be taken back; 0 is at once.
        sending_hours
            As ``08:00-20:00 mon-fri``; an empty text is at any hour.

        Raises
        ------
        BadValue
            When one of them cannot be used; nothing was changed.
        BadSettings
            When ``workbench.toml`` cannot be read or written.

        Examples
        --------
        >>> practice.set_departures(undo_minutes=10)
        >>> practice.settings.undo_minutes
        10
        """
        given: dict[str, int | str | None] = {"undo_minutes": undo_minutes, "sending_hours": sending_hours}
        changes = {name: value for name, value in given.items() if value is not None}
        undo_window(undo_minutes or 0)
        SendingHours.parse(sending_hours or "")
        self.settings = Settings.change(self.path, **changes)
        self.record_act("practice.changed", {"columns": sorted(changes)})

    def set_history_days(self, days: int) -> None:
        """Change for how many days what was sent is kept, 0 for ever; journalled. Nothing is emptied by this alone.

        Raises
        ------
        BadSettings
            When it is no such number, or ``workbench.toml`` cannot be read or written; nothing was changed.

        Examples
        --------
        >>> practice.set_history_days(730)
        >>> practice.settings.history_days
        730
        """
        self.settings = Settings.change(self.path, history_days=days)
        self.record_act("practice.changed", {"columns": ["history_days"]})

    def record_act(self, what: str, details: Mapping[str, object]) -> None:
        """Write into the journal what was done to the practice itself, by whom and when."""
        about = f"practice:{self.settings.practice_id}"
        self.ledger.acts.record(what, about, details=details, by=self.user, now=self.now())

    def forget_calendar(self) -> None:
        """Have the calendar read again, since its days changed; whatever was worked out is out of date."""
        self.__dict__.pop("calendar", None)
        self.changes += 1

    @property
    def email(self) -> str:
        """The practice's own address, or nothing."""
        return str(self._card.get("email") or "")

    @cached_property
    def calendar(self) -> PracticeCalendar:
        """The practice's days and time zone."""
        return self.store.calendar()

    @property
    def catalogue(self) -> Catalogue:
        """The fields that an email type may use now, by code."""
        return self.fields.catalogue

    @property
    def all_fields(self) -> Catalogue:
        """The same with archived ones and former names: what was frozen when they stood is merged with these (P7)."""
        return self.fields.everything

    @property
    def today(self) -> date:
        """The practice's date now."""
        return self.calendar.today(self.now())

    def _day(self, today: date | str | None) -> date:
        return self.today if today is None else parse_day(today, today=self.today, calendar=self.calendar)
