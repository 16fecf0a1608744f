"""Text, fields and preview speak of one draft: what is written is previewed, checked and saved, and nothing else is."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.practice.conftest import made_sample, practice  # noqa: F401 - a sample practice of the test's own
from tests.practice.test_picturing import png
from workbench.errors import TemplateChanged
from workbench.practice import Practice
from workbench.widgets.template_editing import TemplateEditing

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def editing_of(practice: Practice) -> TemplateEditing:  # noqa: F811
    practice.templates.change(REMINDER, account="folder")
    editing = TemplateEditing(practice)
    editing.edit(practice.templates[REMINDER])
    assert editing.wait(60)
    return editing


def write(editing: TemplateEditing, *, subject: str | None = None, body: str | None = None) -> None:
    """Write as the page tells it."""
    now = editing.editor
    message = {
        "kind": "changed", "number": now._number,
        "subject": now.subject if subject is None else subject, "body": now.body if body is None else body,
    }  # fmt: skip
    now._hear(now, message, [])
    assert editing.wait(60)


def letter(editing: TemplateEditing, position: int = 0) -> dict[str, Any]:
    return editing.preview._answer_message({"position": position})


def test_the_preview_is_the_draft_merged_with_the_next_appointments(practice: Practice) -> None:  # noqa: F811
    editing = editing_of(practice)
    write(editing, subject="Bonjour @PPRENOM")
    first = letter(editing)
    assert editing.draft.subject == "Bonjour @PPRENOM"
    name = {one["code"]: one["example"] for one in editing.fields._fields}["PPRENOM"]
    assert first["message"]["subject"] == f"Bonjour {name}"
    assert practice.templates[REMINDER].subject != "Bonjour @PPRENOM"
    assert editing.changed


def test_a_picture_put_in_is_shown_and_travels_before_anything_is_saved(practice: Practice) -> None:  # noqa: F811
    editing = editing_of(practice)
    logo = base64.b64encode(png()).decode()
    src = editing.editor.answers["picture"]({"name": "logo.png", "data": logo})["src"]
    write(editing, body=f'<p>Bonjour @PNOM</p><p><img src="{src}" alt="Le cabinet"></p>')
    assert "data:image/png" in letter(editing)["message"]["screen"]
    assert "picture_without_file" not in set(editing.findings["code"])
    saved = editing.save()
    assert saved.pictures == editing.draft.pictures != ()
    assert not editing.changed


def test_the_examples_are_those_of_whoever_is_in_sight(practice: Practice) -> None:  # noqa: F811
    editing = editing_of(practice)
    first = [one["example"] for one in editing.fields._fields]
    editing.preview.position = 3
    assert [one["example"] for one in editing.fields._fields] != first
    assert editing.editor._fields[0]["example"] == editing.fields._fields[0]["example"]
    assert editing.fields._person["name"] == letter(editing, 3)["row"]["name"]


def test_the_fields_of_what_is_searched_for_are_its_own(practice: Practice) -> None:  # noqa: F811
    own = {one["code"] for one in editing_of(practice).editor._fields if one["own"]}
    assert "RDVDATE" in own
    assert not own & {"DATE", "PNOM", "HONDATE"}
    editing = TemplateEditing(practice)
    path = "Finances/Relance 1"
    editing.edit(practice.templates[path], practice.mailing(practice.search("unpaid"), path, account="folder"))
    assert editing.wait(60)
    assert "HONDATE" in {one["code"] for one in editing.editor._fields if one["own"]}


def test_findings_follow_what_is_written_and_are_told_once_known(practice: Practice) -> None:  # noqa: F811
    editing, told = editing_of(practice), []
    editing.on_change(lambda: told.append(len(editing.findings)))
    write(editing, subject="Bonjour @PNON")
    assert told[-1] == 1
    (finding,) = editing.editor._findings
    assert (finding["zone"], finding["field"], finding["severity"]) == ("subject", "PNON", "error")
    write(editing, subject="Bonjour @PNOM")
    assert told[-1] == 0


def test_what_cannot_be_read_says_why_where_the_message_would_be(practice: Practice) -> None:  # noqa: F811
    editing = editing_of(practice)
    write(editing, body="<p>Bonjour</p>\n{% if %}")
    assert "2" in letter(editing)["broken"]
    assert editing.findings["line"].tolist() == [2]
    write(editing, body="<p>Bonjour</p>")
    assert "message" in letter(editing)


def test_a_mailing_s_own_people_are_previewed(practice: Practice) -> None:  # noqa: F811
    rows = practice.search("appointments", start="J+2", end="J+2", state="upcoming")
    meant = practice.mailing(rows, REMINDER, account="folder", signature="-")
    editing = TemplateEditing(practice)
    editing.edit(practice.templates[REMINDER], meant)
    assert editing.wait(60)
    keys = [key for key, _name in editing._people]
    assert keys == meant.fields().index.tolist()[: len(keys)]


def test_without_an_account_or_appointments_invented_patients_are_read(practice: Practice) -> None:  # noqa: F811
    for name in list(practice.accounts):
        practice.accounts.remove(name)
    editing = TemplateEditing(practice)
    editing.edit(practice.templates[REMINDER])
    assert editing.wait(60)
    assert [key for key, _name in editing._people] == list(practice.templates.samples())
    assert "message" in letter(editing)
    assert {one["code"]: one["example"] for one in editing.fields._fields}["PNOM"] == "Martin"
    assert editing.fields._person["name"] == ""


def test_a_field_that_is_made_while_writing_can_be_used_at_once(practice: Practice) -> None:  # noqa: F811
    editing = editing_of(practice)
    texts = {"girl": "g", "woman": "w", "boy": "b", "man": "m", "neutral": "n"}
    new = {"kind": "keep", "code": "", "grid": "patient", "texts": texts, "familiar": {}, "label": "", "names": ""}
    editing.fields._hear(editing.fields, new, [])
    assert editing.wait(60)
    write(editing, subject="Bonjour @PART_01")
    assert letter(editing)["message"]["subject"] in {"Bonjour g", "Bonjour w", "Bonjour b", "Bonjour m"}
    assert editing.findings.empty


def test_saving_makes_a_revision_and_never_writes_over_somebody_else_s(practice: Practice) -> None:  # noqa: F811
    editing = editing_of(practice)
    before = practice.templates[REMINDER].revision
    write(editing, subject="Rendez-vous @RDVDATE")
    assert editing.save("plus court").revision == before + 1
    assert not editing.changed
    practice.templates.change(REMINDER, subject="Entre-temps")
    write(editing, subject="Bonjour")
    with pytest.raises(TemplateChanged):
        editing.save()
    assert practice.templates[REMINDER].subject == "Entre-temps"
    assert editing.draft.subject == "Bonjour"


def test_alone_it_has_a_foot_that_saves(practice: Practice) -> None:  # noqa: F811
    practice.templates.change(REMINDER, account="folder")
    editing = practice.template_editor(REMINDER)
    write(editing, subject="Bonjour")
    foot = editing._foot
    assert foot._standing["changed"]
    foot._hear(foot, {"kind": "save", "reason": " plus  court "}, [])
    assert practice.templates[REMINDER].subject == "Bonjour"
    assert not foot._standing["changed"]
    assert practice.templates.revisions(REMINDER)["reason"].tolist().count("plus court") == 1


def test_nothing_of_a_patient_is_in_what_a_notebook_could_save(practice: Practice) -> None:  # noqa: F811
    editing = editing_of(practice)
    name = letter(editing)["row"]["name"]
    assert all(name not in str(part.get_state()) for part in (editing.editor, editing.fields, editing.preview))
