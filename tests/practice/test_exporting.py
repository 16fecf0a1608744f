"""What leaves the practice as a file: who is left out of it, and what the journal keeps."""

from __future__ import annotations

import csv
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.databases import writing
from workbench.errors import BadValue, UnknownName, UsageError
from workbench.patients.schema import invoices, persons
from workbench.practice import Practice


@pytest.fixture
def exported(demo_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    with wb.open(shutil.copytree(demo_made_once, tmp_path / "W")) as practice:
        yield practice


def tomorrow(practice: Practice) -> pd.DataFrame:
    return practice.search("appointments", start="tomorrow", end="tomorrow")


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def acts(practice: Practice) -> list[dict[str, Any]]:
    told = practice.ledger.acts.acts()
    return [dict(one) for one in told.loc[told["what"] == "export.written", ["by", "details"]].to_dict("records")]


def test_who_wants_no_mail_died_or_left_is_not_in_the_file(exported: Practice, tmp_path: Path):
    found = tomorrow(exported)
    willing = found.loc[found["email"].notna(), "patient_id"].iloc[0]
    exported.opt_out(willing)
    report = exported.export(found, tmp_path / "a.csv", consent="email")
    rows = cells(tmp_path / "a.csv")
    assert report.rows == len(rows) < len(found)
    assert report.rows + sum(report.left_out.values()) == len(found)
    assert {"opted_out", "no_consent", "deceased", "archived"} <= set(report.left_out)
    assert willing not in {row["patient_id"] for row in rows}
    assert exported.export(found, tmp_path / "b.csv").rows == len(found)


def test_the_owner_of_an_address_is_left_out_by_her_address_too(exported: Practice, tmp_path: Path):
    found = tomorrow(exported)
    address = next(one for one in found["email"].dropna() if "@" in one)
    exported.opt_out(address.upper())
    exported.export(found[["email", "patient"]], tmp_path / "a.csv", consent="email")
    assert address not in {row["email"] for row in cells(tmp_path / "a.csv")}


def test_the_journal_tells_who_how_many_and_what_for_and_names_nobody(exported: Practice, tmp_path: Path):
    found = tomorrow(exported)
    exported.export(found, tmp_path / "a.xlsx", columns=["patient", "email"], purpose="list for the door")
    (act,) = acts(exported)
    assert act["by"] == exported.user
    assert act["details"] == {
        "search": "appointments", "rows": len(found), "left_out": {}, "columns": ["patient", "email"], "consent": "",
        "purpose": "list for the door", "format": "xlsx",
    }  # fmt: skip
    assert stat.S_IMODE((tmp_path / "a.xlsx").stat().st_mode) == 0o600


def test_columns_are_those_asked_for_under_words_when_asked(exported: Practice, tmp_path: Path):
    exported.export(tomorrow(exported), tmp_path / "a.csv", columns=["patient", "state"], labels=True)
    (first, *_rest) = cells(tmp_path / "a.csv")
    assert "state" not in first
    assert len(first) == 2
    assert "upcoming" not in first.values()


def test_a_search_is_exported_by_its_name(exported: Practice, tmp_path: Path):
    assert exported.export("appointments", tmp_path / "a.csv").rows == len(exported.search("appointments"))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"columns": ["patient", "nonsense"]}, UnknownName),
        ({"columns": []}, UnknownName),
        ({"consent": "pigeon"}, BadValue),
        ({"path": "a.ods"}, BadValue),
    ],
)
def test_what_cannot_be_exported_is_refused_and_nothing_is_written(
    exported: Practice, tmp_path: Path, options: dict[str, Any], error: type[Exception]
):
    path = tmp_path / options.pop("path", "a.csv")
    with pytest.raises(error):
        exported.export(tomorrow(exported), path, **options)
    assert not path.exists()
    assert acts(exported) == []


def test_rows_that_name_nobody_have_no_consent_to_ask_for(exported: Practice, tmp_path: Path):
    with pytest.raises(BadValue):
        exported.export(tomorrow(exported)[["nature"]], tmp_path / "a.csv", consent="email")


def test_rows_of_another_practice_are_refused(exported: Practice, tmp_path: Path):
    found = tomorrow(exported)
    found.attrs["workbench"] = {**found.attrs["workbench"], "workspace": "another"}
    with pytest.raises(UsageError):
        exported.export(found, tmp_path / "a.csv")


def test_what_is_exported_is_imported_again_without_a_change(exported: Practice, tmp_path: Path):
    found = tomorrow(exported)
    for name in ("a.csv", "a.xlsx"):
        exported.export(
            found, tmp_path / name, columns=["appointment_id", "patient_id", "starts_at", "nature", "state"]
        )
        report = exported.import_file("appointments", tmp_path / name)
        assert (report.rows, report.unchanged, report.findings) == (len(found), len(found), ())


def answering(practice: Practice, found: pd.DataFrame, role: str) -> pd.Series[Any]:
    """Return the best guardian or payer, with an address, of one of the rows' patients."""
    ranked = practice.store.relations(sorted(set(found["patient_id"])), role).drop_duplicates("patient_id")
    return ranked[ranked["email"].notna()].iloc[0]


def without(practice: Practice, found: pd.DataFrame, tmp_path: Path, *columns: str) -> set[str]:
    """Return the patients that an export for e-mail leaves out, and was going to name before."""
    practice.export(found.drop(columns=list(columns)), tmp_path / "after.csv", consent="email")
    return set(found["patient_id"]) - {row["patient_id"] for row in cells(tmp_path / "after.csv")}


def minors(practice: Practice) -> pd.DataFrame:
    found = tomorrow(practice)
    born = practice.store.people(sorted(set(found["patient_id"])))["birth_date"]
    return found[found["patient_id"].isin(born.index[born > "2010-01-01"])]


def test_a_guardian_who_wants_no_mail_is_not_in_the_file_of_a_child(exported: Practice, tmp_path: Path):
    found = minors(exported)
    mother = answering(exported, found, "guardian")
    assert mother["patient_id"] not in without(exported, found, tmp_path, "email")
    exported.opt_out(mother["email"])
    assert mother["patient_id"] in without(exported, found, tmp_path, "email")


def test_a_guardian_who_objected_as_a_patient_is_not_in_the_file_of_a_child(exported: Practice, tmp_path: Path):
    found = minors(exported)
    mother = answering(exported, found, "guardian")
    files = exported.tables.patients()
    own = files.loc[(files["birth_date"] < "1990-01-01") & ~files["deceased"] & ~files["archived"], "patient_id"].iloc[
        0
    ]
    with writing(exported.store.engine) as connection:  # type: ignore[attr-defined]
        same = persons.c.person_id == mother["person_key"]
        connection.execute(persons.update().where(same).values(patient_id=own))
    exported.opt_out(own)
    assert mother["patient_id"] in without(exported, found, tmp_path, "email")


@pytest.mark.parametrize("hidden", [(), ("payer_email",)])
def test_who_pays_an_invoice_and_wants_no_mail_is_not_in_the_file(
    exported: Practice, tmp_path: Path, hidden: tuple[str, ...]
):
    exported.export("unpaid", tmp_path / "before.csv", consent="email")
    (one, *_others) = cells(tmp_path / "before.csv")
    with writing(exported.store.engine) as connection:  # type: ignore[attr-defined]
        its = invoices.c.invoice_id == one["invoice_id"]
        connection.execute(invoices.update().where(its).values(billing_email="accounts@exemple.example"))
    found = exported.search("unpaid").drop(columns=list(hidden))
    found = found[found["invoice_id"] == one["invoice_id"]]
    assert exported.export(found, tmp_path / "a.csv", consent="email").rows == 1
    exported.opt_out("accounts@exemple.example")
    assert exported.export(found, tmp_path / "b.csv", consent="email").left_out == {"opted_out": 1}


def test_a_list_on_paper_is_a_pdf_and_the_journal_keeps_how_many_rows_and_no_name(exported: Practice):
    found = tomorrow(exported)
    content = exported.print_list(found, remark=True)
    assert content.startswith(b"%PDF-")
    [act] = acts(exported)
    assert act["details"] == {"search": "appointments", "rows": len(found), "remark": True, "format": "pdf"}
    with pytest.raises(BadValue):
        exported.print_list(found.iloc[:0])
    assert len(acts(exported)) == 1
