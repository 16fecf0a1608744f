"""Find the sample data: beside the code in a checkout, inside the package once it is installed."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from workbench.errors import WorkspaceError
from workbench.language import _

_PACKAGE = Path(__file__).parents[2]


def sample_folder() -> Path:
    """Return the folder of the sample data.

    Raises
    ------
    WorkspaceError
        When the workbench was installed without it.
    """
    # A checkout comes first: what is edited there is what runs there.
    for folder in (_PACKAGE.parent / "sample_data", _PACKAGE / "_sample_data"):
        if (folder / "practice" / "practice.toml").is_file():
            return folder
    raise WorkspaceError(_("The sample practice was not installed with the workbench. Install the workbench again."))


def sample_rows(name: str) -> list[dict[str, str | None]]:
    """Return the rows of ``practice/<name>.csv``; an empty cell is ``None``, everything else text as it stands."""
    with (sample_folder() / "practice" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return [{column: cell or None for column, cell in row.items()} for row in csv.DictReader(lines)]


@cache
def sample_words() -> dict[str, Any]:
    """Return ``practice/practice.toml``: the practice, its rooms, its practitioners, its visits; not to be changed."""
    with (sample_folder() / "practice" / "practice.toml").open("rb") as text:
        return tomllib.load(text)


def sample_templates() -> list[Path]:
    """Return the files of the sample practice's email types, sorted; the folder's name is their folder."""
    return sorted((sample_folder() / "templates").glob("*/*.html"))


def sample_signatures() -> list[Path]:
    """Return the files of the starter signatures, sorted."""
    return sorted((sample_folder() / "signatures").glob("*.html"))
