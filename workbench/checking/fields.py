"""Look at where fields stand: glued to one another, or leaving a hole in the sentence when they have no value."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench.checking.remarks import warning
from workbench.checking.sample_patients import sample_name
from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.language import _
from workbench.merging.render import part_name
from workbench.merging.syntax import compile_codes

_TOUCHING = re.compile(r"(?:(?<=\}\})|(?<=\w))\{\{ ([A-Z][A-Z0-9_]*) \}\}")
_MEANT_TO_TOUCH = frozenset({"agreement"})
"""Formats of fields that end a word: « né@PACCORD »."""

_HOLES = re.compile(
    r"\(\s*\)|«\s*»|\"\s*\"|[ \u00a0],|,\s*,|\.\s+\.(?!\.)"
    r"|\b(?:Bonjour|Cher|Chère|Dear|Hello),? *(?=[.;:!?])"
    r"|\b(?:au|aux|à|chez|de|des|du|la|le|les|par|pour|at|by|for|from|of|on|the|to|with) *(?=[.,;)](?:\s|$))",
)
_ROUND = 24


def check_touching(template: Template, catalogue: Catalogue) -> list[Finding]:
    """Return the fields that stand right behind a word or another field: a blank is missing there (F80)."""
    findings: list[Finding] = []
    for part, text in enumerate((template.subject, template.html, template.text or "")):
        source, _unknown = compile_codes(text, catalogue, in_html=part == 1)
        for found in _TOUCHING.finditer(source):
            field = catalogue.get(found[1])
            if field is None or field.format in _MEANT_TO_TOUCH:
                continue
            line = source.count("\n", 0, found.start()) + 1
            sentence = _("Line {line}: @{code} stands right behind what is before it; put a blank between the two.")
            told = part_name(part) + sentence.format(line=line, code=field.code)
            findings.append(warning(f"touching_field:@{field.code}", told, line=line))
    return findings


def check_holes(rendered: Mapping[str, Rendered]) -> list[Finding]:
    """Return the sentences in which a missing value leaves a hole, once each, with the first patient who shows it.

    What reads so with everybody is how its author writes.
    """
    texts = {name: f"{message.subject}\n{message.text}" for name, message in rendered.items()}
    found = {name: _holes(text) for name, text in texts.items()}
    usual = set.intersection(*map(set, found.values())) if found else set()
    told: dict[str, Finding] = {}
    for name, holes in found.items():
        for hole, round_it in holes.items():
            if hole in usual or hole in told:
                continue
            sentence = _(
                "With {sample}: « {text} » has a hole where a value is missing. Write {{% if CODE %}} … {{% endif %}} "
                "round the words, or give a text for missing values (defaults)."
            )
            told[hole] = warning("hole", sentence.format(sample=sample_name(name), text=round_it), sample=name)
    return [*told.values()]


def _holes(text: str) -> dict[str, str]:
    """Return each hole of a text by the words before it, with what stands round it."""
    holes: dict[str, str] = {}
    for found in _HOLES.finditer(text):
        before = text[max(0, found.start() - _ROUND) : found.end()]
        round_it = " ".join(text[max(0, found.start() - _ROUND) : found.end() + _ROUND].split())
        holes.setdefault(" ".join(before.split()), f"…{round_it}…")
    return holes
