"""How the ledger is: its file, its copies, and whether it may send; for the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from workbench.domain.arming import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyState:
    """What there is of daily copies: the last one's day, how many, and whether the disk has room for another.

    `by_server` says that the ledger is a server's database, which the server's own backups copy.
    """

    by_server: bool = False
    last: date | None = None
    count: int = 0
    room: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHealth:
    """How the ledger is.

    `damage` is SQLite's word for what is wrong with the file, searched whole; `unclean` says that its last user had not
    closed it; `log_bytes` stand in its write-ahead log; `since` and `until` are the days of its first and its last act.
    """

    standing: Standing
    copies: CopyState
    unclean: bool = False
    damage: str = ""
    log_bytes: int = 0
    since: date | None = None
    until: date | None = None
