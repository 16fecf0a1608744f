"""Progress on stderr: a bar with numbers on a terminal, a calm line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from workbench.cli.output import is_terminal, say
from workbench.displays.cells import friendly, harmless
from workbench.displays.progress import sentence_of, terminal_bar
from workbench.domain.calendar import system_now
from workbench.domain.departures import WaitingFor
from workbench.domain.mailings import MailingProgress
from workbench.domain.runs import RunProgress
from workbench.language import _, n_

_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def sending_progress(*, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[MailingProgress], None]]:
    """Give the function to hand to ``Mailing.send(progress=…)``."""
    if is_terminal(sys.stderr):
        with _bar_that_counts_down() as draw:
            yield draw
        return
    last = clock()
    told: datetime | None = None

    def tell(progress: MailingProgress) -> None:
        nonlocal last, told
        waiting = progress.waiting_until
        if waiting is not None and waiting != told:
            # Whoever reads this later must not think that it hangs.
            told, last = waiting, clock()
            say(_wait_sentence(progress, waiting))
        elif clock() - last >= _SECONDS_BETWEEN_LINES:
            last = clock()
            say(sentence_of(progress))

    yield tell


@contextmanager
def _bar_that_counts_down(*, now: Callable[[], datetime] = system_now) -> Iterator[Callable[[MailingProgress], None]]:
    """Draw a sending as a bar; while nothing leaves, say above it what is waited for, and count the seconds down."""
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Countdown(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(countdown(task.fields["until"], now()))

    told: datetime | None = None
    with terminal_bar(Countdown()) as bar:
        task = bar.add_task(_("Sending"), total=None, until=None)

        def draw(progress: MailingProgress) -> None:
            nonlocal told
            waiting = progress.waiting_until
            if waiting is not None and waiting != told:
                told = waiting
                bar.console.print(harmless(_wait_sentence(progress, waiting)), markup=False)
            done = progress.total - progress.pending if progress.queued is None else progress.queued
            bar.update(
                task,
                total=None if waiting else progress.total,
                completed=done,
                description=sentence_of(progress),
                until=waiting,
            )

        yield draw


def countdown(until: datetime | None, now: datetime) -> str:
    """Return how long it is still waited, in minutes and seconds; nothing when it is not waited."""
    if until is None:
        return ""
    minutes, seconds = divmod(max(0, round((until - now).total_seconds())), 60)
    return _("in {minutes}:{seconds:02d}").format(minutes=minutes, seconds=seconds)


@contextmanager
def checking_progress(*, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[int, int], None]]:
    """Give the function that is told how many recipients of a long list are checked, and of how many."""
    if is_terminal(sys.stderr):
        with terminal_bar() as bar:
            task = bar.add_task(_("Checking"), total=None)
            yield lambda done, rows: bar.update(task, total=rows, completed=done, description=_checked(done, rows))
        return
    last = clock()

    def tell(done: int, rows: int) -> None:
        nonlocal last
        if clock() - last >= _SECONDS_BETWEEN_LINES:
            last = clock()
            say(_checked(done, rows))

    yield tell


def _checked(done: int, rows: int) -> str:
    return _("Checked {done} of {count}").format(done=done, count=rows)


def _wait_sentence(progress: MailingProgress, until: datetime) -> str:
    pending = progress.pending
    sentences = {
        WaitingFor.UNDO: n_(
            "{count} message leaves at {time}. Until then take it back with: workbench mailings cancel {mailing}",
            "{count} messages leave at {time}. Until then take them back with: workbench mailings cancel {mailing}",
            pending,
        ),
        WaitingFor.LIMITS: n_(
            "The account has sent as much as it may for now; {count} message goes on at {time}. Ctrl-C is safe: it "
            "leaves with the same command later.",
            "The account has sent as much as it may for now; {count} messages go on at {time}. Ctrl-C is safe: they "
            "leave with the same command later.",
            pending,
        ),
        WaitingFor.HOURS: n_(
            "It is outside the sending hours; {count} message goes on at {time}. Ctrl-C is safe: it leaves with the "
            "same command later.",
            "It is outside the sending hours; {count} messages go on at {time}. Ctrl-C is safe: they leave with the "
            "same command later.",
            pending,
        ),
    }
    put_off = n_(
        "{count} message is put off; next attempt at {time}. Ctrl-C is safe: it leaves with the same command later.",
        "{count} messages are put off; next attempt at {time}. Ctrl-C is safe: they leave with the same command later.",
        pending,
    )
    sentence = sentences.get(progress.waiting_for, put_off)
    return sentence.format(count=pending, time=friendly(until, zone=until.tzinfo), mailing=progress.mailing_id)


@contextmanager
def running_progress() -> Iterator[Callable[[RunProgress], None] | None]:
    """Give the function to hand to a notebook's run: cells done, and all of them."""
    if not is_terminal(sys.stderr):
        yield None
        return
    with terminal_bar() as bar:
        task = bar.add_task(_("Starting"), total=None)

        def draw(progress: RunProgress) -> None:
            told = _("Cell {number} of {cells}").format(
                number=min(progress.done + 1, progress.cells), cells=progress.cells
            )
            bar.update(task, total=progress.cells, completed=progress.done, description=told)

        yield draw


@contextmanager
def importing_progress() -> Iterator[Callable[[int, int], None] | None]:
    """Give the function to hand to ``Practice.import_file(progress=…)``: it takes the rows done, and all of them."""
    if not is_terminal(sys.stderr):
        yield None
        return
    with terminal_bar() as bar:
        task = bar.add_task(_("Importing"), total=None)

        def draw(done: int, rows: int) -> None:
            told = n_("{count} row", "{count} rows", done).format(count=done)
            bar.update(task, total=rows, completed=done, description=told)

        yield draw
