"""Keep the files that go with messages, each under the SHA-256 of its bytes: none can vanish or change (F99)."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from workbench.domain.file_names import ending_of, harmless_name, is_blocked, is_program, media_type_of, packs_what_runs
from workbench.domain.messages import Attachment
from workbench.errors import AttachmentRefused
from workbench.language import _, n_
from workbench.settings import private_folder, write_private

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")

MOST_BYTES = 25_000_000
"""A file that is larger goes with no message: no mail service takes it."""


class AttachmentFolder:
    """The attachments of a workspace; a kept file is named ``<sha256>/<file name>``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, file: Path, *, most: int = MOST_BYTES) -> str:
        """Copy `file` in and return the name it is kept under, a harmless one.

        Raises
        ------
        AttachmentRefused
            When it cannot be read, is a link, a folder or a device, is larger than `most` bytes, or is of a kind that
            mail services refuse.
        """
        try:
            name, data = _fit_to_leave(file, most=most)
        except AttachmentRefused as refused:
            raise AttachmentRefused(
                _("The attachment « {file} » cannot go with messages: {problem}").format(
                    file=harmless_name(file.name), problem=refused.sentence
                )
            ) from refused
        except (OSError, ValueError) as error:  # a name may hold anything
            raise AttachmentRefused(
                _("The attachment « {file} » cannot be read: {problem}.").format(
                    file=harmless_name(file.name), problem=getattr(error, "strerror", None) or error
                )
            ) from error
        return self.keep_data(data, name)

    def keep_data(self, data: bytes, name: str) -> str:
        """Keep bytes under a file name, a harmless one (`name` is taken as it is), and return what they are kept as."""
        digest = hashlib.sha256(data).hexdigest()
        target = private_folder(self._folder / digest) / name
        if target.is_file():
            target.touch()  # wanted now: it is not let go while its mailing is being written
        else:
            write_private(target, data)
        return f"{digest}/{name}"

    def keep_anew(self, kept: str) -> bool:
        """Tell whether a file is kept, and have it stay as if it were kept now: a message is about to want it."""
        if self.size(kept) is None:
            return False
        (self._folder / kept).touch()
        return True

    def keep_as(self, kept: str, name: str) -> str:
        """Keep a kept file under another name too, a harmless one, and return that.

        Raises
        ------
        AttachmentRefused
            When it is gone or changed.
        """
        file = self.read(kept)
        if file is None:
            raise AttachmentRefused(_("A kept file is gone or was changed."))
        return self.keep_data(file.data, name)

    def kept_as(self, digest: str) -> str | None:
        """Return the name under which a file of these bytes is kept, the first of several; nothing when there is none.

        Only whole SHA-256 digests lead anywhere.
        """
        names = self.names_of(digest)
        return names[0] if names else None

    def names_of(self, digest: str) -> list[str]:
        """Return every name under which a file of these bytes is kept, sorted."""
        if not _DIGEST.match(digest) or not (self._folder / digest).is_dir():
            return []
        names = sorted(file.name for file in (self._folder / digest).iterdir() if not file.name.startswith("."))
        return [f"{digest}/{name}" for name in names]

    def size(self, kept: str) -> int | None:
        """Return how many bytes a kept file has, nothing when it is gone; the bytes themselves are not looked at."""
        digest, _slash, name = kept.partition("/")
        if "/" in name or not _DIGEST.match(digest):
            return None
        try:
            found = (self._folder / digest / name).stat()
        except OSError:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def read(self, kept: str) -> Attachment | None:
        """Return a kept file, or nothing when it is gone or no longer the same bytes."""
        digest, _slash, name = kept.partition("/")
        file = self._folder / digest / name
        if "/" in name or not file.is_file():
            return None
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            return None
        return Attachment(name=name, media_type=media_type_of(name), digest=digest, data=data)


def _fit_to_leave(file: Path, *, most: int) -> tuple[str, bytes]:
    """Return a file's name, made harmless, and its bytes; raises like `read_ordinary`, and for what mail refuses."""
    if file.is_symlink():
        raise AttachmentRefused(_("It is a link to another file; name that one."))
    data = read_ordinary(file, most=most)
    name = harmless_name(file.name)
    if is_blocked(name) or is_program(data) or packs_what_runs(data):
        raise AttachmentRefused(
            _("Mail services refuse files of this kind. Send it as a PDF, or otherwise than by mail.")
        )
    if ending_of(name) == "pdf" and b"%PDF-" not in data[:1024]:
        raise AttachmentRefused(_("It is called a PDF and is none."))
    return name, data


def read_ordinary(file: Path, *, most: int) -> bytes:
    """Return the bytes of an ordinary file, not through a link and not of something that only looks like a file.

    Raises
    ------
    AttachmentRefused
        When it is a folder, a device or a pipe, or larger than `most` bytes.
    OSError, ValueError
        When it cannot be opened.
    """
    # Not to be kept waiting by a pipe, nor led on by a link that somebody puts there meanwhile.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(file, flags)
    try:
        told = os.fstat(descriptor)
        if not stat.S_ISREG(told.st_mode):
            raise AttachmentRefused(_("It is no ordinary file."))
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            data = b"" if told.st_size > most else stream.read(most + 1)
    finally:
        os.close(descriptor)
    if told.st_size > most or len(data) > most:
        megabytes = most // 1_000_000
        raise AttachmentRefused(
            n_("It is larger than {n} megabyte.", "It is larger than {n} megabytes.", megabytes).format(n=megabytes)
        )
    return data
