"""The filters an email type may use, each held to what one rendering may use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from jinja2 import Environment, Undefined, pass_environment, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as OF_JINJA
from jinja2.filters import do_int, do_replace, do_round, do_striptags, make_attrgetter, sync_do_join
from jinja2.nodes import EvalContext

from workbench.language import _
from workbench.merging.budget import LARGEST_VALUE, SMALL, Budget, weight
from workbench.merging.grammar import GRAMMAR

LARGEST_NUMBER = 10**18
LONGEST_SEARCHED = 100_000
"""Characters of a text that is taken apart: the time this takes may grow with its square."""

FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "forceescape",
    "groupby", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
    "replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "striptags", "sum", "title",
    "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
)  # fmt: skip
"""The filters an email type may use: those that give the same text each time and cannot give a huge one."""

_MAKING = frozenset(
    {"capitalize", "dictsort", "e", "escape", "forceescape", "groupby", "list", "lower", "reverse", "safe", "sort",
     "string", "title", "trim", "truncate", "upper", "urlencode"}
)  # fmt: skip
_ITEM_BY_ITEM = frozenset({"map", "reject", "rejectattr", "select", "selectattr"})

_Filter = Callable[..., Any]


def bounded_filters(budget: Budget, own: Mapping[str, _Filter]) -> dict[str, _Filter]:
    """Return every filter by name: Jinja2's or, where there is one, `own`; those that make something are counted."""
    filters: dict[str, _Filter] = {name: OF_JINJA[name] for name in FILTERS}
    filters |= _counting(budget)
    filters |= GRAMMAR
    filters |= own
    for name in (*_MAKING, *GRAMMAR):
        filters[name] = _charged(filters[name], budget)
    for name in _ITEM_BY_ITEM:
        filters[name] = _going_round(filters[name], budget)
    return filters


def _charged(make: _Filter, budget: Budget) -> _Filter:
    @wraps(make)  # with the mark of what Jinja2 hands in first
    def counted(*args: Any, **settings: Any) -> Any:
        return budget.charged(make(*args, **settings))

    return counted


def _going_round(pick: _Filter, budget: Budget) -> _Filter:
    @wraps(pick)
    def counted(context: Any, items: Any, *args: Any, **settings: Any) -> Any:
        return pick(context, budget.counted(items) if items else items, *args, **settings)

    return counted


def default(value: Any, text: Any = "", boolean: object = False) -> Any:
    """Give `text` where a value is missing: unknown or blank; with a third argument, where it is false."""
    missing = isinstance(value, Undefined) or is_blank(value) or (boolean and not value)
    return text if missing else value


def is_blank(value: Any) -> bool:
    """Tell whether a value is missing; a missing value of ours is the empty text."""
    return value is None or value == ""


def check_replacing(text: str, old: object, new: object, *, budget: Budget) -> None:
    """Count what ``replace`` would make, before it makes it."""
    searched, put = str(old), str(new)
    times = text.count(searched) if searched else len(text) + 1
    budget.charge(len(text) + times * max(0, len(put) - len(searched)))


def check_searched(text: object) -> None:
    """Refuse to take a long text apart."""
    if weight(text) > LONGEST_SEARCHED:
        raise SecurityError(_("this text is too long for that"))


def check_number(number: Any) -> Any:
    """Return a number, if it is one of a letter's size."""
    if isinstance(number, int) and abs(number) > LARGEST_NUMBER:
        raise SecurityError(_("this number is too large"))
    return number


def _counting(budget: Budget) -> dict[str, _Filter]:
    """Return the filters that must be counted before they work: afterwards would be too late."""

    @pass_eval_context
    def replace(context: EvalContext, value: Any, old: Any, new: Any, count: int | None = None) -> str:
        if not (isinstance(value, str) and len(value) * (len(str(new)) + 1) < SMALL):
            budget.charge(weight(value))
            check_replacing(str(value), old, new, budget=budget)
        made: str = budget.charged(do_replace(context, value, old, new, count))
        return made

    @pass_eval_context
    def join(context: EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
        items: Iterable[Any] = budget.counted(value)
        if attribute is not None:
            items = map(make_attrgetter(context.environment, attribute), items)
        pieces = []
        size = 0
        for piece in items:
            size += weight(piece) + len(str(d))
            if size > LARGEST_VALUE:
                budget.charge(size)
            pieces.append(piece)
        made: str = budget.charged(sync_do_join(context, pieces, d))
        return made

    @pass_environment
    def total(
        environment: Environment, items: Iterable[Any], attribute: str | int | None = None, start: Any = 0
    ) -> Any:
        if attribute is not None:
            items = map(make_attrgetter(environment, attribute), items)
        numbers = [start, *budget.counted(items)]
        # Lists can be added as well, again and again.
        if not all(isinstance(number, (int, float)) for number in numbers):
            raise SecurityError(_("« {operator} » is for numbers only").format(operator="sum"))
        return sum(numbers)

    def rounded(value: float, precision: int = 0, method: Any = "common") -> float:
        if not isinstance(precision, int) or abs(precision) > 18:
            raise SecurityError(_("this number is too large"))
        return do_round(value, precision, method)

    def whole(value: Any, default: int = 0, base: int = 10) -> int:
        number: int = check_number(do_int(value, default, base))
        return number

    def striptags(value: Any) -> str:
        check_searched(value)
        return do_striptags(value)

    return {
        "replace": replace,
        "join": join,
        "sum": total,
        "round": rounded,
        "int": whole,
        "striptags": striptags,
        "default": default,
        "d": default,
    }
