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
from workbench.patients.searches.birthdays import BIRTHDAYS
from workbench.patients.searches.clauses import KnownSearch
from workbench.patients.searches.correspondents import CORRESPONDENTS
from workbench.patients.searches.half_years import HALF_YEARS
from workbench.patients.searches.insurers import INSURERS
from workbench.patients.searches.missed import MISSED
from workbench.patients.searches.moved import MOVED
from workbench.patients.searches.new_patients import NEW_PATIENTS
from workbench.patients.searches.papers import PAPERS
from workbench.patients.searches.parameters import OF_EVERY_SEARCH
from workbench.patients.searches.patients import PATIENTS
from workbench.patients.searches.quotes import QUOTES
from workbench.patients.searches.recall import RECALL
from workbench.patients.searches.seen import SEEN
from workbench.patients.searches.to_phone import TO_PHONE
from workbench.patients.searches.unpaid import UNPAID

_KNOWN = (
    APPOINTMENTS,
    MISSED,
    SEEN,
    MOVED,
    TO_PHONE,
    PATIENTS,
    BIRTHDAYS,
    RECALL,
    NEW_PATIENTS,
    PAPERS,
    INSURERS,
    HALF_YEARS,
    UNPAID,
    QUOTES,
    CORRESPONDENTS,
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
