from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contracts.patient_store_contract import NOW, PatientStoreContract
from workbench.databases import writing
from workbench.errors import BadValue, DatabaseRefused, DatabaseUnwritable, ReadOnlyStore
from workbench.patients.schema import facts, patients, practices
from workbench.patients.store import SqlPatientStore, open_store
from workbench.patients.upgrades import VERSION_TABLE


class TestAStoreInSqlite(PatientStoreContract):
    pass


class TestAStoreInPostgresql(PatientStoreContract):
    @pytest.fixture
    def empty_store(self, empty_postgres_store: SqlPatientStore) -> SqlPatientStore:
        return empty_postgres_store


def test_a_new_store_is_private(tmp_path: Path) -> None:
    path = tmp_path / "w" / "patients.sqlite"
    open_store(f"sqlite:///{path}", practice_id="practice", create=True).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'patients.sqlite'}"
    store = open_store(url, practice_id="practice", create=True)
    with writing(store.engine) as connection:
        connection.execute(practices.update().values(name="Cabinet des Tilleuls"))
        connection.execute(facts.insert().values(practice_id="practice", name="dated_for", value="2026-11-23"))
    store.close()
    again = open_store(url, practice_id="practice", create=True)
    assert again.columns("practice", [], ["name"])["name"].tolist() == ["Cabinet des Tilleuls"]
    again.close()


def test_an_absent_file_is_refused_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "patients.sqlite"
    with pytest.raises(DatabaseRefused):
        open_store(f"sqlite:///{path}", practice_id="practice", create=False)
    assert not path.exists()


def test_an_unknown_practice_is_refused_by_name(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'patients.sqlite'}"
    open_store(url, practice_id="practice", create=True).close()
    with pytest.raises(DatabaseRefused, match="elsewhere"):
        open_store(url, practice_id="elsewhere", create=False)


def test_a_database_of_something_else_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE cakes (name TEXT)")
    connection.close()
    with pytest.raises(DatabaseRefused, match=r"other\.sqlite"):
        open_store(f"sqlite:///{path}", practice_id="practice", create=False)
    with sqlite3.connect(path) as connection:
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["cakes"]
    connection.close()


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'patients.sqlite'}"
    store = open_store(url, practice_id="practice", create=True)
    with writing(store.engine) as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    store.close()
    for writable in (True, False):
        with pytest.raises(DatabaseRefused, match="9999"):
            open_store(url, practice_id="practice", create=False, writable=writable)


def test_somebody_elses_store_is_read_and_never_written(postgres_url: str, tmp_path: Path) -> None:
    open_store(postgres_url, practice_id="practice", create=True).close()
    store = open_store(postgres_url, practice_id="practice", create=False)
    file = tmp_path / "patients.csv"
    file.write_text("dossier,nom\n1,Hiver\n", encoding="utf-8")
    with pytest.raises(ReadOnlyStore):
        store.import_file("patients", file, by="Claire", now=NOW)
    with pytest.raises(ReadOnlyStore):
        store.correct("1", "email", None, by="Claire", now=NOW)
    with pytest.raises(DatabaseUnwritable, match="read-only"), writing(store.engine) as connection:
        connection.execute(practices.update().values(name="x"))
    store.close()


def test_two_programs_may_make_the_same_store_at_once(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    url = f"sqlite:///{tmp_path / 'patients.sqlite'}"

    def make(_number: int) -> str:
        store = open_store(url, practice_id="practice", create=True)
        name = store.columns("practice", [], ["name"])["name"].iloc[0]
        store.close()
        return str(name)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(make, range(4))) == ["practice"] * 4


def test_what_cannot_be_converted_is_not_told(empty_postgres_store: SqlPatientStore) -> None:
    with writing(empty_postgres_store.engine) as connection:
        connection.execute(patients.insert().values(practice_id="practice", patient_id="1", last_name="SECRET"))
    with pytest.raises(BadValue, match="InvalidTextRepresentation") as refused:
        empty_postgres_store.sql("select cast(last_name as integer) from patients", {})
    assert "SECRET" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_question_that_writes_from_within_is_refused(empty_postgres_store: SqlPatientStore) -> None:
    with pytest.raises(ReadOnlyStore):
        empty_postgres_store.sql("with gone as (delete from patients returning 1) select * from gone", {})
    with pytest.raises(BadValue):
        empty_postgres_store.sql("select set_config('transaction_read_only', 'off', false)", {})
    found = empty_postgres_store.sql("select current_date as day, 1.5::numeric as price, now() as moment", {})
    assert [str(kind) for kind in found.dtypes][:2] == ["datetime64[us]", "Float64"]
