"""The schedule of the day to each practitioner: to whom, what it holds, once a day, and what may not leave."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from workbench.domain.jobs import Job, OccurrenceState
from workbench.errors import BadValue
from workbench.practice import Practice
from workbench.practice.job_drafting import drafted, new_settings
from workbench.practice.scheduling import Scheduler

WITH_NAMES = """---
label: Planning nominatif
folder: Cabinet
subject: Planning du {{ day }}
%s---
<p>{{ name }} :</p>{%% for one in schedule_with_names %%}<p>{{ one.time }} {{ one.name }}</p>{%% endfor %%}
"""


@pytest.fixture
def monday(practice: Practice) -> Practice:
    """The practice on a working day."""
    return at(practice, 23)


def at(practice: Practice, day: int, hour: int = 7) -> Practice:
    practice.now = lambda: datetime(2026, 11, day, hour, tzinfo=UTC)  # type: ignore[misc]
    return practice


def add(practice: Practice, **settings: str) -> Job:
    return practice.jobs.add(
        "Planning", treatment="day_schedule", account="folder", time="07:30", start="2026-11-16", **settings
    )


def letters(practice: Practice) -> list[EmailMessage]:
    files = sorted((practice.path / "out").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]


def test_each_practitioner_gets_the_days_appointments_at_the_own_address_and_no_name(monday: Practice) -> None:
    found = monday.search("appointments", start="J", end="J", state="upcoming")
    addresses = monday.tables.practitioners().set_index("practitioner_id")["email"]
    done = monday.jobs.run(add(monday).key)
    assert (done.state, done.trace["found"]) == (OccurrenceState.DONE, len(found))
    sent = {str(one["To"]): one for one in letters(monday)}
    assert len(sent) == found["practitioner_id"].nunique()
    for practitioner, some in found.groupby("practitioner_id", observed=True):
        (message,) = [one for to, one in sent.items() if addresses[practitioner] in to]
        assert message["Subject"] == "Schedule of Monday 23 November 2026"
        text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        for row in some.itertuples():
            assert row.time in text
            assert str(row.file_number) in text
        whole = text + message.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert not [
            one for one in (*found["patient"], *found["nature"].dropna(), *found["kind"].dropna()) if one in whole
        ]
    results = monday.results(done.mailing_id)
    assert set(results["status"]) == {"sent"}
    assert set(results["practitioner_id"]) == set(found["practitioner_id"])
    assert set(results["patient_id"]) == {""}


def test_nobody_gets_the_schedule_of_a_day_twice_whatever_has_changed(monday: Practice) -> None:
    job = add(monday)
    monday.jobs.run(job.key)
    before = len(letters(monday))
    assert before
    with monday.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE appointments SET duration = duration + 5")
    at(monday, 23, 9)
    again = monday.jobs.run(job.key)
    assert again.trace["left_out"] == {"duplicate_occasion": before}
    monday.now = lambda: datetime(2026, 11, 24, 7, tzinfo=UTC)  # type: ignore[misc]
    assert monday.jobs.run(job.key).trace["leaving"] > 0
    assert len(letters(monday)) > before


def test_who_has_no_address_is_named_and_the_others_get_theirs(monday: Practice) -> None:
    with monday.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE practitioners SET email = NULL WHERE code = 'MM'")
    job = add(monday)
    tried = monday.jobs.check(job.key)
    assert tried.findings.loc[tried.findings["code"] == "no_address", "recipient"].tolist() == ["row:MM:2026-11-23"]
    assert "Dr Martin Molaire" in tried.recipients["recipient"].tolist()
    done = monday.jobs.run(job.key)
    assert done.trace["left_out"] == {"no_address": 1}
    assert done.trace["leaving"] == tried.counts.pending > 0


@pytest.mark.parametrize("which", ["practitioner_id = 'MM'", "1 = 1"], ids=["some", "all"])
def test_appointments_without_a_practitioner_are_seen_to_go_to_nobody(monday: Practice, which: str) -> None:
    with monday.store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE appointments SET practitioner_id = NULL WHERE {which}")
    job = add(monday)
    tried = monday.jobs.check(job.key)
    assert tried.findings.loc[tried.findings["code"] == "no_address", "recipient"].tolist() == ["row:none:2026-11-23"]
    assert "Without a practitioner" in tried.recipients["recipient"].tolist()
    done = monday.jobs.run(job.key)
    assert (done.state, done.trace["left_out"]) == (OccurrenceState.DONE, {"no_address": 1})
    assert len(letters(monday)) == monday.search("appointments", start="J", end="J")["practitioner_id"].nunique()


@pytest.mark.parametrize(("health", "reason"), [("", "health_data_on_plain_mail"), ("health: yes\n", "")])
def test_names_leave_on_an_ordinary_address_by_a_deliberate_act_alone(
    monday: Practice, health: str, reason: str
) -> None:
    file = monday.path / "planning.html"
    file.write_text(WITH_NAMES % health, encoding="utf-8")
    path = monday.templates.import_file(file).path
    done = monday.jobs.run(add(monday, template=path).key)
    assert set(monday.results(done.mailing_id)["reason"]) == {reason}
    if not reason:
        assert "09:00" in letters(monday)[0].as_string()


def test_names_leave_inside_the_closed_space(monday: Practice) -> None:
    file = monday.path / "planning.html"
    file.write_text(WITH_NAMES % "", encoding="utf-8")
    monday.accounts.set("folder", kind="folder", folder="out", email="cabinet@cd.mssante.fr")
    with monday.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE practitioners SET email = lower(code) || '@cd.mssante.fr' WHERE code = 'MM'")
    done = monday.jobs.run(add(monday, template=monday.templates.import_file(file).path).key)
    results = monday.results(done.mailing_id).set_index("practitioner_id")["reason"]
    assert results["MM"] == ""
    assert set(results.drop("MM")) == {"health_data_on_plain_mail"}


def test_what_it_told_of_the_patients_is_not_kept(monday: Practice) -> None:
    done = monday.jobs.run(add(monday).key)
    monday.ledger.keeping.tidy(mailing_id=done.mailing_id, now=at(monday, 24).now())
    numbers = set(monday.search("appointments", start="2026-11-23", end="2026-11-23")["file_number"].dropna())
    with monday.ledger.engine.connect() as connection:
        kept = [str(row) for row in connection.exec_driver_sql("SELECT * FROM letters")]
    assert not [one for one in numbers for row in kept if f'"{one}"' in row or f"'{one}'" in row]
    told = f"{done.trace} {done.parameters} {monday.jobs.log().to_csv()}"
    assert "Molaire" not in told


def test_gone_on_with_after_a_crash_it_is_the_same_mailing(monday: Practice) -> None:
    at(monday, 23, 6)
    job = add(monday)
    at(monday, 23, 7)
    (done,) = Scheduler(monday).tick().done
    before = len(letters(monday))
    with monday.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE job_occurrences SET state = 'interrupted', mailing_id = NULL")
    with monday.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE appointments SET duration = duration + 5")
    (again,) = Scheduler(monday).tick().done
    assert (again.state, again.mailing_id) == (OccurrenceState.DONE, done.mailing_id)
    assert len(letters(monday)) == before
    assert monday.jobs.replay(job.key, "2026-11-23", "2026-11-24")["twice"].tolist().count(True) == 0
    patient = monday.search("appointments", start="J", end="J", state="upcoming")["patient_id"].iloc[0]
    assert monday.jobs.explain(job.key, patient)["met"].all()


def test_it_goes_to_nobody_else(monday: Practice) -> None:
    with pytest.raises(BadValue, match="practitioners"):
        add(monday, role="patient")
    begins = new_settings(monday, "day_schedule")
    assert (begins["time"], begins["template"]) == ("07:00", "")
    draft = drafted(monday, "", {**begins, "title": "Planning"})
    assert "template" not in draft.problems
