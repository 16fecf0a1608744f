"""The send cell says what the ledger holds, keeps nobody in its traits, and hears each click once."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tests.journeys.smtp_sink import SmtpSink, serving
from workbench.errors import UsageError
from workbench.practice import Mailing, Practice
from workbench.widgets import send_panel
from workbench.widgets.send_panel import SHOWN_ROWS, SendPanel
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


@pytest.fixture
def practice(sample_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    shutil.copytree(sample_made_once, tmp_path / "W")
    with open_practice(tmp_path / "W", user="claire") as opened:
        opened.accounts.set("folder", kind="folder", folder="out")
        yield opened


@pytest.fixture
def mailing(practice: Practice) -> Mailing:
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    return practice.mailing(rdv, REMINDER, account="folder")


class Watched(SendPanel):
    """A panel that keeps what it says to its page."""

    def __init__(self, mailing: Mailing) -> None:
        self.said: list[dict[str, Any]] = []
        super().__init__(lambda: mailing)
        assert self.dispatcher.settled(60)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.said.append(content)

    def hear(self, kind: str, **values: Any) -> dict[str, Any]:
        """Say something as the page does; give what the panel answers."""
        self._hear(self, {"kind": kind, "request": len(self.said), "view": "v", **values}, [])
        answer = [message for message in self.said if message["kind"] == "answer"][-1]
        assert self.dispatcher.settled(60)
        return answer


@contextmanager
def refused(
    practice: Practice, folder: Path, count: int
) -> Iterator[tuple[Watched, SmtpSink, list[str], tuple[str, ...]]]:
    """Give the panel of a mailing of which the server refused all, the server, the patients and their addresses."""
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    found = practice.mailing(rdv, REMINDER, account="folder").recipients
    own = found[(found["reason"] == "") & (found["role"] == "patient")]
    patients = [str(one) for one in own["patient_id"].drop_duplicates()[:count]]
    addresses = tuple(f"inconnue{number}@famille.example" for number in range(count))
    for patient, address in zip(patients, addresses, strict=True):
        practice.patients.correct(patient, email=address)
    rows = rdv[rdv["patient_id"].isin(patients)].drop_duplicates("patient_id")
    with serving(folder / "hard", refuse=addresses) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        panel = Watched(practice.mailing(rows, REMINDER, account="hard"))
        panel.hear("confirm", seal=panel.hear("state")["offer"]["seal"])
        yield panel, sink, patients, addresses


def test_the_page_is_told_the_numbers_and_then_what_became_of_them(mailing: Mailing) -> None:
    panel = Watched(mailing)
    offer = panel.hear("state")["offer"]
    assert offer["count"] == mailing.forecast().pending
    assert panel.status == "draft"
    panel.hear("confirm", seal=offer["seal"])
    last = panel.said[-1]
    assert last["kind"] == "state"
    assert last["doing"] == ""
    assert last["result"]["states"][0]["count"] == offer["count"]
    assert panel.status == "finished"
    assert (panel.results["status"] == "sent").sum() == offer["count"]
    assert panel.wait(1)


def test_a_click_that_comes_twice_counts_once(mailing: Mailing, practice: Practice) -> None:
    panel = Watched(mailing)
    offer = panel.hear("state")["offer"]
    for _time in range(2):
        panel.hear("confirm", seal=offer["seal"])
    assert len(list((practice.path / "out").glob("*.eml"))) == offer["count"]


def test_nobody_is_in_what_a_notebook_would_keep_of_the_panel(mailing: Mailing) -> None:
    panel = Watched(mailing)
    panel.hear("confirm", seal=panel.hear("state")["offer"]["seal"])
    said = [message for message in panel.said if message["kind"] == "state"]
    kept = json.dumps([panel.get_state(), said], default=str, ensure_ascii=False) + repr(panel)
    for name in mailing.practice.results(mailing, identities=True)["recipient"]:
        assert name not in kept


def test_those_who_need_somebody_go_to_the_page_alone(mailing: Mailing) -> None:
    panel = Watched(mailing)
    panel.hear("confirm", seal=panel.hear("state")["offer"]["seal"])
    answer = panel.hear("rows")
    left_out = mailing.practice.results(mailing, identities=True).query("status == 'skipped'")
    assert sorted(row[0] for row in answer["rows"]) == sorted(left_out["recipient"])
    assert set(answer["states"]) == {"skipped"}
    assert len(answer["rows"]) <= SHOWN_ROWS
    assert {row[5] for row in answer["rows"]} == {""}  # nobody tried: there is no hour to tell


def test_a_failed_row_whose_file_was_corrected_shows_its_new_address_and_is_sent_again(
    practice: Practice, tmp_path: Path
) -> None:
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming").iloc[:1]
    patient = str(practice.mailing(rows, REMINDER, account="folder").recipients["patient_id"].iloc[0])
    before, after = "inconnue@famille.example", "odile@famille.example"
    practice.patients.correct(patient, email=before)
    with serving(tmp_path / "hard", refuse=(before,)) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        panel = Watched(practice.mailing(rows, REMINDER, account="hard"))
        panel.hear("confirm", seal=panel.hear("state")["offer"]["seal"])
        told = panel.hear("rows")
        assert (told["rows"][0][1], told["again"]) == (before, [None])
        practice.patients.correct(patient, email=after)
        panel.hear("look")
        told, state = panel.hear("rows"), panel.hear("state")
        assert told["rows"][0][1] == f"{before} → {after}"
        assert told["rows"][0][3] == "Unknown mailbox at famille.example."
        assert state["result"]["groups"] == [{"state": "failed", "sentence": "Unknown mailbox.", "count": 1}]
        (number,) = practice.results(panel.mailing)["delivery_id"]
        assert "Unknown mailbox at famille.example." in dict(practice.sent(number).sheet.lines)["Status"]
        assert [one["question"] for one in told["again"]] == [f"Try the message again, to its new address {after}?"]
        assert state["result"]["corrected"] == 1  # the rows are asked for anew
        (retry,) = state["actions"]
        assert retry["label"] == "Send again to the new address…"
        panel.hear("retry", seal=retry["seal"])
        assert sink.count() == 1


def test_of_several_that_failed_the_one_of_a_row_alone_is_sent_again(practice: Practice, tmp_path: Path) -> None:
    with refused(practice, tmp_path, 3) as (panel, sink, patients, addresses):
        practice.patients.correct(patients[0], email="odile@famille.example")
        panel.hear("look")
        told = panel.hear("rows")
        (again,) = filter(None, told["again"])
        assert again["question"] == "Try the message again, to its new address odile@famille.example?"
        panel.hear("retry", seal=told["seal"], delivery=again["delivery"])
        results = practice.results(panel.mailing, identities=True).set_index("address")
        assert sorted(results["status"]) == ["failed", "failed", "sent"]
        assert results["attempts"].to_dict() == {"odile@famille.example": 2, addresses[1]: 1, addresses[2]: 1}
        assert sink.count() == 1


def test_of_a_cancelled_mailing_no_row_is_sent_again(practice: Practice, tmp_path: Path) -> None:
    with refused(practice, tmp_path, 2) as (panel, _sink, patients, addresses):
        assert panel.mailing is not None
        number = panel.mailing.id
        assert number is not None
        practice.patients.correct(patients[0], email="odile@famille.example")
        panel.hear("look")
        assert [one is not None for one in panel.hear("rows")["again"]].count(True) == 1
        results = practice.results(number, identities=True).set_index("address")
        practice.retry(number, deliveries=[int(results.loc[addresses[1], "delivery_id"])])
        practice.cancel(number)
        panel.hear("look")
        told = panel.hear("rows")
        assert told["states"] == ["failed", "cancelled"]
        assert told["again"] == [None, None]


def test_who_is_ready_by_now_is_not_told_as_left_out_before(mailing: Mailing, practice: Practice) -> None:
    panel = Watched(mailing)
    panel.hear("confirm", seal=panel.hear("state")["offer"]["seal"])
    before = panel.hear("rows")["total"]
    results = practice.results(mailing, identities=True)
    row = results[results["reason"] == "no_address"].iloc[0]
    practice.patients.correct(str(row["patient_id"]), email="odile@famille.example")
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    again = Watched(practice.mailing(rdv, REMINDER, account="folder"))
    state = again.hear("state")
    assert (state["offer"]["count"], state["result"]["rows"]) == (1, before)
    told = again.hear("rows")
    assert told["total"] == before - 1
    assert row["recipient"] not in [cells[0] for cells in told["rows"]]


def test_when_it_was_decided_is_told_by_the_clock_of_the_practice(mailing: Mailing, monkeypatch: Any) -> None:
    panel = Watched(mailing)
    panel.hear("confirm", seal=panel.hear("state")["offer"]["seal"])
    practice = mailing.practice
    found = practice.results(mailing, identities=True)
    tried = found.assign(status="failed", reason="", attempts=1, decided_at=pd.Timestamp("2026-11-22 02:17", tz="UTC"))
    monkeypatch.setattr(practice, "results", lambda *_asked, **_options: tried)
    monkeypatch.setitem(vars(practice), "calendar", replace(practice.calendar, zone=ZoneInfo("America/Cayenne")))
    assert {row[5][-5:] for row in panel.hear("rows")["rows"]} == {"23:17"}


def test_before_anything_was_queued_nobody_is_in_the_rows(mailing: Mailing) -> None:
    assert Watched(mailing).hear("rows")["rows"] == []


def test_an_email_type_that_cannot_be_sent_is_a_sentence(practice: Practice, tmp_path: Path) -> None:
    file = tmp_path / "Broken.html"
    file.write_text("---\nlabel: Broken\nsubject: x\n---\n<p>@PNOMS</p>", encoding="utf-8")
    practice.templates.import_file(file)
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    panel = Watched(practice.mailing(rdv, "Broken", account="folder"))
    told = panel.hear("state")
    assert "@PNOMS" in told["error"]
    assert told["offer"] is None


def test_a_panel_without_a_mailing_has_no_results() -> None:
    def nothing() -> Mailing:
        raise UsageError("choose an email type first")

    panel = SendPanel(nothing)
    with pytest.raises(UsageError):
        _ = panel.results
    assert panel.status == "draft"


def test_another_list_is_offered_when_the_desk_says_so(practice: Practice, mailing: Mailing) -> None:
    lists = [mailing]
    panel = SendPanel(lambda: lists[-1])
    assert panel.dispatcher.settled(60)
    first = panel.dispatcher.situation.offer
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming").iloc[:4]
    lists.append(practice.mailing(rdv, REMINDER, account="folder"))
    panel.renew()
    assert panel.dispatcher.settled(60)
    second = panel.dispatcher.situation.offer
    assert first is not None
    assert second is not None
    assert second.count < first.count


def test_who_waits_to_be_sent_to_is_shown_with_the_numbers_by_which_they_are_taken_back(
    practice: Practice, mailing: Mailing
) -> None:
    practice.settings = replace(practice.settings, undo_minutes=10)
    panel = Watched(mailing)
    waits = threading.Event()
    panel.dispatcher.on_change(lambda: waits.set() if panel.dispatcher.situation.may_be_taken_back else None)
    panel.answers["confirm"]({"seal": panel.dispatcher.situation.offer_seal})
    assert waits.wait(60)
    assert "Leaves at" in repr(panel)
    rows = panel.answers["rows"]({})
    assert set(rows["states"]) == {"pending"}
    assert len(rows["numbers"]) == len(rows["rows"]) > 1
    assert rows["columns"] == ["recipient", "address"]  # nothing was tried, all wait: the rest would say nothing
    assert {len(row) for row in rows["rows"]} == {2}
    panel.answers["take_back"]({"seal": panel.dispatcher.situation.seal, "delivery": rows["numbers"][0]})
    assert panel.answers["rows"]({})["numbers"] == rows["numbers"][1:]
    panel.answers["cancel"]({"seal": panel.dispatcher.situation.seal})
    assert panel.dispatcher.settled(60)
    assert panel.status == "cancelled"
    rows = panel.answers["rows"]({})
    assert "pending" not in rows["states"]
    assert rows["numbers"] == []


def test_of_a_long_list_the_first_are_told_and_the_others_are_found(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_panel, "SHOWN_ROWS", 3)
    panel = Watched(mailing)
    panel.hear("confirm", seal=panel.hear("state")["offer"]["seal"])
    practice = mailing.practice
    found = practice.results(mailing, identities=True).assign(status="failed", recipient="Jean DUPONT")
    found.loc[found.index[-1], "recipient"] = "Zoé LEFÈVRE"
    monkeypatch.setattr(practice, "results", lambda *_asked, **_options: found)
    first = panel.hear("rows")
    assert (len(first["rows"]), first["more"]) == (3, f"… and {len(found) - 3} others.")
    assert first["total"] == len(found)
    one = panel.hear("rows", find=" lefevre ZOE ")
    assert ([row[0] for row in one["rows"]], one["more"], one["total"]) == (["Zoé LEFÈVRE"], "", len(found))
    assert panel.hear("rows", find="lefevre nobody")["rows"] == []


def test_when_it_leaves_is_chosen_in_the_panel_and_asked_again(mailing: Mailing) -> None:
    panel = Watched(mailing)
    before = panel.hear("state")["offer"]
    assert [choice["words"] for choice in before["undo"]["choices"]] == [
        "at once", "in 5 minutes", "in 10 minutes", "in 30 minutes",
    ]  # fmt: skip
    panel.hear("undo", minutes=10)
    offer = panel.hear("state")["offer"]
    assert (before["undo"]["chosen"], offer["undo"]["chosen"]) == (0, 10)
    assert "It leaves in 10 minutes" in offer["question"]
    panel.hear("confirm", seal=before["seal"])
    assert panel.status == "draft"
    assert panel.hear("undo", minutes=1e9)["error"]
