from __future__ import annotations

import itertools

import pytest

from workbench.domain.deliveries import ALLOWED_MOVES, OPEN, DeliveryStatus, check_move, sentence_of_reason
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


@pytest.mark.parametrize("final", [DeliveryStatus.SENT, DeliveryStatus.CANCELLED])
def test_nothing_moves_what_is_settled(final):
    assert not ALLOWED_MOVES[final]


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
