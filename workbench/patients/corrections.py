"""Correct a patient's file by hand: checked, journalled, kept through later imports until they agree (8.12)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.addresses import address_key, address_problem
from workbench.domain.people import Correction
from workbench.errors import BadValue, UnknownName, UnknownPatient
from workbench.language import _
from workbench.patients import rows
from workbench.patients.guardians import responsible_frame
from workbench.patients.imports.batch import digest_of
from workbench.patients.imports.values import Unreadable, day_reader, read_text, read_yes_no, word_reader
from workbench.patients.schema import SEXES, corrections, patients, persons, responsibilities
from workbench.patients.words import plain

CORRECTABLE = (
    "civility", "last_name", "first_name", "birth_name", "sex", "birth_date", "email", "phone", "mobile", "language",
    "address_line_1", "address_line_2", "postcode", "city", "country", "deceased", "archived",
)  # fmt: skip
"""What may be corrected in a file; care, money and the agenda are the practice's software's alone."""

GUARDIAN_CORRECTABLE = (
    "civility", "last_name", "first_name", "sex", "email", "phone", "mobile", "language",
    "address_line_1", "address_line_2", "postcode", "city", "country",
)  # fmt: skip
"""What may be corrected about a person responsible for a patient."""

_GUARDIAN = "guardian:"


def correct_patient(
    connection: sa.Connection,
    practice_id: str,
    patient_id: str,
    column: str,
    value: str | None,
    *,
    by: str,
    now: datetime,
    guardian: str | int | None = None,
) -> Correction:
    """Change one value of a patient's file and write down who did it; the same value again is written down too.

    With `guardian` (a person's key, or 1 for the first guardian) the value is that person's, whoever else she
    answers for; the correction is written down in this patient's file as ``guardian:KEY.column``.

    Raises
    ------
    UnknownName
        When the column cannot be corrected, or there is no such guardian.
    UnknownPatient
        When there is no such file number.
    BadValue
        When the value does not fit the column.
    """
    correctable = CORRECTABLE if guardian is None else GUARDIAN_CORRECTABLE
    if column not in correctable:
        raise UnknownName(
            _("« {name} » cannot be corrected. What can: {known}.").format(name=column, known=", ".join(correctable))
        )
    table = patients
    here = sa.and_(patients.c.practice_id == practice_id, patients.c.patient_id == patient_id)
    found = connection.execute(sa.select(patients.c[column]).where(here)).one_or_none()
    if found is None:
        raise UnknownPatient(_("The patient store knows no file number « {patient} ».").format(patient=patient_id))
    named = column
    if guardian is not None:
        key = _guardian_called(connection, practice_id, patient_id, guardian)
        table, named = persons, f"{_GUARDIAN}{key}.{column}"
        here = sa.and_(persons.c.practice_id == practice_id, persons.c.person_id == key)
        found = connection.execute(sa.select(persons.c[column]).where(here)).one()
    new = _checked(column, value)
    done = Correction(
        patient_id=patient_id,
        column=named,
        old=text_of(found[0]),
        new=text_of(new),
        at=now.astimezone(UTC).isoformat(timespec="milliseconds"),
        by=by,
    )
    connection.execute(table.update().where(here).values({column: new}))
    connection.execute(
        corrections.insert().values(
            practice_id=practice_id,
            correction_id=uuid.uuid4().hex,
            patient_id=patient_id,
            column_name=named,
            old_value=done.old,
            new_value=done.new,
            at=done.at,
            by=by,
        )
    )
    return done


def add_guardian(
    connection: sa.Connection,
    practice_id: str,
    patient_id: str,
    values: Mapping[str, str | None],
    *,
    relation: str,
    by: str,
    now: datetime,
) -> str:
    """Write down somebody who answers for a patient, last among the guardians; return the person's key.

    Each value stands in the list of corrections, to be copied into the practice's software. Somebody of the same name
    and address who answers for another patient is the same person, as in an import; what is said of her now counts,
    and stands in that list where it is new.

    Raises
    ------
    UnknownPatient, UnknownName, BadValue
        When the file number, a column or a value is not as it should be; nothing was written.
    """
    unknown = sorted(set(values) - set(GUARDIAN_CORRECTABLE))
    if unknown:
        raise UnknownName(
            _("« {name} » cannot be corrected. What can: {known}.").format(
                name=unknown[0], known=", ".join(GUARDIAN_CORRECTABLE)
            )
        )
    known = sa.select(patients.c.patient_id).where(
        patients.c.practice_id == practice_id, patients.c.patient_id == patient_id
    )
    if connection.execute(known).one_or_none() is None:
        raise UnknownPatient(_("The patient store knows no file number « {patient} ».").format(patient=patient_id))
    checked = {column: _checked(column, value) for column, value in values.items()}
    if not checked.get("last_name"):
        raise BadValue(_("Say at least the last name of who answers for this patient."))
    name = plain(f"{checked['last_name']} {checked.get('first_name') or ''}")
    address = address_key(checked.get("email"))
    key = digest_of("person", name, address or patient_id)
    link = responsibilities.c
    here = (link.practice_id == practice_id, link.patient_id == patient_id, link.role == "guardian")
    ranks = connection.execute(sa.select(link.person_id, link.rank).where(*here)).all()
    if key in {row.person_id for row in ranks}:
        raise BadValue(_("This person is written down for this patient already."))
    mine = (persons.c.practice_id == practice_id, persons.c.person_id == key)
    had = connection.execute(sa.select(persons).where(*mine)).mappings().one_or_none()
    if had is None:
        connection.execute(persons.insert().values(practice_id=practice_id, person_id=key, **checked))
    said = {column: value for column, value in checked.items() if _is_new(column, had and had[column], value)}
    if had is not None and said:
        connection.execute(persons.update().where(*mine).values(said))
    rank = max((row.rank for row in ranks), default=0) + 1
    connection.execute(
        responsibilities.insert().values(
            practice_id=practice_id, patient_id=patient_id, person_id=key, role="guardian",
            relation=read_text(relation) or None, rank=rank,
        )
    )  # fmt: skip
    at = now.astimezone(UTC).isoformat(timespec="milliseconds")
    for column, value in said.items():
        connection.execute(
            corrections.insert().values(
                practice_id=practice_id, correction_id=uuid.uuid4().hex, patient_id=patient_id,
                column_name=f"{_GUARDIAN}{key}.{column}", old_value=text_of(had and had[column]),
                new_value=text_of(value), at=at, by=by,
            )
        )  # fmt: skip
    return key


def _is_new(column: str, had: Any, said: Any) -> bool:
    """Tell whether what is said of a person tells more than what is known: by name and address she was recognised."""
    if text_of(said) is None or (column, said) == ("sex", "U"):
        return False
    if had and column in ("last_name", "first_name"):
        return plain(had) != plain(said)
    if column == "email":
        return address_key(had) != address_key(said)
    return text_of(had) != text_of(said)


def guardian_and_column(name: str) -> tuple[str, str] | None:
    """Return the person's key and the column that a correction of a guardian is about; nothing for a patient's own."""
    key, _dot, column = name.removeprefix(_GUARDIAN).rpartition(".")
    return (key, column) if name.startswith(_GUARDIAN) else None


def _guardian_called(connection: sa.Connection, practice_id: str, patient_id: str, guardian: str | int) -> str:
    frame = responsible_frame(connection, practice_id, patient_id)
    asked = str(guardian).strip()
    if asked in set(frame["person_key"]):
        return asked
    guardians = frame.loc[frame["role"] == "guardian", "person_key"].tolist()
    if asked.isdecimal() and 1 <= int(asked) <= len(guardians):
        return str(guardians[int(asked) - 1])
    raise UnknownName(
        _(
            "Nobody called « {guardian} » answers for patient {patient}: give the place of a guardian (1 is the first) "
            "or the key of a person. This lists them: workbench patient show {patient}"
        ).format(guardian=asked, patient=patient_id)
    )


CORRECTION_COLUMNS = ("correction_id", "patient_id", "column", "old", "new", "at", "by")


def corrections_frame(connection: sa.Connection, practice_id: str) -> pd.DataFrame:
    """Return the corrections still to be copied into the practice's software, oldest first.

    Columns: correction_id patient_id column old new at by. A guardian's column is called ``guardian:KEY.column``.
    """
    found = connection.execute(
        sa.select(
            corrections.c.correction_id,
            corrections.c.patient_id,
            corrections.c.column_name,
            corrections.c.old_value,
            corrections.c.new_value,
            corrections.c.at,
            corrections.c.by,
        )
        .where(corrections.c.practice_id == practice_id, _still_to_copy())
        .order_by(corrections.c.at, corrections.c.correction_id)
    ).all()
    values = rows.columns_of(found, CORRECTION_COLUMNS)
    return pd.DataFrame({name: rows.text(column) for name, column in values.items()})


def mark_copied_back(
    connection: sa.Connection, practice_id: str, correction_ids: Sequence[str], *, by: str
) -> list[tuple[str, str]]:
    """Take corrections off the list, since somebody copied them; returns the patient and column of each.

    They go on winning over imports until one brings the same value: a file exported before would undo them (8.12).
    """
    here = (
        corrections.c.practice_id == practice_id,
        _still_to_copy(),
        rows.among(corrections.c.correction_id, correction_ids, connection.dialect),
    )
    named = connection.execute(sa.select(corrections.c.patient_id, corrections.c.column_name).where(*here)).all()
    connection.execute(corrections.update().where(*here).values(copied_back_by=by))
    return [(row.patient_id, row.column_name) for row in named]


def _still_to_copy() -> sa.ColumnElement[bool]:
    return sa.and_(corrections.c.copied_back_at.is_(None), corrections.c.copied_back_by.is_(None))


def text_of(value: object) -> str | None:
    """Return a value of a file as the text that corrections keep."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def value_of(column: str, text: str | None) -> Any:
    """Take back what `text_of` gave, as the column keeps it."""
    kind = patients.c[column].type
    if isinstance(kind, sa.Boolean):
        return text == "yes"
    if text is None:
        return "U" if column == "sex" else None
    return date.fromisoformat(text) if isinstance(kind, sa.Date) else text


def _checked(column: str, value: str | None) -> Any:
    text = read_text(value or "")
    kind = patients.c[column].type
    try:
        if isinstance(kind, sa.Boolean):
            return read_yes_no(text) if text else False
        if not text:
            return "U" if column == "sex" else None
        if isinstance(kind, sa.Date):
            return day_reader()(text)
        if column == "sex":
            return _sex(text)
        if column == "language":
            return word_reader("languages")(text)
    except Unreadable as error:
        raise BadValue(
            _("This is not a value for « {name} »: write a day as 2001-05-24, a sex as F, M or U.").format(name=column)
        ) from error
    if column == "email" and address_problem(text):
        raise BadValue(_("This is not an e-mail address: check it with the patient, then write it again."))
    return text


def _sex(text: str) -> str:
    """Read a sex that somebody types on purpose: a letter that is none of ours would silently become « unknown »."""
    sex = word_reader("sexes")(text)
    if sex == "U" and text.upper() not in SEXES:
        raise Unreadable
    return str(sex)
