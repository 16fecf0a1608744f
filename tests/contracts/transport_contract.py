"""What every way out must keep; a test class inherits this and says how letters arrive at its other end."""

from __future__ import annotations

import pytest

from tests.fakes import ListQueue, RecordingJournal, a_letter
from workbench.domain.messages import Letter
from workbench.errors import JournalBroken
from workbench.ports import Transport

HARD_CONTENT = (
    b"Subject: dots\r\n\r\n.\r\n..\r\n.begins with a dot\r\nends with one.\r\n\r\n=2E\r\n" + b"x" * 998 + b"\r\n.\r\n"
)


class TransportContract:
    """The tests; `transport` and `arrived` are the fixtures a way out provides."""

    @pytest.fixture
    def transport(self) -> Transport:
        """The transport under test."""
        raise NotImplementedError

    def arrived(self) -> list[bytes]:
        """Return the contents that arrived, in any order."""
        raise NotImplementedError

    def test_every_letter_arrives_once_and_has_one_outcome(self, transport: Transport) -> None:
        journal = RecordingJournal()
        letters = [a_letter(number, content=b"Subject: %d\r\n\r\nHello.\r\n" % number) for number in range(1, 41)]
        transport.deliver(ListQueue(letters), journal)
        assert journal.statuses() == dict.fromkeys(range(1, 41), "sent")
        assert sorted(self.arrived()) == sorted(letter.content for letter in letters)

    def test_content_arrives_unchanged_whatever_its_dots(self, transport: Transport) -> None:
        transport.deliver(ListQueue([a_letter(content=HARD_CONTENT)]), RecordingJournal())
        assert self.arrived() == [HARD_CONTENT]

    def test_nothing_arrives_before_the_journal_knows(self, transport: Transport) -> None:
        letters = [a_letter(number, content=b"Subject: %d\r\n\r\nHello.\r\n" % number) for number in range(1, 21)]
        contents = {letter.delivery_id: letter.content for letter in letters}
        journal = RecordingJournal()
        too_early: list[int] = []

        class Watching(RecordingJournal):
            def turn(inner, results, about_to_go):  # noqa: N805
                known = [contents[number] for number in inner.announced]
                too_early.extend(len(content) for content in self.arrived() if content not in known)
                super().turn(results, about_to_go)

        journal = Watching()
        transport.deliver(ListQueue(letters), journal)
        assert len(journal.outcomes) == 20
        assert too_early == []

    def test_when_the_journal_breaks_nothing_leaves_any_more(self, transport: Transport) -> None:
        turns = 0

        def break_at_the_third(_results: object, about_to_go: list[Letter]) -> None:
            nonlocal turns
            turns += 1
            if turns == 3:
                raise JournalBroken("the disk is full")

        journal = RecordingJournal(on_turn=break_at_the_third)
        letters = [a_letter(number, content=b"Subject: %d\r\n\r\nHello.\r\n" % number) for number in range(1, 41)]
        with pytest.raises(JournalBroken):
            transport.deliver(ListQueue(letters), journal)
        announced = [letter.content for letter in letters if letter.delivery_id in journal.announced]
        assert 0 < len(announced) < 40
        assert set(self.arrived()) <= set(announced)

    def test_a_request_to_stop_finishes_what_is_in_flight_and_takes_no_more(self, transport: Transport) -> None:
        def stop_soon(_results: object, _about_to_go: object) -> None:
            journal.stopping = len(journal.turns) >= 2

        journal = RecordingJournal(on_turn=stop_soon)
        queue = ListQueue([a_letter(number) for number in range(1, 101)])
        transport.deliver(queue, journal)
        assert set(journal.outcomes) == journal.announced
        assert set(journal.statuses().values()) == {"sent"}
        assert len(self.arrived()) == len(journal.announced)
        assert 0 < len(journal.announced) < 50

    def test_an_empty_queue_is_done_at_once(self, transport: Transport) -> None:
        journal = RecordingJournal()
        transport.deliver(ListQueue([]), journal)
        assert journal.turns == []
        assert self.arrived() == []
