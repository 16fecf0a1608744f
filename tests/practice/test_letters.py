"""From a frozen row to the letter that leaves: the same sender on the envelope, in the headers and in the identity."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.domain.accounts import Account
from workbench.domain.messages import Address
from workbench.domain.templates import Template
from workbench.errors import SenderFailed, TemplateRefused
from workbench.merging.catalogue import builtin_catalogue
from workbench.ports import Claimed
from workbench.practice.letters import LetterPress, Postman

NOW = datetime(2026, 11, 22, 9, 30, 5, 999, tzinfo=UTC)
TOKEN = "0123456789abcdef0123456789abcdef"


def press(email: str) -> LetterPress:
    template = Template(label="x", subject="Bonjour {{ nom }}", html="<p>{{ nom }}</p>")
    account = Account(name="accueil", email=email, display_name="Clinique d'été")
    return LetterPress(template, account, catalogue=builtin_catalogue(), columns=("nom",))


def claimed(number: int = 1, *, nom: str = "Zoé") -> Claimed:
    return Claimed(
        delivery_id=number,
        token=TOKEN,
        mailing_id=1,
        template_revision_id=7,
        address="zoe@exemple.example",
        recipient="Zoé",
        language="fr",
        channel="email",
        purpose="",
        patient_id="",
        values={"nom": nom},
        attempts=0,
    )


def test_a_sender_with_accents_in_the_domain_writes_letters_that_leave() -> None:
    postman = Postman(lambda _revision, _letterhead, _columns: press("contact@clinique-été.example"))
    letter = postman.letter(claimed(), NOW)
    ascii_domain = "xn--clinique-t-j7ab.example"
    assert letter.sender == f"contact@{ascii_domain}"
    assert letter.message_id == f"<{TOKEN}@{ascii_domain}>"
    head = letter.content.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert f"<contact@{ascii_domain}>".encode() in head
    assert f"<{TOKEN}@{ascii_domain}>".encode() in head


def test_the_preview_has_the_senders_address_of_the_letter() -> None:
    made = press("contact@clinique-été.example")
    message = made.message(
        {"nom": "Zoé"}, Address(email="zoe@exemple.example", name="Zoé"), token=TOKEN, date=NOW, language="fr"
    )
    letter = Postman(lambda _revision, _letterhead, _columns: made).letter(claimed(), NOW)
    assert message.sender.email == letter.sender
    assert message.as_bytes() == letter.content


def test_a_press_that_cannot_be_made_stops_the_sending_and_one_that_is_refused_says_so() -> None:
    def broken(_revision: int, _letterhead: int | None, _columns: tuple[str, ...]) -> LetterPress:
        raise ValueError("Zoé")

    with pytest.raises(SenderFailed) as failed:
        Postman(broken).letter(claimed(), NOW)
    assert "ValueError" in failed.value.sentence
    assert "Zoé" not in failed.value.sentence

    def refused(_revision: int, _letterhead: int | None, _columns: tuple[str, ...]) -> LetterPress:
        raise TemplateRefused("the file is gone")

    # As a row's own trouble it would fail everybody, one after the other.
    with pytest.raises(SenderFailed, match="the file is gone") as stopped:
        Postman(refused).letter(claimed(), NOW)
    assert isinstance(stopped.value.__cause__, TemplateRefused)
