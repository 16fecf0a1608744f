"""How an image that a message shows is named in its HTML and in its parts (RFC 2392): by the bytes it is made of."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping

from workbench.domain.messages import Attachment

_CONTENT_ID = re.compile(r"[0-9a-f]{64}@workbench\Z")
PICTURE_FORMAT = "picture"
"""The format of the fields whose value is the address of an image (``cid:…``)."""

PICTURE_URL = re.compile(r"cid:([0-9a-f]{64}@workbench)(?![0-9A-Za-z@._-])")
"""An image of ours in HTML; group 1 is its Content-ID."""


def content_id(kept: str) -> str:
    """Return the Content-ID of a kept file (``<sha256>/<name>``), without its angle brackets."""
    return f"{kept.partition('/')[0]}@workbench"


def picture_url(kept: str) -> str:
    """Return what stands as ``src`` of the image that shows a kept file."""
    return f"cid:{content_id(kept)}"


def is_content_id(text: str) -> bool:
    """Tell whether a text is a Content-ID of ours."""
    return _CONTENT_ID.match(text) is not None


def data_url(media_type: str, data: bytes) -> str:
    """Return an image as an address that holds the image itself (RFC 2397)."""
    return f"data:{media_type};base64,{b64encode(data).decode('ascii')}"


def data_urls(pictures: Iterable[Attachment], *, most: int | None = None) -> dict[str, str]:
    """Return the images that a message carries as ``data:`` addresses, by Content-ID; of `most` bytes in all."""
    shown: dict[str, str] = {}
    room = most
    for picture in pictures:
        if room is not None:
            if len(picture.data) > room:
                continue
            room -= len(picture.data)
        shown[content_id(picture.digest)] = data_url(picture.media_type, picture.data)
    return shown


def with_its_pictures(html: str, shown: Mapping[str, str]) -> str:
    """Return the HTML of a message as a file that shows its images by itself; `shown` as `data_urls` gives it."""
    return PICTURE_URL.sub(lambda found: shown.get(found[1], found[0]), html)
