"""A question in SQL: no patient in what is refused, an end to what takes too long, nothing left in a session."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from workbench.databases import writing
from workbench.errors import BadValue
from workbench.patients import sql
from workbench.patients.schema import patients
from workbench.patients.store import SqlPatientStore, open_store

ENDLESS = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"


@pytest.fixture
def store(tmp_path: Path) -> SqlPatientStore:
    return with_somebody(open_store(f"sqlite:///{tmp_path / 's.sqlite'}", practice_id="practice", create=True))


@pytest.fixture
def server_store(empty_postgres_store: SqlPatientStore) -> SqlPatientStore:
    return with_somebody(empty_postgres_store)


def with_somebody(store: SqlPatientStore) -> SqlPatientStore:
    with writing(store.engine) as connection:
        connection.execute(patients.insert().values(practice_id="practice", patient_id="1", last_name="SECRET"))
    return store


@pytest.mark.parametrize(
    "question",
    [
        "select json_extract('{}', last_name) from patients",
        "select '{}' -> ('$[' || last_name) from patients",
        "select json_extract('{}', '$[' || last_name || ' X') from patients",
    ],
)
def test_a_refusal_of_the_embedded_store_quotes_no_patient(store: SqlPatientStore, question: str) -> None:
    with pytest.raises(BadValue, match="OperationalError") as refused:
        store.sql(question, {})
    assert "SECRET" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "question",
    [
        "select current_setting('x.' || last_name) from patients",
        "select last_name::regclass from patients",
        "select last_name::regproc from patients",
        "select (last_name || '(text)')::regprocedure from patients",
        "select last_name::regtype from patients",
    ],
)
def test_a_refusal_of_a_server_quotes_no_patient(server_store: SqlPatientStore, question: str) -> None:
    with pytest.raises(BadValue) as refused:
        server_store.sql(question, {})
    assert "secret" not in str(refused.value).casefold()


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("select last_nam from patients", "last_nam"),
        ("select 1 from patient", "patient"),
        ("select lenth(last_name) from patients", "lenth"),
        ("select last_name form patients x y", 'syntax error'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_question_itself_is_told(
    store: SqlPatientStore, server_store: SqlPatientStore, question: str, told: str
) -> None:
    for each in (store, server_store):
        with pytest.raises(BadValue, match=told):
            each.sql(question, {})


def test_a_question_without_end_ends(
    store: SqlPatientStore, server_store: SqlPatientStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "MOST_SECONDS", 0.5)
    for each in (store, server_store):
        began = time.monotonic()
        with pytest.raises(BadValue, match="takes longer"):
            each.sql(ENDLESS, {})
        assert time.monotonic() - began < 10
        assert each.sql("select last_name from patients", {})["last_name"].tolist() == ["SECRET"]


def test_an_interrupt_is_answered_at_once(store: SqlPatientStore, server_store: SqlPatientStore) -> None:
    for each in (store, server_store):
        began = time.monotonic()
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            each.sql(ENDLESS, {})
        timer.join()
        assert time.monotonic() - began < 10
        assert len(each.sql("select 1 as n", {})) == 1


def test_an_answer_beyond_measure_is_refused(
    store: SqlPatientStore, server_store: SqlPatientStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = "with recursive c(x) as (select 1 union all select x + 1 from c where x < {count}) select x from c"
    with monkeypatch.context() as smaller:
        smaller.setattr(sql, "MOST_ROWS", 30_000)
        for each in (store, server_store):
            assert len(each.sql(count.format(count=30_000), {})) == 30_000
            with pytest.raises(BadValue, match="30000 rows"):
                each.sql(count.format(count=30_001), {})
    monkeypatch.setattr(sql, "MOST_BYTES", 1_000_000)
    with pytest.raises(BadValue, match="too large"):
        store.sql("select hex(zeroblob(2000000)) as long", {})
    with pytest.raises(BadValue, match="too large"):
        server_store.sql("select repeat('x', 2000000) as long", {})
    assert len(store.sql("select hex(zeroblob(400000)) as long", {})) == 1


def test_a_question_leaves_nothing_in_the_session(server_store: SqlPatientStore) -> None:
    server_store.sql("select set_config('search_path', 'elsewhere', false), pg_advisory_lock(4711)", {})
    with server_store.engine.connect() as connection:
        assert connection.execute(sa.text("show search_path")).scalar() != "elsewhere"
        assert connection.execute(sa.text("select count(*) from pg_locks where locktype = 'advisory'")).scalar() == 0


def test_a_role_that_may_more_than_read_tables_is_known(store: SqlPatientStore, server_store: SqlPatientStore) -> None:
    assert not store.reaches_beyond()
    assert server_store.reaches_beyond()  # the tests' own server knows nobody but its superuser
    engine = server_store.engine
    with writing(engine) as connection:
        connection.execute(sa.text("create role modest"))
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("set role modest"))
            assert not connection.execute(sa.text(sql._BEYOND)).scalar()
            connection.invalidate()
    finally:
        with writing(engine) as connection:
            connection.execute(sa.text("drop role modest"))
