"""An email type is read with invented patients, dressed as it will leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.domain.signatures import Signature
from workbench.errors import TemplateRefused, UnknownName
from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def test_each_invented_patient_gets_a_message(practice: Practice) -> None:
    texts = {name: practice.templates.tried(REMINDER, name).text for name in ("girl", "woman")}
    assert "Madame" in texts["woman"]
    assert "Zoé" in texts["girl"]
    assert set(practice.templates.samples()) >= set(texts)


def test_the_signature_and_the_sender_that_count_are_there(practice: Practice) -> None:
    practice.signatures.save(Signature(label="courte", html="<div>@CORPS</div><p>Le secrétariat</p>"))
    account = practice.accounts.set("secretariat", kind="folder", folder="out", email="secretariat@cabinet.example")
    practice.templates.change(REMINDER, account=account.name, signature="courte")
    assert "Le secrétariat" in practice.templates.tried(REMINDER).text
    assert practice.templates.tried(REMINDER).sender.email == "secretariat@cabinet.example"


def test_what_is_not_saved_yet_can_be_tried_and_what_cannot_be_merged_says_why(practice: Practice) -> None:
    draft = replace(practice.templates[REMINDER], subject="Bonjour @PNOM")
    assert practice.templates.tried(draft).subject == "Bonjour Lefèvre"
    with pytest.raises(TemplateRefused, match="@PNOMM"):
        practice.templates.tried(replace(draft, html="<p>@PNOMM</p>"))
    with pytest.raises(UnknownName, match="There are"):
        practice.templates.tried(draft, "nobody")
