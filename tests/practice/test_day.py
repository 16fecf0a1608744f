"""« Ma journée » counts what is so: what is to be told and was told, whom to call, what failed, what is uncertain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.practice.conftest import NOW
from workbench.databases import writing
from workbench.errors import UnknownPatient
from workbench.ledger import schema
from workbench.practice import Practice
from workbench.practice.day import ToTell


def parts(one: ToTell) -> int:
    return one.told + one.waiting + one.ready + one.failed + one.to_correct + one.left_out


def test_the_numbers_add_up_and_agree_with_the_mailing(practice: Practice) -> None:
    day = practice.day()
    for one in day.to_tell.values():
        assert parts(one) == one.total, one.search
    reminders = day.to_tell["appointments"]
    mailing = practice.mailing(practice.search("appointments", **reminders.parameters), reminders.template)
    planned = mailing.forecast()
    assert (reminders.ready, reminders.total) == (planned.pending, len(mailing.recipients))
    assert reminders.told == 0
    assert reminders.last_at is None


def test_what_was_sent_is_told_with_when_and_by_whom(practice: Practice) -> None:
    before = practice.day(tell=["appointments"]).to_tell["appointments"]
    rows = practice.search("appointments", **before.parameters)
    some = rows.head(20)
    results = practice.mailing(some, before.template, account="folder").send(confirmed=True)
    sent = int((results["status"] == "sent").sum())
    day = practice.day(tell=["appointments"])
    after = day.to_tell["appointments"]
    assert list(day.to_tell) == ["appointments"]
    assert sent > 0
    assert (after.told, after.ready) == (sent, before.ready - sent)
    assert parts(after) == after.total == before.total
    assert (after.last_by, after.last_at) == ("claire", NOW)
    assert {one.account: one.today for one in day.spent}["folder"] == sent


def test_what_waits_failed_or_is_uncertain_is_counted_apart(practice: Practice) -> None:
    reminders = practice.day(tell=["appointments"]).to_tell["appointments"]
    mailing = practice.mailing(
        practice.search("appointments", **reminders.parameters), reminders.template, account="folder"
    )
    mailing.send(confirmed=True)
    table = schema.deliveries
    with writing(practice.ledger.results._engine) as connection:  # type: ignore[attr-defined]
        sent = [row[0] for row in connection.execute(table.select().where(table.c.status == "sent")).all()]
        occasions = schema.occasions
        for number, status in zip(sent, ("failed", "in_doubt", "pending"), strict=False):
            connection.execute(table.update().where(table.c.id == number).values(status=status))
            if status == "failed":  # whoever was refused was told nothing
                connection.execute(occasions.delete().where(occasions.c.delivery_id == number))
    day = practice.day(tell=["appointments"])
    after = day.to_tell["appointments"]
    assert (after.failed, after.waiting, after.told) == (1, 1, len(sent) - 2)
    assert parts(after) == after.total
    assert day.failed["delivery_id"].tolist() == sent[:1]
    assert day.uncertain == 1
    assert day.unfinished["mailing_id"].tolist() == [mailing.id]
    assert day.to_approve.empty


def test_whom_to_call_is_ticked_journalled_and_may_be_taken_back(practice: Practice) -> None:
    first = practice.day(tell=()).to_phone.iloc[0]
    who, about = first["patient_id"], first["appointment_id"]
    assert practice.calls(who).empty
    practice.called(who, appointment_id=about)
    told = practice.day(tell=()).to_phone.iloc[0]
    assert (told["called_by"], told["called_at"]) == ("claire", NOW)
    assert practice.calls(who)["appointment_id"].tolist() == [about]
    practice.called(who, appointment_id=about, done=False)
    assert practice.day(tell=()).to_phone["called_by"].isna().all()
    assert practice.calls(who).empty
    assert len(practice.ledger.acts.of_kind("patient.called", since=NOW - timedelta(days=1))) == 2
    with pytest.raises(UnknownPatient):
        practice.called("nobody")


def test_a_day_before_days_off_looks_at_the_next_open_one(practice: Practice) -> None:
    practice.now = lambda: NOW - timedelta(days=1)  # a Saturday
    day = practice.day(tell=["appointments"])
    assert day.next_day.weekday() == 0
    assert day.to_tell["appointments"].parameters["start"] == "J+1 open"
    assert day.to_tell["appointments"].total > 0


def test_a_job_that_will_tell_the_same_people_today_is_named(practice: Practice) -> None:
    def due() -> tuple[str, str]:
        one = practice.to_tell("appointments")["appointments"]
        return one.job, one.job_at.isoformat() if one.job_at else ""

    reminders = practice.to_tell("appointments")["appointments"]
    assert (reminders.job, reminders.job_at) == ("", None)
    later = (NOW + timedelta(hours=1)).astimezone(practice.calendar.zone)
    job = practice.jobs.add("Rappels", treatment="appointments", template=reminders.template, time=f"{later:%H:%M}")
    assert due() == ("Rappels", later.replace(second=0, microsecond=0).isoformat())
    practice.jobs.change(job.key, template="Rendez-vous/Rendez-vous manqué")  # which tells something else
    assert due() == ("", "")
    practice.jobs.change(job.key, template=reminders.template, parameters={"start": "J+9", "end": "J+9"})
    assert due() == ("", "")
    practice.jobs.change(job.key, parameters={})
    assert due()[0] == "Rappels"
    practice.jobs.disable(job.key)
    assert due() == ("", "")
