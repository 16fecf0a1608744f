"""The built-in catalogue of merge fields, read from ``fields.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from workbench.domain.fields import Catalogue, DataClass, Field


@cache
def builtin_catalogue() -> Catalogue:
    """Return the fields the workbench knows by itself; read once."""
    declared = tomllib.loads((files("workbench.merging") / "fields.toml").read_text(encoding="utf-8"))
    return Catalogue(
        Field(
            code=code,
            labels=entry["labels"],
            category=entry["category"],
            data_class=DataClass(entry["class"]),
            source=tuple(entry["source"]),
            format=entry["format"],
            example=entry["example"],
            aliases=tuple(entry.get("aliases", ())),
            asked=entry.get("asked", ""),
        )
        for code, entry in declared.items()
    )
