"""Take files of the store along: read from the workspace's documents alone, made fit to leave, kept by their bytes.

A path in the patients' database is data, and may lead anywhere: nothing is read but an ordinary file that lies under
the folder ``documents``. Each image is made fit once; which kept file came of which bytes is remembered beside the kept
files.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from workbench.attachments import AttachmentFolder, read_ordinary
from workbench.errors import AttachmentRefused
from workbench.imaging.cleaning import VERSION, clean_image
from workbench.language import _
from workbench.settings import private_folder, write_private

MOST_BYTES = 64_000_000
"""A file of the store that is larger is not read."""

DOCUMENTS = "documents"
"""The folder of a workspace where the files of the store lie; it may itself be a link to where they are."""

_REMEMBERED = ".made"
_AT_ONCE = 4
"""Images worked on at the same time; of very large ones, one (`room_for`)."""

_MADE = re.compile(r"([0-9a-f]{64}) (jpg|png)\Z")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that a row of the store names.

    `call` is the row's own number, `path` where it lies, told from the workspace, `digest` its SHA-256 when it was
    filed (``""`` where nobody knows), `stem` how it is called when it leaves, without an ending.
    """

    call: str
    path: str = field(repr=False)
    digest: str = field(repr=False)
    stem: str = field(repr=False)
    image: bool


@dataclass(frozen=True, slots=True)
class KeptFile:
    """What became of a file of the store: the name it is kept under, or why it cannot go with a message."""

    kept: str = ""
    trouble: str = ""


class StoredFiles:
    """Reads files that the store's rows name, and keeps what may leave.

    Parameters
    ----------
    workspace
        Paths are told from here, and lie under its folder ``documents``.
    attachments
        Where the files that leave are kept.
    longest_side, quality
        Of the images that leave; see `clean_image`.
    """

    def __init__(self, workspace: Path, attachments: AttachmentFolder, *, longest_side: int, quality: int) -> None:
        self._workspace = workspace
        self._attachments = attachments
        self._side, self._quality = longest_side, quality
        self._remembered = workspace / "attachments" / _REMEMBERED

    def keep(self, files: Iterable[StoredFile]) -> dict[StoredFile, KeptFile]:
        """Keep files, each once, and say of each what became of it; images are worked on side by side."""
        wanted = list(dict.fromkeys(files))
        workers = ThreadPoolExecutor(max_workers=min(_AT_ONCE, os.cpu_count() or 1))
        try:
            return dict(zip(wanted, workers.map(self._kept, wanted), strict=True))
        finally:
            workers.shutdown(cancel_futures=True)  # whoever presses Ctrl-C does not wait for all the others

    def _kept(self, file: StoredFile) -> KeptFile:
        try:
            data = self.read(file.path)
            digest = hashlib.sha256(data).hexdigest()
            _check_digest(digest, file.digest)
            return KeptFile(self._image(data, digest, file.stem) if file.image else self._document(data, file.stem))
        except AttachmentRefused as refused:
            return KeptFile(trouble=refused.sentence)

    def read(self, path: str) -> bytes:
        """Return the bytes of a file of the store.

        Raises
        ------
        AttachmentRefused
            When it is not there, lies elsewhere than among the documents, is no ordinary file or is too large.
        """
        try:
            documents = (self._workspace / DOCUMENTS).resolve(strict=True)
            file = (self._workspace / PurePosixPath(path.replace("\\", "/"))).resolve(strict=True)
            if not file.is_relative_to(documents):
                raise AttachmentRefused(
                    _("The file does not lie in the folder « {folder} » of the workspace.").format(folder=DOCUMENTS)
                )
            return read_ordinary(file, most=MOST_BYTES)
        except (OSError, ValueError, RuntimeError) as error:  # a path may hold anything, circles and zeros too
            raise AttachmentRefused(_("The file is not there, or cannot be read.")) from error

    def made_of(self, paths: Iterable[str]) -> set[str]:
        """Return what was kept of files of the store, under whatever names; those that are gone tell nothing."""
        digests: set[str] = set()
        for path in paths:
            try:
                digest = hashlib.sha256(self.read(path)).hexdigest()
            except AttachmentRefused:
                continue
            notes = self._remembered.glob(f"{digest}-*") if self._remembered.is_dir() else ()
            made = (_MADE.match(note.read_text(encoding="ascii")) for note in notes)
            digests |= {digest, *(told[1] for told in made if told)}
        return {name for digest in digests for name in self._attachments.names_of(digest)}

    def _document(self, data: bytes, stem: str) -> str:
        if not data.startswith(b"%PDF-"):
            raise AttachmentRefused(_("The file is no PDF."))
        return self._attachments.keep_data(data, f"{stem}.pdf")

    def _image(self, data: bytes, digest: str, stem: str) -> str:
        note = self._remembered / f"{digest}-{VERSION}-{self._side}-{self._quality}"
        made = self._already_made(note, stem)
        if made:
            return made
        image = clean_image(data, longest_side=self._side, quality=self._quality)
        kept = self._attachments.keep_data(image.data, f"{stem}.{image.ending}")
        private_folder(note.parent)
        write_private(note, f"{kept.partition('/')[0]} {image.ending}".encode("ascii"), lasting=False)
        return kept

    def _already_made(self, note: Path, stem: str) -> str:
        """Return what the same bytes became before, under the name asked for; ``""`` when that is gone."""
        try:
            told = _MADE.match(note.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return ""
        before = self._attachments.kept_as(told[1]) if told else None
        if told is None or before is None:
            return ""
        kept = f"{told[1]}/{stem}.{told[2]}"
        if self._attachments.keep_anew(kept):
            return kept
        file = self._attachments.read(before)
        return "" if file is None else self._attachments.keep_data(file.data, f"{stem}.{told[2]}")


def _check_digest(digest: str, filed: str) -> None:
    if filed and filed.lower() != digest:
        raise AttachmentRefused(_("The file was changed since it was filed."))
