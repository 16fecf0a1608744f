"""Find the images that the HTML of an email type or a signature shows, where they stand and what they say of them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding, Severity
from workbench.domain.pictures import PICTURE_FORMAT
from workbench.language import _
from workbench.merging.entities import unescaped
from workbench.merging.syntax import JINJA

_IMG = re.compile(r"<img(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([^\s/>=\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_CODE = re.compile(r"@[A-Z][A-Z0-9_]{2,}")
_BUT_LINE_ENDS = re.compile(r"[^\n]")
_MASK = "\x00"
"""Stands for each character of a Jinja2 tag: no attribute ends inside one."""


@dataclass(frozen=True, slots=True)
class ShownImage:
    """An ``<img>`` as it is written: its `source`, and whether the address that is looked at is known already.

    `start` and `end` are where the value of ``src`` stands in the HTML, without its quotes. `alternative` is what is
    read where the image is not shown, ``None`` where nothing is said. `merged` tells that a field or a condition
    stands in the address.
    """

    source: str
    start: int
    end: int
    alternative: str | None
    merged: bool
    line: int


def shown_images(source: str) -> list[ShownImage]:
    """Return the images with a ``src``, in their order; those in a comment for some mail programs too."""
    masked = JINJA.sub(lambda tag: _BUT_LINE_ENDS.sub(_MASK, tag[0]), source.replace(_MASK, " "))
    found: list[ShownImage] = []
    place, line = 0, 1
    while tag := _IMG.search(masked, place):
        line += masked.count("\n", place, tag.start())
        attributes, place = _attributes(masked, tag.end())
        if "src" not in attributes:
            line += masked.count("\n", tag.start(), place)
            continue
        start, end = attributes["src"]
        alternative = attributes.get("alt")
        found.append(
            ShownImage(
                source=unescaped(source[start:end]).strip(),
                start=start,
                end=end,
                alternative=None if alternative is None else unescaped(source[slice(*alternative)]),
                merged=_MASK in masked[start:end] or _CODE.search(masked, start, end) is not None,
                line=line,
            )
        )
        line += masked.count("\n", tag.start(), place)
    return found


def with_sources(source: str, changed: Callable[[ShownImage], str | None]) -> str:
    """Return the HTML with other addresses of its images; `changed` says which, or nothing where one stays."""
    pieces: list[str] = []
    place = 0
    for image in shown_images(source):
        address = changed(image)
        if address is not None:
            bare = source[image.start - 1] not in "\"'"
            shown = html.escape(address)
            pieces += [source[place : image.start], f'"{shown}"' if bare else shown]
            place = image.end
    return "".join([*pieces, source[place:]])


def misplaced_pictures(source: str, codes: Iterable[str], catalogue: Catalogue, *, in_html: bool) -> list[Finding]:
    """Return a finding for each field of an image that stands elsewhere than as the whole address of an ``<img>``.

    `source` is a part of a template as `syntax.compile_codes` gives it, `codes` are the fields that it uses. Anywhere
    else a reader would see the address itself.
    """
    pictures = sorted({code for code in codes if code in catalogue and catalogue[code].format == PICTURE_FORMAT})
    if not pictures:
        return []
    names = re.compile(rf"\b({'|'.join(pictures)})\b")
    shown = shown_images(source) if in_html else []
    # An address that is one expression and nothing else.
    wholes = [(image.start, image.end) for image in shown if JINJA.fullmatch(source[image.start : image.end].strip())]
    findings = []
    for tag in JINJA.finditer(source):
        used = names.search(tag[0]) if tag[0].startswith("{{") else None
        if used and not any(start <= tag.start() and tag.end() <= end for start, end in wholes):
            line = source.count("\n", 0, tag.start()) + 1
            findings.append(_misplaced(used[1], line))
    return findings


def _misplaced(code: str, line: int) -> Finding:
    return Finding(
        code=f"misplaced_picture:@{code}",
        severity=Severity.ERROR,
        message=_(
            'Line {line}: @{code} is an image, which the message itself alone can show: <img src="@{code}" alt="…">, '
            "with words for whoever does not see it."
        ).format(line=line, code=code),
        line=line,
    )


def _attributes(masked: str, place: int) -> tuple[dict[str, tuple[int, int]], int]:
    """Return where the values of a tag's attributes stand, the first of each name, and where the tag ends.

    `place` is behind the tag's name.
    """
    found: dict[str, tuple[int, int]] = {}
    while place < len(masked) and masked[place] != ">":
        attribute = _ATTRIBUTE.match(masked, place)
        if attribute is None:
            place += 1
            continue
        group = next((number for number in (2, 3, 4) if attribute[number] is not None), None)
        if group is not None:
            found.setdefault(attribute[1].lower(), attribute.span(group))
        place = attribute.end()
    return found, place
