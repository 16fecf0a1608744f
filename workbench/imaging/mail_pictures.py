"""Make of an image file the picture that a text shows in every mail program: a small PNG or JPEG and nothing else."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.errors import ImageRefused
from workbench.imaging.cleaning import CleanImage, clean_image, opened
from workbench.imaging.limits import MOST_PIXELS
from workbench.language import _

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE, QUALITY = 1600, 85
"""Twice as wide as a mail program shows, for fine screens."""

LARGEST_PICTURE = 300_000
"""Bytes of a picture in a text; what is more is made smaller."""

_PNG = b"\x89PNG\r\n\x1a\n"
_DRAWN = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"sBIT", b"bKGD", b"pHYs", b"IDAT", b"IEND"})
_ORIENTATION = 0x0112
_METADATA = frozenset({*range(0xE1, 0xF0), 0xFE}) - {0xEE}  # 0xE0 and 0xEE say how the colours are coded
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


def mail_picture(data: bytes) -> CleanImage:
    """Return the picture that a file holds (PNG, JPEG, GIF, WebP …), as mail programs show it.

    Upright, at most `LONGEST_SIDE` pixels and `LARGEST_PICTURE` bytes, without metadata and without anything behind
    the image. One that is like that stays as it is, so that a picture made here gives itself again.

    Raises
    ------
    ImageRefused
        When it cannot be read whole, is of another kind, or has too many pixels.
    """
    if b"<svg" in data[:4096].lower():
        raise ImageRefused(_("This is an SVG drawing, which mail programs do not show: save it as PNG."))
    side = LONGEST_SIDE
    clean = clean_image(data, longest_side=side, quality=QUALITY, heavy=LARGEST_PICTURE)
    if standing := _as_it_stands(data):
        return standing
    while len(clean.data) > LARGEST_PICTURE:
        side = side * 3 // 4
        clean = clean_image(data, longest_side=side, quality=QUALITY, heavy=LARGEST_PICTURE)
    return clean


def _as_it_stands(data: bytes) -> CleanImage | None:
    """Return a picture in order already, what is beside its pixels left out; nothing for another."""
    if len(data) > 2 * LARGEST_PICTURE:
        return None
    try:
        image, kind = opened(data, MOST_PIXELS)
        if kind not in ("PNG", "JPEG") or not _usual(image):
            return None
        bare = _bare(data, kind)
    except Exception:  # odd in some way: it is drawn anew
        return None
    return CleanImage(bare, "png" if kind == "PNG" else "jpg") if len(bare) <= LARGEST_PICTURE else None


def _usual(image: Image) -> bool:
    """Tell whether an image is upright, not too large, and in colours that every screen shows."""
    plain = image.mode in ("1", "L", "LA", "P", "RGB", "RGBA") and not image.info.get("icc_profile")
    return plain and max(image.size) <= LONGEST_SIDE and image.getexif().get(_ORIENTATION, 1) == 1


# --- the same image without what is beside it ---------------------------------------------------------


def _bare(data: bytes, kind: str) -> bytes:
    """Return the bytes of a PNG or JPEG that draw it, those of its metadata and what stands behind it left out."""
    return b"".join(_png_parts(data) if kind == "PNG" else _jpeg_parts(data))


def _png_parts(data: bytes) -> Iterator[bytes]:
    place = len(_PNG)
    yield data[:place]
    while True:
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise ValueError("cut off")
        if name in _DRAWN:
            yield data[place:end]
        if name == b"IEND":
            return
        place = end


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    place = 2
    while True:
        if data[place] != 0xFF:
            raise ValueError("not a marker")
        marker = data[place + 1]
        if marker == 0xFF:  # a filling
            place += 1
            continue
        if marker == 0xD9:
            yield b"\xff\xd9"
            return
        end = place + 2 if marker in _ALONE else place + 2 + struct.unpack_from(">H", data, place + 2)[0]
        if marker == 0xDA:
            end = _end_of_scan(data, end)
        if marker not in _METADATA:
            yield data[place:end]
        place = end


def _end_of_scan(data: bytes, place: int) -> int:
    while True:
        place = data.index(b"\xff", place)
        if data[place + 1] not in (0x00, *range(0xD0, 0xD8)):
            return place
        place += 2
