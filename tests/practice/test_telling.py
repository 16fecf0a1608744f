"""What is told of mailings: their numbers, alike everywhere, and how they stand while they are sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tests.practice.conftest import NOW
from workbench.displays.stages import stage_words
from workbench.domain.deliveries import OPEN
from workbench.domain.departures import WaitingFor
from workbench.domain.mailings import STAGES, MailingStatus
from workbench.domain.summaries import MailingSummary
from workbench.errors import MailingError
from workbench.practice import Mailing, Practice

PARIS = ZoneInfo("Europe/Paris")


def mailing_of(practice: Practice, *, account: str = "folder", key: str = "m") -> Mailing:
    """A mailing to three rows of a table of its own."""
    word = practice.templates.import_text("<p>Bonjour {{ name }}</p>", path="Essais/Mot", beside=practice.path)
    rows = [{"id": f"{key}{one}", "email": f"{one}@exemple.test", "name": one} for one in "abc"]
    return practice.mailing(pd.DataFrame(rows), word, account=account, key=key)


def sending(practice: Practice, number: int) -> None:
    practice.ledger.mailings.set_status(number, MailingStatus.SENDING, by="claire", now=NOW)


def test_rows_that_others_replace_are_in_no_number(practice: Practice) -> None:
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    mailing = practice.mailing(rdv, "Rendez-vous/Rappel de rendez-vous", key="rappel")
    number = mailing.queue()
    first, second = practice.ledger.mailings.numbers(number, OPEN)[:2]
    practice.cancel(number, deliveries=[first])
    gone = practice.results(number).set_index("delivery_id").loc[second, "appointment_id"]
    later = rdv[rdv["appointment_id"] != gone].copy()
    later.attrs["workbench"] = {**rdv.attrs["workbench"], "rows": len(later)}  # the appointment was cancelled since
    practice.mailing(later, "Rendez-vous/Rappel de rendez-vous", key="rappel").queue()
    tally = practice.tally(number)
    assert tally.of("cancelled") == {"": 1, "superseded": 1}
    counts = tally.counts
    assert counts.cancelled == 1
    assert practice.ledger.mailings.counts(number) == counts
    [listed] = practice.mailings().to_dict("records")
    assert {name: listed[name] for name in ("pending", "skipped", "cancelled")} == {
        "pending": counts.pending, "skipped": counts.skipped, "cancelled": 1,
    }  # fmt: skip
    told = {(status, reason): count for status, reason, count in MailingSummary.of(tally).rows}
    assert told["cancelled", ""] == 1
    assert ("cancelled", "superseded") not in told


def test_a_mailing_that_nobody_sends_any_more_is_interrupted(practice: Practice) -> None:
    number = mailing_of(practice).queue()
    assert practice.stage(number).code == "queued"
    sending(practice, number)
    stage = practice.stage(number)  # its sender was killed
    assert stage.interrupted
    assert stage_words(stage) == "✕ Interrupted"
    assert practice.mailings()["stage"].tolist() == ["interrupted"]
    with practice.ledger.start_sender(user="claire", now=NOW):
        assert practice.stage(number).code == "sending"


def test_a_mailing_whose_sender_died_is_interrupted_though_another_one_is_being_sent(practice: Practice) -> None:
    dead, other = mailing_of(practice).queue(), mailing_of(practice, key="o").queue()
    sending(practice, dead)
    sending(practice, other)
    with practice.ledger.start_sender(user="claire", now=NOW, mailing_id=other):
        assert practice.stage(dead).interrupted
        assert practice.stage(other).code == "sending"
        assert not practice.ledger.mailings.standing(dead, now=NOW).at_work
    assert practice.stage(other).interrupted


def test_a_mailing_that_waits_tells_for_what_and_until_when(practice: Practice) -> None:
    practice.accounts.set("slow", kind="folder", folder="out", hours="20:00-21:00")
    undo = mailing_of(practice, key="undo").leaves(undo_window=10).queue()
    later = mailing_of(practice, account="slow", key="hours").leaves(within_hours=True).queue()
    with practice.ledger.start_sender(user="claire", now=NOW):
        sending(practice, undo)
        sending(practice, later)
        told = practice.mailings().set_index("mailing_id")
        words = stage_words(practice.stage(undo)), stage_words(practice.stage(later))
    assert told.loc[undo, "stage"] == "waiting_undo"
    assert told.loc[undo, "goes_on_at"] == NOW + timedelta(minutes=10)
    assert told.loc[later, "stage"] == "waiting_hours"
    assert told.loc[later, "goes_on_at"] == datetime(2026, 11, 22, 20, 0, tzinfo=PARIS)
    assert words == ("… Leaves at 2026-11-22 10:40", "… Waits until 2026-11-22 20:00 (sending hours)")
    assert {f"waiting_{why}" for why in WaitingFor if why} < set(STAGES)


def test_a_list_without_any_mailing_that_waits_has_its_columns(practice: Practice) -> None:
    assert str(practice.mailings()["goes_on_at"].dtype).endswith("UTC]")
    mailing_of(practice).queue()
    frame = practice.mailings()
    assert str(frame["goes_on_at"].dtype).endswith("UTC]")
    assert frame["goes_on_at"].isna().all()


def test_who_cancelled_a_mailing_and_when_is_known(practice: Practice) -> None:
    number = mailing_of(practice).queue()
    assert practice.cancellation(number) is None
    practice.cancel(number)
    assert practice.cancellation(number) == (NOW, "claire")
    assert str(practice.cancellation(number)[0].tzinfo) == "Europe/Paris"  # type: ignore[index]


def test_a_mailing_that_has_ended_is_not_cancelled(practice: Practice) -> None:
    mailing = mailing_of(practice)
    mailing.send(confirmed=True)
    assert practice.stage(mailing.id or 0).code == "finished"
    with pytest.raises(MailingError, match="has ended"):
        practice.cancel(mailing.id or 0)
    assert practice.stage(mailing.id or 0).code == "finished"
    assert mailing.counts.cancelled == 0
    assert practice.cancel(mailing.id or 0, deliveries=[1]) == 0  # of what waits, some: nothing waits
