"""One SMTP conversation without any socket: what is written when, and what each reply means."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import a_letter
from tests.transports.conftest import account
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.messages import Letter
from workbench.transports.smtp_opening import Phase
from workbench.transports.smtp_protocol import xtext
from workbench.transports.smtp_session import Session


def spoken(session: Session) -> bytes:
    """Take what the session wants to write, all of it."""
    return session.spoken()


def open_session(*extensions: str, letters: int = 100, **changes: object) -> Session:
    session = Session(account(25, **changes), "secret", hello="[127.0.0.1]", letters=letters)
    session.receive(b"220 hello\r\n")
    assert spoken(session) == b"EHLO [127.0.0.1]\r\n"
    lines = ["mail.example", *extensions]
    session.receive("".join(f"250{'-' if n + 1 < len(lines) else ' '}{w}\r\n" for n, w in enumerate(lines)).encode())
    return session


def test_content_and_the_next_envelope_leave_in_one_write_and_their_replies_count_together() -> None:
    session = open_session("PIPELINING")
    session.begin(a_letter(1))
    assert spoken(session) == (b"MAIL FROM:<practice@cabinet.example>\r\nRCPT TO:<patient1@example.test>\r\nDATA\r\n")
    session.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    assert session.ready is not None
    session.go()
    session.begin(a_letter(2, content=b"x\r\n"))
    assert spoken(session) == (
        b"Subject: hello\r\n\r\nGood morning.\r\n.\r\n"
        b"MAIL FROM:<practice@cabinet.example>\r\nRCPT TO:<patient2@example.test>\r\nDATA\r\n"
    )
    session.receive(b"250 kept\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert [(outcome.delivery_id, outcome.status) for outcome in session.outcomes] == [(1, DeliveryStatus.SENT)]
    assert session.ready == a_letter(2, content=b"x\r\n")


def test_a_server_that_lost_its_place_after_a_fault_is_left_and_the_next_letter_tried_again() -> None:
    session = open_session("PIPELINING")
    session.begin(a_letter(1))
    spoken(session)
    session.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    session.go()
    session.begin(a_letter(2))
    spoken(session)
    session.receive(b"500 something broke here\r\n503 nested MAIL command\r\n")
    assert session.phase is Phase.CLOSED
    assert session.stop is None
    assert [(outcome.delivery_id, outcome.status) for outcome in session.outcomes] == [
        (1, DeliveryStatus.FAILED),
        (2, DeliveryStatus.PENDING),
    ]


def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    session = open_session()
    session.begin(a_letter(1))
    assert spoken(session) == b"MAIL FROM:<practice@cabinet.example>\r\n"
    session.receive(b"250 ok\r\n")
    assert spoken(session) == b"RCPT TO:<patient1@example.test>\r\n"
    session.receive(b"550 no\r\n")
    assert spoken(session) == b"RSET\r\n"
    assert not session.can_begin
    session.receive(b"250 ok\r\n")
    assert session.can_begin


def test_no_content_is_written_before_go() -> None:
    session = open_session("PIPELINING")
    session.begin(a_letter(1))
    spoken(session)
    session.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    assert spoken(session) == b""
    session.lost("gone")
    assert [outcome.status for outcome in session.outcomes] == [DeliveryStatus.PENDING]


@pytest.mark.parametrize(("missing", "status"), [(0, "in_doubt"), (1, "pending"), (30, "pending")])
def test_a_letter_is_in_doubt_only_once_its_whole_content_may_have_left(missing: int, status: str) -> None:
    session = open_session("PIPELINING")
    session.begin(a_letter(1))
    spoken(session)
    session.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    session.go()
    session.took(sum(len(piece) for piece in session.out) - missing)
    session.lost("gone")
    assert [str(outcome.status) for outcome in session.outcomes] == [status]


def test_a_tls_record_written_in_part_counts_as_gone() -> None:
    session = open_session("PIPELINING")
    session.begin(a_letter(1))
    spoken(session)
    session.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    session.go()
    session.at_risk = session.handed + sum(len(piece) for piece in session.out)
    session.lost("gone")
    assert session.outcomes[0].status is DeliveryStatus.IN_DOUBT


def test_a_transaction_left_open_by_a_refusal_is_reset_with_the_next_letter() -> None:
    session = open_session("PIPELINING")
    session.begin(a_letter(1))
    spoken(session)
    session.receive(b"250 ok\r\n550 no\r\n503 no\r\n")
    session.begin(a_letter(2))
    assert spoken(session).startswith(b"RSET\r\nMAIL FROM")


def test_a_session_is_spent_after_its_letters() -> None:
    session = open_session("PIPELINING", letters=1)
    assert session.can_begin
    session.begin(a_letter(1))
    spoken(session)
    session.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    session.go()
    assert not session.can_begin
    spoken(session)
    session.receive(b"250 kept\r\n")
    assert session.idle
    assert session.spent


def test_plain_login_is_one_line_and_a_long_one_is_two() -> None:
    session = open_session("AUTH LOGIN PLAIN", user="practice")
    assert spoken(session) == b"AUTH PLAIN " + base64.b64encode(b"\0practice\0secret") + b"\r\n"
    session.receive(b"235 welcome\r\n")
    assert session.phase is Phase.READY
    session = open_session("AUTH PLAIN", user="p" * 600)
    assert spoken(session) == b"AUTH PLAIN\r\n"
    session.receive(b"334 \r\n")
    assert base64.b64decode(spoken(session)) == b"\0" + b"p" * 600 + b"\0secret"


def test_login_takes_over_when_plain_is_offered_but_unknown() -> None:
    session = open_session("AUTH LOGIN PLAIN", user="practice")
    spoken(session)
    session.receive(b"504 5.5.4 unrecognized\r\n")
    assert spoken(session) == b"AUTH LOGIN\r\n"
    session.receive(b"334 VXNlcm5hbWU6\r\n")
    assert base64.b64decode(spoken(session)) == b"practice"
    session.receive(b"334 UGFzc3dvcmQ6\r\n")
    assert base64.b64decode(spoken(session)) == b"secret"
    session.receive(b"235 welcome\r\n")
    assert session.phase is Phase.READY


def test_a_server_that_keeps_asking_for_more_is_refused() -> None:
    session = open_session("AUTH PLAIN", user="practice")
    session.receive(b"334 more\r\n")
    assert session.phase is Phase.CLOSED
    assert session.stop is not None


REPLIES = st.sampled_from(
    [b"250 ok\r\n", b"354 go\r\n", b"421 bye\r\n", b"451 later\r\n", b"503 what\r\n", b"550 no\r\n", b"junk\r\n"]
)


@given(st.booleans(), st.lists(st.one_of(REPLIES, st.sampled_from([b"begin", b"go", b"flush"])), max_size=40))
def test_whatever_a_server_says_each_letter_has_one_outcome_and_sent_means_content_and_250(
    pipelining: bool, happenings: list[bytes]
) -> None:
    session = open_session(*(["PIPELINING"] if pipelining else []))
    begun: list[int] = []
    gone: set[int] = set()
    said_before: dict[int, int] = {}
    positive = 0
    for happening in happenings:
        if session.phase is Phase.CLOSED:
            break
        if happening == b"begin":
            if session.can_begin:
                begun.append(len(begun) + 1)
                session.begin(a_letter(begun[-1]))
        elif happening == b"go":
            if session.ready is not None and session.flying is None:
                number = session.ready.delivery_id
                session.go()
                gone.add(number)
                said_before[number] = positive
        elif happening == b"flush":
            spoken(session)
        else:
            session.receive(happening)
            positive += happening == b"250 ok\r\n"
    session.lost("the end")
    decided = [outcome.delivery_id for outcome in session.outcomes]
    forgotten = set(begun) - set(decided)
    assert len(decided) == len(set(decided))
    assert not forgotten & gone  # what has left always has an outcome
    assert session.stop is not None or not forgotten
    for outcome in session.outcomes:
        if outcome.status in (DeliveryStatus.SENT, DeliveryStatus.IN_DOUBT):
            assert outcome.delivery_id in gone
        if outcome.status is DeliveryStatus.SENT:
            assert positive > said_before[outcome.delivery_id]
    assert sum(outcome.status is DeliveryStatus.IN_DOUBT for outcome in session.outcomes) <= 1


# --- delivery status notifications (RFC 3461) -----------------------------------------------------------------


def dsn_commands(letter: Letter, *extensions: str, **changes: object) -> list[bytes]:
    session = open_session("PIPELINING", *extensions, **changes)
    session.begin(letter)
    return spoken(session).split(b"\r\n")[:2]


def test_notices_are_asked_for_only_where_the_account_wants_them_and_the_server_offers_them() -> None:
    letter = replace(a_letter(1), message_id="<token=1+2@cabinet.example>")
    assert dsn_commands(letter, "DSN", dsn=True) == [
        b"MAIL FROM:<practice@cabinet.example> RET=HDRS ENVID=token+3D1+2B2@cabinet.example",
        b"RCPT TO:<patient1@example.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;patient1@example.test",
    ]
    plain = [b"MAIL FROM:<practice@cabinet.example>", b"RCPT TO:<patient1@example.test>"]
    assert dsn_commands(letter, "DSN") == plain
    assert dsn_commands(letter, dsn=True) == plain


def test_what_does_not_fit_into_a_parameter_is_left_out() -> None:
    letter = replace(a_letter(1, recipient="+" * 170 + "@example.test"), message_id="<" + "x" * 101 + ">")
    mail, rcpt = dsn_commands(letter, "DSN", dsn=True)
    assert mail.endswith(b" RET=HDRS")
    assert rcpt.endswith(b" NOTIFY=FAILURE,DELAY")
    accented = replace(a_letter(1, recipient="anné@example.test"), message_id="<é@x>")
    mail, rcpt = dsn_commands(accented, "DSN", "SMTPUTF8", dsn=True)
    assert mail.endswith(b" SMTPUTF8 RET=HDRS")
    assert rcpt.endswith(b" NOTIFY=FAILURE,DELAY")


@given(st.text(st.characters(min_codepoint=0, max_codepoint=127)))
def test_xtext_holds_no_space_and_reads_back(value: str) -> None:
    encoded = xtext(value).decode()
    assert re.fullmatch(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*", encoded)
    assert re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), encoded) == value


def test_a_content_without_dots_leaves_as_it_is_and_is_never_copied() -> None:
    session = open_session("PIPELINING")
    letter = a_letter(1)
    session.begin(letter)
    spoken(session)
    session.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    session.go()
    session.begin(a_letter(2))
    assert session.out[0] is letter.content
    assert b"".join(session.out).startswith(letter.content + b".\r\nMAIL FROM:")
