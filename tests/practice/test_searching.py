"""What a practice's searches know beside the store's rows: last messages, what was told, how fresh the data is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.practice.asked import every_parameter
from tests.practice.conftest import NOW
from workbench import where
from workbench.databases import writing
from workbench.domain.fields import folded
from workbench.domain.frames import APPOINTMENT_COLUMNS
from workbench.errors import BadValue, StaleData, UnknownName, UsageError
from workbench.language import use_language
from workbench.patients.imports.importing import KINDS as IMPORT_KINDS
from workbench.patients.schema import appointments, contacts, facts, imports, recalls
from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
TOMORROW = {"start": "tomorrow", "end": "tomorrow", "state": "upcoming"}
LAST = ["last_message_at", "last_message", "last_message_status"]


def write(practice: Practice, statement: sa.Executable) -> None:
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        connection.execute(statement)


def reached(practice: Practice, patient_id: str, at: datetime, **about: object) -> None:
    row = {
        "practice_id": practice.settings.practice_id,
        "contact_id": f"C{at:%Y%m%d%H%M}-{patient_id}",
        "patient_id": patient_id,
        "at": at.isoformat(),
        "purpose": "reminder",
        "source": "import",
    }
    write(practice, sa.insert(contacts).values({**row, **about}))


@pytest.fixture(autouse=True)
def nobody_reached_before(practice: Practice) -> None:
    write(practice, sa.delete(contacts))


# --- what is asked ----------------------------------------------------------------------------------------


def test_every_parameter_of_every_search_is_asked_by_its_name(practice: Practice) -> None:
    for search, parameters in every_parameter(practice).items():
        for name, value in parameters.items():
            found = practice.search(search, **{name: value})
            assert found.attrs["workbench"]["parameters"] == {name: value}
        found = practice.search(search, **parameters)
        assert practice.explain(search, **parameters)["left"].iloc[-1] == len(found), search


def test_a_condition_of_the_ledger_is_counted_alone_over_the_whole_search(practice: Practice) -> None:
    for search, known in practice.searches().items():
        there = {parameter.name for parameter in known.parameters}
        asked = {name: value for name, value in {"not_written_for": 30, "reminded": "no"}.items() if name in there} | (
            {"end": "J+400"} if search == "recall" else {}
        )
        told = practice.explain(search, **asked)
        assert (told["alone"] >= told["left"]).all(), search
        written = told.set_index("parameter")["alone"]["not_written_for"]
        assert written == told["alone"].iloc[0], (search, "nobody was ever written to")


def test_patients_are_found_by_their_name(practice: Practice) -> None:
    found = practice.search("patients", name="lefevre")
    assert 0 < len(found) < len(practice.search("patients"))
    assert found["patient"].str.startswith("LEFÈVRE").all()


# --- the last message -----------------------------------------------------------------------------------


def test_before_anything_was_sent_there_is_no_last_message(practice: Practice) -> None:
    found = practice.search("appointments", **TOMORROW)
    assert list(found.columns) == [*APPOINTMENT_COLUMNS, *LAST]
    assert found[LAST].isna().all(axis=None)


def test_each_row_tells_the_last_message_to_its_patient(practice: Practice) -> None:
    left = practice.mailing(practice.search("appointments", **TOMORROW), REMINDER).send(confirmed=True)
    sent = set(left.loc[left["status"] == "sent", "patient_id"])
    found = practice.search("appointments", **TOMORROW)
    told = found[found["patient_id"].isin(sent)]
    assert len(told) >= len(sent) > 30
    assert told["last_message"].eq(REMINDER).all()
    assert told["last_message_status"].eq("sent").all()
    assert told["last_message_at"].eq(pd.Timestamp(NOW)).all()
    assert str(told["last_message_at"].dt.tz) == "Europe/Paris"
    assert found.loc[~found["patient_id"].isin(sent), "last_message"].isna().all()


def test_patients_not_written_to_for_some_days_are_those_no_message_reached(practice: Practice) -> None:
    before = practice.search("appointments", **TOMORROW)
    left = practice.mailing(before, REMINDER).send(confirmed=True)
    sent = set(left.loc[left["status"] == "sent", "patient_id"])
    today = practice.search("appointments", **TOMORROW, not_written_for=1)
    assert set(today["patient_id"]) == set(before["patient_id"]) - sent
    assert today.attrs["workbench"]["rows"] == len(today)
    assert today.attrs["workbench"]["resolved"]["not_written_for"] == "1"
    days = {"start": "2026-11-23", "end": "2026-11-23"}
    for later, days_ago, written_to in (("2026-11-28", 6, True), ("2026-11-28", 7, False)):
        found = practice.search("appointments", **days, today=later, not_written_for=days_ago)
        assert sent.isdisjoint(found["patient_id"]) is not written_to


def test_a_call_outside_the_workbench_counts_as_written_to(practice: Practice) -> None:
    patient = practice.search("appointments", **TOMORROW)["patient_id"].iloc[0]
    reached(practice, patient, datetime(2026, 11, 20, 23, 30, tzinfo=UTC))  # the 21st in France
    assert patient not in set(practice.search("appointments", **TOMORROW, not_written_for=2)["patient_id"])
    assert patient in set(practice.search("appointments", **TOMORROW, not_written_for=1)["patient_id"])


@pytest.mark.parametrize("days", ["0", "-3", "soon", "4000"])
def test_a_number_of_days_is_a_whole_one(practice: Practice, days: str) -> None:
    with pytest.raises(BadValue, match="not_written_for"):
        practice.search("appointments", not_written_for=days)


# --- what was told already --------------------------------------------------------------------------------


def test_an_appointment_is_told_about_at_the_time_it_has(practice: Practice) -> None:
    before = practice.search("appointments", **TOMORROW)
    left = practice.mailing(before, REMINDER).send(confirmed=True)
    told = set(left.loc[left["status"] == "sent", "appointment_id"])
    assert told <= set(practice.search("appointments", **TOMORROW, reminded="yes")["appointment_id"])
    assert told.isdisjoint(practice.search("appointments", **TOMORROW, reminded=False)["appointment_id"])
    moved = min(told)
    write(
        practice,
        sa.update(appointments)
        .where(appointments.c.appointment_id == moved)
        .values(starts_at=datetime(2026, 11, 23, 18, 45)),
    )
    assert moved in set(practice.search("appointments", **TOMORROW, reminded="no")["appointment_id"])


def test_a_recall_is_told_about_as_it_is_due_now(practice: Practice) -> None:
    before = practice.search("recall", with_email="yes", reminded="no")
    left = practice.mailing(before, "Rendez-vous/Rappel de contrôle").send(confirmed=True)
    assert (left["status"] == "sent").any()
    told = practice.search("recall", with_email="yes", reminded="yes")["recall_id"].tolist()
    assert told
    assert set(told).isdisjoint(practice.search("recall", reminded="no")["recall_id"])
    second = sa.update(recalls).where(recalls.c.recall_id == told[0])
    write(practice, second.values(rank=2, due_on=date(2026, 11, 20)))
    assert told[0] in set(practice.search("recall", reminded="no")["recall_id"])
    again = practice.mailing(practice.search("recall", reminded="no"), "Rendez-vous/Rappel de contrôle")
    assert f"recall:{told[0]}@2026-11-20#2" in again.recipients["subjects"].explode().tolist()


def test_yes_and_no_share_all_rows_between_them(practice: Practice) -> None:
    reminded = practice.mailing(practice.search("appointments", **TOMORROW), REMINDER).send(confirmed=True)
    assert len(reminded)
    whole = practice.search("appointments", **TOMORROW)
    yes, no = (practice.search("appointments", **TOMORROW, reminded=asked) for asked in ("yes", "no"))
    assert 0 < len(yes) < len(whole)
    assert sorted([*yes["subject_key"], *no["subject_key"]]) == sorted(whole["subject_key"])
    assert yes.attrs["workbench"]["resolved"]["reminded"] == "yes"


@pytest.mark.parametrize(
    ("told_start", "told"),
    [
        (datetime(2026, 11, 23, 8, 40), True),
        (datetime(2026, 11, 23, 9, 0), False),
        (None, True),
    ],
)
def test_a_reminder_of_former_software_counts_for_the_time_it_told(
    practice: Practice, told_start: datetime | None, told: bool
) -> None:
    row = practice.search("appointments", **TOMORROW).iloc[0]
    one = row["appointment_id"]
    write(
        practice,
        sa.update(appointments)
        .where(appointments.c.appointment_id == one)
        .values(starts_at=datetime(2026, 11, 23, 8, 40)),
    )
    reached(practice, row["patient_id"], NOW, appointment_id=one, told_start=told_start)
    assert (one in set(practice.search("appointments", **TOMORROW, reminded="yes")["appointment_id"])) is told


def test_a_mailing_to_those_not_told_yet_reaches_nobody_twice(practice: Practice) -> None:
    asked = {**TOMORROW, "reminded": "no"}
    first = practice.mailing(practice.search("appointments", **asked), REMINDER).send(confirmed=True)
    again = practice.mailing(practice.search("appointments", **asked), REMINDER).send(confirmed=True)
    assert (first["status"] == "sent").sum() == (again["status"] == "sent").sum() > 30
    assert first["mailing_id"].iloc[0] == again["mailing_id"].iloc[0]
    assert len(list((practice.path / "out").glob("*.eml"))) == (first["status"] == "sent").sum()


# --- conditions -------------------------------------------------------------------------------------------


def test_a_condition_composed_in_python_and_its_text_are_the_same_question(practice: Practice) -> None:
    condition = where("city").is_in(["Rennes", "Bruz"]) & ~where("email").is_missing()
    composed = practice.search("appointments", **TOMORROW, where=condition)
    written = practice.search("appointments", **TOMORROW, where=str(condition))
    assert 0 < len(composed) < len(practice.search("appointments", **TOMORROW))
    assert composed["subject_key"].tolist() == written["subject_key"].tolist()
    assert composed.attrs == written.attrs
    assert composed["email"].notna().all()


# --- saved searches -----------------------------------------------------------------------------------------


def test_a_saved_search_is_asked_by_its_name(practice: Practice) -> None:
    practice.save_search("  Demain   sans adresse ", "appointments", **TOMORROW, with_email=False)
    found = practice.search("Demain sans adresse")
    asked = found.attrs["workbench"]
    assert asked["search"] == "appointments"
    assert asked["parameters"] == {**TOMORROW, "with_email": "no"}
    assert asked["resolved"]["start"] == "2026-11-23"
    assert found["email"].isna().all()
    assert practice.search("demain SANS adresse")["subject_key"].tolist() == found["subject_key"].tolist()
    assert len(practice.search("Demain sans adresse", with_email="yes")) > len(found)


def test_what_was_found_can_be_saved_whole(practice: Practice) -> None:
    found = practice.search("appointments", **TOMORROW)
    practice.save_search("Demain", found)
    assert practice.saved_searches()["parameters"].tolist() == [TOMORROW]
    for part, parameters in ((found.iloc[1:], {}), (pd.DataFrame(), {}), (found, {"state": "missed"})):
        with pytest.raises(UsageError, match="whole search"):
            practice.save_search("Demain", part, **parameters)


@pytest.mark.parametrize("name", ["", "  ", "Appointments", "impayes", "Unpaid  invoices", "x" * 101, "a\x1bb"])
def test_a_saved_search_needs_a_name_of_its_own(practice: Practice, name: str) -> None:
    with pytest.raises(BadValue):
        practice.save_search(name, "appointments")


def test_a_search_that_cannot_be_asked_is_not_saved(practice: Practice) -> None:
    with pytest.raises(BadValue):
        practice.save_search("Demain", "appointments", start="soonish")
    with pytest.raises(UnknownName):
        practice.save_search("Demain", "appointmentz")
    assert len(practice.saved_searches()) == 0


def test_an_unknown_name_is_told_with_the_saved_ones_too(practice: Practice) -> None:
    practice.save_search("Demain", "appointments", **TOMORROW)
    with pytest.raises(UnknownName, match=r"« Hier ».*appointments, missed.*Demain"):
        practice.search("Hier")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("words", ["Impayés", "IMPAYES", " impayés ", "Unpaid invoices", "unpaid  INVOICES", "Unpaid"])
def test_a_search_is_found_by_its_label_in_either_language(practice: Practice, words: str, language: str) -> None:
    use_language(language)
    try:
        found = practice.search(words, overdue_by=60)
        assert practice.explain(words, overdue_by=60)["left"].iloc[-1] == len(found)
        saved = practice.save_search("Les plus vieux", words, overdue_by=60)
    finally:
        use_language(None)
    by_its_name = practice.search("unpaid", overdue_by=60)
    assert found.attrs["workbench"] == by_its_name.attrs["workbench"]
    pd.testing.assert_frame_equal(found, by_its_name)
    assert saved.search == "unpaid"


def test_every_label_in_either_language_means_one_search(practice: Practice) -> None:
    said = [words for search in practice.searches().values() for words in {*map(folded, search.names)}]
    assert len(said) == len(set(said))


def test_what_somebody_saved_under_a_label_stays_what_it_was(practice: Practice) -> None:
    practice.ledger.saved_searches.save("Impayés", "appointments", TOMORROW, by="x", now=NOW)
    assert practice.search("impayes").attrs["workbench"]["search"] == "appointments"
    assert practice.search("Unpaid invoices").attrs["workbench"]["search"] == "unpaid"


def test_a_forgotten_search_is_unknown(practice: Practice) -> None:
    practice.save_search("Demain", "appointments", **TOMORROW)
    practice.forget_search("demain")
    assert len(practice.saved_searches()) == 0
    with pytest.raises(UnknownName, match="Demain"):
        practice.forget_search("Demain")
    acts = practice.ledger.acts.acts("search:Demain")  # type: ignore[attr-defined]
    assert acts["what"].tolist() == ["search.saved", "search.forgotten"]


def test_a_mailing_to_a_saved_search_is_the_mailing_to_what_was_saved(practice: Practice) -> None:
    practice.save_search("Demain", "appointments", **TOMORROW)
    plain = practice.mailing(practice.search("appointments", **TOMORROW), REMINDER)
    named = practice.mailing(practice.search("Demain"), REMINDER)
    assert plain.plan == named.plan


# --- freshness ----------------------------------------------------------------------------------------------


def imported(practice: Practice, kind: str, at: datetime) -> None:
    row = {
        "practice_id": practice.settings.practice_id,
        "import_id": f"{kind}-{at:%d%H%M}",
        "kind": kind,
        "file_name": "a.csv",
        "digest": "0",
        "rows": 12,
        "created": 12,
        "updated": 0,
        "unchanged": 0,
        "skipped": 0,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "by": "claire",
    }
    write(practice, sa.insert(imports).values(row))


def test_the_sample_practice_is_as_fresh_as_its_day(practice: Practice) -> None:
    asked = practice.search("appointments").attrs["workbench"]
    assert (asked["as_of"], asked["as_of_kind"]) == ("2026-11-22T00:00:00+01:00", "sample")


def test_the_last_import_of_a_kind_tells_when_its_data_came(practice: Practice) -> None:
    imported(practice, "appointments", NOW - timedelta(days=3))
    imported(practice, "appointments", datetime(2026, 11, 21, 15, 45, tzinfo=UTC))
    imported(practice, "patients", NOW)
    asked = practice.search("appointments").attrs["workbench"]
    assert (asked["as_of"], asked["as_of_kind"]) == ("2026-11-21T16:45:00+01:00", "appointments")
    told = practice.freshness().set_index("kind")
    assert told.index.tolist() == ["appointments", "patients", "sample"]
    assert (told["rows"].iloc[0], told["by"].iloc[0]) == (12, "claire")


def test_what_is_owed_is_as_fresh_as_the_older_of_invoices_and_payments(practice: Practice) -> None:
    imported(practice, "invoices", NOW)
    assert practice.search("unpaid").attrs["workbench"]["as_of_kind"] == "invoices"
    imported(practice, "payments", NOW - timedelta(days=2))
    assert practice.search("unpaid").attrs["workbench"]["as_of_kind"] == "payments"
    with pytest.raises(StaleData):
        practice.search("unpaid", max_age=24)


@pytest.mark.parametrize(
    ("search", "kinds"),
    [
        ("papers", ["papers"]),
        ("insurers", ["insurances"]),
        ("recall", ["recalls", "appointments"]),
        ("half_years", ["plans", "agreements"]),
        ("new_patients", ["patients", "appointments"]),
    ],
)
def test_each_search_is_as_fresh_as_the_oldest_of_what_it_reads(
    practice: Practice, search: str, kinds: list[str]
) -> None:
    for kind in {"patients", *kinds}:
        imported(practice, kind, NOW)
    for old in kinds:
        write(practice, sa.delete(imports).where(imports.c.kind == old))
        imported(practice, old, NOW - timedelta(days=30))
        assert practice.search(search).attrs["workbench"]["as_of_kind"] == old
        with pytest.raises(StaleData):
            practice.search(search, max_age=24)
        imported(practice, old, NOW)


def test_every_search_says_what_is_imported_for_it(practice: Practice) -> None:
    assert all(search.reads for search in practice.searches().values())
    assert {kind for search in practice.searches().values() for kind in search.reads} <= set(IMPORT_KINDS)


def test_a_store_that_others_fill_tells_it_itself(practice: Practice) -> None:
    write(practice, sa.update(facts).values(name="data_as_of", value="2026-11-22 06:30"))
    asked = practice.search("appointments").attrs["workbench"]
    assert (asked["as_of"], asked["as_of_kind"]) == ("2026-11-22T06:30:00+01:00", "store")


@pytest.mark.parametrize("value", ["soon", ""])
def test_what_is_no_moment_tells_nothing(practice: Practice, value: str) -> None:
    write(practice, sa.update(facts).values(name="data_as_of", value=value))
    assert practice.search("appointments").attrs["workbench"]["as_of"] is None
    with pytest.raises(StaleData, match="Nobody knows"):
        practice.search("appointments", max_age=24)


def test_data_that_is_too_old_is_refused_with_its_moment_and_the_limit(practice: Practice) -> None:
    imported(practice, "appointments", NOW - timedelta(hours=25))
    with pytest.raises(StaleData, match=r"11/21/26.*9:30.*24 h") as refused:
        practice.search("appointments", max_age=24)
    assert refused.value.exit_status == 1
    assert len(practice.search("appointments", max_age="25"))


@pytest.mark.parametrize("nothing", ["", "  ", None])
def test_an_empty_age_allows_every_age(practice: Practice, nothing: object) -> None:
    imported(practice, "appointments", NOW - timedelta(days=900))
    assert len(practice.search("appointments", max_age=nothing))
    assert practice.explain("appointments", max_age=nothing)["left"].iloc[-1]


def test_the_age_allowed_is_given_on_and_identifies_nothing(practice: Practice) -> None:
    asked = practice.search("appointments", **TOMORROW, max_age=24).attrs["workbench"]
    assert asked["parameters"]["max_age"] == "24"
    assert "max_age" not in asked["resolved"]


# --- explained ----------------------------------------------------------------------------------------------


def test_what_the_ledger_answers_is_explained_with_the_rest(practice: Practice) -> None:
    practice.mailing(practice.search("appointments", **TOMORROW), REMINDER).send(confirmed=True)
    asked: dict[str, Any] = {**TOMORROW, "reminded": "no", "not_written_for": 30}
    told = practice.explain("appointments", **asked)
    assert told["parameter"].tolist() == ["", "start", "end", "state", "not_written_for", "reminded", ""]
    assert told["condition"].iloc[4:6].tolist() == [
        "Not written to for (days): 30",
        "Told about it already: no",
    ]
    assert told["sql"].isna().tolist() == [False] * 4 + [True] * 2 + [False]
    assert told["left"].is_monotonic_decreasing
    assert told["left"].iloc[-1] == len(practice.search("appointments", **asked))
    assert told["left"].iloc[3] == len(practice.search("appointments", **TOMORROW))
    assert (told["alone"] >= told["left"]).all()
    assert told.dtypes.astype(str).tolist() == ["string"] * 3 + ["Int64"] * 2


def test_what_is_asked_of_the_ledger_is_explained_in_words(practice: Practice) -> None:
    told = practice.explain("unpaid", reminders="0,3").set_index("parameter")["condition"]
    assert told["reminders"] == "Reminders sent so far: none, three or more"


def test_a_saved_search_is_explained_by_its_name(practice: Practice) -> None:
    practice.save_search("Demain", "appointments", start="tomorrow")
    assert practice.explain("Demain", end="tomorrow")["parameter"].tolist() == ["", "start", "end", ""]


def test_the_day_of_an_explanation_is_handed_in(practice: Practice) -> None:
    told = practice.explain("appointments", today=date(2026, 1, 1), start="today")
    assert "January 1, 2026" in told["condition"].iloc[1]


# --- what moved since it was told ---------------------------------------------------------------------------


def moved_to(practice: Practice, appointment_id: str, **values: object) -> None:
    write(practice, sa.update(appointments).where(appointments.c.appointment_id == appointment_id).values(**values))


@pytest.fixture
def told(practice: Practice) -> list[str]:
    """Appointments of tomorrow whose patients the workbench has reminded; nothing moved before."""
    write(practice, sa.update(appointments).values(moved_from=None))
    left = practice.mailing(practice.search("appointments", **TOMORROW), REMINDER).send(confirmed=True)
    found = practice.search("appointments", **TOMORROW, reminded="yes").drop_duplicates("patient_id", keep=False)
    return sorted(set(found["appointment_id"]) & set(left.loc[left["status"] == "sent", "appointment_id"]))


def test_what_the_workbench_told_and_moved_since_is_found(practice: Practice, told: list[str]) -> None:
    assert practice.search("moved", start="today", end="J+30").empty
    sooner, gone, kept = told[:3]
    moved_to(practice, sooner, starts_at=datetime(2026, 11, 24, 7, 45))
    moved_to(practice, gone, state="cancelled")
    found = practice.search("moved", start="today", end="J+30").set_index("appointment_id")
    assert sorted(found.index) == sorted([sooner, gone])
    assert kept not in found.index
    assert found.loc[sooner, "told_start"].date() == date(2026, 11, 23)
    assert found.loc[sooner, "told_at"] == pd.Timestamp(NOW)
    assert found["change"].astype(str).to_dict() == {sooner: "moved", gone: "cancelled"}
    assert found["last_message"].eq(REMINDER).all()


def test_what_was_told_again_since_it_moved_is_not_found(practice: Practice, told: list[str]) -> None:
    one = told[0]
    before = practice.search("appointments", **TOMORROW).set_index("appointment_id")
    moved_to(
        practice,
        one,
        starts_at=datetime(2026, 11, 23, 18, 45),
        moved_from=before.loc[one, "starts_at"].tz_localize(None).to_pydatetime(),
    )
    assert practice.search("moved", start="today", end="J+30")["appointment_id"].tolist() == [one]
    practice.mailing(practice.search("appointments", **TOMORROW), REMINDER).send(confirmed=True)
    assert practice.search("moved", start="today", end="J+30").empty
    explained = practice.explain("moved", start="today", end="J+30")
    assert explained["condition"].iloc[-2] == "The workbench has not told it since"
    assert explained["left"].tolist()[-3:] == [1, 0, 0]


def test_a_call_after_the_reminder_tells_the_time_that_counts(practice: Practice, told: list[str]) -> None:
    one = told[0]
    moved_to(practice, one, starts_at=datetime(2026, 11, 23, 18, 45))
    (patient,) = practice.search("moved", start="today", end="J+30")["patient_id"]
    start = datetime(2026, 11, 23, 18, 45)
    reached(practice, patient, NOW + timedelta(hours=1), appointment_id=one, told_start=start)
    assert practice.search("moved", start="today", end="J+30").empty
    moved_to(practice, one, starts_at=datetime(2026, 11, 24, 9, 0))
    (row,) = practice.search("moved", start="today", end="J+30").to_dict("records")
    assert row["told_start"].tz_localize(None) == start


# --- searches of other subjects -----------------------------------------------------------------------------


def test_a_mailing_to_unpaid_invoices_tells_each_invoice_once(practice: Practice) -> None:
    template = "Finances/Relance 1"
    before = practice.search("unpaid")
    first = practice.mailing(before, template).send(confirmed=True)
    sent = first[first["status"] == "sent"]
    assert len(sent) > 5
    assert set(sent["invoice_id"]) <= set(before["invoice_id"])
    told = practice.ledger.last_messages.told("invoice")
    assert set(sent["invoice_id"].map(lambda key: f"invoice:{key}")) <= set(told["subject_key"])
    assert set(sent["invoice_id"]).isdisjoint(practice.search("unpaid", reminded="no")["invoice_id"])
    again = practice.mailing(practice.search("unpaid"), template).send(confirmed=True)
    assert again["mailing_id"].iloc[0] == sent["mailing_id"].iloc[0]
    assert len(list((practice.path / "out").glob("*.eml"))) == len(sent)


def test_every_search_has_last_messages_and_an_age(practice: Practice) -> None:
    for name, search in practice.searches().items():
        found = practice.search(name, max_age=24)
        assert set(LAST) <= set(found.columns), name
        assert found.attrs["workbench"]["as_of_kind"] == "sample"
        assert len(found) >= len(practice.search(name, not_written_for=30))
        reminded = {"reminded"} & {parameter.name for parameter in search.parameters}
        assert bool(reminded) == (name in OF_A_SUBJECT), name


def test_reminders_of_an_invoice_are_counted_whoever_sent_them(practice: Practice) -> None:
    before = practice.search("unpaid")
    outside = before.iloc[-1]
    for day in (1, 2):
        reached(
            practice, outside["patient_id"], datetime(2026, 10, day, 9, tzinfo=UTC), purpose="unpaid",
            invoice_id=outside["invoice_id"],
        )  # fmt: skip
    first = practice.mailing(practice.search("unpaid", reminders="0"), "Finances/Relance 1").send(confirmed=True)
    sent = set(first.loc[first["status"] == "sent", "patient_id"])
    assert sent
    again = practice.search("unpaid", reminders="1")
    assert set(again["patient_id"]) == sent
    assert practice.search("unpaid", reminders="2")["invoice_id"].tolist() == [outside["invoice_id"]]
    assert practice.search("unpaid").set_index("invoice_id")["reminders_sent"][outside["invoice_id"]] == 2
    explained = practice.explain("unpaid", reminders="1")
    assert explained.set_index("parameter")["left"]["reminders"] == len(again)
    second = practice.mailing(again, "Finances/Relance 2").send(confirmed=True)
    assert set(second.loc[second["status"] == "sent", "patient_id"]) == sent
    assert set(practice.search("unpaid", reminders="2")["patient_id"]) == sent | {outside["patient_id"]}


OF_A_SUBJECT = {"appointments", "missed", "seen", "moved", "to_phone", "unpaid", "quotes", "recall"}


# --- what is to be known of an address -------------------------------------------------------------------------


def test_who_wants_no_messages_is_told_beside_the_address_wherever_it_was_said(practice: Practice) -> None:
    known = practice.search("patients")
    writable = known[known["address_status"] == "ok"]
    by_number, by_address = writable.iloc[0], writable.iloc[1]
    practice.opt_out(by_number["patient_id"])
    practice.opt_out(by_address["email"].upper())
    after = practice.search("patients").set_index("patient_id")
    for row in (by_number, by_address):
        assert after.loc[row["patient_id"], "address_status"] == "opted_out"
    assert (after["address_status"] == "opted_out").sum() == (known["address_status"] == "opted_out").sum() + 2
    assert str(after["address_status"].dtype) == "category"
    assert practice.withdraw_opt_out(by_number["patient_id"])
    again = practice.search("patients").set_index("patient_id")
    assert again.loc[by_number["patient_id"], "address_status"] == "ok"


def test_an_opt_out_of_one_kind_of_message_leaves_the_address_as_it_is(practice: Practice) -> None:
    known = practice.search("patients")
    row = known[known["address_status"] == "ok"].iloc[0]
    practice.opt_out(row["patient_id"], purpose="birthday")
    after = practice.search("patients").set_index("patient_id")
    assert after.loc[row["patient_id"], "address_status"] == "ok"


def test_a_search_is_asked_for_what_is_to_be_known_of_addresses(practice: Practice) -> None:
    whole = practice.search("patients")
    for statuses in (["missing"], ["shared", "malformed"], ["ok", "opted_out"]):
        found = practice.search("patients", address_status=",".join(statuses))
        wanted = whole[whole["address_status"].isin(statuses)]
        assert found["patient_id"].tolist() == wanted["patient_id"].tolist()
        assert set(found["address_status"]) == set(statuses)
    told = practice.explain("patients", address_status="shared")
    assert told["left"].iloc[-1] == (whole["address_status"] == "shared").sum()


def test_a_colleague_who_opted_out_by_address_is_told(practice: Practice) -> None:
    colleagues = practice.search("correspondents")
    row = colleagues[colleagues["address_status"] == "ok"].iloc[0]
    practice.opt_out(row["email"] if isinstance(row["email"], str) else row["mss_email"])
    after = practice.search("correspondents").set_index("correspondent_id")
    assert after.loc[row["correspondent_id"], "address_status"] == "opted_out"
