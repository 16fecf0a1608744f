"""A real ledger with a mailing ready to leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.domain.accounts import Account
from workbench.domain.deliveries import NewDelivery
from workbench.domain.mailings import MailingPlan
from workbench.domain.templates import Template
from workbench.ledger import Ledger, open_ledger

BY = "tests"


def queue_mailing(ledger: Ledger, count: int) -> int:
    """Queue a mailing to `count` invented people, and return its number."""
    now = datetime.now(UTC)
    template = ledger.library.save_template(Template(label="x", subject="x", html="<p>x</p>"), by=BY, now=now)
    ledger.library.save_account(Account(name="reception", email="practice@cabinet.example"), by=BY, now=now)
    plan = MailingPlan(template=template.path, account="reception", role="patient", channel="email", key="x")
    mailing = ledger.mailings.open_mailing(plan, template=template, account="reception", by=BY, now=now)
    rows = [
        NewDelivery(
            recipient_id=str(number),
            addressee_key=f"row:{number}",
            role="patient",
            channel="email",
            recipient="",
            address=f"patient{number}@example.test",
            language="fr",
        )
        for number in range(1, count + 1)
    ]
    ledger.mailings.enqueue(mailing.id, rows, by=BY, now=now)
    return mailing.id


def open_test_ledger(folder: Path) -> Ledger:
    """Open the ledger of a folder."""
    return open_ledger(f"sqlite:///{folder}/ledger.db", practice_id="test", locks=folder, create=True)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_test_ledger(tmp_path) as opened:
        yield opened
