from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from filelock import FileLock, Timeout

from tests.beside import at_once
from workbench.domain.jobs import Job, OccurrenceState
from workbench.domain.recurrence import Occurrence, Recurrence
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger, open_ledger

NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
NOON = Occurrence(datetime(2026, 11, 22, 12), NOW)
DAILY = Recurrence.of(every="daily", at="12:00", start=date(2026, 11, 16))
JOB = Job(key="manques", title="Rendez-vous manqués", treatment="missed", template="A/B", recurrence=DAILY, number=3)
S = OccurrenceState


def day(number: int) -> Occurrence:
    """Noon of a day of November 2026."""
    return Occurrence(datetime(2026, 11, number, 12), datetime(2026, 11, number, 11, tzinfo=UTC))


def left_by_the_dead(ledger: Ledger) -> None:
    """Have a row whose owner is gone: nobody holds his lock."""
    owner = ledger.occurrences.owner()
    assert ledger.occurrences.claim(owner, JOB, NOON, now=NOW)
    owner.lock.release()


def test_whoever_is_first_has_it(either_ledger: Ledger) -> None:
    book = either_ledger.occurrences
    with book.owner() as first, book.owner() as second:
        mine = book.claim(first, JOB, NOON, now=NOW)
        assert mine is not None
        assert (mine.state, mine.occurrence, mine.job, mine.planned) == (S.RUNNING, "2026-11-22T12:00", JOB, NOON)
        assert book.claim(second, JOB, NOON, now=NOW) is None
        assert book.claim(first, JOB, NOON, now=NOW - timedelta(hours=1)) is None  # the clock was put back


@pytest.mark.parametrize(("kind", "prefix"), [("owner", "job-"), ("attending", "scheduler-")])
def test_one_whose_lock_somebody_looks_at_just_then_takes_another(
    either_ledger: Ledger, monkeypatch: pytest.MonkeyPatch, kind: str, prefix: str
) -> None:
    book = either_ledger.occurrences
    with book.owner() as owner:
        folder = Path(owner.lock.lock_file).parent
    names = iter(["first", "second", "first", "first"])
    monkeypatch.setattr(secrets, "token_hex", lambda _bytes: next(names))
    with FileLock(folder / f"{prefix}first.lock"):
        with getattr(book, kind)() as owner:
            assert owner.name == f"{prefix}second.lock"
            assert owner.lock.is_locked
        with pytest.raises(Timeout):
            getattr(book, kind)()


def test_many_at_once_are_one(either_ledger: Ledger) -> None:
    book, made = either_ledger.occurrences, []
    barrier = threading.Barrier(6, timeout=30)

    def claim() -> None:
        with book.owner() as owner:
            barrier.wait()
            made.append(book.claim(owner, JOB, NOON, now=NOW))
            barrier.wait()

    at_once(*[claim] * 6)
    assert len([one for one in made if one is not None]) == 1


def test_what_is_left_out_says_why_and_is_done_by_nobody(either_ledger: Ledger) -> None:
    book = either_ledger.occurrences
    assert book.leave_out(JOB, [(day(20), "coalesced"), (day(21), "too_late")], now=NOW) == 2
    assert book.leave_out(JOB, [(day(20), "missed")], now=NOW) == 0
    with book.owner() as owner:
        assert book.claim(owner, JOB, day(21), now=NOW) is None
    told = [(one.occurrence, one.state, one.reason) for one in book.of("manques")]
    assert told == [("2026-11-21T12:00", S.SKIPPED, "too_late"), ("2026-11-20T12:00", S.SKIPPED, "coalesced")]


def test_the_last_one_is_known_up_to_now_whatever_was_asked_by_hand(either_ledger: Ledger) -> None:
    book = either_ledger.occurrences
    assert book.last("manques", until="2026-11-22T12:00") is None
    with book.owner() as owner:
        book.claim(owner, JOB, day(21), now=NOW)
        book.claim(owner, JOB, NOON, by_hand=True, asked_by="claire", now=NOW)
        # Once the clock stood in another year.
        book.leave_out(JOB, [(Occurrence(datetime(2031, 1, 1, 12), NOW), "coalesced")], now=NOW)
    assert book.last("manques", until="2026-11-22T12:00") == "2026-11-21T12:00"
    assert book.last("other", until="2026-11-22T12:00") is None


def test_the_jobs_are_attended_while_a_scheduler_runs_and_for_a_while_after_a_single_pass(
    either_ledger: Ledger,
) -> None:
    book = either_ledger.occurrences
    assert not book.attended(now=NOW)
    with book.attending():
        assert book.attended(now=NOW)
    assert not book.attended(now=NOW)
    book.passed(now=NOW)
    book.passed(now=NOW + timedelta(minutes=5))
    assert book.attended(now=NOW + timedelta(minutes=19))
    assert not book.attended(now=NOW + timedelta(minutes=21))
    assert not book.attended(now=NOW - timedelta(minutes=11))  # the clock was wrong


def test_what_a_dead_owner_did_is_taken_over_once(either_ledger: Ledger) -> None:
    book = either_ledger.occurrences
    left_by_the_dead(either_ledger)
    with book.owner() as heir, book.owner() as other:
        (taken,) = book.take_over(heir)
        assert (taken.state, taken.owner, taken.trace) == (S.RUNNING, heir.name, {"taken_up": 1})
        assert book.take_over(other) == []
        assert book.take_over(heir) == []


def test_looking_whether_it_runs_leaves_the_proof_that_its_owner_died(either_ledger: Ledger) -> None:
    book = either_ledger.occurrences
    left_by_the_dead(either_ledger)
    assert [book.running("manques") for _look in range(2)] == [None, None]
    with book.owner() as heir:
        assert [one.owner for one in book.take_over(heir)] == [heir.name]


def test_the_living_keep_what_they_do(either_ledger: Ledger) -> None:
    book = either_ledger.occurrences
    with book.owner() as owner, book.owner() as other:
        book.claim(owner, JOB, NOON, now=NOW)
        assert book.take_over(other) == []


def test_a_process_that_was_killed_is_dead_at_once(ledger: Ledger, tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from tests.ledger.test_occurrences import JOB, NOON, NOW\n"
        "from workbench.ledger.ledger import open_ledger\n"
        "opened = open_ledger(sys.argv[1], practice_id='practice', locks=Path(sys.argv[2]))\n"
        "assert opened.occurrences.claim(opened.occurrences.owner(), JOB, NOON, now=NOW); os._exit(9)\n"
    )
    root = Path(__file__).parents[2]
    url = ledger.engine.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", program, url, str(tmp_path / "locks")], cwd=root, check=False)
    assert killed.returncode == 9
    with ledger.occurrences.owner() as heir:
        assert len(ledger.occurrences.take_over(heir)) == 1


def test_another_machines_owner_is_given_up_when_its_lease_is_over(
    postgres_ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = timedelta(seconds=60)

    def opened(host: str) -> Ledger:
        monkeypatch.setenv("WORKBENCH_HOST", host)
        return open_ledger(postgres_ledger_url, practice_id="practice", locks=tmp_path / host, lease=lease)

    with opened("far") as far, far.occurrences.owner() as owner:
        assert far.occurrences.claim(owner, JOB, NOON, now=NOW)
        with opened("near") as near, near.occurrences.owner() as heir:
            assert near.occurrences.take_over(heir) == []
            table = schema.job_occurrences
            with near.engine.begin() as connection:
                silent = datetime.now(UTC) - 2 * lease
                connection.execute(table.update().values(heartbeat_at=silent))
            (taken,) = near.occurrences.take_over(heir)
            # It was asleep and wakes: what it says of its own row is not written.
            before = far.occurrences.record("manques", NOON.key)
            mine = replace(before, owner=owner.name)
            assert not far.occurrences.move(mine, S.DONE, now=NOW)
            assert near.occurrences.move(taken, S.DONE, now=NOW)


def test_one_that_beats_is_not_given_up(ledger: Ledger) -> None:
    table = schema.job_occurrences
    with ledger.occurrences.owner() as owner:
        ledger.occurrences.claim(owner, JOB, NOON, now=NOW)
        with ledger.engine.begin() as connection:
            connection.execute(table.update().values(heartbeat_at=NOW - timedelta(days=1)))
        ledger.occurrences._lease = timedelta(seconds=0.3)
        with ledger.occurrences.beating(owner):
            for _look in range(200):
                with ledger.engine.begin() as connection:
                    beaten = connection.execute(sa.select(table.c.heartbeat_at)).scalar_one()
                if beaten > NOW:
                    break
                threading.Event().wait(0.05)
    assert beaten > NOW


def test_what_was_interrupted_is_gone_on_with_at_once(either_ledger: Ledger) -> None:
    book = either_ledger.occurrences
    with book.owner() as owner:
        record = book.claim(owner, JOB, NOON, now=NOW)
        assert record is not None
        assert book.move(record, S.INTERRUPTED, now=NOW)
        assert [one.state for one in book.take_over(owner)] == [S.RUNNING]


def test_how_it_ended_is_kept_with_its_numbers(either_ledger: Ledger) -> None:
    book = either_ledger.occurrences
    with book.owner() as owner:
        record = book.claim(owner, JOB, NOON, now=NOW)
        assert record is not None
        assert book.note(record, mailing_id=7, run_id="ab", parameters={"start": "2026-11-21"})
        assert book.move(record, S.FAILED, reason="network", trace={"found": 4}, now=NOW + timedelta(minutes=1))
        ended = book.record("manques", NOON.key)
        assert (ended.state, ended.reason, ended.trace) == (S.FAILED, "network", {"found": 4})
        assert (ended.mailing_id, ended.run_id, ended.parameters) == (7, "ab", {"start": "2026-11-21"})
        assert ended.ended_at == NOW + timedelta(minutes=1)
        assert book.with_mailing(7) == ended
        assert book.with_mailing(8) is None
        again = book.take(owner, ended)
        assert again is not None
        assert again.state is S.RUNNING
        assert book.take(owner, ended) is None


def test_what_waits_is_released_by_one_alone(either_ledger: Ledger) -> None:
    book = either_ledger.occurrences
    with book.owner() as owner:
        record = book.claim(owner, JOB, NOON, now=NOW)
        assert record is not None
        until = NOW + timedelta(hours=8)
        assert book.move(record, S.AWAITING_APPROVAL, approve_until=until, now=NOW)
    (waiting,) = book.in_state(S.AWAITING_APPROVAL)
    assert (waiting.approve_until, waiting.ended_at) == (until, None)
    with book.owner() as claire, book.owner() as marc:
        assert book.take_over(marc) == []  # it waits for a person: nobody died
        assert book.take(claire, waiting) is not None
        assert book.take(marc, waiting) is None


def test_another_practice_sees_nothing_of_it(either_ledger: Ledger, tmp_path: Path) -> None:
    left_by_the_dead(either_ledger)
    url = either_ledger.engine.url.render_as_string(hide_password=False)
    with open_ledger(url, practice_id="other", locks=tmp_path / "locks") as other, other.occurrences.owner() as owner:
        assert other.occurrences.of() == []
        assert other.occurrences.take_over(owner) == []
        assert other.occurrences.claim(owner, JOB, NOON, now=NOW) is not None
