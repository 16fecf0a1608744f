"""``workbench template check``: look through email types and template files, at a desk or in a test of their folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.output import say, show
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.errors import BadValue, NoWorkspace, TemplateRefused
from workbench.language import _

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Practice

_ENDINGS = ("*.html", "*.htm")


def check_templates(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH…", help=_("Email types, as « Folder/Label », template files, or folders of these.")
        ),
    ] = None,
    all_types: Annotated[bool, typer.Option("--all", help=_("Every email type of the practice."))] = False,
    strict: Annotated[bool, typer.Option("--strict", help=_("Exit with status 1 when an error was found."))] = False,
    strictest: Annotated[
        bool, typer.Option("--strictest", help=_("Exit with status 1 when anything was found."))
    ] = False,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show what was found in some email types, and where."""
    if not paths and not all_types:
        raise BadValue(_("Say what to check: an email type, a template file, a folder, or --all."))
    looked = _looked_through(ctx, paths or [], all_types=all_types)
    findings = _joined(looked)
    if not findings.empty or format is not Format.TABLE or output is not None:
        named = ["template"] if len(looked) > 1 else []
        show(findings, format=format, output=output, columns=[*named, "severity", "line", "code", "message"])
    _say_how_it_is(looked)
    if (strictest and len(findings)) or (strict and (findings["severity"] == "error").any()):
        raise typer.Exit(1)


def _looked_through(ctx: typer.Context, paths: list[str], *, all_types: bool) -> dict[str, pd.DataFrame]:
    """Return what was found by email type or file, in their order."""
    practice = _practice_if_any(ctx, paths, needed=all_types)
    known = [] if practice is None else sorted(practice.templates)
    wanted: dict[str, Path | None] = dict.fromkeys(known) if all_types else {}
    for path in paths:
        if path in known:
            wanted[path] = None
        elif Path(path).is_dir():
            wanted |= {str(file): file for file in _files_in(Path(path))}
        else:
            wanted[path] = Path(path) if Path(path).is_file() else None
    check_file = _file_checker(practice)
    from workbench.practice.template_checks import refused_frame

    looked: dict[str, pd.DataFrame] = {}
    for name, file in wanted.items():
        try:
            if file is not None:
                looked[name] = check_file(file)
            else:
                assert practice is not None  # noqa: S101 - only files are checked without one
                looked[name] = practice.templates.check(name)
        except TemplateRefused as refused:
            if len(wanted) == 1:
                raise
            # The others are looked through all the same.
            looked[name] = refused_frame(refused)
    return looked


def _practice_if_any(ctx: typer.Context, paths: list[str], *, needed: bool) -> Practice | None:
    """Return the practice; none when there is no workspace, none was asked for, and only files are to be checked."""
    try:
        return practice_of(ctx)
    except NoWorkspace:
        asked = ctx.obj.workspace is not None or bool(os.environ.get("WORKBENCH_WORKSPACE"))
        if asked or needed or not all(Path(path).exists() for path in paths):
            raise
        return None


def _file_checker(practice: Practice | None) -> Callable[[Path], pd.DataFrame]:
    if practice is not None:
        return practice.templates.check_file
    from workbench.wiring import check_file

    return check_file


def _files_in(folder: Path) -> list[Path]:
    files = sorted(file for ending in _ENDINGS for file in folder.rglob(ending) if file.is_file())
    if not files:
        raise BadValue(_("There is no template file in « {folder} »: they end in .html.").format(folder=folder))
    return files


def _joined(looked: dict[str, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([found.assign(template=name) for name, found in looked.items()], ignore_index=True)


def _say_how_it_is(looked: dict[str, pd.DataFrame]) -> None:
    for path, found in looked.items():
        if (found["severity"] == "error").any():
            say(_("« {path} » cannot be sent as it is; the list says why.").format(path=path))
        elif len(looked) == 1 and found.empty:
            say(_("« {path} » is in order.").format(path=path))
    if len(looked) > 1:
        clean = sum(found.empty for found in looked.values())
        sentence = _("{count} looked through, {clean} in order.")
        say(sentence.format(count=len(looked), clean=clean))
