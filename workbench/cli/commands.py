"""Groups of commands whose help and complaints about wrong usage have their labels in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from workbench.errors import UsageError
from workbench.language import _


class Commands(typer.Typer):
    """A group of commands, as typer's own, that speaks the language in use."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(cls=_Group, **settings)

    def command(self, name: str | None = None, *, pairs: Sequence[str] = (), **settings: Any) -> Callable[[Any], Any]:
        """Add a command, as typer does; the options `pairs` take two words, which reach it as ``name=value``."""
        kind = type("_PairingCommand", (_Command,), {"pairs": frozenset(pairs)}) if pairs else _Command
        return super().command(name, cls=kind, **settings)


def _translate_labels() -> None:
    # Loaded only now, as typer does it: the tables of the help are heavy, and most commands show none.
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = _("Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = _("Options")
    rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
    rich_utils.ERRORS_PANEL_TITLE = _("Error")
    rich_utils.ABORTED_TEXT = _("Cancelled.")
    rich_utils.REQUIRED_LONG_STRING = _("[required]")
    rich_utils.DEFAULT_STRING = _("[default: {value}]").format(value="{}")
    rich_utils.RICH_HELP = _("For help: {command}").format(command="[blue]{command_path} {help_option}[/]")


def _in_our_words(error: Exception, path: str) -> UsageError | None:
    """Return what typer found wrong in a call of the command at `path` as a sentence of ours, else nothing."""
    context: Any = getattr(error, "ctx", None)
    command = f"{context.command_path if context is not None else path} --help"
    if isinstance(error, typer.BadParameter):
        return _about_a_value(error, command)
    message = str(getattr(error, "message", ""))
    option = getattr(error, "option_name", "")
    extra = _EXTRA.fullmatch(message)
    if option and hasattr(error, "possibilities"):
        near = ", ".join(f"« {one} »" for one in error.possibilities or ())
        sentence = (
            _("There is no option « {name} ». Did you mean {near}? For help: {command}")
            if near
            else _("There is no option « {name} ». For help: {command}")
        )
        return UsageError(sentence.format(name=option, near=near, command=command))
    if option:
        needed = "requires" in message
        sentence = (
            _("A value is missing after {name}. For help: {command}")
            if needed
            else _("{name} takes no value. For help: {command}")
        )
        return UsageError(sentence.format(name=option, command=command))
    if extra:
        return UsageError(
            _("« {words} » is too much here. For help: {command}").format(words=extra[1], command=command)
        )
    return None


_EXTRA = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", re.DOTALL)
_ONE_OF = re.compile(r".* is not one of (.*?)\.?", re.DOTALL)


def _about_a_value(error: typer.BadParameter, command: str) -> UsageError:
    parameter = error.param
    name = ""
    if parameter is not None:
        written = max(parameter.opts, key=len)
        name = written if written.startswith("-") else getattr(parameter, "metavar", None) or written.upper()
    if not error.message:
        return UsageError(_("{name} is missing. For help: {command}").format(name=name, command=command))
    return UsageError(
        _("{name}: this cannot be used ({problem}). For help: {command}").format(
            name=name, problem=_problem(error), command=command
        )
    )


def _problem(error: typer.BadParameter) -> str:
    """Return what does not fit, in the reader's language where it is known; typer itself speaks English alone."""
    found: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    kind, limits = (found[0].get("type", ""), found[0].get("ctx") or {}) if found else ("", {})
    message = error.message.removeprefix("Value error, ").removesuffix(".")
    if kind.startswith("int_"):
        return _("a whole number is expected")
    if kind.startswith("float_"):
        return _("a number is expected")
    if kind == "greater_than_equal":
        return _("at least {number}").format(number=limits.get("ge"))
    if kind == "less_than_equal":
        return _("at most {number}").format(number=limits.get("le"))
    if one_of := _ONE_OF.fullmatch(message):
        return _("one of these: {choices}").format(choices=one_of[1])
    of_files = {
        "does not exist": _("there is no such file"),
        "is a directory": _("it is a folder"),
        "is a file": _("it is a file, not a folder"),
        "is not readable": _("it cannot be read"),
        "is not writable": _("it cannot be written"),
    }
    return next((words for ending, words in of_files.items() if message.endswith(ending)), message)


class _Speaking:
    """What a command and a group of commands have in common."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **settings: Any) -> Any:
        try:
            return super().make_context(info_name, args, parent, **settings)  # type: ignore[misc]  # of the class beside it
        except UsageError:
            raise
        except Exception as error:
            said = _in_our_words(error, f"{parent.command_path} {info_name}" if parent is not None else str(info_name))
            if said is not None:
                raise said from error
            _translate_labels()  # typer is about to say what is wrong, or how the command is used
            raise

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _translate_labels()
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def get_usage(self, ctx: Any) -> str:
        usage = str(super().get_usage(ctx))  # type: ignore[misc]
        return usage.replace("Usage: ", _("Usage: "), 1).replace("COMMAND [ARGS]...", _("COMMAND [ARGS]..."), 1)

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = _("Show this help.")
        return option


class _Command(_Speaking, TyperCommand):
    """One command."""

    pairs: frozenset[str] = frozenset()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, joined_pairs(args, self.pairs) if self.pairs else args)


def joined_pairs(words: Sequence[str], options: Collection[str]) -> list[str]:
    """Join the two words that follow each of `options` (``-p name value``) by a ``=``, unless the first holds one."""
    joined: list[str] = []
    waiting = iter(words)
    for word in waiting:
        joined.append(word)
        if word == "--":
            break
        if word in options:
            name = next(waiting, None)
            if name is not None:
                value = None if "=" in name else next(waiting, None)
                joined.append(name if value is None else f"{name}={value}")
    return [*joined, *waiting]


class _Group(_Speaking, TyperGroup):
    """Commands under one name."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            sentence = (
                _("There is no command « {name} ». Did you mean « {near} »? For help: {command}")
                if near
                else _("There is no command « {name} ». For help: {command}")
            )
            raise UsageError(sentence.format(name=args[0], near="".join(near), command=f"{ctx.command_path} --help"))
        return super().resolve_command(ctx, args)
