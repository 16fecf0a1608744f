"""« Ma journée » tells the day in words, and each line leads where it says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.journeys.smtp_sink import serving
from workbench.practice import Practice
from workbench.practice.day import ToTell
from workbench.widgets.day_page import DayPage
from workbench.widgets.view import View
from workbench.wiring import open_practice


@pytest.fixture
def practice(sample_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    shutil.copytree(sample_made_once, tmp_path / "cabinet")
    with open_practice(tmp_path / "cabinet", user="claire") as opened:
        opened.accounts.set("folder", kind="folder", folder="out")
        yield opened


def asks(view: View, kind: str, **about: Any) -> dict[str, Any]:
    """What the page in the browser is answered."""
    answered: list[dict[str, Any]] = []
    view.send = lambda content, buffers=None: answered.append(content)  # type: ignore[method-assign]
    view._hear(view, {"kind": kind, "request": 1, "view": "v", **about}, [])
    return answered[-1]


def test_the_reminders_lead_to_their_mailing_and_nothing_of_a_patient_is_kept(practice: Practice):
    gone: list[tuple[str, dict[str, Any]]] = []
    page = DayPage(practice, lambda name, /, **what: gone.append((name, what)))
    day = asks(page.view, "day")
    (reminders,) = day["tell"]
    assert reminders["state"][2].endswith("to send")
    assert "error" not in asks(page.view, "go", line=reminders["code"])
    name, what = gone[0]
    assert name == "publipostage"
    assert what["search"] == "appointments"
    assert what["template"] in practice.templates
    known = practice.search("appointments", **{k: v for k, v in what.items() if k not in ("search", "template")})
    assert len(known)
    kept = json.dumps(page.view.get_state(), default=str)
    assert not [row["name"] for row in day["phone"] if row["name"] in kept]


def test_a_line_that_is_gone_leads_nowhere(practice: Practice):
    page = DayPage(practice, lambda _name, /, **_what: pytest.fail("nobody asked for it"))
    assert "error" in asks(page.view, "go", line="tell:appointments")


def test_alone_in_a_cell_nothing_leads_elsewhere(practice: Practice):
    day = asks(DayPage(practice).view, "day")
    assert day["leads"] is False
    assert {line["lead"] for line in day["tell"]} == {""}


def test_what_takes_longer_is_told_after(practice: Practice):
    page = DayPage(practice)
    codes = [line["code"] for line in asks(page.view, "rest")["tell"]]
    assert codes == ["tell:missed", "tell:moved", "tell:birthdays", "tell:recall"]


def test_what_is_counted_for_the_page_is_counted_once(practice: Practice, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    searching = Practice.search
    monkeypatch.setattr(
        Practice, "search", lambda self, name, **given: asked.append(name) or searching(self, name, **given)
    )
    page = DayPage(practice)
    asks(page.view, "day")
    asks(page.view, "rest")
    assert sorted(asked) == ["appointments", "birthdays", "missed", "moved", "recall", "to_phone"]


def test_what_failed_is_read_once_for_the_page(practice: Practice):
    asked: list[str] = []
    engine = practice.ledger.results._engine  # type: ignore[attr-defined]
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _u, sql, *_: asked.append(sql))
    page = DayPage(practice)
    for _twice in range(2):
        asked.clear()
        asks(page.view, "day")
        asks(page.view, "rest")
        assert len([sql for sql in asked if "deliveries.status = 'failed' AND deliveries.decided_at >=" in sql]) == 1


def test_a_tick_says_that_somebody_was_called(practice: Practice):
    page = DayPage(practice)
    row = asks(page.view, "day")["phone"][0]
    about = {"patient": row["patient"], "appointment": row["appointment"]}
    assert "claire" in asks(page.view, "called", done=True, **about)["called"]
    assert asks(page.view, "day")["phone"][0]["called"]
    assert asks(page.view, "called", done=False, **about)["called"] == ""
    assert "error" in asks(page.view, "called", patient="nobody", appointment="", done=True)


def test_what_was_sent_says_when_and_by_whom(practice: Practice):
    one = practice.day(tell=["appointments"]).to_tell["appointments"]
    practice.mailing(practice.search("appointments", **one.parameters), one.template, account="folder").send(
        confirmed=True
    )
    gone: list[tuple[str, dict[str, Any]]] = []
    page = DayPage(practice, lambda name, /, **what: gone.append((name, what)))
    (line,) = asks(page.view, "day")["tell"]
    left = practice.to_tell("appointments")["appointments"].to_correct  # more of them on some days than on others
    assert line["state"] == (["doubt", "✕", f"{left} to correct"] if left else ["good", "✓", "All sent"])
    assert "by claire" in line["detail"]
    asks(page.view, "go", line=line["code"])
    assert gone == [
        ("publipostage", {"mailing": practice.day(tell=["appointments"]).to_tell["appointments"].last_mailing})
    ]


@pytest.mark.parametrize(
    ("counted", "state"),
    [
        ({"told": 3, "left_out": 1}, ["good", "✓", "All sent"]),
        ({"told": 3, "failed": 1, "to_correct": 2}, ["bad", "✕", "1 failed"]),
        ({"told": 3, "to_correct": 2}, ["doubt", "✕", "2 to correct"]),
        ({"told": 3, "failed": 1, "waiting": 1}, ["none", "…", "1 waits"]),
        ({"left_out": 1}, ["none", "–", "Nothing to send"]),
    ],
)
def test_a_line_does_not_say_that_all_were_sent_while_some_failed(
    practice: Practice, counted: dict[str, int], state: list[str]
):
    one = ToTell(search="birthdays", parameters={}, template="Anniversaire", total=sum(counted.values()), **counted)
    assert DayPage(practice).view._told(one)["state"] == state


def test_a_line_names_the_job_that_does_the_same_today(practice: Practice):
    one = practice.to_tell("appointments")["appointments"]
    noon = datetime.combine(practice.today, time(12), tzinfo=practice.calendar.zone)
    practice.now = lambda: noon  # type: ignore[misc]
    practice.jobs.add("Rappels", treatment="appointments", template=one.template, time="17:30")
    (line,) = asks(DayPage(practice).view, "day")["tell"]
    assert line["detail"].endswith("« Rappels » is set for 17:30 today")


def test_a_refused_message_whose_address_was_corrected_leads_to_where_it_is_sent_again(
    practice: Practice, tmp_path: Path
):
    before, after = ("inconnue@famille.example", "inconnu@famille.example"), "odile@famille.example"
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    template = practice.to_tell("appointments")["appointments"].template
    found = practice.mailing(rows, template, account="folder").recipients
    own = found[(found["reason"] == "") & (found["role"] == "patient")]
    patients = [str(one) for one in own["patient_id"].drop_duplicates()[:2]]
    for patient, address in zip(patients, before, strict=True):
        practice.patients.correct(patient, email=address)
    rows = rows[rows["patient_id"].isin(patients)].drop_duplicates("patient_id")
    gone: list[tuple[str, dict[str, Any]]] = []
    page = DayPage(practice, lambda name, /, **what: gone.append((name, what)))
    with serving(tmp_path / "hard", refuse=before) as sink:
        practice.accounts.set("hard", email="cabinet@exemple.test", host="127.0.0.1", port=sink.port, security="none")
        mailing = practice.mailing(rows, template, account="hard")
        mailing.send(confirmed=True)
        lines = asks(page.view, "day")["settle"]
        assert [(line["lead"], line["state"][2]) for line in lines] == [("Correct…", "Failed")] * 2
        practice.patients.correct(patients[0], email=after)
        lines = {line["detail"].partition(" · ")[0]: line for line in asks(page.view, "day")["settle"]}
        assert set(lines) == {f"{before[0]} → {after}", before[1]}
        assert [lines[before[1]]["lead"], lines[before[1]]["state"][0]] == ["Correct…", "bad"]
        again = lines[f"{before[0]} → {after}"]
        assert (again["lead"], again["state"]) == ("Send again…", ["todo", "→", "Address corrected"])
        asks(page.view, "go", line=again["code"])
        assert gone == [("publipostage", {"mailing": mailing.id})]
        practice.retry(mailing.id, deliveries=[int(again["code"].partition(":")[2])])
        assert [line["code"] for line in asks(page.view, "day")["settle"]] == [lines[before[1]]["code"]]
