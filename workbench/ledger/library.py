"""What is written once and used often: email types with their revisions, and mail accounts without a password."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.accounts import Account, AccountKind, Auth, Security
from workbench.domain.options import Options
from workbench.errors import UnknownAccount
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.email_types import EmailTypes


class Library(EmailTypes):
    """The email types and accounts of one practice."""

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
                    "content": {**dataclasses.asdict(account), "options": account.options.to_dict()},
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


def _account(content: dict[str, Any]) -> Account:
    values = dict(content)
    values["kind"] = AccountKind(values["kind"])
    values["auth"] = Auth(values.get("auth", Auth.PASSWORD))
    values["security"] = Security(values["security"])
    values["options"] = Options.from_dict(values.get("options", {}))
    return Account(**values)
