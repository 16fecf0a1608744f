"""Look whether what an email type names exists: its account, its signature, its files, the words of its rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workbench.checking.remarks import error, warning
from workbench.domain.attached import ImageRule
from workbench.domain.fields import folded
from workbench.domain.mailings import Finding
from workbench.domain.signatures import NO_SIGNATURE
from workbench.domain.templates import Template
from workbench.language import _

DOCUMENT_KINDS = ("invoice", "quote", "prescription")
"""What a rule may ask of a patient's file (`domain.attached.DocumentRule`)."""


def nothing_beside(_name: str) -> bool:
    """Tell of no file: an email type that is kept has none beside it."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What there is that an email type may name; ``None`` where no practice is open that could tell.

    `files` are the attachments and pictures it names that are there, with their bytes; `album` the practice's own
    words for its images by ``kind``, ``stage`` and ``view``. `health_words` are the practice's own; `is_beside` tells
    whether a file of some name is beside the template file.
    """

    accounts: frozenset[str] | None = None
    signatures: frozenset[str] | None = None
    templates: Mapping[str, Template] | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    album: Mapping[str, frozenset[str]] = field(default_factory=dict)
    health_words: tuple[str, ...] = ()
    is_beside: Callable[[str], bool] = nothing_beside


def check_settings(template: Template, there: Surroundings) -> list[Finding]:
    """Return what an email type names and the practice does not have."""
    findings: list[Finding] = []
    if template.account and there.accounts is not None and template.account not in there.accounts:
        sentence = _("There is no account « {name} »; add it, or take the line « account » away.")
        findings.append(error("unknown_account", sentence.format(name=template.account)))
    named = template.signature if template.signature != NO_SIGNATURE else None
    if named and there.signatures is not None and named not in there.signatures:
        sentence = _("There is no signature « {name} »; import it, or take the line « signature » away.")
        findings.append(error("unknown_signature", sentence.format(name=named)))
    if template.variant_of and there.templates is not None:
        findings += _about_variant(template, there.templates)
    for kept in (*template.attachments, *template.pictures):
        if kept not in there.files:
            sentence = _("The file « {name} » is gone or was changed; import the email type again, with it beside.")
            findings.append(error("missing_file", sentence.format(name=kept.rpartition("/")[2])))
    for rule in template.documents:
        if rule.kind not in DOCUMENT_KINDS:
            sentence = _("There is no kind of document « {name} »; there are: {known}.")
            told = sentence.format(name=rule.kind, known=", ".join(DOCUMENT_KINDS))
            findings.append(error(f"unknown_document:{rule.kind}", told))
    for image in template.images:
        findings += _about_image(image, there.album)
    return findings


def _about_variant(template: Template, templates: Mapping[str, Template]) -> list[Finding]:
    main = templates.get(template.variant_of)
    if main is None:
        sentence = _("It writes « {path} » in another language, and there is no such email type.")
        return [error("unknown_main", sentence.format(path=template.variant_of))]
    if main.variant_of:
        sentence = _("It writes « {path} » in another language, which is itself such a translation; name the first.")
        return [error("variant_of_variant", sentence.format(path=template.variant_of))]
    if main.language == template.language:
        sentence = _("It is written in the language of « {path} », whose translation it is; say which it is in.")
        return [warning("variant_in_same_language", sentence.format(path=template.variant_of))]
    return []


def _about_image(rule: ImageRule, album: Mapping[str, frozenset[str]]) -> list[Finding]:
    findings: list[Finding] = []
    for name in ("kind", "stage", "view"):
        asked, known = str(getattr(rule, name)), album.get(name, frozenset())
        if asked and known and folded(asked) not in {folded(word) for word in known}:
            sentence = _("No image of the practice is « {word} » ({setting}); there are: {known}.")
            told = sentence.format(word=asked, setting=name, known=", ".join(sorted(known)[:12]))
            findings.append(warning(f"unknown_image_word:{asked}", told))
    return findings
