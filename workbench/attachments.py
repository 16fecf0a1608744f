"""Keep the files that go with messages, each under the SHA-256 of its bytes: none can vanish or change (F99)."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from workbench.domain.messages import Attachment
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.settings import private_folder, write_private


class AttachmentFolder:
    """The attachments of a workspace; a kept file is named ``<sha256>/<file name>``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, file: Path) -> str:
        """Copy `file` in and return the name it is kept under.

        Raises
        ------
        TemplateRefused
            When the file cannot be read.
        """
        try:
            data = file.read_bytes()
        except OSError as error:
            raise TemplateRefused(
                _("The attachment « {file} » cannot be read: {problem}.").format(
                    file=file.name, problem=error.strerror or error
                )
            ) from error
        digest = hashlib.sha256(data).hexdigest()
        target = private_folder(self._folder / digest) / file.name
        if not target.is_file():
            write_private(target, data)
        return f"{digest}/{file.name}"

    def read(self, kept: str) -> Attachment | None:
        """Return a kept file, or nothing when it is gone or no longer the same bytes."""
        digest, _slash, name = kept.partition("/")
        file = self._folder / digest / name
        if "/" in name or not file.is_file():
            return None
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            return None
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Attachment(name=name, media_type=media_type, digest=digest, data=data)
