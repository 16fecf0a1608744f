"""Check an email type with all that its practice has, or a template file alone: what `workbench.checking` is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench.checking.looking import RenderAll, check_template
from workbench.checking.remarks import checked_frame, error
from workbench.checking.settings import Surroundings, nothing_beside
from workbench.checking.size import too_much
from workbench.checking.words import own_words
from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.foreign.left_over import left_over
from workbench.merging.render import compile_template
from workbench.rendering.renderer import Renderer

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

HEALTH_WORDS = "health_words.txt"
"""The file of a workspace with a practice's own words of health, one a line."""

_LARGEST_LIST = 200_000  # bytes of that file


def look_through(practice: Practice, template: Template, *, beside: Path | None = None) -> list[Finding]:
    """Return all that is wrong or doubtful in an email type of a practice.

    Parameters
    ----------
    beside
        Where its files are, when it was read from a template file and is not kept yet.
    """
    named = (*template.attachments, *template.pictures)
    size = practice.attachments.size if beside is None else lambda name: _size(beside, name)
    library = {one.path: one for one in practice.ledger.library.templates()} if template.variant_of else {}
    words = practice.store.album_words() if template.images else {}
    there = Surroundings(
        accounts=frozenset(practice.accounts),
        signatures=frozenset(practice.signatures),
        templates=library,
        files=_sizes(named, size),
        album={name: frozenset(known) for name, known in words.items()},
        health_words=_own_health_words(practice.path),
        is_beside=nothing_beside if beside is None else lambda name: _size(beside, name) is not None,
    )
    age = practice.settings.adult_age
    return _looked_through(template, practice.catalogue, there, now=practice.now(), adult_age=age)


def look_through_alone(template: Template, catalogue: Catalogue, *, beside: Path, now: datetime) -> list[Finding]:
    """Return all that is wrong or doubtful in an email type for which no practice is open; `beside` are its files."""
    named = (*template.attachments, *template.pictures)
    there = Surroundings(
        files=_sizes(named, lambda name: _size(beside, name)), is_beside=lambda name: _size(beside, name) is not None
    )
    return _looked_through(template, catalogue, there, now=now)


def refused_frame(refused: TemplateRefused) -> pd.DataFrame:
    """Return the frame of a check that went no further than a refusal."""
    return checked_frame([error("refused", refused.sentence, line=refused.line)])


def _looked_through(
    template: Template, catalogue: Catalogue, there: Surroundings, *, now: datetime, adult_age: int = 18
) -> list[Finding]:
    if beyond := too_much(template):
        return beyond
    compiled = compile_template(template, catalogue, columns=None)
    found = check_template(
        template,
        compiled,
        catalogue,
        render_all=_rendering(template, catalogue, names=sorted(compiled.codes | compiled.names)),
        now=now,
        there=there,
        adult_age=adult_age,
    )
    return [*found, *left_over(template, catalogue)]


def _rendering(template: Template, catalogue: Catalogue, *, names: list[str]) -> RenderAll:
    """Return what merges the email type with several rows, in the rendering process (P10)."""
    renderer = Renderer(template, catalogue, columns=names)

    def render_all(rows: Iterable[Mapping[str, object]]) -> Iterable[Rendered | TemplateRefused]:
        for made in renderer.merge_all(names, (([row[name] for name in names], True) for row in rows)):
            if isinstance(made, TemplateRefused):
                yield made
            else:
                assert made.rendered is not None  # noqa: S101 - each row was wanted as text
                yield made.rendered

    return render_all


def _sizes(names: Iterable[str], size: Callable[[str], int | None]) -> dict[str, int]:
    found = {name: size(name) for name in names}
    return {name: count for name, count in found.items() if count is not None}


def _size(folder: Path, name: str) -> int | None:
    # A template file may name no other file of this computer than those beside it.
    if Path(name).name != name or name in (".", ".."):
        return None
    file = folder / name
    return file.stat().st_size if file.is_file() and not file.is_symlink() else None


def _own_health_words(workspace: Path) -> tuple[str, ...]:
    file = workspace / HEALTH_WORDS
    if not file.is_file():
        return ()
    try:
        with file.open("rb") as stream:
            return own_words(stream.read(_LARGEST_LIST).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateRefused(
            _("The file « {file} » is no list of words: it must be UTF-8 text, one word a line.").format(file=file)
        ) from error
