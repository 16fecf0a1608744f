"""Letters over SMTP to a server that fails, lies or dawdles: each gets the outcome that is true, nobody two letters."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.contracts.transport_contract import TransportContract
from tests.fakes import ListQueue, RecordingJournal, a_letter
from tests.servers.chaos_smtp import ChaosServer, Fault
from tests.transports.conftest import account
from workbench.domain.deliveries import DeliveryStatus
from workbench.errors import GreetingRefused, LoginRefused, NetworkDown, SenderRefused, SendingStopped
from workbench.transports import smtp
from workbench.transports.smtp import SmtpTransport
from workbench.transports.smtp_connection import Patience

QUICK = Patience(data=0.6, block=0.6, after_dot=0.6, network=0.5, goodbye=0.3)


def send(
    server: ChaosServer, count: int = 6, *, connections: int = 1, patience: Patience = QUICK, **changes: object
) -> RecordingJournal:
    """Send `count` letters and return the journal; the account's time-out is short."""
    journal = RecordingJournal()
    known = {"timeout": 0.6, **changes}
    transport = SmtpTransport(account(server.port, **known), connections=connections, patience=patience)
    transport.deliver(ListQueue([a_letter(number) for number in range(1, count + 1)]), journal)
    return journal


def kept_numbers(server: ChaosServer) -> list[int]:
    return sorted(int(name.removeprefix("patient").split("@")[0]) for name in server.recipients)


class _OverSmtp(TransportContract):
    pipelining = True

    @pytest.fixture
    def transport(self) -> Iterator[SmtpTransport]:
        with ChaosServer(pipelining=self.pipelining) as self.server:
            yield SmtpTransport(account(self.server.port), connections=4)

    def arrived(self) -> list[bytes]:
        return [message.content for message in self.server.kept]


class TestPipelined(_OverSmtp):
    pass


class TestOneCommandAtATime(_OverSmtp):
    pipelining = False


# --- each stage, each fault -----------------------------------------------------------------------------------

REFUSALS = [
    ("mail", "451 4.3.0 not now", "pending", "smtp_451"),
    ("mail", "552 5.3.4 too big", "failed", "smtp_552"),
    ("rcpt", "450 4.2.1 busy", "pending", "smtp_450"),
    ("rcpt", "550 5.1.1 nobody here", "failed", "smtp_550"),
    ("rcpt", "551 moved", "failed", "smtp_551"),
    ("data", "451 4.2.0 later", "pending", "smtp_451"),
    ("data", "554 5.7.1 no", "failed", "smtp_554"),
    ("dot", "451 4.2.0 scanning", "pending", "smtp_451"),
    ("dot", "452 4.2.2 mailbox full", "pending", "smtp_452"),
    ("dot", "550 5.7.1 looks like spam", "failed", "smtp_550"),
]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(("stage", "text", "status", "reason"), REFUSALS)
def test_a_refusal_decides_about_its_own_letter_and_no_other(
    pipelining: bool, stage: str, text: str, status: str, reason: str
) -> None:
    fault = Fault(at=stage, do="reply", text=text, after=2)
    with ChaosServer(faults=[fault], pipelining=pipelining) as server:
        journal = send(server)
    assert journal.statuses() == {1: "sent", 2: "sent", 3: status, 4: "sent", 5: "sent", 6: "sent"}
    assert journal.outcomes[3].reason == reason
    assert journal.outcomes[3].code == int(text[:3])
    assert journal.outcomes[3].reply == text[4:]
    assert kept_numbers(server) == [1, 2, 4, 5, 6]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("deed", ["drop", "reset"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_connection_lost_before_the_content_leaves_the_letter_pending(
    pipelining: bool, deed: str, stage: str
) -> None:
    with ChaosServer(faults=[Fault(at=stage, do=deed, after=2)], pipelining=pipelining) as server:
        journal = send(server)
    assert journal.statuses() == {1: "sent", 2: "sent", 3: "pending", 4: "sent", 5: "sent", 6: "sent"}
    assert journal.outcomes[3].reason == "connection_lost"
    assert 3 not in journal.announced
    assert kept_numbers(server) == [1, 2, 4, 5, 6]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("deed", ["drop", "reset"])
def test_a_connection_lost_after_the_dot_leaves_a_doubt_whether_kept_or_not(
    pipelining: bool, keep: bool, deed: str
) -> None:
    with ChaosServer(faults=[Fault(at="dot", do=deed, keep=keep, after=2)], pipelining=pipelining) as server:
        journal = send(server)
    statuses = journal.statuses()
    assert statuses.pop(3) == "in_doubt"
    assert journal.outcomes[3].reason == "reply_lost"
    # Letter 4 may have been begun behind the content of 3: it comes back, never lost and never in doubt.
    assert set(statuses.values()) <= {"sent", "pending"}
    assert [number for number, status in statuses.items() if status == "pending"] == ([4] if pipelining else [])
    assert kept_numbers(server) == sorted([*(n for n, s in statuses.items() if s == "sent"), *([3] if keep else [])])


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_silence_before_the_content_ends_in_another_try(stage: str) -> None:
    with ChaosServer(faults=[Fault(at=stage, do="hang", after=1)], pipelining=False) as server:
        journal = send(server, 3)
    assert journal.statuses() == {1: "sent", 2: "pending", 3: "sent"}
    assert journal.outcomes[2].reason == "connection_lost"


def test_silence_after_the_dot_is_a_doubt_once_the_long_wait_is_over() -> None:
    with ChaosServer(faults=[Fault(at="dot", do="hang", keep=True, after=1)], pipelining=False) as server:
        started = time.monotonic()
        journal = send(server, 3, timeout=0.1)
        waited = time.monotonic() - started
    assert journal.statuses() == {1: "sent", 2: "in_doubt", 3: "sent"}
    assert waited >= 0.6  # the reply to the dot has its own limit, not the account's
    assert kept_numbers(server) == [1, 2, 3]


def test_a_large_letter_cut_off_before_its_dot_is_tried_again_since_nobody_can_have_taken_it() -> None:
    fault = Fault(at="content", do="drop")
    big = a_letter(content=b"Subject: big\r\n\r\n" + b"x" * 70 * 1024 * 1024 + b"\r\n")
    journal = RecordingJournal()
    with ChaosServer(faults=[fault], extensions=()) as server:
        SmtpTransport(account(server.port), connections=1, patience=QUICK).deliver(ListQueue([big]), journal)
    assert journal.statuses() == {1: "pending"}
    assert server.kept == []


def test_a_server_that_stops_reading_the_content_is_left_and_the_letter_is_tried_again() -> None:
    big = a_letter(content=b"Subject: big\r\n\r\n" + b"x" * 70 * 1024 * 1024 + b"\r\n")
    journal = RecordingJournal()
    with ChaosServer(faults=[Fault(at="content", do="hang")], extensions=()) as server:
        SmtpTransport(account(server.port, timeout=0.3), connections=1, patience=QUICK).deliver(
            ListQueue([big]), journal
        )
    assert journal.statuses() == {1: "pending"}


def test_a_refusal_in_the_middle_of_the_content_counts_and_the_rest_is_not_read_as_commands() -> None:
    fault = Fault(at="content", do="early", text="552 5.3.4 too much")
    big = a_letter(content=b"Subject: big\r\n\r\n" + b"x" * 70 * 1024 * 1024 + b"\r\n")
    journal = RecordingJournal()
    with ChaosServer(faults=[fault], extensions=()) as server:
        SmtpTransport(account(server.port), connections=1).deliver(ListQueue([big, a_letter(2)]), journal)
    assert journal.outcomes[1].status is DeliveryStatus.FAILED
    assert journal.outcomes[1].reason == "smtp_552"
    assert kept_numbers(server) in ([2], [])


def test_a_yes_said_before_the_content_ended_proves_nothing() -> None:
    fault = Fault(at="content", do="early", text="250 2.0.0 lovely")
    big = a_letter(content=b"Subject: big\r\n\r\n" + b"x" * 70 * 1024 * 1024 + b"\r\n")
    journal = RecordingJournal()
    with ChaosServer(faults=[fault], extensions=()) as server:
        SmtpTransport(account(server.port), connections=1).deliver(ListQueue([big]), journal)
    assert journal.statuses() == {1: "in_doubt"}


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt", "data", "dot"])
def test_replies_that_trickle_in_are_replies(stage: str) -> None:
    with ChaosServer(faults=[Fault(at=stage, do="trickle", times=-1)]) as server:
        journal = send(server, 3)
    assert set(journal.statuses().values()) == {"sent"}


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("stage", "text"),
    [
        ("mail", "hello there"),
        ("rcpt", "250-never\n251 mixed"),
        ("data", "250 that is no answer to DATA"),
        ("rcpt", "354 that is no answer to RCPT"),
        ("mail", "2" * 20000),
    ],
)
def test_nonsense_before_the_content_ends_the_connection_and_the_letter_is_tried_again(
    pipelining: bool, stage: str, text: str
) -> None:
    fault = Fault(at=stage, do="reply", text=text, after=1)
    with ChaosServer(faults=[fault], pipelining=pipelining) as server:
        journal = send(server, 4)
    assert journal.statuses() == {1: "sent", 2: "pending", 3: "sent", 4: "sent"}
    assert journal.outcomes[2].reason == "connection_lost"


@pytest.mark.parametrize("text", ["what?", "354 more please", "250-yes\n550 no"])
def test_nonsense_after_the_dot_is_a_doubt(text: str) -> None:
    with ChaosServer(faults=[Fault(at="dot", do="reply", text=text, after=1)], pipelining=False) as server:
        journal = send(server, 3)
    assert journal.statuses() == {1: "sent", 2: "in_doubt", 3: "sent"}


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_server_that_says_everything_twice_is_not_believed(stage: str) -> None:
    with ChaosServer(faults=[Fault(at=stage, do="twice", after=1)]) as server:
        journal = send(server, 4)
    sent = [number for number, status in journal.statuses().items() if status == "sent"]
    assert set(journal.outcomes) == {1, 2, 3, 4}
    assert set(sent) <= set(kept_numbers(server))  # « sent » is never said of what was not kept
    assert len(server.recipients) == len(set(server.recipients))


def test_content_awaited_although_the_recipient_was_refused_gets_an_empty_end() -> None:
    faults = [Fault(at="rcpt", do="reply", text="550 5.1.1 no", after=1), Fault(at="data-anyway", do="reply")]
    with ChaosServer(faults=faults) as server:
        journal = send(server, 4)
    assert journal.statuses() == {1: "sent", 2: "failed", 3: "sent", 4: "sent"}
    assert kept_numbers(server) == [1, 3, 4]
    assert server.connections == 1


# --- what concerns the account --------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_421_closes_slows_down_and_fails_nobody(stage: str) -> None:
    fault = Fault(at=stage, do="reply", text="421 4.7.0 slow down", after=2)
    with ChaosServer(faults=[fault]) as server:
        started = time.monotonic()
        journal = send(server, 6)
        took = time.monotonic() - started
    statuses = journal.statuses()
    assert statuses.pop(3) == "pending"
    assert journal.outcomes[3].reason == "smtp_421"
    assert set(statuses.values()) <= {"sent", "pending"}
    assert sum(status == "sent" for status in statuses.values()) >= 4
    assert server.connections == 2
    assert took >= 1.0  # a pause


def test_a_recipient_of_a_full_mailbox_slows_nobody_down() -> None:
    fault = Fault(at="rcpt", do="reply", text="452 4.2.2 mailbox full", times=-1)
    with ChaosServer(faults=[fault]) as server:
        started = time.monotonic()
        journal = send(server, 50)
        took = time.monotonic() - started
    assert set(journal.statuses().values()) == {"pending"}
    assert took < 1.0


def test_the_number_of_connections_is_halved_when_the_server_asks() -> None:
    fault = Fault(at="dot", do="reply", text="451 4.7.0 too fast", after=270)
    with ChaosServer(faults=[fault]) as server:
        live: list[int] = []
        journal = RecordingJournal(on_turn=lambda _results, _going: live.append(server.live))
        SmtpTransport(account(server.port), connections=8).deliver(
            ListQueue([a_letter(number) for number in range(1, 301)]), journal
        )
    assert server.most_live >= 6
    assert live[-1] < server.most_live
    assert sum(status == "sent" for status in journal.statuses().values()) == 299


@pytest.mark.parametrize("text", ["554 5.7.1 go away", "421 4.3.2 closing", "451 not now"])
def test_a_refused_greeting_stops_the_mailing_and_fails_nobody(text: str) -> None:
    with ChaosServer(faults=[Fault(at="greeting", do="reply", text=text)]) as server, pytest.raises(GreetingRefused):
        send(server)
    assert server.connections == 1


def test_a_server_that_takes_two_connections_and_refuses_the_others_gets_two() -> None:
    with ChaosServer(most_connections=2) as server:
        journal = send(server, 200, connections=6)
    assert set(journal.statuses().values()) == {"sent"}
    assert len(server.recipients) == len(set(server.recipients)) == 200


@pytest.mark.parametrize("text", ["550 5.7.1 not your address", "553 5.1.8 who are you", "554 5.7.0 policy"])
def test_a_refused_sender_stops_the_mailing_and_fails_nobody(text: str) -> None:
    journal = RecordingJournal()
    with (
        ChaosServer(faults=[Fault(at="mail", do="reply", text=text, times=-1, after=2)]) as server,
        pytest.raises(SenderRefused),
    ):
        SmtpTransport(account(server.port), connections=1).deliver(
            ListQueue([a_letter(number) for number in range(1, 7)]), journal
        )
    assert journal.statuses() == {1: "sent", 2: "sent"}


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_a_login_asked_for_in_the_middle_stops_the_mailing_and_fails_nobody(stage: str) -> None:
    journal = RecordingJournal()
    with (
        ChaosServer(faults=[Fault(at=stage, do="reply", text="530 5.7.0 log in", times=-1, after=2)]) as server,
        pytest.raises(LoginRefused),
    ):
        SmtpTransport(account(server.port), connections=1).deliver(
            ListQueue([a_letter(number) for number in range(1, 7)]), journal
        )
    assert set(journal.statuses().values()) <= {"sent", "pending"}
    assert journal.announced <= set(journal.outcomes)
    assert kept_numbers(server) == [1, 2]


def test_when_one_connection_is_stopped_the_others_learn_what_became_of_their_letters() -> None:
    faults = [Fault(at="rcpt", do="reply", text="535 5.7.8 not any more", times=-1, after=30)]
    journal = RecordingJournal()
    with ChaosServer(faults=faults) as server, pytest.raises(LoginRefused):
        SmtpTransport(account(server.port), connections=5).deliver(
            ListQueue([a_letter(number) for number in range(1, 100)]), journal
        )
    assert journal.announced == set(journal.outcomes)
    assert sorted(number for number, status in journal.statuses().items() if status == "sent") == kept_numbers(server)


# --- the network ----------------------------------------------------------------------------------------------


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_without_a_server_the_mailing_stops_after_a_while_and_nothing_is_lost() -> None:
    journal = RecordingJournal()
    started = time.monotonic()
    with pytest.raises(NetworkDown, match="send again"):
        SmtpTransport(account(unused_port()), patience=QUICK).deliver(ListQueue([a_letter()]), journal)
    assert time.monotonic() - started >= 0.5
    assert journal.turns == []


def test_an_unknown_host_is_a_network_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(NetworkDown, match="name resolution"):
        SmtpTransport(account(25), patience=QUICK).deliver(ListQueue([a_letter()]), RecordingJournal())


@pytest.mark.parametrize("stage", ["connect", "greeting", "ehlo"])
def test_a_connection_closed_before_the_first_letter_is_tried_again(stage: str) -> None:
    patient = Patience(network=30.0, goodbye=0.3)
    with ChaosServer(faults=[Fault(at=stage, do="drop", times=2)]) as server:
        journal = send(server, 3, patience=patient)
    assert set(journal.statuses().values()) == {"sent"}
    assert server.connections == 3


def test_a_silent_server_is_given_up_after_the_accounts_time_out() -> None:
    with ChaosServer(faults=[Fault(at="connect", do="hang", times=-1)]) as server, pytest.raises(NetworkDown):
        send(server, timeout=0.2)


def test_a_server_that_dies_at_every_first_command_does_not_eat_the_whole_list() -> None:
    journal = RecordingJournal()
    with ChaosServer(faults=[Fault(at="mail", do="drop", times=-1)]) as server, pytest.raises(NetworkDown):
        SmtpTransport(account(server.port), connections=1, patience=QUICK).deliver(
            ListQueue([a_letter(number) for number in range(1, 1000)]), journal
        )
    assert len(journal.outcomes) < 10
    assert set(journal.statuses().values()) <= {"pending"}


def test_every_address_of_localhost_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def both(host: str, port: int, *arguments: object, **options: object) -> list[object]:
        found = real("127.0.0.1", port, type=socket.SOCK_STREAM)
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)), *found]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with ChaosServer() as server:
        journal = send(server, 2)
    assert set(journal.statuses().values()) == {"sent"}


# --- what a letter needs --------------------------------------------------------------------------------------


def send_one(server: ChaosServer, **letter: object) -> RecordingJournal:
    journal = RecordingJournal()
    SmtpTransport(account(server.port), connections=1).deliver(ListQueue([a_letter(1, **letter), a_letter(2)]), journal)
    return journal


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        ({"recipient": "a b@example.test"}, "invalid_address"),
        ({"recipient": "a@b.test>\r\nRCPT TO:<evil@b.test"}, "invalid_address"),
        ({"recipient": "x" * 600 + "@example.test"}, "invalid_address"),
        ({"recipient": "anné@example.test"}, "needs_smtputf8"),
        ({"content": "Subject: é\r\n\r\né\r\n".encode()}, "needs_8bit"),
        ({"content": b"Subject: big\r\n\r\n" + b"x" * 2000 + b"\r\n"}, "message_too_large"),
        ({"content": b"Subject: smuggled\r\n\r\n\n.\r\nMAIL FROM:<evil@b.test>\r\n"}, "unsafe_value"),
    ],
)
def test_a_letter_this_server_cannot_carry_fails_alone_and_nothing_of_it_leaves(
    letter: dict[str, object], reason: str
) -> None:
    with ChaosServer(extensions=("SIZE 1000",)) as server:
        journal = send_one(server, **letter)
    assert journal.statuses() == {1: "failed", 2: "sent"}
    assert journal.outcomes[1].reason == reason
    assert kept_numbers(server) == [2]
    assert not any("evil" in command for command in server.commands)


def test_accents_and_eight_bits_are_announced_to_a_server_that_knows_them() -> None:
    with ChaosServer() as server:
        journal = send_one(server, recipient="anné@straße.example", content="Subject: x\r\n\r\né\r\n".encode())
    assert journal.statuses() == {1: "sent", 2: "sent"}
    [mail, _second] = [command for command in server.commands if command.startswith("MAIL")]
    assert "SMTPUTF8" in mail
    assert "BODY=8BITMIME" in mail
    assert "SIZE=" in mail
    assert server.recipients[0] == "anné@xn--strae-oqa.example"


def test_a_connection_carries_a_hundred_letters_and_another_takes_over() -> None:
    with ChaosServer() as server:
        journal = RecordingJournal()
        SmtpTransport(account(server.port), connections=1, letters_per_connection=10).deliver(
            ListQueue([a_letter(number) for number in range(1, 36)]), journal
        )
    assert set(journal.statuses().values()) == {"sent"}
    assert server.connections == 4
    assert server.commands.count("QUIT") == 4


def test_few_letters_open_few_connections() -> None:
    with ChaosServer() as server:
        send(server, 3, connections=10)
    assert server.connections <= 3


def test_an_old_server_without_ehlo_is_greeted_the_old_way_on_loopback() -> None:
    with ChaosServer(ehlo=False) as server:
        journal = send(server, 3)
    assert set(journal.statuses().values()) == {"sent"}
    assert any(command.startswith("HELO") for command in server.commands)


def test_plain_smtp_to_another_machine_is_refused_before_connecting() -> None:
    with pytest.raises(SendingStopped, match="encryption"):
        SmtpTransport(account(25, host="mail.example")).deliver(ListQueue([a_letter()]), RecordingJournal())


@pytest.mark.parametrize("stopping", [False, True])
def test_a_transport_that_waits_does_nothing_meanwhile(stopping: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long wait for a reply costs a few looks a second, not a processor, even where a connection is done."""
    turns: list[int] = []
    one_turn = smtp._Delivering._turn

    def counted(run: smtp._Delivering) -> None:
        turns.append(1)
        one_turn(run)

    def stop(_results: object, _going: object) -> None:
        journal.stopping = stopping and len(journal.announced) >= 3

    monkeypatch.setattr(smtp._Delivering, "_turn", counted)
    journal = RecordingJournal(on_turn=stop)
    with ChaosServer(faults=[Fault(at="dot", do="hang", keep=True, recipient="patient1@")]) as server:
        transport = SmtpTransport(
            account(server.port),
            connections=2,
            letters_per_connection=3,
            patience=Patience(after_dot=1.5, goodbye=0.2),
        )
        transport.deliver(ListQueue([a_letter(number) for number in range(1, 8)]), journal)
    assert journal.statuses()[1] == "in_doubt"
    assert len(turns) < 100
