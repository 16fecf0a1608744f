from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from workbench.databases import (
    Writer,
    bring_up_to_date,
    copy_sqlite,
    ended_uncleanly,
    network_file_system,
    open_engine,
    reading,
    shown,
    sqlite_path,
    write_ahead_bytes,
    writing,
)
from workbench.errors import DatabaseRefused, DatabaseUnreadable, DatabaseUnwritable

_STEP = """
from alembic import op
import sqlalchemy as sa
revision = "{number}"
down_revision = {before}
def upgrade():
    op.create_table("t{number}", sa.Column("a", sa.Integer, primary_key=True))
    {more}
"""


def scripts_of(folder: Path, *numbers: str, more: str = "") -> Path:
    """A folder of upgrade steps, each making one table."""
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    (folder / "env.py").write_text("from workbench.databases import run_upgrade_steps\n\nrun_upgrade_steps()\n")
    before: str | None = None
    for number in numbers:
        last = number == numbers[-1]
        (folder / "versions" / f"{number}.py").write_text(
            _STEP.format(number=number, before=repr(before), more=more if last else "")
        )
        before = number
    return folder


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def filled(path: Path, rows: int = 1) -> Path:
    engine = open_engine(url_of(path))
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
        connection.exec_driver_sql("INSERT INTO t (b) VALUES (?)", [("x" * 500,)] * rows)
    engine.dispose()
    return path


def test_a_new_file_is_private_durable_and_keeps_its_rules(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.sqlite"
    engine = open_engine(url_of(path))
    with reading(engine) as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names] == ["wal", 2, 1, 15000]
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
        assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
    engine.dispose()
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["a.sqlite"]


def test_an_absent_file_is_only_made_when_asked(tmp_path: Path) -> None:
    for wanted in ({"create": False}, {"read_only": True}):
        with pytest.raises(DatabaseRefused, match=r"a\.sqlite"):
            open_engine(url_of(tmp_path / "a.sqlite"), **wanted)
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_database_refuses_changes_and_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "foreign.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE t (a)")
    made.close()
    before = (path.read_bytes(), path.stat().st_mode)
    engine = open_engine(url_of(path), read_only=True)
    with pytest.raises(DatabaseUnwritable), writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    engine.dispose()
    assert (path.read_bytes(), path.stat().st_mode) == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"not a database at all" * 400)
    with pytest.raises(DatabaseRefused, match="damaged"):
        open_engine(url_of(path))


@pytest.mark.parametrize("url", ["nothing like a url", "strange://host/db", "postgresql://u:secret@127.0.0.1:1/x"])
def test_a_url_that_leads_nowhere_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseRefused) as caught:
        open_engine(url)
    assert "secret" not in str(caught.value)


_CRASHING = """
import os, signal, sys
from workbench.databases import open_engine, writing
engine = open_engine(sys.argv[1])
with writing(engine) as connection:
    connection.exec_driver_sql("INSERT INTO t (b) VALUES ('kept')")
os.kill(os.getpid(), signal.SIGKILL)
"""


def crash(path: Path) -> None:
    """Leave a file as a process does that was killed after a commit."""
    child = subprocess.run(
        [sys.executable, "-c", _CRASHING, url_of(path)],
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert child.returncode == -signal.SIGKILL
    assert path.with_name(path.name + "-wal").stat().st_size > 0


def test_what_was_committed_before_a_crash_is_there_after_it(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.sqlite")
    crash(path)
    engine = open_engine(url_of(path))
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t WHERE b = 'kept'").scalar() == 1
    engine.dispose()


def test_a_file_damaged_in_a_crash_is_refused_and_one_that_was_closed_is_not_searched(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.sqlite", rows=200)

    def damage() -> None:
        with path.open("r+b") as file:
            file.seek(4096 * 4)
            file.write(b"\xff" * 4096 * 3)

    crash(path)
    damage()
    with pytest.raises(DatabaseRefused, match="damaged"):
        open_engine(url_of(path))
    path.unlink()
    for left in tmp_path.glob("a.sqlite-*"):
        left.unlink()
    filled(path, rows=200)
    damage()
    open_engine(url_of(path)).dispose()  # the whole file is only read after an unclean end


def test_network_folders_are_recognised(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/a / ext4 rw 0 0\nserver:/x /mnt/share nfs4 rw 0 0\n//s/y /mnt/two\\040words cifs rw 0 0\n"
        "/dev/b /mnt/share/local ext4 rw 0 0\nu@h: /remote/ssh fuse.sshfs rw 0 0\nbroken\n"
    )
    expected = {
        "/mnt/share/w/a.sqlite": "nfs4", "/mnt/two words/a.sqlite": "cifs", "/remote/ssh/a.sqlite": "fuse.sshfs",
        "/mnt/share/local/a.sqlite": None, "/mnt/shares/a.sqlite": None, "/a.sqlite": None,
    }  # fmt: skip
    assert {path: network_file_system(Path(path), mounts) for path in expected} == expected
    assert network_file_system(tmp_path, tmp_path / "no such file") is None


def test_a_database_on_a_network_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.databases.opening.network_file_system", lambda _path: "cifs")
    with pytest.raises(DatabaseRefused, match="cifs"):
        open_engine(url_of(tmp_path / "a.sqlite"))
    assert list(tmp_path.iterdir()) == []


def test_writers_wait_for_each_other_from_the_start(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.sqlite")
    first, second = open_engine(url_of(path)), open_engine(url_of(path))
    sa.event.listen(second, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout = 50"))
    second.dispose()
    with writing(first):
        with pytest.raises(DatabaseUnwritable, match="locked"), writing(second):
            pass
        with reading(second) as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 1
    first.dispose()
    second.dispose()


def test_an_error_inside_takes_the_whole_transaction_back(tmp_path: Path) -> None:
    engine = open_engine(url_of(filled(tmp_path / "a.sqlite")))

    def fail_half_way() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("DELETE FROM t")
            connection.exec_driver_sql("CREATE TABLE u (a)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 1
        assert not sa.inspect(connection).has_table("u")
    engine.dispose()


def test_an_upgrade_is_made_once_and_after_a_copy(tmp_path: Path) -> None:
    engine = open_engine(url_of(tmp_path / "a.sqlite"))
    scripts = scripts_of(tmp_path / "steps", "0001")
    for _twice in range(2):
        bring_up_to_date(engine, scripts=scripts, version_table="v", head="0001")
    assert not list(tmp_path.glob("*.before-*"))
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO t0001 VALUES (41)")
    bring_up_to_date(engine, scripts=scripts_of(tmp_path / "steps", "0001", "0002"), version_table="v", head="0002")
    with reading(engine) as connection:
        assert sorted(sa.inspect(connection).get_table_names()) == ["t0001", "t0002", "v"]
    (copy,) = tmp_path.glob("*.before-0002")
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as old:
        assert old.execute("SELECT a FROM t0001").fetchall() == [(41,)]
        assert old.execute("SELECT version_num FROM v").fetchall() == [("0001",)]
    old.close()
    engine.dispose()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    engine = open_engine(url_of(tmp_path / "a.sqlite"))
    bring_up_to_date(engine, scripts=scripts_of(tmp_path / "new", "0001", "0002"), version_table="v", head="0002")
    with pytest.raises(DatabaseRefused, match="0002"):
        bring_up_to_date(engine, scripts=scripts_of(tmp_path / "old", "0001"), version_table="v", head="0001")
    engine.dispose()


def test_an_upgrade_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    engine = open_engine(url_of(tmp_path / "a.sqlite"))
    scripts = scripts_of(tmp_path / "steps", "0001", "0002", more="op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises((DatabaseRefused, DatabaseUnwritable)):
        bring_up_to_date(engine, scripts=scripts, version_table="v", head="0002")
    with reading(engine) as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()


_OPENING = """
import sys
import threading
import time
from pathlib import Path
from workbench.databases import bring_up_to_date, open_engine
sys.stdin.readline()
engine = open_engine(sys.argv[1])
bring_up_to_date(engine, scripts=Path(sys.argv[2]), version_table="v", head="0001")
engine.dispose()
"""


def test_processes_that_open_a_new_database_at_once_make_it_once(tmp_path: Path) -> None:
    scripts = scripts_of(tmp_path / "steps", "0001")
    command = [sys.executable, "-W", "error", "-c", _OPENING, url_of(tmp_path / "w" / "a.sqlite"), str(scripts)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env=environment) for _place in range(4)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        child.communicate(timeout=60)
    assert [child.returncode for child in children] == [0] * 4


def test_a_copy_holds_what_the_log_still_kept_apart(tmp_path: Path) -> None:
    engine = open_engine(url_of(filled(tmp_path / "a.sqlite")))
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO t (b) VALUES ('new')")
    copy = copy_sqlite(engine, ".copy")
    engine.dispose()
    assert copy is not None
    with sqlite3.connect(copy) as opened:
        assert opened.execute("SELECT count(*) FROM t WHERE b = 'new'").fetchone() == (1,)
    opened.close()
    assert copy_sqlite(sa.create_engine("sqlite://"), ".copy") is None


def test_a_database_is_named_without_its_secrets() -> None:
    assert shown("sqlite:////remote/claire/w/ledger.sqlite") == "ledger.sqlite"
    assert shown("postgresql://u:secret@host/db") == "postgresql://u:***@host/db"
    assert shown(":// secret") == "?"
    assert sqlite_path("postgresql://host/db") is None
    assert sqlite_path("sqlite://") is None


def test_values_never_show_in_an_error(tmp_path: Path) -> None:
    engine = open_engine(url_of(filled(tmp_path / "a.sqlite")))
    with pytest.raises(sa.exc.IntegrityError) as caught, writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO t (a, b) VALUES (1, ?)", ("Lefèvre",))
    assert "Lefèvre" not in str(caught.value)
    engine.dispose()


def test_postgresql_commits_are_durable_and_in_utc(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with writing(engine) as connection:
        assert connection.execute(sa.text("SHOW synchronous_commit")).scalar() == "on"
        assert connection.execute(sa.text("SHOW timezone")).scalar() == "UTC"
        connection.execute(sa.text("CREATE TABLE t (a integer)"))
    engine.dispose()
    closed = open_engine(postgres_url, read_only=True)
    with pytest.raises((DatabaseUnwritable, sa.exc.DBAPIError)), writing(closed) as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    closed.dispose()


@pytest.mark.parametrize("deed", ["removed", "replaced", "log removed"])
def test_a_file_that_is_taken_away_while_it_is_used_is_noticed_at_the_next_commit(tmp_path: Path, deed: str) -> None:
    path = filled(tmp_path / "a.sqlite")
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(path.read_bytes())
    engine = open_engine(url_of(path))
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO t (b) VALUES ('kept')")
    if deed == "removed":
        path.unlink()
    elif deed == "replaced":
        copy.replace(path)
    else:
        path.with_name("a.sqlite-wal").unlink()
    with pytest.raises(DatabaseUnwritable, match="taken away"), writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO t (b) VALUES ('lost')")
    engine.dispose()
    if deed == "removed":
        with pytest.raises(DatabaseUnreadable, match="taken away"), reading(engine):
            pass
        assert not path.exists()  # no empty file stands in its place


def test_a_damage_met_while_at_work_is_told_and_searched_for_at_the_next_opening(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.sqlite", rows=2000)
    sound = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(4096 * 4)
        file.write(b"\xff" * 4096 * 40)
    engine = open_engine(url_of(path))
    with pytest.raises(DatabaseUnreadable, match="damaged"), reading(engine) as connection:
        connection.exec_driver_sql("SELECT sum(length(b)) FROM t").scalar()
    engine.dispose()
    with pytest.raises(DatabaseRefused, match="damaged"):
        open_engine(url_of(path))
    path.write_bytes(sound)
    open_engine(url_of(path)).dispose()
    assert [file.name for file in tmp_path.iterdir()] == ["a.sqlite"]


def test_what_is_wrong_with_a_question_stays_the_drivers_own_word(tmp_path: Path) -> None:
    engine = open_engine(url_of(filled(tmp_path / "a.sqlite")))
    with pytest.raises(sa.exc.OperationalError, match="nowhere"), reading(engine) as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    engine.dispose()


def test_an_unclean_end_is_told(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.sqlite")
    crash(path)
    engine = open_engine(url_of(path))
    assert ended_uncleanly(engine)
    assert write_ahead_bytes(engine) > 0
    engine.dispose()
    engine = open_engine(url_of(path))
    assert not ended_uncleanly(engine)
    engine.dispose()
    assert write_ahead_bytes(sa.create_engine("sqlite://")) == 0


def test_a_kept_connection_that_a_server_ended_meanwhile_is_replaced(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, beside = open_engine(postgres_url), open_engine(postgres_url)
    writer = Writer(engine)
    with writer.writing() as connection:
        connection.execute(sa.text("CREATE TABLE t (a integer)"))
        backend = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    with writer.writing() as connection:
        assert connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one() == backend
    with writing(beside) as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})
    monkeypatch.setattr("workbench.databases.transactions.RESTED_SECONDS", 0.0)
    with writer.writing() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    with reading(beside) as connection:
        assert connection.execute(sa.text("SELECT a FROM t")).scalars().all() == [1]
    writer.close()
    beside.dispose()
    engine.dispose()


def test_a_kept_connection_is_not_closed_in_the_middle_of_another_threads_transaction(tmp_path: Path) -> None:
    engine = open_engine(url_of(filled(tmp_path / "a.sqlite")))
    writer = Writer(engine)
    inside, closing = threading.Event(), threading.Event()
    ended: list[str] = []

    def write() -> None:
        with writer.writing() as connection:
            connection.exec_driver_sql("INSERT INTO t (b) VALUES ('kept')")
            inside.set()
            closing.wait(5)
            time.sleep(0.1)
        ended.append("believed durable")

    thread = threading.Thread(target=write)
    thread.start()
    inside.wait(5)
    closing.set()
    writer.close()
    thread.join(5)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t WHERE b = 'kept'").scalar() == 1
    assert ended == ["believed durable"]
    engine.dispose()


def test_a_transaction_is_on_the_disk_when_what_was_done_beside_it_is_told(tmp_path: Path) -> None:
    engine, other = open_engine(url_of(filled(tmp_path / "a.sqlite"))), open_engine(url_of(tmp_path / "a.sqlite"))
    writer = Writer(engine)
    done: list[str] = []
    with writer.writing(meanwhile=lambda: done.append(threading.current_thread().name)) as connection:
        connection.exec_driver_sql("INSERT INTO t (b) VALUES ('kept')")
        assert done == []
    assert done == [threading.current_thread().name]
    with reading(other) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t WHERE b = 'kept'").scalar() == 1
    writer.close()
    for thread in [thread for thread in threading.enumerate() if thread.name == "workbench-commit"]:
        thread.join(5)
        assert not thread.is_alive()
    other.dispose()
    engine.dispose()


def test_a_commit_that_fails_beside_something_else_is_told_whatever_became_of_that(tmp_path: Path) -> None:
    engine = open_engine(url_of(filled(tmp_path / "a.sqlite")))
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE child (a INTEGER REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)")
        connection.commit()
    writer = Writer(engine)

    def fails() -> None:
        raise ValueError("not what counts")

    for meanwhile in (lambda: None, fails):
        with (
            pytest.raises(sa.exc.IntegrityError),
            writer.writing(meanwhile=meanwhile) as connection,
        ):
            connection.exec_driver_sql("INSERT INTO child VALUES (987654)")  # refused at the commit only
    with pytest.raises(ValueError, match="what counts"), writer.writing(meanwhile=fails) as connection:
        connection.exec_driver_sql("INSERT INTO t (b) VALUES ('kept')")
    with writer.writing(meanwhile=lambda: None) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t WHERE b = 'kept'").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM child").scalar() == 0
    writer.close()
    engine.dispose()


def test_a_kept_connection_is_not_closed_while_something_is_done_beside_its_commit(tmp_path: Path) -> None:
    engine = open_engine(url_of(filled(tmp_path / "a.sqlite")))
    writer = Writer(engine)
    inside, ended = threading.Event(), []

    def dawdle() -> None:
        inside.set()
        time.sleep(0.2)

    def write() -> None:
        with writer.writing(meanwhile=dawdle) as connection:
            connection.exec_driver_sql("INSERT INTO t (b) VALUES ('kept')")
        ended.append("believed durable")

    thread = threading.Thread(target=write)
    thread.start()
    assert inside.wait(5)
    writer.close()
    assert ended == ["believed durable"] or thread.join(5) is None
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t WHERE b = 'kept'").scalar() == 1
    assert ended == ["believed durable"]
    engine.dispose()


def test_a_server_that_ends_a_connection_before_its_commit_is_told_and_keeps_nothing(postgres_url: str) -> None:
    engine, beside = open_engine(postgres_url), open_engine(postgres_url)
    with writing(beside) as connection:
        connection.execute(sa.text("CREATE TABLE t (a INTEGER)"))
    writer = Writer(engine)
    done: list[str] = []

    def ended_by_the_server() -> None:
        with writer.writing(meanwhile=lambda: done.append("beside")) as connection:
            connection.execute(sa.text("INSERT INTO t VALUES (1)"))
            backend = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            with writing(beside) as other:
                other.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})

    with pytest.raises(DatabaseUnwritable):
        ended_by_the_server()
    assert done == ["beside"]
    with writer.writing(meanwhile=lambda: done.append("again")) as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (2)"))
    with reading(beside) as connection:
        assert connection.execute(sa.text("SELECT a FROM t")).scalars().all() == [2]
    writer.close()
    beside.dispose()
    engine.dispose()
