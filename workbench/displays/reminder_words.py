"""What a comparison of reminded and other appointments says in sentences, and what it does not say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html import escape

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from workbench.domain.rates import FEW, Difference, Rate
from workbench.language import _, language, n_
from workbench.practice.reminder_effect import ReminderEffect


def effect_sentences(effect: ReminderEffect) -> list[str]:
    """Return what was compared, what was found, how sure it is, and what it cannot say."""
    return [*_found(effect), *_compared(effect), *_left_out(effect), *_caveats(effect)]


def effect_html(effect: ReminderEffect) -> str:
    """Return the same as static HTML: what was found first, then what it rests on."""
    found = "".join(f"<p>{escape(line)}</p>" for line in _found(effect))
    rest = "".join(f"<li>{escape(line)}</li>" for line in (*_compared(effect), *_left_out(effect), *_caveats(effect)))
    return f'<div style="max-width:46em">{found}<ul>{rest}</ul></div>'


def percent(share: float) -> str:
    """Return a share as « 5.3% », as the language writes it."""
    pattern = "#,##0.0 %" if language() == "fr" else "#,##0.0%"
    return str(format_percent(share, format=pattern, locale=language()))


def points(difference: float) -> str:
    """Return a difference of shares in points, as « -6.1 », with a sign."""
    return str(format_decimal(100 * difference, format="+0.0;−0.0", locale=language()))


def _found(effect: ReminderEffect) -> Iterator[str]:
    reminded, others, like = effect.reminded, effect.not_reminded, effect.matched()
    yield _("From {start} to {end}: {number} appointments are compared, of which {missed} were missed.").format(
        start=_day(effect.start),
        end=_day(effect.end),
        number=reminded.number + others.number,
        missed=reminded.count + others.count,
    )
    yield _("With a reminder sent beforehand: {rate}.").format(rate=_rate(reminded))
    yield _("Without a reminder: {rate}.").format(rate=_rate(others))
    if not like.strata:
        yield _("No appointment without a reminder has its like with one: nothing is compared.")
        return
    yield _(
        "At the same weekday, hour and practitioner: {difference} points with a reminder (95% interval: {low} to "
        "{high})."
    ).format(difference=points(like.value), low=points(like.low), high=points(like.high))
    yield _verdict(like)


def _verdict(like: Difference) -> str:
    if like.few:
        return _(
            "One of the two groups has fewer than {few} appointments: these figures show nothing, in either direction."
        ).format(few=FEW)
    if not like.shown:
        return _(
            "The interval holds zero: these figures do not show that a reminder changes anything, nor the reverse."
        )
    if like.value < 0:
        return _("Fewer appointments are missed with a reminder, by more than chance alone would often do.")
    return _("More appointments are missed with a reminder, by more than chance alone would often do: look for why.")


def _compared(effect: ReminderEffect) -> Iterator[str]:
    like = effect.matched()
    yield _(
        "Compared: appointments that the patient came to or missed. A reminder counts when it told of this very start "
        "and left before it. At the same weekday, hour and practitioner there are {strata} groups with both kinds, "
        "with {first} reminded and {second} other appointments."
    ).format(strata=like.strata, first=like.first, second=like.second)
    same = effect.matched(["patient_id"])
    if same.strata:
        yield _(
            "The same patients, once reminded and once not ({patients} patients): {difference} points (95% interval: "
            "{low} to {high})."
        ).format(patients=same.strata, difference=points(same.value), low=points(same.low), high=points(same.high))
    (off, of_reminded), (off_others, of_others) = effect.called_off
    if of_reminded and of_others:
        yield _(
            "Called off or moved beforehand, which frees the hour for somebody else: {reminded} with a reminder, "
            "{others} without."
        ).format(reminded=percent(off / of_reminded), others=percent(off_others / of_others))


def _left_out(effect: ReminderEffect) -> Iterator[str]:
    counts = effect.left_out
    words = {
        "called_off": n_(
            "{count} called off or moved beforehand", "{count} called off or moved beforehand", counts["called_off"]
        ),
        "no_outcome": n_(
            "{count} of which nobody wrote down what became of it",
            "{count} of which nobody wrote down what became of them",
            counts["no_outcome"],
        ),
        "made_late": n_(
            "{count} made fewer than {days} days before",
            "{count} made fewer than {days} days before",
            counts["made_late"],
        ),
        "uncertain": n_(
            "{count} whose reminder left, or did not: nobody knows",
            "{count} whose reminders left, or did not: nobody knows",
            counts["uncertain"],
        ),
    }
    told = [text.format(count=counts[name], days=effect.made_before) for name, text in words.items() if counts[name]]
    if told:
        yield _("Not compared: {counts}.").format(counts=", ".join(told))


def _caveats(effect: ReminderEffect) -> Iterator[str]:
    yield _(
        "This is no trial: nobody drew lots for who is reminded. Whoever cannot be reached may miss appointments more "
        "often for other reasons."
    )
    yield _("A patient counts with each appointment, so that the intervals are somewhat too narrow.")
    outside = int((effect.visits["via"] == "outside").sum())
    if outside:
        yield n_(
            "{count} reminder is known from the patient store alone, not from this workbench.",
            "{count} reminders are known from the patient store alone, not from this workbench.",
            outside,
        ).format(count=outside)


def _rate(rate: Rate) -> str:
    if not rate.number:
        return _("no appointment")
    told = _("{share} missed ({count} of {number}; 95% interval: {low} to {high})").format(
        share=percent(rate.share),
        count=rate.count,
        number=rate.number,
        low=percent(rate.low),
        high=percent(rate.high),
    )
    return _("{rate}, too few to say anything").format(rate=told) if rate.few else told


def _day(day: date) -> str:
    return str(format_date(day, format="long", locale=language()))
