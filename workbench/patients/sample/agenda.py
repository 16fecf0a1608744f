"""The agenda of the sample practice: every appointment, and how people were reminded of it beforehand."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

from workbench.patients.sample.first_visits import first_visits
from workbench.patients.sample.history import history
from workbench.patients.sample.reminders import reminder_of
from workbench.patients.sample.visits import Visit


@cache
def sample_visits() -> tuple[Visit, ...]:
    """Return every visit of the sample, those of the first patients before the others; the same at each call."""
    dice = random.Random("reminders of the Cabinet des Tilleuls")  # noqa: S311 (invented reminders)
    return tuple(replace(visit, told=reminder_of(dice, visit)) for visit in first_visits()) + history()
