"""What every patient store must do, whatever database is behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.databases import writing
from workbench.domain.frames import APPOINTMENT_COLUMNS
from workbench.domain.tables import TABLE_COLUMNS
from workbench.errors import BadValue, ReadOnlyStore, UnknownName, UnknownPatient
from workbench.patients import schema
from workbench.patients.columns import SOURCES
from workbench.patients.store import SqlPatientStore

TODAY = date(2026, 11, 23)  # a Monday
NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


def add(store: SqlPatientStore, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows into a table of the store's practice; every column that a row lacks is empty."""
    with writing(store.engine) as connection:
        for row in rows:
            connection.execute(table.insert().values(practice_id=store.practice_id, **row))


def fill_small_practice(store: SqlPatientStore) -> None:
    """A practice of six patients, whose agenda holds one case of each sort."""
    add(store, schema.sites, [{"site_id": "S1", "name": "Rennes"}, {"site_id": "S2", "name": "Bruz", "city": "Bruz"}])
    add(
        store,
        schema.chairs,
        [
            {"chair_id": "F1", "code": "F1", "name": "Fauteuil 1", "site_id": "S1"},
            {"chair_id": "F2", "code": "F2", "name": "Fauteuil 2", "site_id": "S2"},
        ],
    )
    add(
        store,
        schema.practitioners,
        [
            {"practitioner_id": "MM", "code": "MM", "title": "Dr", "first_name": "Marc", "last_name": "Molaire"},
            {"practitioner_id": "CC", "code": "CC", "title": "Dr", "first_name": "Chloé", "last_name": "Canine"},
            {"practitioner_id": "X9", "code": "X9"},
        ],
    )
    add(
        store,
        schema.patients,
        [
            {
                "patient_id": "007", "civility": "Mme", "last_name": "ÉTIENNE", "first_name": "Zoé", "sex": "F",
                "birth_date": date(1980, 5, 1), "email": "zoe@mail.example", "mobile": "06 39 98 00 01",
                "family_id": "fam-1", "file_state": "En traitement", "patient_type": "Adulte",
                "main_practitioner_id": "MM", "city": "Rennes",
            },
            {
                "patient_id": "008", "last_name": "ÉTIENNE", "first_name": "Léo", "sex": "M",
                "birth_date": date(2012, 11, 24), "family_id": "fam-1",
                "patient_type": "Enfant",
            },
            {"patient_id": "009", "last_name": "NULL", "first_name": "Ada", "email": "not an address",
             "deceased": True},
            {"patient_id": "010", "last_name": "Abeille", "first_name": "Bo", "email": "bo@mail.example",
             "archived": True},
            {"patient_id": "011", "last_name": "Zèbre", "phone": "02 61 91 00 00"},
            {"patient_id": "E1", "last_name": "Livreur", "external": True},
        ],
    )  # fmt: skip
    add(store, schema.groups, [{"group_id": "g1", "name": "Orthodontie"}])
    add(store, schema.group_members, [{"group_id": "g1", "patient_id": "008"}])
    tomorrow = datetime(2026, 11, 24)
    add(
        store,
        schema.appointments,
        [
            {
                "appointment_id": "a1", "patient_id": "007", "starts_at": tomorrow.replace(hour=8, minute=40),
                "ends_at": tomorrow.replace(hour=9), "nature": "NP", "kind": "Contrôle", "chair_id": "F1",
                "practitioner_id": "MM", "remark": "apporter la radio",
            },
            {
                "appointment_id": "a2", "patient_id": "008", "starts_at": tomorrow.replace(hour=21), "duration": 20,
                "nature": "CTRL", "chair_id": "F2", "practitioner_id": "CC", "forced": True,
            },
            {"appointment_id": "a3", "patient_id": "009", "starts_at": tomorrow.replace(hour=6, minute=59)},
            {"appointment_id": "a4", "patient_id": "010", "starts_at": tomorrow, "practitioner_id": "X9"},
            {"appointment_id": "a5", "patient_id": "E1", "starts_at": tomorrow.replace(hour=23, minute=59)},
            {
                "appointment_id": "a6", "patient_id": "011", "starts_at": tomorrow.replace(hour=8, minute=40),
                "state": "cancelled", "declined_by": "patient",
            },
            {"appointment_id": "m1", "patient_id": "007", "starts_at": datetime(2026, 11, 20, 9), "state": "missed"},
            {"appointment_id": "m2", "patient_id": "011", "starts_at": datetime(2026, 11, 20, 10), "state": "missed"},
            {"appointment_id": "m3", "patient_id": "010", "starts_at": datetime(2026, 11, 2, 10), "state": "missed"},
            {"appointment_id": "m4", "patient_id": "008", "starts_at": datetime(2026, 11, 2, 10), "state": "missed"},
            {"appointment_id": "p1", "patient_id": "008", "starts_at": datetime(2026, 11, 3, 9), "state": "present"},
            {"appointment_id": "p2", "patient_id": "011", "starts_at": datetime(2026, 10, 1, 9), "state": "present"},
            {"appointment_id": "u1", "patient_id": "011", "starts_at": datetime(2026, 11, 21, 9), "state": "upcoming"},
        ],
    )  # fmt: skip


class PatientStoreContract:
    """Tests to inherit; the class that does gives a fixture ``empty_store``, open for writing."""

    @pytest.fixture
    def store(self, empty_store: SqlPatientStore) -> SqlPatientStore:
        fill_small_practice(empty_store)
        return empty_store

    def ids(self, store: SqlPatientStore, name: str = "appointments", **parameters: object) -> list[str]:
        return store.search(name, parameters, today=TODAY)["appointment_id"].tolist()

    # --- searches -----------------------------------------------------------------------------------

    def test_a_day_runs_from_midnight_to_midnight(self, store: SqlPatientStore) -> None:
        assert self.ids(store, start="tomorrow", end="tomorrow") == ["a4", "a3", "a1", "a6", "a2", "a5"]

    def test_the_frame_has_the_documented_columns_and_kinds(self, store: SqlPatientStore) -> None:
        frame = store.search("appointments", {"start": "tomorrow"}, today=TODAY)
        kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
        assert tuple(frame.columns) == APPOINTMENT_COLUMNS
        assert kinds["starts_at"] == "datetime64[us, Europe/Paris]"
        assert kinds["duration"] == "Int64"
        assert kinds["patient_id"] == kinds["subject_key"] == kinds["email"] == "string"
        assert {kinds[name] for name in ("state", "nature", "chair", "practitioner", "address_status")} == {"category"}

    def test_an_empty_result_has_the_same_columns_and_kinds(self, store: SqlPatientStore) -> None:
        some = store.search("appointments", {}, today=TODAY)
        none = store.search("appointments", {"start": "2031-01-01"}, today=TODAY)
        assert len(none) == 0
        assert {name: str(kind) for name, kind in none.dtypes.items()} == {n: str(k) for n, k in some.dtypes.items()}

    def test_a_row_tells_what_the_agenda_knows(self, store: SqlPatientStore) -> None:
        frame = store.search("appointments", {"start": "tomorrow"}, today=TODAY).set_index("appointment_id")
        row = frame.loc["a1"]
        assert row["subject_key"] == "appointment:a1"
        assert row["starts_at"].isoformat() == "2026-11-24T08:40:00+01:00"
        assert (row["date"], row["time"]) == ("2026-11-24", "08:40")
        assert (row["patient"], row["file_number"]) == ("ÉTIENNE Zoé", "007")
        assert (row["practitioner"], row["practitioner_id"], row["chair"]) == ("Dr Marc Molaire", "MM", "F1")
        assert (row["duration"], row["nature"], row["kind"]) == (20, "NP", "Contrôle")
        assert (row["phone"], row["remark"], row["family"]) == ("06 39 98 00 01", "apporter la radio", "fam-1")
        assert frame["address_status"].to_dict() == {
            "a1": "ok", "a2": "missing", "a3": "malformed", "a4": "ok", "a5": "missing", "a6": "missing",
        }  # fmt: skip
        assert pd.isna(frame.loc["a5", "file_number"])
        assert frame.loc["a4", "practitioner"] == "X9"

    @pytest.mark.parametrize(
        ("parameters", "found"),
        [
            ({"hours": "07:00-21:00"}, ["a1", "a6", "a2"]),
            ({"hours": "8h40-8h40"}, ["a1", "a6"]),
            ({"state": "annulés"}, ["a6"]),
            ({"state": "upcoming,cancelled", "by": "patient"}, ["a6"]),
            ({"practitioner": "mm"}, ["a1"]),
            ({"practitioner": "Dr Canine, MOLAIRE"}, ["a1", "a2"]),
            ({"practitioner": "chloe canine"}, ["a2"]),
            ({"chair": "fauteuil 2"}, ["a2"]),
            ({"chair": ["F1", "F2"]}, ["a1", "a2"]),
            ({"nature": "np"}, ["a1"]),
            ({"type": "CONTROLE"}, ["a1"]),
            ({"family": "fam-1"}, ["a1", "a2"]),
            ({"group": "orthodontie"}, ["a2"]),
            ({"patient_type": "enfant"}, ["a2"]),
            ({"file_state": "en traitement"}, ["a1"]),
            ({"site": "bruz"}, ["a2"]),
            ({"forced": "oui"}, ["a2"]),
            ({"forced": False, "state": "upcoming", "with_email": True}, ["a4", "a3", "a1"]),
            ({"with_email": "no"}, ["a6", "a2", "a5"]),
            ({"minors": "yes"}, ["a2"]),
            ({"minors": "no", "hours": "08:00-24:00"}, ["a1", "a6", "a5"]),
        ],
    )
    def test_each_filter_keeps_what_it_says(
        self, store: SqlPatientStore, parameters: Mapping[str, object], found: list[str]
    ) -> None:
        assert self.ids(store, start="tomorrow", end="tomorrow", **parameters) == found

    def test_a_patient_is_of_age_on_the_eighteenth_birthday(self, store: SqlPatientStore) -> None:
        born = date(2012, 11, 24)
        for number, day in ((1, date(2030, 11, 23)), (2, date(2030, 11, 24))):
            start = datetime.combine(day, datetime.min.time())
            add(store, schema.appointments, [{"appointment_id": f"b{number}", "patient_id": "008", "starts_at": start}])
        assert born.replace(year=2030) == date(2030, 11, 24)
        assert self.ids(store, start="2030-01-01", minors="yes") == ["b1"]
        assert self.ids(store, start="2030-01-01", minors="no") == ["b2"]

    @pytest.mark.parametrize(
        ("sort", "found"),
        [
            ("time", ["a4", "a3", "a1", "a6", "a2", "a5"]),
            ("name", ["a4", "a2", "a1", "a5", "a3", "a6"]),
            ("practitioner", ["a2", "a1", "a4", "a3", "a6", "a5"]),
            ("chair", ["a1", "a2", "a4", "a3", "a6", "a5"]),
            ("state", ["a4", "a3", "a1", "a2", "a5", "a6"]),
        ],
    )
    def test_rows_come_in_the_order_asked_for(self, store: SqlPatientStore, sort: str, found: list[str]) -> None:
        assert self.ids(store, start="tomorrow", end="tomorrow", sort=sort) == found

    def test_missed_appointments_are_found(self, store: SqlPatientStore) -> None:
        assert self.ids(store, "missed") == ["m3", "m4", "m1", "m2"]
        assert self.ids(store, "missed", start="J-3", end="J-3") == ["m1", "m2"]

    def test_patients_who_are_expected_again_may_be_left_out(self, store: SqlPatientStore) -> None:
        # 011's later appointment stands before today: nobody is expected there any more.
        assert self.ids(store, "missed", exclude_upcoming="yes") == ["m2"]

    def test_patients_who_came_back_may_be_left_out(self, store: SqlPatientStore) -> None:
        assert self.ids(store, "missed", exclude_returned="yes") == ["m3", "m1", "m2"]

    def test_the_balance_is_shown_when_asked_for(self, store: SqlPatientStore) -> None:
        day = date(2026, 1, 1)
        add(
            store,
            schema.invoices,
            [
                {"invoice_id": "i1", "patient_id": "007", "dated_on": day, "amount_cents": 10050},
                {"invoice_id": "i2", "patient_id": "007", "dated_on": day, "amount_cents": 99, "cancelled_on": day},
            ],
        )
        add(store, schema.payments, [{"payment_id": "p1", "patient_id": "007", "paid_on": day, "amount_cents": 3000}])
        asked = store.search("appointments", {"family": "fam-1", "balance": "yes", "start": "tomorrow"}, today=TODAY)
        silent = store.search("appointments", {"family": "fam-1", "start": "tomorrow"}, today=TODAY)
        assert asked["balance"].tolist() == [70.5, 0.0]
        assert silent["balance"].isna().all()
        assert store.columns("patient", ["007"], ["balance"], today=TODAY)["balance"].tolist() == [70.5]

    def test_a_search_remembers_what_it_was_asked(self, store: SqlPatientStore) -> None:
        frame = store.search(
            "appointments", {"start": "tomorrow", "practitioner": "molaire", "forced": False}, today=TODAY
        )
        assert frame.attrs["workbench"] == {
            "search": "appointments",
            "parameters": {"start": "tomorrow", "practitioner": "molaire", "forced": "no"},
            "resolved": {"forced": "no", "practitioner": "MM", "start": "2026-11-24"},
            "rows": len(frame),
        }

    def test_the_same_question_has_one_identity(self, store: SqlPatientStore) -> None:
        one = store.resolve(
            "appointments", {"start": "tomorrow", "state": "missed, Futurs", "sort": "name"}, today=TODAY
        )
        other = store.resolve(
            "appointments",
            {"state": ["upcoming", "missed"], "start": date(2026, 11, 24), "sort": "time", "balance": "yes"},
            today=TODAY - timedelta(days=5),
        )
        assert one == other == {"start": "2026-11-24", "state": "missed,upcoming"}

    @pytest.mark.parametrize(
        ("name", "parameters", "error"),
        [
            ("birthday", {}, UnknownName),
            ("appointments", {"exclude_upcoming": "yes"}, UnknownName),
            ("missed", {"state": "missed"}, UnknownName),
            ("appointments", {"start": "soon"}, BadValue),
            ("appointments", {"start": "2026-11-24", "end": "2026-11-23"}, BadValue),
            ("appointments", {"hours": "21:00-07:00"}, BadValue),
            ("appointments", {"hours": "07:60-08:00"}, BadValue),
            ("appointments", {"state": "gone"}, BadValue),
            ("appointments", {"practitioner": "Dr Nobody"}, BadValue),
            ("appointments", {"nature": "SURGERY"}, BadValue),
            ("appointments", {"sort": "colour"}, BadValue),
            ("missed", {"exclude_upcoming": "perhaps"}, BadValue),
        ],
    )
    def test_a_wrong_question_is_refused(
        self, store: SqlPatientStore, name: str, parameters: Mapping[str, object], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            store.search(name, parameters, today=TODAY)
        with pytest.raises(error):
            store.resolve(name, parameters, today=TODAY)

    def test_another_practice_in_the_same_database_is_not_seen(self, store: SqlPatientStore) -> None:
        with writing(store.engine) as connection:
            connection.execute(schema.practices.insert().values(practice_id="other", name="Other"))
        neighbour = SqlPatientStore(store.engine, practice_id="other", writable=True)
        assert neighbour.search("appointments", {}, today=TODAY).empty
        assert neighbour.people(["007"]).empty
        add(neighbour, schema.patients, [{"patient_id": "007", "last_name": "Somebody else"}])
        assert neighbour.people(["007"])["last_name"].tolist() == ["Somebody else"]
        assert store.people(["007"])["last_name"].tolist() == ["ÉTIENNE"]

    @pytest.mark.parametrize(
        ("wall_clock", "shown"),
        [
            (datetime(2026, 3, 29, 2, 30), "2026-03-29T03:00:00+02:00"),  # an hour that does not exist
            (datetime(2026, 10, 25, 2, 30), "2026-10-25T02:30:00+02:00"),  # an hour that comes twice
            (datetime(2026, 10, 25, 3, 0), "2026-10-25T03:00:00+01:00"),
        ],
    )
    def test_an_appointment_at_a_change_of_hour_is_found(
        self, store: SqlPatientStore, wall_clock: datetime, shown: str
    ) -> None:
        add(store, schema.appointments, [{"appointment_id": "dst", "patient_id": "007", "starts_at": wall_clock}])
        day = wall_clock.date()
        frame = store.search("appointments", {"start": day, "end": day}, today=TODAY)
        assert [moment.isoformat() for moment in frame["starts_at"]] == [shown]
        assert frame["date"].tolist() == [shown[:10]]
        assert frame["time"].tolist() == [shown[11:16]]

    # --- columns ------------------------------------------------------------------------------------

    def test_columns_come_in_the_order_of_the_keys(self, store: SqlPatientStore) -> None:
        frame = store.columns("patient", ["011", "nobody", "007", "011"], ["last_name", "birth_date"], today=TODAY)
        assert frame.index.tolist() == ["011", "007"]
        assert list(frame.columns) == ["last_name", "birth_date"]
        assert frame["last_name"].tolist() == ["Zèbre", "ÉTIENNE"]
        assert frame.loc["007", "birth_date"] == pd.Timestamp(1980, 5, 1)

    def test_a_hundred_thousand_keys_are_no_trouble(self, store: SqlPatientStore) -> None:
        keys = [f"k{number}" for number in range(100_000)]
        assert store.columns("patient", [*keys, "007"], ["city"], today=TODAY)["city"].tolist() == ["Rennes"]
        assert store.people([*keys, "008"]).index.tolist() == ["008"]

    def test_a_patient_has_a_next_appointment_and_a_last_visit(self, store: SqlPatientStore) -> None:
        names = ["next_appointment_at", "last_visit_at", "family_members", "file_number"]
        frame = store.columns("patient", ["007", "008", "011", "E1"], names, today=TODAY)
        assert frame.loc["007", "next_appointment_at"].isoformat() == "2026-11-24T08:40:00+01:00"
        assert pd.isna(frame.loc["007", "last_visit_at"])
        assert frame.loc["008", "last_visit_at"].isoformat() == "2026-11-03T09:00:00+01:00"
        assert pd.isna(frame.loc["011", "next_appointment_at"])
        assert [one["name"] for one in frame.loc["007", "family_members"]] == ["Léo"]
        assert frame.loc["011", "family_members"] is None
        assert pd.isna(frame.loc["E1", "file_number"])

    def test_colleagues_of_a_patient_are_named(self, store: SqlPatientStore) -> None:
        add(
            store,
            schema.correspondents,
            [
                {"correspondent_id": "c1", "title": "Dr", "first_name": "Anne", "last_name": "Hiver"},
                {
                    "correspondent_id": "c2",
                    "last_name": "Été",
                    "email": "ete@cabinet.example",
                    "mss_email": "e@m.example",
                },
                {"correspondent_id": "c3", "last_name": "Automne", "mss_email": "a@m.example"},
            ],
        )
        add(
            store,
            schema.patient_correspondents,
            [
                {"patient_id": "007", "correspondent_id": "c1", "kind": "treating_dentist", "rank": 2},
                {"patient_id": "007", "correspondent_id": "c2", "kind": "treating_dentist", "rank": 1},
                {"patient_id": "007", "correspondent_id": "c3", "kind": "treating_physician"},
                {"patient_id": "008", "correspondent_id": "c1", "kind": "treating_dentist"},
            ],
        )
        frame = store.columns("patient", ["007", "008"], ["treating_dentist", "treating_physician"], today=TODAY)
        assert frame["treating_dentist"].tolist() == ["Été", "Dr Anne Hiver"]
        assert frame.loc["007", "treating_physician"] == "Automne"
        dentists = store.relations(["008", "007"], "treating_dentist")
        assert dentists["person_key"].tolist() == ["c1", "c2", "c1"]
        everybody = store.relations(["007"], "correspondent").set_index("person_key")
        assert everybody["email"].fillna("").to_dict() == {"c1": "", "c2": "ete@cabinet.example", "c3": "a@m.example"}

    def test_an_appointment_has_columns_of_what_is_around_it(self, store: SqlPatientStore) -> None:
        add(
            store,
            schema.appointment_instructions,
            [
                {"nature": "NP", "language": "fr", "text": "Venir à jeun."},
                {"nature": "NP", "language": "en", "text": "Do not eat before."},
                {"nature": "Contrôle", "language": "fr", "text": "Rien."},
            ],
        )
        names = ["practitioner", "chair", "chair_name", "site", "instructions", "starts_at", "ends_at", "state"]
        frame = store.columns("appointment", ["a2", "a1", "a4"], names, today=TODAY)
        assert frame["practitioner"].tolist() == ["Dr Chloé Canine", "Dr Marc Molaire", "X9"]
        assert frame.loc["a2", "site"] == "Bruz"
        assert frame.loc["a1", "instructions"] == "Venir à jeun."
        assert pd.isna(frame.loc["a2", "instructions"])
        assert frame.loc["a2", "ends_at"].isoformat() == "2026-11-24T21:20:00+01:00"

    def test_the_practice_and_its_practitioners_have_columns(self, store: SqlPatientStore) -> None:
        add(store, schema.opening_hours, [{"weekday": 0, "opens": "08:30", "closes": "12:00"}])
        add(
            store,
            schema.emergency_lines,
            [
                {"line_id": "1", "label": "Garde", "phone": "01 99 00 00 15"},
                {"line_id": "2", "label": "Dr Molaire", "phone": "01 99 00 00 16", "practitioner_id": "MM"},
            ],
        )
        practice = store.columns("practice", [], ["name", "opening_hours", "emergency_phone", "iban"], today=TODAY)
        assert practice.index.tolist() == [store.practice_id]
        assert practice["opening_hours"].tolist() == ["lundi : 8 h 30 – 12 h"]
        assert practice["emergency_phone"].tolist() == ["01 99 00 00 15"]
        people = store.columns("practitioner", ["MM", "X9"], ["name", "code", "emergency_phone", "active"], today=TODAY)
        assert people["name"].tolist() == ["Dr Marc Molaire", "X9"]
        assert people["emergency_phone"].tolist() == ["01 99 00 00 16", "01 99 00 00 15"]
        assert people["active"].all()

    @pytest.mark.parametrize("source", sorted(SOURCES))
    def test_every_column_a_source_names_can_be_read(self, store: SqlPatientStore, source: str) -> None:
        names = sorted(store.column_names(source))
        keys = {"patient": ["007"], "appointment": ["a1"], "visit": ["p1"], "practitioner": ["MM"]}.get(source, [])
        found = store.columns(source, keys, names, today=TODAY)
        none = store.columns(source, ["nobody"], names, today=TODAY)
        assert list(found.columns) == list(none.columns) == names
        assert found.dtypes.to_dict() == none.dtypes.to_dict()
        assert len(found) == (1 if source == "practice" else len(keys))
        assert len(none) == len(store.columns(source, [], [], today=TODAY)) == (1 if source == "practice" else 0)

    def test_an_unknown_column_or_source_is_refused_by_name(self, store: SqlPatientStore) -> None:
        with pytest.raises(UnknownName, match="shoe_size"):
            store.columns("patient", ["007"], ["shoe_size"], today=TODAY)
        with pytest.raises(UnknownName, match=r"neighbour.*correspondent"):
            store.columns("neighbour", [], [], today=TODAY)

    # --- people -------------------------------------------------------------------------------------

    def test_people_are_known_by_their_file_number(self, store: SqlPatientStore) -> None:
        frame = store.people(["009", "nobody", "007"])
        assert frame.index.tolist() == ["009", "007"]
        assert frame["deceased"].tolist() == [True, False]
        assert frame["sex"].tolist() == ["U", "F"]
        assert frame.loc["009", "last_name"] == "NULL"
        assert frame.loc["007", "birth_date"] == pd.Timestamp(1980, 5, 1)

    def test_those_who_answer_for_a_patient_come_best_first(self, store: SqlPatientStore) -> None:
        add(
            store,
            schema.persons,
            [
                {"person_id": "r1", "last_name": "ÉTIENNE", "patient_id": "007"},
                {"person_id": "r2", "last_name": "PÈRE", "sex": "M", "email": "pere@mail.example"},
            ],
        )
        add(
            store,
            schema.responsibilities,
            [
                {"patient_id": "008", "person_id": "r2", "role": "guardian", "relation": "father", "rank": 2},
                {"patient_id": "008", "person_id": "r1", "role": "guardian", "relation": "mother", "rank": 1},
                {"patient_id": "008", "person_id": "r2", "role": "payer"},
            ],
        )
        frame = store.relations(["007", "008"], "guardian")
        assert frame["person_key"].tolist() == ["r1", "r2"]
        assert frame["relation"].tolist() == ["mother", "father"]
        # What her own file tells fills what the practice did not write twice.
        assert frame["email"].tolist() == ["zoe@mail.example", "pere@mail.example"]
        assert frame["sex"].tolist() == ["F", "M"]
        assert store.relations(["008"], "payer")["person_key"].tolist() == ["r2"]
        assert store.relations([], "payer").empty
        with pytest.raises(UnknownName, match="neighbour"):
            store.relations(["008"], "neighbour")

    def test_an_invoice_tells_whom_it_asks_for_money(self, store: SqlPatientStore) -> None:
        add(
            store,
            schema.persons,
            [{"person_id": "r1", "patient_id": "007"}, {"person_id": "r2", "last_name": "PÈRE", "sex": "M"}],
        )
        paying = {"patient_id": "008", "person_id": "r2", "role": "payer", "relation": "father"}
        add(store, schema.responsibilities, [paying, {**paying, "role": "guardian", "relation": "tutor"}])
        bill = {"patient_id": "008", "dated_on": TODAY, "amount_cents": 100}
        add(
            store,
            schema.invoices,
            [
                {"invoice_id": "f1", "payer_id": "r1", "billing_email": "compta@mail.example", **bill},
                {"invoice_id": "f2", "payer_id": "r2", "due_on": TODAY, **bill},
                {"invoice_id": "f3", **bill},
            ],
        )
        frame = store.invoice_payers(["f3", "f1", "f2", "nothing"])
        assert frame.index.tolist() == ["f3", "f1", "f2"]
        told = frame.loc[["f1", "f2"]]
        assert frame["patient_id"].tolist() == ["008"] * 3
        assert pd.isna(frame.loc["f3", "person_key"])
        assert told["person_key"].tolist() == ["r1", "r2"]
        assert told["last_name"].tolist() == ["ÉTIENNE", "PÈRE"]  # what her own file tells fills what is not written
        assert told["email"].fillna("").tolist() == ["zoe@mail.example", ""]
        assert told["relation"].fillna("").tolist() == ["", "father"]
        assert told["billing_email"].fillna("").tolist() == ["compta@mail.example", ""]
        assert (frame["dated_on"] == pd.Timestamp(TODAY)).all()
        assert frame.loc["f2", "due_on"] == pd.Timestamp(TODAY)
        assert store.invoice_payers([]).empty

    def test_the_latest_decision_counts(self, store: SqlPatientStore) -> None:
        def decision(number: int, state: str, **more: str) -> dict[str, str]:
            return {"consent_id": f"d{number}", "state": state, "recorded_at": f"2026-01-0{number}", **more}

        add(
            store,
            schema.consents,
            [
                decision(1, "opted_out", patient_id="007"),
                decision(2, "opted_out", patient_id="008", purpose="newsletter"),
                decision(3, "accepted", patient_id="007"),
                decision(4, "refused", patient_id="009", channel="sms"),
                decision(5, "opted_out", address="bo@mail.example"),
                decision(6, "opted_out", patient_id="010", purpose="newsletter"),
                decision(7, "accepted", patient_id="010"),
            ],
        )
        frame = store.objections()
        assert list(frame.columns) == ["patient_id", "address", "channel", "purpose", "reason"]
        assert sorted(map(tuple, frame.to_numpy().tolist())) == [
            ("", "bo@mail.example", "email", "", "opted_out"),
            ("008", "", "email", "newsletter", "opted_out"),
            ("009", "", "sms", "", "no_consent"),
        ]

    def test_nobody_objects_in_an_empty_store(self, empty_store: SqlPatientStore) -> None:
        assert empty_store.objections().empty
        assert empty_store.search("missed", {}, today=TODAY).empty

    # --- calendar -----------------------------------------------------------------------------------

    def test_the_calendar_knows_closed_days_and_holidays(self, store: SqlPatientStore) -> None:
        add(store, schema.closed_days, [{"day": date(2026, 11, 25)}, {"day": date(2026, 11, 26), "site_id": "S1"}])
        calendar = store.calendar()
        assert calendar.is_open(date(2026, 11, 24))
        assert not calendar.is_open(date(2026, 11, 25))
        assert calendar.is_open(date(2026, 11, 26))
        assert not calendar.is_open(date(2026, 5, 8))
        assert calendar.is_open(date(2026, 11, 28))  # without opening hours, Saturdays are worked
        assert not calendar.is_open(date(2026, 11, 29))
        add(store, schema.opening_hours, [{"weekday": 6, "opens": "09:00", "closes": "12:00"}])
        assert store.calendar().closed_weekdays == frozenset(range(6))

    def test_a_closed_site_is_called_as_its_own_practice_calls_it(self, store: SqlPatientStore) -> None:
        day = date(2026, 11, 26)
        other = SqlPatientStore(store.engine, practice_id="elsewhere", writable=True)
        with writing(store.engine) as connection:
            connection.execute(schema.practices.insert().values(practice_id="elsewhere", name="Elsewhere"))
        add(other, schema.sites, [{"site_id": "S1", "name": "Ailleurs"}])
        for here, called in ((store, "Rennes"), (other, "Ailleurs")):
            assert here.close_days([day], reason="Travaux", site_id="S1") == 1
            assert here.closures(day, day)["site"].tolist() == [called]

    def test_a_search_may_ask_for_open_days(self, store: SqlPatientStore) -> None:
        friday = date(2026, 11, 20)
        resolved = store.resolve("appointments", {"start": "J+1 open", "end": "J+2 open"}, today=friday)
        assert resolved == {"start": "2026-11-21", "end": "2026-11-23"}

    # --- corrections --------------------------------------------------------------------------------

    def test_a_file_is_corrected_and_the_change_written_down(self, store: SqlPatientStore) -> None:
        done = store.correct("008", "email", " leo@mail.example ", by="Claire", now=NOW)
        assert (done.old, done.new, done.by) == (None, "leo@mail.example", "Claire")
        assert store.people(["008"])["email"].tolist() == ["leo@mail.example"]
        store.correct("008", "birth_date", "24/11/2013", by="Claire", now=NOW)
        assert store.people(["008"])["birth_date"].tolist() == [pd.Timestamp(2013, 11, 24)]
        store.correct("008", "email", None, by="Claire", now=NOW + timedelta(minutes=1))
        assert store.people(["008"])["email"].isna().all()
        listed = store.corrections()
        assert list(listed.columns) == ["correction_id", "patient_id", "column", "old", "new", "at", "by"]
        assert sorted(listed["column"]) == ["birth_date", "email", "email"]

    def test_somebody_who_answers_for_a_patient_is_written_down_to_be_copied_back(self, store: SqlPatientStore) -> None:
        before = store.responsible("008")["person_key"].tolist()
        values = {"last_name": "ROUX", "first_name": "Anne", "email": "anne@mail.example", "civility": "Mme"}
        key = store.add_guardian("008", values, relation="aunt", by="Claire", now=NOW)
        written = store.responsible("008").set_index("person_key").loc[key]
        assert (written["role"], written["relation"], written["email"]) == ("guardian", "aunt", "anne@mail.example")
        assert key not in before
        assert sorted(store.corrections()["column"]) == sorted(f"guardian:{key}.{name}" for name in values)
        with pytest.raises(BadValue, match="already"):
            store.add_guardian("008", values, relation="aunt", by="Claire", now=NOW)
        for bad in ({"last_name": ""}, {"last_name": "ROUX", "email": "anne"}):
            with pytest.raises(BadValue):
                store.add_guardian("008", bad, relation="", by="Claire", now=NOW)
        with pytest.raises(UnknownPatient):
            store.add_guardian("nobody", values, relation="", by="Claire", now=NOW)

    def test_what_is_said_of_a_guardian_of_another_child_is_written_and_told_once(self, store: SqlPatientStore) -> None:
        values = {"last_name": "ROUX", "first_name": "Anne", "email": "anne@mail.example", "sex": "F", "phone": "01"}
        key = store.add_guardian("008", values, relation="aunt", by="Claire", now=NOW)
        told = store.corrections()["correction_id"].tolist()
        again = {"last_name": "Roux", "first_name": "Anne", "email": "Anne@Mail.example", "sex": "U", "phone": "02"}
        assert store.add_guardian("007", {**again, "city": "Rennes"}, relation="", by="Claire", now=NOW) == key
        for patient in ("007", "008"):
            written = store.responsible(patient).set_index("person_key").loc[key]
            assert (written["last_name"], written["phone"]) == ("ROUX", "02")
        with store.engine.connect() as connection:
            query = sa.select(schema.persons.c.sex, schema.persons.c.city).where(schema.persons.c.person_id == key)
            assert connection.execute(query).all() == [("F", "Rennes")]
        new = store.corrections().set_index("correction_id").drop(told)
        assert set(new["patient_id"]) == {"007"}
        assert new.set_index("column").sort_index()[["old", "new"]].fillna("").to_dict("index") == {
            f"guardian:{key}.city": {"old": "", "new": "Rennes"},
            f"guardian:{key}.phone": {"old": "01", "new": "02"},
        }

    @pytest.mark.parametrize(
        ("patient", "column", "value", "error"),
        [
            ("nobody", "email", "a@mail.example", UnknownPatient),
            ("007", "balance_cents", "0", UnknownName),
            ("007", "email", "a@b@c", BadValue),
            ("007", "birth_date", "yesterday", BadValue),
            ("007", "sex", "purple", BadValue),
        ],
    )
    def test_a_correction_that_does_not_fit_is_refused(
        self, store: SqlPatientStore, patient: str, column: str, value: str, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            store.correct(patient, column, value, by="Claire", now=NOW)
        assert store.corrections().empty

    def test_what_may_be_chosen_is_what_a_search_takes(self, store: SqlPatientStore) -> None:
        choices = store.choices()
        assert {"practitioner", "chair", "nature", "type"} <= set(choices)
        for search in store.searches().values():
            for name in {one.name for one in search.parameters if not one.choices} & set(choices):
                for value, label in choices[name]:
                    assert label
                    store.resolve(search.name, {name: value}, today=date(2026, 11, 22))

    # --- whole tables, and questions in SQL ---------------------------------------------------------

    @pytest.mark.parametrize("name", sorted(TABLE_COLUMNS))
    def test_every_table_has_its_columns_and_kinds_even_without_rows(
        self, empty_store: SqlPatientStore, name: str
    ) -> None:
        none = empty_store.table(name)
        assert tuple(none.columns) == TABLE_COLUMNS[name]
        assert set(map(str, none.dtypes)) <= {
            "string", "category", "Int64", "bool", "float64", "datetime64[us]", "datetime64[us, Europe/Paris]",
            "datetime64[us, UTC]",
        }  # fmt: skip
        assert str(none.dtypes.iloc[0]) == "string"

    def test_a_table_shows_the_rows_of_this_practice_alone(self, store: SqlPatientStore) -> None:
        with writing(store.engine) as connection:
            connection.execute(schema.practices.insert().values(practice_id="other", name="Other"))
            connection.execute(schema.patients.insert().values(practice_id="other", patient_id="666"))
        patients = store.table("patients")
        assert patients["patient_id"].tolist() == ["007", "008", "009", "010", "011", "E1"]
        assert patients["birth_date"].tolist()[:2] == [pd.Timestamp(1980, 5, 1), pd.Timestamp(2012, 11, 24)]
        agenda = store.table("appointments").set_index("appointment_id")
        assert agenda.loc["a1", "starts_at"] == pd.Timestamp("2026-11-24 08:40", tz="Europe/Paris")
        assert agenda["duration"].sum() == 20

    def test_money_and_acts_of_a_table_are_euros_and_moments(self, store: SqlPatientStore) -> None:
        bill = {"invoice_id": "i1", "patient_id": "007", "dated_on": date(2026, 11, 2), "amount_cents": 12_345}
        add(store, schema.invoices, [bill])
        assert store.table("invoices")["amount"].tolist() == [123.45]
        store.correct("008", "email", "leo@mail.example", by="Claire", now=NOW)
        assert store.table("corrections")["at"].tolist() == [pd.Timestamp(NOW)]

    def test_a_frame_that_speaks_of_somebody_says_so(self, store: SqlPatientStore) -> None:
        told = {name: store.table(name).attrs["of_people"] for name in TABLE_COLUMNS}
        assert sorted(name for name, of_people in told.items() if not of_people) == [
            "chairs", "closed_days", "groups", "insurers", "opening_hours", "rooms", "sites",
        ]  # fmt: skip
        assert store.sql("select last_name as x from patients", {}).head(1).attrs["of_people"]

    def test_an_unknown_table_is_refused_by_name(self, store: SqlPatientStore) -> None:
        with pytest.raises(UnknownName, match="alembic"):
            store.table("alembic_version")

    def test_a_question_in_sql_is_answered_with_its_values(self, store: SqlPatientStore) -> None:
        question = "-- who\n SELECT patient_id, count(*) AS n FROM appointments WHERE nature = :nature GROUP BY 1;"
        found = store.sql(question, {"nature": "CTRL"})
        assert found.to_dict(orient="records") == [{"patient_id": "008", "n": 1}]
        assert list(map(str, found.dtypes)) == ["string", "Int64"]
        assert store.sql("select last_name from patients where last_name = :who", {"who": "'; drop table x"}).empty
        percent = store.sql("select last_name from patients where last_name like '%ULL'", {})
        assert percent["last_name"].tolist() == ["NULL"]

    @pytest.mark.parametrize(
        "question",
        [
            "delete from patients",
            "with gone as (select 1) delete from patients",
            "insert into sites (practice_id, site_id, name) values ('practice', 'x', 'x') returning site_id",
            "update patients set email = null",
            "drop table consents",
            "create table more (n integer)",
            "attach database '/tmp/other.sqlite' as other",
            "pragma query_only = off",
            "copy patients to '/tmp/patients.csv'",
            "set transaction read write",
            "commit",
            "explain analyze delete from patients",
            "/* select */ vacuum",
            "",
        ],
    )
    def test_anything_but_reading_is_refused_and_changes_nothing(self, store: SqlPatientStore, question: str) -> None:
        before = store.table("patients")
        with pytest.raises(ReadOnlyStore):
            store.sql(question, {})
        pd.testing.assert_frame_equal(store.table("patients"), before)
        store.correct("008", "email", "leo@mail.example", by="Claire", now=NOW)  # the connection writes again

    @pytest.mark.parametrize(
        "question",
        [
            "select 1; delete from patients",
            "select 1; commit; begin read write; delete from patients; commit",
            "select 1; select 2",
            "values (1); drop table consents",
        ],
    )
    def test_several_statements_are_refused_and_change_nothing(self, store: SqlPatientStore, question: str) -> None:
        with pytest.raises(BadValue, match="one question"):
            store.sql(question, {})
        assert len(store.table("patients")) == 6

    def test_a_question_that_makes_no_sense_is_refused_with_what_the_database_says(
        self, store: SqlPatientStore
    ) -> None:
        with pytest.raises(BadValue, match="no_such_column"):
            store.sql("select no_such_column from patients", {})
        with pytest.raises(BadValue, match="value is missing"):
            store.sql("select 1 from patients where last_name = :who", {})
