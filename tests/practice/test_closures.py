"""The days on which the practice does not work, and what follows from them."""

from __future__ import annotations

from datetime import date

import pytest

from workbench.errors import BadValue, UsageError
from workbench.practice.practice import Practice


def test_a_declared_closure_moves_the_next_open_day_and_is_shown(practice: Practice) -> None:
    before = practice.calendar
    day = before.shift_open(date(2027, 3, 1), 0)
    assert practice.closures.close(day, reason="Travaux") == 1
    assert not practice.calendar.is_open(day)
    shown = practice.closures.show(day, day)
    assert shown[["kind", "reason"]].to_numpy().tolist() == [["closure", "Travaux"]]


def test_following_closed_days_are_one_row_and_the_holiday_beside_them_another(practice: Practice) -> None:
    practice.closures.close("2027-05-04", "2027-05-07", reason="Pont")
    shown = practice.closures.show("2027-05-03", "2027-05-10")
    assert shown[["kind", "starts_on", "ends_on"]].astype(str).to_numpy().tolist() == [
        ["closure", "2027-05-04", "2027-05-07"],
        ["holiday", "2027-05-06", "2027-05-06"],
        ["holiday", "2027-05-08", "2027-05-08"],
    ]


def test_a_closure_taken_back_opens_the_days_again(practice: Practice) -> None:
    practice.closures.close("2027-03-01", "2027-03-03")
    assert practice.closures.reopen("2027-03-02", "2027-03-03") == 2
    assert practice.calendar.is_open(date(2027, 3, 2))
    assert not practice.calendar.is_open(date(2027, 3, 1))
    assert practice.closures.reopen("2027-03-02") == 0


def test_the_same_days_declared_twice_are_closed_once_with_the_newer_reason(practice: Practice) -> None:
    practice.closures.close("2027-03-01", reason="Travaux")
    assert practice.closures.close("2027-03-01", "2027-03-02", reason="Grands travaux") == 1
    assert practice.closures.show("2027-03-01", "2027-03-02")["reason"].tolist() == ["Grands travaux"]


def test_a_site_alone_may_be_closed_and_the_practice_stays_open(practice: Practice) -> None:
    site = practice.choices()["site"][0][0]
    practice.closures.close("2027-03-01", site=site)
    assert practice.calendar.is_open(date(2027, 3, 1))
    with pytest.raises(BadValue, match="nowhere"):
        practice.closures.close("2027-03-01", site="nowhere")


def test_a_leave_names_who_is_away_and_who_replaces(practice: Practice) -> None:
    practice.closures.leave("Molaire", "2027-08-01", "2027-08-15", replacement="Dr Émail", replacement_phone="01")
    row = practice.closures.show("2027-08-10", "2027-08-12").iloc[0]
    assert (row["kind"], row["practitioner"], row["replacement"]) == ("leave", "Dr Martin Molaire", "Dr Émail")
    with pytest.raises(BadValue, match="Personne"):
        practice.closures.leave("Personne", "2027-08-01")


@pytest.mark.parametrize(("first", "last"), [("2027-03-02", "2027-03-01"), ("2027-01-01", "2029-01-01")])
def test_days_in_the_wrong_order_or_of_years_are_refused(practice: Practice, first: str, last: str) -> None:
    with pytest.raises(UsageError, match=r"2027-03-02|2029-01-01"):
        practice.closures.close(first, last)


def test_who_closed_the_practice_is_journalled(practice: Practice) -> None:
    practice.closures.close("2027-03-01")
    act = practice.ledger.acts.acts().iloc[-1]
    assert (act["what"], act["by"]) == ("practice.closed", practice.user)
