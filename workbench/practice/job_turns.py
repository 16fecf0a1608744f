"""Whoever does a job by hand is told at once who does it already, and waits for that one only when asked to."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.domain.jobs import Job
from workbench.errors import JobBusy
from workbench.language import _

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

LOOK_AGAIN = 1.0
"""Seconds between two looks at whether the one before has ended."""


def take_turn(practice: Practice, job: Job, *, mailing_id: int | None = None, wait: float = 0.0) -> None:
    """Return once nobody is doing a job, nor sending a mailing that is to be gone on with.

    Parameters
    ----------
    wait
        Seconds to wait for that, at most.

    Raises
    ------
    JobBusy
        When somebody still is, which says who.
    """
    until = time.monotonic() + wait
    while sentence := _who_is_at_it(practice, job, mailing_id):
        left = until - time.monotonic()
        if left <= 0:
            raise JobBusy(sentence)
        time.sleep(min(LOOK_AGAIN, left))


@contextlib.contextmanager
def patient_for(practice: Practice, seconds: float | None) -> Iterator[None]:
    """Have sendings wait so long for what may only leave later; as long as ever where nobody says."""
    before = practice.patience
    if seconds is not None:
        practice.patience = seconds
    try:
        yield
    finally:
        practice.patience = before


def _who_is_at_it(practice: Practice, job: Job, mailing_id: int | None) -> str:
    """Return who is at work, in a sentence; nothing when nobody is."""
    running = practice.ledger.occurrences.running(job.key)
    if running is not None:
        since = running.started_at.astimezone(practice.calendar.zone)
        return _("« {title} » is being done already: since {time}, by {who} ({host}).").format(
            title=job.title,
            time=since.strftime("%H:%M"),
            who=running.asked_by or _("the scheduler"),
            host=running.host.partition(":")[0],
        )
    if mailing_id is not None and practice.ledger.mailings.standing(mailing_id, now=practice.now()).at_work:
        return _("Mailing {number} of « {title} » is being sent already.").format(number=mailing_id, title=job.title)
    return ""
