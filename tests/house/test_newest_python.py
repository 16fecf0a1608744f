"""The core and the installed command also hold on the newest Python of this machine, in a fresh environment."""

from __future__ import annotations

import faulthandler
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pythons import supported_pythons

ROOT = Path(__file__).parents[2]
CORE = ("tests/domain", "tests/merging")
NEEDS = ("hypothesis", "pytest", "pytest-instafail", "pytest-timeout")
QUICKLY = ("--quiet", "--disable-pip-version-check", "--no-compile")


@pytest.mark.timeout(1800)
def test_the_core_holds_on_the_newest_python_here(tmp_path: Path):
    faulthandler.cancel_dump_traceback_later()  # each step has a limit of its own, longer than a test's
    found = {version: place for version, place in supported_pythons().items() if version[:2] > sys.version_info[:2]}
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
