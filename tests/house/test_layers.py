"""The house is stacked so that every arrow points down; this table is its plan."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "workbench"

_FLOOR = {"errors", "language"}
_WORDS = {"domain", *_FLOOR}

# From a room (a folder or a file at the top of the house) to the rooms it may import from, hints included.
MAY_IMPORT: dict[str, set[str]] = {
    "language": set(),
    "errors": {"language"},
    "domain": _FLOOR,
    "addresses": _WORDS,
    "ports": _WORDS,
    "databases": _WORDS,
    "settings": _WORDS,
    "passwords": {"settings", *_WORDS},
    "attachments": {"settings", *_WORDS},
    "imaging": _WORDS,
    "merging": {"addresses", *_WORDS},
    "checking": {"merging", *_WORDS},
    "rendering": {"merging", *_WORDS},
    "patients": {"addresses", "databases", "ports", *_WORDS},
    "ledger": {"addresses", "databases", "ports", *_WORDS},
    "transports": {"ports", *_WORDS},
    "sending": {"ports", *_WORDS},
    "practice": {
        "addresses", "attachments", "checking", "imaging", "merging", "ports", "rendering", "sending",
        "settings", *_WORDS,
    },
    "displays": {"merging", "practice", *_WORDS},
    "printing": {"displays", *_WORDS},
    "widgets": {"displays", "practice", *_WORDS},
    "jobs": {"ports", "practice", "printing", "settings", *_WORDS},
    "lab": {"settings", *_WORDS},
    "wiring": {
        "addresses", "attachments", "databases", "ledger", "merging", "passwords", "patients", "ports", "practice",
        "printing", "sending", "settings", "transports", "displays", "jobs", "widgets", *_WORDS,
    },
    "cli": {"displays", "jobs", "lab", "passwords", "practice", "settings", "wiring", *_WORDS},
    "__init__": {"practice", "settings", "wiring", *_WORDS},
    "__main__": {"cli"},
}  # fmt: skip


def room_of(module: str) -> str:
    """Return the room that ``workbench.a.b`` belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported_rooms(source: str) -> set[str]:
    """Return the rooms of the house that a module's text imports from, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {room_of(name.name) for name in node.names if name.name.split(".")[0] == "workbench"}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError("an import is written from the top of the house, never with dots")
            if node.module == "workbench":
                found |= {name.name for name in node.names}
            elif node.module is not None and node.module.startswith("workbench."):
                found.add(room_of(node.module))
    return found


def modules() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


@pytest.mark.parametrize("module", modules(), ids=lambda module: str(module.relative_to(HOUSE)))
def test_a_module_imports_only_from_below(module: Path):
    room = module.relative_to(HOUSE).parts[0].removesuffix(".py")
    assert room in MAY_IMPORT, f"the room {room!r} is not in the plan of the house"
    upward = imported_rooms(module.read_text(encoding="utf-8")) - MAY_IMPORT[room] - {room}
    assert not upward, f"{room} may not import from {sorted(upward)}"


def test_the_plan_itself_has_no_circle():
    standing: list[str] = []
    left = dict(MAY_IMPORT)
    while left:
        free = [room for room, below in left.items() if below <= set(standing)]
        assert free, f"these rooms import one another: {sorted(left)}"
        standing += free
        for room in free:
            del left[room]


def test_an_upward_import_would_be_seen():
    assert imported_rooms("def f():\n    from workbench.cli.main import main\n") == {"cli"}
    assert imported_rooms("import workbench.sending.sender as s\nfrom workbench import ports\n") == {"sending", "ports"}
