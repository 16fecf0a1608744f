"""Find who is written to in a practice's own table: one recipient a row, keyed by its own id or its address.

The rules are DESIGN 5 (fine print) and 8.2: an id is a key inside its table only, conflicting rows are left out, and
a row's occasion is its person and the values it is told.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
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
from workbench.merging.recipients import MERGED_WITH, Recipients, plain_list, plain_records, recipient_columns
from workbench.merging.table_identity import RepeatedRows, TableDigest, keys_of, row_digests

EMAIL_COLUMNS = ("email", "e_mail", "mail", "courriel", "adresse_e_mail", "adresse_email", "adresse_mail")
_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")
_FIRST_NAMES = ("first_name", "prenom")
_LAST_NAMES = ("last_name", "nom")
_CIVILITIES = ("civility", "civilite")
_encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, default=str).encode


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


def plain_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a practice's own table as plain values under the names that ``{{ }}`` knows its columns by."""
    cells = (_plain(frame.iloc[:, place]) for place in range(frame.shape[1]))
    return pd.DataFrame(
        {name: pd.Series(column, dtype=object) for name, column in zip(column_names(frame.columns), cells, strict=True)}
    )


def key_columns(names: Iterable[object], headings: Iterable[object]) -> tuple[str, str | None]:
    """Return the column of addresses among a table's `names`, and that of its ids if there is one.

    Raises
    ------
    UnknownName
        When the table has no column of addresses; the sentence lists its `headings`.
    """
    known = set(names)
    email = next((name for name in EMAIL_COLUMNS if name in known), None)
    if email is None:
        raise UnknownName(
            _("The table has no column « email »; it has: {columns}.").format(
                columns=", ".join(str(name) for name in headings)
            )
        )
    return email, next((name for name in ("id", "subject_key") if name in known), None)


class TableSurvey:
    """A practice's own table looked through once, in parts: its identity, and which of its rows repeat others.

    Parameters
    ----------
    headings
        Its headings as they are written.

    Raises
    ------
    UnknownName
        When the table has no column of addresses.
    """

    def __init__(self, headings: Sequence[object]) -> None:
        self._headings = [str(heading) for heading in headings]
        self._email, self._given = key_columns(column_names(headings), headings)
        self._digest = TableDigest(self._headings)
        self.repeated = RepeatedRows()

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return self._digest.rows

    def add(self, values: pd.DataFrame) -> bytes:
        """Look at the next rows (`plain_table`), and return their digests (`table_identity.row_digests`)."""
        columns = {str(name): values[name].tolist() for name in values.columns}
        digests = row_digests(self._headings, [*columns.values()])
        stated = columns[self._given] if self._given else None
        self.repeated.add(keys_of(columns[self._email], stated, first=self.rows), digests, stated)
        self._digest.add(digests)
        return digests

    def end(self) -> str:
        """Say that these were all rows, and return the table's digest."""
        self.repeated.end()
        return self._digest.hexdigest()


def digest_of_table(frame: pd.DataFrame) -> str:
    """Return what identifies a practice's own table: its headings and rows as text, in whatever order (8.3)."""
    digest = TableDigest([str(heading) for heading in frame.columns])
    cells = [_plain(frame.iloc[:, place]) for place in range(frame.shape[1])]
    digest.add(row_digests([str(heading) for heading in frame.columns], cells))
    return digest.hexdigest()


def recipients_from_table(
    frame: pd.DataFrame,
    *,
    channel: Channel | str = Channel.EMAIL,
    language: str = "",
    people: Callable[[list[str]], pd.DataFrame] | None = None,
    today: date | None = None,
    adult_age: int = 18,
    repeated: RepeatedRows | None = None,
    first: int = 0,
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
    repeated, first
        Of a table too long to be held: which of all its rows repeat others (`TableSurvey`), and how many rows come
        before those of `frame`.

    Raises
    ------
    UnknownName
        When the table has no column of addresses.
    """
    values = plain_table(frame)
    email, given = key_columns(values.columns, frame.columns)
    stated = values[given].tolist() if given else None
    keys = keys_of(values[email].tolist(), stated, first=first)
    if repeated is None:
        repeated = _repeated_in(values, keys, stated)
    kept = repeated.kept(keys, stated, first=first)
    if len(kept.places) < len(values):
        values = values.iloc[kept.places].reset_index(drop=True)

    findings = [*kept.findings]
    addresses = ["" if value is None else str(value) for value in values[email].tolist()]
    problems = address_problems(addresses)
    ids = [f"row:{key}" for key in kept.keys]
    appointments = _cells(values, ("appointment_id",))
    columns: dict[str, list[Any]] = {
        "recipient_id": ids,
        "addressee_key": ids,
        "subjects": [[one] for one in ids],
        "appointments": [[one] if one else [] for one in appointments],
        "role": [role or str(Role.EXTERNAL) for role in _cells(values, ("role",), among=tuple(Role))],
        "channel": [str(channel)] * len(ids),
        "address": [normalised_address(address) if address else "" for address in addresses],
        "language": [language or spoken for spoken in _cells(values, ("language", "langue"))],
        "reason": kept.reasons,
        "patient_id": _cells(values, ("patient_id",)),
        "appointment_id": appointments,
        "invoice_id": _cells(values, ("invoice_id",)),
        "practitioner_id": _cells(values, ("practitioner_id",)),
        "recipient": _names(values),
        "addressee_civility": _cells(values, _CIVILITIES),
        "addressee_last_name": _cells(values, _LAST_NAMES),
        "addressee_first_name": _cells(values, _FIRST_NAMES),
        "addressee_sex": _cells(values, ("sex", "sexe")),
        "addressee_relation": [""] * len(ids),
    }
    if people is not None and any(columns["patient_id"]):
        findings += _looked_up(columns, people, today=today or date.max, adult_age=adult_age)
    columns["reason"] = [reason or problem for reason, problem in zip(columns["reason"], problems, strict=True)]
    recipients = recipient_columns(columns)
    return Recipients(
        frame=recipients,
        subjects=values.assign(recipient_id=recipients["recipient_id"], **{MERGED_WITH: ""}),
        values=values,
        findings=tuple(findings),
    )


def _repeated_in(values: pd.DataFrame, keys: Sequence[str], stated: Sequence[object] | None) -> RepeatedRows:
    """Return which rows of a whole table repeat others; what they hold is looked at only where keys come twice."""
    found = RepeatedRows()
    if len(set(keys)) < len(keys):
        names = [str(name) for name in values.columns]
        found.add(keys, row_digests(names, [values[name].tolist() for name in names]), stated)
        found.end()
    return found


def _looked_up(
    columns: dict[str, list[Any]],
    people: Callable[[list[str]], pd.DataFrame],
    *,
    today: date,
    adult_age: int,
) -> list[Finding]:
    """Leave out the rows about patients who died or left, and return what the practice should know of the others."""
    named = list(dict.fromkeys(patient for patient in columns["patient_id"] if patient))
    frame = people(named)
    known = {str(row["patient_id"]): row for row in plain_records(frame.reset_index())} if len(frame) else {}
    findings = []
    rows = zip(*(columns[name] for name in ("recipient_id", "patient_id", "role", "reason")), strict=True)
    for place, (recipient, named_patient, role, reason) in enumerate(rows):
        if not named_patient or reason:
            continue
        patient = known.get(named_patient)
        code = ""
        if patient is None:
            code = "unknown_patient"
        elif gone := no_longer_patient(patient):
            columns["reason"][place] = gone
        elif role in (Role.PATIENT, Role.EXTERNAL) and is_minor(patient, today, adult_age):
            code = "minor_written_directly"
        if code:
            findings.append(
                Finding(
                    code=code,
                    severity=Severity.WARNING,
                    message=sentence_of_reason(code),
                    recipient=recipient,
                )
            )
    return findings


_SAME_FOR_ALL = frozenset({"mailing", "practice"})


def occasion_digests(recipients: Recipients, fields: pd.DataFrame, *, catalogue: Catalogue) -> Recipients:
    """Return the recipients of a table with their occasions: ``row:<id>@<digest of the address and the values used>``.

    A row whose address or used values change is a new occasion (DESIGN 8.2). The other columns of the table may
    change freely, and so may what is the same for everybody (the day, who sends, the practice's own card) and the texts
    of the practice's own fields.
    `fields` is the fields frame: the template's codes and columns. Subjects of a search stay as they are.
    """
    frame = recipients.frame
    if not len(frame) or not str(frame["recipient_id"].iloc[0]).startswith("row:"):
        return recipients

    def of_the_row(name: str) -> bool:
        if name in recipients.values.columns or name not in catalogue:
            return True
        if catalogue[name].texts:  # the practice's own wording: to correct it is no reason to write again
            return False
        return not {source.partition(".")[0] for source in catalogue[name].source} <= _SAME_FOR_ALL

    ordered = sorted(name for name in map(str, fields.columns) if of_the_row(name))
    named = hashlib.sha256(_encode(ordered).encode())
    addresses = [address_key(address) for address in frame["address"].tolist()]
    digests = []
    for row in zip(addresses, *(fields[name].tolist() for name in ordered), strict=True):
        told = named.copy()
        told.update(_encode(row).encode())
        digests.append(told.hexdigest()[:16])
    occasions = [[f"{key}@{digest}"] for key, digest in zip(frame["recipient_id"], digests, strict=True)]
    return replace(recipients, frame=frame.assign(subjects=pd.Series(occasions, index=frame.index, dtype=object)))


def _plain(series: pd.Series) -> list[object]:
    """Return a table's column as plain values: text, numbers, yes or no, lists; missing and empty ones are ``None``.

    So is a number that is none (infinite): what is previewed is what the ledger keeps.
    """
    column = plain_list(series)
    if all(cell is None or type(cell) is str for cell in column):
        return [_kept(cell) or None for cell in column]
    numbers = [value for value in column if isinstance(value, float) and math.isfinite(value)]
    # pandas makes floats of whole numbers as soon as one is missing; a letter says 3, not 3.0.
    whole = bool(numbers) and all(value.is_integer() for value in numbers)
    plain: list[object] = []
    for value in column:
        if hasattr(value, "item"):
            value = value.item()
        if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
            plain.append(None)
        elif isinstance(value, float) and whole:
            plain.append(int(value))
        elif isinstance(value, (str, bool, int, float)):
            plain.append(_kept(value) if isinstance(value, str) else value)
        elif isinstance(value, (list, dict)):
            plain.append(_storable(json.loads(json.dumps(value, default=str))))
        elif isinstance(value, (datetime, date)):
            plain.append(value.isoformat())
        else:
            plain.append(_kept(str(value)))
    return plain


def _kept(text: str | None) -> str:
    """Return a cell without NUL, which PostgreSQL refuses, and half characters, which nothing can write."""
    if text is None or text.isprintable():
        return text or ""
    return _HALF_CHARACTERS.sub("\ufffd", text.replace("\x00", ""))


def _storable(value: object) -> object:
    if isinstance(value, dict):
        return {_kept(name): _storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # no ledger keeps it: the message would not be the one that was previewed
    return _kept(value) if isinstance(value, str) else value


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
