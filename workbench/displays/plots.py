"""Draw what became of the messages: by state and reason, and over time; no name, nothing from outside."""

from __future__ import annotations

import base64
import io
import re
import textwrap
from collections import Counter
from datetime import tzinfo
from html import escape
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from workbench.displays.time_axes import along_days, along_hours
from workbench.displays.words import number_words
from workbench.domain.deliveries import sentence_of_reason
from workbench.language import _

LOOKS = {
    "sent": {"color": "#2e9e54", "hatch": ""},
    "failed": {"color": "#d64545", "hatch": "///"},
    "in_doubt": {"color": "#e0a100", "hatch": "..."},
    "skipped": {"color": "#a7adb8", "hatch": "\\\\\\"},
    "pending": {"color": "#dfe3e8", "hatch": "xx"},
    "cancelled": {"color": "#c3c8d0", "hatch": "++"},
}
"""A state is a hatch and a word besides its colour, for whoever prints in black or sees colours otherwise."""

_SHOWN_REASONS = 12
_COLOURS = 48
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class ResultsFigure(Figure):
    """A matplotlib figure that shows itself in a notebook or a report, with a text in its place for who cannot see."""

    alternative = ""

    def picture(self, *, ink: str = "", ground: str = "") -> bytes:
        """Return it as a PNG file, in the colours of whoever shows it (``#rrggbb``); black on white by default."""
        if _COLOUR.fullmatch(ink) and _COLOUR.fullmatch(ground):
            self._dress(ink, ground)
        drawn, picture = io.BytesIO(), io.BytesIO()
        self.savefig(drawn, format="png", dpi=110, metadata={"Software": None})
        # A chart needs few colours: it is a sixth of the size, in a notebook that is kept small.
        Image.open(drawn).convert("RGB").quantize(_COLOURS).save(picture, format="png", optimize=True)
        return picture.getvalue()

    def _dress(self, ink: str, ground: str) -> None:
        """Put on the colours of a page; the bars keep theirs."""
        self.set_facecolor(ground)
        for axes in self.axes:
            axes.set_facecolor(ground)
            axes.tick_params(colors=ink)
            for spine in axes.spines.values():
                spine.set_edgecolor(ink)
            for text in axes.findobj(Text):
                text.set_color(ink)

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, str]:
        data = base64.b64encode(self.picture()).decode("ascii")
        words = escape(self.alternative, quote=True)
        image = f'<img style="max-width:100%" alt="{words}" src="data:image/png;base64,{data}">'
        # The picture by itself, too: it is what whoever saves the notebook keeps.
        return {"text/plain": self.alternative, "text/html": image, "image/png": data}


def results_figure(results: pd.DataFrame, zone: tzinfo) -> ResultsFigure:
    """Return a figure of a results frame: its rows by state and reason, and when they were decided, by that clock.

    What was decided over several days is told by day and by hour of the day, what left at one go as it went on. Only
    the columns ``status``, ``reason`` and ``decided_at`` are looked at.
    """
    told = _told(results)
    figure = ResultsFigure(figsize=(9.6, 3.6), layout="constrained")
    figure.set_facecolor("white")
    figure.alternative = _alternative(told)
    by_reason, over_time = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_reasons(by_reason, told)
    clock = told["decided_at"].dt.tz_convert(zone).dt.tz_localize(None)
    if clock.dt.normalize().nunique() > 2:
        figure.set_size_inches(9.6, 7.2)
        figure.clear()
        by_reason, over_time, by_hour = figure.subplots(3, 1, height_ratios=(4, 2, 2))
        _draw_reasons(by_reason, told, wrapped=64)
        _draw_bars(over_time, told, clock.dt.normalize(), _("Messages, by day"))
        _draw_bars(by_hour, told, clock.dt.hour, _("Messages, by hour of the day"))
    else:
        _draw_times(over_time, told, zone)
    return figure


def _draw_bars(axes: Any, told: pd.DataFrame, when: pd.Series, title: str) -> None:
    """Draw how many messages were tried when, one bar a day or an hour, in the colours of what became of them."""
    tried = told["status"].isin(["sent", "failed", "in_doubt"]) & when.notna()
    counted = pd.crosstab(when[tried], told.loc[tried, "status"])
    by_hour = not pd.api.types.is_datetime64_any_dtype(when)
    if by_hour:
        counted = counted.reindex(range(24), fill_value=0)
    below = pd.Series(0, index=counted.index)
    for status, look in LOOKS.items():
        if status in counted:
            axes.bar(counted.index, counted[status], bottom=below, width=0.8, edgecolor="white", **look)
            below = below + counted[status]
    axes.margins(y=0.1)
    axes.set_title(f"{title} (n = {int(tried.sum())})", loc="left", fontsize="medium")
    if by_hour:
        axes.set_xticks(range(0, 24, 2), [f"{hour} h" for hour in range(0, 24, 2)])
    else:
        along_days(axes, ticks=8)
    calm(axes)
    axes.yaxis.get_major_locator().set_params(integer=True)


def _told(results: pd.DataFrame) -> pd.DataFrame:
    status = results["status"].astype(str).replace({"sending": "pending"})
    reason = results["reason"].fillna("").astype(str)
    of_list = ~((status == "cancelled") & (reason == "superseded"))
    told = pd.DataFrame({"status": status, "reason": reason, "decided_at": results["decided_at"]})[of_list]
    # The same reason of many rows is one bar; what an answer adds to it is for the table.
    told["reason"] = told["reason"].where(told["status"].isin(["failed", "in_doubt", "skipped"]), "")
    return told


def _draw_reasons(axes: Any, told: pd.DataFrame, *, wrapped: int = 38) -> None:
    counted = Counter(zip(told["status"], told["reason"], strict=True))
    rows = sorted(counted.items(), key=lambda item: (list(LOOKS).index(item[0][0]), -item[1]))[:_SHOWN_REASONS]
    labels = []
    for place, ((status, reason), count) in enumerate(rows):
        axes.barh(place, count, edgecolor="white", **LOOKS[status])
        axes.annotate(str(count), (count, place), xytext=(4, 0), textcoords="offset points", va="center")
        words = number_words(status) if not reason else f"{number_words(status)[0]} {sentence_of_reason(reason)}"
        labels.append(textwrap.fill(words, wrapped))
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.set_title(_("Messages, by reason") + f" (n = {len(told)})", loc="left", fontsize="medium")
    axes.margins(x=0.12)
    calm(axes)
    axes.xaxis.get_major_locator().set_params(integer=True)


def _draw_times(axes: Any, told: pd.DataFrame, zone: tzinfo) -> None:
    axes.set_title(_("Over time"), loc="left", fontsize="medium")
    decided = told[told["decided_at"].notna() & told["status"].isin(["sent", "failed", "in_doubt"])]
    if not decided.empty:
        for status, look in LOOKS.items():
            times = decided.loc[decided["status"] == status, "decided_at"].sort_values()
            if len(times):
                axes.step(
                    times.dt.tz_convert(zone).dt.tz_localize(None),
                    range(1, len(times) + 1),
                    where="post",
                    color=look["color"],
                    linestyle="-" if status == "sent" else "--",
                    marker="o",
                    markersize=3,
                    label=number_words(status),
                )
        margin = pd.Timedelta(seconds=1)  # a sending of one instant has no length of its own
        times = decided["decided_at"].dt.tz_convert(zone).dt.tz_localize(None)
        axes.set_xlim(times.min() - margin, times.max() + margin)
        along_hours(axes, ticks=5)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, fontsize="small", loc="best")
    calm(axes)
    axes.yaxis.get_major_locator().set_params(integer=True)


def calm(axes: Any) -> None:
    """Leave out of a chart what tells nothing."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize="small")


def _alternative(told: pd.DataFrame) -> str:
    numbers = told["status"].value_counts()
    words = ", ".join(f"{number_words(status)} {int(numbers.get(status, 0))}" for status in LOOKS if status in numbers)
    return _("Messages by state: {numbers}.").format(numbers=words or "0")
