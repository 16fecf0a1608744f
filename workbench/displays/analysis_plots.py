"""Draw what the analysis says: messages by day, and how often appointments were missed; rates with their intervals."""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd
from babel.dates import get_day_names

from workbench.displays.plots import LOOKS, ResultsFigure, calm
from workbench.displays.reminder_words import percent
from workbench.displays.time_axes import along_days
from workbench.displays.words import number_words, shown
from workbench.domain.deliveries import sentence_of_reason
from workbench.language import _, language
from workbench.practice.reminder_effect import ReminderEffect

_REASONS = 12
"""How many reasons have a bar each."""

_OTHERS = {"color": "#dfe3e8", "hatch": "xx"}
_OUTSIDE = {"color": "#7aa6d9", "hatch": "oo"}
_LONG = 62
"""Days beyond which one bar is a week."""

_GROUPS: tuple[tuple[bool, dict[str, Any]], ...] = (
    (False, {"color": "#9a6b1f", "marker": "s", "fillstyle": "none"}),
    (True, {"color": "#1f6fb2", "marker": "o"}),
)
"""A colour and a mark for each: who sees colours otherwise reads the marks."""


def days_figure(days: pd.DataFrame) -> ResultsFigure:
    """Return a figure of how many messages were decided on each day, or week, and what became of them.

    Parameters
    ----------
    days
        Columns ``day status count``; see ``Analysis.days``.
    """
    figure = ResultsFigure(figsize=(9.6, 3.6), layout="constrained")
    figure.set_facecolor("white")
    axes: Any = figure.subplots()
    weekly = bool(len(days)) and (days["day"].max() - days["day"].min()).days > _LONG
    told = days.assign(day=days["day"].dt.to_period("W").dt.start_time if weekly else days["day"])
    counted = told.pivot_table(
        index="day", columns="status", values="count", aggfunc="sum", observed=True, fill_value=0
    )
    below = pd.Series(0, index=counted.index)
    looks: dict[str, dict[str, Any]] = {**LOOKS, "outside": _OUTSIDE}
    for status, look in looks.items():
        if status in counted:
            axes.bar(
                counted.index, counted[status], bottom=below, width=5.6 if weekly else 0.8, edgecolor="white",
                label=_status(status), **look,
            )  # fmt: skip
            below = below + counted[status]
    total = int(days["count"].sum())
    title = _("Messages, by week") if weekly else _("Messages, by day")
    axes.set_title(f"{title} (n = {total})", loc="left", fontsize="medium")
    if total:
        axes.legend(frameon=False, fontsize="small", loc="upper left", ncols=4)
        axes.margins(y=0.2)
    along_days(axes, ticks=8)
    calm(axes)
    axes.yaxis.get_major_locator().set_params(integer=True)
    numbers = days.groupby("status", observed=True)["count"].sum()
    words = ", ".join(f"{_status(str(status))} {int(count)}" for status, count in numbers.items())
    figure.alternative = _("{title}: {words}.").format(title=title, words=words or 0)
    return figure


def reasons_figure(reasons: pd.DataFrame) -> ResultsFigure:
    """Return a figure of why messages did not leave, or may not have arrived; beside each, its part of all messages.

    Parameters
    ----------
    reasons
        Columns ``status reason count share``, the most frequent first; see ``Analysis.reasons``. What comes after the
        most frequent ones is one bar.
    """
    rows = [
        (str(row["status"]), _reason(str(row["status"]), row["reason"]), int(row["count"]), float(row["share"]))
        for row in reasons.to_dict("records")
    ]
    if others := rows[_REASONS:]:
        number = sum(count for _status_of, _words, count, _share in others)
        share = sum(share for _status_of, _words, _count, share in others)
        rows = [*rows[:_REASONS], ("", _("– Other reasons"), number, share)]
    figure = ResultsFigure(figsize=(9.6, 1.2 + 0.45 * max(1, len(rows))), layout="constrained")
    figure.set_facecolor("white")
    axes: Any = figure.subplots()
    for place, (status, _words, count, share) in enumerate(rows):
        axes.barh(place, count, edgecolor="white", **LOOKS.get(status, _OTHERS))
        axes.annotate(
            f"{count} ({percent(share)})", (count, place), xytext=(4, 0), textcoords="offset points", va="center",
            fontsize="small",
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [textwrap.fill(words, 64) for _status_of, words, _count, _share in rows])
    axes.invert_yaxis()
    axes.margins(x=0.16)
    title = _("Messages that did not leave or are uncertain, by reason")
    axes.set_title(f"{title} (n = {sum(count for _s, _w, count, _p in rows)})", loc="left", fontsize="medium")
    calm(axes)
    axes.xaxis.get_major_locator().set_params(integer=True)
    told = "; ".join(f"{words} {count} ({percent(share)})" for _status_of, words, count, share in rows)
    figure.alternative = _("{title}: {words}.").format(title=title, words=told or 0)
    return figure


def reminders_figure(effect: ReminderEffect, by: str) -> ResultsFigure:
    """Return a figure of how often appointments were missed, with a reminder and without, group by group.

    Each mark has its 95 % interval and, below, how many appointments it stands for; those of fewer than 30 are pale.
    """
    rates = effect.rates(by)
    figure = ResultsFigure(figsize=(9.6, 4.0), layout="constrained")
    figure.set_facecolor("white")
    axes: Any = figure.subplots()
    groups = list(dict.fromkeys(rates[by].tolist())) if by else [""]
    places = {group: place for place, group in enumerate(groups)}
    told, numbers = [], []
    for number, (reminded, look) in enumerate(_GROUPS):
        mine = rates[rates["reminded"] == reminded]
        for row in mine.to_dict("records"):
            if not row["number"]:
                continue
            place = places[row[by] if by else ""] + (number - 0.5) * 0.24
            axes.errorbar(
                place, row["rate"], yerr=[[row["rate"] - row["low"]], [row["high"] - row["rate"]]], capsize=3,
                linestyle="none", alpha=0.35 if row["few"] else 1.0, **look,
            )  # fmt: skip
            numbers.append((place, row["number"], look["color"]))
            told.append(f"{_group(by, row[by]) if by else ''} {_name(reminded)} {percent(row['rate'])}".strip())
        axes.errorbar([], [], label=_name(reminded), linestyle="none", **look)
    axes.set_xticks(range(len(groups)), [_group(by, group) for group in groups] if by else [""])
    top = axes.get_ylim()[1]
    for place, count, colour in numbers:
        axes.annotate(str(count), (place, -top / 40), ha="center", va="top", fontsize="x-small", color=colour)
    axes.set_ylim(-top / 12, top)
    axes.set_xlim(-0.6, max(1, len(groups)) - 0.4)
    axes.yaxis.set_major_formatter(lambda value, _place: percent(value) if value >= 0 else "")
    title = _("Missed appointments {by} (95% intervals; below, how many; pale: fewer than 30)").format(by=_by(by))
    axes.set_title(" ".join(title.split()), loc="left", fontsize="medium")
    axes.legend(frameon=False, fontsize="small", loc="best")
    calm(axes)
    figure.alternative = _("{title}: {words}.").format(title=" ".join(title.split()), words="; ".join(told) or 0)
    return figure


def _reason(status: str, reason: object) -> str:
    """Return a reason as a sentence, after the sign of what became of the message."""
    words = number_words(status)
    sentence = sentence_of_reason(str(reason)) if isinstance(reason, str) and reason else ""
    return f"{words[0]} {sentence}" if sentence else words


def _status(status: str) -> str:
    return _("○ Reached outside the workbench") if status == "outside" else number_words(status)


def _name(reminded: bool) -> str:
    return _("with a reminder") if reminded else _("without a reminder")


def _by(by: str) -> str:
    return {
        "lead": _("by days since the appointment was made"),
        "hour": _("by hour"),
        "weekday": _("by weekday"),
        "practitioner": _("by practitioner"),
        "nature": _("by nature"),
        "notice": _("by hours from the reminder to the appointment"),
        "channel": _("by channel of the reminder"),
    }.get(by, "")


def _group(by: str, value: Any) -> str:
    if by == "weekday":
        return str(get_day_names("abbreviated", locale=language())[int(value)])
    if by == "hour":
        return f"{int(value)} h"
    return shown(by, value) or str(value)
