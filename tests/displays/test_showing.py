"""A message as it is looked at: its lines, its document, its source; ours, and letters from anyone."""

from __future__ import annotations

import html
import re
from email.message import EmailMessage

import pytest

from workbench.displays import showing
from workbench.displays.showing import message_html, shown, shown_letter, told_size
from workbench.domain.messages import Address, Attachment, Message, Rendered
from workbench.domain.pictures import picture_url
from workbench.language import use_language
from workbench.merging.marks import CLOSE, OPEN

LETTER = (
    "From: =?utf-8?q?Cabinet_des_Tilleuls?= <secretariat@cabinet.example>\r\nTo: zoe@exemple.example\r\n"
    "Subject: =?utf-8?q?Rappel_=C3=A0_8_h?=\r\nX-Long: one\r\n two\r\n\r\nBonjour Zoé\r\n"
).encode()


def a_message(body: str = "<p>Bonjour Zoé</p>", text: str = "Bonjour Zoé\n", **more: object) -> Message:
    told = {
        "sender": Address(email="secretariat@cabinet.example", name="Cabinet des Tilleuls"),
        "recipient": Address(email="c.lefevre@exemple.example", name="Claire LEFÈVRE"),
        "subject": "Votre rendez-vous",
        "html": body,
        "text": text,
        "writer": lambda _message: LETTER,
    }
    return Message(**(told | more))  # type: ignore[arg-type]


def test_the_lines_above_a_message_say_who_writes_to_whom_with_what() -> None:
    plan = Attachment(name="plan-acces.pdf", media_type="application/pdf", digest="x", data=b"x" * 84_300)
    seen = shown(a_message(attachments=(plan,)))
    assert seen.subject == "Votre rendez-vous"
    assert seen.sender == "Cabinet des Tilleuls <secretariat@cabinet.example>"
    assert seen.recipient == "Claire LEFÈVRE <c.lefevre@exemple.example>"
    assert [(file.name, file.media_type, file.size_told) for file in seen.attachments] == [
        ("plan-acces.pdf", "application/pdf", "84 KB")
    ]


def test_a_message_to_nobody_says_so() -> None:
    assert shown(a_message(recipient=Address(email="", name="Odette MARTEL"))).recipient == "Odette MARTEL (no address)"


def test_merged_values_are_highlighted_on_the_screen_and_in_the_text() -> None:
    marked = Rendered(
        subject="Votre rendez-vous",
        html=f"<p>Bonjour {OPEN}Zoé{CLOSE}</p>",
        text=f"Bonjour {OPEN}Zoé{CLOSE}\n",
    )
    seen = shown(a_message(), marked)
    assert '<p>Bonjour <mark class="pw-merged">Zoé</mark></p>' in seen.screen
    assert seen.text_pieces == (("Bonjour ", False), ("Zoé", True), ("\n", False))
    assert seen.marked
    assert seen.text == "Bonjour Zoé\n"
    assert OPEN not in seen.screen
    assert seen.source == LETTER.decode().replace("\r\n", "\n")


def test_marks_of_another_message_are_not_shown() -> None:
    other = Rendered(subject="x", html=f"<p>Bonjour {OPEN}Léa{CLOSE}</p>", text=f"{OPEN}Léa{CLOSE}")
    seen = shown(a_message(), other)
    assert "Léa" not in seen.screen
    assert "<p>Bonjour Zoé</p>" in seen.screen
    assert seen.text_pieces == (("Bonjour Zoé\n", False),)
    assert not seen.marked


def test_a_message_that_holds_marks_of_its_own_shows_no_highlight() -> None:
    own = a_message(f"<p>{OPEN}Zoé</p>", f"{OPEN}Zoé")
    seen = shown(own, Rendered(subject="", html=own.html, text=own.text))
    assert "<mark" not in seen.screen
    assert not seen.marked
    assert seen.text_pieces == ((f"{OPEN}Zoé", False),)


def test_blocked_images_are_told_in_a_sentence() -> None:
    image = '<img src="https://a.example/1.png">'
    assert shown(a_message(image)).notes == ("1 remote image blocked",)
    seen = shown(a_message(image * 2))
    assert seen.blocked_images == 2
    assert seen.notes == ("2 remote images blocked",)


def test_the_headers_are_told_decoded_beside_the_source() -> None:
    assert shown(a_message()).headers == [
        ("From", "Cabinet des Tilleuls <secretariat@cabinet.example>"),
        ("To", "zoe@exemple.example"),
        ("Subject", "Rappel à 8 h"),
        ("X-Long", "one two"),
    ]


def test_a_source_beyond_reading_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "MOST_SOURCE", 40)
    source = shown(a_message()).source
    assert source.startswith(LETTER.decode()[:40])
    assert source.endswith("\n[… 122 bytes more are not shown]\n")


def test_a_static_message_escapes_all_it_holds() -> None:
    page = message_html(
        a_message('<p title="x">"\'></iframe><script>steal()</script></p>', subject='"><script>steal()</script>')
    )
    assert "<script" not in page
    assert page.count("<iframe") == page.count("</iframe>") == 1
    assert '<iframe sandbox=""' in page
    document = re.search(r'srcdoc="([^"]*)"', page)
    assert document
    assert "</iframe>" not in html.unescape(document[1])
    assert "From: Cabinet des Tilleuls &lt;secretariat@cabinet.example&gt;" in page


def test_sizes_are_told_for_people() -> None:
    assert [told_size(size) for size in (0, 1, 999, 1000, 84_300, 999_499, 1_234_567)] == [
        "0 bytes", "1 byte", "999 bytes", "1 KB", "84 KB", "999 KB", "1.2 MB",
    ]  # fmt: skip
    use_language("fr")
    try:
        assert told_size(1_234_567).replace("\xa0", " ").replace("\u202f", " ") == "1,2 Mo"
    finally:
        use_language(None)


# --- letters from anyone --------------------------------------------------------------------------------


def a_letter() -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = "Cabinet <cabinet@cabinet.example>"
    letter["To"] = "Zoé LEFÈVRE <zoe@exemple.example>"
    letter["Subject"] = "Rappel à 8 h"
    letter.set_content("Bonjour en texte")
    return letter


def test_a_letter_is_read_with_its_two_bodies_its_images_and_its_files() -> None:
    letter = a_letter()
    letter.add_alternative('<p>Bonjour</p><img src="cid:logo">', subtype="html")
    letter.get_payload()[1].add_related(b"PNG", "image", "png", cid="<logo>")
    letter.add_attachment(b"x" * 2000, maintype="application", subtype="pdf", filename="plan d’accès.pdf")
    seen = shown_letter(bytes(letter))
    assert (seen.subject, seen.recipient) == ("Rappel à 8 h", "Zoé LEFÈVRE <zoe@exemple.example>")
    assert seen.text.strip() == "Bonjour en texte"
    assert '<img src="data:image/png;base64,UE5H">' in seen.screen
    assert [(file.name, file.size) for file in seen.attachments] == [("plan d’accès.pdf", 2000)]
    assert seen.source.startswith("From: Cabinet")


def test_a_letter_of_text_alone_is_shown_as_text() -> None:
    seen = shown_letter(bytes(a_letter()))
    assert '<pre class="pw-plain">Bonjour en texte' in seen.screen
    assert seen.attachments == ()


def test_a_letter_of_html_alone_has_a_text_too() -> None:
    letter = a_letter()
    letter.set_content("<p>Bonjour</p><p>Zoé</p>", subtype="html")
    assert shown_letter(bytes(letter)).text == "Bonjour\n\nZoé\n"


def test_images_beyond_what_a_page_can_take_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "MOST_INLINE", 4)
    letter = a_letter()
    letter.add_alternative('<img src="cid:a"><img src="cid:b">', subtype="html")
    letter.get_payload()[1].add_related(b"PNG", "image", "png", cid="<a>")
    letter.get_payload()[1].add_related(b"PNG", "image", "png", cid="<b>")
    assert shown_letter(bytes(letter)).screen.count("data:image/png") == 1


def test_an_image_that_nothing_shows_is_told_as_a_file() -> None:
    letter = a_letter()
    letter.add_alternative("<p>Bonjour</p>", subtype="html")
    letter.get_payload()[1].add_related(b"PNG", "image", "png", cid="<logo>")
    assert [file.name for file in shown_letter(bytes(letter)).attachments] == ["image/png"]


LOGO = Attachment(name="logo.png", media_type="image/png", digest="a1" * 32, data=b"PNG")


def test_the_images_of_a_message_are_shown_and_no_others() -> None:
    body = f'<img src="{picture_url(LOGO.digest)}" alt="Logo"><img src="cid:{"b2" * 32}@workbench" alt="Absent">'
    seen = shown(a_message(body, pictures=(LOGO,)))
    assert '<img src="data:image/png;base64,UE5H" alt="Logo">' in seen.screen
    assert '<img alt="Absent">' in seen.screen
    assert (seen.blocked_images, seen.attachments) == (0, ())
    assert "data:image/png;base64,UE5H" in html.unescape(message_html(a_message(body, pictures=(LOGO,))))


def test_images_of_a_message_beyond_what_a_page_can_take_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "MOST_INLINE", 2)
    seen = shown(a_message(f'<img src="{picture_url(LOGO.digest)}" alt="Logo">', pictures=(LOGO,)))
    assert '<img alt="Logo">' in seen.screen


@pytest.mark.parametrize(
    "letter",
    [
        b"",
        b"\x00\xff\xfe",
        b"Subject: =?utf-8?b?%%%?=\r\n\r\nx",
        b"Subject: =?nobody-knows?q?x?=\r\nFrom: <\r\nTo: @@,,;:\r\n\r\nx",
        b"Content-Type: text/html; charset=nobody-knows\r\n\r\n<p>x<script>steal()</script>",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n--a--",
        b"Content-Type: multipart/mixed; boundary=a\r\n"
        + b"\r\n--a\r\nContent-Type: multipart/mixed; boundary=a\r\n" * 800,
        b"Content-Type: text/plain; charset*0*=x''%zz\r\nContent-Disposition: attachment; filename*=%%%\r\n\r\nx",
        b"To: " + b"a," * 20_000 + b"\r\n\r\nx",
        b"Content-Type: image/svg+xml\r\nContent-ID: <x>\r\nContent-Transfer-Encoding: base64\r\n\r\n***",
        b'Content-Type: image/png\r\nContent-ID: <"><script>steal()</script>>\r\n\r\nx',
        b'Content-Type: image/png;"x\r\n\r\nx',
    ],
)
def test_a_letter_that_cannot_be_read_is_told_of_and_its_source_shown(letter: bytes) -> None:
    seen = shown_letter(letter)
    assert "<script" not in seen.screen
    assert seen.screen.startswith("<!DOCTYPE html>")
    assert isinstance(seen.source, str)
    assert isinstance(seen.headers, list)
