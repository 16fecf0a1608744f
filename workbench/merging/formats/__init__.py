"""Write values as a letter would: French (or English) dates, amounts, phones, civilities, whole columns at a time.

Every format is a function ``(inputs, source) -> list`` over whole columns; a missing value gives ``None``, never an
empty text. Each distinct value of a column is written once.
"""

from __future__ import annotations

from workbench.merging.formats.colleagues import COLLEAGUES
from workbench.merging.formats.dates import DATES
from workbench.merging.formats.house import HOUSE
from workbench.merging.formats.inputs import Format
from workbench.merging.formats.lists import LISTS
from workbench.merging.formats.money import MONEY
from workbench.merging.formats.papers import PAPERS
from workbench.merging.formats.people import PEOPLE
from workbench.merging.formats.places import PLACES
from workbench.merging.formats.words import WORDS

FORMATS: dict[str, Format] = {
    **WORDS, **DATES, **MONEY, **PLACES, **PEOPLE, **COLLEAGUES, **PAPERS, **LISTS, **HOUSE,
}  # fmt: skip
"""Every format a field of the catalogue may name."""
