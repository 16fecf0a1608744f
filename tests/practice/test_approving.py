"""Mailings that wait for somebody's word: who decides late, is killed while deciding, or who objected since."""

from __future__ import annotations

from typing import Any

import pytest

from tests.practice.test_scheduling import Office
from workbench.domain.jobs import OccurrenceRecord, OccurrenceState
from workbench.domain.mailings import MailingStatus
from workbench.errors import JobError
from workbench.practice import Practice, jobs

S = OccurrenceState


@pytest.fixture
def office(practice: Practice) -> Office:
    office = Office(practice)
    office.at(22, 10)
    office.add(approvers="claire", approve_by="20:00")
    return office


def prepared(office: Office, day: int = 22) -> OccurrenceRecord:
    """Return what waits for Claire, once the job came round."""
    (record,) = office.tick(day, 12).done
    assert record.state is S.AWAITING_APPROVAL
    return record


def test_killed_while_somebody_released_it_it_waits_no_longer_than_before(office: Office) -> None:
    record = prepared(office)
    book = office.practice.ledger.occurrences
    office.at(22, 19, 59)
    with book.owner() as owner:
        assert book.take(owner, record) is not None  # and whoever did it was killed
    office.tick(22, 20, 5)
    assert office.log == [("22", "skipped", "not_approved")]
    assert office.practice.ledger.mailings.mailing(record.mailing_id).status is MailingStatus.CANCELLED


def test_each_of_several_is_released_in_its_time_or_not_at_all(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.practice.jobs.change("manques", approve_by="")
    first = prepared(office)
    office.practice.jobs.change("manques", approve_by="20:00", parameters={"start": "J-90", "end": "J-5"})
    second = prepared(office, 23)
    assert second.approve_until is not None
    done = jobs.execute

    def slow(practice: Practice, record: OccurrenceRecord, **told: Any) -> OccurrenceRecord:
        ended = done(practice, record, **told)
        office.at(23, 20, 30)
        return ended

    monkeypatch.setattr(jobs, "execute", slow)
    office.at(23, 19, 59)
    with pytest.raises(JobError, match="too late"):
        office.practice.jobs.approve("manques")
    assert [(day, state) for day, state, _why in office.log] == [("22", "done"), ("23", "awaiting_approval")]
    assert office.practice.ledger.mailings.mailing(first.mailing_id).status is MailingStatus.FINISHED
    assert office.practice.ledger.mailings.mailing(second.mailing_id).status is MailingStatus.AWAITING_APPROVAL


def test_who_was_found_after_it_had_ended_waits_for_a_word_too(office: Office) -> None:
    practice = office.practice
    rows = practice.search("missed", start="J-1", end="J-1")
    template = "Rendez-vous/Rendez-vous manqué"

    def freeze(count: int) -> MailingStatus:
        mailing = practice.mailing(rows.iloc[:count], template, account="folder", key="k").leaves(approval=True)
        mailing.send(confirmed=True)
        assert mailing.id is not None
        return practice.ledger.mailings.mailing(mailing.id).status

    assert freeze(1) is MailingStatus.AWAITING_APPROVAL
    number = int(practice.ledger.mailings.unfinished()["mailing_id"].iloc[0])
    practice.ledger.mailings.set_status(number, MailingStatus.QUEUED, by="claire", now=practice.now())
    practice.drain(number)
    assert office.letters == 1
    assert freeze(3) is MailingStatus.AWAITING_APPROVAL
    office.tick(22, 11)
    assert office.letters == 1


def test_who_objects_before_it_is_released_gets_nothing(office: Office) -> None:
    record = prepared(office)
    practice = office.practice
    rows = practice.results(record.mailing_id, identities=True)
    waiting = rows[rows["status"] == "pending"]
    practice.opt_out(str(waiting["address"].iloc[0]))
    (done,) = practice.jobs.approve("manques")
    after = practice.results(record.mailing_id).set_index("delivery_id")["reason"]
    assert after[waiting["delivery_id"].iloc[0]] == "opted_out"
    assert (
        office.letters - 1 == len(waiting) - 1 == practice.ledger.mailings.counts(done.mailing_id).sent
    )  # one tells that it waits


def test_a_reminder_that_is_released_after_its_appointment_does_not_leave(office: Office) -> None:
    office.add("Rappels", treatment="appointments", template="Rendez-vous/Rappel de rendez-vous", time="12:30",
               approvers="claire")  # fmt: skip
    made = office.tick(22, 12, 30).done
    (record,) = [one for one in made if one.key == "rappels"]
    assert office.practice.ledger.mailings.counts(record.mailing_id).pending
    office.at(25, 12)
    office.practice.jobs.approve("rappels")
    counts = office.practice.ledger.mailings.counts(record.mailing_id)
    assert (counts.sent, counts.pending) == (0, 0)
    assert counts.skipped


@pytest.mark.parametrize("way", ["resume", "drain", "pause", "tick"])
def test_nothing_releases_it_but_an_approver(office: Office, way: str) -> None:
    record = prepared(office)
    assert record.mailing_id is not None
    practice = office.practice
    ways = {
        "resume": lambda: practice.mailing_by_id(record.mailing_id).resume(),
        "drain": lambda: practice.drain(record.mailing_id),
        "pause": lambda: practice.pause(record.mailing_id),
    }
    if way == "tick":
        office.tick(22, 12, 30)
    else:
        with pytest.raises(Exception, match="awaiting_approval"):
            ways[way]()
    assert office.letters == 1  # it is told that it waits
    assert practice.ledger.mailings.mailing(record.mailing_id).status is MailingStatus.AWAITING_APPROVAL


def test_why_it_was_refused_names_nobody_who_was_erased(office: Office) -> None:
    record = prepared(office)
    practice = office.practice
    rows = practice.results(record.mailing_id, identities=True)
    row = rows[rows["role"] == "patient"].iloc[0]
    name = str(practice.patients.show(str(row["patient_id"]))["last_name"])
    assert record.mailing_id is not None
    practice.jobs.refuse(record.mailing_id, reason=f"{name} est au bloc")
    practice.erase_patient(str(row["patient_id"]), reason="sa demande")
    (after,) = practice.ledger.occurrences.of(record.key)
    assert after.trace["refused_why"] == "… est au bloc"
    moves = practice.ledger.mailings.moves(record.mailing_id)
    assert [why for *_who, why in moves if why] == ["… est au bloc"]
    assert practice.ledger.mailings.mailing(record.mailing_id).reason == "… est au bloc"
