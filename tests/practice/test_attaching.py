"""What goes with whose message by the rules of an email type, against the sample practice's own files."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.practice.conftest import NOW
from workbench.databases import writing
from workbench.domain.attached import DocumentRule, ImageRule, WhenMissing
from workbench.domain.templates import Template
from workbench.errors import AttachmentRefused, BadValue, UnknownPatient
from workbench.merging.recipient_tables import recipients_from_table
from workbench.merging.recipients import Recipients
from workbench.patients.schema import correspondents, media, prescriptions
from workbench.practice import Practice
from workbench.practice.attaching import (
    Attached,
    attach,
    kept_files,
    mailing_load,
    mailing_size,
    message_size,
    too_large,
)

PANORAMIC = ImageRule(kind="panoramique")
WITHOUT = replace(PANORAMIC, missing=WhenMissing.WITHOUT)
ASK = replace(PANORAMIC, missing=WhenMissing.ASK)


def template(*rules: ImageRule | DocumentRule, **said: Any) -> Template:
    images = tuple(rule for rule in rules if isinstance(rule, ImageRule))
    documents = tuple(rule for rule in rules if isinstance(rule, DocumentRule))
    return Template(label="Essai", subject="Essai", html="<p>Bonjour</p>", images=images, documents=documents, **said)


def told(*patients: str, **columns: list[str]) -> Recipients:
    """Return a table's recipients, one a patient."""
    rows = {"email": [f"r{place}@mail.example" for place in range(len(patients))], "patient_id": list(patients)}
    return recipients_from_table(pd.DataFrame(rows | columns))


def attached(practice: Practice, found: Recipients, *rules: ImageRule | DocumentRule, **said: Any) -> Attached:
    return attach(practice, found, template(*rules), now=NOW, **said)


def change(practice: Practice, table: sa.Table, key: str, **values: Any) -> None:
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        column = table.primary_key.columns.values()[-1]
        connection.execute(table.update().where(column == key).values(**values))


def file_of(practice: Practice, image: str = "I-0001") -> Path:
    return practice.path / "documents" / "images" / f"{image}.png"


# --- images --------------------------------------------------------------------------------------------


def test_each_recipient_gets_the_image_of_the_own_patient(practice: Practice) -> None:
    result = attached(practice, told("2201", "2204", "2202"), PANORAMIC)
    assert result.reasons == ["", "", "missing_attachment:panoramique"]
    assert result.health == [True, True, False]
    assert [[one.partition("/")[2] for one in row] for row in result.files] == [
        ["panoramique-face-2026-06-04.png"], ["panoramique-face-2026-06-01.png"], [],
    ]  # fmt: skip
    albums = {patient: practice.store.album([patient]) for patient in ("2201", "2204")}
    for row, patient in zip(result.files, albums, strict=False):
        kept = practice.attachments.read(row[0])
        assert kept is not None
        [original] = albums[patient][albums[patient]["kind"] == "panoramique"]["path"]
        before, after = Image.open(practice.path / original), Image.open(io.BytesIO(kept.data))
        assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()


def test_what_stands_beside_the_pixels_stays_at_home(practice: Practice) -> None:
    held = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "AUBRY Nathan"
    Image.new("RGB", (3000, 1500), "grey").save(held, "JPEG", exif=exif)
    file_of(practice).write_bytes(held.getvalue())
    change(practice, media, "I-0001", digest=hashlib.sha256(held.getvalue()).hexdigest().upper())
    [[kept]] = attached(practice, told("2201"), PANORAMIC).files
    assert kept.endswith(".jpg")
    file = practice.attachments.read(kept)
    assert file is not None
    assert b"AUBRY" in held.getvalue()
    assert b"AUBRY" not in file.data
    assert Image.open(io.BytesIO(file.data)).size == (2000, 1000)


def test_an_image_is_worked_on_once_and_found_again(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    first = attached(practice, told("2201", "2201", "2204"), PANORAMIC)
    monkeypatch.setattr("workbench.practice.stored_files.clean_image", None)
    assert attached(practice, told("2201", "2201", "2204"), PANORAMIC) == first
    monkeypatch.undo()
    for kept in {first.files[0][0], first.files[2][0]}:
        (practice.path / "attachments" / kept).unlink()
    assert attached(practice, told("2201", "2201", "2204"), PANORAMIC) == first
    assert practice.attachments.read(first.files[0][0]) is not None


def test_words_that_the_album_does_not_know_are_told_with_those_that_it_does(practice: Practice) -> None:
    result = attached(practice, told("2201"), ImageRule(kind="radio"))
    assert result.reasons == ["missing_attachment:radio"]
    [finding] = result.findings
    assert "intra-orale, moulage, panoramique, téléradiographie" in finding.message
    assert finding.recipient == ""


def test_an_image_dated_after_the_mailing_is_not_looked_at(practice: Practice) -> None:
    change(practice, media, "I-0001", taken_on=date(2026, 11, 23))
    assert attached(practice, told("2201"), PANORAMIC).reasons == ["missing_attachment:panoramique"]
    change(practice, media, "I-0001", taken_on=date(2026, 11, 22))
    assert attached(practice, told("2201"), PANORAMIC).reasons == [""]


def test_an_image_that_tells_of_no_health_is_said_so(practice: Practice) -> None:
    change(practice, media, "I-0001", health=False)
    assert attached(practice, told("2201"), PANORAMIC).health == [False]


def test_a_row_that_is_left_out_already_gets_nothing(practice: Practice) -> None:
    found = told("2201", "2204")
    found = replace(found, frame=found.frame.assign(reason=["opted_out", ""]))
    result = attached(practice, found, PANORAMIC)
    assert [len(row) for row in result.files] == [0, 1]
    assert result.reasons == ["", ""]


# --- what is missing -----------------------------------------------------------------------------------


def test_without_an_image_the_rule_decides(practice: Practice) -> None:
    result = attached(practice, told("2202"), WITHOUT)
    assert (result.files, result.reasons, result.health) == ([()], [""], [False])
    assert [(one.code, one.recipient) for one in result.findings] == [
        ("missing_attachment:panoramique", "row:r0@mail.example")
    ]


def test_a_person_is_asked_and_decides_once_for_the_mailing(practice: Practice) -> None:
    found = told("2201", "2202")
    asked = attached(practice, found, ASK)
    assert asked.reasons == ["", "attachment_asked:panoramique"]
    [question] = asked.findings
    assert question.code == "attachment_asked:images:0"
    assert "--missing images:0=without" in question.message
    assert "{'images:0': 'without'}" in question.message
    without = attached(practice, found, ASK, decided={"images:0": "without"})
    assert without.reasons == ["", ""]
    assert attached(practice, found, ASK, decided={"images:0": "skip"}).reasons[1] == "missing_attachment:panoramique"


@pytest.mark.parametrize(
    ("decided", "named"),
    [
        ({"images:1": "skip"}, "images:0"),
        ({"images:0": "maybe"}, "without, skip"),
        ({"documents:0": "skip"}, "images:0"),
    ],
)
def test_an_answer_to_no_question_is_refused(practice: Practice, decided: dict[str, str], named: str) -> None:
    with pytest.raises(BadValue, match=named):
        attached(practice, told("2201"), ASK, WITHOUT, DocumentRule(kind="quote"), decided=decided)


def test_nothing_is_said_of_a_second_file_where_the_first_leaves_the_row_out(practice: Practice) -> None:
    result = attached(practice, told("2202"), PANORAMIC, ImageRule(kind="moulage", missing=WhenMissing.WITHOUT))
    assert result.reasons == ["missing_attachment:panoramique"]
    assert result.findings == ()


# --- paths are data ------------------------------------------------------------------------------------


def test_a_file_that_is_gone_or_changed_is_missing_and_says_why(practice: Practice) -> None:
    file_of(practice).write_bytes(file_of(practice, "I-0002").read_bytes())
    changed = attached(practice, told("2201"), PANORAMIC)
    file_of(practice).unlink()
    gone = attached(practice, told("2201"), PANORAMIC)
    for result, why in ((changed, "changed"), (gone, "not there")):
        assert result.reasons == ["missing_attachment:panoramique"]
        assert [(one.code, one.recipient) for one in result.findings] == [("unusable_file", "row:r0@mail.example")]
        assert "I-0001" in result.findings[0].message
        assert why in result.findings[0].message


def test_no_path_leads_out_of_the_documents(practice: Practice, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("L", (5, 5)).save(secret)
    images = practice.path / "documents" / "images"
    (images / "link.png").symlink_to(secret)
    (practice.path / "documents" / "out").symlink_to(tmp_path)
    (images / "circle.png").symlink_to(images / "circle.png")
    (practice.path / "runs" / "near.png").write_bytes(secret.read_bytes())
    os.mkfifo(images / "pipe.png")
    paths = [
        str(secret), "../secret.png", "documents/../../secret.png", "documents\\..\\..\\secret.png", "~/secret.png",
        "documents/images/link.png", "documents/out/secret.png", "documents/images/circle.png",
        "documents/images/pipe.png", "documents/images", "runs/near.png", "", "documents/images/\x00.png", "/dev/zero",
        "/proc/self/environ", "patients.sqlite", "file:///etc/passwd", "documents/images/" + "a" * 300,
    ]  # fmt: skip
    for path in paths:
        change(practice, media, "I-0001", path=path, digest=None)
        result = attached(practice, told("2201"), PANORAMIC)
        assert result.reasons == ["missing_attachment:panoramique"], path
        assert result.findings[0].code == "unusable_file"
        assert "secret" not in result.findings[0].message


def test_the_documents_themselves_may_lie_elsewhere_and_paths_be_of_windows(practice: Practice, tmp_path: Path) -> None:
    (practice.path / "documents").rename(tmp_path / "share")
    (practice.path / "documents").symlink_to(tmp_path / "share")
    change(practice, media, "I-0001", path="documents\\images\\I-0001.png")
    assert attached(practice, told("2201"), PANORAMIC).reasons == [""]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_whatever_a_row_says_gives_a_file_or_a_reason(practice: Practice, text: str) -> None:
    change(practice, media, "I-0001", path=text, digest=text, kind="panoramique", view=text, media_type=text)
    change(practice, media, "I-0004", view=text, file_name=text, media_type=f"image/{text}")
    own, other = attached(practice, told("2201", "2204"), PANORAMIC).files
    assert own == ()
    [kept] = other
    assert set(kept.partition("/")[2]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


# --- documents -----------------------------------------------------------------------------------------


def test_a_message_about_an_invoice_takes_it_along(practice: Practice) -> None:
    unpaid = practice.search("unpaid")
    mailing = practice.mailing(unpaid, template(DocumentRule(kind="invoice"), role="payer"))
    rows = mailing.recipients
    [first, *_rest] = [place for place, reason in enumerate(rows["reason"]) if not reason]
    number = unpaid.set_index("invoice_id").loc[rows["invoice_id"].iat[first], "number"]
    [file] = mailing.preview(first).attachments
    assert file.name == f"facture-{number.lower()}.pdf"
    assert file.data.startswith(b"%PDF-")
    stored = practice.path / "documents" / "invoices" / f"{rows['invoice_id'].iat[first]}.pdf"
    assert file.data == stored.read_bytes()


def test_a_prescription_tells_of_health_and_an_invoice_of_money(practice: Practice) -> None:
    [given_to] = practice.sql("select patient_id from prescriptions where document is not null limit 1")["patient_id"]
    result = attached(practice, told(given_to), DocumentRule(kind="prescription"))
    assert result.health == [True]
    assert result.files[0][0].partition("/")[2].startswith("ordonnance-2026-")
    [owing] = practice.sql("select patient_id from invoices where document is not null limit 1")["patient_id"]
    assert attached(practice, told(owing), DocumentRule(kind="invoice", missing=WhenMissing.WITHOUT)).health == [False]


def test_what_is_no_pdf_does_not_leave_as_one(practice: Practice) -> None:
    [row] = practice.sql("select * from prescriptions where document is not null limit 1").to_dict("records")
    (practice.path / row["document"]).write_bytes(b"MZ no PDF")
    rule = DocumentRule(kind="prescription")
    found = told(row["patient_id"])
    [number] = practice.store.documents("prescription", [row["patient_id"]])["document_id"].tolist()[-1:]
    change(practice, prescriptions, number, document=row["document"])
    result = attached(practice, found, rule)
    assert result.reasons == ["missing_attachment:prescription"]
    assert "no PDF" in result.findings[0].message


def test_another_patients_invoice_goes_with_nobodys_message(practice: Practice) -> None:
    bills = practice.sql("select invoice_id, patient_id from invoices where document is not null order by 1")
    mine, other = bills.iloc[0], bills[bills["patient_id"] != bills["patient_id"].iat[0]].iloc[0]
    found = told(mine["patient_id"], mine["patient_id"], invoice_id=[mine["invoice_id"], other["invoice_id"]])
    result = attached(practice, found, DocumentRule(kind="invoice"))
    assert result.reasons == ["", "missing_attachment:invoice"]


# --- a family ------------------------------------------------------------------------------------------


def family(*patients: str) -> Recipients:
    """Return one message about several patients."""
    keys = [f"appointment:{place}" for place in range(len(patients))]
    row = told(patients[0]).frame.iloc[0].to_dict() | {"subjects": keys}
    return Recipients(
        frame=pd.DataFrame([row]), subjects=pd.DataFrame({"subject_key": keys, "patient_id": list(patients)})
    )


def test_a_familys_message_takes_an_image_of_each_under_names_of_their_own(practice: Practice) -> None:
    change(practice, media, "I-0004", taken_on=date(2026, 6, 4))
    result = attached(practice, family("2201", "2204"), PANORAMIC)
    names = [one.partition("/")[2] for one in result.files[0]]
    assert names == ["panoramique-face-2026-06-04.png", "panoramique-face-2026-06-04-2.png"]
    assert len({one.partition("/")[0] for one in result.files[0]}) == 2
    assert all(practice.attachments.read(one) for one in result.files[0])


def test_a_familys_message_waits_for_the_image_of_each(practice: Practice) -> None:
    assert attached(practice, family("2201", "2202"), PANORAMIC).reasons == ["missing_attachment:panoramique"]
    result = attached(practice, family("2201", "2202"), WITHOUT)
    assert (len(result.files[0]), result.reasons) == (1, [""])


# --- the album and the documents of one file ------------------------------------------------------------


def test_the_album_of_a_patient_is_shown_the_latest_first_and_kept_in_no_notebook(practice: Practice) -> None:
    change(practice, media, "I-0003", taken_on=date(2026, 11, 1))
    change(practice, media, "I-0001", taken_on=None)
    album = practice.patients.images("2201")
    assert album["media_id"].tolist() == ["I-0003", "I-0002", "I-0001"]
    assert album.attrs["of_people"]
    with pytest.raises(UnknownPatient):
        practice.patients.images("999999")


def test_the_documents_of_a_patient_are_those_with_a_file(practice: Practice) -> None:
    [number] = practice.sql("select patient_id from prescriptions where document is not null limit 1")["patient_id"]
    papers = practice.patients.documents(number)
    assert "prescription" in set(papers["kind"])
    assert papers["path"].notna().all()
    assert papers["dated_on"].is_monotonic_decreasing
    assert papers.attrs["of_people"]
    assert practice.patients.documents("2201").empty


# --- files by hand, and sizes --------------------------------------------------------------------------


def test_a_file_by_hand_is_copied_in_and_stays_as_it_was(practice: Practice, tmp_path: Path) -> None:
    plan = tmp_path / "plan d’accès.pdf"
    plan.write_bytes(b"%PDF-1.7 plan")
    kept = kept_files(practice, [plan, str(plan)])
    plan.write_bytes(b"%PDF-1.7 another")
    assert [one.partition("/")[2] for one in kept] == ["plan d’accès.pdf"]
    file = practice.attachments.read(kept[0])
    assert file is not None
    assert file.data == b"%PDF-1.7 plan"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.exe", b"x", "refuse files"),
        ("page.html", b"<p>", "refuse files"),
        ("lettre.docm", b"PK", "refuse files"),
        ("facture.pdf", b"MZ\x90", "refuse files"),
        ("facture.pdf", b"hello", "is none"),
        ("lourd.txt", b"x" * 11_000_000, "larger than 10 megabytes"),
    ],
)
def test_what_mail_does_not_carry_is_refused_and_named(
    practice: Practice, tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AttachmentRefused, match=name) as refused:
        kept_files(practice, [tmp_path / name])
    assert why in refused.value.sentence


def test_a_link_a_folder_a_pipe_and_nothing_are_refused(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("x")
    (tmp_path / "link.txt").symlink_to(tmp_path / "plan.txt")
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    for name in ("link.txt", "folder.txt", "pipe.txt", "absent.txt", "\x00.txt"):
        with pytest.raises(AttachmentRefused):
            kept_files(practice, [tmp_path / name])


def test_a_message_is_as_large_as_its_files_are_on_their_way(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "petit.txt").write_bytes(b"x" * 1_000)
    (tmp_path / "gros.txt").write_bytes(b"y" * 7_000_000)
    (tmp_path / "autre.txt").write_bytes(b"z" * 3_000_000)
    small, large, other = kept_files(practice, [tmp_path / name for name in ("petit.txt", "gros.txt", "autre.txt")])
    assert 9_500_000 < message_size([7_000_000]) < 9_700_000
    assert too_large(practice, (small, large)) == ""
    assert too_large(practice, (small, large, other)) == "message_too_large:gros.txt"
    assert too_large(practice, (small, large), beside=900_000) == "message_too_large:gros.txt"
    assert too_large(practice, ()) == ""


def test_a_very_large_mailing_is_told_with_its_total(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "photo.txt").write_bytes(b"y" * 3_000_000)
    [kept] = kept_files(practice, [tmp_path / "photo.txt"])
    assert mailing_size(practice, *mailing_load(practice, [(kept,)] * 100 + [()])) == ()
    [finding] = mailing_size(practice, *mailing_load(practice, [(kept,)] * 300 + [()]))
    assert finding.code == "large_mailing"
    assert "300 messages are 1232 MB" in finding.message


# --- the whole way -------------------------------------------------------------------------------------


def test_a_health_image_leaves_on_an_ordinary_address_only_by_a_deliberate_act(practice: Practice) -> None:
    table = pd.DataFrame({"id": ["1"], "email": ["a@mail.example"], "patient_id": ["2204"]})
    with_image = template(PANORAMIC)
    blocked = practice.mailing(table, with_image, account="folder")
    assert "health_data_on_plain_mail" in blocked.check()["code"].tolist()
    allowed = practice.mailing(table, replace(with_image, health=True), account="folder")
    assert allowed.check()["severity"].tolist().count("error") == 0
    [file] = allowed.preview(0).attachments
    assert (file.name, file.media_type) == ("panoramique-face-2026-06-01.png", "image/png")


def to_a_colleague(practice: Practice, **said: Any) -> Any:
    """Return the mailing of a radiograph to the colleague who treats the patient 2201."""
    report = practice.ledger.library.save_template(template(PANORAMIC, role="treating_dentist"), by="claire", now=NOW)
    found = practice.search("patients", name="AUBRY Nathan")
    return practice.mailing(found[found["patient_id"] == "2201"], report, account="folder", **said)


def test_a_radiograph_to_a_colleague_without_mssante_waits_for_a_journalled_decision(practice: Practice) -> None:
    mailing = to_a_colleague(practice)
    assert mailing.check().query("severity == 'error'")["code"].tolist() == ["health_data_on_plain_mail"]
    allowed = to_a_colleague(practice, health_reason="the colleague asked for it by telephone")
    assert allowed.check().query("severity == 'error'").empty
    [file] = allowed.preview(0).attachments
    assert allowed.send(confirmed=True)["status"].tolist() == ["sent"]
    [told] = practice.ledger.acts.acts(f"mailing:{allowed.id}").query("what == 'health_data_allowed'")["details"]
    assert "asked for it by telephone" in str(told)
    [letter] = (practice.path / "out").rglob("*.eml")
    message = message_from_bytes(letter.read_bytes(), policy=policy.default)
    [part] = message.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("panoramique-face-2026-06-04.png", file.data)


@pytest.mark.parametrize(
    ("sender", "addressee", "leaves"),
    [
        ("dr@tilleuls.mssante.fr", "dr@confrere.mssante.fr", True),
        ("dr@tilleuls.example", "dr@confrere.mssante.fr", False),
        ("dr@tilleuls.mssante.fr", "dr@confrere-mssante.fr", False),
        ("dr@tilleuls-mssante.fr", "dr@confrere.mssante.fr", False),
        ("dr@tilleuls.mssante.fr", "dr@mssante.fr.example", False),
    ],
)
def test_a_radiograph_leaves_inside_the_closed_space_of_health(
    practice: Practice, sender: str, addressee: str, leaves: bool
) -> None:
    [colleague] = practice.store.relations(["2201"], "treating_dentist")["person_key"].tolist()[:1]
    change(practice, correspondents, colleague, mss_email=addressee, email=addressee)
    practice.accounts.set("folder", kind="folder", folder="out", email=sender)
    mailing = to_a_colleague(practice)
    assert mailing.recipients["reason"].tolist() == ([""] if leaves else ["health_data_on_plain_mail"])
