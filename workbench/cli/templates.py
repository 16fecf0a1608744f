"""``workbench template``: the practice's email types, in their folders."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import as_frame, save_bytes, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.displays.cells import harmless
from workbench.errors import BadValue
from workbench.language import _

if TYPE_CHECKING:
    from workbench.practice import Practice

_CONDITION = re.compile(r"\{%\s*if\b.*?%\}.*?(?:\{%\s*else\s*%\}(.*?))?\{%\s*endif\s*%\}", re.DOTALL)

group = Commands(help=_("The email types: list, show, check, import, export, render."), no_args_is_help=True)

PathArgument = Annotated[str, typer.Argument(metavar="PATH", help=_("The email type, as « Folder/Label »."))]
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help=_("A template file: front matter, HTML."))
]


@group.command("list", help=_("List the email types."))
def list_templates(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show one row an email type."""
    columns = ["path", "label", "folder", "subject", "account", "role", "channel", "language", "purpose", "revision"]
    rows = [{**template.to_dict(), "path": path, "revision": template.revision}
            for path, template in sorted(practice_of(ctx).templates.items())]  # fmt: skip
    if format is Format.TABLE and output is None:
        # A list shows what a subject says otherwise; what it says under a condition alone is only hinted at.
        rows = [{**row, "subject": _CONDITION.sub(lambda found: found[1] or "…", str(row["subject"]))} for row in rows]
    shown = ["path", "subject", "role", "language", "revision"]
    show(as_frame(rows, columns), format=format, output=output, columns=shown)


@group.command("show", help=_("Show an email type as its file would be."))
def show_template(ctx: typer.Context, path: PathArgument) -> None:
    """Print the template file of one email type."""
    print(harmless(_exported(practice_of(ctx), path).decode(), keep_lines=True), end="")


@group.command("check", help=_("Merge an email type with examples; look for unknown fields and risky HTML."))
def check_template(
    ctx: typer.Context,
    path: Annotated[
        str, typer.Argument(metavar="PATH", help=_("The email type, as « Folder/Label », or a template file."))
    ],
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show the findings on one email type."""
    templates = practice_of(ctx).templates
    is_file = path not in templates and Path(path).is_file()
    findings = (templates.check_file(Path(path)) if is_file else templates.check(path)).drop_duplicates()
    if findings.empty and format is Format.TABLE and output is None:
        say(_("« {path} » is in order.").format(path=path))
        return
    show(findings, format=format, output=output, columns=[name for name in findings.columns if name != "recipient"])
    if (findings["severity"] == "error").any():
        say(_("« {path} » cannot be sent as it is; the list says why.").format(path=path))


@group.command("import", help=_("Take an email type from a file; the same path again makes a new version."))
def import_template(ctx: typer.Context, file: FileArgument) -> None:
    """Import one template file, and say what would keep it from being sent."""
    practice = practice_of(ctx)
    template = practice.templates.import_file(file)
    say(_("« {path} » is in, version {revision}.").format(path=template.path, revision=template.revision))
    findings = practice.templates.check_file(file)
    told = findings["code"].astype(str).str.match("unknown_field|render_error")
    for message in dict.fromkeys(findings["message"][told]):
        say(message)


@group.command("export", help=_("Write an email type to a file, or to the output."))
def export_template(
    ctx: typer.Context,
    path: PathArgument,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", dir_okay=False, help=_("The file to write."))] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", dir_okay=False, help=_("The file to write."))
    ] = None,
) -> None:
    """Export one email type."""
    content = _exported(practice_of(ctx), path)
    target = file or output
    if target is None:
        print(content.decode(), end="")
    else:
        save_bytes(content, target)


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


def _exported(practice: Practice, path: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.html"
        practice.templates.export_file(path, file)
        return file.read_bytes()
