"""The search form tells what is asked exactly as a search takes it, and keeps nothing of it in a notebook."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.errors import UnknownName
from workbench.language import use_language
from workbench.patients.searches import SEARCHES
from workbench.widgets.search_form import SearchForm


class Asked(SearchForm):
    """A form that keeps what it sent to its page."""

    def __init__(self, *given: Any, **values: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(*given, **values)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def hears(self, **message: Any) -> dict[str, Any]:
        """Say something as the page does, and give the answer to it."""
        self._hear(self, {"request": 1, "view": "v", **message}, [])
        return self.sent[-1]


@pytest.fixture
def form() -> Asked:
    return Asked(
        SEARCHES,
        choices={"practitioner": [("CC", "Dr Camille Corvaisier")], "chair": []},
        values={"start": "tomorrow", "end": "tomorrow", "state": "upcoming", "nature": "", "nonsense": "x"},
    )


def test_what_is_asked_at_first_is_what_the_search_knows_and_is_not_empty(form: Asked):
    assert form.name == "appointments"
    assert form.values == {"start": "tomorrow", "end": "tomorrow", "state": "upcoming"}


def test_the_page_learns_every_search_with_its_parameters(form: Asked):
    answer = form.hears(kind="open")
    assert [search["name"] for search in answer["searches"]] == list(SEARCHES)
    parameters = {one["name"]: one for one in answer["searches"][0]["parameters"]}
    assert list(parameters) == [one.name for one in SEARCHES["appointments"].parameters]
    assert parameters["practitioner"]["choices"] == [["CC", "Dr Camille Corvaisier"]]
    assert not parameters["practitioner"]["fixed"]
    assert parameters["chair"]["choices"] == []
    assert parameters["nature"]["choices"] is None
    assert parameters["state"]["fixed"]


def test_the_page_learns_what_a_search_asks_as_long_as_nobody_said_anything():
    form = Asked(SEARCHES, opens={"appointments": {"state": "upcoming"}})
    opens = {search["name"]: search["opens"] for search in form.hears(kind="open")["searches"]}
    assert (opens["appointments"], opens["missed"]) == ({"state": "upcoming"}, {})


def test_the_words_of_the_form_are_those_of_the_practice():
    use_language("fr")
    try:
        form = Asked(SEARCHES)
        parameters = {one["name"]: one for one in form.hears(kind="open")["searches"][0]["parameters"]}
    finally:
        use_language(None)
    assert [label for _value, label in parameters["state"]["choices"]] == [
        "Futurs", "Manqués", "Reportés", "Présents", "Annulés", "Excusés",
    ]  # fmt: skip
    assert parameters["practitioner"]["label"] == "Praticien"
    assert form.words["tomorrow"] == "Demain"
    assert form.language == "fr"


def test_a_change_is_told_once_and_one_that_changes_nothing_is_not(form: Asked):
    told: list[tuple[str, dict[str, str]]] = []
    form.on_change(lambda: told.append((form.name, form.values)))
    form.hears(kind="changed", name="missed", values={"start": " J-7 ", "exclude_upcoming": "yes", "state": "upcoming"})
    form.hears(kind="changed", name="missed", values={"start": "J-7", "exclude_upcoming": "yes"})
    assert told == [("missed", {"start": "J-7", "exclude_upcoming": "yes"})]


def test_the_other_views_of_the_form_hear_of_a_change(form: Asked):
    form.hears(kind="changed", name="missed", values={})
    assert {"kind": "asked", "view": "v", "name": "missed", "values": {}} in form.sent


def test_a_search_that_does_not_exist_is_refused_with_a_sentence(form: Asked):
    answer = form.hears(kind="changed", name="nobody", values={})
    assert "« nobody »" in answer["error"]
    assert form.name == "appointments"
    with pytest.raises(UnknownName, match="appointments, missed"):
        SearchForm(SEARCHES, name="nobody")


def test_what_was_said_is_said_again_to_a_page_opened_later(form: Asked):
    form.say("47 appointments")
    form.say_days("Monday 23 November")
    assert form.sent == [
        {"kind": "said", "sentence": "47 appointments", "bad": False},
        {"kind": "days", "text": "Monday 23 November"},
    ]
    answer = form.hears(kind="open")
    assert (answer["sentence"], answer["bad"], answer["days"]) == ("47 appointments", False, "Monday 23 November")


def test_what_is_asked_is_not_in_what_a_notebook_saves(form: Asked):
    form.hears(kind="changed", name="appointments", values={"family": "4711"})
    assert form.values == {"family": "4711"}
    assert "4711" not in repr({key: value for key, value in form.get_state().items() if key not in {"_esm", "_css"}})


def test_what_could_not_be_done_is_not_asked_and_can_be_asked_again(form: Asked):
    tries: list[str] = []

    def search() -> None:
        tries.append(form.values["start"])
        if len(tries) == 1:
            raise KeyError("start")

    form.on_change(search)
    asked = {"kind": "changed", "name": "appointments", "values": {"start": "J+2", "end": "J+2"}}
    assert "KeyError" in form.hears(**asked)["error"]
    assert form.values["start"] == "tomorrow"
    assert [said["kind"] for said in form.sent] == ["answer"]
    assert "error" not in form.hears(**asked)
    assert (form.values["start"], tries) == ("J+2", ["J+2", "J+2"])


def test_searches_stand_in_groups_and_each_is_in_one(form: Asked):
    groups = form.hears(kind="open")["groups"]
    assert [group["label"] for group in groups] == ["Appointments", "Patients", "Finances", "Colleagues"]
    assert sorted(name for group in groups for name in group["names"]) == sorted(SEARCHES)


def test_what_a_search_is_about_is_in_sight_at_once(form: Asked):
    first = {search["name"]: search["first"] for search in form.hears(kind="open")["searches"]}
    assert "min_amount" in first["unpaid"]
    assert first["birthdays"][:2] == ["start", "end"]
    assert "age_from" in first["birthdays"]
    assert all("where" not in names and "family" not in names for names in first.values())


def test_the_words_of_a_parameter_are_its_own(form: Asked):
    moved = next(search for search in form.hears(kind="open")["searches"] if search["name"] == "moved")
    change = next(one for one in moved["parameters"] if one["name"] == "change")
    assert change["choices"] == [["moved", "Moved to another time"], ["cancelled", "Cancelled or postponed"]]


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_a_parameter_is_called_as_in_an_explanation_and_its_words_are_words(form: Asked, name: str):
    shown = next(search for search in form.hears(kind="open")["searches"] if search["name"] == name)
    for one, known in zip(shown["parameters"], SEARCHES[name].parameters, strict=True):
        assert one["label"] == known.heading
        if known.choices:
            assert [value for value, _words in one["choices"]] == list(known.choices)
            assert all(words[0].upper() == words[0] and words != value for value, words in one["choices"])


def test_a_saved_search_of_a_search_that_is_gone_is_not_offered():
    form = Asked(SEARCHES, saved={"a": ("missed", {"start": "J-7"}), "b": ("no_more", {})})
    assert form.hears(kind="open")["saved"] == [{"label": "a", "name": "missed", "values": {"start": "J-7"}}]
