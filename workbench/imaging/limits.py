"""How much of this computer one image may take."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from workbench.errors import ImageRefused
from workbench.language import _

MOST_PIXELS = 40_000_000
"""Pixels of an image that is worked on: some two or three hundred megabytes. A page of paper scanned at 600 points an
inch has fewer; a larger photograph (JPEG) is read at a part of its size."""

_LARGE = 10_000_000
_one_large = threading.Lock()


@contextmanager
def room_for(pixels: int) -> Iterator[None]:
    """Wait until there is room to work on an image of so many pixels: small ones side by side, large ones in turn."""
    with _one_large if pixels > _LARGE else nullcontext():
        yield


def refuse_size() -> ImageRefused:
    """Return the refusal of an image that has too many pixels."""
    return ImageRefused(
        _(
            "This image has more than {count} million pixels; export a smaller one from the software it comes from."
        ).format(count=MOST_PIXELS // 1_000_000)
    )
