"""The Pythons of this machine on which the workbench must hold."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

OLDEST = (3, 11)
"""The oldest that is supported, as pyproject.toml says."""

_USUAL = "/usr/bin:/usr/local/bin"

Version = tuple[int, int, int]


def supported_pythons() -> dict[Version, str]:
    """Return the supported Pythons of this machine, one of each version."""
    found: dict[Version, str] = {}
    for place in _places():
        version = version_of(place)
        if version is not None and version >= OLDEST:
            found.setdefault(version, place)
    return found


def version_of(python: str) -> Version | None:
    """Return the version a Python says it has, or nothing when it does not run (a pyenv shim without a version)."""
    try:
        told = subprocess.run([python, "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.match(r"Python (\d+)\.(\d+)\.(\d+)", told)
    return (int(numbers[1]), int(numbers[2]), int(numbers[3])) if numbers else None


def _places() -> Iterator[str]:
    for minor in range(OLDEST[1], 20):
        for path in (None, _USUAL):  # where a shim stands before it, the system's own is found all the same
            place = shutil.which(f"python3.{minor}", path=path)
            if place is not None:
                yield place
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from map(str, sorted(pyenv.glob("3.*/bin/python")))
