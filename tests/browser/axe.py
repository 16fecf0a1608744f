"""What axe-core, which knows the rules of an accessible page, minds about what is shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.jupyter import asked

AXE = Path(__file__).parents[2] / "workbench/widgets/frontend/node_modules/axe-core/axe.min.js"

_FIND = """async (roots) => {
  const ours = () => [...document.querySelectorAll('.pw')].filter((root) => root.checkVisibility());
  const include = roots.length ? roots.map((root) => [root]) : ours();
  const told = await window.axe.run({ include }, { iframes: false, resultTypes: ['violations'] });
  return told.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
}"""


def serious(page: Page, *roots: str) -> list[str]:
    """Return what axe finds serious or worse, by rule and place: under these roots, or in all of our widgets in sight.

    A root that is not there is a failure.
    """
    if not AXE.is_file():
        missing = "axe-core is not installed here (npm ci in workbench/widgets/frontend)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "; window.axe = axe; undefined")
    found: list[dict[str, Any]] = asked(page, _FIND, list(roots))
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]} {node['any'][:1]}"[:420]
        for one in found
        for node in one["nodes"][:4]
    ]
