"""The rendering process with everything off that bounds a template inside it: the walls of the system alone stand."""

from __future__ import annotations

import sys
from typing import Any

from jinja2 import nodes
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from workbench.merging import bounded_filters, budget, render, sandbox

budget.Budget.charge = lambda _self, _size: None  # type: ignore[method-assign]
budget.Budget.spend = lambda _self, _rounds: None  # type: ignore[method-assign]
sandbox.bounded_filters = lambda _budget, own: {**FILTERS, **own}  # type: ignore[assignment]
sandbox.LONGEST_RANGE = sys.maxsize
sandbox._REFUSED = ()
sandbox.Sandbox.intercepted_binops = frozenset()
sandbox.Sandbox.call = ImmutableSandboxedEnvironment.call  # type: ignore[assignment]
sandbox.Sandbox.is_safe_callable = lambda _self, _value: True  # type: ignore[method-assign]
sandbox.Sandbox.is_safe_attribute = lambda _self, _value, name, _found: not name.startswith("_")  # type: ignore[method-assign]
render._bounded = "".join  # type: ignore[assignment]
render.LARGEST_MESSAGE = sys.maxsize
assert bounded_filters
assert nodes


def begin() -> Any:
    """Serve, without bounds."""
    from workbench.rendering import child

    return child.main()


if __name__ == "__main__":
    begin()
