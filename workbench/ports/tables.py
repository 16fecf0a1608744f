"""What the core asks of a ledger's tidy tables."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd


class TableBook(Protocol):
    """Whole tables of the ledger as frames, each with its columns in ``domain.frames``; moments in UTC."""

    def mailings(self) -> pd.DataFrame:
        """Return every mailing, the oldest first (``MAILING_TABLE_COLUMNS``)."""
        ...

    def deliveries(self, *, since: datetime | None = None) -> pd.DataFrame:
        """Return every delivery, or those queued or decided since an instant (``RESULT_COLUMNS``)."""
        ...

    def told(self, *, kind: str = "") -> pd.DataFrame:
        """Return what messages tell of (``TOLD_COLUMNS``), ``starts_at`` by the practice's wall clock."""
        ...

    def events(self, *, since: datetime | None = None) -> pd.DataFrame:
        """Return what happened, in the order of time (``EVENT_COLUMNS``)."""
        ...

    def runs(self) -> pd.DataFrame:
        """Return the runs of notebooks, the oldest first (``RUN_COLUMNS``)."""
        ...

    def run_mailings(self) -> pd.DataFrame:
        """Return which mailings each run confirmed (``RUN_MAILING_COLUMNS``)."""
        ...
