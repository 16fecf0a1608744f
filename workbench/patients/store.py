"""The patient store in a SQL database: opening it, and one method per question the workbench asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.databases import bring_up_to_date, open_engine, reading, shown, writing
from workbench.errors import DatabaseRefused, ReadOnlyStore
from workbench.language import _
from workbench.patients.schema import practices
from workbench.patients.upgrades import HEAD, VERSION_TABLE

if TYPE_CHECKING:
    pass

_SCRIPTS = Path(__file__).parent / "upgrades"


def open_store(url: str, *, practice_id: str, create: bool, writable: bool | None = None) -> SqlPatientStore:
    """Open a patient store at any SQLAlchemy URL.

    Parameters
    ----------
    url
        ``sqlite:///…`` for the workspace's own file, or another database that holds these tables.
    practice_id
        The practice whose rows are read; one database may hold several.
    create
        Make the database, its tables and the practice's row when they are absent.
    writable
        Whether imports and corrections are allowed. Unless said otherwise a SQLite file is writable, and another
        database only when `create` is given: somebody else's patients are read, never written.

    Raises
    ------
    DatabaseRefused
        When the database is absent, damaged, newer than this workbench, on a network folder, holds no patient
        store, an older one that may not be upgraded, or not this practice.
    """
    may_write = writable if writable is not None else (create or url.startswith("sqlite"))
    engine = open_engine(url, create=create, read_only=not may_write)
    try:
        if may_write and (create or _revision(engine) is not None):
            bring_up_to_date(engine, scripts=_SCRIPTS, version_table=VERSION_TABLE, head=HEAD)
        _check_revision(engine)
        _check_practice(engine, practice_id, create=create and may_write)
    except BaseException:
        engine.dispose()
        raise
    return SqlPatientStore(engine, practice_id=practice_id, writable=may_write)


def _revision(engine: sa.Engine) -> str | None:
    with reading(engine) as connection:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        return connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))).scalar()


def _check_revision(engine: sa.Engine) -> None:
    stored = _revision(engine)
    if stored == HEAD:
        return
    if stored is None:
        sentence = _("{database} holds no patient store. Check the address of the store in workbench.toml.")
    else:
        sentence = _(
            "The patient store in {database} (revision {revision}) does not fit this version of the workbench "
            "and may not be changed from here. Ask who looks after it to upgrade it."
        )
    raise DatabaseRefused(sentence.format(database=shown(engine.url), revision=stored))


def _check_practice(engine: sa.Engine, practice_id: str, *, create: bool) -> None:
    with reading(engine) as connection:
        known = connection.execute(sa.select(practices.c.practice_id)).scalars().all()
    if practice_id in known:
        return
    if not create:
        raise DatabaseRefused(
            _("The patient store in {database} holds no practice called « {practice} ».").format(
                database=shown(engine.url), practice=practice_id
            )
        )
    # Two processes may open a new workspace at once: the second one finds the row made.
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    with writing(engine) as connection:
        row = {"practice_id": practice_id, "name": practice_id}
        connection.execute(insert(practices).values(row).on_conflict_do_nothing())


class SqlPatientStore:
    """A practice's patients in a SQL database; fills the port ``PatientStore``.

    Attributes
    ----------
    engine
        The database.
    practice_id
        The practice whose rows are seen.
    writable
        Whether imports and corrections are allowed.
    """

    def __init__(self, engine: sa.Engine, *, practice_id: str, writable: bool) -> None:
        self.engine = engine
        self.practice_id = practice_id
        self.writable = writable

    def __repr__(self) -> str:
        return f"<SqlPatientStore {shown(self.engine.url)} practice={self.practice_id!r}>"

    def close(self) -> None:
        """Give the database's connections back."""
        self.engine.dispose()

    def check_writable(self) -> None:
        """Raise `ReadOnlyStore` unless this store is ours to change."""
        if not self.writable:
            raise ReadOnlyStore(
                _("The patient store belongs to the practice's own software: change it there, not in the workbench.")
            )
