"""What a person reads after a mailing was checked or sent: numbers that add up, and the rows that need somebody."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from workbench.cli.output import as_frame, is_terminal, say, show
from workbench.displays.cells import friendly
from workbench.displays.waiting import waiting_sentence
from workbench.displays.words import status_words
from workbench.domain.departures import NextDeparture
from workbench.domain.mailings import Counts, MailingStatus, Tally
from workbench.language import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Mailing, Practice

_SHOWN_FINDINGS = 12
_NAMED_AT_MOST = 3


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


def show_left_out(tally: Tally) -> None:
    """Show the rows that were not sent, failed or are uncertain, grouped by their reason."""
    left = {key: count for key, count in tally.rows.items() if key[0] in ("skipped", "failed", "in_doubt") and count}
    if not left:
        return
    rows = [{"status": status, "reason": reason, "count": count} for (status, reason), count in sorted(left.items())]
    show(as_frame(rows, ["status", "reason", "count"]), title=_("Left out, and why"))


def say_findings(findings: pd.DataFrame, mailing: Mailing, *, only_warnings: bool = False) -> None:
    """Tell what the check found, the same finding of many recipients once, with their number or, of few, who they are.

    With `only_warnings`, who is left out is not told: the report that follows says it. A person at the terminal
    reads names; what goes to a log holds keys (P12).
    """
    if only_warnings:
        findings = findings[findings["severity"] == "warning"]
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for severity, message, recipient in zip(
        findings["severity"].astype(str), findings["message"].astype(str), findings["recipient"], strict=True
    ):
        groups.setdefault((severity, message), {})[str(recipient)] = None
    counts = findings.attrs.get("counts", {})  # of a long list only the first recipients are named
    names = _names_of(mailing) if is_terminal(sys.stderr) and not findings.empty else {}
    many = False
    for place, ((severity, message), found) in enumerate(groups.items()):
        if place == _SHOWN_FINDINGS:
            say(_("… and more; --dry-run lists them all."))
            return
        words = {"status": status_words(severity), "message": friendly(message)}
        concerned = [names.get(key) or key for key in found if key]
        count = max(len(concerned), counts.get((severity, message), 0))
        if not concerned:
            say(_("{status}: {message}").format(**words))
        elif count <= _NAMED_AT_MOST:
            say(_("{status}: {message} ({who})").format(**words, who=friendly(", ".join(concerned))))
        else:
            many = True
            say(_("{status} ({count}): {message}").format(**words, count=count))
    if many:
        say(_("Who they are is listed by the same command with --dry-run."))


def say_how_many_more(findings: pd.DataFrame) -> None:
    """Tell how many more findings of a long list there are than those that are shown."""
    counts: Mapping[tuple[str, str], int] = findings.attrs.get("counts", {})
    more = sum(counts.values()) - len(findings)
    if counts and more > 0:
        say(
            n_(
                "… and {count} more finding of the same kinds.", "… and {count} more findings of the same kinds.", more
            ).format(count=more)
        )


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
    """Tell what this run did, beside where the mailing stands now."""
    now = max(0, after.sent - before.sent)
    told = n_("{count} message left now.", "{count} messages left now.", now).format(count=now)
    if before.sent:
        earlier = n_("{count} had left before.", "{count} had left before.", before.sent).format(count=before.sent)
        told = f"{told} {earlier}"
    say(told)


def say_what_waits_elsewhere(practice: Practice, mailing_id: int, tally: Tally) -> None:
    """Tell which other mailings still hold messages, when rows are left out because another mailing tells them."""
    if not any(count and reason == "duplicate_occasion" for (_status, reason), count in tally.rows.items()):
        return
    listed = practice.mailings()
    waiting = listed[(listed["pending"] > 0) & (listed["mailing_id"] != mailing_id)].head(_NAMED_AT_MOST)
    told = zip(*(waiting[name].tolist() for name in ("mailing_id", "pending", "status")), strict=True)
    for number, count, status in told:
        if status == MailingStatus.DRAFT:
            say(
                n_(
                    "{count} message is held by mailing {mailing}, whose queueing was cut off: nothing sends it as it "
                    "is. If you do not queue that list again: workbench mailings cancel {mailing}, then the same "
                    "command again.",
                    "{count} messages are held by mailing {mailing}, whose queueing was cut off: nothing sends them as "
                    "they are. If you do not queue that list again: workbench mailings cancel {mailing}, then the same "
                    "command again.",
                    count,
                ).format(mailing=number, count=count)
            )
            continue
        say(
            n_(
                "Mailing {mailing} still has {count} message waiting: workbench mailings resume {mailing}, or cancel "
                "{mailing}",
                "Mailing {mailing} still has {count} messages waiting: workbench mailings resume {mailing}, or cancel "
                "{mailing}",
                count,
            ).format(mailing=number, count=count)
        )


def say_what_is_open(mailing_id: int, counts: Counts, departure: NextDeparture | None = None) -> None:
    """Tell what remains to be done, by whom, and how; `departure` says why it waits."""
    if counts.pending:
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
