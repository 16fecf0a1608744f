"""One message of all that is owed, and nothing in it that was asked for before."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import pytest

from tests.merging.conftest import NOW, ZONE
from workbench.merging.recipients import Recipients, recipients_from_subjects

CHILD = {"birth_date": pd.Timestamp("2015-03-12"), "email": None, "family_id": "f"}
MOTHER = "guardian:mona"


@pytest.fixture
def owing(people, relations):
    """Find two invoices of Zoé’s and one of her brother's, whose mother is asked; and what was told already."""

    def find(*told: tuple[str, str, str, str], keys: Collection[str] = ("F1", "F2", "F3"), group: str) -> Recipients:
        patients = {"F1": "zoe", "F2": "zoe", "F3": "leo"}
        rows = [{"subject_key": f"invoice:{key}", "invoice_id": key, "patient_id": patients[key]} for key in keys]
        return recipients_from_subjects(
            pd.DataFrame(rows), people=people(zoe=CHILD, leo=CHILD),
            relations=relations(("zoe", "mona", {}), ("leo", "mona", {})), role="guardian", now=NOW, zone=ZONE,
            group=group, told_already=lambda occasions: {one for one in told if one[0] in occasions},
        )  # fmt: skip

    return find


def told(invoice: str, addressee: str = MOTHER) -> tuple[str, str, str, str]:
    return f"invoice:{invoice}", addressee, "guardian", "email"


def test_what_was_told_before_is_left_out_where_something_else_is_to_be_told(owing) -> None:
    found = owing(told("F1"), group="patient")
    assert found.frame["subjects"].tolist() == [["invoice:F2"], ["invoice:F3"]]
    assert found.frame["invoice_id"].tolist() == ["F2", "F3"]
    assert found.subjects["merged_with"].tolist() == ["invoice:F2", "", ""]
    assert found.subjects["recipient_id"].tolist() == ["invoice:F2", "invoice:F2", "invoice:F3"]


def test_where_all_was_told_before_all_of_it_stays_for_the_ledger_to_judge(owing) -> None:
    found = owing(told("F1"), told("F2"), told("F3"), group="patient")
    assert found.frame["subjects"].tolist() == [["invoice:F1", "invoice:F2"], ["invoice:F3"]]


def test_what_was_told_to_somebody_else_is_told(owing) -> None:
    found = owing(told("F1", "guardian:paul"), group="patient")
    assert found.frame["subjects"].tolist() == [["invoice:F1", "invoice:F2"], ["invoice:F3"]]


def test_of_a_family_whoever_has_nothing_new_has_no_place_in_the_message(owing) -> None:
    found = owing(told("F1"), told("F2"), group="family")
    assert found.frame["subjects"].tolist() == [["invoice:F3"]]
    assert found.frame["patient_id"].tolist() == ["leo"]
    assert found.subjects["merged_with"].tolist() == ["invoice:F3", "invoice:F3", ""]


def test_the_ledger_is_not_asked_where_every_message_tells_of_one_thing(people, relations) -> None:
    def asked(_occasions: Collection[str]) -> Collection[tuple[str, str, str, str]]:
        raise AssertionError

    subjects = pd.DataFrame({"subject_key": ["invoice:F1"], "patient_id": ["ana"]})
    frame = recipients_from_subjects(
        subjects, people=people(ana={}), relations=relations(), role="payer", now=NOW, zone=ZONE,
        group="patient", told_already=asked,
    ).frame  # fmt: skip
    assert frame["subjects"].tolist() == [["invoice:F1"]]
