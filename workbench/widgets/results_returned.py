"""Returned mail on the results page: reports that are dropped there, matched, and recorded once a person says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.displays.subjects import label_at
from workbench.domain.delivery_reports import MOST_BYTES
from workbench.errors import UsageError
from workbench.language import _, n_
from workbench.practice.returning import MOST_FILES
from workbench.widgets.view import by_number

if TYPE_CHECKING:
    from workbench.practice import Practice

Answers = dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any] | None]]


def returned_labels() -> dict[str, str]:
    """Return the words of returned mail."""
    return {
        "returned": _("Returned mail…"),
        "returned_title": _("Returned mail"),
        "returned_drop": _(
            "A message that could not be delivered comes back to your mail program. Save it there (.eml), then drop it "
            "here, or choose the file: several at once if you like."
        ),
        "returned_choose": _("Choose files…"),
        "returned_list": _("Messages that came back"),
        "returned_left": _("Files of which nothing is to be recorded"),
        "returned_again": _("Nothing is sent again by itself: correct the address, then send the message again."),
        "returned_undo": _("It did not come back"),
        "returned_close": _("Close"),
        **by_number("returned_reading", lambda count: n_("{count} file is read…", "{count} files are read…", count)),
        **by_number(
            "returned_record",
            lambda count: n_("Record {count} message as returned", "Record {count} messages as returned", count),
        ),
    }


class ReturnedMail:
    """The files that were brought to the page, and what is done about them.

    Parameters
    ----------
    practice
        The practice whose messages came back.
    content
        Gives the bytes beside the question that is being answered.
    forget
        Is called once something was recorded: what was read before is no longer so.
    moment
        Says when something was, for the eye.
    leads
        Whether the page can lead to a patient's file.
    """

    def __init__(
        self,
        practice: Practice,
        content: Callable[[], Sequence[Any]],
        forget: Callable[[], None],
        moment: Callable[[pd.Timestamp], str],
        *,
        leads: bool,
    ) -> None:
        self._practice = practice
        self._content = content
        self._forget = forget
        self._moment = moment
        self._leads = leads
        self._brought: dict[str, bytes] = {}
        self._found: pd.DataFrame | None = None

    def answers(self) -> Answers:
        """Return what the page can ask."""
        return {
            "returned_bring": self._bring,
            "returned_read": self._read,
            "returned_record": self._record,
            "returned_withdraw": self._withdraw,
        }

    def _bring(self, asked: Mapping[str, Any]) -> None:
        """Take the beginning of a file in; the first one of several begins anew."""
        if asked.get("first"):
            self._brought = {}
        if len(self._brought) > MOST_FILES:  # said once all are there
            return
        name = wanted = str(asked["name"])
        number = 1
        while name in self._brought:
            number += 1
            name = f"{wanted} ({number})"
        given = self._content()
        self._brought[name] = bytes(given[0][:MOST_BYTES]) if given else b""

    def _read(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        brought, self._brought = self._brought, {}
        found = self._found = self._practice.returned(brought)
        rows = found.to_dict("records")
        return {
            "found": [self._told(row) for row in rows if not row["trouble"]],
            "left": [[str(row["file"]), str(row["trouble"])] for row in rows if row["trouble"]],
        }

    def _record(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if self._found is None:
            raise UsageError(_("These files are not here any more: choose them once more."))
        chosen = [int(number) for number in asked["deliveries"]]
        count = self._practice.record_returned(self._found[self._found["delivery_id"].isin(chosen)])
        self._forget()
        said = n_("{count} message is recorded as returned.", "{count} messages are recorded as returned.", count)
        return {"said": said.format(count=count)}

    def _withdraw(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._practice.withdraw_returned(int(asked["delivery"]))
        self._forget()
        return {"said": _("The message stands as it did before, and its address counts as good.")}

    def _told(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        sent = "" if pd.isna(row["decided_at"]) else self._moment(row["decided_at"])
        return {
            "delivery": int(row["delivery_id"]),
            "patient": str(row["patient_id"]) if self._leads else "",
            "recipient": str(row["recipient"] or row["address"]),
            "address": str(row["address"]),
            "message": str(row["message"]),
            "about": " · ".join(
                part for part in (label_at(self._practice, str(row["template"])), sent, str(row["file"])) if part
            ),
        }
