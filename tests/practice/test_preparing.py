"""Who would be written to is known before anything is merged, and everyone is rendered once, when asked for."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from tests.practice.test_mailing import REMINDER, tomorrow
from workbench.databases import writing
from workbench.errors import BadValue, NotConfirmed
from workbench.patients.schema import correspondents
from workbench.practice import Practice, preparing


def of_patient(addressees: pd.DataFrame, patient_id: str) -> pd.Series:
    return addressees[addressees["patient_id"] == patient_id].iloc[0]


def test_every_row_looked_for_tells_who_would_be_written_to(practice: Practice) -> None:
    rows = tomorrow(practice)
    mailing = practice.mailing(rows, REMINDER)
    found = mailing.addressees()
    assert found.index.tolist() == rows["subject_key"].tolist()
    assert found.columns.tolist() == [
        "recipient_id", "addressee_key", "patient_id", "recipient", "address", "reason", "problem", "hint",
    ]  # fmt: skip
    assert ((found["reason"] == "") == (found["problem"] == "")).all()
    recipients = mailing.recipients.set_index("recipient_id")
    assert (found["address"] == recipients.loc[found["recipient_id"], "address"].to_numpy()).all()


def test_patients_are_read_once_in_however_many_roles_is_written(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asked = type(practice.store), list[str]()

    def counted(name: str) -> Callable[..., pd.DataFrame]:
        own = getattr(store, name)

        def read(*given: Any, **more: Any) -> pd.DataFrame:
            asked.append(name)
            return own(*given, **more)

        return read

    rows = tomorrow(practice)
    for name in ("people", "colleagues"):
        monkeypatch.setattr(store, name, counted(name))
    alone = practice.mailing(rows, REMINDER, role="patient").addressees()
    assert asked == ["people"]
    found = practice.mailing(rows, REMINDER, role="patient,payer,correspondent").addressees()
    assert asked == ["people"] * 2
    assert found["address"].tolist() == alone["address"].tolist()


def test_before_an_email_type_is_chosen_the_addressees_are_those_of_the_usual_account(practice: Practice) -> None:
    practice.accounts.set("mss", kind="folder", folder="out", email="dr@tilleuls.mssante.fr", default=True)
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        connection.execute(correspondents.update().values(mss_email="dr@confrere.mssante.fr"))
    found = practice.addressees(practice.search("correspondents"))
    assert set(found["address"]) == {"dr@confrere.mssante.fr"}
    practice.accounts.set("folder", default=True)
    assert len(set(practice.addressees(practice.search("correspondents"))["address"])) > 1


def test_who_is_written_to_is_known_without_rendering_anybody(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    mailing.addressees()
    mailing.preview(0)
    mailing.fields()
    assert mailing._prepared is not None
    assert mailing._prepared._checked is None
    mailing.check()
    assert mailing._prepared._checked is not None


def test_the_check_tells_how_far_it_is(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    told: list[tuple[int, int]] = []
    mailing.prepare(progress=lambda done, of: told.append((done, of)))
    assert told[0] == (0, len(mailing.recipients))
    mailing.prepare(fresh=False, progress=lambda done, of: told.append((done, of)))
    assert len(told) == 1


def test_a_corrected_address_is_met_at_the_next_look(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    before = of_patient(mailing.addressees(), "2101")
    assert before["reason"] == "no_address"
    practice.patients.correct_address("2101", before["addressee_key"], "alexis@exemple.example")
    after = of_patient(mailing.addressees(), "2101")
    assert (after["address"], after["reason"], after["problem"]) == ("alexis@exemple.example", "", "")


def test_a_guardian_s_address_is_corrected_where_it_is_kept(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    before = of_patient(mailing.addressees(), "2202")
    assert before["addressee_key"].startswith("guardian:")
    practice.patients.correct_address("2202", before["addressee_key"], "mere@exemple.example")
    assert of_patient(mailing.addressees(), "2202")["address"] == "mere@exemple.example"
    assert practice.patients.show("2202")["guardians"][0]["email"] == "mere@exemple.example"


def test_a_child_without_anybody_responsible_is_not_given_an_address_of_its_own(practice: Practice) -> None:
    with pytest.raises(BadValue, match="names nobody"):
        practice.patients.correct_address("2202", "patient:2202", "enfant@exemple.example")
    with pytest.raises(BadValue, match="not kept"):
        practice.patients.correct_address("2101", "correspondent:7", "confrere@exemple.example")


def test_an_address_that_looks_mistyped_is_doubted_and_not_refused(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    row = mailing.addressees().query("reason == ''").iloc[0]
    practice.patients.correct_address(row["patient_id"], row["addressee_key"], "quelqu-un@gmial.com")
    after = of_patient(mailing.addressees(), row["patient_id"])
    assert (after["reason"], "gmail.com" in after["hint"]) == ("", True)


def test_the_overview_says_of_each_recipient_what_a_person_has_to_do(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    overview = mailing.overview()
    assert overview["recipient_id"].tolist() == mailing.recipients["recipient_id"].tolist()
    counts = overview["standing"].value_counts()
    assert counts.sum() == len(mailing.recipients)
    assert counts["ready"] + counts["to_read"] == mailing.forecast().pending
    assert of_patient(overview, "2101")[["standing", "note"]].tolist() == ["to_correct", "no address"]
    assert of_patient(overview, "2302")[["standing", "note"]].tolist() == ["excluded", "opt-out"]
    read_first = overview[overview["standing"] == "to_read"]
    assert (read_first["detail"] != "").all()
    assert (overview.loc[overview["standing"] == "ready", "detail"] == "").all()


def test_an_overview_of_nobody_is_an_empty_frame(practice: Practice) -> None:
    nobody = practice.search("appointments", start="2031-01-01", end="2031-01-01")
    assert practice.mailing(nobody, REMINDER).overview().empty


def test_two_mailings_are_worked_out_at_once_and_none_waits_for_the_other(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (practice.mailing(tomorrow(practice).iloc[:n], REMINDER)._looked_at() for n in (20, 5))
    merge = preparing.fields_frame

    def slowly(*given: Any, **named: Any) -> pd.DataFrame:
        time.sleep(0.4)
        return merge(*given, **named)

    monkeypatch.setattr(preparing, "fields_frame", slowly)

    def after(seconds: float, work: Callable[[], object]) -> threading.Thread:
        thread = threading.Thread(target=lambda: (time.sleep(seconds), work()), daemon=True)
        thread.start()
        return thread

    threads = [
        after(0, lambda: second.found),
        after(0.1, first.check),
        after(0.2, lambda: first.addressed),
    ]
    for thread in threads:
        thread.join(15)
    assert not [thread for thread in threads if thread.is_alive()]


def test_recipients_and_values_are_of_one_piece_whoever_asks_first(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = practice.mailing(tomorrow(practice), REMINDER)._looked_at()
    merge, times = preparing.fields_frame, []

    def counted(*given: Any, **named: Any) -> pd.DataFrame:
        times.append(1)
        time.sleep(0.1)
        return merge(*given, **named)

    monkeypatch.setattr(preparing, "fields_frame", counted)
    threads = [threading.Thread(target=lambda: prepared.fields) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(times) == 1
    assert len(prepared.found.frame) == len(prepared.fields)


def test_an_email_type_imported_again_is_met_at_the_next_look(practice: Practice) -> None:
    before = practice.changes
    practice.templates.import_text("<p>Bonjour</p>", path="Essais/Bonjour", beside=practice.path)
    assert practice.changes == before + 1


def test_whoever_has_the_message_is_not_told_to_be_ready_for_it(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    mailing.send(confirmed=True)
    overview = mailing.overview()
    assert not set(overview["standing"]) & {"ready", "to_read"}
    assert (overview["note"] == "sent already").sum() == (mailing.results["status"] == "sent").sum()
    assert (overview["sent"] == (overview["note"] == "sent already")).all()
    before = of_patient(mailing.addressees(), "2101")
    practice.patients.correct_address("2101", before["addressee_key"], "odette@poste.example")
    assert (mailing.overview()["standing"] == "ready").sum() == mailing.forecast().pending == 1


def test_who_may_have_the_message_is_not_said_to_have_it(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    mailing.send(confirmed=True)
    known = practice.ledger.results.results(mailing.id)
    sent = known[known["status"] == "sent"].iloc[0]
    decided(practice, sent["delivery_id"], "in_doubt")
    overview = mailing.overview().set_index("recipient_id")
    assert overview.loc[sent["recipient_id"], ["standing", "note", "sent"]].tolist() == ["excluded", "uncertain", False]


def decided(practice: Practice, delivery_id: int, status: str, reason: str = "") -> None:
    """Let a message have ended otherwise than it did."""
    with sqlite3.connect(practice.path / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE deliveries SET status = ?, reason = ? WHERE id = ?", (status, reason, int(delivery_id)))


def test_whom_another_mailing_told_is_not_said_to_be_ready(practice: Practice) -> None:
    practice.mailing(tomorrow(practice), REMINDER).send(confirmed=True)
    other = practice.mailing(tomorrow(practice), REMINDER, key="from elsewhere")
    planned, overview = other.planned(), other.overview()
    told = overview[overview["note"] == "told already"]
    assert planned.counts.pending == 0
    assert set(overview["standing"]) == {"to_correct", "excluded"}
    assert len(told) == planned.of("skipped")["duplicate_occasion"] > 30
    assert told["detail"].str.contains("Another mailing already covers this occasion").all()


def test_whom_the_server_refused_is_to_be_corrected_and_whom_somebody_took_back_is_left_out(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    mailing.send(confirmed=True)
    known = practice.ledger.results.results(mailing.id)
    first, second = known[known["status"] == "sent"].iloc[:2].to_dict("records")
    decided(practice, first["delivery_id"], "failed", "smtp_550")
    decided(practice, second["delivery_id"], "cancelled")
    overview = mailing.overview().set_index("recipient_id")
    told = overview.loc[[first["recipient_id"], second["recipient_id"]], ["standing", "note"]].to_numpy().tolist()
    assert told == [["to_correct", "refused"], ["excluded", "taken back"]]


def test_of_a_cancelled_mailing_nobody_is_ready(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    number = mailing.queue()
    practice.cancel(number)
    overview = practice.mailing(tomorrow(practice), REMINDER).overview()
    assert set(overview["standing"]) == {"to_correct", "excluded"}
    assert (overview["note"] == "taken back").sum() > 30


def test_the_count_asked_to_confirm_is_of_the_rows_named_alone(practice: Practice) -> None:
    practice.mailing(tomorrow(practice), REMINDER).queue()
    part = tomorrow(practice).query("patient_id in ['2610', '3012']")
    with pytest.raises(NotConfirmed) as asked:
        practice.mailing(part, REMINDER).send()
    assert asked.value.count == 2


def test_a_reminder_that_is_not_the_next_one_is_warned_of(practice: Practice) -> None:
    owed = practice.search("unpaid")
    said = practice.mailing(owed, "Finances/Relance 1").check()
    warned = said[said["code"] == "other_step"]
    assert 0 < len(warned) < len(owed)
    assert set(warned["severity"]) == {"warning"}
    first = practice.mailing(practice.search("unpaid", reminders="0"), "Finances/Relance 1").check()
    assert "other_step" not in first["code"].tolist()
