"""Read the practice's own field syntax, ``@CODE``, and turn it into Jinja2.

The rules, in one place (DESIGN 5, F79–F82):

* After an ``@`` stands the whole run of ``A–Z 0–9 _``; when that run is a known code it is the field. ``@PNOM@PPRENOM``
  is two fields, ``@PNOMs`` the field and an « s », ``@PNOMS`` is unknown.
* An ``@`` after a word character (a letter of any alphabet, a digit, ``_``, or ``. + -`` after one) and before a dotted
  domain is an e-mail address: ``contact@CABINET.fr`` and ``x@PNOM.fr`` are not fields. A field just before the ``@``
  is no word character. Without a dotted domain it is a field: ``Bonjour@PNOM.``
* Inside ``{{ }}``, ``{% %}`` and ``{# #}`` nothing is read: there a field is a flat name, ``{{ PNOM }}``.
* Visual editors write ``&gt;`` or ``&amp;`` inside ``{{ }}`` and ``{% %}`` of HTML; those are taken back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding, Severity
from workbench.language import _
from workbench.merging.entities import unescaped

_STRINGS = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
JINJA = re.compile(
    rf"\{{\{{(?:{_STRINGS}|[^\"'}}]|\}}(?!\}}))*\}}\}}"
    rf"|\{{%(?:{_STRINGS}|[^\"'%]|%(?!\}}))*%\}}"
    r"|\{#.*?#\}",
    re.DOTALL,
)
"""One whole Jinja2 tag: expression, statement or comment; closing signs inside its strings do not end it."""

LITERAL_BRACE = "{{ '{' }}"
"""What prints one brace that would otherwise be read as the beginning of a tag."""

_STRING_OR_CODE = re.compile(rf"{_STRINGS}|(?<![\w.])[A-Z][A-Z0-9_]+(?!\w)")
_AT = re.compile(r"@([A-Z0-9_]+)")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]*")
_BEFORE = re.compile(r"[^\W][.+-]*\Z")
_LONGEST_LABEL = 100  # characters
_ANY_CASE = re.compile(r"(?<![\w.@])@([A-Za-z][A-Za-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class CodeFound:
    """One ``@CODE`` in a text: where it stands, and whether the catalogue knows it."""

    start: int
    end: int
    code: str
    known: bool


def find_codes(text: str, known: Callable[[str], bool]) -> Iterator[CodeFound]:
    """Yield every ``@CODE`` of a text that holds no Jinja2, in order; addresses are passed over."""
    after_field = -1
    for match in _AT.finditer(text):
        code = match[1]
        if match.start() != after_field and _is_address(text, match.start()):
            continue
        if known(code):
            after_field = match.end()
            yield CodeFound(match.start(), match.end(), code, True)
        elif _looks_meant(text, match):
            yield CodeFound(match.start(), match.end(), code, False)


def _is_address(text: str, at: int) -> bool:
    return _BEFORE.search(text, max(0, at - 64), at) is not None and _DOMAIN.match(text, at + 1) is not None


def _looks_meant(text: str, match: re.Match[str]) -> bool:
    # « @C » or the « @Cabinet » of a social network was not meant as a field; « @PNOMS » was.
    following = text[match.end() : match.end() + 1]
    return len(match[1]) > 1 and not following.islower() and not match[1].isdigit()


def compile_codes(text: str, catalogue: Catalogue, *, in_html: bool = False) -> tuple[str, list[Finding]]:
    """Return the text with every ``@CODE`` as Jinja2, and a finding for each code that nobody knows.

    Line ends are kept, so a line of the result is a line of the text. The main code stands for an alias, in the open
    and inside the tags of Jinja2.
    """
    parts: list[str] = []
    findings: list[Finding] = []
    end = 0
    for tag in [*JINJA.finditer(text), None]:
        literal = text[end : tag.start() if tag else len(text)]
        first_line = text.count("\n", 0, end) + 1
        parts.append(_compiled_literal(literal, catalogue, first_line, findings))
        if tag:
            source = tag[0]
            source = unescaped(source) if in_html and "&" in source and source[1] != "#" else source
            parts.append(_with_main_codes(source, catalogue))
            end = tag.end()
    return "".join(parts), findings


def _with_main_codes(tag: str, catalogue: Catalogue) -> str:
    """Return a tag with the main code in the place of each alias: a merged row has a value by main codes alone."""
    if tag.startswith("{#"):
        return tag

    def main_code(found: re.Match[str]) -> str:
        word = found[0]
        return catalogue[word].code if word in catalogue else word

    return _STRING_OR_CODE.sub(main_code, tag)


def _compiled_literal(text: str, catalogue: Catalogue, first_line: int, findings: list[Finding]) -> str:
    parts: list[str] = []
    end = 0
    for found in find_codes(text, catalogue.__contains__):
        if found.known:
            before = text[end : found.start]
            if before.endswith("{"):  # « {@PNOM} »: three braces in a row would be read otherwise
                before = before[:-1] + LITERAL_BRACE
            parts += [before, "{{ ", catalogue[found.code].code, " }}"]
            end = found.end
        else:
            line = first_line + text.count("\n", 0, found.start)
            findings.append(unknown_code(found.code, catalogue, line=line))
    parts.append(text[end:])
    for match in _ANY_CASE.finditer(text):
        code = match[1].upper()
        if code == match[1] or _DOMAIN.match(text, match.start(1)) is not None:
            continue
        following = unescaped(text[match.start(1) : match.start(1) + _LONGEST_LABEL])
        meant = catalogue.labelled(following)
        if meant is None and code not in catalogue:
            continue
        line = first_line + text.count("\n", 0, match.start())
        near = meant.code if meant is not None else "" if catalogue.begins_label(following) else code
        findings.append(_small_letters(match[1], near, line=line))
    return "".join(parts)


def unknown_code(code: str, catalogue: Catalogue, *, line: int | None = None) -> Finding:
    """Return the finding about a code that the catalogue does not know, with the nearest one it does."""
    near = catalogue.suggestion(code)
    if near:
        message = _("Line {line}: there is no merge field @{code}. Did you mean @{near}?")
    else:
        message = _("Line {line}: there is no merge field @{code}.")
    return Finding(
        code=f"unknown_field:@{code}",
        severity=Severity.ERROR,
        message=message.format(line=line or 1, code=code, near=near),
        line=line,
    )


def _small_letters(written: str, code: str, *, line: int) -> Finding:
    if code:
        message = _("Line {line}: @{written} is plain text. Merge fields are in capitals: @{code}.")
    else:
        message = _("Line {line}: @{written} is plain text. Type @ and choose the merge field in the list.")
    return Finding(
        code=f"unknown_field:@{written}",
        severity=Severity.WARNING,
        message=message.format(line=line, written=written, code=code),
        line=line,
    )
