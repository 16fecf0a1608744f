"""The email types of a practice, as a person keeps them: by path, from and to files, checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.checking.remarks import checked_frame
from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.preflight import render_file_values
from workbench.merging.template_file import template_from_file
from workbench.practice.beginning import Beginning
from workbench.practice.comparing import Change, compared
from workbench.practice.foreign import Conversion, convert
from workbench.practice.letters import render_alone
from workbench.practice.proposing import Proposing
from workbench.practice.template_archives import TemplateArchives
from workbench.practice.template_checks import look_through, look_through_alone
from workbench.practice.template_files import files_beside, numbered_as_in, read_text
from workbench.practice.trying_out import TryingOut
from workbench.practice.unsaved_texts import UnsavedTexts


class Templates(Beginning, TemplateArchives, UnsavedTexts, Proposing, TryingOut):
    """The email types by path (``Folder/Label``); a path that one had before leads to it too.

    Examples
    --------
    >>> practice.templates["Rendez-vous/Rappel de rendez-vous"].folder
    'Rendez-vous'
    """

    def check(self, path: str | Template) -> pd.DataFrame:
        """Return what is wrong or doubtful in the email type at `path`, with the columns of ``CHECK_COLUMNS``.

        What it names is looked for, its subject, links, pictures, words, sizes and styles are looked through, and it
        is merged, in the rendering process, for invented patients, of whom `recipient` names the one with whom a
        fault showed. What cannot be merged, takes too long or grows too large is an error, with its line; of an email
        type with names of the practice's own, for which a text is invented, it is a warning. A frame without rows is
        an email type in order: a test of the practice's own may ask for that.

        Examples
        --------
        >>> len(practice.templates.check("Rendez-vous/Rappel de rendez-vous"))
        0
        """
        return checked_frame(look_through(self._practice, self[path] if isinstance(path, str) else path))

    def check_file(self, file: str | Path) -> pd.DataFrame:
        """Return what `check` would find in a template file; same columns, and the lines are those of the file.

        Raises
        ------
        TemplateRefused
            When it cannot be read or compiled; the line is named.
        """
        template = _as_in_file(Path(file))
        return checked_frame(look_through(self._practice, template, beside=files_beside(Path(file))))

    def compare(self, old: Template, new: Template) -> list[Change]:
        """Return what an email type says otherwise than another one, part by part and word by word.

        Examples
        --------
        >>> templates = practice.templates
        >>> changed = templates.change("Confrères/Adressage", subject="Votre avis")
        >>> [one.part for one in templates.compare(templates.revision("Confrères/Adressage", 1), changed)]
        ['subject']
        """
        return compared(old, new)

    def convert(
        self,
        text: str | bytes | Path,
        *,
        family: str | None = None,
        mapping: Mapping[str, str] | None = None,
        name: str = "",
    ) -> Conversion:
        """Return what becomes of an old text of another program, or of a file; see ``workbench.practice.foreign``.

        Examples
        --------
        >>> print(practice.templates.convert("Bonjour *|FNAME|*").template.html.strip())
        <p>Bonjour @PPRENOM</p>
        """
        return convert(self._practice, text, family=family, mapping=mapping, name=name)

    def render_file(self, file: str | Path, values: Mapping[str, Any]) -> tuple[Rendered, list[Finding]]:
        """Render one template file with plain values, in the same sandbox as a mailing."""
        return render_template_file(file, values, self._practice.catalogue)


def read_template(file: Path) -> Template:
    """Read a template file."""
    return template_from_file(read_text(file), name=file.stem)


def render_template_file(
    file: str | Path, values: Mapping[str, Any], catalogue: Catalogue
) -> tuple[Rendered, list[Finding]]:
    """Render one template file with plain values; needs no workspace. Lines that are named are those of the file."""
    text = read_text(Path(file))
    template = template_from_file(text, name=Path(file).stem)
    numbered = numbered_as_in(text, template)

    def render(_numbered: Template, plain: Mapping[str, Any]) -> Rendered:
        try:
            return render_alone(catalogue, template, plain)
        except TemplateRefused as refused:
            if refused.line is None or numbered == template:
                raise
            return render_alone(catalogue, numbered, plain)  # which is refused alike, and names the line of the file

    return render_file_values(numbered, values, catalogue, render=render)


def check_template_file(file: str | Path, catalogue: Catalogue, *, now: datetime) -> pd.DataFrame:
    """Return what `Templates.check_file` would find in a template file, needing no workspace; raises alike."""
    template = _as_in_file(Path(file))
    return checked_frame(look_through_alone(template, catalogue, beside=files_beside(Path(file)), now=now))


def _as_in_file(file: Path) -> Template:
    text = read_text(file)
    return numbered_as_in(text, template_from_file(text, name=file.stem))
