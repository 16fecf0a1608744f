"""Who of a mailing is left for a new one: by what each message told whom, and with the text that it had."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from tests.practice.test_once import REFUSED, REMINDER, Answering
from workbench.domain.templates import Template
from workbench.errors import UsageError
from workbench.practice import Practice
from workbench.practice.left_over import count_left, left_over
from workbench.practice.once import changed_once

CHILD = "2201"


def tomorrow(practice: Practice) -> pd.DataFrame:
    return practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")


def test_what_failed_and_what_could_be_corrected_is_left(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER, account="folder")
    results = mailing.send(confirmed=True)
    assert mailing.id is not None
    left = left_over(practice, mailing.id)
    assert not set(left.rows["patient_id"]) & set(results["patient_id"][results["status"] == "sent"])
    assert "no_address" in set(results["reason"])
    without = set(results["patient_id"][results["reason"] == "no_address"])
    assert without <= set(left.rows["patient_id"])
    assert not set(left.rows["patient_id"]) & set(results["patient_id"][results["reason"] == "opted_out"])
    assert count_left(practice.ledger.mailings.tally(mailing.id)) == left.rows["patient_id"].nunique()
    assert (left.template, left.account, left.role, left.written) == (REMINDER, "folder", "", None)
    with pytest.raises(UsageError, match="left"):
        left_over(practice, mailing.id, ["failed"])


def test_one_guardian_told_leaves_the_other_to_be_written_to(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = practice.templates.save(replace(practice.templates[REMINDER], guardians="both"))
    rows = practice.search("appointments", start="today", end="J+400", state="upcoming")
    mailing = practice.mailing(rows[rows["patient_id"] == CHILD].head(1), both)
    monkeypatch.setattr(practice, "_transport_of", Answering(REFUSED))
    assert sorted(mailing.send(confirmed=True)["status"]) == ["failed", "sent"]
    assert mailing.id is not None
    left = left_over(practice, mailing.id)
    assert left.rows["patient_id"].tolist() == [CHILD]
    assert practice.mailing(left.rows, both, key=left.key).planned().counts.pending == 1


def test_who_failed_once_and_was_told_since_is_not_left(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tomorrow(practice)
    mailing = practice.mailing(rows[rows["patient_id"] == "2610"], REMINDER)
    monkeypatch.setattr(practice, "_transport_of", Answering(REFUSED))
    assert mailing.send(confirmed=True)["status"].tolist() == ["failed"]
    assert mailing.id is not None
    assert len(left_over(practice, mailing.id).rows) == 1
    results = mailing.send(confirmed=True, again=True)
    assert "sent" in results["status"].tolist()
    with pytest.raises(UsageError, match="left"):
        left_over(practice, mailing.id)


def test_all_that_one_message_told_of_is_left_with_it(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tomorrow(practice)
    mailing = practice.mailing(rows, REMINDER, account="folder")
    merged = mailing.subjects
    whose = merged.loc[merged["merged_with"] != "", "recipient_id"]
    assert len(whose)  # somebody of the sample comes twice tomorrow
    theirs = merged[merged["recipient_id"] == whose.iloc[0]]
    monkeypatch.setattr(practice, "_transport_of", Answering(REFUSED))
    one = practice.mailing(rows[rows["subject_key"].isin(set(theirs["subject_key"]))], REMINDER)
    assert one.send(confirmed=True)["status"].tolist() == ["failed"]
    assert one.id is not None
    assert set(left_over(practice, one.id).rows["subject_key"]) == set(theirs["subject_key"])


def test_a_text_that_was_changed_for_the_mailing_is_taken_along(practice: Practice) -> None:
    kept = practice.templates[REMINDER]
    once = changed_once(kept, replace(kept, subject="Demain @PPRENOM"))
    mailing = practice.mailing(tomorrow(practice), once, account="folder")
    mailing.send(confirmed=True)
    assert mailing.id is not None
    left = left_over(practice, mailing.id)
    assert left.template == REMINDER
    assert left.written is not None
    assert (left.written.subject, left.written.path) == ("Demain @PPRENOM", once.path)


def test_rows_of_a_table_are_taken_from_the_table(practice: Practice) -> None:
    practice.templates.save(Template(label="Mot", subject="Un mot", html="<p>Bonjour</p>"))
    table = pd.DataFrame({"email": ["a@b.example"], "id": ["1"]})
    mailing = practice.mailing(table, "Mot", account="folder")
    mailing.queue()
    assert mailing.id is not None
    with pytest.raises(UsageError, match="table"):
        left_over(practice, mailing.id)
