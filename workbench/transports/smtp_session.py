"""One SMTP conversation as a state machine: bytes in, bytes and outcomes out; it opens nothing and waits for nothing.

The transaction part is pipelined (RFC 2920): MAIL, RCPT and DATA of a letter go in one write, behind the content of the
letter before it. Content goes only after its own 354 and after `go`, so at most one letter a conversation
can be in doubt.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from workbench.domain.accounts import Account
from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.messages import Letter
from workbench.errors import SenderRefused, SendingStopped
from workbench.language import _
from workbench.transports.smtp_opening import Opening, Phase, login_refused
from workbench.transports.smtp_protocol import (
    LOGIN_CODES,
    MAX_COMMAND,
    BadReply,
    Extensions,
    Reply,
    ReplyReader,
    dot_stuffed,
    envelope_path,
    final_dot,
    form_of,
    xtext,
)

MAX_ENVELOPE_ID = 100
MAX_ORIGINAL_RECIPIENT = 500
"""Characters of the values of ENVID and ORCPT (RFC 3461 4.4 and 4.2)."""


class Step(Enum):
    """What the next reply answers."""

    RESET = "RSET"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "the final dot"
    EMPTY = "a dot without content"
    QUIT = "QUIT"


_ENVELOPE = (Step.MAIL, Step.RCPT, Step.DATA)


class _Trip:
    """A letter between MAIL and its 354."""

    __slots__ = ("decided", "dotted", "letter", "opened", "rcpt")

    def __init__(self, letter: Letter, rcpt: bytes, *, dotted: bool) -> None:
        self.letter = letter
        self.rcpt = rcpt
        self.dotted = dotted
        self.decided = False  # its outcome is known; the replies still to come only close the transaction
        self.opened = False  # the server said yes to MAIL, so a RSET is needed before the next one


class Session:
    """One conversation with a server for one account.

    After each `receive`, `lost`, `begin` or `go` the owner looks at `phase`, `out`, `ready`, `outcomes`, `slow`
    (the server asked for fewer messages), `helpful` (it decided about a letter), `fault` and `stop`. What is to be
    written stands in `out`, piece by piece and never copied; the owner tells with `took` how much of it has left,
    which counts in `handed`. `at_risk` is how far bytes may have left besides, in a TLS record written in part.
    """

    __slots__ = (
        "_account", "_begun", "_dot_mark", "_dotted", "_expected", "_letters_left", "_needs_reset", "_offered",
        "_opening", "_queued", "_reader", "_sender", "_trip", "at_risk", "fault", "flying", "handed", "helpful", "out",
        "outcomes", "phase", "ready", "replies", "slow", "stop", "welcomed",
    )  # fmt: skip

    def __init__(self, account: Account, password: str, *, hello: str, letters: int) -> None:
        self._account = account
        self._opening = Opening(account, password, hello)
        self._letters_left = letters
        self._begun = 0
        self._reader = ReplyReader()
        self._offered = Extensions()
        self._expected: deque[Step] = deque()
        self._trip: _Trip | None = None
        self._needs_reset = False
        self._queued = 0
        self._dot_mark = 0
        self._dotted = False  # whether a line of the ready letter begins with a dot
        self._sender = ("", b"")  # the last sender and its path; it is the same for every letter of an account
        self.phase = Phase.GREETING
        self.out: list[bytes | memoryview] = []
        self.handed = 0
        self.at_risk = 0
        self.replies = 0
        self.ready: Letter | None = None
        self.flying: Letter | None = None
        self.outcomes: list[Outcome] = []
        self.slow = False
        self.helpful = False
        self.welcomed = False
        self.stop: SendingStopped | None = None
        self.fault = ""

    # --- what the owner asks ---------------------------------------------------------------------------

    @property
    def loaded(self) -> bool:
        """Whether a letter is under way in this conversation."""
        return self._trip is not None or self.ready is not None or self.flying is not None

    @property
    def idle(self) -> bool:
        """Whether the conversation is open and nothing is under way or awaited."""
        return self.phase is Phase.READY and not self.loaded and not self._expected

    @property
    def spent(self) -> bool:
        """Whether this conversation has carried as many letters as one may."""
        return self._letters_left <= 0

    @property
    def can_begin(self) -> bool:
        """Whether a letter may be begun now."""
        return (
            self.phase is Phase.READY
            and self._trip is None
            and self.ready is None
            and not self.spent
            and (self._offered.pipelining or not self._expected)
        )

    @property
    def awaited(self) -> Step | None:
        """What the next reply answers, or nothing when none is due."""
        return self._expected[0] if self._expected else None

    @property
    def dot_left(self) -> bool:
        """Whether the final dot of the content under way may have left this machine."""
        return self.flying is not None and max(self.handed, self.at_risk) >= self._dot_mark

    # --- what the owner tells ---------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take bytes that the server wrote."""
        self._reader.feed(data)
        try:
            while self.phase not in (Phase.CLOSED, Phase.HANDSHAKE):
                reply = self._reader.next_reply()
                if reply is None:
                    return
                self.replies += 1
                if self.phase >= Phase.READY:
                    self._answered(reply)
                else:
                    self._prepare(reply)
        except BadReply:
            self.lost(_("the server wrote something that is not SMTP"))

    def secured(self) -> None:
        """Go on after the TLS handshake that STARTTLS asked for; what was said before it is forgotten (RFC 3207)."""
        self._emit(self._opening.secured())
        self.phase = self._opening.phase

    def begin(self, letter: Letter) -> None:
        """Open the transaction of a letter; one that cannot leave through this server gets its outcome at once."""
        offered = self._offered
        sender = self._sender_path(letter.sender)
        if not sender or (not offered.smtputf8 and not sender.isascii()):
            self._stopped(
                SenderRefused(
                    _("The address of the account « {account} » cannot be used to send.").format(
                        account=self._account.name
                    )
                )
            )
            return
        try:
            path = envelope_path(letter.recipient)
        except ValueError:
            self._local_failure(letter, "invalid_address")
            return
        content = letter.content
        form = letter.form or form_of(content)
        options = b""
        if not (path.isascii() and sender.isascii()):
            if not offered.smtputf8:
                self._local_failure(letter, "needs_smtputf8")
                return
            options += b" SMTPUTF8"
        if not form.ascii:
            if not offered.eight_bit:
                self._local_failure(letter, "needs_8bit")
                return
            options += b" BODY=8BITMIME"
        if offered.size is not None:
            if 0 < offered.size < len(content):
                self._local_failure(letter, "message_too_large")
                return
            options += b" SIZE=%d" % len(content)
        if form.bare:
            self._local_failure(letter, "unsafe_value")
            return
        if len(path) > MAX_COMMAND - 8:
            self._local_failure(letter, "invalid_address")
            return
        notices = b""
        if offered.dsn and self._account.dsn:
            options += b" RET=HDRS" + _envelope_id(letter)
            notices = b" NOTIFY=FAILURE,DELAY" + _original_recipient(letter)
        self._letters_left -= 1
        self._begun += 1
        if self._needs_reset:
            self._needs_reset = False
            self._say(b"RSET\r\n", Step.RESET)
        rcpt = b"RCPT TO:%b%b\r\n" % (path, notices)
        self._trip = _Trip(letter, rcpt, dotted=form.dotted)
        if offered.pipelining:
            self._emit(b"MAIL FROM:%b%b\r\n%bDATA\r\n" % (sender, options, rcpt))
            self._expected.extend(_ENVELOPE)
        else:
            self._say(b"MAIL FROM:%b%b\r\n" % (sender, options), Step.MAIL)

    def go(self) -> None:
        """Let the content of the ready letter leave: the journal knows about it."""
        letter = self.ready
        assert letter is not None  # noqa: S101 - the owner's loop only calls this for a ready letter
        self.ready = None
        self.flying = letter
        content = letter.content
        if content:
            self._emit(dot_stuffed(content) if self._dotted else content)
        self._say(final_dot(content), Step.DOT)
        self._dot_mark = self._queued

    def took(self, count: int) -> None:
        """Note that `count` more bytes of `out` have left this machine."""
        self.handed += count
        out = self.out
        if self.handed == self._queued:
            out.clear()
            return
        while count >= len(out[0]):
            count -= len(out.pop(0))
        if count:
            out[0] = memoryview(out[0])[count:]

    def spoken(self) -> bytes:
        """Return all of `out` as taken, for an owner that writes it in one piece."""
        data = b"".join(self.out)
        self.took(len(data))
        return data

    def quit(self) -> None:
        """Say goodbye."""
        self.phase = Phase.QUITTING
        self._say(b"QUIT\r\n", Step.QUIT)

    def withhold(self) -> None:
        """Do not send the content of the ready letter, which comes too late by now: only hanging up does that."""
        self.lost(_("a message came too late"))

    def lost(self, fault: str) -> None:
        """End the conversation: give every letter under way the outcome that is true (P2, P4)."""
        if self.phase is Phase.CLOSED:
            return
        if self.flying is not None:
            if self.dot_left:
                self._outcome(self.flying, DeliveryStatus.IN_DOUBT, "reply_lost")
            else:
                self._outcome(self.flying, DeliveryStatus.PENDING, "connection_lost")
        if self.ready is not None:
            self._outcome(self.ready, DeliveryStatus.PENDING, "connection_lost")
        if self._trip is not None and not self._trip.decided:
            self._outcome(self._trip.letter, DeliveryStatus.PENDING, "connection_lost")
        self.flying = self.ready = self._trip = None
        self._expected.clear()
        self.out.clear()
        self._queued = self.handed
        if self.phase is not Phase.QUITTING:  # after our goodbye nothing is a fault any more
            self.fault = self.fault or fault
        self.phase = Phase.CLOSED

    # --- before the first letter -------------------------------------------------------------------------

    def _prepare(self, reply: Reply) -> None:
        opening = self._opening
        if opening.phase is not Phase.GREETING and (
            reply.code == 421 or (reply.temporary and opening.phase is not Phase.STARTTLS)
        ):
            self.slow = reply.code == 421
            self.lost(reply.quoted)
            return
        try:
            self._emit(opening.answered(reply, more=self._reader.leftover))
        except SendingStopped as stop:
            self._stopped(stop)
            return
        self.phase = opening.phase
        self.welcomed = self.phase is Phase.READY
        self._offered = opening.offered

    # --- letters -----------------------------------------------------------------------------------------

    def _answered(self, reply: Reply) -> None:
        if not self._expected:
            # Nothing was asked: either the server is closing (421), or it no longer counts as we do.
            self.slow = self.slow or reply.code == 421
            self.lost(reply.quoted)
            return
        step = self._expected.popleft()
        if step is Step.DOT:
            self._content_answered(reply)
        elif step is Step.MAIL:
            self._sender_answered(reply)
        elif step is Step.RCPT:
            self._recipient_answered(reply)
        elif step is Step.DATA:
            self._data_answered(reply)
        elif step is Step.QUIT:
            self.phase = Phase.CLOSED
        elif step is Step.RESET and not reply.positive:
            self.lost(reply.quoted)
        if reply.code == 421 and self.phase is not Phase.CLOSED:
            self.slow = True
            self.lost(reply.quoted)

    def _sender_answered(self, reply: Reply) -> None:
        trip = self._under_way()
        if reply.positive:
            trip.opened = True
            if not self._offered.pipelining:
                self._say(trip.rcpt, Step.RCPT)
        elif reply.temporary or reply.code == 552:
            # The size (552) is the only thing in MAIL that belongs to one letter.
            self._refused(trip, reply)
        elif reply.code == 503 and self._begun > 1:
            # It took our address before: the server has lost its place after a fault of its own. A new
            # connection starts afresh, and nobody's address is refused.
            self.lost(reply.quoted)
        elif reply.code >= 500 and reply.code not in LOGIN_CODES:
            self._stopped(
                SenderRefused(
                    _("The server of the account « {account} » refuses to send for its address: {reply}").format(
                        account=self._account.name, reply=reply.quoted
                    )
                )
            )
        elif reply.code >= 500:
            self._refused(trip, reply)
        else:
            self.lost(reply.quoted)

    def _recipient_answered(self, reply: Reply) -> None:
        trip = self._under_way()
        if trip.decided:
            return
        if reply.positive:
            if not self._offered.pipelining:
                self._say(b"DATA\r\n", Step.DATA)
        elif reply.code >= 400:
            self._refused(trip, reply)
        else:
            self.lost(reply.quoted)

    def _data_answered(self, reply: Reply) -> None:
        trip = self._under_way()
        if trip.decided:
            if reply.code == 354:
                # RFC 2920 3.1: the recipient was refused and yet content is awaited; end it with nothing in it.
                self._say(b".\r\n", Step.EMPTY)
                trip.opened = False
            self._close_trip(trip)
        elif reply.code == 354:
            self.helpful = True
            self.ready = trip.letter
            self._dotted = trip.dotted
            self._trip = None
        elif reply.code >= 400:
            self._refused(trip, reply)
            if self._trip is not None:
                self._close_trip(trip)
        else:
            self.lost(reply.quoted)

    def _content_answered(self, reply: Reply) -> None:
        letter = self.flying
        if letter is None:
            return
        early = not self.dot_left
        if reply.positive and not early:
            self.flying = None
            self.helpful = True
            self._outcome(letter, DeliveryStatus.SENT, "", reply)
        elif reply.positive:
            # Said before we had finished: whatever it believes it has, nobody can tell.
            self.flying = None
            self._outcome(letter, DeliveryStatus.IN_DOUBT, "reply_lost", reply)
            self.lost(reply.quoted)
        elif reply.code >= 400:
            self.flying = None
            self._refusal(letter, reply, left=True)
            if early and self.phase is not Phase.CLOSED:
                # The rest of the content would be read as commands.
                self.lost(reply.quoted)
        else:
            self.lost(reply.quoted)

    def _under_way(self) -> _Trip:
        assert self._trip is not None  # noqa: S101 - these steps are only expected while a trip is open
        return self._trip

    def _refused(self, trip: _Trip, reply: Reply) -> None:
        trip.decided = True
        self._refusal(trip.letter, reply)
        if self.phase is not Phase.CLOSED and not self._offered.pipelining:
            self._close_trip(trip)

    def _refusal(self, letter: Letter, reply: Reply, *, left: bool = False) -> None:
        """Give the outcome of a 4xx or 5xx; `left` when it answers the content."""
        self.helpful = True
        if reply.code in LOGIN_CODES:
            # The account is refused, not this recipient: nobody is failed for it.
            if left:
                self._outcome(letter, DeliveryStatus.PENDING, f"smtp_{reply.code}", reply)
            self._stopped(login_refused(self._account, reply))
        elif reply.temporary:
            self.slow = self.slow or reply.slows_account
            self._outcome(letter, DeliveryStatus.PENDING, f"smtp_{reply.code}", reply)
        else:
            self._outcome(letter, DeliveryStatus.FAILED, f"smtp_{reply.code}", reply)

    def _close_trip(self, trip: _Trip) -> None:
        self._trip = None
        if trip.opened and self._offered.pipelining:
            self._needs_reset = True
        elif trip.opened:
            self._say(b"RSET\r\n", Step.RESET)

    def _local_failure(self, letter: Letter, reason: str) -> None:
        self._outcome(letter, DeliveryStatus.FAILED, reason)

    def _outcome(self, letter: Letter, status: DeliveryStatus, reason: str, reply: Reply | None = None) -> None:
        self.outcomes.append(
            Outcome(
                delivery_id=letter.delivery_id,
                status=status,
                reason=reason,
                code=reply.code if reply else None,
                reply=reply.text if reply else "",
            )
        )

    def _stopped(self, stop: SendingStopped) -> None:
        """End the conversation because the account's way is closed; letters before their content are forgotten."""
        self.stop = stop
        self._trip = self.ready = None
        self.lost(str(stop))

    def _say(self, data: bytes, step: Step) -> None:
        self._emit(data)
        self._expected.append(step)

    def _emit(self, data: bytes) -> None:
        if data:
            self.out.append(data)
            self._queued += len(data)

    def _sender_path(self, sender: str) -> bytes:
        """Return the sender's path, or nothing when it cannot stand in a command."""
        if sender != self._sender[0]:
            try:
                path = envelope_path(sender)
            except ValueError:
                path = b""
            self._sender = (sender, path)
        return self._sender[1]


def _envelope_id(letter: Letter) -> bytes:
    """Return the ENVID parameter: our own Message-ID, which an answer about the letter then names (RFC 3461 4.4)."""
    value = xtext(letter.message_id.strip("<>")) if letter.message_id.isascii() else b""
    return b" ENVID=" + value if 0 < len(value) <= MAX_ENVELOPE_ID else b""


def _original_recipient(letter: Letter) -> bytes:
    """Return the ORCPT parameter (RFC 3461 4.2); an address that is not ASCII goes without."""
    value = b"rfc822;" + xtext(letter.recipient) if letter.recipient.isascii() else b""
    return b" ORCPT=" + value if 0 < len(value) <= MAX_ORIGINAL_RECIPIENT else b""
