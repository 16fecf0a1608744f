"""Signatures: the body marker stands once, in the open; they are shown round a sample text."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.domain.signatures import BODY_MARKER, Signature
from workbench.errors import TemplateRefused
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.signatures import check_signature, shown_signature, signature_from_file

FILES = sorted((Path(__file__).parents[2] / "sample_data" / "signatures").glob("*.html"))


def signature(html: str) -> Signature:
    return Signature(label="Cabinet", html=html)


def test_a_file_gives_its_label_and_its_html():
    read = signature_from_file("---\nlabel: Le cabinet\n---\n<div>@CORPS</div>\n", name="x")
    assert read == Signature(label="Le cabinet", html="<div>@CORPS</div>\n")


def test_without_front_matter_the_file_s_name_is_the_label():
    assert signature_from_file("<div>@CORPS</div>", name="Cabinet").label == "Cabinet"


def test_a_signature_has_no_setting_of_an_email_type():
    with pytest.raises(TemplateRefused):
        signature_from_file("---\nlabel: x\nrole: payer\n---\n@CORPS", name="x")


@pytest.mark.parametrize(
    "html",
    [
        "<p>@CORPS</p><p>@CABNOM</p>",
        "<p>@CORPS</p><p>Bonjour</p>",
        "<h1>@CABNOM</h1>@CORPS",
        "@CABNOM @CORPS @CABTEL",
        "<b>@CABNOM@CORPS</b>",
    ],
    ids=["foot", "words", "head", "both", "beside a field"],
)
def test_the_marker_may_stand_before_after_or_between(html: str):
    assert check_signature(signature(html), builtin_catalogue()) == ()


@pytest.mark.parametrize(
    "html",
    [
        "<p>@CABNOM</p>",
        "<p>@CORPS</p><p>@CORPS</p>",
        "<p>@CORPSE</p>",
        "{% if CABNOM %}@CORPS{% endif %}",
        "{% for one in range(2) %}@CORPS{% endfor %}",
        "{{ '@CORPS' }}",
        '<p title="@CORPS">x</p>',
        "<!-- @CORPS -->",
        "<style>p { color: red } @CORPS</style><p>x</p>",
        "{# @CORPS #}",
    ],
    ids=["none", "two", "a longer word", "condition", "loop", "expression", "attribute", "comment", "style", "hidden"],
)
def test_a_text_that_could_be_lost_or_doubled_is_refused(html: str):
    with pytest.raises(TemplateRefused) as refused:
        check_signature(signature(html), builtin_catalogue())
    assert BODY_MARKER in refused.value.sentence


def test_an_unknown_field_is_a_finding_with_its_neighbour():
    [finding] = check_signature(signature("@CORPS @CABNOMS"), builtin_catalogue())
    assert finding.code == "unknown_field:@CABNOMS"


def test_a_signature_is_shown_round_a_text_with_examples():
    shown = shown_signature(signature("<p>@CORPS</p><p>@CABNOM</p>"), builtin_catalogue())
    assert "@" not in shown
    assert builtin_catalogue()["CABNOM"].example in shown


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_starter_signature_is_sound_and_named_as_its_file(file: Path):
    read = signature_from_file(file.read_text(encoding="utf-8"), name="")
    assert read.label == file.stem
    assert check_signature(read, builtin_catalogue()) == ()


def test_five_signatures_are_there_to_start_with():
    assert len(FILES) == 5
