"""What a person chooses for one mailing on the command line: role, signature, options, files, and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.domain.options import OPTION_NAMES
from workbench.errors import UsageError
from workbench.language import _

RoleOption = Annotated[
    str | None,
    typer.Option(
        "--role",
        metavar="ROLE",
        help=_("Who receives: patient, guardian, payer, correspondent …; several with commas get a message each."),
    ),
]
SignatureOption = Annotated[
    str | None,
    typer.Option("--signature", metavar="NAME", help=_("The signature round the text; « - » for none.")),
]
OptionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=yes|no",
        help=_("An option for this mailing alone: {known}.").format(known=", ".join(OPTION_NAMES)),
    ),
]
AttachOption = Annotated[
    list[Path] | None,
    typer.Option("--attach", metavar="FILE", dir_okay=False, help=_("A file that goes with every message, this once.")),
]
MissingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--missing",
        metavar="RULE=without|skip",
        help=_("What becomes of whom no image or document is found for, where the email type asks: images:0=without"),
    ),
]
HealthOption = Annotated[
    str,
    typer.Option(
        "--allow-health-data",
        metavar="REASON",
        help=_("Let health data leave on ordinary addresses, this once, and say why; it is journalled."),
    ),
]

_YES = {"yes": True, "no": False, "oui": True, "non": False, "true": True, "false": False, "1": True, "0": False}


def choices_of(
    *,
    role: str | None,
    signature: str | None,
    options: Sequence[str] | None,
    attach: Sequence[Path] | None,
    missing: Sequence[str] | None,
    health_reason: str,
) -> dict[str, Any]:
    """Return the choices that were made as ``practice.mailing`` takes them; nothing of the others.

    Raises
    ------
    UsageError
        When an option is not written ``name=yes`` or a rule ``images:0=without``.
    """
    said: dict[str, bool] = {}
    for text in options or ():
        name, _equals, value = text.partition("=")
        if value.strip().lower() not in _YES:
            raise UsageError(_("« {text} » is not « name=yes » or « name=no ».").format(text=text))
        said[name.strip()] = _YES[value.strip().lower()]
    decided: dict[str, str] = {}
    for text in missing or ():
        rule, equals, decision = text.rpartition("=")
        if not equals or decision not in ("without", "skip"):
            raise UsageError(_("« {text} » is not « images:0=without » or « images:0=skip ».").format(text=text))
        decided[rule.strip()] = decision
    made = {
        "role": role,
        "signature": signature,
        "options": said,
        "attachments": attach,
        "missing": decided,
        "health_reason": health_reason,
    }
    return {name: value for name, value in made.items() if value}
