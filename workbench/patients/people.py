"""What addressing needs to know: the patients, who answers for them, and who objected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.domain.objections import OBJECTION_COLUMNS, SELF_COLUMNS
from workbench.domain.people import COLLEAGUES, Role
from workbench.errors import UnknownName
from workbench.language import _
from workbench.patients import rows
from workbench.patients.schema import (
    consents,
    correspondents,
    invoices,
    patient_correspondents,
    patients,
    persons,
    responsibilities,
)

PEOPLE_COLUMNS = (
    "civility", "last_name", "first_name", "sex", "birth_date", "email", "language", "deceased", "archived",
    "family_id", "patient_type",
)  # fmt: skip
RELATION_COLUMNS = (
    "patient_id", "person_key", "civility", "last_name", "first_name", "sex", "email", "language", "relation", "rank",
)  # fmt: skip
_HOME_COLUMNS = ("phone", "mobile", "address_line_1", "address_line_2", "postcode", "city")
COLLEAGUE_COLUMNS = ("civility", "title", "last_name", "first_name", "sex", "email", "mss_email", "language")
_REASONS = {"refused": "no_consent", "opted_out": "opted_out"}
_SEXES = ("F", "M", "U")


def people_frame(connection: sa.Connection, practice_id: str, patient_ids: Sequence[str]) -> pd.DataFrame:
    """Return one row a known patient, indexed by ``patient_id``, in the order asked for."""
    read = [patients.c.patient_id, *(patients.c[name] for name in PEOPLE_COLUMNS)]
    found = connection.execute(
        sa.select(*read).where(
            patients.c.practice_id == practice_id,
            rows.among(patients.c.patient_id, patient_ids, connection.dialect),
        )
    ).all()
    values = rows.columns_of(found, [column.name for column in read])
    columns = {
        "civility": rows.text(values["civility"]),
        "last_name": rows.text(values["last_name"]),
        "first_name": rows.text(values["first_name"]),
        "sex": rows.category(values["sex"], _SEXES),
        "birth_date": rows.day(values["birth_date"]),
        "email": rows.text(values["email"]),
        "language": rows.text(values["language"]),
        "deceased": rows.flag(values["deceased"]),
        "archived": rows.flag(values["archived"]),
        "family_id": rows.text(values["family_id"]),
        "patient_type": rows.text(values["patient_type"]),
    }
    return rows.indexed(columns, "patient_id", values["patient_id"], order=patient_ids)


def family_of(connection: sa.Connection, practice_id: str, patient_id: str) -> list[str]:
    """Return the file numbers of a patient's family, the patient's own among them; alone without a family."""
    family = (
        sa.select(patients.c.family_id)
        .where(patients.c.practice_id == practice_id, patients.c.patient_id == patient_id)
        .scalar_subquery()
    )
    found = connection.execute(
        sa.select(patients.c.patient_id)
        .where(
            patients.c.practice_id == practice_id,
            sa.or_(patients.c.patient_id == patient_id, patients.c.family_id == family),
        )
        .order_by(patients.c.patient_id)
    )
    return list(found.scalars())


def relations_frame(connection: sa.Connection, practice_id: str, patient_ids: Sequence[str], role: str) -> pd.DataFrame:
    """Return who answers for patients in a role, each patient's best first.

    Besides the columns of the port, guardians and payers have telephones and a postal address, correspondents
    ``mss_email`` and ``title``; their ``relation`` is the kind of correspondent. Their ``email`` is the ordinary
    address when there is one, else the MSSanté one: an ordinary account cannot write into that closed space.

    Raises
    ------
    UnknownName
        When nobody stands in such a role to a patient.
    """
    if role in (Role.GUARDIAN, Role.PAYER):
        return _responsible(connection, practice_id, patient_ids, role)
    if role in COLLEAGUES:
        return _colleagues(connection, practice_id, patient_ids, role)
    known = ", ".join((Role.GUARDIAN, Role.PAYER, *COLLEAGUES))
    raise UnknownName(
        _("Nobody stands to a patient as « {role} ». The roles are: {known}.").format(role=role, known=known)
    )


def _responsible(connection: sa.Connection, practice_id: str, patient_ids: Sequence[str], role: str) -> pd.DataFrame:
    link = responsibilities
    # A person who has a file too is kept up to date there.
    own = patients.alias("own_file")
    joined = link.join(
        persons, sa.and_(persons.c.practice_id == link.c.practice_id, persons.c.person_id == link.c.person_id)
    ).outerjoin(own, sa.and_(own.c.practice_id == persons.c.practice_id, own.c.patient_id == persons.c.patient_id))
    found = connection.execute(
        sa.select(
            link.c.patient_id,
            link.c.person_id.label("person_key"),
            *_identity(own),
            link.c.relation,
            link.c.rank,
            *_home(own),
        )
        .select_from(joined)
        .where(
            link.c.practice_id == practice_id,
            link.c.role == str(role),
            # Whoever died answers for nobody any more: the next one does.
            own.c.deceased.is_not(sa.true()),
            rows.among(link.c.patient_id, patient_ids, connection.dialect),
        )
    ).all()
    names = (*RELATION_COLUMNS, *_HOME_COLUMNS)
    values = rows.columns_of(found, names)
    return _best_first(pd.DataFrame({name: _relation_column(name, values[name]) for name in names}), patient_ids)


def _identity(own: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    """Return who a person is and how he is reached, what he lacks taken from his own file."""
    return [
        sa.func.coalesce(persons.c.civility, own.c.civility).label("civility"),
        sa.func.coalesce(persons.c.last_name, own.c.last_name).label("last_name"),
        sa.func.coalesce(persons.c.first_name, own.c.first_name).label("first_name"),
        sa.case((persons.c.sex == "U", sa.func.coalesce(own.c.sex, "U")), else_=persons.c.sex).label("sex"),
        sa.func.coalesce(persons.c.email, own.c.email).label("email"),
        sa.func.coalesce(persons.c.language, own.c.language).label("language"),
    ]


def _home(own: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    return [sa.func.coalesce(persons.c[name], own.c[name]).label(name) for name in _HOME_COLUMNS]


def invoice_payers_frame(connection: sa.Connection, practice_id: str, invoice_ids: Sequence[str]) -> pd.DataFrame:
    """Return whom invoices ask for money, indexed by ``invoice_id``, in the order asked for.

    The columns of `relations_frame`, and ``billing_email due_on dated_on``. Of an invoice that names no payer,
    or one who died, ``person_key`` is missing: whoever pays for the patient is asked.
    """
    bill, link = invoices.c, responsibilities
    own = patients.alias("own_file")
    joined = (
        invoices.outerjoin(
            persons, sa.and_(persons.c.practice_id == bill.practice_id, persons.c.person_id == bill.payer_id)
        )
        .outerjoin(own, sa.and_(own.c.practice_id == persons.c.practice_id, own.c.patient_id == persons.c.patient_id))
        .outerjoin(
            link,
            sa.and_(
                link.c.practice_id == bill.practice_id,
                link.c.patient_id == bill.patient_id,
                link.c.person_id == bill.payer_id,
                link.c.role == Role.PAYER.value,
            ),
        )
    )
    found = connection.execute(
        sa.select(
            bill.invoice_id,
            bill.patient_id,
            # Whoever died is asked for nothing: it is the patient's payers then, as where none is named.
            sa.case((own.c.deceased, None), else_=bill.payer_id).label("person_key"),
            *_identity(own),
            link.c.relation,
            link.c.rank,
            *_home(own),
            sa.case((own.c.deceased, None), else_=bill.billing_email).label("billing_email"),
            bill.due_on,
            bill.dated_on,
        )
        .select_from(joined)
        .where(bill.practice_id == practice_id, rows.among(bill.invoice_id, invoice_ids, connection.dialect))
    ).all()
    names = ("invoice_id", *RELATION_COLUMNS, *_HOME_COLUMNS, "billing_email", "due_on", "dated_on")
    values = rows.columns_of(found, names)
    columns = {name: _relation_column(name, values[name]) for name in names[1:-2]}
    columns |= {name: rows.day(values[name]) for name in names[-2:]}
    return rows.indexed(columns, "invoice_id", values["invoice_id"], order=invoice_ids)


def _colleagues(connection: sa.Connection, practice_id: str, patient_ids: Sequence[str], role: str) -> pd.DataFrame:
    link = patient_correspondents
    who = correspondents.c
    kinds = () if role == Role.CORRESPONDENT else (link.c.kind == str(role),)
    found = connection.execute(
        sa.select(
            link.c.patient_id,
            link.c.correspondent_id.label("person_key"),
            who.civility,
            who.last_name,
            who.first_name,
            who.sex,
            sa.func.coalesce(who.email, who.mss_email).label("email"),
            who.language,
            link.c.kind.label("relation"),
            link.c.rank,
            who.mss_email,
            who.title,
        )
        .select_from(
            link.join(
                correspondents,
                sa.and_(who.practice_id == link.c.practice_id, who.correspondent_id == link.c.correspondent_id),
            )
        )
        .where(
            link.c.practice_id == practice_id,
            *kinds,
            rows.among(link.c.patient_id, patient_ids, connection.dialect),
        )
    ).all()
    names = (*RELATION_COLUMNS, "mss_email", "title")
    values = rows.columns_of(found, names)
    frame = pd.DataFrame({name: _relation_column(name, values[name]) for name in names})
    # A report looks for who sent the patient first; the practice's own rank decides among equals.
    return _best_first(frame, patient_ids, kinds={str(kind): place for place, kind in enumerate(COLLEAGUES)})


def colleagues_frame(connection: sa.Connection, practice_id: str, correspondent_ids: Sequence[str]) -> pd.DataFrame:
    """Return colleagues as they are written to, indexed by ``correspondent_id``; unknown ones are absent.

    Columns: civility title last_name first_name sex email mss_email language; ``email`` as in `relations_frame`.
    """
    who = correspondents.c
    read = [who.correspondent_id, *(who[name] for name in COLLEAGUE_COLUMNS if name != "email")]
    found = connection.execute(
        sa.select(*read, sa.func.coalesce(who.email, who.mss_email).label("email")).where(
            who.practice_id == practice_id, rows.among(who.correspondent_id, correspondent_ids, connection.dialect)
        )
    ).all()
    values = rows.columns_of(found, [*(column.name for column in read), "email"])
    columns = {name: _relation_column(name, values[name]) for name in COLLEAGUE_COLUMNS}
    return rows.indexed(columns, "correspondent_id", values["correspondent_id"], order=correspondent_ids)


def _relation_column(name: str, values: rows.Values) -> object:
    if name == "rank":
        return rows.number(values)
    return rows.category(values, _SEXES) if name == "sex" else rows.text(values)


def _best_first(
    frame: pd.DataFrame, patient_ids: Sequence[str], *, kinds: dict[str, int] | None = None
) -> pd.DataFrame:
    """Order by patient as asked, then by kind of colleague where that is given, rank and key."""
    places = {key: place for place, key in enumerate(dict.fromkeys(patient_ids))}
    order = frame["patient_id"].map(places).astype("Int64")
    kind = frame["relation"].map(kinds).astype("Int64") if kinds else 0
    ranked = frame.assign(_place=order, _kind=kind)
    ranked = ranked.sort_values(["_place", "_kind", "rank", "person_key"], kind="stable")
    return ranked.drop(columns=["_place", "_kind"]).reset_index(drop=True)


def objections_frame(connection: sa.Connection, practice_id: str) -> pd.DataFrame:
    """Return what people decided against, as it stands after the latest decision of each.

    An acceptance of every purpose ends the earlier refusals of that person and channel, whatever their purpose.
    """
    decided = connection.execute(
        sa.select(consents.c.patient_id, consents.c.address, consents.c.channel, consents.c.purpose, consents.c.state)
        .where(consents.c.practice_id == practice_id)
        .order_by(consents.c.recorded_at, consents.c.consent_id)
    )
    standing: dict[tuple[str | None, str | None, str], dict[str, str]] = {}
    for patient_id, address, channel, purpose, state in decided:
        purposes = standing.setdefault((patient_id, address, channel), {})
        if state == "accepted" and not purpose:
            purposes.clear()
        purposes[purpose] = state
    found = [
        (*who, purpose, _REASONS[state])
        for who, purposes in standing.items()
        for purpose, state in purposes.items()
        if state in _REASONS
    ]
    values = rows.columns_of(found, ["patient_id", "address", "channel", "purpose", "reason"])
    # « "" » rather than missing: these columns are compared, never shown.
    return pd.DataFrame(
        {name: rows.text([one or "" for one in values[name]]) for name in OBJECTION_COLUMNS},
        columns=list(OBJECTION_COLUMNS),
    )


def selves_frame(connection: sa.Connection, practice_id: str, patient_ids: Sequence[str]) -> pd.DataFrame:
    """Return who else patients are: the persons who answer for others that they are, and their own addresses."""
    answering = sa.select(persons.c.patient_id, persons.c.person_id, sa.literal("")).where(
        persons.c.practice_id == practice_id, rows.among(persons.c.patient_id, patient_ids, connection.dialect)
    )
    mailboxes = sa.select(patients.c.patient_id, sa.literal(""), patients.c.email).where(
        patients.c.practice_id == practice_id,
        patients.c.email.is_not(None),
        rows.among(patients.c.patient_id, patient_ids, connection.dialect),
    )
    found = [*connection.execute(answering), *connection.execute(mailboxes)]
    values = rows.columns_of(found, SELF_COLUMNS)
    return pd.DataFrame({name: rows.text(values[name]) for name in SELF_COLUMNS}, columns=list(SELF_COLUMNS))
