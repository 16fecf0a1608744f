"""« Ma journée »: what waits for somebody at the front desk, counted once from the searches and the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, cast

import pandas as pd

from workbench.domain.deliveries import Standing, standing_of
from workbench.domain.mailings import MailingStatus
from workbench.errors import WorkbenchError
from workbench.language import language
from workbench.practice.card import Card
from workbench.practice.due_today import due_today

if TYPE_CHECKING:
    from workbench.domain.templates import Template
    from workbench.practice.patients import Patients
    from workbench.practice.practice import Practice

LATELY = timedelta(days=14)
"""What failed longer ago is looked at in the results."""

CALLED = "patient.called"
"""The act of having somebody on the telephone."""

_GONE = frozenset({"sent", "sending", "in_doubt"})
_PURPOSES = {
    "appointments": "appointment_reminder",
    "missed": "appointment_missed",
    "moved": "appointment_moved",
    "birthdays": "birthday",
    "recall": "recall",
}
TOLD = tuple(_PURPOSES)
"""The searches whose people are told something, by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTell:
    """What may be told to the people of one search, and how far that has come; the numbers add up to `total`.

    Attributes
    ----------
    search, parameters, template
        What leads there: ``practice.search(search, **parameters)``, and an email type's path (``""`` when the practice
        has none for it).
    total
        The messages that there would be: one an addressee.
    told, waiting, ready, failed, to_correct, left_out
        Those that left or may have left; that are queued; that can be sent; that were refused; that lack a usable
        address or a guardian; that are not to be sent (opt-outs …).
    last_at, last_by, last_mailing
        When the last of them left, by the practice's clock, who sent it, and in which mailing.
    job, job_at
        The title of the active job that will write to such people today by itself, and when (``""`` when none will).
    """

    search: str
    parameters: Mapping[str, str]
    template: str = ""
    total: int = 0
    told: int = 0
    waiting: int = 0
    ready: int = 0
    failed: int = 0
    to_correct: int = 0
    left_out: int = 0
    last_at: datetime | None = None
    last_by: str = ""
    last_mailing: int | None = None
    job: str = ""
    job_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """How many messages an account sent today, and how many it may a day (0 where nobody knows)."""

    account: str
    today: int
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What « Ma journée » says.

    Attributes
    ----------
    at, today, next_day
        When it was counted, by the practice's clock; the day, and the next one on which the practice works.
    to_tell
        By search: ``appointments`` (the reminders of the next open day), ``missed``, ``moved``, ``birthdays``,
        ``recall``.
    to_phone
        The appointments of the next open day whose patient cannot be written to: the columns of that search, with
        ``called_at`` (by the practice's clock) and ``called_by`` of whoever was called since yesterday.
    failed
        What was refused lately and has not left since; columns as in ``practice.results(identities=True)``.
    unfinished
        Mailings that have not ended or hold uncertain rows: mailing_id status reason template opened_at opened_by
        pending in_doubt.
    spent
        What each account sent today.
    """

    at: datetime
    today: date
    next_day: date
    to_tell: Mapping[str, ToTell]
    to_phone: pd.DataFrame = field(repr=False)
    failed: pd.DataFrame = field(repr=False)
    unfinished: pd.DataFrame = field(repr=False)
    spent: tuple[Spent, ...] = ()

    @property
    def uncertain(self) -> int:
        """How many messages nobody knows the fate of."""
        return int(self.unfinished["in_doubt"].sum())

    @property
    def to_approve(self) -> pd.DataFrame:
        """The mailings that wait for whoever validates them."""
        return self.unfinished[self.unfinished["status"] == MailingStatus.AWAITING_APPROVAL.value]


class Days(Card):
    """The verbs of the front desk's day."""

    patients: Patients

    def day(self, *, tell: Collection[str] = TOLD) -> Day:
        """Return what waits for somebody at the front desk today; nothing is changed.

        Parameters
        ----------
        tell
            The searches whose people are counted: each one takes a moment.

        Examples
        --------
        >>> day = practice.day()
        >>> reminders = day.to_tell["appointments"]
        >>> parts = (reminders.told, reminders.waiting, reminders.ready, reminders.failed)
        >>> reminders.total == sum(parts) + reminders.to_correct + reminders.left_out
        True
        """
        return day_of(cast("Practice", self), tell)

    def to_tell(self, *searches: str, day: Day | None = None) -> dict[str, ToTell]:
        """Return what `day` says in ``to_tell`` of some searches, or of all of them, and nothing besides.

        Parameters
        ----------
        *searches
            Their names.
        day
            A day that was counted just now: what it read is not read again.

        Examples
        --------
        >>> list(practice.to_tell("birthdays", "recall"))
        ['birthdays', 'recall']
        """
        practice = cast("Practice", self)
        failed = _failed(practice, self.now()) if day is None else day.failed
        return _all_to_tell(practice, searches or TOLD, failed)

    def called(self, patient_id: str, *, appointment_id: str = "", done: bool = True) -> None:
        """Write down that a patient was called, about an appointment if one is named; journalled.

        With ``done=False`` it is taken back. `calls` tells what was written.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.

        Examples
        --------
        >>> number = practice.search("to_phone")["patient_id"].iloc[0]
        >>> practice.called(number)
        >>> practice.calls(number)["by"].notna().tolist()
        [True]
        """
        self.patients.known(patient_id)
        self.ledger.acts.record(
            CALLED,
            f"patient:{patient_id}",
            details={"appointment": appointment_id, "done": done},
            by=self.user,
            now=self.now(),
        )

    def calls(self, patient_id: str = "", *, days: int = 400) -> pd.DataFrame:
        """Return who was called in so many days, the latest first: of one patient, or of everybody.

        Returns
        -------
        DataFrame
            ``patient_id appointment_id`` and ``by`` as texts, ``at`` by the practice's clock. A call that was taken
            back is not among them.
        """
        acts = self.ledger.acts.of_kind(CALLED, since=self.now() - timedelta(days=days))
        frame = pd.DataFrame(
            {
                "patient_id": acts["object"].str.removeprefix("patient:"),
                "appointment_id": pd.array([one.get("appointment", "") for one in acts["details"]], dtype="string"),
                "at": acts["at"].dt.tz_convert(self.calendar.zone),
                "by": acts["by"],
                "done": [bool(one.get("done", True)) for one in acts["details"]],
            }
        )
        if patient_id:
            frame = frame[frame["patient_id"] == patient_id]
        last = ~frame.duplicated(["patient_id", "appointment_id"], keep="last")
        kept = frame["done"].astype(bool) & last
        # Of a call that was taken back, those before it stand no more than it does.
        told = frame[kept].drop(columns="done").iloc[::-1].reset_index(drop=True)
        told.attrs["of_people"] = True
        return told


def day_of(practice: Practice, tell: Collection[str]) -> Day:
    """Return what waits for somebody at the front desk; see ``Practice.day``."""
    at, calendar = practice.now(), practice.calendar
    failed = _failed(practice, at)
    return Day(
        at=at.astimezone(calendar.zone),
        today=practice.today,
        next_day=calendar.shift_open(practice.today, 1),
        to_tell=_all_to_tell(practice, tell, failed),
        to_phone=_to_phone(practice),
        failed=failed,
        unfinished=practice.ledger.mailings.unfinished(),
        spent=_spent(practice),
    )


def _failed(practice: Practice, at: datetime) -> pd.DataFrame:
    """Return what was refused lately and was not tried again since, the latest first."""
    failed = practice.ledger.results.failed(since=at - LATELY)
    return failed[~failed["settled"]].drop(columns="settled").iloc[::-1].reset_index(drop=True)


def _following(practice: Practice) -> str:
    """Return the next open day, as a search says it."""
    tomorrow = practice.today + timedelta(days=1)
    return "tomorrow" if practice.calendar.shift_open(practice.today, 1) == tomorrow else "J+1 open"


def _all_to_tell(practice: Practice, tell: Collection[str], failed: pd.DataFrame) -> dict[str, ToTell]:
    following, yesterday = _following(practice), practice.today - timedelta(days=1)
    before = "yesterday" if practice.calendar.shift_open(practice.today, -1) == yesterday else "J-1 open"
    asked: dict[str, dict[str, str]] = {
        "appointments": {"start": following, "end": following, "state": "upcoming"},
        "missed": {"start": before, "end": "today"},
        "moved": {"start": "today", "change": "moved"},
        "birthdays": {"start": "today", "end": "today"},
        "recall": {},
    }
    shelf = list(practice.templates.values())
    return {
        name: _to_tell(practice, name, parameters, shelf, failed) for name, parameters in asked.items() if name in tell
    }


def _to_tell(
    practice: Practice, search: str, parameters: dict[str, str], shelf: list[Template], failed: pd.DataFrame
) -> ToTell:
    found = practice.search(search, **parameters)
    template = practice.templates.default_for(found) or _written_for(_PURPOSES[search], shelf)
    plain = ToTell(search=search, parameters=parameters, total=len(found))
    if template is None or found.empty:
        return plain if template is None else ToTell(search=search, parameters=parameters, template=template.path)
    try:
        mailing = practice.mailing(found, template)
    except WorkbenchError:  # no account yet: who is to be told is known all the same
        return plain
    rows = mailing.prepare(check=False).addressed.frame
    purpose, step = mailing.template.occasion_purpose, mailing.template.step
    occasions = [one for some in rows["subjects"] for one in some]
    told = practice.ledger.last_messages.told_how(purpose, step, occasions=occasions)
    ours = failed[(failed["purpose"] == purpose) & (failed["step"] == step)]
    refused = set(zip(ours["patient_id"], ours["appointment_id"], strict=True))
    standing: dict[tuple[str, str, str, str], str] = {}
    for one in told.itertuples(index=False):
        key = (str(one.occasion), str(one.addressee_key), str(one.role), str(one.channel))
        standing[key] = "told" if one.status in _GONE else "waiting" if one.status == "pending" else ""
    counted = dict.fromkeys(("told", "waiting", "ready", "failed", "to_correct", "left_out"), 0)
    for row in rows.to_dict("records"):
        whom = (str(row["addressee_key"]), str(row["role"]), str(row["channel"]))
        known = {standing.get((str(occasion), *whom), "") for occasion in row["subjects"]}
        counted[_where(row, known, refused)] += 1
    gone = told[told["status"].isin(_GONE)]
    job, job_at = due_today(practice, search, parameters, purpose) if counted["ready"] else ("", None)
    last = gone.iloc[-1] if len(gone) else None
    return ToTell(
        search=search,
        parameters=parameters,
        template=mailing.template.path,
        total=len(rows),
        last_at=None if last is None else last["at"].tz_convert(practice.calendar.zone).to_pydatetime(),
        last_by="" if last is None else str(last["by"]),
        last_mailing=None if last is None else int(last["mailing_id"]),
        job=job,
        job_at=job_at if job else None,
        **counted,
    )


def _where(row: Mapping[object, object], known: set[str], refused: set[tuple[str, str]]) -> str:
    """Return which of the numbers a recipient counts in."""
    if "told" in known:
        return "told"
    if "waiting" in known:
        return "waiting"
    reason = str(row["reason"])
    if reason:
        return "to_correct" if standing_of(reason) is Standing.TO_CORRECT else "left_out"
    return "failed" if (row["patient_id"], row["appointment_id"]) in refused else "ready"


def _written_for(purpose: str, shelf: list[Template]) -> Template | None:
    """Return the practice's email type of a purpose: in the language of the desk when there is one."""
    known = [one for one in shelf if one.occasion_purpose == purpose]
    own = [one for one in known if not one.variant_of]
    spoken = [one for one in own if one.language == language()]
    return next(iter([*spoken, *own, *known]), None)


def _to_phone(practice: Practice) -> pd.DataFrame:
    following = _following(practice)
    found = practice.search("to_phone", start=following, end=following)
    found = found.sort_values("starts_at", kind="stable", ignore_index=True)
    calls = practice.calls(days=2).drop_duplicates("appointment_id").set_index("appointment_id")
    told = calls.reindex(pd.Index(found["appointment_id"]))
    kept = found.assign(called_at=told["at"].array, called_by=told["by"].array)
    kept.attrs["of_people"] = True
    return kept


def _spent(practice: Practice) -> tuple[Spent, ...]:
    midnight = datetime.combine(practice.today, time(), tzinfo=practice.calendar.zone)
    sent = practice.ledger.results.sent_by_account(since=midnight)
    return tuple(
        Spent(account=account.name, today=sent.get(account.name, 0), most=account.limits.per_day)
        for account in practice.accounts.values()
    )
