"""What became of the mailings: their rows, their numbers, what was told about a patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.mailings import Tally
from workbench.practice.card import Card
from workbench.practice.identity import without_people
from workbench.practice.mailing import Mailing

if TYPE_CHECKING:
    from workbench.practice.screens import Screens


class Telling(Card):
    """The verbs that tell what left and what did not."""

    screens: Screens

    def results(
        self,
        mailing: Mailing | int | None = None,
        *,
        since: date | str | None = None,
        identities: bool = False,
    ) -> pd.DataFrame:
        """Return one row a delivery of a mailing, of every mailing since a day, or of the latest mailing.

        Parameters
        ----------
        mailing
            A mailing or its number; the latest one by default.
        since
            A day, as in a search: every delivery queued from then on.
        identities
            Show recipients' names and addresses too. Otherwise they are left out (P12): a server's reply that repeats
            the address says « … » in its place, and a table's row whose key is its address has a digest instead.

        Returns
        -------
        DataFrame
            Key ``delivery_id``. ``mailing_id delivery_id template_revision attempts again`` are ``int64``,
            ``smtp_code`` ``Int64``, ``status role channel`` ``category``, ``queued_at decided_at`` moments in UTC, and
            everything else ``string``: ``patient_id appointment_id`` and the like join with searches and tables.

        Raises
        ------
        UnknownMailing
            When the ledger has no mailing of this number.
        BadValue
            When `since` is no day.

        Examples
        --------
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
        >>> mailing = practice.mailing(rdv, "Rendez-vous/Rappel de rendez-vous")
        >>> len(mailing.send(confirmed=True)) == len(practice.results(mailing))
        True
        >>> "address" in practice.results(mailing), "address" in practice.results(mailing, identities=True)
        (False, True)
        >>> told = rdv.merge(practice.results(mailing), on="patient_id", how="left", suffixes=("", "_told"))
        >>> bool(told["status"].notna().any())
        True
        """
        number = mailing.id if isinstance(mailing, Mailing) else mailing
        start = (
            None
            if since is None
            else datetime.combine(self._day(since), datetime.min.time(), tzinfo=self.calendar.zone)
        )
        frame = self.ledger.results.results(number, since=start)
        return self._with_zone(frame if identities else without_people(frame))

    def results_in_parts(self, mailing: int, *, size: int = 2000) -> Iterator[pd.DataFrame]:
        """Give the results of a mailing with names and addresses, so many rows at a time, however long it is.

        Returns
        -------
        iterator of DataFrame
            At least one; columns as in `results`.

        Raises
        ------
        UnknownMailing
            When the ledger has no mailing of this number.
        """
        return self.ledger.results.in_parts(mailing, size=size)

    def tally(self, mailing: int) -> Tally:
        """Return how many rows of a mailing stand where, and why."""
        return self.ledger.mailings.tally(mailing)

    def plot(self, results: Mailing | int | pd.DataFrame | None = None) -> Any:
        """Draw what became of a mailing's messages (by default the latest), by state, reason and time.

        Returns
        -------
        matplotlib.figure.Figure
            It holds counts alone, shows itself in a notebook, and stays readable in a report.
        """
        frame = results if isinstance(results, pd.DataFrame) else self.results(results)
        return self.screens.plot(frame, self.calendar.zone)

    def history(self, patient_id: str) -> pd.DataFrame:
        """Return what was sent to whom about one patient, latest first.

        Parameters
        ----------
        patient_id
            The file number.

        Returns
        -------
        DataFrame
            Columns as in `results`, with names and addresses; key ``delivery_id``.

        Examples
        --------
        >>> len(practice.history("nobody"))
        0
        """
        return self._with_zone(self.ledger.results.history(patient_id))

    def mailings(self) -> pd.DataFrame:
        """Return one row a mailing, latest first, with its counts.

        Returns
        -------
        DataFrame
            Key ``mailing_id``; what it is (``template account search …``), where it stands (``status reason``), and
            how its rows stand (``sent failed in_doubt skipped pending cancelled``).

        Examples
        --------
        >>> len(practice.mailings())
        0
        """
        return self._with_zone(self.ledger.mailings.mailings())

    def _with_zone(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame that says by whose clock a person reads its moments, which are in UTC (8.13)."""
        frame.attrs["zone"] = str(self.calendar.zone)
        return frame
