"""Work out what dresses the messages of a mailing: whose signature, and which options count (F56, F119)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workbench.domain.accounts import Account
from workbench.domain.letterheads import Letterhead
from workbench.domain.options import EffectiveOption, Options, effective_options
from workbench.domain.signatures import NO_SIGNATURE, Signature
from workbench.domain.templates import Template
from workbench.merging.mime import BUILDER_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a person chose for one mailing, on top of the email type and the account (F119).

    `signature` is a signature's name, ``"-"`` for none, ``None`` for what the email type says. `attachments` are files
    that go with this mailing alone, by the name they are kept under (F100). `missing` decides rules that ask
    (``{"images:0": "without"}``). `health_reason` lets health data leave on ordinary addresses, this once (P13).
    `health_files` says of files that a person added whether they hold health data.
    """

    signature: str | None = None
    options: Options = field(default_factory=Options)
    attachments: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    health_reason: str = ""
    health_files: Mapping[str, bool] = field(default_factory=dict)


def signature_name(template: Template, account: Account, choices: Choices | None = None) -> tuple[str, str]:
    """Return the name of the signature that counts, ``""`` for none, and who says so: mailing, template or account."""
    said = (
        ("mailing", choices.signature if choices else None),
        ("template", template.signature),
        ("account", account.signature or None),
    )
    for level, name in said:
        if name is not None and name != "":
            return ("" if name == NO_SIGNATURE else name), level
    return "", "usual"


def options_of(template: Template, account: Account, choices: Choices | None = None) -> dict[str, EffectiveOption]:
    """Return each option as it counts for a mailing, and who says so."""
    return effective_options(
        ("account", account.options),
        ("template", template.options),
        ("mailing", choices.options if choices else Options()),
    )


def chosen_before(
    head: Letterhead, template: Template, account: Account, signatures: Mapping[str, Signature]
) -> Choices:
    """Return what was chosen for a mailing that this letterhead dressed, where it is not what counts without a word.

    A signature that is called so no more is left to the email type.
    """
    usual, _level = signature_name(template, account)
    called = signatures[usual].label if usual in signatures else ""
    signature = None
    if head.signature_label != called:
        names = [name for name, one in signatures.items() if one.label == head.signature_label]
        signature = next(iter(names), None) if head.signature_label else NO_SIGNATURE
    counts = options_of(template, account)
    said = {name: getattr(head, name) for name in ("read_receipt", "keep_messages", "keep_attachments")}
    return Choices(
        signature=signature,
        options=Options(**{name: value for name, value in said.items() if value != counts[name].value}),
    )


def plain_letterhead(template: Template, account: Account) -> Letterhead:
    """Return what an account alone dresses a message with, as all were before letterheads were kept."""
    return Letterhead(
        sender_email=account.email,
        sender_name=account.display_name,
        reply_to=template.reply_to or account.reply_to or "",
        builder=BUILDER_VERSION,
    )


def letterhead_of(
    template: Template, account: Account, choices: Choices, *, signature_called: Callable[[str], Signature]
) -> Letterhead:
    """Return what dresses the messages of a mailing, as it is frozen at confirmation (P7).

    Raises
    ------
    UnknownSignature
        When the signature that counts is not there.
    """
    name, _level = signature_name(template, account, choices)
    signature = signature_called(name) if name else None
    options = options_of(template, account, choices)
    return Letterhead(
        sender_email=account.email,
        sender_name=account.display_name,
        reply_to=template.reply_to or account.reply_to or "",
        signature_label=signature.label if signature else "",
        signature=signature.html if signature else "",
        pictures=signature.pictures if signature else (),
        read_receipt=options["read_receipt"].value,
        keep_messages=options["keep_messages"].value,
        keep_attachments=options["keep_attachments"].value,
        builder=BUILDER_VERSION,
    )
