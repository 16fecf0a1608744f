"""The page of the scheduler sets jobs, tells what they will do and did, and lets approvers release or refuse."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.practice import Practice
from workbench.widgets import scheduler_page
from workbench.widgets.message_preview import MessagePreview
from workbench.widgets.scheduler_page import SchedulerPage, SchedulerView
from workbench.widgets.scheduler_page_rows import days_words, released_told
from workbench.wiring import open_practice

MISSED = "Rendez-vous/Rendez-vous manqué"


class Clock:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def practice(
    sample_made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> Iterator[Practice]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with open_practice(shutil.copytree(sample_made_once, tmp_path / "W"), user="claire", now=clock) as opened:
        yield opened


class Watched(SchedulerView):
    """A view that keeps what it says to its page."""

    def __init__(self, practice: Practice) -> None:
        self.said: list[dict[str, Any]] = []
        self.preview = MessagePreview()
        super().__init__(practice, self.preview)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.said.append(content)

    def hear(self, kind: str, **values: Any) -> dict[str, Any]:
        """Say something as the page does; give what the view answers."""
        self._hear(self, {"kind": kind, "request": len(self.said), "view": "v", **values}, [])
        return [message for message in self.said if message["kind"] == "answer"][-1]

    def done(self, kind: str, **values: Any) -> dict[str, Any]:
        """Ask for what takes its time, and give how it ended."""
        return self.ended(self.hear(kind, **values)["work"])

    def ended(self, number: int) -> dict[str, Any]:
        """Wait for what takes its time, and give how it ended."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            ended = [one for one in self.said if one["kind"] == "worked" and one["work"] == number]
            if ended:
                assert ended[0]["error"] == ""
                return ended[0]
            time.sleep(0.02)
        raise AssertionError("the work does not end")

    def names(self) -> list[str]:
        """Return who is in the list of messages."""
        rows = self.preview._answer_rows({"start": 0, "end": 100})["rows"]
        return [row["name"] for row in rows]


@pytest.fixture
def view(practice: Practice) -> Watched:
    return Watched(practice)


def saved(view: Watched, **changes: Any) -> str:
    """Save a job of missed appointments; give its key."""
    values = view.hear("new", treatment="missed")["values"] | changes
    return str(view.hear("save", key="", values=values)["saved"])


def test_a_ready_made_job_begins_with_what_fits_and_shows_its_real_dates(view: Watched, clock: Clock) -> None:
    new = view.hear("new", treatment="missed")
    assert (new["values"]["template"], new["values"]["time"], new["problems"]) == (MISSED, "12:00", {})
    assert [one["name"] for one in new["asks"]] == [
        "start", "end", "practitioner", "exclude_upcoming", "exclude_returned",
    ]  # fmt: skip
    first = clock.now.date() - timedelta(days=1)
    assert len(new["next"]) == 5
    assert f"{first.day}" in new["next"][0]["days"]
    far = view.hear("look", key="", values=new["values"] | {"parameters": {"start": "2020-03-02", "end": "2020-03-03"}})
    assert far["next"][0]["days"] == "Mon 2 Mar 2020 → Tue 3 Mar 2020"


def test_a_day_on_which_the_practice_is_closed_is_told(view: Watched) -> None:
    values = view.hear("new", treatment="missed")["values"] | {"every": "weekly", "on": "sun"}
    looked = view.hear("look", key="", values=values)
    assert all("the practice is closed, it runs all the same" in one["note"] for one in looked["next"])
    looked = view.hear("look", key="", values=values | {"not_on_closed_days": True})
    assert all("the practice is closed: nothing is done" in one["note"] for one in looked["next"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"time": "25:00"}, "time"),
        ({"start": "2026-02-31"}, "start"),
        ({"until": "2020-01-01"}, "until"),
        ({"every": "weekly", "on": ""}, "on"),
        ({"every": "cron", "on": "x"}, "on"),
        ({"parameters": {"start": "someday"}}, "days"),
        ({"template": ""}, "template"),
        ({"account": "nobody"}, "account"),
        ({"late_until": "soon"}, "late_until"),
        ({"approve_by": "20:00"}, "approve_by"),
        ({"told": "x"}, "told"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(
    view: Watched, practice: Practice, changes: dict[str, Any], field: str
) -> None:
    values = view.hear("new", treatment="missed")["values"] | changes
    assert list(view.hear("look", key="", values=values)["problems"]) == [field]
    assert list(view.hear("save", key="", values=values)["problems"]) == [field]
    assert len(practice.jobs) == 0


def test_a_job_is_saved_changed_and_deleted(view: Watched, practice: Practice) -> None:
    key = saved(view, title="Manqués de la veille", missed="each", late_until="20:00", approvers="Claire, Dr Couleur")
    job = practice.jobs[key]
    assert (job.title, job.missed, job.approvers) == ("Manqués de la veille", "each", ("Claire", "Dr Couleur"))
    assert job.parameters == {}  # as the treatment has it
    told = view.hear("job", key=key)
    parameters = told["values"]["parameters"] | {"exclude_upcoming": "no", "practitioner": "CC,MM"}
    answer = view.hear("save", key=key, values=told["values"] | {"active": False, "parameters": parameters})
    assert [row["state"][1] for row in answer["jobs"]] == ["–"]
    assert practice.jobs[key].parameters == {"exclude_upcoming": "no", "practitioner": "CC,MM"}
    assert practice.jobs[key].since is not None
    assert view.hear("remove", key=key)["jobs"] == []
    assert key not in practice.jobs


def test_a_job_whose_email_type_is_put_away_is_switched_off_and_changed_in_nothing_else(
    view: Watched, practice: Practice
) -> None:
    key = saved(view)
    practice.templates.archive(MISSED)
    told = view.hear("job", key=key)
    parameters = told["values"]["parameters"] | {"practitioner": ""}  # as the form says it
    off = told["values"] | {"active": False, "parameters": parameters}
    assert list(view.hear("save", key=key, values=off | {"title": "Manqués"})["problems"]) == ["template"]
    assert view.hear("save", key=key, values=off)["saved"] == key
    assert (practice.jobs[key].active, practice.jobs[key].template) == (False, MISSED)
    assert list(view.hear("save", key=key, values=off | {"active": True})["problems"]) == ["template"]


def test_what_is_typed_is_found_again_until_it_is_saved_or_given_up(view: Watched) -> None:
    values = view.hear("new", treatment="recall")["values"] | {"title": "Contrôles"}
    view.hear("look", key="", values=values, changed=True)
    assert view.hear("open")["draft"]["values"]["title"] == "Contrôles"
    view.hear("discard")
    assert view.hear("open")["draft"] is None


def test_a_trial_counts_and_shows_who_and_saves_no_name(view: Watched, practice: Practice) -> None:
    values = view.hear("new", treatment="missed")["values"] | {"parameters": {"start": "J-10", "end": "J-1"}}
    told = view.done("check", key="", values=values)
    found = practice.jobs
    assert told["people"]
    assert "nothing was sent" in told["sentence"]
    assert len(found) == 0
    names = view.names()
    assert names
    assert view.preview._answer_message({"position": 0})["message"]["subject"]
    state = json.dumps([view.get_state(), view.preview.get_state(), told, view.said], default=str)
    assert not [name for name in names if name in state]
    assert view.preview.layout.display == ""


def test_who_would_get_what_is_not_shown_under_another_job(view: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    going = threading.Event()
    check = scheduler_page.checked

    def slow(*given: Any, **more: Any) -> Any:
        assert going.wait(60)
        return check(*given, **more)

    monkeypatch.setattr(scheduler_page, "checked", slow)
    values = view.hear("new", treatment="missed")["values"] | {"parameters": {"start": "J-10", "end": "J-1"}}
    number = view.hear("check", key="", values=values)["work"]
    view.hear("new", treatment="birthdays")
    going.set()
    assert view.ended(number)["people"]
    assert view.names() == []
    assert view.preview.layout.display == "none"


def test_last_month_is_told_in_numbers(view: Watched) -> None:
    told = view.done("replay", key="", values=view.hear("new", treatment="missed")["values"])
    assert sum(row["leave"] for row in told["rows"]) > 0
    assert all(set(row) == {"when", "days", "leave", "again", "left"} for row in told["rows"])
    assert "today" in told["note"]


def test_a_run_now_is_told_among_the_last_ones(view: Watched) -> None:
    key = saved(view)
    view.hear("save", key=key, values=view.hear("job", key=key)["values"] | {"parameters": {"start": "J-10"}})
    told = view.done("run", key=key)
    assert told["run"]["sent"] > 0
    [run] = view.hear("job", key=key)["log"]
    assert run == told["run"]
    assert run["state"][1] == "✓"
    assert "claire" in run["sentence"]


def test_what_waits_is_read_and_released_by_an_approver_alone(view: Watched, practice: Practice) -> None:
    key = saved(view, approvers="Assistante", parameters={"start": "J-10"})
    assert view.done("run", key=key)["run"]["state"][1] == "?"
    assert view.hear("open")["jobs"][0]["state"] == ["doubt", "?", "1 to release"]
    [one] = view.hear("job", key=key)["waiting"]
    assert not one["may"]
    assert "Assistante" in one["note"]
    practice.user = "assistante"
    [one] = view.hear("job", key=key)["waiting"]
    assert one["may"]
    view.hear("messages", mailing=one["mailing"])
    assert view.names()
    assert view.preview._answer_message({"position": 0})["message"]["subject"]
    [back] = view.preview._acts
    view.preview._acted({"name": back["name"]})  # the way back to the job
    assert view.said[-1]["kind"] == "return"
    sentence = view.done("approve", mailing=one["mailing"])["sentence"]
    again = view.hear("job", key=key)
    assert again["waiting"] == []
    sent = again["log"][0]["sent"]
    assert sent > 0
    assert sentence.startswith(f"✓ Released: {sent} message{'s have' if sent > 1 else ' has'} left")


def test_what_is_released_out_of_hours_is_told_to_wait_and_until_when(view: Watched, practice: Practice) -> None:
    practice.set_departures(sending_hours="20:00-21:00")
    key = saved(view, approvers="claire", parameters={"start": "J-10"}, within_hours=True)
    view.done("run", key=key)
    [one] = view.hear("job", key=key)["waiting"]
    sentence = view.done("approve", mailing=one["mailing"])["sentence"]
    assert sentence.startswith("✓ Released: 0 messages have left")
    waits = int(one["told"].split()[0])
    assert f"{waits} wait{'s' if waits == 1 else ''} (outside the sending hours, goes on at " in sentence
    assert "20:00" in sentence


def test_why_a_patient_is_written_to_is_told_on_the_screen_only(view: Watched, practice: Practice) -> None:
    values = view.hear("new", treatment="missed")["values"] | {"parameters": {"start": "J-10", "end": "J-1"}}
    [patient, *_] = practice.search("missed", start="J-10", end="J-1")["patient_id"]
    told = view.hear("explain", key="", values=values, words=patient)
    assert told["who"]
    assert told["conditions"][0]["met"] is True
    none = values | {"parameters": {"start": "1990-01-01", "end": "1990-01-02"}}
    missed = view.hear("explain", key="", values=none, words=patient)["conditions"]
    assert missed[0]["met"] is False
    people = view.hear("explain", key="", values=values, words="mar")["people"]
    assert len(people) > 1
    assert view.hear("explain", key="", values=values, words="zzzzqqq")["error"].startswith("No patient is found")
    assert told["who"] not in json.dumps([view.get_state(), view.preview.get_state()], default=str, ensure_ascii=False)
    # A short number is a file's, or part of others: never taken for one of those.
    part = patient[:2]
    assert practice.store.people([part]).empty
    assert "who" not in view.hear("explain", key="", values=values, words=part)


def test_what_is_refused_does_not_leave(view: Watched, practice: Practice) -> None:
    key = saved(view, approvers="claire", approve_by="20:00", parameters={"start": "J-10"})
    view.done("run", key=key)
    [one] = view.hear("job", key=key)["waiting"]
    assert "20:00" in one["until"]
    view.hear("refuse", mailing=one["mailing"], reason="jour férié")
    [run] = view.hear("job", key=key)["log"]
    assert (run["sent"], run["state"][1], run["sentence"].split(" · ")[0]) == (0, "–", "it was refused")


def test_notebooks_open_in_the_jupyterlab_of_the_workspace_alone(
    view: Watched, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORKBENCH_WORKSPACE", raising=False)
    assert not view.hear("open")["opens"]
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(practice.path))
    assert view.hear("open")["opens"]
    monkeypatch.setenv("VOILA_KERNEL_ID", "1")
    assert not view.hear("open")["opens"]
    assert "no executed notebook" in view.hear("report", run="../x")["error"]


def test_the_parameters_of_a_notebook_are_set_in_the_form_of_its_job(view: Watched, practice: Practice) -> None:
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    practice.mailing(rows, "Rendez-vous/Rappel de rendez-vous").to_notebook("notebooks/rappel.ipynb")
    values = view.hear("new", treatment="notebook")["values"] | {"title": "Rappel", "every": "daily", "time": "17:00"}
    assert "parameters" not in view.hear("look", key="", values=values)
    assert "notebooks/rappel.ipynb" in view.hear("open")["choices"]["notebooks"]
    values |= {"notebook": "notebooks/rappel.ipynb", "parameters": {"end": "J+3", "dry_run": "yes"}}
    told = view.hear("look", key="", values=values)
    fields = {one["name"]: one for one in told["parameters"]}
    assert (fields["start"]["value"], fields["start"]["own"], fields["start"]["kind"]) == (
        "tomorrow",
        "tomorrow",
        "day",
    )
    assert (fields["end"]["value"], fields["end"]["own"], fields["dry_run"]["value"]) == ("J+3", "tomorrow", "yes")
    first = practice.jobs.add("Compared", notebook="notebooks/rappel.ipynb", time="17:00").key
    day = practice.jobs.next(first, 1)["at"].iloc[0].date()
    assert fields["end"]["day"] == days_words((day + timedelta(days=3)).isoformat(), "", practice.today)
    wrong = values | {"parameters": {"end": "soon", "dry_run": "yes"}}
    assert "is not a date" in view.hear("save", key="", view="v", values=wrong)["problems"]["parameters.end"]
    key = view.hear("save", key="", view="v", values=values)["saved"]
    assert practice.jobs[key].parameters == {"end": "J+3", "dry_run": "yes"}
    (practice.path / "notebooks" / "rappel.ipynb").write_text("{", encoding="utf-8")
    told = view.hear("job", key=key)
    assert "notebook" in told["problems"]
    assert told["asks"] is None


def test_a_job_opens_also_where_its_notebook_says_no_day_for_one(view: Watched, practice: Practice) -> None:
    cell = nbformat.v4.new_code_cell('start: str = "soon"', metadata={"tags": ["parameters"]})
    search = nbformat.v4.new_code_cell('found = practice.search("appointments", start=start)')
    nbformat.write(nbformat.v4.new_notebook(cells=[cell, search]), practice.path / "notebooks" / "own.ipynb")
    key = practice.jobs.add("Own", notebook="notebooks/own.ipynb", time="17:00").key
    [field] = view.hear("job", key=key)["parameters"]
    assert (field["kind"], field["value"], field["day"]) == ("day", "soon", "")


def test_what_is_uncertain_of_a_released_mailing_is_not_told_as_not_sent(practice: Practice) -> None:
    found = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    results = practice.mailing(found, "Rendez-vous/Rappel de rendez-vous").send(confirmed=True)
    left_out = int((results["status"] == "skipped").sum())
    with practice.ledger.engine.begin() as connection:
        one = "SELECT max(id) FROM deliveries WHERE status = 'sent'"
        connection.exec_driver_sql(f"UPDATE deliveries SET status = 'in_doubt' WHERE id = ({one})")
    told = released_told(practice, int(results["mailing_id"].iloc[0]), [])
    assert "1 uncertain" in told
    assert f"{left_out} not sent" in told


def test_the_page_stands_alone_and_opens_a_job(practice: Practice) -> None:
    page = practice.scheduler()
    assert isinstance(page, SchedulerPage)
    job = practice.jobs.add(
        "Anniversaires", treatment="birthdays", template="Vie du cabinet/Joyeux anniversaire", time="9:00"
    )
    page.open(job=job.key)
    answer = page.jobs._open({})
    assert (answer["wanted"], answer["jobs"][0]["title"]) == (job.key, "Anniversaires")
    assert page.messages.layout.display == "none"


def test_a_job_that_another_page_proposes_is_shown_once(practice: Practice) -> None:
    desk = practice.desk()
    values = desk.page("scheduler").jobs._new({"treatment": "missed"})["values"] | {"active": False}
    desk.go("scheduler", settings=values)
    jobs = desk.page("scheduler").jobs
    assert jobs._open({})["proposed"] == values
    assert jobs._open({})["proposed"] is None
    assert len(practice.jobs) == 0


def test_the_list_says_what_is_active_and_what_waits_for_whom(view: Watched, practice: Practice) -> None:
    key = saved(view, approvers="Assistante", parameters={"start": "J-10"})
    saved(view, title="Autre", active=False)
    view.done("run", key=key)

    def told() -> dict[str, tuple[bool, bool]]:
        return {row["title"]: (row["active"], row["mine"]) for row in view.hear("open")["jobs"]}

    assert told() == {"Missed appointments": (True, False), "Autre": (False, False)}
    practice.user = "assistante"
    assert told()["Missed appointments"] == (True, True)


def test_whether_a_scheduler_does_what_is_active_is_told(view: Watched, practice: Practice) -> None:
    assert view.hear("attended")["attended"] is False
    assert "without --no-scheduler" in SchedulerView.labels()["unattended"]  # somebody may sit in a lab that has none
    with practice.ledger.occurrences.attending():
        assert view.hear("attended")["attended"] is True
    assert view.hear("attended")["attended"] is False


def test_a_job_keeps_a_version_of_its_email_type_and_says_what_else_it_asks(view: Watched, practice: Practice) -> None:
    values = view.hear("new", treatment="missed")["values"] | {"parameters": {"city": "Rennes"}, "role": "guardian"}
    told = view.hear("look", key="", values=values)
    assert told["also"] == "Also asked: City: Rennes"
    now = practice.templates[MISSED].revision
    assert [one for one, _label in told["revisions"]] == ["0", str(now)]
    far = view.hear("look", key="", values=values | {"revision": now + 7})
    assert "revision" in far["problems"]
    key = saved(view, revision=now, role="guardian")
    assert (practice.jobs[key].revision, practice.jobs[key].role) == (now, "guardian")
    assert ["guardian", "Guardian"] in view.hear("open")["choices"]["roles"]
