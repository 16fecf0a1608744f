"""The rows of a mailing as the results page lists them: those that need a person first, filtered, searched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pandas as pd

from workbench.displays.outcomes import outcome_told, reply_of
from workbench.displays.words import number_words
from workbench.displays.words import shown as word_of
from workbench.domain.deliveries import SUPERSEDED, Standing, standing_of
from workbench.domain.returned_mail import cause_in, sentence_of_return
from workbench.domain.summaries import STATUS_WORDS
from workbench.language import _, marked
from workbench.widgets.folding import folded

STATES = ("in_doubt", "failed", "skipped", "pending", "cancelled", "sent")
"""The states of a message in the order in which a person looks at them."""

NUMBERED = ("sent", "failed", "in_doubt", "skipped", "pending", "cancelled")
"""The states in the order in which their numbers are told."""

_CAME_BACK = ("↩", marked("Came back"))


class ResultRows:
    """The rows of a mailing, as ``practice.results(number, identities=True)`` gives them.

    Parameters
    ----------
    results
        The rows.
    settled
        The deliveries that were tried again since, by another mailing: they need nobody here.
    """

    def __init__(self, results: pd.DataFrame, settled: Collection[int] = ()) -> None:
        status = results["status"].astype(str).replace({"sending": "pending"})
        of_list = ~((status == "cancelled") & (results["reason"] == SUPERSEDED))
        results, status = results[of_list], status[of_list]
        order = status.map({state: place for place, state in enumerate(STATES)}).astype("int64")
        kept = order.sort_values(kind="stable").index
        self.frame = results.loc[kept].reset_index(drop=True)
        self._settled = self.frame["delivery_id"].isin([*settled])
        self._states = status.loc[kept].reset_index(drop=True)
        counted = self._states.value_counts()
        self.counts = {name: int(counted.get(name, 0)) for name in NUMBERED}
        self._folded: pd.Series | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def to_settle(self) -> int:
        """How many rows need a person: uncertain, failed, or to be corrected."""
        return int(self._first().sum())

    def places(self, state: str, search: str) -> list[int]:
        """Return the positions of the rows that are listed."""
        listed = pd.Series(True, index=self.frame.index)
        if state == "first":
            listed = self._first()
        elif state:
            listed = self._states == state
        words = folded([search])[0].split()
        if words:
            if self._folded is None:
                texts = self.frame["recipient"].fillna("") + " " + self.frame["address"].fillna("")
                texts = texts + " " + self.frame["patient_id"].fillna("")
                self._folded = pd.Series(folded(texts.tolist()), index=self.frame.index, dtype=object)
            for word in words:
                listed = listed & self._folded.str.contains(word, regex=False)
        return [int(place) for place in listed.to_numpy().nonzero()[0]]

    def _first(self) -> pd.Series:
        reasons = {reason: standing_of(str(reason)) is Standing.TO_CORRECT for reason in self.frame["reason"].unique()}
        correct = (self._states == "skipped") & self.frame["reason"].map(reasons).astype(bool)
        back = {reason: bool(cause_in(str(reason))) for reason in reasons}
        undelivered = ((self._states == "failed") | correct) & ~self._settled
        return undelivered | (self._states == "in_doubt") | self.frame["reason"].map(back).astype(bool)


def row_told(row: Mapping[Any, Any], moment: Callable[[pd.Timestamp], str]) -> dict[str, Any]:
    """Return what the page shows of one row."""
    status, reason = str(row["status"]), str(row["reason"] or "")
    reply, told = reply_of(row), outcome_told(row)
    back = cause_in(reason)  # it was accepted, and came back later
    if back:
        told = sentence_of_return(back, str(row["address"] or "").rpartition("@")[2])
    elif status in ("failed", "sent", "in_doubt") and reply:
        code = "" if pd.isna(row["smtp_code"]) else f"{int(row['smtp_code'])} "
        told = f"{told} {code}{reply}".strip()
    to_correct = status == "skipped" and standing_of(reason) is Standing.TO_CORRECT
    patient = str(row["patient_id"] or "")
    sign, word = _CAME_BACK if back else STATUS_WORDS[status]
    return {
        "delivery": int(row["delivery_id"]),
        "patient": patient,
        "recipient": str(row["recipient"] or "–"),
        "role": word_of("role", row["role"]) or "",
        "address": str(row["address"] or "–"),
        "state": "returned" if back else "pending" if status == "sending" else status,
        "words": f"{sign} {_(word)}",
        "reason": told,
        "attempts": int(row["attempts"]),
        "time": "" if pd.isna(row["decided_at"]) else moment(row["decided_at"]),
        "file": "complete" if patient and to_correct else "open" if patient and (status == "failed" or back) else "",
        "sent": status in ("sent", "in_doubt", "failed"),
    }


def states_told(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the numbers of a list, which add up to it; the usual four are always told."""
    return [
        {"state": name, "words": number_words(name), "count": counts[name]}
        for name in NUMBERED
        if counts[name] or name in ("sent", "failed", "in_doubt", "skipped")
    ]
