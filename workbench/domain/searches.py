"""A search and what it may be asked: values that the store declares and every screen shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.language import in_every_language

SEARCH_KINDS = ("appointments", "patients", "finances", "colleagues")
"""The groups that searches are listed in, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParameter:
    """One parameter of a search: its name, how its value is read, and what it does.

    `kind` is one of: ``day`` (absolute or relative), ``hours`` (07:00-21:00), ``choice`` (a comma list), ``yes_no``,
    ``text`` (one of `choices`), ``number`` (a whole one, from `least` to `most`), ``words`` (all of them, in any order,
    without regard to accents and case), ``where`` (a condition, see `conditions`).

    A ``day`` that `follows` another parameter is the same day unless something else is asked.

    `short` is the label where there is little room, or where a value follows it; `labels` are the words for `choices`,
    in the same order. A parameter that does not tell which rows are found
    (their order, a column more) has `identifies` no: it is no part of a mailing's identity.
    """

    name: str
    kind: str
    label: str
    short: str = ""
    choices: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    default: str | None = None
    follows: str | None = None
    least: int | None = None
    most: int | None = None
    identifies: bool = True

    @property
    def heading(self) -> str:
        """What it is called beside its control or its value."""
        return self.short or self.label

    @property
    def words(self) -> Mapping[str, str]:
        """How each of `choices` reads."""
        return dict(zip(self.choices, self.labels or self.choices, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search the store knows, with its parameters.

    `reads` names what is imported for it (``invoices payments``): its rows are as fresh as the oldest of these.
    """

    name: str
    label: str
    kind: str = "appointments"
    parameters: tuple[SearchParameter, ...] = ()
    reads: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every way to ask for it: its name, and its label in each language."""
        return self.name, *in_every_language(self.label)
