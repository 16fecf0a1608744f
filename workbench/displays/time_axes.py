"""Days and hours along a chart, in the language in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babel.dates import format_date, format_skeleton, format_time
from matplotlib.dates import AutoDateLocator, num2date
from matplotlib.ticker import Formatter, MaxNLocator

from workbench.language import language


class DatesInWords(Formatter):
    """Says the ticks as days, as days and months, or as hours of a day that is named once, as far as they lie apart."""

    def __init__(self) -> None:
        super().__init__()
        self._offset = ""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return one tick alone."""
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the ticks; what they have in common is said at the end of the axis."""
        spoken = language()
        moments = [num2date(value) for value in values]  # type: ignore[no-untyped-call]
        self._offset = ""
        if not moments:
            return []
        if all(moment.hour == moment.minute == moment.second == 0 for moment in moments):
            several = len({moment.year for moment in moments}) > 1
            return [format_skeleton("yMMMd" if several else "MMMd", moment, locale=spoken) for moment in moments]
        self._offset = format_date(moments[-1], format="medium", locale=spoken)
        exact = any(moment.second for moment in moments)
        return [format_time(moment, "medium" if exact else "short", locale=spoken) for moment in moments]

    def get_offset(self) -> str:
        """Return what the ticks have in common: the day of the hours."""
        return self._offset


def along_days(axes: Any, *, ticks: int) -> None:
    """Tell the days along a chart, each by its midnight, with at most so many ticks."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=ticks, integer=True, steps=[1, 2, 7, 10]))
    axes.xaxis.set_major_formatter(DatesInWords())


def along_hours(axes: Any, *, ticks: int) -> None:
    """Tell the hours, minutes or seconds along a chart with at most so many ticks."""
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=ticks))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DatesInWords())
