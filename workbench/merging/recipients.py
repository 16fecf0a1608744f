"""Find who is written to: one recipient an addressee and patient, from a search's subjects or from a table.

The rules are DESIGN 8.1 and 8.2, promise P13, and the traps of FEATURES section 4: two children who share one
mailbox are two recipients, a minor is written to through a guardian, and several appointments of one patient on one
day are one message. Whoever cannot be written to stays in the frame with the reason.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.addresses import address_key, address_problems, normalised_address
from workbench.domain.calendar import wall_clock
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.fields import Catalogue, folded
from workbench.domain.frames import RECIPIENT_COLUMNS
from workbench.domain.mailings import Finding, Severity
from workbench.domain.objections import Objections
from workbench.domain.people import Channel, Role
from workbench.errors import UnknownName
from workbench.language import _
from workbench.merging.addressees import addressee_of, is_minor, no_longer_patient

MERGED_WITH = "merged_with"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Who is written to, and what is known of them before any field is computed.

    `frame` has the columns of ``RECIPIENT_COLUMNS``, one row an addressee and patient, numbered from 0.
    `subjects` is the search's frame as given (duplicate rows apart) with two more columns: ``recipient_id`` and
    ``merged_with`` (the subject whose message tells about this row too, or ``""``).
    `values` holds the further columns of a recipients table, by their name in ``{{ }}``, rows as in `frame`.
    `findings` are about the table itself: conflicting and repeated rows.
    """

    frame: pd.DataFrame
    subjects: pd.DataFrame
    values: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: tuple[Finding, ...] = ()


# --- from a search ------------------------------------------------------------------------------------


def recipients_from_subjects(
    subjects: pd.DataFrame,
    *,
    people: pd.DataFrame,
    relations: pd.DataFrame,
    role: Role | str,
    now: datetime,
    zone: ZoneInfo,
    channel: Channel | str = Channel.EMAIL,
    adult_age: int = 18,
    group: str = "",
    language: str = "",
    objections: Objections | None = None,
    purpose: str = "",
) -> Recipients:
    """Return the recipients of a search's subjects, in the subjects' order.

    Parameters
    ----------
    subjects
        A search's frame: ``subject_key`` and ``patient_id``; appointments also have ``starts_at`` and
        ``appointment_id``, and ``practitioner_id``, ``invoice_id`` if they can.
    people
        ``PatientStore.people`` of these patients, indexed by ``patient_id``.
    relations
        ``PatientStore.relations`` of these patients: for the role *patient* the guardians, else the role itself.
    role
        In which capacity somebody is written to. An adult without a guardian (or payer) in the file answers for
        himself; a minor patient is written to through the first guardian who has a usable address.
    group
        ``"family"`` makes one message of the subjects of one family on one day that go to the same addressee.
    language
        The language of every message; ``""`` takes each addressee's own.
    objections, purpose
        Who objects to messages of this purpose: whoever does is told about in nobody's message (P5, P13).
    """
    table = subjects.drop_duplicates("subject_key") if len(subjects) else subjects
    rows = _subject_rows(table, zone)
    known = {str(row.pop("patient_id")): row for row in _records(people.reset_index())} if len(people) else {}
    responsible: dict[str, list[dict[str, Any]]] = {}
    for relation in _records(relations):
        responsible.setdefault(str(relation["patient_id"]), []).append(relation)
    today = wall_clock(now, zone).date()

    messages: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        messages.setdefault((row["patient_id"], row["day"] or row["subject_key"]), []).append(row)

    made: list[dict[str, Any]] = []
    for (patient_id, _day), told in messages.items():
        told.sort(key=_earliest)
        lead = told[0]
        patient = known.get(patient_id)
        on_day = date.fromisoformat(lead["day"]) if lead["day"] else today
        addressee, reason = addressee_of(
            patient_id, patient, responsible.get(patient_id, []), Role(role), day=on_day, adult_age=adult_age
        )
        made.append(
            {
                "recipient_id": "",
                "addressee_key": addressee.key,
                "patient_id": patient_id,
                "appointment_id": lead["appointment_id"],
                "invoice_id": lead["invoice_id"],
                "practitioner_id": lead["practitioner_id"],
                "subjects": [row["occasion"] for row in told],
                "appointments": [row["appointment_id"] for row in told if row["appointment_id"]],
                "role": addressee.role,
                "channel": str(channel),
                "address": normalised_address(addressee.email),
                "language": language or addressee.language or str((patient or {}).get("language") or ""),
                "recipient": addressee.name,
                "reason": reason,
                "addressee_civility": addressee.civility,
                "addressee_last_name": addressee.last_name,
                "addressee_first_name": addressee.first_name,
                "addressee_sex": addressee.sex,
                "addressee_relation": addressee.relation,
                "_family": str((patient or {}).get("family_id") or ""),
                "_day": lead["day"],
                "_told": told,
            }
        )
    if objections:
        for recipient in made:
            recipient["reason"] = recipient["reason"] or _objection(objections, recipient, str(channel), purpose)
    if group == "family":
        made = _by_family(made)
    for recipient in made:
        recipient["recipient_id"] = _recipient_id(recipient["patient_id"], recipient["_told"])
    leads: dict[str, tuple[str, str]] = {}
    for recipient in made:
        for row in recipient["_told"]:
            lead_key = recipient["_told"][0]["subject_key"]
            merged = "" if row["subject_key"] == lead_key else lead_key
            leads[row["subject_key"]] = (recipient["recipient_id"], merged)
    marked = table.copy()
    if len(marked):
        keys = [str(key) for key in marked["subject_key"]]
        marked["recipient_id"] = [leads[key][0] for key in keys]
        marked[MERGED_WITH] = [leads[key][1] for key in keys]
    return Recipients(frame=_frame(made), subjects=marked, values=pd.DataFrame(index=range(len(made))))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values; a missing one is ``None``, whatever kind of column it stood in."""
    columns = {str(name): series.astype(object).where(series.notna(), None).tolist() for name, series in frame.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _subject_rows(table: pd.DataFrame, zone: ZoneInfo) -> list[dict[str, Any]]:
    rows = []
    for row in _records(table):
        start = row.get("starts_at")
        moment = None
        if start is not None:
            moment = pd.Timestamp(start).to_pydatetime(warn=False)
            if moment.tzinfo is not None:
                moment = wall_clock(moment, zone)
        key = str(row["subject_key"])
        wall = moment.isoformat(timespec="minutes") if moment else ""
        rows.append(
            {
                "subject_key": key,
                "patient_id": str(row.get("patient_id") or ""),
                "appointment_id": str(row.get("appointment_id") or ""),
                "invoice_id": str(row.get("invoice_id") or ""),
                "practitioner_id": str(row.get("practitioner_id") or ""),
                "day": wall[:10],
                "start": wall,
                "occasion": f"{key}@{wall}" if wall else key,
            }
        )
    return rows


def _earliest(row: Mapping[str, Any]) -> tuple[str, str]:
    """Give the order of what one message tells; the first leads. It does not depend on the order of the search."""
    return row["start"], row["subject_key"]


_LONGEST_ID = 160


def _recipient_id(patient_id: str, told: Sequence[Mapping[str, Any]]) -> str:
    """Name a recipient by the patient, the day, and all that is told about it.

    Whoever was written to about an appointment at nine is another recipient when it is moved to ten, or when a
    second one joins it (8.2); `domain.deliveries.recipient_group` says what replaces what.
    """
    lead = told[0]
    if not lead["day"]:
        return str(lead["subject_key"])
    tail = "+".join(f"{row['appointment_id'] or row['subject_key']}@{row['start'][11:]}" for row in told)
    if len(tail) > _LONGEST_ID:
        tail = f"{tail[: _LONGEST_ID - 17]}#{hashlib.sha256(tail.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return f"patient:{patient_id}@{lead['day']}:{tail}"


def _by_family(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join the messages that tell one addressee about one family on one day; the earliest subject leads."""
    joined: dict[tuple[str, ...], dict[str, Any]] = {}
    for recipient in made:
        apart = recipient["reason"] or not recipient["_family"]
        key = (recipient["addressee_key"], recipient["_day"], recipient["_family"])
        first = None if apart else joined.get(key)
        if first is None:
            joined[(recipient["_told"][0]["subject_key"],) if apart else key] = recipient
            continue
        told = sorted(first["_told"] + recipient["_told"], key=_earliest)
        lead = recipient if told[0] in recipient["_told"] else first
        joined[key] = {
            **lead,
            "subjects": [row["occasion"] for row in told],
            "appointments": [row["appointment_id"] for row in told if row["appointment_id"]],
            "_told": told,
        }
    return list(joined.values())


def _frame(made: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    columns = {name: [row[name] for row in made] for name in RECIPIENT_COLUMNS}
    return pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in columns.items()})


# --- from a table -------------------------------------------------------------------------------------

EMAIL_COLUMNS = ("email", "e_mail", "mail", "courriel", "adresse_e_mail", "adresse_email", "adresse_mail")
_FIRST_NAMES = ("first_name", "prenom")
_LAST_NAMES = ("last_name", "nom")
_CIVILITIES = ("civility", "civilite")


def column_name(heading: str) -> str:
    """Return a table's heading as a name for ``{{ }}``: ``Nom de l'élève`` is ``nom_de_l_eleve``."""
    name = re.sub(r"[^a-z0-9]+", "_", folded(heading)).strip("_")
    if not name:
        return "column"
    return f"column_{name}" if name[0].isdigit() else name


def column_names(headings: Iterable[object]) -> list[str]:
    """Return a name for each heading; a name already taken gets ``_2``, then ``_3``."""
    taken: dict[str, int] = {}
    names: list[str] = []
    for heading in headings:
        name = column_name(str(heading))
        while name in names:
            taken[name] = taken.get(name, 1) + 1
            name = f"{column_name(str(heading))}_{taken[column_name(str(heading))]}"
        names.append(name)
    return names


def recipients_from_table(
    frame: pd.DataFrame,
    *,
    channel: Channel | str = Channel.EMAIL,
    language: str = "",
    people: Callable[[list[str]], pd.DataFrame] | None = None,
    today: date | None = None,
    adult_age: int = 18,
) -> Recipients:
    """Return the recipients of a practice's own table, one a row, in the table's order.

    The table has ``email`` and, if it can, a stable ``id`` (or the ``subject_key`` of a search's output) and ``name``;
    without a key the normalised address is the key. Identical rows are one row; rows that share an id and differ are
    all left out (``duplicate_id``); without ids, a further row of an address is left out (``duplicate_row``), the
    first one stays. Only ``patient_id`` links a row to the store. Every column is a value by `column_name`.

    Parameters
    ----------
    people
        ``PatientStore.people``, asked about the patients that the table names: nobody is written to about one who
        died or whose file is archived; an unknown one is a finding, and so is a minor, whose row goes to the address
        that the practice gave on purpose.
    today
        The day that decides who is a minor.

    Raises
    ------
    UnknownName
        When the table has no column of addresses.
    """
    values = frame.copy()
    values.columns = pd.Index(column_names(frame.columns))
    values = pd.DataFrame({name: pd.Series(_plain(values[name]), dtype=object) for name in values.columns})
    email = next((name for name in EMAIL_COLUMNS if name in values.columns), None)
    if email is None:
        raise UnknownName(
            _("The table has no column « email »; it has: {columns}.").format(
                columns=", ".join(str(name) for name in frame.columns)
            )
        )
    given = next((name for name in ("id", "subject_key") if name in values.columns), None)
    keys, reasons, kept, findings = _row_keys(values, email, given)

    values = values.iloc[kept].reset_index(drop=True)
    addresses = [str(value or "") for value in values[email]]
    problems = address_problems(addresses)
    made = [
        {
            "recipient_id": f"row:{key}",
            "addressee_key": f"row:{key}",
            "subjects": [f"row:{key}"],
            "appointments": [appointment] if appointment else [],
            "role": role or str(Role.EXTERNAL),
            "channel": str(channel),
            "address": normalised_address(address),
            "language": language or spoken,
            "reason": reason,
            "_problem": problem,
            "patient_id": patient,
            "appointment_id": appointment,
            "invoice_id": invoice,
            "practitioner_id": practitioner,
            "recipient": name,
            "addressee_civility": civility,
            "addressee_last_name": last,
            "addressee_first_name": first,
            "addressee_sex": sex,
            "addressee_relation": "",
        }
        for (
            key, reason, problem, address, role, spoken, patient, appointment, invoice, practitioner, name, civility,
            last, first, sex,
        ) in zip(
            keys, reasons, problems, addresses,
            _cells(values, ("role",), among=tuple(Role)),
            _cells(values, ("language", "langue")),
            _cells(values, ("patient_id",)),
            _cells(values, ("appointment_id",)),
            _cells(values, ("invoice_id",)),
            _cells(values, ("practitioner_id",)),
            _names(values),
            _cells(values, _CIVILITIES),
            _cells(values, _LAST_NAMES),
            _cells(values, _FIRST_NAMES),
            _cells(values, ("sex", "sexe")),
            strict=True,
        )
    ]  # fmt: skip
    if people is not None:
        findings += _looked_up(made, people, today=today or date.max, adult_age=adult_age)
    for row in made:
        row["reason"] = row["reason"] or row["_problem"]
    recipients = _frame(made)
    return Recipients(
        frame=recipients,
        subjects=values.assign(recipient_id=recipients["recipient_id"], **{MERGED_WITH: ""}),
        values=values,
        findings=tuple(findings),
    )


def _looked_up(
    made: Sequence[dict[str, Any]],
    people: Callable[[list[str]], pd.DataFrame],
    *,
    today: date,
    adult_age: int,
) -> list[Finding]:
    """Leave out the rows about patients who died or left, and return what the practice should know of the others."""
    named = list(dict.fromkeys(row["patient_id"] for row in made if row["patient_id"]))
    frame = people(named) if named else pd.DataFrame()
    known = {str(row["patient_id"]): row for row in _records(frame.reset_index())} if len(frame) else {}
    findings = []
    for row in made:
        if not row["patient_id"] or row["reason"]:
            continue
        patient = known.get(row["patient_id"])
        code = ""
        if patient is None:
            code = "unknown_patient"
        elif gone := no_longer_patient(patient):
            row["reason"] = gone
        elif row["role"] in (Role.PATIENT, Role.EXTERNAL) and is_minor(patient, today, adult_age):
            code = "minor_written_directly"
        if code:
            findings.append(
                Finding(
                    code=code,
                    severity=Severity.WARNING,
                    message=sentence_of_reason(code),
                    recipient=row["recipient_id"],
                )
            )
    return findings


_SAME_FOR_ALL = frozenset({"mailing", "practice"})


def occasion_digests(recipients: Recipients, fields: pd.DataFrame, *, catalogue: Catalogue) -> Recipients:
    """Return the recipients of a table with their occasions: ``row:<id>@<digest of the address and the values used>``.

    A row whose address or used values change is a new occasion (DESIGN 8.2). The other columns of the table may
    change freely, and so may what is the same for everybody: the day, who sends, the practice's own card.
    `fields` is the fields frame: the template's codes and columns. Subjects of a search stay as they are.
    """
    frame = recipients.frame
    if not len(frame) or not str(frame["recipient_id"].iloc[0]).startswith("row:"):
        return recipients

    def of_the_row(name: str) -> bool:
        if name in recipients.values.columns or name not in catalogue:
            return True
        return not {source.partition(".")[0] for source in catalogue[name].source} <= _SAME_FOR_ALL

    ordered = sorted(name for name in map(str, fields.columns) if of_the_row(name))
    addresses = [address_key(address) for address in frame["address"]]
    digests = []
    for row in zip(addresses, *(fields[name] for name in ordered), strict=True):
        text = json.dumps(dict(zip(("", *ordered), row, strict=True)), sort_keys=True, ensure_ascii=False, default=str)
        digests.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16])
    occasions = [[f"{key}@{digest}"] for key, digest in zip(frame["recipient_id"], digests, strict=True)]
    return replace(recipients, frame=frame.assign(subjects=pd.Series(occasions, index=frame.index, dtype=object)))


def _plain(series: pd.Series) -> list[object]:
    """Return a table's column as plain values: text, numbers, yes or no, lists; missing and empty ones are ``None``."""
    column = series.astype(object).where(series.notna(), None).tolist()
    numbers = [value for value in column if isinstance(value, float)]
    # pandas makes floats of whole numbers as soon as one is missing; a letter says 3, not 3.0.
    whole = bool(numbers) and all(value.is_integer() for value in numbers)
    plain: list[object] = []
    for value in column:
        if value is None or value == "":
            plain.append(None)
        elif isinstance(value, float) and whole:
            plain.append(int(value))
        elif isinstance(value, (str, bool, int, float)):
            plain.append(value)
        elif isinstance(value, (list, dict)):
            plain.append(json.loads(json.dumps(value, default=str)))
        elif isinstance(value, (datetime, date)):
            plain.append(value.isoformat())
        elif hasattr(value, "item"):
            plain.append(value.item())
        else:
            plain.append(str(value))
    return plain


def _cells(values: pd.DataFrame, names: Sequence[str], *, among: Sequence[str] | None = None) -> list[str]:
    name = next((name for name in names if name in values.columns), None)
    if name is None:
        return [""] * len(values)
    cells = ["" if value is None else str(value).strip() for value in values[name]]
    return cells if among is None else [cell if cell in among else "" for cell in cells]


def _names(values: pd.DataFrame) -> list[str]:
    if "name" in values.columns:
        return _cells(values, ("name",))
    firsts, lasts = _cells(values, _FIRST_NAMES), _cells(values, _LAST_NAMES)
    patients = _cells(values, ("patient",))
    return [
        " ".join(part for part in (first, last) if part) or patient
        for first, last, patient in zip(firsts, lasts, patients, strict=True)
    ]


def _row_keys(
    values: pd.DataFrame, email: str, given: str | None
) -> tuple[list[str], list[str], list[int], list[Finding]]:
    """Return each kept row's key and reason, the places of the kept rows, and what was found about the others."""
    contents = list(zip(*(values[name] for name in values.columns), strict=True))
    groups: dict[str, list[int]] = {}
    for place in range(len(values)):
        stated = values[given].iat[place] if given else None
        key = str(stated).strip() if stated is not None else ""
        key = key or address_key(values[email].iat[place]) or f"line-{place + 2}"
        groups.setdefault(unicodedata.normalize("NFC", key), []).append(place)
    keyed: dict[int, tuple[str, str]] = {}
    findings: list[Finding] = []
    for key, places in groups.items():
        distinct: dict[str, int] = {}
        for place in places:
            distinct.setdefault(repr(contents[place]), place)
        lines = ", ".join(str(place + 2) for place in places)
        if len(distinct) == 1:
            keyed[places[0]] = (key, "")
            continue
        stated = bool(given and values[given].iat[places[0]] is not None)
        reason = "duplicate_id" if stated else "duplicate_row"
        for count, place in enumerate(distinct.values(), start=1):
            first = count == 1
            own = key if first else f"{key}#{count}"
            keyed[place] = (own, "" if first and not stated else reason)
        message = (
            _("Lines {lines} have the same id and differ; none of them is written to. Give each row an id of its own.")
            if stated
            else _("Lines {lines} have the same address and no id; only the first is written to. Add a column « id ».")
        )
        findings.append(
            Finding(
                code=reason,
                severity=Severity.ERROR,
                message=message.format(lines=lines),
                recipient=f"row:{key}",
                line=places[0] + 2,
            )
        )
    kept = sorted(keyed)
    return [keyed[place][0] for place in kept], [keyed[place][1] for place in kept], kept, findings


# --- consent ------------------------------------------------------------------------------------------


def with_objections(
    recipients: pd.DataFrame,
    objections: Objections | pd.DataFrame,
    *,
    channel: Channel | str = Channel.EMAIL,
    purpose: str = "",
) -> pd.DataFrame:
    """Return the recipients frame with ``opted_out`` or ``no_consent`` where somebody objects (P13).

    The rule is `domain.objections`, which every claimed batch asks again; a frame is one of
    ``PatientStore.objections``. Only rows that could have left get the reason.
    """
    asked = objections if isinstance(objections, Objections) else Objections.from_frame(objections, mailbox=address_key)
    if not len(recipients) or not asked:
        return recipients
    reasons = [
        row["reason"] or _objection(asked, row, str(channel), purpose)
        for row in _records(recipients[["reason", "patient_id", "addressee_key", "address"]])
    ]
    return recipients.assign(reason=pd.Series(reasons, index=recipients.index, dtype=object))


def _objection(objections: Objections, row: Mapping[str, Any], channel: str, purpose: str) -> str:
    return objections.reason(
        patient_id=str(row["patient_id"] or ""),
        address=str(row["address"] or ""),
        addressee_key=str(row["addressee_key"] or ""),
        channel=channel,
        purpose=purpose,
    )
