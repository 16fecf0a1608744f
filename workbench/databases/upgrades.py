"""Bring a database's tables up to date, a SQLite file copied before."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from workbench.databases.names import first_line, shown, sqlite_path
from workbench.databases.transactions import alone, reading, writing
from workbench.errors import DatabaseRefused
from workbench.language import _


def bring_up_to_date(engine: Engine, *, scripts: Path, version_table: str, head: str) -> None:
    """Make or upgrade the tables by the alembic `scripts` of a room, in one transaction.

    `head` is the newest revision the code knows, `version_table` the table that keeps the database's own; when
    they agree, alembic is not even imported. A SQLite file is copied beside itself before an upgrade
    (``<name>.before-<head>``). Two processes that open a new database at once make it once.

    Raises
    ------
    DatabaseRefused
        When the database is newer than the code, or its tables cannot be made.
    """
    try:
        stored = _stored_revision(engine, version_table)
        if stored == head:
            return
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        if stored is not None:
            known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
            if stored not in known:
                raise DatabaseRefused(
                    _(
                        "{database} was written by a newer version of the workbench (revision {revision}). "
                        "Update the workbench on this computer, then open it again."
                    ).format(database=shown(engine.url), revision=stored)
                )
            copy_sqlite(engine, f".before-{head}")
        with writing(engine) as connection:
            alone(connection, version_table)
            config.attributes["connection"] = connection
            config.attributes["version_table"] = version_table
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        raise DatabaseRefused(
            _("The tables of {database} cannot be made or upgraded: {cause}.").format(
                database=shown(engine.url), cause=first_line(getattr(error, "orig", None) or error)
            )
        ) from error


def run_upgrade_steps() -> None:
    """Run the pending steps; the whole of every room's alembic ``env.py``."""
    from alembic import context

    context.configure(
        connection=context.config.attributes["connection"],
        version_table=context.config.attributes["version_table"],
        transactional_ddl=True,
        render_as_batch=True,
    )
    context.run_migrations()


def copy_sqlite(engine: Engine, suffix: str) -> Path | None:
    """Copy a SQLite file beside itself, with everything committed so far; returns the copy (0600)."""
    path = sqlite_path(engine.url)
    if path is None:
        return None
    copy = path.with_name(path.name + suffix)
    partial = path.with_name(copy.name + ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    partial.replace(copy)
    return copy


def _stored_revision(engine: Engine, version_table: str) -> str | None:
    with reading(engine) as connection:
        if not inspect(connection).has_table(version_table):
            return None
        return connection.execute(text(f"SELECT version_num FROM {version_table}")).scalar()  # noqa: S608 (our own name)
