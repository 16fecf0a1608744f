"""Failed messages that are tried again: where each of them may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.smtp_sink import serving
from tests.practice.test_mailing import REMINDER, tomorrow
from workbench.practice import Practice
from workbench.practice.retrying import retrial_of


@pytest.mark.parametrize(
    ("before", "after", "goes"),
    [
        ("odile@cabinet.mssante.fr", "odile@famille.example", False),
        ("odile@cabinet.mssante.fr", "odile@hopital.mssante.fr", True),
        ("inconnue@famille.example", "odile@hopital.mssante.fr", True),
    ],
    ids=["out of MSSanté", "within MSSanté", "into MSSanté"],
)
def test_what_was_refused_in_mssante_does_not_leave_for_ordinary_mail(
    practice: Practice, tmp_path: Path, before: str, after: str, goes: bool
) -> None:
    rows = tomorrow(practice).iloc[:1]
    patient = str(practice.mailing(rows, REMINDER, account="folder").recipients["patient_id"].iloc[0])
    practice.patients.correct(patient, email=before)
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        mailing = practice.mailing(rows, REMINDER, account="hard")
        mailing.send(confirmed=True)
        assert mailing.id is not None
        practice.patients.correct(patient, email=after)
        assert len(retrial_of(practice, mailing.id).without) == (not goes)
        assert practice.retry(mailing.id) == goes
        (row,) = practice.results(mailing.id, identities=True).to_dict("records")
        assert (row["address"], row["status"]) == ((after, "pending") if goes else (before, "failed"))
