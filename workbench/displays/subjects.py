"""What a text is called on the screen: an email type by its path, a letter written by hand by its subject."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.domain.keeping import BY_HAND
from workbench.domain.templates import Template
from workbench.errors import UnknownTemplate
from workbench.language import _

if TYPE_CHECKING:
    from workbench.practice import Practice

_OTHERWISE = re.compile(r"\{%-?\s*(?:else|elif)\b.*?\{%-?\s*endif\s*-?%\}", re.DOTALL)
_QUOTED = r"""("[^"]*"|'[^']*')"""
_TU_VOUS = re.compile(r"\{\{-?\s*\w+\s*\|\s*tuvous\(\s*" + _QUOTED + r"\s*,\s*" + _QUOTED + r"\s*\)\s*-?\}\}")
_AGREED = re.compile(r"\{\{-?\s*\w+\s*\|\s*accord\(\s*" + _QUOTED + r"[^}]*\)\s*-?\}\}")
_FIELD = re.compile(r"\{\{-?\s*([A-Z][A-Z0-9_]*)\s*-?\}\}")
_STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)


def as_read(subject: str) -> str:
    """Return a subject with the first of its cases and forms, and fields as ``@CODE``: enough to know it by.

    >>> as_read("{% if PSEXE %}Pour {{ PNOM }}{% else %}Bonjour{% endif %}, {{ DFORME|tuvous('ton', 'votre') }} devis")
    'Pour @PNOM, votre devis'
    """
    formal = _TU_VOUS.sub(lambda form: form[2][1:-1], subject)
    first = _FIELD.sub(r"@\1", _AGREED.sub(lambda form: form[1][1:-1], formal))
    return " ".join(_STATEMENT.sub("", _OTHERWISE.sub("", first)).split())


def is_by_hand(path: str) -> bool:
    """Return whether a text was written for one sending: its path names nothing that a person chose."""
    return path.partition("/")[0] == BY_HAND


def title_of(template: Template) -> str:
    """Return what a person calls a text: an email type's path, also where its text was changed for one sending.

    >>> title_of(Template(label="8e07cebc8e9e1542", folder="Courrier", subject="Votre devis", html=""))
    'Votre devis'
    """
    if not is_by_hand(template.path):
        return template.path
    return template.changed_from or as_read(template.subject) or _("(by hand)")


def title_at(practice: Practice, path: str) -> str:
    """Return what a person calls the text of a mailing, by the path that the ledger keeps of it."""
    if not is_by_hand(path):
        return path
    try:
        return title_of(practice.templates[path])
    except UnknownTemplate:
        return path


def label_at(practice: Practice, path: str) -> str:
    """Return the same without the folder of an email type."""
    called = title_at(practice, path)
    return called if is_by_hand(path) and called not in practice.templates else called.rpartition("/")[2]
