"""The results page tells what became of each message by a real server, and settles what needs a person."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.journeys.smtp_sink import SmtpSink, serving
from tests.practice.conftest import made_sample, practice  # noqa: F401 - a sample practice of the test's own
from workbench.language import use_language
from workbench.practice import Practice
from workbench.practice.left_over import TO_CORRECT, count_left
from workbench.widgets.day_page import DayPage
from workbench.widgets.results_page import PAGE, ResultsPage, ResultsView, _summed
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


class Watched(ResultsView):
    """A page that keeps what it sent."""

    def __init__(self, *given: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.files: list[list[bytes]] = []
        super().__init__(*given)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)
        self.files.append([*(buffers or [])])

    def hears(self, kind: str, content: bytes | None = None, **message: Any) -> dict[str, Any]:
        before = len(self.sent)
        beside = [] if content is None else [memoryview(content)]
        self._hear(self, {"kind": kind, "request": 1, "view": "v", **message}, beside)
        return self.answered(before)

    def answered(self, before: int) -> dict[str, Any]:
        """Return the first answer after so many messages; a slow one is waited for."""
        last = time.monotonic() + 60
        while time.monotonic() < last:
            if told := [one for one in self.sent[before:] if one["kind"] == "answer"]:
                return told[0]
            time.sleep(0.01)
        raise TimeoutError("no answer")

    def seal(self, mailing: int) -> str:
        return str(self.hears("mailing", mailing=mailing)["seal"])

    def states(self, mailing: int) -> dict[str, int]:
        return {one["state"]: one["count"] for one in self.hears("mailing", mailing=mailing)["states"]}


@pytest.fixture
def sent(practice: Practice, tmp_path: Path) -> Iterator[tuple[Practice, SmtpSink, int]]:  # noqa: F811
    """A mailing that a real server took, but for one address it refused and one whose reply was lost."""
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    addresses = sorted(
        {one for one in practice.mailing(rows, REMINDER, account="folder").addressees()["address"] if "@" in one}
    )
    refused, lost = addresses[0], addresses[1]
    with serving(tmp_path / "sink", refuse=(refused,), lose=(lost,)) as sink:
        practice.accounts.set(
            "smtp", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none", timeout=10
        )
        mailing = practice.mailing(rows, REMINDER, account="smtp")
        mailing.send(confirmed=True)
        assert mailing.id is not None
        yield practice, sink, mailing.id


def test_the_numbers_of_every_list_add_up(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, sink, number = sent  # noqa: F811
    page = Watched(practice)
    listed = page.hears("mailings", period="all")
    (line,) = listed["rows"]
    assert line["id"] == number
    assert line["total"] == sum(one["count"] for one in line["states"])
    shown = page.hears("mailing", mailing=number)
    assert shown["states"] == line["states"]
    assert shown["total"] == line["total"] == page.hears("rows", mailing=number)["count"]
    counts = page.states(number)
    assert counts["failed"] >= 1
    assert counts["in_doubt"] >= 1
    assert counts["sent"] + counts["in_doubt"] == len(sink.messages())
    for state, count in counts.items():
        assert page.hears("rows", mailing=number, state=state)["count"] == count
    assert shown["first"] == page.hears("rows", mailing=number, state="first")["count"]


def test_those_who_need_a_person_come_first_with_their_reason(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    page = Watched(practice)
    rows = page.hears("rows", mailing=number)["rows"]
    assert [row["state"] for row in rows[:2]] == ["in_doubt", "failed"]
    assert "550" in rows[1]["reason"]
    assert rows[1]["file"] == "open"
    name = rows[1]["recipient"]
    found = page.hears("rows", mailing=number, search=name.upper())["rows"]
    assert name in {row["recipient"] for row in found}
    assert page.hears("rows", mailing=number, search="nobody at all")["count"] == 0


def test_one_uncertain_message_counts_as_sent_and_no_other(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, sink, number = sent  # noqa: F811
    page = Watched(practice)
    before, kept = page.states(number), len(sink.messages())
    row = page.hears("rows", mailing=number, state="in_doubt")["rows"][0]
    seal = page.seal(number)
    assert (
        "1 message" in page.hears("settle", mailing=number, seal=seal, delivery=row["delivery"], as_sent=True)["said"]
    )
    after = page.states(number)
    assert (after["in_doubt"], after["sent"]) == (before["in_doubt"] - 1, before["sent"] + 1)
    assert len(sink.messages()) == kept


def test_what_is_sent_again_leaves_once_and_the_page_is_told(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    page = Watched(practice)
    before = page.states(number)
    page.hears("retry", mailing=number, seal=page.seal(number))
    assert page.wait(60)
    assert {"kind": "changed", "mailing": number, "error": ""} in page.sent
    # The server refuses it still; nothing else was touched.
    assert page.states(number) == before
    assert page.hears("rows", mailing=number, state="failed")["rows"][0]["attempts"] == 2


def test_what_stands_otherwise_than_when_it_was_asked_is_refused(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, sink, number = sent  # noqa: F811
    page, kept = Watched(practice), sink.count()
    asked = page.hears("mailing", mailing=number)
    assert set(asked["asks"]) == {"as_sent", "again", "retry"}
    (doubtful,) = page.hears("rows", mailing=number, state="in_doubt")["rows"]
    (failed,) = page.hears("rows", mailing=number, state="failed")["rows"]
    practice.settle(number, as_sent=True)  # decided on another screen
    mark = page.hears("look", mailing=number)["mark"]
    assert mark != asked["mark"]
    for kind, content in (("retry", {}), ("settle", {"as_sent": False}), ("settle", {"as_sent": True})):
        answer = page.hears(kind, mailing=number, seal=asked["seal"], **content)
        assert "changed" in answer["error"]
    again = page.hears("mailing", mailing=number)
    assert set(again["asks"]) == {"retry"}
    for row in (doubtful, failed):  # neither is uncertain
        answer = page.hears("settle", mailing=number, seal=again["seal"], delivery=row["delivery"], as_sent=False)
        assert "changed" in answer["error"]
    assert page.wait(60)
    assert page.states(number)["failed"] == 1
    assert page.hears("rows", mailing=number, state="failed")["rows"][0]["attempts"] == 1
    assert sink.count() == kept


@pytest.fixture
def slow(practice: Practice, tmp_path: Path) -> Iterator[tuple[Practice, SmtpSink, int]]:  # noqa: F811
    """A mailing whose messages all failed, and a server that takes them now, one by one and slowly."""
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    addresses = tuple(practice.mailing(rows, REMINDER, account="folder").addressees()["address"])
    with serving(tmp_path / "none", refuse=addresses) as sink:
        practice.accounts.set("smtp", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        mailing = practice.mailing(rows, REMINDER, account="smtp")
        mailing.send(confirmed=True)
        assert mailing.id is not None
    with serving(tmp_path / "slow", delay=0.15) as sink:
        practice.accounts.set(
            "smtp", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none", connections=1
        )
        yield practice, sink, mailing.id


def test_sending_again_is_told_while_it_goes_on_and_paused(slow: tuple[Practice, SmtpSink, int]) -> None:
    practice, sink, number = slow  # noqa: F811
    page = Watched(practice)
    count = page.states(number)["failed"]
    assert count > 5
    page.hears("retry", mailing=number, seal=page.seal(number))
    sink.wait_for(2)
    during = page.hears("mailing", mailing=number)
    assert during["working"]
    assert during["asks"] == {}  # nothing is decided about a row meanwhile
    assert during["progress"]["total"] >= count
    assert "sent" in page.hears("settle", mailing=number, seal=during["seal"], as_sent=True)["error"]
    (pause,) = [act for act in during["acts"] if act["name"] == "pause"]
    page.hears("pause", mailing=number, seal=pause["seal"])
    assert page.wait(60)
    told = [one for one in page.sent if one["kind"] == "progress"]
    assert told
    assert "@" not in str(told)
    after = page.hears("mailing", mailing=number)
    assert not after["working"]
    assert 0 < page.states(number)["pending"] < count
    assert {"resume", "cancel"} == {act["name"] for act in after["acts"]}
    page.hears("resume", mailing=number, seal=after["seal"])
    assert page.wait(60)
    assert page.states(number)["sent"] == count == sink.count()


def test_a_practice_that_is_closed_ends_what_is_sent_again(slow: tuple[Practice, SmtpSink, int]) -> None:
    practice, sink, number = slow  # noqa: F811
    page = Watched(practice)
    count = page.states(number)["failed"]
    page.hears("retry", mailing=number, seal=page.seal(number))
    sink.wait_for(1)
    path, clock = practice.path, practice.now
    practice.close()
    left = sink.count()
    assert left < count
    with open_practice(path, user="other", now=clock) as other:
        counts = other.ledger.mailings.counts(number)
    # What had left is known to have left, and nobody has to wonder about the others.
    assert (counts.in_doubt, counts.sent, counts.pending) == (0, left, count - left)


def test_what_goes_wrong_unforeseen_is_said_by_its_kind_alone(
    sent: tuple[Practice, SmtpSink, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    practice, _sink, number = sent  # noqa: F811

    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("lea@exemple.test")

    page = Watched(practice)
    seal = page.seal(number)
    monkeypatch.setattr(practice, "drain", broken)
    page.hears("retry", mailing=number, seal=seal)
    assert page.wait(60)
    (changed,) = [one for one in page.sent if one["kind"] == "changed"]
    assert "RuntimeError" in changed["error"]
    assert "lea@" not in str(page.sent)


def test_a_message_is_shown_as_it_left(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, sink, number = sent  # noqa: F811
    page = Watched(practice)
    row = page.hears("rows", mailing=number, state="sent")["rows"][0]
    message = page.hears("message", delivery=row["delivery"])["message"]
    (letter,) = [one.message for one in sink.messages() if one.recipients == (row["address"],)][:1]
    assert message["subject"] == letter["Subject"]
    assert "Message-ID" in str(page.hears("source", delivery=row["delivery"])["headers"])


def test_the_rows_that_are_shown_leave_as_a_file(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    page = Watched(practice)
    answer = page.hears("file", mailing=number, format="csv", state="failed")
    (content,) = page.files[page.sent.index(answer)]
    table = pd.read_csv(io.BytesIO(content))
    assert len(table) == page.hears("rows", mailing=number, state="failed")["count"]
    assert answer["name"].endswith(".csv")
    assert set(table["Account"]) == {"smtp"}
    # An account is called in the file as on the screen.
    practice.accounts.set("smtp", kind="catcher")
    page.hears("file", mailing=number, format="csv", state="failed")
    table = pd.read_csv(io.BytesIO(page.files[-1][0]))
    assert set(table["Account"]) == {"test box"}
    answer = page.hears("file", mailing=number, format="xlsx")
    assert len(pd.read_excel(io.BytesIO(page.files[page.sent.index(answer)][0]), engine="calamine")) == sum(
        page.states(number).values()
    )
    assert "error" in page.hears("file", mailing=number, format="csv", search="nobody at all")


def test_the_pages_answer_while_a_chart_is_drawn(practice: Practice) -> None:  # noqa: F811
    looked_elsewhere = threading.Event()

    class Slow(Watched):
        def _chart(self, asked: Any) -> Any:
            looked_elsewhere.wait(5)
            return super()._chart(asked)

    page = Slow(practice)
    page._hear(page, {"kind": "chart", "request": 7, "view": "v", "mailing": 0, "period": "all"}, [])
    assert "rows" in page.hears("mailings", period="all")
    before = len(page.sent)
    looked_elsewhere.set()
    drawn = page.answered(before)
    assert (drawn["request"], "words" in drawn) == (7, True)


def test_the_charts_of_the_list_stay_asked_for_while_another_page_is_shown(
    sent: tuple[Practice, SmtpSink, int],
) -> None:
    practice, _sink, _number = sent  # noqa: F811
    page = Watched(practice)
    assert page.hears("mailings", period="all", back=True)["charted"] is False
    page.hears("chart", mailing=0, period="all")
    assert page.hears("mailings", period="all", back=True)["charted"] is True
    page.hears("no_chart")
    assert page.hears("mailings", period="all", back=True)["charted"] is False
    page.hears("chart", mailing=0, period="all")
    assert page.hears("mailings", period="all", back=False)["charted"] is False  # listed anew, they are closed


def test_charts_have_words_in_their_place_and_no_name(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    page = Watched(practice)
    answer = page.hears("chart", mailing=number)
    (picture,) = page.files[page.sent.index(answer)]
    assert picture.startswith(b"\x89PNG")
    counts = page.states(number)
    assert f"{counts['sent']}" in answer["words"]
    whole = page.hears("chart", mailing=0, period="all")
    assert f"{counts['sent']}" in whole["words"]


def test_filters_narrow_the_list(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    rows = practice.search("appointments", start="J+2", end="J+2", state="upcoming")
    practice.mailing(rows, REMINDER, account="folder").send(confirmed=True)
    page = Watched(practice)
    assert page.hears("mailings", period="week")["count"] == 2
    assert [one["id"] for one in page.hears("mailings", period="week", state="first")["rows"]] == [number]
    assert [one["id"] for one in page.hears("mailings", period="week", account="smtp")["rows"]] == [number]
    assert page.hears("mailings", period="week", template="Nobody/Nothing")["rows"] == []
    assert page.hears("mailings", period="week", count=1)["count"] == 2


def test_it_leads_elsewhere_only_where_there_is_a_way(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    alone = Watched(practice)
    assert not alone.hears("mailing", mailing=number)["leads"]
    assert "error" in alone.hears("keep", mailing=number)
    led: list[tuple[str, dict[str, Any]]] = []
    page = Watched(practice, lambda name, /, **what: led.append((name, what)))
    left = count_left(practice.tally(number))
    assert page.hears("mailing", mailing=number)["keep"] == f"Keep the {left} to correct for a new mailing"
    page.hears("keep", mailing=number)
    page.hears("patient", patient="1893")
    assert led == [
        ("publipostage", {"mailing": number, "states": ("failed", TO_CORRECT)}),
        ("patient", {"patient_id": "1893", "tab": "file"}),
    ]


def test_another_page_leads_to_the_messages_in_a_state(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    page = ResultsPage(practice)
    page.view = Watched(practice)
    page.open(mailing=number, state="in_doubt")
    assert page.view.sent[-1] == {"kind": "opened", "mailing": number, "state": "in_doubt"}
    listed = page.view.hears("mailings")  # a page that was not there yet asks
    assert (listed["wanted"], listed["wanted_state"]) == (number, "in_doubt")


def test_a_doubt_on_the_first_page_leads_to_its_decision(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    led: list[tuple[str, dict[str, Any]]] = []
    view = DayPage(practice, lambda name, /, **what: led.append((name, what))).view
    told: list[dict[str, Any]] = []
    view.send = lambda content, buffers=None: told.append(content)  # type: ignore[method-assign]
    view._hear(view, {"kind": "day", "request": 1, "view": "v"}, [])
    (line,) = [one for one in told[-1]["settle"] if one["code"].startswith("doubt:")]
    view._hear(view, {"kind": "go", "line": line["code"], "request": 2, "view": "v"}, [])
    assert led == [("results", {"mailing": number, "state": "in_doubt"})]


def test_numbers_are_told_in_the_singular_where_it_is_one() -> None:
    numbers = dict.fromkeys(("failed", "in_doubt", "skipped", "pending", "cancelled"), 0)
    use_language("fr")
    try:
        assert "1 message accepté sur 1 parti" in _summed(1, {"sent": 1, **numbers})
        assert "2 messages acceptés sur 2 partis" in _summed(1, {"sent": 2, **numbers})
    finally:
        use_language(None)


def test_nothing_of_a_patient_is_in_what_a_notebook_could_save(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    page = Watched(practice)
    row = page.hears("rows", mailing=number)["rows"][0]
    assert row["recipient"] not in str(page.get_state())
    assert row["address"] not in str(page.get_state())


def test_a_page_without_mailings_says_so_and_a_mailing_that_is_not_there_too(practice: Practice) -> None:  # noqa: F811
    page = Watched(practice)
    listed = page.hears("mailings")
    assert (listed["there"], listed["rows"]) == (False, [])
    assert "error" in page.hears("mailing", mailing=99)
    ResultsPage(practice).open(mailing=99)
    assert PAGE > 0


def test_an_address_that_nobody_has_is_said_so_wherever_it_is_shown(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    page = Watched(practice)
    (row,) = page.hears("rows", mailing=number, state="failed")["rows"]
    domain = row["address"].rpartition("@")[2]
    assert row["reason"].startswith(f"Unknown mailbox at {domain}. 550")
    found = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    failed = practice.results(number)
    patient = str(failed.loc[failed["status"] == "failed", "patient_id"].iloc[0])
    other = str(found[found["address_status"] == "ok"]["patient_id"].iloc[0])
    practice.patients.correct(other, email=row["address"])
    assert practice.patients.address_status(other) == "returned"
    # Once a message to it is taken, it is a good one again.
    letter = practice.write_to(patient, subject="Bonjour", html="<p>Bonjour.</p>", account="folder")
    letter.send(confirmed=True)
    assert practice.patients.address_status(other) != "returned"


def test_who_was_written_to_since_needs_nobody_any_more(sent: tuple[Practice, SmtpSink, int]) -> None:
    practice, _sink, number = sent  # noqa: F811
    page = Watched(practice)
    first = page.hears("mailing", mailing=number)["first"]
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    practice.mailing(rows, REMINDER, account="folder").send(confirmed=True)  # the failed one alone leaves
    page.meet()
    told = page.hears("mailing", mailing=number)
    assert (told["first"], page.states(number)["failed"]) == (first - 1, 1)


def test_a_letter_to_one_patient_is_called_by_its_subject(practice: Practice):  # noqa: F811
    patient = str(practice.search("appointments", start="tomorrow", end="J+7", minors="no")["patient_id"].iloc[0])
    letter = practice.write_to(patient, subject="Devis n° 3/2026", html="<p>Bonjour.</p>", account="folder")
    letter.queue()
    page = Watched(practice)
    listed = page.hears("mailings", period="all")
    assert listed["rows"][0]["template"] == "Devis n° 3/2026"
    assert listed["choices"]["template"] == [["Courrier", "Written by hand"]]
    assert [row["template"] for row in page.hears("mailings", period="all", template="Courrier")["rows"]] == [
        "Devis n° 3/2026"
    ]
    told = page.hears("mailing", mailing=letter.id)
    assert told["title"] == "Devis n° 3/2026"
    assert "Courrier/" not in " ".join(told["facts"])


def test_a_page_without_code_speaks_of_no_notebook(
    sent: tuple[Practice, SmtpSink, int],
    monkeypatch: pytest.MonkeyPatch,
):
    practice, _sink, number = sent  # noqa: F811
    page = Watched(practice)
    assert page.hears("mailing", mailing=number)["code"] == f"practice.results({number})"
    monkeypatch.setenv("VOILA_KERNEL_ID", "k")
    assert page.hears("mailing", mailing=number)["code"] == ""


def test_the_test_box_is_called_so(practice: Practice):  # noqa: F811
    patient = str(practice.search("appointments", start="tomorrow", end="J+7", minors="no")["patient_id"].iloc[0])
    letter = practice.write_to(patient, subject="Bonjour", html="<p>Bonjour.</p>", account="catcher")
    letter.queue()
    page = Watched(practice)
    listed = page.hears("mailings", period="all")
    assert listed["rows"][0]["account"] == "test box"
    assert ["catcher", "test box"] in listed["choices"]["account"]
    assert "account test box" in page.hears("mailing", mailing=letter.id)["facts"]
