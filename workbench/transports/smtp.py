"""Send letters over several SMTP connections at once, in one thread, journal first.

One turn of the loop: read every connection that has something, tell the journal in *one* call what was read and which
contents are about to go, then write those contents, each with the next letter's MAIL, RCPT and DATA behind it.

A turn costs what the connections that had something cost. What concerns them all — time limits, how many there should
be, whether the network is there, letters for those that wait — is looked at when something happened that bears on
it, and four times a second.
"""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Callable

from workbench.domain.accounts import Account, Security
from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.messages import Letter
from workbench.errors import GreetingRefused, LoginRefused, NetworkDown, SendingStopped
from workbench.language import _
from workbench.ports import AccessTokens, Journal, Queue
from workbench.transports.slow_down import SlowDown
from workbench.transports.smtp_connection import Connection, Patience, SocketAddress, Stage, addresses_of, tls_context
from workbench.transports.smtp_opening import Phase
from workbench.transports.smtp_session import Session

BACK_OFF = (0.0, 1.0, 2.0, 5.0, 10.0)
"""Seconds before connecting again after the first, second … network fault in a row; the last one repeats."""

LONGEST_LOOK_AWAY = 0.25
"""Seconds; how late a request to stop may be noticed."""


class SmtpTransport:
    """Letters out through one account's SMTP server.

    Parameters
    ----------
    account
        Host, port, security and user. Plain SMTP is refused unless the host is loopback.
    password
        The password of `account.user`, ignored without a user; or where the account's access tokens come from.
    connections
        The most connections at once; the account's own number by default.
    letters_per_connection
        After so many letters a connection says goodbye and another is opened, as many servers wish; the account's own
        number by default.
    patience, clock
        Time limits in seconds, and the monotonic clock they are measured with.
    """

    def __init__(
        self,
        account: Account,
        password: str | AccessTokens | None = None,
        *,
        connections: int | None = None,
        letters_per_connection: int | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account = account
        self._password = password or ""
        self._slow = SlowDown(connections or account.connections)  # what was learnt stays for the next call
        self._letters = letters_per_connection or account.letters_per_connection
        self._patience = patience or Patience()
        self._clock = clock

    def __repr__(self) -> str:
        return f"SmtpTransport({self._account.name!r})"

    def deliver(self, queue: Queue, journal: Journal) -> None:
        """Send everything in `queue`, telling `journal`.

        Raises
        ------
        SendingStopped
            Greeting, login, TLS or sender refused, or no network; letters whose content had left have their outcome.
        JournalBroken
            As the journal raised it: nothing has left since, and every connection is closed.
        """
        if self._account.login and not self._password:
            raise LoginRefused(
                _("The account « {account} » has a user but no password.").format(account=self._account.name)
            )
        run = _Delivering(
            self._account, self._password, self._slow, self._letters, self._patience, self._clock, queue, journal
        )
        run.everything()


class _Delivering:
    """One call of `deliver`: its connections, the letters in hand, and what was learnt of the server."""

    def __init__(
        self,
        account: Account,
        password: str | AccessTokens,
        slow: SlowDown,
        letters: int,
        patience: Patience,
        clock: Callable[[], float],
        queue: Queue,
        journal: Journal,
    ) -> None:
        self._account = account
        self._password = password
        self._renewed = False  # whether the access token in use was asked for because one was refused
        self._letters = letters
        self._patience = patience
        self._clock = clock
        self._queue = queue
        self._journal = journal
        self._context = tls_context() if account.security is not Security.NONE else None
        self._selector = selectors.DefaultSelector()
        self._slow = slow
        self._connections: list[Connection] = []
        self._addresses: list[SocketAddress] = []
        self._in_hand: deque[Letter] = deque()  # taken for connections that are still opening
        self._dry = False
        self._under_way = 0  # letters begun, without an outcome yet
        self._unread: list[Connection] = []  # with outcomes that no server was needed for
        self._look_at = float("-inf")  # when to look at all connections
        self._may_begin = False  # whether letters may be begun, as of the last look
        self._ending = False  # whether only what has left is still waited for, likewise
        self._stop: SendingStopped | None = None
        self._faults = 0
        self._down_since: float | None = None
        self._connect_at = float("-inf")
        self._last_fault = ""

    # --- the loop --------------------------------------------------------------------------------------

    def everything(self) -> None:
        """Turn until nothing is left to do, then say goodbye."""
        try:
            self._look_around(self._clock())
            while self._busy():
                self._turn()
            self._say_goodbye()
        finally:
            for connection in self._connections:
                connection.close()
            self._selector.close()
        if self._stop is not None:
            raise self._stop

    def _busy(self) -> bool:
        if self._unread:
            return True
        if self._stop is not None:
            # Only what has left can still be learnt; what has not is forgotten.
            return any(connection.session.flying is not None for connection in self._connections)
        return self._under_way > 0 or (not self._journal.stopping and self._more())

    def _turn(self) -> None:
        heard, self._unread = self._unread, []
        looking = self._journal.stopping
        looking = self._attend(heard, 0.0 if heard else max(0.0, self._look_at - self._clock())) or looking
        if 0 < len(heard) < min(self._under_way, len(self._connections)):
            # What else is answered meanwhile goes into the same turn of the journal.
            self._queue.prepare(len(self._connections))
            looking = self._attend(heard, 0.0) or looking
        now = self._clock()
        looking = looking or now >= self._look_at or any(_unusual(connection.session) for connection in heard)
        if looking:
            self._check_all(now, heard)
        results: list[Outcome] = []
        going: list[Session] = []
        for connection in heard:
            session = connection.session
            if _is_late(session, now):
                session.withhold()
                looking = True
            if session.outcomes:
                results += session.outcomes
                session.outcomes = []
            if session.ready is not None and self._stop is None:
                going.append(session)
        if results or going:
            # Journal first: a crash must leave a trace, never a second e-mail.
            self._journal.turn(results, [letter for session in going if (letter := session.ready) is not None])
            written_at = self._clock()  # the ledger, or what was merged meanwhile, may have kept them waiting
            for session in going:
                if _is_late(session, written_at):
                    session.withhold()
                    looking = True
                else:
                    session.go()
            looking = self._note_results(results, now) or looking
        if looking:
            self._look_around(now)
        else:
            for connection in heard:
                self._go_on(connection, now)

    def _attend(self, heard: list[Connection], seconds: float) -> bool:
        """Add to `heard` the connections that have something within so long; tell whether one was not at letters."""
        unusual = False
        for key, events in self._selector.select(seconds):
            connection: Connection = key.data
            unusual = unusual or _unusual(connection.session)
            connection.attend(events, self._clock())
            if connection not in heard:
                heard.append(connection)
        return unusual

    def _go_on(self, connection: Connection, now: float) -> None:
        """Give a connection its next letter, and write what it has to say."""
        session = connection.session
        if self._may_begin and session.can_begin:
            letter = self._next_letter()
            if letter is not None:
                self._under_way += 1
                session.begin(letter)
        connection.flush(now)
        connection.watch()
        if session.outcomes:
            self._unread.append(connection)
        if session.phase is Phase.CLOSED or (session.spent and session.idle and not self._ending):
            self._look_at = now
        elif connection.waits and connection.deadline < self._look_at:
            self._look_at = connection.deadline

    def _look_around(self, now: float) -> None:
        """Look at everything that is not one connection's own affair, and know when to look again."""
        self._connections = [connection for connection in self._connections if connection.stage is not Stage.DEAD]
        self._look_at = now + LONGEST_LOOK_AWAY
        self._ending = self._stop is not None or self._journal.stopping
        self._may_begin = not self._ending and self._dismiss() <= 0 and not self._slow.paused(now)
        for connection in self._connections:
            self._go_on(connection, now)
        if not self._ending:
            self._open_connections(now)
        if self._in_hand:
            moments = (self._connect_at, now + self._slow.pause_left(now))
            self._look_at = min([self._look_at, *(moment for moment in moments if moment > now)])

    # --- letters and connections -------------------------------------------------------------------------

    def _next_letter(self) -> Letter | None:
        if self._in_hand:
            return self._in_hand.popleft()
        if self._dry:
            return None
        letter = self._queue.take()
        self._dry = letter is None
        return letter

    def _dismiss(self) -> int:
        """Say goodbye on connections that have carried enough or are too many; return how many too many remain."""
        surplus = len(self._live()) - self._slow.limit
        for connection in self._connections:
            session = connection.session
            if session.idle and (session.spent or surplus > 0):
                session.quit()
                surplus -= 1
        return surplus

    def _open_connections(self, now: float) -> None:
        live = self._live()
        opening = sum(connection.session.phase < Phase.READY for connection in live)
        # One connection knocks first: ten wrong passwords at once could lock the account.
        most = self._slow.limit if len(live) > opening else 1
        if now < self._connect_at or self._slow.paused(now):
            return
        while len(live) < most:
            if len(self._in_hand) <= opening:
                letter = None if self._dry else self._queue.take()
                if letter is None:
                    self._dry = True
                    return
                self._in_hand.append(letter)
            connection = self._new_connection(now)
            if connection is None:
                return
            live.append(connection)
            opening += 1

    def _more(self) -> bool:
        """Tell whether letters remain, also when nobody may begin one now: in a pause, or between two attempts."""
        if not self._in_hand:
            letter = self._next_letter()
            if letter is not None:
                self._in_hand.append(letter)
                self._look_at = float("-inf")
        return bool(self._in_hand)

    def _live(self) -> list[Connection]:
        return [connection for connection in self._connections if connection.session.phase < Phase.QUITTING]

    def _new_connection(self, now: float) -> Connection | None:
        try:
            self._addresses = self._addresses or addresses_of(self._account)
            secret = self._password if isinstance(self._password, str) else self._password.token()
        except SendingStopped as stop:
            self._stop = stop
            return None
        except OSError as error:
            self._network_fault(error.strerror or type(error).__name__, now)
            return None
        connection = Connection(
            self._account,
            secret,
            self._addresses,
            self._context,
            self._patience,
            self._selector,
            letters=self._letters,
        )
        self._connections.append(connection)  # first: whatever ends this now, its socket is closed at the end
        connection.connect(now)
        connection.watch()
        self._look_at = min(self._look_at, connection.deadline)  # one that failed at once is looked at at once
        return connection

    # --- what a turn taught -------------------------------------------------------------------------------

    def _check_all(self, now: float, heard: list[Connection]) -> None:
        """Look at time limits, connections that ended, refusals, and at whether the network is there."""
        for connection in self._connections:
            connection.check_time(now)
        self._learn(now)
        heard += [c for c in self._connections if c.session.outcomes and c not in heard]

    def _learn(self, now: float) -> None:
        others = sum(connection.session.phase is Phase.READY for connection in self._connections)
        for connection in self._connections:
            session = connection.session
            if session.phase is Phase.CLOSED and connection.stage is not Stage.DEAD:
                connection.close()
                connection.stage = Stage.DEAD
            if session.helpful:
                session.helpful = False
                self._faults, self._down_since, self._connect_at = 0, None, float("-inf")
                self._renewed = False
            slowed, session.slow = session.slow, False
            if slowed:
                self._slow.asked(now)
            if connection.stage is not Stage.DEAD:
                continue
            if isinstance(session.stop, GreetingRefused) and (welcome := len(self._live())):
                # The server works, but wants no further connection; one that is still opening may be welcome yet, and
                # the last one refused finds nobody left.
                self._slow.full_at(welcome)
            elif isinstance(session.stop, LoginRefused) and not session.welcomed and self._renew(connection):
                continue
            elif session.stop is not None:
                self._stop = self._stop or session.stop
            elif session.fault and others and not session.welcomed:
                self._slow.full_at(others)
            elif session.fault and not others and not (slowed and session.welcomed):
                self._network_fault(session.fault, now)
        self._check_network(now)

    def _renew(self, connection: Connection) -> bool:
        """Ask once for another access token after a connection's was refused; tell whether there is one to try."""
        if isinstance(self._password, str):
            return False
        try:
            if self._password.token() != connection.secret:
                return True
            if self._renewed:
                return False
            self._renewed = True
            self._password.token(renewed=True)
        except SendingStopped as stop:
            self._stop = self._stop or stop
        return True

    def _network_fault(self, fault: str, now: float) -> None:
        self._last_fault = fault
        self._addresses = []  # the name may lead elsewhere by now
        self._connect_at = now + BACK_OFF[min(self._faults, len(BACK_OFF) - 1)]
        self._faults += 1
        if self._down_since is None:
            self._down_since = now
        self._check_network(now)

    def _check_network(self, now: float) -> None:
        if (
            self._down_since is None
            or self._stop is not None
            or now - self._down_since < self._patience.network
            or any(connection.session.phase is Phase.READY for connection in self._connections)
        ):
            return
        self._stop = NetworkDown(
            _(
                "The server of the account « {account} » could not be reached for a while ({fault})."
                " Nothing is lost: send again when the network is back."
            ).format(account=self._account.name, fault=self._last_fault.rstrip("."))
        )

    def _note_results(self, results: list[Outcome], now: float) -> bool:
        """Take in what a turn brought; tell whether it bears on connections that were not heard."""
        self._under_way -= len(results)
        limit, dry = self._slow.limit, self._dry
        for result in results:
            if result.status is DeliveryStatus.SENT:
                self._slow.succeeded(now)
            elif result.status is DeliveryStatus.PENDING:
                # It may be due again at once.
                self._dry = False
        return self._slow.limit != limit or self._dry != dry

    def _say_goodbye(self) -> None:
        for connection in self._connections:
            if connection.session.idle:
                connection.session.quit()
            elif connection.session.phase is not Phase.QUITTING:
                connection.close()
                connection.stage = Stage.DEAD
        until = self._clock() + self._patience.goodbye
        while True:
            now = self._clock()
            polite = [
                connection
                for connection in self._connections
                if connection.stage is Stage.OPEN and connection.session.phase is Phase.QUITTING
            ]
            if not polite or now >= until:
                return
            for connection in polite:
                connection.flush(now)
                connection.watch()
            for key, events in self._selector.select(until - now):
                key.data.attend(events, self._clock())
            for connection in polite:
                if connection.session.phase is Phase.CLOSED:
                    connection.close()
                    connection.stage = Stage.DEAD


def _unusual(session: Session) -> bool:
    """Tell whether a conversation is anywhere but in the middle of its letters."""
    return session.phase is not Phase.READY or session.slow or session.stop is not None


def _is_late(session: Session, now: float) -> bool:
    """Tell whether the letter whose content could leave now comes too late."""
    return session.ready is not None and session.ready.leave_by is not None and now >= session.ready.leave_by
