"""The build hook: what is installed is made of what stands in the sources, packages included."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FRONTEND = Path("workbench/widgets/frontend")
BUILT = Path("workbench/widgets/static/THIRD-PARTY-LICENSES.txt")
SHOWN = Path("workbench/checking/static/mail_programs.json")
INSTALLED = FRONTEND / "node_modules/.package-lock.json"
HOOK = Path(__file__).parents[2] / FRONTEND / "hatch_build.py"
PARTS = ("src/desk.ts", "build.mjs", "package.json", "package-lock.json", "tsconfig.json", "labextension.json")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout in which everything was built."""
    for file in (
        *(FRONTEND / part for part in PARTS),
        INSTALLED,
        FRONTEND / "node_modules/vitest/package.json",
        BUILT,
        SHOWN,
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
        date(tmp_path / file, 1_000)
    return tmp_path


@pytest.fixture
def build(root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Build, and return what npm was asked to do: Hatchling is there only while a package is made."""
    interface = ModuleType("hatchling.builders.hooks.plugin.interface")

    class Hook:
        def __init__(self) -> None:
            self.root = str(root)

    interface.BuildHookInterface = Hook  # type: ignore[attr-defined]
    *above, name = (".".join(interface.__name__.split(".")[:depth]) for depth in range(1, 6))
    for package in above:
        monkeypatch.setitem(sys.modules, package, ModuleType(package))
    monkeypatch.setitem(sys.modules, name, interface)
    monkeypatch.delenv("REBUILD_JS", raising=False)
    steps: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_how: steps.append(command[2:]))
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run() -> list[list[str]]:
        steps.clear()
        module.FrontendBuild().initialize("standard", {})
        return list(steps)

    return run


def date(file: Path, when: int) -> None:
    os.utime(file, (when, when))


def test_what_was_built_is_not_built_again(build):
    assert build() == []


@pytest.mark.parametrize("part", PARTS)
def test_every_source_that_is_newer_is_built_anew(root, build, part):
    date(root / FRONTEND / part, 2_000)
    assert build()[-1] == ["run", "build"]


def test_packages_other_than_those_installed_are_installed_first(root, build):
    date(root / FRONTEND / "package-lock.json", 2_000)
    assert build() == [["ci", "--no-audit", "--no-fund"], ["run", "build"]]


def test_a_checkout_without_packages_gets_those_that_the_build_needs(root, build):
    for file in (root / INSTALLED, root / FRONTEND / "node_modules/vitest/package.json"):
        file.unlink()
    (root / FRONTEND / "node_modules/vitest").rmdir()
    (root / BUILT).unlink()
    assert build() == [["ci", "--omit=dev", "--no-audit", "--no-fund"], ["run", "build"]]


def test_what_mail_programs_show_is_built_anew_when_it_is_missing(root, build):
    (root / SHOWN).unlink()
    assert build() == [["run", "build"]]
