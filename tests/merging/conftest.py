"""What the tests of merging share: a few patients, one moment, and small builders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from workbench.domain.fields import Catalogue
from workbench.domain.templates import Template
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import CompiledTemplate, compile_template

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

PEOPLE_COLUMNS = [
    "civility", "last_name", "first_name", "sex", "birth_date", "email", "language", "deceased", "archived",
    "family_id", "patient_type",
]  # fmt: skip
RELATION_COLUMNS = [
    "patient_id", "person_key", "civility", "last_name", "first_name", "sex", "email", "language", "relation", "rank",
]  # fmt: skip


@pytest.fixture
def catalogue() -> Catalogue:
    return builtin_catalogue()


@pytest.fixture
def compiled(catalogue: Catalogue) -> Callable[..., CompiledTemplate]:
    """Compile a template from its body (and subject), with the columns it may use."""

    def build(html: str, subject: str = "Bonjour", *, columns: object = (), **settings: object) -> CompiledTemplate:
        template = Template(label="Essai", subject=subject, html=html, **settings)  # type: ignore[arg-type]
        return compile_template(template, catalogue, columns=columns)  # type: ignore[arg-type]

    return build


@pytest.fixture
def people() -> Callable[..., pd.DataFrame]:
    """Build what the store tells of patients: one keyword a patient, a mapping of what is not ordinary."""

    def build(**patients: dict[str, object]) -> pd.DataFrame:
        rows = {}
        for key, told in patients.items():
            ordinary = {
                "civility": "Mme", "last_name": key.upper(), "first_name": "Claire", "sex": "F",
                "birth_date": pd.Timestamp("1980-05-02"), "email": f"{key}@exemple.example", "language": "fr",
                "deceased": False, "archived": False, "family_id": None, "patient_type": None,
            }  # fmt: skip
            rows[key] = ordinary | told
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=PEOPLE_COLUMNS)
        frame.index.name = "patient_id"
        return frame

    return build


@pytest.fixture
def relations() -> Callable[..., pd.DataFrame]:
    """Build who answers for patients: (patient, person, what is not ordinary), best first."""

    def build(*rows: tuple[str, str, dict[str, object]]) -> pd.DataFrame:
        told = [
            {
                "patient_id": patient, "person_key": person, "civility": "Mme", "last_name": "MARTIN",
                "first_name": person.title(), "sex": "F", "email": f"{person}@exemple.example", "language": "fr",
                "relation": "mother", "rank": 1,
            }
            | extra
            for patient, person, extra in rows
        ]  # fmt: skip
        return pd.DataFrame(told, columns=RELATION_COLUMNS)

    return build


@pytest.fixture
def appointments() -> Callable[..., pd.DataFrame]:
    """Build a search's frame of (appointment, patient, wall-clock start)."""

    def build(*rows: tuple[str, str, str]) -> pd.DataFrame:
        starts = pd.Series([pd.Timestamp(start) for _key, _patient, start in rows], dtype="datetime64[ns]")
        return pd.DataFrame(
            {
                "subject_key": [f"appointment:{key}" for key, _patient, _start in rows],
                "appointment_id": [key for key, _patient, _start in rows],
                "patient_id": [patient for _key, patient, _start in rows],
                "practitioner_id": ["MM" for _row in rows],
                "starts_at": starts.dt.tz_localize(ZONE),
            }
        )

    return build
