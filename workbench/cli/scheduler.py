"""``workbench scheduler``: do what is due, again and again, or once; and how a computer starts it by itself."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from workbench.cli.jobs import counts_of, messages_told, sentence_of
from workbench.cli.output import print_json, say
from workbench.cli.report import json_counts
from workbench.cli.sending import INTERRUPTED, JsonOption, interruptible
from workbench.cli.session import Session
from workbench.domain.calendar import PracticeCalendar, system_now
from workbench.domain.jobs import OccurrenceRecord, OccurrenceState
from workbench.domain.recurrence import instant_of
from workbench.errors import BadValue, NotArmed, WorkbenchError
from workbench.language import _, n_
from workbench.settings import find_workspace

if TYPE_CHECKING:
    from workbench.practice import Practice
    from workbench.practice.scheduling import Pass

REST = 30.0
"""Seconds until a scheduler that could not read or write its ledger tries again."""


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(
        "scheduler",
        help=_("Do what is due by itself, each occurrence once, and send what waits; until it is stopped, or --once."),
    )(scheduler)


def scheduler(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help=_("Do what is due now, and end."))] = False,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help=_("As if it were this time of the practice's clock, once.")),
    ] = None,
    json: JsonOption = False,
    install_help: Annotated[
        bool, typer.Option("--install-help", help=_("Show how the computer starts it by itself, and end."))
    ] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Look after the jobs."""
    session: Session = ctx.obj
    if install_help:
        print(_how_to_install(find_workspace(session.workspace)))
        return
    clock = Clock(at)
    with interruptible():
        try:
            if with_parent:
                _end_with_parent()
            status = (
                _once(session, clock, json=json) if once or at else _for_ever(session, clock, until_armed=with_parent)
            )
        except KeyboardInterrupt:
            say(_("The scheduler has stopped; what was in flight is finished, and the rest is gone on with next time."))
            status = INTERRUPTED if once or at else 0
    raise typer.Exit(status)


class Clock:
    """The machine's clock, or one that was set to a time and goes on from there."""

    def __init__(self, at: str | None) -> None:
        self._shift = timedelta()
        self._wall: datetime | None = None
        if at is not None:
            try:
                wall = datetime.fromisoformat(at.strip())
            except ValueError as error:
                raise BadValue(_("« {text} » is no time: write 2026-11-29T12:00.").format(text=at)) from error
            self._wall = wall
            self.set_in(PracticeCalendar().zone)

    @property
    def is_set(self) -> bool:
        """Whether it was set to a time."""
        return self._wall is not None

    def set_in(self, zone: ZoneInfo) -> None:
        """Read the time that was given on the clock of a zone, unless it says its own."""
        if self._wall is None:
            return
        meant = self._wall if self._wall.tzinfo else instant_of(self._wall, zone)
        self._shift = meant.astimezone(UTC) - system_now()

    def __call__(self) -> datetime:
        """Return the time."""
        return system_now() + self._shift


def _once(session: Session, clock: Clock, *, json: bool) -> int:
    from workbench.practice.scheduling import Scheduler

    with session.practice(now=clock) as practice:
        clock.set_in(practice.calendar.zone)
        book = practice.ledger.occurrences
        waiting = int(practice.ledger.mailings.unfinished()["pending"].sum())
        if waiting:
            say(
                n_(
                    "{count} message waits from before; if it may leave now, it is sent.",
                    "{count} messages wait from before; those that may leave now are sent.",
                    waiting,
                ).format(count=waiting)
            )
        with book.attending():
            made = Scheduler(practice, tell=_telling(practice)).tick()
        if not clock.is_set:
            book.passed(now=practice.now())
        return _report(practice, made, json=json)


def _end_with_parent() -> None:
    """Have this process asked to end once whoever started it has ended, or closed what is read here."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        if hasattr(signal, "pthread_kill"):  # which also wakes the main thread where it rests
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
        else:
            signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=watch, name="workbench-parent", daemon=True).start()


def _for_ever(session: Session, clock: Clock, *, until_armed: bool = False) -> int:
    """Do what is due until it is stopped; with `until_armed` it waits until somebody lets the workspace send."""
    from workbench.practice.scheduling import Scheduler

    say(_("The scheduler is running; Ctrl-C stops it."))
    opened = False
    while True:
        try:
            # Anew each day: the data, the settings and the practice's days are those of that day.
            with session.practice(now=clock) as practice:
                opened = True
                looking, day = Scheduler(practice, tell=_telling(practice)), practice.today
                said: set[str] = set()
                with practice.ledger.occurrences.attending():
                    while practice.today == day:
                        time.sleep(_looked_after(looking.tick, looking.seconds_to_next, said, until_armed=until_armed))
        except NotArmed:
            raise
        except WorkbenchError as error:
            # A database that is away at midnight comes back; what cannot even be begun is said at once.
            if not opened:
                raise
            say(error.sentence)
            time.sleep(REST)


def _looked_after(
    tick: Callable[[], Pass], seconds_to_next: Callable[[], float], said: set[str], *, until_armed: bool
) -> float:
    """Make one pass, and return for how long to rest; what a moment may mend stops nothing, and is said once."""
    try:
        troubles = tick().troubles
        rest = seconds_to_next()
    except NotArmed as error:
        if not until_armed:
            raise
        troubles, rest = [error.sentence], REST
    except WorkbenchError as error:
        troubles, rest = [error.sentence], REST
    for sentence in troubles:
        if sentence not in said:
            say(sentence)
    said.clear()
    said.update(troubles)
    return rest


def _telling(practice: Practice) -> Callable[[OccurrenceRecord], None]:
    return lambda record: say(sentence_of(practice, record))


def _report(practice: Practice, made: Pass, *, json: bool) -> int:
    """Say what went wrong, and return the exit status: 1 where work did not come to its end, 3 for failed messages."""
    for sentence in made.troubles:
        say(sentence)
    counts = counts_of(practice, made.done, made.drained)
    for number in made.drained:
        numbers = messages_told(practice.ledger.mailings.counts(number))
        say(_("Mailing {number} was gone on with. {numbers}.").format(number=number, numbers=numbers))
    if not made.done and not made.drained and not made.left_out:
        say(_("Nothing was due."))
    if json:
        done = [
            {
                "job": one.key,
                "occurrence": one.occurrence,
                "state": one.state.value,
                "reason": one.reason,
                "mailing": one.mailing_id,
            }
            for one in made.done
        ]
        last = made.mailings[-1] if made.mailings else None
        print_json({**json_counts(last, counts), "occurrences": done, "left_out": made.left_out})
    if made.troubles or any(one.state is OccurrenceState.FAILED for one in made.done):
        return 1
    return 3 if counts.failed or counts.in_doubt else 0


def _how_to_install(folder: Path) -> str:
    """Return what starts the scheduler with the computer, with the paths of this one."""
    # -P: wherever it is started, no module that lies there is taken for one of Python's.
    words = [sys.executable, "-P", "-m", "workbench", "-w", str(folder), "scheduler"]
    unit = "\n".join(
        (
            "[Unit]",
            "Description=Publipostage Workbench",
            "After=network-online.target",
            "Wants=network-online.target",
            "",
            "[Service]",
            f"ExecStart={' '.join(_quoted(word) for word in words)}",
            "Restart=always",
            "RestartSec=30",
            "TimeoutStopSec=600",
            "",
            "[Install]",
            "WantedBy=default.target",
        )
    )
    windows = f'schtasks /Create /TN "Publipostage Workbench" /SC ONSTART /RL LIMITED /TR "{_for_windows(words)}"'
    once = shlex.join([*words, "--once"])
    return "\n".join(
        (
            "# " + _("Linux: write this to ~/.config/systemd/user/workbench.service, then:"),
            "#   systemctl --user enable --now workbench && loginctl enable-linger",
            unit,
            "",
            "# " + _("Windows: in a command prompt opened as administrator:"),
            windows,
            "",
            "# " + _("Or let cron make one pass every five minutes:"),
            f"*/5 * * * * {once}",
        )
    )


def _quoted(word: str) -> str:
    """Return a word as systemd reads it."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{safe}"' if any(sign in word for sign in ' \t"\\%$') else word


def _for_windows(words: list[str]) -> str:
    return subprocess.list2cmdline(words).replace('"', '\\"')
