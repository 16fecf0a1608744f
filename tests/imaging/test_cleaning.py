"""An image leaves as its pixels alone, upright and no larger than need be; whatever is no image gives a sentence."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

from workbench.errors import ImageRefused
from workbench.imaging.cleaning import clean_image
from workbench.imaging.limits import MOST_PIXELS

SECRET = b"DUPONT Claire"
_ORIENTATION = 0x0112


def drawn(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Return a picture that is dark on the left and light on the right."""
    shades = np.tile(np.linspace(0, 255, width).astype("uint8"), (height, 1))
    return Image.fromarray(shades).convert(mode)


def written(image: Image.Image, kind: str, **said: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **said)
    return held.getvalue()


def read(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def talkative(kind: str) -> bytes:
    """Return a file of a kind that says in every way it has whom it shows."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = SECRET.decode()
    said: dict[str, Any] = {"exif": exif}
    if kind == "JPEG":
        said |= {"comment": SECRET, "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>", "dpi": (311, 311)}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Patient", SECRET.decode())
        text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        said |= {"pnginfo": text, "dpi": (311, 311)}
    if kind == "WEBP":
        said |= {"xmp": SECRET}
    if kind == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[270] = tags[315] = SECRET.decode()
        tags[33723] = SECRET  # IPTC
        said = {"tiffinfo": tags}
    if kind == "BMP":
        return written(drawn(), kind) + SECRET
    return written(drawn(), kind, **said) + SECRET


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_nothing_but_the_pixels_leaves(kind: str) -> None:
    before = talkative(kind)
    assert SECRET in before
    clean = clean_image(before)
    assert SECRET not in clean.data
    after = read(clean.data)
    assert after.size == (60, 40)
    assert not after.getexif()
    assert set(after.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert (after.format, clean.ending) == (("JPEG", "jpg") if kind in ("JPEG", "WEBP") else ("PNG", "png"))


def test_the_same_bytes_in_are_the_same_bytes_out() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "BMP"):
        assert clean_image(talkative(kind)).data == clean_image(talkative(kind)).data


@pytest.mark.parametrize(
    ("orientation", "size", "dark"),
    [
        (1, (60, 40), "left"),
        (3, (60, 40), "right"),
        (6, (40, 60), "top"),
        (8, (40, 60), "bottom"),
        (77, (60, 40), "left"),
    ],
)
def test_a_picture_is_turned_as_it_was_held(orientation: int, size: tuple[int, int], dark: str) -> None:
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    after = read(clean_image(written(drawn(), "JPEG", exif=exif)).data).convert("L")
    assert after.size == size
    width, height = size
    edges = {
        "left": after.getpixel((1, height // 2)),
        "right": after.getpixel((width - 2, height // 2)),
        "top": after.getpixel((width // 2, 1)),
        "bottom": after.getpixel((width // 2, height - 2)),
    }
    assert min(edges, key=lambda edge: edges[edge]) == dark  # type: ignore[arg-type,return-value]


def test_a_large_picture_is_made_smaller_and_a_small_one_stays() -> None:
    assert read(clean_image(written(drawn(300, 90), "PNG"), longest_side=100).data).size == (100, 30)
    assert read(clean_image(written(drawn(300, 2), "PNG"), longest_side=100).data).size == (100, 1)
    assert read(clean_image(written(drawn(300, 90), "JPEG"), longest_side=301).data).size == (300, 90)
    for mode in ("1", "P", "L", "LA", "RGBA", "CMYK", "I;16"):
        kind = "TIFF" if mode == "CMYK" else "PNG"
        image = Image.new(mode, (300, 90)) if mode == "I;16" else drawn(300, 90, mode)
        assert max(read(clean_image(written(image, kind), longest_side=100).data).size) == 100


def test_an_x_ray_of_many_shades_is_seen_in_its_own_range() -> None:
    shades = np.tile(np.linspace(100, 4095, 64).astype("uint16"), (16, 1))  # twelve bits of sixteen
    after = read(clean_image(written(Image.fromarray(shades), "PNG")).data)
    assert (after.mode, after.getextrema()) == ("L", (0, 255))
    flat = np.full((16, 64), 700, dtype="uint16")
    assert read(clean_image(written(Image.fromarray(flat), "TIFF")).data).getextrema() == (0, 0)
    real = np.full((4, 4), np.nan, dtype="float32")
    assert read(clean_image(written(Image.fromarray(real), "TIFF")).data).mode == "L"


def test_transparency_stays_and_a_profile_is_followed_then_thrown_away() -> None:
    clear = Image.new("RGBA", (20, 20), (200, 20, 20, 0))
    assert read(clean_image(written(clear, "PNG")).data).getpixel((3, 3)) == (200, 20, 20, 0)
    palette = clear.convert("RGB").quantize(4)
    seen = clean_image(written(palette, "PNG", transparency=0))
    assert read(seen.data).convert("RGBA").getpixel((3, 3))[3] == 0  # type: ignore[index]
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    for profile in (linear, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"no profile"):
        after = read(clean_image(written(drawn(), "PNG", icc_profile=profile)).data)
        assert "icc_profile" not in after.info


def test_a_heavy_picture_becomes_a_jpeg() -> None:
    noise = Image.fromarray(np.random.default_rng(7).integers(0, 256, (900, 900, 3), dtype="uint8"))
    clean = clean_image(written(noise, "PNG"))
    assert clean.ending == "jpg"
    assert clean.data.startswith(b"\xff\xd8")


def png_of(width: int, height: int) -> bytes:
    """Return the head of a PNG that says how large it is, and holds nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000, 2**31 - 1])
def test_a_bomb_is_refused_before_it_is_unpacked(side: int) -> None:
    with pytest.raises(ImageRefused):
        clean_image(png_of(side, side))
    assert side * side > MOST_PIXELS


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.95])
def test_a_file_that_was_cut_off_is_refused(kind: str, part: float) -> None:
    noise = Image.fromarray(np.random.default_rng(7).integers(0, 256, (90, 90, 3), dtype="uint8"))
    data = written(noise, kind)
    with pytest.raises(ImageRefused):
        clean_image(data[: int(len(data) * part)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.4",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\x00\x00\x01\x00\x01",
    ],
)
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(ImageRefused):
        clean_image(data)


@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "BMP"]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
)
def test_a_damaged_file_is_an_image_or_a_sentence(kind: str, damage: list[tuple[int, int]]) -> None:
    data = bytearray(talkative(kind))
    for place, value in damage:
        data[place % len(data)] = value
    try:
        clean = clean_image(bytes(data))
    except ImageRefused:
        return
    assert SECRET not in clean.data
    assert max(read(clean.data).size) <= 2000
