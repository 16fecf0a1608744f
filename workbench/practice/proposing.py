"""Which email type a search proposes, so that nobody chooses it anew each time (F67, F112)."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from workbench.domain.templates import Template
from workbench.errors import UnknownTemplate, UsageError
from workbench.language import _, language
from workbench.practice.parts import LongList
from workbench.practice.searching import Searching, kind_of
from workbench.practice.template_shelf import Shelf

_LATELY = timedelta(days=90)
"""For so long it counts which email types are sent to one patient alone."""

_USUAL = ("appointment_reminder", "practice_hours", "papers", "appointment_moved")
_FEW = 4


_USUAL_PURPOSES = {
    "appointment": "appointment_reminder",
    "invoice": "unpaid",
    "quote": "quote",
    "plan": "quote",
    "recall": "recall",
    "correspondent": "referral",
    "patient": "greetings",
}
"""What the rows of a search are most often written to for, by their kind."""


class Proposing(Shelf):
    """The email types that searches propose, and those that are sent to one patient."""

    def usual_for_one(self) -> list[str]:
        """Return the paths of the few email types that are sent most to one patient alone, filled up with usual ones.

        Examples
        --------
        >>> all(path in practice.templates for path in practice.templates.usual_for_one())
        True
        """
        practice, known = self._practice, self.values()  # read once: each letter of one's own has a path, too
        here = {one.path for one in known}
        used = [path for path in practice.ledger.mailings.sent_to_one(since=practice.now() - _LATELY) if path in here]
        spoken = [one for one in known if one.language == language() and not one.variant_of]
        usual = [one.path for purpose in _USUAL for one in spoken if one.occasion_purpose == purpose]
        return list(dict.fromkeys([*used, *usual]))[:_FEW]

    def default_for(self, subjects: pd.DataFrame | LongList) -> Template | None:
        """Return the email type that the search of these rows proposes (F67, F112); nothing when it proposes none.

        What a saved search has of its own comes before what its search has.

        Examples
        --------
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow")
        >>> practice.templates.default_for(rdv) is None
        True
        """
        attached = self._practice.ledger.search_templates.all()
        for search in _searches_of(subjects):
            try:
                return self[attached[search]]
            except (KeyError, UnknownTemplate):
                continue
        return None

    def akin(self, subjects: pd.DataFrame) -> Template | None:
        """Return an email type of the kind that these rows are written with; nothing when the practice has none.

        It is the one that their search proposes, else the practice's own for the usual purpose of such rows: a new one
        for them stands in the same folder and goes to the same role.

        Examples
        --------
        >>> practice.templates.akin(practice.search("unpaid")).folder
        'Finances'
        """
        purpose = _USUAL_PURPOSES.get(kind_of(subjects), "")
        own = (one for one in self.values() if one.occasion_purpose == purpose and not one.variant_of)
        return self.default_for(subjects) or next(own, None)

    def chosen_for(self, subjects: pd.DataFrame | LongList) -> Template:
        """Return the email type that the search of these rows proposes.

        Raises
        ------
        UsageError
            When it proposes none; the sentence says how it would.
        """
        template = self.default_for(subjects)
        if template is not None:
            return template
        search = next(iter(_searches_of(subjects)), "")
        if not search:
            raise UsageError(_("Say which email type: nothing but a search proposes one."))
        raise UsageError(
            _(
                "Say which email type: the search « {search} » proposes none. It would with: "
                'workbench template use "FOLDER/LABEL" --for "{search}"'
            ).format(search=search)
        )

    def use_for(self, path: str, search: str) -> str:
        """Let a search, or a saved one, propose this email type from now on; journalled. Return the search's own name.

        Raises
        ------
        UnknownTemplate, UnknownName
            When there is no such email type, or no such search.

        Examples
        --------
        >>> practice.templates.use_for("Rendez-vous/Rappel de rendez-vous", "Rendez-vous")
        'appointments'
        >>> practice.templates.default_for(practice.search("appointments", start="tomorrow", end="tomorrow")).path
        'Rendez-vous/Rappel de rendez-vous'
        >>> practice.templates.not_for("Rendez-vous/Rappel de rendez-vous", "appointments")
        'appointments'
        """
        practice, own = self._practice, Searching(self._practice).own_name(search)
        practice.ledger.search_templates.attach(own, self[path].path, by=practice.user, now=practice.now())
        practice.changes += 1
        return own

    def not_for(self, path: str, search: str) -> str:
        """Let a search no longer propose this email type; journalled. Return the search's own name.

        Raises
        ------
        UnknownName
            When there is no such search.
        UsageError
            When it does not propose this email type.
        """
        practice, own = self._practice, Searching(self._practice).own_name(search)
        book = practice.ledger.search_templates
        if book.all().get(own) != path:
            raise UsageError(_("The search « {search} » does not propose « {path} ».").format(search=own, path=path))
        book.detach(own, by=practice.user, now=practice.now())
        practice.changes += 1
        return own

    def proposed(self) -> dict[str, str]:
        """Return the path of the email type that each search, or saved one, proposes; only of those that do."""
        attached = self._practice.ledger.search_templates.all()
        return {search: path for search, path in attached.items() if path in self}

    def searches_of(self, path: str) -> list[str]:
        """Return the searches that propose an email type."""
        attached = self._practice.ledger.search_templates.all()
        return [search for search, template in attached.items() if template == path]


def _searches_of(subjects: pd.DataFrame | LongList) -> list[str]:
    """Return the names under which the search of these rows may propose an email type, the most particular first."""
    if isinstance(subjects, LongList):
        names = [subjects.saved_as, subjects.search]
    else:
        asked = subjects.attrs.get("workbench") or {}
        names = [asked.get("saved_as", ""), asked.get("search", "")]
    return [str(name) for name in names if name]
