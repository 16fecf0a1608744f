"""Who is written to, and why somebody is not."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.merging.conftest import NOW, ZONE
from workbench.domain.custom_fields import GRIDS, CustomKind, new_column, new_grid, placed
from workbench.domain.deliveries import recipient_group
from workbench.domain.fields import Catalogue
from workbench.domain.frames import RECIPIENT_COLUMNS
from workbench.domain.objections import Objections
from workbench.errors import UnknownName
from workbench.merging.recipient_tables import column_names, occasion_digests, recipients_from_table
from workbench.merging.recipients import Recipients, recipients_from_subjects, with_objections

CHILD = {"birth_date": pd.Timestamp("2015-03-12"), "email": None}


def found(subjects, people, relations, role="patient", **options) -> Recipients:
    return recipients_from_subjects(
        subjects, people=people, relations=relations, role=role, now=NOW, zone=ZONE, **options
    )


def test_an_adult_is_written_to_directly(appointments, people, relations) -> None:
    frame = found(appointments(("1", "ana", "2026-11-23 08:40")), people(ana={}), relations()).frame
    assert tuple(frame.columns) == RECIPIENT_COLUMNS
    row = frame.iloc[0]
    assert (row["recipient_id"], row["addressee_key"]) == ("patient:ana@2026-11-23:1@08:40", "patient:ana")
    assert (row["address"], row["recipient"], row["reason"]) == ("ana@exemple.example", "Claire ANA", "")
    assert row["subjects"] == ["appointment:1@2026-11-23T08:40"]
    assert row["role"] == "patient"


def test_a_minor_is_written_to_through_the_first_guardian_with_a_usable_address(
    appointments, people, relations
) -> None:
    frame = found(
        appointments(("1", "zoe", "2026-11-23 08:40")),
        people(zoe=CHILD),
        relations(("zoe", "paul", {"email": "pas une adresse", "rank": 1}), ("zoe", "mona", {"rank": 2})),
    ).frame
    assert frame["addressee_key"].tolist() == ["guardian:mona"]
    assert frame["address"].tolist() == ["mona@exemple.example"]
    assert frame["role"].tolist() == ["guardian"]
    assert frame["patient_id"].tolist() == ["zoe"]


def test_a_minor_whose_guardians_have_no_usable_address_keeps_the_first_guardians_problem(
    appointments, people, relations
) -> None:
    frame = found(
        appointments(("1", "zoe", "2026-11-23 08:40")),
        people(zoe=CHILD),
        relations(("zoe", "paul", {"email": "nope"}), ("zoe", "mona", {"email": None})),
    ).frame
    assert (frame["addressee_key"].iloc[0], frame["reason"].iloc[0]) == ("guardian:paul", "invalid_address")


def test_a_minor_without_a_guardian_has_no_addressee_even_with_an_address(appointments, people, relations) -> None:
    child = CHILD | {"email": "zoe@exemple.example"}
    frame = found(appointments(("1", "zoe", "2026-11-23 08:40")), people(zoe=child), relations()).frame
    assert (frame["addressee_key"].iloc[0], frame["reason"].iloc[0]) == ("patient:zoe", "no_addressee")


@pytest.mark.parametrize(("birth", "role"), [("2008-11-23", "patient"), ("2008-11-24", "guardian")])
def test_the_age_that_counts_is_the_one_at_the_appointment(appointments, people, relations, birth, role) -> None:
    frame = found(
        appointments(("1", "leo", "2026-11-23 08:40")),
        people(leo={"birth_date": pd.Timestamp(birth)}),
        relations(("leo", "mona", {})),
    ).frame
    assert frame["role"].tolist() == [role]


def test_both_guardians_of_a_minor_get_a_message_each(appointments, people, relations) -> None:
    recipients = found(
        appointments(("1", "zoe", "2026-11-23 08:40")),
        people(zoe=CHILD),
        relations(("zoe", "paul", {"rank": 1}), ("zoe", "mona", {"rank": 2})),
        guardians="both",
    )
    frame = recipients.frame
    assert frame["addressee_key"].tolist() == ["guardian:paul", "guardian:mona"]
    assert frame["recipient_id"].tolist() == [
        "patient:zoe@2026-11-23:1@08:40",
        "patient:zoe/mona@2026-11-23:1@08:40",
    ]
    assert recipient_group(frame["recipient_id"].iloc[1]) == "patient:zoe/mona@2026-11-23"
    assert recipients.subjects["recipient_id"].tolist() == ["patient:zoe@2026-11-23:1@08:40"]
    assert frame["subjects"].map(tuple).nunique() == 1


def test_two_guardians_with_one_mailbox_get_one_message_together(appointments, people, relations) -> None:
    home = {"email": "famille@exemple.example", "last_name": "Lefèvre"}
    frame = found(
        appointments(("1", "zoe", "2026-11-23 08:40")),
        people(zoe=CHILD),
        relations(
            ("zoe", "mona", home | {"first_name": "Mona", "sex": "F"}),
            ("zoe", "paul", home | {"first_name": "Paul", "sex": "M", "email": "Famille@exemple.example"}),
        ),
        guardians="both",
    ).frame
    row = frame.iloc[0]
    assert len(frame) == 1
    assert (row["recipient"], row["addressee_civility"]) == ("Mona et Paul Lefèvre", "M. et Mme")
    assert row["addressee_key"] == "guardian:mona"


def test_two_mothers_with_one_mailbox_are_called_so(appointments, people, relations) -> None:
    home = {"email": "famille@exemple.example", "sex": "F"}
    frame = found(
        appointments(("1", "zoe", "2026-11-23 08:40")),
        people(zoe=CHILD),
        relations(
            ("zoe", "mona", home | {"first_name": "Mona", "last_name": "Le Goff"}),
            ("zoe", "anne", home | {"first_name": "Anne", "last_name": "Riou"}),
        ),
        guardians="both",
    ).frame
    assert frame["addressee_civility"].tolist() == ["Mme et Mme"]
    assert frame["recipient"].tolist() == ["Mona Le Goff et Anne Riou"]


def test_the_second_guardian_without_an_address_is_told_of(appointments, people, relations) -> None:
    frame = found(
        appointments(("1", "zoe", "2026-11-23 08:40")),
        people(zoe=CHILD),
        relations(("zoe", "paul", {}), ("zoe", "mona", {"email": None})),
        guardians="both",
        group="family",
    ).frame
    assert frame["reason"].tolist() == ["", "no_address"]


def test_an_objection_of_either_guardian_stops_the_message_to_their_one_mailbox(
    appointments, people, relations
) -> None:
    home = {"email": "famille@exemple.example"}
    frame = found(
        appointments(("1", "zoe", "2026-11-23 08:40")),
        people(zoe=CHILD),
        relations(("zoe", "mona", home), ("zoe", "paul", home)),
        guardians="both",
        objections=Objections([("p9", "", "", "", "opted_out")], selves=[("p9", "paul", "")]),
    ).frame
    assert frame["reason"].tolist() == ["opted_out"]


def undated(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame([{"practitioner_id": "", **row} for row in rows])


def test_all_that_is_owed_for_a_patient_is_one_letter(people, relations) -> None:
    recipients = found(
        undated(
            {"subject_key": "invoice:F2", "invoice_id": "F2", "patient_id": "ana"},
            {"subject_key": "invoice:F1", "invoice_id": "F1", "patient_id": "ana"},
            {"subject_key": "invoice:F3", "invoice_id": "F3", "patient_id": "leo"},
        ),
        people(ana={}, leo={}),
        relations(),
        role="payer",
        group="patient",
    )
    assert recipients.frame["recipient_id"].tolist() == ["invoice:F1+invoice:F2", "invoice:F3"]
    assert recipients.frame["subjects"].tolist() == [["invoice:F1", "invoice:F2"], ["invoice:F3"]]
    assert recipients.subjects["merged_with"].tolist() == ["invoice:F1", "", ""]


def test_a_birthday_of_another_year_is_another_occasion(people, relations) -> None:
    frame = found(
        undated({"subject_key": "patient:ana", "patient_id": "ana", "birthday": pd.Timestamp("2026-11-24")}),
        people(ana={}),
        relations(),
    ).frame
    assert frame["subjects"].tolist() == [["patient:ana@2026-11-24"]]


def test_a_row_may_say_itself_what_it_tells(people, relations) -> None:
    subjects = pd.DataFrame(
        {
            "subject_key": ["patient:ana", "patient:bob"],
            "patient_id": ["ana", "bob"],
            "birthday": [pd.Timestamp("2026-11-24")] * 2,
            "occasions": [["patient:ana@paper:1", "patient:ana@paper:2"], None],
        }
    )
    frame = found(subjects, people(ana={}, bob={}), relations(), told="2026").frame
    assert frame["subjects"].tolist() == [
        ["patient:ana@paper:1", "patient:ana@paper:2"], ["patient:bob@2026-11-24"],
    ]  # fmt: skip
    assert frame["recipient_id"].tolist() == ["patient:ana:paper:1:paper:2", "patient:bob"]


def test_the_second_recall_of_a_visit_is_another_occasion_and_a_quote_is_none(people, relations) -> None:
    due = {"due_on": pd.Timestamp("2026-10-01"), "patient_id": "ana"}
    subjects = undated(
        {"subject_key": "recall:R1", "rank": 2, **due}, {"subject_key": "quote:D1", "valid_until": due["due_on"], **due}
    ).astype({"rank": "Int64"})
    frame = found(subjects, people(ana={}), relations()).frame
    assert frame["subjects"].tolist() == [["recall:R1@2026-10-01#2"], ["quote:D1"]]


def test_what_sets_a_mailing_apart_sets_its_occasions_apart_when_patients_have_no_time(people, relations) -> None:
    subjects = undated({"subject_key": "patient:ana", "patient_id": "ana"})
    frame = found(subjects, people(ana={}), relations(), told="8f2a").frame
    assert frame["subjects"].tolist() == [["patient:ana@8f2a"]]


def test_a_colleague_looked_for_is_the_addressee(people, relations) -> None:
    known = pd.DataFrame(
        {
            "last_name": ["Riou"], "first_name": ["Anne"], "title": ["Dr"], "civility": [None], "sex": ["F"],
            "email": ["a.riou@exemple.example"], "mss_email": ["a.riou@medecin.mssante.fr"], "language": ["fr"],
        },
        index=pd.Index(["C1"], name="correspondent_id"),
    )  # fmt: skip
    subjects = undated(
        {"subject_key": "correspondent:C1", "patient_id": "ana"}, {"subject_key": "correspondent:C9", "patient_id": ""}
    )
    frame = found(subjects, people(ana={}), relations(), role="correspondent", colleagues=known).frame
    assert frame["addressee_key"].tolist() == ["correspondent:C1", "correspondent:C9"]
    assert frame["address"].tolist() == ["a.riou@exemple.example", ""]
    assert frame["reason"].tolist() == ["", "no_correspondent"]
    assert frame["addressee_civility"].iloc[0] == "Dr"
    assert frame["subjects"].iloc[0] == ["correspondent:C1@patient:ana"]
    secure = found(subjects, people(ana={}), relations(), role="correspondent", colleagues=known, secure=True)
    assert secure.frame["address"].iloc[0] == "a.riou@medecin.mssante.fr"


def colleagues(*keys: str) -> pd.DataFrame:
    row = {"last_name": "Riou", "first_name": None, "title": "Dr", "civility": None, "sex": "F", "language": None}
    return pd.DataFrame(
        [row | {"email": f"{key}@exemple.example", "mss_email": None} for key in keys],
        index=pd.Index(keys, name="correspondent_id"),
    )


def test_colleagues_are_never_one_message_whatever_the_group(people, relations) -> None:
    subjects = undated(*({"subject_key": f"correspondent:C{number}", "patient_id": ""} for number in (1, 2, 3)))
    frame = found(
        subjects, people(), relations(), role="patient", group="family", colleagues=colleagues("C1", "C2", "C3")
    ).frame
    assert frame["addressee_key"].tolist() == [f"correspondent:C{number}" for number in (1, 2, 3)]
    assert frame["reason"].tolist() == [""] * 3


@pytest.mark.parametrize(
    ("patient", "reason"), [({}, ""), ({"deceased": True}, "deceased"), ({"archived": True}, "archived")]
)
def test_nobody_is_written_to_about_a_patient_who_is_gone(people, relations, patient, reason) -> None:
    subjects = undated({"subject_key": "correspondent:C1", "patient_id": "ana"})
    frame = found(subjects, people(ana=patient), relations(), colleagues=colleagues("C1")).frame
    assert frame["reason"].tolist() == [reason]


def test_nobody_is_written_to_about_a_patient_whom_the_store_does_not_know(people, relations) -> None:
    subjects = undated({"subject_key": "correspondent:C1", "patient_id": "ana"})
    frame = found(subjects, people(), relations(), colleagues=colleagues("C1")).frame
    assert frame["reason"].tolist() == ["unknown_patient"]


def test_another_report_on_the_same_patient_is_another_occasion(people, relations) -> None:
    subjects = undated({"subject_key": "correspondent:C1", "patient_id": "ana"})
    frame = found(subjects, people(ana={}), relations(), colleagues=colleagues("C1"), answers="8f2a").frame
    assert frame["subjects"].tolist() == [["correspondent:C1@patient:ana#8f2a"]]


def test_a_parent_is_told_of_no_child_that_is_not_hers_through_a_mailbox_she_shares(
    appointments, people, relations
) -> None:
    home = {"email": "m@exemple.example", "sex": "F"}
    frame = found(
        appointments(("1", "zoe", "2026-11-23 08:40"), ("2", "leo", "2026-11-23 09:00")),
        people(zoe=CHILD | {"family_id": "f"}, leo=CHILD | {"family_id": "f"}),
        relations(("zoe", "m", home), ("zoe", "d", home), ("leo", "m", home), ("leo", "x", {})),
        guardians="both",
        group="family",
    ).frame
    assert [len(told) for told in frame["appointments"]] == [1, 1, 1]


def test_nobody_knows_a_birth_date_so_it_is_an_adult(appointments, people, relations) -> None:
    for missing in (None, pd.NaT):
        frame = found(
            appointments(("1", "leo", "2026-11-23 08:40")), people(leo={"birth_date": missing}), relations()
        ).frame
        assert frame["reason"].tolist() == [""]


def test_two_appointments_of_one_patient_on_one_day_are_one_message_led_by_the_earliest(
    appointments, people, relations
) -> None:
    both = found(
        appointments(
            ("2", "ana", "2026-11-23 16:00"), ("1", "ana", "2026-11-23 08:40"), ("3", "ana", "2026-11-24 09:00")
        ),
        people(ana={}),
        relations(),
    )
    assert both.frame["appointment_id"].tolist() == ["1", "3"]
    assert both.frame["appointments"].tolist() == [["1", "2"], ["3"]]
    assert both.subjects["merged_with"].tolist() == ["appointment:1", "", ""]
    assert both.subjects["recipient_id"].tolist() == [
        "patient:ana@2026-11-23:1@08:40+2@16:00", "patient:ana@2026-11-23:1@08:40+2@16:00",
        "patient:ana@2026-11-24:3@09:00",
    ]  # fmt: skip


def test_two_children_who_share_one_mailbox_are_two_recipients(appointments, people, relations) -> None:
    frame = found(
        appointments(("1", "zoe", "2026-11-23 08:40"), ("2", "leo", "2026-11-23 09:10")),
        people(zoe=CHILD, leo=CHILD),
        relations(("zoe", "mona", {}), ("leo", "mona", {})),
    ).frame
    assert frame["recipient_id"].tolist() == ["patient:zoe@2026-11-23:1@08:40", "patient:leo@2026-11-23:2@09:10"]
    assert frame["address"].nunique() == 1


def test_a_family_is_one_message_only_when_the_template_asks(appointments, people, relations) -> None:
    family = CHILD | {"family_id": "F1"}
    joined = found(
        appointments(("2", "leo", "2026-11-23 09:10"), ("1", "zoe", "2026-11-23 08:40")),
        people(zoe=family, leo=family),
        relations(("zoe", "mona", {}), ("leo", "mona", {})),
        group="family",
    )
    assert joined.frame["recipient_id"].tolist() == ["patient:zoe@2026-11-23:1@08:40+2@09:10"]
    assert joined.frame["appointments"].tolist() == [["1", "2"]]
    assert joined.subjects["merged_with"].tolist() == ["appointment:1", ""]


def test_whoever_objects_is_told_about_in_nobodys_family_message(appointments, people, relations) -> None:
    family = CHILD | {"family_id": "F1"}

    def told(*objecting: str) -> list[tuple[str, list[str], str]]:
        joined = found(
            appointments(("1", "zoe", "2026-11-23 08:40"), ("2", "leo", "2026-11-23 09:10"),
                         ("3", "max", "2026-11-23 09:40")),
            people(zoe=family, leo=family, max=family),
            relations(("zoe", "mona", {}), ("leo", "mona", {}), ("max", "mona", {})),
            group="family",
            objections=Objections([(one, "", "email", "", "opted_out") for one in objecting]),
        ).frame  # fmt: skip
        rows = zip(joined["patient_id"], joined["appointments"], joined["reason"], strict=True)
        return [(patient, list(keys), reason) for patient, keys, reason in rows]

    assert told() == [("zoe", ["1", "2", "3"], "")]
    assert told("leo") == [("zoe", ["1", "3"], ""), ("leo", ["2"], "opted_out")]
    assert told("zoe") == [("zoe", ["1"], "opted_out"), ("leo", ["2", "3"], "")]


def test_a_recipients_key_tells_what_is_told_and_not_in_which_order_it_was_found(
    appointments, people, relations
) -> None:
    def key(*rows: tuple[str, str, str]) -> str:
        [recipient] = found(appointments(*rows), people(ana={}), relations()).frame["recipient_id"]
        return str(recipient)

    nine, ten = ("1", "ana", "2026-11-23 09:00"), ("1", "ana", "2026-11-23 10:00")
    beside = ("2", "ana", "2026-11-23 09:00")
    assert len({key(nine), key(ten), key(nine, beside)}) == 3
    assert key(nine, beside) == key(beside, nine)
    many = [(f"appointment-{n:03d}", "ana", f"2026-11-23 {n % 24:02d}:00") for n in range(60)]
    assert key(*many) == key(*reversed(many)) != key(*many[1:])
    assert len(key(*many)) < 220
    assert {recipient_group(key(nine)), recipient_group(key(*many))} == {"patient:ana@2026-11-23"}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("Enfant", "no_addressee"), ("ENFANT ", "no_addressee"), ("Mineur", "no_addressee"), ("child", "no_addressee"),
     ("Adulte", ""), (None, "")],
)  # fmt: skip
def test_a_patient_called_a_child_without_a_birth_date_is_a_minor(
    appointments, people, relations, kind, reason
) -> None:
    def written(**told: object) -> pd.Series:
        child = {"birth_date": None, "patient_type": kind} | told
        subjects = appointments(("1", "zoe", "2026-11-23 08:40"))
        return found(subjects, people(zoe=child), relations()).frame.iloc[0]

    assert written()["reason"] == reason
    assert written(birth_date=pd.Timestamp("1980-05-02"))["reason"] == ""  # the date says more than the word


def test_recipients_keep_the_order_of_the_search_and_a_key_of_their_own(appointments, people, relations) -> None:
    rows = [("1", "ana", "2026-11-23 08:40"), ("2", "bea", "2026-11-23 09:00"), ("3", "cleo", "2026-11-23 09:30")]
    everyone = people(ana={}, bea={}, cleo={})
    forward = found(appointments(*rows), everyone, relations()).frame
    backward = found(appointments(*reversed(rows)), everyone, relations()).frame
    assert forward["patient_id"].tolist() == ["ana", "bea", "cleo"]
    assert backward["recipient_id"].tolist() == list(reversed(forward["recipient_id"].tolist()))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"deceased": True, "archived": True, "email": None}, "deceased"),
        ({"archived": True, "email": None}, "archived"),
        ({"email": None}, "no_address"),
        ({"email": "  "}, "no_address"),
        ({"email": "claire@"}, "invalid_address"),
        ({"email": "a@b.fr, c@d.fr"}, "invalid_address"),
        ({"email": " CLAIRE@Exemple.Example "}, ""),
    ],
)
def test_whoever_cannot_be_written_to_stays_with_the_reason(appointments, people, relations, told, reason) -> None:
    frame = found(appointments(("1", "ana", "2026-11-23 08:40")), people(ana=told), relations()).frame
    assert frame["reason"].tolist() == [reason]


def test_a_patient_that_the_store_does_not_know_is_said(appointments, people, relations) -> None:
    frame = found(appointments(("1", "who", "2026-11-23 08:40")), people(), relations()).frame
    assert frame["reason"].tolist() == ["unknown_patient"]


def test_a_row_that_stands_twice_in_the_frame_is_one(appointments, people, relations) -> None:
    row = ("1", "ana", "2026-11-23 08:40")
    once = found(appointments(row, row), people(ana={}), relations())
    assert len(once.frame) == len(once.subjects) == 1
    assert once.frame["subjects"].tolist() == [["appointment:1@2026-11-23T08:40"]]


def test_subjects_without_a_start_have_their_own_key(people, relations) -> None:
    subjects = pd.DataFrame(
        {"subject_key": ["invoice:7", "invoice:8"], "patient_id": ["ana", "ana"], "invoice_id": ["7", "8"]}
    )
    frame = found(subjects, people(ana={}), relations()).frame
    assert frame["recipient_id"].tolist() == ["invoice:7", "invoice:8"]
    assert frame["subjects"].tolist() == [["invoice:7"], ["invoice:8"]]


def test_payers_and_colleagues_come_from_the_relations(appointments, people, relations) -> None:
    subjects = appointments(("1", "ana", "2026-11-23 08:40"), ("2", "bea", "2026-11-23 09:00"))
    everyone = people(ana={}, bea={})
    payers = found(subjects, everyone, relations(("ana", "paul", {})), role="payer").frame
    assert payers["addressee_key"].tolist() == ["payer:paul", "patient:bea"]
    colleagues = found(subjects, everyone, relations(("ana", "dupont", {})), role="correspondent").frame
    assert colleagues["addressee_key"].tolist() == ["correspondent:dupont", "patient:bea"]
    assert colleagues["reason"].tolist() == ["", "no_correspondent"]


def test_the_language_is_the_templates_when_it_is_given(appointments, people, relations) -> None:
    subjects, everyone = appointments(("1", "ana", "2026-11-23 08:40")), people(ana={"language": "en"})
    assert found(subjects, everyone, relations()).frame["language"].tolist() == ["en"]
    assert found(subjects, everyone, relations(), language="fr").frame["language"].tolist() == ["fr"]


def test_an_empty_search_has_no_recipient(appointments, people, relations) -> None:
    nobody = found(appointments(), people(), relations())
    assert len(nobody.frame) == 0
    assert tuple(nobody.frame.columns) == RECIPIENT_COLUMNS


# --- tables -------------------------------------------------------------------------------------------


def test_the_columns_of_a_table_become_names() -> None:
    headings = ["Nom de l'élève", "E-mail", "Élève", "Eleve", "2e année", "  ", "???"]
    assert column_names(headings) == [
        "nom_de_l_eleve",
        "e_mail",
        "eleve",
        "eleve_2",
        "column_2e_annee",
        "column",
        "column_2",
    ]


def test_a_table_gives_one_recipient_a_row_with_its_own_columns_as_values() -> None:
    table = pd.DataFrame(
        {"id": ["7", "8"], "email": ["Ana@Exemple.example", ""], "Name": ["Ana", "Béa"], "Jeton": ["x1", None]}
    )
    recipients = recipients_from_table(table)
    assert recipients.frame["recipient_id"].tolist() == ["row:7", "row:8"]
    assert recipients.frame["reason"].tolist() == ["", "no_address"]
    assert recipients.frame["recipient"].tolist() == ["Ana", "Béa"]
    assert recipients.values["jeton"].tolist() == ["x1", None]
    assert recipients.frame["patient_id"].tolist() == ["", ""]


def test_whole_numbers_stay_whole_beside_a_missing_one() -> None:
    table = pd.DataFrame({"email": ["a@b.fr", "c@d.fr"], "points": [3.0, None], "part": [0.5, 1.0]})
    values = recipients_from_table(table).values
    assert values["points"].tolist() == [3, None]
    assert values["part"].tolist() == [0.5, 1.0]


def test_without_an_id_the_normalised_address_is_the_key_and_the_first_row_wins() -> None:
    table = pd.DataFrame({"email": ["a@b.fr", "A@B.FR", "c@d.fr"], "token": ["1", "2", "3"]})
    recipients = recipients_from_table(table)
    assert recipients.frame["recipient_id"].tolist() == ["row:a@b.fr", "row:a@b.fr#2", "row:c@d.fr"]
    assert recipients.frame["reason"].tolist() == ["", "duplicate_row", ""]
    assert [(finding.code, finding.line) for finding in recipients.findings] == [("duplicate_row", 2)]
    assert "2, 3" in recipients.findings[0].message


def test_rows_that_share_an_id_and_differ_are_all_left_out() -> None:
    table = pd.DataFrame({"id": ["1", "1", "2"], "email": ["a@b.fr", "x@y.fr", "c@d.fr"]})
    recipients = recipients_from_table(table)
    assert recipients.frame["reason"].tolist() == ["duplicate_id", "duplicate_id", ""]
    assert recipients.frame["recipient_id"].is_unique


def test_identical_rows_are_one_row() -> None:
    table = pd.DataFrame({"id": ["1", "1"], "email": ["a@b.fr", "a@b.fr"], "n": ["x", "x"]})
    recipients = recipients_from_table(table)
    assert len(recipients.frame) == len(recipients.values) == 1
    assert recipients.findings == ()


def test_two_ids_at_one_address_are_two_recipients() -> None:
    table = pd.DataFrame({"id": ["1", "2"], "email": ["a@b.fr", "a@b.fr"]})
    assert recipients_from_table(table).frame["reason"].tolist() == ["", ""]


def test_a_table_without_addresses_is_refused_with_its_columns() -> None:
    with pytest.raises(UnknownName, match="nom, jeton"):
        recipients_from_table(pd.DataFrame({"nom": ["x"], "jeton": ["y"]}))


def row_occasion(catalogue, codes=(), *, email="a@b.fr", **values: object) -> str:
    """The occasion of the row with the id 1; `values` are further columns, of which the template uses the token."""
    recipients = recipients_from_table(
        pd.DataFrame({"id": ["1"], "email": [email], "token": ["x"]} | {name: [one] for name, one in values.items()})
    )
    fields = recipients.values[["token"]].assign(**dict(codes))
    [[occasion]] = occasion_digests(recipients, fields, catalogue=catalogue).frame["subjects"].tolist()
    return occasion


def test_the_occasion_of_a_row_changes_with_the_values_used_and_only_with_them(catalogue) -> None:
    assert row_occasion(catalogue, other="1") == row_occasion(catalogue, other="2")
    assert row_occasion(catalogue, token="x") != row_occasion(catalogue, token="y")
    assert row_occasion(catalogue).startswith("row:1@")


def test_two_people_with_one_id_in_two_tables_are_two_occasions(catalogue) -> None:
    assert row_occasion(catalogue, email="a@b.fr") != row_occasion(catalogue, email="other@b.fr")
    assert row_occasion(catalogue, email="a@b.fr") == row_occasion(catalogue, email=" A@B.FR")


def test_the_day_and_who_sends_make_no_new_occasion(catalogue) -> None:
    sunday = row_occasion(catalogue, {"DATEL": "dimanche", "UTIL": "Claire", "CABTEL": "02", "PNOM": "MARTIN"})
    assert sunday == row_occasion(catalogue, {"DATEL": "lundi", "UTIL": "Paul", "CABTEL": "03", "PNOM": "MARTIN"})
    assert sunday != row_occasion(catalogue, {"DATEL": "dimanche", "UTIL": "Claire", "CABTEL": "02", "PNOM": "DURAND"})


def test_to_correct_the_wording_of_an_own_field_is_no_reason_to_write_again(catalogue) -> None:
    texts = dict.fromkeys(GRIDS[CustomKind.PATIENT], "né")
    grid = placed(new_grid(CustomKind.PATIENT, texts), code="", known=[], builtin=())
    own = Catalogue([*catalogue.values(), grid.in_catalogue(), new_column("MUTUELLE", key="patient_id").in_catalogue()])
    assert row_occasion(own, {"PART_01": "né"}) == row_occasion(own, {"PART_01": "né le"})
    assert row_occasion(own, {"MUTUELLE": "a"}) != row_occasion(own, {"MUTUELLE": "b"})


def test_a_row_about_a_patient_is_looked_up_in_the_store(people) -> None:
    asked: list[list[str]] = []

    def known(patient_ids: list[str]) -> pd.DataFrame:
        asked.append(patient_ids)
        return people(ana={}, dead={"deceased": True}, gone={"archived": True}, kid=CHILD)

    table = pd.DataFrame(
        {
            "email": [f"{n}@b.fr" for n in range(7)],
            "patient_id": ["ana", "dead", "gone", "kid", "who", "", "kid"],
            "role": ["", "", "", "", "", "", "guardian"],
        }
    )
    table.loc[1, "email"] = ""
    recipients = recipients_from_table(table, people=known, today=NOW.date())
    assert asked == [["ana", "dead", "gone", "kid", "who"]]
    assert recipients.frame["reason"].tolist() == ["", "deceased", "archived", "", "", "", ""]
    assert [(one.recipient, one.code, one.severity) for one in recipients.findings] == [
        ("row:3@b.fr", "minor_written_directly", "warning"),
        ("row:4@b.fr", "unknown_patient", "warning"),
    ]


# --- consent ------------------------------------------------------------------------------------------


def objections(*rows: dict[str, str]) -> pd.DataFrame:
    ordinary = {"patient_id": "", "address": "", "channel": "email", "purpose": "", "reason": "opted_out"}
    return pd.DataFrame([ordinary | row for row in rows], columns=list(ordinary))


def test_an_objection_counts_by_patient_or_by_any_spelling_of_the_address(appointments, people, relations) -> None:
    frame = found(
        appointments(
            ("1", "ana", "2026-11-23 08:40"), ("2", "bea", "2026-11-23 09:00"), ("3", "cleo", "2026-11-23 09:30")
        ),
        people(ana={}, bea={}, cleo={}),
        relations(),
    ).frame
    told = with_objections(
        frame, objections({"patient_id": "ana"}, {"address": " BEA@exemple.EXAMPLE"}), channel="email"
    )
    assert told["reason"].tolist() == ["opted_out", "opted_out", ""]


def test_an_objection_counts_for_its_channel_and_purpose(appointments, people, relations) -> None:
    frame = found(appointments(("1", "ana", "2026-11-23 08:40")), people(ana={}), relations()).frame

    def reason(**objection: str) -> str:
        told = with_objections(frame, objections({"patient_id": "ana"} | objection), channel="email", purpose="rappel")
        return str(told["reason"].iloc[0])

    assert reason(channel="sms") == ""
    assert reason(channel="") == "opted_out"
    assert reason(purpose="newsletter") == ""
    assert reason(purpose="rappel", reason="no_consent") == "no_consent"


def test_an_opt_out_weighs_more_than_a_refused_consent_and_less_than_a_reason_already_there(
    appointments, people, relations
) -> None:
    frame = found(
        appointments(("1", "ana", "2026-11-23 08:40"), ("2", "bea", "2026-11-23 09:00")),
        people(ana={}, bea={"deceased": True}),
        relations(),
    ).frame
    told = with_objections(
        frame,
        objections(
            {"patient_id": "ana", "reason": "no_consent"}, {"address": "ana@exemple.example"}, {"patient_id": "bea"}
        ),
    )
    assert told["reason"].tolist() == ["opted_out", "deceased"]


def test_the_rows_of_a_table_need_no_opt_in(people) -> None:
    frame = recipients_from_table(pd.DataFrame({"email": ["a@b.fr", "c@d.fr"]})).frame
    told = with_objections(
        frame, objections({"address": "a@b.fr", "reason": "no_consent"}, {"address": "c@d.fr"}), channel="email"
    )
    assert told["reason"].tolist() == ["", "opted_out"]


def test_a_guardian_who_opted_out_as_a_patient_is_not_written_to_about_a_child(appointments, people, relations) -> None:
    frame = found(
        appointments(("1", "zoe", "2026-11-23 08:40")), people(zoe=CHILD), relations(("zoe", "mona", {}))
    ).frame
    asked = Objections([("MOM", "", "email", "", "opted_out")], selves=[("MOM", "mona", "")])
    assert with_objections(frame, asked)["reason"].tolist() == ["opted_out"]


def test_an_empty_address_of_an_objection_concerns_nobody(appointments, people, relations) -> None:
    frame = found(appointments(("1", "ana", "2026-11-23 08:40")), people(ana={"email": None}), relations()).frame
    assert with_objections(frame, objections({"patient_id": "other"}))["reason"].tolist() == ["no_address"]
