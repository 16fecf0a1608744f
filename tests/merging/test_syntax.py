"""The practice's ``@CODE``, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Severity
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.syntax import compile_codes

CODES = sorted(builtin_catalogue().codes())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("@PNOM", "{{ PNOM }}"),
        ("@PNOM@PPRENOM", "{{ PNOM }}{{ PPRENOM }}"),
        ("@PNOM.", "{{ PNOM }}."),
        ("Bonjour@PNOM.", "Bonjour{{ PNOM }}."),
        ("@PNOMs", "{{ PNOM }}s"),
        ("<b>@PNOM</b>", "<b>{{ PNOM }}</b>"),
        ("&nbsp;@PNOM", "&nbsp;{{ PNOM }}"),
        ("mailto:@PREMAIL", "mailto:{{ PREMAIL }}"),
        ("@PNOM@PPRENOM.Bien", "{{ PNOM }}{{ PPRENOM }}.Bien"),
        ("contact@cabinet.fr", "contact@cabinet.fr"),
        ("contact@CABINET.fr", "contact@CABINET.fr"),
        ("x@PNOM.fr", "x@PNOM.fr"),
        ("é@PNOM.fr", "é@PNOM.fr"),
        ("claire.@PNOM.example", "claire.@PNOM.example"),
        ("(@PNOM.)", "({{ PNOM }}.)"),
        ("@", "@"),
        ("@@PNOM", "@{{ PNOM }}"),
        ("@media (max-width: 600px)", "@media (max-width: 600px)"),
        ("{{ PNOM ~ '@PNOM' }}", "{{ PNOM ~ '@PNOM' }}"),
        ("{{ '}}' ~ \"@PNOM\" }} @PNOM", "{{ '}}' ~ \"@PNOM\" }} {{ PNOM }}"),
        ("{# @PNOM #}", "{# @PNOM #}"),
        ("{@PNOM}", "{{ '{' }}{{ PNOM }}}"),
        ("{% if '@PNOM' %}@PNOM{% endif %}", "{% if '@PNOM' %}{{ PNOM }}{% endif %}"),
    ],
)
def test_codes_are_read_as_a_secretary_means_them(catalogue: Catalogue, written: str, meant: str) -> None:
    assert compile_codes(written, catalogue) == (meant, [])


def test_an_unknown_code_is_told_with_its_line_and_the_nearest_code(catalogue: Catalogue) -> None:
    text, findings = compile_codes("Bonjour\n\n@PNOMS et @XYZQW", catalogue)
    assert text == "Bonjour\n\n@PNOMS et @XYZQW"
    assert [(one.code, one.line, one.severity) for one in findings] == [
        ("unknown_field:@PNOMS", 3, Severity.ERROR),
        ("unknown_field:@XYZQW", 3, Severity.ERROR),
    ]
    assert "@PNOM?" in findings[0].message
    assert "?" not in findings[1].message


@pytest.mark.parametrize("text", ["@Cabinet", "@C", "suivez @Dentistes35 !", "@2026", "page@LOCAL.fr"])
def test_names_of_social_networks_and_addresses_are_not_unknown_codes(catalogue: Catalogue, text: str) -> None:
    assert compile_codes(text, catalogue) == (text, [])


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("<p>le @date du rendez-vous.</p>", ": @RDVDATE."),
        ("<p>le @Date du&nbsp;rendez-vous</p>", ": @RDVDATE."),
        ("@heure du rendez-vous", ": @RDVHEURE."),
        ("le @date du jour,", ": @DATE."),
        ("le @date", ": @DATE."),
        ("le @date du rdv", "choose the merge field in the list."),
    ],
)
def test_a_label_that_was_typed_out_is_not_taken_for_a_code_that_it_begins_with(
    catalogue: Catalogue, text: str, near: str
) -> None:
    _compiled, (finding,) = compile_codes(text, catalogue, in_html=True)
    assert finding.message.endswith(near)


def test_a_code_in_small_letters_is_plain_text_with_a_warning(catalogue: Catalogue) -> None:
    text, findings = compile_codes("Bonjour @pnom", catalogue)
    assert text == "Bonjour @pnom"
    assert [(one.code, one.severity) for one in findings] == [("unknown_field:@pnom", Severity.WARNING)]


def test_entities_of_a_visual_editor_are_taken_back_inside_jinja_only(catalogue: Catalogue) -> None:
    html = "&gt; {{ a &gt; b }} {% if a &lt; 3 %}&lt;{% endif %}"
    assert compile_codes(html, catalogue, in_html=True)[0] == "&gt; {{ a > b }} {% if a < 3 %}&lt;{% endif %}"
    assert compile_codes(html, catalogue)[0] == html


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=5))
def test_codes_in_a_row_need_no_blank_between_them(codes: list[str]) -> None:
    text, findings = compile_codes("".join(f"@{code}" for code in codes), builtin_catalogue())
    known = builtin_catalogue()
    assert text == "".join(f"{{{{ {known[code].code} }}}}" for code in codes)  # an alias is its field
    assert findings == []


@given(
    st.from_regex(r"[a-zé0-9_]+([.+-][a-z0-9]+)?", fullmatch=True),
    st.sampled_from(CODES) | st.from_regex(r"[A-Z]{2,8}", fullmatch=True),
    st.sampled_from(["fr", "example", "CO.UK", "sante.fr"]),
)
def test_an_address_is_never_a_field_whatever_its_domain_looks_like(local: str, domain: str, ending: str) -> None:
    address = f"{local}@{domain}.{ending}"
    assert compile_codes(f"Écrivez à {address} !", builtin_catalogue()) == (f"Écrivez à {address} !", [])


@given(st.text(alphabet="@PNOMRDVDATE_ab.{}%#\n' \"é", max_size=60))
def test_lines_are_kept_whatever_is_written(text: str) -> None:
    compiled, _findings = compile_codes(text, builtin_catalogue(), in_html=True)
    assert compiled.count("\n") == text.count("\n")


def test_an_alias_inside_a_tag_is_its_field(catalogue) -> None:
    text = "@HONPRIX {{ HONPRIX|upper ~ 'HONPRIX' }}{% if HONPRIX %}{{ x.HONPRIX }}{% endif %}{# HONPRIX #}"
    main = catalogue["HONPRIX"].code
    compiled, findings = compile_codes(text, catalogue)
    assert compiled == (
        f"{{{{ {main} }}}} {{{{ {main}|upper ~ 'HONPRIX' }}}}{{% if {main} %}}{{{{ x.HONPRIX }}}}{{% endif %}}"
        "{# HONPRIX #}"
    )
    assert findings == []
