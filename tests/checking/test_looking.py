from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.checking.looking import check_template
from workbench.checking.markup import LARGEST_READ, as_author_wrote, read_markup
from workbench.checking.remarks import CHECK_COLUMNS, checked_frame, error, few_of_each, warning
from workbench.domain.mailings import Severity


def test_an_ordinary_email_type_is_in_order(look):
    assert look("<p>Bonjour @DAPPEL,</p><p>À demain, @RDVHEURE.</p>", "Votre rendez-vous du @RDVDATE") == []
    assert check_template.__doc__


def test_who_it_could_not_be_merged_for_is_named(look):
    (found,) = look("<p>Bonjour {% if PACCORD == '(e)' %}{{ 1 // 0 }}{% endif %}</p>")
    assert (found.code, found.severity, found.recipient) == ("render_error", Severity.ERROR, "unknown_sex")


def test_what_fails_with_everybody_names_nobody(look):
    (found,) = [one for one in look("<p>x</p>\n<p>{{ 1 // 0 }}</p>") if one.code == "render_error"]
    assert (found.recipient, found.line) == ("", 2)


def test_an_email_type_with_unknown_fields_is_looked_through_all_the_same(codes):
    found = codes('<p>@PNOMS</p><a href="#">x</a>', "Votre extraction")
    assert found == ["unknown_field:@PNOMS", "health_word:extraction", "link_to_nothing"]


def test_errors_come_first_and_the_frame_tells_the_lines():
    told = few_of_each([warning("a", "un", line=3), error("b", "deux"), warning("a", "un", line=3)])
    frame = checked_frame(told)
    assert tuple(frame.columns) == CHECK_COLUMNS
    assert list(frame["severity"]) == ["error", "warning"]
    assert frame["line"].isna().tolist() == [True, False]
    assert list(checked_frame([]).columns) == list(CHECK_COLUMNS)


def test_lines_are_those_of_the_author_whatever_stands_in_tags():
    markup = read_markup(as_author_wrote("{# a\nb #}<p>{{ PNOM\n}}</p>\n<b>x</b>"))
    assert [(one.tag, one.line) for one in markup.elements] == [("p", 2), ("b", 4)]


def test_of_a_huge_text_the_beginning_is_read():
    markup = read_markup("<b>" * LARGEST_READ)
    assert not markup.whole
    assert len(markup.elements) <= LARGEST_READ // 3 + 1


PIECES = st.sampled_from(
    ["<p>", "</p>", "<a href='", "'>", "<style>", "</style>", "{", "}", "@PNOM", "{{ PNOM }}", "<img src=", ">", "x ",
     "\n", "style='color:#", "';", "<!--", "-->", "&#0;", "\ue000", "é", '"', "<td bgcolor=", "font-size:1e9px", "h1",
     "<", "/"]
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_any_html_is_read(pieces):
    from workbench.checking.accessibility import check_author, check_merged
    from workbench.checking.links import check_links, check_pictures
    from workbench.checking.mail_programs import check_mail_programs

    markup = read_markup(as_author_wrote("".join(pieces)))
    found = [*check_links(markup), *check_author(markup), *check_merged(markup, markup)]
    found += check_pictures(markup, kept=(), is_beside=lambda _name: False)
    found += check_mail_programs(markup, [markup], ())
    assert all(one.message and one.severity is Severity.WARNING for one in found)


@pytest.mark.parametrize("piece", ["url(", "<b ", "! ", "{a", "de ", "((", "<a href=#>", "&", "</i>", '"', "style="])
def test_a_repeated_piece_is_no_hang(piece):
    from workbench.checking.accessibility import check_merged
    from workbench.checking.mail_programs import check_mail_programs
    from workbench.checking.words import advertising

    text = piece * (40_000 // len(piece))
    for html in (text, f'<p style="{text}">x</p>', f"<style>{text}</style>"):
        markup = read_markup(html)
        check_mail_programs(markup, [markup], ())
        check_merged(markup, markup)
    advertising(text, text)
