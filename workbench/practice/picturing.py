"""Take in the pictures that a text shows, and give them back beside it; show a practice's own, whoever's they are."""

from __future__ import annotations

import os
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from workbench.attachments import read_ordinary
from workbench.domain.pictures import PICTURE_URL, picture_url
from workbench.errors import AttachmentRefused, ImageRefused, TemplateRefused
from workbench.imaging.cleaning import CleanImage
from workbench.imaging.mail_pictures import mail_picture
from workbench.language import _
from workbench.merging.pictures import ShownImage, shown_images, with_sources
from workbench.practice.stored_files import DOCUMENTS

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

LARGEST_FILE = 25_000_000
"""Bytes of a file that a picture is made of."""

LONGEST_NAME = 80
"""Characters of a kept picture's name, its ending apart."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # « C: » is no scheme
_DATA = re.compile(r"data:image/[a-z0-9.+-]+;base64,", re.IGNORECASE)
_UNUSUAL = re.compile(r"[^\w .()'’+,=!&-]")


def taken_in(practice: Practice, html: str, beside: Path | None) -> tuple[str, tuple[str, ...]]:
    """Keep the pictures that `html` shows from files of the folder `beside`, and return it showing the kept ones.

    An image whose ``src`` is the name of a file beside, or that stands in the text itself (``data:``), becomes one that
    each message carries (``cid:``); its other attributes stay. One that was taken in before stays, one elsewhere
    (``https:``) or of a field (``@PRSIGN``) too. A text that lies in no folder names no files.

    Returns
    -------
    tuple
        The HTML, and the names under which its pictures are kept, in their order.

    Raises
    ------
    TemplateRefused
        When a file is not beside, is no image that mail programs show, or is too large to be opened.
    """
    kept: dict[str, None] = {}

    def shown(image: ShownImage) -> str | None:
        name = _kept(practice, image, beside)
        if name is None:
            return None
        kept[name] = None
        return picture_url(name)

    return with_sources(html, shown), tuple(kept)


def kept_picture(practice: Practice, name: str, data: bytes) -> str:
    """Keep a picture that somebody puts into a text, and return what stands as ``src`` of the image that shows it.

    Raises
    ------
    TemplateRefused
        When it is no image that mail programs show, or is too large to be opened.
    """
    name = name.replace("\\", "/").rpartition("/")[2] or _("image")
    try:
        picture = mail_picture(data)
    except ImageRefused as refused:
        raise _refused(_told(name), refused) from refused
    return picture_url(practice.attachments.keep_data(picture.data, _harmless_name(name, picture.ending)))


def shown_picture(practice: Practice, source: str) -> tuple[str, bytes] | None:
    """Return the kind (``image/png``) and the bytes of a picture of ours that a text shows, or nothing."""
    written = PICTURE_URL.fullmatch(source)
    kept = practice.attachments.kept_as(written[1].partition("@")[0]) if written else None
    found = practice.attachments.read(kept) if kept else None
    if found is None or not found.media_type.startswith("image/"):
        return None
    return found.media_type, found.data


def pictures_shown(practice: Practice, html: str, called: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the kept pictures that a text shows, in their order, by the names in `called`; none that is gone."""
    names = {kept.partition("/")[0]: kept for kept in called}
    digests = dict.fromkeys(found[1].partition("@")[0] for found in PICTURE_URL.finditer(html))
    kept = (names.get(digest) or practice.attachments.kept_as(digest) for digest in digests)
    return tuple(name for name in kept if name is not None)


def refused_pictures(html: str, beside: Path | None) -> list[tuple[int, str]]:
    """Return why `taken_in` would refuse images of a text: the line and the sentence of each; nothing is kept."""
    refused: list[tuple[int, str]] = []
    for image in shown_images(html):
        try:
            _picture_of(image, beside)
        except TemplateRefused as refusal:
            refused.append((image.line, refusal.sentence))
    return refused


def put_back(practice: Practice, html: str, pictures: Sequence[str], folder: Path) -> str:
    """Write the kept `pictures` of a text into `folder`, and return its HTML showing these files; undoes `taken_in`.

    A name that another file has already gets a part of the picture's digest.

    Raises
    ------
    TemplateRefused
        When a picture is no longer kept, or a file of its name is another one all the same.
    """
    files = {picture_url(kept): _written(practice, kept, folder) for kept in pictures}
    return with_sources(html, lambda image: files.get(image.source))


def pictures_by_row(practice: Practice, paths: Sequence[str | None]) -> list[str | None]:
    """Return what shows each row's picture (``cid:…``), of a column of files of the workspace as the store names them.

    Each distinct file is read and kept once; one that is gone, lies elsewhere than among the documents or is no image
    gives nothing.
    """
    shown: dict[str | None, str | None] = {None: None}
    for path in paths:
        if path not in shown:
            shown[path] = _own_picture(practice, str(path))
    return [shown[path] for path in paths]


# --- one picture ----------------------------------------------------------------------------------------


def _kept(practice: Practice, image: ShownImage, beside: Path | None) -> str | None:
    """Return what an image is kept as; nothing for one that is not a file beside and stays as it is."""
    if not image.merged and (written := PICTURE_URL.fullmatch(image.source)):
        return _kept_before(practice, written[1])
    made = _picture_of(image, beside)
    if made is None:
        return None
    picture, name = made
    return practice.attachments.keep_data(picture.data, _harmless_name(name, picture.ending))


def _picture_of(image: ShownImage, beside: Path | None) -> tuple[CleanImage, str] | None:
    """Return the picture that stands in an image, or in the file beside that it names, and how it is called."""
    source = image.source
    if image.merged or not source or source.startswith(("#", "//")):
        return None
    if _DATA.match(source):
        data, name = _in_the_text(source), _("image")
    elif _SCHEME.match(source) and not source.lower().startswith("file:"):
        return None
    else:
        data, name = _read_beside(source, beside), _file_name(source)
    try:
        return mail_picture(data), name
    except ImageRefused as refused:
        raise _refused(name, refused) from refused


def _kept_before(practice: Practice, content_id: str) -> str:
    kept = practice.attachments.kept_as(content_id.partition("@")[0])
    found = practice.attachments.read(kept) if kept else None
    if kept is None or found is None or not found.media_type.startswith("image/"):
        raise TemplateRefused(_("An image of this text is no longer kept: choose its file anew."))
    return kept


def _in_the_text(source: str) -> bytes:
    try:
        return b64decode(unquote(source.partition(",")[2]))
    except (NotBase64, ValueError) as error:
        raise TemplateRefused(_("An image that stands in the text itself is damaged: choose its file anew.")) from error


def _file_name(source: str) -> str:
    return unquote(source).removeprefix("./")


def _read_beside(source: str, beside: Path | None) -> bytes:
    """Read the file of a template's own folder that its text names; no other file of this computer is carried off."""
    names = [name for name in dict.fromkeys((_file_name(source), source.removeprefix("./"))) if _alone(name)]
    if not names or beside is None:
        raise _not_beside(_told(source))
    name = next((name for name in names if os.path.lexists(beside / name)), names[0])
    return _read(beside / name, name)


def _alone(name: str) -> bool:
    return name not in ("", ".", "..") and not re.search(r"[/\\:]", name) and name.isprintable()


def _told(source: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in source[:LONGEST_NAME])


def _read(file: Path, name: str) -> bytes:
    try:
        if file.is_symlink():
            raise _not_beside(name)
        return read_ordinary(file, most=LARGEST_FILE)
    except AttachmentRefused as refused:
        raise _refused(name, refused) from refused
    except (OSError, ValueError) as error:
        raise TemplateRefused(
            _("The image « {name} » cannot be read: {problem}. It must lie beside the text's own file.").format(
                name=name, problem=getattr(error, "strerror", None) or error
            )
        ) from error


def _not_beside(name: str) -> TemplateRefused:
    return TemplateRefused(
        _("The image « {name} » must be a file beside the text's own, named alone.").format(name=name)
    )


def _refused(name: str, refused: AttachmentRefused) -> TemplateRefused:
    return TemplateRefused(_("« {name} »: {problem}").format(name=name, problem=refused.sentence))


def _harmless_name(name: str, ending: str) -> str:
    """Return a file name that nothing reads as a field, a path or a header, with the ending that is true."""
    stem = name.rpartition(".")[0] or name
    stem = " ".join(_UNUSUAL.sub("-", stem).split()).strip(" .-")[:LONGEST_NAME].strip(" .-")
    return f"{stem or 'image'}.{ending}"


def _own_picture(practice: Practice, path: str) -> str | None:
    documents = (practice.path / DOCUMENTS).resolve()
    try:
        file = (practice.path / path.replace("\\", "/")).resolve()
        if not file.is_relative_to(documents):
            return None
        told = file.stat()
        picture = _made_of(file, told.st_mtime_ns, told.st_size)
    except (AttachmentRefused, OSError, ValueError, RuntimeError):  # a path may hold anything, circles and zeros too
        return None
    kept = practice.attachments.kept_as(sha256(picture.data).hexdigest())
    if kept is None or practice.attachments.read(kept) is None:
        kept = practice.attachments.keep_data(picture.data, _harmless_name(file.name, picture.ending))
    return picture_url(kept)


@lru_cache(maxsize=32)
def _made_of(file: Path, _changed: int, _size: int) -> CleanImage:
    """Return the picture that a file holds; a long mailing asks for the same few with each of its parts."""
    return mail_picture(read_ordinary(file, most=LARGEST_FILE))


def _written(practice: Practice, kept: str, folder: Path) -> str:
    """Write a kept picture beside a text, and return the file's name."""
    picture = practice.attachments.read(kept)
    if picture is None:
        raise TemplateRefused(_("The image « {name} » is no longer kept.").format(name=kept.rpartition("/")[2]))
    stem, _dot, ending = picture.name.rpartition(".")
    for name in (picture.name, f"{stem}-{picture.digest[:8]}.{ending}"):
        file = folder / name
        if not os.path.lexists(file):
            file.write_bytes(picture.data)
            return name
        if not file.is_symlink() and file.is_file() and file.read_bytes() == picture.data:
            return name
    raise TemplateRefused(_("« {file} » exists already and is another file; nothing was exported.").format(file=file))
