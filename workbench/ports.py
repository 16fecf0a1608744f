"""What the core asks of the outside: a patient store, a ledger's outbox, and a way for letters to leave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from workbench.domain.accounts import Account
from workbench.domain.calendar import PracticeCalendar
from workbench.domain.deliveries import DeliveryStatus, NewDelivery, Outcome
from workbench.domain.mailings import (
    Counts,
    EnqueueReport,
    Forecast,
    MailingPlan,
    MailingRecord,
    MailingStanding,
    MailingStatus,
)
from workbench.domain.messages import Letter
from workbench.domain.people import Correction
from workbench.domain.runs import RunRecord, RunStatus
from workbench.domain.saved_searches import SavedSearch
from workbench.domain.searches import Search
from workbench.domain.signatures import Signature
from workbench.domain.templates import Template

if TYPE_CHECKING:
    import pandas as pd


class PatientStore(Protocol):
    """The practice's patients, read-only but for imports and corrections in the embedded store.

    Every key that leaves the store is the practice's own, as text (a file number), never a row number.
    """

    def searches(self) -> Mapping[str, Search]:
        """Return every search by name."""
        ...

    def choices(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return what a person may choose for each parameter of a search: pairs of the value and how it reads."""
        ...

    def resolve(self, name: str, parameters: Mapping[str, object], *, today: date) -> dict[str, str]:
        """Return the parameters checked and made absolute, as sorted canonical text: a mailing's identity."""
        ...

    def search(
        self, name: str, parameters: Mapping[str, object], *, today: date, also: Collection[str] = ()
    ) -> pd.DataFrame:
        """Return one row a subject, in the order asked for, with ``frame.attrs["workbench"]`` set.

        It holds the search, its parameters, and ``rows``, how many were found. `also` are keys of subjects that are
        found too when they meet everything else asked: of a moved appointment the ledger may know more than the store.
        """
        ...

    def explain(
        self, name: str, parameters: Mapping[str, object], *, today: date, also: Collection[str] = ()
    ) -> pd.DataFrame:
        """Return how a search finds its rows, one row a condition: parameter condition sql alone left."""
        ...

    def columns(
        self, source: str, keys: Sequence[str], names: Sequence[str], *, today: date | None = None
    ) -> pd.DataFrame:
        """Return the named columns of a source, indexed by its key.

        Sources are patient, appointment, visit (an appointment that took place), invoice, quote, recall, plan,
        agreement, correspondent, practitioner and practice. Unknown keys are absent from the frame; ``practice`` has
        one row whatever the keys. `today` decides what is next, last, late or current. A list is a Python list,
        ``None`` when it is empty.
        """
        ...

    def freshness(self) -> pd.DataFrame:
        """Return when the data came: kind (of import, or ``sample``, or ``store``) as_of rows by."""
        ...

    def last_contacts(self) -> pd.DataFrame:
        """Return when each patient was last reached outside the workbench: index ``patient_id``, ``at`` (UTC)."""
        ...

    def contacts_about(self, kind: str) -> pd.DataFrame:
        """Return what was told outside the workbench of subjects of a kind, the latest last.

        Columns: subject_key occasion (an appointment's start as ``2026-11-23T09:00``, or ``""``) at (UTC).
        """
        ...

    def people(self, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return what addressing needs to know of patients, indexed by ``patient_id``.

        Columns: civility last_name first_name sex birth_date email language deceased archived family_id patient_type.
        """
        ...

    def relations(self, patient_ids: Sequence[str], role: str) -> pd.DataFrame:
        """Return who answers for patients in a role, best first.

        Columns: patient_id person_key civility last_name first_name sex email language relation rank.
        """
        ...

    def colleagues(self, correspondent_ids: Sequence[str]) -> pd.DataFrame:
        """Return colleagues as they are written to, indexed by ``correspondent_id``; unknown ones are absent.

        Columns: civility title last_name first_name sex email mss_email language.
        """
        ...

    def objections(self) -> pd.DataFrame:
        """Return the opt-outs and refused consents the store itself holds.

        Columns: patient_id address channel purpose (``""`` = every one) reason (``opted_out`` or ``no_consent``).
        """
        ...

    def selves(self, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return who else patients are, so that an opt-out by file number finds the whole person.

        Columns: patient_id person_key (a guardian or payer who is this patient) address (the patient's own); one of
        the last two is ``""`` in each row.
        """
        ...

    def calendar(self) -> PracticeCalendar:
        """Return the practice's calendar."""
        ...

    def column_names(self, source: str) -> frozenset[str]:
        """Return the columns a source has."""
        ...

    def table(self, name: str) -> pd.DataFrame:
        """Return a whole table of this practice; columns as in ``domain.tables.TABLE_COLUMNS``."""
        ...

    def reaches_beyond(self) -> bool:
        """Tell whether who asks the database may do more there than read tables: it is not bounded by `sql` alone."""
        ...

    def sql(self, question: str, values: Mapping[str, object]) -> pd.DataFrame:
        """Return what one ``select`` finds, ``:name`` in it being a value; anything but reading is refused.

        Raises
        ------
        ReadOnlyStore
            When it would do anything but read.
        BadValue
            When it is not one question that the database understands.
        """
        ...

    def close(self) -> None:
        """Close every connection."""
        ...

    def correct(
        self,
        patient_id: str,
        column: str,
        value: str | None,
        *,
        by: str,
        now: datetime,
        guardian: str | int | None = None,
    ) -> Correction:
        """Change one value of a patient's file by hand, journalled; raises ``ReadOnlyStore`` on a foreign store.

        With `guardian` (a person's key, or 1 for the first guardian) the value is that person's.
        """
        ...

    def family(self, patient_id: str) -> list[str]:
        """Return the file numbers of a patient's family, the patient's own among them."""
        ...

    def corrections(self) -> pd.DataFrame:
        """Return the corrections still to be copied back: correction_id patient_id column old new at by."""
        ...

    def copied_back(self, correction_ids: Sequence[str], *, by: str) -> list[tuple[str, str]]:
        """Take corrections off that list, since somebody copied them; returns the patient and column of each."""
        ...

    def decisions(self, *, patient_id: str = "", address: str = "") -> pd.DataFrame:
        """Return what a patient, or somebody at an address, decided about messages, oldest first.

        Columns: at patient_id address channel purpose state source by.
        """
        ...

    def decide(
        self,
        *,
        patient_id: str,
        address: str,
        channel: str,
        purpose: str,
        state: str,
        source: str,
        by: str,
        now: datetime,
    ) -> None:
        """Write a decision down; raises ``ReadOnlyStore`` on a foreign store."""
        ...

    def closures(self, start: date, end: date) -> pd.DataFrame:
        """Return the closures and leaves that touch the days between two, both included.

        Columns: kind starts_on ends_on reason site practitioner replacement replacement_phone.
        """
        ...

    def holidays(self, start: date, end: date) -> list[tuple[date, str]]:
        """Return the public holidays between two days, both included, with their names."""
        ...

    def close_days(self, days: Sequence[date], *, reason: str, site_id: str) -> int:
        """Declare days closed; raises ``ReadOnlyStore`` on a foreign store."""
        ...

    def reopen_days(self, days: Sequence[date], *, site_id: str) -> int:
        """Take the declared closure of days back; raises ``ReadOnlyStore`` on a foreign store."""
        ...

    def take_leave(
        self,
        practitioner: str,
        starts_on: date,
        ends_on: date,
        *,
        reason: str,
        replacement: str,
        replacement_phone: str,
    ) -> None:
        """Write a practitioner's leave down; raises ``ReadOnlyStore`` on a foreign store."""
        ...

    def responsible(self, patient_id: str) -> pd.DataFrame:
        """Return the guardians and payers of one patient, best first.

        Columns: role relation rank person_key own_patient_id civility last_name first_name email phone mobile.
        """
        ...

    def set_practice(self, values: Mapping[str, str | None]) -> None:
        """Change what the practice says of itself, by column; raises ``ReadOnlyStore`` on a foreign store."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery taken from the outbox by one sender: frozen, ready to be rendered."""

    delivery_id: int
    token: str
    mailing_id: int
    template_revision_id: int
    address: str
    recipient: str
    language: str
    channel: str
    purpose: str
    patient_id: str
    values: Mapping[str, object]
    attempts: int
    attachments: tuple[str, ...] = field(default=())


class Outbox(Protocol):
    """The pending deliveries of one mailing, as one sender sees them."""

    def claim(self, limit: int, *, now: datetime) -> list[Claimed]:
        """Take up to `limit` due rows for this sender alone, opt-outs applied again (P13)."""
        ...

    def turn(self, results: Sequence[Outcome], about_to_go: Sequence[Letter], *, now: datetime) -> None:
        """Write outcomes and « in flight » lines in one durable commit (P3).

        Raises
        ------
        JournalBroken
            When it could not be written, or a row is no longer this sender's: nothing of `about_to_go` may leave.
        """
        ...

    def release(self, delivery_ids: Sequence[int]) -> None:
        """Give back claimed rows that were not sent."""
        ...

    def next_due(self) -> datetime | None:
        """Return when the earliest row that nobody holds becomes due (maybe in the past), or nothing without any."""
        ...

    def held_elsewhere(self) -> int:
        """Return how many open rows other senders hold: they may come back when a sender dies."""
        ...

    def recover(self, *, now: datetime) -> None:
        """Give back what senders that died meanwhile held: waiting rows wait again, leaving ones are in doubt."""
        ...


class Queue(Protocol):
    """Where a transport takes its letters from."""

    def take(self) -> Letter | None:
        """Return the next letter, or nothing when there is none now."""
        ...


class Journal(Protocol):
    """What a transport must tell before and after each letter."""

    def turn(self, results: Sequence[Outcome], about_to_go: Sequence[Letter]) -> None:
        """Record outcomes and the letters whose content is about to leave; returns once that is durable."""
        ...

    @property
    def stopping(self) -> bool:
        """Whether the transport should finish what is in flight, take no more, and return."""
        ...


class Transport(Protocol):
    """A way for messages to leave the practice.

    `deliver` takes letters until the queue is empty and every one taken has an outcome, then returns.
    It raises a ``SendingStopped`` when the way itself is closed; letters taken but not announced by
    ``journal.turn(…, about_to_go)`` may then be forgotten: the sender gives their rows back.
    """

    def deliver(self, queue: Queue, journal: Journal) -> None:
        """Send everything in `queue`, telling `journal`."""
        ...


# --- the ledger ---------------------------------------------------------------------------------------


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
        self, plan: MailingPlan, *, template: Template, account: str, by: str, now: datetime
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

    def standing(self, mailing_id: int, *, now: datetime) -> MailingStanding:
        """Return where a mailing stands, and whether somebody is sending it."""
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

    def cancel(self, mailing_id: int, *, by: str, now: datetime) -> int:
        """Cancel what has not left."""
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

    def told(self, kind: str) -> pd.DataFrame:
        """Return what has been told of all subjects of a kind, the latest last: subject_key occasion at (UTC)."""
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

    def start_sender(self, *, user: str, now: datetime) -> AbstractContextManager[object]:
        """Register a sender for the time of a ``with``."""
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

    def close(self) -> None:
        """Close every connection."""
        ...
