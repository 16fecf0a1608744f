"""One patient on the screen: who it is, the file to complete, what was sent; what is written stands beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel.dates import format_datetime

from workbench.displays.outcomes import outcome_told
from workbench.displays.showing import ShownMessage, shown
from workbench.displays.words import heading
from workbench.domain.address_status import ADDRESS_STATUS_WORDS, AddressStatus
from workbench.domain.calendar import years_between
from workbench.domain.keeping import BY_HAND
from workbench.domain.summaries import STATUS_WORDS
from workbench.errors import UsageError
from workbench.language import _, language, n_
from workbench.widgets.reading import message_content, reading_labels, source_content
from workbench.widgets.view import STATIC, Answer, View

if TYPE_CHECKING:
    from workbench.practice import Practice

TABS = ("file", "write", "sent")

_OWN = (
    "civility", "last_name", "first_name", "email", "mobile", "phone", "language", "address_line_1", "address_line_2",
    "postcode", "city",
)  # fmt: skip
_RESPONSIBLE = ("civility", "last_name", "first_name", "email", "mobile", "phone")
_SUBJECTS_AT_ONCE = 20

_KINDS = {"sent": "good", "failed": "bad", "in_doubt": "doubt"}

Tab = Callable[[str], None]


class PatientView(View):
    """The head, the file and the history of one patient.

    Parameters
    ----------
    practice
        The practice whose patient it is.
    finds
        Whether somebody else is looked for here; the desk has a box of its own.

    Attributes
    ----------
    patient_id
        The file number of who is shown; ``""`` for nobody.
    tab
        What is looked at: ``file``, ``write`` or ``sent``.
    """

    _esm = STATIC / "patient_page.js"
    _css = STATIC / "patient_page.css"

    def __init__(self, practice: Practice, *, finds: bool = True) -> None:
        super().__init__(layout={"width": "100%"})
        self._practice = practice
        self._finds = finds
        self._tabs: list[Tab] = []
        self._changes: list[Callable[[], None]] = []
        self._resends: list[Callable[[int], None]] = []
        self._begins: list[Callable[[str], None]] = []
        self._unsents: list[Callable[[bool], None]] = []
        self._unsent = ""
        self._last: tuple[int, ShownMessage] | None = None
        self.patient_id = ""
        self.tab = "sent"
        self.answers.update(
            open=self._open,
            find=self._find,
            choose=self._choose,
            tab=self._turn,
            favourites=self._favourites,
            begin=self._begin,
            unsent=self._decided,
            correct=self._correct,
            opt_out=self._opt_out,
            history=self._history,
            subjects=self._subjects,
            message=self._message,
            source=self._source,
            print=self._print,
            delete=self._delete,
            restore=self._restore,
            resend=self._resend,
        )

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the page."""
        return reading_labels() | {
            "title": _("Patient"),
            "find": _("Name, file number, telephone, birth date"),
            "found": _("Patients found"),
            "nobody": _("Look for a patient: part of the name, the file number, the telephone or the birth date."),
            "none_found": _("Nobody is found so."),
            "tabs": _("What is shown of the patient"),
            "file": _("File"),
            "write": _("New message"),
            "sent": _("Emails sent"),
            "own": _("Patient"),
            "number": _("File no. {number}"),
            "saved": _("✓ Saved, and listed to be copied into the practice's software."),
            "stop": _("Wants no more messages"),
            "allow": _("May be written to again"),
            "objects": _("Wants no messages"),
            "history": _("What was sent about this patient"),
            "favourites": _("Send:"),
            "free": _("Free text"),
            "resume": _("Take up again"),
            "give_up": _("Give up"),
            "deleted_too": _("Also what was deleted"),
            "nothing_sent": _("Nothing was sent about this patient yet."),
            "choose_sent": _("Choose a message to read it as it left."),
            "resend": _("Send again…"),
            "print": _("Print"),
            "delete": _("Delete…"),
            "restore": _("Put back"),
            "why_delete": _("Why? It leaves the history; the proof stays."),
            "delete_now": _("Delete"),
            "back": _("Go back"),
            "gone": _("Deleted"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        }

    # --- what the page of the desk says ----------------------------------------------------------------------

    def show(self, patient_id: str, tab: str = "") -> None:
        """Show a patient; raises ``UnknownPatient`` when nobody has this number."""
        self.patient_id = self._practice.patients.known(patient_id)
        self._last = None
        if tab in TABS:
            self.tab = tab
        self._say_tab()
        self.send({"kind": "opened"})

    def turn(self, tab: str) -> None:
        """Show another part."""
        self.tab = tab
        self._say_tab()
        self.send({"kind": "turned", "tab": tab})

    def sent_more(self) -> None:
        """Have the history read anew."""
        self.send({"kind": "sent"})

    def on_tab(self, call: Tab) -> None:
        """Call back with the part that is looked at, and whenever another patient is."""
        self._tabs.append(call)

    def on_change(self, call: Callable[[], None]) -> None:
        """Call back when something of the file was changed."""
        self._changes.append(call)

    def on_resend(self, call: Callable[[int], None]) -> None:
        """Call back with the delivery that somebody wants to send once more."""
        self._resends.append(call)

    def on_begin(self, call: Callable[[str], None]) -> None:
        """Call back with the email type that somebody wants to send, by its path; ``""`` to write freely."""
        self._begins.append(call)

    def on_unsent(self, call: Callable[[bool], None]) -> None:
        """Call back with whether somebody takes up again what is not sent yet, or gives it up."""
        self._unsents.append(call)

    def tell_unsent(self, since: datetime | None) -> None:
        """Say that a message that was being written is not sent yet, and since when; nothing where there is none."""
        words = "" if since is None else _("A message that you were writing is not sent yet ({moment}).")
        if since is not None:
            words = words.format(moment=_moment(since.astimezone(self._practice.calendar.zone)))
        if words != self._unsent:
            self._unsent = words
            self.send({"kind": "unsent", "unsent": words})

    def _say_tab(self) -> None:
        for call in self._tabs:
            call(self.tab)

    # --- who it is -------------------------------------------------------------------------------------------

    def _open(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        if not self.patient_id:
            return {"patient": None, "tab": self.tab, "finds": True}
        return {"patient": self._head(), "tab": self.tab, "finds": self._finds, "unsent": self._unsent}

    def _find(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"rows": found_rows(self._practice, str(asked["words"]))}

    def _choose(self, asked: Mapping[str, Any]) -> None:
        self.show(str(asked["patient"]))

    def _turn(self, asked: Mapping[str, Any]) -> None:
        if str(asked["tab"]) in TABS:
            self.tab = str(asked["tab"])
            self._say_tab()

    def _favourites(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the email types that are sent most to one patient alone, each a click away."""
        known = self._practice.templates
        return {"types": [[path, known[path].label] for path in known.usual_for_one()]}

    def _begin(self, asked: Mapping[str, Any]) -> None:
        self._meant(asked)
        for call in self._begins:
            call(str(asked["template"]))

    def _decided(self, asked: Mapping[str, Any]) -> None:
        self._meant(asked)
        for call in self._unsents:
            call(bool(asked["resume"]))

    def _head(self) -> dict[str, Any]:
        practice, number = self._practice, self.patient_id
        file = practice.patients.show(number)
        minor = practice.patients.is_minor(number)
        status = practice.patients.address_status(number)
        objection = practice.objection(number)
        facts = [
            born_words(file.get("birth_date"), practice),
            _("File no. {number}").format(number=number),
            *[str(file[name]) for name in ("mobile", "phone") if file.get(name)],
        ]
        visit = file.get("next_appointment_at")
        if visit is not None:
            facts.append(_("next appointment {moment}").format(moment=_moment(visit)))
        marks = [
            ["bad", "✕", words]
            for name, words in (("deceased", _("Deceased")), ("archived", _("Archived file")))
            if file.get(name)
        ]
        if objection:
            marks.append(["bad", "✕", _("Wants no messages")])
        if minor:
            marks.append(["none", "•", _("Minor: written to through a guardian")])
        return {
            "number": number,
            "name": name_of(file),
            "facts": [fact for fact in facts if fact],
            "marks": marks,
            "address": _address_words(str(file.get("email") or ""), status, minor=minor),
            "objects": bool(objection),
            "groups": [
                {"key": "", "title": _("Patient"), "fields": _fields(file, _OWN)},
                *(
                    {
                        "key": str(person["person_key"]),
                        "title": f"{_role_title(role)} – {name_of(person)}{_relation(person)}",
                        "fields": _fields(person, _RESPONSIBLE),
                    }
                    for role, person in _responsible(file)
                ),
            ],
            "languages": [list(pair) for pair in practice.choices().get("language", ())],
        }

    # --- what somebody changes ---------------------------------------------------------------------------------

    def _correct(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        person, column = str(asked["person"]), str(asked["column"])
        allowed = _RESPONSIBLE if person else _OWN
        if column not in allowed:
            raise UsageError(_("This is not kept in the file."))
        value = str(asked["value"]).strip() or None
        self._practice.patients.correct(self._meant(asked), guardian=person or None, **{column: value})
        return self._changed()

    def _opt_out(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        number = self._meant(asked)
        if asked["out"]:
            self._practice.opt_out(number, source="desk")
        else:
            self._practice.patients.write_again(number)
        return self._changed()

    def _changed(self) -> dict[str, Any]:
        for call in self._changes:
            call()
        return {"patient": self._head()}

    def _meant(self, asked: Mapping[str, Any]) -> str:
        """Return who is shown, if the page meant the same: a click that comes late changes nobody else's file."""
        if str(asked["patient"]) != self.patient_id:
            raise UsageError(_("Another patient is shown now: nothing was changed."))
        return self.patient_id

    # --- what was sent -----------------------------------------------------------------------------------------

    def _history(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        practice, number = self._practice, self._meant(asked)
        zone = practice.calendar.zone
        frame = practice.history(number, deleted=bool(asked.get("deleted")))
        rows = [_history_row(row, zone) for row in frame.to_dict("records")]
        calls = [
            {
                "id": 0,
                "order": call["at"].isoformat(),
                "at": _moment(call["at"]),
                "subject": _("Called by {who}").format(who=call["by"]),
                "whom": "",
                "state": ["none", "☎", _("Call")],
                "deleted": "",
            }
            for call in practice.calls(number).to_dict("records")
        ]
        rows = sorted([*rows, *calls], key=lambda row: row["order"], reverse=True)
        count = len(frame)
        return {
            "rows": rows,
            "count": n_("{count} message", "{count} messages", count).format(count=count),
        }

    def _subjects(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the subjects of some messages: each has to be built again for it."""
        told, known = {}, self._known()
        for number in [int(one) for one in asked["ids"] if int(one) in known][:_SUBJECTS_AT_ONCE]:
            message = self._practice.sent(number).message
            if message is not None:
                told[str(number)] = message.subject
        return {"subjects": told}

    def _message(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        number = self._theirs(int(asked["id"]))
        sent = self._practice.sent(number)
        if sent.message is None:
            return {"broken": sent.why_not}
        message = shown(sent.message)
        self._last = (number, message)
        return {"message": message_content(message), "proof": sent.proof}

    def _source(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if self._last is None or self._last[0] != int(asked["id"]):
            raise UsageError(_("Open the message again."))
        return source_content(self._last[1])

    def _print(self, asked: Mapping[str, Any]) -> Answer:
        number = self._theirs(int(asked["id"]))
        with tempfile.TemporaryDirectory() as folder:
            content = self._practice.print_sent([number], Path(folder) / "message.pdf").read_bytes()
        return {"name": _("message-{number}.pdf").format(number=number)}, [content]

    def _delete(self, asked: Mapping[str, Any]) -> None:
        self._practice.delete_from_history(self._theirs(int(asked["id"])), str(asked["reason"]))

    def _restore(self, asked: Mapping[str, Any]) -> None:
        self._practice.restore_to_history(self._theirs(int(asked["id"])))

    def _resend(self, asked: Mapping[str, Any]) -> None:
        number = self._theirs(int(asked["id"]))
        for call in self._resends:
            call(number)

    def _theirs(self, number: int) -> int:
        """Return the number of a message about who is shown; another patient's is not reached from here (P5)."""
        if number not in self._known():
            raise UsageError(_("This message is not about the patient shown."))
        return number

    def _known(self) -> frozenset[int]:
        return frozenset(self._practice.history(self.patient_id, deleted=True)["delivery_id"].tolist())


# --- the words -------------------------------------------------------------------------------------------------


def found_rows(practice: Practice, words: str, *, limit: int = 12) -> list[dict[str, str]]:
    """Return whom words find, as a list shows them."""
    rows = []
    for row in practice.find(words, limit=limit).to_dict("records"):
        numbers = [row[name] for name in ("mobile", "phone") if not pd.isna(row[name])]
        maiden = "" if pd.isna(row["birth_name"]) else _("born {name}").format(name=row["birth_name"])
        closed = _("Deceased") if row["deceased"] else _("Archived file") if row["archived"] else ""
        about = [
            maiden,
            born_words(row["birth_date"], practice),
            _("File no. {number}").format(number=row["patient_id"]),
            next(iter(numbers), ""),
            closed,
        ]
        rows.append(
            {
                "patient": str(row["patient_id"]),
                "name": "" if pd.isna(row["patient"]) else str(row["patient"]),
                "about": " · ".join(part for part in about if part),
            }
        )
    return rows


def name_of(person: Mapping[str, Any]) -> str:
    """Return how somebody of a file is called."""
    parts = (person.get("civility"), person.get("last_name"), person.get("first_name"))
    return " ".join(str(part) for part in parts if part)


def born_words(born: Any, practice: Practice) -> str:
    """Return a birth date with the age, as « 16/10/2014 (12 ans) »; nothing where nobody knows it."""
    if born is None or pd.isna(born):
        return ""
    years = years_between(born.date(), practice.today)
    age = n_("{count} year", "{count} years", years).format(count=years)
    day = f"{born:%d/%m/%Y}" if language() == "fr" else f"{born:%Y-%m-%d}"
    return f"{day} ({age})"


def _history_row(row: Mapping[Any, Any], zone: Any) -> dict[str, Any]:
    at = row["decided_at"] if not pd.isna(row["decided_at"]) else row["queued_at"]
    status = str(row["status"])
    sign, word = STATUS_WORDS[status]
    whom = f"{row['recipient']} <{row['address']}>" if row["address"] else str(row["recipient"])
    deleted = ""
    if not pd.isna(row["deleted_at"]):
        deleted = _("Deleted by {who}: {reason}").format(who=row["deleted_by"], reason=row["deleted_reason"])
    label = str(row["template"]).rpartition("/")[2]
    by_hand = str(row["template"]).partition("/")[0] == BY_HAND
    return {
        "id": int(row["delivery_id"]),
        "order": at.isoformat(),
        "at": _moment(at.tz_convert(zone)),
        "subject": "…" if by_hand else label,
        "whom": whom,
        "state": [_KINDS.get(status, "none"), sign, _(word)],
        "reason": outcome_told(row),
        "repeatable": status in ("sent", "failed") and pd.isna(row["emptied_at"]),
        "deleted": deleted,
    }


def _fields(person: Mapping[str, Any], names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"column": name, "label": heading(name), "value": str(person.get(name) or "")} for name in names]


def _responsible(file: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return whoever answers for a patient, each person once."""
    seen: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for role, people in (("guardian", file["guardians"]), ("payer", file["payers"])):
        for person in people:
            seen.setdefault(str(person["person_key"]), (role, person))
    return list(seen.values())


def _role_title(role: str) -> str:
    return _("Guardian") if role == "guardian" else _("Whoever pays")


def _relation(person: Mapping[str, Any]) -> str:
    relation = str(person.get("relation") or "")
    return f" ({relation_word(relation)})" if relation else ""


def relation_word(relation: str) -> str:
    """Return how a person stands to a patient, in the reader's language where it is a usual word."""
    words = {"mother": _("mother"), "father": _("father"), "tutor": _("legal guardian"), "guardian": _("guardian")}
    return words.get(relation, relation)


def _address_words(email: str, status: str, *, minor: bool) -> dict[str, Any]:
    if minor and not email:
        return {"email": "", "state": None}
    known = status if status in ADDRESS_STATUS_WORDS else AddressStatus.MISSING
    kind = "good" if known in (AddressStatus.OK, AddressStatus.SHARED) else "bad"
    sign = "✓" if kind == "good" else "✕"
    return {"email": email, "state": [kind, sign, _("address {word}").format(word=_(ADDRESS_STATUS_WORDS[known]))]}


def _moment(at: datetime) -> str:
    return str(format_datetime(at, "short", tzinfo=at.tzinfo, locale=language()))
