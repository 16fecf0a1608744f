from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import workbench.patients.upgrades as upgrades
from workbench.patients.schema import metadata
from workbench.patients.store import SqlPatientStore


def differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_server_default": True,
                "compare_type": True,
                "include_name": lambda name, kind, _parents: not (kind == "table" and name == upgrades.VERSION_TABLE),
            },
        )
        return list(compare_metadata(context, metadata))


def test_the_upgrade_steps_make_exactly_the_tables_of_the_code_on_sqlite(empty_store: SqlPatientStore) -> None:
    assert differences(empty_store.engine) == []


def test_the_upgrade_steps_make_exactly_the_tables_of_the_code_on_postgresql(
    empty_postgres_store: SqlPatientStore,
) -> None:
    assert differences(empty_postgres_store.engine) == []


def test_the_newest_step_is_the_one_the_code_names() -> None:
    scripts = ScriptDirectory(str(next(iter(upgrades.__path__))))
    assert scripts.get_heads() == [upgrades.HEAD]


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_key_begins_with_the_practice(table: sa.Table) -> None:
    assert next(iter(table.primary_key)).name == "practice_id"
    for index in table.indexes:
        assert next(iter(index.columns)).name == "practice_id"
    for link in table.foreign_key_constraints:
        assert next(iter(link.columns)).name == "practice_id"


@pytest.mark.parametrize(
    ("where", "plan"),
    [
        ("starts_at >= '2026-11-24' AND starts_at < '2026-11-25'", "ix_appointments_practice_id_starts_at"),
        ("state = 'missed'", "ix_appointments_practice_id_state_starts_at_patient_id"),
        (
            "patient_id = '1' AND state = 'present' AND starts_at > '2026-11-24'",
            "ix_appointments_practice_id_patient_id_state_starts_at",
        ),
    ],
)
def test_the_searches_use_an_index(empty_store: SqlPatientStore, where: str, plan: str) -> None:
    statement = f"EXPLAIN QUERY PLAN SELECT * FROM appointments WHERE practice_id = 'practice' AND {where}"
    with empty_store.engine.connect() as connection:
        told = " ".join(str(row) for row in connection.execute(sa.text(statement)))
    assert plan in told
