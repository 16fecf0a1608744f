"""Send what is due of one queued mailing: its account, its way out, its letters, and where it stands after (8.5)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from workbench.domain.deliveries import OPEN
from workbench.domain.mailings import Counts, MailingProgress, MailingStatus
from workbench.domain.sending_hours import SendingHours
from workbench.errors import SendingStopped, WorkbenchError, WorkspaceError
from workbench.ports import Outbox
from workbench.practice.letters import Postman
from workbench.sending.sender import Progress, SendReport, send_pending

if TYPE_CHECKING:
    from workbench.practice.accounts import TransportFactory
    from workbench.practice.practice import Practice


def dispatch(
    practice: Practice,
    transport_of: TransportFactory,
    mailing_id: int,
    *,
    only: Sequence[int] | None,
    connections: int | None,
    progress: Callable[[MailingProgress], None] | None,
    stop: threading.Event | None,
) -> SendReport | None:
    """Drain the outbox of a mailing; see ``Practice.drain``."""
    mailings, library = practice.ledger.mailings, practice.ledger.library
    record = mailings.mailing(mailing_id)
    practice.ledger.recover(practice.now())
    before = mailings.counts(mailing_id)
    if not before.pending:
        mailings.finish(mailing_id, by=practice.user, now=practice.now())
        return None
    practice.ledger.guard.check(by=practice.user, now=practice.now())
    beside = 0
    if only is not None:
        beside = before.pending - len(set(only).intersection(mailings.numbers(mailing_id, OPEN)))
    account = practice.accounts[record.account]
    password = practice.accounts.password(account)
    practice.files_of(library.revision(record.template_revision_id))
    postman = Postman(lambda revision, columns: practice.press(library.revision(revision), account, columns=columns))
    mailings.set_status(mailing_id, MailingStatus.SENDING, by=practice.user, now=practice.now())
    try:
        with (
            practice.ledger.start_sender(user=practice.user, now=practice.now()) as sender,
            transport_of(account, password, connections) as transport,
            closing(postman),
        ):
            report = send_pending(
                practice.ledger.outbox(
                    mailing_id,
                    sender,
                    objections=practice.store.objections,
                    selves=practice.store.selves,
                    only=only,
                ),
                transport,
                postman.letter,
                expect=postman.expect,
                now=practice.now,
                progress=_of_the_mailing(before, beside, progress),
                stop=stop,
            )
    except WorkbenchError as error:
        reason = error.reason if isinstance(error, SendingStopped) else "stopped"
        with contextlib.suppress(WorkspaceError):  # what stopped the sending is what its caller needs to hear
            mailings.set_status(mailing_id, MailingStatus.STOPPED, by=practice.user, now=practice.now(), reason=reason)
        raise
    mailings.finish(mailing_id, by=practice.user, now=practice.now())
    if report.interrupted and stop is None:
        # The interrupt did its work: what was in flight is finished. Whoever called must know of it too.
        raise KeyboardInterrupt
    return report


def _of_the_mailing(
    before: Counts, beside: int, progress: Callable[[MailingProgress], None] | None
) -> Callable[[Progress], None] | None:
    """Turn what one run says of itself into where the whole mailing stands."""
    if progress is None:
        return None

    def tell(run: Progress) -> None:
        decided = run.sent + run.failed + run.in_doubt
        progress(
            MailingProgress(
                total=before.sent + before.failed + before.in_doubt + before.skipped + before.pending,
                sent=before.sent + run.sent,
                failed=before.failed + run.failed,
                in_doubt=before.in_doubt + run.in_doubt,
                skipped=before.skipped,
                pending=max(0, before.pending - decided),
                in_flight=run.in_flight,
                beside=beside,
                waiting_until=run.waiting_until,
            )
        )

    return tell
