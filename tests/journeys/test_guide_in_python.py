"""The customer's guide in Python, over the same real SMTP server: what a colleague who knows notebooks would write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.journeys.smtp_sink import SmtpSink
from tests.journeys.test_guide import LETTER, REPORT
from workbench.practice import Practice
from workbench.wiring import init_workspace, open_practice

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
BORN = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}


@pytest.fixture
def practice(tmp_path: Path, smtp_sink: SmtpSink) -> Iterator[Practice]:
    """The sample practice with the account of the guide."""
    init_workspace(tmp_path / "W", demo=True, user="claire", now=lambda: NOW)
    with open_practice(tmp_path / "W", user="claire", now=lambda: NOW) as opened:
        opened.accounts.set(
            "Mail du Dr Molaire", email="molaire@tilleuls.example", display_name="Dr Molaire", host="127.0.0.1",
            port=smtp_sink.port, security="none",
        )  # fmt: skip
        yield opened


def test_the_guide_from_the_account_to_the_printed_message(
    practice: Practice, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    stages = practice.accounts.test("Mail du Dr Molaire", mail_to_self=True)
    assert all(stage.ok for stage in stages)
    assert smtp_sink.count() == 1

    Image.new("RGB", (120, 40), "#2f6fd0").save(tmp_path / "logo.png")
    (tmp_path / "molaire.html").write_text(
        '---\nlabel: Dr Molaire\n---\n<p><img src="logo.png" alt="Cabinet"></p><div>@CORPS</div><p>Dr Molaire</p>',
        encoding="utf-8",
    )
    practice.signatures.import_file(tmp_path / "molaire.html")
    practice.accounts.set("Mail du Dr Molaire", signature="Dr Molaire")

    assert practice.fields.add("patient", BORN, label="né ou née").code == "PART_01"
    friends = dict.fromkeys(("ami", "amie"), "Amicalement") | dict.fromkeys(
        ("confrère", "consœur"), "Confraternellement"
    )
    assert practice.fields.add("correspondent", {**friends, "neutre": "Cordialement"}).code == "LIBRE01"
    assert "PART_01" in [field.code for field in practice.fields.search("NEE")]

    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    (tmp_path / "rapport.html").write_text(LETTER, encoding="utf-8")
    practice.templates.import_file(tmp_path / "rapport.html")
    practice.templates.change(REPORT, subject="@PPRENOM @PNOM, @PART_01 le @PNAIS (compte rendu)")
    assert len(practice.templates.revisions(REPORT)) == 2

    album = practice.tables.media()
    photographed = album.loc[album["kind"] == "panoramique", "patient_id"].dropna().unique().tolist()
    rows = practice.search("patients")
    rows = rows[rows["patient_id"].isin(photographed)]
    mailing = practice.mailing(rows, REPORT, account="Mail du Dr Molaire")
    assert set(mailing.recipients["reason"]) & {"", "health_data_on_plain_mail"} == {"health_data_on_plain_mail"}
    waiting = mailing.recipients[mailing.recipients["reason"] == "health_data_on_plain_mail"]
    patient = str(waiting["patient_id"].iloc[0])

    letter = practice.write_to(
        patient, template=REPORT, account="Mail du Dr Molaire", health_reason="le confrère n’a pas MSSanté"
    )
    shown = letter.preview(0)
    sent = letter.send(confirmed=True)
    assert sent["status"].tolist() == ["sent"]
    assert letter.send(confirmed=True)["status"].tolist() == ["sent"]  # the same letter, sent once
    assert smtp_sink.count() == 2
    caught = smtp_sink.messages()[-1]
    assert str(caught.message["Subject"]) == shown.subject
    assert re.search(r", (née?|né\(e\)) le \d", shown.subject)
    assert caught.body("html").replace("\r\n", "\n").strip() == shown.html.replace("\r\n", "\n").strip()
    assert {part.get_content_type() for part in caught.message.walk()} >= {"multipart/related", "application/pdf"}
    assert re.search("Amicalement|Confraternellement|Cordialement", caught.body("plain"))

    number = int(practice.history(patient)["delivery_id"].iloc[0])
    kept = practice.sent(number)
    assert kept.same_bytes
    assert kept.as_bytes().rstrip() == caught.content.rstrip()
    again = practice.resend(number, confirmed=True, health_reason="il le redemande")
    assert again["status"].tolist() == ["sent"]
    assert smtp_sink.count() == 3
    assert Path(kept.pdf(tmp_path / "mail.pdf")).read_bytes().startswith(b"%PDF-")
    practice.delete_from_history(number, "mauvais dossier")
    assert number not in practice.history(patient)["delivery_id"].tolist()
    assert number in practice.history(patient, deleted=True)["delivery_id"].tolist()


def test_a_practitioner_s_own_images_follow_each_row_s_practitioner(practice: Practice, smtp_sink: SmtpSink) -> None:
    practice.templates.import_text(
        '<p>Bonjour @PPRENOM</p><p><img src="@PRSIGN" alt="@PRSIGNOM"></p>', path="Essais/Signé", beside=practice.path
    )
    rows = practice.search("appointments", start="tomorrow", end="J+10", state="upcoming")
    results = practice.mailing(rows, "Essais/Signé", account="Mail du Dr Molaire").send(confirmed=True)
    assert (results["status"] == "sent").sum() == smtp_sink.count()
    shown: dict[str, set[bytes]] = {}
    doctors = dict(zip(results["message_id"], results["practitioner_id"], strict=True))
    for caught in smtp_sink.messages():
        images = [part for part in caught.message.walk() if part["Content-ID"]]
        data = images[0].get_payload(decode=True) if images else b""
        assert isinstance(data, bytes)
        shown.setdefault(doctors[str(caught.message["Message-ID"])], set()).add(data)
    assert len(shown) > 1
    assert all(len(images) == 1 for images in shown.values())
    signatures = [next(iter(images)) for images in shown.values()]
    assert len(set(signatures)) == len(signatures)
