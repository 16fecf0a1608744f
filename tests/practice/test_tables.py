"""What ``practice.tables`` gives: every table of the store and of the ledger, without anybody in what was sent."""

from __future__ import annotations

from datetime import UTC

import pandas as pd
import pytest

from workbench.domain.tables import TABLE_COLUMNS
from workbench.errors import BadValue
from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
OF_THE_LEDGER = ("mailings", "deliveries", "told", "events", "runs", "run_mailings")


@pytest.fixture
def sent(practice: Practice) -> Practice:
    """The sample practice with tomorrow's reminders sent."""
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    practice.mailing(rdv, REMINDER, account="folder").send(confirmed=True)
    return practice


@pytest.mark.parametrize("name", TABLE_COLUMNS)
def test_every_table_of_the_store_can_be_asked_for(practice: Practice, name: str) -> None:
    assert tuple(getattr(practice.tables, name)().columns) == TABLE_COLUMNS[name]


def test_nobody_stands_in_what_was_sent_unless_it_is_asked_for(sent: Practice) -> None:
    people = sent.results(identities=True)
    named = {*people["recipient"], *people["address"]} - {""}
    for name in OF_THE_LEDGER:
        frame = getattr(sent.tables, name)()
        texts = frame.select_dtypes(include=["string", "category"]).astype("string")
        assert not texts.isin(list(named)).any(axis=None), name
        assert frame.attrs["zone"] == "Europe/Paris"
    whole = sent.tables.deliveries(identities=True)
    assert set(whole["address"]) == set(people["address"])


def test_a_row_of_a_table_named_by_its_address_has_a_digest_instead(practice: Practice) -> None:
    word = practice.templates.import_text("<p>Bonjour</p>", path="Essais/Mot", beside=practice.path)
    practice.mailing(pd.DataFrame({"email": ["zoe@exemple.test"]}), word, account="folder").send(confirmed=True)
    assert not practice.tables.deliveries()["recipient_id"].str.contains("@").any()
    assert len(practice.tables.told()) == 0


def test_what_was_told_joins_every_appointment_of_a_day(sent: Practice) -> None:
    told, visits = sent.tables.told(kind="appointment"), sent.tables.appointments()
    both = told.merge(visits, on=["appointment_id", "patient_id"], suffixes=("_told", ""))
    assert len(both) == len(told)
    assert (both["starts_at_told"] == both["starts_at"]).all()
    # Somebody comes twice tomorrow, and reads it in one message.
    assert told["delivery_id"].duplicated().any()
    left = sent.tables.deliveries()
    assert set(left.loc[left["status"] == "sent", "delivery_id"]) == set(told["delivery_id"])


def test_since_a_day_is_a_day_of_the_practice(sent: Practice) -> None:
    assert len(sent.tables.deliveries(since="tomorrow")) == len(sent.tables.events(since="tomorrow")) == 0
    today = sent.tables.deliveries(since="today")
    assert len(today) == len(sent.tables.deliveries()) > 0
    assert str(today["decided_at"].dt.tz) == str(UTC)
    with pytest.raises(BadValue):
        sent.tables.events(since="yesterdy")
