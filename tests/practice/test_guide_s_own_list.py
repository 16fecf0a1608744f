"""The guide's own example: three appointments on one day, of which the two that are ticked have no address."""

from __future__ import annotations

import pandas as pd

from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def the_three(practice: Practice) -> pd.DataFrame:
    """Search as the guide does: new patients of Dr Molaire on chair F1, tomorrow."""
    return practice.search(
        "appointments", start="tomorrow", end="tomorrow", practitioner="MM", chair="F1", nature="NP", state="upcoming"
    )


def test_the_two_that_are_ticked_cannot_be_written_to_and_nothing_leaves(practice: Practice) -> None:
    three = the_three(practice)
    assert list(three["patient"]) == ["ROUVRAY Alexis", "GALLIENNE Eileen", "KISSEL Luca"]
    ticked = three[three["patient_id"].isin(["2228", "1029"])]
    mailing = practice.mailing(ticked, REMINDER)
    assert list(mailing.recipients["reason"]) == ["no_address", "no_address"]
    results = mailing.send(confirmed=True)
    assert list(results["status"]) == ["skipped", "skipped"]
    assert not list((practice.path / "out").glob("*.eml"))


def test_the_one_that_was_not_ticked_can_be_written_to(practice: Practice) -> None:
    mailing = practice.mailing(the_three(practice), REMINDER)
    assert list(mailing.recipients["reason"]) == ["no_address", "", "no_address"]


def test_an_address_written_into_the_file_makes_the_same_search_reach_its_patient(practice: Practice) -> None:
    practice.patients.correct("2228", email="alexis.rouvray@courriel.example")
    three = the_three(practice)
    ticked = three[three["patient_id"].isin(["2228", "1029"])]
    results = practice.mailing(ticked, REMINDER).send(confirmed=True)
    assert sorted(results["status"]) == ["sent", "skipped"]
    assert len(list((practice.path / "out").glob("*.eml"))) == 1
