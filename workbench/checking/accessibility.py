"""Look through what not everybody can read: small or pale letters, headings out of order, no language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.checking.markup import VALUE, Markup, declarations
from workbench.checking.remarks import warning
from workbench.domain.mailings import Finding
from workbench.language import _

SMALLEST = 12.0
"""Pixels of the smallest letters that are read without glasses on a telephone."""

_LEAST_CONTRAST, _LEAST_OF_LARGE = 4.5, 3.0  # WCAG 2.2, 1.4.3
_LARGE, _LARGE_BOLD = 24.0, 18.66
_NAMED = {
    "black": (0, 0, 0), "white": (255, 255, 255), "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255),
    "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192), "yellow": (255, 255, 0),
    "navy": (0, 0, 128), "maroon": (128, 0, 0), "teal": (0, 128, 128), "orange": (255, 165, 0),
    "lightgray": (211, 211, 211), "lightgrey": (211, 211, 211), "darkgray": (169, 169, 169), "pink": (255, 192, 203),
}  # fmt: skip
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b")
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")
_SIZE = re.compile(r"(\d{1,4}(?:\.\d+)?)(px|pt|em|rem|%)?")
_BEGINNING = 16  # characters by which a merged text is found again in the author's
_MOST = 50  # findings that are looked for: a text that is pale throughout is told of in a few
_HIDDEN = re.compile(r"display:none|visibility:hidden|mso-hide:all|max-height:0(?![.\d])")

Colour = tuple[int, int, int]


def check_author(author: Markup) -> list[Finding]:
    """Return what is to be said of an author's text as it is written: its language, its headings."""
    findings: list[Finding] = []
    for page in author.named("html")[:1]:
        if not page.attributes.get("lang", "").strip():
            sentence = _('Line {line}: say the language, <html lang="fr">: it is read aloud in it to whoever listens.')
            findings.append(warning("no_language", sentence.format(line=page.line), line=page.line))
    depth = 0
    for heading in author.named("h1", "h2", "h3", "h4", "h5", "h6"):
        level = int(heading.tag[1])
        if depth and level > depth + 1:
            sentence = _("Line {line}: <{tag}> follows <h{depth}>; headings go down one step at a time.")
            told = sentence.format(line=heading.line, tag=heading.tag, depth=depth)
            findings.append(warning("heading_order", told, line=heading.line))
        depth = level
    return findings


@dataclass(frozen=True, slots=True)
class _Looks:
    """How the text of an element is seen; a ground that is a picture is unknown."""

    ink: Colour = (0, 0, 0)
    ground: Colour | None = (255, 255, 255)
    size: float = 16.0
    bold: bool = False
    hidden: bool = False


def check_merged(merged: Markup, author: Markup) -> list[Finding]:
    """Return what is to be said of a merged message, its styles inlined: pale letters, small ones.

    `author` is where a line is looked for.
    """
    looks: list[_Looks] = []
    for element in merged.elements:
        around = looks[element.outside] if element.outside >= 0 else _Looks()
        looks.append(_within(around, element.tag, element.attributes))
    findings: list[Finding] = []
    lines = _beginnings(author)
    for words in merged.words:
        if len(findings) >= _MOST:
            break
        seen = looks[words.inside] if words.inside >= 0 else _Looks()
        said = " ".join(words.text.split())
        if seen.hidden or not any(sign.isalnum() for sign in said):
            continue
        short = said if len(said) <= 40 else f"{said[:39]}…"
        if 0 < seen.size < SMALLEST:
            sentence = _("The letters of « {text} » are {size} pixels high; below {least} few can read them.")
            told = sentence.format(text=short, size=f"{seen.size:g}", least=f"{SMALLEST:g}")
            findings.append(warning("small_text", told, line=_line_of(said, lines)))
        ratio = contrast(seen.ink, seen.ground) if seen.ground is not None and seen.size > 0 else 99.0
        large = seen.size >= (_LARGE_BOLD if seen.bold else _LARGE)
        if ratio < (_LEAST_OF_LARGE if large else _LEAST_CONTRAST):
            sentence = _(
                "« {text} » stands out too little from its ground ({ratio} to 1; {least} is the least): darken the "
                "letters or lighten the ground."
            )
            least = _LEAST_OF_LARGE if large else _LEAST_CONTRAST
            told = sentence.format(text=short, ratio=f"{ratio:.1f}", least=f"{least:g}")
            findings.append(warning("low_contrast", told, line=_line_of(said, lines)))
    return findings


def _within(around: _Looks, tag: str, attributes: dict[str, str]) -> _Looks:
    said = declarations(attributes.get("style", ""))
    ink, ground, size, bold = around.ink, around.ground, around.size, around.bold
    if tag == "a" and "href" in attributes:
        ink = (0, 0, 238)
    if tag in ("b", "strong", "th", "h1", "h2", "h3"):
        bold = True
    size = {"h1": 32.0, "h2": 24.0, "h3": 18.7, "small": 13.3}.get(tag, size)
    if tag == "font" and (named := colour(attributes.get("color", ""))):
        ink = named
    if named := colour(attributes.get("bgcolor", "")):
        ground = named
    if "color" in said:
        ink = colour(said["color"]) or ink
    for name in ("background", "background-color"):
        if name in said:
            painted = colour(said[name])
            ground = painted if painted is not None else (ground if _is_clear(said[name]) else None)
    if ("background-image" in said and said["background-image"] != "none") or attributes.get("background"):
        ground = None
    if "font-size" in said:
        size = _pixels(said["font-size"], around.size)
    if weight := said.get("font-weight"):
        bold = weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 600)
    squeezed = ";".join(f"{name}:{value}" for name, value in said.items()).replace(" ", "")
    hidden = around.hidden or "hidden" in attributes or _HIDDEN.search(squeezed) is not None
    return replace(around, ink=ink, ground=ground, size=size, bold=bold, hidden=hidden)


def _is_clear(value: str) -> bool:
    return value in ("none", "transparent", "inherit", "initial", "unset", "")


def _pixels(text: str, around: float) -> float:
    found = _SIZE.match(text)
    if found is None:
        return {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0}.get(text, around)
    number, unit = float(found[1]), found[2]
    return number * {"pt": 4 / 3, "em": around, "rem": 16.0, "%": around / 100}.get(unit or "px", 1.0)


def colour(text: str) -> Colour | None:
    """Return the colour that a value of CSS names, or nothing where it is none that is known.

    Examples
    --------
    >>> from workbench.checking.accessibility import colour
    >>> colour("#fff url(x)"), colour("rgb(1, 2, 3)"), colour("hsl(1 2% 3%)")
    ((255, 255, 255), (1, 2, 3), None)
    """
    text = text.strip().lower()
    if found := _HEX.match(text):
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _RGB.match(text):
        red, green, blue = (min(255, int(part)) for part in found.groups())
        return red, green, blue
    return _NAMED.get(text.partition(" ")[0])


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours as WCAG counts it: 1 (the same) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _line_of(said: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of the author's text that begins as a merged one does; before its first value, that is."""
    known = (lines.get(said[:length].rstrip()) for length in range(_BEGINNING, 2, -1))
    return next((line for line in known if line is not None), None)


def _beginnings(author: Markup) -> dict[str, int]:
    """Return the line of each text of an author, by how it begins before anything is merged into it."""
    lines: dict[str, int] = {}
    for words in author.words:
        written = " ".join(words.text.partition(VALUE)[0].split())
        if written:
            lines.setdefault(written[:_BEGINNING].rstrip(), words.line)
    return lines
