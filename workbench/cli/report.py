"""What a person reads after a mailing was checked or sent: numbers that add up, and the rows that need somebody."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from workbench.cli.output import as_frame, friendly, say, show
from workbench.cli.words import status_words
from workbench.domain.deliveries import NewDelivery
from workbench.domain.mailings import Counts
from workbench.language import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Mailing, Practice

_SHOWN_FINDINGS = 12
_LOOKED_AT = ("recipient_id", "addressee_key", "role", "channel", "address", "reason")


def show_counts(counts: Counts, *, title: str = "") -> None:
    """Show the numbers of a mailing as a table; they add up to the list."""
    numbers = asdict(counts)
    rows = [
        {"status": status_words(status), "count": number}
        for status, number in numbers.items()
        if number or status != "cancelled"
    ]
    rows.append({"status": _("In all"), "count": sum(numbers.values())})
    show(as_frame(rows, ["status", "count"]), title=title)


def show_left_out(results: pd.DataFrame) -> None:
    """Show the rows that were not sent, failed or are uncertain, grouped by their reason."""
    if results.empty or "status" not in results:
        return
    left = results[results["status"].astype(str).isin(["skipped", "failed", "in_doubt"])]
    if left.empty:
        return
    groups = Counter(zip(left["status"].astype(str), left["reason"].fillna("").astype(str), strict=True))
    rows = [{"status": status, "reason": reason, "count": count} for (status, reason), count in sorted(groups.items())]
    show(as_frame(rows, ["status", "reason", "count"]), title=_("Left out, and why"))


def say_findings(findings: pd.DataFrame, *, only_warnings: bool = False) -> None:
    """Tell what the check found, the same finding of many recipients once, with their number.

    With `only_warnings`, who is left out is not told: the report that follows says it.
    """
    if only_warnings:
        findings = findings[findings["severity"] == "warning"]
    groups = Counter(zip(findings["severity"].astype(str), findings["message"].astype(str), strict=True))
    for place, ((severity, message), count) in enumerate(groups.items()):
        if place == _SHOWN_FINDINGS:
            say(_("… and more; --dry-run lists them all."))
            return
        say(
            _("{status} ({count}): {message}").format(
                status=status_words(severity), count=count, message=friendly(message)
            )
        )


def planned_counts(practice: Practice, mailing: Mailing, *, again: bool = False) -> Counts:
    """Return where the mailing would stand if it were confirmed now, before the first message leaves.

    ``pending`` is what would leave; whoever has it counts as sent, whoever was told by another mailing as skipped.
    """
    recipients = mailing.recipients
    columns = [recipients[name].tolist() for name in ("subjects", *_LOOKED_AT)]
    rows = [
        NewDelivery(occasions=tuple(subjects), recipient="", language="", **dict(zip(_LOOKED_AT, cells, strict=True)))
        for subjects, *cells in zip(*columns, strict=True)
    ]
    template = mailing.template
    return practice.ledger.mailings.forecast(
        mailing.id, rows, purpose=template.occasion_purpose, step=template.step, again=again
    )


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


def say_what_is_open(mailing_id: int, counts: Counts) -> None:
    """Tell what remains to be done, by whom, and how."""
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
