"""What a search may be asked that the practice answers from its ledger: the store reads it, and filters nothing."""

from __future__ import annotations

from dataclasses import replace

from workbench.domain.address_status import ADDRESS_STATUS_WORDS, AddressStatus
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked

NOT_WRITTEN_FOR = SearchParameter(
    name="not_written_for",
    kind="number",
    label=marked("Not written to for so many days"),
    short=marked("Not written to for (days)"),
    least=1,
    most=3650,
)
REMINDED = SearchParameter(name="reminded", kind="yes_no", label=marked("Told about it already"))
REMINDERS = SearchParameter(
    name="reminders",
    kind="choice",
    label=marked("Reminders sent so far"),
    choices=("0", "1", "2", "3"),
    labels=(marked("none"), marked("one"), marked("two"), marked("three or more")),
)
ADDRESS_STATUS = SearchParameter(
    name="address_status",
    kind="choice",
    label=marked("What is to be known of the address"),
    short=marked("Address check"),
    choices=tuple(map(str, AddressStatus)),
    labels=tuple(ADDRESS_STATUS_WORDS.values()),
)
MAX_AGE = SearchParameter(
    name="max_age",
    kind="number",
    label=marked("Refuse data older than so many hours"),
    short=marked("Data at most so old (hours)"),
    least=1,
    most=87_600,
    identifies=False,
)


def with_these(search: Search) -> Search:
    """Return a search with the parameters that the practice answers.

    A patient as such is no occasion: whether somebody was told is only asked of an appointment, an invoice, a quote
    or a recall.
    """
    of_a_subject = search.kind in {"appointments", "finances"} or search.name == "recall"
    more = (ADDRESS_STATUS, NOT_WRITTEN_FOR, *((REMINDED,) if of_a_subject else ()), MAX_AGE)
    return replace(search, parameters=(*search.parameters, *more))
