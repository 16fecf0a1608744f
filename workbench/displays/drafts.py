"""What is said of a mailing that is being prepared: what it is about, how far it is, who else is at it."""

from __future__ import annotations

from datetime import date, tzinfo

from babel.dates import format_date, format_time

from workbench.domain.drafts import Draft, Step
from workbench.language import _, language


def step_words(step: Step) -> str:
    """Say which step it is, as the bar counts them."""
    numbers = {Step.MESSAGE: 1, Step.CHECK: 2, Step.RESULT: 3}
    return _("step {number}").format(number=numbers[step]) if step in numbers else _("Search").lower()


def days_words(draft: Draft) -> str:
    """Say which days it is about, as « mardi 24 »; nothing where its search has none."""
    try:
        days = [date.fromisoformat(day) for day in dict.fromkeys(draft.days) if day]
    except ValueError:
        return ""
    return " – ".join(format_date(day, "EEEE d MMMM", locale=language()) for day in days)


def draft_words(draft: Draft, *, search: str) -> str:
    """Say what a draft is: « Rappel de rendez-vous, mardi 24 novembre, étape 2 ».

    Parameters
    ----------
    search
        What its search is called, for a draft without an email type yet.
    """
    about = draft.template.rpartition("/")[2] or search
    return ", ".join(filter(None, (about, days_words(draft), step_words(draft.step))))


def beside_words(draft: Draft, *, zone: tzinfo) -> str:
    """Say who prepares the same, and since when."""
    since = format_time(draft.begun_at.astimezone(zone), "short", locale=language())
    sent = draft.mailing_id is not None
    told = (
        _("{name} is sending the same messages, on {host}, begun at {time}.")
        if sent
        else _("{name} has been preparing the same messages, on {host}, since {time}.")
    )
    return told.format(name=draft.by[:1].upper() + draft.by[1:], host=draft.host or "?", time=since)
