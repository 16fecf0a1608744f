"""The jobs of a practice (« traitements automatiques »): set, looked at, tried out, released, done by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.calendar import parse_day
from workbench.domain.fields import folded
from workbench.domain.jobs import NOTEBOOK, SEARCH, Job, OccurrenceRecord, OccurrenceState, key_for
from workbench.domain.mailings import MailingStatus
from workbench.domain.recurrence import Occurrence
from workbench.errors import JobError, UnknownJob
from workbench.language import _
from workbench.practice.alerting import Alerts
from workbench.practice.executing import Told, execute
from workbench.practice.job_frames import jobs_frame, log_frame, next_frame
from workbench.practice.job_settings import RECURRENCE, recurrence_of, saved, settings_of
from workbench.practice.job_turns import patient_for, take_turn
from workbench.practice.rehearsing import JobCheck, checked, compared, explained, replayed

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_S = OccurrenceState


class Jobs(Mapping[str, Job]):
    """What a practice does by itself, by key; reached as ``practice.jobs``.

    A job is done by the scheduler (``workbench scheduler``), each of its occurrences once.
    """

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def __getitem__(self, key: str) -> Job:
        """Return a job by its key or its title; raises ``UnknownJob``."""
        found = self._practice.ledger.jobs.job(key)
        if found is not None:
            return found
        jobs = self._practice.ledger.jobs.all()
        alike = [one for one in jobs.values() if folded(one.title) == folded(key)]
        if len(alike) == 1:
            return alike[0]
        raise UnknownJob(
            _("There is no job « {name} ». The jobs are: {known}.").format(name=key, known=", ".join(jobs) or "–")
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._practice.ledger.jobs.all())

    def __len__(self) -> int:
        return len(self._practice.ledger.jobs.all())

    def __contains__(self, key: object) -> bool:
        try:
            self[str(key)]
        except UnknownJob:
            return False
        return True

    def __repr__(self) -> str:
        return f"<Jobs {', '.join(self)}>"

    # --- setting ----------------------------------------------------------------------------------------------

    def add(
        self,
        title: str,
        *,
        every: str = "daily",
        time: str | time | None = None,
        on: str = "",
        start: str | date = "today",
        until: str | date | None = None,
        **settings: Any,
    ) -> Job:
        """Make a job, and return it with its key.

        Parameters
        ----------
        title
            What people call it.
        every
            ``once daily open_days weekly monthly cron``.
        time
            The time of day on the practice's clock, ``12:00``; cron's line tells its own.
        on
            The days: ``mon,thu`` of a week; ``15``, ``last``, ``1 mon`` or ``last fri`` of a month; a line of cron.
        start, until
            The first and the last day.
        **settings
            ``treatment`` (``missed appointments birthdays recall unpaid day_schedule``, or ``search`` or
            ``notebook``); ``search``,
            a search's name or a saved one's, and ``parameters`` (relative days count from the day of each occurrence);
            ``template``, and ``revision`` to pin one; ``account role``; ``notebook``, inside the workspace; ``active``;
            ``host``, the only machine that may run it (``here``: this one); ``missed`` (``each latest skip``) and
            ``late_until`` (``20:00`` or ``6 h``); ``approvers`` and ``approve_by``; ``within_hours``;
            ``not_on_closed_days``; ``told``, whom alerts go to.

        Raises
        ------
        BadValue, UnknownName, UnknownTemplate, UnknownAccount
            When it cannot be so; nothing was made.

        Examples
        --------
        >>> job = practice.jobs.add(
        ...     "Rendez-vous manqués", treatment="missed", template="Rendez-vous/Rendez-vous manqué", time="12:00"
        ... )
        >>> job.key, job.recurrence.sentence
        ('rendez-vous-manques', 'every day at 12:00')
        """
        practice = self._practice
        words = settings_of(settings)
        given = words.pop("treatment", "") or (NOTEBOOK if words.get("notebook") else SEARCH)
        recurrence = recurrence_of(practice, None, every=every, time=time, on=on, start=start, until=until)
        made = Job(key="", title=" ".join(title.split()), treatment=given, recurrence=recurrence)
        kept = practice.ledger.jobs.all()
        return saved(practice, replace(made, key=key_for(title, list(kept))), words)

    def change(self, key: str, /, **changes: Any) -> Job:
        """Change a job, and return it; what is not named stays. Names and errors as for `add`, with ``title``."""
        before = self[key]
        words = settings_of(changes)
        asked = {name: words.pop(name) for name in RECURRENCE if name in words}
        if asked:
            words["recurrence"] = recurrence_of(self._practice, before.recurrence, **asked)
        if replace(before, **words) == replace(before, active=False):
            return self.disable(before.key)
        return saved(self._practice, before, words)

    def enable(self, key: str) -> Job:
        """Switch a job on: it begins with its next occurrence."""
        return self.change(key, active=True)

    def disable(self, key: str) -> Job:
        """Switch a job off, also where what it names is gone; what it did stays, and what is being sent goes on."""
        practice = self._practice
        return practice.ledger.jobs.save(replace(self[key], active=False), by=practice.user, now=practice.now())

    def remove(self, key: str) -> None:
        """Take a job away; what it did stays. Raises ``UnknownJob``."""
        practice = self._practice
        practice.ledger.jobs.remove(self[key].key, by=practice.user, now=practice.now())

    # --- looking ----------------------------------------------------------------------------------------------

    def frame(self) -> pd.DataFrame:
        """Return the jobs, by title.

        Returns
        -------
        DataFrame
            Key ``job``; ``title treatment recurrence template account host missed approvers`` as texts, ``active`` yes
            or no, ``next_at`` and ``last_at`` moments of the practice's zone, ``last_state`` and ``last_reason`` texts,
            ``waiting`` how many mailings wait for an approver.
        """
        return jobs_frame(self._practice)

    @property
    def attended(self) -> bool:
        """Whether a scheduler looks after the jobs on this machine.

        One is running (``workbench scheduler``, or beside ``workbench lab``), or a single pass has ended within the
        last fifteen minutes, as where cron makes one every five.
        """
        return self._practice.ledger.occurrences.attended(now=self._practice.now())

    def next(self, key: str, count: int = 5) -> pd.DataFrame:
        """Return the next occurrences of a job with the real dates that each will search.

        Returns
        -------
        DataFrame
            Key ``occurrence`` (the practice's wall clock); ``at``, a moment of the practice's zone; ``start end``, the
            days searched, and ``note`` (a closed day, an hour that a change of clocks leaves out), as texts.

        Examples
        --------
        >>> job = practice.jobs.add(
        ...     "Manqués", treatment="missed", template="Rendez-vous/Rendez-vous manqué", time="12:00"
        ... )
        >>> shown = practice.jobs.next(job.key, 2)
        >>> bool((shown["start"] < shown["occurrence"]).all())
        True
        """
        return next_frame(self._practice, self[key], count)

    def log(self, key: str | None = None, *, limit: int = 100) -> pd.DataFrame:
        """Return what a job did, or all of them, the latest first; the jobs that were removed too.

        Returns
        -------
        DataFrame
            Key (``job``, ``occurrence``); ``state reason why asked_by start end run_id error alerts left_out findings``
            as texts (``why`` is the sentence of ``reason``, ``start end`` the days searched, ``left_out`` why its
            mailing leaves rows out and how many, ``no_address 2, opted_out 1``, and ``findings`` so what its check
            found), ``due_at started_at ended_at approve_until`` moments of the practice's zone, and ``Int64`` numbers:
            ``late`` minutes, ``mailing_id``, ``found`` rows (of a notebook, those of the lists of all its mailings),
            and where these stand now, ``sent failed in_doubt skipped pending``; ``sent`` of a notebook is what left in
            its run, and ``sent_before`` what of its mailings had left before.

        Examples
        --------
        >>> practice.jobs.log().columns.tolist()[:4]
        ['job', 'occurrence', 'state', 'reason']
        """
        book = self._practice.ledger.occurrences
        records = book.of(key, limit=limit)
        if key is not None and not records:
            records = book.of(self[key].key, limit=limit)
        return log_frame(self._practice, records)

    # --- trying out -------------------------------------------------------------------------------------------

    def check(self, key: str, *, today: date | str | None = None) -> JobCheck:
        """Try a job out (« Vérifier »): who would get what, were its day `today`; nothing is sent or written.

        Returns
        -------
        JobCheck
            With ``days`` (the dates searched), ``found``, ``counts``, ``findings``, ``recipients`` and ``mailing``,
            whose ``preview(0)`` is the first message.

        Raises
        ------
        UsageError
            For a notebook, which is tried out by running it with ``dry_run``.

        Examples
        --------
        >>> job = practice.jobs.add(
        ...     "Manqués", treatment="missed", template="Rendez-vous/Rendez-vous manqué", time="12:00"
        ... )
        >>> tried = practice.jobs.check(job.key)
        >>> tried.counts.sent, len(tried.recipients) == tried.counts.pending + tried.counts.skipped
        (0, True)
        """
        return checked(self._practice, self[key], day=self._day(today))

    def explain(self, key: str, patient_id: str, *, today: date | str | None = None) -> pd.DataFrame:
        """Tell why a patient is or is not written to by a job, were its day `today`.

        Returns
        -------
        DataFrame
            One row a condition: ``condition`` (a sentence), ``met`` (yes or no), ``detail``. First the period and each
            condition of the search within it, then all together, then whether who answers for the patient may be
            written to: address, consent, what was told already.

        Raises
        ------
        UnknownPatient
            When nobody has this file number.
        """
        return explained(self._practice, self[key], patient_id, day=self._day(today))

    def replay(self, key: str, start: str | date = "J-30", end: str | date = "J-1") -> pd.DataFrame:
        """Tell who would have got what from a job between two days, both included; nothing is sent or written.

        Returns
        -------
        DataFrame
            One row an occurrence and recipient: ``occurrence start end`` (the days searched) ``recipient_id patient_id
            role subjects`` as texts; ``reason``, why nothing would have left; ``first``, the occurrence that would have
            told the same before, and ``twice``, whether one had told all of it. ``attrs["note"]`` says what this cannot
            know: the data is today's.

        Raises
        ------
        UsageError
            For a notebook, and when the job comes round more than 400 times between these days or finds too many.
        """
        return replayed(self._practice, self[key], start=self._day(start), end=self._day(end))

    def compare(self, first: str, second: str, start: str | date = "J-30", end: str | date = "J-1") -> pd.DataFrame:
        """Compare two jobs over days gone by: two versions of a rule, as of `replay`.

        Returns
        -------
        DataFrame
            One row a patient, role and what is told (``patient_id role subjects``): ``first`` and ``second``, the
            occurrence by which each would have told it, and ``by``: ``both``, ``first`` or ``second`` alone. ``text``
            says of those that both tell whether subject and text read the ``same``, or ``other``.

        Raises
        ------
        UsageError
            As `replay`.
        """
        jobs = self[first], self[second]
        return compared(self._practice, *jobs, start=self._day(start), end=self._day(end))

    def _day(self, day: date | str | None) -> date:
        practice = self._practice
        return practice.today if day is None else parse_day(day, today=practice.today, calendar=practice.calendar)

    # --- doing ------------------------------------------------------------------------------------------------

    def run(
        self, key: str, *, occurrence: str = "", wait: float | None = None, progress: Told | None = None
    ) -> OccurrenceRecord:
        """Do a job now, because a person asks, as an occurrence of its own; whoever was told is told nothing twice.

        Parameters
        ----------
        occurrence
            One that failed, as the log calls it (``2026-11-29T12:00``): it is gone on with, as of its own day.
        wait
            Seconds to wait at most: until whoever is doing the job has ended, and for messages that may only leave
            later. Without it the first is refused, and the second waited for as by `send`.
        progress
            Told where the mailing stands, now and then.

        Raises
        ------
        JobBusy
            When somebody is doing it; the sentence says who.
        JobError
            When it was asked for this very minute already, or no occurrence of this name has failed.

        Examples
        --------
        >>> job = practice.jobs.add(
        ...     "Manqués", treatment="missed", template="Rendez-vous/Rendez-vous manqué", time="12:00"
        ... )
        >>> practice.jobs.run(job.key).state.value
        'done'
        """
        practice, job = self._practice, self[key]
        with patient_for(practice, wait):
            if occurrence:
                return self._again(job, occurrence, wait=wait or 0.0, progress=progress)
            take_turn(practice, job, wait=wait or 0.0)
            return self._by_hand(job, progress)

    def _by_hand(self, job: Job, progress: Told | None) -> OccurrenceRecord:
        practice, now = self._practice, self._practice.now()
        wall = now.astimezone(practice.calendar.zone).replace(tzinfo=None, second=0, microsecond=0)
        book = practice.ledger.occurrences
        practice.ledger.guard.check(by=practice.user, now=now)
        with book.owner() as owner, book.beating(owner):
            record = book.claim(owner, job, Occurrence(wall, now), by_hand=True, asked_by=practice.user, now=now)
            if record is None:
                raise JobError(_("« {title} » was started this very minute already.").format(title=job.title))
            done = execute(practice, record, progress=progress)
        Alerts(practice).after(done)
        return practice.ledger.occurrences.record(done.key, done.occurrence)

    def _again(self, job: Job, occurrence: str, *, wait: float, progress: Told | None) -> OccurrenceRecord:
        practice, book = self._practice, self._practice.ledger.occurrences
        practice.ledger.guard.check(by=practice.user, now=practice.now())
        failed = [one for one in book.in_state(_S.FAILED) if (one.key, one.occurrence) == (job.key, occurrence)]
        if failed:
            take_turn(practice, job, mailing_id=failed[0].mailing_id, wait=wait)
        with book.owner() as owner, book.beating(owner):
            taken = book.take(owner, failed[0]) if failed else None
            if taken is None:
                raise JobError(
                    _("No occurrence « {occurrence} » of « {title} » has failed.").format(
                        occurrence=occurrence, title=job.title
                    )
                )
            # As the job is now: what kept it from being done may have been mended there.
            done = execute(practice, replace(taken, job=job), progress=progress)
        Alerts(practice).after(done)
        return book.record(done.key, done.occurrence)

    def waiting(self) -> list[OccurrenceRecord]:
        """Return what waits for an approver, the latest first; ``mailing_id`` is the mailing to look at."""
        return self._practice.ledger.occurrences.in_state(_S.AWAITING_APPROVAL)

    def approve(self, which: str | int, *, progress: Told | None = None) -> list[OccurrenceRecord]:
        """Release what a job prepared, as one of its approvers (``practice.user``); it is sent at once.

        Parameters
        ----------
        which
            The number of a mailing, or the key of a job: all that it has waiting.
        progress
            Told where the mailing stands, now and then.

        Raises
        ------
        JobError
            When nothing waits, it is too late, or whoever asks is none of its approvers; nothing left.
        """
        practice, book = self._practice, self._practice.ledger.occurrences
        done = []
        for record in self._to_decide(which):
            assert record.mailing_id is not None  # noqa: S101 - whoever waits has one
            practice.ledger.guard.check(by=practice.user, now=practice.now())
            _refuse_late(record, now=practice.now())  # those before it may have taken long
            with book.owner() as owner, book.beating(owner):
                taken = book.take(owner, record)
                if taken is None:
                    continue
                status = practice.ledger.mailings.mailing(record.mailing_id).status
                if status is MailingStatus.AWAITING_APPROVAL:
                    practice.ledger.mailings.set_status(
                        record.mailing_id, MailingStatus.QUEUED, by=practice.user, now=practice.now()
                    )
                ended = execute(practice, taken, progress=progress)
            Alerts(practice).after(ended)
            done.append(book.record(ended.key, ended.occurrence))
        return done

    def refuse(self, which: str | int, *, reason: str = "") -> list[OccurrenceRecord]:
        """Have what a job prepared not leave, as one of its approvers; `which` and errors as for `approve`."""
        practice, book = self._practice, self._practice.ledger.occurrences
        done = []
        for record in self._to_decide(which):
            assert record.mailing_id is not None  # noqa: S101 - whoever waits has one
            with book.owner() as owner:
                taken = book.take(owner, record)
                if taken is None:
                    continue
                practice.ledger.mailings.cancel(
                    record.mailing_id, by=practice.user, now=practice.now(), reason=reason or "refused"
                )
                trace = {**record.trace, "refused_by": practice.user, "refused_why": reason}
                book.move(taken, _S.SKIPPED, reason="refused", trace=trace, now=practice.now())
            done.append(book.record(record.key, record.occurrence))
        return done

    def _to_decide(self, which: str | int) -> list[OccurrenceRecord]:
        waiting = self.waiting()
        if isinstance(which, int) or which.isdecimal():
            found = [one for one in waiting if one.mailing_id == int(which)]
        else:
            key = self[which].key
            found = [one for one in waiting if one.key == key]
        if not found:
            raise JobError(_("Nothing of « {which} » waits to be released.").format(which=which))
        user, now = self._practice.user, self._practice.now()
        for one in found:
            if not one.may_be_released_by(user):
                raise JobError(
                    _("{user} may not release « {title} »; these may: {known}.").format(
                        user=user, title=one.job.title, known=", ".join(one.job.approvers)
                    )
                )
            _refuse_late(one, now=now)
        return found[::-1]


def _refuse_late(record: OccurrenceRecord, *, now: datetime) -> None:
    """Raise `JobError` when the time has passed until which what waits may be released."""
    if record.is_over(now):
        raise JobError(_("It is too late for « {title} »: nothing of it leaves.").format(title=record.job.title))
