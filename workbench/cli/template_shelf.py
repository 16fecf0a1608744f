"""``workbench template``, continued: copies, other names, what is put away, what searches propose, former versions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.output import is_terminal, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.displays.cells import harmless
from workbench.errors import BadValue
from workbench.language import _, n_

if TYPE_CHECKING:
    from workbench.cli.commands import Commands
    from workbench.domain.templates import Template
    from workbench.practice.revisions import Difference

PathArgument = Annotated[str, typer.Argument(metavar="PATH", help=_("The email type, as « Folder/Label »."))]
ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help=_("Why, for whoever looks at its versions later."))
]
NewPathArgument = Annotated[
    str, typer.Argument(metavar="NEW", help=_("The new name, as « Folder/Label »; a label alone stays in its folder."))
]


def add_to(group: Commands) -> None:
    """Add the commands of this file."""
    group.command("duplicate", help=_("Copy an email type under another name."))(duplicate_template)
    group.command("rename", help=_("Call an email type otherwise; what was sent with it stays what it is."))(
        rename_template
    )
    group.command("move", help=_("Put an email type into another folder."))(move_template)
    group.command("rename-folder", help=_("Call a folder otherwise, with all email types in it."))(rename_folder)
    group.command("archive", help=_("Take an email type out of the lists; what was sent with it stays."))(
        archive_template
    )
    group.command("unarchive", help=_("Bring an archived email type back."))(unarchive_template)
    group.command("use", help=_("Let a search propose an email type by itself, or no longer."))(use_template)
    group.command("revisions", help=_("Show the versions of an email type: who saved them, when, why, what changed."))(
        show_revisions
    )
    group.command("diff", help=_("Show what two versions of an email type say differently; the last two by default."))(
        show_difference
    )
    group.command("restore", help=_("Let an email type say again what it said at a version; that makes a new one."))(
        restore_template
    )
    group.command("reset", help=_("Let an email type say again what it said when it came with the workbench."))(
        reset_template
    )


def duplicate_template(ctx: typer.Context, path: PathArgument, new: NewPathArgument, reason: ReasonOption = "") -> None:
    """Copy an email type."""
    copy = practice_of(ctx).templates.duplicate(path, new, reason=reason)
    say_saved(copy)
    if copy.purpose:
        say(
            _("It is for « {purpose} », too: whoever was told by one of them is not told the same thing by the other.")
            .format(purpose=copy.purpose)
        )  # fmt: skip


def rename_template(ctx: typer.Context, path: PathArgument, new: NewPathArgument, reason: ReasonOption = "") -> None:
    """Rename an email type."""
    templates = practice_of(ctx).templates
    old = templates[path]
    _say_renamed(old, templates.rename(path, new, reason=reason))


def move_template(
    ctx: typer.Context,
    path: PathArgument,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help=_('The folder; "" for none.'))],
    reason: ReasonOption = "",
) -> None:
    """Move an email type."""
    templates = practice_of(ctx).templates
    old = templates[path]
    _say_renamed(old, templates.move(path, folder, reason=reason))


def rename_folder(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help=_("The folder as it is called."))],
    new: Annotated[str, typer.Argument(metavar="NEW", help=_("What it is called from now on."))],
    reason: ReasonOption = "",
) -> None:
    """Rename a folder."""
    renamed = practice_of(ctx).templates.rename_folder(folder, new, reason=reason)
    say(
        n_("{count} email type is in « {folder} » now.", "{count} email types are in « {folder} » now.", len(renamed))
        .format(count=len(renamed), folder=new)
    )  # fmt: skip


def archive_template(ctx: typer.Context, path: PathArgument, reason: ReasonOption = "") -> None:
    """Put an email type away."""
    templates = practice_of(ctx).templates
    searches = templates.searches_of(path)
    for one in templates.archive(path, reason=reason):
        say(_("« {path} » is archived.").format(path=one))
    for search in searches:
        say(_("The search « {search} » proposes none until it is back.").format(search=search))


def unarchive_template(ctx: typer.Context, path: PathArgument, reason: ReasonOption = "") -> None:
    """Bring an email type back."""
    for one in practice_of(ctx).templates.unarchive(path, reason=reason):
        say(_("« {path} » is back.").format(path=one))


def use_template(
    ctx: typer.Context,
    path: PathArgument,
    wanted: Annotated[
        list[str] | None,
        typer.Option("--for", metavar="SEARCH", help=_("A search, or a saved one, that proposes it from now on.")),
    ] = None,
    unwanted: Annotated[
        list[str] | None, typer.Option("--not-for", metavar="SEARCH", help=_("A search that proposes it no longer."))
    ] = None,
) -> None:
    """Attach an email type to searches, or detach it."""
    if not wanted and not unwanted:
        raise BadValue(_("Say for which search: --for SEARCH, or --not-for SEARCH."))
    templates = practice_of(ctx).templates
    for search in unwanted or ():
        own = templates.not_for(path, search)
        say(_("The search « {search} » no longer proposes « {path} ».").format(search=own, path=path))
    for search in wanted or ():
        own = templates.use_for(path, search)
        say(_("The search « {search} » proposes « {path} » from now on.").format(search=own, path=templates[path].path))


def show_revisions(
    ctx: typer.Context, path: PathArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show one row a version, the latest first."""
    shown = ["revision", "saved_at", "saved_by", "changes", "reason"]
    show(practice_of(ctx).templates.revisions(path), format=format, output=output, columns=shown)


def show_difference(
    ctx: typer.Context,
    path: PathArgument,
    before: Annotated[int | None, typer.Argument(metavar="A", min=1, help=_("The version before."))] = None,
    after: Annotated[
        int | None, typer.Argument(metavar="B", min=1, help=_("The version after; the current one by default."))
    ] = None,
) -> None:
    """Show a difference line by line."""
    difference = practice_of(ctx).templates.diff(path, before, after)
    if not difference:
        say(_("« {path} »: there is no difference.").format(path=difference.path))
        return
    _print_difference(difference)


def restore_template(
    ctx: typer.Context,
    path: PathArgument,
    number: Annotated[int, typer.Argument(metavar="N", min=1, help=_("The version to go back to."))],
    reason: ReasonOption = "",
) -> None:
    """Go back to a version."""
    say_saved(practice_of(ctx).templates.restore(path, number, reason=reason))


def reset_template(ctx: typer.Context, path: PathArgument, reason: ReasonOption = "") -> None:
    """Go back to the text that came with the workbench."""
    say_saved(practice_of(ctx).templates.reset(path, reason=reason))


def _say_renamed(old: Template, new: Template) -> None:
    if old.path == new.path:
        say(_("« {path} » is called so already.").format(path=new.path))
        return
    say(_("« {old} » is called « {new} » now; version {revision}.").format(
        old=old.path, new=new.path, revision=new.revision
    ))  # fmt: skip
    if not old.purpose:
        say(
            _("Its purpose stays « {purpose} », so that nobody is told twice: whoever had it does not get it anew.")
            .format(purpose=new.purpose)
        )  # fmt: skip


_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def _print_difference(difference: Difference) -> None:
    if not is_terminal(sys.stdout):
        print(harmless(str(difference), keep_lines=True))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for place, line in enumerate(difference.lines):
        style = "bold" if place < 2 else _STYLES.get(line[:1], "")
        console.print(Text(harmless(line), style=style), soft_wrap=True)


def say_saved(template: Template) -> None:
    """Say that an email type was kept, and as which version."""
    say(_("« {path} »: version {revision} is kept.").format(path=template.path, revision=template.revision))
