"""The signatures of a practice: five to start with, more from files, none that would lose the text of a message."""

from __future__ import annotations

import io
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from workbench.domain.signatures import Signature
from workbench.errors import TemplateRefused, UnknownSignature
from workbench.practice import Practice
from workbench.wiring import init_workspace, open_practice


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


def picture(colour: str = "teal", size: tuple[int, int] = (60, 20)) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, "PNG")
    return held.getvalue()


def test_a_new_workspace_has_the_five_and_a_shared_ledger_keeps_its_own(tmp_path: Path) -> None:
    first = init_workspace(tmp_path / "first")
    with open_practice(first) as practice:
        assert len(practice.signatures) == 5
        practice.signatures.save(Signature(label="Cabinet", html="@CORPS<p>le nôtre</p>"))
    ledger = f"sqlite:///{first / 'ledger.sqlite'}"
    with open_practice(init_workspace(tmp_path / "second", ledger=ledger)) as practice:
        assert "le nôtre" in practice.signatures["Cabinet"].html


def test_an_image_in_the_text_is_kept_and_one_no_longer_shown_is_let_go(practice: Practice) -> None:
    data = b64encode(picture()).decode()
    html = f'<div>@CORPS</div><img src="data:image/png;base64,{data}" alt="Logo">'
    saved = practice.signatures.save(Signature(label="Logo", html=html))
    [kept] = saved.pictures
    assert practice.signatures["Logo"] == saved
    renamed = practice.attachments.keep_data(picture(), "a-logo.png")
    again = practice.signatures.save(replace(saved, pictures=(kept,)))
    assert again.pictures == (kept,) != (renamed,)
    assert practice.signatures.save(replace(saved, html="@CORPS")).pictures == ()


def test_an_image_of_a_file_is_brought_with_its_file_only(practice: Practice) -> None:
    with pytest.raises(TemplateRefused, match=r"logo\.png"):
        practice.signatures.save(Signature(label="Logo", html='@CORPS<img src="logo.png">'))
    assert "Logo" not in practice.signatures


def test_heavy_images_are_told(practice: Practice, tmp_path: Path) -> None:
    Image.effect_noise((900, 600), 90).save(tmp_path / "photo.jpg", quality=80)
    (tmp_path / "s.html").write_text('@CORPS<img src="photo.jpg" alt="">', encoding="utf-8")
    signature = practice.signatures.import_file(tmp_path / "s.html")
    assert list(practice.signatures.check(signature)["code"]) == ["heavy_pictures"]


def test_what_is_exported_is_the_same_signature_in_another_practice(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(picture())
    text = '---\nlabel: "2: Fêtes"\n---\n<p>@CABNOM</p>@CORPS<img alt="a > b" src="logo.png" width="30">\n'
    (tmp_path / "s.html").write_text(text, encoding="utf-8")
    practice.signatures.import_file(tmp_path / "s.html")
    out = tmp_path / "out"
    out.mkdir()
    practice.signatures.export_file("2: Fêtes", out / "s.html")
    with open_practice(init_workspace(tmp_path / "other")) as other:
        assert other.signatures.import_file(out / "s.html") == practice.signatures["2: Fêtes"]


def test_each_starter_dresses_a_message_of_the_sample_without_a_finding(practice: Practice) -> None:
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    for name in practice.signatures:
        mailing = practice.mailing(rows, "Rendez-vous/Rappel de rendez-vous", signature=name)
        assert not mailing.check()["code"].str.contains("@CAB|@PR").any()
        message = mailing.preview(0)
        assert len(message.pictures) == (name in ("Praticien", "En-tête"))
        assert "cid:" not in message.text


def test_a_file_that_is_no_text_is_refused(practice: Practice, tmp_path: Path) -> None:
    file = tmp_path / "logo.html"
    file.write_bytes(b"\xff\xfe\x00logo")
    with pytest.raises(TemplateRefused):
        practice.signatures.import_file(file)
