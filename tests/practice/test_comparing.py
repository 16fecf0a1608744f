"""What changed in an email type is told part by part and word by word."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.options import Options
from workbench.domain.templates import Template
from workbench.practice.comparing import ADDED, REMOVED, by_words, compared

OLD = Template(label="Rappel", subject="Rappel du @RDVDATE", html="<p>Bonjour @PNOM,</p><p>à demain.</p>")


@given(st.text(alphabet="ab @é\n.", max_size=60), st.text(alphabet="ab @é\n.", max_size=60))
def test_the_pieces_make_both_texts(old: str, new: str) -> None:
    pieces = by_words(old, new)
    assert "".join(text for sign, text in pieces if sign != ADDED) == old
    assert "".join(text for sign, text in pieces if sign != REMOVED) == new


def test_the_text_is_compared_as_it_is_read() -> None:
    (change,) = compared(OLD, replace(OLD, html="<p>Bonjour @PNOM,</p><p>à <b>lundi</b>.</p>"))
    assert change.part == "html"
    assert change.pieces == (("", "Bonjour @PNOM,\n\nà "), ("-", "demain"), ("+", "lundi"), ("", "."))


def test_what_only_looks_otherwise_has_no_pieces() -> None:
    (change,) = compared(OLD, replace(OLD, html="<p>Bonjour <b>@PNOM</b>,</p><p>à demain.</p>"))
    assert (change.part, change.pieces) == ("html", ())


def test_a_field_is_one_word() -> None:
    (change,) = compared(OLD, replace(OLD, subject="Rappel du @RDVHEURE"))
    assert change.pieces == (("", "Rappel du "), ("-", "@RDVDATE"), ("+", "@RDVHEURE"))


def test_settings_are_told_as_they_read() -> None:
    new = replace(OLD, health=True, options=Options(read_receipt=True), attachments=("ab/plan.pdf",), account="cabinet")
    told = {change.part: change.pieces for change in compared(OLD, new)}
    assert told["health"] == (("-", "no"), ("+", "yes"))
    assert told["options"] == (("+", "read_receipt: yes"),)
    assert told["attachments"] == (("+", "plan.pdf"),)
    assert told["account"] == (("+", "cabinet"),)
    assert compared(new, new) == []


def test_a_very_long_text_is_compared_in_no_time() -> None:
    old, new = ("".join(f"{word}{number} " for number in range(20_000)) for word in "ab")
    assert by_words(old, new) == [("-", old), ("+", new)]


def test_words_that_change_side_by_side_are_told_together() -> None:
    assert by_words("Essai court ici", "Un autre objet ici") == [
        ("-", "Essai court"), ("+", "Un autre objet"), ("", " ici"),
    ]  # fmt: skip
