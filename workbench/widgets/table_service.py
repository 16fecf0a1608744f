"""Join a recipient table to a practice: the files of its rows, its lists on paper and in a spreadsheet."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.file_names import harmless_name
from workbench.errors import UsageError
from workbench.language import LANGUAGES, _, marked, n_
from workbench.widgets.recipient_table import HandedFile, RecipientTable

if TYPE_CHECKING:
    from workbench.practice import Practice

COMPLETED = ("civility", "phone", "mobile", "email", "language")
"""What a person completes from a row; the rest of a file is for the patient's own page."""

NEW = "+"
"""The key of somebody who is not written down yet."""

_OF_NEW = ("relation", "last_name", "first_name", "civility", "mobile", "email")

_LANGUAGE_NAMES = {"fr": marked("French"), "en": marked("English")}

_RELATIONS = {"mother": marked("mother"), "father": marked("father"), "tutor": marked("legal guardian")}
"""The relations that imports bring; others are in the practice's own words."""

_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "list": "application/pdf",
}


def serve_table(
    table: RecipientTable, practice: Practice, *, ticked: Callable[[], pd.DataFrame], told: Callable[[], None]
) -> None:
    """Let a table show and complete files, print and export.

    Parameters
    ----------
    table
        The table.
    practice
        The practice its rows come from.
    ticked
        Returns the rows that are ticked.
    told
        Is called when a file was changed: whatever is shown of it is met again.
    """

    def complete(patient_id: str, changed: Mapping[str, Mapping[str, str]]) -> None:
        for key, texts in changed.items():
            values = {column: text or None for column, text in texts.items()}
            if key == NEW:
                practice.patients.add_guardian(patient_id, relation=values.pop("relation", None) or "", **values)
            else:
                practice.patients.correct(patient_id, guardian=key or None, **values)
        told()

    table.on_file(lambda patient_id: file_shown(practice, patient_id), complete)
    table.on_hand(lambda what, remark: handed(practice, ticked(), what, remark=remark))


def file_shown(practice: Practice, patient_id: str) -> dict[str, Any]:
    """Return the part of a patient's file that is completed from a row: the patient, and who answers for them."""
    file = practice.patients.show(patient_id)
    people = [{"key": "", "title": _("Patient"), "name": _name(file), **_values(file)}]
    for person in file["guardians"]:
        relation = str(person.get("relation") or "")
        relation = _(_RELATIONS[relation]) if relation in _RELATIONS else relation
        title = _("Guardian ({relation})").format(relation=relation) if relation else _("Guardian")
        people.append({"key": person["person_key"], "title": title, "name": _name(person), **_values(person)})
    return {
        "name": _name(file),
        "number": file.get("file_number") or patient_id,
        "people": people,
        "new": {"key": NEW, "title": _("New guardian"), "name": "", "values": dict.fromkeys(_OF_NEW, "")},
        "alone": not file["guardians"] and practice.patients.is_minor(patient_id),
        "languages": [[code, _(_LANGUAGE_NAMES[code])] for code in LANGUAGES],
    }


def handed(practice: Practice, rows: pd.DataFrame, what: str, *, remark: bool = False) -> HandedFile:
    """Return rows as a file for the person: a list on paper, or a table for a spreadsheet; journalled."""
    if not len(rows):
        raise UsageError(_("No row is ticked: tick those you want to take out."))
    name = harmless_name(f"{_title(practice, rows)}.{'pdf' if what == 'list' else what}")
    if what == "list":
        content = practice.print_list(rows, remark=remark)
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"rows.{what}"
            # Excel knows UTF-8 by the mark alone.
            practice.export(rows, path, columns=_columns_out(rows), labels=True, bom=True)
            content = path.read_bytes()
    said = n_("{count} row, in « {name} ».", "{count} rows, in « {name} ».", len(rows))
    return HandedFile(name=name, type=_TYPES[what], content=content, said=said.format(count=len(rows), name=name))


def _columns_out(rows: pd.DataFrame) -> list[str]:
    """Return the columns for a spreadsheet: what a person reads, without keys of ours."""
    ours = {"subject_key", "practitioner_id", "starts_at"}
    return [str(name) for name in rows.columns if name not in ours]


def _title(practice: Practice, rows: pd.DataFrame) -> str:
    asked = rows.attrs.get("workbench") or {}
    known = practice.searches().get(str(asked.get("search", "")))
    title = str(asked.get("saved_as") or (_(known.label) if known is not None else _("Recipients")))
    days = sorted(rows["date"].dropna().unique()) if "date" in rows else []
    span = "" if not days else days[0] if len(days) == 1 else f"{days[0]} – {days[-1]}"
    return re.sub(r"\s+", " ", f"{title} {span}").strip()


def _name(person: Mapping[str, Any]) -> str:
    return " ".join(str(person[part]) for part in ("last_name", "first_name") if person.get(part))


def _values(person: Mapping[str, Any]) -> dict[str, Any]:
    return {"values": {column: str(person.get(column) or "") for column in COMPLETED}}
