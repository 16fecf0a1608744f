from __future__ import annotations

import pytest


@pytest.mark.parametrize("html", ["@PNOM@PPRENOM", "Bonjour@PNOM", "{{ PNOM }}@PPRENOM", "{{ PNOM }}{{ PPRENOM }}"])
def test_a_field_glued_to_what_is_before_it_is_told(look, html):
    (found,) = look(f"<p>x</p>\n<p>{html}</p>")
    assert found.code.startswith("touching_field:@P")
    assert found.line == 2


@pytest.mark.parametrize("html", ["@PNOM @PPRENOM", "né@PACCORD le @PNAIS", "d’@PNOM", "(@PNOM)", "@PNOM, @PPRENOM"])
def test_a_field_that_stands_apart_or_ends_a_word_is_in_order(codes, html):
    assert [code for code in codes(f"<p>{html}</p>") if code.startswith("touching")] == []


@pytest.mark.parametrize(
    "html", ["votre dentiste (@DENTTRAIT)", "suivi par @DENTTRAIT, à Paris", "chez le @DENTTRAIT."]
)
def test_a_hole_where_a_value_is_missing_is_told_with_whom_it_showed(look, html):
    (found,) = look(f"<p>Vous êtes {html}</p>")
    assert (found.code, found.recipient) == ("hole", "no_dentist")
    assert "{% if" in found.message


def test_a_hole_under_a_condition_is_none(codes):
    assert codes("<p>Bonjour{% if DENTTRAIT %} (@DENTTRAIT){% endif %}, à demain</p>") == []
    assert codes("<p>Votre dentiste : (@DENTTRAIT)</p>", defaults={"DENTTRAIT": "aucun"}) == []
    assert codes("<p>Votre dentiste : (@DENTTRAIT)</p>", required=("DENTTRAIT",)) == []


def test_what_reads_so_with_everybody_is_how_its_author_writes(codes):
    assert codes("<p>Choisissez : ( ) oui ( ) non , merci @PNOM</p>") == []
