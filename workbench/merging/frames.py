"""Make the fields frame: one row a recipient, one column a field, only the columns a template uses.

A field is a column (DESIGN 3): the store hands over whole columns by key, they are laid in the order of the
recipients, and each field's format is computed over all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.domain.calendar import wall_clock
from workbench.domain.custom_fields import GIVEN
from workbench.domain.fields import Catalogue, GivenColumn
from workbench.errors import UnknownName
from workbench.language import LANGUAGES, _
from workbench.merging.belonging import OWNED, own_appointments, own_keys, without_other_patients
from workbench.merging.formats import FORMATS
from workbench.merging.formats.inputs import Inputs
from workbench.merging.recipients import Recipients, plain_list
from workbench.merging.source_keys import CURRENT, Subject, leading_subjects, person_keys, source_keys
from workbench.merging.variants import VARIANTS, Places, chosen

_KEYS = {"patient": "patient_id", "appointment": "appointment_id", "practitioner": "practitioner_id"}
_ANSWERING = ("guardian", "payer")
_OF_SUBJECT = {"appointment.moved_from": "told_start"}
"""Columns of the store before which a search's own goes: what it found out about the subject a message leads with."""

_OUR_OWN = frozenset({"addressee", "mailing", "subject", "given"})

NOT_GIVEN = "not_given"
"""Among the attributes of a fields frame: the codes whose values only a program has, which gave none here."""

Columns = Callable[[str, Sequence[str], Sequence[str]], pd.DataFrame]
Relations = Callable[[Sequence[str], str], pd.DataFrame]


def needed_columns(codes: Iterable[str], catalogue: Catalogue) -> dict[str, set[str]]:
    """Return the columns of the store that these fields are computed from, by table.

    Tables are ``patient``, ``guardian``, ``payer``, ``appointment``, ``practitioner`` (the appointment's),
    ``file_practitioner`` (the patient's main one), ``practice``, and those of ``source_keys.CURRENT``; what the
    recipients frame and the mailing hold already is not among them, nor what only proposes an answer.

    Raises
    ------
    UnknownName
        When a code is not in the catalogue.
    """
    needed: dict[str, set[str]] = {}
    for code in codes:
        if code not in catalogue:
            raise UnknownName(_("There is no merge field @{code}.").format(code=code))
        if catalogue[code].asked:
            continue
        for name in catalogue[code].source:
            table, _dot, column = name.partition(".")
            if table == "appointments":
                table = "appointment"
            if table not in _OUR_OWN:
                needed.setdefault(table, set()).add(column)
    if "file_practitioner" in needed:
        needed.setdefault("patient", set()).add("main_practitioner_id")
    for table in CURRENT.keys() & needed.keys():
        needed.setdefault("patient", set()).add(CURRENT[table])
    for table in OWNED & needed.keys():
        needed[table].add("patient_id")
    return needed


def load_sources(
    needed: Mapping[str, Collection[str]],
    recipients: Recipients,
    *,
    columns: Columns,
    relations: Relations,
    now: datetime,
    zone: ZoneInfo,
) -> dict[str, pd.DataFrame]:
    """Ask the store for the needed columns of the recipients' rows only, and return them by table, indexed by key.

    `columns` and `relations` are the methods of the same name of the patient store; `now` as for `fields_frame`.
    """
    frame = recipients.frame
    sources: dict[str, pd.DataFrame] = {}
    patients = _distinct(frame["patient_id"])
    if "patient" in needed:
        sources["patient"] = columns("patient", patients, sorted(needed["patient"]))
    if "appointment" in needed:
        told = frame["appointments"].explode().dropna() if len(frame) else frame["appointment_id"]
        sources["appointment"] = columns("appointment", _distinct(told), sorted(needed["appointment"]))
    if "practitioner" in needed:
        keys = set(_distinct(frame["practitioner_id"]))
        if "practitioner_id" in needed.get("appointment", ()):
            keys |= set(_distinct(sources["appointment"]["practitioner_id"]))
        sources["practitioner"] = columns("practitioner", sorted(keys), sorted(needed["practitioner"]))
    if "file_practitioner" in needed:
        keys = set(_distinct(sources["patient"]["main_practitioner_id"]))
        sources["file_practitioner"] = columns("practitioner", sorted(keys), sorted(needed["file_practitioner"]))
    if "practice" in needed:
        sources["practice"] = columns("practice", [], sorted(needed["practice"]))
    for role in _ANSWERING:
        if role in needed:
            sources[role] = _answering(relations(patients, role), role, sorted(needed[role]))
    for table, current in _current_keys(needed, recipients, sources, now=wall_clock(now, zone)).items():
        sources[table] = columns(table, _distinct(pd.Series(current, dtype=object)), sorted(needed[table]))
    return sources


def leave_out_other_patients(
    recipients: Recipients, sources: Mapping[str, pd.DataFrame], *, now: datetime, zone: ZoneInfo
) -> Recipients:
    """Return the recipients, with a reason where their message would have told of another patient's row."""
    keys = _current_keys(OWNED & sources.keys(), recipients, sources, now=wall_clock(now, zone))
    if "appointment" in sources:
        keys["appointment"] = plain_list(recipients.frame["appointment_id"])
    return without_other_patients(recipients, keys, sources)


def _answering(ranked: pd.DataFrame, role: str, names: list[str]) -> pd.DataFrame:
    """Return who answers for patients twice: the best by the patient's key, and everyone by the addressee's."""
    best = ranked.drop_duplicates("patient_id").set_index("patient_id")
    people = ranked.drop_duplicates("person_key")
    everyone = people.set_index(pd.Index(role + ":" + people["person_key"].astype(str)))
    return pd.concat([best[names], everyone[names]])


def _current_keys(
    tables: Collection[str],
    recipients: Recipients,
    sources: Mapping[str, pd.DataFrame],
    *,
    now: datetime,
    subjects: Sequence[Subject] | None = None,
) -> dict[str, list[Any]]:
    """Return the key of each recipient's row in those of the tables that have a current one (``CURRENT``)."""
    names = {table: name for table, name in CURRENT.items() if table in tables}
    if not names:
        return {}
    subjects = leading_subjects(recipients) if subjects is None else subjects
    patients = plain_list(recipients.frame["patient_id"])
    own = _laid_out(sources["patient"][[*names.values()]], patients, ZoneInfo("UTC"))  # no moment among them
    return {table: source_keys(table, recipients, subjects, own[name], now=now) for table, name in names.items()}


def fields_frame(
    recipients: Recipients,
    codes: Iterable[str],
    catalogue: Catalogue,
    sources: Mapping[str, pd.DataFrame],
    *,
    now: datetime,
    zone: ZoneInfo,
    user: str = "",
    names: Iterable[str] = (),
    values: Mapping[str, object] | None = None,
    step: str = "",
    adult_age: int = 18,
) -> pd.DataFrame:
    """Return the merged values: index as the recipients, one column (text or ``None``) a code.

    Parameters
    ----------
    recipients
        Who is written to; each row's ``language`` chooses how its dates are written.
    codes
        The fields to compute: those a template uses.
    sources
        The store's columns by table, indexed by key (`load_sources`).
    now
        The moment of confirmation, aware; dates and ages of the message count from it.
    names
        Columns of a recipients table that the template uses by their own name; their values stay as they are.
    values
        Values of the mailing itself, the same for everyone, by code; they go before the catalogue's. One that is
        asked at sending is written as its field says, in each recipient's language.
    step
        The email type's: which reminder of several this is.
    """
    frame = recipients.frame
    given = dict(values or {})
    wanted = list(dict.fromkeys(codes))
    own = {"now": wall_clock(now, zone), "user": user or None, "step": step or None}
    inputs = _inputs(recipients, needed_columns(wanted, catalogue), sources, own, zone=zone, age=adult_age)
    made: dict[str, Any] = {}
    places: dict[str, Places] = {}
    for code in wanted:
        field = catalogue[code]
        if code in given and field.asked:
            told = replace(inputs, columns={field.source[0]: [given[code]] * len(frame)})
            made[code] = FORMATS[field.format](told, field.source)
        elif code in given:
            made[code] = [given[code]] * len(frame)
        elif field.asked:
            # What the store would say was proposed already, to somebody who answered otherwise, or with nothing.
            made[code] = [None] * len(frame)
        elif field.format in VARIANTS:
            if field.format not in places:  # the same for every grid of a kind
                places[field.format] = VARIANTS[field.format](inputs, field.source)
            made[code] = chosen(field, places[field.format])
        elif code in catalogue.given:
            made[code] = _as_given(catalogue.given[code], recipients, inputs)
        elif field.format == GIVEN:
            made[code] = [None] * len(frame)
        else:
            made[code] = FORMATS[field.format](inputs, field.source)
    for name in names:
        if name in recipients.values.columns:
            made[name] = recipients.values[name].tolist()
        else:
            made[name] = [given.get(name)] * len(frame)
    columns = {name: pd.Series(column, index=frame.index, dtype=object) for name, column in made.items()}
    merged = pd.DataFrame(columns, index=frame.index)
    absent = [code for code in wanted if catalogue[code].format == GIVEN and code not in {*catalogue.given, *given}]
    if absent:
        merged.attrs[NOT_GIVEN] = absent
    return merged


def _as_given(column: GivenColumn, recipients: Recipients, inputs: Inputs) -> list[str | None]:
    """Lay the values that a program gave in the order of the recipients, by the key of each."""
    if column.key == "invoice_id":
        told = inputs.column("subject.invoice_id")
        keys = [own or key for own, key in zip(recipients.frame["invoice_id"].tolist(), told, strict=True)]
    else:
        keys = plain_list(recipients.frame[column.key])
    return [column.values.get(key, column.missing) for key in keys]


def plain_column(series: pd.Series, zone: ZoneInfo) -> list[Any]:
    """Return a column as plain values, moments on the practice's wall clock, to the minute."""
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_convert(zone).dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(series.dtype):
        moments: list[Any] = series.dt.floor("min").to_numpy("datetime64[us]").tolist()
        return moments
    return plain_list(series)


def _distinct(series: pd.Series) -> list[str]:
    return [str(key) for key in pd.unique(series.dropna()) if key != ""]


def _inputs(
    recipients: Recipients,
    needed: Mapping[str, Collection[str]],
    sources: Mapping[str, pd.DataFrame],
    own: Mapping[str, Any],
    *,
    zone: ZoneInfo,
    age: int,
) -> Inputs:
    frame = recipients.frame
    size = len(frame)
    here: datetime = own["now"]
    columns: dict[str, list[Any]] = {f"mailing.{name}": [value] * size for name, value in own.items()}
    columns["subject.practitioner_id"] = [value or None for value in plain_list(frame["practitioner_id"])]
    subjects = leading_subjects(recipients)
    columns["subject.kind"] = [kind for kind, _key, _start in subjects]
    columns["subject.patient_id"] = plain_list(frame["patient_id"])
    columns["subject.starts_at"] = [start if kind == "appointment" else None for kind, _key, start in subjects]
    columns["subject.invoice_id"] = [key if kind == "invoice" else None for kind, key, _start in subjects]
    for name in frame.columns:
        if name.startswith("addressee_") or name in ("address", "role"):
            columns[f"addressee.{name}"] = [value or None for value in plain_list(frame[name])]
    places = {table: plain_list(frame[key]) for table, key in _KEYS.items()}
    places |= {role: person_keys(role, frame) for role in _ANSWERING if role in needed}
    if "patient" in sources:
        places |= _current_keys(needed, recipients, sources, now=here, subjects=subjects)
    for table, keys in places.items():
        if table in needed and table in sources:
            keys = own_keys(keys, recipients, sources[table]) if table in OWNED else keys
            columns |= {f"{table}.{name}": column for name, column in _laid_out(sources[table], keys, zone).items()}
    if "file_practitioner" in needed and "file_practitioner" in sources:
        keys = columns["patient.main_practitioner_id"]
        found = _laid_out(sources["file_practitioner"], keys, zone)
        columns |= {f"file_practitioner.{name}": column for name, column in found.items()}
    if "practice" in needed and "practice" in sources and len(sources["practice"]):
        laid = {str(name): plain_column(series, zone)[:1] * size for name, series in sources["practice"].items()}
        columns |= {f"practice.{name}": column for name, column in laid.items()}
    if "appointment" in needed and "appointment" in sources:
        columns |= _all_appointments(recipients, sources)
    for name, theirs in _found_out(recipients, subjects, columns.keys() & _OF_SUBJECT.keys(), zone).items():
        columns[name] = [one or stored for one, stored in zip(theirs, columns[name], strict=True)]
    languages = [language if language in LANGUAGES else LANGUAGES[0] for language in frame["language"]]
    return Inputs(columns=columns, languages=languages, now=here, zone=zone, adult_age=age)


def _found_out(
    recipients: Recipients, subjects: Sequence[Subject], names: Collection[str], zone: ZoneInfo
) -> dict[str, list[Any]]:
    """Return what the search found out about each recipient's first subject, by the column it goes before."""
    table = recipients.subjects
    told = {name: _OF_SUBJECT[name] for name in names if _OF_SUBJECT[name] in table.columns}
    if not told or "subject_key" not in table.columns:
        return {}
    source = table.set_index("subject_key")[[*told.values()]]
    laid = _laid_out(source, [f"{kind}:{key}" for kind, key, _start in subjects], zone)
    return {name: laid[column] for name, column in told.items()}


def _laid_out(source: pd.DataFrame, keys: Sequence[Any], zone: ZoneInfo) -> dict[str, list[Any]]:
    """Lay a table's columns in the order of the recipients' keys."""
    places = {key: place for place, key in enumerate(source.index)}
    where = [places.get(key, -1) for key in keys]
    laid: dict[str, list[Any]] = {}
    for name, series in source.items():
        column = plain_column(series, zone)
        if "" in column:
            column = [None if value == "" else value for value in column]
        column.append(None)  # the place of every unknown key
        laid[str(name)] = [column[place] for place in where]
    return laid


def _all_appointments(recipients: Recipients, sources: Mapping[str, pd.DataFrame]) -> dict[str, list[Any]]:
    """Return what `@RDVLISTE` tells: of each recipient, every appointment's start and practitioner."""
    told = sources["appointment"]
    if "starts_at" not in told.columns or "practitioner_id" not in told.columns:
        return {}
    starts = dict(zip(told.index, plain_list(told["starts_at"]), strict=True))
    practitioners = dict(zip(told.index, plain_list(told["practitioner_id"]), strict=True))
    titles: dict[Any, str] = {}
    staff = sources.get("practitioner")
    if staff is not None and {"title", "last_name"} <= set(staff.columns):
        rows = zip(staff.index, plain_list(staff["title"]), plain_list(staff["last_name"]), strict=True)
        titles = {key: " ".join(part for part in (title, name) if part) for key, title, name in rows}
    told_of = own_appointments(recipients, told)
    own: dict[Any, Any] = {}
    if "patient_first_name" in told.columns:
        own = dict(zip(told.index, plain_list(told["patient_first_name"]), strict=True))
    whose = dict(zip(told.index, plain_list(told["patient_id"]), strict=True)) if "patient_id" in told.columns else {}
    return {
        # Only a message about several patients says whose each appointment is.
        "appointments.patient_first_name": [
            [own.get(key) for key in keys] if len({whose.get(key) for key in keys}) > 1 else None for keys in told_of
        ],
        "appointments.starts_at": [[starts.get(key) for key in keys] for keys in told_of],
        "appointments.practitioner": [[titles.get(practitioners.get(key)) for key in keys] for keys in told_of],
    }
