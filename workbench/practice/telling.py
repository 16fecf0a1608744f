"""What became of the mailings: their rows, their numbers, what was told about a patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from workbench.domain.arming import Standing
from workbench.domain.mailings import STAGES, MailingStage, MailingStatus, Tally
from workbench.practice.card import Card
from workbench.practice.dispatch import next_departure
from workbench.practice.identity import without_people
from workbench.practice.mailing import Mailing

if TYPE_CHECKING:
    from workbench.practice.practice import Practice
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

    def history(self, patient_id: str, *, deleted: bool = False) -> pd.DataFrame:
        """Return what was sent to whom about one patient, latest first.

        Parameters
        ----------
        patient_id
            The file number.
        deleted
            Also what somebody took out of the history (`delete_from_history`).

        Returns
        -------
        DataFrame
            Columns as in `results`, with names and addresses; key ``delivery_id``. Further ``previous_id`` (``Int64``),
            the message that this one repeats; ``emptied_at``, when what it said was taken away; and ``deleted_at
            deleted_by deleted_reason`` of what was taken out. Moments are UTC.

        Examples
        --------
        >>> len(practice.history("nobody"))
        0
        """
        frame = self.ledger.results.history(patient_id, deleted=deleted)
        beside = self.ledger.keeping.standing(frame["delivery_id"].tolist())
        return self._with_zone(pd.concat([frame, beside.reset_index(drop=True)], axis="columns"))

    def mailings(self) -> pd.DataFrame:
        """Return one row a mailing, latest first, with its counts.

        Returns
        -------
        DataFrame
            Key ``mailing_id``; what it is (``template account search …``), where it stands (``status reason``), how
            its rows stand (``sent failed in_doubt skipped pending cancelled``; rows that others replaced stand in the
            results alone), and what becomes of it: ``stage``
            (category: the status, or ``interrupted`` where its sender died, or ``waiting_undo``, ``waiting_limits``,
            ``waiting_hours``, ``waiting_retry`` where one waits) and ``goes_on_at`` (a moment), until when.

        Examples
        --------
        >>> len(practice.mailings())
        0
        """
        frame = self.ledger.mailings.mailings()
        told = zip(frame["mailing_id"].tolist(), frame["status"].tolist(), strict=True)
        stages = [self._stage(number, MailingStatus(status)) for number, status in told]
        moments = [None if stage.departure is None else stage.departure.at.astimezone(UTC) for stage in stages]
        frame["stage"] = pd.Categorical([stage.code for stage in stages], categories=list(STAGES))
        frame["goes_on_at"] = pd.Series(moments, index=frame.index, dtype="datetime64[us, UTC]")
        return self._with_zone(frame)

    def stage(self, mailing_id: int) -> MailingStage:
        """Return how a mailing stands for a person: who waits for what, or that nobody sends it any more.

        Raises
        ------
        UnknownMailing
            When the ledger has no mailing of this number.
        """
        return self._stage(mailing_id, self.ledger.mailings.mailing(mailing_id).status)

    def _stage(self, mailing_id: int, status: MailingStatus) -> MailingStage:
        if status is not MailingStatus.SENDING:
            return MailingStage(status=status)
        standing = self.ledger.mailings.standing(mailing_id, now=self.now())
        if not standing.at_work:  # it may have ended meanwhile
            now = standing.record.status
            return MailingStage(status=now, interrupted=now is MailingStatus.SENDING)
        return MailingStage(status=status, departure=next_departure(cast("Practice", self), mailing_id))

    def arming(self) -> Standing:
        """Return whether messages may leave from this folder, and if not, why (P14)."""
        return self.ledger.guard.standing()

    def cancellation(self, mailing_id: int) -> tuple[datetime, str] | None:
        """Return when a mailing was cancelled (by the practice's clock) and by whom; nothing of any other mailing."""
        mailings = self.ledger.mailings
        if mailings.mailing(mailing_id).status is not MailingStatus.CANCELLED:
            return None
        at, by, *_rest = next(
            move for move in reversed(mailings.moves(mailing_id)) if move[3] == MailingStatus.CANCELLED.value
        )
        return at.astimezone(self.calendar.zone), by

    def _with_zone(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame that says by whose clock a person reads its moments, which are in UTC (8.13)."""
        frame.attrs["zone"] = str(self.calendar.zone)
        return frame
