"""What a person reads after a mailing was checked or sent: numbers that add up, and the rows that need somebody."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from workbench.cli.output import as_frame, is_terminal, say, show
from workbench.displays.cells import friendly
from workbench.displays.waiting import waiting_sentence
from workbench.displays.words import replaced_sentence, status_words
from workbench.domain.departures import NextDeparture
from workbench.domain.mailings import Counts, MailingStatus, Tally
from workbench.language import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Mailing, Practice

_SHOWN_FINDINGS = 12
_NAMED_AT_MOST = 3
_LISTED_AT_MOST = 12
"""So many recipients of one finding are shown to a person; where nobody looks, their keys are long and say little."""


def show_counts(counts: Counts, *, title: str = "", planned: bool = False) -> None:
    """Show the numbers of a mailing as a table; they add up to the list. When `planned`, what waits would leave."""
    numbers = asdict(counts)
    words = {"pending": _("… Would leave")} if planned else {}
    rows = [
        {"status": words.get(status) or status_words(status), "count": number}
        for status, number in numbers.items()
        if number or status != "cancelled"
    ]
    rows.append({"status": _("In all"), "count": sum(numbers.values())})
    show(as_frame(rows, ["status", "count"]), title=title)


def show_left_out(tally: Tally, *, told: Collection[str] = ()) -> None:
    """Show the rows that were not sent, failed or are uncertain, grouped by their reason, but for those `told`."""
    left = {key: count for key, count in tally.rows.items() if key[0] in ("skipped", "failed", "in_doubt") and count}
    left = {key: count for key, count in left.items() if key[1] not in told and key[1].partition(":")[0] not in told}
    if not left:
        return
    rows = [{"status": status, "reason": reason, "count": count} for (status, reason), count in sorted(left.items())]
    show(as_frame(rows, ["status", "reason", "count"]), title=_("Left out, and why"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The same finding of many recipients: `concerned` names the first ones, or has their keys."""

    severity: str
    message: str
    concerned: Sequence[str]
    count: int


def _grouped(findings: pd.DataFrame, names: Mapping[str, str]) -> list[_Group]:
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for severity, message, recipient in zip(
        findings["severity"].astype(str), findings["message"].astype(str), findings["recipient"], strict=True
    ):
        groups.setdefault((severity, message), {})[str(recipient)] = None
    counts = findings.attrs.get("counts", {})  # of a long list only the first recipients are named
    found = []
    for (severity, message), keys in groups.items():
        concerned = [names.get(key) or _row_words(key) for key in keys if key]
        count = max(len(concerned), counts.get((severity, message), 0))
        found.append(_Group(severity=severity, message=message, concerned=concerned, count=count))
    return found


def _row_words(key: str) -> str:
    """Return how a row of a table without an id of its own is called: by its line; any other key is itself."""
    line = key.removeprefix("row:line-")
    return _("line {number}").format(number=line) if line != key and line.isdecimal() else key


def show_findings(findings: pd.DataFrame, mailing: Mailing) -> None:
    """Show what the check found, the same finding of many recipients once, with who the first of them are."""
    seen = is_terminal(sys.stdout)
    names = _names_of(mailing) if seen and not findings.empty else {}
    most = _LISTED_AT_MOST if seen else _NAMED_AT_MOST
    groups = _grouped(findings, names)
    rows = [
        {
            "severity": group.severity,
            "count": group.count or None,  # else it is about everybody
            "message": group.message,
            "recipient": _first_of(group, most),
        }
        for group in groups
    ]
    if rows:
        show(as_frame(rows, ["severity", "count", "message", "recipient"]))
    if any(group.count > most for group in groups):
        say(_("Each of them stands in a file with: --dry-run --results FILE.csv"))


def _first_of(group: _Group, most: int) -> str:
    first = ", ".join(group.concerned[:most])
    more = group.count - min(len(group.concerned), most)
    if not more:
        return first
    return n_("{first} and {count} more", "{first} and {count} more", more).format(first=first, count=more)


def findings_with_names(findings: pd.DataFrame, mailing: Mailing) -> pd.DataFrame:
    """Return the findings with a column ``name`` beside the recipients' keys."""
    names = _names_of(mailing) if not findings.empty else {}
    return findings.assign(name=[names.get(key, "") for key in findings["recipient"]])


def say_what_is_replaced(tally: Tally) -> None:
    """Tell of the rows that the results show and that no number counts, where there are any."""
    if tally.replaced:
        say(replaced_sentence(tally.replaced))


def say_findings(findings: pd.DataFrame, mailing: Mailing, *, only_warnings: bool = False) -> None:
    """Tell what the check found, the same finding of many recipients once, with their number or, of few, who they are.

    With `only_warnings`, who is left out is not told: the report that follows says it. A person at the terminal
    reads names; what goes to a log holds keys (P12).
    """
    if only_warnings:
        findings = findings[findings["severity"] == "warning"]
    names = _names_of(mailing) if is_terminal(sys.stderr) and not findings.empty else {}
    many = False
    for place, group in enumerate(_grouped(findings, names)):
        if place == _SHOWN_FINDINGS:
            say(_("… and more; --dry-run lists them all."))
            return
        words = {"status": status_words(group.severity), "message": friendly(group.message)}
        if not group.concerned:
            say(_("{status}: {message}").format(**words))
        elif group.count <= _NAMED_AT_MOST:
            say(_("{status}: {message} ({who})").format(**words, who=friendly(", ".join(group.concerned))))
        else:
            many = True
            say(_("{status} ({count}): {message}").format(**words, count=group.count))
    if many:
        say(_("Who they are is listed by the same command with --dry-run."))


def _names_of(mailing: Mailing) -> dict[str, str]:
    recipients = mailing.recipients
    return dict(zip(recipients["recipient_id"], recipients["recipient"], strict=True))


def json_counts(mailing_id: int | None, counts: Counts) -> dict[str, int | None]:
    """Return what ``--json`` prints: the mailing's state now, not this run's share."""
    return {
        "mailing": mailing_id,
        "sent": counts.sent,
        "failed": counts.failed,
        "in_doubt": counts.in_doubt,
        "skipped": counts.skipped,
        "pending": counts.pending,
    }


def say_what_left(before: Counts, after: Counts) -> None:
    """Tell how many messages left since the command began, whoever sent them, and how many had before."""
    now = max(0, after.sent - before.sent)
    told = n_(
        "{count} message left since this command began.", "{count} messages left since this command began.", now
    ).format(count=now)
    if before.sent:
        earlier = n_("{count} had left before.", "{count} had left before.", before.sent).format(count=before.sent)
        told = f"{told} {earlier}"
    say(told)


def say_what_waits_elsewhere(practice: Practice, mailing: Mailing, tally: Tally) -> bool:
    """Tell which other mailings still wait to tell what this one leaves out because of them.

    Returns whether there is any: those rows have not left, and do not leave with this mailing.
    """
    if not any(count and reason == "duplicate_occasion" for (_status, reason), count in tally.rows.items()):
        return False
    listed = practice.mailings()
    purpose = listed["purpose"] == mailing.template.occasion_purpose
    waiting = listed[(listed["pending"] > 0) & (listed["mailing_id"] != mailing.id) & purpose]
    if waiting.empty:
        return False
    # Of the same purpose, too, is yesterday's mailing that waits to tell other people.
    waiting = waiting[waiting["mailing_id"].isin(mailing.waiting_elsewhere(waiting["mailing_id"].tolist()))]
    waiting = waiting.head(_NAMED_AT_MOST)
    told = zip(*(waiting[name].tolist() for name in ("mailing_id", "pending", "status", "account")), strict=True)
    for number, count, status, account in told:
        if status == MailingStatus.DRAFT:
            sentence = n_(
                "{count} message is held by mailing {mailing}, whose queueing was cut off: nothing sends it as it "
                "is. If you do not queue that list again: workbench mailings cancel {mailing}, then the same "
                "command again.",
                "{count} messages are held by mailing {mailing}, whose queueing was cut off: nothing sends them as "
                "they are. If you do not queue that list again: workbench mailings cancel {mailing}, then the same "
                "command again.",
                count,
            )
        elif account != mailing.account.name:
            sentence = n_(
                "Mailing {mailing} still has {count} message waiting, from account « {account} ». Send it from there: "
                "workbench mailings resume {mailing}. Or from here: workbench mailings cancel {mailing}, then the same "
                "command again.",
                "Mailing {mailing} still has {count} messages waiting, from account « {account} ». Send them from "
                "there: workbench mailings resume {mailing}. Or from here: workbench mailings cancel {mailing}, then "
                "the same command again.",
                count,
            )
        else:
            sentence = n_(
                "Mailing {mailing} still has {count} message waiting: workbench mailings resume {mailing}, or cancel "
                "{mailing}",
                "Mailing {mailing} still has {count} messages waiting: workbench mailings resume {mailing}, or cancel "
                "{mailing}",
                count,
            )
        say(sentence.format(mailing=number, count=count, account=account))
    return not waiting.empty


def say_what_is_cut_off(practice: Practice, mailing_id: int, counts: Counts) -> bool:
    """Tell of a mailing whose list was never written down whole that nothing of it was sent; return whether it is."""
    if practice.stage(mailing_id).status is not MailingStatus.DRAFT:
        return False
    say(
        n_(
            "Writing the list down was cut off: {count} message of it is written down, and nothing was sent. The same "
            "« send » command goes on there; to drop it: workbench mailings cancel {mailing}",
            "Writing the list down was cut off: {count} messages of it are written down, and nothing was sent. The "
            "same « send » command goes on there; to drop it: workbench mailings cancel {mailing}",
            counts.pending,
        ).format(count=counts.pending, mailing=mailing_id)
    )
    return True


def cancelled_sentence(practice: Practice, mailing_id: int) -> str:
    """Return the sentence about a mailing that was cancelled, by whom, when and what to do; nothing of any other."""
    cancelled = practice.cancellation(mailing_id)
    if cancelled is None:
        return ""
    at, by = cancelled
    return _(
        "Mailing {mailing} was cancelled on {time} by {who}: nothing of it leaves any more. To send it all the same, "
        "give its « send » command with --again."
    ).format(mailing=mailing_id, time=friendly(at, zone=at.tzinfo), who=by)


def say_what_is_open(
    mailing_id: int, counts: Counts, departure: NextDeparture | None = None, *, may_send: bool = True
) -> None:
    """Tell what remains to be done, by whom, and how; `departure` says why it waits.

    Nothing waits for the same command where the folder may not send (`may_send`): that was told already.
    """
    if counts.pending and may_send:
        say(
            n_(
                "{count} message is still waiting. It leaves with the same command later, or: "
                "workbench mailings resume {mailing}",
                "{count} messages are still waiting. They leave with the same command later, or: "
                "workbench mailings resume {mailing}",
                counts.pending,
            ).format(count=counts.pending, mailing=mailing_id)
        )
        if departure is not None:
            say(waiting_sentence(departure.waiting_for, departure.at))
    if counts.in_doubt:
        say(
            n_(
                "{count} message may or may not have arrived; it is never sent again by itself. Decide with: "
                "workbench mailings settle {mailing} --as-sent, or --resend",
                "{count} messages may or may not have arrived; they are never sent again by themselves. Decide with: "
                "workbench mailings settle {mailing} --as-sent, or --resend",
                counts.in_doubt,
            ).format(count=counts.in_doubt, mailing=mailing_id)
        )
    if counts.failed:
        say(
            n_(
                "{count} message was refused for good; the reason is in: workbench results {mailing}",
                "{count} messages were refused for good; the reasons are in: workbench results {mailing}",
                counts.failed,
            ).format(count=counts.failed, mailing=mailing_id)
        )
