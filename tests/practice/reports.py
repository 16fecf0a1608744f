"""Reports about messages, as mail servers write them."""

from __future__ import annotations


def delivery_report(
    message_id: str,
    address: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    envelope: str = "",
    headers: str = "",
) -> bytes:
    """Return a report as postfix writes it (RFC 3464), with the headers of the message that it is about."""
    envelope_id = f"Original-Envelope-Id: {envelope}\n" if envelope else ""
    quoted = headers or f"Message-ID: {message_id}\nSubject: Rappel de rendez-vous\nTo: {address}\n"
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.exemple.test (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: cabinet@exemple.test
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="AAA"

--AAA
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--AAA
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.exemple.test
{envelope_id}Arrival-Date: Sun, 22 Nov 2026 10:00:00 +0100

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such mailbox here

--AAA
Content-Type: text/rfc822-headers

{quoted}
--AAA--
""".encode()


def plain_report(message_id: str, address: str, words: str = "550 user unknown") -> bytes:
    """Return a report as older servers write it: for people alone."""
    return f"""Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@vieux.exemple.test>
Subject: Returned mail: see transcript for details
To: cabinet@exemple.test
Content-Type: text/plain; charset=utf-8

Your message was not delivered to <{address}>:

    {words}

--- The headers of your message ---
Message-ID: {message_id}
Subject: Rappel
""".encode()
