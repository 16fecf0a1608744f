"""Look at a workspace's health, without a patient's name: what is wrong, and what to do."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from babel.numbers import format_decimal

from workbench.domain.accounts import AccountKind
from workbench.errors import WorkbenchError
from workbench.language import _, language, n_

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

ENOUGH_BYTES = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: whether it is well, and a sentence."""

    name: str
    ok: bool
    detail: str


def examine(practice: Practice) -> list[Check]:
    """Return what was looked at, the gravest first only by its ``ok``; nothing is changed."""
    return [
        _versions(),
        _privacy(practice),
        _space(practice),
        _store(practice),
        _card(practice),
        *_accounts(practice),
        _doubts(practice),
    ]


def _versions() -> Check:
    python = ".".join(str(part) for part in sys.version_info[:3])
    packages = ", ".join(f"{name} {version(name)}" for name in ("pandas", "sqlalchemy", "jinja2"))
    detail = _("Workbench {own}, Python {python}, {packages}.").format(
        own=version("publipostage-workbench"), python=python, packages=packages
    )
    return Check(name=_("Versions"), ok=True, detail=detail)


def _privacy(practice: Practice) -> Check:
    open_ones = [
        entry.name
        for entry in [practice.path, *practice.path.iterdir()]
        if os.name == "posix" and stat.S_IMODE(entry.stat().st_mode) & 0o077
    ]
    if open_ones:
        detail = _("Other users of this computer can read: {names}. Run: chmod -R go= {folder}").format(
            names=", ".join(sorted(open_ones)), folder=practice.path
        )
    else:
        detail = _("Only you can read the workspace.")
    return Check(name=_("Privacy"), ok=not open_ones, detail=detail)


def _space(practice: Practice) -> Check:
    free = shutil.disk_usage(practice.path).free
    detail = _("{free} GB free.").format(free=format_decimal(free / 1e9, format="0.0", locale=language()))
    return Check(name=_("Disk"), ok=free > ENOUGH_BYTES, detail=detail)


def _store(practice: Practice) -> Check:
    tomorrow = practice.search("appointments", start="tomorrow", end="tomorrow")
    detail = n_("{count} appointment tomorrow.", "{count} appointments tomorrow.", len(tomorrow)).format(
        count=len(tomorrow)
    )
    beyond = practice.store.reaches_beyond()
    if beyond:
        detail = _(
            "The role of the patient store's server is a superuser or may read the server's files, and questions in "
            "SQL have its rights. Use one that may only read the tables."
        )
    return Check(name=_("Patient store"), ok=not beyond, detail=detail)


def _card(practice: Practice) -> Check:
    detail = (
        _("{name}.").format(name=practice.name)
        if practice.name
        else _('It has no name yet, and messages would be signed by nobody. Say it: workbench practice set name="…"')
    )
    return Check(name=_("Practice"), ok=bool(practice.name), detail=detail)


def _accounts(practice: Practice) -> list[Check]:
    checks = []
    for account in practice.accounts.values():
        try:
            practice.accounts.password(account)
        except WorkbenchError as error:
            ok, detail = False, error.sentence
        else:
            ok = True
            detail = (
                _("The built-in mail catcher: nothing leaves this computer.")
                if account.kind is AccountKind.CATCHER
                else _("Ready. Try it with: workbench account test {name}").format(name=account.name)
            )
        checks.append(Check(name=_("Account {name}").format(name=account.name), ok=ok, detail=detail))
    if not checks:
        detail = _("None yet. Make one with: workbench account set NAME")
        checks.append(Check(name=_("Accounts"), ok=False, detail=detail))
    return checks


def _doubts(practice: Practice) -> Check:
    mailings = practice.mailings()
    doubtful = mailings[mailings["in_doubt"] > 0] if len(mailings) else mailings
    doubts = int(doubtful["in_doubt"].sum()) if len(doubtful) else 0
    detail = (
        n_(
            "{count} message may or may not have arrived (mailing {mailings}). Decide with: "
            "workbench mailings settle {mailing}",
            "{count} messages may or may not have arrived (mailing {mailings}). Decide with: "
            "workbench mailings settle {mailing}",
            doubts,
        ).format(
            count=doubts,
            mailing=doubtful["mailing_id"].iloc[0],
            mailings=", ".join(str(number) for number in doubtful["mailing_id"]),
        )
        if doubts
        else _("Nothing uncertain.")
    )
    return Check(name=_("Ledger"), ok=not doubts, detail=detail)
