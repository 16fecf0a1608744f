"""The clock jumps in the middle of a sending: nobody twice, and the mailing goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.faults.office import ROWS, Office, Watched
from workbench.ledger import schema
from workbench.practice import Mailing, Practice
from workbench.wiring import open_practice


class Clock:
    """A clock that is set while it runs."""

    def __init__(self, start: datetime) -> None:
        self.jump = start - datetime.now(UTC)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.jump

    def set_by(self, hours: float) -> None:
        self.jump += timedelta(hours=hours)


SUMMER_ENDS = datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC)
SUMMER_BEGINS = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def queued(practice: Practice, office: Office) -> Mailing:
    mailing = practice.mailing(practice.read_recipients(office.table), "Tables/Mot")
    mailing.queue()
    return mailing


@pytest.mark.parametrize(
    ("start", "hours"),
    [(NOON, 7), (NOON, -7), (SUMMER_ENDS, 0), (SUMMER_BEGINS, 0)],
    ids=["on", "back", "end", "begin"],
)
def test_the_clock_is_set_while_it_sends(office: Office, start: datetime, hours: float) -> None:
    clock = Clock(start)
    office.server.kept = Watched(10, lambda: clock.set_by(hours))
    with open_practice(office.workspace, now=clock) as practice:
        mailing = queued(practice, office)
        mailing.resume(connections=2)
    clock.set_by(-hours)
    with open_practice(office.workspace, now=clock) as practice:
        practice.mailing_by_id(1).resume()
    office.audit(most_doubts=0)
    assert len(office.server.kept) == ROWS


def test_on_a_server_leases_are_counted_by_its_own_clock(make_office: Callable[..., Office], postgres_url: str) -> None:
    office = make_office(postgres_url)
    clock = Clock(NOON)
    with open_practice(office.workspace, now=clock) as practice:
        mailing = queued(practice, office)
        with practice.ledger.start_sender(user="tests", now=clock()) as sender:
            outbox = practice.ledger.outbox(1, sender)
            assert len(outbox.claim(5, now=clock())) == 5
            clock.set_by(30)
            engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
            with engine.begin() as connection:
                connection.execute(schema.senders.update().values(host="another"))
            practice.ledger.recover(clock())
            assert outbox.claim(100, now=clock())  # it was not taken for dead
            silent = schema.senders.update().values(heartbeat_at=sa.func.now() - sa.text("interval '3 hours'"))
            with engine.begin() as connection:
                connection.execute(silent)
            clock.set_by(-40)
            outbox.claim(1, now=clock())  # a clock that was put back does not silence it
            with engine.connect() as connection:
                since = sa.select(sa.func.now() - schema.senders.c.heartbeat_at)
                assert connection.execute(since).scalar_one() < timedelta(minutes=1)
            with engine.begin() as connection:
                connection.execute(silent)
            practice.ledger.recover(clock())
        assert mailing.counts.pending == ROWS
        clock.set_by(10)
        practice.mailing_by_id(1).resume()
    office.audit(most_doubts=0)
