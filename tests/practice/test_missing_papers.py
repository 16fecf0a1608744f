"""Missing papers and ending insurances: each is told once, whichever search found it."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.databases import writing
from workbench.patients.schema import insurers, papers, patient_insurances
from workbench.practice import Practice

LETTER = "Rendez-vous/Pièces manquantes"


def write(practice: Practice, *statements: sa.Executable) -> None:
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        for statement in statements:
            connection.execute(statement)


def ask(practice: Practice, patient_id: str, key: str, kind: str, asked_on: date) -> None:
    row = {"paper_id": key, "patient_id": patient_id, "kind": kind, "label": kind, "asked_on": asked_on}
    write(practice, sa.insert(papers).values(practice_id=practice.settings.practice_id, **row))


def letters_left(practice: Practice, **asked: object) -> list[str]:
    """Send the letter to those found, and return the occasions of the messages that left now."""
    before = told(practice)
    practice.mailing(practice.search("papers", **asked), LETTER).send(confirmed=True)
    return sorted(told(practice) - before)


def told(practice: Practice) -> set[str]:
    frame = practice.ledger.last_messages.told("patient")
    return set(frame["subject_key"] + "@" + frame["occasion"])


def messages(practice: Practice) -> int:
    return len(list((practice.path / "out").glob("*.eml")))


@pytest.fixture
def patient(practice: Practice) -> str:
    """An adult of whom two papers are missing, and nothing else of anybody."""
    found = practice.search("patients", age_from=30, with_email="yes", language="fr")
    patient_id = str(found["patient_id"].iloc[0])
    write(practice, sa.delete(papers))
    ask(practice, patient_id, "a", "carte", date(2026, 9, 1))
    ask(practice, patient_id, "b", "rib", date(2026, 10, 1))
    return patient_id


def test_a_paper_is_told_once_whichever_filter_found_it(practice: Practice, patient: str) -> None:
    assert letters_left(practice) == [f"patient:{patient}@paper:a", f"patient:{patient}@paper:b"]
    for asked in ({"paper": "carte"}, {"paper": "rib"}, {"asked_before": "2026-09-15"}, {}):
        assert letters_left(practice, **asked) == []
    assert messages(practice) == 1


def test_a_paper_asked_for_since_is_told_by_the_same_mailing(practice: Practice, patient: str) -> None:
    letters_left(practice)
    ask(practice, patient, "c", "devis", date(2026, 11, 20))
    assert letters_left(practice) == [f"patient:{patient}@paper:c"]
    assert messages(practice) == 2
    assert letters_left(practice) == []
    write(practice, sa.update(papers).where(papers.c.paper_id == "a").values(received_on=date(2026, 11, 21)))
    assert letters_left(practice) == []
    assert messages(practice) == 2


def test_each_insurance_that_ends_is_told_of(practice: Practice, patient: str) -> None:
    own = {"practice_id": practice.settings.practice_id}
    write(
        practice,
        sa.delete(patient_insurances),
        sa.insert(insurers).values(**own, insurer_id="m9", name="Mutuelle Neuf", kind="mutuelle"),
        sa.insert(patient_insurances).values(
            **own, patient_id=patient, insurer_id="m9", valid_until=date(2026, 12, 31)
        ),
    )
    found = practice.search("insurers")
    assert practice.mailing(found, LETTER).recipients["subjects"].tolist() == [
        [f"patient:{patient}@insurer:m9:2026-12-31"]
    ]
    assert pd.isna(found["last_message"].iloc[0])
