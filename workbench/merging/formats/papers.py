"""What is said of quotes, reminders and treatments: « signé le 3 octobre 2026 », « 2e relance », « 2e semestre »."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.merging.formats.dates import day_text
from workbench.merging.formats.inputs import Column, Format, Inputs, each_value, wall_moment


def ordinal_text(number: int, language: str, *, feminine: bool = False) -> str:
    """« 1er », « 1re », « 2e »; "1st", "2nd", "11th"."""
    if language == "en":
        tail = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{tail}"
    return f"{number}{('re' if feminine else 'er') if number == 1 else 'e'}"


def _whole(value: object) -> int | None:
    try:
        number = int(str(value).split(".")[0])
    except ValueError:
        return None
    return number if number > 0 else None


def _ordinal(value: object, language: str) -> str | None:
    number = _whole(value)
    return ordinal_text(number, language) if number else None


def _half_year(value: object, language: str) -> str | None:
    number = _whole(value)
    return f"{ordinal_text(number, language)} {'half-year' if language == 'en' else 'semestre'}" if number else None


def _days(value: object, language: str) -> str | None:
    number = _whole(value)
    if not number:
        return None
    if language == "en":
        return f"{number} day{'' if number == 1 else 's'}"
    return f"{number} jour{'' if number == 1 else 's'}"


def _reminder_number(inputs: Inputs, source: Sequence[str]) -> Column:
    """Say which reminder of an invoice this is: the step of the email type, else one more than were sent."""
    steps, sent = (inputs.column(name) for name in source)
    written: Column = []
    for step, before, language in zip(steps, sent, inputs.languages, strict=True):
        number = _whole(step) if step else None
        if number is None and before is not None:
            number = int(before) + 1
        written.append(ordinal_text(number, language, feminine=True) if number else None)
    return written


def _signed(inputs: Inputs, source: Sequence[str]) -> Column:
    """« signé le 3 octobre 2026 », « non signé »; nothing where there is no quote."""
    signatures, quotes = (inputs.column(name) for name in source)
    written: Column = []
    for signature, quote, language in zip(signatures, quotes, inputs.languages, strict=True):
        moment = wall_moment(signature, inputs.zone)
        if quote is None:
            written.append(None)
        elif moment is None:
            written.append("not signed" if language == "en" else "non signé")
        else:
            day = day_text(moment.date(), language, year=True, weekday=False)
            written.append(f"signed on {day}" if language == "en" else f"signé le {day}")
    return written


def _plan_title(inputs: Inputs, source: Sequence[str]) -> Column:
    """Name the treatment: of the quote when the message is about one, else the patient's plan."""
    plans, quotes = (inputs.column(name) for name in source)
    titles: Column = []
    for about, plan, quote in zip(inputs.column("subject.kind"), plans, quotes, strict=True):
        title = (quote or plan) if about == "quote" else (plan or quote)
        titles.append(str(title).strip() if title else None)
    return titles


def _file_name(inputs: Inputs, source: Sequence[str]) -> Column:
    """Take the name alone of the first file that is known: where it lies is nobody's business."""
    rows = zip(*(inputs.column(name) for name in source), strict=True)
    paths = (next((str(part) for part in row if part), None) for row in rows)
    return [path.replace("\\", "/").rpartition("/")[2] or None if path else None for path in paths]


PAPERS: dict[str, Format] = {
    "ordinal": each_value(_ordinal),
    "half_year": each_value(_half_year),
    "days": each_value(_days),
    "reminder_number": _reminder_number,
    "signed": _signed,
    "plan_title": _plan_title,
    "file_name": _file_name,
}
