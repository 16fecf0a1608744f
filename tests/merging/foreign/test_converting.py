"""From an old text to an email type: nothing is lost, nothing runs, the same again is the same."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from workbench.domain.templates import Template
from workbench.errors import TemplateRefused, UnknownName
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.foreign.converting import converted
from workbench.merging.foreign.left_over import left_over
from workbench.merging.foreign.reading import source_from_text
from workbench.merging.foreign.writing import LITERAL_AT
from workbench.merging.render import compile_template
from workbench.merging.syntax import LITERAL_BRACE
from workbench.merging.template_file import template_to_text

PIECES = st.sampled_from(
    ["@PNOM", "@NUMSS", "[FName]", "[", "]", "{", "}", "{{", "}}", "{%", "%}", "{#", "#}", "***NAME***", "*|IF:A|*",
     "*|FNAME|*", "{contactfield=firstname|x}", "{{ PNOM }}", "{{ tag.city }}", " @NOM@ ", "\\né\\née\\", "_A-B_",
     "&lt;", "${dateJour}", "&#64;", "&amp;", "@", "contact@CABINET.fr", "é", "«", "\u202e", "\ud800", "\x00", "\n",
     "\n\n", " ", "A", "z", "_", ".", "<", ">", '"', "'", LITERAL_BRACE, "raw"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=4), min_size=1, max_size=25).map("".join)
TAGS = st.sampled_from(
    ["<p>", "</p>", "<br>", "<b>", "</b>", '<a href="[FName]">', "<a title='{{ x }}'>", "</a>", "<script>x</script>",
     "<style>a{#b{}} @MEDIA x{}</style>", "<!-- {{ x }} -->", "<!--[if mso]>{{ a }}<![endif]-->", '<img src="cid:x">',
     "<p @CLICK=1>", "<p title=it's>", "</style>", '<p x="', "<td style='color:[X]'>"]
)  # fmt: skip
PAGES = st.lists(PIECES | TAGS, min_size=1, max_size=20).map(lambda parts: "<p>" + "".join(parts))


def made_of(text: str):
    return converted(source_from_text(text, name="x"), builtin_catalogue())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS | PAGES)
@example("{%{contactfield=firstname|x}%}")
@example("{% if {contactfield=firstname|x} %}")
def test_any_text_converts_or_is_refused_and_converts_into_itself(text):
    try:
        first = made_of(text)
    except TemplateRefused:
        return
    compiled = compile_template(first.template, builtin_catalogue())  # no name but ours is live
    assert not compiled.names
    assert not [one for one in compiled.findings if one.code.startswith("unknown_field:@") and one.code.isupper()]
    again = made_of(template_to_text(first.template))
    assert again.template.html == first.template.html
    assert again.template.subject == first.template.subject
    assert again.template.defaults == first.template.defaults


CODE = re.compile(r"\[FName\]|\*\*\*NAME\*\*\*|\*\|FNAME\|\*|\$\{dateJour\}|@PPRENOM|@PNOM|@DATE|\{\{ [A-Z]+ \}\}")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["[FName]", "***NAME***", "*|FNAME|*", "${dateJour}", "mot", "é < b", "&amp; {{", "{%",
                                 "@Cabinet", "a@b.fr", "\n", "\n\n", " "]), min_size=1, max_size=15))  # fmt: skip
def test_no_text_outside_of_codes_is_lost(parts):
    text = " ".join(parts)
    if not text.strip():
        return
    html = made_of(text).template.html
    shown = re.sub(r"<[^>]+>", " ", html.replace(LITERAL_BRACE, "{"))
    assert CODE.sub(" ", unescape(shown)).split() == CODE.sub(" ", text).split()


def test_codes_stand_beside_letters_signs_and_one_another(convert):
    made = convert("x[FName]y[LName][FName]2 {[LName]} {{[LName]}}")
    merged = compile_template(made.template, builtin_catalogue()).render({"PPRENOM": "Ada", "PNOM": "Roy"})
    assert "xAdayRoyAda2 {Roy} {{Roy}}" in merged.html


def test_codes_in_addresses_and_attributes_are_fields_too(convert):
    made = convert('<p title="[LName]"><a href="https://a.fr/rdv?n=[PatNum]&amp;p=x[FName].fr">Lien</a></p>')
    merged = compile_template(made.template, builtin_catalogue()).render(
        {"PNOM": 'A"><b>', "PDOSSIER": "12", "PPRENOM": "Léa"}
    )
    assert 'title="A&#34;&gt;&lt;b&gt;"' in merged.html
    assert "n=12" in merged.html
    assert "p=xL%C3%A9a.fr" in merged.html


def test_the_first_line_may_be_the_subject_with_its_codes(convert):
    made = convert("Objet : rappel pour [FName] @NUMSS\n\nBonjour")
    assert made.template.subject == f"rappel pour @PPRENOM {LITERAL_AT}NUMSS"
    assert made.template.html == "<p>Bonjour</p>\n"
    assert [code.lines for code in made.codes] == [(0,), (0,)]


def test_unknown_codes_are_listed_once_with_lines_and_what_they_may_mean(convert):
    made = convert("@DATERDV\n@PNOM @NUMDOSSIER\n@NUMDOSSIER")
    unknown = {code.written: (code.times, code.lines, code.near[0]) for code in made.unknown}
    assert unknown == {"@DATERDV": (1, (1,), "RDVDATE"), "@NUMDOSSIER": (2, (2, 3), "PDOSSIER")}


def test_what_is_said_of_a_code_counts_before_what_was_remembered_and_before_a_table(convert):
    remembered = {"[FName]": "PNOM", "[Pied]": ""}
    assert "@PNOM." in convert("[FName].[Pied]", remembered=remembered).template.html
    made = convert("[FName].[Pied]", remembered=remembered, given={"FName": "PPRENOM PNOM", "[Pied]": "@DATE"})
    assert made.template.html == "<p>@PPRENOM @PNOM.{{ DATE }}</p>\n"
    assert made.learned == {"[FName]": "PPRENOM PNOM", "[Pied]": "DATE"}


def test_a_field_that_there_is_not_cannot_be_given(convert):
    with pytest.raises(UnknownName, match="PDOSSIER"):
        convert("@NUMSS", given={"@NUMSS": "PDOSIER"})


def test_what_is_given_and_does_not_stand_in_the_text_is_told(convert):
    made = convert("Bonjour", given={"@X": "PNOM"})
    assert [str(note.what) for note in made.notes] == ["mapping"]
    assert made.learned == {}


def test_a_code_that_is_ours_is_not_learned_otherwise(convert):
    made = convert("@PNOM", given={"@PNOM": "PPRENOM"})
    assert made.template.html == "<p>@PPRENOM</p>\n"
    assert made.learned == {}


def test_a_remembered_field_that_is_gone_is_unknown_again(convert):
    assert len(convert("[Foo]x", remembered={"[Foo]": "PART_77"}, family="open-dental").unknown) == 1


def test_tags_of_other_programs_are_told_and_stay_text(convert):
    made = convert("Prix {{ 7*7 }} et {{ cycler.__init__ }}", family="open-dental")
    assert [str(note.what) for note in made.notes] == ["tag", "tag"]
    assert "{{ 7*7 }}" in compile_template(made.template, builtin_catalogue()).render({}).html


def test_what_runs_is_left_out_and_told_with_its_line(convert):
    made = convert('<p>Bonjour</p>\n<script>alert("[FName]")</script>\n<p onclick="x()">@PNOM</p>')
    assert "script" not in made.template.html
    assert sorted(note.line for note in made.notes) == [2, 3]


def test_what_stays_of_other_programs_is_found_by_a_check(convert):
    made = convert("Bonjour *|MERGE7|*, {{ PNOM }}\n\n[LNameLetter]")
    found = {(one.code, one.line) for one in left_over(made.template, builtin_catalogue())}
    assert found == {("foreign_code:[LNameLetter]", 3), ("foreign_code:*|MERGE7|*", 1)}


def test_two_fields_of_ours_side_by_side_are_no_code_of_another_program():
    template = Template(label="x", subject="x", html="<p>@PNOM@PPRENOM, @PNOM@RDVDATE@, @MATUTELLE@</p>")
    assert [one.code for one in left_over(template, builtin_catalogue())] == ["foreign_code:@MATUTELLE@"]
