"""What is one patient's is told in nobody else's message, whatever a table or an older search says."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.practice.test_mailing import REMINDER, change_appointment, tomorrow
from workbench.patients.schema import appointments, quotes, recalls
from workbench.practice import Practice

TABLES = {
    "invoice": ("Finances/Facture", "HONNUM"),
    "quote": ("Finances/Devis à nous retourner", "DEVNUM"),
    "recall": ("Rendez-vous/Rappel de contrôle", "RAPDATE"),
    "visit": ("Confrères/Compte rendu à un confrère", "ACTES"),
}


def two_of(practice: Practice, table: str) -> tuple[str, str, str]:
    """Return a row of a table, its patient, and another patient."""
    if table == "invoice":
        found = practice.search("unpaid")
        rows = list(zip(found["invoice_id"], found["patient_id"], strict=True))
    else:
        stored = {"quote": quotes, "recall": recalls, "visit": appointments}[table]
        with practice.store.engine.connect() as connection:  # type: ignore[attr-defined]
            key = stored.primary_key.columns.values()[-1]
            wanted = sa.select(key, stored.c.patient_id)
            if table == "visit":
                wanted = wanted.where(stored.c.state == "present")
            rows = [(one[0], one[1]) for one in connection.execute(wanted)]
    key, patient = rows[0]
    return key, patient, next(who for _key, who in rows if who != patient)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_names_another_patients_row_leaves_its_line_out(practice: Practice, table: str) -> None:
    path, code = TABLES[table]
    template = practice.templates[path]
    key, patient, other = two_of(practice, table)
    line = {"id": "1", "email": "somebody@exemple.example", "name": "Somebody", f"{table}_id": key}

    def mailing(**more: str):
        return practice.mailing(pd.DataFrame([line | more]), template)

    assert "other_patient" not in mailing(patient_id=patient).check()["code"].tolist()
    wrong = mailing(patient_id=other)
    assert wrong.recipients["reason"].tolist() == ["other_patient"]
    findings = wrong.check().set_index("code")
    assert findings.loc["other_patient", "severity"] == "error"
    assert wrong.fields()[code].tolist() == [None]
    nobody = mailing()
    assert nobody.fields()[code].tolist() == [None]


def test_an_appointment_given_to_somebody_else_since_is_not_told_to_the_former_patient(practice: Practice) -> None:
    rows = tomorrow(practice)
    before = practice.mailing(rows, REMINDER)
    writable = before.recipients[before.recipients["reason"] == ""]
    one, other = writable.iloc[0], writable.iloc[1]
    change_appointment(practice, one["appointment_id"], patient_id=other["patient_id"])
    after = practice.mailing(rows, REMINDER).recipients.set_index("recipient_id")
    assert after.loc[one["recipient_id"], "reason"] == "other_patient"
    assert after.loc[other["recipient_id"], "reason"] == ""
