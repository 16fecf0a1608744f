"""A mailing in numbers: how many rows stand where and why, under codes of ours; nothing of a patient fits in.

It is what an executed notebook keeps. Whoever keeps it reads the numbers and codes again with `MailingSummary.read`
and writes the words anew, so that nothing else can come along.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Self

from workbench.domain.deliveries import sentence_of_reason, word_of_reason
from workbench.domain.mailings import Tally
from workbench.language import _, marked, n_

SUMMARY_MIME = "application/vnd.publipostage.summary+json"
"""The kind of output that holds a summary as numbers and codes."""

STATUS_WORDS = {
    "sent": ("✓", marked("Sent")),
    "failed": ("✕", marked("Failed")),
    "in_doubt": ("?", marked("Uncertain")),
    "skipped": ("–", marked("Not sent")),
    "pending": ("…", marked("Waiting")),
    "sending": ("…", marked("Sending")),
    "cancelled": ("–", marked("Cancelled")),
}
"""How the status of a delivery reads: a sign and a word."""

_SHOWN = ("pending", "sent", "failed", "in_doubt", "skipped", "cancelled")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DETAIL = re.compile(r"@[A-Z0-9_]{1,40}")  # a field's code
_COLOURS = {"sent": "#2e7d32", "failed": "#c62828", "in_doubt": "#b26a00", "pending": "#1565c0"}
_GREY = "#8a8f98"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingSummary:
    """How many rows of a mailing stand where.

    Parameters
    ----------
    rows
        ``(status, reason)`` and how many: the rows of the list.
    warnings
        The code of a finding and for how many rows it stands; they may leave all the same.
    planned
        Nothing was queued yet: what waits is what would leave.
    """

    rows: tuple[tuple[str, str, int], ...]
    warnings: tuple[tuple[str, int], ...] = ()
    planned: bool = False

    @classmethod
    def of(cls, tally: Tally, *, warnings: Iterable[str] = (), planned: bool = False) -> Self:
        """Return the summary of a tally, and of the codes of its warnings (one a row)."""
        counted: Counter[tuple[str, str]] = Counter()
        for (status, reason), count in tally.of_list.rows.items():
            counted["pending" if status == "sending" else status, _coded(reason) if status != "pending" else ""] += (
                count
            )
        rows = sorted((status, reason, count) for (status, reason), count in counted.items() if count)
        codes = Counter(filter(None, map(_coded, warnings)))
        return cls(rows=tuple(rows), warnings=tuple(sorted(codes.items())), planned=planned)

    @classmethod
    def read(cls, value: object) -> Self | None:
        """Return the summary that `value` (plain JSON) holds, or nothing when it is anything else as well."""
        if not isinstance(value, dict) or set(value) != {"rows", "warnings", "planned"}:
            return None
        rows, warnings, planned = value["rows"], value["warnings"], value["planned"]
        if not (isinstance(rows, list) and isinstance(warnings, list) and isinstance(planned, bool)):
            return None
        for row in rows:
            if not (isinstance(row, list) and len(row) == 3 and row[0] in _SHOWN and _is_coded(row[1])):
                return None
        for warning in warnings:
            if not (isinstance(warning, list) and len(warning) == 2 and warning[0] and _is_coded(warning[0])):
                return None
        if not all(type(counted[-1]) is int and counted[-1] >= 0 for counted in [*rows, *warnings]):
            return None
        return cls(
            rows=tuple((row[0], row[1], row[2]) for row in rows),
            warnings=tuple((warning[0], warning[1]) for warning in warnings),
            planned=planned,
        )

    def plain(self) -> dict[str, Any]:
        """Return the numbers and codes as plain JSON."""
        return {
            "rows": [list(row) for row in self.rows],
            "warnings": [list(warning) for warning in self.warnings],
            "planned": self.planned,
        }

    @property
    def codes(self) -> list[str]:
        """Every code in it."""
        return [*(reason for _status, reason, _count in self.rows if reason), *(code for code, _count in self.warnings)]

    def bundle(self) -> dict[str, Any]:
        """Return what a notebook shows of it: words for the eye, and the numbers for whoever keeps it."""
        return {"text/plain": str(self), "text/html": self.to_html(), SUMMARY_MIME: self.plain()}

    def _repr_mimebundle_(self, **_asked: object) -> Mapping[str, Any]:
        return self.bundle()

    def __str__(self) -> str:
        told = [(f"{'' if status else '    '}{text}", count) for status, text, count in self._lines()]
        width = max((len(text) for text, _count in told), default=0)
        return "\n".join([self.title, *(f"  {text:<{width}}  {count:>6}" for text, count in told)])

    def to_html(self) -> str:
        """Return it as a small table with a bar a status; it needs no script and asks for nothing outside."""
        most = max((count for status, _text, count in self._lines() if status), default=0)
        lines = []
        for status, text, count in self._lines():
            colour = _COLOURS.get(status, _GREY)
            length = round(240 * count / most) if status and most else 0
            bar = (
                f'<div style="background:{colour};height:0.8em;width:{length}px;min-width:{2 if count else 0}px"></div>'
                if status
                else ""
            )
            lines.append(
                f'<tr><td style="text-align:left;padding:2px 12px 2px {12 if status else 32}px">{escape(text)}</td>'
                f'<td style="text-align:right;padding:2px 12px">{count}</td>'
                f'<td style="text-align:left;padding:2px 12px">{bar}</td></tr>'
            )
        return (
            '<table style="border-collapse:collapse">'
            f'<caption style="text-align:left;padding:4px 12px;font-weight:600">{escape(self.title)}</caption>'
            f"<tbody>{''.join(lines)}</tbody></table>"
        )

    @property
    def title(self) -> str:
        """What the numbers are about, and how many rows there are in all."""
        count = sum(number for _status, _reason, number in self.rows)
        if self.planned:
            return n_("The check: {count} row", "The check: {count} rows", count).format(count=count)
        return n_("The mailing: {count} row", "The mailing: {count} rows", count).format(count=count)

    def _lines(self) -> Iterator[tuple[str, str, int]]:
        """Give each line: its status (nothing for a line that explains), its words, its number."""
        for status in _SHOWN:
            found = [(reason, count) for known, reason, count in self.rows if known == status]
            if not found and status not in {"pending" if self.planned else "sent", "skipped"}:
                continue
            sign, word = ("…", _("Would leave")) if self.planned and status == "pending" else _words(status)
            yield status, f"{sign} {word}", sum(count for _reason, count in found)
            for reason, count in sorted(found, key=lambda line: (-line[1], line[0])):
                if reason:
                    yield "", _sentence(reason), count
        for code, count in self.warnings:
            yield "", _("! To be read: {what}").format(what=word_of_reason(code)), count


def _words(status: str) -> tuple[str, str]:
    sign, word = STATUS_WORDS[status]
    return sign, _(word)


def _sentence(reason: str) -> str:
    # Where a sentence names what is missing, a summary does not know it.
    told = sentence_of_reason(reason if ":" in reason else f"{reason}:…")
    return told if told != f"{reason}:…" else reason


def _coded(reason: str) -> str:
    """Return a reason's code, with its detail only when that is a field's code: a sentence has no place here."""
    code, _colon, detail = reason.partition(":")
    if not _CODE.fullmatch(code):
        return ""
    return f"{code}:{detail}" if _DETAIL.fullmatch(detail) else code


def _is_coded(value: object) -> bool:
    return isinstance(value, str) and _coded(value) == value
