"""Email types in one file, there and back: a zip of the files that an export writes, read again with care."""

from __future__ import annotations

import io
import lzma
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pandas as pd

from workbench.domain.templates import Template
from workbench.errors import TemplateRefused, WorkbenchError
from workbench.language import _
from workbench.merging.template_file import LARGEST_FRONT, lines_before_body, template_from_file
from workbench.practice.template_files import MOST_FILES, TemplateFiles, file_name, read_text, template_files_in

MOST_PACKED = 60_000_000
"""Bytes that the files of a zip may have together, once taken out of it."""

_ZIP = b"PK\x03\x04"
_MADE = (1980, 1, 1, 0, 0, 0)
_PRIVATE = 0o600 << 16
_UNREADABLE = (zipfile.BadZipFile, ValueError, RuntimeError)
"""What is raised of a file that is no zip, or one that a later program wrote."""


class TemplateArchives(TemplateFiles):
    """Email types packed into one file."""

    def packed(self, path: str = "") -> tuple[str, bytes]:
        """Return an email type, or all of them, as one file: its name and its bytes, the same ones each time.

        An email type without files of its own is its template file, one with some a zip of them; the whole library is a
        zip of its folders.

        Raises
        ------
        UnknownTemplate
            When there is no such email type.
        TemplateRefused
            When a file of an email type is gone.

        Examples
        --------
        >>> practice.templates.packed("Confrères/Adressage")[0]
        'Adressage.html'
        """
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            if not path:
                self.export_all(folder)
                return f"{file_name(_('Email types'))}.zip", _zipped(folder)
            stem = file_name(self[path].label)
            file = self.export_file(path, folder / f"{stem}.html")
            if len([*folder.iterdir()]) == 1:
                return file.name, file.read_bytes()
            return f"{stem}.zip", _zipped(folder)

    def planned(self, name: str, content: bytes) -> pd.DataFrame:
        """Return what `take_in` would do with a template file or a zip of some; nothing is kept.

        Returns
        -------
        DataFrame
            Key ``path``; ``subject`` and ``becomes`` texts: ``new``, ``changed`` (a new revision), ``same``.

        Raises
        ------
        TemplateRefused
            As `take_in`.
        """
        rows = []
        with self._opened(name, content) as folder:
            for file, home in template_files_in(folder):
                try:
                    template = template_from_file(read_text(file), name=file.stem, folder=home)
                except WorkbenchError as error:
                    raise TemplateRefused(
                        _("« {file} »: {problem} Nothing was imported.").format(file=file.name, problem=error.sentence)
                    ) from error
                rows.append((template.path, template.subject, self._becomes(template)))
        if not rows:
            raise TemplateRefused(_("There is no template file (.html) here."))
        return pd.DataFrame(rows, columns=["path", "subject", "becomes"]).astype("string")

    def take_in(self, name: str, content: bytes, *, reason: str = "") -> list[Template]:
        """Keep the email types of a template file, or of a zip of some: all of them or none.

        Raises
        ------
        TemplateRefused
            When it is neither, holds too much, or one of them cannot be kept; the file is named.

        Examples
        --------
        >>> name, content = practice.templates.packed()
        >>> len(practice.templates.take_in(name, content)) == len(practice.templates)
        True
        """
        with self._opened(name, content) as folder:
            try:
                return self.import_files([folder], reason=reason)
            except TemplateRefused as refused:
                # Whoever chose a zip knows nothing of the folder that it was opened in.
                raise TemplateRefused(refused.sentence.replace(f"{folder}/", ""), line=refused.line) from refused

    def _becomes(self, template: Template) -> str:
        if template.path not in self:
            return "new"
        here = template_from_file(self.text_of(self[template.path]), name=template.label)
        return "same" if here == template else "changed"

    @contextmanager
    def _opened(self, name: str, content: bytes) -> Iterator[Path]:
        """Give a folder with the files of a zip, or with this one file; it goes afterwards."""
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            if content.startswith(_ZIP):
                _unzip(content, folder, name=name)
            else:
                (folder / f"{file_name(PurePosixPath(name).stem)}.html").write_bytes(content)
            yield folder


def _zipped(folder: Path) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _MADE)
            entry.external_attr, entry.compress_type = _PRIVATE, zipfile.ZIP_DEFLATED
            packed.writestr(entry, file.read_bytes())
    return written.getvalue()


def _unzip(content: bytes, folder: Path, *, name: str) -> None:
    """Write the files of a zip below a folder; refuse one that leads out of it, holds links or unpacks without end."""
    room = MOST_PACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES:
                raise _refused(name, _("it holds more than {count} files").format(count=MOST_FILES))
            for entry in entries:
                path = PurePosixPath(entry.filename)
                unsafe = path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename
                if unsafe or not path.parts or stat.S_ISLNK(entry.external_attr >> 16):
                    raise _refused(name, _("a file in it leads elsewhere"))
                if path.parts[0] == "__MACOSX":
                    continue
                with packed.open(entry) as stream:
                    data = stream.read(room + 1)
                room -= len(data)
                if room < 0:
                    raise _refused(name, _("it holds more than {size} MB").format(size=MOST_PACKED // 1_000_000))
                target = folder.joinpath(*path.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
    except (*_UNREADABLE, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise _refused(name, _("it cannot be read")) from error


def _refused(name: str, problem: str) -> TemplateRefused:
    return TemplateRefused(
        _("« {file} » is no file of email types: {problem}. Nothing was imported.").format(file=name, problem=problem)
    )


def holds_email_types(content: bytes) -> bool:
    r"""Tell whether bytes are template files, or a zip of some, rather than a text of another program.

    Examples
    --------
    >>> holds_email_types(b"---\nlabel: Rappel\n---\n<p>@PNOM</p>"), holds_email_types(b"Bonjour [FName]")
    (True, False)
    """
    if content.startswith(_ZIP):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                return any(name.lower().endswith(".html") for name in packed.namelist())
        except _UNREADABLE:
            return False
    return lines_before_body(content[:LARGEST_FRONT].decode("utf-8", "replace").replace("\r\n", "\n")) > 0
