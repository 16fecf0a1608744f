"""An email type as a file: front matter and HTML, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.template_file import template_from_file, template_to_text

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
