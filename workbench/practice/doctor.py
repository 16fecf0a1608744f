"""Look at a workspace's health, without a patient's name: what is wrong, and what to do."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from babel.dates import format_date
from babel.numbers import format_decimal

from workbench.domain.accounts import AccountKind
from workbench.errors import WorkbenchError
from workbench.language import _, language, n_

if TYPE_CHECKING:
    from workbench.domain.health import LedgerHealth
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
        *_ledger(practice),
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


def _ledger(practice: Practice) -> list[Check]:
    """Look at the ledger's file, its daily copies, and whether this folder may send."""
    health = practice.ledger.health()
    standing = health.standing
    arming = standing.sentence
    if not standing.may_send:
        arming = " ".join([arming, _("To send from this folder all the same: workbench rearm")])
    return [
        _ledger_file(health),
        _copies(health),
        Check(name=_("Restore guard"), ok=standing.may_send, detail=arming),
    ]


def _ledger_file(health: LedgerHealth) -> Check:
    log = format_decimal(health.log_bytes / 1e6, format="0.0", locale=language())
    if health.damage:
        detail = _(
            "It is damaged ({cause}). Close everything, put the newest of the folder « copies » in its place, then: "
            "workbench rearm"
        ).format(cause=health.damage)
    elif health.copies.by_server:
        detail = _("On a database server, which several computers may share.")
    elif health.unclean:
        detail = _(
            "Sound. It is in use just now, or was not closed the last time: it was searched for damage when it was "
            "opened ({log} MB in its log)."
        ).format(log=log)
    else:
        detail = _("Sound, on a local disk ({log} MB in its log).").format(log=log)
    return Check(name=_("Ledger's file"), ok=not health.damage, detail=detail)


def _copies(health: LedgerHealth) -> Check:
    copies = health.copies
    last = "" if copies.last is None else format_date(copies.last, format="medium", locale=language())
    # On its first day a ledger holds nothing of before; then each day on which it is written has its copy.
    first = health.since is None or health.until is None or health.until == health.since
    behind = not first and (copies.last is None or (health.until is not None and health.until > copies.last))
    if copies.by_server:
        ok, detail = True, _("None are made here: see that the database server has backups of its own.")
    elif not copies.room:
        ok = False
        detail = _("The disk is too full for today's copy; the last one: {day}.").format(day=last or _("none"))
    elif behind:
        ok = False
        detail = _(
            "The ledger was written on days without a copy; the last one: {day}. See that the folder « copies » of the "
            "workspace can be written."
        ).format(day=last or _("none"))
    elif copies.last is None:
        ok, detail = True, _("The first one is made on the day after the first one of work.")
    else:
        ok = True
        detail = n_("{count} copy; the last one: {day}.", "{count} copies; the last one: {day}.", copies.count).format(
            count=copies.count, day=last
        )
    return Check(name=_("Daily copies"), ok=ok, detail=detail)


def _doubts(practice: Practice) -> Check:
    mailings = practice.mailings()
    doubtful = mailings[mailings["in_doubt"] > 0] if len(mailings) else mailings
    doubts = int(doubtful["in_doubt"].sum()) if len(doubtful) else 0
    detail = (
        n_(
            "{count} message may or may not have arrived (mailing {mailings}). Decide with: "
            "workbench mailings settle {mailing} --as-sent, or --resend",
            "{count} messages may or may not have arrived (mailing {mailings}). Decide with: "
            "workbench mailings settle {mailing} --as-sent, or --resend",
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
