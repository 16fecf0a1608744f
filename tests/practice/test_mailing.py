"""The same mailing on another day: what moved, what is gone, who thought otherwise meanwhile."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from tests.practice.conftest import NOW
from workbench.databases import writing
from workbench.patients.schema import appointments, invoices, patients, persons
from workbench.practice import Practice
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def tomorrow(practice: Practice) -> pd.DataFrame:
    return practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")


def queued(practice: Practice) -> pd.DataFrame:
    """Queue tomorrow's reminders without sending, and return the rows that wait."""
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    mailing.queue()
    rows = practice.results(mailing, identities=True)
    return rows[rows["status"] == "pending"]


def change_appointment(practice: Practice, appointment_id: str, **values: object) -> None:
    table = appointments.c
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        connection.execute(appointments.update().where(table.appointment_id == appointment_id), values)


def test_an_appointment_moved_or_cancelled_since_it_was_queued_is_not_told_as_it_was(practice: Practice) -> None:
    waiting = queued(practice)
    moved, cancelled = waiting["appointment_id"].iloc[:2]
    change_appointment(practice, moved, starts_at=datetime(2026, 11, 23, 18, 45))
    change_appointment(practice, cancelled, state="cancelled")
    results = practice.mailing(tomorrow(practice), REMINDER).send(confirmed=True)
    of_moved = results[results["appointment_id"] == moved]
    assert sorted(of_moved["status"]) == ["cancelled", "sent"]
    assert of_moved.loc[of_moved["status"] == "sent", "recipient_id"].iloc[0].endswith(f"{moved}@18:45")
    assert results.loc[results["appointment_id"] == cancelled, "reason"].tolist() == ["superseded"]
    assert (results["status"] == "sent").sum() == len(waiting) - 1
    change_appointment(practice, moved, starts_at=datetime(2026, 11, 23, 8, 5))
    again = practice.mailing(tomorrow(practice), REMINDER).send(confirmed=True)
    assert (again["status"] == "sent").sum() == len(waiting)


def test_a_part_of_a_search_cancels_nothing_of_the_rest(practice: Practice) -> None:
    waiting = queued(practice)
    some = tomorrow(practice).iloc[:5]
    practice.mailing(some, REMINDER).queue()
    assert practice.mailings()["pending"].tolist() == [len(waiting)]


def test_whoever_opts_out_by_file_number_is_not_written_to_about_a_child_either(practice: Practice) -> None:
    waiting = queued(practice)
    child = waiting[waiting["role"] == "guardian"].iloc[0]
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        person = practice.store.relations([child["patient_id"]], "guardian").set_index("email")["person_key"]
        adult = connection.execute(
            sa.select(patients.c.patient_id).where(patients.c.birth_date < date(1980, 1, 1)).limit(1)
        ).scalar_one()
        connection.execute(
            persons.update().where(persons.c.person_id == person[child["address"]]), {"patient_id": adult}
        )
    practice.opt_out(adult)
    [number] = practice.mailings()["mailing_id"]
    practice.drain(number)  # as it was frozen: the opt-out that came later still wins
    rows = practice.results(number)
    assert set(rows.loc[rows["patient_id"] == child["patient_id"], "reason"]) == {"opted_out"}


def test_a_table_with_the_date_in_its_letter_writes_to_nobody_again_the_next_day(
    practice: Practice, tmp_path: Path
) -> None:
    (tmp_path / "voeux.html").write_text("---\nsubject: Vœux\n---\n<p>@DATEL, @UTIL : {{ name }}</p>")
    template = practice.templates.import_file(tmp_path / "voeux.html")
    table = pd.DataFrame({"id": ["1", "2"], "email": ["a@t.example", "b@t.example"], "name": ["Zoé", "Luc"]})
    practice.mailing(table, template, key="first").send(confirmed=True)
    day_after = NOW + timedelta(days=1)
    with open_practice(practice.path, user="paul", now=lambda: day_after) as later:
        results = later.mailing(table, template, key="second", account="folder").send(confirmed=True)
        assert results["reason"].tolist() == ["duplicate_occasion"] * 2
        others = table.assign(email=["c@t.example", "d@t.example"])
        results = later.mailing(others, template, key="third", account="folder").send(confirmed=True)
        assert results["status"].tolist() == ["sent", "sent"]


def test_what_is_owed_grows_while_it_waits_and_is_told_once(practice: Practice) -> None:
    letter = "Finances/Relance 3"
    waiting = practice.mailing(practice.search("unpaid"), letter)
    waiting.queue()
    rows = practice.results(waiting)
    row = rows[(rows["status"] == "pending") & ~rows["recipient_id"].str.contains("+", regex=False)].iloc[0]
    new = {"invoice_id": "NEW", "number": "NEW", "patient_id": row["patient_id"], "amount_cents": 5000}
    new |= {"practice_id": practice.settings.practice_id, "dated_on": date(2026, 9, 1), "due_on": date(2026, 10, 1)}
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        connection.execute(sa.insert(invoices), new)
    sent = practice.mailing(practice.search("unpaid"), letter).send(confirmed=True)
    theirs = sent[sent["patient_id"] == row["patient_id"]]
    assert sorted(theirs["status"]) == ["cancelled", "sent"]
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        connection.execute(sa.delete(invoices).where(invoices.c.invoice_id == "NEW"))
    another = practice.mailing(practice.search("unpaid", min_amount=1), letter).send(confirmed=True)
    assert "sent" not in set(another["status"])


def test_a_message_to_a_family_is_in_the_history_of_each_of_them(practice: Practice) -> None:
    mailing = practice.mailing(practice.search("patients"), "Vie du cabinet/Vœux", values={"ANNEE": "2027"})
    recipients = mailing.recipients
    family = recipients[(recipients["subjects"].map(len) > 1) & (recipients["reason"] == "")].iloc[0]
    members = [text.removeprefix("patient:").partition("@")[0] for text in family["subjects"]]
    mailing.queue()
    with open_practice(practice.path, user="claire", now=lambda: NOW) as beside:
        beside.opt_out(next(one for one in members if one != family["patient_id"]))
    assert mailing.resume().set_index("recipient_id").loc[family["recipient_id"], "reason"] == "opted_out"
    others = recipients[(recipients["subjects"].map(len) > 1) & (recipients["reason"] == "")].iloc[1]
    told = [text.removeprefix("patient:").partition("@")[0] for text in others["subjects"]]
    found = practice.search("patients").set_index("patient_id")
    assert found.loc[told, "last_message_status"].tolist() == ["sent"] * len(told)
    assert [practice.history(one)["recipient_id"].tolist() for one in told] == [[others["recipient_id"]]] * len(told)
    assert not set(told) & set(practice.search("patients", not_written_for=30)["patient_id"])
