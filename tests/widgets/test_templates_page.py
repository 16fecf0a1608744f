"""The library of email types answers each gesture of its page through the practice, and writes over nobody."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.practice import Practice
from workbench.widgets.templates_page import TemplatesPage
from workbench.wiring import init_workspace, open_practice

REMINDER, LETTER = "Rendez-vous/Rappel de rendez-vous", "Confrères/Adressage"


@pytest.fixture(scope="module")
def made_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return init_workspace(tmp_path_factory.mktemp("sample") / "cabinet", demo=True, user="claire")


@pytest.fixture
def practice(made_sample: Path, tmp_path: Path) -> Iterator[Practice]:
    shutil.copytree(made_sample, tmp_path / "cabinet")
    with open_practice(tmp_path / "cabinet", user="claire") as opened:
        yield opened


class Heard:
    """The page's end of a library: what it asks and what it hears."""

    def __init__(self, page: TemplatesPage) -> None:
        self.page = page
        self.sent: list[dict[str, Any]] = []
        self.buffers: list[bytes] = []
        page.library.send = self._send

    def _send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)
        self.buffers = list(buffers or ())

    def ask(self, kind: str, **question: Any) -> dict[str, Any]:
        self.page.library._hear(self.page.library, {"kind": kind, "request": 1, "view": "v", **question}, [])
        return [one for one in self.sent if one["kind"] == "answer"][-1]

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.sent if one["kind"] == kind]


@pytest.fixture
def page(practice: Practice) -> Iterator[Heard]:
    heard = Heard(TemplatesPage(practice))
    yield heard
    if heard.page.writing._editing is not None:
        assert heard.page.writing._editing.wait(60)  # the preview is made beside


def bring(page: Heard, name: str, content: bytes, **more: Any) -> dict[str, Any]:
    """Bring a file in two pieces, as the page does."""
    half = len(content) // 2
    for piece, last in ((content[:half], False), (content[half:], True)):
        encoded = base64.b64encode(piece).decode()
        answer = page.ask("upload", id="7", name=name, piece=encoded, last=last, attachment=False, **more)
    return answer


def test_nothing_of_an_email_type_is_kept_in_the_state_of_the_widget(page: Heard, practice: Practice) -> None:
    page.ask("open")
    page.ask("preview", path=REMINDER, sample="girl")
    state = str(page.page.library.get_state())
    assert "Zoé" not in state
    assert "Rappel de rendez-vous" not in state


def test_the_shelf_tells_each_email_type_with_what_proposes_it(page: Heard, practice: Practice) -> None:
    practice.templates.use_for(REMINDER, "appointments")
    practice.templates.translate(LETTER, "en", "Referral")
    rows = {row["path"]: row for row in page.ask("open")["templates"]}
    assert len(rows) == len(practice.templates)
    assert rows[REMINDER]["searches"] == ["Appointments"]
    assert rows[LETTER]["variants"] == ["Confrères/Referral"]
    assert rows["Confrères/Referral"]["variant_of"] == LETTER
    assert rows[LETTER]["saved_by"] == "claire"


def test_an_email_type_is_read_with_what_counts_and_its_languages(page: Heard, practice: Practice) -> None:
    practice.templates.translate(LETTER, "en", "Referral")
    told = page.ask("read", path="Confrères/Referral")
    assert told["main"] == LETTER
    assert told["languages"] == [["fr", LETTER], ["en", "Confrères/Referral"]]
    assert ["Account", "test box", "the practice"] in told["summary"]


def test_each_invented_patient_reads_it(page: Heard) -> None:
    girl = page.ask("preview", path=REMINDER, sample="girl")["message"]
    assert girl["subject"].endswith("(Zoé)")
    assert girl["screen"].startswith("<!DOCTYPE html>") or "<html" in girl["screen"]
    assert "source" in page.ask("source", path=REMINDER, sample="girl")
    assert "nobody" in page.ask("preview", path=REMINDER, sample="nobody")["error"]


def test_findings_are_told_where_they_are_and_counted(page: Heard, practice: Practice) -> None:
    practice.templates.change(LETTER, html="<p>Bonjour</p>\n<p><a href='ici'>ici</a> @PNOMM</p>")
    told = page.ask("findings", path=LETTER)
    assert told["counts"]["error"] >= 1
    assert any(one["state"] == "bad" and "@PNOMM" in one["message"] for one in told["findings"])
    assert page.ask("count", path=LETTER, revision=2) | {"kind": "", "request": 0, "view": ""} == {
        **told["counts"], "kind": "", "request": 0, "view": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "question", "path"),
    [
        ("begin", {"label": "Bonjour", "folder": "Essais", "like": ""}, "Essais/Bonjour"),
        ("begin", {"label": "Bonjour", "folder": "", "like": REMINDER}, "Bonjour"),
        ("duplicate", {"path": LETTER, "label": "Copie", "folder": "Essais"}, "Essais/Copie"),
        ("translate", {"path": LETTER, "label": "Referral", "language": "en"}, "Confrères/Referral"),
        ("rename", {"path": LETTER, "label": "Courrier"}, "Confrères/Courrier"),
        ("move", {"path": LETTER, "folder": "Courriers"}, "Courriers/Adressage"),
        ("rename_folder", {"folder": "Confrères", "new": "Correspondants"}, ""),
        ("archive", {"path": LETTER}, ""),
    ],
)
def test_each_gesture_is_done_told_and_shown(
    page: Heard, practice: Practice, kind: str, question: dict[str, Any], path: str
) -> None:
    answer = page.ask(kind, **question)
    assert (answer["chosen"], bool(answer["said"])) == (path, True)
    assert {row["path"] for row in answer["templates"]} == set(practice.templates)
    assert not path or path in practice.templates
    assert page.told("changed")[-1]["view"] == "v"  # the other views look again


def test_what_is_archived_comes_back(page: Heard) -> None:
    archived = page.ask("archive", path=LETTER)
    assert [row["path"] for row in archived["archived"]] == [LETTER]
    back = page.ask("unarchive", path=LETTER)
    assert (back["chosen"], back["archived"]) == (LETTER, [])


def test_a_refusal_is_a_sentence_and_changes_nothing(page: Heard, practice: Practice) -> None:
    assert "name of another" in page.ask("rename", path=LETTER, label="Remerciement d’adressage")["error"]
    assert LETTER in practice.templates


def test_settings_are_kept_and_the_searches_with_them(page: Heard, practice: Practice, tmp_path: Path) -> None:
    told = page.ask("settings", path=LETTER)
    names = [one["name"] for group in told["groups"] for one in group["fields"]]
    assert {"account", "signature", "role", "purpose", "attachments", "options.read_receipt", "searches"} <= set(names)
    name = bring_attachment(page, "plan.pdf", b"%PDF-1.4 plan")
    settings = {"role": "payer", "options.read_receipt": "yes", "attachments": [name], "searches": ["unpaid"]}
    answer = page.ask("change", path=LETTER, over=told["revision"], settings=settings, reason="pour voir")
    assert answer["chosen"] == LETTER
    kept = practice.templates[LETTER]
    assert (str(kept.role), kept.options.read_receipt, len(kept.attachments)) == ("payer", True, 1)
    assert practice.attachments.read(kept.attachments[0]).data == b"%PDF-1.4 plan"
    assert practice.templates.searches_of(LETTER) == ["unpaid"]
    assert practice.templates.revisions(LETTER)["reason"][0] == "pour voir"
    # A file that it has is told by its name alone, and stays.
    page.ask("change", path=LETTER, over=2, settings={"attachments": ["plan.pdf"], "searches": []}, reason="")
    assert practice.templates[LETTER].attachments == kept.attachments
    assert practice.templates.searches_of(LETTER) == []


def bring_attachment(page: Heard, name: str, content: bytes, number: str = "8") -> str:
    piece = base64.b64encode(content).decode()
    return str(page.ask("upload", id=number, name=name, piece=piece, last=True, attachment=True)["kept"])


def test_a_file_that_was_brought_goes_where_it_was_brought_to_and_nowhere_else(page: Heard, practice: Practice) -> None:
    own = b"%PDF-1.4 of the letter"
    page.ask(
        "change", path=LETTER, over=1, settings={"attachments": [bring_attachment(page, "plan.pdf", own)]}, reason=""
    )
    other = bring_attachment(page, "plan.pdf", b"%PDF-1.4 of the reminder", number="9")
    more = bring_attachment(page, "more.pdf", b"%PDF-1.4 more", number="10")
    page.ask("change", path=LETTER, over=2, settings={"attachments": ["plan.pdf", more]}, reason="")
    assert [practice.attachments.read(kept).data for kept in practice.templates[LETTER].attachments] == [
        own,
        b"%PDF-1.4 more",
    ]
    page.ask("change", path=LETTER, over=3, settings={"attachments": [other, "more.pdf"]}, reason="")
    assert practice.attachments.read(practice.templates[LETTER].attachments[0]).data == b"%PDF-1.4 of the reminder"


def test_settings_are_not_written_over_what_somebody_else_kept(page: Heard, practice: Practice) -> None:
    practice.templates.change(LETTER, subject="Le sien")
    answer = page.ask("change", path=LETTER, over=1, settings={"role": "payer"}, reason="")
    assert "claire saved version 2" in answer["overtaken"]
    assert str(practice.templates[LETTER].role) != "payer"


def test_versions_are_listed_compared_and_gone_back_to(page: Heard, practice: Practice) -> None:
    practice.templates.change(LETTER, subject="Votre avis", reason="plus court")
    newest, first = page.ask("revisions", path=LETTER)["revisions"]
    assert (newest["revision"], newest["reason"], first["changes"]) == (2, "plus court", "first version")
    told = page.ask("compare", path=LETTER, before=1, after=2)
    assert [change["called"] for change in told["changes"]] == ["subject"]
    assert any(line.startswith("+") for line in told["lines"])
    assert page.ask("preview", path=LETTER, revision=1)["message"]["subject"] != "Votre avis"
    page.ask("restore", path=LETTER, number=1, reason="mieux avant")
    assert practice.templates[LETTER].subject != "Votre avis"
    assert practice.templates[LETTER].revision == 3


def test_the_library_goes_out_and_comes_back(page: Heard, practice: Practice) -> None:
    name = page.ask("export")["name"]
    (content,) = page.buffers
    practice.templates.change(LETTER, subject="Autre chose")
    plan = bring(page, name, content)
    assert plan.get("error") is None
    assert (plan["holds"], plan["count"]) == ("types", 1)
    answer = page.ask("take_in", id="7", reason="retour")
    assert "imported" in answer["said"]
    assert practice.templates[LETTER].subject != "Autre chose"
    assert "once more" in page.ask("take_in", id="7", reason="")["error"]


def test_an_old_text_asks_what_its_codes_mean_and_is_kept(page: Heard, practice: Practice) -> None:
    told = bring(page, "ancien.txt", b"Bonjour [FName], dossier [Zorglub].")
    assert told["holds"] == "text"
    assert [one["code"] for one in told["codes"] if one["unknown"]] == ["[Zorglub]"]
    told = page.ask("convert", id="7", mapping={"[Zorglub]": "@PDOSSIER"})
    assert not [one for one in told["codes"] if one["unknown"]]
    answer = page.ask("keep", id="7", label="Ancien", folder="Reprise", mapping={}, keep_unknown=True)
    assert answer["chosen"] == "Reprise/Ancien"
    assert "@PDOSSIER" in practice.templates["Reprise/Ancien"].html
    bring(page, "ancien.txt", b"Bonjour [FName].")
    taken = page.ask("keep", id="7", label="Adressage", folder="Confrères", mapping={}, keep_unknown=True)
    assert "name of another" in taken["error"]


# --- the text is written ----------------------------------------------------------------------------------------


def write(page: Heard, text: str) -> None:
    """Write a text, as somebody does in the editor."""
    editing = page.page.writing._editing
    assert editing is not None
    editing.edit(replace(editing.draft, html=text))


def test_a_text_is_written_under_the_library_and_kept_with_its_reason(page: Heard, practice: Practice) -> None:
    state = page.ask("edit", path=LETTER)
    assert (state["path"], state["dirty"]) == (LETTER, False)
    assert len(page.page.view.children) == 2
    write(page, "<p>Bonjour @DAPPEL</p>")
    assert page.page.writing.dirty
    saved = page.ask("save", reason="plus simple", how="")
    assert (saved["revision"], saved["dirty"]) == (2, False)
    assert practice.templates[LETTER].html == "<p>Bonjour @DAPPEL</p>"
    assert practice.templates.revisions(LETTER)["reason"][0] == "plus simple"
    page.ask("leave", discard=False)
    assert len(page.page.view.children) == 1


def test_what_is_not_kept_is_asked_about_before_it_is_left(page: Heard, practice: Practice) -> None:
    page.ask("edit", path=LETTER)
    write(page, "<p>Perdu ?</p>")
    asked = page.ask("leave", discard=False)
    assert asked["asks"]
    assert asked["changes"]
    assert page.page.writing.dirty
    assert "not saved yet" in page.ask("edit", path=REMINDER)["error"]
    page.ask("leave", discard=True)
    assert page.page.writing.state() == {}
    assert practice.templates[LETTER].revision == 1


def test_somebody_else_s_text_is_shown_and_not_written_over(page: Heard, practice: Practice) -> None:
    page.ask("edit", path=LETTER)
    write(page, "<p>Le mien</p>")
    practice.templates.change(LETTER, html="<p>Le sien</p>", reason="urgent")
    answer = page.ask("save", reason="", how="")
    assert "version 2" in answer["overtaken"]
    assert "urgent" in answer["about"]
    assert answer["changes"][0]["pieces"] == [["", "Le "], ["-", "sien"], ["+", "mien"]]
    assert practice.templates[LETTER].html == "<p>Le sien</p>"
    copied = page.ask("save", reason="", how="copy", label="Adressage bis", folder="Confrères")
    assert copied["path"] == "Confrères/Adressage bis"
    assert practice.templates[LETTER].html == "<p>Le sien</p>"


def test_mine_after_theirs_or_theirs(page: Heard, practice: Practice) -> None:
    page.ask("edit", path=LETTER)
    write(page, "<p>Le mien</p>")
    practice.templates.rename(LETTER, "Courrier")
    assert page.ask("save", reason="", how="")["overtaken"]
    saved = page.ask("save", reason="", how="over")
    assert saved["path"] == "Confrères/Courrier"
    assert practice.templates["Confrères/Courrier"].html == "<p>Le mien</p>"
    write(page, "<p>Encore</p>")
    practice.templates.change("Confrères/Courrier", html="<p>Le sien</p>")
    assert page.ask("take_theirs")["dirty"] is False
    assert page.page.writing.draft.html == "<p>Le sien</p>"


def test_what_was_saved_after_it_was_compared_is_shown_before_anything_is_kept_after_it(
    page: Heard, practice: Practice
) -> None:
    page.ask("edit", path=LETTER)
    write(page, "<p>Le mien</p>")
    practice.templates.change(LETTER, html="<p>Le sien</p>")
    compared = page.ask("save", reason="", how="")["theirs"]
    assert compared == 2
    practice.templates.change(LETTER, html="<p>Le tien</p>")
    again = page.ask("save", reason="", how="over", theirs=compared)
    assert "version 3" in again["overtaken"]
    assert again["changes"][0]["pieces"] == [["", "Le "], ["-", "tien"], ["+", "mien"]]
    assert practice.templates[LETTER].html == "<p>Le tien</p>"
    page.ask("save", reason="", how="over", theirs=again["theirs"])
    assert practice.templates[LETTER].html == "<p>Le mien</p>"


def test_the_page_opens_on_what_somebody_came_for(page: Heard) -> None:
    page.page.open(path=REMINDER)
    assert page.told("changed")[-1]["chosen"] == REMINDER
    assert page.ask("open")["chosen"] == REMINDER
    page.page.open()
    assert page.told("changed")[-1]["chosen"] == ""


def test_a_text_that_was_not_saved_is_there_again_in_another_kernel(page: Heard, practice: Practice) -> None:
    page.ask("edit", path=LETTER)
    write(page, "<p>Presque fini</p>")
    page.page.writing._tell()
    practice.templates.change(LETTER, subject="Changé depuis")
    another = Heard(TemplatesPage(practice))
    rows = {row["path"]: row["unsaved"] for row in another.ask("open")["templates"]}
    assert rows[LETTER]
    assert not rows[REMINDER]
    state = another.ask("edit", path=LETTER)
    assert state["dirty"]
    assert "as you left it" in state["resumed"]
    assert "version 2" in another.ask("save", reason="", how="")["overtaken"]  # sealed with what it was made from
    another.ask("save", reason="", how="over")
    assert practice.templates[LETTER].html == "<p>Presque fini</p>"
    assert practice.templates.unsaved_texts() == {}
    assert another.page.writing._editing.wait(60)


def test_a_text_that_is_given_up_is_gone(page: Heard, practice: Practice) -> None:
    page.ask("edit", path=LETTER)
    write(page, "<p>Presque fini</p>")
    page.page.writing._tell()
    assert [*practice.templates.unsaved_texts()] == [LETTER]
    page.ask("leave", discard=True)
    assert practice.templates.unsaved_texts() == {}


def test_an_email_type_leads_to_a_mailing_where_there_is_one(practice: Practice) -> None:
    went: list[tuple[str, dict[str, Any]]] = []
    page = Heard(TemplatesPage(practice, lambda page, /, **what: went.append((page, what))))
    assert page.ask("open")["uses"]
    page.ask("use", path=LETTER)
    assert went == [("publipostage", {"template": LETTER})]
