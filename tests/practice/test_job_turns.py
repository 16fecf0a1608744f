"""A job asked for by hand while somebody is doing it: said at once, waited for on request, and never for the dead."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from workbench.domain.jobs import Job, OccurrenceState
from workbench.domain.mailings import MailingProgress
from workbench.domain.recurrence import Occurrence
from workbench.errors import JobError
from workbench.practice import Practice, job_turns

NOON = Occurrence(datetime(2026, 11, 22, 9, 0), datetime(2026, 11, 22, 8, 0, tzinfo=UTC))


@pytest.fixture
def job(practice: Practice) -> Job:
    return practice.jobs.add(
        "Manqués", treatment="missed", template="Rendez-vous/Rendez-vous manqué", account="folder", time="12:00"
    )


@pytest.mark.parametrize(("asked_by", "who"), [("", "the scheduler"), ("dominique", "dominique")])
def test_who_does_it_already_is_said_at_once(practice: Practice, job: Job, asked_by: str, who: str) -> None:
    book = practice.ledger.occurrences
    with book.owner() as owner:
        book.claim(owner, job, NOON, by_hand=bool(asked_by), asked_by=asked_by, now=practice.now())
        with pytest.raises(JobError, match=rf"being done already: since 10:30, by {who} \(") as refused:
            practice.jobs.run(job.key)
    assert refused.value.sentence.endswith(").")  # no words of the command line, which a page would show too
    assert len(book.of(job.key)) == 1


def test_what_a_dead_one_was_doing_keeps_nobody_waiting(practice: Practice, job: Job) -> None:
    book = practice.ledger.occurrences
    owner = book.owner()
    book.claim(owner, job, NOON, now=practice.now())
    owner.lock.release()
    assert practice.jobs.run(job.key).state is OccurrenceState.DONE


def test_it_is_waited_for_as_long_as_was_asked_and_no_longer(
    practice: Practice, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_turns, "LOOK_AGAIN", 0.05)
    book = practice.ledger.occurrences
    with book.owner() as owner:
        record = book.claim(owner, job, NOON, now=practice.now())
        assert record is not None
        with pytest.raises(JobError, match="the scheduler"):
            practice.jobs.run(job.key, wait=0.2)
        ending = threading.Timer(0.3, lambda: book.move(record, OccurrenceState.DONE, now=practice.now()))
        ending.start()
        told: list[MailingProgress] = []
        done = practice.jobs.run(job.key, wait=30.0, progress=told.append)
        ending.join()
    assert done.state is OccurrenceState.DONE
    assert told[-1].sent == done.trace["leaving"] > 0
    assert practice.patience is None


def test_a_failed_one_whose_mailing_is_being_sent_is_not_gone_on_with(practice: Practice, job: Job) -> None:
    done = practice.jobs.run(job.key)
    with practice.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE job_occurrences SET state = 'failed', reason = 'network'")
        connection.exec_driver_sql("UPDATE mailings SET status = 'sending'")
    with (
        practice.ledger.start_sender(user="dominique", now=practice.now(), mailing_id=done.mailing_id),
        pytest.raises(JobError, match=f"Mailing {done.mailing_id} of « Manqués » is being sent already\\.$"),
    ):
        practice.jobs.run(job.key, occurrence=done.occurrence)
