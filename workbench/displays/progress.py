"""How far a sending is: a bar on a terminal, one quiet display in a notebook that ends as its summary."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from workbench.displays.audience import notebook_shell
from workbench.displays.state_bar import COLOURS, state_bar
from workbench.displays.waiting import waiting_words
from workbench.domain.mailings import Counts, MailingProgress, Tally
from workbench.domain.summaries import SUMMARY_MIME, MailingSummary
from workbench.language import _

Tell = Callable[[MailingProgress], None]

REDRAWN_EVERY = 0.25
"""Seconds between two drawings in a notebook: each one travels, and is kept when the notebook is saved."""


def sentence_of(progress: MailingProgress) -> str:
    """Return where a sending stands, in numbers that add up to the list; before it begins, how much of it is queued."""
    if progress.queued is not None:
        return _("Queued {done} of {count} ({percent} %)").format(
            done=progress.queued, count=progress.total, percent=100 * progress.queued // max(1, progress.total)
        )
    numbers = _("{sent} sent, {failed} failed, {in_doubt} uncertain, {skipped} not sent, {pending} waiting").format(
        sent=progress.sent,
        failed=progress.failed,
        in_doubt=progress.in_doubt,
        skipped=progress.skipped,
        pending=progress.pending,
    )
    if progress.waiting_until is None:
        return numbers
    return f"{numbers}; {waiting_words(progress.waiting_for, progress.waiting_until)}"


@contextmanager
def sending_progress() -> Iterator[Tell | None]:
    """Show a sending where somebody looks (a notebook, a terminal), and give the function that draws it."""
    if notebook_shell() is not None:
        with _notebook_display() as draw:
            yield draw
    elif sys.stderr is not None and sys.stderr.isatty():
        with sending_bar() as draw:
            yield draw
    else:
        yield None


@contextmanager
def sending_bar() -> Iterator[Tell]:
    """Draw a sending as a bar on the terminal; it is gone when the sending has ended."""
    with terminal_bar() as bar:
        task = bar.add_task(_("Sending"), total=None)

        def draw(progress: MailingProgress) -> None:
            done = progress.total - progress.pending if progress.queued is None else progress.queued
            bar.update(task, total=progress.total, completed=done, description=sentence_of(progress))

        yield draw


@contextmanager
def terminal_bar(*further: Any) -> Iterator[Any]:
    """Give a bar of ``rich`` on stderr; `further` columns stand behind its own."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True, highlight=False)
    columns = (BarColumn(), TextColumn("{task.description}", markup=False), TimeRemainingColumn(), *further)
    with Bar(*columns, console=console, transient=True) as bar:
        yield bar


@contextmanager
def _notebook_display(*, clock: Callable[[], float] = time.monotonic) -> Iterator[Tell]:
    """Draw a sending in one display of the cell, updated in place: counts alone, which a saved notebook may hold."""
    from IPython.display import display

    handle: Any = None
    drawn_at = 0.0
    latest: MailingProgress | None = None

    def draw(progress: MailingProgress) -> None:
        nonlocal handle, drawn_at, latest
        latest = progress
        if handle is None:
            handle = display(_bundle(progress), raw=True, display_id=True)  # type: ignore[no-untyped-call]
        elif clock() - drawn_at >= REDRAWN_EVERY:
            handle.update(_bundle(progress), raw=True)
        else:
            return
        drawn_at = clock()

    try:
        yield draw
    finally:
        if handle is not None and latest is not None:
            handle.update(_bundle(latest), raw=True)


def _bundle(progress: MailingProgress) -> dict[str, Any]:
    numbers = {name: getattr(progress, name) for name in COLOURS}
    said = sentence_of(progress)
    summary = MailingSummary.of(Tally({(status, ""): count for status, count in numbers.items()}))
    return {
        "text/plain": said,
        "text/html": state_bar(Counts(**numbers), said if progress.waiting_until else ""),
        SUMMARY_MIME: summary.plain(),  # what whoever saves the notebook may keep of it
    }
