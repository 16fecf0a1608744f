"""Progress on stderr: a bar with numbers on a terminal, a calm line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from workbench.cli.output import is_terminal, say
from workbench.displays.cells import friendly
from workbench.language import _, n_

_SECONDS_BETWEEN_LINES = 5.0


class Progress(Protocol):
    """Where a sending stands, as the sender tells it: numbers that add up to `total`."""

    @property
    def total(self) -> int:
        """All rows of the mailing."""
        ...

    @property
    def sent(self) -> int:
        """Accepted by the server."""
        ...

    @property
    def failed(self) -> int:
        """Refused for good."""
        ...

    @property
    def in_doubt(self) -> int:
        """Nobody can know."""
        ...

    @property
    def skipped(self) -> int:
        """Left out."""
        ...

    @property
    def pending(self) -> int:
        """Still to go."""
        ...

    @property
    def waiting_until(self) -> datetime | None:
        """When the next attempt is due, while nothing can be sent before."""
        ...


@contextmanager
def sending_progress(*, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[Progress], None]]:
    """Give the function to hand to ``Mailing.send(progress=…)``."""
    if is_terminal(sys.stderr):
        with _bar() as bar:
            task = bar.add_task(_("Sending"), total=None)

            def draw(progress: Progress) -> None:
                done = progress.total - progress.pending
                bar.update(task, total=progress.total, completed=done, description=sentence_of(progress))

            yield draw
        return
    last = clock()
    told: datetime | None = None

    def tell(progress: Progress) -> None:
        nonlocal last, told
        waiting = progress.waiting_until
        if waiting is not None and waiting != told:
            # Whoever reads this later must not think that it hangs.
            told, last = waiting, clock()
            say(_wait_sentence(progress.pending, waiting))
        elif clock() - last >= _SECONDS_BETWEEN_LINES:
            last = clock()
            say(sentence_of(progress))

    yield tell


def _wait_sentence(pending: int, until: datetime) -> str:
    return n_(
        "{count} message is put off; next attempt at {time}. Ctrl-C is safe: it leaves with the same command later.",
        "{count} messages are put off; next attempt at {time}. Ctrl-C is safe: they leave with the same command later.",
        pending,
    ).format(count=pending, time=friendly(until))


def sentence_of(progress: Progress) -> str:
    """Return where a sending stands, in numbers that add up to the list."""
    numbers = _("{sent} sent, {failed} failed, {in_doubt} uncertain, {skipped} not sent, {pending} waiting").format(
        sent=progress.sent,
        failed=progress.failed,
        in_doubt=progress.in_doubt,
        skipped=progress.skipped,
        pending=progress.pending,
    )
    if progress.waiting_until is None:
        return numbers
    return _("{numbers}; next attempt at {time}").format(numbers=numbers, time=friendly(progress.waiting_until))


@contextmanager
def importing_progress() -> Iterator[Callable[[int, int], None] | None]:
    """Give the function to hand to ``Practice.import_file(progress=…)``: it takes the rows done, and all of them."""
    if not is_terminal(sys.stderr):
        yield None
        return
    with _bar() as bar:
        task = bar.add_task(_("Importing"), total=None)

        def draw(done: int, rows: int) -> None:
            bar.update(task, total=rows, completed=done, description=_("{count} rows").format(count=done))

        yield draw


@contextmanager
def _bar() -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True, highlight=False)
    columns = (BarColumn(), TextColumn("{task.description}", markup=False), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        yield bar
