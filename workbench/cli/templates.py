"""``workbench template``: the practice's email types, in their folders."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import save_bytes, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.cli.template_checks import check_templates
from workbench.cli.template_shelf import PathArgument, ReasonOption, add_to, say_saved
from workbench.displays.cells import harmless
from workbench.displays.words import heading, shown
from workbench.errors import BadValue
from workbench.language import _, marked, n_

if TYPE_CHECKING:
    from workbench.practice.templates import Templates

_CONDITION = re.compile(r"\{%\s*if\b.*?%\}.*?(?:\{%\s*else\s*%\}(.*?))?\{%\s*endif\s*%\}", re.DOTALL)

_SHOWN = ("path", "subject", "role", "language", "revision", "saved_at", "saved_by", "variants", "searches")
_NARROW = {100: _SHOWN[:5], 130: _SHOWN[:6]}
"""Of a list of email types, what a terminal of so many columns has room for; CSV and JSON always hold everything."""

_YES_NO = (marked("yes"), marked("no"))

_CHECKED = 5
"""So many files are looked through when they are taken in; of more, that is a gesture of its own."""

group = Commands(
    help=_("The email types: list, show, change, rename, compare, check, import, export."), no_args_is_help=True
)

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help=_("A template file: front matter, HTML."))
]


@group.command("list", help=_("List the email types of all folders, or of one."))
def list_templates(
    ctx: typer.Context,
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="NAME", help=_("Those of one folder alone."))
    ] = None,
    archived: Annotated[bool, typer.Option("--archived", help=_("Those that were put away."))] = False,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show one row an email type."""
    practice = practice_of(ctx)
    frame = practice.templates.to_frame(folder=folder, archived=archived)
    if format is Format.TABLE and output is None:
        # A list shows what a subject says otherwise; what it says under a condition alone is only hinted at.
        subjects = [_CONDITION.sub(lambda found: found[1] or "…", str(subject)) for subject in frame["subject"]]
        frame = frame.assign(subject=subjects)
    show(frame, format=format, output=output, columns=_SHOWN, narrow=_NARROW)
    if frame.empty and folder:
        known = ", ".join(f"« {name} »" for name in practice.templates.folders())
        say(_("There is no email type in « {folder} ». The folders are: {known}.").format(folder=folder, known=known))


@group.command("show", help=_("Show an email type as its file would be, and what counts when it is sent."))
def show_template(
    ctx: typer.Context,
    path: PathArgument,
    revision: Annotated[
        int | None, typer.Option("--revision", metavar="N", min=1, help=_("As it was at this version."))
    ] = None,
    html: Annotated[bool, typer.Option("--html", help=_("Its HTML alone, without the settings above it."))] = False,
) -> None:
    """Print the template file of one email type; what counts when it is sent is said beside it."""
    templates = practice_of(ctx).templates
    template = templates[path] if revision is None else templates.revision(path, revision)
    text = templates.text_of(template)
    if html:
        text = text[text.index("\n---\n") + 5 :]
    print(harmless(text, keep_lines=True), end="" if text.endswith("\n") else "\n")
    if html:
        return
    say("")
    for language, variant in templates.variants(template.path).items() if revision is None else ():
        if variant.path != template.path:
            say(_("In another language ({language}): {path}").format(language=language, path=variant.path))
    if template.variant_of:
        say(_("A variant of: {path}").format(path=template.variant_of))
    for search in templates.searches_of(template.path):
        say(_("Proposed by the search: {search}").format(search=search))
    for name, value, said_by in templates.effective(template).itertuples(index=False):
        words = _(value) if value in _YES_NO else _roles(value) if name == "role" else value or "–"
        say(_("{setting}: {value} ({who})").format(setting=heading(name), value=words, who=shown("said_by", said_by)))


def _roles(roles: str) -> str:
    return ", ".join(shown("role", role) or role for role in roles.split(", "))


@group.command("set", help=_("Change settings of an email type, as they stand in its file: key=value."))
def set_template(
    ctx: typer.Context,
    path: PathArgument,
    settings: Annotated[
        list[str],
        typer.Argument(metavar="KEY=VALUE…", help=_("As subject=…, account=…, read_receipt=yes; key= for the usual.")),
    ],
    reason: ReasonOption = "",
) -> None:
    """Change settings, and say what became of them."""
    templates = practice_of(ctx).templates
    old = templates[path]
    values: dict[str, Any] = {}
    for pair in settings:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise BadValue(_("« {pair} » is not a setting: write key=value.").format(pair=pair))
        values[key.strip()] = value
    if refused := {"html", "over", "reason"} & set(values):
        raise BadValue(
            _("« {key} » is not set here; the text of an email type comes from its file: workbench template import")
            .format(key=min(refused))
        )  # fmt: skip
    new = templates.change(path, reason=reason, **values)
    if new.revision == old.revision:
        say(_("« {path} » says so already.").format(path=new.path))
        return
    say_saved(new)
    if new.occasion_purpose != old.occasion_purpose:
        say(
            _("It is for « {new} » now: whoever was told for « {old} » may be told of the same thing once more.")
            .format(new=new.occasion_purpose, old=old.occasion_purpose)
        )  # fmt: skip


group.command(
    "check",
    help=_(
        "Look through email types: subject, links, pictures, words, weight, what mail programs show; try them out with "
        "invented patients."
    ),
)(check_templates)


@group.command("import", help=_("Take email types from files or a folder; the same path again makes a new version."))
def import_templates(
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", exists=True, help=_("Template files (front matter, HTML), or folders of them.")
        ),
    ],
    reason: ReasonOption = "",
) -> None:
    """Import template files, all or none, and say what would keep them from being sent."""
    practice = practice_of(ctx)
    if len(files) == 1 and files[0].is_file():
        imported = [practice.templates.import_file(files[0], reason=reason)]
    else:
        imported = practice.templates.import_files(files, reason=reason)
    for template in imported:
        say(_("« {path} » is in, version {revision}.").format(path=template.path, revision=template.revision))
        # A name that another one had before: what that one is for still bears it.
        if template.revision == 1 and not template.purpose and not template.variant_of:
            for other in practice.templates.sharing_purpose(template.path):
                say(
                    _(
                        "« {other} » was called so before, and is for the same: whoever it told is not told by this "
                        'one. Let this one be for something else with: workbench template set "{path}" purpose=…'
                    ).format(other=other, path=template.path)
                )
    if len(imported) > _CHECKED or any(file.is_dir() for file in files):
        say(_("See what is doubtful in them with: workbench template check --all"))
        return
    for file in files:
        findings = practice.templates.check_file(file)
        told = findings["code"].astype(str).str.match("unknown_field|render_error")
        for message in dict.fromkeys(findings["message"][told]):
            say(message)


@group.command(
    "export", help=_("Write an email type to a file, with its own beside it, or to the output; or all of them.")
)
def export_template(
    ctx: typer.Context,
    path: Annotated[
        str, typer.Argument(metavar="PATH", help=_("The email type, as « Folder/Label »; with --all, the folder."))
    ],
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help=_("The file to write, or its folder."))] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=_("Every email type, each in the folder of its own: a folder for git."))
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", dir_okay=False, help=_("The file to write."))
    ] = None,
) -> None:
    """Export one email type, or all."""
    templates = practice_of(ctx).templates
    if everything:
        if file or output:
            raise BadValue(_("--all takes one folder: workbench template export --all FOLDER"))
        _export_all(templates, Path(path))
        return
    from workbench.practice.template_files import file_name  # what reads email types is loaded late

    target = file or output
    if target is None:
        print(templates.text_of(templates[path]), end="")
        return
    if target.is_dir():
        target /= f"{file_name(templates[path].label)}.html"
    say(_("Written to {path}.").format(path=templates.export_file(path, target)))


def _export_all(templates: Templates, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    exported = templates.export_all(folder)
    say(
        n_(
            "{count} email type written to {path}.", "{count} email types written to {path}.", len(exported.files)
        ).format(count=len(exported.files), path=folder)
    )
    for other in exported.others:
        say(_("{path} is no email type of the practice any more; it was left there.").format(path=other))


@group.command("render", help=_("Merge one template file with plain values, in the same sandbox as a mailing."))
def render_template(
    file: FileArgument,
    data: Annotated[
        Path,
        typer.Option(
            "--data", metavar="VALUES.json", exists=True, dir_okay=False, help=_("One JSON object of values.")
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="OUT.html", dir_okay=False, help=_("Write the HTML here, not to the output.")),
    ] = None,
) -> None:
    """Render a template file; what was found goes to stderr."""
    from workbench.wiring import render_file

    # A template file and its values are all there is to it: no workspace is needed.
    rendered, findings = render_file(file, _values_of(data))
    for finding in findings:
        say(finding.message)
    if output is None:
        print(rendered.html)
    else:
        save_bytes(rendered.html.encode(), output)


def _values_of(data: Path) -> dict[str, Any]:
    try:
        values = json.loads(data.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadValue(_("{path} is not JSON.").format(path=data)) from error
    if not isinstance(values, dict):
        raise BadValue(_('{path} must hold one JSON object, {{"name": value, …}}.').format(path=data))
    return values


add_to(group)
