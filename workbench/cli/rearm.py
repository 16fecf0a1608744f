"""``workbench rearm``: let a workspace send again after it was restored, moved or copied (P14)."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from workbench.cli.output import agreed, is_terminal, say
from workbench.cli.session import practice_of
from workbench.domain.arming import Arming, Rearmed
from workbench.errors import NotConfirmed
from workbench.language import _, n_


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("rearm", help=_("Let this workspace send again after it was restored, moved or copied."))(rearm)


def rearm(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_("Re-arm without asking."))] = False,
) -> None:
    """Say how the workspace stands, ask, re-arm, and say what a person has to decide."""
    practice = practice_of(ctx)
    guard = practice.ledger.guard
    standing = guard.standing()
    say(standing.sentence)
    if standing.may_send:
        say(_("There is nothing to re-arm."))
        return
    if standing.last_sending is not None:
        began = standing.last_sending.astimezone(practice.calendar.zone)
        say(_("The last one that it lacks began on {when}.").format(when=f"{began:%Y-%m-%d %H:%M}"))
    if standing.arming is Arming.ELSEWHERE:
        say(_("After this, only this folder may send: the other one, should it still be there, may not any more."))
    if not standing.proven:
        say(
            _(
                "Every message that waits in this ledger may have left since: it becomes uncertain, and you decide "
                "about it. A mailing made since is not in this ledger at all: before you send it, ask whoever sent "
                "last, or each of its recipients may get it a second time."
            )
        )
    if not yes:
        _confirm()
    _tell(guard.rearm(by=practice.user, now=practice.now()))


def _confirm() -> None:
    if not is_terminal(sys.stdin):
        raise NotConfirmed(_("Nothing was changed: nobody is here to confirm. Add --yes."), count=0)
    if not agreed(_("May messages be sent from this folder?")):
        raise NotConfirmed(_("Nothing was changed."), count=0)


def _tell(done: Rearmed) -> None:
    for number, count in sorted(done.held.items()):
        say(
            n_(
                "Mailing {mailing}: {count} message may have left. Decide: workbench mailings settle {mailing} "
                "--as-sent (count it as sent) or --resend (send it again).",
                "Mailing {mailing}: {count} messages may have left. Decide: workbench mailings settle {mailing} "
                "--as-sent (count them as sent) or --resend (send them again).",
                count,
            ).format(mailing=number, count=count)
        )
    say(_("This folder may send again."))
