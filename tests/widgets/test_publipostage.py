"""Every screen of a mailing speaks of the same list: the one that is ticked now."""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np
import pytest

from workbench.errors import UsageError, WorkbenchError
from workbench.practice import Mailing, Practice
from workbench.widgets import publipostage_list as screens
from workbench.widgets.publipostage import Publipostage
from workbench.widgets.publipostage_rows import addresses_of
from workbench.widgets.table_rows import TableView
from workbench.widgets.view import View

REMINDER = "Rendez-vous/Rappel de rendez-vous"


@pytest.fixture
def desk(practice: Practice) -> Publipostage:
    return practice.publipostage("appointments", start="tomorrow", end="tomorrow", state="upcoming", template=REMINDER)


def gesture(view: View, kind: str, **message: Any) -> None:
    """Do something as the page of a screen reports it."""
    view._hear(view, {"kind": kind, **message}, [])


def row_of(desk: Publipostage, patient_id: str) -> int:
    return desk._frame["patient_id"].tolist().index(patient_id)


def tick(desk: Publipostage, *patients: str, on: bool) -> None:
    for patient_id in patients:
        generation = desk.recipients._generation
        gesture(desk.recipients, "tick", generation=generation, row=row_of(desk, patient_id), on=on)


def offered(desk: Publipostage) -> int:
    """Return how many messages the send cell would ask to confirm."""
    assert desk.sending.dispatcher.settled(30)
    offer = desk.sending.dispatcher.situation.offer
    return offer.count if offer is not None else -1


def test_the_desk_opens_on_a_list_with_its_addresses_and_messages(desk: Publipostage):
    counts = desk.recipients.counts
    assert counts["rows"] == counts["ticked"] == len(desk.frame) == 50
    assert counts["unknown"] == 0
    assert desk.mailing.overview()["standing"].tolist() == desk.messages._rows._columns["state"]
    assert offered(desk) == desk.mailing.forecast().pending > 30


def test_who_is_unticked_is_in_no_message_and_in_no_number(desk: Publipostage):
    before = offered(desk)
    tick(desk, "1893", on=False)
    assert "1893" not in set(desk.frame["patient_id"])
    assert "1893" not in set(desk.mailing.recipients["patient_id"])
    assert offered(desk) == before - 1
    tick(desk, "1893", on=True)
    assert offered(desk) == before


def test_an_address_corrected_in_the_table_is_one_message_more(desk: Publipostage, practice: Practice):
    before = offered(desk)
    generation = desk.recipients._generation
    place = row_of(desk, "2202")
    gesture(desk.recipients, "correct", generation=generation, row=place, address="lina.mere@poste.example")
    assert practice.patients.show("2202")["guardians"][0]["email"] == "lina.mere@poste.example"
    assert offered(desk) == before + 1


def test_an_opt_out_in_the_table_is_one_message_less_until_it_is_undone(desk: Publipostage, practice: Practice):
    before = offered(desk)
    place, generation = row_of(desk, "2610"), desk.recipients._generation
    gesture(desk.recipients, "opt_out", generation=generation, row=place, on=True)
    assert practice.objection("2610") == "opted_out"
    assert "desk" in set(practice.patients.consents("2610")["source"])
    assert offered(desk) == before - 1
    gesture(desk.recipients, "opt_out", generation=generation, row=place, on=False)
    assert offered(desk) == before


def test_another_search_is_another_list_everywhere(desk: Publipostage):
    gesture(desk.search, "changed", name="appointments", values={"start": "J+2 open", "end": "J+2 open"})
    assert desk.recipients.counts["rows"] == len(desk.frame) < 50
    assert len(desk.messages._rows) == len(desk.mailing.recipients)
    assert offered(desk) == desk.mailing.forecast().pending


def test_a_search_that_cannot_be_read_leaves_the_list_as_it_was(desk: Publipostage):
    before = desk.frame
    gesture(desk.search, "changed", name="appointments", values={"start": "someday"})
    assert desk.search._said["bad"]
    assert "someday" in desk.search._said["sentence"]
    assert desk.frame is before


def test_a_desk_without_a_known_email_type_asks_for_one(practice: Practice):
    desk = practice.publipostage("appointments", start="tomorrow", end="tomorrow", template="Nowhere/Nothing")
    assert desk.template.chosen == ""
    assert "email type" in desk.template._said["sentence"]
    assert not desk.template._said["bad"]
    assert offered(desk) == -1
    gesture(desk.template, "changed", chosen=REMINDER, account=desk.template.account)
    assert offered(desk) > 30


def test_a_row_that_is_looked_at_brings_its_message(desk: Publipostage):
    place = row_of(desk, "2610")
    gesture(desk.recipients, "active", generation=desk.recipients._generation, row=place)
    shown = desk.mailing.recipients["patient_id"].iloc[desk.messages.position]
    assert shown == "2610"


def test_sending_from_the_desk_reaches_the_ticked_alone(desk: Publipostage, practice: Practice):
    gesture(desk.recipients, "tick", generation=desk.recipients._generation, on=False)
    tick(desk, "2610", "3012", on=True)
    assert offered(desk) == 2
    dispatcher = desk.sending.dispatcher
    gesture(desk.sending, "confirm", seal=dispatcher.situation.offer_seal)
    assert dispatcher.wait(60)
    results = practice.results(identities=True)
    assert sorted(results["patient_id"]) == ["2610", "3012"]
    assert set(results["status"]) == {"sent"}


def test_however_fast_the_ticks_change_the_last_ones_count(desk: Publipostage):
    gesture(desk.recipients, "tick", generation=desk.recipients._generation, on=False)
    for _time in range(3):
        tick(desk, "2610", "3012", "1893", on=True)
        tick(desk, "3012", on=False)
    assert offered(desk) == 2
    assert set(desk.mailing.recipients["patient_id"]) == {"2610", "1893"}
    assert desk.sending.mailing is desk.mailing


def test_a_confirmation_of_the_list_before_sends_nothing(desk: Publipostage, practice: Practice):
    assert offered(desk) > 0
    seal = desk.sending.dispatcher.situation.offer_seal
    tick(desk, "1893", on=False)
    gesture(desk.sending, "confirm", seal=seal)
    assert desk.sending.dispatcher.settled(30)
    assert practice.mailings().empty


def test_a_long_list_is_worked_out_beside_the_kernel(desk: Publipostage, monkeypatch: pytest.MonkeyPatch):
    threads: list[str] = []
    prepare = Mailing.prepare

    def prepared(mailing: Mailing, *given: Any, **named: Any) -> Any:
        threads.append(threading.current_thread().name)
        return prepare(mailing, *given, **named)

    monkeypatch.setattr(screens, "AT_ONCE", 10)
    monkeypatch.setattr(Mailing, "prepare", prepared)
    gesture(desk.search, "changed", name="appointments", values={"start": "tomorrow", "end": "J+2 open"})
    before = offered(desk)
    tick(desk, "1893", "2610", "3012", on=False)
    assert offered(desk) == before - 3
    assert desk._background.wait(60)
    assert threads
    assert "MainThread" not in threads
    assert len(desk.messages._rows) == len(desk.mailing.recipients)


def test_nothing_of_the_patients_is_in_what_a_notebook_could_save(desk: Publipostage):
    people = desk.practice.search("appointments", start="tomorrow", end="tomorrow")
    for view in (desk.search, desk.recipients, desk.template, desk.messages, desk.sending, desk.inbox):
        state = repr({name: value for name, value in view.get_state().items() if name not in {"_esm", "_css"}})
        for value in (*people["email"].dropna(), *people["patient"].dropna()):
            assert value not in state


def test_a_list_that_cannot_be_worked_out_is_not_offered_and_shows_no_message(desk: Publipostage, practice: Practice):
    assert offered(desk) > 0
    seal = desk.sending.dispatcher.situation.offer_seal
    gesture(desk.template, "changed", chosen="", account=desk.template.account)
    gesture(desk.search, "changed", name="appointments", values={"start": "J+2 open", "end": "J+2 open"})
    assert offered(desk) == -1
    assert len(desk.messages._rows) == 0
    gesture(desk.sending, "confirm", seal=seal)
    assert desk.sending.dispatcher.settled(30)
    assert practice.mailings().empty


def test_a_search_that_cannot_be_read_offers_nothing(desk: Publipostage):
    assert offered(desk) > 0
    gesture(desk.search, "changed", name="appointments", values={"start": "someday"})
    assert offered(desk) == -1
    assert "someday" in desk.sending.dispatcher.situation.error


def test_an_unforeseen_trouble_is_told_and_nothing_is_offered(desk: Publipostage, monkeypatch: pytest.MonkeyPatch):
    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("ZIMMER Alexis")

    monkeypatch.setattr(desk.practice.store, "people", broken)
    gesture(desk.search, "changed", name="appointments", values={"start": "J+2 open", "end": "J+2 open"})
    assert desk.template._said == {"sentence": "Something unforeseen went wrong (RuntimeError).", "bad": True}
    assert offered(desk) == -1


def test_an_opt_out_that_stands_elsewhere_is_not_undone_in_silence(desk: Publipostage, practice: Practice):
    address = desk._addressees.query("patient_id == '2610'")["address"].iloc[0]
    practice.opt_out(address)
    with pytest.raises(UsageError, match="on the address"):
        desk._opt_out(desk._frame["subject_key"].iloc[row_of(desk, "2610")], False)


def test_a_desk_without_an_email_type_disturbs_no_other_mailing(practice: Practice):
    practice.publipostage("appointments", start="tomorrow", end="tomorrow")
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    panel = practice.screens.send_cell(practice.mailing(rows, REMINDER), connections=None, again=False)
    assert panel.dispatcher.settled(30)
    assert panel.dispatcher.situation.offer.count > 30


def test_the_desk_s_own_mailing_is_sent_from_its_own_panel(desk: Publipostage, practice: Practice):
    assert practice.screens.send_cell(desk.mailing, connections=None, again=False) is desk.sending
    assert practice.screens.send_cell(desk.mailing, connections=2, again=False) is not desk.sending


def test_without_an_email_type_the_table_shows_who_is_written_to_and_an_address_is_corrected(practice: Practice):
    desk = practice.publipostage("appointments", start="tomorrow", end="tomorrow")
    counts = desk.recipients.counts
    assert counts["unknown"] == 0
    assert counts["addresses"] > 30
    row = row_of(desk, "2101")
    gesture(desk.recipients, "correct", generation=desk.recipients._generation, row=row, address="odette@exemple.test")
    assert practice.patients.show("2101")["email"] == "odette@exemple.test"
    assert desk.recipients.counts["unusable"] == counts["unusable"] - 1
    assert offered(desk) == -1
    gesture(desk.template, "changed", chosen=REMINDER, account=desk.template.account)
    assert desk.recipients.counts["unusable"] == counts["unusable"] - 1


def test_a_child_without_anybody_responsible_is_to_correct_in_its_file_not_by_an_address(desk: Publipostage):
    told = addresses_of(desk.mailing.addressees())
    child = told[desk.mailing.addressees()["reason"] == "no_addressee"].iloc[0]
    assert (child["problem"], child["excluded"]) == ("nobody responsible", "")
    assert (child["by_file"], child["nowhere"]) == (True, False)
    # The day and the table name the same people whom no message reaches.
    day = desk.practice.day(tell=()).to_phone
    assert desk.recipients.counts["unusable"] == len(day)
    line = {part["part"]: part["text"] for part in desk.recipients.answers["start"]({})[0]["line"]}
    assert line["to_phone"] == f"{desk.recipients.counts['to_phone']} with a telephone number"


def test_whom_the_day_has_to_telephone_the_table_counts_with_the_same_numbers(desk: Publipostage):
    day = desk.practice.day(tell=()).to_phone
    called = day[(day["call_mobile"].fillna("") != "") | (day["call_phone"].fillna("") != "")]
    assert (called["call_relation"].notna() & called["phone"].isna()).any()
    table = desk.recipients
    assert table.counts["to_phone"] == len(called)
    shown = np.flatnonzero(table._rows.select(TableView(to_phone=True)))
    assert set(desk._frame["patient_id"].iloc[shown]) == set(called["patient_id"])
    phone = [column.name for column in table._rows.columns].index("phone")
    texts = json.loads(table._rows.page(shown))["cells"][phone]
    numbers = called["call_mobile"].fillna(called["call_phone"]).fillna("")
    assert sorted(texts) == sorted(numbers)


def test_an_address_is_corrected_where_its_message_is_read_and_the_message_is_ready_at_once(
    desk: Publipostage, practice: Practice
):
    before = offered(desk)
    key = desk._overview.loc[desk._overview["patient_id"] == "2202", "recipient_id"].item()
    place = desk._overview["recipient_id"].tolist().index(key)
    row = desk.messages.answers["message"]({"position": place})["row"]
    assert (row["state"], row["key"], row["mend"], row["address"]) == ("to_correct", key, "address", "")
    with pytest.raises(WorkbenchError, match="malformed"):
        desk.messages.answers["correct"]({"key": key, "address": "nonsense"})
    gesture(desk.messages, "correct", key=key, address=" lina.mere@poste.example ")
    assert practice.patients.show("2202")["guardians"][0]["email"] == "lina.mere@poste.example"
    row = desk.messages.answers["message"]({"position": place})["row"]
    assert (row["state"], row["mend"]) == ("ready", "")
    assert offered(desk) == before + 1
    with pytest.raises(UsageError, match="The list has changed"):
        desk.messages.answers["correct"]({"key": "somebody else", "address": "x@exemple.test"})


def test_a_likely_slip_is_put_right_where_its_message_is_read(desk: Publipostage):
    desk.practice.patients.correct("2610", email="camille@gmial.com")
    desk._told_otherwise()
    place = desk._overview["patient_id"].tolist().index("2610")
    row = desk.messages.answers["message"]({"position": place})["row"]
    assert (row["state"], row["mend"], row["address"]) == ("to_read", "address", "camille@gmail.com")


def test_who_reads_that_nobody_answers_for_a_child_is_led_to_its_file(desk: Publipostage):
    found = desk._addressees
    subject = found.index[found["reason"] == "no_addressee"][0]
    place = desk._overview["recipient_id"].tolist().index(found.at[subject, "recipient_id"])
    row = desk.messages.answers["message"]({"position": place})["row"]
    assert (row["state"], row["mend"]) == ("to_correct", "file")
    sent: list[dict[str, Any]] = []
    desk.recipients.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    gesture(desk.messages, "complete", key=row["key"])
    assert desk.step.value == "search"
    opened = next(one for one in sent if one["kind"] == "open")
    assert desk._frame["subject_key"].iloc[opened["row"]] == subject


def test_a_desk_on_invoices_shows_their_columns_and_counts_invoices(practice: Practice):
    desk = practice.publipostage("unpaid", template="Finances/Relance 1")
    (start, _ticks) = desk.recipients.answers["start"]({})
    columns = {column["name"]: column for column in start["columns"]}
    assert (columns["remaining"]["kind"], columns["remaining"]["label"]) == ("money", "Still owed")
    assert (columns["due_on"]["kind"], columns["last_message_at"]["kind"]) == ("date", "since")
    assert "balance" not in columns
    line = {part["part"]: part["text"] for part in start["line"]}
    assert line["rows"] == f"{len(practice.search('unpaid'))} invoices"
    assert line["note"].startswith("Sample practice, dated ")
    assert offered(desk) > 0
    assert set(desk.mailing.recipients["invoice_id"]) <= set(desk.frame["invoice_id"])


def test_a_desk_on_colleagues_needs_no_patient(practice: Practice):
    desk = practice.publipostage("correspondents", template="Confrères/Adressage")
    (start, _ticks) = desk.recipients.answers["start"]({})
    assert start["line"][0]["text"].endswith(" colleagues")
    assert [column["name"] for column in start["columns"]][:3] == ["title", "last_name", "first_name"]


def test_a_desk_opens_on_a_saved_search_and_offers_it(practice: Practice):
    practice.save_search("Demain", "appointments", start="tomorrow", end="tomorrow", state="upcoming")
    desk = practice.publipostage("Demain", template=REMINDER, state="missed")
    assert desk.search.name == "appointments"
    assert desk.search.values == {"start": "tomorrow", "end": "tomorrow", "state": "missed"}
    opened = desk.search.answers["open"]({})
    assert opened["saved"] == [
        {
            "label": "Demain",
            "name": "appointments",
            "values": {"start": "tomorrow", "end": "tomorrow", "state": "upcoming"},
        }
    ]


def test_a_desk_opens_on_a_search_by_its_label(practice: Practice):
    assert practice.publipostage("Impayés", template=REMINDER).search.name == "unpaid"


def test_a_file_completed_from_its_row_changes_what_is_told_of_every_row(desk: Publipostage, practice: Practice):
    row, table = row_of(desk, "2101"), desk.recipients
    tick(desk, "2610", on=False)
    file = table.answers["file"]({"generation": table._generation, "row": row})["file"]
    assert file["people"][0]["values"]["phone"] == "02 61 91 21 01"
    changed = {"": {"mobile": "06 39 98 21 01", "email": "odette@exemple.test"}}
    gesture(table, "complete", generation=table._generation, patient_id="2101", values=changed)
    assert practice.patients.show("2101")["mobile"] == "06 39 98 21 01"
    assert desk._addressees.loc[desk._frame["subject_key"].iloc[row], "address"] == "odette@exemple.test"
    assert practice.search("appointments", start="tomorrow", end="tomorrow")["patient_id"].isin(["2610"]).any()
    assert row_of(desk, "2610") not in table._rows.ticked.nonzero()[0]


def test_a_search_is_saved_renamed_and_forgotten_from_its_form(desk: Publipostage, practice: Practice):
    asked = {"start": "tomorrow", "end": "tomorrow", "state": "upcoming"}
    gesture(desk.search, "keep", what="save", name="Demain", search="appointments", values=asked)
    assert dict(practice.saved_searches()["parameters"].iloc[0]) == asked
    practice.templates.use_for(REMINDER, "Demain")
    gesture(desk.search, "keep", what="rename", name="Demain", new="Rappels de demain")
    opened = desk.search.answers["open"]({})
    assert [one["label"] for one in opened["saved"]] == ["Rappels de demain"]
    assert opened["proposed"] == {"Rappels de demain": "Rappel de rendez-vous"}
    gesture(desk.search, "keep", what="forget", name="Rappels de demain")
    assert practice.saved_searches().empty


def test_a_child_nobody_answers_for_is_reached_once_somebody_is_written_down_in_the_row(
    desk: Publipostage, practice: Practice
):
    key = desk._addressees.index[desk._addressees["reason"] == "no_addressee"][0]
    patient_id = desk._frame.set_index("subject_key").at[key, "patient_id"]
    table, row = desk.recipients, row_of(desk, patient_id)
    file = table.answers["file"]({"generation": table._generation, "row": row})["file"]
    assert file["alone"]
    mother = {"relation": "mother", "last_name": "OUÉDRAOGO", "first_name": "Awa", "email": "awa@exemple.test"}
    gesture(table, "complete", patient_id=patient_id, values={file["new"]["key"]: mother})
    assert desk._addressees.at[key, "address"] == "awa@exemple.test"
    assert practice.patients.show(patient_id)["guardians"][0]["relation"] == "mother"
