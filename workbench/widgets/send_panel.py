"""The send cell: the numbers, one confirmation of exactly these numbers, the sending, and what became of everyone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.displays.audience import notebook_shell
from workbench.displays.cells import friendly
from workbench.displays.outcomes import outcome_told
from workbench.displays.sending import retry_question, state_of
from workbench.displays.stages import stage_words
from workbench.displays.words import heading, shown, status_words
from workbench.domain.deliveries import SUPERSEDED, DeliveryStatus, Standing, standing_of
from workbench.domain.mailings import MailingStatus
from workbench.errors import UsageError
from workbench.language import _, n_
from workbench.practice.dispatcher import Dispatcher
from workbench.practice.situation import Doing
from workbench.widgets.folding import folded
from workbench.widgets.view import STATIC, View

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd

    from workbench.practice import Mailing

SHOWN_ROWS = 50
"""Rows of the table of those who need a person that are shown at once; a search finds the others."""

FIRST_WORD = 15.0
"""Seconds that a page may take to say its first word to a cell that waits for a click."""

_COLUMNS = ("recipient", "address", "status", "reason", "attempts", "decided_at")
_WAITING_COLUMNS = ("recipient", "address")
_NEEDING = ("in_doubt", "failed", "skipped", "cancelled")
_GOING = (Standing.READY, Standing.TO_READ)
_TO_SEND_ANEW = (DeliveryStatus.FAILED, DeliveryStatus.SKIPPED, DeliveryStatus.CANCELLED)


class SendPanel(View):
    """The live panel of one mailing, or of whichever mailing `mailing_of` gives until one is confirmed.

    Parameters
    ----------
    mailing_of
        Gives the mailing; asked again at each `renew`.
    connections, again
        As for ``Mailing.send``.
    """

    _esm = STATIC / "send_panel.js"
    _css = STATIC / "send_panel.css"

    def __init__(
        self, mailing_of: Callable[[], Mailing], *, connections: int | None = None, again: bool = False
    ) -> None:
        super().__init__()
        self._pushing = threading.Lock()
        self._heard_beside = threading.Event()  # the page was heard while this cell, or another one, was running
        self._shown_in: object = None
        self._open_file: Callable[[str], None] | None = None
        self.dispatcher = Dispatcher(mailing_of, connections=connections, again=again)
        self.answers.update(
            {
                "state": lambda _asked: self._state(),
                "look": lambda _asked: self.dispatcher.look(),
                "rows": lambda asked: self._rows(str(asked.get("find", ""))),
                "patient": lambda asked: self._go_to_patient(str(asked["patient"])),
                "undo": lambda asked: self.dispatcher.choose_undo_window(float(asked["minutes"])),
                "confirm": lambda asked: self.dispatcher.confirm(str(asked["seal"])),
                "renew": lambda _asked: self.dispatcher.renew(),
                "pause": lambda asked: self.dispatcher.pause(str(asked["seal"])),
                "cancel": lambda asked: self.dispatcher.cancel(str(asked["seal"])),
                "take_back": lambda asked: self.dispatcher.take_back(str(asked["seal"]), int(asked["delivery"])),
                "resume": lambda asked: self.dispatcher.resume(str(asked["seal"])),
                "retry": lambda asked: self.dispatcher.retry(
                    str(asked["seal"]), deliveries=[int(asked["delivery"])] if "delivery" in asked else None
                ),
                "as_sent": lambda asked: self.dispatcher.settle(str(asked["seal"]), as_sent=True),
                "resend": lambda asked: self.dispatcher.settle(str(asked["seal"]), as_sent=False),
            }
        )
        self.dispatcher.on_change(self._push)
        self.dispatcher.renew()

    def __repr__(self) -> str:
        mailing = self.mailing
        if mailing is None or mailing.id is None:
            return f"<SendPanel: {status_words(MailingStatus.DRAFT)}>"
        return f"<SendPanel: {stage_words(mailing.practice.stage(mailing.id))}>"

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the panel's words by name."""
        return {
            "title": _("Sending"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
            "counting": _("The list is being checked…"),
            "checking": _("The list is checked once more…"),
            "back": _("Go back"),
            "yes": _("Confirm"),
            "left_out": _("Not sent, and why"),
            "reasons": _("Reasons"),
            "rows": _("Who needs somebody"),
            "rows_excluded": _("Left out"),
            "show_rows": _("Show who"),
            "hide_rows": _("Hide"),
            "waiting_rows": _("Who it goes to"),
            "take_back": _("Do not send"),
            "take_back_of": _("Do not send: {whose}"),
            "open_patient": _("Complete the file"),
            "open_patient_of": _("Complete the file: {whose}"),
            "send_again": _("Send again…"),
            "send_again_of": _("Send again: {whose}"),
            "minutes_left": _("in {minutes} min {seconds} s"),
            "seconds_left": _("in {seconds} s"),
            "leaves_in_minutes": _("Leaves in {minutes} min. It can be cancelled until then."),
            "leaves_in_seconds": _("Leaves in {seconds} seconds. It can be cancelled until then."),
            "find": _("Name or address"),
            "none_found": _("Nobody is found here."),
            "undo": _("Leaves"),
            "progress": _("Progress of the sending"),
            "new_numbers": _("Show the new numbers"),
            "outdated": _("The list has changed since."),
            **{column: heading(column) for column in _COLUMNS},
        }

    # --- what a notebook asks ------------------------------------------------------------------------------

    @property
    def mailing(self) -> Mailing | None:
        """The mailing that the panel shows."""
        return self.dispatcher.mailing

    @property
    def results(self) -> pd.DataFrame:
        """The results of the mailing so far, without recipients' names and addresses."""
        self.dispatcher.settled()
        mailing = self.mailing
        if mailing is None:
            raise UsageError(_("There is no mailing yet."))
        return mailing.results

    @property
    def status(self) -> str:
        """Where the mailing stands: ``draft`` before it is confirmed, then a ``MailingStatus``."""
        mailing = self.mailing
        if mailing is None or mailing.id is None:
            return MailingStatus.DRAFT
        return mailing.practice.ledger.mailings.mailing(mailing.id).status

    def renew(self) -> None:
        """Work the numbers out again: the list or the email type is another one. A sending goes on as confirmed."""
        self.dispatcher.renew()

    def ask(self) -> None:
        """Have the page ask what its main button asks: the confirmation of the numbers it shows."""
        self.send({"kind": "ask"})

    def on_patient(self, callback: Callable[[str], None]) -> None:
        """Call with the file number of a patient whose file somebody wants to complete; else nothing offers it."""
        self._open_file = callback

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the sending has ended or is paused; tell whether it has.

        Clicks are heard meanwhile where the kernel hears them beside the cell that runs (JupyterLab 4.4 and later
        with ipykernel 7). Elsewhere a click only counts once the cell has ended, so it returns at once while nothing
        was confirmed. Interrupting the kernel finishes what is in flight and pauses the mailing.
        """
        try:
            if not self.dispatcher.begun and not self._heard():
                return False
            return self.dispatcher.wait(timeout)
        except KeyboardInterrupt:
            self.dispatcher.pause()
            self.dispatcher.settled()
            raise

    def _heard(self) -> bool:
        shell = notebook_shell()
        if shell is None or threading.current_thread() is not threading.main_thread():
            return True
        return self._heard_beside.wait(FIRST_WORD)

    # --- what is shown -------------------------------------------------------------------------------------

    def show(self) -> None:
        """Show the panel in the cell that runs; its being the cell's last value does not show it twice."""
        from IPython.display import display

        display(self)  # type: ignore[no-untyped-call]

    def _ipython_display_(self) -> None:
        from IPython.display import display

        shell = notebook_shell()
        cell = shell.kernel.get_parent("shell").get("header", {}).get("msg_id") if shell is not None else None
        if cell is not None and cell == self._shown_in:
            return
        self._shown_in = cell
        bundle = self._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]

    def _hear(self, widget: object, message: Mapping[str, Any], buffers: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            self._heard_beside.set()
        super()._hear(widget, message, buffers)

    def _push(self) -> None:
        with self._pushing:  # the latest state is also the last one said
            self.send({"kind": "state", **self._state()})

    def _state(self) -> dict[str, Any]:
        return state_of(self.dispatcher.situation)

    def _go_to_patient(self, patient_id: str) -> None:
        if self._open_file is not None and patient_id:
            self._open_file(patient_id)

    def _rows(self, find: str = "") -> dict[str, Any]:
        """Return the rows that need a person, or may be taken back: for the page alone, and never saved (P12).

        The first ones whose name or address holds the words looked for, in any order.
        """
        mailing = self.mailing
        if mailing is None or mailing.id is None or self.dispatcher.situation.doing is Doing.COUNTING:
            return {
                "columns": list(_COLUMNS),
                "rows": [],
                "states": [],
                "numbers": [],
                "patients": [],
                "again": [],
                "seal": "",
                "more": "",
                "total": 0,
                "needing": 0,
            }
        situation = self.dispatcher.situation
        waiting = situation.may_be_taken_back
        columns, states = (_WAITING_COLUMNS, ("pending",)) if waiting else (_COLUMNS, _NEEDING)
        frame = mailing.practice.results(mailing.id, identities=True)
        frame = frame[frame["status"].isin(states) & (frame["reason"] != SUPERSEDED)]
        frame = frame[~frame["delivery_id"].isin(self._offered_again(mailing, mailing.id))]
        excluded = frame["reason"].astype(str).map(standing_of) == Standing.EXCLUDED
        place = frame["status"].astype(str).map(states.index) + excluded * len(states)
        frame = frame.assign(excluded=excluded).loc[place.sort_values(kind="stable").index]
        found = frame[_holding(frame, find)] if find.strip() else frame
        some, zone = found.head(SHOWN_ROWS), mailing.practice.calendar.zone
        left = len(found) - len(some)
        corrected = {} if waiting else situation.retrial.corrected
        cancelled = situation.standing is not None and situation.standing.record.status is MailingStatus.CANCELLED
        again = frozenset() if cancelled else corrected.keys()
        return {
            "columns": list(columns),
            "rows": [_cells(row, corrected, columns, zone) for row in some.to_dict("records")],
            "states": some["status"].astype(str).tolist(),
            "numbers": some["delivery_id"].tolist() if waiting else [],
            # In the file of who is excluded there is nothing to complete.
            "patients": some["patient_id"].astype(str).mask(some["excluded"], "").tolist()
            if self._open_file and not waiting
            else [],
            "again": [
                {"delivery": number, "question": retry_question(situation, [number])} if number in again else None
                for number in some["delivery_id"].tolist()
            ],
            "seal": situation.seal,
            "more": n_("… and {count} other.", "… and {count} others.", left).format(count=left) if left else "",
            "total": len(frame),
            "needing": int((~frame["excluded"]).sum()),
        }

    def _offered_again(self, mailing: Mailing, number: int) -> list[int]:
        """Return the rows that leave with what is offered now: how they stood before is not how they stand."""
        offer = self.dispatcher.situation.offer
        if offer is None or not offer.count:
            return []
        told = mailing.overview()
        going = set(told["recipient_id"][told["standing"].isin(_GOING)])
        found = mailing.recipients
        pairs = zip(found["recipient_id"], found["addressee_key"], strict=True)
        named = frozenset((str(key), str(addressee)) for key, addressee in pairs if key in going)
        return mailing.practice.ledger.mailings.numbers(number, _TO_SEND_ANEW, recipients=named)


def _as_corrected(row: Mapping[Any, Any], corrected: Mapping[int, str]) -> Mapping[Any, Any]:
    """Return a row that failed with the address that the file has by now, which it would be tried again at."""
    address = corrected.get(row["delivery_id"])
    return row if address is None else {**row, "address": f"{row['address']} → {address}"}


def _holding(frame: pd.DataFrame, find: str) -> list[bool]:
    """Tell of each row whether its recipient or address holds every word, accents and capitals aside."""
    words = folded([find])[0].split()
    texts = folded([f"{name} {address}" for name, address in zip(frame["recipient"], frame["address"], strict=True)])
    return [all(word in text for word in words) for text in texts]


def _cells(row: Mapping[Any, Any], corrected: Mapping[int, str], columns: Sequence[str], zone: tzinfo) -> list[str]:
    known = _as_corrected(row, corrected)
    told = {name: shown(name, known[name]) or friendly(known[name], zone=zone) for name in columns}
    if "reason" in told:
        told["reason"] = outcome_told(row)  # the reply is about the address that it was sent to
    if not row["attempts"]:
        # Nobody tried: when it was decided so tells nothing.
        told = {name: "" if name in ("attempts", "decided_at") else text for name, text in told.items()}
    return list(told.values())
