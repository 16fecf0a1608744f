"""The searches of the patient store: what each one may be asked, and how it becomes SQL.

A search is a `clauses.KnownSearch`: what it declares, and the function that turns what is asked into a question. Each
stands in a module of its own, and is listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.domain.searches import Search
from workbench.errors import UnknownName
from workbench.language import _
from workbench.patients.searches.appointments import APPOINTMENTS
from workbench.patients.searches.beyond import with_these
from workbench.patients.searches.clauses import KnownSearch
from workbench.patients.searches.missed import MISSED
from workbench.patients.searches.moved import MOVED
from workbench.patients.searches.parameters import OF_EVERY_SEARCH
from workbench.patients.searches.seen import SEEN
from workbench.patients.searches.to_phone import TO_PHONE

_KNOWN = (
    APPOINTMENTS,
    MISSED,
    SEEN,
    MOVED,
    TO_PHONE,
)  # fmt: skip

_BY_NAME: Mapping[str, KnownSearch] = {
    known.search.name: replace(
        known,
        search=with_these(replace(known.search, parameters=(*known.search.parameters, *OF_EVERY_SEARCH))),
    )
    for known in _KNOWN
}

SEARCHES: Mapping[str, Search] = {name: known.search for name, known in _BY_NAME.items()}
"""Every search by name."""


def search_called(name: str) -> KnownSearch:
    """Return a search by its name; raises `UnknownName` with the names there are."""
    if name not in _BY_NAME:
        raise UnknownName(
            _("There is no search called « {name} ». The searches are: {known}.").format(
                name=name, known=", ".join(_BY_NAME)
            )
        )
    return _BY_NAME[name]
