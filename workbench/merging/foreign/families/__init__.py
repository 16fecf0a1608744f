"""The families of codes, one file each, and how the one of a text is recognised."""

from __future__ import annotations

from collections.abc import Collection

from workbench.domain.fields import Catalogue
from workbench.errors import UnknownName
from workbench.language import _
from workbench.merging.foreign.families import (
    calcium,
    mailchimp,
    mautic,
    medshake,
    open_dental,
    openemr,
    optamed,
    ours,
    owl,
    self_mail,
    word,
)
from workbench.merging.foreign.tokens import Family, TokenKind

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY
    for module in (
        ours,
        open_dental,
        openemr,
        medshake,
        mailchimp,
        mautic,
        self_mail,
        owl,
        optamed,
        calcium,
        word,
    )
}
"""Every family by name; ``codes`` is the practice's own way, ``@CODE``."""


def family_called(name: str) -> Family:
    """Return a family by name; raises ``UnknownName`` with those there are."""
    if name not in FAMILIES:
        raise UnknownName(
            _("There is no family of codes « {name} ». There is: {names}.").format(name=name, names=", ".join(FAMILIES))
        )
    return FAMILIES[name]


def family_of(texts: list[str], catalogue: Catalogue, known: Collection[str] = ()) -> Family:
    """Return the family whose codes stand in these texts: known ones count twice, those that could be words do not.

    `known` are the codes, as they are written, that the practice gave a meaning.
    """
    points = {name: sum(_points(family, text, catalogue, known) for text in texts) for name, family in FAMILIES.items()}
    best = max(points, key=lambda name: points[name])  # of equals the first: our own
    return FAMILIES[best]


def _points(family: Family, text: str, catalogue: Catalogue, known: Collection[str]) -> int:
    own = family is ours.FAMILY
    points = 0
    for token in ours.own_tokens(text, catalogue.__contains__) if own else family.find(text, False):
        if token.kind is TokenKind.OURS or (
            token.kind is TokenKind.CODE
            and (token.written in known or (token.name in catalogue if own else bool(family.meaning(token.name))))
        ):
            points += 2
        elif token.telling:
            points += 1
    return points
