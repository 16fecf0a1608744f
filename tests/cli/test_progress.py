from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workbench.cli.progress import countdown, sending_progress
from workbench.displays.progress import sentence_of
from workbench.domain.departures import WaitingFor
from workbench.domain.mailings import MailingProgress


def at(sent: int = 4, waiting_until: datetime | None = None) -> MailingProgress:
    return MailingProgress(total=10, sent=sent, failed=1, skipped=2, pending=3, waiting_until=waiting_until)


def test_the_numbers_of_a_sending_are_told_in_words():
    assert sentence_of(at()) == "4 sent, 1 failed, 0 uncertain, 2 not sent, 3 waiting"


def test_before_anything_leaves_it_is_told_how_much_of_the_list_is_queued():
    assert sentence_of(MailingProgress(total=3000, pending=3000, queued=1000)) == "Queued 1000 of 3000 (33 %)"
    assert sentence_of(MailingProgress(total=0, queued=0)) == "Queued 0 of 0 (0 %)"


def test_a_wait_says_until_when():
    assert sentence_of(at(waiting_until=datetime(2026, 11, 22, 9, 30))).endswith("next attempt at 2026-11-22 09:30")


def test_away_from_a_terminal_a_line_comes_only_now_and_then(capsys):
    times = iter([0.0, 1.0, 2.0, 6.0, 6.0, 7.0])
    with sending_progress(clock=lambda: next(times)) as progress:
        for sent in range(4):
            progress(at(sent=sent))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == ["2 sent, 1 failed, 0 uncertain, 2 not sent, 3 waiting"]


def test_away_from_a_terminal_a_wait_is_said_at_once_and_only_once(capsys):
    until = datetime(2026, 11, 22, 9, 30)
    with sending_progress(clock=lambda: 0.0) as progress:
        for waiting in (None, until, until, None, until, datetime(2026, 11, 22, 9, 31)):
            progress(at(waiting_until=waiting))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(";")[0] for line in lines] == ["3 messages are put off"] * 2
    assert "next attempt at 2026-11-22 09:30. Ctrl-C is safe" in lines[0]


@pytest.mark.parametrize(
    ("why", "line", "said"),
    [
        (WaitingFor.UNDO, "can be taken back until", "take them back with: workbench mailings cancel 7"),
        (WaitingFor.LIMITS, "the account has sent as much as it may", "3 messages go on at 2026-11-22 09:30"),
        (WaitingFor.HOURS, "outside the sending hours", "3 messages go on at 2026-11-22 09:30"),
    ],
)
def test_a_wait_says_what_for(capsys, why, line, said):
    waiting = replace(at(waiting_until=datetime(2026, 11, 22, 9, 30)), waiting_for=why, mailing_id=7)
    assert line in sentence_of(waiting)
    with sending_progress(clock=lambda: 0.0) as progress:
        progress(waiting)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "said"), [(272, "in 4:32"), (9.6, "in 0:10"), (-3, "in 0:00"), (7200, "in 120:00")]
)
def test_what_is_waited_for_is_counted_down(seconds, said):
    now = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert countdown(now + timedelta(seconds=seconds), now) == said
    assert countdown(None, now) == ""


def test_at_a_terminal_a_wait_is_said_once_above_the_bar_and_counted_down(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")
    until = datetime.now(UTC) + timedelta(seconds=90)
    with sending_progress() as progress:
        for waiting in (None, until, until):
            progress(at(waiting_until=waiting))
    told = sys.stderr.getvalue()
    assert told.count("3 messages are put off") == 1
    assert "Ctrl-C is safe" in told
    assert re.search(r"in 1:(29|30)", told)
