"""The signatures of a practice: five to start with, more from files, none that would lose the text of a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.domain.signatures import Signature
from workbench.errors import TemplateRefused, UnknownSignature
from workbench.practice import Practice


def test_a_sample_practice_starts_with_five(practice: Practice) -> None:
    assert sorted(practice.signatures) == ["Cabinet", "Confidentialité", "En-tête", "Praticien", "Secrétariat"]
    assert all(practice.signatures.check(name).empty for name in practice.signatures)


def test_a_file_becomes_a_signature_called_as_it_says(practice: Practice, tmp_path: Path) -> None:
    file = tmp_path / "noel.html"
    file.write_text("---\nlabel: Fêtes\n---\n<div>@CORPS</div><p>Belles fêtes !</p>", encoding="utf-8")
    assert practice.signatures.import_file(file).label == "Fêtes"
    assert "Fêtes" in practice.signatures


def test_a_signature_without_the_marker_is_refused_and_the_old_one_stays(practice: Practice) -> None:
    before = practice.signatures["Cabinet"]
    with pytest.raises(TemplateRefused, match="@CORPS"):
        practice.signatures.save(Signature(label="Cabinet", html="<p>@CABNOM</p>"))
    assert practice.signatures["Cabinet"] == before


@pytest.mark.parametrize("label", ["", "  ", "two\nlines"])
def test_a_signature_is_called_something_of_one_line(practice: Practice, label: str) -> None:
    with pytest.raises(TemplateRefused):
        practice.signatures.save(Signature(label=label, html="@CORPS"))


def test_an_archived_signature_is_gone_from_the_list(practice: Practice) -> None:
    practice.signatures.archive("Cabinet")
    assert "Cabinet" not in practice.signatures
    with pytest.raises(UnknownSignature):
        practice.signatures["Cabinet"]


def test_a_file_that_is_no_text_is_refused(practice: Practice, tmp_path: Path) -> None:
    file = tmp_path / "logo.html"
    file.write_bytes(b"\xff\xfe\x00logo")
    with pytest.raises(TemplateRefused):
        practice.signatures.import_file(file)
