"""Texts of email types that somebody writes and has not saved: kept as they are typed, whatever ends the program."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from workbench.domain.drafts import FRESH, KEPT, TEXT_KEY, Draft
from workbench.domain.templates import Template
from workbench.errors import UnknownTemplate
from workbench.practice.revisions import Revisions

_WORDS = ("subject", "html", "text")


@dataclass(frozen=True, slots=True)
class UnsavedText:
    """A text as it was written last: the email type with it, what it was made from, by whom and since when."""

    template: Template
    base: Template
    by: str
    begun_at: datetime
    saved_at: datetime


class UnsavedTexts(Revisions):
    """What is being written."""

    def keep_text(self, draft: Template, *, over: int) -> None:
        """Keep the text of an email type as it is written now, in the place of what was kept of it before.

        It is no revision: nothing is sent with it, and it goes by `forget_text` or after two weeks.

        Parameters
        ----------
        over
            The number of the revision that it was made from.

        Examples
        --------
        >>> from dataclasses import replace
        >>> template = practice.templates["Confrères/Adressage"]
        >>> practice.templates.keep_text(replace(template, subject="Votre av"), over=1)
        >>> practice.templates.unsaved_texts()["Confrères/Adressage"].template.subject
        'Votre av'
        >>> practice.templates.forget_text("Confrères/Adressage")
        """
        content = {name: getattr(draft, name) for name in _WORDS} | {"over": over}
        self._practice.drafts.keep(TEXT_KEY, draft.path, content, template=draft.path)

    def unsaved_texts(self) -> dict[str, UnsavedText]:
        """Return the texts that whoever works here, at this computer, has written and not saved; by path."""
        practice = self._practice
        drafts = practice.ledger.drafts.since(
            practice.now() - KEPT, kind=TEXT_KEY, by=practice.user, host=platform.node()
        )
        found = [self._read(one) for one in drafts]
        return {one.base.path: one for one in found if one is not None}

    def forget_text(self, path: str) -> None:
        """Forget what whoever works here has written of an email type and not saved."""
        self._practice.drafts.forget(self._practice.drafts.own_key(TEXT_KEY, path))

    def also_writing(self, path: str) -> Mapping[str, datetime]:
        """Return who else is writing the text of an email type lately, and since when."""
        mine = (self._practice.user, platform.node())
        heads = self._practice.ledger.drafts.heads(self._practice.now() - FRESH, kind=TEXT_KEY)
        return {one.by: one.begun_at for one in heads if one.template == path and (one.by, one.host) != mine}

    def _read(self, draft: Draft) -> UnsavedText | None:
        words: dict[str, Any] = {name: draft.content.get(name) for name in _WORDS}
        try:
            base = self.revision(draft.template, int(draft.content["over"]))
        except UnknownTemplate:
            return None
        return UnsavedText(replace(base, **words), base, draft.by, draft.begun_at, draft.saved_at)
