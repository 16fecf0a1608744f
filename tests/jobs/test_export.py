from __future__ import annotations

import ast
import json
import stat
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from workbench.errors import NotebookRefused, UsageError
from workbench.jobs.parameters import declared_parameters
from workbench.jobs.running import read_notebook, run_notebook
from workbench.language import use_language
from workbench.practice import Mailing, Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def reminders(practice: Practice, template: str = REMINDER, **options: Any) -> Mailing:
    found = practice.search("appointments", start="tomorrow", end="J+1", state=["upcoming", "missed"])
    return practice.mailing(found, template, **options)


def test_the_notebook_says_what_it_does_and_declares_each_parameter_on_a_line(practice: Practice):
    file = reminders(practice).to_notebook("notebooks/scheduled/rappel.ipynb")
    assert file == practice.path / "notebooks/scheduled/rappel.ipynb"
    declared = read_notebook(file).parameters
    assert {name: (one.kind, one.default) for name, one in declared.items()} == {
        "start": ("str", "tomorrow"),
        "end": ("str", "J+1"),
        "state": ("str", "upcoming,missed"),
        "practitioner": ("str", ""),
        "template": ("str", REMINDER),
        "account": ("str", ""),
        "revision": ("int", 0),
        "dry_run": ("bool", False),
    }
    assert all(one.comment for one in declared.values())
    node = nbformat.read(file, as_version=4)
    nbformat.validate(node)
    assert node.cells[0].source.startswith("# Rappel de rendez-vous")
    cell = next(cell for cell in node.cells if "parameters" in cell.metadata.get("tags", ()))
    assert len(cell.source.splitlines()) == len(declared)
    for one in node.cells:
        if one.cell_type == "code":
            ast.parse(one.source)
            assert one.outputs == []


def test_a_revision_and_a_practitioner_can_be_given_and_twice_is_one_mailing(practice: Practice):
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    notebook = read_notebook(practice.mailing(rdv, REMINDER, account="catcher").to_notebook("rappel.ipynb"))
    practice.templates.change(REMINDER, subject="Autre objet")
    asked = {"practitioner": rdv["practitioner_id"].iloc[0], "revision": 1}
    first, again = (run_notebook(practice, notebook, parameters=asked | more) for more in ({}, {"revision": 0}))
    [number] = first.counts
    assert first.counts == again.counts
    sent = practice.results(number)["status"] == "sent"
    assert 0 < len(sent) == int((rdv["practitioner_id"] == asked["practitioner"]).sum()) < len(rdv)
    letters = [file.read_text(encoding="utf-8") for file in (practice.path / "caught").rglob("*.eml")]
    assert len(letters) == sent.sum() > 0
    assert not [one for one in letters if "Autre objet" in one]
    unknown = run_notebook(practice, notebook, parameters={"revision": 9})
    assert (unknown.exit_status, unknown.counts) == (1, {})


def test_a_mailing_of_an_earlier_revision_keeps_to_it(practice: Practice):
    practice.templates.change(REMINDER, subject="Autre objet")
    kept = reminders(practice, practice.templates.revision(REMINDER, 1)).to_notebook("kept.ipynb")
    assert read_notebook(kept).parameters["revision"].default == 1
    assert read_notebook(reminders(practice).to_notebook("latest.ipynb")).parameters["revision"].default == 0


def test_neither_a_patient_nor_a_path_stands_in_it(practice: Practice):
    mailing = reminders(practice)
    file = mailing.to_notebook("rappel")
    text = file.read_text(encoding="utf-8")
    assert file.name == "rappel.ipynb"
    assert str(practice.path) not in text
    for name in ("recipient", "address", "patient_id"):
        assert [value for value in mailing.recipients[name] if value and f'"{value}"' in text] == []
    for name in mailing.recipients["recipient"]:
        assert not name or name not in text


def test_only_its_owner_reads_it_and_missing_folders_are_made_private(practice: Practice, tmp_path: Path):
    file = reminders(practice).to_notebook(tmp_path / "a" / "b" / "rappel.ipynb")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == stat.S_IMODE(file.parent.parent.stat().st_mode) == 0o700


def test_a_file_that_is_there_is_only_replaced_when_asked(practice: Practice):
    file = reminders(practice).to_notebook("rappel.ipynb")
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(NotebookRefused, match="is there already"):
        reminders(practice).to_notebook("rappel.ipynb")
    assert file.read_text(encoding="utf-8") == "mine"
    reminders(practice).to_notebook("rappel.ipynb", replace=True)
    assert read_notebook(file).parameters


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"where": "city == 'Rennes' or last_name == 'LEFÈVRE'"}, "last_name"),
        ({"where": "contains(email, 'lefevre')"}, "email"),
        ({"where": "birth_date == '1980-01-01'"}, "birth_date"),
        ({"remark": "lefevre"}, "remark"),
        ({"family": "lefevre"}, "family"),
    ],
)
def test_what_is_asked_of_a_person_stands_in_no_notebook_but_under_a_saved_name(
    practice: Practice, asked: dict[str, str], said: str
):
    found = practice.search("appointments", start="tomorrow", **asked)
    with pytest.raises(UsageError, match=f"belongs to a person \\({said}\\)"):
        practice.mailing(found, REMINDER).to_notebook("rappel.ipynb")
    assert not (practice.path / "rappel.ipynb").exists()
    practice.save_search("Relance à part", found)
    file = practice.mailing(practice.search("relance à part"), REMINDER).to_notebook("rappel.ipynb")
    text = file.read_text(encoding="utf-8")
    assert 'practice.search(\\"Relance à part\\")' in text
    assert all(word not in text for word in ("LEFÈVRE", "lefevre", "1980-01-01"))


def test_a_condition_about_nobody_stands_in_the_notebook(practice: Practice):
    found = practice.search("appointments", start="tomorrow", where="not missing(email) and city == 'Rennes'")
    file = practice.mailing(found, REMINDER).to_notebook("rappel.ipynb")
    assert "city == 'Rennes'" in read_notebook(file).parameters["where"].default


def test_a_part_of_a_search_is_refused(practice: Practice):
    found = practice.search("appointments", start="tomorrow", end="tomorrow")
    with pytest.raises(UsageError, match="part of what the search finds"):
        practice.mailing(found.head(3), REMINDER).to_notebook("rappel.ipynb")
    assert not (practice.path / "rappel.ipynb").exists()


def test_a_table_and_a_mailing_of_the_past_are_refused(practice: Practice):
    practice.templates.import_file(_template(practice.path / "Invitation.html"))
    table = practice.mailing(pd.DataFrame({"email": ["a@exemple.test"]}), "Invitation")
    with pytest.raises(UsageError, match="Only a mailing to a search"):
        table.to_notebook("rappel.ipynb")
    table.queue()
    assert table.id is not None
    with pytest.raises(UsageError, match="Only a mailing to a search"):
        practice.mailing_by_id(table.id).to_notebook("rappel.ipynb")


def test_rows_without_their_search_are_refused(practice: Practice):
    found = practice.search("appointments", start="tomorrow", end="tomorrow")
    found.attrs.clear()
    with pytest.raises(UsageError, match="Only a mailing to a search"):
        practice.mailing(found, REMINDER).to_notebook("rappel.ipynb")


def test_the_key_the_role_and_another_account_are_kept(practice: Practice):
    practice.accounts.set("second", email="a@exemple.test", host="127.0.0.1", port=25, security="none")
    mailing = reminders(practice, key="rappel « J-1 »", role="guardian", account="catcher")
    node = nbformat.read(mailing.to_notebook("rappel.ipynb"), as_version=4)
    cell = next(cell for cell in node.cells if "parameters" in cell.metadata.get("tags", ()))
    declared = declared_parameters(cell.source)
    assert (declared["key"].default, declared["account"].default) == ("rappel « J-1 »", "catcher")
    made = next(cell.source for cell in node.cells if "practice.mailing(" in cell.source)
    assert 'role="guardian"' in made
    assert "key=key" in made


def test_a_wicked_label_stays_text(practice: Practice):
    file = _template(practice.path / "x.html", label="a\"'); import os # `b` <b>")
    practice.templates.import_file(file)
    path = next(path for path in practice.templates if path.startswith("a"))
    node = nbformat.read(reminders(practice, path).to_notebook("rappel.ipynb"), as_version=4)
    cell = next(cell for cell in node.cells if "parameters" in cell.metadata.get("tags", ()))
    assert declared_parameters(cell.source)["template"].default == path
    assert "<b>" not in node.cells[0].source.replace("\\<b\\>", "")
    assert json.dumps(path, ensure_ascii=False) in cell.source


def test_it_speaks_the_practices_language(practice: Practice, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "fr")
    use_language(None)
    text = reminders(practice).to_notebook("rappel.ipynb").read_text(encoding="utf-8")
    assert "## Paramètres" in text
    assert "## L’envoi" in text
    assert "sending" not in text


def _template(file: Path, label: str = "Invitation") -> Path:
    file.write_text(f"---\nlabel: {json.dumps(label)}\nsubject: Bonjour\n---\n<p>Bonjour</p>\n", encoding="utf-8")
    return file


def test_what_was_chosen_for_the_mailing_is_in_the_notebook_and_what_was_for_one_day_is_not(practice, tmp_path):
    chosen = reminders(practice, signature="-", options={"read_receipt": True}, role="patient,payer")
    made = chosen.to_notebook(tmp_path / "chosen.ipynb").read_text(encoding="utf-8")
    assert "signature='-'" in made
    assert "options={'read_receipt': True}" in made
    assert 'role=\\"patient,payer\\"' in made
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.4")
    for once in ({"attachments": [plan]}, {"health_reason": "demandé"}):
        with pytest.raises(UsageError):
            reminders(practice, **once).to_notebook(tmp_path / "once.ipynb")
