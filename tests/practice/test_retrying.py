"""Failed messages that are tried again: where each of them may go."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.journeys.smtp_sink import serving
from tests.practice.test_mailing import REMINDER, tomorrow
from workbench.databases import writing
from workbench.domain.templates import Template
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


@pytest.mark.parametrize("gone", ["deceased", "archived"])
def test_nobody_is_written_to_again_about_a_patient_who_is_none_any_more(
    practice: Practice, tmp_path: Path, gone: str
) -> None:
    rows = tomorrow(practice).iloc[:1]
    patient, before = str(rows["patient_id"].iloc[0]), "inconnue@famille.example"
    practice.patients.correct(patient, email=before)
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        mailing = practice.mailing(rows, REMINDER, account="hard")
        mailing.send(confirmed=True)
        assert mailing.id is not None
        assert len(retrial_of(practice, mailing.id).same) == 1
        changed(practice, f"UPDATE patients SET {gone} = 1 WHERE patient_id = '{patient}'")
        assert len(retrial_of(practice, mailing.id).without) == 1
        assert practice.retry(mailing.id) == 0
        assert practice.results(mailing.id)["status"].tolist() == ["failed"]


def test_a_guardian_whom_the_file_names_no_more_is_not_written_to_again(practice: Practice, tmp_path: Path) -> None:
    before = "inconnue@famille.example"
    minors = practice.search("appointments", start="tomorrow", end="J+20", state="upcoming", minors="yes")
    first = practice.mailing(minors, REMINDER, account="folder").recipients
    row = first[(first["reason"] == "") & (first["role"] == "guardian")].iloc[0]
    patient, addressee = str(row["patient_id"]), str(row["addressee_key"])
    practice.patients.correct_address(patient, addressee, before)
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        mailing = practice.mailing(minors[minors["patient_id"] == patient].iloc[:1], REMINDER, account="hard")
        mailing.send(confirmed=True)
        assert mailing.id is not None
        assert len(retrial_of(practice, mailing.id).same) == 1
        person = addressee.partition(":")[2]
        changed(practice, f"DELETE FROM responsibilities WHERE role = 'guardian' AND person_id = '{person}'")
        assert len(retrial_of(practice, mailing.id).without) == 1
        assert practice.retry(mailing.id) == 0


def test_a_familys_message_is_tried_again_only_while_each_child_is_still_one_of_the_practice(
    practice: Practice, tmp_path: Path
) -> None:
    closed, before = "Vie du cabinet/Fermeture du cabinet", "inconnue@famille.example"
    minors = practice.search("patients", minors="yes")
    made = practice.mailing(minors, closed, account="folder").recipients
    children = (
        made[(made["reason"] == "") & (made["role"] == "guardian")].groupby("addressee_key")["patient_id"].first()
    )
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        for addressee, patient in children.items():
            practice.patients.correct_address(str(patient), str(addressee), before)
        mailing = practice.mailing(minors, closed, account="hard")
        mailing.send(confirmed=True)
        assert mailing.id is not None
        failed = practice.ledger.mailings.failed_rows(mailing.id)
        family = next(row for row in failed if row.further_patients)
        assert family.delivery_id in retrial_of(practice, mailing.id).same
        changed(practice, f"UPDATE patients SET archived = 1 WHERE patient_id = '{family.further_patients[0]}'")
        assert retrial_of(practice, mailing.id).without == {family.delivery_id}
        assert practice.retry(mailing.id) == len(failed) - 1


def test_who_comes_of_age_by_the_day_that_is_told_about_is_written_to_again(practice: Practice, tmp_path: Path) -> None:
    rows = tomorrow(practice)
    patient, before = "2208", "inconnue@famille.example"  # 18 on the very day of the appointment
    practice.patients.correct(patient, email=before)
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        mailing = practice.mailing(rows[rows["patient_id"] == patient], REMINDER, account="hard")
        mailing.send(confirmed=True)
        assert mailing.id is not None
        assert len(retrial_of(practice, mailing.id).same) == 1
        assert practice.retry(mailing.id) == 1


def test_a_row_of_a_table_that_names_a_patient_goes_where_it_went(practice: Practice, tmp_path: Path) -> None:
    before = "inconnue@famille.example"
    patient = str(tomorrow(practice)["patient_id"].iloc[0])
    practice.templates.save(Template(label="Mot", subject="Un mot", html="<p>Bonjour</p>"))
    table = pd.DataFrame({"email": [before], "id": ["1"], "patient_id": [patient], "role": ["patient"]})
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        mailing = practice.mailing(table, "Mot", account="hard")
        mailing.send(confirmed=True)
        assert mailing.id is not None
        assert len(retrial_of(practice, mailing.id).same) == 1
        assert practice.retry(mailing.id) == 1


def changed(practice: Practice, statement: str) -> None:
    """Change the practice's own data, as its own program would."""
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql(statement)
