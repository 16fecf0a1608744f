"""One column a field, only those a template uses, in the order of the recipients."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.merging.conftest import NOW, ZONE
from workbench.errors import UnknownName
from workbench.merging.frames import fields_frame, load_sources, needed_columns
from workbench.merging.recipient_tables import recipients_from_table
from workbench.merging.recipients import recipients_from_subjects


class Store:
    """A patient store of a few columns that remembers what it was asked."""

    def __init__(self, people: pd.DataFrame, relations: pd.DataFrame) -> None:
        self.people = people
        self._relations = relations
        self.asked: list[tuple[str, list[str], list[str]]] = []
        self.tables = {
            "patient": people.assign(main_practitioner_id="CC", phone="0261911234"),
            "practitioner": pd.DataFrame(
                {"title": ["Dr", "Dr"], "last_name": ["Molaire", "Canine"]}, index=pd.Index(["MM", "CC"])
            ),
            "practice": pd.DataFrame({"name": ["Cabinet des Tilleuls"], "phone": ["0261910000"]}),
            "appointment": pd.DataFrame(
                {
                    "starts_at": pd.to_datetime(["2026-11-23 08:40", "2026-11-23 16:00", "2026-11-23 09:10"]),
                    "practitioner_id": ["MM", "CC", None],
                    "patient_id": ["ana", "ana", "zoe"],
                    "patient_first_name": ["Ana", "Ana", "Zoé"],
                },
                index=pd.Index(["1", "2", "3"]),
            ),
        }

    def columns(self, source: str, keys: list[str], names: list[str]) -> pd.DataFrame:
        self.asked.append((source, list(keys), list(names)))
        table = self.tables[source]
        return (table if source == "practice" else table[table.index.isin(keys)])[list(names)]

    def relations(self, patient_ids: list[str], role: str) -> pd.DataFrame:
        return self._relations


@pytest.fixture
def merged(appointments, people, relations, catalogue):
    child = {"birth_date": pd.Timestamp("2015-03-12"), "first_name": "Zoé"}
    store = Store(people(ana={"first_name": "Ana"}, zoe=child), relations(("zoe", "mona", {})))
    agenda = [("3", "zoe", "2026-11-23 09:10"), ("1", "ana", "2026-11-23 08:40"), ("2", "ana", "2026-11-23 16:00")]
    recipients = recipients_from_subjects(
        appointments(*agenda),
        people=store.people, relations=store.relations([], ""), role="patient", now=NOW, zone=ZONE, language="fr",
    )  # fmt: skip

    def merge(*codes: str, **options: object) -> pd.DataFrame:
        sources = load_sources(
            needed_columns(codes, catalogue),
            recipients,
            columns=store.columns,
            relations=store.relations,
            now=NOW,
            zone=ZONE,
        )
        return fields_frame(recipients, codes, catalogue, sources, now=NOW, zone=ZONE, user="Claire", **options)

    merge.store = store  # type: ignore[attr-defined]
    return merge


def test_each_field_is_a_column_in_the_order_of_the_recipients(merged) -> None:
    frame = merged("PPRENOM", "RDVHEURE", "DPRENOM", "DLIEN", "CABTEL", "UTIL", "DATEL")
    assert list(frame.columns) == ["PPRENOM", "RDVHEURE", "DPRENOM", "DLIEN", "CABTEL", "UTIL", "DATEL"]
    assert frame.iloc[0].tolist() == [
        "Zoé", "9 h 10", "Mona", "votre fille", "02 61 91 00 00", "Claire", "dimanche 22 novembre 2026",
    ]  # fmt: skip
    assert frame.iloc[1].tolist()[:4] == ["Ana", "8 h 40", "Ana", "vous"]


def test_only_the_columns_of_the_fields_are_asked_of_the_store(merged) -> None:
    merged("PPRENOM")
    assert merged.store.asked == [("patient", ["zoe", "ana"], ["first_name"])]


def test_what_only_proposes_an_answer_is_not_asked_of_the_store(merged) -> None:
    frame = merged("FERMDU", "REMPLTEL", "ANNEE", values={"FERMDU": "2026-12-24"})
    assert merged.store.asked == []
    assert frame.iloc[0].tolist() == ["jeudi 24 décembre", None, None]


def test_the_appointments_practitioner_and_the_files_are_two(merged) -> None:
    frame = merged("RDVPRAT", "PRTITRE")
    assert frame["RDVPRAT"].tolist() == ["Dr Molaire", "Dr Molaire"]
    assert frame["PRTITRE"].tolist() == ["Dr Canine", "Dr Canine"]


def test_a_message_about_several_appointments_can_list_them_all(merged) -> None:
    lists = merged("RDVLISTE")["RDVLISTE"].tolist()
    assert lists == [
        "lundi 23 novembre à 9 h 10",
        "lundi 23 novembre à 8 h 40, Dr Molaire\nlundi 23 novembre à 16 h, Dr Canine",
    ]


def test_the_people_responsible_are_fields_too(merged) -> None:
    frame = merged("RCPRENOM", "RCEMAIL")
    assert frame["RCPRENOM"].tolist() == ["Mona", None]


def test_a_value_of_the_mailing_goes_before_the_catalogue(merged) -> None:
    assert merged("CABTEL", values={"CABTEL": "15"})["CABTEL"].tolist() == ["15", "15"]


def test_a_code_nobody_knows_is_refused(merged) -> None:
    with pytest.raises(UnknownName, match="PNOMS"):
        merged("PNOMS")


def test_nothing_is_not_a_number_nor_an_empty_text(merged) -> None:
    merged.store.tables["patient"] = merged.store.tables["patient"].assign(phone=[float("nan"), ""])
    assert merged("PTEL")["PTEL"].tolist() == [None, None]


def test_the_columns_of_a_table_stand_beside_the_fields(catalogue) -> None:
    recipients = recipients_from_table(
        pd.DataFrame({"email": ["a@b.fr", "c@d.fr"], "token": ["x", None], "nom": ["Martin", None]})
    )
    frame = fields_frame(recipients, ["DNOM", "DEMAIL"], catalogue, {}, now=NOW, zone=ZONE, names=["token", "autre"])
    assert frame.to_dict("records") == [
        {"DNOM": "Martin", "DEMAIL": "a@b.fr", "token": "x", "autre": None},
        {"DNOM": None, "DEMAIL": "c@d.fr", "token": None, "autre": None},
    ]


def test_no_recipient_gives_no_row_and_all_columns(appointments, people, relations, catalogue) -> None:
    nobody = recipients_from_subjects(
        appointments(), people=people(), relations=relations(), role="patient", now=NOW, zone=ZONE
    )
    store = Store(people(), relations())
    sources = load_sources(
        needed_columns(["PNOM", "RDVPRAT"], catalogue), nobody,
        columns=store.columns, relations=store.relations, now=NOW, zone=ZONE,
    )  # fmt: skip
    frame = fields_frame(nobody, ["PNOM", "RDVPRAT"], catalogue, sources, now=NOW, zone=ZONE)
    assert frame.shape == (0, 2)
