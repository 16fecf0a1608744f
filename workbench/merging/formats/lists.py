"""Lists in a letter, one thing a line."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.merging.formats.dates import date_and_hour
from workbench.merging.formats.inputs import Column, Format, Inputs, wall_moment


def _appointment_list(inputs: Inputs, source: Sequence[str]) -> Column:
    """Write every appointment of the message, one a line: « mardi 24 novembre à 8 h 40, Dr Molaire »."""
    moments, practitioners = inputs.column(source[0]), inputs.column("appointments.practitioner")
    written: Column = []
    for starts, names, language in zip(moments, practitioners, inputs.languages, strict=True):
        lines = []
        for start, name in zip(starts or (), names or [None] * len(starts or ()), strict=True):
            moment = wall_moment(start, inputs.zone)
            if moment is not None:
                lines.append(date_and_hour(moment, language, inputs) + (f", {name}" if name else ""))
        written.append("\n".join(lines) or None)
    return written


LISTS: dict[str, Format] = {
    "appointment_list": _appointment_list,
}
