"""The revisions of an email type: what changed in words and line by line, and back without telling anybody twice."""

from __future__ import annotations

import pytest

from workbench.domain.templates import Template
from workbench.errors import UnknownTemplate
from workbench.language import use_language
from workbench.practice import Practice
from workbench.practice.revisions import PART_WORDS

PATH = "Essais/Essai"


@pytest.fixture
def kept(practice: Practice) -> Template:
    return practice.templates.save(
        Template(label="Essai", folder="Essais", subject="Bonjour", html="<p>un</p>\n<p>deux</p>\n<p>trois</p>\n")
    )


def test_every_part_of_an_email_type_has_a_word() -> None:
    whole = Template(label="x", subject="x", html="").to_dict()
    assert set(whole) <= set(PART_WORDS)


def test_what_changed_is_told_in_the_reader_s_words(practice: Practice, kept: Template, tmp_path) -> None:
    (tmp_path / "plan.txt").write_text("x", encoding="utf-8")
    practice.templates.change(PATH, subject="Bonsoir", html="<p>un</p>")
    practice.templates.change(PATH, attachments=[tmp_path / "plan.txt"], account="folder")
    use_language("fr")
    told = practice.templates.revisions(PATH)
    assert told["changes"].tolist() == ["compte mail, pièces jointes", "objet, texte", "première version"]


def test_a_difference_is_told_line_by_line(practice: Practice, kept: Template) -> None:
    practice.templates.change(PATH, html="<p>un</p>\n<p>2</p>\n<p>trois</p>\n")
    practice.templates.change(PATH, subject="Bonsoir")
    told = practice.templates.diff(PATH, 1, 2)
    assert [line for line in told.lines if line[0] in "+-"] == [
        "--- revision 1", "+++ revision 2", "-<p>deux</p>", "+<p>2</p>",
    ]  # fmt: skip
    assert str(practice.templates.diff(PATH)).splitlines()[-2:] != []
    assert "+subject: Bonsoir" in practice.templates.diff(PATH).lines
    assert (practice.templates.diff(PATH, 1).before, practice.templates.diff(PATH, 1).after) == (1, 3)
    assert not practice.templates.diff(PATH, 3, 3)
    assert repr(told) == "<Difference Essais/Essai: 1 → 2, +1 -1>"


def test_the_first_revision_differs_from_none(practice: Practice, kept: Template) -> None:
    assert not practice.templates.diff(PATH)
    with pytest.raises(UnknownTemplate, match="has no revision 7; it has 1"):
        practice.templates.diff(PATH, 7)
    with pytest.raises(UnknownTemplate):
        practice.templates.diff("Essais/Rien")


def test_a_very_long_text_is_compared_in_no_time(practice: Practice, kept: Template) -> None:
    from workbench.practice.revisions import _unified

    lines = ["<p>a</p>", "<p>b</p>"] * 60_000
    old = Template(label="x", subject="x", html="\n".join(lines), revision=1)
    new = Template(label="x", subject="x", html="\n".join([*lines[1:], "<p>c</p>"]), revision=2)
    assert "+<p>c</p>" in _unified(old, new)


def test_files_are_told_apart_by_more_than_their_names(practice: Practice, kept: Template, tmp_path) -> None:
    (tmp_path / "plan.txt").write_text("1", encoding="utf-8")
    practice.templates.change(PATH, attachments=[tmp_path / "plan.txt"])
    (tmp_path / "plan.txt").write_text("2", encoding="utf-8")
    practice.templates.change(PATH, attachments=[tmp_path / "plan.txt"])
    changed = [line for line in practice.templates.diff(PATH).lines[2:] if line[0] in "+-"]
    assert len(changed) == 2
    assert all("plan.txt (" in line for line in changed)


def test_a_revision_is_restored_as_a_new_one(practice: Practice, kept: Template) -> None:
    practice.templates.change(PATH, subject="Bonsoir")
    again = practice.templates.restore(PATH, 1)
    assert (again.subject, again.revision) == ("Bonjour", 3)
    assert practice.templates.revisions(PATH)["reason"].iloc[0] == "back to revision 1"
    assert practice.templates.restore(PATH, 3).revision == 3


def test_what_is_restored_keeps_its_name_and_what_it_is_for(practice: Practice, kept: Template) -> None:
    practice.templates.rename(PATH, "Autre")
    again = practice.templates.restore("Essais/Autre", 1)
    assert (again.path, again.occasion_purpose) == ("Essais/Autre", PATH)


def test_the_revisions_of_what_is_archived_can_be_read(practice: Practice, kept: Template) -> None:
    practice.templates.change(PATH, subject="Bonsoir")
    practice.templates.archive(PATH)
    assert practice.templates.revisions(PATH)["revision"].tolist() == [2, 1]
    assert practice.templates.revision(PATH, 1) == kept
    assert "+subject: Bonsoir" in practice.templates.diff(PATH).lines
