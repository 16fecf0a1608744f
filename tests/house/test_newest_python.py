"""The core and the installed command also hold on the newest Python of this machine, in a fresh environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ("tests/domain", "tests/merging")
NEEDS = ("hypothesis", "pytest")
QUICKLY = ("--quiet", "--disable-pip-version-check", "--no-compile")


def pythons() -> dict[tuple[int, int], str]:
    """Return the Pythons found on this machine that are newer than the one running, by version."""
    found: dict[tuple[int, int], str] = {}
    for minor in range(sys.version_info.minor + 1, 20):
        on_path = shutil.which(f"python3.{minor}")
        if on_path is not None and version_of(on_path) == (3, minor):
            found[3, minor] = on_path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in sorted(pyenv.glob("3.*/bin/python")):
        version = version_of(str(candidate))
        if version is not None and version > sys.version_info[:2]:
            found.setdefault(version, str(candidate))
    return found


def version_of(python: str) -> tuple[int, int] | None:
    """Return the version a Python says it has, or nothing when it does not run (a pyenv shim without a version)."""
    try:
        told = subprocess.run([python, "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.match(r"Python (\d+)\.(\d+)", told)
    return (int(numbers[1]), int(numbers[2])) if numbers else None


def test_the_core_holds_on_the_newest_python_here(tmp_path: Path):
    found = pythons()
    if not found:
        print(f"Python {sys.version_info.major}.{sys.version_info.minor} is the newest here; this run is the proof.")
        return
    python = found[max(found)]
    home = tmp_path / "venv"
    run([python, "-m", "venv", str(home)])
    inside = home / "bin" / "python"
    run([str(inside), "-m", "pip", "install", *QUICKLY, str(ROOT), *NEEDS])
    # What was installed works on its own, away from the checkout.
    done = run([str(home / "bin" / "workbench"), "demo", str(tmp_path / "demo"), "--no-lab"], here=tmp_path)
    assert list((tmp_path / "demo" / "caught").rglob("*.eml")), done.stderr
    done = run([str(inside), "-m", "pytest", *CORE])
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) > 0


def run(words: list[str], *, here: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # What belongs to the environment of this very run must not leak into the fresh one.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON", "VIRTUAL"))}
    done = subprocess.run(words, cwd=here, capture_output=True, text=True, check=False, env=clean, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
