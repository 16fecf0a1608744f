"""The sample's images: small, each of one patient only, the same on every day."""

from __future__ import annotations

import hashlib
import io
from datetime import date, timedelta

from PIL import Image

from workbench.patients.sample.album import IMAGES, media_dates, media_rows, sample_images
from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.files import sample_files
from workbench.patients.sample.images import KINDS, STAGES

TODAY = date(2026, 11, 22)


def test_two_hundred_images_of_every_kind_view_and_stage() -> None:
    rows = [row for row in media_rows(SampleDays(TODAY)) if row["patient_id"]]
    assert len(rows) == IMAGES
    assert {(row["kind"], row["view"]) for row in rows} == {(kind, view) for kind in KINDS for view in KINDS[kind]}
    assert {row["stage"] for row in rows} == set(STAGES)
    assert all(row["health"] for row in rows)


def test_every_practitioner_has_a_signature_that_shows_through() -> None:
    signatures = [image for image in sample_images(SampleDays(TODAY)) if image.practitioner_id]
    assert {image.practitioner_id for image in signatures} == {"MM", "CC", "SL", "YK", "TJ", "AB"}
    for image in signatures:
        with Image.open(io.BytesIO(image.draw())) as drawn:
            least, most = drawn.getchannel("A").getextrema()
        assert (least, most) == (0, 255)


def test_the_practice_has_a_logo_and_a_map_of_its_own() -> None:
    rows = [row for row in media_rows(SampleDays(TODAY)) if not row["patient_id"] and not row["practitioner_id"]]
    assert [(row["kind"], row["health"]) for row in rows] == [("logo", False), ("plan d’accès", False)]


def test_an_image_is_small_and_shows_one_patient_only() -> None:
    drawn = {image.media_id: image.draw() for image in sample_images(SampleDays(TODAY))}
    assert max(len(content) for content in drawn.values()) < 8 * 1024
    assert len(set(drawn.values())) == len(drawn)


def test_the_digest_is_that_of_the_file() -> None:
    files = dict(sample_files(TODAY))
    for row in media_rows(SampleDays(TODAY)):
        assert hashlib.sha256(files[row["path"]]).hexdigest() == row["digest"]


def test_a_new_day_moves_when_an_image_was_taken_and_nothing_else() -> None:
    before, after = media_rows(SampleDays(TODAY)), media_rows(SampleDays(TODAY + timedelta(days=100)))
    assert [{**row, "taken_on": None} for row in before] == [{**row, "taken_on": None} for row in after]
    assert {(a["taken_on"] - b["taken_on"]).days for a, b in zip(after, before, strict=True) if a["taken_on"]} == {100}
    assert media_dates(SampleDays(TODAY)) == [
        {"media_id": row["media_id"], "taken_on": row["taken_on"]} for row in before
    ]


def test_an_image_that_stands_there_is_not_drawn_again() -> None:
    images = {image.path for image in sample_images(SampleDays(TODAY))}
    assert images <= {path for path, _content in sample_files(TODAY)}
    assert not images & {path for path, _content in sample_files(TODAY, standing=images)}
