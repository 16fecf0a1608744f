"""Show what the workbench gives in a notebook: messages, mailings, frames; registered when a practice is opened there.

Each way of showing fails closed: whatever goes wrong, no row of a frame is shown as pandas would (P12).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import pandas as pd

from workbench.displays.audience import someone_can_click
from workbench.displays.frames import (
    findings_html,
    is_of_findings,
    is_of_people,
    is_of_results,
    people_html,
    plain_text,
    results_html,
)
from workbench.displays.sending import account_words
from workbench.displays.state_bar import state_bar
from workbench.domain.messages import Message
from workbench.domain.summaries import SUMMARY_MIME
from workbench.errors import WorkbenchError
from workbench.language import _, n_
from workbench.practice import Mailing, Practice

Bundle = Mapping[str, Any]

LiveView = Callable[[Any], Bundle]
"""Makes the live view of a frame or a message, which is not kept in the notebook, and returns how to show it."""


def register(shell: Any, *, live_view: LiveView) -> None:
    """Teach a notebook's shell to show the workbench's things; doing it again changes nothing."""
    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type(Message, _safely(lambda message: message_bundle(message, live_view=live_view)))
    formatter.for_type(Mailing, _safely(mailing_bundle))
    formatter.for_type(Practice, _safely(practice_bundle))
    formatter.for_type(pd.DataFrame, _safely(lambda frame: frame_bundle(frame, live_view=live_view)))
    formatter.for_type(pd.Series, _safely(lambda series: series_bundle(series, live_view=live_view)))


def message_bundle(message: Message, *, live_view: LiveView) -> Bundle:
    """Return a message for whoever can look at it now; what the notebook keeps is that there was one."""
    kept = _("A message; it is not kept in the notebook.")
    return {
        **(live_view(message) if someone_can_click() else {}),
        "text/plain": "<Message>",
        "text/html": f"<p>{escape(kept)}</p>",
    }


def mailing_bundle(mailing: Mailing) -> Bundle:
    """Return where a mailing stands, in numbers."""
    told = f"<p><b>{escape(mailing.template.path)}</b> · {escape(account_words(mailing.account))}</p>"
    try:
        counts, summary = mailing.counts, mailing.summary()
    except WorkbenchError as error:
        return {"text/plain": repr(mailing), "text/html": f"{told}<p>{escape(error.sentence)}</p>"}
    note = ""
    if mailing.id is None:
        note = n_("{count} message is ready.", "{count} messages are ready.", counts.pending).format(
            count=counts.pending
        )
    return {
        "text/plain": repr(mailing),
        "text/html": told + state_bar(counts, note),
        SUMMARY_MIME: summary.plain(),  # what whoever saves the notebook may keep of it
    }


def practice_bundle(practice: Practice) -> Bundle:
    """Return a practice by its name, and what one can do with it."""
    path = escape(str(practice.path))
    words = _("Searches: {names}").format(names=", ".join(practice.searches()))
    types = n_("{count} email type", "{count} email types", len(practice.templates)).format(
        count=len(practice.templates)
    )
    return {
        "text/plain": repr(practice),
        "text/html": f"<p><b>{escape(practice.name or practice.path.name)}</b> · {path}</p>"
        f"<p>{escape(words)} · {escape(types)}</p>",
    }


def frame_bundle(frame: pd.DataFrame, *, live_view: LiveView) -> Bundle | None:
    """Return how a frame of ours shows, and nothing for any other, which pandas shows."""
    if is_of_findings(frame):
        return {"text/plain": plain_text(frame), "text/html": findings_html(frame)}
    if is_of_people(frame):
        kept = {"text/plain": plain_text(frame), "text/html": people_html(frame)}
        return {**live_view(frame), **kept} if someone_can_click() and len(frame) else kept
    if is_of_results(frame):
        return {"text/plain": plain_text(frame), "text/html": results_html(frame)}
    return None


def series_bundle(series: pd.Series[Any], *, live_view: LiveView) -> Bundle | None:
    """Return how one column that names people shows, and nothing for any other."""
    frame = series.to_frame()
    return frame_bundle(frame, live_view=live_view) if is_of_people(frame) else None


def _safely(bundle_of: Callable[[Any], Bundle | None]) -> Callable[[Any], Bundle | None]:
    def shown(thing: Any) -> Bundle | None:
        try:
            return bundle_of(thing)
        except Exception as error:
            # Anything else would let the notebook fall back on the rows, or tell of them in a traceback.
            told = f"<{type(thing).__name__}: {type(error).__name__}>"
            return {"text/plain": told, "text/html": escape(told)}

    return shown
