"""What a person reads of a sending: numbers that add up, what is asked, what can be done; nobody by name."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workbench.displays.sending import account_words, state_of
from workbench.domain.accounts import Account, AccountKind
from workbench.domain.departures import Timing, WaitingFor
from workbench.domain.mailings import MailingProgress, MailingRecord, MailingStanding, MailingStatus, Tally
from workbench.language import use_language
from workbench.practice.offers import Offer
from workbench.practice.situation import Doing, Situation

ACCOUNT = Account(name="secretariat", email="secretariat@exemple.test", host="mail.exemple.test")
CATCHER = Account(name="catcher", email="test@exemple.test", kind=AccountKind.CATCHER)
LEFT_OUT = {("skipped", "no_address"): 2, ("skipped", "opted_out"): 1}


def a_mailing(account: Account = ACCOUNT) -> Any:
    return SimpleNamespace(template=SimpleNamespace(path="Rendez-vous/Rappel"), account=account)


def an_offer(rows: dict[tuple[str, str], int], account: Account = ACCOUNT, *, count: int | None = None) -> Offer:
    tally = Tally(rows)
    leaving = tally.counts.pending if count is None else count
    return Offer(tally=tally, count=leaving, account=account, seal="seal", prepared=None)  # type: ignore[arg-type]


def a_standing(
    rows: dict[tuple[str, str], int], status: MailingStatus = MailingStatus.FINISHED, at_work: bool = False
) -> MailingStanding:
    record = MailingRecord(
        id=7, status=status, reason="", identity="", key="", template="Rendez-vous/Rappel", template_revision_id=1,
        account="secretariat", role="patient", channel="email", search="", parameters={}, purpose="", step="",
        opened_at=datetime(2026, 11, 22, tzinfo=UTC), opened_by="claire",
    )  # fmt: skip
    return MailingStanding(record=record, tally=Tally(rows), at_work=at_work)


def names(told: dict[str, Any]) -> list[str]:
    return [action["name"] for action in told["actions"]]


def test_before_anything_leaves_the_numbers_add_up_and_say_why() -> None:
    offer = an_offer({("pending", ""): 41, **LEFT_OUT})
    told = state_of(Situation(mailing=a_mailing(), offer=offer))["offer"]
    assert told["total"] == "44 recipients"
    assert [number["words"] for number in told["numbers"]] == ["✓ 41 ready", "✕ 2 to correct", "– 1 left out"]
    assert [(reason["count"], reason["state"]) for reason in told["left_out"]] == [(2, "to_correct"), (1, "excluded")]
    assert told["button"] == "Send 41 messages…"
    assert told["question"] == "Send 41 messages from secretariat@exemple.test?"


def test_the_test_box_says_that_nothing_leaves() -> None:
    offer = an_offer({("pending", ""): 1}, CATCHER)
    told = state_of(Situation(mailing=a_mailing(CATCHER), offer=offer))
    assert told["test"]
    assert told["account"] == "From the test box: nothing leaves this computer"
    assert told["offer"]["question"] == "Send 1 message to the test box? Nothing leaves this computer."


def test_a_folder_is_no_way_to_anybody() -> None:
    folder = replace(ACCOUNT, kind=AccountKind.FOLDER)
    assert account_words(folder) == "Into a folder of this computer: nothing leaves it"
    told = state_of(Situation(mailing=a_mailing(folder), offer=an_offer({("pending", ""): 2}, folder)))
    assert told["offer"]["question"] == "Write 2 messages into the folder?"


def test_what_was_begun_is_gone_on_with_and_says_what_has_left() -> None:
    offer = an_offer({("sent", ""): 20, ("pending", ""): 17})
    standing = a_standing({("sent", ""): 20, ("pending", ""): 17}, MailingStatus.QUEUED)
    told = state_of(Situation(mailing=a_mailing(), offer=offer, standing=standing))
    assert told["offer"]["button"] == "Go on: 17 messages…"
    assert told["offer"]["question"].endswith("20 have left already and are not sent again.")
    assert told["note"] == "17 messages are waiting."
    assert names(told) == ["cancel"]


def test_a_pause_is_ended_by_one_click() -> None:
    standing = a_standing({("sent", ""): 20, ("pending", ""): 17}, MailingStatus.PAUSED)
    situation = Situation(mailing=a_mailing(), standing=standing, account=ACCOUNT)
    told = state_of(situation)
    assert names(told) == ["cancel", "resume"]
    assert told["actions"][1] == {
        "name": "resume", "label": "Go on: 17 messages", "count": 17, "question": "", "seal": situation.seal,
    }  # fmt: skip
    assert told["note"] == "… Paused · 17 messages are waiting."


def test_of_a_part_the_rest_is_told_and_offered_apart() -> None:
    rows = {("sent", ""): 3, ("pending", ""): 84, **LEFT_OUT}
    standing = a_standing(rows, MailingStatus.QUEUED)
    situation = Situation(mailing=a_mailing(), offer=an_offer(rows, count=2), standing=standing, account=ACCOUNT)
    told = state_of(situation)
    assert told["offer"]["total"] == "90 recipients"
    assert [number["words"] for number in told["offer"]["numbers"]] == [
        "✓ 2 ready", "✓ 3 sent already", "✕ 2 to correct", "– 1 left out", "… 82 waiting",
    ]  # fmt: skip
    assert told["offer"]["button"] == "Send 2 messages…"
    assert told["note"] == "82 messages are waiting."
    assert names(told) == ["cancel", "resume"]
    assert told["actions"][1]["label"] == "Go on: 84 messages…"
    assert told["actions"][1]["question"] == "Go on with the whole mailing: 84 messages?"


def test_while_a_part_is_sent_its_own_rows_are_counted_and_a_cancellation_is_about_all() -> None:
    progress = MailingProgress(total=84, sent=1, pending=83, beside=82)
    standing = a_standing({("pending", ""): 84}, MailingStatus.SENDING)
    told = state_of(Situation(doing=Doing.SENDING, mailing=a_mailing(), standing=standing, progress=progress))
    assert told["progress"]["words"] == "1 of 2"
    assert told["actions"][1]["question"] == "Cancel the 83 messages that have not left? They will not be sent."


def test_where_messages_leave_from_is_said_of_the_account_as_it_is_now() -> None:
    standing = a_standing({("pending", ""): 2}, MailingStatus.QUEUED)
    before = Situation(mailing=a_mailing(CATCHER), standing=standing, account=CATCHER)
    told = state_of(replace(before, account=ACCOUNT))
    assert not told["test"]
    assert told["account"] == "From secretariat@exemple.test"
    assert told["actions"][1]["seal"] != state_of(before)["actions"][1]["seal"]


@pytest.mark.parametrize("change", ["a row", "the status", "the mailing"])
def test_a_seal_is_of_one_mailing_as_it_stands(change: str) -> None:
    standing = a_standing({("pending", ""): 2}, MailingStatus.QUEUED)
    other = {
        "a row": a_standing({("pending", ""): 1, ("sent", ""): 1}, MailingStatus.QUEUED),
        "the status": a_standing({("pending", ""): 2}, MailingStatus.PAUSED),
        "the mailing": replace(standing, record=replace(standing.record, id=8)),
    }[change]
    assert Situation(standing=standing, account=ACCOUNT).seal != Situation(standing=other, account=ACCOUNT).seal


def test_what_moves_while_it_is_sent_leaves_its_seal_as_it_is() -> None:
    first, later = ({("pending", ""): 2}, {("sent", ""): 1, ("pending", ""): 1})
    seals = {
        Situation(standing=a_standing(rows, MailingStatus.SENDING, at_work=True), account=ACCOUNT).seal
        for rows in (first, later)
    }
    assert len(seals) == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (4, "a few seconds left"), (42, "about 40 seconds left"), (130, "about 2 minutes left")],
)
def test_while_it_is_sent_what_remains_counts_only_what_leaves(seconds: float | None, words: str) -> None:
    progress = MailingProgress(total=44, sent=10, failed=1, skipped=3, pending=30)
    standing = a_standing({("pending", ""): 41, **LEFT_OUT}, MailingStatus.SENDING)
    told = state_of(
        Situation(doing=Doing.SENDING, mailing=a_mailing(), standing=standing, progress=progress, seconds_left=seconds)
    )
    assert (told["progress"]["done"], told["progress"]["total"]) == (11, 41)
    assert told["progress"]["words"] == "11 of 41"
    assert told["progress"]["left"] == words
    assert told["result"] is None
    assert names(told) == ["pause", "cancel"]
    assert told["actions"][1]["question"] == ("Cancel the 30 messages that have not left? They will not be sent.")


def test_what_another_one_sends_is_watched_and_may_be_paused() -> None:
    standing = a_standing({("sent", ""): 3, ("pending", ""): 2}, MailingStatus.SENDING, at_work=True)
    told = state_of(Situation(mailing=a_mailing(), standing=standing))
    assert told["elsewhere"]
    assert told["progress"]["words"] == "3 of 5"
    assert names(told) == ["pause", "cancel"]


def test_after_it_four_numbers_add_up_to_the_list_and_each_reason_is_said() -> None:
    rows = {
        ("sent", ""): 39, ("failed", "smtp_550"): 1, ("in_doubt", "reply_lost"): 1, **LEFT_OUT,
        ("cancelled", "superseded"): 5,
    }  # fmt: skip
    told = state_of(Situation(mailing=a_mailing(), standing=a_standing(rows)))
    result = told["result"]
    assert [(state["state"], state["count"]) for state in result["states"]] == [
        ("sent", 39), ("failed", 1), ("in_doubt", 1), ("skipped", 3),
    ]  # fmt: skip
    assert [group["count"] for group in result["groups"]] == [1, 1, 2, 1]
    assert result["rows"] == 5
    assert names(told) == ["retry", "as_sent", "resend"]
    assert told["actions"][2]["question"] == "Send 1 message again? It may arrive twice."


def test_what_a_person_cancelled_was_not_sent() -> None:
    standing = a_standing({("sent", ""): 2, ("cancelled", ""): 3, ("failed", "smtp_550"): 1}, MailingStatus.CANCELLED)
    told = state_of(Situation(mailing=a_mailing(), standing=standing))
    assert [(state["state"], state["count"]) for state in told["result"]["states"]] == [
        ("sent", 2), ("failed", 1), ("in_doubt", 0), ("skipped", 0), ("cancelled", 3),
    ]  # fmt: skip
    assert told["result"]["groups"][-1] == {"state": "cancelled", "sentence": "Cancelled before it left.", "count": 3}
    assert told["note"] == "The rest of this mailing was cancelled."
    assert names(told) == []


def test_what_still_left_after_the_click_that_cancelled_is_told() -> None:
    standing = a_standing({("sent", ""): 20, ("cancelled", ""): 3}, MailingStatus.CANCELLED)
    note = state_of(Situation(mailing=a_mailing(), standing=standing, gone_before=17))["note"]
    assert note == (
        "The rest of this mailing was cancelled. 3 messages that were on their way at that moment still left."
    )
    note = state_of(Situation(mailing=a_mailing(), standing=standing, gone_before=20))["note"]
    assert note == "The rest of this mailing was cancelled."


def test_a_mailing_whose_sender_died_is_interrupted_and_not_being_sent() -> None:
    standing = a_standing({("sent", ""): 2, ("pending", ""): 3}, MailingStatus.SENDING)
    told = state_of(Situation(mailing=a_mailing(), standing=standing, account=ACCOUNT))
    assert told["note"] == "✕ Interrupted · 3 messages are waiting."
    assert names(told) == ["cancel", "resume"]
    use_language("fr")
    try:
        assert state_of(Situation(standing=standing, account=ACCOUNT))["note"].startswith("✕ Interrompu · ")
    finally:
        use_language(None)


def test_what_is_sent_elsewhere_says_what_it_waits_for() -> None:
    standing = a_standing({("pending", ""): 3}, MailingStatus.SENDING, at_work=True)
    situation = Situation(mailing=a_mailing(), standing=standing, next_due=UNTIL, waiting_for=WaitingFor.LIMITS)
    note = state_of(situation)["note"]
    assert note == ("This mailing is being sent from elsewhere. … Waits until 2026-11-22 14:05 (limit of the account)")


def test_a_pause_leaves_at_no_time() -> None:
    standing = a_standing({("pending", ""): 3}, MailingStatus.PAUSED)
    told = state_of(Situation(mailing=a_mailing(), standing=standing, next_due=UNTIL, waiting_for=WaitingFor.UNDO))
    assert told["waiting"] is None
    assert told["note"] == "… Paused · 3 messages are waiting."


def test_what_nobody_sends_can_be_taken_back_but_leaves_at_no_time_of_its_own() -> None:
    standing = a_standing({("pending", ""): 3}, MailingStatus.QUEUED)
    told = state_of(Situation(mailing=a_mailing(), standing=standing, next_due=UNTIL, waiting_for=WaitingFor.UNDO))
    assert told["waiting"]["words"] == "Can be taken back until 2026-11-22 14:05"


def test_a_part_of_a_minute_is_not_at_once() -> None:
    timing = Timing(undo_window=timedelta(seconds=30))
    told = state_of(Situation(offer=an_offer({("pending", ""): 41}), timing=timing))["offer"]
    assert told["undo"]["chosen"] == 1
    assert "It leaves in 1 minute" in told["question"]


@pytest.mark.parametrize(("minutes", "offered"), [(0, [0, 5, 10, 30]), (15, [0, 5, 10, 15, 30])])
def test_the_times_to_take_it_back_hold_the_practice_s_own(minutes: int, offered: list[int]) -> None:
    timing = Timing(undo_window=timedelta(minutes=minutes))
    undo = state_of(Situation(offer=an_offer({("pending", ""): 41}), timing=timing))["offer"]["undo"]
    assert undo["chosen"] == minutes
    assert [choice["minutes"] for choice in undo["choices"]] == offered


def test_it_is_said_in_french() -> None:
    use_language("fr")
    try:
        told = state_of(Situation(mailing=a_mailing(), offer=an_offer({("pending", ""): 41, **LEFT_OUT})))
        assert told["offer"]["button"] == "Envoyer 41 messages…"
        assert told["offer"]["question"] == "Envoyer 41 messages depuis secretariat@exemple.test\u00a0?"
    finally:
        use_language(None)


# --- when it leaves -------------------------------------------------------------------------------------------

UNTIL = datetime(2026, 11, 22, 14, 5, tzinfo=ZoneInfo("Europe/Paris"))


def test_who_confirms_reads_when_it_leaves_and_in_which_hours() -> None:
    timing = Timing(undo_window=timedelta(minutes=10), hours="08:00-20:00 open")
    offer = an_offer({("pending", ""): 41})
    asked = state_of(Situation(mailing=a_mailing(), offer=offer, timing=timing))["offer"]["question"]
    assert "It leaves in 10 minutes, and can be cancelled until then." in asked
    assert "Only within the sending hours (08:00-20:00 open)." in asked


def test_until_it_leaves_the_whole_sending_can_be_cancelled() -> None:
    progress = MailingProgress(total=3, pending=3, waiting_until=UNTIL, waiting_for=WaitingFor.UNDO)
    standing = a_standing({("pending", ""): 3}, MailingStatus.SENDING)
    told = state_of(Situation(doing=Doing.SENDING, mailing=a_mailing(), standing=standing, progress=progress))
    assert told["waiting"]["until"] == UNTIL.timestamp()
    assert abs(told["waiting"]["now"] - datetime.now(UTC).timestamp()) < 60
    assert told["waiting"]["words"] == "Leaves at 2026-11-22 14:05"
    assert [action["label"] for action in told["actions"]] == ["Pause", "Cancel the sending…"]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (WaitingFor.LIMITS, "The account has sent as much as it may for now; it may go on at 2026-11-22 14:05."),
        (WaitingFor.HOURS, "It is outside the sending hours; they may leave from 2026-11-22 14:05."),
        (WaitingFor.RETRY, "3 messages are put off until 2026-11-22 14:05."),
    ],
)
def test_why_the_rest_waits_is_told(why: WaitingFor, said: str) -> None:
    standing = a_standing({("pending", ""): 3}, MailingStatus.QUEUED)
    told = state_of(Situation(mailing=a_mailing(), standing=standing, next_due=UNTIL, waiting_for=why))
    assert said in told["note"]
    assert told["waiting"] is None


def test_a_limit_that_is_waited_for_is_no_attempt_of_the_server_s() -> None:
    progress = MailingProgress(total=3, pending=3, waiting_until=UNTIL, waiting_for=WaitingFor.LIMITS)
    standing = a_standing({("pending", ""): 3}, MailingStatus.SENDING)
    told = state_of(Situation(doing=Doing.SENDING, mailing=a_mailing(), standing=standing, progress=progress))
    assert told["progress"]["left"] == "the account has sent as much as it may, goes on at 2026-11-22 14:05"
    assert told["waiting"] is None


@pytest.mark.parametrize("zone", ["Europe/Paris", "UTC"])
def test_when_it_leaves_is_told_by_the_clock_of_the_practice(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    until = datetime(2026, 11, 22, 14, 5, tzinfo=ZoneInfo(zone))
    progress = MailingProgress(total=3, pending=3, waiting_until=until, waiting_for=WaitingFor.UNDO)
    standing = a_standing({("pending", ""): 3}, MailingStatus.SENDING)
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        told = state_of(Situation(doing=Doing.SENDING, mailing=a_mailing(), standing=standing, progress=progress))
        waits = state_of(Situation(standing=standing, next_due=until, waiting_for=WaitingFor.LIMITS))
    time.tzset()
    assert told["waiting"]["words"] == "Leaves at 2026-11-22 14:05"
    assert "14:05" in told["progress"]["left"]
    assert "14:05" in waits["note"]
