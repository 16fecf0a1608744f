"""Kept messages: their HTML, their subject, their pictures."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from workbench.errors import TemplateRefused
from workbench.merging.foreign.mail import is_mail, source_from_mail


def message() -> EmailMessage:
    kept = EmailMessage()
    kept["Subject"] = "Votre rendez-vous du [ApptDate], à 9 h"
    kept["From"] = "cabinet@example.org"
    kept.set_content("Bonjour [FName]")
    return kept


def test_the_html_is_taken_before_the_plain_text_and_the_subject_with_it():
    kept = message()
    kept.add_alternative("<p>Bonjour <b>[FName]</b></p>", subtype="html")
    source = source_from_mail(kept.as_bytes(), name="m.eml")
    assert source.html.strip() == "<p>Bonjour <b>[FName]</b></p>"
    assert source.subject == "Votre rendez-vous du [ApptDate], à 9 h"


def test_a_plain_message_becomes_paragraphs():
    assert source_from_mail(message().as_bytes(), name="m.eml").html.strip() == "<p>Bonjour [FName]</p>"


def test_its_pictures_come_along_and_its_attachments_are_told():
    kept = message()
    kept.add_alternative('<p><img src="cid:logo@x"><img src="cid:gone@x"></p>', subtype="html")
    kept.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo@x>")
    kept.add_attachment(b"x", maintype="application", subtype="pdf", filename="plan.pdf")
    source = source_from_mail(kept.as_bytes(), name="m.eml")
    assert list(source.pictures.values()) == [b"\x89PNG"]
    assert f'src="{next(iter(source.pictures))}"' in source.html
    assert "plan.pdf" in source.notes[0].message


@pytest.mark.parametrize(
    "data",
    [
        b"Subject: x\r\nFrom: a\r\n\r\n",
        b"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\n--",
        b"Subject: =?x?q?=ff?=\r\nFrom: a\r\nContent-Type: text/html; charset=nothing\r\n\r\n",
        b"Subject: x\r\nFrom: a\r\nContent-Type: application/pdf\r\n\r\nx",
    ],
)
def test_a_message_without_a_text_is_refused(data):
    with pytest.raises(TemplateRefused, match="m"):
        source_from_mail(data, name="m")


def test_boxes_in_boxes_without_end_are_refused():
    data = b"Subject: x\nFrom: a\n"
    for depth in range(2_000):
        data += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth)
    with pytest.raises(TemplateRefused):
        source_from_mail(data, name="m")


def test_a_letter_with_a_subject_line_is_no_message():
    assert is_mail(message().as_bytes())
    assert not is_mail(b"Objet : x\nSubject: y\n\nBonjour")
    assert not is_mail(b"Subject: x\n\nBonjour")
