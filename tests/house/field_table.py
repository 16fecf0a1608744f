"""Write ``sample_data/FIELDS.md``: every merge field, where it comes from, and what five sample patients' letters say.

``python -m tests.house.field_table`` makes the sample practice of one day anew and writes the table again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pandas as pd

from workbench.domain.fields import Field
from workbench.domain.people import Role
from workbench.merging.frames import fields_frame, load_sources, needed_columns
from workbench.merging.recipients import recipients_from_subjects
from workbench.practice import Practice
from workbench.practice.questions import proposed
from workbench.wiring import init_workspace, open_practice

TABLE = Path(__file__).parents[2] / "sample_data" / "FIELDS.md"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)

CLASSES = {"A": "administrative", "F": "finances", "H": "santé", "P": "cabinet"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of patient whose letter stands in the table: what must be true of its row, and who is written to."""

    heading: str
    role: Role
    is_one: str  # a question to the frame of what is known of patients


CHOICES = (
    Choice("Un enfant, par son parent", Role.PATIENT, "minor and language == 'fr'"),
    Choice("Un adulte", Role.PATIENT, "not minor and language == 'fr'"),
    Choice("Un enfant, par qui paie", Role.PAYER, "minor and language == 'fr'"),
    Choice("Orthodontie", Role.PATIENT, "orthodontic and language == 'fr'"),
    Choice("English-speaking", Role.PATIENT, "language == 'en'"),
)


@contextmanager
def sample() -> Iterator[Practice]:
    """Make the sample practice of the table's day."""
    with tempfile.TemporaryDirectory(prefix="wb-fields-") as home:
        path = init_workspace(Path(home) / "W", demo=True, user="Claire", now=lambda: NOW)
        with open_practice(path, user="Claire", now=lambda: NOW) as practice:
            yield practice


def subjects_of(practice: Practice) -> pd.DataFrame:
    """Return what is told about everyone who may be written to: the next appointment, else the file.

    Odd names stand in the sample to be refused; the table shows none of them.
    """
    agenda = practice.search("appointments", start="tomorrow", end="J+90", state="upcoming")
    nearest = agenda.sort_values("starts_at").drop_duplicates("patient_id")
    patients = practice.tables.patients()
    quiet = patients[patients["last_name"].str.fullmatch(r"[\w’' -]+") & ~patients["deceased"] & ~patients["archived"]]
    files = pd.DataFrame({"subject_key": "patient:" + quiet["patient_id"], "patient_id": quiet["patient_id"]})
    told = pd.concat([nearest[["subject_key", "patient_id", "appointment_id", "practitioner_id", "starts_at"]], files])
    return told[told["patient_id"].isin(quiet["patient_id"])].drop_duplicates("patient_id").reset_index(drop=True)


def merged(practice: Practice, subjects: pd.DataFrame, role: Role) -> pd.DataFrame:
    """Return every field of every subject as a letter to `role` says it; index ``patient_id``."""
    patients = subjects["patient_id"].dropna().unique().tolist()
    found = recipients_from_subjects(
        subjects,
        people=practice.store.people(patients),
        relations=practice.store.relations(patients, Role.GUARDIAN if role is Role.PATIENT else role),
        role=role,
        now=NOW,
        zone=practice.calendar.zone,
    )
    catalogue = practice.catalogue
    sources = load_sources(
        needed_columns(catalogue, catalogue),
        found,
        columns=partial(practice.store.columns, today=practice.today),
        relations=practice.store.relations,
        now=NOW,
        zone=practice.calendar.zone,
    )
    asked = {code: field for code, field in catalogue.items() if field.asked}
    fields = fields_frame(
        found,
        list(catalogue),
        catalogue,
        sources,
        now=NOW,
        zone=practice.calendar.zone,
        user="Claire",
        values=proposed(asked, practice, {}),
    )
    return fields.set_axis(pd.Index(found.frame["patient_id"], name="patient_id"), axis="index")


def chosen(practice: Practice) -> dict[str, dict[str, str | None]]:
    """Return one letter's values for each kind of patient: whoever has most of them, nobody twice."""
    subjects = subjects_of(practice)
    letters = {role: merged(practice, subjects, role) for role in {choice.role for choice in CHOICES}}
    people = practice.store.people(subjects["patient_id"].tolist())
    born = pd.to_datetime(people["birth_date"])
    adult_on = pd.Timestamp(date(NOW.year - practice.settings.adult_age, NOW.month, NOW.day))
    known = pd.DataFrame({"minor": born > adult_on, "language": people["language"].astype(object)})
    found: dict[str, dict[str, str | None]] = {}
    taken: set[str] = set()
    for choice in CHOICES:
        told = letters[choice.role]
        rows = known.assign(orthodontic=told["SEMESTRE"].notna()).query(choice.is_one).index.difference(list(taken))
        values = told.loc[told.index.isin(rows)]
        best = values.notna().sum(axis=1).sort_index().idxmax()
        taken.add(str(best))
        found[choice.heading] = values.loc[best].to_dict()
    return found


def table(practice: Practice) -> str:
    """Return the whole document."""
    letters = chosen(practice)
    headings = ["Code", "Champ", "Classe", "Source", *letters]
    lines = [
        "# The merge fields",
        "",
        "Every field an email type may use, the columns of the patient store it is computed from, and what it says in",
        f"five letters of the sample practice as of {NOW:%Y-%m-%d}; an empty cell has no value there. Fields marked *",
        "are asked once for everybody, their source being what is proposed. Written by",
        "`python -m tests.house.field_table`; everybody in it is invented.",
    ]
    catalogue = practice.catalogue
    for category in dict.fromkeys(field.category for field in catalogue.values()):
        lines += ["", f"## {category[:1].upper()}{category[1:]}", "", _row(headings), _row(["---"] * len(headings))]
        for code, field in catalogue.items():
            if field.category == category:
                lines.append(_row([*_about(field), *(values[code] for values in letters.values())]))
    return "\n".join(lines) + "\n"


def _about(field: Field) -> list[str]:
    codes = ", ".join(f"`@{code}`" for code in (field.code, *field.aliases))
    asked = "\\*" if field.asked else ""
    sources = ", ".join(f"`{source}`" for source in field.source)
    return [f"{codes}{asked}", field.labels["fr"], CLASSES[str(field.data_class)], sources]


def _row(cells: list[str | None]) -> str:
    texts = [(cell or "").replace("|", "\\|").replace("\n", "<br>") for cell in cells]
    return f"| {' | '.join(texts)} |"


def main() -> None:
    with sample() as practice:
        TABLE.write_text(table(practice), encoding="utf-8")


if __name__ == "__main__":
    main()
