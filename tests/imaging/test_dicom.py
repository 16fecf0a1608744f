"""Of a DICOM file the picture leaves, and nothing of what the file says of the patient."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
    generate_uid,
)

from workbench.errors import ImageRefused
from workbench.imaging.cleaning import clean_image
from workbench.imaging.dicom import is_dicom

SECRET = "DUPONT^Claire"


def radiograph(pixels: np.ndarray[Any, Any] | None = None, **said: Any) -> FileDataset:
    """Return a radiograph of twelve bits, dark on the left, that says of whom it is."""
    if pixels is None:
        pixels = np.tile(np.linspace(0, 4095, 64).astype("uint16"), (32, 1))
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    file.PatientName, file.PatientID, file.PatientBirthDate = SECRET, "2201", "19800101"
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.Rows, file.Columns = pixels.shape[:2]
    file.SamplesPerPixel = pixels.shape[2] if pixels.ndim == 3 else 1
    file.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        file.PlanarConfiguration = 0
    file.BitsAllocated = file.BitsStored = 8 * pixels.dtype.itemsize
    file.HighBit = file.BitsStored - 1
    file.PixelRepresentation = 0
    file.PixelData = pixels.tobytes()
    for name, value in said.items():
        setattr(file, name, value)
    return file


def written(file: FileDataset) -> bytes:
    held = io.BytesIO()
    file.save_as(held, enforce_file_format=True)
    return held.getvalue()


def seen(data: bytes) -> Image.Image:
    clean = clean_image(data)
    assert SECRET.encode() not in clean.data
    assert clean.ending == "png"
    image = Image.open(io.BytesIO(clean.data))
    assert not image.info
    return image


def test_a_radiograph_leaves_without_a_word_of_the_patient() -> None:
    data = written(radiograph())
    assert is_dicom(data)
    assert SECRET.encode() in data
    image = seen(data)
    assert (image.mode, image.size, image.getextrema()) == ("L", (64, 32), (0, 255))
    assert image.getpixel((0, 0)) == 0


def test_what_the_file_calls_white_is_black_where_it_says_so() -> None:
    assert seen(written(radiograph(PhotometricInterpretation="MONOCHROME1"))).getpixel((0, 0)) == 255


def test_the_window_that_the_radiologist_chose_is_followed() -> None:
    image = seen(written(radiograph(WindowCenter=1000, WindowWidth=200)))
    assert image.getpixel((20, 0)) == 255
    assert image.getpixel((10, 0)) == 0


def test_a_photograph_in_colours_stays_one() -> None:
    red = np.zeros((8, 8, 3), dtype="uint8")
    red[..., 0] = 200
    assert seen(written(radiograph(red))).getpixel((3, 3)) == (200, 0, 0)


def test_packed_pixels_are_unpacked_where_it_can_be_done() -> None:
    file = radiograph()
    file.compress(RLELossless, generate_instance_uid=False)
    assert seen(written(file)).getextrema() == (0, 255)


@pytest.mark.parametrize(("syntax", "kind"), [(JPEGBaseline8Bit, "JPEG"), (JPEG2000Lossless, "JPEG2000")])
def test_pixels_packed_as_a_jpeg_are_unpacked(syntax: str, kind: str) -> None:
    pixels = np.tile(np.linspace(0, 255, 64).astype("uint8"), (32, 1))
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, kind)
    file = radiograph(pixels)
    file.file_meta.TransferSyntaxUID = syntax
    file.PixelData = encapsulate([held.getvalue()])
    file["PixelData"].is_undefined_length = True
    image = seen(written(file))
    assert (image.mode, image.size) == ("L", (64, 32))
    assert image.getpixel((2, 9)) < 30 < 220 < image.getpixel((61, 9))  # type: ignore[operator]


def test_what_cannot_be_shown_gives_a_sentence() -> None:
    volume = radiograph(NumberOfFrames=3, PixelData=b"\0" * (64 * 32 * 2 * 3))
    with pytest.raises(ImageRefused, match="several"):
        clean_image(written(volume))
    with pytest.raises(ImageRefused, match="million"):
        clean_image(written(radiograph(Rows=60_000, Columns=60_000)))
    for syntax in (JPEGBaseline8Bit, JPEGLosslessSV1):
        packed = radiograph()
        packed.file_meta.TransferSyntaxUID = syntax
        packed.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x04\x00\x00\x00oops"
        packed["PixelData"].is_undefined_length = True
        with pytest.raises(ImageRefused):
            clean_image(written(packed))
    deflated = radiograph()
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    with pytest.raises(ImageRefused, match="cannot be read"):
        clean_image(written(deflated))
    empty = radiograph()
    del empty.PixelData
    with pytest.raises(ImageRefused):
        clean_image(written(empty))


@given(st.lists(st.tuples(st.integers(128, 900), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_file_is_an_image_or_a_sentence(damage: list[tuple[int, int]]) -> None:
    data = bytearray(written(radiograph()))
    for place, value in damage:
        data[place] = value
    try:
        clean = clean_image(bytes(data))
    except ImageRefused:
        return
    assert SECRET.encode() not in clean.data
