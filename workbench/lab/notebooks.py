"""Put the notebooks that come with the workbench into a workspace, and never over what a person has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from workbench.errors import WorkspaceError
from workbench.language import _, language
from workbench.settings import private_folder, write_private

START_NOTEBOOK = "notebooks/00_ma_journee.ipynb"
"""The notebook that opens by itself, seen from the workspace: the desk, and no code."""

FIRST_NOTEBOOK = "notebooks/01_publipostage.ipynb"
"""The first of the notebooks that tell how to go about the work."""

_PACKAGE = Path(__file__).parents[1]


class Placing(Enum):
    """What became of one notebook of the workbench in a workspace."""

    COPIED = "copied"
    KEPT = "kept"
    RENEWED = "renewed"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class Placed:
    """A notebook of the workbench and where it stands now."""

    file: Path
    how: Placing


def shipped_folder() -> Path:
    """Return the folder of the notebooks that come with the workbench, in the language in use where there are such.

    Raises
    ------
    WorkspaceError
        When the workbench was installed without them.
    """
    folder = _all_shipped()
    spoken = folder / language()
    return spoken if any(spoken.glob("*.ipynb")) else folder


def running_notebooks() -> dict[str, list[str]]:
    """Return what may run by itself: notebooks of the workspace, and the digests they have in each language.

    Raises
    ------
    WorkspaceError
        When the workbench was installed without its notebooks.
    """
    found: dict[str, list[str]] = {}
    for file in sorted(_all_shipped().rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in file.parts:
            found.setdefault(f"notebooks/{file.name}", []).append(digest(file))
    return {path: sorted(digests) for path, digests in found.items()}


def place_notebooks(workspace: Path, state: Path, *, shipped: Path | None = None) -> list[Placed]:
    """Copy the notebooks of the workbench into the workspace and return where each one stands.

    A copy that nobody changed is renewed when the workbench brings a newer one, or one in another language. Beside a
    copy that somebody changed, or that cannot be read, each one that comes is laid once, under its own name.

    Parameters
    ----------
    state
        The private folder that remembers which notebooks were given so far.
    shipped
        The folder of the notebooks; those that came with the workbench by default.
    """
    memory = state / "notebooks.json"
    given = _remembered(memory)
    target = private_folder(workspace / "notebooks")
    placed = []
    for source in sorted((shipped or shipped_folder()).glob("*.ipynb")):
        before = given.setdefault(source.name, [])
        placed.append(_place(source, target, before))
        if digest(source) not in before:
            before.append(digest(source))
    write_private(memory, json.dumps(given, indent=1, sort_keys=True).encode())
    return placed


def digest(file: Path) -> str:
    """Return a digest of what a person can change: running a notebook and saving it does not count as a change.

    A page reckons the same one of a notebook that it opens: the SHA-256 of the cells' types, sources and tags as JSON.
    """
    try:
        notebook = json.loads(file.read_text(encoding="utf-8"))
        told = json.dumps([_told(cell) for cell in notebook["cells"]], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(told.encode()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "unreadable"


def _all_shipped() -> Path:
    # A checkout comes first: what is edited there is what runs there.
    for folder in (_PACKAGE.parent / "notebooks", _PACKAGE / "_notebooks"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise WorkspaceError(_("The notebooks were not installed with the workbench. Install the workbench again."))


def _place(source: Path, target: Path, given: Sequence[str]) -> Placed:
    copy = target / source.name
    fresh = digest(source)
    if not copy.exists():
        write_private(copy, source.read_bytes())
        return Placed(copy, Placing.COPIED)
    standing = digest(copy)
    if standing == fresh:
        return Placed(copy, Placing.KEPT)
    if standing in given:
        write_private(copy, source.read_bytes())
        return Placed(copy, Placing.RENEWED)
    if fresh in given:
        return Placed(copy, Placing.KEPT)
    beside = _free_name(target, source)
    write_private(beside, source.read_bytes())
    return Placed(beside, Placing.BESIDE)


def _free_name(target: Path, source: Path) -> Path:
    number = 2
    while (target / f"{source.stem} ({number}){source.suffix}").exists():
        number += 1
    return target / f"{source.stem} ({number}){source.suffix}"


def _told(cell: Mapping[str, Any]) -> list[Any]:
    source = cell["source"]
    return [cell["cell_type"], source if isinstance(source, str) else "".join(source), cell["metadata"].get("tags", [])]


def _remembered(memory: Path) -> dict[str, list[str]]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {str(name): list(map(str, given)) for name, given in known.items() if isinstance(given, list)}
