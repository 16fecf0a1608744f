"""What is written once and used often: email types with their revisions, and mail accounts without a password."""

from __future__ import annotations

import dataclasses
import difflib
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.accounts import Account, AccountKind, Auth, Security
from workbench.domain.templates import Template
from workbench.errors import UnknownAccount, UnknownTemplate
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act


class Library:
    """The email types and accounts of one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    # --- email types ------------------------------------------------------------------------------------

    def save_template(self, template: Template, *, by: str, now: datetime) -> Template:
        """Keep a template as a new revision of its path, and return it with its number.

        The very content of the current revision makes no new one. Saving brings an archived template back.
        """
        with writing(self._engine) as connection:
            alone(connection, f"templates:{self._practice_id}")
            found = connection.execute(self._current().where(schema.templates.c.path == template.path)).one_or_none()
            if found is not None and found.digest == template.digest() and found.archived_at is None:
                return dataclasses.replace(template, revision=found.number)
            if found is None:
                number = 1
                template_id = connection.execute(
                    schema.templates.insert().returning(schema.templates.c.id),
                    {"practice_id": self._practice_id, "path": template.path, "current": number},
                ).scalar_one()
            else:
                template_id = found.template_id
                number = found.number if found.digest == template.digest() else found.newest + 1
                connection.execute(
                    schema.templates.update().where(schema.templates.c.id == template_id),
                    {"current": number, "archived_at": None},
                )
            if found is None or number != found.number:
                connection.execute(
                    schema.template_revisions.insert(),
                    {
                        "practice_id": self._practice_id,
                        "template_id": template_id,
                        "number": number,
                        "digest": template.digest(),
                        "content": template.to_dict(),
                        "saved_at": now,
                        "saved_by": by,
                    },
                )
            self._act(connection, "template_saved", f"template:{template.path}", by, now, {"revision": number})
        return dataclasses.replace(template, revision=number)

    def template(self, path: str) -> Template:
        """Return the current revision of an email type.

        Raises
        ------
        UnknownTemplate
            When the path is not known, or archived; the sentence names those that look like it.
        """
        query = self._current().where(schema.templates.c.path == path, schema.templates.c.archived_at.is_(None))
        with reading(self._engine) as connection:
            found = connection.execute(query).one_or_none()
        if found is None:
            raise self._unknown_template(path)
        return Template.from_dict(found.content, revision=found.number)

    def templates(self) -> list[Template]:
        """Return the current revision of every email type that is not archived, by path."""
        query = self._current().where(schema.templates.c.archived_at.is_(None)).order_by(schema.templates.c.path)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [Template.from_dict(row.content, revision=row.number) for row in rows]

    def archive_template(self, path: str, *, by: str, now: datetime) -> None:
        """Take an email type out of the lists; its revisions stay, since messages were made from them."""
        with writing(self._engine) as connection:
            done = connection.execute(
                schema.templates.update().where(
                    schema.templates.c.practice_id == self._practice_id,
                    schema.templates.c.path == path,
                    schema.templates.c.archived_at.is_(None),
                ),
                {"archived_at": now},
            )
            if not done.rowcount:
                raise self._unknown_template(path)
            self._act(connection, "template_archived", f"template:{path}", by, now)

    def revision_id(self, path: str, number: int) -> int:
        """Return the ledger's number of one revision of an email type.

        Raises
        ------
        UnknownTemplate
            When there is no such revision.
        """
        with reading(self._engine) as connection:
            return self.revision_id_in(connection, path, number)

    def revision_id_in(self, connection: sa.Connection, path: str, number: int) -> int:
        """Do what `revision_id` does, inside a transaction."""
        found = connection.execute(
            sa.select(schema.template_revisions.c.id)
            .join(schema.templates)
            .where(
                schema.templates.c.practice_id == self._practice_id,
                schema.templates.c.path == path,
                schema.template_revisions.c.number == number,
            )
        ).scalar_one_or_none()
        if found is None:
            raise UnknownTemplate(
                _("The email type « {path} » has no revision {number}: save it first.").format(path=path, number=number)
            )
        return int(found)

    def revision(self, revision_id: int) -> Template:
        """Return an email type as it was at a revision, whatever became of it since.

        Raises
        ------
        UnknownTemplate
            When there is no such revision.
        """
        table = schema.template_revisions.c
        with reading(self._engine) as connection:
            found = connection.execute(
                sa.select(table.content, table.number).where(
                    table.practice_id == self._practice_id, table.id == revision_id
                )
            ).one_or_none()
        if found is None:
            raise UnknownTemplate(_("No email type has the revision number {number}.").format(number=revision_id))
        return Template.from_dict(found.content, revision=found.number)

    def _current(self) -> sa.Select[Any]:
        templates, revisions = schema.templates.c, schema.template_revisions.c
        other = schema.template_revisions.alias()
        newest = sa.select(sa.func.max(other.c.number)).where(other.c.template_id == templates.id).scalar_subquery()
        return (
            sa.select(
                templates.id.label("template_id"),
                templates.archived_at,
                revisions.number,
                revisions.digest,
                revisions.content,
                newest.label("newest"),
            )
            .join_from(schema.templates, schema.template_revisions)
            .where(templates.practice_id == self._practice_id, revisions.number == templates.current)
        )

    def _unknown_template(self, path: str) -> UnknownTemplate:
        known = [template.path for template in self.templates()]
        near = difflib.get_close_matches(path.casefold(), [name.casefold() for name in known], n=3, cutoff=0.5)
        names = [name for name in known if name.casefold() in near or name.rpartition("/")[2] == path]
        if names:
            return UnknownTemplate(
                _("No email type is called « {path} ». Did you mean: {names}?").format(
                    path=path, names=", ".join(f"« {name} »" for name in names)
                )
            )
        return UnknownTemplate(
            _("No email type is called « {path} ». See them with: workbench template list").format(path=path)
        )

    # --- accounts ---------------------------------------------------------------------------------------

    def save_account(self, account: Account, *, by: str, now: datetime, default: bool = False) -> Account:
        """Keep an account under its name; the first one is the default, until another is made so."""
        table = schema.accounts
        mine = table.c.practice_id == self._practice_id
        with writing(self._engine) as connection:
            alone(connection, f"accounts:{self._practice_id}")
            known = {
                row.name: row.is_default
                for row in connection.execute(sa.select(table.c.name, table.c.is_default).where(mine))
            }
            is_default = default or known.get(account.name, False) or not any(known.values())
            if is_default:
                connection.execute(table.update().where(mine), {"is_default": False})
            connection.execute(table.delete().where(mine, table.c.name == account.name))
            connection.execute(
                table.insert(),
                {
                    "practice_id": self._practice_id,
                    "name": account.name,
                    "content": dataclasses.asdict(account),
                    "is_default": is_default,
                    "saved_at": now,
                    "saved_by": by,
                },
            )
            self._act(connection, "account_saved", f"account:{account.name}", by, now)
        return account

    def account(self, name: str) -> Account:
        """Return an account.

        Raises
        ------
        UnknownAccount
            When no account has this name; the sentence names those there are.
        """
        for account in self.accounts():
            if account.name == name:
                return account
        names = ", ".join(f"« {account.name} »" for account in self.accounts())
        if names:
            raise UnknownAccount(
                _("No account is called « {name} ». There is: {names}.").format(name=name, names=names)
            )
        raise UnknownAccount(
            _("No account is called « {name} », and none is set up yet. Make one with: workbench account set").format(
                name=name
            )
        )

    def accounts(self) -> list[Account]:
        """Return every account, by name."""
        return [_account(content) for content in self._account_contents()]

    def default_account(self) -> Account | None:
        """Return the account used when neither the caller nor the template names one; nothing when there is none."""
        found = self._account_contents(schema.accounts.c.is_default)
        return _account(found[0]) if found else None

    def remove_account(self, name: str, *, by: str, now: datetime) -> None:
        """Forget an account; mailings keep its name. When it was the default, the first of the others becomes it.

        Raises
        ------
        UnknownAccount
            When no account has this name.
        """
        self.account(name)
        table = schema.accounts
        mine = table.c.practice_id == self._practice_id
        with writing(self._engine) as connection:
            alone(connection, f"accounts:{self._practice_id}")
            connection.execute(table.delete().where(mine, table.c.name == name))
            rest = connection.execute(
                sa.select(table.c.name, table.c.is_default).where(mine).order_by(table.c.name)
            ).all()
            if rest and not any(row.is_default for row in rest):
                connection.execute(table.update().where(mine, table.c.name == rest[0].name), {"is_default": True})
            self._act(connection, "account_removed", f"account:{name}", by, now)

    def _account_contents(self, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
        table = schema.accounts.c
        query = sa.select(table.content).where(table.practice_id == self._practice_id, *where).order_by(table.name)
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def _act(
        self,
        connection: sa.Connection,
        what: str,
        about: str,
        by: str,
        now: datetime,
        details: dict[str, Any] | None = None,
    ) -> None:
        write_act(connection, self._practice_id, what, about, by=by, now=now, details=details)


def _account(content: dict[str, Any]) -> Account:
    values = dict(content)
    values["kind"] = AccountKind(values["kind"])
    values["auth"] = Auth(values.get("auth", Auth.PASSWORD))
    values["security"] = Security(values["security"])
    return Account(**values)
