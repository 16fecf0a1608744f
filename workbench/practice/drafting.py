"""Take up again what was being prepared, and say who else prepares the same."""

from __future__ import annotations

import platform
import secrets
from typing import TYPE_CHECKING

from workbench.domain.drafts import FRESH, KEPT, TEXT_KEY, Draft
from workbench.domain.mailings import MailingStatus
from workbench.errors import UnknownMailing

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_ENDED = (MailingStatus.FINISHED, MailingStatus.CANCELLED)


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

    def forget(self, key: str) -> bool:
        """Give a draft up, and tell whether there was one."""
        return self._practice.ledger.drafts.forget(key)

    def mine(self) -> list[Draft]:
        """Return what whoever works here has not finished, the latest first; a mailing that ended is finished."""
        drafts = self._practice.ledger.drafts.since(self._practice.now() - KEPT)
        mailings = [draft for draft in drafts if not draft.key.startswith(TEXT_KEY)]
        return [draft for draft in mailings if draft.by == self._practice.user and not self._ended(draft)]

    def beside(self, draft: Draft) -> list[Draft]:
        """Return what others, or others' machines, have been preparing lately of the same, the latest first."""
        drafts = self._practice.ledger.drafts.since(self._practice.now() - FRESH)
        return [
            one
            for one in drafts
            if one.key != draft.key
            and not one.key.startswith(TEXT_KEY)
            and (one.by, one.host) != (draft.by, draft.host)
            and one.prepares_the_same(draft)
            and not self._ended(one)
        ]

    def _ended(self, draft: Draft) -> bool:
        if draft.mailing_id is None:
            return False
        try:
            return self._practice.ledger.mailings.mailing(draft.mailing_id).status in _ENDED
        except UnknownMailing:
            return True
