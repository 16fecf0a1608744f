"""What a person reads while a mailing is offered, sent and done, as plain values: sentences and numbers, no name.

The one address that is told is the new one of a failed message that is tried again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from workbench.displays.cells import friendly
from workbench.displays.stages import stage_words
from workbench.displays.subjects import title_of
from workbench.displays.waiting import waiting_sentence, waiting_words
from workbench.displays.words import number_words
from workbench.domain.accounts import Account, AccountKind
from workbench.domain.calendar import system_now
from workbench.domain.deliveries import Standing, sentence_of_reason, standing_of
from workbench.domain.departures import Timing, WaitingFor
from workbench.domain.mailings import Counts, MailingStatus, Tally
from workbench.domain.returned_mail import sentence_of_return
from workbench.language import _, n_
from workbench.practice.left_over import count_left
from workbench.practice.offers import Offer
from workbench.practice.situation import Doing, Situation

STATES = ("sent", "failed", "in_doubt", "skipped", "pending")
"""The states that add up to the list while it is sent, as the bar shows them."""

RESTING = (*STATES, "cancelled")
"""The states that add up to the list of a mailing that nobody is sending."""

UNDO_MINUTES = (0, 5, 10, 30)
"""For how long what is confirmed may be taken back, besides the practice's own time."""


def state_of(situation: Situation) -> dict[str, Any]:
    """Return all that a send panel shows of a situation."""
    mailing, standing, offer = situation.mailing, situation.standing, situation.offer
    account = offer.account if offer is not None else situation.account
    told: dict[str, Any] = {
        "doing": str(situation.doing),
        "elsewhere": situation.elsewhere,
        "title": title_of(mailing.template) if mailing is not None else "",
        "account": account_words(account) if account is not None else "",
        "test": account is not None and account.kind is AccountKind.CATCHER,
        "offer": None,
        "progress": None,
        "result": None,
        "actions": [],
        "waiting": _waiting(situation),
        "note": _note(situation),
        "error": situation.error,
        "changed": _("The list has changed meanwhile: read the new numbers, then confirm again. Nothing was sent.")
        if situation.changed
        else "",
        "outdated": situation.outdated,
    }
    if offer is not None:
        told["offer"] = _offered(offer, situation)
    if standing is not None:
        moving = situation.doing in (Doing.SENDING, Doing.PAUSING, Doing.CANCELLING) or situation.elsewhere
        counts = _now(situation)
        told["progress" if moving else "result"] = _moving(counts, situation) if moving else _done(situation)
        told["actions"] = _actions(situation, counts)
    return told


def account_called(accounts: Mapping[str, Account], name: str) -> str:
    """Return what an account is called everywhere on the screen: the test box by one name, the others by their own."""
    known = accounts.get(name)
    return _("test box") if known is not None and known.kind is AccountKind.CATCHER else name


def account_words(account: Account) -> str:
    """Say where messages leave from; of the test box, that nothing leaves this computer."""
    if account.kind is AccountKind.CATCHER:
        return _("From the test box: nothing leaves this computer")
    if account.kind is AccountKind.FOLDER:
        return _("Into a folder of this computer: nothing leaves it")
    return _("From {address}").format(address=account.email)


# --- before ---------------------------------------------------------------------------------------------------


def _offered(offer: Offer, situation: Situation) -> dict[str, Any]:
    counts = offer.tally.counts
    begun = situation.counts.pending > 0 and not offer.waiting  # a part is sent for itself, whatever else waits
    to_correct, excluded = offer.left_out(Standing.TO_CORRECT), offer.left_out(Standing.EXCLUDED)
    numbers = [
        ("ready", n_("✓ {count} ready", "✓ {count} ready", offer.count), offer.count),
        ("sent", n_("✓ {count} sent already", "✓ {count} sent already", counts.sent), counts.sent),
        ("failed", n_("✕ {count} failure", "✕ {count} failures", counts.failed), counts.failed),
        ("in_doubt", n_("? {count} uncertain", "? {count} uncertain", counts.in_doubt), counts.in_doubt),
        (
            "to_correct",
            n_("✕ {count} to correct", "✕ {count} to correct", sum(to_correct.values())),
            sum(to_correct.values()),
        ),
        (
            "excluded",
            n_("– {count} left out", "– {count} left out", sum(excluded.values())),
            sum(excluded.values()),
        ),
        ("pending", n_("… {count} waiting", "… {count} waiting", offer.waiting), offer.waiting),
    ]
    return {
        "seal": situation.offer_seal,
        "count": offer.count,
        "total": n_("{count} recipient", "{count} recipients", offer.total).format(count=offer.total),
        "numbers": [
            {"state": state, "words": words.format(count=count)}
            for state, words, count in numbers
            if count or state == "ready"
        ],
        "left_out": _reasons(to_correct, "to_correct") + _reasons(excluded, "excluded"),
        "button": _button(offer.count, begun=begun),
        "question": " ".join(filter(None, (_question(offer), _when(situation.timing)))),
        "yes": _("Send"),
        "undo": _undo_windows(situation.timing),
    }


def _undo_windows(timing: Timing) -> dict[str, Any]:
    """Return the times for which what is confirmed may be taken back, in minutes, and which one is chosen."""
    chosen = _minutes(timing)
    return {
        "chosen": chosen,
        "choices": [
            {
                "minutes": minutes,
                "words": n_("in {count} minute", "in {count} minutes", minutes).format(count=minutes)
                if minutes
                else _("at once"),
            }
            for minutes in sorted({*UNDO_MINUTES, chosen})
        ],
    }


def _minutes(timing: Timing) -> int:
    """Return for how many minutes it can be taken back; a part of one is one, and never « at once »."""
    return math.ceil(timing.undo_window.total_seconds() / 60)


def _when(timing: Timing) -> str:
    """Say of what would be confirmed when it leaves, where that is not at once."""
    minutes = _minutes(timing)
    told = n_(
        "It leaves in {count} minute, and can be cancelled until then.",
        "It leaves in {count} minutes, and can be cancelled until then.",
        minutes,
    ).format(count=minutes)
    hours = _("Only within the sending hours ({hours}).").format(hours=timing.hours)
    return " ".join(words for words, said in ((told, minutes), (hours, timing.hours)) if said)


def _button(count: int, *, begun: bool) -> str:
    if not count:
        return _("No message to send")
    if begun:
        return n_("Go on: {count} message…", "Go on: {count} messages…", count).format(count=count)
    return n_("Send {count} message…", "Send {count} messages…", count).format(count=count)


def _question(offer: Offer) -> str:
    count, account = offer.count, offer.account
    if account.kind is AccountKind.CATCHER:
        asked = n_(
            "Send {count} message to the test box? Nothing leaves this computer.",
            "Send {count} messages to the test box? Nothing leaves this computer.",
            count,
        ).format(count=count)
    elif account.kind is AccountKind.FOLDER:
        asked = n_("Write {count} message into the folder?", "Write {count} messages into the folder?", count).format(
            count=count
        )
    else:
        asked = n_("Send {count} message from {address}?", "Send {count} messages from {address}?", count).format(
            count=count, address=account.email
        )
    already = offer.tally.counts.sent
    has_it = n_(
        "{count} has left already and is not sent again.", "{count} have left already and are not sent again.", already
    ).format(count=already)
    return f"{asked} {has_it}" if already else asked


def _reasons(reasons: dict[str, int], state: str) -> list[dict[str, Any]]:
    return [
        {"state": state, "sentence": sentence_of_reason(reason), "count": count} for reason, count in reasons.items()
    ]


# --- while it is sent -----------------------------------------------------------------------------------------


def _now(situation: Situation) -> Counts:
    progress = situation.progress
    if progress is None:
        return situation.counts
    return Counts(**{name: getattr(progress, name) for name in STATES})


def _moving(counts: Counts, situation: Situation) -> dict[str, Any]:
    beside = situation.progress.beside if situation.progress is not None else 0
    # Who is left out is no work to do, nor who waits for another word.
    total = sum(getattr(counts, name) for name in STATES) - counts.skipped - beside
    done = total - (counts.pending - beside)
    return {
        "total": total,
        "done": done,
        "words": _("{done} of {total}").format(done=done, total=total),
        "left": _time_left(situation),
        "states": [state for state in _states(counts) if state["state"] != "skipped"],
    }


def _time_left(situation: Situation) -> str:
    progress, seconds = situation.progress, situation.seconds_left
    if progress is not None and progress.waiting_until is not None:
        return waiting_words(progress.waiting_for, progress.waiting_until)
    if seconds is None:
        return ""
    if seconds < 10:
        return _("a few seconds left")
    if seconds < 90:
        return _("about {count} seconds left").format(count=round(seconds / 10) * 10)
    minutes = round(seconds / 60)
    return n_("about {count} minute left", "about {count} minutes left", minutes).format(count=minutes)


def _waiting(situation: Situation) -> dict[str, Any] | None:
    """Return until when a confirmed mailing can be taken back, in seconds since 1970, and the kernel's own time."""
    if not situation.may_be_taken_back or situation.doing not in (Doing.NOTHING, Doing.SENDING):
        return None
    assert situation.departure is not None  # noqa: S101 - what may be taken back leaves at some time
    until = situation.departure.at
    sent = situation.doing is Doing.SENDING or situation.elsewhere
    words = _("Leaves at {time}") if sent else _("Can be taken back until {time}")
    return {
        "until": until.timestamp(),
        "now": system_now().timestamp(),
        "words": words.format(time=friendly(until, zone=until.tzinfo)),
    }


# --- after ----------------------------------------------------------------------------------------------------


def _done(situation: Situation) -> dict[str, Any]:
    tally = situation.standing.tally if situation.standing is not None else Tally({})
    counts = tally.counts
    groups = [*_reasons(tally.of("in_doubt"), "in_doubt"), *_failed(situation, tally)]
    left_out = sorted(tally.of("skipped").items(), key=lambda item: standing_of(item[0]) is Standing.EXCLUDED)
    groups += _reasons(dict(left_out), "skipped")
    if counts.cancelled:
        groups.append({"state": "cancelled", "sentence": _("Cancelled before it left."), "count": counts.cancelled})
    return {
        "states": _states(counts),
        "groups": groups,
        "rows": counts.in_doubt + counts.failed + counts.skipped + counts.cancelled,
        "corrected": len(situation.retrial.corrected),
    }


def _failed(situation: Situation, tally: Tally) -> list[dict[str, Any]]:
    """Return why messages failed, the most frequent first: in plain words where the servers' replies tell it."""
    known = situation.retrial.reasons
    if sum(known.values()) != tally.counts.failed:  # nobody read the replies of these
        return _reasons(tally.of("failed"), "failed")
    told: Counter[str] = Counter()
    for (reason, cause), count in known.items():
        told[sentence_of_return(cause) if cause else sentence_of_reason(reason)] += count
    return [{"state": "failed", "sentence": sentence, "count": count} for sentence, count in told.most_common()]


def keep_words(tally: Tally) -> str:
    """Return what leads to a new mailing with who is left of one; nothing where nobody is."""
    count = count_left(tally)
    words = n_("Keep the {count} to correct for a new mailing", "Keep the {count} to correct for a new mailing", count)
    return words.format(count=count) if count else ""


def _states(counts: Counts) -> list[dict[str, Any]]:
    numbers = {name: getattr(counts, name) for name in RESTING}
    return [
        {"state": name, "words": number_words(name), "count": count}
        for name, count in numbers.items()
        if count or name not in ("pending", "cancelled")
    ]


def _note(situation: Situation) -> str:
    standing = situation.standing
    if situation.elsewhere:
        told = _("This mailing is being sent from elsewhere.")
        return told if situation.departure is None else f"{told} {_stage(situation)}"
    if situation.doing is Doing.PAUSING:
        return _("What is in flight is finished first.")
    if situation.doing is Doing.CANCELLING:
        return _("What is in flight is finished first; nothing else leaves.")
    if standing is None or situation.doing is not Doing.NOTHING:
        return ""
    waiting, status = standing.tally.counts.pending, standing.record.status
    if situation.offer is not None and situation.offer.waiting:
        waiting = situation.offer.waiting  # the others are offered
    if status is MailingStatus.CANCELLED:
        return _cancelled(situation)
    if status is MailingStatus.AWAITING_APPROVAL:
        return _("This mailing waits for its approval; nothing leaves before.")
    if not waiting:
        return ""
    halted = (MailingStatus.PAUSED, MailingStatus.STOPPED, MailingStatus.SENDING)
    words = _stage(situation) if status in halted else ""
    waits = n_("{count} message is waiting.", "{count} messages are waiting.", waiting).format(count=waiting)
    departure = situation.departure
    if status is MailingStatus.PAUSED:
        pass  # whatever is waited for, nothing leaves before somebody goes on
    elif departure is not None and departure.waiting_for is not WaitingFor.RETRY:
        waits = f"{waits} {waiting_sentence(departure.waiting_for, departure.at)}"
    elif situation.next_due is not None:
        waits = n_(
            "{count} message is put off until {time}.",
            "{count} messages are put off until {time}.",
            waiting,
        ).format(count=waiting, time=friendly(situation.next_due, zone=situation.next_due.tzinfo))
    return " · ".join(filter(None, (words, waits)))


def _stage(situation: Situation) -> str:
    return stage_words(situation.stage) if situation.stage is not None else ""


def _cancelled(situation: Situation) -> str:
    """Say that the rest was cancelled, and how many were on their way when somebody clicked."""
    told = _("The rest of this mailing was cancelled.")
    if situation.gone_before is None or (late := situation.gone - situation.gone_before) <= 0:
        return told
    left = n_(
        "{count} message that was on its way at that moment still left.",
        "{count} messages that were on their way at that moment still left.",
        late,
    ).format(count=late)
    return f"{told} {left}"


def _actions(situation: Situation, counts: Counts) -> list[dict[str, Any]]:
    """Return what a person can do now: its name, its words, the rows it is about, and what is asked before."""
    if situation.doing is Doing.SENDING or situation.elsewhere:
        return [_action("pause", _("Pause"), counts.pending, situation), _cancel(counts.pending, situation)]
    if situation.doing is Doing.PAUSING:
        return [_cancel(counts.pending, situation)]
    if situation.doing is not Doing.NOTHING or situation.standing is None:
        return []
    actions = []
    cancelled = situation.standing.record.status is MailingStatus.CANCELLED
    if situation.may_resume:
        actions.append(_cancel(counts.pending, situation))
        beside = situation.offer is not None and situation.offer.waiting > 0
        if beside or situation.offer is None:
            number = counts.pending
            label = n_("Go on: {count} message", "Go on: {count} messages", number)
            question = n_(
                "Go on with the whole mailing: {count} message?", "Go on with the whole mailing: {count} messages?",
                number,
            )  # fmt: skip
            actions.append(
                _action(
                    "resume",
                    label.format(count=number) + ("…" if beside else ""),
                    number,
                    situation,
                    question.format(count=number) if beside else "",
                )
            )
    if (number := counts.failed - len(situation.retrial.without)) > 0 and not cancelled:
        label = _("Try the failures again…")
        if len(situation.retrial.corrected) == number:
            label = n_("Send again to the new address…", "Send again to the {count} new addresses…", number)
        actions.append(_action("retry", label.format(count=number), number, situation, retry_question(situation)))
    if counts.in_doubt:
        number = counts.in_doubt
        question = n_("Count {count} message as sent?", "Count {count} messages as sent?", number)
        actions.append(_action("as_sent", _("Count as sent…"), number, situation, question.format(count=number)))
    if counts.in_doubt and not cancelled:
        number = counts.in_doubt
        question = n_(
            "Send {count} message again? It may arrive twice.", "Send {count} messages again? They may arrive twice.",
            number,
        )  # fmt: skip
        label = _("Send the uncertain ones again…")
        actions.append(_action("resend", label, number, situation, question.format(count=number)))
    return actions


def retry_question(situation: Situation, deliveries: Collection[int] | None = None) -> str:
    """Ask whether the failed messages, or these alone, are tried again, and say: at the same address or a new one."""
    retrial = situation.retrial.of(deliveries)
    left, new = len(retrial.without), len(retrial.corrected)
    count = (situation.counts.failed if deliveries is None else len(deliveries)) - left
    if new == count == 1:
        (address,) = retrial.corrected.values()
        asked = _("Try the message again, to its new address {address}?").format(address=address)
    elif new == count:
        asked = _("Try {count} messages again, to their new addresses?").format(count=count)
    elif new:
        asked = _("Try {count} messages again: {new} to a new address, {same} to the same address as before?").format(
            count=count, new=new, same=count - new
        )
    else:
        asked = n_(
            "Try {count} failed message again, to the same address?",
            "Try {count} failed messages again, to the same addresses?",
            count,
        ).format(count=count)
    stays = n_(
        "{count} stays as it is: its file names no usable address any more (an ordinary one does not replace one of "
        "MSSanté), or nobody who may be written to.",
        "{count} stay as they are: their files name no usable address any more (an ordinary one does not replace one "
        "of MSSanté), or nobody who may be written to.",
        left,
    ).format(count=left)
    return f"{asked} {stays}" if left else asked


def _cancel(count: int, situation: Situation) -> dict[str, Any]:
    question = n_(
        "Cancel the {count} message that has not left? It will not be sent.",
        "Cancel the {count} messages that have not left? They will not be sent.",
        count,
    )
    label = _("Cancel the sending…") if situation.may_be_taken_back else _("Cancel the rest…")
    return _action("cancel", label, count, situation, question.format(count=count))


def _action(name: str, label: str, count: int, situation: Situation, question: str = "") -> dict[str, Any]:
    return {"name": name, "label": label, "count": count, "question": question, "seal": situation.seal}
