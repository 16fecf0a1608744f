"""The built-in mail catcher, in its own process as always."""

from __future__ import annotations

import os
import signal
import smtplib
import time
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.fakes import ListQueue, RecordingJournal, a_letter
from tests.transports.conftest import account
from workbench.errors import NetworkDown
from workbench.transports.catcher import Catcher
from workbench.transports.smtp import SmtpTransport


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with Catcher(tmp_path / "caught") as running:
        yield running


def test_what_is_sent_is_kept_with_its_envelope_in_files_that_sort_by_time(catcher: Catcher) -> None:
    journal = RecordingJournal()
    letters = [a_letter(number, content=b"Subject: %d\r\n\r\n.dot\r\n" % number) for number in range(1, 8)]
    SmtpTransport(account(catcher.port, host=catcher.host), connections=1).deliver(ListQueue(letters), journal)
    assert set(journal.statuses().values()) == {"sent"}
    files = sorted(catcher.folder.iterdir())
    messages = [message_from_bytes(path.read_bytes()) for path in files]
    assert [message["Subject"] for message in messages] == [str(number) for number in range(1, 8)]
    assert messages[0]["X-Envelope-To"] == "patient1@example.test"
    assert messages[0]["X-Envelope-From"] == "practice@cabinet.example"
    assert files[0].read_bytes().endswith(b"\r\n\r\n.dot\r\n")
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert catcher.folder.stat().st_mode & 0o777 == 0o700


def test_the_answer_comes_after_the_file(catcher: Catcher) -> None:
    with smtplib.SMTP(catcher.host, catcher.port, timeout=10) as client:
        client.sendmail("practice@cabinet.example", ["anne@example.test"], b"Subject: x\r\n\r\nx\r\n")
        assert len(list(catcher.folder.glob("*.eml"))) == 1


def test_a_failure_can_be_seen_by_writing_to_an_address_that_it_refuses(catcher: Catcher) -> None:
    with smtplib.SMTP(catcher.host, catcher.port, timeout=10) as client:
        client.ehlo()
        client.mail("practice@cabinet.example")
        assert client.rcpt("inconnu.martel@famille.example") == (550, b"5.1.1 No such mailbox here")
        assert client.rcpt("Inconnu@famille.example")[0] == 550
        assert client.rcpt("occupe@famille.example") == (451, b"4.3.2 Too busy now")
        assert client.rcpt("o.inconnu@famille.example")[0] == 250
        assert client.data(b"Subject: x\r\n\r\nx\r\n")[0] == 250
    [kept] = catcher.folder.glob("*.eml")
    assert message_from_bytes(kept.read_bytes()).get_all("X-Envelope-To") == ["o.inconnu@famille.example"]


def test_it_listens_on_this_machine_only(catcher: Catcher) -> None:
    assert catcher.host == "127.0.0.1"
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{catcher.port:04X}")
    ]
    assert listening == [f"0100007F:{catcher.port:04X}"]


def test_it_ends_with_its_parent_and_not_with_an_interrupt(tmp_path: Path) -> None:
    catcher = Catcher(tmp_path / "caught")
    with catcher:
        child = catcher._child
        assert child is not None
        os.kill(child.pid, signal.SIGINT)
        time.sleep(0.2)
        assert child.poll() is None
    assert child.returncode == 0
    catcher.close()  # a second time does nothing


def test_a_catcher_that_cannot_start_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/true")
    with pytest.raises(NetworkDown, match="did not start"), Catcher(tmp_path / "caught"):
        pass
