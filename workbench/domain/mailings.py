"""A mailing (« publipostage »): its identity, its statuses, what was found before it left."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from workbench.domain.deliveries import SUPERSEDED
from workbench.domain.departures import NextDeparture, WaitingFor
from workbench.errors import ForbiddenMove
from workbench.language import _

TRIAL = "trial:"
"""The key of a mailing begins so that is one message to oneself, to see it arrive; whom it tells of ends the key."""

ALERT = "alert:"
"""The key of a mailing begins so that tells the practice what a job did."""

TO_ONESELF = (TRIAL, ALERT)
"""Mailings whose keys begin so are the practice's to itself: nobody means them who asks for the latest one."""


def trial_key(token: str, patients: Collection[str]) -> str:
    """Return the key of a message to oneself that tells of patients: in nobody's history, and forgotten with each."""
    return f"{TRIAL}{token}" + "".join(map(trial_of, sorted({*patients} - {""})))


def trial_of(patient_id: str) -> str:
    """Return what stands in the keys of the messages to oneself that tell of a patient, and in no others."""
    return f"[{patient_id}]"


class MailingStatus(StrEnum):
    """Where a mailing stands (DESIGN 8.4)."""

    DRAFT = "draft"
    QUEUED = "queued"
    AWAITING_APPROVAL = "awaiting_approval"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    CANCELLED = "cancelled"


M = MailingStatus
ALLOWED_MAILING_MOVES: dict[MailingStatus, frozenset[MailingStatus]] = {
    M.DRAFT: frozenset({M.QUEUED, M.AWAITING_APPROVAL, M.FINISHED, M.CANCELLED}),
    M.AWAITING_APPROVAL: frozenset({M.QUEUED, M.CANCELLED}),
    M.QUEUED: frozenset({M.SENDING, M.PAUSED, M.STOPPED, M.FINISHED, M.CANCELLED}),
    M.SENDING: frozenset({M.QUEUED, M.PAUSED, M.STOPPED, M.FINISHED, M.CANCELLED}),
    M.PAUSED: frozenset({M.QUEUED, M.SENDING, M.FINISHED, M.CANCELLED}),
    M.STOPPED: frozenset({M.QUEUED, M.SENDING, M.FINISHED, M.CANCELLED}),
    # Newly found rows, a retry or a settled doubt open it again; where somebody's word is asked, the new rows wait.
    M.FINISHED: frozenset({M.QUEUED, M.AWAITING_APPROVAL, M.CANCELLED}),
    M.CANCELLED: frozenset({M.QUEUED}),  # only « again », on purpose
}
SENDABLE = frozenset({M.QUEUED, M.SENDING, M.STOPPED, M.FINISHED})
"""Statuses in which open rows may be taken by a sender: not a draft, not waiting for somebody's word, not paused."""


def check_mailing_move(old: MailingStatus, new: MailingStatus) -> None:
    """Raise `ForbiddenMove` unless `new` may follow `old`."""
    if new not in ALLOWED_MAILING_MOVES[old]:
        raise ForbiddenMove(_("A mailing that is « {old} » cannot become « {new} ».").format(old=old, new=new))


class Severity(StrEnum):
    """How much a finding weighs: an error leaves the recipient out, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Trouble with one recipient's row (or, with no recipient, with the template itself)."""

    code: str
    severity: Severity
    message: str
    recipient: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingPlan:
    """What a mailing is, frozen: who was looked for, with which email type, account and role (8.3, 8.15)."""

    template: str
    account: str
    role: str
    channel: str
    search: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    table_digest: str = ""
    key: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """What was asked once for everybody, by field code; days as ``2026-12-24``."""

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that are written to, the first one leading; `role` names them with commas between."""
        return tuple(self.role.split(","))

    def definition(self) -> dict[str, Any]:
        """Everything but the key: what two mailings of the same identity share."""
        return {
            "template": self.template,
            "account": self.account,
            "role": self.role,
            "channel": self.channel,
            "search": self.search,
            "parameters": dict(sorted(self.parameters.items())),
            "table": self.table_digest,
            # Said where something was asked: every other mailing keeps the identity it always had.
            **({"values": dict(sorted(self.values.items()))} if self.values else {}),
        }

    def identity(self) -> str:
        """``key:NAME`` when a person named the mailing, else a digest of its definition."""
        return f"key:{self.key}" if self.key else identity_of(self.definition())


def identity_of(definition: Mapping[str, Any]) -> str:
    """Return the identity of a mailing that nobody named, of what its definition says."""
    text = json.dumps(definition, sort_keys=True, ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The rows of a mailing by where they stand; they add up to the list.

    `cancelled` are those that a person took back: rows that others replace are no part of the list any more.
    """

    sent: int = 0
    failed: int = 0
    in_doubt: int = 0
    skipped: int = 0
    pending: int = 0
    cancelled: int = 0

    @property
    def exit_status(self) -> int:
        """The command line's: rows still open 1, some failed or in doubt 3, else 0 (DESIGN 5)."""
        if self.pending:
            return 1
        return 3 if self.failed or self.in_doubt else 0


@dataclass(frozen=True, slots=True)
class Tally:
    """The rows of a mailing by where they stand and why: how many of each ``(status, reason)``."""

    rows: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def together(cls, tallies: Iterable[Tally]) -> Tally:
        """Return the rows of several mailings as one."""
        rows: Counter[tuple[str, str]] = Counter()
        for one in tallies:
            rows.update(one.rows)
        return cls(dict(rows))

    @property
    def counts(self) -> Counts:
        """The rows of the list by where they stand alone; those that are leaving count as pending."""
        of_list = self.of_list
        found = {
            status: sum(of_list.of(status).values())
            for status in ("sent", "failed", "in_doubt", "skipped", "pending", "sending", "cancelled")
        }
        found["pending"] += found.pop("sending")
        return Counts(**found)

    @property
    def of_list(self) -> Tally:
        """Without the rows that others replace, or that are not in the list any more."""
        return Tally({key: count for key, count in self.rows.items() if key != ("cancelled", SUPERSEDED)})

    @property
    def replaced(self) -> int:
        """How many rows others replace, or are not in the list any more: they stand in the results all the same."""
        return self.rows.get(("cancelled", SUPERSEDED), 0)

    def of(self, status: str) -> dict[str, int]:
        """Return the rows of one status by their reason, the most frequent first."""
        found = {reason: count for (known, reason), count in self.rows.items() if known == status and count}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Where a mailing would stand were a list queued now; `leaving` of its open rows are the list's own."""

    tally: Tally
    leaving: int

    @property
    def planned(self) -> Tally:
        """The rows with none open but those that are leaving."""
        rest = {key: count for key, count in self.tally.rows.items() if key[0] not in ("pending", "sending")}
        return Tally({**rest, ("pending", ""): self.leaving})


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingRecord:
    """A mailing as the ledger holds it; `created` tells that it was not there before this call.

    `hours` are the sending hours that it keeps to since it was last confirmed, ``""`` for none.
    """

    id: int
    status: MailingStatus
    reason: str
    identity: str
    key: str
    template: str
    template_revision_id: int
    account: str
    role: str
    channel: str
    search: str
    parameters: Mapping[str, str]
    purpose: str
    step: str
    opened_at: datetime
    opened_by: str
    created: bool = False
    hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnqueueReport:
    """What queueing a list did to a mailing's rows.

    `added` rows are new (some of them left out with their reason), `reopened` ones were left out and may leave
    now, `refreshed` ones were waiting and are as they are today, `kept` ones stay as they were; `duplicates`
    counts, among all of them, those already written to for their occasion. `superseded` rows were cancelled:
    others replace them, or the whole list does not name them any more. `again` is the round, 0 the first time.
    """

    added: int = 0
    reopened: int = 0
    refreshed: int = 0
    kept: int = 0
    superseded: int = 0
    duplicates: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingProgress:
    """Where a mailing stands while it is being sent; the first five numbers add up to `total`.

    `beside` of the pending rows are not being sent now: they wait for a word of their own. While nothing leaves,
    `waiting_until` is when the next message may, and `waiting_for` why not before. `queued` tells, before anything
    leaves, how many rows of a long list are in the ledger so far; then nothing else but `total` is known.
    `cancelled` rows, which a person took back, are not in `total`.
    """

    total: int
    sent: int = 0
    failed: int = 0
    in_doubt: int = 0
    skipped: int = 0
    pending: int = 0
    cancelled: int = 0
    in_flight: int = 0
    beside: int = 0
    waiting_until: datetime | None = None
    waiting_for: WaitingFor = WaitingFor.NOTHING
    mailing_id: int | None = None
    queued: int | None = None

    @classmethod
    def at_rest(cls, counts: Counts) -> MailingProgress:
        """Return where a mailing of these counts stands while nothing of it is leaving."""
        told = {name: getattr(counts, name) for name in ("sent", "failed", "in_doubt", "skipped", "pending")}
        return cls(total=sum(told.values()), cancelled=counts.cancelled, **told)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingStanding:
    """Where a queued mailing stands; `at_work` tells that somebody alive is sending it."""

    record: MailingRecord
    tally: Tally
    at_work: bool = False


INTERRUPTED = "interrupted"
"""The stage of a mailing whose sender died: its status says sending, and nobody sends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingStage:
    """How a mailing stands for a person: what its status alone does not say while it is being sent.

    `departure` is when the next message leaves, and why not before, while a sender waits for that; `interrupted`
    tells that no sender is alive.
    """

    status: MailingStatus
    interrupted: bool = False
    departure: NextDeparture | None = None

    @property
    def code(self) -> str:
        """``interrupted``, ``waiting_undo``, ``waiting_limits``, ``waiting_hours``, ``waiting_retry`` or the status."""
        if self.interrupted:
            return INTERRUPTED
        return f"waiting_{self.departure.waiting_for}" if self.departure is not None else str(self.status)

    @property
    def moves(self) -> bool:
        """Whether it may go on by itself; otherwise it stands as it does until a person decides something."""
        return not self.interrupted and self.status in (MailingStatus.QUEUED, MailingStatus.SENDING)


STAGES = (*(str(status) for status in MailingStatus), INTERRUPTED, *(f"waiting_{why}" for why in WaitingFor if why))
"""The codes of all stages."""
