"""Tell the practice by mail what a job did that somebody should look at: numbers and what to do, never a patient.

The mail leaves as any other, journalled and keyed by what it is about, so that nobody is told the same thing twice.
Where it cannot leave it waits, and the log of the job says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.jobs import OccurrenceRecord, OccurrenceState
from workbench.domain.mailings import ALERT, Counts, Tally
from workbench.domain.returned_mail import OF_THE_ADDRESS, cause_of_refusal
from workbench.domain.templates import Template
from workbench.errors import WorkbenchError
from workbench.language import _, n_

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

FOLDER = "_alerts"

SEVERAL_TIMES = 3
"""So many times the usual number of messages is unusual."""

COMPARED = 10
"""With so many runs before, at most, it is compared; with fewer than `FEW` it is not."""
FEW = 3

MANY = 10
"""So many are unusual where as a rule there are none."""

IN_A_ROW = 3
"""So many times in a row nobody was found: perhaps the data comes no more."""

TOLD_AGAIN = timedelta(days=1)
"""What fails each time is told so often."""

LOOKED_AT = 300
"""So many occurrences are looked at: those of a day, every five minutes."""

DOUBTS = "doubts_told"
"""What a trace calls the number of uncertain messages that somebody was told of."""

STOPPED = "stopped"
"""What a trace calls the sentence that says why what waits cannot leave, and the alert that says so."""

ALL_FAILED = "all_failed"
"""The alert that says that every message failed."""

_S = OccurrenceState


class Alerts:
    """What is told about the jobs of a practice."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def after(self, record: OccurrenceRecord, *, stopped: str = "") -> None:
        """Tell what there is to tell of an occurrence, once; doubts once more when a later pass brings further ones.

        Parameters
        ----------
        stopped
            Why what waited of its mailing cannot leave now; the log says so until it has left.
        """
        told = dict(record.trace.get("alerts", {}))
        trace = {name: value for name, value in record.trace.items() if name != STOPPED}
        if stopped:
            trace[STOPPED] = stopped
        counts = Tally.together(map(self._practice.ledger.mailings.tally, record.mailings)).counts
        for kind, about, sentence, advice in self._found(record, counts, stopped):
            if kind not in told:
                told[kind] = self._send(record, kind, about, sentence, advice)
        if told != record.trace.get("alerts", {}):
            trace |= {"alerts": told, DOUBTS: max(counts.in_doubt, record.trace.get(DOUBTS, 0))}
        if trace != record.trace:
            self._practice.ledger.occurrences.note(record, trace=trace)

    def standing(self, record: OccurrenceRecord) -> dict[str, str]:
        """Return by kind how an alert stands: ``sent``, ``pending``, ``failed``, ``""`` where none could be made."""
        standing = {}
        for kind, number in record.trace.get("alerts", {}).items():
            counts = self._practice.ledger.mailings.counts(number) if number else None
            if counts is None:
                standing[kind] = ""
            else:
                standing[kind] = next(
                    (one for one in ("sent", "pending", "in_doubt") if getattr(counts, one)), "failed"
                )
        return standing

    def _found(self, record: OccurrenceRecord, counts: Counts, stopped: str) -> Iterator[tuple[str, str, str, str]]:
        """Give the kind, the subject, what happened and what to do, of each thing to tell."""
        title, job = record.job.title, record.key
        at = record.occurrence.removeprefix("hand:").replace("T", " ")
        log = f"workbench job log {job}"
        if record.state is _S.FAILED and not self._told_lately(record):
            yield (
                "failed",
                _("« {title} » did not come to its end").format(title=title),
                _("{at}: {error}").format(at=at, error=record.trace.get("error", record.reason)),
                _("Once that is mended: {command}").format(
                    command=f"workbench job run {job} --occurrence {record.occurrence}"
                ),
            )
        if record.state is _S.SKIPPED and record.reason == "not_approved":
            yield (
                "not_approved",
                _("« {title} »: nobody released the mailing in time").format(title=title),
                _("{at}: nothing left.").format(at=at),
                _("The list was: workbench results {number}").format(number=record.mailing_id),
            )
        if record.state is _S.AWAITING_APPROVAL:
            yield self._waiting(record, counts.pending, title, at)
            return
        if stopped and counts.pending and record.state is not _S.FAILED:
            yield (
                STOPPED,
                _("« {title} » could not send everything").format(title=title),
                n_(
                    "{at}: {count} message waits. {error}", "{at}: {count} messages wait. {error}", counts.pending
                ).format(at=at, count=counts.pending, error=stopped),
                _("Once that is mended: {command}").format(command=f"workbench mailings resume {record.mailing_id}"),
            )
        if self._all_failed(record, counts):
            yield (
                ALL_FAILED,
                _("« {title} »: no message could be sent").format(title=title),
                n_("{at}: {count} message failed.", "{at}: {count} messages failed, every one.", counts.failed).format(
                    at=at, count=counts.failed
                ),
                _("See why: {command}").format(command=f"workbench results {record.mailing_id}"),
            )
        doubts, before = counts.in_doubt, record.trace.get(DOUBTS, 0)
        if doubts > before:
            yield (
                f"doubts-{doubts}" if before else "doubts",
                _("« {title} »: messages of which nobody knows whether they arrived").format(title=title),
                n_("{at}: {count} message.", "{at}: {count} messages.", doubts).format(at=at, count=doubts),
                "; ".join(
                    _("Decide about them: workbench mailings settle {number}").format(number=number)
                    for number in record.mailings
                    if self._practice.ledger.mailings.counts(number).in_doubt
                ),
            )
        if record.state is _S.DONE and not record.asked_by:
            yield from self._unusual(record, title, at, log)

    def _waiting(self, record: OccurrenceRecord, count: int, title: str, at: str) -> tuple[str, str, str, str]:
        """Return what is told of a mailing that waits for an approver: how many, until when, who may and where."""
        sentence = n_(
            "{at}: {count} message waits; nothing leaves before.",
            "{at}: {count} messages wait; nothing leaves before.",
            count,
        ).format(at=at, count=count)
        if record.approve_until is not None:
            ends = record.approve_until.astimezone(self._practice.calendar.zone)
            until = _("It may be released until {until}; after that nothing leaves.")
            sentence = f"{sentence} {until.format(until=f'{ends:%Y-%m-%d %H:%M}')}"
        return (
            "waiting",
            _("« {title} » waits to be released").format(title=title),
            sentence,
            _("{names} may release or refuse it, on « Scheduler » or with: {command}").format(
                names=", ".join(record.job.approvers), command=f"workbench job approve {record.key}"
            ),
        )

    def _all_failed(self, record: OccurrenceRecord, counts: Counts) -> bool:
        """Tell whether every message failed; a single one to a wrong address is for the result and the day to show."""
        if not counts.failed or counts.sent or counts.in_doubt or counts.pending or record.mailing_id is None:
            return False
        if counts.failed > 1:
            return True
        failed = self._practice.ledger.mailings.failed_rows(record.mailing_id)
        return any(cause_of_refusal(one.reason, one.reply) not in OF_THE_ADDRESS for one in failed)

    def _told_lately(self, record: OccurrenceRecord) -> bool:
        """Tell whether it was told within a day that the job fails, and it has not come to its end since."""
        for one in self._practice.ledger.occurrences.of(record.key, limit=LOOKED_AT):
            if one.due_at < record.due_at and (one.state is _S.DONE or record.due_at - one.due_at >= TOLD_AGAIN):
                return False
            if one.due_at < record.due_at and "failed" in one.trace.get("alerts", {}):
                return True
        return False

    def _unusual(self, record: OccurrenceRecord, title: str, at: str, log: str) -> Iterator[tuple[str, str, str, str]]:
        """Give what is unusual beside the runs before.

        That nobody was found for the third time in a row; who was found and is told already was found all the same.
        """
        if "leaving" not in record.trace:
            return
        of_it = self._practice.ledger.occurrences.of(record.key, limit=50)
        before = [
            one
            for one in of_it
            if one.state is _S.DONE and not one.asked_by and one.due_at < record.due_at and "leaving" in one.trace
        ][:COMPARED]
        count, usual = int(record.trace["leaving"]), [int(one.trace["leaving"]) for one in before]
        if is_unusual(count, usual):
            yield (
                "unusual",
                _("« {title} » wrote to unusually many").format(title=title),
                _("{at}: {count} messages; as a rule about {usual}.").format(
                    at=at, count=count, usual=round(median(usual))
                ),
                _("See who: {command}").format(command=log),
            )
        found = [int(one.trace.get("found", one.trace["leaving"])) for one in (record, *before)]
        # Told when it becomes so, and not each day from then on.
        if found[:IN_A_ROW] == [0] * IN_A_ROW and found[IN_A_ROW : IN_A_ROW + 1] != [0]:
            yield (
                "nobody",
                _("« {title} » found nobody {count} times in a row").format(title=title, count=IN_A_ROW),
                _("{at}: perhaps the data of the patients comes no more.").format(at=at),
                _("See how it searches: {command}").format(command=f"workbench job check {record.key}"),
            )

    def _send(self, record: OccurrenceRecord, kind: str, about: str, sentence: str, advice: str) -> int | None:
        """Send one alert and return its mailing's number; nothing when there is nobody, or nothing, to send it by."""
        practice = self._practice
        mailing = None
        with contextlib.suppress(WorkbenchError):  # whatever keeps it from leaving, the log tells of it
            known = record.job.account if record.job.account in practice.accounts else None  # it may be gone by now
            if kind in (STOPPED, ALL_FAILED):  # nothing leaves by the job's account: by the usual one, if there is one
                known = practice.accounts.default_name or known
            address = record.job.told or practice.email or practice.accounts.default().email
            name = f"{record.key}-{record.occurrence.replace(':', '')}-{kind}"
            row = {"id": name, "email": address, "about": about, "told": sentence, "advice": advice}
            mailing = practice.mailing(
                pd.DataFrame([row]),
                Template(
                    label=name, folder=FOLDER, subject="{{ about }}", html="<p>{{ told }}</p><p>{{ advice }}</p>",
                    purpose="job_alert",
                ),
                account=known or None,
                key=f"{ALERT}{record.key}:{record.occurrence}:{kind}",
            )  # fmt: skip
            mailing.send(confirmed=True, progress=lambda _progress: None)
        return mailing.id if mailing is not None else None


def is_unusual(count: int, before: Sequence[int]) -> bool:
    """Tell whether a run leaves unusually many messages, beside what the runs before it left.

    That is `SEVERAL_TIMES` their median or more. Where the median is 0 it is more than the greatest of them, and at
    least `MANY`. Beside fewer runs than `FEW` nothing is unusual.

    Examples
    --------
    >>> is_unusual(15, [4, 5, 4]), is_unusual(11, [4, 5, 4]), is_unusual(40, [4, 4])
    (True, False, False)
    >>> is_unusual(500, [0] * 8), is_unusual(9, [0] * 8), is_unusual(30, [0, 0, 40])
    (True, False, False)
    """
    if len(before) < FEW:
        return False
    usual = median(before)
    return count >= SEVERAL_TIMES * usual if usual else count >= MANY and count > max(before)
