"""Show what the workbench gives in a notebook: messages, mailings, frames; registered when a practice is opened there.

Each way of showing fails closed: whatever goes wrong, no row of a frame is shown as pandas would (P12).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from workbench.displays.audience import someone_can_click
from workbench.displays.differences import difference_html
from workbench.displays.frames import (
    count_of_rows,
    findings_html,
    is_of_findings,
    is_of_results,
    laid_out,
    people_html,
    plain_text,
    results_html,
)
from workbench.displays.nobody import is_unlabelled, series_tells_of_nobody, tells_of_nobody
from workbench.displays.reminder_words import effect_html, effect_sentences
from workbench.displays.sending import account_words
from workbench.displays.signatures import signature_html
from workbench.displays.stages import stage_words
from workbench.displays.state_bar import state_bar
from workbench.domain.messages import Message
from workbench.domain.signatures import Signature
from workbench.domain.summaries import SUMMARY_MIME
from workbench.errors import WorkbenchError
from workbench.language import _, n_
from workbench.practice import Mailing, Practice
from workbench.practice.reminder_effect import ReminderEffect
from workbench.practice.revisions import Difference
from workbench.practice.sent import SentMessage

Bundle = Mapping[str, Any]

LiveView = Callable[[Any], Bundle]
"""Makes the live view of a frame or a message, which is not kept in the notebook, and returns how to show it."""


_STYLER = ("pandas.io.formats.style", "Styler")
_OWN_WAYS = frozenset({"text/plain", "text/html"})


def register(shell: Any, *, live_view: LiveView) -> None:
    """Teach a notebook's shell to show the workbench's things; doing it again changes nothing."""
    formatters = shell.display_formatter.formatters
    bundles = shell.display_formatter.mimebundle_formatter
    bundles.for_type(Message, _safely(lambda message: message_bundle(message, live_view=live_view)))
    bundles.for_type(SentMessage, _safely(lambda sent: sent_bundle(sent, live_view=live_view)))
    bundles.for_type(Mailing, _safely(mailing_bundle))
    bundles.for_type(Practice, _safely(practice_bundle))
    bundles.for_type(Signature, _safely(signature_bundle))
    bundles.for_type(Difference, _safely(difference_bundle))
    bundles.for_type(ReminderEffect, _safely(effect_bundle))

    def shown(kind: type, bundle_of: Callable[..., Bundle | None]) -> None:
        def bundle(thing: Any) -> Bundle | None:
            _only_our_ways(formatters, kind)
            return bundle_of(thing, live_view=live_view)

        bundles.for_type(kind, _safely(bundle))

    shown(pd.DataFrame, frame_bundle)
    shown(pd.Series, series_bundle)
    bundles.for_type_by_name(*_STYLER, _safely(lambda styled: frame_bundle(styled.data, live_view=live_view)))
    # What stands inside a list or a dictionary is written by these.
    for kind in (pd.DataFrame, pd.Series, pd.Index, np.ndarray, pd.api.extensions.ExtensionArray):
        formatters["text/plain"].for_type(kind, _print)


def _only_our_ways(formatters: Mapping[str, Any], kind: type) -> None:
    """Let nothing but our own ways tell of a frame: pandas' LaTeX and its table for programs hold every row."""
    for mime, formatter in formatters.items():
        if mime not in _OWN_WAYS:
            formatter.for_type(kind, _nothing)


def _nothing(_thing: object) -> None:
    return None


def _print(thing: Any, printer: Any, cycle: bool) -> None:
    try:
        told = repr(thing) if _tells_of_nobody(thing) else _in_a_line(thing)
    except Exception as error:
        told = _only_kinds(thing, error)
    printer.text(told)


def _tells_of_nobody(thing: Any) -> bool:
    if isinstance(thing, pd.DataFrame):
        return tells_of_nobody(thing) and not (is_of_findings(thing) or is_of_results(thing))
    if isinstance(thing, pd.Series):
        return series_tells_of_nobody(thing)
    if isinstance(thing, pd.Index):
        return is_unlabelled(thing) or (thing.nlevels == 1 and series_tells_of_nobody(thing.to_series(index=None)))
    return thing.dtype.kind in "biuf"


def _in_a_line(thing: Any) -> str:
    if isinstance(thing, pd.Series):
        thing = thing.to_frame()
    return plain_text(thing) if isinstance(thing, pd.DataFrame) else f"<{count_of_rows(len(thing))}>"


def message_bundle(message: Message, *, live_view: LiveView) -> Bundle:
    """Return a message for whoever can look at it now; what the notebook keeps is that there was one."""
    kept = _("A message; it is not kept in the notebook.")
    return {
        **(live_view(message) if someone_can_click() else {}),
        "text/plain": "<Message>",
        "text/html": f"<p>{escape(kept)}</p>",
    }


def sent_bundle(sent: SentMessage, *, live_view: LiveView) -> Bundle:
    """Return a message of the history as `message_bundle` does, and whether it is what left; that tells of nobody."""
    known = {} if sent.message is None else message_bundle(sent.message, live_view=live_view)
    proof = sent.proof
    if sent.message is not None and sent.why_not:  # the name of a file may tell of somebody
        proof = _("The files that went with it are not kept any more. The rest is as it left.")
    return {
        **known,
        "text/plain": f"<SentMessage {sent.delivery_id}: {sent.status}>",
        "text/html": f"{known.get('text/html', '')}<p>{escape(proof)}</p>",
    }


def mailing_bundle(mailing: Mailing) -> Bundle:
    """Return where a mailing stands, in numbers; nobody is rendered only to show it."""
    told = f"<p><b>{escape(mailing.template.path)}</b> · {escape(account_words(mailing.account))}</p>"
    try:
        if not mailing.is_checked:
            return {"text/plain": repr(mailing), "text/html": f"{told}<p>{escape(_addressing(mailing))}</p>"}
        counts, summary = mailing.counts, mailing.summary()
    except WorkbenchError as error:
        return {"text/plain": repr(mailing), "text/html": f"{told}<p>{escape(error.sentence)}</p>"}
    if mailing.id is not None:
        note = stage_words(mailing.practice.stage(mailing.id))
    else:
        note = n_("{count} message is ready.", "{count} messages are ready.", counts.pending).format(
            count=counts.pending
        )
    return {
        "text/plain": repr(mailing),
        "text/html": told + state_bar(counts, note),
        SUMMARY_MIME: summary.plain(),  # what whoever saves the notebook may keep of it
    }


def _addressing(mailing: Mailing) -> str:
    known = mailing.addressing()
    able, unable = known.pop("", 0), sum(known.values())
    told = [n_("{count} recipient has an address.", "{count} recipients have an address.", able).format(count=able)]
    if unable:
        told.append(n_("{count} cannot be written to.", "{count} cannot be written to.", unable).format(count=unable))
    return " ".join([*told, _("The messages are checked when they are asked for: mailing.check()")])


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


def signature_bundle(signature: Signature) -> Bundle:
    """Return a signature as it looks round a message; it tells of nobody."""
    return {"text/plain": f"<Signature « {signature.label} »>", "text/html": signature_html(signature)}


def difference_bundle(difference: Difference) -> Bundle:
    """Return what two revisions of an email type say differently; it tells of nobody."""
    return {"text/plain": str(difference), "text/html": difference_html(difference)}


def effect_bundle(effect: ReminderEffect) -> Bundle:
    """Return what the comparison says, and what it does not; it tells of nobody."""
    return {"text/plain": "\n".join(effect_sentences(effect)), "text/html": effect_html(effect)}


def frame_bundle(frame: pd.DataFrame, *, live_view: LiveView) -> Bundle | None:
    """Return how a frame shows: with its values only when it tells of nobody; pandas shows it when it is not ours."""
    if is_of_findings(frame):
        return {"text/plain": plain_text(frame), "text/html": findings_html(frame)}
    if not tells_of_nobody(frame):
        return _seen_live(frame, live_view)
    if is_of_results(frame):
        return {"text/plain": plain_text(frame), "text/html": results_html(frame)}
    return None


def series_bundle(series: pd.Series[Any], *, live_view: LiveView) -> Bundle | None:
    """Return how one column shows: as a frame of it would, and as pandas shows it when it tells of nobody."""
    return None if series_tells_of_nobody(series) else _seen_live(series.to_frame(), live_view)


def _seen_live(frame: pd.DataFrame, live_view: LiveView) -> Bundle:
    kept = {"text/plain": plain_text(frame), "text/html": people_html(frame)}
    return {**live_view(laid_out(frame)), **kept} if someone_can_click() and len(frame) else kept


def _safely(bundle_of: Callable[[Any], Bundle | None]) -> Callable[[Any], Bundle | None]:
    def shown(thing: Any) -> Bundle | None:
        try:
            return bundle_of(thing)
        except Exception as error:
            # Anything else would let the notebook fall back on the rows, or tell of them in a traceback.
            told = _only_kinds(thing, error)
            return {"text/plain": told, "text/html": escape(told)}

    return shown


def _only_kinds(thing: object, error: Exception) -> str:
    return f"<{type(thing).__name__}: {type(error).__name__}>"
