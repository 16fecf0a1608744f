"""The email types of a practice, as a person keeps them: by path, from and to files, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.preflight import findings_frame, render_file_values
from workbench.merging.render import compile_template
from workbench.merging.template_file import template_from_file, template_to_text
from workbench.practice.letters import render_alone

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


class Templates(Mapping[str, Template]):
    """The email types by path (``Folder/Label``).

    Examples
    --------
    >>> practice.templates["Rendez-vous/Rappel de rendez-vous"].folder
    'Rendez-vous'
    """

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def __getitem__(self, path: str) -> Template:
        return self._practice.ledger.library.template(path)

    def __iter__(self) -> Iterator[str]:
        return iter([template.path for template in self._practice.ledger.library.templates()])

    def __len__(self) -> int:
        return len(self._practice.ledger.library.templates())

    def __contains__(self, path: object) -> bool:
        return path in list(self)

    def import_file(self, file: str | Path) -> Template:
        """Read a template `file` (front matter and HTML) into the ledger; the same path makes a revision.

        Attached files are taken from beside the template file and kept by their SHA-256.

        Raises
        ------
        TemplateRefused
            When it cannot be read or compiled; the line is named.

        Examples
        --------
        >>> from pathlib import Path
        >>> file = practice.templates.export_file("Rendez-vous/Rappel de rendez-vous", Path("rappel.html"))
        >>> practice.templates.import_file(file).revision
        1
        """
        return self._import(read_template(Path(file)), beside=Path(file).parent)

    def import_text(self, text: str, *, path: str, beside: Path) -> Template:
        """Keep the `text` of a template file as the email type called `path`; the same path makes a revision.

        Its own lines may name it too, but only alike. Attached files are taken from the folder `beside`.

        Raises
        ------
        TemplateRefused
            When it cannot be read or compiled, or calls itself otherwise; nothing was kept.

        Examples
        --------
        >>> practice.templates.import_text("<p>Bonjour @DAPPEL</p>", path="Essais/Bonjour", beside=practice.path).path
        'Essais/Bonjour'
        """
        folder, _slash, label = path.rpartition("/")
        template = template_from_file(text, name=label, folder=folder)
        if template.path != path:
            raise TemplateRefused(
                _("The email type is called « {path} » and « {own} » at once: keep one of the two.").format(
                    path=path, own=template.path
                )
            )
        return self._import(template, beside=beside)

    def _import(self, template: Template, *, beside: Path) -> Template:
        compile_template(template, self._practice.catalogue, columns=None)
        for name in template.attachments:
            # A template file comes from anywhere: it may not carry off another file of this computer.
            if Path(name).name != name or name in (".", "..") or (beside / name).is_symlink():
                raise TemplateRefused(
                    _("The attachment « {name} » must be a file beside the email type's own, named alone.").format(
                        name=name
                    )
                )
        kept = tuple(self._practice.attachments.keep(beside / name) for name in template.attachments)
        saved = self._practice.ledger.library.save_template(
            replace(template, attachments=kept), by=self._practice.user, now=self._practice.now()
        )
        self._practice.changes += 1
        return saved

    def export_file(self, path: str, file: str | Path) -> Path:
        """Write an email type as a template file, with its attachments beside it."""
        template = self[path]
        target = Path(file)
        names: list[str] = []
        for kept in template.attachments:
            attachment = self._practice.attachments.read(kept)
            if attachment is None:
                raise TemplateRefused(
                    _("The attachment « {name} » of « {path} » is gone.").format(
                        name=kept.rpartition("/")[2], path=path
                    )
                )
            beside = target.parent / attachment.name
            if beside.exists() and beside.read_bytes() != attachment.data:
                raise TemplateRefused(
                    _("« {file} » exists already and is another file; nothing was exported.").format(file=beside)
                )
            beside.write_bytes(attachment.data)
            names.append(attachment.name)
        target.write_text(template_to_text(replace(template, attachments=tuple(names))), encoding="utf-8")
        return target

    def check(self, path: str | Template) -> pd.DataFrame:
        """Return what is wrong or doubtful in the email type at `path`; columns ``recipient severity code message``.

        Examples
        --------
        >>> len(practice.templates.check("Rendez-vous/Rappel de rendez-vous"))
        0
        """
        template = self[path] if isinstance(path, str) else path
        return findings_frame(compile_template(template, self._practice.catalogue, columns=None).findings)

    def render_file(self, file: str | Path, values: Mapping[str, Any]) -> tuple[Rendered, list[Finding]]:
        """Render one template file with plain values, in the same sandbox as a mailing."""
        return render_template_file(file, values, self._practice.catalogue)


def read_template(file: Path) -> Template:
    """Read a template file."""
    return template_from_file(read_text(file), name=file.stem)


def read_text(file: Path) -> str:
    """Return the text of a file of the practice; raises ``TemplateRefused`` when it is none."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TemplateRefused(
            _("The file « {file} » cannot be read: {problem}.").format(file=file, problem=error.strerror or error)
        ) from error
    except UnicodeDecodeError as error:
        raise TemplateRefused(_("The file « {file} » is not UTF-8 text.").format(file=file)) from error


def render_template_file(
    file: str | Path, values: Mapping[str, Any], catalogue: Catalogue
) -> tuple[Rendered, list[Finding]]:
    """Render one template file with plain values; needs no workspace."""
    return render_file_values(read_template(Path(file)), values, catalogue, render=partial(render_alone, catalogue))
