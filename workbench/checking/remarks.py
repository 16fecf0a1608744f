"""What a check says of an email type: findings with their lines, few of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from workbench.domain.mailings import Finding, Severity
from workbench.language import n_
from workbench.merging.preflight import findings_frame

MOST_ALIKE = 5
"""Findings of one kind that are told one by one; a text with a fault in each line has one fault to be learnt."""

CHECK_COLUMNS = ("recipient", "severity", "code", "message", "line")
"""Columns of what a check returns: those of every finding, then the line of the author's text (``<NA>``: none)."""


def warning(code: str, message: str, *, line: int | None = None, sample: str = "") -> Finding:
    """Return a finding that somebody should look at; `sample` is the invented patient with whom it showed."""
    return Finding(code=code, severity=Severity.WARNING, message=message, line=line, recipient=sample)


def error(code: str, message: str, *, line: int | None = None, sample: str = "") -> Finding:
    """Return a finding with which the email type should not be sent."""
    return Finding(code=code, severity=Severity.ERROR, message=message, line=line, recipient=sample)


def few_of_each(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings without repetitions, errors first, of each kind (``code`` before the colon) at most a few."""
    told = sorted(dict.fromkeys(findings), key=lambda one: one.severity is not Severity.ERROR)
    counts: Counter[str] = Counter()
    kept: list[Finding] = []
    for finding in told:
        kind = finding.code.partition(":")[0]
        counts[kind] += 1
        if counts[kind] <= MOST_ALIKE:
            kept.append(finding)
    for kind, count in counts.items():
        if more := max(0, count - MOST_ALIKE):
            last = max(place for place, one in enumerate(kept) if one.code.partition(":")[0] == kind)
            sentence = n_("{count} more finding of this kind.", "{count} more findings of this kind.", more)
            kept.insert(last + 1, Finding(code=kind, severity=kept[last].severity, message=sentence.format(count=more)))
    return kept


def checked_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a frame with the columns of ``CHECK_COLUMNS``."""
    told = list(findings)
    return findings_frame(told).assign(line=pd.array([one.line for one in told], dtype="Int64"))
