"""A confirmed mailing leaves at its account's pace, within its hours, after its undo window, and never too late."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.practice.conftest import NOW
from workbench.domain.deliveries import OPEN
from workbench.domain.departures import NextDeparture, WaitingFor
from workbench.domain.mailings import Counts, MailingProgress, MailingStatus
from workbench.errors import BadSettings, BadValue, DatabaseUnreadable, UsageError
from workbench.practice import Mailing, Practice
from workbench.practice import dispatch as dispatching
from workbench.sending.sender import Progress
from workbench.wiring import open_practice

TEMPLATE = "Rendez-vous/Rappel de rendez-vous"


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.instant = NOW

    def __call__(self) -> datetime:
        return self.instant


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def practice(made_sample: Path, tmp_path: Path, clock: Clock) -> Iterator[Practice]:
    """The sample practice on a clock of ours; its messages go to a folder."""
    shutil.copytree(made_sample, tmp_path / "W")
    with open_practice(tmp_path / "W", user="claire", now=clock) as opened:
        opened.accounts.set("folder", kind="folder", folder="out")
        yield opened


def reminders(practice: Practice, day: str = "2026-11-23") -> Mailing:
    found = practice.search("appointments", start=day, end=day, state="upcoming")
    return practice.mailing(found, TEMPLATE, account="folder")


def left(practice: Practice) -> int:
    return len(list((practice.path / "out").rglob("*.eml")))


def test_a_mailing_leaves_at_once_and_at_any_hour_unless_somebody_says_otherwise(
    practice: Practice, clock: Clock
) -> None:
    practice.accounts.set("folder", hours="08:00-20:00")
    clock.instant = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    mailing = reminders(practice)
    mailing.send(confirmed=True)
    assert mailing.counts.sent == left(practice) > 3
    assert practice.next_departure(mailing.id or 0) is None


def test_an_account_s_limit_leaves_the_rest_for_later_and_says_when(practice: Practice, clock: Clock) -> None:
    practice.accounts.set("folder", per_hour=3)
    mailing = reminders(practice)
    mailing.send(confirmed=True)
    everybody = mailing.counts.sent + mailing.counts.pending
    assert (mailing.counts.sent, left(practice)) == (3, 3)
    free = NOW + timedelta(hours=1, seconds=1)
    assert practice.next_departure(mailing.id or 0) == NextDeparture(at=free, waiting_for=WaitingFor.LIMITS)
    other = reminders(practice, "2026-11-24")  # another mailing has no limit of its own
    other.send(confirmed=True)
    assert (other.counts.sent, left(practice)) == (0, 3)
    clock.instant = free
    mailing.resume()
    assert mailing.counts.sent == min(6, everybody)
    assert left(practice) == mailing.counts.sent


def test_within_the_hours_asked_for_nothing_leaves_at_night(practice: Practice, clock: Clock) -> None:
    practice.accounts.set("folder", hours="08:00-20:00")
    clock.instant = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    mailing = reminders(practice).leaves(within_hours=True)
    mailing.send(confirmed=True)
    assert left(practice) == 0
    opens = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert practice.next_departure(mailing.id or 0) == NextDeparture(at=opens, waiting_for=WaitingFor.HOURS)
    clock.instant = datetime(2026, 11, 23, 6, 59, tzinfo=UTC)
    clock.instant = opens
    practice.mailing_by_id(mailing.id or 0).resume()
    assert left(practice) == mailing.counts.sent > 0


def test_hours_that_nobody_set_cannot_be_kept(practice: Practice) -> None:
    with pytest.raises(UsageError, match="sending_hours"):
        reminders(practice).leaves(within_hours=True)
    with pytest.raises(BadValue):
        reminders(practice).leaves(undo_window=5000)


def test_the_practice_s_hours_count_where_the_account_has_none(practice: Practice) -> None:
    practice.settings = replace(practice.settings, sending_hours="09:00-18:00 open")
    assert practice.sending_hours(practice.accounts["folder"]) == "09:00-18:00 open"
    practice.accounts.set("folder", hours="08:00-20:00")
    assert practice.sending_hours(practice.accounts["folder"]) == "08:00-20:00"


def test_in_its_undo_window_one_message_is_taken_back_and_the_others_leave(practice: Practice, clock: Clock) -> None:
    mailing = reminders(practice).leaves(undo_window=10)
    number = mailing.queue()
    waiting = mailing.counts.pending
    until = NOW + timedelta(minutes=10)
    assert practice.next_departure(number) == NextDeparture(at=until, waiting_for=WaitingFor.UNDO)
    one = mailing.results.query("status == 'pending'")["delivery_id"].iloc[0]
    assert practice.cancel(number, deliveries=[int(one)]) == 1
    clock.instant = until
    mailing.resume()
    assert (mailing.counts.sent, mailing.counts.cancelled, left(practice)) == (waiting - 1, 1, waiting - 1)


def test_who_waits_for_the_undo_window_hears_of_a_cancellation_from_elsewhere(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "LOOK_AGAIN", 0.05)
    mailing = reminders(practice).leaves(undo_window=10)
    told: list[MailingProgress] = []
    waits = threading.Event()

    def tell(progress: MailingProgress) -> None:
        told.append(progress)
        if progress.waiting_until is not None:
            waits.set()

    sending = threading.Thread(target=lambda: mailing.send(confirmed=True, progress=tell))
    sending.start()
    assert waits.wait(30)
    with open_practice(practice.path, user="dr-ferrand", now=practice.now) as elsewhere:
        assert elsewhere.cancel(mailing.id or 0) > 0
    began = time.monotonic()
    sending.join(30)
    assert time.monotonic() - began < 20
    assert not sending.is_alive()
    assert (told[-1].waiting_for, told[-1].mailing_id) in (
        (WaitingFor.UNDO, mailing.id),
        (WaitingFor.NOTHING, mailing.id),
    )
    assert WaitingFor.UNDO in {progress.waiting_for for progress in told}
    assert left(practice) == 0
    assert practice.ledger.mailings.mailing(mailing.id or 0).status is MailingStatus.CANCELLED


def test_rows_taken_back_or_sent_elsewhere_meanwhile_are_in_no_number_of_what_waits(practice: Practice) -> None:
    mailing = reminders(practice).leaves(undo_window=10)
    number = mailing.queue()
    before = mailing.counts
    told: list[MailingProgress] = []
    tell = dispatching._of_the_mailing(practice, number, before, 0, None, told.append)
    assert tell is not None
    until = NOW + timedelta(minutes=10)
    tell(Progress(waiting_until=until))
    one, *_rest = practice.ledger.mailings.numbers(number, OPEN)
    practice.cancel(number, deliveries=[one])
    tell(Progress())
    assert [progress.pending for progress in told] == [before.pending, before.pending - 1]
    practice.cancel(number)
    tell(Progress(waiting_until=until))
    assert (told[-1].pending, told[-1].total) == (0, before.skipped)


def test_a_ledger_that_cannot_be_read_for_a_moment_does_not_keep_the_numbers_from_being_told(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = reminders(practice).leaves(undo_window=10)
    number = mailing.queue()
    before = mailing.counts
    told: list[MailingProgress] = []
    tell = dispatching._of_the_mailing(practice, number, before, 0, None, told.append)
    assert tell is not None

    def unreadable(_mailing_id: int) -> Counts:
        raise DatabaseUnreadable("just now")

    until = NOW + timedelta(minutes=10)
    with monkeypatch.context() as patched:
        patched.setattr(practice.ledger.mailings, "counts", unreadable)
        tell(Progress(waiting_until=until))
    tell(Progress(waiting_until=until))
    assert [(one.pending, one.waiting_for) for one in told] == [
        (before.pending, WaitingFor.NOTHING),
        (before.pending, WaitingFor.UNDO),
    ]


def test_a_reminder_of_an_appointment_that_has_begun_is_never_sent(practice: Practice, clock: Clock) -> None:
    mailing = reminders(practice)
    number = mailing.queue()
    practice.pause(number)
    clock.instant = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)  # 11:30 in Paris, half the morning is over
    begun = {
        row.patient_id
        for row in practice.search("appointments", start="2026-11-23", end="2026-11-23").itertuples()
        if row.starts_at <= clock.instant
    }
    results = practice.mailing_by_id(number).resume()
    late = results[results["reason"] == "expired"]
    assert len(late)
    assert set(late["status"]) == {"skipped"}
    assert set(late["patient_id"]) <= begun
    assert not set(results.loc[results["status"] == "sent", "patient_id"]) & set(late["patient_id"])
    assert mailing.counts.pending == 0
    assert left(practice) == mailing.counts.sent > 0
    clock.instant += timedelta(days=2)
    again = practice.mailing_by_id(number).resume()
    assert list(again["status"]) == list(results["status"])


def test_an_email_type_may_say_how_long_it_is_good_for(practice: Practice, clock: Clock) -> None:
    kept = replace(practice.templates[TEMPLATE], expires="never")
    practice.ledger.library.save_template(kept, by="claire", now=NOW)
    mailing = reminders(practice)
    number = mailing.queue()
    clock.instant = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    practice.mailing_by_id(number).resume()
    assert "expired" not in set(mailing.results["reason"])
    assert mailing.counts.sent == left(practice) > 0


def test_a_reminder_confirmed_after_its_appointment_began_is_left_out(practice: Practice, clock: Clock) -> None:
    clock.instant = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # half past ten in Paris
    found = practice.search("appointments", start="2026-11-23", end="2026-11-23")
    mailing = practice.mailing(found, TEMPLATE, account="folder")
    findings = mailing.check()
    late = findings[findings["code"] == "expired"]
    to_come = {row.patient_id for row in found.itertuples() if row.starts_at > clock.instant}
    assert len(late) > 3
    mailing.send(confirmed=True)
    results = practice.results(mailing.id, identities=True)
    told = results[results["status"] == "sent"]
    assert left(practice) == len(told) > 3
    assert set(told["patient_id"]) <= to_come
    assert set(results.loc[results["reason"] == "expired", "recipient_id"]) == set(late["recipient"])
    assert practice.mailing(found, TEMPLATE, account="folder").forecast().pending == 0


def test_an_email_type_without_a_purpose_warns_of_appointments_that_have_begun(
    practice: Practice, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "own.html").write_text("---\nlabel: Le mien\nsubject: x\n---\n<p>@RDVDATE</p>", encoding="utf-8")
    practice.templates.import_file(tmp_path / "own.html")
    clock.instant = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    found = practice.search("appointments", start="2026-11-23", end="2026-11-23")
    warned = practice.mailing(found, "Le mien", account="folder").check()
    assert (warned["code"] == "appointment_begun").sum() > 3
    missed = practice.search("missed", start="2026-11-01", end="2026-11-20")
    assert "appointment_begun" not in set(practice.mailing(missed, "Le mien", account="folder").check()["code"])


def test_how_long_what_was_sent_is_kept_is_changed_for_the_workspace_and_journalled(practice: Practice) -> None:
    practice.set_history_days(730)
    assert practice.settings.history_days == 730
    assert "history_days = 730" in (practice.path / "workbench.toml").read_text(encoding="utf-8")
    with pytest.raises(BadSettings):
        practice.set_history_days(-1)
    assert practice.settings.history_days == 730
    assert practice.ledger.acts.acts("practice:practice")["details"].iloc[-1] == {"columns": ["history_days"]}
