"""An email type as a file: front matter and HTML, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.attached import DOCUMENT_KINDS, DocumentRule, ImageRule, Pick, WhenMissing
from workbench.domain.options import Options
from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.template_file import (
    LARGEST_FRONT,
    LONGEST_PATH_PART,
    sound,
    template_from_file,
    template_to_text,
    with_settings,
)

WHOLE = """---
label: Rappel de rendez-vous
folder: Rendez-vous
role: responsable civil
subject: "Rendez-vous du @RDVDATE"
required: [RDVDATE, "@RDVHEURE"]
defaults:
  RDVPRAT: le cabinet
attachments:
  - plan.pdf
language: fr
health: false
---
<p>@DAPPEL,</p>
"""


def test_a_file_with_front_matter_is_read_whole() -> None:
    template = template_from_file(WHOLE, name="fichier")
    assert template.path == "Rendez-vous/Rappel de rendez-vous"
    assert template.role is Role.GUARDIAN
    assert template.subject == "Rendez-vous du @RDVDATE"
    assert template.required == ("RDVDATE", "RDVHEURE")
    assert template.defaults == {"RDVPRAT": "le cabinet"}
    assert template.attachments == ("plan.pdf",)
    assert template.html == "<p>@DAPPEL,</p>\n"


@pytest.mark.parametrize("text", ["<p>@DAPPEL</p>\n---\nx", "", "<p>x</p>", "\ufeff<p>x</p>", "----\nx"])
def test_without_front_matter_the_file_is_the_body_and_its_name_the_label(text: str) -> None:
    template = template_from_file(text, name="Rappel")
    assert (template.path, template.subject, template.html) == ("Rappel", "Rappel", text.removeprefix("\ufeff"))


def test_without_a_folder_the_path_is_the_label_alone() -> None:
    assert template_from_file("---\nlabel: Rappel\n---\n<p>x</p>", name="y").path == "Rappel"


def test_windows_line_ends_are_read() -> None:
    template = template_from_file(WHOLE.replace("\n", "\r\n"), name="x")
    assert template.folder == "Rendez-vous"
    assert template.html == "<p>@DAPPEL,</p>\n"


def test_a_text_part_of_several_lines_is_kept() -> None:
    template = template_from_file("---\ntext: |\n  Bonjour,\n\n  à demain\n---\n<p>x</p>", name="x")
    assert template.text == "Bonjour,\n\nà demain\n"


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("labl: x", "labl"),
        ("html: x", "html"),
        ("revision: 3", "revision"),
        ("role: voisin", "voisin"),
        ("channel: fax", "fax"),
        ("language: de", "de"),
        ("folder: a/b", "folder"),
        ("label: ../x", "label"),
        ("label: '..'", "label"),
        ('label: "a\\u0007b"', "label"),
        ("- a\n- b", "key: value"),
        ("label: [a", "Line"),
        ("label: !!python/object/apply:os.system ['x']", "Line"),
        ("defaults: x", "defaults"),
        ("health: parfois", "health"),
        ("subject: [a, b]", "subject"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(front: str, words: str) -> None:
    with pytest.raises(TemplateRefused, match=words):
        template_from_file(f"---\n{front}\n---\n<p>x</p>", name="x")


line = st.text(alphabet="aé @:'\"#-{}[]!&*|>%,?0", max_size=20).map(str.strip)


@given(
    label=line.filter(lambda text: text not in ("", ".", "..")),
    folder=line.filter(lambda text: text not in (".", "..")),
    subject=line.filter(bool),
    html=st.text(alphabet="<p>é\n-@{}", max_size=40),
    text=st.none() | st.text(alphabet="aé\n:-", max_size=20),
    defaults=st.dictionaries(st.sampled_from(["PNOM", "RDVPRAT"]), line),
    role=st.sampled_from(list(Role)),
)
def test_a_type_written_to_a_file_comes_back_the_same(label, folder, subject, html, text, defaults, role) -> None:
    template = Template(
        label=label, folder=folder, subject=subject, html=html, text=text, defaults=defaults, role=role,
        required=("PNOM",), attachments=("a.pdf",), health=True,
    )  # fmt: skip
    assert template_from_file(template_to_text(template), name="autre") == template


whole = st.builds(
    Template,
    label=line.filter(lambda text: text not in ("", ".", "..")),
    subject=st.text(alphabet="aé @:'\"#-{}[]!&*|>%,?0\\", max_size=20).map(str.strip).filter(bool),
    html=st.text(alphabet="<p>é\n-", max_size=20),
    text=st.none() | st.text(alphabet="aé \n\t:-#\u2028\x85\u00a0'\"", max_size=30),
    language=st.sampled_from(["fr", "en"]),
    options=st.builds(Options, confirm=st.none() | st.booleans(), read_receipt=st.none() | st.booleans()),
    images=st.lists(st.builds(ImageRule, kind=line, pick=st.sampled_from(Pick)), max_size=2).map(tuple),
    documents=st.lists(st.builds(DocumentRule, kind=st.sampled_from(DOCUMENT_KINDS)), max_size=2).map(tuple),
    defaults=st.dictionaries(st.sampled_from(["PNOM", "RDVPRAT"]), line),
    variant_of=line,
)  # fmt: skip


@given(whole)
def test_a_file_is_always_written_alike_and_gives_the_same_type_back(template: Template) -> None:
    text = template_to_text(template)
    back = template_from_file(text, name="autre")
    assert back == template
    assert template_to_text(back) == text


def test_a_text_of_several_lines_is_written_line_by_line() -> None:
    text = template_to_text(Template(label="x", subject="x", html="", text="Bonjour,\n\nà demain\n"))
    assert "text: |\n  Bonjour,\n\n  à demain\n" in text


@pytest.mark.parametrize("word", ["oui", "Yes", "true", "12", "2026-11-22", "1e3", "0x10", "on", "~a", "null a", "="])
def test_a_text_is_what_stands_there(word: str) -> None:
    template = template_from_file(f"---\nlabel: {word}\nsubject: {word}\n---\n", name="x")
    assert (template.label, template.subject) == (word, word)


@pytest.mark.parametrize(("word", "health"), [("oui", True), ("'yes'", True), ("Non", False), ("false", False)])
def test_a_yes_is_said_in_either_language(word: str, health: bool) -> None:
    front = f"---\nhealth: {word}\noptions:\n  confirm: {word}\n---\n"
    template = template_from_file(front, name="x")
    assert (template.health, template.options.confirm) == (health, health)


BOMB = "".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12))


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("a0: &a0 lol\n" + BOMB, "quotes"),
        ("subject: *Important*", "quotes"),
        ("label: a\nlabel: b", "said once"),
        ("? [a, b]\n: c", "said once"),
        ("text: [a, b]", "text"),
        ("label: !!int 12", "Line 2"),
        ("label: !!binary aGVsbG8=", "Line 2"),
        ("label: " + "[" * 20_000, "Line|cannot be read"),
        ("<<: {label: x}", "no setting « << »"),
        ('label: "a\\uD800b"', "half a character"),
        ('label: "a\\u202Eb"', "label"),
        ("subject: 'a\0b'", "Line"),
        ("label: " + "x" * (LONGEST_PATH_PART + 1), "label"),
        ("text: " + "x" * LARGEST_FRONT, "more than"),
        ("options: {confirm: parfois}", "options"),
        ("options: [confirm]", "options"),
        ("\u202eegnarté: x", "« \\?egnarté »"),
    ],
)
def test_a_file_made_to_harm_gets_a_sentence(front: str, words: str) -> None:
    with pytest.raises(TemplateRefused, match=words):
        template_from_file(f"---\n{front}\n---\n<p>x</p>", name="x")


@given(st.text(max_size=60) | st.text(alphabet="-: \n[]{}&*!|>'\"a\r\t", max_size=60))
def test_whatever_a_file_holds_is_read_or_refused(text: str) -> None:
    for whole_text in (text, f"---\n{text}\n---\n"):
        try:
            template = template_from_file(whole_text, name="x")
        except TemplateRefused:
            continue
        assert template_from_file(template_to_text(template), name="y") == template


def test_bodies_are_kept_with_their_lines_ended_alike() -> None:
    template = sound(Template(label="cafe\u0301 ", subject="x", html="a\r\nb\rc", text="d\re"))
    assert (template.label, template.html, template.text) == ("café", "a\nb\nc", "d\ne")
    with pytest.raises(TemplateRefused, match="zero"):
        sound(Template(label="x", subject="x", html="PK\0\3"))
    with pytest.raises(TemplateRefused, match="needs a label"):
        sound(Template(label=" ", subject="x", html=""))


# --- settings ---------------------------------------------------------------------------------------------

RAPPEL = Template(label="Rappel", subject="Rappel", html="<p>x</p>", defaults={"RDVPRAT": "le cabinet"})


def test_settings_are_said_in_the_words_of_a_file() -> None:
    changed = with_settings(
        RAPPEL,
        {
            "role": "dentiste traitant", "required": "RDVDATE, @RDVHEURE", "options.confirm": "non",
            "read_receipt": True, "defaults.@CABTEL": "-", "further_roles": "payeur,patient", "health": "oui",
            "folder": "Agenda",
        },
    )  # fmt: skip
    assert (changed.role, changed.further_roles) == (Role.TREATING_DENTIST, (Role.PAYER, Role.PATIENT))
    assert changed.required == ("RDVDATE", "RDVHEURE")
    assert changed.options == Options(confirm=False, read_receipt=True)
    assert changed.defaults == {"RDVPRAT": "le cabinet", "CABTEL": "-"}
    assert (changed.path, changed.health) == ("Agenda/Rappel", True)


def test_nothing_said_is_what_is_usual() -> None:
    changed = with_settings(RAPPEL, {"role": "payeur", "account": "cabinet", "health": "oui", "confirm": "non"})
    usual = {"role": "", "account": None, "health": "", "confirm": "", "defaults.RDVPRAT": ""}
    assert with_settings(changed, usual) == with_settings(RAPPEL, {"defaults": ""})


@pytest.mark.parametrize("name", ["subjet", "revision", "label.x", "options.colour", "options", "role", "text"])
def test_a_setting_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(TemplateRefused, match=name.partition(".")[0]):
        with_settings(RAPPEL, {name: ["voisin", "voisine"]})


def test_an_email_type_keeps_a_label() -> None:
    with pytest.raises(TemplateRefused, match="label"):
        with_settings(RAPPEL, {"label": ""})


def test_rules_of_attachments_may_be_said_in_french() -> None:
    rules = template_from_file(
        "---\nimages:\n- kind: panoramique\n  pick: première\n  missing: demander\n"
        "documents: [devis, Facture]\n---\nBonjour",
        name="Essai",
    )
    assert rules.images == (ImageRule(kind="panoramique", pick=Pick.FIRST, missing=WhenMissing.ASK),)
    assert [one.kind for one in rules.documents] == ["quote", "invoice"]
    with pytest.raises(TemplateRefused, match="invoice, quote, prescription"):
        template_from_file("---\ndocuments: radio\n---\nBonjour", name="Essai")
