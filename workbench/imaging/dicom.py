"""Take the picture out of a DICOM file: its pixels alone, none of what the file says of the patient (F101)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from workbench.errors import ImageRefused
from workbench.imaging.limits import MOST_PIXELS, refuse_size
from workbench.imaging.quiet import quietly
from workbench.language import _

if TYPE_CHECKING:
    import numpy as np
    import pydicom
    from PIL.Image import Image

_PREAMBLE = 128
_DEFLATED = b"1.2.840.10008.1.2.1.99"
"""The name of the way of writing in which the whole file is packed."""


def is_dicom(data: bytes) -> bool:
    """Tell whether these are the bytes of a DICOM file."""
    return data[_PREAMBLE : _PREAMBLE + 4] == b"DICM"


def picture_of_dicom(data: bytes) -> Image:
    """Return the one picture of a DICOM file as it is meant to be seen, in 256 shades of grey or in colours.

    Raises
    ------
    ImageRefused
        When it holds several (a volume, a film) or none, too many pixels, or pixels packed in a way that we cannot
        read.
    """
    import pydicom
    from PIL import Image

    if _DEFLATED in data:  # unpacked whole before anybody can say how much it is
        raise _unreadable()
    with quietly(Image.DecompressionBombWarning):  # pixels packed as a JPEG say themselves how many they are
        file = pydicom.dcmread(io.BytesIO(data))
        if int(file.get("NumberOfFrames") or 1) != 1:
            raise ImageRefused(
                _("This DICOM file holds several images; export the one to be sent as a JPEG or PNG file.")
            )
        rows, columns = int(file.get("Rows") or 0), int(file.get("Columns") or 0)
        if rows * columns > MOST_PIXELS:
            raise refuse_size()
        if int(file.get("SamplesPerPixel") or 1) not in (1, 3):
            raise _unreadable()
        try:
            return Image.fromarray(_shown(file, file.pixel_array))
        except Exception as error:  # whoever unpacks them fails in its own way
            raise _unreadable() from error


def _unreadable() -> ImageRefused:
    return ImageRefused(
        _(
            "The image in this DICOM file cannot be read here, or it holds none; export it as a JPEG or PNG "
            "file from the software it comes from."
        )
    )


def _shown(file: pydicom.Dataset, pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the pixels in eight bits, between the shades that the file says are to be told apart."""
    import numpy as np
    from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut, convert_color_space

    meaning = str(file.get("PhotometricInterpretation") or "")
    if pixels.ndim == 3:
        # The compressed kinds come as RGB already, whatever the file calls them.
        if meaning.startswith("YBR_FULL") and not file.file_meta.TransferSyntaxUID.is_compressed:
            pixels = convert_color_space(pixels, meaning, "RGB")
        return pixels.astype("uint8")
    shades = np.asarray(apply_voi_lut(apply_modality_lut(pixels, file), file), dtype="float32")
    low, high = float(shades.min()), float(shades.max())
    bright = (shades - low) * (255.0 / ((high - low) or 1.0))
    if meaning == "MONOCHROME1":  # its highest value is black
        bright = 255.0 - bright
    return bright.round().astype("uint8")
