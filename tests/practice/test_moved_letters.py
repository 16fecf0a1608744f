"""The letter about an appointment that moved names the start that was told, wherever the appointment stood between."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from tests.practice.test_mailing import REMINDER, change_appointment, tomorrow
from workbench.databases import writing
from workbench.patients.schema import appointments
from workbench.practice import Practice

MOVED = "Rendez-vous/Rendez-vous déplacé"
OLD = ["RDVANCDATE", "RDVANCHEURE"]


def test_an_appointment_moved_twice_is_told_from_the_start_that_was_told(practice: Practice) -> None:
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        connection.execute(sa.update(appointments).values(moved_from=None))
    left = practice.mailing(tomorrow(practice), REMINDER).send(confirmed=True)
    one = left.loc[left["status"] == "sent", "appointment_id"].iloc[0]
    start = tomorrow(practice).set_index("appointment_id").loc[one, "starts_at"]
    change_appointment(practice, one, moved_from=datetime(2026, 11, 27, 17, 5), starts_at=datetime(2026, 12, 1, 7, 45))
    found = practice.search("moved", start="today", end="J+30")
    (told,) = practice.mailing(found[found["appointment_id"] == one], MOVED).fields()[OLD].to_numpy().tolist()
    assert told == ["lundi 23 novembre", f"{start.hour} h {start.minute:02}".removesuffix(" 00")]
    # Found otherwise, the agenda is all that is known of where it stood before.
    elsewhere = practice.search("appointments", start="2026-12-01", end="2026-12-01")
    fields = practice.mailing(elsewhere[elsewhere["appointment_id"] == one], MOVED).fields()[OLD]
    assert fields.to_numpy().tolist() == [["vendredi 27 novembre", "17 h 05"]]
