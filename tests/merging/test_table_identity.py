"""What identifies a table and its rows does not depend on where it is cut, and repeated rows are found across cuts."""

from __future__ import annotations

import tracemalloc

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UnknownName
from workbench.merging.recipient_tables import TableSurvey, digest_of_table, plain_table, recipients_from_table
from workbench.merging.table_identity import RepeatedRows, keys_of, row_digests

cells = st.sampled_from(["a@exemple.test", "A@Exemple.test", "b@exemple.test", "", "x", "1", "é", "e\u0301"])
tables = st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=12)


def framed(rows: list[tuple[str, ...]], headings: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(headings), dtype=object)


def surveyed(frame: pd.DataFrame, size: int) -> tuple[TableSurvey, str, list[pd.DataFrame]]:
    parts = [frame.iloc[start : start + size].reset_index(drop=True) for start in range(0, len(frame), size)]
    survey = TableSurvey(frame.columns.tolist())
    for part in parts:
        survey.add(plain_table(part))
    return survey, survey.end(), parts


@given(rows=tables, size=st.integers(1, 5), headings=st.sampled_from([("email", "id", "nom"), ("nom", "email", "x")]))
def test_recipients_of_the_parts_are_those_of_the_whole(rows, size, headings):
    frame = framed(rows, headings)
    survey, digest, parts = surveyed(frame, size)
    whole = recipients_from_table(frame)
    found, findings, first = [], [], 0
    for part in parts:
        some = recipients_from_table(part, repeated=survey.repeated, first=first)
        found.append(some.frame)
        findings += some.findings
        first += len(part)
    assert pd.concat(found, ignore_index=True).to_dict("list") == whole.frame.to_dict("list")
    assert sorted(findings, key=repr) == sorted(whole.findings, key=repr)
    assert digest == digest_of_table(frame)
    assert survey.rows == len(frame)


@given(rows=tables, data=st.data())
def test_a_table_is_the_same_in_any_order_and_another_with_any_other_cell(rows, data):
    frame = framed(rows, ("email", "id", "nom"))
    turned = framed(data.draw(st.permutations(rows)), ("email", "id", "nom"))[["nom", "email", "id"]]
    assert digest_of_table(turned) == digest_of_table(frame)
    assert digest_of_table(framed([*rows, rows[0]], ("email", "id", "nom"))) != digest_of_table(frame)
    assert digest_of_table(frame.rename(columns={"nom": "prénom"})) != digest_of_table(frame)
    place, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.sampled_from(["email", "id", "nom"]))
    frame.loc[place, column] = "something else"
    assert digest_of_table(frame) != digest_of_table(turned)


def test_numbers_count_as_they_are_written_and_cells_are_not_run_together():
    as_text = pd.DataFrame({"email": ["a@b.fr", "c@d.fr"], "id": ["7", None]})
    as_numbers = pd.DataFrame({"email": ["a@b.fr", "c@d.fr"], "id": [7, None]})
    assert digest_of_table(as_text) == digest_of_table(as_numbers)
    one = pd.DataFrame({"email": ['a","b'], "nom": [""]})
    assert digest_of_table(one) != digest_of_table(pd.DataFrame({"email": ["a"], "nom": ["b"]}))


def test_a_row_is_known_by_its_id_its_mailbox_or_its_line():
    assert keys_of(["A@B.fr", "x@y.fr", ""], [None, " 7 ", None], first=10) == ["a@b.fr", "7", "line-14"]


def test_a_table_without_addresses_is_refused_before_it_is_read():
    with pytest.raises(UnknownName, match="no column « email »"):
        TableSurvey(["nom", "ville"])


def test_a_number_that_no_ledger_keeps_is_missing_before_anybody_sees_it():
    endless = float("inf")
    frame = pd.DataFrame({"email": ["a@b.fr", "c@d.fr"], "n": [2.0, endless], "l": [[1, float("nan")], {"a": endless}]})
    values = plain_table(frame)
    assert values["n"].tolist() == [2, None]
    assert values["l"].tolist() == [[1, None], {"a": None}]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_repeated_row_takes_no_other_rows_key(size):
    ids = ["a", "a", "a#2", "a#2#", "b"]
    frame = framed([(one, f"p{place}@exemple.test", "x") for place, one in enumerate(ids)], ("id", "email", "nom"))
    survey, _digest, parts = surveyed(frame, size)
    keys, first = [], 0
    for part in parts:
        keys += recipients_from_table(part, repeated=survey.repeated, first=first).frame["recipient_id"].tolist()
        first += len(part)
    assert keys == ["row:a", "row:a#2##", "row:a#2", "row:a#2#", "row:b"]
    assert recipients_from_table(frame).frame["recipient_id"].tolist() == keys


def test_a_table_is_looked_through_in_a_few_bytes_a_row():
    rows, size = 40_000, 1_000
    found = RepeatedRows()
    tracemalloc.start()
    try:
        for first in range(0, rows, size):
            keys = [f"{place % 39_990}" for place in range(first, first + size)]
            found.add(keys, row_digests(["a"], [keys]), keys)
        found.end()
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 200_000
    assert most < 30 * rows + 500_000
    assert [found.kept(["0", "1"], ["0", "1"], first=first).places for first in (0, 39_990)] == [[0, 1], []]
