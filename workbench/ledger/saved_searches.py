"""Searches kept under a name, for everyone of the practice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.databases import reading, writing
from workbench.domain.saved_searches import SavedSearch
from workbench.errors import BadValue
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act

_table = schema.saved_searches


class SavedSearches:
    """The saved searches of one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def save(self, name: str, search: str, parameters: Mapping[str, str], *, by: str, now: datetime) -> SavedSearch:
        """Keep a search under a name, in the place of the one that had it, journalled."""
        saved = SavedSearch(name=name, search=search, parameters=dict(parameters), saved_at=now, saved_by=by)
        row = {
            "practice_id": self._practice_id,
            "name": name,
            "search": search,
            "parameters": dict(parameters),
            "saved_at": now,
            "saved_by": by,
        }
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(_table).values(row)
        changed = {key: statement.excluded[key] for key in ("search", "parameters", "saved_at", "saved_by")}
        with writing(self._engine) as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=[_table.c.practice_id, _table.c.name], set_=changed)
            )
            # The values may name a patient: only which parameters there are is told (P12).
            self._act(connection, "search.saved", saved, by=by, now=now)
        return saved

    def forget(self, name: str, *, by: str, now: datetime) -> bool:
        """Forget the search of this name, journalled, and tell whether there was one."""
        with writing(self._engine) as connection:
            found = connection.execute(self._read().where(_table.c.name == name)).one_or_none()
            if found is None:
                return False
            connection.execute(_table.delete().where(_table.c.practice_id == self._practice_id, _table.c.name == name))
            self._act(connection, "search.forgotten", _saved(found), by=by, now=now)
        return True

    def rename(self, name: str, new: str, *, by: str, now: datetime) -> bool:
        """Call a saved search otherwise, journalled, and tell whether there was one; the email type goes with it.

        Raises
        ------
        BadValue
            When another one is called so already.
        """
        proposed = schema.search_templates
        with writing(self._engine) as connection:
            rows = {row.name: row for row in connection.execute(self._read().where(_table.c.name.in_([name, new])))}
            if name not in rows:
                return False
            if new == name:
                return True
            if new in rows:
                raise BadValue(_("There is a saved search called « {name} » already.").format(name=new))
            for table, column in ((_table, _table.c.name), (proposed, proposed.c.search)):
                here = (table.c.practice_id == self._practice_id, column == name)
                connection.execute(table.update().where(*here).values({column: new}))
            saved = _saved(rows[name])
            self._act(connection, "search.renamed", saved, by=by, now=now, further={"to": new})
        return True

    def all(self) -> dict[str, SavedSearch]:
        """Return every saved search by name, in the order of the names."""
        with reading(self._engine) as connection:
            found = [_saved(row) for row in connection.execute(self._read())]
        return {one.name: one for one in sorted(found, key=lambda one: one.name.casefold())}

    def _read(self) -> sa.Select[Any]:
        table = _table.c
        return sa.select(table.name, table.search, table.parameters, table.saved_at, table.saved_by).where(
            table.practice_id == self._practice_id
        )

    def _act(
        self,
        connection: sa.Connection,
        what: str,
        saved: SavedSearch,
        *,
        by: str,
        now: datetime,
        further: Mapping[str, str] | None = None,
    ) -> None:
        write_act(
            connection,
            self._practice_id,
            what,
            f"search:{saved.name}",
            by=by,
            now=now,
            details={"search": saved.search, "parameters": sorted(saved.parameters), **(further or {})},
        )


def _saved(row: Any) -> SavedSearch:
    name, search, parameters, saved_at, saved_by = row
    return SavedSearch(name=name, search=search, parameters=parameters, saved_at=saved_at, saved_by=saved_by)
