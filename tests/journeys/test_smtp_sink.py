"""The server that journeys rely on is itself held to its word."""

from __future__ import annotations

import smtplib

import pytest


def hand_over(port: int, *addresses: str, text: str = "Bonjour") -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        for address in addresses:
            client.sendmail("cabinet@exemple.test", [address], f"Subject: Rappel\r\n\r\n{text}\r\n".encode())


def test_what_was_accepted_is_kept_with_its_envelope(smtp_sink):
    hand_over(smtp_sink.port, "a@exemple.test", "b@exemple.test", "a@exemple.test", text=".point\r\nfin")
    assert smtp_sink.count() == 3
    assert smtp_sink.addresses() == {"a@exemple.test": 2, "b@exemple.test": 1}
    first = smtp_sink.messages()[0]
    assert first.sender == "cabinet@exemple.test"
    assert first.message["Subject"] == "Rappel"
    assert first.body("plain").splitlines()[0] == ".point"


def test_a_refused_address_keeps_nothing(start_sink):
    sink = start_sink(refuse=("no@exemple.test",))
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        hand_over(sink.port, "no@exemple.test")
    assert refused.value.recipients["no@exemple.test"][0] == 550
    hand_over(sink.port, "yes@exemple.test")
    assert sink.addresses() == {"yes@exemple.test": 1}


def test_a_lost_reply_leaves_the_message_kept_and_the_sender_in_doubt(start_sink):
    sink = start_sink(lose=("lost@exemple.test",))
    with pytest.raises(smtplib.SMTPServerDisconnected):
        hand_over(sink.port, "lost@exemple.test")
    assert sink.count() == 1
