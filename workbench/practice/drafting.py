"""Take up again what was being prepared, and say who else prepares the same."""

from __future__ import annotations

import hashlib
import platform
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.domain.drafts import FRESH, KEPT, Draft

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


class Drafts:
    """The mailings that are being prepared in a practice, kept in the ledger as they are done.

    Examples
    --------
    >>> practice.drafts.mine()
    []
    """

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._tidied = False

    def begin(self, search: str) -> Draft:
        """Return a new draft, of whoever works here, of a search; nothing is kept before it is saved."""
        now = self._practice.now()
        return Draft(
            key=secrets.token_hex(8),
            by=self._practice.user,
            host=platform.node(),
            search=search,
            begun_at=now,
            saved_at=now,
        )

    def save(self, draft: Draft) -> None:
        """Keep a draft as it stands, in the place of what was kept of it before."""
        self._practice.ledger.drafts.save(draft)
        if not self._tidied:
            self._tidied = True
            self._practice.ledger.drafts.expire(self._practice.now() - KEPT)

    def keep(
        self,
        kind: str,
        about: str,
        content: Mapping[str, Any],
        *,
        template: str = "",
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what whoever works here, at this computer, writes about something, in the place of what was before.

        Parameters
        ----------
        kind, about
            What it is (``TEXT_KEY``, ``LETTER_KEY``), and about which email type or patient.
        """
        key = self.own_key(kind, about)
        known = self.draft(key)
        begun = self.begin("")
        self.save(
            replace(
                begun,
                key=key,
                template=template,
                parameters=parameters or {},
                content=content,
                begun_at=known.begun_at if known else begun.begun_at,
            )
        )

    def own_key(self, kind: str, about: str) -> str:
        """Return the key of what whoever works here, at this computer, writes about something; it names nobody."""
        said = f"{about}\0{self._practice.user}\0{platform.node()}"
        return kind + hashlib.sha256(said.encode()).hexdigest()[:32]

    def forget(self, key: str) -> bool:
        """Give a draft up, and tell whether there was one."""
        return self._practice.ledger.drafts.forget(key)

    def draft(self, key: str) -> Draft | None:
        """Return a draft with all that was done in it; nothing when there is none of this key."""
        return self._practice.ledger.drafts.draft(key)

    def mine(self) -> list[Draft]:
        """Return what whoever works here has not finished, the latest first, each without its content.

        A mailing that ended is finished.
        """
        heads = self._practice.ledger.drafts.heads(self._practice.now() - KEPT)
        return [draft for draft in heads if draft.by == self._practice.user]

    def beside(self, draft: Draft) -> list[Draft]:
        """Return what others, or others' machines, have been preparing lately of the same, the latest first."""
        heads = self._practice.ledger.drafts.heads(self._practice.now() - FRESH)
        return [
            one
            for one in heads
            if one.key != draft.key and (one.by, one.host) != (draft.by, draft.host) and one.prepares_the_same(draft)
        ]
