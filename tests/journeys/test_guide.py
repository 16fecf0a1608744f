"""The customer's guide, page by page, on the command line and over a real SMTP server: what it promises arrives.

Create the account, test it, make a signature, a folder, an email type with its fields, a « champ particulier », a
« champ libre », the patient's last panoramic and a file from outside; change it; write to one patient; then the history
of what was sent: send again, delete, print.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from PIL import Image

import workbench as wb
from tests.journeys.running import run_workbench
from tests.journeys.smtp_sink import Caught, SmtpSink, serving

ACCOUNT = "Mail du Dr Molaire"
REPORT = "Confrères/Compte rendu d'essai"
LETTER = """---
folder: Confrères
label: Compte rendu d'essai
subject: "@PPRENOM @PNOM, @PART_01 le @PNAIS"
role: correspondant
attachments: [plan.pdf]
images:
  - kind: panoramique
    pick: latest
---
<p>@CAPPEL,</p>
<p>Je vous remercie de recevoir @PPRENOM @PNOM, @PART_01 le @PNAIS.</p>
<p>@LIBRE01</p>
"""

Run = Callable[..., CompletedProcess[str]]


class Guide:
    """A practice that follows the guide: its workspace, its server, its command line."""

    def __init__(self, folder: Path, sink: SmtpSink) -> None:
        self.folder = folder
        self.workspace = folder / "W"
        self.sink = sink
        (folder / "home").mkdir()
        assert self.run("init", self.workspace, "--demo", workspace=None).returncode == 0

    def run(self, *words: object, **options: object) -> CompletedProcess[str]:
        given = {"workspace": self.workspace, "home": self.folder / "home", **options}
        return run_workbench(*words, **given)  # type: ignore[arg-type]

    def done(self, *words: object, **options: object) -> str:
        """Run a command that must succeed, and return what it printed."""
        ran = self.run(*words, **options)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def rows(self, *words: object) -> list[dict[str, object]]:
        listed: list[dict[str, object]] = json.loads(self.done(*words, "--format", "json"))
        return listed

    def last(self) -> Caught:
        return self.sink.messages()[-1]


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guide]:
    folder = tmp_path_factory.mktemp("guide")
    with serving(folder / "sink") as sink:
        made = Guide(folder, sink)
        made.done(
            "account", "set", ACCOUNT, "--email", "molaire@tilleuls.example", "--display-name", "Dr Molaire",
            "--host", "127.0.0.1", "--port", sink.port, "--security", "none", "--keep-messages",
        )  # fmt: skip
        yield made


@pytest.fixture(scope="module")
def patient(guide: Guide) -> str:
    """A patient who has a panoramic and a colleague with an ordinary address, and no opt-out."""
    with wb.open(guide.workspace) as practice:
        photographed = practice.sql("select distinct patient_id from media where kind = 'panoramique'")["patient_id"]
        rows = practice.search("patients")
        rows = rows[rows["patient_id"].isin(set(photographed))]
        found = practice.mailing(
            rows, practice.templates["Confrères/Compte rendu à un confrère"], role="correspondent", account=ACCOUNT
        ).addressees()
        ordinary = found[found["address"].notna() & (found["address"] != "") & ~found["reason"].isin(["opted_out"])]
        assert len(ordinary)
        return str(ordinary["patient_id"].iloc[0])


# --- « Créer votre compte mail » ------------------------------------------------------------------------


def test_the_account_is_tested_stage_by_stage_with_a_message_to_oneself(guide: Guide) -> None:
    before = guide.sink.count()
    stages = guide.rows("account", "test", ACCOUNT, "--mail-to-self")
    assert {stage["status"] for stage in stages} == {"ok"}
    assert guide.sink.count() == before + 1
    assert guide.last().recipients == ("molaire@tilleuls.example",)


def test_several_accounts_are_kept_and_the_sender_s_name_is_the_one_that_is_read(guide: Guide) -> None:
    names = {row["name"] for row in guide.rows("account", "list")}
    assert {ACCOUNT, "catcher"} <= names


# --- « Créer une signature (ou un entête) » ---------------------------------------------------------------


def test_five_signatures_are_there_and_one_of_the_practice_s_own_is_made_with_a_logo(guide: Guide) -> None:
    assert len(guide.rows("signature", "list")) >= 5
    Image.new("RGB", (120, 40), "#2f6fd0").save(guide.folder / "logo.png")
    signature = guide.folder / "Dr Molaire.html"
    signature.write_text(
        '<p><img src="logo.png" alt="Cabinet des Tilleuls"></p><div>@CORPS</div><p>Dr Molaire, @CABNOM</p>',
        encoding="utf-8",
    )
    guide.done("signature", "import", signature)
    guide.done("account", "set", ACCOUNT, "--signature", "Dr Molaire")
    for wrong in ("<p>sans balise</p>", "<p>@CORPS</p><p>@CORPS</p>"):
        (guide.folder / "fausse.html").write_text(wrong, encoding="utf-8")
        refused = guide.run("signature", "import", guide.folder / "fausse.html")
        assert refused.returncode == 1
        assert "@CORPS" in refused.stderr


# --- « Créer un email type », « Utiliser des champs d'intégration » ---------------------------------------


def test_fields_are_found_by_a_word_without_its_accents(guide: Guide) -> None:
    codes = {row["code"] for row in guide.rows("fields", "prenom", "patient")}
    assert "@PPRENOM" in codes


def test_a_champ_particulier_and_a_champ_libre_are_made_once_and_found_again(guide: Guide) -> None:
    texts = [("fille", "née"), ("femme", "née"), ("garçon", "né"), ("homme", "né"), ("neutre", "né(e)")]
    row = [word for column, text in texts for word in ("--text", f"{column}={text}")]
    incomplete = guide.run("field", "add", "patient", *row[:6])
    assert incomplete.returncode != 0
    guide.done("field", "add", "patient", *row, "--label", "né ou née")
    texts = [
        ("ami", "Amicalement"), ("amie", "Amicalement"), ("confrère", "Confraternellement"),
        ("consœur", "Confraternellement"), ("neutre", "Cordialement"),
    ]  # fmt: skip
    guide.done("field", "add", "correspondent", *[w for column, text in texts for w in ("--text", f"{column}={text}")])
    assert "@PART_01" in {row["code"] for row in guide.rows("fields", "nee")}
    assert "@LIBRE01" in {row["code"] for row in guide.rows("fields", "confraternellement")}


def test_an_email_type_is_made_in_its_folder_with_an_image_of_the_album_and_a_file(guide: Guide) -> None:
    (guide.folder / "plan.pdf").write_bytes(b"%PDF-1.4\n% plan d'acces\n%%EOF\n")
    (guide.folder / "rapport.html").write_text(LETTER, encoding="utf-8")
    guide.done("template", "import", guide.folder / "rapport.html")
    (guide.folder / "plan.pdf").unlink()  # it was copied in
    assert REPORT in {row["path"] for row in guide.rows("template", "list")}
    errors = [row for row in guide.rows("template", "check", REPORT) if row["severity"] == "error"]
    assert errors == []


# --- « Modifier un mail type » ----------------------------------------------------------------------------


def test_a_change_is_a_revision_that_can_be_compared_and_taken_back(guide: Guide) -> None:
    (guide.folder / "plan.pdf").write_bytes(b"%PDF-1.4\n% plan d'acces\n%%EOF\n")
    (guide.folder / "rapport.html").write_text(LETTER.replace("Je vous remercie", "Merci"), encoding="utf-8")
    guide.done("template", "import", guide.folder / "rapport.html")
    assert len(guide.rows("template", "revisions", REPORT)) == 2
    compared = guide.done("template", "diff", REPORT)
    assert "Je vous remercie" in compared
    assert "Merci de recevoir" in compared
    guide.done("template", "restore", REPORT, 1)
    assert "Je vous remercie" in guide.done("template", "show", REPORT, "--html")


# --- « Envoyer un mail à un patient » ---------------------------------------------------------------------


def test_a_radiograph_does_not_leave_for_an_ordinary_address_by_itself(guide: Guide, patient: str) -> None:
    before = guide.sink.count()
    refused = guide.run("patient", "write", patient, "--template", REPORT, "--account", ACCOUNT, "--yes")
    assert guide.sink.count() == before
    assert refused.returncode == 1
    assert "--allow-health-data" in refused.stderr


def test_the_report_arrives_as_the_guide_promises(guide: Guide, patient: str) -> None:
    before = guide.sink.count()
    sent = guide.run(
        "patient", "write", patient, "--template", REPORT, "--account", ACCOUNT, "--yes",
        "--allow-health-data", "le confrère n'a pas MSSanté",
    )  # fmt: skip
    assert sent.returncode == 0, sent.stderr
    assert guide.sink.count() == before + 1
    caught = guide.last()
    message = caught.message
    assert str(message["From"]) == "Dr Molaire <molaire@tilleuls.example>"
    assert len(caught.recipients) == 1
    with wb.open(guide.workspace) as practice:
        person = practice.store.columns("patient", [patient], ["last_name", "first_name", "sex"]).iloc[0]
    born = {"F": "née", "M": "né"}.get(str(person["sex"]), "né(e)")
    assert re.match(rf"{person['first_name']} {person['last_name']}, {re.escape(born)} le \d", str(message["Subject"]))
    html, text = caught.body("html"), caught.body("plain")
    for part in (html, text):
        assert f"{person['first_name']} {person['last_name']}" in part
        assert re.search("Amicalement|Confraternellement|Cordialement", part)
        assert "Dr Molaire, Cabinet des Tilleuls" in part
        assert not re.search(r"@[A-Z]{3}", part)
    assert html.index("cid:") < html.index("Je vous remercie") < html.index("Dr Molaire, Cabinet")
    files = {part.get_filename(): part for part in message.iter_attachments()}
    assert "plan.pdf" in files
    [image] = [part for part in files.values() if part.get_content_maintype() == "image"]
    drawn = Image.open(io.BytesIO(image.get_payload(decode=True)))  # type: ignore[arg-type]
    drawn.load()
    assert not drawn.getexif()
    [logo] = [part for part in message.walk() if part["Content-ID"]]
    assert logo.get_content_type() == "image/png"
    assert f"cid:{str(logo['Content-ID']).strip().strip('<>')}" in html


def test_words_of_one_s_own_leave_for_one_patient_without_an_email_type(guide: Guide) -> None:
    with wb.open(guide.workspace) as practice:
        adults = practice.search("patients", language="fr")
        chosen = adults[adults["address_status"].astype(str) == "ok"]["patient_id"].iloc[-1]
    (guide.folder / "mot.txt").write_text("Bonjour @PPRENOM,\n\nvos lunettes sont à l'accueil.\n", encoding="utf-8")
    before = guide.sink.count()
    words = (
        "patient", "write", chosen, "--subject", "Vos lunettes", "--body", guide.folder / "mot.txt",
        "--account", ACCOUNT, "--signature", "-", "--yes",
    )  # fmt: skip
    guide.run(*words)
    assert guide.sink.count() == before + 1
    twice = guide.run(*words)
    assert (twice.returncode, guide.sink.count()) == (1, before + 1)
    assert "--again" in twice.stderr
    both = guide.run(*words[:-1], "--role", "patient,payer", "--preview")
    assert "1 of 2" in both.stderr
    assert str(guide.last().message["Subject"]) == "Vos lunettes"
    assert "vos lunettes sont" in guide.last().body("plain")
    assert "Dr Molaire, Cabinet" not in guide.last().body("plain")


# --- « Emails envoyés » : renvoyer, supprimer, imprimer ----------------------------------------------------


def test_what_was_sent_is_shown_byte_for_byte_sent_again_printed_and_taken_out_of_sight(
    guide: Guide, patient: str
) -> None:
    [first] = [row for row in guide.rows("history", patient) if row["status"] == "sent"]
    number = first["delivery_id"]
    sent = next(caught for caught in guide.sink.messages() if str(first["message_id"]) in caught.content.decode())
    guide.done("history", patient, "--show", number, "--eml", guide.folder / "sent.eml")
    assert (guide.folder / "sent.eml").read_bytes().rstrip() == sent.content.rstrip()

    before = guide.sink.count()
    again = ("history", patient, "--resend", number, "--yes")
    assert guide.run(*again).returncode == 1  # the radiograph asks for a decision each time
    assert guide.sink.count() == before
    guide.done(*again, "--allow-health-data", "le confrère le redemande")
    assert guide.sink.count() == before + 1
    assert guide.last().message["Message-ID"] != sent.message["Message-ID"]
    assert guide.last().body("html") == sent.body("html")

    guide.done("history", patient, "--print", number, "--output", guide.folder / "mail.pdf")
    assert (guide.folder / "mail.pdf").read_bytes().startswith(b"%PDF-")

    guide.done("history", patient, "--delete", number, "--reason", "envoyé par erreur de dossier")
    assert number not in {row["delivery_id"] for row in guide.rows("history", patient)}
    results = guide.rows("results", first["mailing_id"])
    assert number in {row["delivery_id"] for row in results}  # the ledger forgets nothing
