from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.patients.imports.values import (
    DayStyle,
    Unreadable,
    converted,
    day_reader,
    looks_rounded,
    malformed,
    moment_reader,
    read_cents,
    read_key,
    read_text,
    read_time,
    read_weekday,
    read_whole,
    read_yes_no,
    word_reader,
)


@pytest.mark.parametrize(
    ("cell", "order", "moment"),
    [
        ("2016-04-29T18:38:08Z", "dmy", datetime(2016, 4, 29, 18, 38, 8)),
        ("2016-04-29T00:00:00Z", "dmy", datetime(2016, 4, 29)),
        ("2026-11-22T08:40+01:00", "dmy", datetime(2026, 11, 22, 8, 40)),
        ("2026-11-22 08:40", "mdy", datetime(2026, 11, 22, 8, 40)),
        ("2026-11-22", "dmy", datetime(2026, 11, 22)),
        ("22/11/2026", "dmy", datetime(2026, 11, 22)),
        ("22/11/2026 08:40", "dmy", datetime(2026, 11, 22, 8, 40)),
        ("22.11.2026 à 8h40", "dmy", datetime(2026, 11, 22, 8, 40)),
        ("3-4-2026 8h", "dmy", datetime(2026, 4, 3, 8)),
        ("3/4/2026 2:15 pm", "mdy", datetime(2026, 3, 4, 14, 15)),
        ("2026/11/22", "dmy", datetime(2026, 11, 22)),
        ("20261122", "dmy", datetime(2026, 11, 22)),
        ("29/02/2024", "dmy", datetime(2024, 2, 29)),
    ],
)
def test_moments_are_read_as_they_are_written(cell: str, order: str, moment: datetime) -> None:
    assert moment_reader(DayStyle(order=order))(cell) == moment
    assert day_reader(DayStyle(order=order))(cell) == moment.date()


@pytest.mark.parametrize("cell", ["31/02/2026", "22/11/26", "11/22/2026", "soon", "22/11/2026 25:00", "0/0/2026", "1"])
def test_what_is_no_moment_is_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        moment_reader(DayStyle(order="dmy"))(cell)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))
def test_a_french_moment_is_read_back(moment: datetime) -> None:
    assert moment_reader(DayStyle(order="dmy"))(moment.strftime("%d/%m/%Y %H:%M:%S")) == moment
    assert moment_reader(DayStyle(order="mdy"))(moment.strftime("%m/%d/%Y %H:%M:%S")) == moment
    assert moment_reader(DayStyle(order="dmy"))(moment.isoformat() + "Z") == moment


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("2.98725E+13", "29872500000000"),
        ("2.9872499824296E+13", "29872499824296"),
        ("4E3", "4000"),
        ("29872499824296.0", "29872499824296"),
        ("93779.52927", "93779.52927"),
        ("1.5E0", "1.5E0"),
        ("2.5E-3", "2.5E-3"),
        ("007", "007"),
        ("007.0", "007.0"),
        ("0E5", "0E5"),
        ("Null", "Null"),
        ("NA", "NA"),
        ("12E4X", "12E4X"),
        ("1E999999999", "1E999999999"),
        ("F/2026 12", "F/2026 12"),
    ],
)
def test_a_key_is_a_text_and_only_a_whole_number_is_written_out(cell: str, key: str) -> None:
    assert read_key(cell) == key


def test_a_key_that_a_spreadsheet_rounded_is_seen() -> None:
    assert looks_rounded("2.98725E+13")
    assert not looks_rounded("29872499824296")


@given(st.text(min_size=1))
def test_a_key_read_again_is_the_same_key(text: str) -> None:
    assert read_key(read_key(text)) == read_key(text)


@pytest.mark.parametrize(
    ("cell", "cents"),
    [
        ("1 234,50 €", 123450),
        ("1\u202f234,50\u00a0€", 123450),
        ("1,234.50", 123450),
        ("1.234,50 EUR", 123450),
        ("1 500", 150000),
        ("1.500,00", 150000),
        ("-12.3", -1230),
        ("0", 0),
    ],
)
def test_sums_are_read_to_the_cent(cell: str, cents: int) -> None:
    assert read_cents(cell) == cents


@pytest.mark.parametrize("cell", ["12,345.678", "NaN", "Infinity", "free", "1,2,3", "1E40", "1.500", "-1,500 €"])
def test_other_sums_are_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        read_cents(cell)


def test_small_things_are_read() -> None:
    assert read_time("8h40") == time(8, 40)
    assert read_time("12:05 am") == time(0, 5)
    assert read_whole("20 min") == 20
    assert read_yes_no("OUI") is True
    assert read_yes_no("Faux") is False
    assert word_reader("states")("Manqué") == "missed"
    assert read_text(" Anne\r\n Marie\x00 ") == "Anne Marie"
    assert day_reader(DayStyle(order="dmy"))("22/11/2026 08:40") == date(2026, 11, 22)


@pytest.mark.parametrize("cell", ["24h", "8h75", "13 pm", "noon", ""])
def test_other_hours_are_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        read_time(cell)


def test_an_address_is_looked_at_and_nothing_is_no_malformed_one() -> None:
    assert malformed("zoe@mail")
    assert not malformed("zoe@mail.example")
    assert not malformed("")
    assert not malformed(None)


def test_a_column_is_read_with_its_own_words() -> None:
    words = {"Yes": "missed", "": "upcoming", "*": "present"}
    column = converted(["Yes", "yes", "No", "", " Maybe "], word_reader("states"), words=words)
    assert list(column.values) == ["missed", "missed", "present", "upcoming", "present"]
    assert list(column.unreadable) == []


def test_cells_that_cannot_be_read_are_told_by_place() -> None:
    column = converted(["1", "one", "", "2", "one"], read_whole)
    assert list(column.values) == [1, None, None, 2, None]
    assert list(column.unreadable) == [1, 4]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("12 mars 2014", date(2014, 3, 12)),
        ("1er décembre 2026", date(2026, 12, 1)),
        ("mardi 24 novembre 2026", date(2026, 11, 24)),
        ("12-févr.-2014", date(2014, 2, 12)),
        ("3 August 2020", date(2020, 8, 3)),
        ("24.11.2026", date(2026, 11, 24)),
    ],
)
def test_a_day_in_words_is_read(cell: str, day: date) -> None:
    assert day_reader()(cell) == day


def test_a_moment_in_words_keeps_its_hour() -> None:
    assert moment_reader()("mardi 24 novembre 2026 à 8h40") == datetime(2026, 11, 24, 8, 40)


@pytest.mark.parametrize("cell", ["12 brumaire 2014", "30 février 2014", "12 mars 14", "12/03/14", "41710"])
def test_what_may_be_another_day_is_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        day_reader()(cell)


def test_a_year_of_two_digits_is_read_once_the_mapping_says_its_century() -> None:
    read = day_reader(DayStyle(years_from=1930))
    assert [read(cell).year for cell in ("12/03/29", "12/03/30", "12 mars 14", "12/03/1901")] == [
        2029, 1930, 2014, 1901,
    ]  # fmt: skip


def test_a_number_of_excel_is_a_day_only_where_the_mapping_says_so() -> None:
    read = moment_reader(DayStyle(serials=True))
    assert read("41710") == datetime(2014, 3, 12)
    assert read("41710.36111111111") == datetime(2014, 3, 12, 8, 40)
    assert read("12/03/2014") == datetime(2014, 3, 12)


def test_a_weekday_is_read_by_its_name_and_never_by_a_number() -> None:
    assert [read_weekday(cell) for cell in ("Lundi", "dim.", "Wednesday")] == [0, 6, 2]
    with pytest.raises(Unreadable):
        read_weekday("1")
