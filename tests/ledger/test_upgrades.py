from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from workbench.databases import open_engine
from workbench.errors import DatabaseRefused
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger, open_ledger
from workbench.ledger.upgrades import HEAD, VERSION_TABLE


def differences(ledger: Ledger) -> list[object]:
    with ledger.engine.connect() as connection:
        options = {"compare_type": True, "target_metadata": schema.metadata, "version_table": VERSION_TABLE}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata))


def words_of_tables(engine: sa.Engine) -> dict[str, list[str]]:
    # Sorted, since constraints may come in another order.
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {row[0]: sorted(re.split(r"[\s,]+", row[1])) for row in rows}


def test_the_steps_make_exactly_the_tables_of_the_code(ledger: Ledger) -> None:
    assert differences(ledger) == []
    made = words_of_tables(ledger.engine)
    made.pop(VERSION_TABLE)
    declared = sa.create_engine("sqlite://")
    schema.metadata.create_all(declared)
    # What autogenerate does not compare: defaults, checks, partial indexes, tables without rowid.
    assert made == words_of_tables(declared)
    declared.dispose()


def test_the_steps_make_the_same_tables_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with open_ledger(postgres_url, practice_id="practice", locks=tmp_path / "locks") as ledger:
        assert differences(ledger) == []
    with open_ledger(postgres_url, practice_id="practice", locks=tmp_path / "locks") as again:
        assert again.mailings.latest() is None


def test_a_newer_ledger_is_refused(blank_ledger: Path, tmp_path: Path) -> None:
    copy = tmp_path / "ledger.sqlite"
    copy.write_bytes(blank_ledger.read_bytes())
    engine = open_engine(f"sqlite:///{copy}")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(DatabaseRefused, match="9999"):
        open_ledger(f"sqlite:///{copy}", practice_id="practice", locks=tmp_path / "locks")


def test_a_ledger_that_is_not_there_is_only_made_when_asked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    with pytest.raises(DatabaseRefused):
        open_ledger(url, practice_id="practice", locks=tmp_path / "locks", create=False)
    with open_ledger(url, practice_id="practice", locks=tmp_path / "locks") as made:
        with made.engine.connect() as connection:
            assert connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar() == HEAD
        assert made.mailings.latest() is None
