"""Whatever a server says, in whatever pieces, and whatever of ours has left: the outcomes are true."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.fakes import a_letter
from tests.transports.test_smtp_session import open_session, spoken
from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.messages import Letter
from workbench.transports.smtp_opening import Phase
from workbench.transports.smtp_session import Session, Step

SAID = [
    b"250 ok\r\n",
    b"250-one\r\n250-two\r\n250 three\r\n",
    b"354 go\r\n",
    b"250 ok\r\n250 ok\r\n354 go\r\n",
    b"251 forwarded\r\n",
    b"220 again\r\n",
    b"334 \r\n",
    b"421 4.7.0 bye\r\n",
    b"451 4.2.0 later\r\n",
    b"452 4.2.2 full\r\n",
    b"503 5.5.1 what\r\n",
    b"530 5.7.0 log in\r\n",
    b"550 5.1.1 no\r\n",
    b"552 5.3.4 too big\r\n",
    b"250-one\r\n550 two\r\n",
    b"250\r\n",
    b"25",
    b"0 ok\r",
    b"\n",
    b"\r\n",
    b"250 \x00\xff\xc3\xa9\r\n",
    b"HTTP/1.1 400 Bad\r\n",
    b"9" * 9000,
]


class Conversation(RuleBasedStateMachine):
    """A server that says anything at any moment, and a wire that takes our bytes as it likes."""

    @initialize(pipelining=st.booleans(), letters=st.integers(1, 6))
    def begins(self, pipelining: bool, letters: int) -> None:
        self.session: Session = open_session(*(["PIPELINING"] if pipelining else []), letters=letters)
        self.begun: dict[int, Letter] = {}
        self.gone: dict[int, int] = {}  # how far our bytes must have left for the dot to have left
        self.wire = b""
        self.outcomes: dict[int, Outcome] = {}
        self.yes_after_dot: set[int] = set()
        self.early_yes: set[int] = set()
        self.heard = b""
        self.heard_before: dict[int, int] = {}

    def queued(self) -> int:
        return len(self.wire) + sum(len(piece) for piece in self.session.out)

    def dot_has_left(self, number: int) -> bool:
        return number in self.gone and len(self.wire) >= self.gone[number]

    def collect(self) -> None:
        for outcome in self.session.outcomes:
            assert outcome.delivery_id not in self.outcomes, "one letter has one outcome"
            self.outcomes[outcome.delivery_id] = outcome
            if outcome.status is DeliveryStatus.SENT:
                assert outcome.delivery_id in self.yes_after_dot, "« sent » is a 2xx to the dot"
            if outcome.status is DeliveryStatus.IN_DOUBT:
                number = outcome.delivery_id
                assert self.dot_has_left(number) or number in self.early_yes, "no doubt about what surely stayed here"
            if outcome.status is DeliveryStatus.FAILED:
                assert outcome.code is not None
                assert outcome.code >= 500
        self.session.outcomes = []

    @precondition(lambda self: self.session.can_begin)
    @rule(dotted=st.booleans())
    def begin(self, dotted: bool) -> None:
        number = len(self.begun) + 1
        body = b"\r\n.\r\nMAIL FROM:<x@y.z>\r\n" if dotted else b""
        self.begun[number] = a_letter(
            number, content=b"Subject: %d\r\n\r\ncontent-of-%d%b\r\n" % (number, number, body)
        )
        self.heard_before[number] = len(self.heard)
        self.session.begin(self.begun[number])
        self.collect()

    @precondition(lambda self: self.session.ready is not None and self.session.flying is None)
    @rule()
    def go(self) -> None:
        number = self.session.ready.delivery_id  # type: ignore[union-attr]
        assert b"354" in self.heard[self.heard_before[number] :], "content only after a 354"
        self.session.go()
        self.gone[number] = self.queued()

    @precondition(lambda self: bool(self.session.out))
    @rule(part=st.integers(1, 400))
    def leave(self, part: int) -> None:
        data = b"".join(self.session.out)
        self.session.took(min(part, len(data)))
        self.wire += data[:part]

    @precondition(lambda self: bool(self.session.out))
    @rule()
    def leave_all(self) -> None:
        self.wire += self.session.spoken()

    @rule(said=st.sampled_from(SAID))
    def say(self, said: bytes) -> None:
        self.hear(said)

    @precondition(lambda self: self.session.awaited is not None)
    @rule(times=st.integers(1, 4))
    def agree(self, times: int) -> None:
        """Give the very answer that is awaited, so that letters go far."""
        for _time in range(times):
            if (step := self.session.awaited) is not None:
                self.hear(b"354 go\r\n" if step is Step.DATA else b"250 2.0.0 ok\r\n")

    @precondition(lambda self: self.session.can_begin)
    @rule()
    def begin_and_agree(self) -> None:
        self.begin(True)
        self.agree(3)

    def hear(self, said: bytes) -> None:
        flying = self.session.flying
        if flying is not None:
            # The most lenient reading of what the server may have meant.
            (self.yes_after_dot if self.dot_has_left(flying.delivery_id) else self.early_yes).add(flying.delivery_id)
        self.heard += said
        self.session.receive(said)
        self.collect()

    @rule()
    def lose(self) -> None:
        self.session.lost("gone")
        self.collect()

    @invariant()
    def no_content_without_go(self) -> None:
        if not hasattr(self, "begun"):
            return
        everything = self.wire + b"".join(self.session.out)
        for number in self.begun:
            assert (b"content-of-%d" % number in everything) <= (number in self.gone)
        assert everything.count(b"\r\n.\r\n") <= len(self.gone) + everything.count(b"DATA\r\n.\r\n")

    def teardown(self) -> None:
        if not hasattr(self, "begun"):
            return
        self.session.lost("the end")
        self.collect()
        forgotten = set(self.begun) - set(self.outcomes)
        assert not forgotten & set(self.gone), "what has left always has an outcome"
        assert self.session.stop is not None or not forgotten


Conversation.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestConversation = Conversation.TestCase


# --- bytes in any pieces ------------------------------------------------------------------------------------


def told(pieces: list[bytes], pipelining: bool) -> list[tuple[int, str, str, int | None, str]]:
    """What becomes of three letters when the server's words come in these pieces, and ours always leave at once."""
    session = open_session(*(["PIPELINING"] if pipelining else []))
    letters = iter(range(1, 4))
    found: list[Outcome] = []

    def go_on() -> None:
        while session.phase is Phase.READY:
            if session.ready is not None and session.flying is None:
                session.go()
            elif session.can_begin and (number := next(letters, None)) is not None:
                session.begin(a_letter(number))
            else:
                break
        spoken(session)

    go_on()
    for piece in pieces:
        session.receive(piece)
        go_on()
    session.lost("the end")
    found += session.outcomes
    return [(o.delivery_id, str(o.status), o.reason, o.code, o.reply) for o in found]


# Replies that come alone: the server waits for what we say before the next one, so that a cut alone changes nothing.
LINES = st.lists(st.sampled_from([*SAID[:3], *SAID[4:16], *SAID[20:22]]), min_size=1, max_size=12)


@settings(deadline=None)
@given(LINES, st.booleans(), st.data())
def test_the_outcomes_are_the_same_however_the_bytes_are_cut(
    lines: list[bytes], pipelining: bool, data: st.DataObject
) -> None:
    cut: list[bytes] = []
    for line in lines:
        edges = sorted({0, len(line), *data.draw(st.lists(st.integers(0, len(line)), max_size=4))})
        cut += [line[start:end] for start, end in itertools.pairwise(edges)]
    assert told(lines, pipelining) == told(cut, pipelining)
