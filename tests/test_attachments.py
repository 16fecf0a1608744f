"""An attachment is kept by its bytes: it cannot vanish or change without being noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.attachments import AttachmentFolder
from workbench.errors import AttachmentRefused, TemplateRefused


def test_a_kept_file_is_the_same_bytes_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "plan d'accès.pdf").write_bytes(b"%PDF-1.4 plan")
    folder = AttachmentFolder(tmp_path / "attachments")
    kept = folder.keep(tmp_path / "plan d'accès.pdf")
    assert folder.keep(tmp_path / "plan d'accès.pdf") == kept
    read = folder.read(kept)
    assert read is not None
    assert (read.name, read.media_type, read.data) == ("plan d'accès.pdf", "application/pdf", b"%PDF-1.4 plan")
    (tmp_path / "attachments" / kept).write_bytes(b"something else")
    assert folder.read(kept) is None
    (tmp_path / "attachments" / kept).unlink()
    assert folder.read(kept) is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateRefused, match=r"absent\.pdf"):
        AttachmentFolder(tmp_path).keep(tmp_path / "absent.pdf")


def test_what_a_file_is_does_not_depend_on_the_computer(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path)
    kept = [folder.keep_data(b"x", name) for name in ("a.docx", "b.JPG", "c.webp", "d", "e.unknown")]
    found = [folder.read(one) for one in kept]
    assert [one.media_type.partition("/")[0] for one in found if one] == [
        "application", "image", "image", "application", "application",
    ]  # fmt: skip


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(AttachmentRefused, match="larger than 2 megabytes"):
        AttachmentFolder(tmp_path / "kept").keep(tmp_path / "large.txt", most=2_000_000)


def test_a_name_that_would_lead_elsewhere_is_made_harmless(tmp_path: Path) -> None:
    (tmp_path / "=?utf-8?q?a?=.txt").write_bytes(b"x")
    kept = AttachmentFolder(tmp_path / "kept").keep(tmp_path / "=?utf-8?q?a?=.txt")
    assert kept.partition("/")[2] == "=_utf-8_q_a_=.txt"


def test_a_kept_file_tells_its_size_and_takes_another_name(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path)
    kept = folder.keep_data(b"four", "a.txt")
    assert folder.size(kept) == 4
    assert folder.keep_as(kept, "b.txt") == kept.replace("a.txt", "b.txt")
    assert [folder.size(name) for name in (kept.replace("a.txt", "c.txt"), "../a.txt", "a.txt", "")] == [None] * 4
    (tmp_path / kept).write_bytes(b"five!")
    with pytest.raises(AttachmentRefused):
        folder.keep_as(kept, "c.txt")
