"""What the core asks of a ledger: its shelves, its books, and the mailings in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from workbench.domain.accounts import Account
from workbench.domain.arming import Rearmed, Standing
from workbench.domain.custom_fields import CustomField
from workbench.domain.deliveries import Addressed, DeliveryStatus, NewDelivery, SentLetter
from workbench.domain.departures import WaitingFor
from workbench.domain.drafts import Draft
from workbench.domain.health import LedgerHealth
from workbench.domain.identities import Identity
from workbench.domain.keeping import Forgotten, Tombstone
from workbench.domain.letterheads import Letterhead
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
from workbench.domain.templates import Revision, Template
from workbench.ports.jobs import JobBook, OccurrenceBook
from workbench.ports.tables import TableBook
from workbench.ports.transports import Outbox, Quota

if TYPE_CHECKING:
    import pandas as pd


class TemplateShelf(Protocol):
    """Email types with their revisions, and accounts."""

    def save_template(
        self,
        template: Template,
        *,
        by: str,
        now: datetime,
        reason: str = "",
        one_off: bool = False,
        over: int | None = None,
    ) -> Template:
        """Keep a revision (the same content is the same one) and return it with its number; a one-off is not listed.

        Raises ``TemplateChanged`` when it does not stand at the revision `over` any more.
        """
        ...

    def save_templates(
        self, templates: Sequence[Template], *, by: str, now: datetime, reason: str = ""
    ) -> list[Template]:
        """Keep a revision of several email types, all of them or none."""
        ...

    def rewrite_templates(
        self,
        changes: Mapping[str, Template],
        *,
        by: str,
        now: datetime,
        reason: str = "",
        over: Mapping[str, int] | None = None,
    ) -> list[Template]:
        """Keep a revision of several email types at once, by their path; one called otherwise now is renamed.

        Raises ``TemplateChanged`` when one does not stand at its revision of `over` any more.
        """
        ...

    def archive_template(self, path: str, *, by: str, now: datetime, reason: str = "") -> None:
        """Take an email type out of the lists."""
        ...

    def unarchive_template(self, path: str, *, by: str, now: datetime, reason: str = "") -> None:
        """Bring an archived email type back."""
        ...

    def template(self, path: str) -> Template:
        """Return an email type's newest revision; raises ``UnknownTemplate``."""
        ...

    def called_now(self, path: str) -> str:
        """Return the path that an email type of the lists has now, by one that it has or had before; else ``""``."""
        ...

    def templates(self) -> list[Template]:
        """Return every email type's newest revision, by path."""
        ...

    def shelf(self, *, archived: bool = False) -> list[Revision]:
        """Return the current revision of every email type, or of those that are archived, by path."""
        ...

    def revisions(self, path: str) -> list[Revision]:
        """Return every revision of an email type, the oldest first; raises ``UnknownTemplate``."""
        ...

    def revision_id(self, path: str, number: int) -> int:
        """Return the number that a revision has in the ledger; raises ``UnknownTemplate``."""
        ...

    def revision(self, revision_id: int) -> Template:
        """Return the revision that deliveries were frozen with."""
        ...

    def save_account(self, account: Account, *, by: str, now: datetime, default: bool = False) -> Account:
        """Keep an account, never its password; the first one is the default, until another is made so."""
        ...

    def account(self, name: str) -> Account:
        """Return an account; raises ``UnknownAccount``."""
        ...

    def accounts(self) -> list[Account]:
        """Return every account, by name."""
        ...

    def default_account(self) -> Account | None:
        """Return the account used when neither the caller nor the template names one; nothing when there is none."""
        ...

    def remove_account(self, name: str, *, by: str, now: datetime) -> None:
        """Remove an account; what it sent stays."""
        ...


class SignatureShelf(Protocol):
    """The signatures of a practice, by name."""

    def save(self, signature: Signature, *, by: str, now: datetime, over: Signature | None = None) -> Signature:
        """Keep a signature under its label; raises ``TemplateChanged`` when it is not as `over` any more."""
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


class CustomFieldShelf(Protocol):
    """The practice's own merge fields."""

    def keep(self, decide: Callable[[Sequence[CustomField]], CustomField], *, by: str, now: datetime) -> CustomField:
        """Keep the field that `decide` returns of all there are; nothing else is kept meanwhile; journalled."""
        ...

    def fields(self) -> list[CustomField]:
        """Return every field by code, archived ones too."""
        ...

    def stamp(self) -> tuple[Any, ...]:
        """Return something that is another once anything was changed, by whichever program."""
        ...

    def waiting(self) -> list[tuple[int, int, dict[str, Any], dict[str, Any] | None]]:
        """Return what the open deliveries were frozen with: mailing, how many, email type and letterhead, as kept."""
        ...


class LetterheadBook(Protocol):
    """The letterheads that deliveries were frozen with."""

    def keep(self, letterhead: Letterhead, *, now: datetime) -> int:
        """Keep a letterhead, once, and return its number."""
        ...

    def letterhead(self, number: int) -> Letterhead:
        """Return a letterhead by its number."""
        ...


class ForeignCodeBook(Protocol):
    """What the codes of a practice's old texts mean."""

    def learn(self, meanings: Mapping[str, str], *, by: str, now: datetime) -> None:
        """Keep what codes mean, journalled; ``""`` leaves a code out."""
        ...

    def forget(self, code: str, *, by: str, now: datetime) -> bool:
        """Forget what a code means, journalled, and tell whether it was known."""
        ...

    def all(self) -> Mapping[str, str]:
        """Return what every code means."""
        ...

    def frame(self) -> pd.DataFrame:
        """Return what every code means, who said it and when: code field saved_at saved_by."""
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
        letterhead_id: int | None = None,
        approval: bool = False,
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
        tell: Callable[[NewDelivery, DeliveryStatus, str], None] | None = None,
    ) -> Forecast:
        """Return how the rows of a mailing would stand, were this list queued now (`tell`: each one)."""
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

    def told_by(self, mailing_id: int) -> dict[int, tuple[str, str, tuple[str, ...]]]:
        """Return by delivery what each message of a mailing tells of: addressee's key, role, occasions."""
        ...

    def tally(self, mailing_id: int) -> Tally:
        """Return a mailing's rows by where they stand, and why."""
        ...

    def sent_of_run(self, mailing_ids: Collection[int], run: RunRecord) -> tuple[int, int]:
        """Return how many messages of mailings left in a run or of what it queued, and how many had left before."""
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

    def sent_to_one(self, *, since: datetime) -> dict[str, int]:
        """Return of how many mailings of a single message each email type was, by its path, the most used first."""
        ...

    def unfinished(self) -> pd.DataFrame:
        """Return the mailings that have not ended, and those with a row nobody is certain of, latest first.

        Columns: mailing_id status reason template opened_at (UTC) opened_by pending in_doubt.
        """
        ...

    def set_status(self, mailing_id: int, status: MailingStatus, *, by: str, now: datetime, reason: str = "") -> None:
        """Move a mailing, journalled."""
        ...

    def finish(self, mailing_id: int, *, by: str, now: datetime) -> Counts:
        """Call a mailing finished if no row is open."""
        ...

    def within(self, run_id: str) -> AbstractContextManager[None]:
        """Note what is confirmed meanwhile as a run's."""
        ...

    def cancel(
        self,
        mailing_id: int,
        *,
        delivery_ids: Sequence[int] | None = None,
        by: str,
        now: datetime,
        reason: str = "",
    ) -> int:
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

    def failed_rows(self, mailing_id: int) -> list[Addressed]:
        """Return whom the failed rows went to and why they failed, in their order."""
        ...

    def retry(
        self,
        mailing_id: int,
        *,
        delivery_ids: Sequence[int] | None = None,
        addresses: Mapping[int, str] | None = None,
        by: str,
        now: datetime,
    ) -> int:
        """Put failed rows back, or of them these deliveries alone; those of `addresses` go to another address."""
        ...

    def settle(
        self, mailing_id: int, *, as_sent: bool, delivery_ids: Sequence[int] | None = None, by: str, now: datetime
    ) -> int:
        """Decide uncertain rows, or of them these deliveries alone."""
        ...


class ResultBook(Protocol):
    """What became of each delivery, as frames."""

    def results(self, mailing_id: int | None = None, *, since: datetime | None = None) -> pd.DataFrame:
        """Return one row a delivery (``domain.frames.RESULT_COLUMNS``)."""
        ...

    def in_parts(self, mailing_id: int, *, size: int) -> Iterator[pd.DataFrame]:
        """Give the results of a mailing, so many rows at a time; at least one frame."""
        ...

    def settled(self, mailing_id: int) -> frozenset[int]:
        """Return the deliveries of a mailing that failed or were left out, and were tried again since as others."""
        ...

    def failed(self, *, since: datetime) -> pd.DataFrame:
        """Return what was refused since an instant, as `results`, and in `settled` whether it was tried again since."""
        ...

    def sent_by_account(self, *, since: datetime) -> dict[str, int]:
        """Return how many messages left by each account since an instant."""
        ...

    def history(self, patient_id: str, *, deleted: bool = False) -> pd.DataFrame:
        """Return what was sent about a patient, latest first; what was taken out of the history only with `deleted`."""
        ...

    def sent_letter(self, delivery_id: int) -> SentLetter:
        """Return what a delivery was frozen with, and what left; raises ``UnknownMailing``."""
        ...

    def empty(self) -> pd.DataFrame:
        """Return a results frame without rows."""
        ...


class ReturnBook(Protocol):
    """Messages that were sent and came back."""

    def marked(self, tokens: Sequence[str]) -> pd.DataFrame:
        """Return the deliveries whose Message-IDs begin so.

        Columns: token delivery_id mailing_id patient_id recipient address template status reason decided_at.
        """
        ...

    def record(self, causes: Mapping[int, tuple[str, str]], *, by: str, now: datetime) -> list[int]:
        """Record why deliveries came back, and by which code of a server; returns those that were sent until now."""
        ...

    def withdraw(self, delivery_id: int, *, by: str, now: datetime) -> bool:
        """Take back that a delivery came back; tells whether it was recorded so."""
        ...

    def addresses(self) -> frozenset[str]:
        """Return the addresses that are wrong (``address_key``), because messages came back from them."""
        ...


class KeepingBook(Protocol):
    """What is kept of messages: taken out of a history, emptied when it is time, forgotten with a patient."""

    def bury(self, delivery_id: int, *, reason: str, by: str, now: datetime) -> bool:
        """Take a message out of the history of its patients, journalled; tell whether it stood there."""
        ...

    def unbury(self, delivery_id: int, *, by: str, now: datetime) -> bool:
        """Put a message back into the history, journalled; tell whether it had been taken out."""
        ...

    def tombstone(self, delivery_id: int) -> Tombstone | None:
        """Return who took a message out of the history, when and why."""
        ...

    def frozen(self, delivery_id: int) -> NewDelivery:
        """Return a delivery as its list was frozen, to be sent once more; raises ``UnknownMailing``."""
        ...

    def repetitions(self, delivery_id: int) -> list[int]:
        """Return the deliveries that repeat this one on purpose."""
        ...

    def standing(self, delivery_ids: Collection[int]) -> pd.DataFrame:
        """Return what a history tells of deliveries beside their results, by ``delivery_id``."""
        ...

    def tidy(self, *, mailing_id: int | None = None, now: datetime) -> int:
        """Empty what was decided of those who said that messages are not kept; return how many."""
        ...

    def retire(self, *, before: datetime, by: str, now: datetime) -> int:
        """Empty every message that was decided before an instant, journalled; return how many."""
        ...

    def keeps_everything(self) -> bool:
        """Tell whether nobody ever said that messages or their files are not to be kept."""
        ...

    def unneeded_files(self, numbers: Collection[int] | None = None, *, also: Collection[str] = ()) -> set[str]:
        """Return the kept files that went with messages (with these alone), or `also`, that nothing needs any more."""
        ...

    def forget(self, patient: Identity, *, reason: str = "", by: str, now: datetime) -> Forgotten:
        """Forget what was written about a patient and to whom, journalled; the bare proof stays."""
        ...


class SavedSearchBook(Protocol):
    """Searches kept under a name."""

    def save(self, name: str, search: str, parameters: Mapping[str, str], *, by: str, now: datetime) -> SavedSearch:
        """Keep a search under a name, in the place of the one that had it, journalled."""
        ...

    def forget(self, name: str, *, by: str, now: datetime) -> bool:
        """Forget a saved search, journalled, and tell whether there was one."""
        ...

    def rename(self, name: str, new: str, *, by: str, now: datetime) -> bool:
        """Call a saved search otherwise, journalled, and tell whether there was one; ``BadValue`` when taken.

        The email type that it proposes goes with it.
        """
        ...

    def all(self) -> Mapping[str, SavedSearch]:
        """Return every saved search by name."""
        ...


class SearchTemplateBook(Protocol):
    """Which email type a search proposes (F67, F112); a search is named as it is searched for, a saved one too."""

    def attach(self, search: str, template: str, *, by: str, now: datetime) -> None:
        """Let a search propose an email type, in the place of the one that it had, journalled."""
        ...

    def detach(self, search: str, *, by: str, now: datetime) -> bool:
        """Let a search propose none, journalled, and tell whether it proposed one."""
        ...

    def all(self) -> Mapping[str, str]:
        """Return the path of the email type by search, of each one that has any."""
        ...


class DraftBook(Protocol):
    """Mailings that are being prepared."""

    def save(self, draft: Draft) -> None:
        """Keep a draft as it stands, in the place of what was kept of it before."""
        ...

    def draft(self, key: str) -> Draft | None:
        """Return a draft; nothing when there is none of this key."""
        ...

    def since(self, moment: datetime, *, kind: str, by: str, host: str) -> list[Draft]:
        """Return somebody's drafts of a kind, at one computer, touched since then, the latest first."""
        ...

    def heads(self, moment: datetime, *, kind: str = "") -> list[Draft]:
        """Return the drafts of a kind (mailings) touched since then that did not end, without their content."""
        ...

    def forget(self, key: str) -> bool:
        """Forget a draft, and tell whether there was one."""
        ...

    def expire(self, before: datetime) -> int:
        """Forget the drafts that nobody touched since then; return how many."""
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

    def told_of(self, subjects: Collection[str]) -> pd.DataFrame:
        """Return what has been told of these subjects at any of their times, as `told`; others may be there."""
        ...

    def told_to(self, purpose: str, step: str, *, occasions: Collection[str]) -> frozenset[tuple[str, str, str, str]]:
        """Return which of these a purpose and step have told to whom: (occasion, addressee key, role, channel)."""
        ...

    def told_how(self, purpose: str, step: str, *, occasions: Collection[str]) -> pd.DataFrame:
        """Return how occasions stand that are told or wait to be, the latest last.

        Columns: occasion addressee_key role channel status at (UTC) by mailing_id.
        """
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

    def unsure_until(self) -> datetime | None:
        """Return until when more may have been done than the ledger holds; nothing where it holds all."""
        ...


class ActBook(Protocol):
    """Who did what, when."""

    def record(
        self, what: str, object_key: str, *, by: str, now: datetime, details: Mapping[str, object] | None = None
    ) -> None:
        """Write an act down."""
        ...

    def of_kind(self, what: str, *, since: datetime) -> pd.DataFrame:
        """Return the acts of a kind since an instant, oldest first: act_id at (UTC) by what object details."""
        ...

    def acts(self, object_key: str | None = None) -> pd.DataFrame:
        """Return the acts, oldest first; all of them or those about one object."""
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
    def custom_fields(self) -> CustomFieldShelf:
        """The practice's own merge fields."""
        ...

    @property
    def letterheads(self) -> LetterheadBook:
        """Letterheads."""
        ...

    @property
    def foreign_codes(self) -> ForeignCodeBook:
        """What the codes of old texts mean."""
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
    def tables(self) -> TableBook:
        """Whole tidy tables."""
        ...

    @property
    def returned(self) -> ReturnBook:
        """What came back."""
        ...

    @property
    def keeping(self) -> KeepingBook:
        """What is kept of messages."""
        ...

    @property
    def saved_searches(self) -> SavedSearchBook:
        """Saved searches."""
        ...

    @property
    def search_templates(self) -> SearchTemplateBook:
        """Which email type a search proposes."""
        ...

    @property
    def drafts(self) -> DraftBook:
        """Mailings that are being prepared."""
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
    def jobs(self) -> JobBook:
        """What is done by itself."""
        ...

    @property
    def occurrences(self) -> OccurrenceBook:
        """Each time a job came round."""
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
