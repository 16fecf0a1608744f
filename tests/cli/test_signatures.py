"""``workbench signature``: listed, shown, checked, taken from files with their images and written back."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from workbench.errors import TemplateRefused, UnknownSignature
from workbench.wiring import open_practice


def logo(folder: Path) -> Path:
    held = io.BytesIO()
    Image.new("RGB", (60, 20), "teal").save(held, "PNG")
    (folder / "logo.png").write_bytes(held.getvalue())
    return folder / "logo.png"


def a_file(folder: Path, body: str = '<div>@CORPS</div><p><img src="logo.png" alt="Le cabinet"></p>') -> Path:
    file = folder / "noel.html"
    file.write_text(f"---\nlabel: Fêtes\n---\n{body}\n", encoding="utf-8")
    return file


def test_five_are_listed_to_start_with(at: Any) -> None:
    rows = json.loads(at("signature", "list", "--format", "json").stdout)
    assert [row["label"] for row in rows] == ["Cabinet", "Confidentialité", "En-tête", "Praticien", "Secrétariat"]
    assert {tuple(row) for row in rows} == {("label", "pictures", "used_by")}


def test_a_file_and_its_image_are_taken_in_and_written_back_as_they_were(at: Any, tmp_path: Path) -> None:
    picture, file = logo(tmp_path), a_file(tmp_path)
    assert "« Fêtes » is in" in at("signature", "import", str(file)).stderr
    rows = json.loads(at("signature", "list", "--format", "json").stdout)
    assert next(row["pictures"] for row in rows if row["label"] == "Fêtes") == 1
    out = tmp_path / "out"
    out.mkdir()
    assert at("signature", "export", "Fêtes", str(out / "noel.html")).exit_code == 0
    assert (out / "noel.html").read_bytes() == file.read_bytes()
    assert (out / "logo.png").read_bytes() == picture.read_bytes()
    assert at("signature", "show", "Fêtes").stdout == file.read_text(encoding="utf-8")


def test_how_it_looks_stands_by_itself(at: Any, tmp_path: Path) -> None:
    logo(tmp_path)
    at("signature", "import", str(a_file(tmp_path)))
    assert at("signature", "show", "Fêtes", "--html", str(tmp_path / "out.html")).exit_code == 0
    shown = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert 'src="data:image/png;base64,' in shown
    assert "cid:" not in shown
    at("signature", "show", "Praticien", "--html", str(tmp_path / "out.html"))
    assert 'src="data:image/png;base64,' in (tmp_path / "out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("body", ["<p>@CABNOM</p>", "<p>@CORPS</p><p>@CORPS</p>", '@CORPS<img src="absent.png">'])
def test_a_file_that_would_lose_or_double_a_text_or_an_image_is_refused(at: Any, tmp_path: Path, body: str) -> None:
    assert isinstance(at("signature", "import", str(a_file(tmp_path, body))).exception, TemplateRefused)
    assert "Fêtes" not in at("signature", "list").stdout


def test_what_is_doubtful_is_said(at: Any, tmp_path: Path) -> None:
    logo(tmp_path)
    file = a_file(tmp_path, '<p>@CORPS</p>\n<img src="logo.png"><img src="https://x.example/y.png" alt="">@CABNOMS')
    told = json.loads(at("signature", "check", str(file), "--format", "json").stdout)
    assert {(one["code"], one["line"]) for one in told} == {
        ("unknown_field:@CABNOMS", 2), ("picture_without_alt", 2), ("remote_picture", 2),
    }  # fmt: skip
    file.write_text('@CORPS\n<img src="absent.png" alt="">', encoding="utf-8")
    told = json.loads(at("signature", "check", str(file), "--format", "json").stdout)
    assert [(one["severity"], one["code"], one["line"]) for one in told] == [("error", "picture_refused", 2)]
    logo(tmp_path)
    a_file(tmp_path, '@CORPS<img src="logo.png">')
    assert "no description" in at("signature", "import", str(file)).stderr
    assert "in order" in at("signature", "check", "Cabinet").stderr


def test_one_that_is_asked_for_stays(at: Any, sample: Path) -> None:
    with open_practice(sample) as practice:
        account = next(iter(practice.accounts))
        practice.accounts.set(account, signature="Cabinet")
    assert f"the account « {account} »" in str(at("signature", "archive", "Cabinet").exception)
    assert "archived" in at("signature", "archive", "Secrétariat").stderr
    assert isinstance(at("signature", "show", "Secrétariat").exception, UnknownSignature)
