"""A person at the command line, in English, in front of a practice made of plain values."""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench.cli.main import app
from workbench.domain.arming import Arming, Standing
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.departures import NextDeparture
from workbench.domain.mailings import Counts, MailingStage, MailingStatus, Tally
from workbench.domain.messages import Address, Message
from workbench.domain.options import Options
from workbench.errors import UnknownPatient
from workbench.language import use_language

HOSTILE = "\x1b[31m<script>[red]=2+2"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)


def results_frame(statuses: Mapping[str, str]) -> pd.DataFrame:
    rows = [
        {
            "mailing_id": 7,
            "delivery_id": place,
            "recipient": f"=SUM({place})",
            "address": f"p{place}@exemple.test",
            "status": status,
            "reason": "no_address" if status == "skipped" else "",
            "smtp_reply": HOSTILE,
        }
        for place, status in enumerate(statuses.values(), 1)
    ]
    return pd.DataFrame(rows)


@dataclass
class FakeMailing:
    """A mailing of three rows: two may leave, one has no address."""

    practice: FakePractice
    id: int | None = None
    account: Any = field(
        default_factory=lambda: SimpleNamespace(email="cabinet@exemple.test", name="a", options=Options())
    )
    template: Any = field(default_factory=lambda: SimpleNamespace(occasion_purpose="T", step="", options=Options()))
    choices: Any = None
    outcome: Exception | None = None
    interrupted_by: int | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    timing: tuple[float, bool] = (0, False)

    def check(self) -> pd.DataFrame:
        row = {"recipient": "patient:3", "severity": "error", "code": "no_address", "message": "No e-mail address."}
        return pd.DataFrame([row])

    @property
    def recipients(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "recipient_id": ["patient:1", "patient:2", "patient:3"],
                "recipient": ["Zoé Martin", "Paul Durand", "Léa Petit"],
                "addressee_key": ["1", "2", "3"],
                "role": "patient",
                "channel": "email",
                "address": ["p1@exemple.test", "p2@exemple.test", ""],
                "subjects": [["appointment:1"], ["appointment:2"], ["appointment:3"]],
                "reason": ["", "", "no_address"],
            }
        )

    @property
    def counts(self) -> Counts:
        return Counts(**{str(name): list(self.practice.statuses.values()).count(name) for name in _COUNTED})

    def forecast(self, *, again: bool = False) -> Counts:
        return self.planned(again=again).counts

    def planned(self, *, again: bool = False) -> Tally:
        self.practice.asked.append(("forecast", self.id, again))
        return Tally(Counter(("skipped" if reason else "pending", reason) for reason in self.recipients["reason"]))

    def leaves(self, *, undo_window: float = 0, within_hours: bool = False) -> FakeMailing:
        self.timing = (undo_window, within_hours)
        return self

    def preview(self, number: int = 0) -> Message:
        return Message(
            sender=Address(email="cabinet@exemple.test", name="Cabinet"),
            recipient=Address(email=f"p{number}@exemple.test", name=HOSTILE),
            subject="Rappel",
            html="<p>Bonjour</p>",
            text="Bonjour\nà demain",
            writer=lambda _message: b"From: x\r\n\r\nBonjour\r\n",
        )

    def send(self, confirmed: bool = False, **options: Any) -> pd.DataFrame:
        assert confirmed
        self.calls.append(options)
        self.id = 7
        return self._leave()

    def resume(self, **options: Any) -> pd.DataFrame:
        self.calls.append(options)
        return self._leave()

    def _leave(self) -> pd.DataFrame:
        if self.outcome is not None:
            raise self.outcome
        if self.interrupted_by is not None:
            signal.raise_signal(self.interrupted_by)
        for key, status in self.practice.statuses.items():
            if status == "pending":
                self.practice.statuses[key] = "sent"
        return results_frame(self.practice.statuses)


_COUNTED = ("sent", "failed", "in_doubt", "skipped", "pending", "cancelled")


@dataclass
class FakePractice:
    """Answers like a practice, and remembers what it was asked."""

    statuses: dict[str, str] = field(
        default_factory=lambda: {"1": str(DeliveryStatus.PENDING), "2": "pending", "3": "skipped"}
    )
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    closed: bool = False
    made: FakeMailing | None = None
    departure: NextDeparture | None = None
    cancelled: tuple[datetime, str] | None = None
    settings: Any = field(default_factory=lambda: SimpleNamespace(sending_hours="", undo_minutes=0))
    calendar: Any = field(default_factory=lambda: SimpleNamespace(zone=ZoneInfo("Europe/Paris")))

    def __post_init__(self) -> None:
        self.made = FakeMailing(self)
        self.patients = SimpleNamespace(
            show=self._show, correct=self._correct, known=self._known, is_minor=lambda number: number == "2202"
        )

    def close(self) -> None:
        self.closed = True

    def search(self, name: str, **parameters: str) -> pd.DataFrame:
        self.asked.append(("search", name, parameters))
        return pd.DataFrame(
            {
                "subject_key": ["appointment:1", "appointment:2"],
                "patient_id": ["1", "2"],
                "date": ["2026-11-23", "2026-11-23"],
                "patient": [HOSTILE, "Zoé"],
                "email": ["a@exemple.test", ""],
                "balance": [-12.5, float("nan")],
                "starts_at": pd.to_datetime(["2026-11-23 09:00", "2026-11-23 10:00"]).tz_localize("Europe/Paris"),
            }
        )

    def read_recipients(self, file: Any) -> pd.DataFrame:
        self.asked.append(("recipients", str(file)))
        return pd.DataFrame({"email": ["a@exemple.test"]})

    found_in_parts = search
    recipients_in = read_recipients

    def mailing(self, frame: pd.DataFrame, template: str, **options: Any) -> FakeMailing:
        self.asked.append(("mailing", len(frame), template, options))
        return self.made

    def mailing_by_id(self, number: int) -> FakeMailing:
        self.made.id = number
        return self.made

    def mailings(self) -> pd.DataFrame:
        row = {"mailing_id": 7, "status": "finished", "template": "T", "purpose": "T", "account": "a", "sent": 2}
        return pd.DataFrame([{**row, "pending": 0}])

    def stage(self, number: int) -> MailingStage:
        return MailingStage(status=MailingStatus.FINISHED)

    def cancellation(self, number: int) -> tuple[datetime, str] | None:
        return self.cancelled

    def arming(self) -> Standing:
        return Standing(arming=Arming.ARMED)

    def history(self, number: str, *, deleted: bool = False) -> pd.DataFrame:
        return results_frame(self.statuses).iloc[:0]

    def results(self, number: int | None = None, **options: Any) -> pd.DataFrame:
        self.asked.append(("results", number, options))
        return results_frame(self.statuses)

    def results_in_parts(self, number: int) -> Iterator[pd.DataFrame]:
        whole = results_frame(self.statuses)
        yield whole.iloc[:2]
        yield whole.iloc[2:]

    def tally(self, number: int) -> Tally:
        rows = results_frame(self.statuses)
        return Tally(Counter(zip(rows["status"], rows["reason"], strict=True)))

    def retry(self, number: int) -> int:
        return self._turn("failed", "pending")

    def settle(self, number: int, *, as_sent: bool) -> int:
        return self._turn("in_doubt", "sent" if as_sent else "pending")

    def cancel(self, number: int, *, deliveries: list[int] | None = None) -> int:
        if deliveries is None:
            return self._turn("pending", "cancelled")
        waiting = [str(one) for one in deliveries if self.statuses.get(str(one)) == "pending"]
        self.statuses.update(dict.fromkeys(waiting, "cancelled"))
        return len(waiting)

    def sending_hours(self, account: Any) -> str:
        return self.settings.sending_hours

    def next_departure(self, number: int) -> NextDeparture | None:
        return self.departure

    def opt_out(self, who: str, *, channel: str, purpose: str, source: str) -> None:
        self.asked.append(("opt_out", who, channel, purpose, source))

    def withdraw_opt_out(self, who: str, *, channel: str, purpose: str) -> bool:
        self.asked.append(("withdraw", who, channel))
        return who == "41"

    def objection(self, who: str, *, channel: str, purpose: str) -> str:
        return "opted_out" if who == "42" else ""

    def _turn(self, old: str, new: str) -> int:
        count = list(self.statuses.values()).count(old)
        self.statuses = {key: new if status == old else status for key, status in self.statuses.items()}
        return count

    def _known(self, number: str) -> str:
        if number == "404":
            raise UnknownPatient("No patient has the file number 404.")
        return number

    def _show(self, number: str) -> dict[str, Any]:
        return {"patient_id": number, "last_name": HOSTILE, "email": None}

    def _correct(self, number: str, **columns: str | None) -> list[Any]:
        self.asked.append(("correct", number, columns))
        return [SimpleNamespace(column=column) for column in columns]


@dataclass
class FakeSession:
    """A session that opens the fake practice."""

    opened: FakePractice
    workspace: Any = None
    user: str | None = None

    def practice(self) -> FakePractice:
        return self.opened


@pytest.fixture
def practice() -> FakePractice:
    return FakePractice()


@pytest.fixture
def command(practice: FakePractice) -> Callable[..., Any]:
    """Run one command against the fake practice; errors come out as they are, ``main`` is tested apart."""

    def run(*words: str, typed: str | None = None) -> Any:
        return CliRunner().invoke(app, list(words), obj=FakeSession(practice), input=typed)

    return run


@pytest.fixture
def sample(sample_made_once: Path, tmp_path: Path) -> Path:
    """A sample practice of one's own."""
    return Path(shutil.copytree(sample_made_once, tmp_path / "sample"))


@pytest.fixture
def at(sample: Path) -> Callable[..., Any]:
    """Run one command on a real sample practice."""

    def run(*words: str, typed: str | None = None) -> Any:
        return CliRunner().invoke(app, ["-w", str(sample), *words], input=typed)

    return run
