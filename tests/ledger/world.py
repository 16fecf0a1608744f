"""A small practice around a ledger: an email type, an account, a clock, and short words for what tests do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from workbench.domain.accounts import Account
from workbench.domain.deliveries import DeliveryStatus, NewDelivery, Outcome
from workbench.domain.mailings import EnqueueReport, MailingPlan, MailingRecord
from workbench.domain.messages import Letter
from workbench.domain.templates import Template
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger
from workbench.ledger.outbox import SqlOutbox
from workbench.ledger.senders import Sender
from workbench.ports import Claimed

BY = "claire"


def a_row(
    name: str = "1",
    *,
    reason: str = "",
    addressee: str | None = None,
    address: str | None = None,
    occasions: Sequence[str] | None = None,
    values: dict[str, object] | None = None,
    told: str = "",
) -> NewDelivery:
    """A recipient of tomorrow's reminders; `told` is what its key says about the day."""
    return NewDelivery(
        recipient_id=f"patient:{name}@2026-11-23{told and ':'}{told}",
        addressee_key=addressee or f"patient:{name}",
        role="patient",
        channel="email",
        recipient=f"Patient {name}",
        address=f"p{name}@example.test" if address is None else address,
        language="fr",
        reason=reason,
        patient_id=name,
        appointment_id=f"A{name}",
        occasions=tuple([f"appointment:A{name}@2026-11-23T09:00"] if occasions is None else occasions),
        values=values or {"PNOM": f"Nom {name}"},
    )


def a_group(*numbers: str, reason: str = "", of: str = "1", address: str | None = None) -> NewDelivery:
    """All that somebody owes in one message: its key names each invoice, as `merging.recipients` writes it."""
    subjects = [f"invoice:{number}" for number in sorted(numbers)]
    row = a_row(of, reason=reason, address=address, occasions=subjects)
    return replace(row, recipient_id="+".join(subjects), appointment_id="", invoice_id=min(numbers))


def a_letter(claimed: Claimed, content: bytes = b"Subject: x\r\n\r\nBonjour\r\n") -> Letter:
    """The letter of a claimed row."""
    return Letter(
        claimed.delivery_id, "cabinet@example.test", claimed.address, content,
        message_id=f"<{claimed.token}@example.test>",
    )  # fmt: skip


def outcome(delivery_id: int, status: str = "sent", *, reason: str = "", retry_after: float = 0.0) -> Outcome:
    """What a server said."""
    code = {"sent": 250, "failed": 550, "pending": 451}.get(status)
    return Outcome(
        delivery_id=delivery_id, status=DeliveryStatus(status), reason=reason, code=code,
        reply=f"{code} said the server", retry_after=retry_after,
    )  # fmt: skip


class World:
    """One ledger and a clock that moves when told."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self.template = ledger.library.save_template(
            Template(label="Rappel", folder="Rendez-vous", subject="Rappel", html="<p>@PNOM</p>"), by=BY, now=self.now
        )
        ledger.library.save_account(Account(name="cabinet", email="cabinet@example.test"), by=BY, now=self.now)

    def later(self, **delta: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**delta)
        return self.now

    def plan(self, key: str = "", **parameters: str) -> MailingPlan:
        """What tomorrow's reminders are."""
        return MailingPlan(
            template=self.template.path, account="cabinet", role="patient", channel="email", search="appointments",
            parameters=parameters or {"start": "2026-11-23"}, key=key,
        )  # fmt: skip

    def open(self, key: str = "", **parameters: str) -> MailingRecord:
        """Open a mailing."""
        return self.ledger.mailings.open_mailing(
            self.plan(key, **parameters), template=self.template, account="cabinet", by=BY, now=self.now
        )

    def enqueue(
        self, mailing_id: int, rows: Iterable[NewDelivery], *, again: bool = False, complete: bool = False
    ) -> EnqueueReport:
        """Queue rows."""
        return self.ledger.mailings.enqueue(mailing_id, rows, again=again, complete=complete, by=BY, now=self.now)

    def queued(self, *names: str, key: str = "") -> int:
        """Open a mailing and queue patients by name; returns its number."""
        number = self.open(key).id
        self.enqueue(number, [a_row(name) for name in names])
        return number

    def sender(self) -> Sender:
        """Start a sender."""
        return self.ledger.start_sender(user=BY, now=self.now)

    def send(self, mailing_id: int, answers: dict[str, str] | None = None) -> list[str]:
        """Send all that is due of a mailing; `answers` tells by patient what the server says, « sent » otherwise.

        Returns the patients whose letters left.
        """
        left = []
        with self.sender() as sender:
            outbox = self.ledger.outbox(mailing_id, sender)
            while claimed := outbox.claim(10, now=self.now):
                outbox.turn([], [a_letter(row) for row in claimed], now=self.now)
                left += [row.patient_id for row in claimed]
                outbox.turn(
                    [
                        outcome(row.delivery_id, (answers or {}).get(row.patient_id, "sent"), retry_after=60)
                        for row in claimed
                    ],
                    [],
                    now=self.now,
                )
        return left

    def outbox(self, mailing_id: int, sender: Sender) -> SqlOutbox:
        """The outbox of a mailing for a sender."""
        return self.ledger.outbox(mailing_id, sender)

    def statuses(self, mailing_id: int) -> dict[str, str]:
        """Where each patient's latest delivery of a mailing stands; the reason too, where there is one."""
        rows = schema.deliveries.c
        query = sa.select(rows.patient_id, rows.status, rows.reason).where(rows.mailing_id == mailing_id)
        with self.ledger.engine.connect() as connection:
            found = connection.execute(query.order_by(rows.id)).all()
        return {row[0]: f"{row[1]} {row[2]}".strip() for row in found}

    def occasions(self) -> set[tuple[str, int]]:
        """The occasions that are taken, with their again numbers."""
        table = schema.occasions.c
        with self.ledger.engine.connect() as connection:
            return {(row[0], row[1]) for row in connection.execute(sa.select(table.occasion, table.again))}
