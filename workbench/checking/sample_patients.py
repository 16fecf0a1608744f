"""The invented patients with whom an email type is tried out, and the values that its fields have for them.

Their values are computed as a mailing's are, over one small frame: what a girl's letter says is what the formats of
the catalogue make of a girl.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.domain.calendar import wall_clock
from workbench.domain.fields import Catalogue
from workbench.domain.people import COLLEAGUES, Role
from workbench.domain.templates import Template
from workbench.language import _, marked
from workbench.merging.belonging import OWNED
from workbench.merging.formats import FORMATS
from workbench.merging.frames import fields_frame, load_sources, needed_columns
from workbench.merging.recipients import BOTH, Recipients, plain_records, recipients_from_subjects
from workbench.merging.render import CompiledTemplate
from workbench.merging.source_keys import CURRENT

EXAMPLES, BARE = "examples", "bare"
UNUSUAL = ("long_name", "accents")
"""Whose names are long on purpose."""

_NAMES = {
    EXAMPLES: marked("the examples of the fields"),
    "girl": marked("a girl of eight"),
    "boy": marked("a boy of eleven"),
    "woman": marked("a woman"),
    "man": marked("a man"),
    "unknown_sex": marked("somebody whose sex is not known"),
    "no_dentist": marked("somebody without a treating dentist or a telephone"),
    "long_name": marked("somebody with a very long name"),
    "accents": marked("somebody whose name has accents, apostrophes and signs"),
    "couple": marked("a child whose parents are written to together"),
    BARE: marked("somebody of whom nothing is known"),
}
_HERE = ZoneInfo("Europe/Paris")
_PEOPLE = (
    "civility", "last_name", "first_name", "sex", "birth_date", "email", "language", "deceased", "archived",
    "family_id", "patient_type",
)  # fmt: skip
_RELATIONS = (
    "patient_id", "person_key", "civility", "last_name", "first_name", "sex", "email", "language", "relation", "rank",
)  # fmt: skip
_OWN_COLUMN = "1"  # what stands for a value of the practice's own table


def sample_name(name: str) -> str:
    """Return how a sentence calls an invented patient."""
    return _(_NAMES[name])


def sample_names() -> tuple[str, ...]:
    """Return the invented patients in their order, the fields' examples first and nobody's values last."""
    return tuple(_NAMES)


def sample_values(
    template: Template, compiled: CompiledTemplate, catalogue: Catalogue, *, now: datetime, adult_age: int = 18
) -> dict[str, dict[str, object]]:
    """Return the values of each invented patient, by the patient's name and the field's code.

    Where nobody of them has a value (a column of the practice's own, a paper) all have the field's example. Whoever
    lacks a value that the email type requires has the example, too: nobody would be written to without it.

    Examples
    --------
    >>> from workbench.checking.sample_patients import sample_name
    >>> sample_name("girl")
    'une fille de huit ans'
    """
    codes = sorted(compiled.codes)
    examples: dict[str, object] = {code: catalogue[code].example for code in codes}
    needed = {code.removeprefix("@") for code in template.required} | compiled.asked
    own = dict.fromkeys(sorted(compiled.names), _OWN_COLUMN)
    computed = [code for code in codes if not catalogue[code].asked and catalogue[code].format in FORMATS]
    made = _computed(template, computed, catalogue, now=now, adult_age=adult_age)
    known = {code for values in made.values() for code, value in values.items() if value is not None}
    told: dict[str, dict[str, object]] = {EXAMPLES: {**own, **examples}}
    for name, values in made.items():
        theirs = {code: values[code] if code in known else examples[code] for code in codes}
        told[name] = {**own, **theirs, **{code: examples[code] for code in needed & theirs.keys() if not theirs[code]}}
    told[BARE] = {**own, **{code: example if code in needed else None for code, example in examples.items()}}
    return told


def _computed(
    template: Template, codes: Sequence[str], catalogue: Catalogue, *, now: datetime, adult_age: int
) -> dict[str, dict[str, object]]:
    """Return the fields' values of the patients of ``sample_patients.toml``."""
    store = _InventedStore(wall_clock(now, _HERE))
    if not codes:
        return {name: {} for name in store.patients}
    made: dict[str, dict[str, object]] = {}
    couples = tuple(name for name in store.patients if "second_guardian" in store.told(name))
    for names, guardians in ((tuple(one for one in store.patients if one not in couples), ""), (couples, BOTH)):
        found = store.recipients(names, template, guardians=guardians, now=now, adult_age=adult_age)
        needed = needed_columns(codes, catalogue)

        def relations(patients: Sequence[str], role: str, needed: Mapping[str, set[str]] = needed) -> pd.DataFrame:
            return store.relations(patients, role, also=needed.get(role, ()))

        sources = load_sources(needed, found, columns=store.columns, relations=relations, now=now, zone=_HERE)
        frame = fields_frame(found, codes, catalogue, sources, now=now, zone=_HERE, step=template.step)
        rows = plain_records(frame)
        for name, row in zip(found.frame["patient_id"].tolist(), rows, strict=True):
            made.setdefault(name, row)
    return {name: made[name] for name in store.patients}


class _InventedStore:
    """The patient store of ``sample_patients.toml``: every table has one row a patient, by the patient's name."""

    def __init__(self, here: datetime) -> None:
        told = tomllib.loads((files("workbench.checking") / "sample_patients.toml").read_text(encoding="utf-8"))
        self._everybody: Mapping[str, Mapping[str, Any]] = told["everybody"]
        self._own: Mapping[str, Mapping[str, Mapping[str, Any]]] = told["patients"]
        self._here = here
        self._start = (here + timedelta(days=1)).replace(hour=9, minute=30, second=0, microsecond=0)

    @property
    def patients(self) -> tuple[str, ...]:
        return tuple(self._own)

    def told(self, name: str) -> Mapping[str, Mapping[str, Any]]:
        return self._own[name]

    def row(self, table: str, name: str) -> dict[str, Any]:
        """Return a patient's row of a table."""
        row: dict[str, Any] = {**self._everybody.get(table, {}), **self._own.get(name, {}).get(table, {})}
        if table == "patient":
            row |= dict.fromkeys(CURRENT.values(), name)
            row["birth_date"] = self._here.date().replace(day=1, year=self._here.year - int(row["age"]))
        elif table == "appointment":
            row |= {"starts_at": self._start, "ends_at": self._start + timedelta(minutes=30), "practitioner_id": "MM"}
        if table in OWNED:
            row["patient_id"] = name
        return {column: None if value == "" else value for column, value in row.items()}

    def columns(self, table: str, keys: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
        """Return columns of a table as ``PatientStore.columns`` does."""
        table = "practitioner" if table == "file_practitioner" else table
        return _frame([self.row(table, key) for key in keys or ("",)], names, index=keys or ("",))

    def relations(self, patients: Sequence[str], role: str, also: Iterable[str] = ()) -> pd.DataFrame:
        """Return who answers for patients, or their colleagues, as ``PatientStore.relations``; `also` are columns."""
        rows: list[dict[str, Any]] = []
        for name in patients:
            patient = self.row("patient", name)
            if role in COLLEAGUES:
                people = [{**self.row("correspondent", name), "person_key": name}]
            elif int(patient["age"]) < _CHILD:
                people = [self.row(table, name) for table in ("guardian", "second_guardian")]
            else:
                people = [{**patient, "person_key": name}] if role == Role.PAYER else []
            rows += [{**person, "patient_id": name, "rank": 1} for person in people if person.get("last_name")]
        return _frame(rows, dict.fromkeys([*_RELATIONS, *sorted(also)]))

    def recipients(
        self, names: Sequence[str], template: Template, *, guardians: str, now: datetime, adult_age: int
    ) -> Recipients:
        """Return who is written to about these patients, each about the appointment of tomorrow."""
        through = Role.GUARDIAN if template.role in (Role.PATIENT, Role.EXTERNAL) else template.role
        subjects = {
            "subject_key": [f"appointment:{name}" for name in names],
            "appointment_id": [*names],
            "patient_id": [*names],
            "practitioner_id": ["MM"] * len(names),
            "starts_at": [self._start] * len(names),
        }
        return recipients_from_subjects(
            pd.DataFrame(subjects),
            people=_frame([self.row("patient", name) for name in names], _PEOPLE, index=names).rename_axis(
                "patient_id"
            ),
            relations=self.relations(names, through),
            role=template.role,
            now=now,
            zone=_HERE,
            adult_age=adult_age,
            guardians=guardians,
            language=template.language,
        )


_CHILD = 16  # years: the children of the file are younger, its adults older


def _frame(
    rows: Sequence[Mapping[str, Any]], names: Iterable[str], *, index: Sequence[str] | None = None
) -> pd.DataFrame:
    keys = None if index is None else pd.Index(list(index), dtype=object)
    columns: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in names}
    return pd.DataFrame(columns, index=keys, dtype=object)
