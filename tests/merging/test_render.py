"""A template compiled once and merged for many: what is printed, what is refused, and with which line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.mailings import Severity
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import compile_template, one_line


def body(html: str) -> str:
    return re.sub(r"(?s).*<body>|</body>.*", "", html)


def test_fields_names_and_conditions_are_merged_in_all_three_parts(compiled) -> None:
    template = compiled(
        "<p>@DAPPEL,</p>{% if RDVPRAT %}<p>avec {{ RDVPRAT }}</p>{% endif %}<p>{{ token }}</p>",
        subject="Rendez-vous de @PPRENOM",
        columns=["token"],
    )
    assert template.codes == {"DAPPEL", "RDVPRAT", "PPRENOM"}
    assert template.names == {"token"}
    merged = template.render({"DAPPEL": "Madame", "RDVPRAT": "Dr Molaire", "PPRENOM": "Zoé", "token": "x&y"})
    assert merged.subject == "Rendez-vous de Zoé"
    assert body(merged.html) == "<p>Madame,</p><p>avec Dr Molaire</p><p>x&amp;y</p>"
    assert merged.text == "Madame,\n\navec Dr Molaire\n\nx&y\n"


def test_a_missing_value_is_blank_and_false(compiled) -> None:
    template = compiled("<p>[@PNOM]{% if PNOM %}oui{% else %}non{% endif %}</p>", subject="@PNOM")
    for values in ({"PNOM": None}, {}):
        merged = template.render(values)
        assert (merged.subject, body(merged.html), merged.text) == ("", "<p>[]non</p>", "[]non\n")


def test_a_default_text_stands_for_a_missing_value_everywhere(compiled) -> None:
    template = compiled("<p>@PNOM</p>", subject="@PNOM", defaults={"PNOM": "vous & vous"})
    merged = template.render({"PNOM": None})
    assert (merged.subject, body(merged.html), merged.text) == (
        "vous & vous",
        "<p>vous &amp; vous</p>",
        "vous & vous\n",
    )
    assert template.render({"PNOM": "Zoé"}).subject == "Zoé"


@pytest.mark.parametrize(
    "filtered", ["PNOM|upper", "PNOM|trim|title", "PNOM|safe", "PNOM|replace('a', 'b')", "PNOM ~ ''"]
)
def test_a_missing_value_is_blank_through_any_filter(compiled, filtered: str) -> None:
    merged = compiled(f"<p>[{{{{ {filtered} }}}}]</p>").render({"PNOM": None})
    assert (body(merged.html), merged.text) == ("<p>[]</p>", "[]\n")


def test_a_default_of_the_author_stands_for_a_missing_value(compiled) -> None:
    template = compiled("<p>{{ PNOM|default('vous') }}{% if PNOM is none %}!{% endif %}</p>")
    assert template.render({"PNOM": None}).text == "vous!\n"
    assert template.render({"PNOM": "Zoé"}).text == "Zoé\n"


@pytest.mark.parametrize("value", ["{{ 7*7 }}", "{% raw %}", "@PPRENOM", "{# x #}", "\U000f0000", "<!--x-->", "%s%n"])
def test_a_value_is_never_read_as_a_template(compiled, value: str) -> None:
    template = compiled("<p>@PNOM</p><p>@PPRENOM</p>", subject="@PNOM")
    merged = template.render({"PNOM": value, "PPRENOM": "Zoé"})
    assert merged.subject == value
    assert merged.text == f"{value}\n\nZoé\n"


@given(st.text(max_size=60))
def test_any_value_in_a_subject_stays_on_one_line(value: str) -> None:
    template = compile_template(Template(label="x", subject="Rappel @PNOM", html="<p>x</p>"), builtin_catalogue())
    subject = template.render({"PNOM": value}).subject
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", subject)
    assert subject.startswith("Rappel")


def test_line_breaks_in_a_subject_become_blanks() -> None:
    assert one_line("Rappel\r\nBcc: x@evil.test\n") == "Rappel Bcc: x@evil.test"


def test_the_lines_of_a_value_are_kept_in_both_parts(compiled) -> None:
    merged = compiled("<p>@PADR</p>").render({"PADR": "3 rue <Lilas>\r\n35000 Rennes"})
    assert body(merged.html) == "<p>3 rue &lt;Lilas&gt;<br>\n35000 Rennes</p>"
    assert merged.text == "3 rue <Lilas>\r\n35000 Rennes\n"


def test_half_characters_of_a_badly_read_file_are_replaced(compiled) -> None:
    merged = compiled("<p>@PNOM</p>", subject="@PNOM").render({"PNOM": "Zo\ud800é"})
    assert (merged.subject, merged.text) == ("Zo\ufffdé", "Zo\ufffdé\n")


@pytest.mark.parametrize(
    ("html", "line", "words"),
    [
        ("<p>a</p>\n<p>{{ PNOM</p>", 2, "Line 2"),
        ("<p>a</p>\n\n{% if PNOM %}", 3, "Line 3"),
        ("<p>\n{{ inconnu }}</p>", 2, "inconnu"),
        ("<p>\n{{ PNOMS }}</p>", 2, "PNOM"),
        ("<p>{{ PNOM|nosuch }}</p>", 1, "nosuch"),
        ("<p>{% include 'x' %}</p>", 1, "include"),
        ("<p>{% import 'x' as y %}</p>", 1, "import"),
        ("\n<p>{% macro m() %}{{ m() }}{% endmacro %}</p>", 2, "macro"),
        ("<p>{% extends 'x' %}</p>", 1, "extends"),
        ("<p>{% for x in [1] recursive %}{% endfor %}</p>", 1, "recursive"),
        ("{% raw %}{{ x }}{% endraw %}", 1, "raw"),
        ("{{ lipsum() }}", 1, "lipsum"),
        ("{{ self }}", 1, "self"),
    ],
)
def test_what_cannot_be_compiled_is_refused_with_its_line(compiled, html: str, line: int, words: str) -> None:
    with pytest.raises(TemplateRefused, match=words) as refused:
        compiled(html)
    assert refused.value.line == line


@pytest.mark.parametrize(
    "html",
    [
        "{{ 'A' * 10**9 }}", "{{ 10**(10**9) }}", "{{ '%1000000000d' % 1 }}", "{{ ''.__class__ }}",
        "{{ PNOM.__class__.__mro__ }}", "{{ PNOM.format(1) }}", "{{ PNOM.center(1000000000) }}",
        "{{ range(100000000)|length }}", "{{ ''|attr('__class__') }}", "{{ PNOM|center(10**9) }}",
        "{{ cycler('a') }}", "{{ PNOM.join(['a']) }}", "{{ [1]|map('attr', '__class__')|list }}",
        "{{ (1,2).__class__ }}", "{{ PNOM|xmlattr }}", "{{ namespace(x=1) }}", "{{ [].append(1) }}",
        "{% for a in range(1000) %}{% for b in range(1000) %}{{ PNOM }}xxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}",
    ],
)  # fmt: skip
def test_bombs_and_ways_out_of_the_sandbox_are_refused(compiled, html: str) -> None:
    with pytest.raises(TemplateRefused):
        compiled(f"<p>{html}</p>").render({"PNOM": "Martin"})


def test_an_error_while_merging_names_the_line_as_it_was_written_and_no_value(compiled) -> None:
    template = compiled("<style>p { color: red }</style>\n<p>a</p>\n<p>\n{{ n + 1 }}</p>", columns=["n"])
    with pytest.raises(TemplateRefused, match="Line 4") as refused:
        template.render({"n": "secret"})
    assert refused.value.line == 4
    assert "secret" not in refused.value.sentence


def test_arithmetic_on_numbers_of_a_table_works(compiled) -> None:
    template = compiled(
        "<p>{{ points * 2 }} {{ 7 % 2 }} {{ 2 ** 3 }}</p>{% if points > 3 %}<p>bravo</p>{% endif %}", columns=["points"]
    )
    assert template.render({"points": 4}).text == "8 1 8\n\nbravo\n"


def test_nested_values_and_loops_work(compiled) -> None:
    template = compiled(
        "<ul>{% for item in items %}<li>{{ loop.index }}: {{ item.name }} {{ item['items'] }}</li>{% endfor %}</ul>",
        columns=["items"],
    )
    merged = template.render({"items": [{"name": "<b>", "items": 2}, {"name": "é", "items": 3}]})
    assert body(merged.html) == "<ul><li>1: &lt;b&gt; 2</li><li>2: é 3</li></ul>"
    assert merged.text == "- 1: <b> 2\n- 2: é 3\n"


def test_a_name_that_is_only_asked_about_may_be_absent(compiled) -> None:
    template = compiled("<p>{% if token is defined %}oui{% else %}non{% endif %}{{ autre|default('rien') }}</p>")
    assert template.render({}).text == "nonrien\n"


def test_before_the_table_is_known_small_names_are_taken_for_its_columns(catalogue) -> None:
    template = Template(label="x", subject="@PNOM {{ token }}", html="<p>{{ nom }}</p>")
    assert compile_template(template, catalogue, columns=None).names == {"token", "nom"}
    with pytest.raises(TemplateRefused, match=r"Subject.*token"):
        compile_template(template, catalogue)


def test_unknown_codes_are_findings_that_block_and_nothing_else_is(compiled) -> None:
    template = compiled("<p>\n@PNOMS @PNOM</p><script>x</script>", subject="@XPNOM")
    assert [finding.code for finding in template.blocking] == ["unknown_field:@XPNOM", "unknown_field:@PNOMS"]
    assert [finding.line for finding in template.blocking] == [1, 2]
    dropped = [finding for finding in template.findings if finding.severity is Severity.WARNING]
    assert [finding.code for finding in dropped] == ["dropped_html:<script>"]


def test_a_required_code_is_a_code_of_the_template_and_an_unknown_one_is_told(compiled) -> None:
    template = compiled("<p>x</p>", required=("PMOBILE", "NIMPORTE"))
    assert template.codes == {"PMOBILE"}
    assert [finding.code for finding in template.findings] == ["unknown_field:@NIMPORTE"]


def test_a_text_part_of_its_own_is_used_as_it_is(compiled) -> None:
    template = compiled("<p>@PNOM</p>", text="Bonjour @PNOM,\n\n  à bientôt <3\n")
    assert template.render({"PNOM": "Zoé & fils"}).text == "Bonjour Zoé & fils,\n\n  à bientôt <3\n"


def test_aliases_lead_to_the_field(catalogue) -> None:
    from dataclasses import replace

    from workbench.domain.fields import Catalogue

    own = Catalogue([replace(catalogue["PNOM"], aliases=("NOM_PATIENT",))])
    template = compile_template(Template(label="x", subject="@NOM_PATIENT", html="<p>x</p>"), own)
    assert template.codes == {"PNOM"}
    assert template.render({"PNOM": "Zoé"}).subject == "Zoé"


# --- styles and the document --------------------------------------------------------------------------


def test_a_fragment_becomes_a_whole_document_and_a_document_stays_itself(compiled) -> None:
    html = compiled("<p>x</p>", language="en").render({}).html
    assert html.startswith('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">')
    whole = '<!DOCTYPE html>\n<html lang="fr"><head><title>T</title></head><body><p>x</p></body></html>'
    assert compiled(whole).render({}).html == whole


def test_styles_are_inlined_once_and_media_rules_kept(compiled) -> None:
    template = compiled(
        "<style>p { color: red } @media (max-width: 600px) { p { color: blue !important } }</style>"
        "<table>{% for x in [1, 2] %}<tr><td><p>@PNOM</p></td></tr>{% endfor %}</table>"
    )
    assert template.inliner is None
    html = template.render({"PNOM": "Zoé"}).html
    assert html.count('<p style="color: red;">Zoé</p>') == 2
    assert "@media" in html
    assert html.index("<table>") < html.index("Zoé")


@pytest.mark.parametrize(
    "html",
    [
        "<p class='{% if PNOM %}a{% else %}b{% endif %}'>x</p>",
        "<p {% if PNOM %}class='a'{% else %}class='b'{% endif %}>x</p>",
    ],
)
def test_styles_that_depend_on_a_value_are_inlined_after_the_merge(compiled, html: str) -> None:
    template = compiled(f"<style>.a {{ color: red }} .b {{ color: blue }}</style>{html}")
    assert 'style="color: red;"' in template.render({"PNOM": "x"}).html
    assert 'style="color: blue;"' in template.render({"PNOM": None}).html


def test_a_field_outside_the_cells_of_a_table_is_not_moved(compiled) -> None:
    template = compiled("<style>p { color: red }</style><table>@PNOM<tr><td>x</td></tr></table>")
    assert "Zoé" in template.render({"PNOM": "Zoé"}).html


# --- the text part ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Titre</h1><p>Un</p><p>Deux<br>trois</p>", "Titre\n\nUn\n\nDeux\ntrois"),
        ("<p>a &amp; b&nbsp;c &lt;3 &eacute;</p>", "a & b\xa0c <3 é"),
        ("<p><a href='https://x.test/'>Rendez-vous</a></p>", "Rendez-vous (https://x.test/)"),
        ("<p><a href='https://x.test/'>https://x.test</a></p>", "https://x.test"),
        ("<p><a href='mailto:a@b.fr'>a@b.fr</a> <a href='#'>haut</a></p>", "a@b.fr haut"),
        ("<ul><li>un</li><li>deux</li></ul><ol><li>a</li><li>b</li></ol>", "- un\n- deux\n\n1. a\n2. b"),
        (
            "<table><tr><td>Date</td><td>mardi</td></tr><tr><td>Heure</td><td>8 h</td></tr></table>",
            "Date  mardi\nHeure  8 h",
        ),
        ("<div style='display:none'>prévu <b>caché</b></div><p>x</p>", "x"),
        ("<p hidden>caché</p><p>x</p>", "x"),
        ("<p>un\n   deux</p>", "un deux"),
        ("<img src='cid:logo' alt='Cabinet des Tilleuls'><p>x</p>", "Cabinet des Tilleuls\n\nx"),
        ("<p><img src='cid:plan' alt='Plan du parking'>À demain !</p>", "Plan du parking À demain !"),
        (
            "<p>Voici<img src='cid:a' alt='un'><img src='cid:b' alt='deux'>, (<img src='cid:c' alt='trois'>)</p>",
            "Voici un deux, (trois)",
        ),
        ("<p>Voici<img src='cid:a' alt='le plan' style='display: block'> À demain</p>", "Voici\nle plan\nÀ demain"),
        (
            "<p><a href='https://x.test/'><img src='cid:a' alt='Plan' style='display:block'></a>À demain</p>",
            "Plan (https://x.test/)\nÀ demain",
        ),
        (
            "<p><a href='https://x.test/'><img src='cid:a' alt='Plan'></a>À demain</p>",
            "Plan (https://x.test/) À demain",
        ),
        ("<table><tr><td><img src='cid:a' alt='Logo'></td><td>Cabinet</td></tr></table>", "Logo  Cabinet"),
        ("<p><img src='cid:a' alt=''>À demain<img src='cid:a' alt='Plan'></p><p>x</p>", "À demain Plan\n\nx"),
        ("<!--[if mso]><p>Outlook</p><![endif]--><p>x</p>", "x"),
        ("<p>a</p>{% if PNOM %}<p>b</p>{% endif %}<p>c</p>", "a\n\nc"),
        ("<p>a  {%- if not PNOM %} b {%- endif %} c</p>", "a b c"),
        ("<p>{{ '<b>'|e }} {{ '<b>gras</b> &amp; x'|safe }}</p>", "<b> gras & x"),
        ("<a href=\"{{ 'javascript:alert(1)' }}\">x</a>", "x (#)"),
        ('<a href="{% if PNOM %}a{% else %}data:x{% endif %}">x</a>', "x (#)"),
        ("<p>a</p><hr><p>b</p>", "a\n\n---\n\nb"),
    ],
)
def test_the_text_part_reads_like_the_html(compiled, html: str, text: str) -> None:
    assert compiled(html).render({"PNOM": None}).text == text + "\n"


def test_what_a_style_sheet_hides_is_not_in_the_text(compiled) -> None:
    template = compiled("<style>.pre { display: none }</style><div class='pre'>caché</div><p>x</p>")
    assert template.render({}).text == "x\n"
