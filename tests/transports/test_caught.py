"""The letters that the catcher kept are read back, newest first, and nothing else of the machine is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from workbench.errors import UnknownName
from workbench.transports import caught
from workbench.transports.catcher import Catcher
from workbench.transports.caught import NEWEST, CaughtFolder

HEAD = "X-Envelope-From: a@b.example\r\nX-Envelope-To: c@d.example\r\n"


def put(folder: Path, number: int, head: str = "Subject: x\r\n", body: str = "Bonjour\r\n") -> str:
    name = f"{1_800_000_000_000_000_000 + number:020d}-000000.eml"
    (folder / name).write_bytes(f"{HEAD}{head}\r\n{body}".encode())
    return name


def test_what_the_catcher_kept_is_read_back(tmp_path: Path) -> None:
    import smtplib

    folder = CaughtFolder(tmp_path / "caught")
    assert folder.newest() == (0, [])
    with Catcher(tmp_path / "caught") as catcher, smtplib.SMTP(catcher.host, catcher.port) as client:
        for number in (1, 2):
            head = f"From: =?utf-8?q?Zo=C3=A9?= <a@b.example>\r\nTo: c@d.example\r\nSubject: Rappel {number}\r\n"
            client.sendmail("a@b.example", ["c@d.example"], f"{head}\r\nBonjour\r\n")
    total, letters = folder.newest()
    assert total == folder.count() == 2
    assert [letter.subject for letter in letters] == ["Rappel 2", "Rappel 1"]
    assert letters[0].sender == "Zoé <a@b.example>"
    assert letters[0].recipient == "c@d.example"
    assert abs(letters[0].at.timestamp() - time.time()) < 60
    content = folder.content(letters[0].key)
    assert content.endswith(b"Bonjour\r\n")
    assert len(content) == letters[0].size


def test_only_the_newest_are_listed_and_only_new_heads_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(NEWEST + 30):
        put(tmp_path, number)
    folder = CaughtFolder(tmp_path)
    total, letters = folder.newest()
    assert (total, len(letters)) == (NEWEST + 30, NEWEST)
    assert letters == sorted(letters, key=lambda letter: letter.key, reverse=True)

    read: list[str] = []
    parser = caught.BytesHeaderParser
    monkeypatch.setattr(
        caught,
        "BytesHeaderParser",
        lambda policy: read.append("one") or parser(policy=policy),  # type: ignore[func-returns-value]
    )
    newest = put(tmp_path, NEWEST + 30, head="Subject: the new one\r\n")
    total, letters = folder.newest()
    assert total == NEWEST + 31
    assert (letters[0].key, letters[0].subject) == (newest, "the new one")
    assert read == ["one"]


def test_an_emptied_folder_is_empty_again(tmp_path: Path) -> None:
    name = put(tmp_path, 1)
    folder = CaughtFolder(tmp_path)
    assert folder.newest()[0] == 1
    (tmp_path / name).unlink()
    assert folder.newest() == (0, [])
    with pytest.raises(UnknownName):
        folder.content(name)


@pytest.mark.parametrize("key", ["../secret.eml", "secret", "", ".half.eml", "a/b.eml", "/etc/passwd", "x.eml\n"])
def test_nothing_but_a_letter_of_the_folder_is_read(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.eml").write_text("secret")
    (tmp_path / "caught").mkdir()
    with pytest.raises(UnknownName):
        CaughtFolder(tmp_path / "caught").content(key)


def test_half_written_letters_and_other_files_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, 1)
    (tmp_path / ".abc.part").write_text("half")
    (tmp_path / "notes.txt").write_text("mine")
    assert CaughtFolder(tmp_path).count() == 1


@pytest.mark.parametrize(
    "head",
    ["Subject: =?utf-8?b?%%%?=\r\n", "Subject: =?x?q?\udcff?=\r\n", "To: @@,;:\r\n", "Subject\r\n", "\x00\r\n", ""],
)
def test_a_badly_written_head_is_listed_as_well_as_it_can_be(tmp_path: Path, head: str) -> None:
    name = "00000001800000000000-000000.eml"
    (tmp_path / name).write_bytes(head.encode("utf-8", "surrogateescape") + b"\r\nx")
    total, letters = CaughtFolder(tmp_path).newest()
    assert total == len(letters) == 1
