"""Kept files are read once for many messages, and what is held stays within bounds."""

from __future__ import annotations

import hashlib

import pytest

from workbench.domain.messages import Attachment
from workbench.errors import TemplateRefused
from workbench.practice.files import HELD, KeptFiles


def test_a_file_is_read_once_and_the_oldest_leave_when_there_are_many() -> None:
    asked: list[str] = []

    def read(kept: str) -> Attachment:
        asked.append(kept)
        return Attachment(name="x.pdf", media_type="application/pdf", digest=kept.partition("/")[0], data=b"x" * 10**6)

    files = KeptFiles(read, lambda digest: f"{digest}/x.pdf")
    for _time in range(3):
        files.file("a/x.pdf")
    assert asked == ["a/x.pdf"]
    for number in range(HELD // 10**6 + 5):
        files.file(f"{number}/x.pdf")
    files.file("a/x.pdf")
    assert asked.count("a/x.pdf") == 2


def test_a_file_that_is_gone_is_said_by_its_name_and_an_image_without_one() -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    files = KeptFiles(lambda _kept: None, lambda _digest: None)
    with pytest.raises(TemplateRefused, match=r"plan\.pdf"):
        files.file(f"{digest}/plan.pdf")
    with pytest.raises(TemplateRefused):
        files.picture(f"{digest}@workbench")
