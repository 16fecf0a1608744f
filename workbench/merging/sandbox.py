"""The Jinja2 sandbox that email types run in: plain values, a short list of filters, no way out (promise P10).

Nothing here can read a file, an environment variable or an attribute of a Python object, and what could build a huge
value in one step (``'A' * 10**9``, ``|center``, ``str.format``) is refused. Limits of memory and time are the matter
of the process that renders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from workbench.errors import TemplateRefused
from workbench.language import _

LONGEST_RANGE = 1000
LARGEST_NUMBER = 10**18

FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "forceescape",
    "groupby", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
    "replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "striptags", "sum", "title",
    "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
)  # fmt: skip
"""The filters an email type may use: those that give the same text each time and cannot give a huge one."""

_STRING_METHODS = frozenset(
    {"upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "split", "startswith", "endswith", "replace",
     "isdigit", "count", "find"}
)  # fmt: skip
_MAPPING_METHODS = frozenset({"items", "keys", "values", "get"})
_LOOP_NAMES = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "cycle", "depth", "depth0", "previtem",
     "nextitem", "changed"}
)  # fmt: skip

_REFUSED: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.Include, "include"),
    (nodes.Import, "import"),
    (nodes.FromImport, "from"),
    (nodes.Extends, "extends"),
    (nodes.Block, "block"),
    (nodes.Macro, "macro"),
    (nodes.CallBlock, "call"),
)


def bounded_range(*bounds: int) -> range:
    """Return a range of at most 1000 numbers."""
    numbers = range(*bounds)
    if len(numbers) > LONGEST_RANGE:
        raise SecurityError(_("a range may count {most} numbers at most").format(most=LONGEST_RANGE))
    return numbers


def default(value: Any, text: Any = "", boolean: object = False) -> Any:
    """Give `text` where a value is missing: unknown or blank; with a third argument, where it is false."""
    missing = isinstance(value, Undefined) or is_blank(value) or (boolean and not value)
    return text if missing else value


def is_blank(value: Any) -> bool:
    """Tell whether a value is missing; a missing value of ours is the empty text."""
    return value is None or value == ""


class Sandbox(ImmutableSandboxedEnvironment):
    """An immutable sandbox over plain values: text, numbers, lists and mappings."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, *, autoescape: bool, filters: Mapping[str, Callable[..., Any]] | None = None) -> None:
        super().__init__(autoescape=autoescape, undefined=StrictUndefined, cache_size=0, keep_trailing_newline=True)
        self.filters = {name: self.filters[name] for name in FILTERS} | dict(filters or {})
        self.filters["default"] = self.filters["d"] = default
        self.tests["none"] = is_blank
        self.globals = {"range": bounded_range}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply numbers only, and only into numbers of a letter's size."""
        if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
            raise SecurityError(_("« {operator} » is for numbers only").format(operator=operator))
        if operator == "**" and (abs(left) > 10**6 or abs(right) > 18):
            raise SecurityError(_("this number is too large"))
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and abs(result) > LARGEST_NUMBER:
            raise SecurityError(_("this number is too large"))
        return result

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow a few methods of texts and mappings, and what a loop tells of itself."""
        if isinstance(obj, str):
            return attr in _STRING_METHODS
        if isinstance(obj, Mapping):
            return attr in _MAPPING_METHODS
        return isinstance(obj, LoopContext) and attr in _LOOP_NAMES

    def is_safe_callable(self, obj: Any) -> bool:
        """Allow the bounded range and the methods that `is_safe_attribute` let through."""
        if obj is bounded_range:
            return True
        owner = getattr(obj, "__self__", None)
        return isinstance(owner, (str, Mapping, LoopContext))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read a mapping's own key first: ``{{ patient.items }}`` is the value called items."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def refuse_constructs(tree: nodes.Template, *, where: str = "") -> None:
    """Raise `TemplateRefused` for what an email type has no use for: includes, imports, macros, recursive loops."""
    found = [(node.lineno, word) for kind, word in _REFUSED for node in tree.find_all(kind)]
    found += [(loop.lineno, "recursive") for loop in tree.find_all(nodes.For) if loop.recursive]
    found += [
        (name.lineno, name.name) for name in tree.find_all(nodes.Name) if name.name in ("self", "super", "caller")
    ]
    for line, word in sorted(found):
        sentence = _("Line {line}: « {word} » cannot be used in an email type.").format(line=line, word=word)
        raise TemplateRefused(where + sentence, line=line)
