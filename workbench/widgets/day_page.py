"""« Ma journée »: what waits for somebody at the front desk, each line with the one thing to do about it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from workbench.displays.freshness import freshness_sentence
from workbench.displays.outcomes import outcome_told
from workbench.displays.sending import account_called
from workbench.displays.stages import stage_words
from workbench.displays.subjects import label_at
from workbench.domain.mailings import MailingStatus
from workbench.errors import UsageError
from workbench.language import _, language, n_
from workbench.practice.day import TOLD, Day, ToTell
from workbench.practice.retrying import corrected_since
from workbench.widgets.patient_view import relation_word
from workbench.widgets.view import STATIC, View

if TYPE_CHECKING:
    from workbench.practice import Practice
    from workbench.widgets.page import Go

MOST_FAILED = 12
"""So many refused messages are listed one by one; the results list them all."""

FIRST = ("appointments",)
"""What is counted before the page is shown; the rest follows."""

Line = dict[str, Any]


class DayPage:
    """The first page of the desk.

    Parameters
    ----------
    practice
        The practice whose day it is.
    go
        The way to the other pages; without it nothing leads elsewhere.
    """

    def __init__(self, practice: Practice, go: Go | None = None) -> None:
        self.view = DayView(practice, go)

    def __repr__(self) -> str:
        return "<DayPage>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]

    def open(self, **_what: object) -> None:
        """Be shown; what it tells is counted anew."""
        self.view.count()


class DayView(View):
    """Reminders, appeals, what failed or is uncertain, whom to call."""

    _esm = STATIC / "day_page.js"
    _css = STATIC / "day_page.css"

    def __init__(self, practice: Practice, go: Go | None = None) -> None:
        super().__init__(layout={"width": "100%"})
        self._practice = practice
        self._go = go
        self._counted: Day | None = None
        self._lines = threading.Lock()
        self._ways: dict[str, tuple[str, dict[str, Any]]] = {}
        """Where each line leads: the page and what it shall show; a page in the browser names the line alone."""
        self.answers.update(day=self._day, rest=self._rest, go=self._lead, patient=self._patient, called=self._called)

    def count(self) -> None:
        """Have the page ask anew."""
        self.send({"kind": "opened"})

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the page."""
        return {
            "title": _("My day"),
            "refresh": _("Refresh"),
            "counting": _("Counting…"),
            "counted": _("Counted at {time}"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
            "tell": _("To send"),
            "resume": _("To take up again"),
            "settle": _("To settle"),
            "phone": _("To telephone"),
            "phone_why": _("Nobody can be reached by e-mail about these appointments of {day}."),
            "nobody_to_phone": _("Nobody to telephone: everybody expected on {day} can be written to."),
            "called": _("Called"),
            "called_mark": _("called"),
            "no_number": _("no number in the file"),
            "open_file": _("Open the file of {patient}"),
            "call_done": _("{patient}: called"),
            "nothing_settle": _("Nothing failed lately and nothing is uncertain."),
        }

    # --- what the page asks ---------------------------------------------------------------------------------

    def _day(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        practice = self._practice
        self._counted = day = practice.day(tell=FIRST)
        with self._lines:
            self._ways.clear()
        return {
            "date": _capital(format_date(day.today, "full", locale=language())),
            "user": practice.user,
            "fresh": _fresh(practice),
            "at": _hour(day.at),
            "spent": [
                _spent(account_called(practice.accounts, one.account), one.today, one.most, len(day.spent))
                for one in day.spent
            ],
            "tell": [self._told(day.to_tell[name]) for name in FIRST],
            "resume": [*self._drafts(), *self._unfinished(day)],
            "settle": [*self._uncertain(day), *self._failed(day)],
            "next_day": _day_words(day.next_day),
            "phone": [self._called_row(row) for row in day.to_phone.to_dict("records")],
            "leads": self._go is not None,
        }

    def _rest(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        rest = [name for name in TOLD if name not in FIRST]
        counted, self._counted = self._counted, None  # what the day read is not read again
        told = self._practice.to_tell(*rest, day=counted)
        return {"tell": [self._told(told[name]) for name in rest]}

    def _lead(self, asked: Mapping[str, Any]) -> None:
        with self._lines:
            way = self._ways.get(str(asked["line"]))
        if way is None or self._go is None:
            raise UsageError(_("This has changed since: look at the day again."))
        self._go(way[0], **way[1])

    def _patient(self, asked: Mapping[str, Any]) -> None:
        if self._go is not None:
            self._go("patient", patient_id=self._practice.patients.known(str(asked["patient"])))

    def _called(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        done = bool(asked["done"])
        self._practice.called(str(asked["patient"]), appointment_id=str(asked["appointment"]), done=done)
        return {"called": _called_words(self._practice.now(), self._practice.user, self._practice) if done else ""}

    # --- a line each ----------------------------------------------------------------------------------------

    def _line(self, code: str, title: str, *, lead: str = "", way: tuple[str, dict[str, Any]] | None = None) -> Line:
        if way is not None and self._go is not None:
            with self._lines:
                self._ways[code] = way
            return {"code": code, "title": title, "lead": lead}
        return {"code": code, "title": title, "lead": ""}

    def _told(self, one: ToTell) -> Line:
        today = self._practice.today
        way: tuple[str, dict[str, Any]] = (
            "publipostage", {"search": one.search, **one.parameters, "template": one.template}
        )  # fmt: skip
        if not one.ready and one.last_mailing is not None:
            way = "publipostage", {"mailing": one.last_mailing}  # nothing is to be sent: what became of it is looked at
        seen = one.failed or one.to_correct or one.last_mailing is not None
        lead = _("Prepare the sending") if one.ready else _("See them") if seen else ""
        line = self._line(
            f"tell:{one.search}",
            _title_of(one, self._practice.calendar.shift_open(today, 1)),
            lead=lead,
            way=way if lead else None,
        )
        return line | {
            "state": _state_of(one),
            "detail": _detail_of(one, today),
            "main": bool(one.ready) and one.search in FIRST,
        }

    def _drafts(self) -> list[Line]:
        lines = []
        for draft in self._practice.drafts.mine():
            if draft.mailing_id is not None:
                continue  # what was confirmed stands in the list as a mailing
            name = draft.template.rpartition("/")[2] or _("Mail merge")
            about = _days_of_draft(draft.days)
            line = self._line(
                f"draft:{draft.key}",
                f"{name} – {about}" if about else name,
                lead=_("Take up again"),
                way=("publipostage", {"draft": draft.key}),
            )
            moment = draft.saved_at.astimezone(self._practice.calendar.zone)
            saved = _("being prepared, left on {moment}").format(moment=_moment(moment, self._practice.today))
            lines.append(line | {"state": ["none", "✎", _("Draft")], "detail": saved})
        return lines

    def _unfinished(self, day: Day) -> list[Line]:
        lines = []
        for row in day.unfinished.to_dict("records"):
            if str(row["status"]) in (MailingStatus.FINISHED, MailingStatus.CANCELLED, MailingStatus.DRAFT):
                continue
            number = int(row["mailing_id"])
            approve = str(row["status"]) == MailingStatus.AWAITING_APPROVAL
            sign, _blank, words = stage_words(self._practice.stage(number)).partition(" ")
            count = int(row["pending"])
            told = n_("{count} message waits", "{count} messages wait", count).format(count=_number(count))
            line = self._line(
                f"mailing:{number}",
                label_at(self._practice, str(row["template"])),
                lead=_("Validate…") if approve else _("Open"),
                way=("publipostage", {"mailing": number}),
            )
            kind = "doubt" if approve or sign == "✕" else "none"
            lines.append(line | {"state": [kind, sign, words], "detail": told})
        return lines

    def _uncertain(self, day: Day) -> list[Line]:
        lines = []
        for row in day.unfinished[day.unfinished["in_doubt"] > 0].to_dict("records"):
            number, count = int(row["mailing_id"]), int(row["in_doubt"])
            line = self._line(
                f"doubt:{number}",
                label_at(self._practice, str(row["template"])),
                lead=_("Decide…"),
                way=("results", {"mailing": number, "state": "in_doubt"}),
            )
            told = n_("{count} uncertain", "{count} uncertain", count).format(count=_number(count))
            detail = _("Nobody knows whether they arrived: count them as sent, or send them again.")
            lines.append(line | {"state": ["doubt", "?", told], "detail": detail})
        return lines

    def _failed(self, day: Day) -> list[Line]:
        lines, listed = [], day.failed.head(MOST_FAILED)
        corrected = corrected_since(self._practice, listed)
        for row in listed.to_dict("records"):
            name = str(row["recipient"]) or str(row["address"])
            patient, anew = str(row["patient_id"]), corrected.get(int(row["delivery_id"]), "")
            way: tuple[str, dict[str, Any]] | None = ("patient", {"patient_id": patient}) if patient else None
            if anew:  # its mailing has the button
                way = "publipostage", {"mailing": int(row["mailing_id"])}
            lead = _("Send again…") if anew else _("Correct…")
            line = self._line(f"failed:{row['delivery_id']}", name, lead=lead, way=way)
            about = label_at(self._practice, str(row["template"]))
            when = row["decided_at"]
            moment = (
                ""
                if pd.isna(when)
                else _moment(when.tz_convert(self._practice.calendar.zone).to_pydatetime(), day.today)
            )
            address = f"{row['address']} → {anew}" if anew else str(row["address"])
            detail = " · ".join(part for part in (address, outcome_told(row), f"{about}, {moment}") if part)
            state = ["todo", "→", _("Address corrected")] if anew else ["bad", "✕", _("Failed")]
            lines.append(line | {"state": state, "detail": detail})
        left = len(day.failed) - MOST_FAILED
        if left > 0:
            told = n_("… and {count} other.", "… and {count} others.", left).format(count=_number(left))
            lines.append({"code": "failed:more", "title": told, "lead": "", "state": ["bad", "✕", _("Failed")]})
        return lines

    def _called_row(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        whom, relation = _text(row["call"]), _text(row["call_relation"])
        minor = bool(relation)
        at = row["called_at"]
        called = "" if pd.isna(at) else _called_words(at.to_pydatetime(), _text(row["called_by"]), self._practice)
        numbers = [_text(row["call_mobile"]), _text(row["call_phone"])]
        return {
            "patient": _text(row["patient_id"]),
            "appointment": _text(row["appointment_id"]),
            "name": _text(row["patient"]),
            "time": _text(row["time"]),
            "whom": f"{whom} ({relation_word(relation)})" if minor else "",
            "numbers": list(dict.fromkeys(number for number in numbers if number)),
            "called": called,
        }


# --- the words ------------------------------------------------------------------------------------------------


def _title_of(one: ToTell, next_day: date) -> str:
    titles = {
        "appointments": _("Reminders for {day}").format(day=_day_words(next_day)),
        "missed": _("Missed appointments, since the last open day"),
        "moved": _("Moved since the reminder"),
        "birthdays": _("Birthdays today"),
        "recall": _("Check-ups that are due"),
    }
    return titles[one.search]


def _state_of(one: ToTell) -> list[str]:
    """Return the state of a line: its kind, its sign and its words."""
    if one.ready:
        return ["todo", "→", n_("{count} to send", "{count} to send", one.ready).format(count=_number(one.ready))]
    if one.waiting:
        told = n_("{count} waits", "{count} wait", one.waiting).format(count=_number(one.waiting))
        return ["none", "…", told]
    if one.failed:
        return ["bad", "✕", n_("{count} failed", "{count} failed", one.failed).format(count=_number(one.failed))]
    if one.to_correct:
        told = n_("{count} to correct", "{count} to correct", one.to_correct)
        return ["doubt", "✕", told.format(count=_number(one.to_correct))]
    if one.told:
        return ["good", "✓", _("All sent")]
    return ["none", "–", _("Nobody") if not one.total else _("Nothing to send")]


def _detail_of(one: ToTell, today: date) -> str:
    if not one.template and one.total:
        found = n_("{count} found", "{count} found", one.total).format(count=_number(one.total))
        return _("{found}; the practice has no email type for this").format(found=found)
    told = ""
    if one.told and one.last_at is not None:
        words = n_("{count} sent, the last {moment} by {who}", "{count} sent, the last {moment} by {who}", one.told)
        told = words.format(count=_number(one.told), moment=_moment(one.last_at, today), who=one.last_by)
    parts = [
        told,
        one.waiting
        and one.ready
        and n_("{count} waits", "{count} wait", one.waiting).format(count=_number(one.waiting)),
        one.failed and n_("{count} failed", "{count} failed", one.failed).format(count=_number(one.failed)),
        one.to_correct
        and n_("{count} to correct", "{count} to correct", one.to_correct).format(count=_number(one.to_correct)),
        one.left_out and n_("{count} excluded", "{count} excluded", one.left_out).format(count=_number(one.left_out)),
        one.job_at
        and _("« {title} » is set for {time} today").format(title=one.job, time=one.job_at.strftime("%H:%M")),
    ]
    return " · ".join(str(part) for part in parts if part)


def _fresh(practice: Practice) -> str:
    """Return how old the agenda is, as every search of appointments says it."""
    frame = practice.freshness().set_index("kind")["as_of"]
    kind = next((one for one in ("appointments", "sample", "store") if one in frame.index), "")
    return freshness_sentence({"as_of": frame[kind].isoformat() if kind else None, "as_of_kind": kind})


def _spent(account: str, today: int, most: int, accounts: int) -> str:
    if most:
        told = n_("{count} sent today of {most} a day", "{count} sent today of {most} a day", today)
    else:
        told = n_("{count} sent today", "{count} sent today", today)
    words = told.format(count=_number(today), most=_number(most))
    return _("{account}: {words}").format(account=account, words=words) if accounts > 1 else words


def _days_of_draft(days: tuple[str, str]) -> str:
    try:
        first, last = (date.fromisoformat(day) if day else None for day in days)
    except ValueError:
        return ""
    if first is None:
        return ""
    return _day_words(first) if last in (None, first) else f"{_day_words(first)} – {_day_words(last)}"


def _called_words(at: datetime, by: str, practice: Practice) -> str:
    moment = _moment(at.astimezone(practice.calendar.zone), practice.today)
    return _("called {moment} by {who}").format(moment=moment, who=by)


def _moment(at: datetime, today: date) -> str:
    """Return a moment as the desk says it: « à 16:50 » today, else with its day."""
    if at.date() == today:
        return _("at {time}").format(time=_hour(at))
    return _("on {day} at {time}").format(day=format_date(at.date(), "d MMM", locale=language()), time=_hour(at))


def _hour(at: datetime) -> str:
    return str(format_time(at, "HH:mm", locale=language()))


def _day_words(day: date) -> str:
    return str(format_date(day, "EEEE d MMMM" if language() == "fr" else "EEEE, MMMM d", locale=language()))


def _number(count: int) -> str:
    return str(format_decimal(count, locale=language()))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
