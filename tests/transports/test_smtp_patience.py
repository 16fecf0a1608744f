"""How long a server may take for each stage (RFC 5321 4.5.3.2), on a clock that a test moves."""

from __future__ import annotations

import selectors
import socket

import pytest

from tests.fakes import a_letter
from tests.transports.conftest import account
from workbench.domain.deliveries import DeliveryStatus
from workbench.transports.smtp_connection import Connection, Patience, Stage
from workbench.transports.smtp_opening import Phase


class Table:
    """One connection of ours to a server that the test plays, and the hour that the test says."""

    def __init__(self, **changes: object) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        address = self.listener.getsockname()
        self.selector = selectors.DefaultSelector()
        known = {"timeout": 30.0, "host": "127.0.0.1", **changes}
        self.now = 1000.0
        self.connection = Connection(
            account(address[1], **known), "", [(socket.AF_INET, address)], None, Patience(), self.selector, letters=10
        )
        self.connection.connect(self.now)
        self.server, _peer = self.listener.accept()
        self.server.settimeout(5)

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()
        self.selector.close()
        self.server.close()
        self.listener.close()

    def turn(self, wait: float = 0.0) -> None:
        """One look at the connection, as the transport's loop does it."""
        self.connection.flush(self.now)
        self.connection.watch()
        for key, events in self.selector.select(wait):
            key.data.attend(events, self.now)
        self.connection.flush(self.now)
        self.connection.check_time(self.now)

    def say(self, data: bytes) -> None:
        """The server writes; ours reads all of it."""
        before = self.connection.session.replies
        self.server.sendall(data)
        for _time in range(100):
            self.turn(0.05)
            if self.connection.session.replies > before or self.connection.stage is Stage.DEAD:
                return

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.turn()

    @property
    def alive(self) -> bool:
        return self.connection.stage is not Stage.DEAD

    def ready_for(self, stage: str) -> None:
        """Bring the conversation to where the answer to `stage` is awaited."""
        self.turn(1.0)
        if stage == "greeting":
            return
        self.say(b"220 hello\r\n")
        if stage == "ehlo":
            return
        self.say(b"250 mail.example\r\n")
        assert self.connection.session.phase is Phase.READY
        self.connection.session.begin(a_letter(1))
        self.turn()
        for name, answer in (("mail", b"250 ok\r\n"), ("rcpt", b"250 ok\r\n"), ("data", b"354 go\r\n")):
            if stage == name:
                return
            self.say(answer)
        self.connection.session.go()
        self.turn()


STAGES = [
    ("greeting", 30.0, None),
    ("ehlo", 30.0, None),
    ("mail", 30.0, "pending"),
    ("rcpt", 30.0, "pending"),
    ("data", 120.0, "pending"),
    ("dot", 600.0, "in_doubt"),
]


@pytest.mark.parametrize(("stage", "limit", "status"), STAGES)
def test_each_stage_has_its_own_patience_and_ends_in_the_true_outcome(
    stage: str, limit: float, status: str | None
) -> None:
    with Table() as table:
        table.ready_for(stage)
        table.passes(limit - 1)
        assert table.alive
        table.passes(2)
        assert not table.alive
        assert [str(outcome.status) for outcome in table.connection.session.outcomes] == ([status] if status else [])


def test_a_server_that_dribbles_half_a_reply_gains_no_time() -> None:
    with Table() as table:
        table.ready_for("dot")
        for _time in range(10):
            table.server.sendall(b"2")
            table.passes(60)
        assert not table.alive
        assert table.connection.session.outcomes[0].status is DeliveryStatus.IN_DOUBT


def test_the_ten_minutes_after_the_dot_begin_when_the_dot_has_left() -> None:
    with Table() as table:
        table.ready_for("data")
        table.passes(100)
        table.say(b"354 go\r\n")
        table.connection.session.go()
        table.turn()
        table.passes(599)
        assert table.alive
        table.say(b"250 kept\r\n")
        assert table.connection.session.outcomes[0].status is DeliveryStatus.SENT


def test_a_conversation_at_rest_is_not_hurried() -> None:
    with Table() as table:
        table.ready_for("mail")
        for answer in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            table.say(answer)
        table.connection.session.go()
        table.turn()
        table.say(b"250 kept\r\n")
        table.passes(3600)
        assert table.alive
