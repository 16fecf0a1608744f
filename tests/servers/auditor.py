"""Compare what a server accepted with what the ledger says: nobody twice, nobody lost, no false report (P1, P2).

``python -m tests.servers.auditor WORKSPACE LOG [--kills N] [--connections N] [--rounds N]`` prints the verdict; its
exit status is 1 when a promise is broken. The log is `chaos_process`'s, the workspace one that nobody sends from now.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.servers.chaos_process import events_of
from workbench.databases import open_engine, reading
from workbench.ledger import schema
from workbench.settings import Settings

HELD = ("pending", "sending", "sent", "in_doubt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was found; each list names the deliveries or addresses that break a promise."""

    accepted: int
    statuses: Counter[str]
    bound: int
    """How many doubts there may be: a connection's each kill, and the replies that the server lost."""
    doubts_accepted: int
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    untidy: list[str] = field(default_factory=list)

    @property
    def doubts(self) -> int:
        """Deliveries in doubt."""
        return self.statuses["in_doubt"]

    @property
    def broken(self) -> list[str]:
        """Every promise that does not hold, in words; empty when all do."""
        found = {
            "twice": self.duplicates,
            "lost": self.lost,
            "falsely reported": self.false,
            "still open": self.open,
            "untidy": self.untidy,
        }
        told = [f"{len(some)} {what}: {'; '.join(some[:5])}" for what, some in found.items() if some]
        if self.doubts > self.bound:
            told.append(f"{self.doubts} doubts, and at most {self.bound} may be")
        return told

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"server accepted {self.accepted}; ledger: {counts}; duplicates {len(self.duplicates)}, "
            f"lost {len(self.lost)}, false {len(self.false)}, doubts {self.doubts} <= {self.bound} "
            f"({self.doubts_accepted} of them had arrived): {'HOLDS' if not self.broken else 'BROKEN'}"
        )


def audit_workspace(workspace: Path, log: Path, **expected: Any) -> Audit:
    """Audit the ledger of a workspace; see `audit`."""
    settings = Settings.read(workspace)
    url = settings.ledger if "://" in settings.ledger else f"sqlite:///{workspace / settings.ledger}"
    engine = open_engine(url)
    try:
        return audit(engine, events_of(log), **expected)
    finally:
        engine.dispose()


def audit(
    engine: sa.Engine,
    events: Iterable[dict[str, Any]],
    *,
    kills: int = 0,
    connections: int = 1,
    expected: Sequence[str] = (),
    rounds: int = 1,
    finished: bool = True,
) -> Audit:
    """Compare a ledger with what the server says.

    Parameters
    ----------
    kills, connections
        How often a sender was killed, and how many connections each had.
    expected
        The addresses that are to be written to; each must be told of in the ledger.
    rounds
        How many messages one address may get without a person's word about an uncertain one.
    finished
        Nothing may be open any more.
    """
    events = list(events)
    accepted = [event for event in events if event["what"] == "accepted"]
    with reading(engine) as connection:
        rows = connection.execute(sa.select(schema.deliveries).order_by(schema.deliveries.c.id)).all()
        acts = connection.execute(sa.select(schema.acts).order_by(schema.acts.c.id)).all()
        tidiness = [*_occasions(connection), *_moves(connection)]
    resent: Counter[int] = Counter()
    counted: set[int] = set()
    for act in acts:
        if act.what == "send_again":
            resent.update(act.details["deliveries"])
        elif act.what == "counted_as_sent":
            counted.update(act.details["deliveries"])
    arrived = Counter(event["id"] for event in accepted)
    digests: dict[str, set[str]] = {}
    for event in accepted:
        digests.setdefault(event["id"], set()).add(event["digest"])
    by_address = Counter(event["to"] for event in accepted)
    allowed: Counter[str] = Counter()
    duplicates, false, still_open, untidy = [], [], [], [*tidiness, *_acts(rows, acts)]
    for row in rows:
        allowed[row.address] += resent[row.id]
        came = arrived.pop(row.message_id, 0) if row.message_id else 0
        named = f"delivery {row.id} ({row.status})"
        if came > 1 + resent[row.id]:
            duplicates.append(f"{named} x{came}")
        if row.status == "sent" and not came and row.id not in counted:
            false.append(f"{named}: never arrived")
        if row.status in ("failed", "pending", "sending", "skipped", "cancelled") and came > resent[row.id]:
            false.append(f"{named}: it arrived")
        if row.status == "sending" or (finished and row.status == "pending"):
            still_open.append(named)
        if came and row.status == "sent" and row.digest not in digests[row.message_id]:
            false.append(f"{named}: other bytes arrived than the ledger announced")
        untidy += [f"{named}: {what}" for what in _untidy(row)]
    false += [f"message {name} of nobody's arrived" for name in arrived]
    duplicates += [f"{to} x{came}" for to, came in by_address.items() if came > rounds + allowed[to]]
    told = {row.address for row in rows}
    lost_replies = sum(event["what"] == "unanswered" or event.get("reply") == "lost" for event in events)
    doubtful = [row for row in rows if row.status == "in_doubt"]
    ids = {event["id"] for event in accepted}
    return Audit(
        accepted=len(accepted),
        statuses=Counter(row.status for row in rows),
        bound=kills * connections + lost_replies,
        doubts_accepted=sum(row.message_id in ids for row in doubtful),
        duplicates=duplicates,
        lost=sorted({*expected} - told),
        false=false,
        open=still_open,
        untidy=untidy,
    )


def _untidy(row: Any) -> list[str]:
    """Return what a row does not say of itself."""
    found = []
    if row.status in ("sent", "in_doubt", "sending") and not (row.message_id and row.digest and row.sending_at):
        found.append("it was never announced")
    if row.status in ("sent", "failed", "in_doubt", "skipped", "cancelled") and row.decided_at is None:
        found.append("nobody knows since when")
    if row.status in ("sent", "failed", "in_doubt") and not row.sent_by:
        found.append("nobody knows by whom")
    if row.status == "sent" and not (row.smtp_code == 250 or row.reason):
        found.append("no reply says so")
    if row.status in ("sent", "failed", "skipped", "cancelled") and row.sender_id is not None:
        found.append("a sender still holds it")
    return found


def _acts(rows: Sequence[Any], acts: Sequence[Any]) -> list[str]:
    found = [f"act {act.id} ({act.what}) of nobody's" for act in acts if not act.by]
    queued = {act.object for act in acts if act.what == "mailing_queued"}
    decided = {row.mailing_id for row in rows if row.status in ("sent", "in_doubt", "failed")}
    return found + [f"mailing {one} left without being queued" for one in decided if f"mailing:{one}" not in queued]


def _occasions(connection: sa.Connection) -> list[str]:
    """Return the deliveries that hold other occasions than they should."""
    held: dict[int, list[str]] = {}
    for number, text in connection.execute(sa.select(schema.occasions.c.delivery_id, schema.occasions.c.occasion)):
        held.setdefault(number, []).append(text)
    query = sa.select(schema.deliveries.c.id, schema.deliveries.c.status, schema.letters.c.occasions)
    found = []
    for row in connection.execute(query.join_from(schema.deliveries, schema.letters)):
        tells = row.occasions if row.status in HELD else []
        if sorted(held.get(row.id, [])) != sorted(tells):
            found.append(
                f"delivery {row.id} ({row.status}) holds {len(held.get(row.id, []))} of {len(tells)} occasions"
            )
    return found


def _moves(connection: sa.Connection) -> list[str]:
    """Return the mailings whose moves do not lead to where they stand."""
    at: dict[int, str] = {}
    found = []
    for move in connection.execute(sa.select(schema.mailing_moves).order_by(schema.mailing_moves.c.id)):
        if move.old != at.get(move.mailing_id, "") or not move.by:
            found.append(f"mailing {move.mailing_id} moved from {move.old!r}, and stood at {at.get(move.mailing_id)!r}")
        at[move.mailing_id] = move.new
    stands = connection.execute(sa.select(schema.mailings.c.id, schema.mailings.c.status)).all()
    return found + [
        f"mailing {row.id} is {row.status}, and its last move says {at.get(row.id)}"
        for row in stands
        if at.get(row.id) != row.status
    ]


def main() -> int:
    """Audit a workspace by hand."""
    parser = argparse.ArgumentParser(description="Compare a server's log with a workspace's ledger.")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    found = audit_workspace(
        asked.workspace, asked.log, kills=asked.kills, connections=asked.connections, rounds=asked.rounds
    )
    print(found, *found.broken, sep="\n")
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
