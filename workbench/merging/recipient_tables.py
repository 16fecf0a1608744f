"""Find who is written to in a practice's own table: one recipient a row, keyed by its own id or its address.

The rules are DESIGN 5 (fine print) and 8.2: an id is a key inside its table only, conflicting rows are left out, and
a row's occasion is its person and the values it is told.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from workbench.addresses import address_key, address_problems, normalised_address
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.fields import Catalogue, folded
from workbench.domain.mailings import Finding, Severity
from workbench.domain.people import Channel, Role
from workbench.errors import UnknownName
from workbench.language import _
from workbench.merging.addressees import is_minor, no_longer_patient
from workbench.merging.recipients import MERGED_WITH, Recipients, plain_records, recipient_frame

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
    recipients = recipient_frame(made)
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
    known = {str(row["patient_id"]): row for row in plain_records(frame.reset_index())} if len(frame) else {}
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
