"""Send a mailing from a process that may be killed: ``python sending_child.py FOLDER MAILING PORT CONNECTIONS``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.sending.conftest import BY, open_test_ledger
from workbench.domain.accounts import Account, Security
from workbench.domain.messages import Letter
from workbench.ports import Claimed
from workbench.sending.sender import send_pending
from workbench.transports.smtp import SmtpTransport

SENDER = "practice@cabinet.example"
CONTENT = b"Subject: x\r\n\r\nx\r\n"


def letter_of(row: Claimed, _now: datetime) -> Letter:
    """The letter of a row."""
    return Letter(row.delivery_id, SENDER, row.address, CONTENT)


def main(folder: str, mailing: str, port: str, connections: str) -> None:
    """Recover what a sender before left, then send."""
    account = Account(name="reception", email=SENDER, host="127.0.0.1", port=int(port), security=Security.NONE)
    with open_test_ledger(Path(folder)) as ledger:
        ledger.recover(datetime.now(UTC))
        with ledger.start_sender(user=BY, now=datetime.now(UTC)) as sender:
            transport = SmtpTransport(account, connections=int(connections))
            send_pending(ledger.outbox(int(mailing), sender), transport, letter_of)


if __name__ == "__main__":
    main(*sys.argv[1:])
