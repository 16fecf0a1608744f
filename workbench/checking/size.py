"""Look at what a message weighs: what Gmail cuts off, what a mailbox refuses, what is left of it as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from workbench.checking.markup import VALUE, Markup
from workbench.checking.remarks import error, warning
from workbench.checking.sample_patients import sample_name
from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.language import _
from workbench.merging.syntax import JINJA, compile_codes

LARGEST_SHOWN = 102 * 1024
"""Bytes of HTML behind which Gmail writes « message clipped » and shows no more."""

LARGEST_MESSAGE = 10 * 1024 * 1024
"""Bytes of a whole message that every mailbox takes; some refuse more."""

MOST_WRITTEN = 300_000
"""Characters of an email type that is looked through at all: three times what Gmail shows."""

MOST_MERGED, MOST_TAGS = 2_000, 20_000
"""Fields and conditions, and tags, of an email type that is looked through at all."""

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def too_much(template: Template) -> list[Finding]:
    """Return one finding when an email type is so large that it is not even looked through, else nothing."""
    texts = (template.subject, template.html, template.text or "")
    written = sum(map(len, texts))
    merged = sum(text.count(sign) for text in texts for sign in ("@", "{{", "{%"))
    tags = template.html.count("<")
    if written <= MOST_WRITTEN and merged <= MOST_MERGED and tags <= MOST_TAGS:
        return []
    sentence = _(
        "It has {written} characters, {merged} fields and conditions, {tags} tags: no mail program shows so much, and "
        "it was not looked through further. Shorten it: {most} characters are far too many already."
    )
    told = sentence.format(written=written, merged=merged, tags=tags, most=MOST_WRITTEN)
    return [error("too_much", told)]


def check_size(rendered: Mapping[str, Rendered], files: Iterable[int]) -> list[Finding]:
    """Return what is too large: the HTML of the largest message, and all of it with its files (bytes of each)."""
    findings: list[Finding] = []
    html = max((len(message.html.encode()) for message in rendered.values()), default=0)
    if html > LARGEST_SHOWN:
        findings.append(
            warning(
                "clipped_by_gmail",
                _(
                    "The text has {size} KB of HTML: beyond {most} KB Gmail cuts a message off. Shorten it, or take "
                    "away what a text processor left in it."
                ).format(size=html // 1024, most=LARGEST_SHOWN // 1024),
            )
        )
    whole = html + sum(size * 4 // 3 for size in files)  # as they travel: three bytes are four letters
    if whole > LARGEST_MESSAGE:
        findings.append(
            warning(
                "heavy_message",
                _(
                    "Each message weighs {size} MB with its files: beyond {most} MB some mailboxes refuse it. Make the "
                    "pictures smaller, or give a link."
                ).format(size=round(whole / 1024 / 1024), most=LARGEST_MESSAGE // 1024 // 1024),
            )
        )
    return findings


def check_text_part(
    template: Template, rendered: Mapping[str, Rendered], author: Markup, catalogue: Catalogue
) -> list[Finding]:
    """Return what the text part lacks: all of it, or fields and links that the HTML has."""
    findings: list[Finding] = []
    if any(message.html.strip() for message in rendered.values()):
        empty = [name for name, message in rendered.items() if not message.text.strip()]
        if empty:
            sentence = _(
                "With {sample}: the message has no text for whoever reads without pictures. Write in letters what the "
                "picture says."
            )
            findings.append(warning("empty_text", sentence.format(sample=sample_name(empty[0])), sample=empty[0]))
    if template.text is None or not template.text.strip():
        return findings
    lacking = sorted(_fields(template.html, catalogue) - _fields(template.text, catalogue))
    if lacking:
        codes = ", ".join(f"@{code}" for code in lacking)
        sentence = _("Text part. It lacks {codes}, which the HTML has: whoever reads the text alone does not learn it.")
        findings.append(warning("text_without_fields", sentence.format(codes=codes)))
    links = {link.attributes.get("href", "").strip() for link in author.named("a")}
    missing = sorted(
        one for one in links if one.startswith("https://") and VALUE not in one and one not in template.text
    )
    if missing:
        sentence = _("Text part. It lacks the link {link}, which the HTML has.")
        findings.append(warning("text_without_link", sentence.format(link=missing[0][:120])))
    return findings


def _fields(text: str, catalogue: Catalogue) -> set[str]:
    """Return the catalogue's fields that a text shows; what it only asks about is not among them."""
    shown = (tag for tag in JINJA.findall(compile_codes(text, catalogue)[0]) if tag.startswith("{{"))
    return {catalogue[name].code for tag in shown for name in _NAME.findall(tag) if name in catalogue}
