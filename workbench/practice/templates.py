"""The email types of a practice, as a person keeps them: by path, from and to files, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding, Severity
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.preflight import findings_frame, render_file_values
from workbench.merging.render import CompiledTemplate, compile_template
from workbench.merging.template_file import lines_before_body, template_from_file, template_to_text
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
        text = read_text(Path(file))
        template = template_from_file(text, name=Path(file).stem)
        compile_template(_numbered_as_in(text, template), self._practice.catalogue, columns=None)
        return self._import(template, beside=Path(file).parent)

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
        compile_template(_numbered_as_in(text, template), self._practice.catalogue, columns=None)
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

        It is merged, too, in the rendering process: with the examples of its fields, then without any value. What
        cannot be merged, takes too long or grows too large is an error, with its line; of an email type with names of
        the practice's own, for which a text is invented, it is a warning.

        Examples
        --------
        >>> len(practice.templates.check("Rendez-vous/Rappel de rendez-vous"))
        0
        """
        return self._looked_through(self[path] if isinstance(path, str) else path)

    def check_file(self, file: str | Path) -> pd.DataFrame:
        """Return what `check` would find in a template file; same columns, and the lines are those of the file.

        Raises
        ------
        TemplateRefused
            When it cannot be read or compiled; the line is named.
        """
        text = read_text(Path(file))
        return self._looked_through(_numbered_as_in(text, template_from_file(text, name=Path(file).stem)))

    def _looked_through(self, template: Template) -> pd.DataFrame:
        compiled = compile_template(template, self._practice.catalogue, columns=None)
        return findings_frame([*compiled.findings, *self._tried(template, compiled)])

    def _tried(self, template: Template, compiled: CompiledTemplate) -> list[Finding]:
        """Merge it as a mailing would, and return what stands in the way."""
        if compiled.blocking:
            return []
        catalogue = self._practice.catalogue
        own = dict.fromkeys(compiled.names, "1")
        examples: dict[str, object] = {code: catalogue[code].example for code in compiled.codes}
        needed = {code.removeprefix("@") for code in template.required} | compiled.asked
        bare: dict[str, object] = {code: example if code in needed else None for code, example in examples.items()}
        for values in [examples] if bare == examples else [examples, bare]:
            try:
                render_alone(catalogue, template, {**own, **values})
            except TemplateRefused as refused:
                message = refused.sentence
                if own:
                    message = _("With an invented text for each name of your own: {problem}").format(problem=message)
                severity = Severity.WARNING if own else Severity.ERROR
                return [Finding(code="render_error", severity=severity, message=message, line=refused.line)]
        return []

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
    """Render one template file with plain values; needs no workspace. Lines that are named are those of the file."""
    text = read_text(Path(file))
    template = template_from_file(text, name=Path(file).stem)
    numbered = _numbered_as_in(text, template)

    def render(_numbered: Template, plain: Mapping[str, Any]) -> Rendered:
        try:
            return render_alone(catalogue, template, plain)
        except TemplateRefused as refused:
            if refused.line is None or numbered == template:
                raise
            return render_alone(catalogue, numbered, plain)  # which is refused alike, and names the line of the file

    return render_file_values(numbered, values, catalogue, render=render)


def _numbered_as_in(text: str, template: Template) -> Template:
    """Return an email type whose body's lines count as those of the file that it was read from; never to be sent."""
    return replace(template, html="\n" * lines_before_body(text) + template.html)
