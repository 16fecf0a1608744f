"""Find what is left of another program in the text of an email type: codes that stand there as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding, Severity
from workbench.domain.templates import Template
from workbench.language import _
from workbench.merging.foreign.families import FAMILIES
from workbench.merging.foreign.segments import Cut, segments, shown_text
from workbench.merging.foreign.tokens import Family, Token, TokenKind
from workbench.merging.syntax import LITERAL_BRACE

_KEPT_CODE = re.compile(r"&#64;([A-Z][A-Z0-9_]+)(?![a-z])")
_MOST_FINDINGS = 200


def left_over(template: Template, catalogue: Catalogue) -> list[Finding]:
    """Return a finding for each code of another program that still stands in an email type's text, as plain text.

    « @PNOM@PPRENOM » is two fields of ours, whatever another program would read in it.
    """
    findings: list[Finding] = []
    line = 1
    for cut, text in segments(template.html):
        if cut is Cut.TEXT:
            for token, family, at in _codes_as_text(text):
                if token.written.startswith("@") and token.name in catalogue and family.name != "codes":
                    continue
                sentence = _("Line {line}: « {code} » is a code of {program} and stays as it is written.")
                findings.append(
                    Finding(
                        code=f"foreign_code:{token.written}",
                        severity=Severity.WARNING,
                        message=sentence.format(line=line + at, code=token.written, program=family.program),
                        line=line + at,
                    )
                )
        line += text.count("\n")
        if len(findings) > _MOST_FINDINGS:
            break
    return findings


def _codes_as_text(text: str) -> Iterator[tuple[Token, Family, int]]:
    """Yield the codes that a piece of HTML shows as text, each with the lines before it; live ones are passed over."""
    plain = shown_text(text)
    for family in FAMILIES.values():
        for token in family.find(plain, False):
            live = plain.startswith("{{", token.start) and LITERAL_BRACE not in text
            if token.kind is TokenKind.CODE and token.telling and not live:
                yield token, family, plain.count("\n", 0, token.start)
    for found in _KEPT_CODE.finditer(text):  # what a conversion kept is written so; an « @ » that was typed is not
        token = Token(start=found.start(), end=found.end(), kind=TokenKind.CODE, written=f"@{found[1]}", name=found[1])
        yield token, FAMILIES["codes"], text.count("\n", 0, found.start())
