"""Lay the rows of a search out as a list on paper: to telephone with, to tick off, to lie at the front desk."""

from __future__ import annotations

import html
from datetime import datetime
from typing import TYPE_CHECKING, Any

from babel.dates import format_date, format_time

from workbench.displays.cells import friendly
from workbench.displays.search_columns import columns_shown
from workbench.displays.words import heading, shown
from workbench.errors import BadValue
from workbench.language import _, language
from workbench.printing.pdf import drawn, page_looks

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 5_000
"""Rows that are laid out on paper; more are for a spreadsheet."""

_AGENDA = ("time", "patient", "file_number", "phone", "nature", "practitioner")
"""What the list of a day says of each appointment, in this order."""

_NUMBERS = ("phone", "call_mobile", "call_phone")
_ELSEWHERE = frozenset({"last_message_at", "last_message", "remark"})
_MOST_COLUMNS = 7


def pdf_of_list(frame: pd.DataFrame, *, title: str, practice: str, now: datetime, remark: bool = False) -> bytes:
    """Return the rows of a search as a PDF: one line a row with a box to tick, the headings on every page.

    Parameters
    ----------
    frame
        The rows, in the order they are to be read.
    title
        What the list is called; the days its rows are of stand beside it.
    practice
        The practice's name, at the foot of each page.
    now
        When it is printed, by the practice's clock.
    remark
        With the remark of each row.

    Raises
    ------
    BadValue
        When there are no rows, or too many for paper.
    PrintingFailed
        When it cannot be laid out on this computer.
    """
    if not len(frame):
        raise BadValue(_("There is no row to print: tick at least one."))
    if len(frame) > MOST_ROWS:
        raise BadValue(
            _("A list on paper has {most} rows at most, and these are {count}: export them instead.").format(
                most=MOST_ROWS, count=len(frame)
            )
        )
    return drawn([list_document(frame, title=title, practice=practice, now=now, remark=remark)], title)


def list_document(frame: pd.DataFrame, *, title: str, practice: str, now: datetime, remark: bool = False) -> str:
    """Return the HTML document that is laid out; every value in it is text."""
    names = columns_printed(frame, remark=remark)
    days = frame["date"].astype("object") if "date" in frame else None
    several = days is not None and days.nunique() > 1
    heads = "".join(f'<th class="c-{name}">{html.escape(heading(name))}</th>' for name in names)
    lines = []
    texts = [_texts(frame, name) for name in names]
    before: Any = None
    for place in range(len(frame)):
        if several and days is not None and days.iloc[place] != before:
            before = days.iloc[place]
            lines.append(f'<tr class="day"><td colspan="{len(names) + 1}">{html.escape(_day(before))}</td></tr>')
        cells = "".join(
            f'<td class="c-{name}">{html.escape(column[place])}</td>' for name, column in zip(names, texts, strict=True)
        )
        lines.append(f'<tr>{cells}<td class="box"><span></span></td></tr>')
    told = _day(days.iloc[0]) if days is not None and not several else ""
    done = _("Done")
    foot = _("{practice} · printed on {day} at {time} · personal data").format(
        practice=practice or _("Practice"),
        day=format_date(now, "short" if language() == "en" else "dd/MM/yyyy", locale=language()),
        time=format_time(now, "HH:mm", locale=language()),
    )
    return (
        f'<!DOCTYPE html><html lang="{language()}"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{page_looks(foot)}{_LOOKS}</style></head><body>"
        f"<h1>{html.escape(title)}<span>{html.escape(told)}</span></h1>"
        f'<table><thead><tr>{heads}<th class="box">{html.escape(done)}</th></tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></body></html>"
    )


def columns_printed(frame: pd.DataFrame, *, remark: bool = False) -> list[str]:
    """Return the columns that a list on paper has room for."""
    if "time" in frame and "call" not in frame:
        names = [name for name in _AGENDA if name in frame]
    else:
        names = [each.name for each in columns_shown(frame) if not each.hidden and each.name not in _ELSEWHERE]
        if not any(name in names for name in _NUMBERS) and "phone" in frame:
            place = names.index("file_number") + 1 if "file_number" in names else len(names)
            names.insert(place, "phone")
        names = names[:_MOST_COLUMNS]
    return [*names, "remark"] if remark and "remark" in frame else names


def _texts(frame: pd.DataFrame, name: str) -> list[str]:
    zone = getattr(frame[name].dtype, "tz", None)
    values = frame[name].astype("object")
    known = {value: shown(name, value) for value in values.dropna().unique()} if values.map(_simple).all() else {}
    if name == "date":
        return [_short_day(value) for value in values]
    return [known.get(value) or friendly(value, zone=zone) if _simple(value) else friendly(value) for value in values]


def _simple(value: object) -> bool:
    return not isinstance(value, (list, dict))


def _short_day(value: object) -> str:
    try:
        return format_date(datetime.fromisoformat(str(value)), "EEE d MMM", locale=language())
    except ValueError:
        return friendly(value)


def _day(value: object) -> str:
    try:
        return str(format_date(datetime.fromisoformat(str(value)), "full", locale=language()))
    except ValueError:
        return friendly(value)


_LOOKS = """
* { font-variant-ligatures: none; }
h1 { font-size: 14pt; margin: 0 0 4mm; }
h1 span { font-weight: 400; color: #5b6270; margin-left: 3mm; }
table { width: 100%; border-collapse: collapse; font-size: 9pt; line-height: 1.35; }
thead { display: table-header-group; }
th { text-align: left; font-weight: 700; border-bottom: 1pt solid #1b1f24; padding: 1mm 2mm 1mm 0; vertical-align: bottom; }
td { border-bottom: 0.5pt solid #c8ccd2; padding: 1.6mm 2mm 1.6mm 0; vertical-align: top; }
.c-patient { overflow-wrap: break-word; }
.c-remark { overflow-wrap: anywhere; }
tr { page-break-inside: avoid; }
tr.day td { font-weight: 700; padding-top: 4mm; border-bottom: 1pt solid #5b6270; }
.c-time, .c-file_number, .c-phone, .c-call_mobile, .c-call_phone, .c-nature, .c-practitioner { white-space: nowrap; overflow-wrap: normal; }
.c-patient { font-weight: 700; }
th.c-patient { font-weight: 700; }
.c-remark { width: 24%; }
.box { width: 10mm; text-align: center; padding-right: 0; }
.box span { display: inline-block; width: 3.6mm; height: 3.6mm; border: 0.8pt solid #1b1f24; border-radius: 0.6mm; }
"""  # noqa: E501 - one rule a line
