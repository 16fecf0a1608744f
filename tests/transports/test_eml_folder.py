"""Letters written as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.transport_contract import TransportContract
from tests.fakes import ListQueue, RecordingJournal, a_letter
from workbench.errors import SendingStopped
from workbench.transports.eml_folder import EmlFolderTransport, write_durably


class TestEmlFolder(TransportContract):
    @pytest.fixture
    def transport(self, tmp_path: Path) -> EmlFolderTransport:
        self.folder = tmp_path / "out"
        return EmlFolderTransport(self.folder)

    def arrived(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.glob("*.eml"))]


def test_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    EmlFolderTransport(folder).deliver(ListQueue([a_letter(7)]), RecordingJournal())
    assert [path.name for path in folder.iterdir()] == ["0000000007.eml"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "0000000007.eml").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_stops_the_sending_and_fails_nobody(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file stands where the folder should be")
    journal = RecordingJournal()
    with pytest.raises(SendingStopped, match="cannot be written"):
        EmlFolderTransport(tmp_path / "out").deliver(ListQueue([a_letter(1), a_letter(2)]), journal)
    assert journal.statuses() == {1: "pending"}


def test_writing_again_replaces_the_file(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        write_durably(tmp_path / "letter.eml", content)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.eml"]
    assert (tmp_path / "letter.eml").read_bytes() == b"second"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "letter.eml").mkdir()
    with pytest.raises(OSError):
        write_durably(tmp_path / "letter.eml", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.eml"]
