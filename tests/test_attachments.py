"""An attachment is kept by its bytes: it cannot vanish or change without being noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.attachments import AttachmentFolder
from workbench.errors import TemplateRefused


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
