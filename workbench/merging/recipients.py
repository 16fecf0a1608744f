"""Find who is written to: one recipient an addressee and patient, from a search's subjects.

The rules are DESIGN 8.1 and 8.2, promise P13, and the traps of FEATURES section 4: two children who share one
mailbox are two recipients, a minor is written to through a guardian, and several appointments of one patient on one
day are one message. Whoever cannot be written to stays in the frame with the reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.addresses import address_key, normalised_address
from workbench.domain.calendar import wall_clock
from workbench.domain.frames import RECIPIENT_COLUMNS, ROUND_COLUMNS
from workbench.domain.mailings import Finding
from workbench.domain.objections import Objections
from workbench.domain.people import Channel, Role
from workbench.merging.addressees import Addressee, addressees_of, colleague_called, no_longer_patient, paying
from workbench.merging.grouping import Told, by_family, earliest, nothing_told, telling, without_told

MERGED_WITH = "merged_with"

GROUPS = ("patient", "family")
"""What one message may be made of, besides the appointments of a patient on a day."""

BOTH = "both"
"""Written to every guardian of a minor, not to the first one alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Who is written to, and what is known of them before any field is computed.

    `frame` has the columns of ``RECIPIENT_COLUMNS``, one row an addressee and patient, numbered from 0.
    `subjects` is the search's frame as given (duplicate rows apart) with two more columns: ``recipient_id`` and
    ``merged_with`` (the subject whose message tells about this row too, or ``""``).
    `values` holds the further columns of a recipients table, by their name in ``{{ }}``, rows as in `frame`.
    `findings` are about the table itself: conflicting and repeated rows.
    """

    frame: pd.DataFrame = field(repr=False)
    subjects: pd.DataFrame = field(repr=False)
    values: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
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
    guardians: str = "",
    secure: bool = False,
    colleagues: pd.DataFrame | None = None,
    told: str = "",
    answers: str = "",
    payers: pd.DataFrame | None = None,
    told_already: Told = nothing_told,
) -> Recipients:
    """Return the recipients of a search's subjects, in the subjects' order.

    Parameters
    ----------
    subjects
        A search's frame: ``subject_key`` and ``patient_id``; appointments also have ``starts_at`` and
        ``appointment_id``, and ``practitioner_id``, ``invoice_id`` if they can. The columns ``ROUND_COLUMNS`` tell
        when a subject without a start comes round (a birthday's day, a due date): another time it is told about anew.
        A row with ``occasions`` says itself what it tells: each missing paper is one, whichever others are found.
        A subject ``correspondent:…`` is the addressee.
    people
        ``PatientStore.people`` of these patients, indexed by ``patient_id``.
    relations
        ``PatientStore.relations`` of these patients: for the role *patient* the guardians, else the role itself.
    role
        In which capacity somebody is written to. An adult without a guardian (or payer) in the file answers for
        himself; a minor patient is written to through the first guardian who has a usable address, or through each
        of them.
    group
        ``"patient"`` makes one message of all that was found of a patient without a day of its own (all that is
        owed), ``"family"`` also of the subjects of one family on one day that go to the same addressee.
    language
        The language of every message; ``""`` takes each addressee's own.
    objections, purpose
        Who objects to messages of this purpose: whoever does is told about in nobody's message (P5, P13).
    guardians
        ``"both"`` writes to every guardian of a minor; those who share a mailbox get one message.
    secure
        The sender is in the closed space of health messages: colleagues are written to there when they can be.
    colleagues
        ``PatientStore.colleagues`` of the subjects that are colleagues, indexed by ``correspondent_id``.
    told
        What tells one mailing about patients as such from the next (its values, asked once): such subjects have no
        time of their own.
    answers
        A digest of all that was answered for the mailing: it sets one letter to a colleague about a patient apart from
        the next.
    payers
        ``PatientStore.invoice_payers`` of the subjects that are invoices: in the role *payer* an invoice goes to whom
        it names, at its own billing address.
    told_already
        Reads which of some occasions this purpose and step have told already, and to whom. Of a group of subjects
        without a day only those are told that are not among them, unless all are.
    """
    table = subjects.drop_duplicates("subject_key") if len(subjects) else subjects
    rows = _subject_rows(table, zone)
    known = {str(row.pop("patient_id")): row for row in plain_records(people.reset_index())} if len(people) else {}
    responsible: dict[str, list[dict[str, Any]]] = {}
    for relation in plain_records(relations):
        responsible.setdefault(str(relation["patient_id"]), []).append(relation)
    today = wall_clock(now, zone).date()

    others = plain_records(colleagues.reset_index()) if colleagues is not None else []
    doctors = {str(row["correspondent_id"]): row for row in others}

    bills = {str(row["invoice_id"]): row for row in plain_records(payers.reset_index())} if payers is not None else {}

    def chosen_for(row: Mapping[str, Any]) -> list[tuple[Addressee, str]]:
        patient_id, colleague = row["patient_id"], row["correspondent_id"]
        patient = known.get(patient_id)
        if colleague:
            whom, trouble = colleague_called(doctors.get(colleague), colleague, secure=secure)
            if patient_id:
                gone = no_longer_patient(patient) if patient is not None else "unknown_patient"
                trouble = gone or trouble
            return [(whom, trouble)]
        chosen = addressees_of(
            patient_id,
            patient,
            responsible.get(patient_id, []),
            Role(role),
            day=date.fromisoformat(row["day"]) if row["day"] else today,
            adult_age=adult_age,
            both=guardians == BOTH,
            secure=secure,
        )
        bill = bills.get(row["invoice_id"]) if role == Role.PAYER and row["invoice_id"] else None
        return chosen if bill is None or str(bill["patient_id"]) != patient_id else paying(bill, chosen)

    messages: dict[tuple[Any, ...], tuple[list[tuple[Addressee, str]], list[dict[str, Any]]]] = {}
    for row in rows:
        row["occasions"] = row["occasions"] or [_occasion(row, told, answers)]
        row["due"] = row["due"] or _due(bills.get(row["invoice_id"], {}))
        chosen = chosen_for(row)
        together = row["day"] or ("" if group and not row["correspondent_id"] else row["subject_key"])
        # Who is written to comes first: what is owed by two payers is two letters.
        whom = tuple((person.key, person.email) for person, _reason in chosen)
        messages.setdefault((row["patient_id"], together, whom), (chosen, []))[1].append(row)

    made: list[dict[str, Any]] = []
    for (patient_id, *_rest), (chosen, about) in messages.items():
        about.sort(key=earliest)
        patient = known.get(patient_id)
        for place, (addressee, reason) in enumerate(chosen):
            recipient = _recipient(addressee, reason, about, patient or {}, channel=str(channel), language=language)
            recipient["_beside"] = addressee.beside
            recipient["_whose"] = patient_id + (f"/{addressee.key.partition(':')[2]}" if place else "")
            made.append(recipient)
    if objections:
        for recipient in made:
            recipient["reason"] = recipient["reason"] or _objection(objections, recipient, str(channel), purpose)
            for key in recipient["_beside"]:
                beside = {**recipient, "addressee_key": key}
                recipient["reason"] = recipient["reason"] or _objection(objections, beside, str(channel), purpose)
    told_before: list[tuple[str, dict[str, Any]]] = []
    if group:
        made, told_before = without_told(made, told_already, family=group == "family")
    if group == "family":
        made = by_family(made)
    for recipient in made:
        recipient["recipient_id"] = _recipient_id(recipient["_whose"], recipient["_told"])
    leads: dict[str, tuple[str, str]] = {}
    for recipient in made:
        for row in recipient["_told"]:
            lead_key = recipient["_told"][0]["subject_key"]
            merged = "" if row["subject_key"] == lead_key else lead_key
            leads.setdefault(row["subject_key"], (recipient["recipient_id"], merged))
    for subject_key, beside in told_before:
        recipient_id, lead_key = leads[beside["subject_key"]]
        leads.setdefault(subject_key, (recipient_id, lead_key or beside["subject_key"]))
    marked = table.copy()
    if len(marked):
        keys = [str(key) for key in marked["subject_key"]]
        marked["recipient_id"] = [leads[key][0] for key in keys]
        marked[MERGED_WITH] = [leads[key][1] for key in keys]
    return Recipients(frame=recipient_frame(made), subjects=marked, values=pd.DataFrame(index=range(len(made))))


def _recipient(
    addressee: Addressee,
    reason: str,
    told: list[dict[str, Any]],
    patient: Mapping[str, Any],
    *,
    channel: str,
    language: str,
) -> dict[str, Any]:
    return {
        "recipient_id": "",
        "addressee_key": addressee.key,
        "role": addressee.role,
        "channel": channel,
        "address": normalised_address(addressee.email),
        "language": language or addressee.language or str(patient.get("language") or ""),
        "recipient": addressee.name,
        "reason": reason,
        "addressee_civility": addressee.civility,
        "addressee_last_name": addressee.last_name,
        "addressee_first_name": addressee.first_name,
        "addressee_sex": addressee.sex,
        "addressee_relation": addressee.relation,
        "_family": str(patient.get("family_id") or ""),
        "_day": told[0]["day"],
        **telling(told),
    }


def plain_list(series: pd.Series) -> list[Any]:
    """Return a column as plain values, every kind of missing one as ``None``."""
    gone = series.isna().to_numpy()
    if not gone.any():
        return series.tolist()
    values = series.to_numpy(dtype=object, copy=True)
    values[gone] = None
    return list(values.tolist())


def plain_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values; a missing one is ``None``, whatever kind of column it stood in."""
    columns = {str(name): plain_list(series) for name, series in frame.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _subject_rows(table: pd.DataFrame, zone: ZoneInfo) -> list[dict[str, Any]]:
    rows = []
    for row in plain_records(table):
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
                "invoice_id": invoice_of(key) or str(row.get("invoice_id") or ""),
                "practitioner_id": str(row.get("practitioner_id") or ""),
                "correspondent_id": colleague_of(key),
                "day": wall[:10],
                "start": wall,
                "due": _due(row),
                "round": wall or _round(row),
                "occasions": list(row.get("occasions") or ()),
                # A paper asked for since makes another recipient: the one of before was written to.
                "apart": "".join(f":{one.removeprefix(f'{key}@')}" for one in row.get("occasions") or ()),
            }
        )
    return rows


def _round(row: Mapping[str, Any]) -> str:
    """Write what tells this round of a subject from the next: « 2026-11-24 », « 2026-10-01#2 »."""
    known = [row[name] for name in ROUND_COLUMNS if row.get(name) is not None]
    if str(row["subject_key"]).startswith(_ONCE):
        return ""
    return "#".join(map(_day, known))


def _occasion(row: Mapping[str, Any], told: str, answers: str) -> str:
    """Name what is told: the subject, and the time it has, or whom it is about, or what sets this mailing apart."""
    key, when = row["subject_key"], row["round"]
    if not when and row["correspondent_id"] and row["patient_id"]:
        # Another report on the same patient has another text.
        when = f"{_PATIENT}{row['patient_id']}{'#' if answers else ''}{answers}"
    if not when and key.startswith((_PATIENT, _COLLEAGUE)):
        when = told
    return f"{key}@{when}" if when else key


def invoice_of(subject_key: str) -> str:
    """Return the invoice that a subject is, ``""`` when it is something else."""
    return subject_key.removeprefix(_INVOICE) if subject_key.startswith(_INVOICE) else ""


def colleague_of(subject_key: str) -> str:
    """Return the colleague that a subject is, ``""`` when it is something else."""
    return subject_key.removeprefix(_COLLEAGUE) if subject_key.startswith(_COLLEAGUE) else ""


def _due(row: Mapping[str, Any]) -> str:
    """Write when something is due: an invoice that does not say so, when it is made out."""
    due_on, dated_on = (_day(row.get(name)) for name in ("due_on", "dated_on"))
    return f"{due_on or dated_on}#{dated_on}" if due_on or dated_on else ""


def _day(value: object) -> str:
    return str(value.date()) if isinstance(value, datetime) else str(value or "")


_LONGEST_ID = 160
_PATIENT, _COLLEAGUE = "patient:", "correspondent:"
_INVOICE = "invoice:"
_ONCE = (_INVOICE, "quote:")  # another reminder of these is another step


def _recipient_id(whose: str, told: Sequence[Mapping[str, Any]]) -> str:
    """Name a recipient by the patient (and who else is told beside the first), the day, and all that is told about it.

    Whoever was written to about an appointment at nine is another recipient when it is moved to ten, or when a
    second one joins it (8.2); `domain.deliveries.recipient_group` says what replaces what.
    """
    lead = told[0]
    if not lead["day"]:
        beside = whose.removeprefix(lead["patient_id"])  # another guardian of the same patient
        return _shortened("+".join(sorted(f"{row['subject_key']}{row['apart']}" for row in told))) + beside
    tail = "+".join(f"{row['appointment_id'] or row['subject_key']}@{row['start'][11:]}" for row in told)
    return f"patient:{whose}@{lead['day']}:{_shortened(tail)}"


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_ID:
        return text
    return f"{text[: _LONGEST_ID - 17]}#{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def recipient_frame(made: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a recipients frame: the columns of ``RECIPIENT_COLUMNS``, numbered from 0."""
    return recipient_columns({name: [row[name] for row in made] for name in RECIPIENT_COLUMNS})


def recipient_columns(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return whole columns as a recipients frame, as `recipient_frame` does rows."""
    return pd.DataFrame({name: pd.Series(columns[name], dtype=object) for name in RECIPIENT_COLUMNS})


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
        for row in plain_records(recipients[["reason", "patient_id", "addressee_key", "address"]])
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
