"""The picker offers fields, tells which was chosen, and makes, changes and removes the practice's own."""

from __future__ import annotations

from typing import Any

from tests.practice.conftest import made_sample, practice  # noqa: F401 - a sample practice of the test's own
from workbench.practice import Practice
from workbench.widgets.field_picker import FieldPicker

BORN = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}
FIELDS = [
    {"code": "PNOM", "label": "Nom du patient", "category": "patient", "example": "MARTIN", "health": False},
    {"code": "ACTES", "label": "Actes", "category": "soins", "example": "", "health": True, "aliases": ("SOINS",)},
    {"code": "MUTUELLE", "label": "Mutuelle", "category": "champs du cabinet", "example": "", "health": False},
]


class Picked(FieldPicker):
    """A picker that keeps what it sent to its page."""

    def __init__(self, *given: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(*given)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def hears(self, kind: str, **message: Any) -> dict[str, Any]:
        self._hear(self, {"kind": kind, "request": 1, "view": "v", **message}, [])
        return next(one for one in reversed(self.sent) if one["kind"] == "answer")


def test_the_fields_are_offered_under_the_guide_s_tabs() -> None:
    picker = Picked()
    picker.offer(FIELDS)
    answer = picker.hears("open")
    assert [one["code"] for one in answer["fields"]] == ["PNOM", "ACTES", "MUTUELLE"]
    assert answer["fields"][1] | {} == {
        "code": "ACTES", "label": "Actes", "category": "soins", "example": "", "search": "", "health": True,
        "aliases": ["SOINS"],
    }  # fmt: skip
    assert [tab["name"] for tab in answer["tabs"]] == [
        "all", "main", "fees", "payments", "colleagues", "care", "champs particuliers", "champs libres", "others",
    ]  # fmt: skip
    assert answer["tabs"][-1]["categories"] == ["champs du cabinet"]
    assert not answer["own"]


def test_every_category_of_the_catalogue_stands_under_a_tab(practice: Practice) -> None:  # noqa: F811
    picker = Picked(practice.fields)
    picker.offer({"code": one.code, "category": one.category} for one in practice.fields.values())
    assert "others" not in [tab["name"] for tab in picker.hears("open")["tabs"]]


def test_a_choice_is_told_once_and_only_of_a_field_that_is_offered() -> None:
    picker, chosen = Picked(), []
    picker.offer(FIELDS)
    picker.on_choose(chosen.append)
    picker.hears("choose", code="PNOM")
    picker.hears("choose", code="NOTHING")
    assert chosen == ["PNOM"]


def test_nothing_is_said_twice_and_nothing_of_it_is_saved_with_the_notebook() -> None:
    picker = Picked()
    picker.offer(FIELDS)
    picker.show_person("MARTIN Zoé", columns={"patient": "girl"})
    said = len(picker.sent)
    picker.offer(FIELDS)
    picker.show_person("MARTIN Zoé", columns={"patient": "girl"})
    assert len(picker.sent) == said
    assert "MARTIN" not in str(picker.get_state())


def test_a_field_of_its_own_is_made_changed_and_removed(practice: Practice) -> None:  # noqa: F811
    picker, told = Picked(practice.fields), []
    picker.on_fields(lambda: told.append(len(practice.fields.own)))
    form = picker.hears("form", grid="patient")
    assert (form["code"], form["known"], len(form["columns"])) == ("PART_01", False, 5)
    new = {"grid": "patient", "texts": BORN, "familiar": {}, "label": "", "names": "naissance"}
    assert picker.hears("keep", code="", **new)["code"] == "PART_01"
    assert practice.fields["NAISSANCE"].code == "PART_01"
    form = picker.hears("form", code="PART_01")
    assert (form["known"], form["texts"]["girl"], form["names"]) == (True, "née", "NAISSANCE")
    picker.hears("keep", code="PART_01", **new | {"texts": BORN | {"neutral": "né ou née"}})
    assert practice.fields.own["PART_01"].texts["neutral"] == "né ou née"
    # Called by its texts, it is called by the new ones.
    assert practice.fields.own["PART_01"].label == "née / né / né ou née"
    assert not picker.hears("usage", code="PART_01")["used"]
    picker.hears("remove", code="PART_01")
    assert told == [1, 1, 0]


def test_what_cannot_be_kept_says_why_and_what_is_used_is_not_removed(practice: Practice) -> None:  # noqa: F811
    picker = Picked(practice.fields)
    lacking = {"grid": "patient", "texts": BORN | {"man": " "}, "familiar": {}, "label": "", "names": ""}
    assert "man" in picker.hears("keep", code="", **lacking)["error"]
    picker.hears("keep", code="", **lacking | {"texts": BORN})
    practice.templates.change("Rendez-vous/Rappel de rendez-vous", subject="Vous êtes @PART_01")
    usage = picker.hears("usage", code="PART_01")
    assert usage["used"]
    assert "Rappel de rendez-vous" in usage["sentence"]
    assert "error" in picker.hears("remove", code="PART_01")
    assert "PART_01" in practice.fields
