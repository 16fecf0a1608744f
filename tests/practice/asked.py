"""A value for every parameter that a search declares, as somebody would type it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.domain.searches import SearchParameter
from workbench.practice import Practice

_BY_KIND = {"day": "J+30", "hours": "08:00-12:00", "yes_no": "yes", "where": "missing(email)", "words": "le"}


def every_parameter(practice: Practice) -> dict[str, dict[str, str]]:
    """Return for each search a value for each of its parameters, by name."""
    choices = practice.choices()
    return {
        search.name: {one.name: _value(one, choices) for one in search.parameters}
        for search in practice.searches().values()
    }


def _value(parameter: SearchParameter, choices: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    if parameter.kind == "day" and (parameter.name == "start" or parameter.name.endswith("_from")):
        return "J-30"
    if parameter.kind == "number":
        return str(parameter.most or 1)
    if parameter.kind in _BY_KIND:
        return _BY_KIND[parameter.kind]
    listed = parameter.choices or [value for value, _label in choices.get(parameter.name, ())]
    return str(listed[0]) if listed else "1"
