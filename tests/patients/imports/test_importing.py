from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.contracts.patient_store_contract import NOW, TODAY, add
from tests.patients.imports.importer import Importer, codes, counts, rows_of
from workbench.databases import reading
from workbench.errors import ImportRefused, UnknownName
from workbench.language import use_language
from workbench.patients import schema
from workbench.patients.imports.importing import ImportReport
from workbench.patients.store import SqlPatientStore

PATIENTS = (
    "N° dossier;Nom;Prénom;Sexe;Né(e) le;E-mail;Praticien;Solde;Décédé\n"
    "007;Null;Zoé;Femme;01/05/1980;zoe@mail.example;MM;12,50;non\n"
    "008;'=HYPERLINK;NA;;;leo@mail;;;oui\n"
)


def test_patients_are_made_changed_and_left_alone(store: SqlPatientStore, imported: Importer) -> None:
    first = imported("patients", PATIENTS)
    assert counts(first) == (2, 2, 0, 0, 0)
    assert codes(first.findings) == [(0, "created"), (3, "malformed_address")]
    people = store.people(["007", "008"])
    assert people["last_name"].tolist() == ["Null", "=HYPERLINK"]
    assert people["first_name"].tolist() == ["Zoé", "NA"]
    assert people["sex"].tolist() == ["F", "U"]
    assert people["deceased"].tolist() == [False, True]
    assert people["email"].tolist() == ["zoe@mail.example", "leo@mail"]
    columns = store.columns("patient", ["007"], ["main_practitioner_id", "balance", "birth_date"], today=TODAY)
    assert columns.loc["007"].tolist() == ["MM", 12.5, pd.Timestamp(1980, 5, 1)]
    assert counts(imported("patients", PATIENTS)) == (2, 0, 0, 2, 0)
    assert counts(imported("patients", PATIENTS.replace("zoe@", "zoe.e@"))) == (2, 0, 1, 1, 0)
    assert store.people(["007"])["email"].tolist() == ["zoe.e@mail.example"]


def test_columns_that_a_file_lacks_are_left_as_they_are(store: SqlPatientStore, imported: Importer) -> None:
    imported("patients", PATIENTS)
    assert counts(imported("patients", "dossier,ville\n007,Rennes\n")) == (1, 0, 1, 0, 0)
    assert store.people(["007"])["email"].tolist() == ["zoe@mail.example"]
    imported("patients", "dossier,email\n007,\n")
    assert store.people(["007"])["email"].isna().all()


def test_a_bad_row_has_its_finding_and_stops_no_other(imported: Importer) -> None:
    text = "dossier,nom,naissance\n1,A,31/02/2020\n,B,\n3,C,\n3,D,,surplus\n3,E,\n"
    report = imported("patients", text)
    assert counts(report) == (5, 2, 0, 0, 3)
    assert codes(report.findings) == [(2, "unreadable"), (3, "no_key"), (4, "repeated_key"), (5, "crooked")]
    assert all(finding.message and "31/02" not in finding.message for finding in report.findings)


def test_a_number_alone_makes_no_nameless_patient(store: SqlPatientStore, imported: Importer) -> None:
    text = "dossier,nom,prénom,email\n1,A,,\n2,,,\n3,,Zoé,\n4,D,,d@mail.example\n4,,,d@mail.example\n"
    first = imported("patients", text)
    assert counts(first) == (5, 3, 0, 0, 2)
    assert codes(first.findings) == [(3, "no_name"), (6, "no_name")]
    assert rows_of(store, schema.patients, "patient_id", "last_name") == [("1", "A"), ("3", None), ("4", "D")]
    assert counts(imported("patients", text)) == (5, 0, 0, 3, 2)
    assert counts(imported("patients", "dossier,email\n5,\n")) == (1, 1, 0, 0, 0)
    again = imported("patients", "dossier,nom,email\n5,,e@mail.example\n6,,\n")
    assert (counts(again), codes(again.findings)) == ((2, 0, 1, 0, 1), [(3, "no_name")])


def test_trying_an_import_reports_the_same_and_writes_nothing(store: SqlPatientStore, imported: Importer) -> None:
    tried = imported("patients", PATIENTS, dry_run=True)
    assert (counts(tried), tried.dry_run) == ((2, 2, 0, 0, 0), True)
    assert store.people(["007"]).empty
    assert rows_of(store, schema.practitioners, "code") == []
    done = imported("patients", PATIENTS)
    assert (counts(done), done.findings) == (counts(tried), tried.findings)


def test_a_file_that_cannot_be_used_writes_nothing(store: SqlPatientStore, imported: Importer) -> None:
    with pytest.raises(ImportRefused, match="patient_id"):
        imported("patients", "nom,prénom\nA,B\n")
    with pytest.raises(ImportRefused, match="starts_at"):
        imported("appointments", "dossier,nom\n1,B\n")
    with pytest.raises(UnknownName, match="patients, appointments, guardians, correspondents, opt-outs"):
        imported("cakes", PATIENTS)
    assert rows_of(store, schema.imports, "kind") == []


def test_each_import_is_written_down(store: SqlPatientStore, imported: Importer) -> None:
    imported("patients", PATIENTS)
    columns = ("kind", "file_name", "rows", "created", "skipped", "by", "at")
    assert rows_of(store, schema.imports, *columns) == [
        ("patients", "export.csv", 2, 2, 0, "Claire", "2026-11-23T07:30:00+00:00")
    ]


def test_a_correction_by_hand_wins_until_the_file_agrees(store: SqlPatientStore, imported: Importer) -> None:
    imported("patients", PATIENTS)
    store.correct("008", "email", "leo@mail.example", by="Claire", now=NOW)
    again = imported("patients", PATIENTS)
    assert store.people(["008"])["email"].tolist() == ["leo@mail.example"]
    assert (0, "kept_corrections") in codes(again.findings)
    assert store.corrections()["new"].tolist() == ["leo@mail.example"]
    imported("patients", PATIENTS.replace("leo@mail;", "leo@mail.example;"))
    assert store.corrections().empty
    imported("patients", PATIENTS.replace("leo@mail;", "leo@elsewhere.example;"))
    assert store.people(["008"])["email"].tolist() == ["leo@elsewhere.example"]


def test_a_corrected_day_or_yes_is_kept_too(store: SqlPatientStore, imported: Importer) -> None:
    imported("patients", PATIENTS)
    store.correct("007", "birth_date", "1981-05-01", by="Claire", now=NOW)
    store.correct("007", "deceased", "yes", by="Claire", now=NOW)
    store.correct("007", "email", None, by="Claire", now=NOW)
    imported("patients", PATIENTS)
    row = store.people(["007"]).loc["007"]
    assert (row["birth_date"], bool(row["deceased"]), pd.isna(row["email"])) == (pd.Timestamp(1981, 5, 1), True, True)


APPOINTMENTS = (
    "N° RDV,Dossier,Date du RDV,Heure,Durée,État,Praticien,Fauteuil,Nature,Nom,Mail,Forcé\n"
    "1,007,24/11/2026,08:40,20 min,Futur,MM,F1,NP,Étienne,zoe@mail.example,oui\n"
    "2,008,24/11/2026,9h,,Manqué,Molaire,F1,,Étienne,,\n"
    "3,007,24/11/2026,7h,,,,,,,,\n"
)


def test_appointments_bring_what_they_speak_of(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.practitioners, [{"practitioner_id": "p-1", "code": "MM", "last_name": "Molaire"}])
    report = imported("appointments", APPOINTMENTS)
    assert counts(report) == (3, 3, 0, 0, 0)
    assert codes(report.findings) == [(0, "new_patients"), (0, "created")]
    frame = store.search("appointments", {}, today=TODAY).set_index("appointment_id")
    assert frame["time"].to_dict() == {"3": "07:00", "1": "08:40", "2": "09:00"}
    assert frame["state"].astype(str).to_dict() == {"3": "upcoming", "1": "upcoming", "2": "missed"}
    assert frame.loc["1", ["practitioner_id", "chair", "duration", "forced"]].tolist() == ["p-1", "F1", 20, True]
    assert frame.loc["2", "practitioner_id"] == "p-1"
    assert store.people(["007"])["email"].tolist() == ["zoe@mail.example"]
    assert counts(imported("appointments", APPOINTMENTS)) == (3, 0, 0, 3, 0)


def test_appointments_erase_nothing_of_a_patient(store: SqlPatientStore, imported: Importer) -> None:
    imported("patients", PATIENTS)
    report = imported(
        "appointments", "dossier,début,sexe,mail,nom\n007,2026-11-24T09:00,,,\n007,2026-11-25T09:00,,,Été\n"
    )
    assert "new_patients" not in dict(codes(report.findings)).values()
    row = store.people(["007"]).loc["007"]
    assert (row["sex"], row["email"], row["last_name"]) == ("F", "zoe@mail.example", "Été")


def test_an_appointment_without_a_number_is_known_by_patient_and_start(
    store: SqlPatientStore, imported: Importer
) -> None:
    imported("appointments", APPOINTMENTS)
    report = imported("appointments", "dossier,début,remarque\n007,24/11/2026 08:40,radio\n007,30/11/2026 10:00,\n")
    assert counts(report) == (2, 1, 1, 0, 0)
    frame = store.search("appointments", {}, today=TODAY)
    assert frame["appointment_id"].tolist() == ["3", "1", "2", "007@2026-11-30T10:00"]
    assert frame["remark"].fillna("").tolist() == ["", "radio", "", ""]


def test_a_moved_appointment_remembers_where_it_was(store: SqlPatientStore, imported: Importer) -> None:
    imported("appointments", APPOINTMENTS)
    for _again in range(2):
        imported("appointments", APPOINTMENTS.replace("24/11/2026,08:40", "26/11/2026,10:00"))
    columns = store.columns("appointment", ["1", "2"], ["starts_at", "moved_from"], today=TODAY)
    assert columns.loc["1", "moved_from"].isoformat() == "2026-11-24T08:40:00+01:00"
    assert columns.loc["1", "starts_at"].isoformat() == "2026-11-26T10:00:00+01:00"
    assert pd.isna(columns.loc["2", "moved_from"])


def test_appointments_of_unknown_patients_come_with_a_mapping(store: SqlPatientStore, imported: Importer) -> None:
    text = (
        "PatientId,AppointmentID,Gender,ScheduledDay,AppointmentDay,Age,No-show\n"
        "29872499824296,5642903,F,2016-04-29T18:38:08Z,2016-04-29T00:00:00Z,62,No\n"
        "2.98725E+13,5642904,M,2016-04-29T18:38:08Z,2016-05-03T00:00:00Z,8,Yes\n"
        "29872499824296.0,5642905,F,2016-04-29T18:38:08Z,2016-05-04T00:00:00Z,62,Yes\n"
    )
    mapping = {
        "columns": {
            "patient_id": "PatientId",
            "made_on": "ScheduledDay",
            "starts_at": "AppointmentDay",
            "state": "No-show",
        },
        "values": {"state": {"Yes": "missed", "No": "present"}},
        "constants": {"practitioner": "MM"},
        "options": {"prefix": "K-"},
    }
    report = imported("appointments", text, mapping=mapping)
    assert counts(report) == (3, 3, 0, 0, 0)
    assert codes(report.findings) == [
        (0, "rounded"), (0, "new_patients"), (0, "created"), (0, "unknown_headings"),
    ]  # fmt: skip
    assert "2 patients" in next(one.message for one in report.findings if one.code == "new_patients")
    missed = store.search("missed", {}, today=TODAY)
    assert missed["appointment_id"].tolist() == ["K-5642904", "K-5642905"]
    assert missed["patient_id"].tolist() == ["K-29872500000000", "K-29872499824296"]
    assert store.people(["K-29872499824296"])["sex"].tolist() == ["F"]
    made = store.columns("appointment", ["K-5642903"], ["made_on"], today=TODAY)["made_on"]
    assert made.iloc[0].tz_localize(None) == pd.Timestamp(2016, 4, 29, 18, 38, 8)


GUARDIANS = (
    "dossier;nom;prénom;mail;lien;rang;rôle\n"
    "008;Étienne;Zoé;zoe@mail.example;mère;1;responsable civil\n"
    "009;Étienne;Zoé;zoe@mail.example;mère;;\n"
    "009;Hiver;Luc;;père;;\n"
    "009;Hiver;Luc;;;;responsable financier\n"
    "404;Nobody;;;;;\n"
    "009;;;;;;\n"
)


def test_guardians_of_several_children_are_one_person(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.patients, [{"patient_id": "008"}, {"patient_id": "009"}])
    report = imported("guardians", GUARDIANS)
    assert counts(report) == (6, 4, 0, 0, 2)
    assert codes(report.findings) == [(6, "unknown_patient"), (7, "no_name")]
    frame = store.relations(["008", "009"], "guardian")
    assert frame["last_name"].tolist() == ["Étienne", "Étienne", "Hiver"]
    assert frame["rank"].tolist() == [1, 1, 2]
    assert frame["person_key"].nunique() == 2
    assert store.relations(["009"], "payer")["first_name"].tolist() == ["Luc"]
    assert counts(imported("responsible", GUARDIANS)) == (6, 0, 0, 4, 2)


def test_a_guardian_whose_address_changes_stays_the_same_person(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.patients, [{"patient_id": "008"}, {"patient_id": "009"}])
    imported("guardians", GUARDIANS)
    report = imported("guardians", GUARDIANS.replace("zoe@mail", "zoe.e@mail"))
    assert counts(report) == (6, 0, 2, 2, 2)
    frame = store.relations(["008", "009"], "guardian")
    assert frame["email"].fillna("").tolist() == ["zoe.e@mail.example", "zoe.e@mail.example", ""]
    assert len(rows_of(store, schema.persons, "person_id")) == 2


CORRESPONDENTS = (
    "code,titre,nom,e-mail,mssanté,spécialité,dossier,type,praticien,relation,tu ou vous\n"
    "H1,Dr,Hiver,h@cabinet.example,h@mss.example,Orthodontie,008,dentiste traitant,MM,ami,tutoiement\n"
    "H1,Dr,Hiver,h@cabinet.example,h@mss.example,Orthodontie,009,médecin,CC,confrère,vous\n"
    ",Pr,Été,,,,404,,,,\n"
)


def test_correspondents_come_with_their_patients_and_manners(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.patients, [{"patient_id": "008"}, {"patient_id": "009"}])
    report = imported("correspondents", CORRESPONDENTS)
    assert counts(report) == (3, 2, 0, 1, 0)
    assert (4, "unknown_patient") in codes(report.findings)
    assert store.relations(["008", "009"], "treating_dentist")["person_key"].tolist() == ["H1"]
    assert store.relations(["009"], "correspondent")["relation"].tolist() == ["treating_physician"]
    assert rows_of(
        store, schema.correspondent_relations, "correspondent_id", "practitioner_id", "relation", "form"
    ) == [
        ("H1", "CC", "confrère", "vous"),
        ("H1", "MM", "ami", "tu"),
    ]
    assert counts(imported("correspondents", CORRESPONDENTS)) == (3, 0, 0, 3, 0)


OPT_OUTS = (
    "dossier,e-mail,canal,date,état\n007,,,2026-01-05,\n,Zoe@Mail.Example,mail,,\n404,,,,\n007,,sms,05/01/2026,refus\n"
)


def test_opt_outs_are_added_once(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.patients, [{"patient_id": "007"}])
    report = imported("opt-outs", OPT_OUTS)
    assert counts(report) == (4, 3, 0, 0, 1)
    assert codes(report.findings) == [(4, "nobody")]
    assert sorted(map(tuple, store.objections().to_numpy().tolist())) == [
        ("", "Zoe@mail.example", "email", "", "opted_out"),
        ("007", "", "email", "", "opted_out"),
        ("007", "", "sms", "", "no_consent"),
    ]
    assert counts(imported("opt-outs", OPT_OUTS, now=NOW + timedelta(days=9))) == (4, 0, 0, 3, 1)


def test_an_acceptance_after_an_opt_out_stands_when_the_old_file_comes_again(
    store: SqlPatientStore, imported: Importer
) -> None:
    add(store, schema.patients, [{"patient_id": "007"}])
    imported("opt-outs", "dossier\n007\n")
    imported("opt-outs", "dossier,état\n007,accepté\n", now=NOW + timedelta(days=1))
    imported("opt-outs", "dossier\n007\n", now=NOW + timedelta(days=2))
    assert store.objections().empty


def test_progress_is_told_up_to_the_end(imported: Importer) -> None:
    told: list[tuple[int, int]] = []
    imported("patients", PATIENTS, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2, 2)


def test_a_large_agenda_is_imported_whole(store: SqlPatientStore, imported: Importer) -> None:
    start = datetime(2026, 1, 1, 8)
    lines = [f"{number},p{number % 2_500},{start + timedelta(minutes=10 * number)}" for number in range(12_000)]
    report = imported("appointments", "\n".join(["rdv,dossier,début", *lines]))
    assert counts(report) == (12_000, 12_000, 0, 0, 0)
    first = store.search("appointments", {"start": date(2026, 1, 1), "end": date(2026, 1, 1)}, today=TODAY)
    assert len(first) == 96


def sentences(report: ImportReport) -> str:
    return "\n".join(finding.message for finding in report.findings)


@pytest.fixture
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)


def test_an_appointment_whose_hour_cannot_be_read_is_left_out(
    store: SqlPatientStore, imported: Importer, english: None
) -> None:
    report = imported(
        "appointments",
        "dossier;date du rdv;heure\n1;23/11/2026;25:00\n2;23/11/26;9h\n3;23/11/2026;\n4;23/11/2026;9h\n5;;9h\n",
    )
    assert counts(report) == (5, 1, 0, 0, 4)
    assert [one for one in codes(report.findings) if one[0]] == [
        (2, "unreadable"), (3, "unreadable"), (4, "no_hour"), (6, "no_start"),
    ]  # fmt: skip
    assert "« 25:00 » cannot be read; the row is left out. Expected: an hour as 08:40" in sentences(report)
    assert "« 23/11/26 » cannot be read; the row is left out. Expected: a day as 24/11/2026, its year in" in sentences(
        report
    )
    frame = store.search("appointments", {}, today=TODAY)
    assert frame[["patient_id", "time"]].to_numpy().tolist() == [["4", "09:00"]]


def test_a_moment_without_its_hour_is_left_out_only_where_others_have_one(
    store: SqlPatientStore, imported: Importer
) -> None:
    mixed = imported("appointments", "dossier,début\n1,24/11/2026 08:40\n2,24/11/2026\n3,2026-11-24T00:00\n")
    assert codes(mixed.findings) == [(0, "new_patients"), (3, "no_hour")]
    days = imported("appointments", "dossier,début,heure\n4,24/11/2026,\n5,25/11/2026,\n")
    assert counts(days) == (2, 2, 0, 0, 0)


def test_an_unknown_state_is_never_upcoming(store: SqlPatientStore, imported: Importer, english: None) -> None:
    text = (
        "dossier;début;état\n1;24/11/2026 09:00;Zut\n2;24/11/2026 09:20;zut alors\n3;24/11/2026 09:40;Zut\n"
        "4;24/11/2026 10:00;Annulé par téléphone\n5;24/11/2026 10:20;\n6;24/11/2026 10:40;Planifié\n"
    )
    report = imported("appointments", text)
    assert counts(report) == (6, 3, 0, 0, 3)
    assert [code for _row, code in codes(report.findings)].count("unknown_word") == 2
    assert "« Zut » is not known: 2 rows are left out." in sentences(report)
    assert '[values.state] "Zut" = one of: upcoming, missed' in sentences(report)
    states = store.search("appointments", {}, today=TODAY).set_index("patient_id")["state"].astype(str)
    assert states.to_dict() == {"4": "cancelled", "5": "upcoming", "6": "upcoming"}
    again = imported("appointments", text, mapping={"values": {"state": {"Zut": "missed", "zut alors": "missed"}}})
    assert counts(again) == (6, 3, 0, 3, 0)


def test_what_could_tell_of_a_person_is_not_shown(imported: Importer) -> None:
    report = imported("patients", "dossier,naissance,solde,décédé,mail\n1,31/02/1980,douze,peut-être,zoe\n", mapping={})
    assert len(report.findings) == 4
    for cell in ("31/02", "douze", "peut", "zoe"):
        assert cell not in sentences(report)
    crossed = imported("appointments", "dossier,début,état\n1,24/11/2026 09:00,zoe@mail.example\n")
    assert "zoe" not in sentences(crossed)


def test_rows_that_share_a_number_and_differ_are_told_so(imported: Importer, english: None) -> None:
    report = imported("patients", "dossier,nom\n7,A\n7,B\n8,C\n8,C\n")
    assert counts(report) == (4, 2, 0, 0, 2)
    told = {finding.row: finding.message for finding in report.findings}
    assert told[2] == "Two different rows share the number 7: this one and line 3. The last one counts."
    assert told[4] == "The same row comes again further down; that one counts."


def test_a_plain_list_of_patients_is_no_list_of_opt_outs(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.patients, [{"patient_id": "007"}])
    for text in (PATIENTS, "dossier,nom\n007,Null\n", "dossier,opposition\n007,non\n"):
        with pytest.raises(ImportRefused, match=r"opted_out"):
            imported("opt-outs", text)
    assert store.objections().empty
    assert counts(imported("opt-outs", "dossier,nom\n007,N\n", mapping={"constants": {"state": "opted_out"}}))[1] == 1


def test_an_unknown_decision_decides_nothing(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.patients, [{"patient_id": "007"}, {"patient_id": "008"}])
    report = imported("opt-outs", "dossier,consentement\n007,à voir\n008,non\n")
    assert counts(report) == (2, 1, 0, 0, 1)
    assert codes(report.findings) == [(0, "unknown_word")]
    assert store.objections()["patient_id"].tolist() == ["008"]


def test_a_plain_list_of_patients_is_no_list_of_guardians(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.patients, [{"patient_id": "007"}, {"patient_id": "008"}])
    with pytest.raises(ImportRefused, match=r"\[constants\] role"):
        imported("guardians", PATIENTS)
    assert store.relations(["007"], "guardian").empty
    assert counts(imported("guardians", PATIENTS, mapping={"constants": {"role": "guardian"}}))[1] == 2


def test_the_childs_own_name_and_address_are_not_the_guardians(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.patients, [{"patient_id": "008"}])
    report = imported(
        "guardians", "dossier,nom,prénom,e-mail,nom du responsable,tél\n008,Petit,Léo,leo@mail.example,Grand,01\n"
    )
    frame = store.responsible("008")
    assert (frame["last_name"].tolist(), frame["email"].isna().all()) == (["Grand"], True)
    assert codes(report.findings) == [(0, "left_to_the_child"), (0, "unknown_headings")]
    imported(
        "guardians", "dossier,nom,e-mail,nom du responsable,e-mail du responsable\n008,Petit,l@m.fr,Grand,g@m.fr\n"
    )
    assert store.responsible("008")["email"].tolist() == ["g@m.fr"]
    alone = imported("guardians", "dossier,responsable,e-mail\n008,Autre,autre@m.fr\n")
    assert (counts(alone)[1], codes(alone.findings)) == (1, [])
    assert set(store.relations(["008"], "guardian")["email"]) == {"g@m.fr", "autre@m.fr"}


def test_a_guardians_corrected_address_wins_until_the_file_agrees(store: SqlPatientStore, imported: Importer) -> None:
    add(store, schema.patients, [{"patient_id": "008"}, {"patient_id": "009"}])
    imported("guardians", GUARDIANS)
    done = store.correct("008", "email", "z@new.example", by="Claire", now=NOW, guardian=1)
    key = store.responsible("008")["person_key"].iloc[0]
    assert (done.column, done.old) == (f"guardian:{key}.email", "zoe@mail.example")
    for _again in range(2):
        report = imported("guardians", GUARDIANS)
        assert (0, "kept_corrections") in codes(report.findings)
        assert store.relations(["008", "009"], "guardian")["email"].tolist()[:2] == ["z@new.example"] * 2
    assert store.corrections()["column"].tolist() == [f"guardian:{key}.email"]
    imported("guardians", GUARDIANS.replace("zoe@mail.example", "z@new.example"))
    assert store.corrections().empty
    imported("guardians", GUARDIANS)
    assert store.relations(["008"], "guardian")["email"].tolist() == ["zoe@mail.example"]


def test_an_earlier_correction_does_not_come_back_when_the_file_agrees_with_the_latest(
    store: SqlPatientStore, imported: Importer
) -> None:
    imported("patients", PATIENTS)
    for place, email in enumerate(("a@mail.example", "b@mail.example")):
        store.correct("008", "email", email, by="Claire", now=NOW + timedelta(minutes=place))
    agreeing = PATIENTS.replace("leo@mail;", "b@mail.example;")
    for _again in range(2):
        imported("patients", agreeing)
        assert store.people(["008"])["email"].tolist() == ["b@mail.example"]
    assert store.corrections().empty


def test_a_zero_that_a_spreadsheet_took_is_put_back_in_france_alone(store: SqlPatientStore, imported: Importer) -> None:
    text = (
        "dossier;CP;portable;tél;pays\n1;1000;639980001;261910001;\n2;1000;;;Belgique\n"
        "3;35000;0639980003;;France\n4;700;;;\n"
    )
    report = imported("patients", text)
    assert codes(report.findings) == [(0, "zero_put_back")] * 3
    assert rows_of(store, schema.patients, "patient_id", "postcode") == [
        ("1", "01000"), ("2", "1000"), ("3", "35000"), ("4", "700"),
    ]  # fmt: skip
    numbers = [("1", "0639980001", "0261910001"), ("3", "0639980003", None)]
    with reading(store.engine) as connection:
        found = connection.execute(
            sa.select(schema.patients.c.patient_id, schema.patients.c.mobile, schema.patients.c.phone)
            .where(schema.patients.c.mobile.is_not(None))
            .order_by(schema.patients.c.patient_id)
        )
        assert [tuple(row) for row in found] == numbers


def test_a_date_of_birth_to_come_is_taken_as_empty_and_told(store: SqlPatientStore, tmp_path: Path) -> None:
    file = tmp_path / "patients.csv"
    file.write_text("N° dossier;Nom;Né le\n7001;Riou;12/12/2040\n7002;Null;12/12/2014\n", encoding="utf-8")
    report = store.import_file("patients", file, by="Claire", now=NOW)
    assert [(one.row, one.code) for one in report.findings] == [(2, "not_born")]
    assert store.people(["7001", "7002"])["birth_date"].isna().tolist() == [True, False]
