"""Letters as bytes: what is written is what is read back, whatever a value holds."""

from __future__ import annotations

import hashlib
import re
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.merging.conftest import NOW
from workbench.domain.messages import Address, Attachment, Rendered
from workbench.domain.pictures import content_id
from workbench.errors import TemplateRefused
from workbench.merging.bodies import encoded_body
from workbench.merging.mime import MimeWriter

SENDER = Address(email="contact@tilleuls.example", name="Cabinet des Tilleuls")
ANA = Address(email="ana@exemple.example", name="Ana Martin")
TOKEN = "a1b2c3d4e5f60718293a4b5c6d7e8f90"

NASTY = [
    "=?utf-8?b?DQpCY2M6IHZpY3RpbUBldmlsLnRlc3Q=?=",
    "=?utf-8?q?=0D=0ABcc:_x=40evil.test?=",
    '"=?utf-8?q?a?=" <x@evil.test>',
    "Ana\r\nBcc: victim@evil.test",
    "Ana\nBcc: victim@evil.test\n\n<b>corps</b>",
    "Ana\r",
    "Ana\x00Martin",
    "Ana\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029Martin",
    "Ana, <victim@evil.test>, Martin",
    'Ana "la grande" \\ Martin',
    "Ana \\",
    '"',
    "(commentaire)",
    "Ana <",
    "<x@evil.test>",
    "x@evil.test",
    "undisclosed-recipients:;",
    "NGUYỄN Anaïs-Éléonore d’Artagnan de La Rochefoucauld-Montbéliard-Saint-Étienne-du-Grès",
    "e\u0301" * 40,
    "👩‍👩‍👧‍👦" * 20,
    "\u202eevil\u202c",
    "a" * 1200,
    "é" * 1200,
    "mot " * 300,
    "  deux  blancs  ",
    "{{7*7}} {% raw %} @PPRENOM %s%n",
    '=HYPERLINK("http://evil.test","x")',
    "<script>alert(1)</script>",
    "--=_" + TOKEN + "_a\r\nContent-Type: text/html\r\n\r\n<b>x</b>",
    ".",
    "..\r\n.\r\nQUIT",
    "From moi",
    "\ud800seul",
    "",
]
anything = (
    st.sampled_from(NASTY) | st.text(max_size=200) | st.text(alphabet='=?utf8qb_-:;,<>@"\\\r\n\t aé', max_size=80)
)


def written(
    recipient: Address = ANA,
    subject: str = "Rappel",
    html: str = "<p>Bonjour</p>",
    text: str = "Bonjour\n",
    writer: MimeWriter | None = None,
    **options: object,
) -> tuple[bytes, list[str]]:
    """Write a message and return it with what is off when it is read back."""
    writer = writer or MimeWriter(sender=SENDER)
    rendered = Rendered(subject=subject, html=html, text=text)
    raw = writer.write(
        recipient=recipient,
        rendered=rendered,
        message_id=f"<{TOKEN}@tilleuls.example>",
        boundary_seed=TOKEN,
        date=NOW,
        **options,  # type: ignore[arg-type]
    )
    return raw, writer.reparse_problems(raw, recipient=recipient, rendered=rendered)


def assert_well_formed(raw: bytes, *, longest: int = 76) -> None:
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    assert b"\x00" not in raw
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    body = raw.partition(b"\r\n\r\n")[2]
    assert all(len(line) <= longest for line in body.split(b"\r\n"))


def test_a_message_has_the_headers_a_letter_needs_and_no_other() -> None:
    raw, problems = written(subject="Rendez-vous du mardi 24 novembre à 8 h 40")
    message = message_from_bytes(raw, policy=default)
    assert problems == []
    assert list(message.keys()) == [
        "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Language",
        "Content-Type",
    ]  # fmt: skip
    assert message["Subject"] == "Rendez-vous du mardi 24 novembre à 8 h 40"
    assert message["From"] == "Cabinet des Tilleuls <contact@tilleuls.example>"
    assert message["To"] == "Ana Martin <ana@exemple.example>"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == f"<{TOKEN}@tilleuls.example>"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_the_same_values_give_the_same_bytes() -> None:
    writer = MimeWriter(sender=SENDER)
    first = written(writer=writer, html="<p>Zoé</p>\n<p>fixe</p>")[0]
    assert written(writer=writer, html="<p>Zoé</p>\n<p>fixe</p>")[0] == first
    assert written(html="<p>Zoé</p>\n<p>fixe</p>")[0] == first


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_a_nasty_name_makes_no_header_and_no_second_addressee(nasty: str) -> None:
    raw, problems = written(recipient=Address(email="ana@exemple.example", name=nasty))
    assert problems == []
    assert_well_formed(raw)
    message = message_from_bytes(raw, policy=default)
    assert "Bcc" not in message
    assert [address.addr_spec for address in message["To"].addresses] == ["ana@exemple.example"]


@given(anything)
@example("=?utf-8?b?DQpCY2M6IHZpY3RpbUBldmlsLnRlc3Q=?=")
def test_any_name_of_an_addressee_is_read_back_as_it_is(name: str) -> None:
    raw, problems = written(recipient=Address(email="ana@exemple.example", name=name))
    assert problems == []
    assert_well_formed(raw)


@given(anything)
def test_any_name_of_a_sender_is_read_back_as_it_is(name: str) -> None:
    writer = MimeWriter(sender=Address(email="contact@tilleuls.example", name=name), reply_to="autre@tilleuls.example")
    raw, problems = written(writer=writer)
    assert problems == []
    assert_well_formed(raw)


@given(anything)
def test_any_subject_is_read_back_as_it_is(subject: str) -> None:
    raw, problems = written(subject=subject)
    assert problems == []
    assert_well_formed(raw)


@given(anything, anything)
def test_any_body_is_read_back_as_it_is(html: str, text: str) -> None:
    html, text = (value.encode("utf-8", "replace").decode() for value in (html, text))
    raw, problems = written(html=html, text=text)
    assert problems == []
    assert_well_formed(raw)


@example("<>", b"", "")
@example('"<.>"', b"", "")
@given(anything, st.binary(max_size=300), anything)
def test_any_file_goes_along_under_a_harmless_name(name: str, data: bytes, media_type: str) -> None:
    file = Attachment(name=name, media_type=media_type, digest=hashlib.sha256(data).hexdigest(), data=data)
    writer = MimeWriter(sender=SENDER, attachments=[file])
    raw, problems = written(writer=writer)
    assert problems == []
    assert_well_formed(raw)
    parts = list(message_from_bytes(raw, policy=default).iter_attachments())
    assert [part.get_payload(decode=True) for part in parts] == [data]
    found = parts[0].get_filename()
    assert found
    assert not re.search(r"[\x00-\x1f/\\]", found)


@pytest.mark.parametrize(
    "name",
    ["Consignes après l’intervention – été.pdf", "=?utf-8?q?x=0D=0AX:_y?=.pdf", "plan d'accès.pdf", "é" * 120 + ".pdf"],
)
def test_the_name_of_a_file_is_read_back(name: str) -> None:
    file = Attachment(name=name, media_type="application/pdf", digest="0", data=b"%PDF-1.4")
    raw, problems = written(writer=MimeWriter(sender=SENDER, attachments=[file]))
    assert problems == []
    assert next(message_from_bytes(raw, policy=default).iter_attachments()).get_filename() == name


@pytest.mark.parametrize(
    "address",
    [
        "victim@evil.test>, <x@evil.test", "a@b.example\r\nBcc: x@evil.test", "a b@c.example", " ",
        "a@b.example, c@d.example", "a@b.example;c@d.example", '"a"@b.example', "a\x00@b.example",
    ],
)  # fmt: skip
def test_an_address_that_is_not_one_address_is_never_written(address: str) -> None:
    with pytest.raises(TemplateRefused):
        written(recipient=Address(email=address, name="Ana"))


def test_a_row_without_an_address_can_be_read_before_it_has_one() -> None:
    raw, _problems = written(recipient=Address(email="", name="Ana, <x@evil.test>"))
    message = message_from_bytes(raw, policy=default)
    assert message["To"].addresses == ()
    assert [group.display_name for group in message["To"].groups] == ["Ana, <x@evil.test>"]


def test_a_domain_beyond_ascii_is_written_in_its_ascii_form() -> None:
    raw, problems = written(recipient=Address(email="ana@Éole.example", name="Ana"))
    assert problems == []
    assert b"<ana@xn--ole-9la.example>" in raw


def test_lines_of_a_body_are_short_whatever_the_alphabet_and_long_ones_come_back() -> None:
    for text in ("x" * 5000, "Ελληνικά " * 400, "ligne avec un blanc \nà la fin\t\n", ".\n..\n.point\n"):
        raw, problems = written(text=text, html=f"<p>{text}</p>")
        assert problems == []
        assert_well_formed(raw)


def test_another_alphabet_is_written_in_base64_and_french_in_quoted_printable() -> None:
    assert b"Content-Transfer-Encoding: base64" in written(text="Ελληνικά " * 50)[0]
    assert written(text="L’été, nous répondons à l’hôpital. " * 50)[0].count(b"quoted-printable") == 2


def test_the_guard_sees_a_header_too_many_and_a_second_addressee() -> None:
    writer = MimeWriter(sender=SENDER)
    rendered = Rendered(subject="Rappel", html="<p>Bonjour</p>", text="Bonjour\n")
    raw, _problems = written(writer=writer)
    tampered = raw.replace(b"Subject:", b"Bcc: victim@evil.test\r\nSubject:")
    assert writer.header_problem(tampered) == "unexpected headers"
    second = raw.replace(b"<ana@exemple.example>", b"<ana@exemple.example>, victim@evil.test")
    assert writer.header_problem(second) == ""
    assert "2 addresses in To" in writer.reparse_problems(second, recipient=ANA, rendered=rendered)
    broken = raw.replace(b"To: Ana", b"To: =?utf-8?q?Ana=0D=0A?=")
    assert "To cannot be read" in writer.reparse_problems(broken, recipient=ANA, rendered=rendered)
    other = raw.replace(b"Subject: Rappel", b"Subject: Autre!")
    assert writer.reparse_problems(other, recipient=ANA, rendered=rendered) == ["subject differs"]


@pytest.mark.parametrize("language", ["fr", "en-GB", "fr\r\nBcc: x@evil.test", "", "français"])
def test_the_language_is_a_language_or_french(language: str) -> None:
    raw, problems = written(language=language)
    assert problems == []
    said = message_from_bytes(raw, policy=default)["Content-Language"]
    assert said == (language if language in ("fr", "en-GB") else "fr")


def test_a_message_id_or_seed_that_could_write_a_header_is_a_programmers_error() -> None:
    writer = MimeWriter(sender=SENDER)
    rendered = Rendered(subject="x", html="x", text="x")
    for options in ({"message_id": "a b"}, {"boundary_seed": 'x"\r\nBcc: y'}):
        given_options = {"message_id": "a@b.example", "boundary_seed": "abc"} | options
        with pytest.raises(ValueError):
            writer.write(recipient=ANA, rendered=rendered, date=NOW, **given_options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("contact@Tilleuls.Example", "tilleuls.example"),
        ("contact@clinique-été.example", "xn--clinique-t-j7ab.example"),
        ("contact@xn--clinique-t-j7ab.example", "xn--clinique-t-j7ab.example"),
        (f"c@{'.'.join(['a' * 60] * 4)}.fr", f"{'.'.join(['a' * 60] * 4)}.fr"),
        ("nobody", "localhost"),
        ("", "localhost"),
    ],
)
def test_the_domain_of_a_writer_can_stand_in_a_message_id(email: str, domain: str) -> None:
    writer = MimeWriter(sender=Address(email=email, name="Cabinet"))
    assert writer.domain == domain
    rendered = Rendered(subject="x", html="<p>x</p>", text="x")
    raw = writer.write(
        recipient=ANA, rendered=rendered, message_id=f"{TOKEN}@{writer.domain}", boundary_seed=TOKEN, date=NOW
    )
    assert f"<{TOKEN}@{domain}>".encode() in raw
    assert_well_formed(raw)


def picture(name: str = "logo.png", data: bytes = b"\x89PNG\r\n\x1a\n") -> Attachment:
    return Attachment(name=name, media_type="image/png", digest=hashlib.sha256(data).hexdigest(), data=data)


def test_an_image_that_the_text_shows_is_one_whole_with_it() -> None:
    logo, own, plan = picture(), picture("signature.png", b"own"), picture("plan.png", b"plan")
    writer = MimeWriter(sender=SENDER, pictures=[logo])
    html = f'<p><img src="cid:{content_id(logo.digest)}" alt=""></p>'
    rendered = Rendered(subject="Rappel", html=html, text="Rappel\n")
    raw = writer.compose(
        recipient=ANA, subject="Rappel", text=encoded_body("Rappel\n"), html=encoded_body(html),
        message_id=f"{TOKEN}@x.example", boundary_seed=TOKEN, date=NOW, files=[plan], pictures=[own],
    )  # fmt: skip
    assert_well_formed(raw, longest=88)
    beside = {"files": [plan], "pictures": [own]}
    assert writer.reparse_problems(raw, recipient=ANA, rendered=rendered, **beside) == []  # type: ignore[arg-type]
    assert writer.reparse_problems(raw, recipient=ANA, rendered=rendered) != []
    message = message_from_bytes(raw, policy=default)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "image/png", "image/png",
    ]  # fmt: skip
    shown = [part for part in message.walk() if part["Content-ID"]]
    assert [part["Content-ID"].strip() for part in shown] == [f"<{content_id(one.digest)}>" for one in (logo, own)]
    assert [part.get_content_disposition() for part in shown] == ["inline", "inline"]
    assert [part.get_filename() for part in message.iter_attachments()] == ["plan.png"]


def test_each_message_shows_its_own_images_however_many_others_were_shown_before() -> None:
    writer = MimeWriter(sender=SENDER)
    images = [picture("signature.png", f"image {number}".encode()) for number in range(40)]
    for image in [*images, *images[:3], images[39]]:
        raw = writer.compose(
            recipient=ANA, subject="s", text=encoded_body("t"), html=encoded_body("<p>h</p>"),
            message_id=f"{TOKEN}@x.example", boundary_seed=TOKEN, date=NOW, pictures=[image],
        )  # fmt: skip
        [part] = [one for one in message_from_bytes(raw).walk() if one.get_filename()]
        assert part.get_payload(decode=True) == image.data


def test_a_receipt_is_asked_for_at_the_address_that_answers_go_to() -> None:
    raw, problems = written(writer=MimeWriter(sender=SENDER, reply_to="accueil@tilleuls.example", read_receipt=True))
    assert problems == []
    assert message_from_bytes(raw, policy=default)["Disposition-Notification-To"] == "<accueil@tilleuls.example>"
    raw, _problems = written()
    assert b"Disposition-Notification-To" not in raw


@given(anything, st.binary(max_size=60))
def test_any_image_is_shown_under_a_harmless_name(name: str, data: bytes) -> None:
    raw, problems = written(writer=MimeWriter(sender=SENDER, pictures=[picture(name, data)]))
    assert problems == []
    assert_well_formed(raw, longest=88)
