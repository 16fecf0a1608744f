"""The pictures of a text are taken in from beside it, shown as parts of each message, and given back as they were."""

from __future__ import annotations

import io
import os
import re
from base64 import b64encode
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from workbench.domain.pictures import PICTURE_URL, picture_url
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.practice import Practice
from workbench.practice.picturing import pictures_by_row, put_back, refused_pictures, taken_in


def png(colour: str = "red", size: tuple[int, int] = (4, 3)) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, "PNG")
    return held.getvalue()


def test_an_image_beside_the_text_becomes_one_that_the_message_carries(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png())
    html, pictures = taken_in(practice, '<p>@CABNOM</p><img src="logo.png" alt="Le cabinet" width="90">', tmp_path)
    [kept] = pictures
    assert html == f'<p>@CABNOM</p><img src="{picture_url(kept)}" alt="Le cabinet" width="90">'
    assert kept.endswith("/logo.png")
    picture = practice.attachments.read(kept)
    assert picture is not None
    assert (picture.data, picture.media_type) == (png(), "image/png")


def test_what_was_taken_in_is_given_back_and_taken_in_alike(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "plan d'accès.png").write_bytes(png("blue"))
    html = '<img src=\'plan d&#x27;accès.png\'><img src="https://x.example/y.png"><img src="@PRSIGN">'
    taken = taken_in(practice, html, tmp_path / "in")
    out = tmp_path / "out"
    out.mkdir()
    back = put_back(practice, *taken, out)
    assert back == html
    assert (out / "plan d'accès.png").read_bytes() == png("blue")
    assert put_back(practice, *taken, out) == back
    assert taken_in(practice, back, out) == taken


def test_two_pictures_of_one_name_stay_two(practice: Practice, tmp_path: Path) -> None:
    first = practice.attachments.keep_data(png("red"), "logo.png")
    second = practice.attachments.keep_data(png("green"), "logo.png")
    html = f'<img src="{picture_url(first)}"><img src="{picture_url(second)}">'
    back = put_back(practice, html, (first, second), tmp_path)
    taken, pictures = taken_in(practice, back, tmp_path)
    assert taken == html
    assert [kept.partition("/")[0] for kept in pictures] == [first.partition("/")[0], second.partition("/")[0]]


def test_no_file_of_somebody_s_is_written_over(practice: Practice, tmp_path: Path) -> None:
    kept = practice.attachments.keep_data(png(), "logo.png")
    (tmp_path / "logo.png").write_bytes(b"mine")
    (tmp_path / f"logo-{kept[:8]}.png").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TemplateRefused, match="another file"):
        put_back(practice, f'<img src="{picture_url(kept)}">', (kept,), tmp_path)
    assert (tmp_path / "logo.png").read_bytes() == b"mine"
    assert not (tmp_path / "elsewhere").exists()


def test_an_image_in_the_text_itself_is_taken_in(practice: Practice, tmp_path: Path) -> None:
    html, [kept] = taken_in(practice, f'<img src="data:image/gif;base64,{b64encode(png()).decode()}">', tmp_path)
    assert PICTURE_URL.search(html)
    assert kept.endswith("/image.png")
    with pytest.raises(TemplateRefused, match="damaged"):
        taken_in(practice, '<img src="data:image/png;base64,AAA">', tmp_path)


def test_a_picture_taken_in_before_stays_and_one_that_is_gone_is_told(practice: Practice, tmp_path: Path) -> None:
    kept = practice.attachments.keep_data(png(), "logo.png")
    html = f'<img src="{picture_url(kept)}">'
    assert taken_in(practice, html, tmp_path) == (html, (kept,))
    with pytest.raises(TemplateRefused, match="no longer kept"):
        taken_in(practice, f'<img src="cid:{"0" * 64}@workbench">', tmp_path)
    paper = practice.attachments.keep_data(b"%PDF-1.4", "plan.pdf")
    with pytest.raises(TemplateRefused, match="no longer kept"):
        taken_in(practice, f'<img src="{picture_url(paper)}">', tmp_path)


@pytest.mark.parametrize(
    "source",
    ["../logo.png", "/etc/logo.png", "sub/logo.png", "..\\logo.png", "C:\\logo.png", "file:///logo.png", "..", ".",
     "..%2Flogo.png", "%00logo.png", "a\r\nSubject: x.png", "logo.png\x00", "link.png", "folder.png", "pipe.png",
     "absent.png", "x" * 400 + ".png"],
)  # fmt: skip
def test_only_a_file_beside_is_taken(practice: Practice, tmp_path: Path, source: str) -> None:
    (tmp_path / "logo.png").write_bytes(png())
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "link.png").symlink_to(tmp_path / "logo.png")
    (beside / "folder.png").mkdir()
    os.mkfifo(beside / "pipe.png")
    with pytest.raises(TemplateRefused) as refused:
        taken_in(practice, f'<img src="{source}">', beside)
    assert refused.value.sentence.isprintable()


@pytest.mark.parametrize("source", ["", "#x", "//cdn.example/x.png", "http://x.example/y.png", "cid:other@example"])
def test_what_is_no_file_stays_as_it_is(practice: Practice, tmp_path: Path, source: str) -> None:
    html = f'<img src="{source}">'
    assert taken_in(practice, html, tmp_path) == (html, ())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1, max_size=60))
def test_whatever_a_file_is_called_its_kept_name_is_harmless(practice: Practice, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    try:
        file.write_bytes(png())
    except OSError:  # « . », or too long for the disk
        return
    written = name.replace("&", "&amp;").replace('"', "&quot;")
    try:
        _html, pictures = taken_in(practice, f'<img src="{written}">', tmp_path)
    except TemplateRefused:
        return
    finally:
        file.unlink()
    for stem in (kept.partition("/")[2] for kept in pictures):
        assert re.fullmatch(r"[\w .()'’+,=!&-]{1,80}\.png", stem)
        assert not stem.startswith((".", " ", "-"))


_PIECES = [
    "<img", " src=", '"', "'", ">", "/", " ", "\n", "a.png", "b%20c.png", "../a.png", "broken.png", "https://x.example/y",
    "data:image/png;base64,", "AAAA", "cid:", "{{ PNOM }}", "{% if PNOM %}", "@PRSIGN", "&amp;", "\ud800", "alt=",
]  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join))
def test_whatever_a_text_is_it_is_taken_in_or_refused_with_a_sentence(
    practice: Practice, tmp_path: Path, html: str
) -> None:
    for name, data in (("a.png", png()), ("b c.png", png("blue")), ("broken.png", png()[:40])):
        (tmp_path / name).write_bytes(data)
    refused = refused_pictures(html, tmp_path)
    if refused:
        with pytest.raises(TemplateRefused) as refusal:
            taken_in(practice, html, tmp_path)
        assert refusal.value.sentence == refused[0][1]
        return
    taken, pictures = taken_in(practice, html, tmp_path)
    assert len(pictures) <= 2
    assert taken_in(practice, taken, None) == (taken, pictures)
    assert taken_in(practice, put_back(practice, taken, pictures, tmp_path), tmp_path) == (taken, pictures)


# --- a practice's own -----------------------------------------------------------------------------------


def test_each_row_shows_its_own_picture_read_once(practice: Practice) -> None:
    people = list(practice.tables.practitioners()["practitioner_id"])
    paths = practice.store.columns("practitioner", people, ["signature_path"])["signature_path"].tolist()
    shown = pictures_by_row(practice, [paths[0], None, paths[1], paths[0]])
    assert shown[0] == shown[3]
    assert shown[1] is None
    assert shown[2] not in (None, shown[0])
    assert all(PICTURE_URL.fullmatch(one) for one in shown if one)


def test_a_picture_that_was_changed_is_shown_as_it_is_now(practice: Practice) -> None:
    file = practice.path / "documents" / "logo.png"
    file.write_bytes(png("red"))
    [red] = pictures_by_row(practice, ["documents/logo.png"])
    file.write_bytes(png("green", (9, 9)))
    [green] = pictures_by_row(practice, ["documents\\logo.png"])
    assert None not in (red, green)
    assert red != green


@pytest.mark.parametrize(
    "path", ["", "absent.png", "../outside.png", "/etc/hostname", "workbench.toml", "documents", "\0"]
)
def test_a_picture_that_is_none_shows_nothing(practice: Practice, path: str) -> None:
    (practice.path.parent / "outside.png").write_bytes(png())
    (practice.path / "inside.png").write_bytes(png())
    (practice.path / "documents" / "link.png").symlink_to(practice.path.parent / "outside.png")
    (practice.path / "documents" / "circle.png").symlink_to("circle.png")
    others = ["documents/link.png", "documents/circle.png", "inside.png", "documents/../inside.png"]
    assert pictures_by_row(practice, [path, *others]) == [None] * 5


def from_two_practitioners(practice: Practice) -> pd.DataFrame:
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    by_practitioner = rows[rows["email"].notna() & (rows["email"] != "")].drop_duplicates("practitioner_id")
    assert len(by_practitioner) >= 2
    return by_practitioner.head(2)


SIGNED = Template(
    label="Signé",
    subject="Votre rendez-vous",
    html='<p>@DAPPEL</p><img src="@CABLOGO" alt="@CABNOM"><p>@PRSIGNOM</p><img src="@PRSIGN" alt="" width="180">',
)


def test_each_row_s_message_is_signed_by_its_own_practitioner(practice: Practice) -> None:
    rows = from_two_practitioners(practice)
    saved = practice.ledger.library.save_template(SIGNED, by="claire", now=practice.now())
    mailing = practice.mailing(rows, saved)
    assert not mailing.check()["code"].str.contains("PRSIGN|CABLOGO").any()
    fields = mailing.fields()
    assert fields["PRSIGN"].nunique() == 2
    assert fields["CABLOGO"].nunique() == 1
    for place, (_key, row) in enumerate(fields.iterrows()):
        message = mailing.preview(place)
        letter = message_from_bytes(message.as_bytes(), policy=policy.default)
        carried = {part["Content-ID"].strip(" <>"): part.get_content() for part in letter.walk() if part["Content-ID"]}
        shown = [found[1] for found in PICTURE_URL.finditer(message.html)]
        assert [f"cid:{one}" for one in shown] == [row["CABLOGO"], row["PRSIGN"]]
        assert set(carried) == set(shown)
        assert all(sha256(data).hexdigest() == name.partition("@")[0] for name, data in carried.items())
    signatures = {
        sha256((practice.path / path).read_bytes()).hexdigest()
        for path in practice.store.columns("practitioner", list(rows["practitioner_id"]), ["signature_path"])[
            "signature_path"
        ]
    }
    assert {PICTURE_URL.fullmatch(url)[1].partition("@")[0] for url in fields["PRSIGN"]} == signatures  # type: ignore[index]


def test_a_message_without_its_signature_says_so_and_shows_no_broken_image(practice: Practice) -> None:
    rows = from_two_practitioners(practice)
    gone = practice.store.columns("practitioner", [rows["practitioner_id"].iloc[0]], ["signature_path"])
    (practice.path / gone["signature_path"].iloc[0]).unlink()
    saved = practice.ledger.library.save_template(SIGNED, by="claire", now=practice.now())
    mailing = practice.mailing(rows, saved)
    assert "missing_value:@PRSIGN" in list(mailing.check()["code"])
    counted = [mailing.preview(place).html.count("<img") for place in (0, 1)]
    assert sorted(counted) == [1, 2]


def test_the_letter_is_the_same_when_the_same_image_is_kept_under_another_name_too(practice: Practice) -> None:
    rows = from_two_practitioners(practice)
    saved = practice.ledger.library.save_template(SIGNED, by="claire", now=practice.now())
    mailing = practice.mailing(rows, saved)
    before = mailing.preview(0).as_bytes()
    kept = next(one for one in (practice.path / "attachments").glob("*/*.png") if "LOGO" in one.name)
    practice.attachments.keep_data(kept.read_bytes(), "Aaa.jpeg.png")
    after = practice.mailing(rows, saved).preview(0).as_bytes()
    assert [line for line in before.split(b"\r\n") if b"image-" in line] == [
        line for line in after.split(b"\r\n") if b"image-" in line
    ]


def test_images_travel_in_one_order_whatever_the_process(practice: Practice) -> None:
    html = "".join(f'<img src="@{code}" alt="">' for code in ("PRSIGN", "CABPLAN", "CABLOGO"))
    template = Template(label="Trois", subject="Essai", html=html)
    saved = practice.ledger.library.save_template(template, by="claire", now=practice.now())
    mailing = practice.mailing(from_two_practitioners(practice), saved)
    row = mailing.fields().iloc[0]
    carried = [picture_url(picture.digest) for picture in mailing.preview(0).pictures]
    assert carried == [row["CABLOGO"], row["CABPLAN"], row["PRSIGN"]]
