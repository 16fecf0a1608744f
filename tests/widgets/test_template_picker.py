"""The picker offers the email types there are, and tells which one and which account were chosen."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from workbench.domain.questions import Question
from workbench.errors import UnknownAccount, UnknownTemplate
from workbench.widgets.template_picker import TemplatePicker

ROWS = [
    ("Rendez-vous/Rappel", "Rendez-vous", "Rappel", "Votre rendez-vous"),
    ("Vœux", "", "Vœux", "Bonne année"),
]


class Picked(TemplatePicker):
    """A picker that keeps what it sent to its page."""

    def __init__(self, *given: Any, **values: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(*given, **values)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def hears(self, **message: Any) -> dict[str, Any]:
        self._hear(self, {"request": 1, "view": "v", **message}, [])
        return self.sent[-1]


def test_rows_and_a_frame_of_them_offer_the_same():
    frame = pd.DataFrame(ROWS, columns=["path", "folder", "label", "subject"]).assign(revision=3)
    assert Picked(ROWS).hears(kind="open") == Picked(frame).hears(kind="open")
    assert Picked(ROWS).hears(kind="open")["templates"][1] == {
        "path": "Vœux", "folder": "", "label": "Vœux", "subject": "Bonne année",
    }  # fmt: skip


def test_a_subject_with_conditions_is_shown_in_its_first_case():
    subject = (
        "{% if RDVLISTE %}Vos rendez-vous{% else %}Votre rendez-vous{% endif %} du @RDVDATE{%- if X %} (@X){% endif %}"
    )
    rows = [("A", "", "A", subject)]
    assert Picked(rows).hears(kind="open")["templates"][0]["subject"] == "Vos rendez-vous du @RDVDATE (@X)"


def test_nothing_is_chosen_unless_somebody_says_so():
    assert Picked(ROWS).chosen == ""
    assert Picked(ROWS, chosen="Vœux").chosen == "Vœux"
    with pytest.raises(UnknownTemplate, match="Nowhere"):
        Picked(ROWS, chosen="Nowhere")


def test_the_first_account_is_the_one_sent_from_unless_another_is_named():
    accounts = [("cabinet", "Cabinet"), ("ortho", "Orthodontie")]
    assert Picked(ROWS).account == ""
    assert Picked(ROWS, accounts=accounts).account == "cabinet"
    assert Picked(ROWS, accounts=accounts, account="ortho").account == "ortho"
    with pytest.raises(UnknownAccount, match="else"):
        Picked(ROWS, accounts=accounts, account="else")


def test_a_choice_is_told_once_and_to_the_other_views():
    picker = Picked(ROWS, accounts=[("a", "A"), ("b", "B")])
    told: list[tuple[str, str]] = []
    picker.on_change(lambda: told.append((picker.chosen, picker.account)))
    for _twice in range(2):
        picker.hears(kind="changed", chosen="Vœux", account="b")
    assert told == [("Vœux", "b")]
    assert {"kind": "chosen", "view": "v", "chosen": "Vœux", "account": "b"} in picker.sent


def test_what_there_is_by_now_is_offered_and_what_is_gone_is_chosen_no_more():
    picker = Picked(ROWS, chosen="Vœux", accounts=[("a", "A"), ("b", "B")], account="b")
    picker.offer(ROWS, [("a", "A"), ("b", "B")])
    assert picker.sent == []
    picker.offer([*ROWS, ("New", "", "New", "")], [("c", "C"), ("b", "B")])
    assert (picker.chosen, picker.account) == ("Vœux", "b")
    assert picker.sent[-1]["kind"] == "offered"
    assert [row["path"] for row in picker.sent[-1]["templates"]] == ["Rendez-vous/Rappel", "Vœux", "New"]
    picker.offer(ROWS[:1], [("c", "C")])
    assert (picker.chosen, picker.account) == ("", "c")


def test_an_account_that_nobody_chose_is_the_first_one_whichever_that_is():
    picker = Picked(ROWS, accounts=[("a", "A"), ("b", "B")])
    picker.hears(kind="changed", chosen="Vœux", account="a")
    picker.offer(ROWS, [("b", "B"), ("a", "A")])
    assert (picker.account, picker.account_chosen) == ("b", "")
    picker.hears(kind="changed", chosen="Vœux", account="a")
    assert (picker.account, picker.account_chosen) == ("a", "a")


def test_a_choice_that_is_not_offered_is_refused():
    picker = Picked(ROWS)
    assert "Nowhere" in picker.hears(kind="changed", chosen="Nowhere", account="")["error"]
    assert picker.chosen == ""


def test_what_was_said_is_said_again_to_a_page_opened_later():
    picker = Picked(ROWS)
    picker.say("This email type is not finished.", bad=True)
    answer = picker.hears(kind="open")
    assert (answer["sentence"], answer["bad"]) == ("This email type is not finished.", True)


def test_what_is_asked_once_is_shown_and_answered():
    picker, told = Picked(ROWS, chosen="Vœux"), []
    picker.on_change(lambda: told.append(picker.values))
    picker.ask([Question(code="ANNEE", label="Année", kind="year", proposal="2027", answer="2027")])
    shown = {"code": "ANNEE", "label": "Année", "type": "year", "answer": "2027"}
    assert picker.sent[-1] == {"kind": "asked", "questions": [shown]}
    assert picker.hears(kind="open")["questions"] == [shown]
    picker.hears(kind="answered", code="ANNEE", value=" 2028 ")
    picker.hears(kind="answered", code="ANNEE", value="2028")
    assert told == [{"ANNEE": "2028"}]
    # What a person said stands, whatever is proposed by then.
    picker.ask([Question(code="ANNEE", label="Année", kind="year", proposal="2027", answer="2027")])
    assert picker.hears(kind="open")["questions"][0]["answer"] == "2028"


def test_an_answer_belongs_to_its_email_type():
    picker = Picked(ROWS, chosen="Vœux")
    picker.ask([Question(code="ANNEE", label="Année", kind="year")])
    picker.hears(kind="answered", code="ANNEE", value="2028")
    assert "PNOM" in picker.hears(kind="answered", code="PNOM", value="x")["error"]
    picker.hears(kind="changed", chosen="Rendez-vous/Rappel", account="")
    assert picker.values == {}
    assert picker.hears(kind="open")["questions"] == []
