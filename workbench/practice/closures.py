"""The days on which the practice does not work: shown, declared, taken back, journalled."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.calendar import parse_day
from workbench.errors import BadValue
from workbench.language import _

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_LONGEST = 366


class Closures:
    """The closures, leaves and public holidays of a practice; relative dates and reminders follow them (8.13)."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def show(self, start: str | date = "today", end: str | date = "J+365") -> pd.DataFrame:
        """Return what closes the practice, a site or a practitioner's agenda between two days, both included.

        Returns
        -------
        DataFrame
            Columns ``kind`` (closure, leave, holiday), ``starts_on ends_on reason site practitioner replacement
            replacement_phone``, in the order of the days. Days closed every week are not among them.

        Examples
        --------
        >>> practice.closures.show("2026-12-25", "2026-12-25")["kind"].tolist()
        ['holiday']
        """
        first, last = self._days(start, end)
        declared = self._practice.store.closures(first, last)
        feasts = [
            {"kind": "holiday", "starts_on": pd.Timestamp(day), "ends_on": pd.Timestamp(day), "reason": name}
            for day, name in self._practice.store.holidays(first, last)
        ]
        if not feasts:
            return declared
        rows = pd.DataFrame(feasts, columns=list(declared.columns)).astype(declared.dtypes.to_dict())
        found = pd.concat([declared, rows], ignore_index=True) if len(declared) else rows
        return found.sort_values(["starts_on", "kind"], kind="stable", ignore_index=True)

    def close(self, start: str | date, end: str | date | None = None, *, reason: str = "", site: str = "") -> int:
        """Declare days closed, both included, and tell how many were open before.

        Parameters
        ----------
        start, end
            The first and the last day; one day when only the first is given.
        reason
            What patients may be told (« Congés de fin d’année »).
        site
            One site alone, by its key; the whole practice by default.

        Raises
        ------
        ReadOnlyStore
            When the patient store belongs to the practice's own software.
        BadValue
            For a day that cannot be read, more than a year, or an unknown site; nothing was declared.

        Examples
        --------
        >>> practice.closures.close("2027-08-02", "2027-08-06", reason="Congés d’été")
        5
        """
        first, last = self._days(start, end if end is not None else start)
        days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
        done = self._practice.store.close_days(days, reason=reason.strip(), site_id=site)
        self._changed("practice.closed", first, last)
        return done

    def reopen(self, start: str | date, end: str | date | None = None, *, site: str = "") -> int:
        """Take the declared closure of days back, both included, and tell how many were closed; raises like `close`."""
        first, last = self._days(start, end if end is not None else start)
        days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
        done = self._practice.store.reopen_days(days, site_id=site)
        self._changed("practice.reopened", first, last)
        return done

    def leave(
        self,
        practitioner: str,
        start: str | date,
        end: str | date | None = None,
        *,
        reason: str = "",
        replacement: str = "",
        replacement_phone: str = "",
    ) -> None:
        """Write down when a practitioner (by code or name) is away, both days included, and who replaces him.

        Raises
        ------
        ReadOnlyStore
            When the patient store belongs to the practice's own software.
        BadValue
            For a day that cannot be read, more than a year, or an unknown practitioner; nothing was written.
        """
        first, last = self._days(start, end if end is not None else start)
        self._practice.store.take_leave(
            practitioner,
            first,
            last,
            reason=reason.strip(),
            replacement=replacement.strip(),
            replacement_phone=replacement_phone.strip(),
        )
        self._changed("practitioner.away", first, last)

    def _days(self, start: str | date, end: str | date) -> tuple[date, date]:
        practice = self._practice
        first = parse_day(start, today=practice.today, calendar=practice.calendar)
        last = parse_day(end, today=practice.today, calendar=practice.calendar)
        if last < first or (last - first).days > _LONGEST:
            raise BadValue(
                _("From {start} to {end}: the last day comes after the first one, within a year.").format(
                    start=first.isoformat(), end=last.isoformat()
                )
            )
        return first, last

    def _changed(self, what: str, first: date, last: date) -> None:
        self._practice.record_act(what, {"from": first.isoformat(), "to": last.isoformat()})
        self._practice.forget_calendar()
