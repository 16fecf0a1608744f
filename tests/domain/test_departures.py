"""When a message comes too late, and how long it can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from workbench.domain.departures import expiry, lifetime, undo_window
from workbench.errors import BadValue

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def too_late(*occasions: str, expires: str = "") -> datetime | None:
    return expiry(expires, occasions, now=NOW, zone=PARIS)


def test_a_reminder_is_too_late_when_its_appointment_begins_on_the_practice_s_clock() -> None:
    assert too_late("appointment:A1@2026-11-23T09:00") == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert too_late("appointment:A1@2027-07-01T09:00") == datetime(2027, 7, 1, 7, 0, tzinfo=UTC)


def test_of_several_appointments_the_first_one_to_come_counts() -> None:
    told = ("appointment:A2@2026-11-23T14:00", "appointment:A1@2026-11-23T09:00", "appointment:A0@2026-11-20T09:00")
    assert too_late(*told) == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_a_letter_about_the_past_or_about_no_appointment_never_is() -> None:
    assert too_late("appointment:A1@2026-11-20T09:00") is None
    assert too_late("invoice:F1", "patient:12@2026-11-30", "row:1@abc", "appointment:A1", "appointment:A1@?") is None
    assert too_late("appointment:A1@2026-11-23") is None


def test_the_email_type_decides_otherwise() -> None:
    assert too_late("appointment:A1@2026-11-23T09:00", expires="never") is None
    assert too_late("invoice:F1", expires="P2D") == NOW + timedelta(days=2)
    assert too_late("appointment:A1@2026-11-23T09:00", expires="6 h") == NOW + timedelta(hours=6)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("P2D", timedelta(days=2)),
        ("p1dt12h30m", timedelta(days=1, hours=12, minutes=30)),
        ("PT90M", timedelta(minutes=90)),
        ("48", timedelta(hours=48)),
        ("48 heures", timedelta(hours=48)),
        ("Never", None),
    ],
)
def test_a_lifetime_is_read_as_it_is_written(text: str, found: timedelta | None) -> None:
    assert lifetime(text) == found


@pytest.mark.parametrize("text", ["", "P", "PT", "P0D", "0", "two days", "P2W", "-3", "P2D5H"])
def test_what_says_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="says no time"):
        lifetime(text)


def test_a_mailing_is_taken_back_within_a_day_at_most() -> None:
    assert undo_window(10) == timedelta(minutes=10)
    assert undo_window(0) == timedelta()
    for minutes in (-1, 1441, float("nan"), float("inf")):
        with pytest.raises(BadValue):
            undo_window(minutes)
