from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import nbformat
import pytest
import sqlalchemy as sa

from workbench.domain.jobs import Job, OccurrenceState
from workbench.domain.mailings import MailingStatus
from workbench.domain.recurrence import Occurrence
from workbench.errors import NotArmed
from workbench.practice import Practice
from workbench.practice.alerting import Alerts
from workbench.practice.scheduling import Pass, Scheduler, this_machine

MISSED = "Rendez-vous/Rendez-vous manqué"
S = OccurrenceState


class Office:
    """A practice whose clock stands where it is put, and a scheduler that is started anew for each pass."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice

    def add(self, title: str = "Manqués", **settings: Any) -> Job:
        given = {"treatment": "missed", "template": MISSED, "time": "12:00", "account": "folder"}
        return self.practice.jobs.add(title, **{**given, **settings})

    def at(self, day: int, hour: int, minute: int = 0) -> None:
        """Set the clock to an hour of November 2026, on the practice's wall."""
        moment = datetime(2026, 11, day, hour, minute, tzinfo=self.practice.calendar.zone)
        self.practice.now = lambda: moment.astimezone(UTC)  # type: ignore[misc]

    def tick(self, day: int, hour: int, minute: int = 0) -> Pass:
        self.at(day, hour, minute)
        return Scheduler(self.practice).tick()

    @property
    def log(self) -> list[tuple[str, str, str]]:
        """The occurrences, oldest first: day, state and reason."""
        frame = self.practice.jobs.log().iloc[::-1]
        return [
            (occurrence[8:10], state, reason)
            for occurrence, state, reason in frame[["occurrence", "state", "reason"]].to_numpy()
        ]

    @property
    def letters(self) -> int:
        return len(list((self.practice.path / "out").glob("*.eml")))


@pytest.fixture
def office(practice: Practice) -> Office:
    return Office(practice)


def test_it_is_done_at_its_time_once_and_not_before(office: Office) -> None:
    office.at(22, 10)
    office.add()
    assert office.tick(22, 11, 59).done == []
    (done,) = office.tick(22, 12).done
    assert (done.occurrence, done.parameters["start"]) == ("2026-11-22T12:00", "2026-11-21")
    assert office.tick(22, 12).done == office.tick(22, 12, 1).done == office.tick(22, 11).done == []
    assert office.tick(23, 12).done[0].parameters["start"] == "2026-11-22"


def test_what_passed_before_it_was_made_or_switched_on_is_not_done(office: Office) -> None:
    office.at(22, 12, 30)
    job = office.add()
    assert office.tick(22, 12, 31).done == []
    office.practice.jobs.disable(job.key)
    assert office.tick(24, 13).done == []
    office.practice.jobs.enable(job.key)
    assert office.tick(24, 13, 1).done == []
    assert [one.occurrence for one in office.tick(25, 12).done] == ["2026-11-25T12:00"]


@pytest.mark.parametrize(
    ("missed", "told"),
    [
        ("each", [("23", "done", ""), ("24", "done", ""), ("25", "done", "")]),
        ("latest", [("23", "skipped", "coalesced"), ("24", "skipped", "coalesced"), ("25", "done", "")]),
        ("skip", [("23", "skipped", "missed"), ("24", "skipped", "missed"), ("25", "skipped", "missed")]),
    ],
)
def test_three_days_off_are_made_up_for_as_the_job_says(
    office: Office, missed: str, told: list[tuple[str, str, str]]
) -> None:
    office.at(22, 13)
    office.add(missed=missed)
    made = office.tick(25, 14)
    assert office.log == told
    for record in made.done:
        # Each searches the day before its own, whenever it is done.
        assert record.parameters["start"] == f"2026-11-{record.planned.day.day - 1}"
        assert record.trace["late_minutes"] >= 120
    assert made.left_out == sum(state == "skipped" for _day, state, _why in told)


def test_a_limit_of_its_own_keeps_late_ones_from_leaving(office: Office) -> None:
    office.at(22, 13)
    office.add(missed="each", late_until="20:00")
    office.tick(25, 14)
    assert office.log == [("23", "skipped", "too_late"), ("24", "skipped", "too_late"), ("25", "done", "")]


def test_while_it_was_busy_nothing_counts_as_missed(office: Office) -> None:
    office.at(22, 10)
    office.add(missed="skip")
    office.at(22, 11, 50)
    scheduler = Scheduler(office.practice)
    scheduler.tick()
    scheduler._began = (scheduler._began or 0.0) - 1900  # what it did took half an hour
    office.at(22, 12, 20)
    assert len(scheduler.tick().done) == 1


def test_a_closed_day_is_left_out_and_visible(office: Office) -> None:
    office.at(21, 13)
    office.add(not_on_closed_days=True)
    office.tick(22, 12)
    office.tick(23, 12)
    assert office.log == [("22", "skipped", "closed_day"), ("23", "done", "")]


def test_a_clock_that_is_put_back_or_stood_too_late_fires_nothing_twice(office: Office) -> None:
    office.at(22, 10)
    office.add(missed="each")
    office.tick(24, 12)
    before = office.log
    for day, hour in ((22, 12), (23, 12), (24, 11), (24, 12)):
        assert office.tick(day, hour).done == []
    assert office.log == before
    assert [one.occurrence for one in office.tick(25, 12).done] == ["2026-11-25T12:00"]


def test_a_job_of_another_machine_is_left_to_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.at(22, 10)
    office.add("ailleurs", host="serveur")
    office.add("ici", host="here")
    made = office.tick(22, 12)
    assert [one.key for one in made.done] == ["ici"]
    assert office.practice.jobs["ici"].host == this_machine()
    monkeypatch.setenv("WORKBENCH_HOST", "serveur")
    assert [one.key for one in office.tick(22, 12).done] == ["ailleurs"]


def test_one_that_cannot_be_done_keeps_no_other_from_being_done(office: Office) -> None:
    office.at(22, 10)
    office.practice.accounts.set("away", kind="folder", folder="out")
    office.add("a", account="away")
    office.add("b")
    office.practice.accounts.remove("away")
    made = office.tick(22, 12)
    assert [(one.key, one.state) for one in made.done] == [("a", S.FAILED), ("b", S.DONE)]


def test_what_somebody_left_in_the_middle_is_gone_on_with(office: Office) -> None:
    office.at(22, 10)
    job = office.add()
    book, occurrence = office.practice.ledger.occurrences, next(job.recurrence.after(None, office.practice.calendar))
    owner = book.owner()
    office.at(22, 12)
    assert book.claim(owner, job, occurrence, now=office.practice.now())
    owner.lock.release()  # it was killed
    (done,) = office.tick(22, 12, 5).done
    assert (done.state, done.trace["taken_up"]) == (S.DONE, 1)
    assert office.letters == done.trace["leaving"] > 0
    assert office.tick(22, 12, 6).done == []


def test_gone_on_with_after_its_mailing_was_sent_nobody_gets_it_twice(office: Office) -> None:
    office.at(22, 10)
    job = office.add()
    office.tick(22, 12)
    sent = office.letters
    book = office.practice.ledger.occurrences
    (record,) = book.of(job.key)
    with office.practice.ledger.engine.begin() as connection:  # killed before it could say that it had ended
        connection.exec_driver_sql("UPDATE job_occurrences SET state = 'running', mailing_id = NULL, owner = 'gone'")
    (done,) = office.tick(22, 12, 5).done
    assert (done.mailing_id, done.state, office.letters) == (record.mailing_id, S.DONE, sent)


def test_an_interrupted_one_is_gone_on_with(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.at(22, 10)
    office.add()

    def interrupted(*_words: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(office.practice), "drain", interrupted)
        with pytest.raises(KeyboardInterrupt):
            office.tick(22, 12)
    assert office.log == [("22", "interrupted", "")]
    (done,) = office.tick(22, 12, 1).done
    assert (done.state, office.letters) == (S.DONE, done.trace["leaving"])


# --- what waits -------------------------------------------------------------------------------------------------


def test_what_nobody_released_in_time_never_leaves(office: Office) -> None:
    office.at(22, 10)
    job = office.add(approvers="claire", approve_by="20:00")
    assert [one.state for one in office.tick(22, 12).done] == [S.AWAITING_APPROVAL]
    assert office.tick(22, 20).done == []
    (ended,) = office.tick(22, 20, 1).done
    assert (ended.state, ended.reason) == (S.SKIPPED, "not_approved")
    assert office.practice.ledger.mailings.mailing(ended.mailing_id).status is MailingStatus.CANCELLED
    log = office.practice.jobs.log(job.key)
    assert log["alerts"].tolist() == ["waiting sent, not_approved sent"]
    assert office.letters == 2  # the alerts


def test_a_mailing_that_somebody_cancelled_waits_no_more(office: Office) -> None:
    office.at(22, 10)
    office.add(approvers="claire")
    (record,) = office.tick(22, 12).done
    office.practice.cancel(record.mailing_id)
    office.tick(22, 12, 1)
    assert office.log == [("22", "skipped", "cancelled")]


def test_what_may_leave_later_leaves_with_a_later_pass(office: Office) -> None:
    office.at(22, 10)
    practice = office.practice
    rows = practice.search("missed", start="J-1", end="J-1")
    mailing = practice.mailing(rows, MISSED, account="folder").leaves(undo_window=30)
    mailing.send(confirmed=True)
    assert office.letters == 0
    assert office.tick(22, 10, 20).drained == []
    assert office.tick(22, 10, 31).drained == [mailing.id]
    assert office.letters == mailing.counts.sent > 0
    assert office.tick(22, 10, 32).drained == []


def test_no_job_waits_for_what_may_only_leave_later(office: Office) -> None:
    office.at(22, 10)
    practice = office.practice
    rows = practice.search("missed", start="J-1", end="J-1")
    mailing = practice.mailing(rows, MISSED, account="folder").leaves(undo_window=5)
    Scheduler(practice)
    begun = time.monotonic()
    mailing.send(confirmed=True)  # by itself it would wait for five minutes
    assert time.monotonic() - begun < 60
    assert mailing.counts.pending


def test_what_a_person_holds_is_left_alone(office: Office) -> None:
    office.at(22, 10)
    practice = office.practice
    mailing = practice.mailing(practice.search("missed", start="J-1", end="J-1"), MISSED, account="folder")
    number = mailing.queue()
    practice.pause(number)
    assert office.tick(22, 11).drained == []
    assert office.letters == 0


def test_what_the_network_stopped_is_tried_again_after_a_while_and_a_refused_password_is_not(office: Office) -> None:
    office.at(22, 10)
    practice, mailings = office.practice, office.practice.ledger.mailings
    rows = practice.search("missed", start="J-1", end="J-1")
    stopped = {}
    for reason, part in (("network", rows.iloc[:1]), ("login_refused", rows.iloc[1:2])):
        number = stopped[reason] = practice.mailing(part, MISSED, account="folder", key=reason).queue()
        mailings.set_status(number, MailingStatus.STOPPED, by="claire", now=practice.now(), reason=reason)
    assert office.tick(22, 10, 9).drained == []
    assert office.tick(22, 10, 10).drained == [stopped["network"]]
    assert mailings.mailing(stopped["login_refused"]).status is MailingStatus.STOPPED


def test_what_stopped_and_then_left_is_done_after_all(office: Office) -> None:
    office.at(22, 10)
    job = office.add()
    (done,) = office.tick(22, 12).done
    with office.practice.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE job_occurrences SET state = 'failed', reason = 'network'")
        connection.exec_driver_sql(
            "UPDATE deliveries SET status = 'pending' WHERE id = (SELECT max(id) FROM deliveries WHERE status = 'sent')"
        )
        connection.exec_driver_sql("UPDATE mailings SET status = 'queued'")
    assert office.tick(22, 12, 1).drained == [done.mailing_id]
    assert office.log == [("22", "done", "")]
    assert office.practice.ledger.occurrences.of(job.key)[0].trace["made_up"] is True


def test_what_stopped_and_was_gone_on_with_by_hand_is_done_at_once(office: Office) -> None:
    office.at(22, 10)
    job = office.add()
    (done,) = office.tick(22, 12).done
    with office.practice.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE job_occurrences SET state = 'failed', reason = 'network'")
        connection.exec_driver_sql(
            "UPDATE deliveries SET status = 'pending' WHERE id = (SELECT max(id) FROM deliveries WHERE status = 'sent')"
        )
        connection.exec_driver_sql("UPDATE mailings SET status = 'stopped', reason = 'network'")
    assert done.mailing_id is not None
    office.practice.mailing_by_id(done.mailing_id).resume()
    assert office.log == [("22", "done", "")]
    assert office.practice.ledger.occurrences.of(job.key)[0].trace["made_up"] is True


def test_a_notebook_that_failed_stays_so_when_its_mailing_is_gone_on_with(office: Office) -> None:
    office.at(22, 10)
    practice = office.practice
    nbformat.write(nbformat.v4.new_notebook(), practice.path / "notebooks" / "own.ipynb")
    job = practice.jobs.add("Notebook", notebook="notebooks/own.ipynb", time="12:00")
    rows = practice.search("missed", start="J-1", end="J-1")
    mailing = practice.mailing(rows, MISSED, account="folder")
    number = mailing.queue()
    book = practice.ledger.occurrences
    noon = Occurrence(datetime(2026, 11, 22, 12), datetime(2026, 11, 22, 11, tzinfo=UTC))
    with book.owner() as owner:
        record = book.claim(owner, job, noon, now=practice.now())
        assert record is not None
        book.note(record, mailing_id=number)
        book.move(record, S.FAILED, reason="notebook", now=practice.now())
    practice.mailing_by_id(number).resume()
    assert office.letters > 0
    assert not practice.ledger.mailings.counts(number).pending
    assert office.log == [("22", "failed", "notebook")]
    assert "made_up" not in book.of(job.key)[0].trace


def test_many_that_were_missed_are_left_out_at_once(office: Office) -> None:
    office.at(22, 10)
    office.add(every="cron", on="*/5 * * * *", time=None)
    commits = []
    sa.event.listen(office.practice.ledger.engine, "commit", commits.append)
    made = office.tick(24, 10)
    assert made.left_out == 2 * 24 * 12
    assert len(commits) < 100
    assert len(made.done) == 1


def test_a_restored_workspace_does_nothing_by_itself(office: Office) -> None:
    office.at(22, 10)
    office.add()
    office.tick(22, 11)
    told = office.practice.ledger.guard.witness
    assert told is not None
    told.file.write_text(told.file.read_text().replace(str(office.practice.path), "/elsewhere"))
    with pytest.raises(NotArmed):
        office.tick(22, 12)
    assert office.log == []
    office.practice.ledger.guard.rearm(by="claire", now=office.practice.now())
    assert len(office.tick(22, 12, 2).done) == 1


def test_it_sleeps_until_the_next_one_and_never_long(office: Office) -> None:
    office.at(22, 10)
    office.add()
    scheduler = Scheduler(office.practice)
    assert scheduler.seconds_to_next() == 30
    office.practice.now = lambda: datetime(2026, 11, 22, 10, 59, 50, tzinfo=UTC)  # type: ignore[misc]
    assert scheduler.seconds_to_next() == 10


# --- somebody is told -------------------------------------------------------------------------------------------


def alerts(office: Office) -> Counter[str]:
    frame = office.practice.jobs.log()
    return Counter(kind for told in frame["alerts"] for kind in told.split(", ") if kind)


def test_a_failure_is_told_once_without_a_patient(office: Office) -> None:
    office.at(22, 10)
    office.practice.accounts.set("away", kind="folder", folder="out")
    office.practice.accounts.set("folder", default=True)
    job = office.add(account="")
    office.practice.templates.archive(MISSED)
    (done,) = office.tick(22, 12).done
    assert done.state is S.FAILED
    assert alerts(office) == {"failed sent": 1}
    office.tick(22, 12, 1)
    (letter,) = (office.practice.path / "out").glob("*.eml")
    read = message_from_bytes(letter.read_bytes(), policy=policy.default)
    assert read["Subject"] == "« Manqués » did not come to its end"
    assert f"workbench job run {job.key} --occurrence 2026-11-22T12:00" in read.get_body(("plain",)).get_content()


def test_a_failure_for_want_of_its_account_is_told_by_another_one(office: Office) -> None:
    office.at(22, 10)
    office.practice.accounts.set("away", kind="folder", folder="out")
    office.practice.accounts.set("folder", default=True)
    office.add(account="away")
    office.practice.accounts.remove("away")
    office.tick(22, 12)
    assert alerts(office) == {"failed sent": 1}


def test_a_failure_that_nobody_can_be_told_of_by_mail_stands_in_the_log(office: Office) -> None:
    office.at(22, 10)
    office.practice.accounts.set("away", kind="folder", folder="out")
    office.add(account="away")
    for name in list(office.practice.accounts):
        office.practice.accounts.remove(name)
    office.tick(22, 12)
    assert alerts(office) == {"failed": 1}


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ([4, 5, 4], 15, "unusual"),
        ([4, 5, 4], 11, ""),
        ([4, 4], 40, ""),  # nobody knows yet what is usual
        ([4, 0, 0], 0, "nobody"),
        ([0, 0], 0, "nobody"),
        ([4, 0, 0, 0], 0, ""),  # that was told the day before
        ([0, 4, 0], 0, ""),
        ([100] + [4] * 10, 13, "unusual"),  # ten are compared
        ([0] * 8, 500, "unusual"),
        ([0] * 8, 10, "unusual"),
        ([0] * 8, 9, ""),  # few
        ([0, 0, 30, 0], 30, ""),  # there were as many before
        ([0, 0, 30, 0], 31, "unusual"),
        ([0, 0], 500, ""),
    ],
)
def test_an_unusual_number_is_told(office: Office, before: list[int], now: int, told: str) -> None:
    office.at(1, 10)
    job, book = office.add(), office.practice.ledger.occurrences
    for day, count in enumerate([*before, now], 1):
        office.at(day, 12)
        occurrence = next(job.recurrence.after(datetime(2026, 11, day), office.practice.calendar))
        with book.owner() as owner:
            record = book.claim(owner, job, occurrence, now=office.practice.now())
            assert record is not None
            book.move(record, S.DONE, trace={"found": count, "leaving": count}, now=office.practice.now())
    for _twice in range(2):
        Alerts(office.practice).after(book.of(job.key)[0])
    assert alerts(office) == ({f"{told} sent": 1} if told else {})
    assert office.letters == bool(told)


def test_doubts_are_told_with_what_to_do(office: Office) -> None:
    office.at(22, 10)
    office.add()
    (done,) = office.tick(22, 12).done
    with office.practice.ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE deliveries SET status = 'in_doubt' "
            "WHERE id = (SELECT min(id) FROM deliveries WHERE status = 'sent')"
        )
        connection.exec_driver_sql("UPDATE job_occurrences SET state = 'running', owner = 'gone'")
    office.tick(22, 12, 1)
    assert alerts(office) == {"doubts sent": 1}
    text = max((office.practice.path / "out").glob("*.eml"), key=lambda file: file.stat().st_mtime).read_text()
    assert f"mailings settle {done.mailing_id}" in text
