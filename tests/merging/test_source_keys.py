"""Which invoice, quote, visit, colleague a message tells of: its subject's, else the patient's current one."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from workbench.merging.belonging import OWNED
from workbench.merging.frames import fields_frame, load_sources, needed_columns
from workbench.merging.recipient_tables import recipients_from_table
from workbench.merging.recipients import Recipients, recipients_from_subjects

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class Store:
    """Two of everything for a patient called ana: the current one is numbered 1."""

    def __init__(self, relations: pd.DataFrame) -> None:
        self._relations = relations
        day = pd.Timestamp("2026-10-03")
        self.tables = {
            "patient": pd.DataFrame(
                {
                    "current_invoice_id": ["1", None], "current_quote_id": ["1", None],
                    "current_recall_id": ["1", None], "current_plan_id": ["1", None],
                    "current_agreement_id": ["1", None], "last_visit_id": ["1", None],
                    "correspondent_id": ["C1", None], "main_practitioner_id": ["MM", None],
                },
                index=pd.Index(["ana", "zoe"]),
            ),
            "invoice": pd.DataFrame({"number": ["F-1", "F-2"], "reminders_sent": [0, 1]}, index=["1", "a@b"]),
            "quote": pd.DataFrame(
                {"number": ["D-1", "D-2"], "title": ["Couronne", "Bridge"], "dated_on": [day, day], "signed_on": None},
                index=["1", "2"],
            ),
            "recall": pd.DataFrame({"due_on": [day, day + pd.Timedelta(days=1)]}, index=["1", "2"]),
            "plan": pd.DataFrame({"title": ["Plan 1", "Plan 2"]}, index=["1", "2"]),
            "agreement": pd.DataFrame({"asked_on": [day]}, index=["1"]),
            "visit": pd.DataFrame({"teeth": [["14"], ["26", "27"]]}, index=["1", "2"]),
            "correspondent": pd.DataFrame(
                {
                    "last_name": ["Un", "Deux"], "first_name": [None, None], "title": ["Dr", "Dr"],
                    "civility": ["M.", "Mme"], "sex": ["M", "F"],
                    "relations": [None, [{"practitioner_id": "MM", "relation": "friend", "form": "tu"}]],
                },
                index=["C1", "C2"],
            ),
        }  # fmt: skip
        for table in OWNED - {"appointment"}:
            self.tables[table] = self.tables[table].assign(patient_id="ana")

    def columns(self, source: str, keys: list[str], names: list[str]) -> pd.DataFrame:
        table = self.tables[source]
        return table[table.index.isin(keys)][list(names)]

    def relations(self, patient_ids: list[str], role: str) -> pd.DataFrame:
        streets = [f"{number} rue A" for number in range(len(self._relations))]
        return self._relations.assign(address_line_1=streets, address_line_2=None, postcode=None, city=None)


@pytest.fixture
def told(people, relations, catalogue):
    """Merge fields for one subject of ana's, or for a recipients frame."""

    def merge(about: str | Recipients, *codes: str, who: tuple = (), role: str = "patient", **columns: object) -> list:
        store = Store(relations(*who))
        recipients = about
        if isinstance(about, str):
            subjects = pd.DataFrame(
                {"subject_key": [about], "patient_id": ["ana"], **{k: [v] for k, v in columns.items()}}
            )
            recipients = recipients_from_subjects(
                subjects, people=people(ana={}, zoe={}), relations=store.relations([], ""), role=role, now=NOW,
                zone=ZONE,
            )  # fmt: skip
        assert isinstance(recipients, Recipients)
        sources = load_sources(
            needed_columns(codes, catalogue), recipients,
            columns=store.columns, relations=store.relations, now=NOW, zone=ZONE,
        )  # fmt: skip
        return fields_frame(recipients, codes, catalogue, sources, now=NOW, zone=ZONE).iloc[0].tolist()

    return merge


def test_a_message_tells_of_its_subject_and_any_other_of_the_patients_current_one(told) -> None:
    codes = ("HONNUM", "DEVNUM", "RAPDATE", "ENTDATE")
    current = ["F-1", "D-1", "3 octobre 2026", "3 octobre 2026"]
    assert told("patient:ana", *codes) == current
    assert told("invoice:a@b", *codes) == ["F-2", *current[1:]]
    assert told("quote:2", *codes) == ["F-1", "D-2", *current[2:]]
    assert told("recall:2", *codes, due_on=pd.Timestamp("2026-11-01")) == [*current[:2], "4 octobre 2026", current[3]]


def test_a_row_that_names_its_invoice_tells_of_that_one(told) -> None:
    assert told("patient:ana", "HONNUM", invoice_id="a@b") == ["F-2"]


def test_a_treatment_is_named_after_the_quote_only_when_the_message_is_about_one(told) -> None:
    assert told("quote:2", "PLTITRE") == ["Bridge"]
    assert told("plan:2", "PLTITRE") == ["Plan 2"]
    assert told("patient:ana", "PLTITRE") == ["Plan 1"]


def test_an_appointment_to_come_is_no_visit_yet(told) -> None:
    def teeth(start: str) -> list:
        starts = pd.Timestamp(start, tz=ZONE)
        return told("appointment:2", "DENTS", appointment_id="2", starts_at=starts)

    assert teeth("2026-11-22 09:00") == ["26 et 27"]
    assert teeth("2026-11-22 16:00") == ["14"]
    assert told("patient:ana", "DENTS") == ["14"]


def test_a_colleague_who_is_written_to_is_the_colleague_of_the_fields(told) -> None:
    assert told("patient:ana", "CNOM", "CAPPEL", "DFORME") == ["Un", "Cher confrère", "vous"]
    doctor = ("ana", "C2", {"relation": "orthodontist"})
    told_to = told("patient:ana", "CNOM", "CAPPEL", "DFORME", who=(doctor,), role="orthodontist")
    assert told_to == ["Deux", "Chère amie", "tu"]


def test_a_guardian_who_is_written_to_is_the_guardian_of_the_fields(told, people, relations) -> None:
    born = {"birth_date": pd.Timestamp("2015-03-12")}
    two = (("ana", "mona", {"email": ""}), ("ana", "paul", {"rank": 2}))
    child = recipients_from_subjects(
        pd.DataFrame({"subject_key": ["patient:ana"], "patient_id": ["ana"]}),
        people=people(ana=born), relations=relations(*two), role="patient", now=NOW, zone=ZONE,
    )  # fmt: skip
    assert told(child, "RCPRENOM", "RCADR", "DPRENOM", who=two) == ["Paul", "1 rue A", "Paul"]
    # Written to himself, an adult's guardian is the best one there is.
    assert told("patient:ana", "RCPRENOM", who=two) == ["Mona"]


def test_a_practices_own_table_names_what_it_is_about(told) -> None:
    table = pd.DataFrame({"email": ["a@exemple.example"], "patient_id": ["ana"], "quote_id": ["2"]})
    assert told(recipients_from_table(table), "DEVNUM", "HONNUM") == ["D-2", "F-1"]


def test_what_is_another_patients_has_no_value_in_a_message_about_somebody_else(told) -> None:
    codes = ("DEVNUM", "HONNUM", "DENTS", "RAPDATE", "PLTITRE")
    named = {"quote_id": "2", "invoice_id": "a@b", "visit_id": "2", "recall_id": "2", "plan_id": "2"}
    for about in ({"patient_id": "zoe"}, {}):
        table = pd.DataFrame([{"email": "z@exemple.example", **about, **named}])
        assert told(recipients_from_table(table), *codes) == [None] * 5


def test_a_patient_without_any_of_them_has_no_value(told) -> None:
    table = pd.DataFrame({"email": ["z@exemple.example"], "patient_id": ["zoe"]})
    assert told(recipients_from_table(table), "HONNUM", "DEVSIGNE", "CAPPEL", "DENTS", "RELNUM") == [None] * 5
