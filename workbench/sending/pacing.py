"""When a delivery is tried again, and when it is given up; pure functions of what happened (DESIGN 5, fine print)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.domain.deliveries import DeliveryStatus, Outcome

LATER = 3600.0
AFTER_A_LOST_CONNECTION = (0.0, 5.0, 30.0, 60.0, 300.0, 900.0)
AFTER_A_TEMPORARY_REFUSAL = (10.0, 60.0, 300.0, 900.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a sending goes.

    Parameters
    ----------
    batch
        Rows claimed at once, at most; opt-outs are read again, and a cancelled mailing is noticed, at each claim.
    claim_seconds
        How much work a claim should be: so late may an opt-out or a cancellation count.
    most_attempts
        After so many temporary refusals or lost connections a row fails with ``too_many_attempts``. The
        documented delays reach 20 minutes with the fifth attempt; three more follow, an hour apart.
    progress_every
        Seconds between two reports of progress.
    """

    batch: int = 500
    claim_seconds: float = 1.0
    most_attempts: int = 8
    progress_every: float = 0.1


FIRST_CLAIM = 2
"""Rows of the first claim, before anything is known of the server's pace."""


def next_claim(last: int, *, in_hand: int, decided: int, seconds: float, pace: Pace) -> int:
    """Return how many rows to claim now: about `pace.claim_seconds` of work at the pace of the rows before.

    Parameters
    ----------
    last
        How many were asked for the last time; 0 at the beginning.
    in_hand
        Letters that the transport has taken and not decided yet. While nothing is decided, it is still filling its
        connections, and may have as many again.
    decided, seconds
        How many were decided since the last claim, and how long that took. The clock may have been set meanwhile.
    """
    if not last or not decided:
        wanted = max(FIRST_CLAIM, in_hand)
    else:
        work = decided * pace.claim_seconds / seconds if seconds > 0 else pace.batch
        wanted = int(min(max(FIRST_CLAIM, work), 2 * last))
    return min(wanted, pace.batch)


def retry_delay(attempt: int, outcome: Outcome) -> float:
    """Return the seconds to wait after the `attempt`-th try (from 1) ended in the temporary `outcome`.

    A connection lost before the content: at once, 5 s, 30 s, then 1, 5, 15 minutes. A 4xx: 10 s, 1, 5, 15 minutes.
    Then an hour each.
    """
    delays = AFTER_A_TEMPORARY_REFUSAL if outcome.code is not None else AFTER_A_LOST_CONNECTION
    return delays[attempt - 1] if 1 <= attempt <= len(delays) else LATER


def paced(outcome: Outcome, *, attempt: int, pace: Pace) -> Outcome:
    """Return `outcome` with its delay when it is temporary, or failed for good when it was tried too often."""
    if outcome.status is not DeliveryStatus.PENDING:
        return outcome
    if attempt >= pace.most_attempts:
        return replace(outcome, status=DeliveryStatus.FAILED, reason="too_many_attempts")
    return replace(outcome, retry_after=retry_delay(attempt, outcome))
