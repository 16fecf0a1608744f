"""Mailings: opened by their identity, their rows queued, their status moved (DESIGN 8.2 to 8.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.deliveries import DeliveryStatus, NewDelivery
from workbench.domain.jobs import job_of
from workbench.domain.mailings import EnqueueReport, MailingPlan, MailingRecord, MailingStatus
from workbench.domain.templates import Template
from workbench.errors import ForbiddenMove, KeyTaken
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.enqueueing import Enqueuing
from workbench.ledger.mailing_acts import MailingActs
from workbench.ledger.mailing_counts import MailingCounts
from workbench.ledger.runs import job_of_run, note_mailing

_S = DeliveryStatus
_rows = schema.deliveries
_OPEN = (_S.PENDING.value, _S.SENDING.value)


class Mailings(MailingCounts, MailingActs):
    """The mailings of one practice: opened and queued here, read and acted on as their bases say."""

    def id_of(self, plan: MailingPlan) -> int | None:
        """Return the number of the mailing with this identity, or nothing when it was never opened.

        Raises
        ------
        KeyTaken
            When the plan's key names a mailing of another template, account or search.
        """
        with reading(self._engine) as connection:
            found = self._found(connection, plan)
        return None if found is None else found.id

    def open_mailing(
        self, plan: MailingPlan, *, template: Template, account: str, hours: str = "", by: str, now: datetime
    ) -> MailingRecord:
        """Return the mailing with this identity, made when it is not there yet (8.3).

        Parameters
        ----------
        plan
            What the mailing is.
        template
            The saved revision that rows queued from now on are frozen with; its purpose and step say which
            occasions they take.
        account
            The name of the account it leaves from.
        hours
            The sending hours that it keeps to from now on.

        Raises
        ------
        KeyTaken
            When the plan's key names a mailing of another template, account or search.
        UnknownTemplate
            When the revision was not saved.
        """
        with writing(self._engine) as connection:
            alone(connection, f"mailings:{self._practice_id}")
            values = {
                "definition": plan.definition(),
                "account": account,
                "purpose": template.occasion_purpose,
                "step": template.step,
                "hours": hours,
                "template_revision_id": self._library.revision_id_in(connection, template.path, template.revision),
            }
            found = self._found(connection, plan)
            if found is not None:
                connection.execute(schema.mailings.update().where(schema.mailings.c.id == found.id), values)
                note_mailing(connection, self._practice_id, self._run_id, found.id, now=now)
                return self._record(connection, found.id, created=False)
            number = connection.execute(
                schema.mailings.insert().returning(schema.mailings.c.id),
                {
                    "practice_id": self._practice_id,
                    "identity": plan.identity(),
                    "key": plan.key,
                    "template": plan.template,
                    "role": plan.role,
                    "channel": plan.channel,
                    "search": plan.search,
                    "status": MailingStatus.DRAFT.value,
                    "opened_at": now,
                    "opened_by": by,
                    "job_id": job_of(plan.key) or job_of_run(connection, self._practice_id, self._run_id),
                    "run_id": self._run_id,
                    **values,
                },
            ).scalar_one()
            note_mailing(connection, self._practice_id, self._run_id, number, now=now)
            self._move(connection, number, "", MailingStatus.DRAFT, "", by, now)
            return self._record(connection, number, created=True)

    def enqueue(
        self,
        mailing_id: int,
        rows: Iterable[NewDelivery],
        *,
        again: bool = False,
        complete: bool = False,
        not_before: datetime | None = None,
        letterhead_id: int | None = None,
        approval: bool = False,
        by: str,
        now: datetime,
    ) -> EnqueueReport:
        """Freeze a list into the mailing (P7); the mailing is then queued, or finished when nobody is left to write to.

        New rows are added; rows left out whose reason is gone wait again with their new values; rows left out
        for another reason take it. Rows that wait, and that no sender holds, are frozen anew as they are named now;
        rows that failed and whose address is another one now wait again. What has left or is leaving stays as it is.
        A row left out or waiting whose patient's day is told by other rows now (another addressee, a moved
        appointment) is cancelled (``superseded``), and reopens when it is named again. Called again after a crash,
        it goes on where it stopped.

        Parameters
        ----------
        rows
            The list, taken in short transactions: it may be a generator over a million rows.
        again
            A person asks to send again: a new round, each row linked to its delivery before, unless the
            mailing has open rows, whose round is then finished.
        complete
            The list is the whole search or table: rows that wait and are not named any more are cancelled.
        not_before
            When what begins to wait now may leave at the earliest: until then it can be taken back.
        letterhead_id
            What dresses the messages (``letterheads.keep``); by default the account alone.
        approval
            A new mailing waits for somebody who releases it (``awaiting_approval``) before anything leaves.

        Raises
        ------
        ForbiddenMove
            When the mailing was cancelled, and nobody asked to send again; or while it was being queued.
        """
        with reading(self._engine) as connection:
            record = self._record(connection, mailing_id)
            newest, is_open = connection.execute(
                sa.select(sa.func.max(_rows.c.again), sa.func.max(sa.case((_rows.c.status.in_(_OPEN), 1), else_=0)))
                .where(_rows.c.practice_id == self._practice_id, _rows.c.mailing_id == mailing_id)
            ).one()  # fmt: skip
        if record.status is MailingStatus.CANCELLED and not again:
            raise ForbiddenMove(
                _(
                    "Mailing {number} was cancelled. To send it all the same, ask to send again (--again), "
                    "or give it another key."
                ).format(number=mailing_id)
            )
        round_number = (newest or 0) + (1 if again and newest is not None and not is_open else 0)
        queueing = Enqueuing(
            engine=self._engine,
            practice_id=self._practice_id,
            mailing=record,
            again=round_number,
            on_purpose=again,
            complete=complete,
            by=by,
            now=now,
            run_id=self._run_id,
            not_before=not_before,
            letterhead_id=letterhead_id,
        )
        report = queueing.run(rows)
        with writing(self._engine) as connection:
            queueing.refuse_cancelled(connection, moving=True)
            write_act(
                connection,
                self._practice_id,
                "mailing_queued",
                f"mailing:{mailing_id}",
                by=by,
                now=now,
                details={
                    "added": report.added,
                    "reopened": report.reopened,
                    "refreshed": report.refreshed,
                    "superseded": report.superseded,
                    "again": report.again,
                },
            )
            self._reopen(connection, mailing_id, approval=approval, by=by, now=now)
        return report

    def _found(self, connection: sa.Connection, plan: MailingPlan) -> Any:
        table = schema.mailings.c
        found = connection.execute(
            sa.select(table.id, table.definition).where(
                table.practice_id == self._practice_id, table.identity == plan.identity()
            )
        ).one_or_none()
        if found is not None and plan.key:
            # A table named by a key may be corrected and grow: its rows are told apart by their own ids.
            old = {name: value for name, value in found.definition.items() if name != "table"}
            new = {name: value for name, value in plan.definition().items() if name != "table"}
            if old != new or bool(found.definition["table"]) != bool(plan.table_digest):
                raise KeyTaken(
                    _(
                        "The key « {key} » already names mailing {number}, with another template, account or "
                        "search. Choose another key."
                    ).format(key=plan.key, number=found.id)
                )
        return found
