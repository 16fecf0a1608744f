from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from workbench.domain.jobs import Job, Missed
from workbench.domain.recurrence import Recurrence
from workbench.ledger.ledger import Ledger

NOW = datetime(2026, 11, 22, 16, 2, tzinfo=UTC)
DAILY = Recurrence.of(every="daily", at="12:00", start=date(2026, 11, 16))
JOB = Job(key="manques", title="Rendez-vous manqués", treatment="missed", template="A/B", recurrence=DAILY)


def acts(ledger: Ledger) -> list[tuple[str, str, Any]]:
    frame = ledger.acts.acts("job:manques")
    return list(zip(frame["what"], frame["by"], frame["details"], strict=True))


def test_a_job_is_kept_and_found_as_it_was_set(either_ledger: Ledger) -> None:
    kept = either_ledger.jobs.save(JOB, by="claire", now=NOW)
    assert kept == replace(JOB, number=1, since=NOW, saved_at=NOW, saved_by="claire")
    assert either_ledger.jobs.job("manques") == kept
    assert either_ledger.jobs.job("other") is None
    other = either_ledger.jobs.save(replace(JOB, key="a", title="anniversaires"), by="claire", now=NOW)
    assert list(either_ledger.jobs.all().values()) == [other, kept]


def test_each_change_is_an_act_that_names_what_changed_and_no_value(either_ledger: Ledger) -> None:
    either_ledger.jobs.save(JOB, by="claire", now=NOW)
    changed = replace(JOB, missed=Missed.EACH, parameters={"patient": "1042"})
    assert either_ledger.jobs.save(changed, by="marc", now=NOW).number == 2
    assert either_ledger.jobs.save(changed, by="marc", now=NOW).number == 2  # nothing changed
    assert either_ledger.jobs.remove("manques", by="marc", now=NOW)
    assert not either_ledger.jobs.remove("manques", by="marc", now=NOW)
    assert acts(either_ledger) == [
        ("job.made", "claire", {"number": 1, "changed": [], "active": True}),
        ("job.changed", "marc", {"number": 2, "changed": ["missed", "parameters"], "active": True}),
        ("job.removed", "marc", {}),
    ]


@pytest.mark.parametrize(
    ("change", "counts_anew"),
    [
        ({"title": "Autre"}, False),
        ({"active": False}, False),
        ({"recurrence": replace(DAILY, until=date(2027, 1, 1))}, True),
    ],
)
def test_what_passed_before_it_was_set_so_counts_for_nothing(
    ledger: Ledger, change: dict[str, Any], counts_anew: bool
) -> None:
    ledger.jobs.save(JOB, by="claire", now=NOW)
    later = NOW + timedelta(days=3)
    assert ledger.jobs.save(replace(JOB, **change), by="claire", now=later).since == (later if counts_anew else NOW)


def test_switched_on_again_it_begins_then(ledger: Ledger) -> None:
    ledger.jobs.save(replace(JOB, active=False), by="claire", now=NOW)
    later = NOW + timedelta(days=3)
    assert ledger.jobs.save(JOB, by="claire", now=later).since == later
