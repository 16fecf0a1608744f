"""A condition on a search's columns, composed in Python or written as text, and read back from it.

Nothing of a condition is ever evaluated: its text is parsed, and only what is named here is understood.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from numbers import Integral, Real
from typing import NoReturn

from workbench.errors import BadValue, UnknownName
from workbench.language import _

Value = str | int | float | bool
"""What a column is compared with; a day is its text (``2026-11-22``, ``J-365``)."""

LONGEST_TEXT = 100_000
DEEPEST = 40
"""Parentheses, and denials, within one another."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Operator(StrEnum):
    """How a column is compared with a value."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    IN = "in"
    CONTAINS = "contains"
    MISSING = "missing"


class Condition(ABC):
    """Something a row meets or does not; joined by ``&``, ``|`` and ``~``.

    ``str(condition)`` is its text, which `parse_condition` reads back.
    """

    __slots__ = ()

    def __and__(self, other: Condition) -> Condition:
        """Return a condition met where both are."""
        return AllOf((self, other)) if isinstance(other, Condition) else NotImplemented

    def __or__(self, other: Condition) -> Condition:
        """Return a condition met where one or the other is."""
        return AnyOf((self, other)) if isinstance(other, Condition) else NotImplemented

    def __invert__(self) -> Condition:
        """Return a condition met where this one is not."""
        return Not(self)

    def __bool__(self) -> NoReturn:
        """Refuse to be true or false, so that ``and`` and ``or`` drop no condition in silence."""
        raise BadValue(_("Conditions are joined by « & », « | » and « ~ », each in parentheses; not by and, or, not."))

    @abstractmethod
    def comparisons(self) -> Iterator[Comparison]:
        """Give every comparison in it, from left to right."""

    @abstractmethod
    def rewritten(self, change: Callable[[Comparison], Comparison]) -> Condition:
        """Return the same condition with each comparison changed, as from « J-365 » to the day that is meant."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it names, each once, in the order of the text."""
        return tuple(dict.fromkeys(one.column for one in self.comparisons()))


@dataclass(frozen=True, slots=True)
class Comparison(Condition):
    """One column compared with a value: a tuple of values for ``in``, none for ``missing``."""

    column: str
    operator: Operator
    value: Value | tuple[Value, ...] | None = None

    def comparisons(self) -> Iterator[Comparison]:
        """Give itself."""
        yield self

    def rewritten(self, change: Callable[[Comparison], Comparison]) -> Condition:
        """Return what `change` makes of it."""
        return change(self)

    def __str__(self) -> str:
        if self.operator is Operator.MISSING:
            return f"missing({self.column})"
        if self.operator is Operator.CONTAINS:
            return f"contains({self.column}, {self.value!r})"
        return f"{self.column} {self.operator} {self.value_text}"

    @property
    def value_text(self) -> str:
        """The value as it stands in the text."""
        return f"[{', '.join(map(repr, self.value))}]" if isinstance(self.value, tuple) else repr(self.value)


@dataclass(frozen=True, slots=True)
class AllOf(Condition):
    """Met where every one of its conditions is; two of them or more."""

    conditions: tuple[Condition, ...]

    def __post_init__(self) -> None:
        """Take the conditions of an inner « and » as its own."""
        object.__setattr__(self, "conditions", _flat(AllOf, self.conditions))

    def comparisons(self) -> Iterator[Comparison]:
        """Give those of each condition."""
        for one in self.conditions:
            yield from one.comparisons()

    def rewritten(self, change: Callable[[Comparison], Comparison]) -> Condition:
        """Return all of them rewritten."""
        return AllOf(tuple(one.rewritten(change) for one in self.conditions))

    def __str__(self) -> str:
        return " and ".join(f"({one})" if isinstance(one, AnyOf) else str(one) for one in self.conditions)


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    """Met where one of its conditions is; two of them or more."""

    conditions: tuple[Condition, ...]

    def __post_init__(self) -> None:
        """Take the conditions of an inner « or » as its own."""
        object.__setattr__(self, "conditions", _flat(AnyOf, self.conditions))

    def comparisons(self) -> Iterator[Comparison]:
        """Give those of each condition."""
        for one in self.conditions:
            yield from one.comparisons()

    def rewritten(self, change: Callable[[Comparison], Comparison]) -> Condition:
        """Return all of them rewritten."""
        return AnyOf(tuple(one.rewritten(change) for one in self.conditions))

    def __str__(self) -> str:
        return " or ".join(f"({one})" if isinstance(one, AllOf) else str(one) for one in self.conditions)


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """Met where its condition is not."""

    condition: Condition

    def __invert__(self) -> Condition:
        """Return the condition that was denied."""
        return self.condition

    def comparisons(self) -> Iterator[Comparison]:
        """Give those of the condition denied."""
        return self.condition.comparisons()

    def rewritten(self, change: Callable[[Comparison], Comparison]) -> Condition:
        """Return the denial of the condition rewritten."""
        return Not(self.condition.rewritten(change))

    def __str__(self) -> str:
        inner = self.condition
        if isinstance(inner, Comparison) and inner.operator is Operator.IN:
            return f"{inner.column} not in {inner.value_text}"
        return f"not ({inner})" if isinstance(inner, AllOf | AnyOf) else f"not {inner}"


def _flat(kind: type[AllOf] | type[AnyOf], conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    flat: list[Condition] = []
    for one in conditions:
        flat += one.conditions if isinstance(one, kind) else (one,)
    if len(flat) < 2:
        raise ValueError(f"{kind.__name__} joins two conditions or more")
    return tuple(flat)


# --- composed in Python -------------------------------------------------------------------------------


class Column:
    """A column of a search, to be compared: what `where` gives."""

    __slots__ = ("_name",)
    __hash__ = None  # type: ignore[assignment]  # comparing it makes a condition, not a truth

    def __init__(self, name: str) -> None:
        self._name = _column(name)

    def __repr__(self) -> str:
        return f"where({self._name!r})"

    def __eq__(self, value: object) -> Comparison:  # type: ignore[override]
        """Return the condition that the column is this value."""
        return Comparison(self._name, Operator.EQUAL, _value(value))

    def __ne__(self, value: object) -> Comparison:  # type: ignore[override]
        """Return the condition that the column holds a value, and not this one."""
        return Comparison(self._name, Operator.NOT_EQUAL, _value(value))

    def __lt__(self, value: object) -> Comparison:
        """Return the condition that the column is less, or earlier."""
        return Comparison(self._name, Operator.LESS, _value(value))

    def __le__(self, value: object) -> Comparison:
        """Return the condition that the column is at most this value."""
        return Comparison(self._name, Operator.AT_MOST, _value(value))

    def __gt__(self, value: object) -> Comparison:
        """Return the condition that the column is greater, or later."""
        return Comparison(self._name, Operator.GREATER, _value(value))

    def __ge__(self, value: object) -> Comparison:
        """Return the condition that the column is at least this value."""
        return Comparison(self._name, Operator.AT_LEAST, _value(value))

    def is_in(self, values: Iterable[object]) -> Comparison:
        """Return the condition that the column is one of these values."""
        if isinstance(values, str):
            raise BadValue(_("« in » takes a list of values, as ['Rennes', 'Bruz']."))
        return Comparison(self._name, Operator.IN, tuple(dict.fromkeys(_value(one) for one in values)))

    def contains(self, words: str) -> Comparison:
        """Return the condition that the column's text holds these words, whatever their accents and case."""
        return Comparison(self._name, Operator.CONTAINS, _words(words))

    def is_missing(self) -> Comparison:
        """Return the condition that the column holds nothing."""
        return Comparison(self._name, Operator.MISSING)


def where(column: str) -> Column:
    """Return a column of a search, to compare with a value: the result is a condition for ``practice.search``.

    Conditions are joined by ``&``, ``|`` and ``~``, each comparison in its own parentheses. Days are dates, or texts
    as in any search (``J-365``, ``tomorrow``).

    Raises
    ------
    UnknownName
        When it cannot be the name of a column.

    Examples
    --------
    >>> from workbench import where
    >>> str(where("city").is_in(["Rennes", "Bruz"]) & (where("last_visit") < "J-365") & ~where("email").is_missing())
    "city in ['Rennes', 'Bruz'] and last_visit < 'J-365' and not missing(email)"
    """
    return Column(column)


def _column(name: object) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name) and not keyword.iskeyword(name):
        return name
    raise UnknownName(_("« {name} » cannot be the name of a column.").format(name=name))


def _value(value: object) -> Value:
    if value is None:
        raise BadValue(_("A column that holds nothing is asked for with missing(column), or .is_missing()."))
    if isinstance(value, str | bool):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    raise BadValue(_("A column is compared with a text, a number, a day, True or False."))


def _words(words: object) -> str:
    if isinstance(words, str) and words.strip():
        return str(words)
    raise BadValue(_("contains(column, words) takes words between quotes."))


# --- written as text ----------------------------------------------------------------------------------

_COMPARED: dict[type[ast.cmpop], Operator] = {
    ast.Eq: Operator.EQUAL,
    ast.NotEq: Operator.NOT_EQUAL,
    ast.Lt: Operator.LESS,
    ast.LtE: Operator.AT_MOST,
    ast.Gt: Operator.GREATER,
    ast.GtE: Operator.AT_LEAST,
}
_TURNED = {
    Operator.LESS: Operator.GREATER,
    Operator.AT_MOST: Operator.AT_LEAST,
    Operator.GREATER: Operator.LESS,
    Operator.AT_LEAST: Operator.AT_MOST,
}
"""What an operator becomes when the value stands before the column."""


def parse_condition(text: str) -> Condition:
    """Read a condition from its text, such as ``city in ['Rennes', 'Bruz'] and not missing(email)``.

    Raises
    ------
    BadValue, UnknownName
        When it is not written so; the sentence names what is not understood, and what there is.

    Examples
    --------
    >>> parse_condition("10 < balance <= 50").columns
    ('balance',)
    """
    if len(text) > LONGEST_TEXT:
        raise BadValue(_("A condition is at most {count} characters long.").format(count=LONGEST_TEXT))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a backslash in a value is no fault of the person who reads this
            tree = ast.parse(text.strip(), mode="eval")
        return _read(tree.body, 0)
    except SyntaxError as error:
        raise _unreadable(error.offset) from None
    except (ValueError, MemoryError, RecursionError):
        raise _unreadable(None) from None


def _unreadable(place: int | None) -> BadValue:
    example = "city in ['Rennes', 'Bruz'] and last_visit < 'J-365' and not missing(email)"
    if not place:
        return BadValue(_("The condition cannot be read. Write it as: {example}").format(example=example))
    return BadValue(
        _("The condition cannot be read at its character {place}. Write it as: {example}").format(
            place=place, example=example
        )
    )


def _not_understood(what: str) -> BadValue:
    return BadValue(
        _("« {what} » is not understood in a condition. There are: {known}.").format(
            what=what,
            known="and, or, not, ==, !=, <, <=, >, >=, in, not in, contains(column, 'words'), missing(column)",
        )
    )


def _read(node: ast.expr, depth: int) -> Condition:
    if depth > DEEPEST:
        raise BadValue(_("The condition has too many parentheses within one another."))
    if isinstance(node, ast.BoolOp):
        parts = tuple(_read(one, depth + 1) for one in node.values)
        return AllOf(parts) if isinstance(node.op, ast.And) else AnyOf(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Not(_read(node.operand, depth + 1))
    if isinstance(node, ast.Compare):
        return _read_comparison(node)
    if isinstance(node, ast.Call):
        return _read_call(node)
    raise _not_understood(_spelled(node))


def _read_comparison(node: ast.Compare) -> Condition:
    sides = [node.left, *node.comparators]
    links = [_link(left, operator, right) for left, operator, right in zip(sides, node.ops, sides[1:], strict=False)]
    return links[0] if len(links) == 1 else AllOf(tuple(links))


def _link(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Condition:
    if isinstance(operator, ast.In | ast.NotIn):
        found = Comparison(_name_in(left), Operator.IN, _values_in(right))
        return found if isinstance(operator, ast.In) else Not(found)
    meant = _COMPARED.get(type(operator))
    if meant is None:
        raise _not_understood("is not" if isinstance(operator, ast.IsNot) else "is")
    if isinstance(left, ast.Name):
        return Comparison(_name_in(left), meant, _value_in(right))
    return Comparison(_name_in(right), _TURNED.get(meant, meant), _value_in(left))


def _read_call(node: ast.Call) -> Condition:
    called = node.func.id if isinstance(node.func, ast.Name) else ""
    if node.keywords or called not in {"missing", "contains"}:
        raise _not_understood(_spelled(node))
    if called == "missing" and len(node.args) == 1:
        return Comparison(_name_in(node.args[0]), Operator.MISSING)
    if called == "contains" and len(node.args) == 2:
        return Comparison(_name_in(node.args[0]), Operator.CONTAINS, _words(_value_in(node.args[1])))
    raise _not_understood(f"{called}()")


def _name_in(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return _column(node.id)
    raise BadValue(_("A comparison has the name of a column on one side and a value on the other."))


def _values_in(node: ast.expr) -> tuple[Value, ...]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return tuple(dict.fromkeys(_value_in(one) for one in node.elts))
    raise BadValue(_("« in » takes a list of values, as ['Rennes', 'Bruz']."))


def _value_in(node: ast.expr) -> Value:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _value_in(node.operand)
        if not isinstance(number, str | bool):
            return -number
    if isinstance(node, ast.Constant):
        return _value(node.value)
    if isinstance(node, ast.Name):
        raise BadValue(_("A text is written between quotes: « '{name}' », not « {name} ».").format(name=node.id))
    raise _not_understood(_spelled(node))


def _spelled(node: ast.expr) -> str:
    """Return what a piece of the text is, without the values that stand in it: they may be a patient's."""
    if isinstance(node, ast.Call):
        return f"{_spelled(node.func)}()"
    if isinstance(node, ast.Attribute):
        return f".{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        return _SIGNS.get(type(node.op), type(node.op).__name__)
    return type(node).__name__.lower()


_SIGNS: dict[type[ast.AST], str] = {
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.Invert: "~",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.USub: "-",
    ast.UAdd: "+",
}
