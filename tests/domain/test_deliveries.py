from __future__ import annotations

import itertools

import pytest

from workbench.domain.deliveries import (
    ALLOWED_MOVES,
    OPEN,
    DeliveryStatus,
    check_move,
    occasion_subject,
    recipient_group,
    sentence_of_reason,
)
from workbench.errors import ForbiddenMove


def test_every_status_says_where_it_may_go():
    assert set(ALLOWED_MOVES) == set(DeliveryStatus)


@pytest.mark.parametrize(("old", "new"), [*itertools.product(DeliveryStatus, repeat=2)])
def test_only_an_allowed_move_is_made(old, new):
    if new in ALLOWED_MOVES[old]:
        check_move(old, new)
    else:
        with pytest.raises(ForbiddenMove):
            check_move(old, new)


def test_nothing_moves_what_is_settled():
    assert not ALLOWED_MOVES[DeliveryStatus.SENT]


def test_what_was_cancelled_does_not_leave_before_it_waits_again():
    assert ALLOWED_MOVES[DeliveryStatus.CANCELLED] == {DeliveryStatus.PENDING, DeliveryStatus.SKIPPED}


@pytest.mark.parametrize(
    ("recipient", "group"),
    [
        ("patient:1@2026-11-23:A1@09:00", "patient:1@2026-11-23"),
        ("patient:1@2026-11-23:A1@09:00+A2@10:00", "patient:1@2026-11-23"),
        ("patient:1@2026-11-23", "patient:1@2026-11-23"),
        ("patient:a:b@c@2026-11-23:A1@09:00", "patient:a:b@c@2026-11-23"),
        ("invoice:7", "invoice:7"),
        ("row:a@b.fr", "row:a@b.fr"),
    ],
)
def test_what_is_told_about_one_patients_day_is_told_once(recipient, group):
    assert recipient_group(recipient) == group


def test_the_subject_of_an_occasion_is_what_stays_when_it_moves():
    assert occasion_subject("appointment:A@1@2026-11-23T09:00") == "appointment:A@1"
    assert occasion_subject("invoice:7") == "invoice:7"


def test_a_message_in_doubt_is_never_sending_again_by_itself():
    assert DeliveryStatus.SENDING not in ALLOWED_MOVES[DeliveryStatus.IN_DOUBT]


def test_nothing_leaves_without_the_line_that_says_it_is_leaving():
    leads_to_sent = {old for old, moves in ALLOWED_MOVES.items() if DeliveryStatus.SENT in moves}
    assert leads_to_sent == {DeliveryStatus.SENDING, DeliveryStatus.IN_DOUBT}


def test_an_open_row_can_still_leave():
    assert {DeliveryStatus.PENDING, DeliveryStatus.SENDING} == OPEN


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("no_address", "No e-mail address"),
        ("missing_field:@RDVDATE", " @RDVDATE "),
        ("render_error:line 3: boom", "line 3: boom"),
        ("smtp_550", "550"),
    ],
)
def test_a_reason_is_told_in_a_sentence(reason, told, english):
    assert told in sentence_of_reason(reason)


def test_a_reason_of_a_later_version_is_shown_as_it_is():
    assert sentence_of_reason("never_heard_of") == "never_heard_of"
