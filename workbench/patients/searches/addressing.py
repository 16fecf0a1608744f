"""What all searches of patients share: the filters on a patient, and the columns that tell who it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from workbench.addresses import address_problems
from workbench.domain.address_status import AddressStatus
from workbench.domain.mail_domains import doubtful_domains
from workbench.domain.people import MINOR_TYPES
from workbench.domain.searches import SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.names import full_name
from workbench.patients.schema import group_members, patients, practices, practitioners
from workbench.patients.searches.clauses import Context, Filter, SqlCondition
from workbench.patients.searches.folding import FoldedText, holds_words
from workbench.patients.searches.moments import EighteenYearsBefore, eighteen_years_before
from workbench.patients.searches.row_by_row import RowByRow, holds_one_of

_STATUS_OF_PROBLEM = {"no_address": str(AddressStatus.MISSING), "invalid_address": str(AddressStatus.MALFORMED)}

_LOOKED_UP = 5000
"""So many addresses are looked up by their index; for more, the whole directory is read sooner."""

PATIENT_READ = (
    patients.c.patient_id, patients.c.last_name, patients.c.first_name, patients.c.external, patients.c.patient_type,
    patients.c.file_state, patients.c.mobile, patients.c.phone, patients.c.email, patients.c.family_id,
    patients.c.language, patients.c.main_practitioner_id,
)  # fmt: skip
"""What `patient_columns` needs of a row."""

NAMED_OF_PATIENTS: Mapping[str, sa.ColumnElement[Any]] = {
    name: patients.c[name]
    for name in (
        "patient_id", "civility", "last_name", "first_name", "birth_name", "birth_date", "sex", "email", "phone",
        "mobile", "address_line_1", "address_line_2", "postcode", "city", "country", "remark", "created_on",
    )
} | {
    **{name: RowByRow(patients.c[name]) for name in ("language", "patient_type", "file_state")},
    "family": patients.c.family_id,
}  # fmt: skip
"""What a condition may name of a patient, in every search of patients."""


def is_one_of(column: sa.ColumnElement[Any], values: Sequence[str]) -> SqlCondition:
    """Say that a column holds one of `values`."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def patients_here(practice_id: str) -> tuple[SqlCondition, ...]:
    """Say that a row is a patient of the practice; somebody from outside has appointments, but no file."""
    return patients.c.practice_id == practice_id, sa.not_(patients.c.external)


def minor_at(day: sa.ColumnElement[Any] | date) -> SqlCondition:
    """Say that the patient is not of age on a day.

    Whoever has no date of birth is what the type of patient says, and otherwise counts as an adult, as for a mailing.
    """
    born = patients.c.birth_date
    limit = eighteen_years_before(day) if isinstance(day, date) else EighteenYearsBefore(day)
    called = sa.func.trim(FoldedText(sa.func.coalesce(patients.c.patient_type, "")))
    return sa.case((born.is_(None), called.in_(sorted(MINOR_TYPES))), else_=born > limit)


# --- the filters --------------------------------------------------------------------------------------

PRACTITIONER = SearchParameter(
    name="practitioner", kind="choice", label=marked("Practitioner, by code or name"), short=marked("Practitioner")
)
FAMILY = SearchParameter(name="family", kind="choice", label=marked("Family, by its number"), short=marked("Family"))
GROUP = SearchParameter(name="group", kind="choice", label=marked("Group of patients"), short=marked("Group"))
PATIENT_TYPE = SearchParameter(
    name="patient_type", kind="choice", label=marked("Type of patient"), short=marked("Patient type")
)
FILE_STATE = SearchParameter(
    name="file_state", kind="choice", label=marked("State of the file"), short=marked("File state")
)
SITE = SearchParameter(name="site", kind="choice", label=marked("Site"))
WITH_EMAIL = SearchParameter(
    name="with_email",
    kind="yes_no",
    label=marked("With an e-mail address in the file"),
    short=marked("With an e-mail address"),
)
LANGUAGE = SearchParameter(
    name="language", kind="choice", label=marked("Language of the patient"), short=marked("Language")
)
CITY = SearchParameter(name="city", kind="words", label=marked("City"))
POSTCODE = SearchParameter(
    name="postcode",
    kind="words",
    label=marked("Postcode, or how it begins (35, 29000)"),
    short=marked("Postcode begins with"),
)
BALANCE = SearchParameter(
    name="balance",
    kind="yes_no",
    label=marked("Show the patient's balance"),
    short=marked("Balance"),
    default="no",
    identifies=False,
)
REMARK = SearchParameter(name="remark", kind="words", label=marked("Words of the remark"), short=marked("Remark"))


def gone(default: str) -> SearchParameter:
    """Return the parameter that keeps patients who died or whose file is archived, or leaves them out."""
    return SearchParameter(
        name="gone", kind="yes_no", label=marked("With deceased patients and archived files"), default=default
    )


def _in_group(values: tuple[str, ...], context: Context) -> SqlCondition:
    return sa.exists().where(
        group_members.c.practice_id == patients.c.practice_id,
        group_members.c.patient_id == patients.c.patient_id,
        is_one_of(group_members.c.group_id, values),
    )


def _has_email(wanted: bool, context: Context) -> SqlCondition:
    some = sa.func.trim(sa.func.coalesce(patients.c.email, "")) != ""
    return some if wanted else ~some


def _speaks(values: tuple[str, ...], context: Context) -> SqlCondition:
    # Who said nothing is spoken to in the practice's own language.
    usual = sa.select(practices.c.language).where(practices.c.practice_id == context.practice_id).scalar_subquery()
    return is_one_of(sa.func.coalesce(patients.c.language, usual), values)


def _postcode_begins(words: str, context: Context) -> SqlCondition:
    written = sa.func.lower(sa.func.replace(sa.func.coalesce(patients.c.postcode, ""), " ", ""))
    return sa.or_(*(written.like(f"{word}%") for word in words.split()))


def _still_here(keep: bool, context: Context) -> SqlCondition | None:
    return None if keep else sa.and_(sa.not_(patients.c.deceased), sa.not_(patients.c.archived))


def _at_site(values: tuple[str, ...], context: Context) -> SqlCondition:
    # A patient is seen where the practitioner of the file works.
    works = sa.select(practitioners.c.practitioner_id).where(
        practitioners.c.practice_id == context.practice_id, is_one_of(practitioners.c.site_id, values)
    )
    return patients.c.main_practitioner_id.in_(works)


def _minors_today(wanted: bool, context: Context) -> SqlCondition:
    minor = minor_at(context.today)
    return minor if wanted else ~minor


BY_FAMILY = Filter(parameter=FAMILY, sql=lambda values, context: is_one_of(patients.c.family_id, values))
BY_GROUP = Filter(parameter=GROUP, sql=_in_group)
BY_PATIENT_TYPE = Filter(
    parameter=PATIENT_TYPE, sql=lambda values, context: holds_one_of(patients.c.patient_type, values)
)
BY_FILE_STATE = Filter(parameter=FILE_STATE, sql=lambda values, context: holds_one_of(patients.c.file_state, values))
BY_EMAIL = Filter(parameter=WITH_EMAIL, sql=_has_email)
BY_LANGUAGE = Filter(parameter=LANGUAGE, sql=_speaks)
BY_CITY = Filter(parameter=CITY, sql=lambda words, context: holds_words(words, patients.c.city))
BY_POSTCODE = Filter(parameter=POSTCODE, sql=_postcode_begins)


def by_gone(default: str) -> Filter:
    """Return the filter on patients who died or whose file is archived."""
    return Filter(parameter=gone(default), sql=_still_here)


PATIENT_FILTERS = (
    Filter(parameter=PRACTITIONER, sql=lambda values, context: is_one_of(patients.c.main_practitioner_id, values)),
    BY_FAMILY,
    BY_GROUP,
    BY_PATIENT_TYPE,
    BY_FILE_STATE,
    Filter(parameter=SITE, sql=_at_site),
    Filter(
        parameter=SearchParameter(name="minors", kind="yes_no", label=marked("Minors today"), short=marked("Minors")),
        sql=_minors_today,
    ),
    BY_EMAIL,
    BY_LANGUAGE,
    BY_CITY,
    BY_POSTCODE,
    by_gone("no"),
    Filter(parameter=REMARK, sql=lambda words, context: holds_words(words, patients.c.remark)),
)
"""The filters of every search whose rows are patients, or what belongs to a patient's file."""


# --- the columns --------------------------------------------------------------------------------------


def practitioner_names(context: Context) -> dict[str | None, str]:
    """Return how each practitioner is named, by key."""
    found = context.connection.execute(
        sa.select(practitioners).where(practitioners.c.practice_id == context.practice_id)
    )
    return {row.practitioner_id: full_name(row.title, row.first_name, row.last_name) or row.code for row in found}


def plain_address(email: str) -> str:
    """Return an address as those are compared that several have: without blanks around, in small letters."""
    return email.strip().lower()


def address_columns(emails: rows.Values, sharing: Mapping[str, int]) -> dict[str, Any]:
    """Return what is to be known of each of these addresses, as the columns of ``domain.frames.ADDRESS_COLUMNS``.

    `sharing` says how many have each address (`plain_address`), those that several have. Who wants no messages is known
    to the practice, which asks its ledger too.
    """
    problems = address_problems(emails)
    written = ["" if problem else plain_address(email) for email, problem in zip(emails, problems, strict=True)]
    shared = [sharing.get(address, 1) if address else None for address in written]
    doubtful = {f"@{domain}": str(status) for domain, status in doubtful_domains().items()}
    ok, several = str(AddressStatus.OK), str(AddressStatus.SHARED)
    statuses = [
        _STATUS_OF_PROBLEM[problem]
        if problem
        else doubtful.get(address[address.rfind("@") :]) or (several if count and count > 1 else ok)
        for problem, address, count in zip(problems, written, shared, strict=True)
    ]
    return {
        "address_status": rows.category(statuses, [str(one) for one in AddressStatus]),
        "address_shared_by": rows.number(shared),
    }


def shared_addresses(emails: rows.Values, context: Context) -> dict[str, int]:
    """Return how many open files have each of these addresses, by `plain_address`; only those that several have.

    An address is looked up as it is written and in small letters: that is what its index knows.
    """
    written = {email for email in emails if email}
    if not written:
        return {}
    mailbox, open_files = sa.func.lower(sa.func.trim(patients.c.email)), patients_here(context.practice_id)
    if len(written) <= _LOOKED_UP:
        looked_up = written | {plain_address(email) for email in written}
        open_files += (rows.among(patients.c.email, looked_up, context.connection.dialect),)
    found = context.connection.execute(
        sa.select(mailbox, sa.func.count())
        .where(*open_files, patients.c.email.is_not(None), ~patients.c.deceased, ~patients.c.archived)
        .group_by(mailbox)
        .having(sa.func.count() > 1)
    )
    return {str(address): int(count) for address, count in found}


def patient_columns(
    read: Mapping[str, rows.Values], context: Context, *, practitioner: str = "main_practitioner_id"
) -> dict[str, Any]:
    """Return the columns that all searches of patients share, from rows that hold `PATIENT_READ`.

    `practitioner` is the column read that names the practitioner: the file's, or the appointment's.
    """
    names = practitioner_names(context)
    return {
        "patient_id": rows.text(read["patient_id"]),
        "patient": rows.text(
            [" ".join(filter(None, pair)) or None for pair in zip(read["last_name"], read["first_name"], strict=True)]
        ),
        "file_number": rows.text(
            [None if external else one for one, external in zip(read["patient_id"], read["external"], strict=True)]
        ),
        "phone": rows.text([mobile or phone for mobile, phone in zip(read["mobile"], read["phone"], strict=True)]),
        "practitioner": rows.category([names.get(one) for one in read[practitioner]]),
        "practitioner_id": rows.text(read[practitioner]),
        "email": rows.text(read["email"]),
        "family": rows.text(read["family_id"]),
        "patient_type": rows.category(read["patient_type"]),
        "file_state": rows.category(read["file_state"]),
        "language": rows.category(read["language"]),
        **address_columns(read["email"], shared_addresses(read["email"], context)),
    }
