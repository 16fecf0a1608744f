"""What a person is asked to confirm: the numbers, and a seal over everything they stand for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from workbench.domain.accounts import Account
from workbench.domain.deliveries import NewDelivery, Standing, standing_of
from workbench.domain.departures import Timing
from workbench.domain.mailings import Forecast, MailingStanding, Tally
from workbench.domain.templates import Template
from workbench.practice.preparing import Prepared
from workbench.practice.retrying import Retrial


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A mailing as it would leave if it were confirmed now.

    Two offers with the same seal would write the same messages to the same people from the same account: a
    confirmation is for one seal, and counts for nothing else.
    """

    tally: Tally
    count: int
    """How many messages would leave."""
    account: Account
    seal: str
    recipients: frozenset[tuple[str, str]] | None = field(default=None, repr=False)
    """Of a part of a search, the recipients and addressees it names: nobody else is written to."""
    prepared: Prepared = field(repr=False, compare=False)

    @property
    def waiting(self) -> int:
        """How many rows of the mailing wait that this offer does not name: they go on waiting."""
        return self.tally.counts.pending - self.count

    @property
    def total(self) -> int:
        """How many rows the list has, but for those that are not in it any more."""
        counts = self.tally.counts
        return counts.sent + counts.failed + counts.in_doubt + counts.skipped + counts.pending

    def left_out(self, standing: Standing) -> dict[str, int]:
        """Return the reasons of the rows left out that stand so (to correct, excluded), with how many have each."""
        return {reason: count for reason, count in self.tally.of("skipped").items() if standing_of(reason) is standing}


def seal_of(
    rows: Iterable[NewDelivery], foretold: Forecast, template: Template, account: Account, *, letterhead: str
) -> str:
    """Return a digest of everything a confirmation stands for: who, what each one is told, and from where.

    `letterhead` is the digest of what dresses the messages.
    """
    digest = hashlib.sha256()
    numbers = sorted(foretold.tally.rows.items())
    for part in (template.path, template.revision, account, letterhead, foretold.leaving, numbers):
        digest.update(repr(part).encode())
    for row in rows:
        # Each part quoted by repr: no two lists of rows read the same. A row's own repr names nobody.
        told = [getattr(row, name) for name in _SEALED]
        digest.update(repr((told, sorted(row.values.items()))).encode())
    return digest.hexdigest()


def seal_of_standing(standing: MailingStanding, account: Account, retrial: Retrial, *, moving: bool) -> str:
    """Return a digest of what a person decides about once a mailing is queued: which one, how it stands, from where.

    `retrial` says where its failed messages would go. While it is `moving` its numbers change by themselves and
    decide nothing.
    """
    digest = hashlib.sha256(repr((standing.record.id, account, moving)).encode())
    if not moving:
        goes = (sorted(retrial.corrected.items()), sorted(retrial.without))
        digest.update(repr((standing.record.status, sorted(standing.tally.rows.items()), goes)).encode())
    return digest.hexdigest()


def seal_of_confirmation(offer: Offer, timing: Timing) -> str:
    """Return a digest of all that a yes to an offer says: who is told what, from where, and when it leaves."""
    return hashlib.sha256(repr((offer.seal, timing)).encode()).hexdigest()


# When it comes too late follows from the occasions, or from the moment of the confirmation itself.
_SEALED = tuple(part.name for part in fields(NewDelivery) if part.name not in ("values", "expires_at"))
