"""Who answers for one patient, as a person at the desk reads it: guardians and payers with their keys and addresses."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.schema import patients, persons, responsibilities

RESPONSIBLE_COLUMNS = (
    "role", "relation", "rank", "person_key", "own_patient_id", "civility", "last_name", "first_name", "email", "phone",
    "mobile",
)  # fmt: skip


def responsible_frame(connection: sa.Connection, practice_id: str, patient_id: str) -> pd.DataFrame:
    """Return the people responsible for a patient, best first; what a person lacks is taken from his own file.

    Columns: role relation rank person_key own_patient_id civility last_name first_name email phone mobile.
    """
    link = responsibilities
    own = patients.alias("own_file")
    joined = link.join(
        persons, sa.and_(persons.c.practice_id == link.c.practice_id, persons.c.person_id == link.c.person_id)
    ).outerjoin(own, sa.and_(own.c.practice_id == persons.c.practice_id, own.c.patient_id == persons.c.patient_id))
    found = connection.execute(
        sa.select(
            link.c.role,
            link.c.relation,
            link.c.rank,
            link.c.person_id.label("person_key"),
            persons.c.patient_id.label("own_patient_id"),
            *(sa.func.coalesce(persons.c[name], own.c[name]).label(name) for name in RESPONSIBLE_COLUMNS[5:]),
        )
        .select_from(joined)
        .where(link.c.practice_id == practice_id, link.c.patient_id == patient_id)
        .order_by(link.c.role, link.c.rank, link.c.person_id)
    ).all()
    values = rows.columns_of(found, RESPONSIBLE_COLUMNS)
    return pd.DataFrame(
        {name: rows.number(values[name]) if name == "rank" else rows.text(values[name]) for name in RESPONSIBLE_COLUMNS}
    )
