"""Lists of recipients too long to be held: a table's file or a search, taken part by part in an order that is fixed.

No part cuts what belongs together: a search is cut between patients or families, and of a table it is known
beforehand which rows repeat others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import UsageError
from workbench.language import _
from workbench.merging.recipient_tables import TableSurvey, plain_table
from workbench.merging.table_identity import RepeatedRows

if TYPE_CHECKING:
    import pandas as pd

PART = 2000
"""Rows worked out at a time: enough for whole columns to pay, and a small part of what the program holds anyway."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a long list; for a table, how many come before them and which of all its rows repeat others."""

    subjects: pd.DataFrame = field(repr=False)
    first: int = 0
    repeated: RepeatedRows | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongList:
    """A list of recipients that is read part by part, as often as need be.

    `search`, `parameters` and `digest` are what identifies it (8.3), `saved_as` the name of the saved search that was
    asked for, `rows` how many rows it has, `encoding` the one that a file was read in.
    """

    search: str = ""
    saved_as: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    rows: int
    encoding: str = "utf-8"
    parts: Callable[[], Iterator[Part]] = field(repr=False)


def table_in_parts(
    path: Path, read: Callable[[Path, int], Iterator[pd.DataFrame]], *, size: int = PART
) -> pd.DataFrame | LongList:
    """Return a recipients file as a frame, or as a long list when it has more than `size` rows.

    Parameters
    ----------
    read
        Gives a file's rows, so many at a time.

    Raises
    ------
    UnknownName
        When the table has no column of addresses.
    UsageError
        From the list's parts, when the file was changed since it was looked through.
    """
    seen = _state(path)
    reading = read(path, size)
    part = next(reading)
    following = next(reading, None)
    if following is None:
        return part
    survey = TableSurvey(part.columns.tolist())
    encoding = str(part.attrs.get("encoding", "utf-8"))
    survey.add(plain_table(part))
    while following is not None:
        survey.add(plain_table(following))
        following = next(reading, None)
    digest = survey.end()

    def parts() -> Iterator[Part]:
        first = 0
        for frame in read(path, size):
            yield Part(frame, first, survey.repeated)
            first += len(frame)
        if _state(path) != seen or first != survey.rows:
            raise UsageError(
                _("The file {file} was changed while it was read; nothing was sent.").format(file=path.name)
            )

    return LongList(digest=digest, rows=survey.rows, encoding=encoding, parts=parts)


def _state(path: Path) -> tuple[int, ...]:
    """Return what changes with a file; nothing of one that is gone."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def search_in_parts(
    search: str,
    parameters: Mapping[str, str],
    patients: Iterable[Collection[str]],
    rows: int,
    ask: Callable[[Collection[str]], pd.DataFrame],
    *,
    saved_as: str = "",
) -> LongList:
    """Return a search as a long list, asked anew for the patients of each part.

    Parameters
    ----------
    patients
        Whose rows each part has; gone through anew each time the list is read.
    ask
        The search, of these patients alone.
    saved_as
        The name of the saved search that was asked for.
    """

    def parts() -> Iterator[Part]:
        for some in patients:
            yield Part(ask(some))

    return LongList(search=search, saved_as=saved_as, parameters=parameters, rows=rows, parts=parts)
