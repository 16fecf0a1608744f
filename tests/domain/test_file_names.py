"""A file's name is safe on every computer and in a header, and says by its ending whether mail would carry it."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.file_names import (
    LONGEST_NAME,
    ending_of,
    harmless_name,
    is_blocked,
    is_program,
    packs_what_runs,
    plain_stem,
)


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("plan d’accès.pdf", "plan d’accès.pdf"),
        ("Tarifs 2026 (été).pdf", "Tarifs 2026 (été).pdf"),
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\temp\\a.pdf", "C__temp_a.pdf"),
        ("a\r\nBcc: x@evil.test.pdf", "aBcc_ x@evil.test.pdf"),
        ("=?utf-8?b?DQpCY2M6?=.pdf", "=_utf-8_b_DQpCY2M6_=.pdf"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("virus.exe. ", "virus.exe"),
        ("nul.pdf", "_nul.pdf"),
        ("COM1", "_COM1"),
        (".htaccess", "htaccess"),
        ("\u2028 \x00", "fichier"),
        ("\udcff.pdf", "pdf"),
        ("", "fichier"),
    ],
)
def test_a_name_is_made_safe_and_stays_as_like_as_may_be(given_name: str, safe: str) -> None:
    assert harmless_name(given_name) == safe


@given(st.text(max_size=400))
def test_whatever_a_file_is_called_its_name_is_harmless(name: str) -> None:
    safe = harmless_name(name)
    assert safe == harmless_name(safe)
    assert 0 < len(safe.encode()) <= LONGEST_NAME + 1
    assert not set(safe) & set('/\\<>:"|?*\r\n\x00')
    assert safe.isprintable()
    assert "=?" not in safe
    assert safe.strip(" .") == safe


def test_a_long_name_keeps_its_ending() -> None:
    safe = harmless_name("é" * 300 + ".pdf")
    assert safe.endswith("é.pdf")
    assert len(safe.encode()) <= LONGEST_NAME


@pytest.mark.parametrize(
    "name", ["a.exe", "plan.pdf.js", "b.HTML", "c.docm", "photo\u202egpj.exe", "d.svg", "virus.exe. ", "e.lnk"]
)
def test_what_mail_services_refuse_is_known_by_its_ending(name: str) -> None:
    assert is_blocked(harmless_name(name))


@pytest.mark.parametrize(
    "name", ["plan.pdf", "image.jpg", "tarifs.xlsx", "lettre.docx", "lisezmoi", "a.exe.pdf", "d.dcm"]
)
def test_what_they_take_may_go(name: str) -> None:
    assert not is_blocked(name)


def test_a_program_is_one_whatever_it_is_called() -> None:
    assert is_program(b"MZ\x90\x00")
    assert is_program(b"#!/bin/sh")
    assert not is_program(b"%PDF-1.7")


@given(st.lists(st.text(max_size=40), max_size=4))
def test_a_stem_is_plain_letters_digits_and_hyphens(words: list[str]) -> None:
    stem = plain_stem(*words)
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not stem.startswith("-")
    assert not stem.endswith("-")
    assert "--" not in stem


def test_an_ending_is_what_follows_the_last_dot() -> None:
    assert [ending_of(name) for name in ("a.tar.GZ", "readme", "a.", ".pdf")] == ["gz", "", "", "pdf"]


def archive(*names: str) -> bytes:
    held = io.BytesIO()
    with ZipFile(held, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("names", "runs"),
    [
        (["photos/a.jpg", "plan.pdf"], False),
        (["photos/a.jpg", "b/setup.EXE"], True),
        (["facture.pdf.js"], True),
        (["[Content_Types].xml", "word/document.xml", "word/media/image1.svg"], False),
        (["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"], True),
        (["mimetype", "content.xml", "pictures/a.svg"], False),
    ],
)
def test_what_runs_is_found_in_an_archive_too(names: list[str], runs: bool) -> None:
    assert packs_what_runs(archive(*names)) is runs


@given(st.binary(max_size=200), st.integers(0, 150))
def test_a_broken_archive_packs_nothing_or_something(noise: bytes, cut: int) -> None:
    whole = archive("a.txt", "b.txt")
    for data in (b"PK" + noise, whole[:cut] + noise + whole[cut:], whole[: cut - 150]):
        assert packs_what_runs(data) in (True, False)
