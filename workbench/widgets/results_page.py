"""« Résultats »: the mailings, and of the one that is opened what became of each message and what is to be done."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.displays.audience import without_code
from workbench.displays.cells import friendly
from workbench.displays.sending import account_called, keep_words
from workbench.displays.showing import ShownMessage, shown
from workbench.displays.stages import stage_of, stage_words
from workbench.displays.subjects import is_by_hand, label_at, title_at
from workbench.displays.words import heading, number_words
from workbench.domain.keeping import BY_HAND
from workbench.errors import UsageError
from workbench.language import _, n_
from workbench.practice.left_over import TO_CORRECT
from workbench.widgets.page import ShownPage
from workbench.widgets.reading import message_content, reading_labels, source_content
from workbench.widgets.results_deciding import Deciding, asks, moving
from workbench.widgets.results_returned import ReturnedMail, returned_labels
from workbench.widgets.results_rows import NUMBERED, ResultRows, row_told, states_told
from workbench.widgets.view import STATIC, Answer, View

if TYPE_CHECKING:
    from workbench.practice import Practice
    from workbench.widgets.page import Go

PAGE = 50
"""Rows of one page of the table; the list of mailings is told in pages of it too."""

_PERIODS = {"week": 7, "month": 31, "year": 366, "all": 0}
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_OUT = (
    "mailing_id", "delivery_id", "patient_id", "recipient", "role", "address", "status", "reason", "attempts",
    "smtp_code", "smtp_reply", "queued_at", "decided_at", "account", "template", "template_revision", "sent_by",
)  # fmt: skip
"""The columns of a file: what a person reads of a message, without keys of ours."""


class ResultsPage(ShownPage):
    """The page of the results.

    Parameters
    ----------
    practice
        The practice whose mailings they are.
    go
        The way to the other pages; without it nothing leads elsewhere.
    """

    view: ResultsView

    def __init__(self, practice: Practice, go: Go | None = None) -> None:
        self.view = ResultsView(practice, go)

    def open(self, mailing: int | None = None, state: str = "", **_what: object) -> None:
        """Be shown, counted anew, with a mailing opened when one is named, on its messages in a state if one is."""
        self.view.meet(mailing, state)


class ResultsView(View):
    """The mailings of a practice, and one of them opened."""

    _esm = STATIC / "results_page.js"
    _css = STATIC / "results_page.css"
    slow = frozenset({"chart"})

    def __init__(self, practice: Practice, go: Go | None = None) -> None:
        super().__init__()
        self._practice = practice
        self._go = go
        self._wanted: tuple[int | None, str] = (None, "")  # the mailing that is opened, and on which state
        self._read = threading.Lock()
        self._drawing = threading.Lock()
        self._charted = False  # whether the charts of the list are open, also while another page is shown
        self._rows: tuple[int, ResultRows] | None = None  # of the mailing that is opened
        self._message: tuple[int, ShownMessage] | None = None
        self._deciding = Deciding(practice, self._tell)
        self.answers.update(
            mailings=self._mailings,
            mailing=self._mailing,
            rows=self._table,
            message=self._shown_message,
            source=lambda asked: source_content(self._message_of(int(asked["delivery"]))),
            chart=self._chart,
            no_chart=self._no_chart,
            file=self._file,
            look=lambda asked: {"mark": self._mark(int(asked["mailing"]))},
            settle=self._settle,
            retry=self._gesture,
            pause=self._gesture,
            resume=self._gesture,
            cancel=self._gesture,
            keep=self._keep,
            patient=self._patient,
        )
        self._bytes: Sequence[Any] = ()
        returned = ReturnedMail(practice, lambda: self._bytes, self._forget, self._moment, leads=go is not None)
        self.answers.update(returned.answers())

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the page."""
        return reading_labels() | {
            **returned_labels(),
            "title": _("Results"),
            "refresh": _("Refresh"),
            "period": _("Period"),
            "template": _("Email type"),
            "state": _("State"),
            "account": _("Account"),
            "all": _("All"),
            "list": _("Mailings"),
            "when": _("Date"),
            "numbers": _("Messages"),
            "stage": _("Where it stands"),
            "by": _("By"),
            "none": _("No mailing in this period. Change the period, or send one from « Mail merge »."),
            "none_yet": _("Nothing was sent yet: what leaves from « Mail merge » is told here."),
            "more": _("Show more"),
            "back": _("← All mailings"),
            "export_csv": _("Export CSV"),
            "export_xlsx": _("Export Excel"),
            "analyse": _("Analyse in the notebook"),
            "analyse_note": _("Put this line into a cell of the notebook: it gives the same rows as a table."),
            "copy": _("Copy"),
            "copied": _("Copied"),
            "chart": _("Charts"),
            "drawing": _("The charts are being drawn…"),
            "search": _("Search a name, an address, a file number"),
            "filter": _("Which messages are listed"),
            "first": _("To look at first"),
            "recipient": heading("recipient"),
            "address": heading("address"),
            "result": _("Result"),
            "reason": heading("reason"),
            "attempts": heading("attempts"),
            "time": heading("decided_at"),
            "what": _("What to do"),
            "nobody": _("No message is found here. Change what you search, or show all."),
            "previous_page": _("Previous page"),
            "next_page": _("Next page"),
            "as_sent": _("Count as sent"),
            "resend": _("Send again"),
            "ask_as_sent": _("Count the message to {recipient} as sent? It will not be sent again."),
            "ask_resend": _("Send the message to {recipient} again? This person may get it twice."),
            "progress": _("Progress of the sending"),
            "open_file": _("Open the file"),
            "complete_file": _("Complete the file"),
            "look": _("View"),
            "hide": _("Close"),
            "yes": _("Yes"),
            "cancel": _("Cancel"),
            "all_as_sent": _("Count all as sent…"),
            "all_again": _("Send all again…"),
            "retry": _("Try the failed ones again…"),
            "sending": _("Being sent…"),
            "loading": _("One moment…"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        }

    def meet(self, mailing: int | None = None, state: str = "") -> None:
        """Have the page count anew, and open a mailing when one is named."""
        self._wanted = (mailing, state)
        self._forget()
        self.send({"kind": "opened", "mailing": mailing, "state": state})

    def _hear(self, widget: object, message: Mapping[str, Any], buffers: Any) -> None:
        self._bytes = buffers or ()
        super()._hear(widget, message, buffers)

    # --- the list of mailings ------------------------------------------------------------------------------

    def _mailings(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer with the mailings of a period, so many, and what there is to filter them by."""
        practice = self._practice
        self._charted = self._charted and asked.get("back") is True
        frame = practice.mailings()
        there = not frame.empty
        days = _PERIODS.get(str(asked.get("period") or "month"), 31)
        if days:
            frame = frame[frame["opened_at"] >= practice.now() - timedelta(days=days)]
        choices = {
            name: sorted({_choice(str(value)) for value in frame[name].unique() if str(value)})
            for name in ("template", "account")
        }
        for name in choices:
            if asked.get(name):
                frame = frame[frame[name].astype(str).map(_choice) == str(asked[name])]
        state = str(asked.get("state") or "")
        if state == "first":
            frame = frame[(frame["failed"] > 0) | (frame["in_doubt"] > 0)]
        elif state in NUMBERED:
            frame = frame[frame[state] > 0]
        shown_first = int(asked.get("count") or PAGE)
        sums = {name: int(frame[name].sum()) for name in NUMBERED}
        return {
            "there": there,
            "rows": [self._line(row) for row in frame.head(shown_first).to_dict("records")],
            "count": len(frame),
            "summary": _summed(len(frame), sums),
            "states": states_told(sums),
            "choices": {
                "template": [[value, _called(value)] for value in choices["template"]],
                "account": [[value, self._account(value)] for value in choices["account"]],
            },
            "periods": [
                ["week", _("Last 7 days")],
                ["month", _("Last 31 days")],
                ["year", _("Last 12 months")],
                ["all", _("Since the beginning")],
            ],
            "kinds": [["first", _("To look at first")], *([name, number_words(name)] for name in NUMBERED)],
            "charted": self._charted and not frame.empty,
            "wanted": self._wanted[0],
            "wanted_state": self._wanted[1],
        }

    def _line(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        counts = {name: int(row[name]) for name in NUMBERED}
        goes_on = None if pd.isna(row["goes_on_at"]) else row["goes_on_at"].tz_convert(self._practice.calendar.zone)
        return {
            "id": int(row["mailing_id"]),
            "when": self._moment(row["opened_at"]),
            "template": title_at(self._practice, str(row["template"])),
            "account": self._account(str(row["account"])),
            "by": str(row["opened_by"]),
            "stage": stage_words(stage_of(str(row["stage"]), goes_on)),
            "states": states_told(counts),
            "total": sum(counts.values()),
        }

    # --- one mailing ---------------------------------------------------------------------------------------

    def _mailing(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer with a mailing's facts and numbers, its rows read anew."""
        practice, number = self._practice, int(asked["mailing"])
        self._wanted = (number, "")
        record = practice.ledger.mailings.mailing(number)
        # What is asked is read before the rows: what moves in between is refused when it is decided.
        mark, situation = self._mark(number), self._deciding.situation(number)
        with self._read:
            self._rows = None
        rows = self._rows_of(number)
        stage = practice.stage(number)
        template = str(record.template)
        return {
            "id": number,
            "title": label_at(practice, template),
            "facts": [fact for fact in self._facts(number, rows) if fact],
            "stage": stage_words(stage),
            "ended": not stage.moves,
            "states": states_told(rows.counts),
            "total": sum(rows.counts.values()),
            "first": rows.to_settle,
            "code": "" if without_code() else f"practice.results({number})",
            "leads": self._go is not None,
            "keep": keep_words(practice.tally(number)),
            "mark": mark,
            "seal": situation.seal,
            "asks": asks(situation),
            **moving(situation),
        }

    def _account(self, name: str) -> str:
        """Return what an account is called everywhere on the screen."""
        return account_called(self._practice.accounts, name)

    def _mark(self, number: int) -> str:
        """Return what changes whenever there is something else to be seen of a mailing; it names nobody."""
        situation = self._deciding.situation(number)
        rows = () if situation.standing is None else sorted(situation.standing.tally.rows.items())
        return repr((stage_words(self._practice.stage(number)), str(situation.doing), situation.seal, rows))

    def _facts(self, number: int, rows: ResultRows) -> list[str]:
        frame = self._practice.mailings()
        line = frame[frame["mailing_id"] == number].iloc[0]
        revisions: list[int] = rows.frame["template_revision"].unique().tolist() if len(rows) else []
        return [
            _("sent on {when} by {who}").format(when=self._moment(line["opened_at"]), who=line["opened_by"]),
            _("account {name}").format(name=self._account(str(line["account"]))),
            title_at(self._practice, str(line["template"])),
            _("version {number}").format(number=revisions[0]) if len(revisions) == 1 else "",
        ]

    def _table(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer with a page of a mailing's rows: those that need a person first."""
        rows = self._rows_of(int(asked["mailing"]))
        places = rows.places(str(asked.get("state") or ""), str(asked.get("search") or ""))
        page = min(max(int(asked.get("page") or 0), 0), max(0, (len(places) - 1) // PAGE))
        some = rows.frame.iloc[places[page * PAGE : (page + 1) * PAGE]]
        first, last = page * PAGE + 1, page * PAGE + len(some)
        told = _("{first}–{last} of {count}").format(first=first, last=last, count=len(places)) if len(some) else ""
        return {
            "rows": [row_told(row, self._moment) for row in some.to_dict("records")],
            "count": len(places),
            "page": page,
            "pages": max(1, -(-len(places) // PAGE)),
            "place": told,
        }

    # --- a message that was sent ---------------------------------------------------------------------------

    def _shown_message(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"message": message_content(self._message_of(int(asked["delivery"])))}

    def _message_of(self, delivery: int) -> ShownMessage:
        if self._message is None or self._message[0] != delivery:
            sent = self._practice.sent(delivery)
            if sent.message is None:
                raise UsageError(sent.why_not)
            self._message = (delivery, shown(sent.message))
        return self._message[1]

    # --- charts and files ----------------------------------------------------------------------------------

    def _chart(self, asked: Mapping[str, Any]) -> Answer:
        """Answer with the picture of a mailing, or of a period, and the sentence that stands in its place."""
        number = asked.get("mailing")
        self._charted = self._charted or not number
        frame = self._rows_of(int(number)).frame if number else self._results_of_period(asked)
        with self._drawing:  # the library that draws has one pen
            figure = self._practice.plot(frame)
            picture = figure.picture(ink=str(asked.get("ink") or ""), ground=str(asked.get("ground") or ""))
        return {"words": figure.alternative}, [picture]

    def _no_chart(self, _asked: Mapping[str, Any]) -> None:
        """Know that the charts of the list were closed."""
        self._charted = False

    def _results_of_period(self, asked: Mapping[str, Any]) -> pd.DataFrame:
        practice = self._practice
        days = _PERIODS.get(str(asked.get("period") or "month"), 31)
        since = (practice.today - timedelta(days=days)) if days else "2000-01-01"
        frame = practice.results(since=since, identities=True)
        for name in ("template", "account"):
            if asked.get(name):
                frame = frame[frame[name].astype(str).map(_choice) == str(asked[name])]
        return frame

    def _file(self, asked: Mapping[str, Any]) -> Answer:
        """Answer with the rows that are shown, as a file; journalled."""
        kind = str(asked["format"])
        rows = self._rows_of(int(asked["mailing"]))
        places = rows.places(str(asked.get("state") or ""), str(asked.get("search") or ""))
        if not len(places):
            raise UsageError(_("There is no row to export."))
        frame = rows.frame.iloc[places]
        frame = frame.assign(account=frame["account"].astype(str).map(self._account))
        name = _("results-{number}").format(number=int(asked["mailing"])) + f".{kind}"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"results.{kind}"
            # Excel knows UTF-8 by the mark alone.
            self._practice.export(frame, path, columns=list(_OUT), labels=True, bom=True, purpose=_("results"))
            content = path.read_bytes()
        said = n_("{count} row, in « {name} ».", "{count} rows, in « {name} ».", len(frame))
        told = {"name": name, "type": _TYPES[kind], "said": said.format(count=len(frame), name=name)}
        return told, [content]

    # --- what a person decides -----------------------------------------------------------------------------

    def _settle(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Count uncertain messages as sent, or send them again: one, or all of the mailing."""
        chosen = int(asked["delivery"]) if asked.get("delivery") else None
        number, as_sent = int(asked["mailing"]), bool(asked["as_sent"])
        return {"said": self._deciding.settle(number, str(asked["seal"]), as_sent=as_sent, delivery=chosen)}

    def _gesture(self, asked: Mapping[str, Any]) -> None:
        """Do what a person asked for about a whole mailing, as it stood when they were asked."""
        deciding = self._deciding
        gestures = {
            "retry": deciding.retry, "pause": deciding.pause, "resume": deciding.resume, "cancel": deciding.cancel,
        }  # fmt: skip
        gestures[str(asked["kind"])](int(asked["mailing"]), str(asked["seal"]))

    def _tell(self, message: dict[str, Any]) -> None:
        if message["kind"] == "changed":
            self._forget()
        self.send(message)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until what is being sent has left; tell whether it has in time."""
        return self._deciding.wait(timeout)

    def _keep(self, asked: Mapping[str, Any]) -> None:
        """Lead to a new mailing with who is left of this one, as its own page does."""
        self._leading()("publipostage", mailing=int(asked["mailing"]), states=("failed", TO_CORRECT))

    def _patient(self, asked: Mapping[str, Any]) -> None:
        self._leading()("patient", patient_id=str(asked["patient"]), tab="file")

    def _leading(self) -> Callable[..., None]:
        if self._go is None:
            raise UsageError(_("This page stands alone: nothing leads elsewhere from it."))
        return self._go

    # --- what they share -----------------------------------------------------------------------------------

    def _rows_of(self, number: int) -> ResultRows:
        with self._read:
            if self._rows is None or self._rows[0] != number:
                settled = self._practice.ledger.results.settled(number)
                self._rows = (number, ResultRows(self._practice.results(number, identities=True), settled))
            return self._rows[1]

    def _forget(self) -> None:
        with self._read:
            self._rows = None
        self._message = None

    def _moment(self, at: pd.Timestamp) -> str:
        return friendly(at.to_pydatetime(), zone=self._practice.calendar.zone)


def _choice(value: str) -> str:
    """Return what an email type or an account is filtered by: letters written by hand are one choice together."""
    return BY_HAND if is_by_hand(value) else value


def _called(choice: str) -> str:
    return _("Written by hand") if choice == BY_HAND else choice


def _summed(mailings: int, sums: Mapping[str, int]) -> str:
    """Say how many mailings and messages there are, and which part of those tried was taken by a server."""
    told = n_("{count} mailing", "{count} mailings", mailings).format(count=mailings)
    tried = sums["sent"] + sums["failed"] + sums["in_doubt"]
    if not tried:
        return told
    part = n_(
        "{sent} of {tried} message that left was accepted ({percent} %)",
        "{sent} of {tried} messages that left were accepted ({percent} %)",
        tried,
    )
    return f"{told} · " + part.format(sent=sums["sent"], tried=tried, percent=round(100 * sums["sent"] / tried))
