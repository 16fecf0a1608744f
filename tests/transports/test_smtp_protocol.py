"""SMTP's words, read and made."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.transports.smtp_protocol import (
    MAX_LINE,
    MAX_LINES,
    MAX_TEXT,
    BadReply,
    Reply,
    ReplyReader,
    dot_stuffed,
    envelope_path,
    extensions_from_lines,
    final_dot,
    form_of,
)


def read_all(*pieces: bytes) -> list[Reply]:
    reader = ReplyReader()
    replies = []
    for piece in pieces:
        reader.feed(piece)
        while (reply := reader.next_reply()) is not None:
            replies.append(reply)
    return replies


def test_a_reply_of_one_line_is_read() -> None:
    assert read_all(b"250 2.1.0 Ok\r\n") == [Reply(250, ("2.1.0 Ok",))]


def test_a_reply_of_several_lines_is_one_reply() -> None:
    [reply] = read_all(b"250-first\r\n250-second\r\n250 last\r\n")
    assert reply.lines == ("first", "second", "last")
    assert reply.text == "first second last"


def test_a_reply_may_have_no_words() -> None:
    assert read_all(b"250\r\n354 \r\n") == [Reply(250, ("",)), Reply(354, ("",))]


def test_a_bare_lf_ends_a_line_too() -> None:
    assert read_all(b"250 ok\n") == [Reply(250, ("ok",))]


STREAM = b"220 mail.example ESMTP\r\n250-first\r\n250-PIPELINING\r\n250 last\r\n354 go\r\n550 5.1.1 no\r\n"


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_replies_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in itertools.pairwise(edges)]
    assert [reply.code for reply in read_all(*pieces)] == [220, 250, 354, 550]


@pytest.mark.parametrize(
    "junk",
    [
        b"hello\r\n",
        b"\r\n",
        b"25\r\n",
        b"999 what\r\n",
        b"150 early\r\n",
        b"250_ok\r\n",
        b"250-a\r\n251 b\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x16\x03\x01\x02\x00\n",
        "٢٥٠ ok\r\n".encode(),
    ],
)
def test_what_is_not_a_reply_is_said_to_be_bad(junk: bytes) -> None:
    with pytest.raises(BadReply):
        read_all(junk)


def test_endless_lines_and_endless_replies_are_bad() -> None:
    with pytest.raises(BadReply):
        read_all(b"2" * (MAX_LINE + 2))
    with pytest.raises(BadReply):
        read_all(b"250 " + b"x" * MAX_LINE + b"\r\n")
    with pytest.raises(BadReply):
        read_all(b"250-more\r\n" * (MAX_LINES + 1))


@given(st.binary(max_size=300))
def test_any_bytes_give_replies_or_badreply_and_nothing_else(data: bytes) -> None:
    try:
        replies = read_all(data)
    except BadReply:
        return
    assert all(200 <= reply.code < 600 for reply in replies)


def test_the_words_kept_are_one_short_printable_line() -> None:
    [reply] = read_all(b"550-\x1b[31mno\x00\r\n550 " + b"y" * 2000 + b"\r\n")
    assert len(reply.text) <= MAX_TEXT
    assert reply.text.isprintable()


@pytest.mark.parametrize(
    ("words", "slows"),
    [
        ("421 closing", True),
        ("421 4.2.1 closing", True),
        ("451 4.7.0 too fast", True),
        ("450 mailbox busy", True),
        ("451 local error", True),
        ("452 4.3.1 system full", True),
        ("450 4.2.1 mailbox over its rate", False),
        ("452 4.2.2 mailbox full", False),
        ("450 4.1.1 unknown for now", False),
        ("451 4.7.1 greylisted", False),
        ("454 later", False),
        ("550 4.7.0 odd", False),
        ("250 4.7.0 odd", False),
    ],
)
def test_only_some_temporary_refusals_concern_the_whole_account(words: str, slows: bool) -> None:
    [reply] = read_all(words.encode() + b"\r\n")
    assert reply.slows_account is slows


def test_the_extensions_of_a_server_are_read() -> None:
    offered = extensions_from_lines(
        ["mail.example", "PIPELINING", "size 1000", "8bitmime", "AUTH PLAIN LOGIN", "AUTH=CRAM-MD5", "STARTTLS"]
    )
    assert offered.pipelining
    assert offered.eight_bit
    assert offered.starttls
    assert not offered.smtputf8
    assert offered.size == 1000
    assert offered.mechanisms == {"PLAIN", "LOGIN", "CRAM-MD5"}
    assert extensions_from_lines(["mail.example"]).size is None
    assert extensions_from_lines(["mail.example", "SIZE"]).size == 0
    assert not extensions_from_lines(["PIPELINING"]).pipelining  # the first line is the server's name


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("anne@example.test", b"<anne@example.test>"),
        ("anne@straße.example", b"<anne@xn--strae-oqa.example>"),
        ("anné@example.test", "<anné@example.test>".encode()),
        ("anne+rdv@cabinet-élan.example", b"<anne+rdv@xn--cabinet-lan-ibb.example>"),
    ],
)
def test_an_address_becomes_a_path(address: str, path: bytes) -> None:
    assert envelope_path(address) == path


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anne",
        "@example.test",
        "anne@",
        "a b@example.test",
        "a@b>\r\nRCPT TO:<evil@example.test",
        "a\r\n@b.test",
        "<a@b.test>",
        "a@b.test>",
        "a\x00@b.test",
        "a@exa mple.test",
        "a@..é",
    ],
)
def test_what_could_break_a_command_is_no_address(address: str) -> None:
    with pytest.raises(ValueError):
        envelope_path(address)


def on_the_wire(content: bytes) -> bytes:
    return dot_stuffed(content) + final_dot(content)


def test_dots_are_doubled_and_the_content_closed() -> None:
    assert on_the_wire(b"a\r\n.b\r\n") == b"a\r\n..b\r\n.\r\n"
    assert on_the_wire(b".a\r\n") == b"..a\r\n.\r\n"
    assert on_the_wire(b"a") == b"a\r\n.\r\n"
    assert on_the_wire(b".") == b"..\r\n.\r\n"
    assert on_the_wire(b"") == b".\r\n"


@given(st.lists(st.binary(max_size=8).filter(lambda line: b"\n" not in line and b"\r" not in line)))
def test_a_receiver_reads_back_exactly_what_was_stuffed(lines: list[bytes]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    wire = on_the_wire(content).split(b"\r\n")
    assert wire[-2:] == [b".", b""]
    assert b"." not in wire[:-2]
    assert [line[1:] if line.startswith(b".") else line for line in wire[:-2]] == lines


def test_line_ends_that_stand_alone_are_noticed() -> None:
    assert not form_of(b"a\r\n\r\nb\r\n").bare
    assert form_of(b"a\n.\r\n").bare
    assert form_of(b"a\r.\r\n").bare
    assert form_of(b"a\r\r\n").bare
    assert form_of(b"\na\r").bare


@given(st.lists(st.sampled_from([b"a", b".", b"\r", b"\n", b"\r\n", b"\r\n.", b"\xc3\xa9", b"\0"])))
def test_a_contents_form_is_what_looking_at_each_byte_tells(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    without = content.replace(b"\r\n", b"")
    form = form_of(content)
    assert form.ascii == all(byte < 128 for byte in content)
    assert form.bare == (b"\r" in without or b"\n" in without)
    if not form.bare:
        assert form.dotted == any(line.startswith(b".") for line in content.split(b"\r\n"))
