"""Whose rows a message tells of: what is one patient's is told in nobody else's message (P13).

A practice's own table may name any quote beside any patient, and an appointment found for one patient may have been
given to another one since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from workbench.merging.recipients import Recipients

OWNED = frozenset({"appointment", "visit", "invoice", "quote", "recall", "plan", "agreement"})
"""The tables whose every row is one patient's, who is named in its column ``patient_id``."""

OTHER_PATIENT = "other_patient"


def owners_of(source: pd.DataFrame) -> dict[str, str]:
    """Return the patient of each row of a source of ``OWNED``, by its key."""
    found = source["patient_id"].astype(object).where(source["patient_id"].notna(), "")
    return dict(zip(source.index.tolist(), found.tolist(), strict=True))


def own_keys(keys: Sequence[Any], recipients: Recipients, source: pd.DataFrame) -> list[Any]:
    """Return the keys of a table, ``None`` where the row is not the recipient's patient's."""
    owners = owners_of(source)
    patients = recipients.frame["patient_id"].tolist()
    return [
        key if key and patient and owners.get(key) == patient else None
        for key, patient in zip(keys, patients, strict=True)
    ]


def own_appointments(recipients: Recipients, source: pd.DataFrame) -> list[list[str]]:
    """Return of each recipient the appointments told, without those that are another patient's now."""
    owners, found_for = owners_of(source), _found_for(recipients)
    rows = zip(recipients.frame["appointments"].tolist(), recipients.frame["patient_id"].tolist(), strict=True)
    return [[key for key in keys if owners.get(key) in found_for.get(key, {patient})] for keys, patient in rows]


def without_other_patients(
    recipients: Recipients, keys: Mapping[str, Sequence[Any]], sources: Mapping[str, pd.DataFrame]
) -> Recipients:
    """Return the recipients, ``other_patient`` where a message would have told of somebody else's row.

    `keys` are those of the recipients' rows, by table.
    """
    frame = recipients.frame
    patients = frame["patient_id"].tolist()
    wrong = [False] * len(frame)
    for table, named in keys.items():
        owners = owners_of(sources[table])
        for place, (key, patient) in enumerate(zip(named, patients, strict=True)):
            wrong[place] |= bool(patient) and owners.get(key, patient) != patient
    if "appointment" in keys:
        owners, found_for = owners_of(sources["appointment"]), _found_for(recipients)
        for place, (told, patient) in enumerate(zip(frame["appointments"].tolist(), patients, strict=True)):
            wrong[place] |= bool(patient) and _others(told, owners, found_for, patient)
    if not any(wrong):
        return recipients
    reasons = [reason or (OTHER_PATIENT if other else "") for reason, other in zip(frame["reason"], wrong, strict=True)]
    return replace(recipients, frame=frame.assign(reason=pd.Series(reasons, index=frame.index, dtype=object)))


def _others(
    told: Iterable[str], owners: Mapping[str, str], found_for: Mapping[str, Collection[str]], patient: str
) -> bool:
    return any(key in owners and owners[key] not in found_for.get(key, {patient}) for key in told)


def _found_for(recipients: Recipients) -> dict[str, set[str]]:
    """Return whom a search found each appointment for: a family's message tells of several patients'."""
    subjects = recipients.subjects
    if len(recipients.values.columns) or not {"appointment_id", "patient_id"} <= set(subjects.columns):
        return {}
    found: dict[str, set[str]] = {}
    for key, patient in zip(subjects["appointment_id"].tolist(), subjects["patient_id"].tolist(), strict=True):
        if isinstance(key, str) and isinstance(patient, str):
            found.setdefault(key, set()).add(patient)
    return found
