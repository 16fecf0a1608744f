"""The ledger as a whole: opened once, and one small class for each thing it keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from workbench.databases import bring_up_to_date, ended_uncleanly, open_engine, reading, write_ahead_bytes
from workbench.domain.health import LedgerHealth
from workbench.domain.limits import Limits
from workbench.domain.objections import Selves
from workbench.ledger import schema
from workbench.ledger.acts import Acts
from workbench.ledger.copies import DailyCopies
from workbench.ledger.custom_fields import CustomFields
from workbench.ledger.drafts import Drafts
from workbench.ledger.foreign_codes import ForeignCodes
from workbench.ledger.guard import Guard, Place
from workbench.ledger.jobs import Jobs
from workbench.ledger.keeping import Keeping
from workbench.ledger.last_messages import LastMessages
from workbench.ledger.letterheads import Letterheads
from workbench.ledger.library import Library
from workbench.ledger.mailings import Mailings
from workbench.ledger.occurrences import Occurrences
from workbench.ledger.opt_outs import OptOuts
from workbench.ledger.outbox import SqlOutbox
from workbench.ledger.quotas import Quota
from workbench.ledger.results import Results
from workbench.ledger.returned import Returned
from workbench.ledger.runs import Runs
from workbench.ledger.saved_searches import SavedSearches
from workbench.ledger.search_templates import SearchTemplates
from workbench.ledger.senders import LEASE, Recovered, Sender, Senders
from workbench.ledger.signatures import Signatures
from workbench.ledger.tables import Tables
from workbench.ledger.upgrades import HEAD, VERSION_TABLE

if TYPE_CHECKING:
    import pandas as pd

SEARCHED = 500_000_000
"""Bytes of a SQLite file that the doctor searches for damage; a larger one is only searched after an unclean end."""

_SCRIPTS = Path(__file__).parent / "upgrades"


_CACHE = 8
"""Mebibytes of the file kept at hand: a sending goes through it once, however long the list."""


def open_ledger(
    url: str,
    *,
    practice_id: str,
    locks: Path,
    create: bool = True,
    run_id: str = "",
    place: Place | None = None,
    lease: timedelta = LEASE,
) -> Ledger:
    """Open a ledger, its tables made or brought up to date.

    Parameters
    ----------
    url
        ``sqlite:///…``, or the URL of a PostgreSQL database when several machines share the work.
    practice_id
        The practice whose rows are read and written.
    locks
        The folder of this workspace that holds the lock files of its senders.
    create
        Make a SQLite file that is absent.
    run_id
        The run of a notebook in which it is opened: what is confirmed now is noted as that run's. Of a run that is
        not this ledger's, nothing is confirmed here.
    place
        Where it is used, for the restore guard; a ledger without a place is not guarded.
    lease
        How long a sender of another machine may be silent before what it held is given back.

    Raises
    ------
    DatabaseRefused
        When the database is absent, damaged, newer than this workbench, or on a network folder.
    """
    engine = open_engine(url, create=create, cache=_CACHE)
    try:
        bring_up_to_date(engine, scripts=_SCRIPTS, version_table=VERSION_TABLE, head=HEAD)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine, practice_id=practice_id, locks=locks, run_id=run_id, place=place, lease=lease)


class Ledger:
    """Everything the workbench itself keeps for one practice: the one source of truth on what was sent.

    Attributes
    ----------
    library
        Email types with their revisions, and accounts.
    signatures
        What stands round the text of messages.
    custom_fields
        The practice's own merge fields.
    opt_outs
        Who does not want which messages.
    foreign_codes
        What the codes of old texts mean.
    letterheads
        Who writes and what stands round the text, as deliveries were frozen with.
    mailings
        Mailings: opened, queued, moved, settled.
    results
        What became of each delivery, as frames.
    tables
        Mailings, deliveries, what they told of, events and runs, as whole tidy tables.
    returned
        Messages that came back.
    keeping
        What is kept of messages: taken out of the history, emptied, forgotten with a patient.
    senders
        Who drains outboxes, and what dead ones left behind.
    saved_searches
        Searches kept under a name.
    search_templates
        Which email type a search proposes.
    drafts
        Mailings that are being prepared.
    last_messages
        What was last written to whom, and what has been told already.
    runs
        The runs of notebooks and jobs, and the mailings each one confirmed.
    jobs
        What is done by itself.
    occurrences
        Each time a job came round.
    acts
        Who did what, when.
    guard
        Whether messages may leave: not from a restored or copied workspace.
    copies
        The daily copies of its file.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        practice_id: str,
        locks: Path,
        run_id: str = "",
        place: Place | None = None,
        lease: timedelta = LEASE,
    ) -> None:
        self.engine = engine
        self.practice_id = practice_id
        self.acts = Acts(engine, practice_id)
        self.library = Library(engine, practice_id)
        self.signatures = Signatures(engine, practice_id)
        self.custom_fields = CustomFields(engine, practice_id)
        self.letterheads = Letterheads(engine, practice_id)
        self.foreign_codes = ForeignCodes(engine, practice_id)
        self.opt_outs = OptOuts(engine, practice_id)
        self.senders = Senders(engine, practice_id, locks, lease=lease)
        self.runs = Runs(engine, practice_id, locks)
        self.jobs = Jobs(engine, practice_id)
        self.occurrences = Occurrences(engine, practice_id, locks, lease=lease)
        self.mailings = Mailings(engine, practice_id, library=self.library, senders=self.senders, run_id=run_id)
        self.results = Results(engine, practice_id)
        self.tables = Tables(engine, practice_id, self.results)
        self.returned = Returned(engine, practice_id)
        self.keeping = Keeping(engine, practice_id)
        self.saved_searches = SavedSearches(engine, practice_id)
        self.search_templates = SearchTemplates(engine, practice_id)
        self.drafts = Drafts(engine, practice_id)
        self.last_messages = LastMessages(engine, practice_id)
        self.guard = Guard(engine, practice_id, place, recover=self.recover)
        self.copies = DailyCopies(engine, practice_id)

    def start_sender(self, *, user: str, now: datetime, mailing_id: int | None = None) -> Sender:
        """Register a sender, to be closed (or left by ``with``) when it ends; of one mailing alone when that is named.

        Raises
        ------
        NotArmed
            When the workspace was restored, moved or copied, and nobody re-armed it.
        """
        self.guard.check(by=user, now=now)
        sender = self.senders.start(user=user, now=now, mailing_id=mailing_id)
        try:
            sender.remembering = self.guard.remembering(sender.id, Path(sender.lock.lock_file).name, at=now)
        except BaseException:
            sender.close()
            raise
        return sender

    def recover(self, now: datetime) -> Recovered:
        """Give back what dead senders held; call it before sending and before showing what is open."""
        return self.senders.recover(now)

    def outbox(
        self,
        mailing_id: int,
        sender: Sender,
        *,
        objections: Callable[[], pd.DataFrame] | None = None,
        selves: Selves | None = None,
        only: Sequence[int] | None = None,
    ) -> SqlOutbox:
        """Return the outbox of a mailing for a sender.

        Parameters
        ----------
        objections
            Reads the patient store's own objections (``PatientStore.objections``); the ledger's are read anyway.
        selves
            Tells who else patients are (``PatientStore.selves``): whoever opted out by file number is not written
            to as somebody's guardian either.
        only
            The numbers of the deliveries that may leave (``mailings.numbers``); all of the mailing by default.

        Raises
        ------
        UnknownMailing
            When there is no such mailing.
        """
        return SqlOutbox(
            self.engine,
            self.practice_id,
            self.mailings.mailing(mailing_id),
            sender,
            opt_outs=self.opt_outs,
            objections=objections,
            selves=selves,
            recover=self.recover,
            only=only,
        )

    def quota(self, account: str, limits: Limits, sender: Sender | None = None) -> Quota:
        """Return what is left of the limits of the account of this name; only a sender can take of it."""
        return Quota(engine=self.engine, practice_id=self.practice_id, account=account, limits=limits, sender=sender)

    def health(self) -> LedgerHealth:
        """Return how the ledger's file, its copies and its guard are; a file of no more than `SEARCHED` is searched.

        Raises
        ------
        DatabaseUnreadable
            When it cannot be read at all.
        """
        table = schema.acts.c
        file = self.copies.path
        with reading(self.engine) as connection:
            query = sa.select(sa.func.min(table.at), sa.func.max(table.at)).where(table.practice_id == self.practice_id)
            first, last = connection.execute(query).one()
            found = "ok"
            if file is not None and file.stat().st_size <= SEARCHED:
                found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        return LedgerHealth(
            standing=self.guard.standing(),
            copies=self.copies.state(),
            unclean=ended_uncleanly(self.engine),
            damage="" if found == "ok" else found.splitlines()[0],
            log_bytes=write_ahead_bytes(self.engine),
            since=None if first is None else first.astimezone().date(),
            until=None if last is None else last.astimezone().date(),
        )

    def close(self) -> None:
        """Close every connection; the last one to close a SQLite file also folds its log away."""
        self.copies.wait()
        self.guard.remember()
        self.senders.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
