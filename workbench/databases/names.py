"""What a database is called in a sentence, and where its file is."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError


def sqlite_path(url: str | URL) -> Path | None:
    """Return the file of a SQLite URL; nothing for another database or one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database)).absolute()


def shown(url: str | URL) -> str:
    """Return a database's name for a sentence: its file's name, or its URL without the password."""
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        return "?"  # an unreadable URL may hold a password anywhere
    path = sqlite_path(parsed)
    return path.name if path else parsed.render_as_string(hide_password=True)


def first_line(cause: object) -> str:
    """Return the first line of what a driver says, for a sentence."""
    return (str(cause).strip().splitlines() or ["?"])[0].rstrip(".")[:200]
