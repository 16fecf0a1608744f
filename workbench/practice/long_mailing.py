"""A mailing to a list too long to be held: worked out part by part, everybody checked before anybody is queued.

What a part says goes to a spool and into counts, and is forgotten; the ledger is read in parts, too. Memory does not
grow with the list (DESIGN 7). What is promised is what `Mailing` promises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.addresses import address_key
from workbench.domain.deliveries import NewDelivery
from workbench.domain.frames import FINDING_COLUMNS
from workbench.domain.mailings import MailingPlan, MailingProgress, Tally
from workbench.domain.templates import Template
from workbench.errors import NotConfirmed, UsageError, WorkspaceError
from workbench.language import _, n_
from workbench.merging.preflight import shared_address
from workbench.merging.table_identity import Numbers, are_among, repeated_among
from workbench.practice.attaching import ASKED, mailing_size, to_decide
from workbench.practice.letterheads import Choices
from workbench.practice.mailing import STALE, Mailing
from workbench.practice.parts import LongList
from workbench.practice.preparing import Prepared, Shared
from workbench.practice.spool import Spool

if TYPE_CHECKING:
    from workbench.domain.accounts import Account
    from workbench.practice.practice import Practice

SHOWN = 10_000
"""So many findings are told with their recipient; of each further one only the first few. All are counted."""

_FEW = 5

_SENTENCES = 500
"""So many different findings are told apart by their sentence; further ones are counted with the last of their code."""

_OF_THE_WHOLE = frozenset({"shared_address", "large_mailing"})
"""Findings that no part can tell of the whole list; so is what waits for a file (`ASKED`)."""

_TOLD_EVERY = 0.1
"""Seconds between two words about how much of the list is queued."""


class FoundInParts:
    """What the check found in all parts: each sentence once, how many recipients it is about, and who the first are."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, str], list[str]] = {}
        self._by_code: dict[tuple[str, str], tuple[str, str, str]] = {}
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._told = 0
        self.names: dict[str, str] = {}

    def add(self, findings: pd.DataFrame, names: dict[str, str], *, first: bool) -> None:
        """Add what was found in a part; what concerns everybody is taken from the `first` one."""
        for recipient, severity, code, message in findings[list(FINDING_COLUMNS)].itertuples(index=False):
            if code in _OF_THE_WHOLE or code.startswith(f"{ASKED}:") or (not recipient and not first):
                continue
            self.tell(str(severity), str(code), str(message), str(recipient), names.get(recipient, ""))

    def tell(self, severity: str, code: str, message: str, recipient: str, name: str) -> None:
        """Add one finding about one recipient."""
        key = (severity, code, message)
        if key not in self._groups and len(self._groups) >= _SENTENCES:
            key = self._by_code.get((severity, code), key)
        told = self._groups.setdefault(key, [])
        self._by_code[severity, code] = key
        self._counts[key] += 1
        if self._told < SHOWN or len(told) < _FEW:
            self._told += 1
            told.append(recipient)
            self.names[recipient] = name

    def frame(self) -> pd.DataFrame:
        """Return the first findings of each sentence; ``attrs["counts"]`` says of how many recipients each one is."""
        rows = [
            (recipient, severity, code, message)
            for (severity, code, message), told in self._groups.items()
            for recipient in told
        ]
        columns = zip(*rows, strict=True) if rows else ([] for _name in FINDING_COLUMNS)
        frame = pd.DataFrame(
            {name: pd.Series(list(column), dtype=object) for name, column in zip(FINDING_COLUMNS, columns, strict=True)}
        )
        frame.attrs["counts"] = {(key[0], key[2]): count for key, count in self._counts.items()}
        return frame


class SharedAddresses:
    """Which addresses several addressees of a list have, found by 64-bit hashes: sixteen bytes a recipient."""

    def __init__(self) -> None:
        self._addresses: list[Numbers] = []
        self._addressees: list[Numbers] = []

    def add(self, addresses: list[str], addressees: list[str]) -> None:
        """Add those of a part who may leave."""
        count = len(addresses)
        self._addresses.append(np.fromiter(map(hash, map(address_key, addresses)), dtype=np.int64, count=count))
        self._addressees.append(np.fromiter(map(hash, addressees), dtype=np.int64, count=count))

    def end(self) -> dict[int, int]:
        """Return how many addressees have each address that more than one has, by the address's hash."""
        repeated = repeated_among(self._addresses)
        pairs = [np.empty((0, 2), dtype=np.int64)]
        for addresses, addressees in zip(self._addresses, self._addressees, strict=True):
            places = are_among(repeated, addresses)
            pairs.append(np.column_stack([addresses[places], addressees[places]]))
        self._addresses, self._addressees = [], []
        found, counts = np.unique(np.unique(np.concatenate(pairs), axis=0)[:, 0], return_counts=True)
        several = counts > 1
        return dict(zip(found[several].tolist(), counts[several].tolist(), strict=True))


@dataclass(slots=True)
class Worked:
    """A long list worked out, and when that was done."""

    at: datetime
    changes: int
    again: bool
    first: Prepared
    spool: Spool
    found: FoundInParts
    warnings: Counter[str] = field(default_factory=Counter)


class LongMailing(Mailing):
    """A mailing of one template to a long list. It is counted, checked and sent; who is on it is read in parts.

    Made by ``practice.mailing(...)`` of a `LongList`.
    """

    def __init__(
        self,
        practice: Practice,
        rows: LongList,
        template: Template,
        account: Account,
        plan: MailingPlan,
        *,
        choices: Choices | None = None,
        mailing_id: int | None = None,
    ) -> None:
        super().__init__(practice, pd.DataFrame(), template, account, plan, choices=choices, mailing_id=mailing_id)
        self._list = rows
        self._worked: Worked | None = None

    # --- before anything leaves -----------------------------------------------------------------------

    def _looked_at(self, *, fresh: bool = False, again: bool | None = None) -> Prepared:
        raise UsageError(_("This list is too long to be looked at as a whole: search for a part of it."))

    def check(self) -> pd.DataFrame:
        """Render every message once and return the findings.

        Returns
        -------
        DataFrame
            As `Mailing.check`, but for the rest of more than `SHOWN` findings; ``attrs["counts"]`` says by severity
            and message how many there are.
        """
        return self._work(fresh=True).found.frame()

    @property
    def recipients(self) -> pd.DataFrame:
        """The recipients whom the findings name: ``recipient_id recipient``, and the first ones of the list."""
        worked = self._work()
        names = dict(worked.found.names)
        for row in next(worked.spool.blocks(), []):
            names.setdefault(row.recipient_id, row.recipient)
        return pd.DataFrame({"recipient_id": [*names], "recipient": [*names.values()]}, dtype=object)

    def planned(self, *, again: bool = False) -> Tally:
        """Return where the mailing would stand if it were confirmed now; as `Mailing.planned`."""
        worked = self._work(again=again)
        foretold = self._practice.ledger.mailings.forecast(
            self.id,
            worked.spool,
            purpose=self.template.occasion_purpose,
            step=self.template.step,
            again=again,
            complete=True,
        )
        return foretold.planned

    def _work(self, *, fresh: bool = False, again: bool | None = None) -> Worked:
        """Check everybody, part by part, unless that was done just now."""
        now, known = self._practice.now(), self._worked
        if again is None:
            again = known is not None and known.again
        again = again and bool(self.template.group)
        same = known is not None and (known.again, known.changes) == (again, self._practice.changes)
        if known is not None and same and not fresh and now - known.at <= STALE:
            return known
        self._forget()
        spool = Spool(self._practice.path)
        try:
            self._worked = self._worked_out(spool, now, again=again)
        except OSError as error:
            spool.close()
            raise WorkspaceError(
                _("The checked messages cannot be kept in {folder} ({cause}); nothing was sent.").format(
                    folder=self._practice.path, cause=error.strerror or error
                )
            ) from error
        except BaseException:
            spool.close()
            raise
        return self._worked

    def _worked_out(self, spool: Spool, now: datetime, *, again: bool) -> Worked:
        practice, total = self._practice, self._list.rows
        self.account = self.account_now()
        shared = Shared(practice, self.template, self.account, self.choices)
        found, addresses = FoundInParts(), SharedAddresses()
        waiting: Counter[tuple[str, str]] = Counter()
        messages = size = 0
        changes = practice.changes
        first: Prepared | None = None
        done = 0
        for part in self._list.parts():
            prepared = Prepared(
                practice,
                part.subjects,
                self.template,
                self.account,
                self.plan,
                now=now,
                again=again,
                shared=shared,
                first=part.first,
                repeated=part.repeated,
            )
            checked = prepared.check()
            frame = prepared.found.frame
            names = dict(zip(frame["recipient_id"].tolist(), frame["recipient"].tolist(), strict=True))
            found.add(checked.findings, names, first=first is None)
            leaving = frame[checked.reasons == ""]
            addresses.add(leaving["address"].tolist(), leaving["addressee_key"].tolist())
            spool.add(self._deliveries(prepared))
            waiting.update({(key, what): count for key, (what, count) in prepared.waiting_files.items()})
            messages, size = messages + prepared.load[0], size + prepared.load[1]
            first = first or prepared
            done += len(part.subjects)
            if self.checking is not None:
                self.checking(min(done, total), total)
        asked = (to_decide(key, what, count) for (key, what), count in waiting.items())
        for whole in (*asked, *mailing_size(practice, messages, size)):
            found.tell(str(whole.severity), whole.code, whole.message, "", "")
        several = addresses.end()
        if several:
            for row in spool:
                count = several.get(hash(address_key(row.address)), 0) if not row.reason else 0
                if count:
                    told = shared_address(row.recipient_id, count)
                    found.tell(str(told.severity), told.code, told.message, row.recipient_id, row.recipient)
        if first is None:
            raise UsageError(_("The search found nobody: there is no message."))
        # Now, not as it began: a list whose check takes long would be checked again and again.
        return Worked(at=practice.now(), changes=changes, again=again, first=first, spool=spool, found=found)

    def _planned_rows(self) -> Iterable[NewDelivery]:
        return () if self._worked is None else self._worked.spool

    def _forget(self) -> None:
        if self._worked is not None:
            self._worked.spool.close()
            self._worked = None

    # --- sending ----------------------------------------------------------------------------------------

    def send(  # type: ignore[override]
        self,
        confirmed: bool = False,
        *,
        connections: int | None = None,
        again: bool = False,
        progress: Callable[[MailingProgress], None] | None = None,
    ) -> pd.DataFrame:
        """Queue the whole list and send what is due; as `Mailing.send`, but what is returned has no rows.

        They are in ``practice.results_in_parts(mailing.id)``.
        """
        if not confirmed:
            count = self.forecast(again=again).pending
            raise NotConfirmed(
                n_(
                    "{count} message is ready. Confirm with send(confirmed=True).",
                    "{count} messages are ready. Confirm with send(confirmed=True).",
                    count,
                ).format(count=count),
                count=count,
            )
        worked = self._work(again=again)
        self._refuse_blocked(worked.first)
        self._queue(_told(worked.spool, progress), worked.first.letterhead, again=again, complete=True)
        self._forget()
        return self._drained(None, connections=connections, progress=progress, results=False)


def _told(
    spool: Spool, progress: Callable[[MailingProgress], None] | None, *, clock: Callable[[], float] = monotonic
) -> Iterator[NewDelivery]:
    """Give the rows of a spool, and tell now and then how many of them were taken: the ledger has those."""
    queued, last = 0, clock()
    for block in spool.blocks():
        yield from block
        queued += len(block)
        if progress is not None and (queued == spool.rows or clock() - last >= _TOLD_EVERY):
            last = clock()
            progress(MailingProgress(total=spool.rows, pending=spool.rows, queued=queued))
