"""A practice with a table of recipients and a server, to which something happens in the middle of a sending."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.servers.chaos_smtp import ChaosServer, Kept
from workbench.cli.main import main
from workbench.ledger import schema

ROWS = 30
"""How many recipients the table has."""

TEMPLATE = """---
label: Mot
folder: Tables
subject: "Mot {{ token }}"
---
<p>Bonjour, {{ token }}.</p>
"""


class Watched(list[Kept]):
    """What a server keeps; when it has kept `after` messages, something happens before it answers."""

    def __init__(self, after: int, deed: Callable[[], object]) -> None:
        super().__init__()
        self.after = after
        self.deed = deed

    def append(self, kept: Kept) -> None:
        super().append(kept)
        if len(self) == self.after:
            self.deed()


class Office:
    """The command line of a practice, in this process, with what it said."""

    def __init__(self, workspace: Path, table: Path, server: ChaosServer, said: pytest.CaptureFixture[str]) -> None:
        self.workspace = workspace
        self.table = table
        self.server = server
        self._said = said
        self.errors = ""

    @property
    def ledger(self) -> Path:
        return self.workspace / "ledger.sqlite"

    def run(self, *words: str) -> int:
        """Run one command as a person does; return its exit status. What a traceback would be fails the test."""
        self._said.readouterr()
        with pytest.raises(SystemExit) as left:
            main(["-w", str(self.workspace), *words])
        told = self._said.readouterr()
        self.errors = told.err
        self.output = told.out
        assert "Traceback" not in told.err, told.err
        assert "unforeseen" not in told.err, told.err
        return int(left.value.code or 0)

    def send(self, *, happening: Callable[[], object] = lambda: None, after: int = 10) -> int:
        """Send to the whole table; `happening` comes when the server has taken `after` messages."""
        self.server.kept = Watched(after, happening)
        return self.send_again()

    def send_again(self) -> int:
        """Give the same command."""
        return self.run(
            "send", "--recipients", str(self.table), "--template", "Tables/Mot", "--connections", "2", "--yes", "--json"
        )

    def resume(self) -> dict[str, int]:
        """Go on with the mailing, and return its numbers."""
        status = self.run("mailings", "resume", "1", "--json")
        numbers: dict[str, int] = json.loads(self.output.splitlines()[-1])
        assert status == (3 if numbers["in_doubt"] or numbers["failed"] else 0), self.errors
        return numbers

    def rearm(self) -> None:
        """Let the workspace send again."""
        assert self.run("rearm", "--yes") == 0, self.errors

    def settle(self) -> None:
        """Decide each uncertain row by the server's own word: whoever has it has it, the others get it."""
        from workbench.wiring import open_practice

        has_it = {kept.recipient for kept in self.server.kept}
        with open_practice(self.workspace) as practice:
            results = practice.results(1, identities=True)
            doubtful = results[results["status"] == "in_doubt"]
            arrived = doubtful[doubtful["address"].isin(has_it)]["delivery_id"]
            mailings = practice.ledger.mailings
            if len(arrived):
                mailings.settle(
                    1, as_sent=True, delivery_ids=[int(number) for number in arrived], by="tests", now=practice.now()
                )
            mailings.settle(1, as_sent=False, by="tests", now=practice.now())

    def stand(self) -> dict[str, str]:
        """Where each address stands."""
        from workbench.wiring import open_practice

        with open_practice(self.workspace) as practice:
            results = practice.results(1, identities=True)
        return dict(zip(results["address"].astype(str), results["status"].astype(str), strict=True))

    def audit(self, *, most_doubts: int = 2) -> None:
        """Nobody twice, nobody lost, every word of the report true, and no more doubts than connections."""
        arrived = [kept.recipient for kept in self.server.kept]
        assert len(arrived) == len(set(arrived)), "somebody got it twice"
        stand = self.stand()
        assert len(stand) == ROWS
        sent = {address for address, status in stand.items() if status == "sent"}
        doubtful = {address for address, status in stand.items() if status == "in_doubt"}
        assert sent <= set(arrived), "a report of a message that never arrived"
        assert set(arrived) <= sent | doubtful, "a message that the report does not know"
        assert set(stand.values()) <= {"sent", "in_doubt"}, stand
        assert len(doubtful) <= most_doubts

    def revert(self, engine: sa.Engine, count: int) -> None:
        """Take back the last announcements of the ledger, as a server does that lost its newest commits."""
        rows = schema.deliveries
        last = sa.select(rows.c.id).where(rows.c.sending_at.is_not(None)).order_by(rows.c.sending_at.desc(), rows.c.id)
        with engine.begin() as connection:
            ids = list(connection.execute(last.limit(count)).scalars())
            connection.execute(
                rows.update()
                .where(rows.c.id.in_(ids))
                .values(status="pending", sending_at=None, decided_at=None, attempts=0, sender_id=None)
            )
