"""The kept files that messages take along, read once for many messages and held within bounds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from mimetypes import guess_extension

from workbench.domain.messages import Attachment
from workbench.errors import TemplateRefused
from workbench.language import _

HELD = 32_000_000
"""Bytes of files that are held at once, at most; one that is larger is held alone."""


def file_is_gone(kept: str) -> str:
    """Return the sentence about a kept file that is not there any more, or not as it was."""
    return _("The file « {name} » is gone or was changed; nothing leaves without it.").format(
        name=kept.rpartition("/")[2]
    )


class KeptFiles:
    """Reads kept files by the name they are kept under (``<sha256>/<name>``).

    Parameters
    ----------
    read
        Returns a kept file, or nothing when it is gone or changed (`AttachmentFolder.read`).
    named
        Returns the name that a digest is kept under, or nothing (`AttachmentFolder.kept_as`).
    """

    def __init__(self, read: Callable[[str], Attachment | None], named: Callable[[str], str | None]) -> None:
        self._read = read
        self._named = named
        self._held: OrderedDict[str, Attachment] = OrderedDict()
        self._size = 0
        self._holding = threading.Lock()

    def file(self, kept: str) -> Attachment:
        """Return a kept file.

        Raises
        ------
        TemplateRefused
            When it is gone, or is not the same any more.
        """
        with self._holding:
            if kept in self._held:
                self._held.move_to_end(kept)
                return self._held[kept]
            found = self._read(kept)
            if found is None:
                raise TemplateRefused(file_is_gone(kept))
            self._held[kept] = found
            self._size += len(found.data)
            while self._size > HELD and len(self._held) > 1:
                _oldest, gone = self._held.popitem(last=False)
                self._size -= len(gone.data)
            return found

    def picture(self, content_id: str) -> Attachment:
        """Return the image that a Content-ID of ours names, called after its bytes; raises as `file`."""
        digest = content_id.partition("@")[0]
        kept = self._named(digest)
        if kept is None:
            raise TemplateRefused(file_is_gone(_("an image")))
        picture = self.file(kept)
        # The same bytes may be kept under another name, too, later: the message that was sent is the same all the same.
        return replace(picture, name=f"image-{digest[:8]}{guess_extension(picture.media_type) or ''}")
