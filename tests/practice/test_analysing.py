"""Whether reminders prevent missed appointments: which reminders count, what is compared, how sure it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.practice.conftest import NOW
from workbench.domain.frames import VISIT_COLUMNS
from workbench.domain.rates import newcombe, wilson
from workbench.errors import BadValue, UnknownName
from workbench.ledger import schema
from workbench.practice import Practice
from workbench.practice.reminder_effect import ReminderEffect

REMINDER = "Rendez-vous/Rappel de rendez-vous"


@pytest.fixture
def sent(practice: Practice) -> Practice:
    """The sample practice with tomorrow's reminders sent."""
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    practice.mailing(rdv, REMINDER, account="folder").send(confirmed=True)
    return practice


def in_two_days(practice: Practice) -> Practice:
    """The same practice when tomorrow is over; the agenda is as it was."""
    practice.now = lambda: NOW + timedelta(days=2)
    return practice


def test_every_appointment_that_has_begun_is_told_once_with_its_last_reminder(practice: Practice) -> None:
    visits = practice.analysis.visits("J-365", "today")
    assert tuple(visits.columns) == VISIT_COLUMNS
    assert visits["appointment_id"].is_unique
    assert (visits["starts_at"] < NOW).all()
    told = visits[visits["reminded"]]
    assert (told["reminded_at"] < told["starts_at"]).all()
    assert (told["notice_hours"] > 0).all()
    assert set(told["via"]) == {"outside"}
    assert visits.loc[~visits["reminded"], ["reminded_at", "channel", "via", "notice"]].isna().all(axis=None)
    contacts = practice.tables.contacts()
    reminders = contacts[contacts["purpose"] == "appointment_reminder"]
    assert set(told["appointment_id"]) <= set(reminders["appointment_id"])
    assert len(told) > 1000


def test_a_message_of_the_workbench_counts_when_it_left_before_the_very_start(sent: Practice) -> None:
    told = sent.tables.told(kind="appointment")
    visits = in_two_days(sent).analysis.visits("J-1", "J-1").set_index("appointment_id")
    mine = visits.loc[visits.index.isin(told["appointment_id"])]
    assert len(mine) == len(told)
    assert mine["reminded"].all()
    assert set(mine["via"]) == {"workbench"}
    # One was told another start: that is no reminder of this one. One left when it had begun.
    moved, late = told["appointment_id"].drop_duplicates().iloc[:2]
    with sent.store.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(
            sa.text("update appointments set starts_at = datetime(starts_at, '+1 hour') where appointment_id = :one"),
            {"one": moved},
        )
    with sent.ledger.engine.begin() as connection:  # type: ignore[attr-defined]
        number = int(told.loc[told["appointment_id"] == late, "delivery_id"].iloc[0])
        connection.execute(
            schema.deliveries.update().where(schema.deliveries.c.id == number), {"sending_at": NOW + timedelta(days=2)}
        )
    again = sent.analysis.visits("J-1", "J-1").set_index("appointment_id")
    assert not again.loc[[moved, late], "reminded"].any()


def test_nobody_knows_is_not_counted_as_sent_and_not_as_unsent(sent: Practice) -> None:
    with sent.ledger.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(schema.deliveries.update(), {"status": "in_doubt"})
    with sent.store.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(sa.text("update appointments set state = 'present' where state = 'upcoming'"))
    in_two_days(sent)
    visits = sent.analysis.visits("J-1", "J-1")
    assert visits["uncertain"].sum() > 30
    assert not visits["reminded"].any()
    effect = sent.analysis.reminders("J-1", "J-1", made_before=0)
    assert effect.left_out["uncertain"] == int(visits["uncertain"].sum())
    assert effect.reminded.number == 0


def test_all_appointments_are_compared_or_told_why_not(practice: Practice) -> None:
    effect = practice.analysis.reminders("J-700", "today", made_before=8)
    visits = practice.analysis.visits("J-700", "today")
    assert len(effect.visits) + sum(effect.left_out.values()) == len(visits)
    assert effect.left_out["made_late"] > 0
    assert set(effect.visits["state"]) == {"present", "missed"}
    assert effect.visits["lead_days"].min() >= 8
    (off, reminded), (off_others, others) = effect.called_off
    assert off + off_others == effect.left_out["called_off"]
    assert reminded + others == len(effect.visits) + effect.left_out["called_off"]


def test_the_rates_are_those_of_the_rows(practice: Practice) -> None:
    effect = practice.analysis.reminders("J-700", "yesterday")
    for by in ("lead", "hour", "weekday", "practitioner", "nature"):
        rates = effect.rates(by)
        assert rates["number"].sum() == len(effect.visits)
        assert rates["missed"].sum() == effect.visits["missed"].sum()
        row = rates.iloc[0]
        mine = effect.visits[(effect.visits[by] == row[by]) & (effect.visits["reminded"] == row["reminded"])]
        told = wilson(int(mine["missed"].sum()), len(mine))
        assert (row["low"], row["high"], row["few"]) == (told.low, told.high, len(mine) < 30)
    assert effect.rates("notice")["number"].sum() == effect.reminded.number
    with_one, without = effect.rates().to_dict("records")
    assert (with_one["rate"], without["rate"]) == (effect.reminded.share, effect.not_reminded.share)
    by_practitioner = effect.differences("practitioner")
    assert by_practitioner["reminded"].sum() == effect.reminded.number
    for wrong in (effect.rates, effect.differences, lambda by: effect.matched([by])):
        with pytest.raises(UnknownName, match="phase"):
            wrong("phase")
    with pytest.raises(UnknownName):
        effect.differences("notice")


def made(*rows: tuple[int, int, str, bool, bool]) -> ReminderEffect:
    """A comparison of appointments of our own: weekday, hour, practitioner, reminded, missed."""
    visits = pd.DataFrame(rows, columns=["weekday", "hour", "practitioner", "reminded", "missed"])
    day = datetime(2026, 11, 2).date()
    return ReminderEffect(
        start=day, end=day, visits=visits.assign(patient_id="1", via="workbench"), left_out={},
        called_off=((0, 0), (0, 0)), made_before=2,
    )  # fmt: skip


def test_only_appointments_that_have_their_like_are_compared() -> None:
    monday, friday = (0, 9, "MM"), (4, 9, "MM")
    rows = [(*monday, True, False)] * 30 + [(*monday, True, True)] * 10 + [(*monday, False, True)] * 40
    effect = made(*rows, *[(*friday, True, False)] * 500)
    told = effect.matched()
    assert (told.strata, told.first, told.second) == (1, 40, 40)
    assert told.value == pytest.approx(newcombe((10, 40), (40, 40)).value)
    assert effect.difference.value == pytest.approx(10 / 540 - 1)
    alone = made(*[(*monday, True, False)] * 50)
    assert alone.matched().strata == 0
    assert not alone.matched().shown


def test_days_and_reasons_count_what_was_decided(sent: Practice) -> None:
    days = sent.analysis.days("J-30")
    results = sent.tables.deliveries()
    today = days[days["day"] == pd.Timestamp("2026-11-22")].set_index("status")["count"]
    assert today["sent"] == (results["status"] == "sent").sum()
    assert today["skipped"] == (results["status"] == "skipped").sum()
    assert not days.duplicated(["day", "status"]).any()
    contacts = sent.tables.contacts()["at"].dt.tz_convert("Europe/Paris")
    first = pd.Timestamp("2026-10-23", tz="Europe/Paris")
    assert days.loc[days["status"] == "outside", "count"].sum() == (contacts >= first).sum()
    reasons = sent.analysis.reasons()
    assert reasons["count"].sum() == (results["status"] == "skipped").sum()
    assert set(reasons["reason"]) >= {"no_address", "opted_out"}
    assert reasons["share"].sum() == pytest.approx(reasons["count"].sum() / len(results))
    drawn = sent.analysis.plot_reasons()
    assert f"(n = {reasons['count'].sum()})" in drawn.axes[0].get_title(loc="left")
    assert "refused" in drawn.alternative or "e-mail" in drawn.alternative


def test_a_period_that_ends_before_it_begins_is_refused(practice: Practice) -> None:
    with pytest.raises(BadValue, match="comes before"):
        practice.analysis.visits("today", "J-3")
