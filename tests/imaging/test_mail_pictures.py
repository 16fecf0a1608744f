"""A picture in a text is small, upright, holds nothing but itself, and is what it was once it is in order."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from workbench.errors import ImageRefused
from workbench.imaging.mail_pictures import LARGEST_PICTURE, LONGEST_SIDE, mail_picture


def drawn(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **how: Any) -> bytes:
    image = Image.new(mode, size)
    image.paste(1 if mode in ("1", "P") else (90,) * len(image.getbands()), (0, 0, size[0] // 2, size[1]))
    held = io.BytesIO()
    image.save(held, kind, **how)
    return held.getvalue()


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    return Image.effect_noise(size, 90).convert(mode)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (drawn("PNG"), "png"),
        (drawn("PNG", mode="RGBA"), "png"),
        (drawn("PNG", mode="P"), "png"),
        (drawn("JPEG"), "jpg"),
        (drawn("JPEG", progressive=True), "jpg"),
        (drawn("JPEG", mode="L"), "jpg"),
    ],
)
def test_a_picture_in_order_stays_byte_for_byte(data: bytes, ending: str) -> None:
    picture = mail_picture(data)
    assert (picture.data, picture.ending) == (data, ending)


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (drawn("GIF", mode="P"), "png"),
        (drawn("WEBP"), "jpg"),
        (drawn("WEBP", mode="RGBA"), "png"),
        (drawn("JPEG", mode="CMYK"), "jpg"),
        (drawn("PNG", mode="I;16"), "png"),
        (drawn("BMP"), "png"),
    ],
)
def test_what_mail_programs_do_not_all_show_becomes_png_or_jpeg(data: bytes, ending: str) -> None:
    picture = mail_picture(data)
    image = opened(picture.data)
    assert (image.format, picture.ending) == ({"png": "PNG", "jpg": "JPEG"}[ending], ending)
    assert (image.size, image.mode in ("L", "P", "RGB", "RGBA")) == ((40, 30), True)
    assert mail_picture(picture.data) == picture


def test_a_camera_s_picture_is_turned_and_tells_nothing_of_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "Zoé Martin, Rennes"
    picture = mail_picture(drawn("JPEG", (40, 30), exif=exif, comment=b"Zoe Martin"))
    assert opened(picture.data).size == (30, 40)
    assert b"Martin" not in picture.data


def test_what_stands_beside_the_pixels_is_left_out_and_the_pixels_stay() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Zoé Martin")
    words.add_itxt("XML:com.adobe.xmp", "<x>Zoé</x>")
    said = drawn("PNG", pnginfo=words)
    assert mail_picture(said + b"<script>alert(1)</script>").data == drawn("PNG")
    camera = drawn("JPEG", comment=b"Zoe", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")
    assert mail_picture(camera + b"<script>").data == drawn("JPEG")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_large_picture_is_made_smaller(mode: str) -> None:
    held = io.BytesIO()
    noise((3000, 2000), mode).save(held, "PNG")
    picture = mail_picture(held.getvalue())
    image = opened(picture.data)
    assert len(picture.data) <= LARGEST_PICTURE
    assert max(image.size) <= LONGEST_SIDE
    assert image.width / image.height == pytest.approx(1.5, rel=0.02)
    assert (picture.ending == "png") == (mode == "RGBA")
    assert mail_picture(picture.data) == picture


def _claiming(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says it has these pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, body in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")):
        parts.append(struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)))
    return b"".join(parts)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF89a", b"%PDF-1.4", b"MZ\x90", b"<html><script>", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP",
        drawn("PNG")[:-30], drawn("JPEG")[:400], drawn("WEBP")[:60],
        _claiming(100_000, 100_000), _claiming(9000, 9000), _claiming(0, 0), _claiming(2**31 - 1, 1),
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    ],
)  # fmt: skip
def test_what_is_no_whole_picture_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(ImageRefused) as refused:
        mail_picture(data)
    assert refused.value.sentence


def test_a_drawing_is_told_as_one() -> None:
    with pytest.raises(ImageRefused, match="SVG"):
        mail_picture(b"\xef\xbb\xbf<!-- logo --><SVG/>")


_SOURCES = [drawn("PNG"), drawn("JPEG"), drawn("GIF", mode="P"), drawn("WEBP")]


@settings(max_examples=150)
@given(st.sampled_from(_SOURCES), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=5))
def test_a_picture_with_wrong_bytes_is_shown_or_refused(source: bytes, changes: list[tuple[int, int]]) -> None:
    data = bytearray(source)
    for place, value in changes:
        data[place % len(data)] = value
    try:
        picture = mail_picture(bytes(data))
    except ImageRefused:
        return
    assert mail_picture(picture.data) == picture
