from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.mailings import Counts, MailingPlan, MailingStage, MailingStatus

PLAN = MailingPlan(
    template="Rendez-vous/Rappel",
    account="cabinet",
    role="patient",
    channel="email",
    search="appointments",
    parameters={"start": "2026-11-23", "end": "2026-11-23"},
)


def test_the_same_plan_is_the_same_mailing_whatever_the_order_of_its_parameters():
    other = replace(PLAN, parameters={"end": "2026-11-23", "start": "2026-11-23"})
    assert other.identity() == PLAN.identity()


@pytest.mark.parametrize(
    "change",
    [
        {"template": "Rendez-vous/Manqué"},
        {"account": "other"},
        {"role": "guardian"},
        {"channel": "letter"},
        {"search": "missed"},
        {"parameters": {"start": "2026-11-24", "end": "2026-11-24"}},
        {"table_digest": "ab"},
    ],
)
def test_anything_else_is_another_mailing(change):
    assert replace(PLAN, **change).identity() != PLAN.identity()


def test_a_name_given_by_a_person_is_the_identity_and_leaves_the_definition_alone():
    named = replace(PLAN, key="november")
    assert named.identity() == "key:november"
    assert named.definition() == PLAN.definition()
    assert replace(named, template="Other").definition() != named.definition()


numbers = st.integers(0, 5)


@given(numbers, numbers, numbers, numbers, numbers)
def test_the_exit_status_says_what_is_left_before_what_went_wrong(sent, failed, in_doubt, skipped, pending):
    counts = Counts(sent=sent, failed=failed, in_doubt=in_doubt, skipped=skipped, pending=pending)
    expected = 1 if pending else 3 if failed or in_doubt else 0
    assert counts.exit_status == expected


def test_a_mailing_goes_on_by_itself_only_while_it_is_on_its_way():
    moving = {status for status in MailingStatus if MailingStage(status=status).moves}
    assert moving == {MailingStatus.QUEUED, MailingStatus.SENDING}
    assert not MailingStage(status=MailingStatus.SENDING, interrupted=True).moves
