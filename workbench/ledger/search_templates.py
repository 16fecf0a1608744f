"""Which email type a search proposes (F67, F112): the search is named, and the email type by its path."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.databases import reading, writing
from workbench.ledger import schema
from workbench.ledger.acts import write_act

_table = schema.search_templates


class SearchTemplates:
    """The email types that the searches of one practice propose."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def attach(self, search: str, template: str, *, by: str, now: datetime) -> None:
        """Let a search propose an email type, in the place of the one that it had, journalled."""
        row = {
            "practice_id": self._practice_id,
            "search": search,
            "template": template,
            "saved_at": now,
            "saved_by": by,
        }
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(_table).values(row)
        changed = {key: statement.excluded[key] for key in ("template", "saved_at", "saved_by")}
        with writing(self._engine) as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=[_table.c.practice_id, _table.c.search], set_=changed)
            )
            self._act(connection, "search_template.attached", search, template, by=by, now=now)

    def detach(self, search: str, *, by: str, now: datetime) -> bool:
        """Let a search propose none, journalled, and tell whether it proposed one."""
        mine = sa.and_(_table.c.practice_id == self._practice_id, _table.c.search == search)
        with writing(self._engine) as connection:
            had = connection.execute(sa.select(_table.c.template).where(mine)).scalar_one_or_none()
            if had is None:
                return False
            connection.execute(_table.delete().where(mine))
            self._act(connection, "search_template.detached", search, had, by=by, now=now)
        return True

    def all(self) -> dict[str, str]:
        """Return the path of the email type by search, of each one that has any, in the order of the searches."""
        query = sa.select(_table.c.search, _table.c.template).where(_table.c.practice_id == self._practice_id)
        with reading(self._engine) as connection:
            return {row.search: row.template for row in connection.execute(query.order_by(_table.c.search))}

    def _act(self, connection: sa.Connection, what: str, search: str, template: str, *, by: str, now: datetime) -> None:
        write_act(
            connection, self._practice_id, what, f"search:{search}", by=by, now=now, details={"template": template}
        )
