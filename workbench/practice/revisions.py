"""The revisions of an email type: who saved them when and why, what changed in words and line by line, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from itertools import pairwise

import pandas as pd

from workbench.domain.pictures import PICTURE_URL, content_id
from workbench.domain.templates import Template
from workbench.errors import UnknownTemplate
from workbench.language import _, marked
from workbench.merging.template_file import template_to_text
from workbench.practice.template_shelf import Shelf

PART_WORDS = {
    "label": marked("label"),
    "folder": marked("folder"),
    "subject": marked("subject"),
    "html": marked("text"),
    "pictures": marked("images of the text"),
    "text": marked("text part"),
    "account": marked("mail account"),
    "signature": marked("signature"),
    "role": marked("addressee"),
    "further_roles": marked("further addressees"),
    "channel": marked("way"),
    "purpose": marked("purpose"),
    "step": marked("step"),
    "group": marked("grouping"),
    "guardians": marked("guardians written to"),
    "reply_to": marked("reply address"),
    "language": marked("language"),
    "variant_of": marked("main email type"),
    "attachments": marked("attached files"),
    "images": marked("images of the album"),
    "documents": marked("documents of the file"),
    "options": marked("options"),
    "required": marked("required fields"),
    "defaults": marked("default texts"),
    "health": marked("health data"),
    "expires": marked("how long it is good for"),
}
"""What each part of an email type is called, in the order in which a change of them is told (F66)."""

_COMPARED = 8_000
"""Lines that are compared one with another; a longer text is shown as left out and put in its place."""


def what_changed(old: Template, new: Template) -> list[str]:
    """Return what differs between two revisions, in words.

    Examples
    --------
    >>> old = Template(label="Rappel", subject="Rappel", html="<p>@PNOM</p>")
    >>> len(what_changed(old, replace(old, subject="Demain", account="cabinet")))
    2
    """
    before, after = old.to_dict(), new.to_dict()
    return [_(words) for name, words in PART_WORDS.items() if before.get(name) != after.get(name)]


@dataclass(frozen=True, slots=True)
class Difference:
    """What two revisions of an email type say differently, line by line; a notebook shows it in colours.

    `lines` are those of a unified diff of their template files: what was said begins with « - », what is said with
    « + ». There is none where both say the same.
    """

    path: str
    before: int
    after: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __repr__(self) -> str:
        added = sum(line.startswith("+") for line in self.lines[2:])
        removed = sum(line.startswith("-") for line in self.lines[2:])
        return f"<Difference {self.path}: {self.before} → {self.after}, +{added} -{removed}>"

    def __bool__(self) -> bool:
        return bool(self.lines)


class Revisions(Shelf):
    """What an email type said before."""

    def revisions(self, path: str) -> pd.DataFrame:
        """Return the revisions of an email type, the latest first.

        Returns
        -------
        DataFrame
            Key ``revision`` (``int64``); ``saved_at`` a moment of the practice's zone; ``saved_by``, ``reason``,
            ``changes`` (what it changed of the one before, in words) and ``path`` (what it was called) texts.

        Raises
        ------
        UnknownTemplate
            When there is no such email type.

        Examples
        --------
        >>> changed = practice.templates.change("Confrères/Adressage", subject="Votre avis", reason="plus court")
        >>> practice.templates.revisions("Confrères/Adressage")[["revision", "reason"]].values.tolist()
        [[2, 'plus court'], [1, '']]
        """
        kept = self._practice.ledger.library.revisions(path)
        changes = [_("first version")]
        changes += [", ".join(what_changed(old.template, new.template)) for old, new in pairwise(kept)]
        frame = pd.DataFrame(
            {
                "revision": [one.template.revision for one in kept],
                "saved_at": pd.to_datetime(pd.Series([one.saved_at for one in kept], dtype="object"), utc=True),
                "saved_by": pd.array([one.saved_by for one in kept], dtype="string"),
                "changes": pd.array(changes, dtype="string"),
                "reason": pd.array([one.reason for one in kept], dtype="string"),
                "path": pd.array([one.template.path for one in kept], dtype="string"),
            }
        )
        frame["saved_at"] = frame["saved_at"].astype(pd.DatetimeTZDtype("us", self._practice.calendar.zone))
        return frame.astype({"revision": "int64"}).iloc[::-1].reset_index(drop=True)

    def revision(self, path: str, number: int) -> Template:
        """Return an email type as it was at a revision.

        Raises
        ------
        UnknownTemplate
            When there is no such email type, or it has no such revision; the sentence says how many there are.

        Examples
        --------
        >>> practice.templates.revision("Rendez-vous/Rappel de rendez-vous", 1).revision
        1
        """
        kept = {one.template.revision: one.template for one in self._practice.ledger.library.revisions(path)}
        if number not in kept:
            raise UnknownTemplate(
                _("The email type « {path} » has no revision {number}; it has {known}.").format(
                    path=path, number=number, known=", ".join(map(str, kept))
                )
            )
        return kept[number]

    def diff(self, path: str, before: int | None = None, after: int | None = None) -> Difference:
        """Return what two revisions of an email type say differently.

        Parameters
        ----------
        path
            The email type.
        before, after
            Their numbers; by default the current revision and the one before it, or `before` and the current one.

        Raises
        ------
        UnknownTemplate
            As `revision`.

        Examples
        --------
        >>> changed = practice.templates.change("Rendez-vous/Rappel de rendez-vous", subject="Demain")
        >>> print(practice.templates.diff("Rendez-vous/Rappel de rendez-vous"))
        --- ...
        +++ ...
        """
        kept = [one.template for one in self._practice.ledger.library.revisions(path)]
        last = self[path] if path in self else kept[-1]
        new = last if after is None else self.revision(path, after)
        numbers = [one.revision for one in kept if one.revision < new.revision]
        if before is not None:
            old = self.revision(path, before)
        else:
            old = self.revision(path, numbers[-1]) if numbers else new
        return Difference(last.path, old.revision, new.revision, tuple(_unified(old, new)))

    def restore(self, path: str, number: int, *, reason: str = "") -> Template:
        """Let an email type say again what it said at a revision, as a new one, and return it.

        It keeps the path that it has now, and what it is for: nobody is told twice of one thing.

        Raises
        ------
        UnknownTemplate
            As `revision`.

        Examples
        --------
        >>> changed = practice.templates.change("Rendez-vous/Rappel de rendez-vous", subject="Demain")
        >>> practice.templates.restore("Rendez-vous/Rappel de rendez-vous", 1).revision
        3
        """
        now, then = self[path], self.revision(path, number)
        purpose = then.purpose if then.path == now.path else then.occasion_purpose
        if purpose == now.path:
            purpose = ""
        again = replace(then, label=now.label, folder=now.folder, purpose=purpose)
        return self._rewrite({now.path: again}, reason=reason or _("back to revision {number}").format(number=number))[
            0
        ]


def _unified(old: Template, new: Template) -> list[str]:
    """Return the lines of a unified diff of two template files."""
    before, after = _readable(old), _readable(new)
    if before == after:
        return []
    first, second = (_("revision {number}").format(number=one.revision) for one in (old, new))
    if len(before) + len(after) <= _COMPARED:
        return list(unified_diff(before, after, first, second, lineterm="", n=2))
    same = next((place for place, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    return [
        f"--- {first}",
        f"+++ {second}",
        f"@@ {same + 1} @@",
        *(f"-{line}" for line in before[same:]),
        *(f"+{line}" for line in after[same:]),
    ]


def _readable(template: Template) -> list[str]:
    """Return the lines of a template file in which files have the names that people know, and what tells them apart."""
    shown = {content_id(kept): _named(kept) for kept in template.pictures}
    html = PICTURE_URL.sub(lambda found: shown.get(found[1], found[0]), template.html)
    readable = replace(template, html=html, pictures=(), attachments=_all_named(template.attachments))
    return template_to_text(readable).splitlines()


def _all_named(kept: Sequence[str]) -> tuple[str, ...]:
    return tuple(_named(one) for one in kept)


def _named(kept: str) -> str:
    digest, _slash, name = kept.partition("/")
    return f"{name} ({digest[:8]})" if name else kept
