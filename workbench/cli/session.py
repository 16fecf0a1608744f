"""What every command shares: which workspace, who acts, and the options that repeat from command to command."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.domain.calendar import Now, system_now
from workbench.errors import BadValue, UnknownName
from workbench.language import _

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Practice
    from workbench.practice.parts import LongList


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The workspace asked for (``None``: look for one) and who acts (``None``: the system's account)."""

    workspace: Path | None = None
    user: str | None = None

    def practice(self, *, now: Now = system_now) -> Practice:
        """Open the practice; the heavy libraries are loaded here, so that ``--help`` stays instant."""
        from workbench.wiring import open_practice

        return open_practice(self.workspace, user=self.user, now=now)


def practice_of(ctx: typer.Context) -> Practice:
    """Return the practice this command works on; it is closed when the command ends."""
    session: Session = ctx.obj
    practice = session.practice()
    ctx.call_on_close(practice.close)
    return practice


class Format(StrEnum):
    """How a list is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help=_("How the list is written."))]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", dir_okay=False, help=_("Write the list to this file."))
]
SearchOption = Annotated[
    str | None, typer.Option("--search", metavar="NAME", help=_("The search that finds whom to write to."))
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help=_("A parameter of the search; may be given several times.")),
]
RecipientsOption = Annotated[
    Path | None,
    typer.Option(
        "--recipients",
        metavar="FILE.csv",
        exists=True,
        dir_okay=False,
        readable=True,
        help=_("Take the recipients from this table instead of a search; it needs a column « email »."),
    ),
]
TemplateOption = Annotated[
    str | None,
    typer.Option(
        "--template",
        metavar="PATH",
        help=_("The email type, as « Folder/Label »; else the one that the search proposes."),
    ),
]
AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help=_("Send from this account, not the email type's."))
]
KeyOption = Annotated[
    str,
    typer.Option("--key", metavar="NAME", help=_("Name this mailing; the same name later means the same mailing.")),
]


ValueOption = Annotated[
    list[str] | None,
    typer.Option(
        "--value",
        metavar="CODE=VALUE",
        help=_("What the email type asks once for everybody, as FERMDU=2026-12-24; may be given several times."),
    ),
]


def values_of(pairs: Iterable[str] | None) -> dict[str, str]:
    """Read ``CODE=value`` pairs of ``--value``.

    Raises
    ------
    BadValue
        When a pair has no ``=`` or no code, or a code comes twice.
    """
    values: dict[str, str] = {}
    for pair in pairs or ():
        code, equals, value = pair.partition("=")
        code = code.strip().removeprefix("@").upper()
        if not equals or not code:
            raise BadValue(_("« {pair} » is not a value: write CODE=value.").format(pair=pair))
        if code in values:
            raise BadValue(_("@{code} is given twice.").format(code=code))
        values[code] = value
    return values


def settings_of(pairs: Iterable[str] | None) -> dict[str, str]:
    """Read ``key=value`` pairs; a key given twice is joined as a comma list (``--set by=practice --set by=patient``).

    Raises
    ------
    BadValue
        When a pair has no ``=`` or no key.
    """
    values: dict[str, str] = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise BadValue(_("« {pair} » is not a parameter: write key=value.").format(pair=pair))
        values[key] = f"{values[key]},{value}" if key in values else value
    return values


def refuse_names(values: Iterable[str], taken: frozenset[str]) -> None:
    """Refuse a parameter or column whose name is a word of the call itself, as any other unknown name.

    Raises
    ------
    UnknownName
        When one of `values` is among `taken`.
    """
    for name in values:
        if name in taken:
            raise UnknownName(_("There is no « {name} » to be set here.").format(name=name))


def parameters_of(settings: Iterable[str] | None) -> dict[str, Any]:
    """Read a search's parameters from ``key=value`` pairs."""
    parameters: dict[str, Any] = {**settings_of(settings)}
    refuse_names(parameters, frozenset({"today"}))
    return parameters


def found(practice: Practice, name: str, settings: Iterable[str] | None) -> pd.DataFrame:
    """Run the search that the options describe."""
    return practice.search(name, **parameters_of(settings))


def found_in_parts(practice: Practice, name: str, settings: Iterable[str] | None) -> pd.DataFrame | LongList:
    """Run the search that the options describe, for a mailing: what it finds may be too long to be held."""
    return practice.found_in_parts(name, **parameters_of(settings))
