"""Values that break what is not written with care, and what a letter to somebody of such a name should say (P9)."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from tests.merging.reading_back import Meant
from workbench.domain.messages import Address
from workbench.merging.mime import MimeWriter

TOKEN = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
"""What the boundaries of the letters are made of: names know it, too."""

SENDER = Address(email="contact@tilleuls.example", name="Cabinet des Tilleuls")
ANA = Address(email="ana@exemple.example", name="Ana Martin")

NASTY = [
    # line ends in every disguise
    "Ana\r\nBcc: victim@evil.example",
    "Ana\nBcc: victim@evil.example\n\n<b>body</b>",
    "Ana\rBcc: victim@evil.example",
    "\r\n\r\nbody", "\r", "Ana\r",
    "Ana\r\n Bcc: victim@evil.example",
    "Ana\x0bBcc:x\x0cBcc:x\x1cBcc:x\x1dBcc:x\x1eBcc:x\x85Bcc:x\u2028Bcc:x\u2029Bcc:x",
    "Ana%0d%0aBcc:%20victim@evil.example",
    "Ana\\r\\nBcc: victim@evil.example",
    "Ana\\u000d\\u000aBcc: victim@evil.example",
    "Ana&#13;&#10;Bcc: victim@evil.example",
    "Ana=0D=0ABcc: victim@evil.example",
    "Ana\u560d\u560aBcc: victim@evil.example",  # cut to bytes they end in CR and LF
    # encoded words
    "=?utf-8?b?DQpCY2M6IHZpY3RpbUBldmlsLmV4YW1wbGU=?=",
    "=?utf-8?q?=0D=0ABcc:_x=40evil.example?=",
    '"=?utf-8?q?a?=" <x@evil.example>',
    "=?utf-8?b?DQo=?= =?utf-8?b?QmNjOiB4QGV2aWwuZXhhbXBsZQ==?=",
    "=?utf-7?q?+AA0ACg-Bcc:?=",
    "=?iso-2022-jp?b?GyRCJCIbKEI=?=",
    "=?", "?=", "=?utf-8?q?", "=?=?=?=?", "é =?utf-8?q?x?= é",
    # half and whole characters, marks without a width, directions
    "\ud800", "Ana\udfff Martin", "Ana\x00Martin", "\x00", "\x7f\x80\x9f", "\ufeffAna", "Ana\ufffe\uffff",
    "\u202eelpmaxe.live@x\u202c", "\u2066Ana\u2069", "A\u200bn\u200ca\u200d\u2060", "e\u0301" * 40,
    "👩‍👩‍👧‍👦" * 20, "🇫🇷",
    "аna@exemple.example", "ａｎａ＠ｅｖｉｌ．ｅｘａｍｐｌｅ",
    "NGUYỄN Anaïs-Éléonore d’Artagnan de La Rochefoucauld-Montbéliard",
    "صباح الخير", "Ελληνικά " * 30, "日本語" * 50, "\u00a0Ana\u00a0", "\u3000",
    # addresses inside names
    "Ana, <victim@evil.example>, Martin", "<victim@evil.example>", "victim@evil.example", "Ana <", "Ana >",
    "undisclosed-recipients:;", "a@b.example, c@d.example; e@f.example", "Ana\" <victim@evil.example>, \"Martin",
    'Ana "la grande" \\ Martin', "Ana \\", '"', '\\"', "(comment)", "Ana (", "Ana:Martin;", "[x@y]", "@", ",", ";",
    "'",
    # MIME and SMTP
    f"--=_{TOKEN}_a", f"\r\n--=_{TOKEN}_a--\r\n\r\nafter",
    f"\r\n--=_{TOKEN}_m\r\nContent-Type: text/html\r\n\r\n<b>x</b>",
    ".", "..", "\r\n.\r\nMAIL FROM:<x@evil.example>\r\n", ".\r\n..\r\n...\r\nQUIT", "\n.\n", "From me",
    "\nFrom me\n>From you",
    "--", "-- \nAna", "Content-Type: text/html", "=", "=3D=20=", "trailing blank \t\nnext ", " \t ",
    # templates, markup, spreadsheets, shells, SQL
    "{{7*7}} {% raw %} {# x #} @PPRENOM %s%n ${x} #{x}", "{{ config.__class__ }}", "{% endraw %}{{ cycler }}", "}}{{",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "</p></body></html>",
    "<!--",
    "--><svg/onload=alert(1)>", "]]>", "&lt;b&gt;&amp;&amp;amp;", "javascript:alert(1)", "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "background:url(x);}</style><style>*{display:none",
    "expression(alert(1))",
    '=HYPERLINK("http://evil.example","x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1",
    "＝1+1", "＠SUM",
    "'=1", "`id`", "$(id)", "; rm -rf /", "'; DROP TABLE patients; --", "../../etc/passwd", "C:\\x\\y", "CON",
    "nul.txt",
    # size and blanks
    "a" * 10_000, "é" * 10_000, "mot " * 2_500, "&" * 5_000, "  deux  blancs  ", "", " ", "x" * 997, "x" * 998 + " y",
]  # fmt: skip

_PIECES = [
    "\r\n", "\r", "\n", "\x00", "\u2028", "\x85", "=?utf-8?b?DQo=?=", "=?", "?=", "Bcc: x@y.example", "<", ">", ",",
    '"', "\\",
    ":", ";", "@", "é", "👩", "\ud83d", " ", "  ", "\t", "{{", "}}", "&", "<p>", f"--=_{TOKEN}_a", ".", "From ", "(",
    ")", "x" * 70,
]  # fmt: skip
nasty = (
    st.sampled_from(NASTY)
    | st.lists(st.sampled_from(_PIECES), min_size=1, max_size=12).map("".join)
    | st.text(max_size=60)
)


# --- the template that is merged -----------------------------------------------------------------------------

SUBJECT = "Rappel pour {{ nom }} demain"
TEXT = "Bonjour {{ nom }},\n{{ nom }}\nÀ demain.\n"
HTML = (
    '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"></head><body><h1 title="{{ nom }}">Bonjour</h1>'
    '<p>|{{ nom }}|</p><a href="https://tilleuls.example/?de={{ nom }}">ici</a></body></html>'
)


# --- what a value means, said a second time -----------------------------------------------------------

HALVES = re.compile("[\ud800-\udfff]")


def as_merged(value: str) -> str:
    """Return a value as a body says it: half characters replaced, lines ending in LF."""
    return HALVES.sub("\ufffd", value).replace("\r\n", "\n").replace("\r", "\n")


def on_one_line(value: str) -> str:
    """Return a text as a header says it: a blank for each run of what would end a line or ring a bell."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", HALVES.sub("\ufffd", value)).strip()


def as_a_name(value: str) -> str:
    """Return the name of a person as a header says it: half characters are left out, too."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", value).strip()


def meant_by(writer: MimeWriter, *, name: str = "Ana", recipient: Address = ANA, **more: object) -> Meant:
    """Return what the letter of this module's template should say to somebody of that name."""
    # A value that ends in CR makes one line end with the LF after it.
    text = as_merged(f"Bonjour {name},\n{name}\nÀ demain.\n")
    told = {
        "headers": writer.header_names(),
        "sender": (as_a_name(writer.sender.name), writer.sender.email),
        "recipient": (as_a_name(recipient.name), recipient.email),
        "subject": on_one_line(f"Rappel pour {name} demain"),
        "text": text,
        "reply_to": writer.reply_to or "",
    }
    return Meant(**{**told, **more})  # type: ignore[arg-type]
