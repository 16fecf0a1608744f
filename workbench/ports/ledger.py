"""What the core asks of a ledger: its shelves, its books, and the mailings in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from workbench.domain.accounts import Account
from workbench.domain.arming import Rearmed, Standing
from workbench.domain.deliveries import DeliveryStatus, NewDelivery
from workbench.domain.departures import WaitingFor
from workbench.domain.health import LedgerHealth
from workbench.domain.limits import Limits
from workbench.domain.mailings import (
    Counts,
    EnqueueReport,
    Forecast,
    MailingPlan,
    MailingRecord,
    MailingStanding,
    MailingStatus,
    Tally,
)
from workbench.domain.runs import RunRecord, RunStatus
from workbench.domain.saved_searches import SavedSearch
from workbench.domain.signatures import Signature
from workbench.domain.templates import Template
from workbench.ports.transports import Outbox, Quota

if TYPE_CHECKING:
    import pandas as pd


class TemplateShelf(Protocol):
    """Email types with their revisions, and accounts."""

    def save_template(self, template: Template, *, by: str, now: datetime) -> Template:
        """Keep a revision (the same content is the same one) and return it with its number."""
        ...

    def template(self, path: str) -> Template:
        """Return an email type's newest revision; raises ``UnknownTemplate``."""
        ...

    def templates(self) -> list[Template]:
        """Return every email type's newest revision, by path."""
        ...

    def revision(self, revision_id: int) -> Template:
        """Return the revision that deliveries were frozen with."""
        ...

    def save_account(self, account: Account, *, by: str, now: datetime) -> Account:
        """Keep an account; never its password."""
        ...

    def account(self, name: str) -> Account:
        """Return an account; raises ``UnknownAccount``."""
        ...

    def accounts(self) -> list[Account]:
        """Return every account, by name."""
        ...

    def remove_account(self, name: str, *, by: str, now: datetime) -> None:
        """Remove an account; what it sent stays."""
        ...


class SignatureShelf(Protocol):
    """The signatures of a practice, by name."""

    def save(self, signature: Signature, *, by: str, now: datetime) -> Signature:
        """Keep a signature under its label."""
        ...

    def signature(self, name: str) -> Signature:
        """Return a signature; raises ``UnknownSignature``."""
        ...

    def signatures(self) -> list[Signature]:
        """Return every signature that is not archived, by name."""
        ...

    def archive(self, name: str, *, by: str, now: datetime) -> None:
        """Take a signature out of the lists."""
        ...


class OptOutBook(Protocol):
    """Who wants no more of which messages."""

    def opt_out(
        self, *, patient_id: str, address: str, channel: str, purpose: str, source: str, by: str, now: datetime
    ) -> None:
        """Record an opt-out, of a patient or of an address."""
        ...

    def withdraw(self, *, patient_id: str, address: str, channel: str, purpose: str, by: str, now: datetime) -> bool:
        """Take an opt-out back, exactly as it was recorded, and tell whether there was one."""
        ...

    def history(self, *, patient_id: str, address: str) -> pd.DataFrame:
        """Return every opt-out of a patient or an address, and its withdrawal: at channel purpose state source by."""
        ...

    def objections(self) -> pd.DataFrame:
        """Return the standing opt-outs; columns as ``PatientStore.objections``."""
        ...


class MailingBook(Protocol):
    """Mailings: opened by their identity, their rows queued, their status moved."""

    def id_of(self, plan: MailingPlan) -> int | None:
        """Return the number of the mailing with this identity; raises ``KeyTaken``."""
        ...

    def open_mailing(
        self, plan: MailingPlan, *, template: Template, account: str, hours: str = "", by: str, now: datetime
    ) -> MailingRecord:
        """Return the mailing with this identity, made when it is not there yet."""
        ...

    def enqueue(
        self,
        mailing_id: int,
        rows: Iterable[NewDelivery],
        *,
        again: bool = False,
        complete: bool = False,
        not_before: datetime | None = None,
        by: str,
        now: datetime,
    ) -> EnqueueReport:
        """Freeze rows (P7); whoever has it, has it. With `complete`, the list is the whole search or table."""
        ...

    def forecast(
        self,
        mailing_id: int | None,
        rows: Iterable[NewDelivery],
        *,
        purpose: str,
        step: str,
        again: bool = False,
        complete: bool = True,
    ) -> Forecast:
        """Return how the rows of a mailing would stand, were this list queued now; nothing is written."""
        ...

    def numbers(
        self,
        mailing_id: int,
        statuses: Collection[DeliveryStatus],
        *,
        recipients: Collection[tuple[str, str]] | None = None,
    ) -> list[int]:
        """Return the numbers of the deliveries that stand so; of these recipients alone, when they are named."""
        ...

    def tally(self, mailing_id: int) -> Tally:
        """Return a mailing's rows by where they stand, and why."""
        ...

    def standing(self, mailing_id: int, *, now: datetime) -> MailingStanding:
        """Return where a mailing stands, and whether somebody is sending it."""
        ...

    def moves(self, mailing_id: int) -> list[tuple[datetime, str, str, str, str]]:
        """Return each move of a mailing, oldest first: when, who, from, to, reason."""
        ...

    def mailing(self, mailing_id: int) -> MailingRecord:
        """Return a mailing; raises ``UnknownMailing``."""
        ...

    def counts(self, mailing_id: int) -> Counts:
        """Return a mailing's rows by where they stand."""
        ...

    def mailings(self) -> pd.DataFrame:
        """Return one row a mailing, latest first."""
        ...

    def set_status(self, mailing_id: int, status: MailingStatus, *, by: str, now: datetime, reason: str = "") -> None:
        """Move a mailing, journalled."""
        ...

    def finish(self, mailing_id: int, *, by: str, now: datetime) -> Counts:
        """Call a mailing finished if no row is open."""
        ...

    def cancel(self, mailing_id: int, *, delivery_ids: Sequence[int] | None = None, by: str, now: datetime) -> int:
        """Cancel what has not left, or of it these deliveries alone."""
        ...

    def duplicates(self, mailing_id: int) -> Iterator[tuple[str, str, str, str]]:
        """Give what the rows left out as duplicates would have told, and to whom."""
        ...

    def waiting_to_tell(
        self, told: Iterable[tuple[str, str, str, str]], *, purpose: str, step: str, among: Collection[int]
    ) -> frozenset[int]:
        """Return which mailings `among` these still wait to tell any of it."""
        ...

    def next_due(self, mailing_id: int) -> tuple[datetime, WaitingFor] | None:
        """Return when the earliest waiting row may leave as far as it is for the row, and why; nothing without any."""
        ...

    def retry(self, mailing_id: int, *, by: str, now: datetime) -> int:
        """Put failed rows back."""
        ...

    def settle(self, mailing_id: int, *, as_sent: bool, by: str, now: datetime) -> int:
        """Decide uncertain rows."""
        ...


class ResultBook(Protocol):
    """What became of each delivery, as frames."""

    def results(self, mailing_id: int | None = None, *, since: datetime | None = None) -> pd.DataFrame:
        """Return one row a delivery (``domain.frames.RESULT_COLUMNS``)."""
        ...

    def in_parts(self, mailing_id: int, *, size: int) -> Iterator[pd.DataFrame]:
        """Give the results of a mailing, so many rows at a time; at least one frame."""
        ...

    def history(self, patient_id: str) -> pd.DataFrame:
        """Return what was sent about a patient, latest first."""
        ...

    def empty(self) -> pd.DataFrame:
        """Return a results frame without rows."""
        ...


class SavedSearchBook(Protocol):
    """Searches kept under a name."""

    def save(self, name: str, search: str, parameters: Mapping[str, str], *, by: str, now: datetime) -> SavedSearch:
        """Keep a search under a name, in the place of the one that had it, journalled."""
        ...

    def forget(self, name: str, *, by: str, now: datetime) -> bool:
        """Forget a saved search, journalled, and tell whether there was one."""
        ...

    def all(self) -> Mapping[str, SavedSearch]:
        """Return every saved search by name."""
        ...


class LastMessageBook(Protocol):
    """What was last written to whom, and what has been told already; only what left or may have left counts."""

    def to_patients(self, patient_ids: Collection[str]) -> pd.DataFrame:
        """Return the last message to each patient: index ``patient_id``; at (UTC) template status."""
        ...

    def to_colleagues(self, addressee_keys: Collection[str]) -> pd.DataFrame:
        """Return the last message to each colleague, by addressee key; as `to_patients`."""
        ...

    def told(self, kind: str, *, occasions: Collection[str] | None = None) -> pd.DataFrame:
        """Return what has been told of all subjects of a kind, the latest last: subject_key occasion at (UTC)."""
        ...

    def told_to(self, purpose: str, step: str, *, occasions: Collection[str]) -> frozenset[tuple[str, str, str, str]]:
        """Return which of these a purpose and step have told to whom: (occasion, addressee key, role, channel)."""
        ...

    def times_told(self, kind: str, purpose: str) -> pd.Series:
        """Return how many messages of a purpose told of each subject of a kind: an integer by subject key."""
        ...


class OpenRun(Protocol):
    """A run that is going on."""

    @property
    def id(self) -> str:
        """Its number."""
        ...

    def end(self, status: RunStatus, *, error: str = "", now: datetime) -> None:
        """Write how the run ended."""
        ...


class RunBook(Protocol):
    """The runs of notebooks, and the mailings each one confirmed."""

    def start(
        self, *, notebook: str, digest: str, parameters: Mapping[str, object], by: str, now: datetime, job_id: str = ""
    ) -> OpenRun:
        """Write down that a notebook begins to run."""
        ...

    def recover(self, now: datetime) -> int:
        """Call those runs interrupted whose process is gone; return how many."""
        ...

    def run(self, run_id: str) -> RunRecord:
        """Return a run; raises ``UnknownRun``."""
        ...

    def runs(self, *, limit: int = 100) -> list[RunRecord]:
        """Return the runs, the latest first."""
        ...


class RestoreGuard(Protocol):
    """Whether messages may leave from where a workspace stands (P14)."""

    def standing(self) -> Standing:
        """Return how the workspace stands; nothing is changed."""
        ...

    def check(self, *, by: str, now: datetime) -> None:
        """Let a sending begin, or raise ``NotArmed``; the first one with a ledger arms its folder."""
        ...

    def rearm(self, *, by: str, now: datetime) -> Rearmed:
        """Let this folder send again, because a person says so."""
        ...


class ActBook(Protocol):
    """Who did what, when."""

    def record(
        self, what: str, object_key: str, *, by: str, now: datetime, details: Mapping[str, object] | None = None
    ) -> None:
        """Write an act down."""
        ...


class Ledger(Protocol):
    """Everything the workbench itself keeps for one practice: the one source of truth on what was sent."""

    @property
    def library(self) -> TemplateShelf:
        """Email types and accounts."""
        ...

    @property
    def signatures(self) -> SignatureShelf:
        """Signatures."""
        ...

    @property
    def opt_outs(self) -> OptOutBook:
        """Opt-outs."""
        ...

    @property
    def mailings(self) -> MailingBook:
        """Mailings."""
        ...

    @property
    def results(self) -> ResultBook:
        """Results."""
        ...

    @property
    def saved_searches(self) -> SavedSearchBook:
        """Saved searches."""
        ...

    @property
    def last_messages(self) -> LastMessageBook:
        """Last messages."""
        ...

    @property
    def runs(self) -> RunBook:
        """Runs of notebooks."""
        ...

    @property
    def acts(self) -> ActBook:
        """Acts."""
        ...

    @property
    def guard(self) -> RestoreGuard:
        """The restore guard."""
        ...

    def health(self) -> LedgerHealth:
        """Return how its file, its copies and its guard are."""
        ...

    def start_sender(
        self, *, user: str, now: datetime, mailing_id: int | None = None
    ) -> AbstractContextManager[object]:
        """Register a sender, of one mailing when that is named, for the time of a ``with``."""
        ...

    def recover(self, now: datetime) -> object:
        """Give back what dead senders held."""
        ...

    def outbox(
        self,
        mailing_id: int,
        sender: Any,
        *,
        objections: Callable[[], pd.DataFrame] | None = None,
        selves: Callable[[Sequence[str]], pd.DataFrame] | None = None,
        only: Sequence[int] | None = None,
    ) -> Outbox:
        """Return a mailing's outbox for a sender; with `only`, of the deliveries of these numbers alone."""
        ...

    def quota(self, account: str, limits: Limits, sender: Any = None) -> Quota:
        """Return what is left of an account's limits, for a sender, or for whoever only wants to know."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
