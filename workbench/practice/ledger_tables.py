"""The tidy tables of what was sent: mailings, deliveries, what they told of, events, runs (`practice.tables`)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from workbench.domain.calendar import parse_day
from workbench.practice.identity import without_people

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice.practice import Practice


class LedgerTables:
    """The tables of the ledger, without names and addresses unless they are asked for."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._ledger = practice.ledger.tables

    def mailings(self) -> pd.DataFrame:
        """Return the mailings, the oldest first; key ``mailing_id``.

        ``status channel`` are categories, the number of an email type's revision and of the rows by where they stand
        (``sent failed in_doubt skipped pending cancelled``) ``int64``, ``opened_at`` is UTC, everything else
        ``string``; columns as in ``workbench.domain.frames.MAILING_TABLE_COLUMNS``.

        Examples
        --------
        >>> mailings = practice.tables.mailings()
        >>> int(mailings["sent"].sum()) == int((practice.tables.deliveries()["status"] == "sent").sum())
        True
        """
        return self._with_zone(self._ledger.mailings())

    def deliveries(self, *, since: date | str | None = None, identities: bool = False) -> pd.DataFrame:
        """Return the results of all mailings, one row a message; key ``delivery_id``, columns as `Practice.results`.

        They join the mailings by ``mailing_id``, the runs by ``run_id``, searches and the other tables by
        ``patient_id``, ``appointment_id`` or ``invoice_id``. A message about several appointments holds the first one
        alone: `told` has them all.

        Parameters
        ----------
        since
            A day, as in a search: what was queued or decided from then on.
        identities
            With the recipients' names and addresses.

        Examples
        --------
        >>> deliveries, appointments = practice.tables.deliveries(), practice.tables.appointments()
        >>> both = deliveries.merge(appointments, on=["appointment_id", "patient_id"], suffixes=("", "_of_visit"))
        >>> len(both) == int((deliveries["appointment_id"] != "").sum())
        True
        """
        frame = self._ledger.deliveries(since=self._start(since))
        return self._with_zone(frame if identities else without_people(frame))

    def told(self, *, kind: str = "") -> pd.DataFrame:
        """Return what messages tell of, one row a subject; key ``delivery_id kind subject_id told``.

        It joins messages to the appointments they told of, however many: a message about three appointments of a day
        has three rows. ``starts_at`` is the start that was told, in the practice's zone; an appointment that was moved
        since starts at another time. ``kind role channel status`` are categories, ``delivery_id`` is ``int64``, ``at``
        UTC, everything else ``string``; columns as in ``workbench.domain.frames.TOLD_COLUMNS``. A message that failed
        or was left out told nobody anything, and is not there.

        Parameters
        ----------
        kind
            ``appointment``, ``invoice`` …: of these alone.

        Examples
        --------
        >>> told = practice.tables.told(kind="appointment")
        >>> visits = told.merge(practice.tables.appointments(), on=["appointment_id", "patient_id"])
        >>> bool((visits["starts_at_x"] == visits["starts_at_y"]).all())
        True
        """
        import numpy as np

        frame = self._ledger.told(kind=kind)
        starts = frame["starts_at"]
        # The moments of the agenda are read alike: one that summer time leaves out is the next that exists.
        frame["starts_at"] = starts.dt.tz_localize(
            self._practice.calendar.zone, ambiguous=np.ones(len(starts), dtype=bool), nonexistent="shift_forward"
        )
        return self._with_zone(frame)

    def events(self, *, since: date | str | None = None) -> pd.DataFrame:
        """Return what happened, in the order of time; key ``source number what``.

        ``source`` is ``act`` (what somebody did), ``move`` (of a mailing to another status) or ``delivery`` (``what``
        is ``queued``, ``attempted`` or ``decided``). Of a message that was tried several times the last try is told;
        how many there were stands in ``attempts`` of `deliveries`. ``source what status`` are categories, ``number``
        is ``int64``, ``mailing_id delivery_id smtp_code`` ``Int64``, ``at`` UTC, everything else ``string``; columns
        as in ``workbench.domain.frames.EVENT_COLUMNS``. No name and no address is among them.

        Parameters
        ----------
        since
            A day, as in a search: what happened from then on. Three rows a message are many: name one.

        Examples
        --------
        >>> events = practice.tables.events(since="J-7")
        >>> bool(events["at"].is_monotonic_increasing)
        True
        """
        return self._with_zone(self._ledger.events(since=self._start(since)))

    def runs(self, *, identities: bool = False) -> pd.DataFrame:
        """Return the runs of notebooks, the oldest first; key ``run_id``.

        ``status`` is a category, ``started_at ended_at`` are UTC, ``seconds`` ``float64``, ``mailings`` (how many it
        confirmed) ``int64``, everything else ``string``; columns as in ``workbench.domain.frames.RUN_COLUMNS``.

        Parameters
        ----------
        identities
            With ``parameters`` (JSON): whoever gave them may have named somebody.

        Examples
        --------
        >>> "parameters" in practice.tables.runs(), "parameters" in practice.tables.runs(identities=True)
        (False, True)
        """
        self._practice.ledger.runs.recover(self._practice.now())
        frame = self._ledger.runs()
        return self._with_zone(frame if identities else frame.drop(columns="parameters"))

    def run_mailings(self) -> pd.DataFrame:
        """Return which mailings each run confirmed or went on with; key ``run_id mailing_id``, ``confirmed_at`` UTC."""
        return self._with_zone(self._ledger.run_mailings())

    def _start(self, since: date | str | None) -> datetime | None:
        if since is None:
            return None
        practice = self._practice
        day = parse_day(since, today=practice.today, calendar=practice.calendar)
        return datetime.combine(day, time.min, tzinfo=practice.calendar.zone)

    def _with_zone(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame that says by whose clock a person reads its moments."""
        frame.attrs["zone"] = str(self._practice.calendar.zone)
        return frame
