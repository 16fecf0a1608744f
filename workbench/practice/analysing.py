"""What the figures say: messages by day, why some did not leave, whether reminders prevent missed appointments."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.calendar import parse_day
from workbench.domain.deliveries import SUPERSEDED, DeliveryStatus
from workbench.domain.frames import VISIT_COLUMNS
from workbench.errors import BadValue
from workbench.language import _
from workbench.practice.reminder_effect import ReminderEffect

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

REMINDERS = ("appointment_reminder",)
"""The purposes of messages that announce an appointment again."""

_KNOWN, _CALLED_OFF = ("present", "missed"), ("postponed", "cancelled", "excused")
_LEADS = (0, 2, 7, 14, 28)
_NOTICES = (0, 12, 36, 60, 96)
_NOT_SENT = (DeliveryStatus.FAILED.value, DeliveryStatus.IN_DOUBT.value, DeliveryStatus.SKIPPED.value)


class Analysis:
    """Figures of what was sent and of what became of the appointments (``practice.analysis``); nobody is named."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def days(self, since: date | str = "J-90") -> pd.DataFrame:
        """Return how many messages were decided on each day, by what became of them.

        Parameters
        ----------
        since
            A day, as in a search.

        Returns
        -------
        DataFrame
            Key ``day status``: a day of the practice (``datetime64[us]``), ``status`` (category) as of a delivery, or
            ``outside`` for who was reached otherwise (a call, another program) as far as the patient store knows;
            ``count`` is ``int64``. Messages that others replaced are not counted.

        Examples
        --------
        >>> days = practice.analysis.days(since="J-30")
        >>> days.columns.tolist()
        ['day', 'status', 'count']
        """
        first = self._day(since)
        sent = self._practice.tables.deliveries(since=first)
        sent = sent[sent["decided_at"].notna() & (sent["reason"] != SUPERSEDED)]
        others = self._practice.tables.contacts()
        told = pd.DataFrame(
            {
                "at": pd.concat([sent["decided_at"], others["at"]], ignore_index=True),
                "status": [*sent["status"].astype(str), *["outside"] * len(others)],
            }
        )
        words = [*(status.value for status in DeliveryStatus), "outside"]
        told["status"] = pd.Categorical(told["status"], categories=words)
        told["day"] = told["at"].dt.tz_convert(self._practice.calendar.zone).dt.tz_localize(None).dt.normalize()
        told = told[told["day"] >= pd.Timestamp(first)]
        counted = told.groupby(["day", "status"], observed=True).size()
        return counted.rename("count").astype("int64").reset_index()

    def reasons(self, since: date | str = "J-90") -> pd.DataFrame:
        """Return why messages did not leave, or may not have arrived, the most frequent reason first.

        Parameters
        ----------
        since
            A day, as in a search.

        Returns
        -------
        DataFrame
            Key ``status reason``: ``failed``, ``in_doubt`` or ``skipped`` (category), and the reason's code
            (``string``); ``count`` (``int64``) of them, and which ``share`` of all messages that is (``float64``).

        Examples
        --------
        >>> practice.analysis.reasons()["status"].isin(["failed", "in_doubt", "skipped"]).all()
        np.True_
        """
        sent = self._practice.tables.deliveries(since=self._day(since))
        sent = sent[sent["reason"] != SUPERSEDED]
        # What a server added to its code, or which row another one tells of, makes no reason of its own.
        kept = sent[sent["status"].isin(_NOT_SENT)]
        codes = kept["reason"].str.replace(r":(?!@).*$", "", regex=True)
        counted = kept.assign(reason=codes).groupby(["status", "reason"], observed=True).size().rename("count")
        frame = counted.sort_values(ascending=False, kind="stable").astype("int64").reset_index()
        frame["share"] = frame["count"] / max(1, len(sent))
        return frame

    def visits(
        self,
        start: date | str = "J-365",
        end: date | str = "yesterday",
        *,
        purposes: Collection[str] = REMINDERS,
        outside: bool = True,
    ) -> pd.DataFrame:
        """Return the appointments of a period that have begun, and the last reminder of each that left beforehand.

        A reminder counts when it told of the very start that the appointment has, left before it, and was sent: for a
        message of the workbench the server took it; for one from outside, the patient store says when it was told.

        Parameters
        ----------
        start, end
            The first and the last day, as in a search.
        purposes
            What messages are for that count as reminders.
        outside
            Count who was reached outside the workbench too, as far as the patient store knows.

        Returns
        -------
        DataFrame
            Key ``appointment_id``. ``appointment_id patient_id practitioner_id`` are ``string``; ``practitioner state
            nature channel via lead notice`` categories (``via`` is ``workbench`` or ``outside``; ``lead`` the days
            from making the appointment to its start, ``notice`` the hours from the reminder to it, both in classes as
            ``7-13``); ``starts_at`` a moment of the practice's zone, ``reminded_at`` UTC; ``weekday`` (Monday is 0) and
            ``hour`` ``int64``, ``lead_days`` ``Int64``, ``notice_hours`` ``float64``; ``missed reminded uncertain``
            ``bool``: the last says that nobody knows whether a reminder arrived.

        Raises
        ------
        BadValue
            When a day cannot be read, or the last day comes before the first.

        Examples
        --------
        >>> visits = practice.analysis.visits("J-90", "yesterday")
        >>> both = visits.merge(practice.tables.patients()[["patient_id", "city"]], on="patient_id")
        >>> len(both) == len(visits) > 0
        True
        """
        first, last = self._period(start, end)
        tables, zone = self._practice.tables, self._practice.calendar.zone
        visits = tables.appointments()
        begin, after = (
            pd.Timestamp(datetime.combine(day, time.min), tz=zone) for day in (first, last + timedelta(days=1))
        )
        until = min(after, pd.Timestamp(self._practice.now()).tz_convert(zone))
        visits = visits[(visits["starts_at"] >= begin) & (visits["starts_at"] < until)].reset_index(drop=True)
        told = self._reminders(visits[["appointment_id", "starts_at"]], set(purposes), outside=outside)
        visits = visits.merge(told, on="appointment_id", how="left")
        starts = visits["starts_at"]
        visits["practitioner"] = self._practitioners(visits["practitioner_id"])
        visits["missed"] = (visits["state"] == "missed").astype(bool)
        visits["weekday"] = starts.dt.day_of_week.astype("int64")
        visits["hour"] = starts.dt.hour.astype("int64")
        made = visits["made_on"].dt.tz_localize(None).dt.normalize()
        visits["lead_days"] = (starts.dt.tz_localize(None).dt.normalize() - made).dt.days.clip(lower=0).astype("Int64")
        visits["lead"] = _classes(visits["lead_days"], _LEADS)
        for name in ("reminded", "uncertain"):
            visits[name] = visits[name].eq(True).fillna(False).astype(bool)
        hours = (starts - visits["reminded_at"].dt.tz_convert(zone)).dt.total_seconds() / 3600
        visits["notice_hours"] = hours.astype("float64")
        visits["notice"] = _classes(visits["notice_hours"], _NOTICES)
        return visits[list(VISIT_COLUMNS)].sort_values(["starts_at", "appointment_id"], ignore_index=True)

    def reminders(
        self,
        start: date | str = "J-365",
        end: date | str = "yesterday",
        *,
        purposes: Collection[str] = REMINDERS,
        outside: bool = True,
        made_before: int = 2,
    ) -> ReminderEffect:
        """Compare how often appointments were missed, with a reminder sent beforehand and without.

        Compared are those whose patient came or stayed away. What was called off or moved beforehand is counted apart,
        and so is what was made too late to be announced again. It is no trial: see the sentences of what is returned.

        Parameters
        ----------
        start, end, purposes, outside
            As of `visits`.
        made_before
            Leave out what was made fewer days before; nobody could have been reminded of it.

        Returns
        -------
        ReminderEffect
            ``.rates(by="hour")``, ``.differences(by="practitioner")``, and ``.matched()``: the difference between
            appointments of the same weekday, hour and practitioner.

        Raises
        ------
        BadValue
            As `visits`.

        Examples
        --------
        >>> effect = practice.analysis.reminders(start="J-365")
        >>> effect.rates().columns.tolist()
        ['reminded', 'number', 'missed', 'rate', 'low', 'high', 'few']
        >>> effect.matched().value < 0
        True
        """
        first, last = self._period(start, end)
        visits = self.visits(first, last, purposes=purposes, outside=outside)
        late = (visits["lead_days"] < made_before).fillna(False).astype(bool)
        called_off = visits["state"].isin(_CALLED_OFF)
        known = visits["state"].isin(_KNOWN)
        uncertain = visits["uncertain"] & ~visits["reminded"]
        asked = (known | called_off) & ~late & ~uncertain
        return ReminderEffect(
            start=first,
            end=last,
            visits=visits[known & ~late & ~uncertain].reset_index(drop=True),
            left_out={
                "no_outcome": int((~known & ~called_off).sum()),
                "called_off": int((called_off & ~late & ~uncertain).sum()),
                "made_late": int(((known | called_off) & late).sum()),
                "uncertain": int(((known | called_off) & ~late & uncertain).sum()),
            },
            called_off=(
                (int((called_off & asked & visits["reminded"]).sum()), int((asked & visits["reminded"]).sum())),
                (int((called_off & asked & ~visits["reminded"]).sum()), int((asked & ~visits["reminded"]).sum())),
            ),
            made_before=made_before,
        )

    def plot_days(self, since: date | str = "J-90") -> Any:
        """Draw how many messages were decided on each day, and what became of them; see `days`.

        Returns
        -------
        matplotlib.figure.Figure
            It holds counts alone.
        """
        return self._practice.screens.plot_days(self.days(since))

    def plot_reasons(self, since: date | str = "J-90") -> Any:
        """Draw why messages did not leave, or may not have arrived, and which part of all that is; see `reasons`.

        Returns
        -------
        matplotlib.figure.Figure
            It holds counts alone.
        """
        return self._practice.screens.plot_reasons(self.reasons(since))

    def plot_reminders(self, effect: ReminderEffect, by: str = "hour") -> Any:
        """Draw how often appointments were missed with a reminder and without, with intervals; see `reminders`.

        Parameters
        ----------
        effect
            What is compared.
        by
            As of ``effect.rates``.

        Returns
        -------
        matplotlib.figure.Figure
            It holds rates alone.
        """
        return self._practice.screens.plot_reminders(effect, by)

    def _reminders(self, visits: pd.DataFrame, purposes: set[str], *, outside: bool) -> pd.DataFrame:
        """Return the last reminder of each appointment that left before it: one row an appointment."""
        tables = self._practice.tables
        told = tables.told(kind="appointment")
        told = told[told["purpose"].isin(purposes) & told["status"].isin(["sent", "sending", "in_doubt"])]
        found = told[["appointment_id", "starts_at", "at", "channel"]].rename(columns={"starts_at": "told_start"})
        found = found.assign(via="workbench", reminded=told["status"] == "sent")
        if outside:
            others = tables.contacts()
            others = others[others["purpose"].isin(purposes) & others["appointment_id"].notna()]
            others = others[["appointment_id", "told_start", "at", "channel"]].assign(via="outside", reminded=True)
            found = pd.concat([found.astype({"channel": "string"}), others.astype({"channel": "string"})])
        both = visits.merge(found, on="appointment_id")
        same = both["told_start"].isna() | (both["told_start"] == both["starts_at"])
        both = both[same & (both["at"] < both["starts_at"])]
        # What was surely sent counts before what is uncertain, the last before those that came earlier.
        last = both.sort_values(["reminded", "at"], kind="stable").drop_duplicates("appointment_id", keep="last")
        return pd.DataFrame(
            {
                "appointment_id": last["appointment_id"],
                "reminded": last["reminded"].astype(bool),
                "uncertain": ~last["reminded"].astype(bool),
                "reminded_at": last["at"].where(last["reminded"].astype(bool)),
                "channel": last["channel"].astype("category"),
                "via": pd.Categorical(last["via"], categories=["workbench", "outside"]),
            }
        )

    def _practitioners(self, keys: pd.Series) -> pd.Series:
        """Return the practitioners as they are called; one whom nobody knows by the key."""
        known = self._practice.tables.practitioners().set_index("practitioner_id")
        names = (known["title"].fillna("") + " " + known["last_name"].fillna("")).str.strip()
        return keys.map(names.where(names != "", known.index.to_series())).fillna(keys).astype("category")

    def _day(self, day: date | str) -> date:
        practice = self._practice
        return parse_day(day, today=practice.today, calendar=practice.calendar)

    def _period(self, start: date | str, end: date | str) -> tuple[date, date]:
        first, last = self._day(start), self._day(end)
        if last < first:
            raise BadValue(
                _("From {start} to {end}: the last day comes before the first one.").format(
                    start=first.isoformat(), end=last.isoformat()
                )
            )
        return first, last


def _classes(values: pd.Series, edges: tuple[int, ...]) -> Any:
    """Return numbers in classes, as « 7-13 » and « 28+ »; what is not known is in none."""
    labels = [f"{low}-{high - 1}" for low, high in pairwise(edges)] + [f"{edges[-1]}+"]
    return pd.cut(
        pd.to_numeric(values).astype("float64"), [*edges, float("inf")], right=False, labels=labels, ordered=True
    )
