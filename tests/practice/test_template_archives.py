"""Email types travel in one file, and a hostile one brings nothing in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from workbench.errors import TemplateRefused
from workbench.practice import Practice, template_archives

PATH = "Essais/Avec un plan"
FILE = b"---\nlabel: Bonjour\nfolder: Essais\nsubject: Bonjour\n---\n<p>Bonjour @PNOM</p>\n"


def zipped(**files: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return written.getvalue()


@pytest.fixture
def with_a_file(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("plan", encoding="utf-8")
    practice.templates.begin(PATH)
    practice.templates.change(PATH, attachments=[tmp_path / "plan.txt"])


def test_the_whole_library_goes_out_and_comes_back_unchanged(practice: Practice, with_a_file: None) -> None:
    templates = practice.templates
    name, content = templates.packed()
    assert name == "Email types.zip"
    assert content == templates.packed()[1]
    assert set(templates.planned(name, content)["becomes"]) == {"same"}
    before = {path: templates[path] for path in templates}
    templates.take_in(name, content)
    assert {path: templates[path] for path in templates} == before


def test_one_with_a_file_is_a_zip_and_one_without_is_its_file(practice: Practice, with_a_file: None) -> None:
    name, content = practice.templates.packed(PATH)
    assert name == "Avec un plan.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert sorted(packed.namelist()) == ["Avec un plan.html", "plan.txt"]
    name, content = practice.templates.packed("Confrères/Adressage")
    assert name == "Adressage.html"
    assert practice.templates.planned(name, content)[["path", "becomes"]].values.tolist() == [
        ["Confrères/Adressage", "same"]
    ]


def test_what_would_be_kept_is_told_first(practice: Practice) -> None:
    templates = practice.templates
    assert templates.planned("a.html", FILE)["becomes"].tolist() == ["new"]
    assert "Essais/Bonjour" not in templates
    templates.take_in("a.html", FILE, reason="de Paul")
    assert templates.planned("a.html", FILE)["becomes"].tolist() == ["same"]
    assert templates.planned("a.html", FILE.replace(b"@PNOM", b"@PPRENOM"))["becomes"].tolist() == ["changed"]
    assert templates.revisions("Essais/Bonjour")["reason"].tolist() == ["de Paul"]


@pytest.mark.parametrize("name", ["../evil.html", "/evil.html", "a\\evil.html", "c:evil.html", "."])
def test_a_zip_that_leads_elsewhere_is_refused(practice: Practice, name: str) -> None:
    with pytest.raises(TemplateRefused, match="leads elsewhere"):
        practice.templates.take_in("x.zip", zipped(**{name: FILE}))


def damaged(method: int) -> bytes:
    """A zip whose file cannot be unpacked: what it holds was written over."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as packed:
        packed.writestr("a.html", FILE * 20)
        ends = len("a.html") + 30 + packed.infolist()[0].compress_size
    begins = len("a.html") + 30 + (9 if method == zipfile.ZIP_LZMA else 0)  # which says first how it was packed
    content = bytearray(written.getvalue())
    content[begins:ends] = b"\xff" * (ends - begins)
    return bytes(content)


def of_tomorrow() -> bytes:
    """A zip that says that a later program is needed to read it."""
    content = bytearray(zipped(**{"a.html": FILE}))
    content[content.index(b"PK\x01\x02") + 6] = 99
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [damaged(zipfile.ZIP_DEFLATED), damaged(zipfile.ZIP_LZMA), damaged(zipfile.ZIP_BZIP2), of_tomorrow()],
    ids=["deflated", "lzma", "bzip2", "of tomorrow"],
)
def test_a_damaged_zip_is_refused_with_a_sentence(practice: Practice, content: bytes) -> None:
    template_archives.holds_email_types(content)
    with pytest.raises(TemplateRefused, match="cannot be read"):
        practice.templates.take_in("x.zip", content)


def test_a_zip_without_end_or_sense_is_refused(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = zipped(**{"a.html": FILE})
    with pytest.raises(TemplateRefused, match="cannot be read"):
        practice.templates.take_in("x.zip", whole[:40])
    with pytest.raises(TemplateRefused, match="no template file"):
        practice.templates.planned("x.zip", zipped(**{"a.txt": b"x"}))
    with pytest.raises(TemplateRefused, match=r"« b\.html »"):
        practice.templates.planned("x.zip", zipped(**{"b.html": b"---\nnothing: known\n---\n"}))
    monkeypatch.setattr(template_archives, "MOST_PACKED", 10)
    with pytest.raises(TemplateRefused, match="more than"):
        practice.templates.take_in("x.zip", whole)
