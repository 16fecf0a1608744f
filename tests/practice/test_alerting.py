"""What the practice is told of its jobs, with servers that fail in the middle of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.practice.test_scheduling import Office, alerts
from tests.servers.chaos_smtp import ChaosServer, Fault
from workbench.practice import Practice, executing, scheduling
from workbench.practice.alerting import Alerts
from workbench.wiring import init_workspace, open_practice

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TOLD = "told@practice.example"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no pass wait for what comes back later: the clock of these tests stands."""
    monkeypatch.setattr(scheduling, "LONGEST_SLEEP", 0.1)


@pytest.fixture
def office(practice: Practice) -> Office:
    return Office(practice)


@pytest.fixture(params=["file", "server"])
def any_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """An office whose ledger is a file, and one whose ledger is on a database server."""
    if request.param == "file":
        yield Office(request.getfixturevalue("practice"))
        return
    url = request.getfixturevalue("postgres_url")
    folder = init_workspace(tmp_path / "S", demo=True, ledger=url, user="claire", now=lambda: NOW)
    with open_practice(folder, user="claire", now=lambda: NOW) as opened:
        yield Office(opened)


def later() -> Fault:
    """The first message is to come back later."""
    return Fault(at="rcpt", do="reply", text="451 4.2.1 come back later")


def by_server(office: Office, server: ChaosServer, **settings: Any) -> None:
    """Have a job that sends by a server, and tells somebody."""
    office.at(22, 10)
    office.practice.accounts.set(
        "mail", email="cabinet@practice.example", host="127.0.0.1", port=server.port, security="none"
    )
    office.add(account="mail", told=TOLD, **settings)


def waiting(office: Office) -> str:
    """Return the address of the only message that waits."""
    results = office.practice.results(int(office.practice.jobs.log()["mailing_id"].iloc[0]), identities=True)
    (address,) = results[results["status"] == "pending"]["address"]
    return str(address)


def told(server: ChaosServer) -> list[tuple[str, str]]:
    """Return subject and text of what the practice was told by a server."""
    read = [message_from_bytes(one.content, policy=policy.default) for one in server.kept if one.recipient == TOLD]
    return [(str(one["Subject"]), one.get_body(("plain",)).get_content()) for one in read]  # type: ignore[union-attr]


def test_doubts_that_a_later_pass_brings_are_told_once(any_office: Office) -> None:
    office = any_office
    with ChaosServer(faults=[later(), dropped := Fault(at="dot", do="drop", times=0)]) as server:
        by_server(office, server)
        office.tick(22, 12)
        assert alerts(office) == {}
        dropped.recipient, dropped.times = waiting(office), -1
        for minute in (20, 40, 59):
            office.tick(22, 12, minute)
    assert office.practice.jobs.log()["in_doubt"].tolist() == [1]
    assert alerts(office) == {"doubts sent": 1}
    ((subject, text),) = told(server)
    assert "nobody knows whether they arrived" in subject
    assert "1 message" in text


def test_further_doubts_are_told_as_well(office: Office) -> None:
    with ChaosServer(faults=[later(), dropped := Fault(at="dot", do="drop", times=1)]) as server:
        by_server(office, server)
        office.tick(22, 12)
        assert alerts(office) == {"doubts sent": 1}
        dropped.recipient, dropped.times = waiting(office), -1
        office.tick(22, 12, 20)
        office.tick(22, 12, 40)
    assert alerts(office) == {"doubts sent": 1, "doubts-2 sent": 1}
    assert ["1 message" in text for _subject, text in told(server)] == [True, False]


@pytest.mark.parametrize(
    ("stage", "reply", "usual", "tells"),
    [
        ("greeting", "554 5.3.2 not now", "other", "stopped sent"),
        ("mail", "530 5.7.0 log in first", "other", "stopped sent"),
        ("greeting", "554 5.3.2 not now", "mail", "stopped pending"),
    ],
    ids=["server", "login", "no other account"],
)
def test_what_a_later_pass_cannot_send_is_told_once_and_stands_in_the_log(
    any_office: Office, stage: str, reply: str, usual: str, tells: str
) -> None:
    office = any_office
    with ChaosServer(faults=[later(), refused := Fault(at=stage, do="reply", text=reply, times=0)]) as server:
        by_server(office, server)
        office.practice.accounts.set("other", kind="folder", folder="out")
        office.practice.accounts.set(usual, default=True)
        office.tick(22, 12)
        refused.times = -1
        troubles = office.tick(22, 12, 20).troubles
        for hour in (13, 14):
            office.tick(22, hour)
        log = office.practice.jobs.log()
        assert log[["state", "pending"]].to_numpy().tolist() == [["done", 1]]
        assert log["error"].tolist() == troubles[:1] != [""]
        assert alerts(office) == {tells: 1}
        refused.times = 0
        number = int(log["mailing_id"].iloc[0])
        office.at(22, 15)
        office.practice.drain(number)
        office.tick(22, 15)
    log = office.practice.jobs.log()
    assert log[["pending", "error"]].to_numpy().tolist() == [[0, ""]]
    assert alerts(office) == {"stopped sent": 1}


@pytest.mark.parametrize(
    ("reply", "only", "told_so"),
    [
        ("550 5.7.1 you are on a list", False, True),
        ("550 5.1.1 nobody here", False, True),
        ("550 5.7.1 you are on a list", True, True),
        ("550 5.1.1 nobody here", True, False),
    ],
)
def test_that_every_message_failed_is_told_but_not_of_a_single_wrong_address(
    office: Office, monkeypatch: pytest.MonkeyPatch, reply: str, only: bool, told_so: bool
) -> None:
    with ChaosServer(faults=[refused := Fault(at="rcpt", do="reply", text=reply, times=-1)]) as server:
        by_server(office, server)
        office.practice.accounts.set("other", kind="folder", folder="out")
        if only:
            found = executing.rows_of

            def one(*asked: Any) -> pd.DataFrame:
                rows = found(*asked)
                assert isinstance(rows, pd.DataFrame)
                return rows.iloc[:1]

            monkeypatch.setattr(executing, "rows_of", one)
        (done,) = office.tick(22, 12).done
        refused.times = 0
        office.tick(22, 12, 20)
    assert done.mailing_id is not None
    counts = office.practice.ledger.mailings.counts(done.mailing_id)
    assert (counts.failed == 1, counts.sent) == (only, 0)
    assert [kind.split()[0] for kind in alerts(office)] == ["all_failed"] * told_so


def test_that_some_messages_failed_is_left_to_the_log(office: Office) -> None:
    with ChaosServer(faults=[Fault(at="rcpt", do="reply", text="550 5.7.1 you are on a list")]) as server:
        by_server(office, server)
        office.tick(22, 12)
    assert office.practice.jobs.log()["failed"].tolist() == [1]
    assert alerts(office) == {}


def test_those_who_were_told_already_are_found_all_the_same(office: Office) -> None:
    everybody = {"exclude_upcoming": "no", "exclude_returned": "no"}
    with ChaosServer() as server:
        by_server(office, server, parameters={"start": "2026-11-14", "end": "2026-11-21", **everybody})
        for day in (22, 23, 24, 25):
            office.tick(day, 12)
    runs = office.practice.ledger.occurrences.of()
    assert [bool(one.trace["leaving"]) for one in runs] == [False, False, False, True]
    assert all(one.trace["found"] for one in runs)
    assert alerts(office) == {}


def test_that_a_mailing_waits_for_an_approver_is_told_once_and_names_no_patient(any_office: Office) -> None:
    office = any_office
    with ChaosServer() as server:
        by_server(office, server, approvers="claire, Dr Molaire", approve_by="20:00")
        (record,) = office.tick(22, 12).done
        assert record.mailing_id is not None
        office.tick(22, 12, 20)
        office.tick(22, 13)
        assert server.recipients == [TOLD]
        assert alerts(office) == {"waiting sent": 1}
        ((subject, text),) = told(server)
        count = office.practice.ledger.mailings.counts(record.mailing_id).pending
        assert subject == "« Manqués » waits to be released"
        read = " ".join(text.split())
        assert f"2026-11-22 12:00: {count} messages wait" in read
        assert "until 2026-11-22 20:00" in read
        assert (
            f"claire, Dr Molaire may release or refuse it, on « Scheduler » or with: workbench job approve {record.key}"
            in read
        )
        for name in office.practice.results(record.mailing_id, identities=True)["recipient"]:
            assert str(name) not in read
        office.practice.jobs.approve(record.key)
        assert len(server.recipients) == 1 + count
    assert alerts(office) == {"waiting sent": 1}


def test_who_was_cut_off_before_he_told_that_a_mailing_waits_tells_it_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.at(22, 10)
    office.add(approvers="claire")
    with monkeypatch.context() as cut_off:
        cut_off.setattr(Alerts, "after", lambda *_words, **_more: None)
        office.tick(22, 12)
    assert office.letters == 0
    office.tick(22, 12, 1)
    office.tick(22, 12, 2)
    assert (alerts(office), office.letters) == ({"waiting sent": 1}, 1)
