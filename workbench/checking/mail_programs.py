"""Look up which mail programs do not show the HTML and CSS of a message, by the data of caniemail.com."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from workbench.checking.markup import Markup
from workbench.checking.remarks import warning
from workbench.domain.mailings import Finding
from workbench.language import _

_UNSUPPORTED = "n"
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BODY = re.compile(r"\{([^{}]*)\}")
_BEFORE_SELECTOR = re.compile(r"[{};]")
_FUNCTION = re.compile(r"([a-z][a-z-]*)\(")
_UNIT = re.compile(r"(?<![\w#.-])-?(?:\d+\.?\d*|\.\d+)([a-z]{1,4})(?![\w-])")
_PSEUDO = re.compile(r"::?[a-z-]+")
_ELEMENT = re.compile(r"<([a-z][a-z0-9]*)> element")
_ATTRIBUTE = re.compile(r"([a-z-]+) attribute")
_PROPERTY = re.compile(r"([a-z-]+)(?: property| shorthand| CSS property)?")
_STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'|url\([^)]{0,500}\)")
_KINDS = ("element", "attribute", "property", "value", "function", "selector")


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that one may write in a message, and the mail programs that do not show it."""

    title: str
    unsupported: tuple[str, ...]


@cache
def _features() -> Mapping[tuple[str, str], Feature]:
    """Return, by what is written (``("property", "float")``), the features that some mail program lacks."""
    built = files("workbench.checking") / "static" / "mail_programs.json"
    if not built.is_file():
        return {}
    shown = json.loads(built.read_text(encoding="utf-8"))
    told = tomllib.loads((files("workbench.checking") / "mail_programs.toml").read_text(encoding="utf-8"))
    harmless = frozenset(told["harmless"]["features"])
    found: dict[tuple[str, str], Feature] = {}
    for place, feature in enumerate(shown["features"]):
        lacking = tuple(
            program["name"]
            for program in told["programs"]
            if any(shown["programs"].get(name, "")[place : place + 1] == _UNSUPPORTED for name in program["read_as"])
        )
        if lacking and feature["slug"] not in harmless:
            written = told["written"].get(feature["slug"])
            keys = _from_title(feature) if written is None else _listed(written)
            found |= dict.fromkeys(keys, Feature(feature["title"].strip(), lacking))
    return found


def _listed(written: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [(kind, name) for kind in _KINDS for name in written.get(kind, ())]


def _from_title(feature: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what is written for a feature, which its title tells: « float », « <video> element », « vh unit »."""
    title, slug = feature["title"].strip(), feature["slug"]
    if feature["category"] == "html":
        if found := _ELEMENT.fullmatch(title):
            return [("element", found[1])]
        return [("attribute", found[1])] if (found := _ATTRIBUTE.fullmatch(title)) else []
    if feature["category"] != "css":
        return []
    if slug.startswith("css-unit-"):
        return [("unit", title.removesuffix(" unit"))] if title.endswith(" unit") else []
    if slug.startswith("css-pseudo-"):
        return [("selector", title.removesuffix("()").strip())] if title.startswith(":") else []
    if title.endswith("()"):
        return [("function", name.strip().removesuffix("()")) for name in title.split(",")]
    if re.fullmatch(r"[a-z-]+:\s*[a-z-]+", title):
        return [("value", title.replace(" ", ""))]
    names = [_PROPERTY.fullmatch(part.strip()) for part in re.split(r",|&", title)]
    return [("property", name[1]) for name in names if name] if all(names) else []


def check_mail_programs(author: Markup, merged: Iterable[Markup], dropped: Iterable[str]) -> list[Finding]:
    """Return one finding for each thing that is written and that some mail programs do not show.

    Parameters
    ----------
    author
        What was written: elements, attributes and styles, whichever patient they are for.
    merged
        Messages as they leave: the style sheets in which stands what could not be written into the elements.
    dropped
        Tags that are left out of every message, which is told already.
    """
    features = _features()
    if not features:
        return [
            warning(
                "mail_programs_unknown",
                _(
                    "What mail programs show was not checked: a file of the installation is missing. Install the "
                    "workbench anew."
                ),
            )
        ]
    used: dict[tuple[str, str], int | None] = {}
    for key, written_in in _of_author(author, frozenset(dropped)):
        used.setdefault(key, written_in)
    for markup in merged:
        for selector in _selectors(markup):
            used.setdefault(("selector", selector), None)
    told: dict[Feature, tuple[tuple[str, str], int | None]] = {}
    for key, line in used.items():
        if key in features:
            told.setdefault(features[key], (key, line))
    return [_finding(feature, key, line) for feature, (key, line) in told.items()]


def _finding(feature: Feature, key: tuple[str, str], line: int | None) -> Finding:
    kind, name = key
    written = {"element": f"<{name}>", "function": f"{name}()", "selector": feature.title}.get(kind, name)
    sentence = (
        _("« {feature} » is not shown by {programs}; see that the message does without it, or write it otherwise.")
        if line is None
        else _(
            "Line {line}: « {feature} » is not shown by {programs}; see that the message does without it, or write it "
            "otherwise."
        )
    )
    told = sentence.format(line=line, feature=written, programs=", ".join(feature.unsupported))
    return warning(f"mail_program:{written}", told, line=line)


def _of_author(author: Markup, dropped: frozenset[str]) -> Iterable[tuple[tuple[str, str], int]]:
    seen: set[str] = set()
    for element in author.elements:
        if f"<{element.tag}>" in dropped:
            continue
        yield ("element", element.tag), element.line
        for name, value in element.attributes.items():
            yield ("attribute", name), element.line
            if name == "style" and value not in seen:
                seen.add(value)
                for key in _of_declarations(value):
                    yield key, element.line
    for sheet, line in author.sheets:
        text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), sheet)
        place = 0
        for body in _BODY.finditer(text):
            line += text.count("\n", place, body.start())
            place = body.start()
            for number, written in enumerate(body[1].split("\n")):
                for key in _of_declarations(written):
                    yield key, line + number


def _of_declarations(style: str) -> Iterable[tuple[str, str]]:
    for declaration in style.lower().split(";"):
        name, colon, value = (part.strip() for part in declaration.partition(":"))
        if not colon or not name or name.startswith("mso-"):
            continue
        value = value.replace("!important", "").strip()
        yield "property", name
        yield "value", f"{name}:{value}"
        plain = _STRINGS.sub(" ", value)
        for function in _FUNCTION.findall(plain):
            yield "function", function
        for unit in _UNIT.findall(plain):
            yield "unit", unit


def _selectors(markup: Markup) -> set[str]:
    """Return the signs and pseudo-classes of the style sheets of a merged message."""
    found: set[str] = set()
    for sheet, _line in markup.sheets:
        text = _COMMENT.sub("", sheet).lower()
        place = 0
        for body in _BODY.finditer(text):
            selector = _BEFORE_SELECTOR.split(text[place : body.start()])[-1]
            found |= set(_PSEUDO.findall(selector)) | {sign for sign in "[>+~" if sign in selector}
            place = body.end()
    return found
