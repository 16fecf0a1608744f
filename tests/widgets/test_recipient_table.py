"""The recipient table serves rows a page at a time, keeps ticks by row, and leaves nothing of them in a notebook."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.errors import BadValue
from workbench.language import use_language
from workbench.widgets.folding import folded, ranks
from workbench.widgets.recipient_table import Column, RecipientTable
from workbench.widgets.table_columns import ColumnValues
from workbench.widgets.table_rows import ADDRESS

NAMES = (
    "LEFÈVRE Zoé",
    "ZIMMER Alexis",
    "d’ARTAGNAN Jean-Noël",
    "Œuvrard Éric",
    "<img src=x onerror=alert(1)>",
    "ABBÉ {{7*7}}",
)
COLUMNS = (
    Column(name="time", label="Heure", kind="time"),
    Column(name="patient", label="Patient"),
    Column(name="file_number", label="Dossier"),
    Column(name="date", label="Date", kind="date"),
    Column(name="balance", label="Solde", kind="number"),
    Column(name="phone", label="Téléphone", hidden=True),
)


class Watched(RecipientTable):
    """A table that keeps what it sent to its pages, and hears what a page would ask."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], Sequence[bytes]]] = []
        super().__init__()

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append((content, buffers or []))

    def hears(self, kind: str, **message: Any) -> dict[str, Any]:
        """Say something as a page does, and give the answer to it."""
        self._hear(self, {"kind": kind, "request": 1, "view": "v", "generation": self.generation, **message}, [])
        return self.sent[-1][0]

    def rows(self, **asked: Any) -> list[dict[str, Any]]:
        """Give the rows a page shows when it asks for them so."""
        answer = self.hears("rows", start=0, end=100, asked=asked)
        page = json.loads(self.sent[-1][1][0])
        assert answer["total"] == len(page["row"])
        named = {column.name: texts for column, texts in zip(self._rows.columns, page.pop("cells"), strict=True)}
        return pd.DataFrame({**named, **page}).to_dict("records")

    def ticks_shown(self, on: bool, asked: dict[str, Any], **ends: int) -> dict[str, Any]:
        """Tick what a page shows, or from one of its rows to another, as it does: with the name of what it shows."""
        order = self.hears("rows", start=0, end=100, asked=asked)["order"]
        return self.hears("tick", on=on, asked=asked, order=order, **ends)

    def names(self, **asked: Any) -> list[str]:
        """Give the patients of those rows."""
        return [row["patient"] for row in self.rows(**asked)]

    @property
    def generation(self) -> int:
        self._hear(self, {"kind": "start", "request": 0, "view": "v"}, [])
        return int(self.sent.pop()[0]["generation"])


def frame(count: int = 6) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "subject_key": [f"appointment:{number}" for number in range(count)],
            "time": ["10:00", "08:20", "09:40", "11:00", "08:40", "14:00"][:count],
            "patient": list(NAMES[:count]),
            "file_number": ["1893", "999", "2610", "10", "A12", "A9"][:count],
            "date": ["2026-11-23", "2026-11-24", "2026-12-01", "2026-11-23", "2027-01-05", "2026-11-23"][:count],
            "balance": [12.5, np.nan, 1234.5, 0.0, -3.0, 50.0][:count],
            "phone": pd.Series(["02 61 91 21 01", None, "06 00 00 00 00", None, None, None][:count], dtype="string"),
        }
    )


def who(**told: Mapping[int, Any]) -> pd.DataFrame:
    """Where the rows are written to; `told` says what is unlike the others, by number."""
    known = pd.DataFrame(
        {
            "address": [f"p{number}@exemple.fr" for number in range(6)],
            "receiver": "",
            "problem": "",
            "hint": "",
            "opted_out": False,
        },
        index=[f"appointment:{number}" for number in range(6)],
    )
    for name, values in told.items():
        for number, value in values.items():
            known.loc[f"appointment:{number}", name] = value
    return known


def unit(count: int) -> str:
    return f"{count} rendez-vous"


@pytest.fixture
def table() -> Watched:
    shown = Watched()
    shown.show(frame(), COLUMNS, unit=unit)
    return shown


@pytest.fixture
def french() -> Iterator[None]:
    use_language("fr")
    yield
    use_language(None)


def test_a_fold_hears_neither_accents_capitals_ligatures_nor_unseen_marks():
    assert folded(["LEFÈVRE", "Œuvrard", "D’Artagnan", "a\u202eb\u200bc", "two\nlines"]) == [
        "lefevre", "oeuvrard", "d'artagnan", "abc", "two lines",
    ]  # fmt: skip


def test_a_fold_keeps_letters_of_other_scripts():
    assert folded(["КОВАЛЬЧУК Олена", "Ωμέγα"]) == ["ковальчук олена", "ωμεγα"]


def test_names_sort_as_in_a_directory_and_numbers_by_value():
    texts = ["Zimmer", "Éric", "eric 10", "ERIC 9", "", "Abbé"]
    order = np.argsort(ranks(texts), kind="stable")
    assert [texts[place] for place in order] == ["Abbé", "Éric", "ERIC 9", "eric 10", "Zimmer", ""]


def test_a_page_gives_texts_as_they_are_read(table: Watched, french: None):
    first = table.rows()[0]
    assert (first["time"], first["patient"], first["date"], first["balance"]) == (
        "10:00",
        "LEFÈVRE Zoé",
        "23/11/2026",
        "12,50",
    )
    assert table.rows()[2]["balance"] == "1\u202f234,50"
    assert table.rows()[1]["balance"] == ""
    assert table.rows()[1]["phone"] == ""


def test_a_page_is_only_the_rows_asked_for(table: Watched):
    answer = table.hears("rows", start=2, end=4, asked={"sort": [["time", False]]})
    assert answer["total"] == 6
    assert json.loads(table.sent[-1][1][0])["row"] == [2, 0]


def test_hostile_values_stay_text_and_long_ones_end_with_a_sign():
    shown = Watched()
    long = frame(1).assign(patient="A" * 10_000)
    shown.show(long, COLUMNS, unit=unit)
    text = shown.names()[0]
    assert len(text) <= 1000
    assert text.endswith("…")
    assert shown.names(search="a" * 5000) == [text]


def test_moments_show_their_hour_and_their_day():
    moments = pd.DataFrame(
        {
            "subject_key": ["a", "b", "c"],
            "at": pd.to_datetime(["2026-11-23 08:05", "2026-11-22 18:30", None]).tz_localize("Europe/Paris"),
        }
    )
    shown = Watched()
    shown.show(
        moments.assign(day=moments["at"]),
        [Column(name="at", label="Heure", kind="time"), Column(name="day", label="Date", kind="date")],
        unit=unit,
    )
    assert [(row["at"], row["day"]) for row in shown.rows()] == [
        ("08:05", "2026-11-23"),
        ("18:30", "2026-11-22"),
        ("", ""),
    ]
    assert [row["at"] for row in shown.rows(sort=[["at", False]])] == ["08:05", "18:30", ""]
    assert [row["at"] for row in shown.rows(sort=[["day", False]])] == ["18:30", "08:05", ""]
    assert [row["at"] for row in shown.rows(filters={"at": "> 9h"})] == ["18:30"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("lefevre", ["LEFÈVRE Zoé"]),
        ("ZOE lefè", ["LEFÈVRE Zoé"]),
        ("oeuvrard", ["Œuvrard Éric"]),
        ("d'artagnan 2610", ["d’ARTAGNAN Jean-Noël"]),
        ("91 21 01", ["LEFÈVRE Zoé"]),
        ("zoe zimmer", []),
        ("<img", ["<img src=x onerror=alert(1)>"]),
        ("   ", list(NAMES)),
    ],
)
def test_a_search_finds_every_word_somewhere_in_the_row(table: Watched, search: str, found: list[str]):
    assert table.names(search=search) == found


def test_a_search_finds_addresses_and_receivers(table: Watched):
    table.address(who(receiver={0: "→ Mme Lefèvre-Duval"}))
    assert table.names(search="duval") == ["LEFÈVRE Zoé"]
    assert table.names(search="p1@ zimmer") == ["ZIMMER Alexis"]
    assert table.names(filters={"patient": "duval"}) == ["LEFÈVRE Zoé"]
    assert table.names(filters={ADDRESS: "P1@EX"}) == ["ZIMMER Alexis"]


@pytest.mark.parametrize(
    ("column", "asked", "files"),
    [
        ("patient", "eric", ["10"]),
        ("file_number", "a", ["A12", "A9"]),
        ("time", "08:", ["999", "A12"]),
        ("time", ">= 10h", ["1893", "10", "A9"]),
        ("time", "< 8h40", ["999"]),
        ("time", "8:30..10:00", ["1893", "2610", "A12"]),
        ("date", "> 24/11/2026", ["2610", "A12"]),
        ("date", "<=2026-11-23", ["1893", "10", "A9"]),
        ("date", "= 1/12/26", ["2610"]),
        ("balance", "> 1 000", ["2610"]),
        ("balance", "≥ 12,5", ["1893", "2610", "A9"]),
        ("balance", "-5..0", ["10", "A12"]),
        ("balance", "50", ["1893", "2610", "A9"]),
        ("balance", ">", ["1893", "999", "2610", "10", "A12", "A9"]),
        ("date", "> 24/1", ["1893", "999", "2610", "10", "A12", "A9"]),
    ],
)
def test_a_column_is_filtered_by_its_text_or_by_comparing(
    table: Watched, french: None, column: str, asked: str, files: list[str]
):
    assert [row["file_number"] for row in table.rows(filters={column: asked})] == files


def test_rows_sort_by_value_and_empty_ones_come_last_either_way(table: Watched):
    assert [row["balance"] for row in table.rows(sort=[["balance", False]])] == [
        "-3.00",
        "0.00",
        "12.50",
        "50.00",
        "1,234.50",
        "",
    ]
    assert [row["balance"] for row in table.rows(sort=[["balance", True]])] == [
        "1,234.50",
        "50.00",
        "12.50",
        "0.00",
        "-3.00",
        "",
    ]
    assert [row["file_number"] for row in table.rows(sort=[["file_number", False]])] == [
        "10",
        "999",
        "1893",
        "2610",
        "A9",
        "A12",
    ]
    assert table.names(sort=[["patient", False]])[1:] == [
        "ABBÉ {{7*7}}",
        "d’ARTAGNAN Jean-Noël",
        "LEFÈVRE Zoé",
        "Œuvrard Éric",
        "ZIMMER Alexis",
    ]


def test_a_second_order_decides_where_the_first_is_equal(table: Watched):
    ordered = table.rows(sort=[["date", False], ["time", True]])
    assert [row["time"] for row in ordered][:3] == ["14:00", "11:00", "10:00"]


def test_by_address_those_that_need_a_person_come_first_and_the_unknown_last(table: Watched):
    known = who(problem={4: "pas d’adresse"}, hint={2: "gmial.com : gmail.com ?"}, opted_out={1: True})
    table.address(known.drop("appointment:0"))
    assert [row["row"] for row in table.rows(sort=[[ADDRESS, False]])] == [4, 2, 1, 3, 5, 0]


def test_everyone_is_ticked_at_first_and_ticks_stay_through_search_and_order(table: Watched):
    assert len(table.ticked) == 6
    heard: list[int] = []
    table.on_ticks(lambda: heard.append(len(table.ticked)))
    table.hears("tick", row=0, on=False)
    table.rows(search="zimmer", sort=[["patient", True]])
    assert table.ticked == [f"appointment:{number}" for number in range(1, 6)]
    assert heard == [5]


def test_all_means_every_row_the_filter_shows_and_none_means_none_at_all(table: Watched):
    table.hears("tick", on=False)
    assert table.ticked == []
    table.ticks_shown(True, {"filters": {"date": "11-23"}})
    assert table.ticked == ["appointment:0", "appointment:3", "appointment:5"]
    table.rows(search="zimmer")
    table.hears("tick", on=False)
    assert table.ticked == []


def test_a_range_is_ticked_in_the_order_the_page_shows(table: Watched):
    table.hears("tick", on=False)
    table.ticks_shown(True, {"sort": [["time", False]]}, **{"from": 0, "to": 4})
    assert table.ticked == ["appointment:0", "appointment:2", "appointment:4"]


def test_a_range_ends_with_the_rows_it_was_asked_of_or_is_not_ticked(table: Watched):
    table.ticks_shown(False, {}, **{"from": 2, "to": 2})
    assert table.ticked == [f"appointment:{number}" for number in (0, 1, 3, 4, 5)]
    assert table.ticks_shown(False, {"search": "zimmer"}, **{"from": 0, "to": 1})["late"]
    assert len(table.ticked) == 5


def test_rows_that_have_moved_since_they_were_shown_are_not_ticked_in_place_of_those_seen(table: Watched):
    by_address = {"sort": [["pw-address", False]]}
    table.address(who(address={number: f"{number}@exemple.fr" for number in range(6)}))
    shown = table.hears("rows", start=0, end=100, asked=by_address)
    table.address(who(address={number: f"{9 - number}@exemple.fr" for number in range(6)}))
    for question in ({"from": 0, "to": 1}, {}):
        assert table.hears("tick", on=False, asked=by_address, order=shown["order"], **question)["late"]
    assert len(table.ticked) == 6
    table.ticks_shown(False, by_address, **{"from": 5, "to": 4})
    assert table.ticked == [f"appointment:{number}" for number in range(4)]


@pytest.mark.parametrize("other", [{"search": "e"}, {"sort": [["patient", True]]}, {"filters": {"time": "> 9h"}}])
def test_what_is_shown_has_another_name_once_something_else_is_asked(table: Watched, other: dict[str, Any]):
    first = table.hears("rows", start=0, end=100, asked={})["order"]
    assert table.hears("rows", start=0, end=100, asked=other)["order"] != first
    assert table.hears("tick", on=False, asked=other, order=first)["late"]
    assert table.hears("rows", start=0, end=1, asked={"hidden": ["time"]})["order"] == first


def test_every_page_learns_the_ticks_as_a_bit_a_row(table: Watched):
    table.hears("tick", row=1, on=False)
    told, buffers = table.sent[-2]
    assert told["kind"] == "ticks"
    assert list(np.unpackbits(np.frombuffer(buffers[0], np.uint8), bitorder="little")[:6]) == [1, 0, 1, 1, 1, 1]


def test_numbers_count_what_is_ticked_usable_and_outside_the_filter(table: Watched):
    table.address(who(problem={4: "pas d’adresse", 5: "invalide"}, opted_out={3: True}, address={1: "P0@exemple.fr "}))
    table.hears("tick", row=5, on=False)
    table.rows(search="e", filters={"time": "< 12h"})
    assert table.counts == {
        "rows": 6, "filtered": 5, "ticked": 5, "ticked_outside_filter": 0, "unusable": 1, "excluded": 1, "unknown": 0,
        "patients": 0, "to_phone": 0,
        "addresses": 2,
    }  # fmt: skip
    table.rows(search="zimmer")
    assert table.counts["ticked_outside_filter"] == 4


def test_the_line_of_numbers_reads_as_a_person_says_it(table: Watched, french: None):
    line = {piece["part"]: piece["text"] for piece in table.hears("start")["line"]}
    assert line == {"rows": "6 rendez-vous", "ticked": "6 cochés", "addresses": "6 adresses en cours de vérification…"}
    table.address(who(problem={4: "pas d’adresse"}, opted_out={3: True}))
    answer = table.hears("rows", start=0, end=1, asked={"search": "zimmer"})
    assert {piece["part"]: piece["text"] for piece in answer["line"]} == {
        "rows": "6 rendez-vous",
        "shown": "1 affiché",
        "ticked": "6 cochés, dont 5 hors filtre",
        "problems": "1 sans adresse utilisable",
        "excluded": "1 exclu",
        "addresses": "4 adresses",
    }


def test_rows_nobody_told_about_are_not_known_and_keep_what_was_told_before(table: Watched):
    table.address(who().iloc[:2])
    assert [row["known"] for row in table.rows()] == [True, True, False, False, False, False]
    table.address(who(address={2: "corrigee@exemple.fr"}).iloc[[2]])
    assert [row["address"] for row in table.rows()][:4] == ["p0@exemple.fr", "p1@exemple.fr", "corrigee@exemple.fr", ""]
    assert table.counts["unknown"] == 3


def test_who_stays_out_says_why_and_is_no_problem(table: Watched):
    told = who(address={2: "a@exemple.fr"}).assign(excluded="", detail="")
    told.loc["appointment:2", ["excluded", "detail"]] = ["décédé", "Le patient est décédé."]
    table.address(told)
    row = next(row for row in table.rows() if row["row"] == 2)
    assert (row["excluded"], row["detail"], row["problem"]) == ("décédé", "Le patient est décédé.", "")
    assert table.counts["excluded"] == 1
    assert table.counts["addresses"] == 5


def test_only_the_rows_with_a_problem_can_be_shown(table: Watched):
    table.address(who(problem={4: "pas d’adresse", 5: "invalide"}))
    assert [row["problem"] for row in table.rows(problems=True)] == ["pas d’adresse", "invalide"]


def test_new_rows_start_afresh_unless_what_was_done_is_kept(table: Watched):
    table.rows(search="e")
    table.hears("tick", row=0, on=False)
    table.hears("active", row=2)
    later = frame().iloc[[2, 0, 1]]
    table.show(later, COLUMNS, unit=unit, keep=True)
    assert table.ticked == ["appointment:2", "appointment:1"]
    assert table.active == "appointment:2"
    assert table.hears("start")["asked"]["search"] == "e"
    table.show(later, COLUMNS, unit=unit)
    assert len(table.ticked) == 3
    assert table.active == ""
    assert table.hears("start")["asked"]["search"] == ""
    assert table.hears("start")["asked"]["hidden"] == ["phone"]


def test_a_question_about_earlier_rows_is_not_answered_with_later_ones(table: Watched):
    heard: list[str] = []
    table.on_correct(lambda key, address: heard.append(key))
    table.on_opt_out(lambda key, on: heard.append(key))
    earlier = table.generation
    table.show(frame(), COLUMNS, unit=unit)
    for kind, message in {
        "rows": {"start": 0, "end": 1, "asked": {}}, "tick": {"row": 0, "on": False}, "active": {"row": 0},
        "correct": {"row": 0, "address": "x@exemple.fr"}, "opt_out": {"row": 0, "on": True},
    }.items():  # fmt: skip
        assert table.hears(kind, **{**message, "generation": earlier})["late"], kind
    assert heard == []
    assert len(table.ticked) == 6
    assert table.active == ""


def test_the_row_a_person_turns_to_is_told_by_its_key_and_can_be_set(table: Watched):
    heard: list[str] = []
    table.on_active(heard.append)
    table.hears("active", row=3)
    assert heard == [table.active] == ["appointment:3"]
    table.active = "appointment:1"
    assert table.sent[-1][0] == {"kind": "active", "row": 1}
    assert table.hears("where", row=1, asked={"sort": [["time", True]]})["place"] == 5
    assert table.hears("where", row=1, asked={"search": "lefevre"})["place"] == -1
    table.active = "nobody"
    assert table.active == ""


def test_a_correction_reaches_the_callback_and_its_refusal_the_page(table: Watched):
    heard: list[tuple[str, str]] = []

    def correct(key: str, address: str) -> None:
        if "@" not in address:
            raise BadValue("the sign @ is missing")
        heard.append((key, address))

    table.on_correct(correct)
    assert table.hears("correct", row=4, address="odette")["error"] == "the sign @ is missing"
    assert "error" not in table.hears("correct", row=4, address="  odette@exemple.fr ")
    assert heard == [("appointment:4", "odette@exemple.fr")]


def test_an_opt_out_reaches_the_callback(table: Watched):
    heard: list[tuple[str, bool]] = []
    table.on_opt_out(lambda key, on: heard.append((key, on)))
    table.hears("opt_out", row=2, on=True)
    table.hears("opt_out", row=2, on=False)
    assert heard == [("appointment:2", True), ("appointment:2", False)]


def test_without_a_callback_the_page_offers_neither_correction_nor_opt_out(table: Watched):
    start = table.hears("start")
    assert (start["can_correct"], start["can_opt_out"]) == (False, False)
    table.on_correct(lambda key, address: None)
    table.on_opt_out(lambda key, on: None)
    start = table.hears("start")
    assert (start["can_correct"], start["can_opt_out"]) == (True, True)


def test_the_receiver_stands_beside_the_patient_or_the_first_text():
    shown = Watched()
    shown.show(frame(), COLUMNS, unit=unit)
    assert shown.hears("start")["receiver"] == "patient"
    shown.show(
        frame(),
        [Column(name="time", label="Heure", kind="time"), Column(name="file_number", label="Dossier")],
        unit=unit,
    )
    assert shown.hears("start")["receiver"] == "file_number"


def test_a_table_without_rows_and_a_frame_without_rows_say_so():
    shown = Watched()
    assert shown.hears("start")["rows"] == 0
    shown.show(frame().iloc[:0], COLUMNS, unit=unit)
    assert shown.rows(search="x", sort=[["patient", False], ["balance", True]]) == []
    assert shown.counts["addresses"] == 0
    assert shown.ticked == []


def test_nothing_of_a_patient_is_in_what_a_notebook_may_save(table: Watched):
    table.address(who())
    table.rows(search="lefevre")
    table.hears("active", row=0)
    kept = {name: value for name, value in table.get_state().items() if name not in {"_esm", "_css"}}
    for secret in ("LEFÈVRE", "lefevre", "exemple.fr", "appointment:"):
        assert secret not in json.dumps(kept, default=str)
        assert secret not in repr(table)


def test_a_hundred_thousand_rows_are_searched_sorted_and_ticked():
    count = 100_000
    many = (
        frame()
        .sample(count, replace=True, random_state=1)
        .assign(subject_key=[f"appointment:{number}" for number in range(count)])
    )
    shown = Watched()
    shown.show(many, COLUMNS, unit=unit)
    answer = shown.hears("rows", start=0, end=10, asked={"search": "lefevre zoe", "sort": [["time", False]]})
    assert answer["total"] == (many["patient"] == "LEFÈVRE Zoé").sum()
    shown.hears("tick", on=False)
    shown.ticks_shown(True, {"search": "lefevre zoe"})
    assert len(shown.ticked) == answer["total"]


def test_amounts_and_moments_read_as_people_write_them_and_compare(french: None):
    moments = pd.Series(pd.to_datetime(["2026-11-24 09:00", "2026-11-24 08:30", None])).dt.tz_localize("Europe/Paris")
    rows = pd.DataFrame({"subject_key": ["a", "b", "c"], "owed": [1234.5, 45.0, float("nan")], "next": moments})
    owed, then = (ColumnValues(rows[name], kind) for name, kind in (("owed", "money"), ("next", "moment")))
    everyone = np.arange(3)
    assert owed.shown(everyone) == ["1\u202f234,50\u202f€", "45,00\u202f€", ""]
    assert owed.compared("> 100").tolist() == [True, False, False]
    assert then.shown(everyone) == ["24/11/2026 09:00", "24/11/2026 08:30", ""]
    assert then.compared("= 24/11/2026").tolist() == [True, True, False]
    assert then.order[1] < then.order[0]
    assert np.isnan(then.order[2])


def test_a_note_ends_the_line_of_numbers(table: Watched):
    table.show(frame(), (), unit=unit, note="Agenda imported on 2026-11-21 at 16:45")
    assert table.answers["start"]({})[0]["line"][-1] == {
        "part": "note",
        "text": "Agenda imported on 2026-11-21 at 16:45",
    }


def test_how_long_ago_is_counted_from_the_practice_s_day(table: Watched):
    rows = frame(2).assign(last_message_at=pd.to_datetime(["2020-03-01", "2020-03-04"]))
    columns = (Column(name="last_message_at", label="Dernier message", kind="since"),)
    table.show(rows, columns, unit=unit, today=date(2020, 3, 4))
    assert [row["last_message_at"] for row in table.rows()] == ["3 days ago", "today"]
    assert table.rows(filters={"last_message_at": "today"})[0]["row"] == 1


def test_rows_are_read_once_for_the_first_search_and_again_when_addresses_are_told(table: Watched, monkeypatch):
    read: list[str] = []
    holding = ColumnValues.holding

    def counted(values: ColumnValues, word: str) -> Any:
        read.append(word)
        return holding(values, word)

    monkeypatch.setattr(ColumnValues, "holding", counted)
    table.hears("prepare")
    first = len(read)
    assert first
    table.hears("prepare")
    assert len(read) == first
    table.address(pd.DataFrame({"address": ["a@exemple.fr"]}, index=["s0"]))
    table.hears("prepare")
    assert len(read) == 2 * first
