"""Make an image fit to leave the practice: nothing in it but its pixels, upright, no larger than need be (F101).

What a camera or a software of radiography wrote beside the pixels (where, when, with what, the patient's name) stays at
home. The same bytes in give the same bytes out.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import ImageRefused
from workbench.imaging.dicom import is_dicom, picture_of_dicom
from workbench.imaging.limits import MOST_PIXELS, refuse_size, room_for
from workbench.imaging.quiet import quietly
from workbench.language import _

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = 1
"""Another one makes other bytes of the same image."""

LONGEST_SIDE, QUALITY = 2000, 90
"""How many pixels an image keeps along its longer side, and how good a JPEG is, where nobody says otherwise."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
_LOSSLESS = frozenset({"PNG", "GIF", "TIFF", "BMP", "DICOM"})
_HEAVY = 2_000_000
"""A picture without transparency that would be a larger PNG than this is a JPEG."""

_PLAIN_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
_DEEP_MODES = ("I", "F")
_MOST_PROFILE = 1_000_000


@dataclass(frozen=True, slots=True)
class CleanImage:
    """An image that may leave: its bytes, and the ending of its name (``jpg`` or ``png``)."""

    data: bytes = field(repr=False)
    ending: str


def clean_image(
    data: bytes, *, longest_side: int = LONGEST_SIDE, quality: int = QUALITY, heavy: int = _HEAVY
) -> CleanImage:
    """Return an image without anything beside its pixels, upright, scaled down to `longest_side`.

    Parameters
    ----------
    data
        A whole file: JPEG, PNG, WebP, GIF, TIFF, BMP or DICOM; of several pages or frames the first one alone, and no
        DICOM of several.
    longest_side
        How many pixels the longer side may have; a smaller image keeps its size.
    quality
        That of a JPEG, 1 to 95. A JPEG or WebP becomes a JPEG; another image a PNG, unless that is too heavy.
    heavy
        Of how many bytes a PNG is: without transparency it becomes a JPEG.

    Raises
    ------
    ImageRefused
        When it cannot be read whole, is of another kind, or would take too much memory.
    """
    try:
        image, kind = _begun(data, longest_side)
        with room_for(image.width * image.height):
            image.load()
            picture = _scaled(_in_plain_colours(_upright(image)), longest_side)
            return _written(picture, kind, quality, heavy)
    except ImageRefused:
        raise
    except Exception as error:  # a broken or hostile file makes its reader fail in any way there is
        raise ImageRefused(
            _("This image cannot be read: it is damaged, cut off, or not what its name says.")
        ) from error


def opened(data: bytes, longest_side: int) -> tuple[Image, str]:
    """Return an image, read whole, and its kind; a JPEG may be read at a part of its size, above `longest_side`.

    Raises
    ------
    ImageRefused
        When it is of another kind or has too many pixels; a damaged file raises what its reader does.
    """
    image, kind = _begun(data, longest_side)
    image.load()
    return image, kind


def _begun(data: bytes, longest_side: int) -> tuple[Image, str]:
    """Return an image of which nothing is read but how large it is and what stands beside its pixels."""
    from PIL import Image, UnidentifiedImageError

    if is_dicom(data):
        return picture_of_dicom(data), "DICOM"
    try:
        with quietly(Image.DecompressionBombWarning):
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
            _read_what_is_beside(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refuse_size() from error
    except UnidentifiedImageError as error:
        raise ImageRefused(
            _("This is no image that can be sent: it is to be a JPEG, PNG, WebP, GIF, TIFF, BMP or DICOM file.")
        ) from error
    kind = str(image.format)
    if kind == "MPO":
        kind = "JPEG"
    if kind == "JPEG":
        # A large photograph is read at a half, a quarter or an eighth of its size, as near above ours as it can be.
        image.draft(None, (longest_side, longest_side))
    if image.width * image.height > MOST_PIXELS:
        raise refuse_size()
    return image, kind


def _read_what_is_beside(image: Image) -> None:
    """Read what stands beside the pixels now, while warnings of it are kept; how the image was held is there."""
    with suppress(Exception):  # it is broken, and thrown away anyway
        image.getexif()


def _upright(image: Image) -> Image:
    """Return the image as it is to be seen: how the camera was held stands beside the pixels, and is lost with that."""
    from PIL import ImageOps

    with suppress(Exception):  # what stands beside the pixels is broken: they are shown as they stand
        ImageOps.exif_transpose(image, in_place=True)
    return image


def _in_plain_colours(image: Image) -> Image:
    """Return the image in grey or in the colours that every screen shows (sRGB), eight bits each."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith(_DEEP_MODES):
        return _eight_bits(image)
    transparent = image.info.get("transparency") is not None
    if image.mode in ("RGB", "CMYK") and isinstance(profile, bytes) and len(profile) <= _MOST_PROFILE:
        image = _as_srgb(image, profile)
    if image.mode not in _PLAIN_MODES:
        image = image.convert("RGBA" if image.mode in ("PA", "La", "RGBa") else "RGB")
    if transparent and image.mode in ("1", "L", "RGB"):
        image = image.convert("LA" if image.mode in ("1", "L") else "RGBA")
    return image


def _as_srgb(image: Image, profile: bytes) -> Image:
    from PIL import ImageCms

    try:
        changed = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except Exception:  # a profile that nobody can follow: the colours stay a little off
        return image
    return image if changed is None else changed


def _eight_bits(image: Image) -> Image:
    """Return an X-ray of many shades of grey in 256 of them, from its darkest to its lightest."""
    import numpy as np
    from PIL import Image

    shades = np.asarray(image, dtype="float32")
    shades = np.nan_to_num(shades, posinf=0.0, neginf=0.0)
    low, high = float(shades.min()), float(shades.max())
    span = (high - low) or 1.0
    return Image.fromarray(((shades - low) * (255.0 / span)).round().astype("uint8"), mode="L")


def _scaled(image: Image, longest_side: int) -> Image:
    from PIL import Image

    longer = max(image.size)
    if longer <= longest_side:
        return image
    if image.mode in ("1", "P"):
        # Shades between the colours of a palette are in none.
        image = image.convert("RGBA" if "transparency" in image.info else "RGB") if image.mode == "P" else image
        image = image.convert("L") if image.mode == "1" else image
    size = (
        max(1, round(image.width * longest_side / longer)),
        max(1, round(image.height * longest_side / longer)),
    )
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _written(image: Image, kind: str, quality: int, heavy: int) -> CleanImage:
    transparency = image.info.get("transparency") if image.mode == "P" else None
    # Nothing is written but what stands here: comments, profiles and densities are read from `info` otherwise.
    image.info = {} if transparency is None else {"transparency": transparency}
    see_through = image.mode in ("LA", "RGBA") or transparency is not None
    if kind in _LOSSLESS or see_through:
        held = io.BytesIO()
        image.save(held, "PNG", optimize=False, compress_level=6)
        if see_through or held.tell() <= heavy:
            return CleanImage(held.getvalue(), "png")
    held = io.BytesIO()
    flat = image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")
    flat.info = {}
    flat.save(held, "JPEG", quality=quality, optimize=True)
    return CleanImage(held.getvalue(), "jpg")
