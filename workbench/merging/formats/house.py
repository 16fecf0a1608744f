"""Whose row it is: the practitioner of the appointment, else of the file, and the pictures of the house."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.merging.formats.inputs import Column, Format, Inputs, Values


def _of_row(inputs: Inputs, of_subject: str, of_file: str) -> Values:
    """Return what is said of the practitioner whom a row is about, and nothing of another one in their place."""
    rows = zip(inputs.column("subject.practitioner_id"), inputs.column(of_subject), inputs.column(of_file), strict=True)
    return [theirs if practitioner else otherwise for practitioner, theirs, otherwise in rows]


def _picture(inputs: Inputs, source: Sequence[str]) -> Column:
    """Say where the row's picture lies: the practitioner's, or with one column the practice's; it is shown later."""
    paths = inputs.column(source[0]) if len(source) == 1 else _of_row(inputs, source[0], source[1])
    return [str(path) if path else None for path in paths]


def _row_text(inputs: Inputs, source: Sequence[str]) -> Column:
    return [str(value) if value else None for value in _of_row(inputs, source[0], source[1])]


def _row_name(inputs: Inputs, source: Sequence[str]) -> Column:
    """« Dr Molaire »; a title without a name is nobody."""
    titles, names = _of_row(inputs, source[0], source[2]), _of_row(inputs, source[1], source[3])
    return [
        " ".join(str(part) for part in (title, name) if part) if name else None
        for title, name in zip(titles, names, strict=True)
    ]


HOUSE: dict[str, Format] = {"picture": _picture, "row_text": _row_text, "row_name": _row_name}
