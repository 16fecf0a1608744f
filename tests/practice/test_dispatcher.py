"""One confirmation for exactly the numbers shown; pause, go on, cancel; nobody twice, whoever clicks how often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.smtp_sink import SmtpSink, serving
from tests.practice.test_mailing import REMINDER, tomorrow
from workbench.displays.sending import retry_question, state_of
from workbench.domain.departures import WaitingFor
from workbench.domain.mailings import MailingProgress, MailingStatus
from workbench.errors import BadValue, DatabaseUnwritable, UsageError
from workbench.practice import Mailing, Practice
from workbench.practice.dispatcher import Dispatcher
from workbench.practice.situation import Doing
from workbench.wiring import open_practice


@pytest.fixture
def slow(practice: Practice, tmp_path: Path) -> Iterator[SmtpSink]:
    """A real server that takes its time, which the practice's messages leave by; one at a time."""
    with serving(tmp_path / "sink", delay=0.15) as sink:
        practice.accounts.set(
            "slow", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none", connections=1
        )
        yield sink


def a_mailing(practice: Practice, rows: int = 50, account: str = "folder") -> Mailing:
    return practice.mailing(tomorrow(practice).iloc[:rows], REMINDER, account=account)


def offered(mailing: Mailing, **options: bool) -> Dispatcher:
    dispatcher = Dispatcher(lambda: mailing, **options)
    dispatcher.renew()
    assert dispatcher.settled(30)
    return dispatcher


def confirmed(dispatcher: Dispatcher) -> Dispatcher:
    assert dispatcher.situation.offer is not None
    dispatcher.confirm(dispatcher.situation.offer_seal)
    return dispatcher


def revised(practice: Practice, folder: Path) -> None:
    """Keep another revision of the reminder."""
    file = practice.templates.export_file(REMINDER, folder / "reminder.html")
    file.write_text(file.read_text(encoding="utf-8").replace("</p>", " !</p>", 1), encoding="utf-8")
    practice.templates.import_file(file)


def until_sending(dispatcher: Dispatcher, sink: SmtpSink, count: int) -> None:
    sink.wait_for(count)
    assert dispatcher.situation.doing is Doing.SENDING


def test_what_is_offered_adds_up_and_is_what_leaves(practice: Practice) -> None:
    dispatcher = offered(a_mailing(practice))
    offer = dispatcher.situation.offer
    assert offer is not None
    assert offer.count > 20
    assert offer.total == offer.count + sum(offer.tally.of("skipped").values())
    assert confirmed(dispatcher).wait(30)
    assert dispatcher.situation.counts.sent == offer.count
    assert dispatcher.situation.standing is not None
    assert dispatcher.situation.standing.record.status is MailingStatus.FINISHED
    assert len(list((practice.path / "out").glob("*.eml"))) == offer.count


def test_a_double_click_and_a_message_that_comes_again_send_nobody_twice(practice: Practice) -> None:
    dispatcher = offered(a_mailing(practice, 10))
    offer = dispatcher.situation.offer
    assert offer is not None
    seal = dispatcher.situation.offer_seal
    for _click in range(3):
        dispatcher.confirm(seal)
    assert dispatcher.wait(30)
    dispatcher.confirm(seal)
    assert dispatcher.settled(30)
    assert dispatcher.situation.counts.sent == offer.count
    assert len(list((practice.path / "out").glob("*.eml"))) == offer.count


def test_a_seal_that_was_not_offered_confirms_nothing(practice: Practice) -> None:
    dispatcher = offered(a_mailing(practice, 10))
    dispatcher.confirm("another")
    assert dispatcher.settled(30)
    assert not dispatcher.begun
    assert practice.mailings().empty


@pytest.mark.parametrize("what", ["an opt-out", "a correction", "the account", "the email type", "another process"])
def test_what_changed_since_it_was_shown_is_shown_anew_and_not_sent(
    practice: Practice, tmp_path: Path, what: str
) -> None:
    mailing = a_mailing(practice)
    dispatcher = offered(mailing)
    shown = dispatcher.situation.offer
    assert shown is not None
    leaving = mailing.recipients[mailing.recipients["reason"] == ""].iloc[0]
    if what == "an opt-out":
        practice.opt_out(leaving["address"])
    elif what == "a correction":
        practice.patients.correct_address(leaving["patient_id"], leaving["addressee_key"], "new.address@exemple.test")
    elif what == "the account":
        practice.accounts.set("folder", kind="folder", folder="out", email="another@exemple.test")
    elif what == "the email type":
        revised(practice, tmp_path)
    else:
        with open_practice(practice.path, user="other", now=practice.now) as other:
            other.mailing(tomorrow(other), REMINDER, account="folder").send(confirmed=True)
    confirmed(dispatcher)
    assert dispatcher.settled(30)
    situation = dispatcher.situation
    assert situation.changed
    assert not dispatcher.begun
    assert situation.offer is not None
    assert situation.offer.seal != shown.seal
    if what != "another process":
        assert practice.mailings().empty
        assert confirmed(dispatcher).wait(30)
        assert dispatcher.situation.counts.sent == situation.offer.count
    else:
        assert situation.offer.count == 0


def test_a_pause_finishes_what_is_in_flight_and_goes_on_without_a_double(practice: Practice, slow: SmtpSink) -> None:
    dispatcher = confirmed(offered(a_mailing(practice, 14, "slow")))
    until_sending(dispatcher, slow, 2)
    dispatcher.pause()
    assert dispatcher.settled(30)
    situation = dispatcher.situation
    assert situation.standing is not None
    assert situation.standing.record.status is MailingStatus.PAUSED
    assert situation.counts.in_doubt == 0
    assert situation.counts.sent == slow.count()
    assert situation.may_resume
    dispatcher.resume(situation.seal)
    assert dispatcher.settled(30)
    assert dispatcher.situation.counts.pending == 0
    assert dispatcher.situation.counts.sent == slow.count()
    assert set(slow.addresses().values()) == {1}


def test_the_rest_is_cancelled_and_what_had_left_stays(practice: Practice, slow: SmtpSink) -> None:
    dispatcher = confirmed(offered(a_mailing(practice, 14, "slow")))
    until_sending(dispatcher, slow, 2)
    dispatcher.cancel(dispatcher.situation.seal)
    assert dispatcher.settled(30)
    situation = dispatcher.situation
    assert situation.standing is not None
    assert situation.standing.record.status is MailingStatus.CANCELLED
    assert situation.counts.pending == 0
    assert situation.counts.cancelled > 0
    assert situation.counts.sent == slow.count() < 14
    # What was on its way at the click is known from what the screen showed then.
    assert situation.gone_before is not None
    assert situation.gone == situation.counts.sent >= situation.gone_before


def test_a_number_that_is_not_so_any_more_decides_nothing(practice: Practice, slow: SmtpSink) -> None:
    dispatcher = confirmed(offered(a_mailing(practice, 14, "slow")))
    until_sending(dispatcher, slow, 2)
    dispatcher.pause()
    assert dispatcher.settled(30)
    left = slow.count()
    dispatcher.resume("another")
    assert dispatcher.settled(30)
    assert dispatcher.situation.changed
    assert slow.count() == left


def test_another_screen_sees_the_sending_and_may_pause_it(practice: Practice, slow: SmtpSink) -> None:
    sender = confirmed(offered(a_mailing(practice, 14, "slow")))
    until_sending(sender, slow, 2)
    with open_practice(practice.path, user="other", now=practice.now) as other:
        with slow.holding():  # or the last message leaves before the other screen is there
            watching = offered(a_mailing(other, 14, "slow"))
            assert watching.situation.elsewhere
            watching.pause(watching.situation.seal)
            assert watching.settled(30)
        assert sender.settled(30)
        watching.look()
        sender.look()
        assert watching.situation.standing == sender.situation.standing
        assert watching.situation.standing is not None
        assert watching.situation.standing.record.status is MailingStatus.PAUSED
    assert set(slow.addresses().values()) == {1}


def test_after_a_restart_the_numbers_tell_where_it_stands_and_it_goes_on(practice: Practice, slow: SmtpSink) -> None:
    first = confirmed(offered(a_mailing(practice, 14, "slow")))
    until_sending(first, slow, 2)
    first.pause()
    assert first.settled(30)
    left = slow.count()
    with open_practice(practice.path, user="claire", now=practice.now) as again:
        second = offered(a_mailing(again, 14, "slow"))
        offer = second.situation.offer
        assert offer is not None
        assert (offer.tally.counts.sent, offer.count) == (left, second.situation.counts.pending)
        assert confirmed(second).wait(30)
    assert slow.count() == left + offer.count
    assert set(slow.addresses().values()) == {1}


def test_what_failed_is_tried_again_and_what_is_uncertain_is_decided_by_a_person(
    practice: Practice, tmp_path: Path
) -> None:
    leaving = a_mailing(practice, 10).recipients
    refused, lost = leaving.loc[leaving["reason"] == "", "address"].iloc[:2]
    with serving(tmp_path / "hard", refuse=(refused,), lose=(lost,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        dispatcher = confirmed(offered(a_mailing(practice, 10, "hard")))
        assert dispatcher.wait(30)
        assert (dispatcher.situation.counts.failed, dispatcher.situation.counts.in_doubt) == (1, 1)
        dispatcher.settle("another", as_sent=True)
        assert dispatcher.settled(30)
        assert dispatcher.situation.counts.in_doubt == 1
        dispatcher.settle(dispatcher.situation.seal, as_sent=True)
        assert dispatcher.settled(30)
        assert dispatcher.situation.counts.in_doubt == 0
        dispatcher.retry(dispatcher.situation.seal)
        assert dispatcher.settled(30)
        assert dispatcher.situation.counts.failed == 1


def test_an_account_without_its_password_is_a_sentence_and_the_rows_wait(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_NO_PASSWORD", "")
    practice.accounts.set(
        "gone", email="cabinet@exemple.test", host="127.0.0.1", port=9, security="none", user="x",
        password_env="WORKBENCH_NO_PASSWORD",
    )  # fmt: skip
    dispatcher = confirmed(offered(a_mailing(practice, 5, "gone")))
    assert dispatcher.settled(30)
    assert dispatcher.situation.error
    assert "Traceback" not in dispatcher.situation.error
    assert dispatcher.situation.counts.sent == 0


def test_a_list_that_changes_while_it_is_sent_waits_until_it_is_asked_for(practice: Practice, slow: SmtpSink) -> None:
    lists = [a_mailing(practice, 8, "slow"), a_mailing(practice, 3, "slow")]
    dispatcher = Dispatcher(lambda: lists[0])
    dispatcher.renew()
    assert dispatcher.settled(30)
    confirmed(dispatcher)
    until_sending(dispatcher, slow, 1)
    sent = lists.pop(0)
    dispatcher.renew()
    assert dispatcher.situation.outdated
    assert dispatcher.wait(30)
    assert dispatcher.situation.mailing is sent
    assert dispatcher.situation.outdated


def test_a_list_that_cannot_be_made_is_a_sentence_and_offers_nothing(practice: Practice) -> None:
    def refused() -> Mailing:
        raise UsageError("choose an email type first")

    dispatcher = Dispatcher(refused)
    dispatcher.renew()
    assert dispatcher.settled(30)
    assert dispatcher.situation.error == "choose an email type first"
    assert dispatcher.situation.offer is None


def test_what_became_of_one_list_is_not_told_of_another_that_cannot_be_made(practice: Practice) -> None:
    sent = a_mailing(practice, 2)

    def refused() -> Mailing:
        raise UsageError("choose an email type first")

    lists: list[Callable[[], Mailing]] = [lambda: sent, refused]
    dispatcher = Dispatcher(lambda: lists[0]())
    dispatcher.renew()
    assert dispatcher.settled(30)
    assert confirmed(dispatcher).wait(30)
    assert dispatcher.situation.counts.sent
    lists.pop(0)
    dispatcher.renew()
    assert dispatcher.settled(30)
    situation = dispatcher.situation
    assert (situation.mailing, situation.standing, situation.account) == (None, None, None)
    assert situation.error == "choose an email type first"
    dispatcher.look()
    assert dispatcher.situation is situation


def test_only_the_last_of_many_lists_is_offered(practice: Practice) -> None:
    many = [a_mailing(practice, rows) for rows in (5, 10, 20)]
    current = many[0]
    dispatcher = Dispatcher(lambda: current)
    heard: list[int] = []
    dispatcher.on_change(lambda: heard.append(threading.get_ident()))
    for mailing in many:
        current = mailing
        dispatcher.renew()
    assert dispatcher.settled(30)
    assert dispatcher.situation.mailing is many[-1]
    assert dispatcher.situation.offer is not None
    assert dispatcher.situation.offer.seal == many[-1].offer().seal
    assert heard


def test_a_practice_that_is_closed_lets_what_is_in_flight_end(practice: Practice, slow: SmtpSink) -> None:
    with open_practice(practice.path, user="other", now=practice.now) as other:
        dispatcher = confirmed(offered(a_mailing(other, 14, "slow")))
        until_sending(dispatcher, slow, 2)
    left = slow.count()
    assert dispatcher.settled(30)
    counts = practice.ledger.mailings.standing(1, now=practice.now()).tally.counts
    assert counts.sent == slow.count() == left
    assert counts.in_doubt == 0
    assert counts.pending > 0


def test_of_a_part_exactly_its_rows_leave_and_the_others_wait_until_somebody_goes_on(practice: Practice) -> None:
    whole = a_mailing(practice)
    whole.queue()
    queued = whole.counts.pending
    part = practice.mailing(tomorrow(practice).iloc[:4], REMINDER, account="folder")
    dispatcher = offered(part)
    offer = dispatcher.situation.offer
    assert offer is not None
    assert 0 < offer.count <= 4
    assert (offer.waiting, offer.tally.counts.pending) == (queued - offer.count, queued)
    assert confirmed(dispatcher).wait(30)
    counts = dispatcher.situation.counts
    assert (counts.sent, counts.pending, counts.cancelled) == (offer.count, offer.waiting, 0)
    assert len(list((practice.path / "out").glob("*.eml"))) == offer.count
    assert dispatcher.situation.may_resume
    dispatcher.resume(dispatcher.situation.seal)
    assert dispatcher.settled(30)
    assert dispatcher.situation.counts.sent == queued
    assert dispatcher.situation.counts.pending == 0


def test_a_part_that_is_confirmed_in_a_cell_sends_itself_alone(practice: Practice) -> None:
    whole = a_mailing(practice)
    whole.queue()
    queued = whole.counts.pending
    part = practice.mailing(tomorrow(practice).iloc[:4], REMINDER, account="folder")
    leaving = part.forecast().pending
    assert 0 < leaving <= 4
    assert (part.send(confirmed=True)["status"] == "sent").sum() == leaving
    assert part.counts.pending == queued - leaving


def test_nothing_is_sent_when_somebody_moves_the_rows_while_they_are_queued(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = a_mailing(practice, 10)
    dispatcher = offered(mailing)
    queue = mailing.queue

    def queued_and_taken(**options: Any) -> int:
        number = queue(**options)
        with open_practice(practice.path, user="other", now=practice.now) as other:
            other.drain(number)
        return number

    monkeypatch.setattr(mailing, "queue", queued_and_taken)
    offer = dispatcher.situation.offer
    assert offer is not None
    confirmed(dispatcher)
    assert dispatcher.settled(30)
    assert not dispatcher.begun
    assert dispatcher.situation.changed
    assert dispatcher.situation.offer is not None
    assert dispatcher.situation.offer.count == 0
    assert dispatcher.situation.counts.sent == offer.count


@pytest.mark.parametrize("what", ["resume", "cancel"])
def test_what_waits_is_shown_anew_when_its_account_is_another_one_by_now(practice: Practice, what: str) -> None:
    mailing = a_mailing(practice, 10)
    mailing.queue()
    frozen = practice.mailing_by_id(mailing.id or 0)
    dispatcher = offered(frozen)
    seal, waiting = dispatcher.situation.seal, dispatcher.situation.counts.pending
    practice.accounts.set("folder", kind="smtp", email="rdv@exemple.test", host="127.0.0.1", port=9, security="none")
    getattr(dispatcher, what)(seal)
    assert dispatcher.settled(30)
    assert dispatcher.situation.changed
    assert not dispatcher.begun
    assert dispatcher.situation.counts.pending == waiting
    assert dispatcher.situation.account == practice.accounts["folder"]
    assert dispatcher.situation.seal != seal


def test_a_look_sees_that_the_account_is_another_one(practice: Practice) -> None:
    dispatcher = offered(a_mailing(practice, 10))
    practice.accounts.set("folder", kind="folder", folder="out", email="another@exemple.test")
    dispatcher.look()
    assert dispatcher.settled(30)
    assert dispatcher.situation.account == practice.accounts["folder"]
    assert dispatcher.situation.offer is not None
    assert dispatcher.situation.offer.account == practice.accounts["folder"]


def test_only_what_failed_is_tried_again(practice: Practice, tmp_path: Path) -> None:
    mailing = a_mailing(practice, 10)
    refused = mailing.recipients.loc[mailing.recipients["reason"] == "", "address"].iloc[0]
    with serving(tmp_path / "hard", refuse=(refused,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        first = confirmed(offered(a_mailing(practice, 10, "hard")))
        assert first.wait(30)
        left = sink.count()
        more = practice.mailing(tomorrow(practice), REMINDER, account="hard")
        more.queue()  # confirmed elsewhere, and not sent yet
        waiting = more.counts.pending
        assert waiting > 0
        first.look()
        assert first.settled(30)
        first.retry(first.situation.seal)
        assert first.settled(30)
        assert sink.count() == left
        assert (first.situation.counts.failed, first.situation.counts.pending) == (1, waiting)


def test_of_the_failed_those_alone_are_tried_again_that_a_person_named(practice: Practice, tmp_path: Path) -> None:
    mailing = a_mailing(practice, 10)
    refused = mailing.recipients.loc[mailing.recipients["reason"] == "", "address"].unique()[:2]
    with serving(tmp_path / "hard", refuse=tuple(refused)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        dispatcher = confirmed(offered(a_mailing(practice, 10, "hard")))
        assert dispatcher.wait(30)
        results = dispatcher.mailing.results if dispatcher.mailing is not None else None
        assert results is not None
        failed = results.loc[results["status"] == "failed", "delivery_id"].tolist()
        went = results.loc[results["status"] == "sent", "delivery_id"].tolist()
        dispatcher.retry(dispatcher.situation.seal, deliveries=[failed[0], went[0]])
        assert dispatcher.settled(30)
        assert dispatcher.situation.changed
        dispatcher.retry(dispatcher.situation.seal, deliveries=failed[:1])
        assert dispatcher.settled(30)
        assert not dispatcher.situation.changed
        assert dispatcher.mailing is not None
        attempts = dispatcher.mailing.results.set_index("delivery_id")["attempts"]
        assert [attempts[number] for number in (*failed, went[0])] == [2, *([1] * (len(failed) - 1)), 1]


@pytest.mark.parametrize("when", ["checked", "queued"])
def test_a_practice_closed_while_a_confirmation_is_checked_sends_nothing(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    other = open_practice(practice.path, user="other", now=practice.now)
    mailing = a_mailing(other, 14)
    dispatcher = offered(mailing)
    reached, goes_on = threading.Event(), threading.Event()
    prepare, queue = mailing.prepare, mailing.queue

    def checked(**options: Any) -> Any:
        if when == "checked":
            reached.set()
            assert goes_on.wait(30)
        return prepare(**options)

    def queued(**options: Any) -> int:
        if when == "queued":
            reached.set()
            assert goes_on.wait(30)
        return queue(**options)

    monkeypatch.setattr(mailing, "prepare", checked)
    monkeypatch.setattr(mailing, "queue", queued)
    confirmed(dispatcher)
    assert reached.wait(30)
    closing = threading.Thread(target=other.close)
    closing.start()
    last = time.monotonic() + 30
    while not other.closed:
        assert time.monotonic() < last
        time.sleep(0.001)
    goes_on.set()
    closing.join(30)
    assert not closing.is_alive()
    assert dispatcher.situation.doing is Doing.NOTHING  # closing has waited for it
    assert not (practice.path / "out").exists()
    assert len(practice.mailings()) == (when == "queued")


def test_a_practice_that_was_closed_confirms_nothing(practice: Practice) -> None:
    other = open_practice(practice.path, user="other", now=practice.now)
    dispatcher = offered(a_mailing(other, 10))
    other.close()
    confirmed(dispatcher)
    assert dispatcher.settled(30)
    assert dispatcher.situation.error == "The practice was closed meanwhile: nothing else leaves."
    assert practice.mailings().empty


def in_its_undo_window(practice: Practice, minutes: int = 10) -> Dispatcher:
    """A sending that was confirmed and that waits to be taken back."""
    practice.settings = replace(practice.settings, undo_minutes=minutes)
    dispatcher = offered(a_mailing(practice))
    waits = threading.Event()
    dispatcher.on_change(lambda: waits.set() if dispatcher.situation.may_be_taken_back else None)
    confirmed(dispatcher)
    assert waits.wait(60)
    return dispatcher


def waiting_rows(dispatcher: Dispatcher) -> list[int]:
    mailing = dispatcher.mailing
    assert mailing is not None
    return mailing.results.query("status == 'pending'")["delivery_id"].tolist()


def left_from(practice: Practice) -> int:
    return len(list((practice.path / "out").rglob("*.eml")))


def test_what_a_person_confirmed_can_be_cancelled_before_anything_leaves(practice: Practice) -> None:
    dispatcher = in_its_undo_window(practice)
    departure = dispatcher.situation.departure
    assert departure is not None
    assert departure.at == practice.now() + timedelta(minutes=10)
    dispatcher.cancel(dispatcher.situation.seal)
    assert dispatcher.settled(30)
    counts = dispatcher.situation.counts
    assert (counts.sent, counts.pending, left_from(practice)) == (0, 0, 0)
    assert counts.cancelled > 0


def test_one_message_is_taken_back_while_the_others_wait(practice: Practice) -> None:
    dispatcher = in_its_undo_window(practice)
    rows = waiting_rows(dispatcher)
    before = dispatcher.situation.progress
    assert before is not None
    dispatcher.take_back("another seal", rows[0])
    assert waiting_rows(dispatcher) == rows
    dispatcher.take_back(dispatcher.situation.seal, rows[0])
    assert waiting_rows(dispatcher) == rows[1:]
    after = dispatcher.situation.progress
    assert after is not None
    assert (after.pending, after.total) == (before.pending - 1, before.total - 1)
    dispatcher.pause(dispatcher.situation.seal)
    assert dispatcher.settled(30)
    assert (dispatcher.situation.counts.pending, dispatcher.situation.counts.cancelled) == (len(rows) - 1, 1)
    assert left_from(practice) == 0


def test_what_was_taken_back_is_counted_once_also_when_the_sending_reads_its_list_again(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatcher = offered(a_mailing(practice, 10))
    totals = []

    def drained(_practice: Practice, _number: int, *, progress: Any, **_how: Any) -> None:
        # The sending reads its list again in the end: others have put two more people on it meanwhile.
        for total, cancelled in ((10, 0), (10, 0), (11, 1), (11, 1)):
            progress(MailingProgress(total=total, pending=total, cancelled=cancelled))
            shown = dispatcher.situation.progress
            assert shown is not None
            totals.append((shown.total, shown.pending, shown.cancelled))
            if len(totals) == 1:
                practice.cancel(_number, deliveries=waiting_rows(dispatcher)[:1])
                dispatcher._show(dispatcher.mailing)

    monkeypatch.setattr(Practice, "drain", drained)
    confirmed(dispatcher)
    assert dispatcher.settled(30)
    assert totals == [(10, 10, 0), (9, 9, 1), (11, 11, 1), (11, 11, 1)]


def test_a_message_that_cannot_be_taken_back_is_said_so(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatcher = in_its_undo_window(practice)
    rows = waiting_rows(dispatcher)

    def full(*_what: object, **_how: object) -> int:
        raise DatabaseUnwritable("the disk is full")

    with monkeypatch.context() as trouble:
        trouble.setattr(Practice, "cancel", full)
        dispatcher.take_back(dispatcher.situation.seal, rows[0])
    assert dispatcher.situation.error == "the disk is full"
    dispatcher.pause(dispatcher.situation.seal)
    assert dispatcher.settled(30)
    assert waiting_rows(dispatcher) == rows


def test_how_long_it_can_be_taken_back_is_chosen_and_sealed_with_the_offer(practice: Practice) -> None:
    practice.settings = replace(practice.settings, undo_minutes=5)
    dispatcher = offered(a_mailing(practice, 8))
    seal = dispatcher.situation.offer_seal
    assert dispatcher.situation.timing.undo_window == timedelta(minutes=5)
    dispatcher.choose_undo_window(30)
    assert dispatcher.situation.offer_seal != seal
    dispatcher.confirm(seal)
    assert dispatcher.settled(30)
    assert practice.mailings().empty
    dispatcher.renew()
    assert dispatcher.settled(30)
    assert dispatcher.situation.timing.undo_window == timedelta(minutes=30)  # new numbers leave the choice as it was
    waits = threading.Event()
    dispatcher.on_change(lambda: waits.set() if dispatcher.situation.may_be_taken_back else None)
    confirmed(dispatcher)
    assert waits.wait(60)
    departure = dispatcher.situation.departure
    assert departure is not None
    assert departure.at == practice.now() + timedelta(minutes=30)
    dispatcher.choose_undo_window(0)  # too late: what was confirmed leaves as it was confirmed
    assert dispatcher.situation.departure == departure
    dispatcher.cancel(dispatcher.situation.seal)
    assert dispatcher.settled(30)
    assert left_from(practice) == 0


def test_at_once_is_a_choice_though_the_practice_waits(practice: Practice) -> None:
    practice.settings = replace(practice.settings, undo_minutes=10)
    dispatcher = offered(a_mailing(practice, 8))
    dispatcher.choose_undo_window(0)
    with pytest.raises(BadValue):
        dispatcher.choose_undo_window(-1)
    assert confirmed(dispatcher).wait(60)
    assert left_from(practice) == dispatcher.situation.counts.sent > 0


def test_a_pause_of_the_undo_window_holds_it_against_everybody_and_it_goes_on(practice: Practice) -> None:
    dispatcher = in_its_undo_window(practice)
    rows = waiting_rows(dispatcher)
    dispatcher.pause(dispatcher.situation.seal)
    assert dispatcher.settled(30)
    dispatcher.look()
    situation = dispatcher.situation
    assert not situation.may_be_taken_back  # nothing leaves at any time
    assert situation.stage is not None
    assert situation.stage.code == "paused"
    dispatcher.resume(situation.seal)
    waits = threading.Event()
    dispatcher.on_change(lambda: waits.set() if dispatcher.situation.may_be_taken_back else None)
    assert dispatcher.situation.may_be_taken_back or waits.wait(60)
    assert waiting_rows(dispatcher) == rows
    dispatcher.cancel(dispatcher.situation.seal)
    assert dispatcher.settled(30)
    assert left_from(practice) == 0


def test_who_looks_at_what_another_one_sends_learns_what_it_waits_for(practice: Practice) -> None:
    mailing = a_mailing(practice)
    watching = offered(mailing)
    dispatcher = in_its_undo_window(practice)
    watching.look()
    assert watching.settled(30)
    assert watching.situation.elsewhere
    assert watching.situation.stage is not None
    assert watching.situation.stage.code == "waiting_undo"
    dispatcher.cancel(dispatcher.situation.seal)
    assert dispatcher.settled(30)


def test_without_a_window_of_the_practice_nothing_waits(practice: Practice) -> None:
    dispatcher = confirmed(offered(a_mailing(practice)))
    assert dispatcher.settled(60)
    assert not dispatcher.situation.may_be_taken_back
    assert left_from(practice) == dispatcher.situation.counts.sent > 0


def test_what_a_person_confirms_keeps_to_the_sending_hours(practice: Practice) -> None:
    practice.accounts.set("folder", hours="08:00-09:00")  # it is 10:30 in Paris
    dispatcher = confirmed(offered(a_mailing(practice)))
    assert dispatcher.settled(60)
    situation = dispatcher.situation
    assert situation.counts.sent == 0
    assert situation.departure is not None
    assert situation.departure.waiting_for is WaitingFor.HOURS
    assert situation.departure.at.isoformat() == "2026-11-23T08:00:00+01:00"


def test_what_is_withdrawn_cannot_be_confirmed_and_is_worked_out_when_it_is_asked_for(practice: Practice) -> None:
    mailing, asked = a_mailing(practice, 10), threading.Event()
    counts: list[int] = []

    def worked_out() -> Mailing:
        counts.append(1)
        assert asked.wait(30)
        return mailing

    dispatcher = Dispatcher(worked_out)
    dispatcher.renew()
    dispatcher.withdraw()  # while the numbers of before are being worked out
    asked.set()
    assert dispatcher.settled(30)
    assert (dispatcher.situation.offer, dispatcher.situation.outdated) == (None, True)
    dispatcher.renew()
    assert dispatcher.settled(30)
    assert not dispatcher.situation.outdated
    seal = dispatcher.situation.offer_seal
    for _keystroke in range(5):
        dispatcher.withdraw()
    assert dispatcher.situation.outdated
    dispatcher.confirm(seal)
    assert not dispatcher.begun
    assert dispatcher.situation.changed  # and it is said
    assert len(counts) == 2
    dispatcher.renew()
    assert dispatcher.settled(30)
    assert dispatcher.situation.offer_seal == seal


def test_what_failed_is_tried_again_at_the_address_that_was_corrected_since(practice: Practice, tmp_path: Path) -> None:
    before, after = "inconnu@famille.example", "odile@famille.example"
    patient = str(a_mailing(practice, 1).recipients["patient_id"].iloc[0])
    practice.patients.correct(patient, email=before)
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        dispatcher = confirmed(offered(a_mailing(practice, 1, "hard")))
        assert dispatcher.wait(30)
        assert dispatcher.situation.retrial.same
        assert "same address" in retry_question(dispatcher.situation)
        seen = dispatcher.situation.seal
        practice.patients.correct(patient, email="")
        dispatcher.look()
        assert dispatcher.situation.retrial.without
        assert [act["name"] for act in state_of(dispatcher.situation)["actions"]] == []
        practice.patients.correct(patient, email=after)
        dispatcher.retry(seen)  # the question spoke of the address of before
        assert dispatcher.settled(30)
        assert dispatcher.situation.changed
        assert sink.count() == 0
        assert retry_question(dispatcher.situation) == f"Try the message again, to its new address {after}?"
        practice.opt_out(after)
        dispatcher.retry(dispatcher.situation.seal)
        assert dispatcher.settled(30)
        assert sink.count() == 0
        assert dispatcher.situation.counts.skipped == 1
        number = dispatcher.situation.mailing.id if dispatcher.situation.mailing else None
        (row,) = practice.results(number, identities=True).to_dict("records")
        assert (row["address"], row["reason"]) == (after, "opted_out")


def test_the_record_shows_the_address_that_was_corrected(practice: Practice, tmp_path: Path) -> None:
    before, after = "inconnu@famille.example", "odile@famille.example"
    patient = str(a_mailing(practice, 1).recipients["patient_id"].iloc[0])
    practice.patients.correct(patient, email=before)
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        dispatcher = confirmed(offered(a_mailing(practice, 1, "hard")))
        assert dispatcher.wait(30)
        practice.patients.correct(patient, email=after)
        dispatcher.look()
        dispatcher.retry(dispatcher.situation.seal)
        assert dispatcher.settled(30)
        assert sink.count() == 1
        assert dispatcher.mailing is not None
        (row,) = practice.results(dispatcher.mailing.id, identities=True).to_dict("records")
        assert (row["address"], row["status"], row["attempts"]) == (after, "sent", 2)
        sent = practice.sent(row["delivery_id"])
        assert sent.recipient.email == after
        assert sent.same_bytes
        act = practice.ledger.acts.acts(f"mailing:{dispatcher.mailing.id}").iloc[-1]
        assert (act["what"], act["details"]["readdressed"]) == ("retry", [row["delivery_id"]])


def test_a_guardian_who_got_another_address_is_written_to_there(practice: Practice, tmp_path: Path) -> None:
    before, after = "inconnu@famille.example", "parents@famille.example"
    minors = practice.search("appointments", start="tomorrow", end="J+20", state="upcoming", minors="yes")
    first = practice.mailing(minors, REMINDER, account="folder").recipients
    row = first[(first["reason"] == "") & (first["role"] == "guardian")].iloc[0]
    patient, addressee = str(row["patient_id"]), str(row["addressee_key"])
    practice.patients.correct_address(patient, addressee, before)
    about = minors[minors["patient_id"] == patient].iloc[:1]
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        dispatcher = confirmed(offered(practice.mailing(about, REMINDER, account="hard")))
        assert dispatcher.wait(30)
        practice.patients.correct_address(patient, addressee, after)
        dispatcher.look()
        assert [*dispatcher.situation.retrial.corrected.values()] == [after]
