"""Data is never code (P9): whatever a value holds, the letter says just that, and nothing else of it changes.

The values are thrown at every place of a letter, through the way that a mailing takes: template and values, rendering
process, header guard, bytes; and the bytes are read back by parsers that know nothing of who wrote them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
import sys
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.merging import reading_back
from tests.merging.conftest import NOW
from tests.merging.nasty import ANA, HTML, NASTY, SENDER, SUBJECT, TEXT, TOKEN, as_a_name, as_merged, meant_by, nasty
from tests.merging.reading_back import Meant, differences, line_of
from tests.pythons import supported_pythons
from workbench.addresses import address_problem, normalised_address
from workbench.cli.output import write_csv
from workbench.domain.accounts import Account
from workbench.domain.messages import Address, Attachment
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.bodies import Merged
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.mime import MimeWriter
from workbench.patients.imports.table import clean_cell
from workbench.practice.letters import LetterPress
from workbench.transports.smtp_protocol import envelope_path

few = settings(max_examples=60)


class Page(HTMLParser):
    """What a reader of HTML finds: the tags with their attributes' names, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: dict[str, str | None] = {}
        self.said: list[str] = []
        self.other: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.said.append("")  # the line break of the source follows it
            return
        self.tags.append((tag, tuple(name for name, _value in attrs)))
        self.values |= {f"{tag} {name}": value for name, value in attrs}

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)


# --- the way of a mailing -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def press() -> LetterPress:
    template = Template(label="Essai", subject=SUBJECT, html=HTML, text=TEXT, reply_to="accueil@tilleuls.example")
    account = Account(name="essai", email=SENDER.email, display_name=SENDER.name)
    return LetterPress(template, account, catalogue=builtin_catalogue(), columns=("nom",))


@pytest.fixture(scope="module")
def plain(press: LetterPress) -> Merged:
    """An ordinary merged message, for what is not about merging."""
    return press.renderer.merge({"nom": "Ana"})[0]


@pytest.fixture(scope="module")
def harmless_page(press: LetterPress) -> Page:
    return Page(press.render({"nom": "x"}).html)


def letter(writer: MimeWriter, merged: Merged, recipient: Address) -> bytes:
    return writer.compose(
        recipient=recipient,
        subject=merged.subject,
        text=merged.text,
        html=merged.html,
        message_id=f"<{TOKEN}@tilleuls.example>",
        boundary_seed=TOKEN,
        date=NOW,
    )


def merged_letter(press: LetterPress, name: str) -> tuple[bytes, Meant]:
    """Return the letter to somebody of that name, name and values alike, and what it should say."""
    recipient = Address(email=ANA.email, name=name)
    merged, rendered = press.renderer.merge({"nom": name})
    raw = press.content(merged, recipient, token=TOKEN, date=NOW, language="fr")
    html = as_merged(rendered.html)
    return raw, meant_by(press.mime, name=name, recipient=recipient, html=html if html.endswith("\n") else f"{html}\n")


def assert_says_just_that(press: LetterPress, name: str, expected: Page) -> None:
    raw, meant = merged_letter(press, name)
    assert differences(raw, meant) == []
    found = Page(meant.html)
    assert found.tags == expected.tags
    assert found.other == []
    value = as_merged(name)
    assert f"|{value}|" in "".join(found.said).replace("\r", "\n")
    assert found.values["h1 title"] == value
    assert str(found.values["a href"]).startswith("https://tilleuls.example/?de=")
    assert press.mime.header_problem(raw) == ""


def test_the_readers_see_what_was_done_to_a_letter(press: LetterPress) -> None:
    raw, meant = merged_letter(press, "Ana")
    assert differences(raw, meant) == []
    for before, after in (
        (b"Subject:", b"Bcc: x@evil.example\r\nSubject:"),
        (b"<ana@exemple.example>", b"<ana@exemple.example>, x@evil.example"),
        (b"To: Ana", b"To: =?utf-8?q?Ana=0D=0A?="),
        (b"To: Ana", b"To: Eva"),
        (b"Rappel pour Ana", b"Rappel pour Eva"),
        (b"Bonjour Ana", b"Bonjour Eva"),
        (b"Reply-To: accueil", b"Reply-To: autre"),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\n"),
        (b"Bonjour Ana", b"Bonjour Ana" + b"x" * 999),
        (b"Bonjour Ana", b"Bonjour Ana\x00"),
        (f"--=_{TOKEN}_a--".encode(), f"--=_{TOKEN}_a--\r\nafter".encode()),
        (b"Content-Type: text/html; charset=utf-8\r\n", b"Content-Type: text/html; charset=utf-8\r\nX: y\r\n"),
    ):
        assert raw.count(before) >= 1
        assert differences(raw.replace(before, after), meant) != [], after


# --- every place of a letter --------------------------------------------------------------------------


def test_a_letter_to_anybody_says_just_what_was_meant(press: LetterPress, harmless_page: Page) -> None:
    for name in NASTY:
        assert_says_just_that(press, name, harmless_page)


@few
@given(name=nasty)
def test_a_letter_with_any_value_says_just_what_was_meant(press: LetterPress, harmless_page: Page, name: str) -> None:
    assert_says_just_that(press, name, harmless_page)


@few
@given(name=nasty)
def test_a_practice_of_any_name_is_the_one_sender(plain: Merged, name: str) -> None:
    writer = MimeWriter(sender=Address(email=SENDER.email, name=name), reply_to="accueil@tilleuls.example")
    assert differences(letter(writer, plain, ANA), meant_by(writer, html=page_of(plain))) == []


@few
@given(name=nasty, kind=nasty, data=st.binary(max_size=200))
def test_a_file_of_any_name_and_kind_is_one_file(plain: Merged, name: str, kind: str, data: bytes) -> None:
    file = Attachment(name=name, media_type=kind, digest=hashlib.sha256(data).hexdigest(), data=data)
    writer = MimeWriter(sender=SENDER, attachments=[file])
    raw = letter(writer, plain, ANA)
    shown = as_a_name(name).replace("/", "_").replace("\\", "_").strip('. <>"') or "attachment"
    if len(shown) > 150:
        shown = name_read(raw)
        assert 0 < len(shown) <= 150
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029/\\]", shown)
    assert differences(raw, meant_by(writer, html=page_of(plain), files=((shown, data),))) == []


def test_files_of_every_nasty_name_go_along_in_one_letter(plain: Merged) -> None:
    files = [Attachment(name=name, media_type="image/png", digest="0", data=b"png") for name in NASTY]
    raw = letter(MimeWriter(sender=SENDER, attachments=files), plain, ANA)
    parts = list(reading_back.message_from_bytes(raw, policy=reading_back.policy.default).iter_attachments())
    assert len(parts) == len(NASTY)
    assert not any(re.search(r"[\x00-\x1f\x7f-\x9f/\\]", part.get_filename()) for part in parts)


def page_of(merged: Merged) -> str:
    """Return the HTML of the ordinary message, which is quoted-printable."""
    return reading_back.quopri.decodestring(merged.html.encoded).decode().replace("\r\n", "\n")


def name_read(raw: bytes) -> str:
    message = reading_back.message_from_bytes(raw, policy=reading_back.policy.default)
    return str(next(message.iter_attachments()).get_filename())


@pytest.mark.parametrize("header", ["X-Practice", "List-Id"])
@few
@given(value=nasty)
def test_a_further_header_says_its_value_and_nothing_else(plain: Merged, header: str, value: str) -> None:
    writer = MimeWriter(sender=SENDER, headers={header: value})
    raw = letter(writer, plain, ANA)
    assert differences(raw, meant_by(writer, html=page_of(plain))) == []
    read = reading_back.message_from_bytes(raw, policy=reading_back.policy.default)[header]
    assert "".join(str(read).split()) == "".join(as_a_name(value).split())


@pytest.mark.parametrize("name", ["Subject: x\r\nBcc", "Bcc ", "", "é", "X:Y", "X\x00"])
def test_a_header_of_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(TemplateRefused):
        MimeWriter(sender=SENDER, headers={name: "x"})


# --- addresses and the envelope -----------------------------------------------------------------------

_LOCAL = [
    "ana",
    "ana.martin+soins",
    "o'brien",
    "a=?b",
    "é",
    "a\r\nb",
    "<a>",
    '"a b"',
    "a,b",
    "a;b",
    "a\x00",
    "\u202ea",
    "a:b",
    "",
]
_SIGN = ["@", "@@", "＠", "%40", " @ ", "@\r\n", "\x00@", "@>,<x@"]
_DOMAIN = [
    "exemple.example", "éole.example", "EXEMPLE.example", "аpple.example", "exemple.example.", "exemple..example",
    "exemple.example>\r\nRCPT TO:<x@evil.example", "exemple.example, x@evil.example", "[127.0.0.1]", "evil.example\n",
    "exemple。example", "℀.example", "a\u200bb.example", "x" * 64 + ".example", "xn--ole-9la.example", "127.0.0.1", "",
    "exemple.example SIZE=1", "exemple.example%0d%0a", "exemple.example\u2028x", "exemple.example\ud800",
]  # fmt: skip
addresses = (
    st.tuples(st.sampled_from(_LOCAL), st.sampled_from(_SIGN), st.sampled_from(_DOMAIN)).map("".join)
    | nasty
    | st.tuples(nasty, st.just("@exemple.example")).map("".join)
    | st.tuples(st.just("ana@"), nasty).map("".join)
).map(lambda address: address[:400])
addresses |= st.sampled_from(["é" * 10_000 + "@b.example", "a@" + "b." * 5_000 + "example"])


def letter_or_nothing(writer: MimeWriter, merged: Merged, recipient: Address) -> bytes:
    try:
        return letter(writer, merged, recipient)
    except TemplateRefused:
        return b""


@settings(max_examples=200)
@given(address=addresses)
def test_an_address_is_one_mailbox_everywhere_or_refused(plain: Merged, address: str) -> None:
    usable = address_problem(address) == ""
    written = normalised_address(address)
    if usable:
        assert re.fullmatch(r"[^\s\x00-\x20\x7f-\x9f<>()\[\]:;,\\\"@]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", written)
        assert "=?" not in written
    writer = MimeWriter(sender=SENDER)
    raw = letter_or_nothing(writer, plain, Address(email=address, name="Ana"))
    assert raw or not usable
    if raw:
        assert writer.header_problem(raw) == ""
        if usable and written.isascii():
            meant = meant_by(writer, recipient=Address(email=written, name="Ana"), html=page_of(plain))
            assert differences(raw, meant) == []
        for how in (reading_back.policy.default, reading_back.policy.compat32):
            told = reading_back.message_from_bytes(raw, policy=how).get_all("To", [])
            assert len(told) == 1
            assert len(reading_back.getaddresses([str(one) for one in told])) <= 1
    try:
        path = envelope_path(written)
    except ValueError:
        assert not usable
    else:
        assert re.fullmatch(rb"<[^<>\s\x00-\x20\x7f]+@[^<>\s\x00-\x20\x7f@]+>", path)
        assert not usable or path == f"<{written}>".encode()


# --- every Python of this machine reads the same ------------------------------------------------------


def test_every_python_here_reads_the_same(press: LetterPress) -> None:
    corpus = "\n".join(line_of(*merged_letter(press, name)) for name in NASTY if len(name) < 1_000)
    for version, python in supported_pythons().items():
        if version == sys.version_info[:3]:
            continue
        done = subprocess.run(
            [python, "-I", reading_back.__file__],
            input=corpus,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        told = reading_back.json.loads(done.stdout)
        assert len(told) == corpus.count("\n") + 1
        assert [one for one in told if one] == [], python


# --- what a spreadsheet reads -------------------------------------------------------------------------


@given(cells=st.lists(nasty.map(lambda text: text[:300]), min_size=1, max_size=4))
def test_no_cell_of_a_csv_begins_a_formula_or_another_cell(cells: list[str]) -> None:
    written = io.StringIO(newline="")
    write_csv(pd.DataFrame({"recipient": cells, "reason": cells[::-1]}, dtype=object), written)
    read = list(csv.reader(io.StringIO(written.getvalue(), newline="")))
    assert read[0] == ["recipient", "reason"]
    assert len(read) == len(cells) + 1
    for row, meant in zip(read[1:], zip(cells, cells[::-1], strict=True), strict=True):
        for cell, text in zip(row, meant, strict=True):
            assert not re.match(r"[=+@\t\r\n＝＋－＠]|-(?!\d+([.,]\d+)?\Z)", cell)
            assert cell.removeprefix("'") == as_merged_in_a_cell(text).removeprefix("'")
            # What imports a table takes the guard away again.
            assert clean_cell(cell) == clean_cell(as_merged_in_a_cell(text)) or not clean_cell(text)


def as_merged_in_a_cell(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n")
