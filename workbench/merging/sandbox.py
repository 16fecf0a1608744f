"""The Jinja2 sandbox that email types run in: plain values, a short list of filters, no way out (promise P10).

Nothing here can read a file, an environment variable or an attribute of a Python object; what could build a huge
value in one step (``'A' * 10**9``, ``|center``, ``str.format``) is refused, and what could build one step by step
(``~``, ``replace``, blocks, lists, loops in loops) is counted against the budget of one rendering. Nothing is computed
while a template is compiled. Limits of the process that renders come on top of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, LoopContext, markup_join, str_join
from jinja2.sandbox import ImmutableSandboxedEnvironment

from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.bounded_filters import (
    LARGEST_NUMBER,
    bounded_filters,
    check_number,
    check_replacing,
    check_searched,
    is_blank,
)
from workbench.merging.budget import Budget, Counted, Pile, weight

LONGEST_RANGE = 1000

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


class _CountedCode(CodeGenerator):
    """Jinja2's own code, in which loops, joined texts, blocks, lists and slices pass through the budget."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        # Only what is written as it is: an expression is computed when it is merged, and counted then.
        if not isinstance(node, (nodes.TemplateData, nodes.Const)):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)

    def buffer(self, frame: Frame) -> None:
        frame.buffer = self.temporary_identifier()
        self.writeline(f"{frame.buffer} = environment.pile()")

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 - Jinja2's names, here and below
        node.iter = nodes.MarkSafe(node.iter, lineno=node.iter.lineno)
        super().visit_For(node, frame)

    def visit_MarkSafe(self, node: nodes.MarkSafe, frame: Frame) -> None:  # noqa: N802
        # No syntax makes this node: here it stands for « what a loop goes through ».
        self._within("environment.counted", node.expr, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        self.write("environment.joined(context.eval_ctx, ")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write(")")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:  # noqa: N802
        self._made(super().visit_List, node, frame, node.items)

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:  # noqa: N802
        if node.ctx == "load":
            self._made(super().visit_Tuple, node, frame, node.items)
        else:
            super().visit_Tuple(node, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802
        self._made(super().visit_Dict, node, frame, [part for pair in node.items for part in (pair.key, pair.value)])

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802
        self._made(super().visit_Getitem, node, frame, [node] if isinstance(node.arg, nodes.Slice) else [])

    def _within(self, function: str, node: nodes.Node, frame: Frame) -> None:
        self.write(f"{function}(")
        self.visit(node, frame)
        self.write(")")

    def _made(self, visit: Callable[[Any, Frame], None], node: nodes.Node, frame: Frame, parts: list[Any]) -> None:
        if all(isinstance(part, nodes.Const) for part in parts):
            visit(node, frame)
            return
        self.write("environment.made(")
        visit(node, frame)
        self.write(")")


class Sandbox(ImmutableSandboxedEnvironment):
    """An immutable sandbox over plain values: text, numbers, lists and mappings."""

    code_generator_class = _CountedCode
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(
        self,
        *,
        autoescape: bool,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        budget: Budget | None = None,
    ) -> None:
        super().__init__(
            autoescape=autoescape, undefined=StrictUndefined, cache_size=0, keep_trailing_newline=True, optimized=False
        )
        self.budget = budget or Budget()
        self.filters = bounded_filters(self.budget, filters or {})
        self.tests["none"] = is_blank
        self.globals = {"range": bounded_range}

    # --- what the compiled code calls -----------------------------------------------------------------

    def counted(self, items: Any) -> Counted:
        """Return what a loop goes through."""
        return self.budget.counted(items)

    def pile(self) -> Pile:
        """Return where the pieces of a block go."""
        return Pile(self.budget)

    def made(self, value: Any) -> Any:
        """Count a list, a mapping or a piece of a text."""
        return self.budget.charged(value)

    def joined(self, context: EvalContext, *parts: Any) -> str:
        """Join texts (``~``), counted first."""
        self.budget.charge(sum(map(weight, parts)))
        return markup_join(parts) if context.autoescape else str_join(parts)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute with numbers only, and only numbers of a letter's size; ``+`` may also join two texts or lists."""
        if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
            if operator != "+":
                raise SecurityError(_("« {operator} » is for numbers only").format(operator=operator))
            if isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
                self.budget.charge(weight(left) + weight(right))
        elif operator == "**" and (abs(left) > 10**6 or abs(right) > 18):
            raise SecurityError(_("this number is too large"))
        return check_number(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as Jinja2's
        """Call a method of a text, a mapping or a loop, or ``range``; what it makes is counted."""
        if not __self.is_safe_callable(__obj):
            name = __obj._undefined_name if isinstance(__obj, StrictUndefined) else getattr(__obj, "__name__", "()")  # noqa: SLF001
            raise SecurityError(_("« {name} » cannot be used in an email type").format(name=name))
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str):
            if __obj.__name__ == "replace":
                check_replacing(owner, *args[:2], budget=__self.budget)
            elif __obj.__name__ == "split":
                check_searched(owner)
        return __self.budget.charged(super().call(__context, __obj, *args, **kwargs))

    # --- what is allowed ------------------------------------------------------------------------------

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
        (number.lineno, _("a number this large"))
        for number in tree.find_all(nodes.Const)
        if isinstance(number.value, int) and abs(number.value) > LARGEST_NUMBER
    ]
    found += [
        (name.lineno, name.name) for name in tree.find_all(nodes.Name) if name.name in ("self", "super", "caller")
    ]
    for line, word in sorted(found):
        sentence = _("Line {line}: « {word} » cannot be used in an email type.").format(line=line, word=word)
        raise TemplateRefused(where + sentence, line=line)
