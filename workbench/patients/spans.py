"""How long an appointment lasts and when it ends, each told by the other when the practice gives only one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

_MINUTE = timedelta(minutes=1)


def durations_of(values: Mapping[str, Sequence[Any]]) -> list[int | None]:
    """Return durations in minutes, from columns ``starts_at``, ``ends_at`` and ``duration``."""
    return [
        duration if duration is not None or ends is None else (ends - starts) // _MINUTE
        for starts, ends, duration in zip(values["starts_at"], values["ends_at"], values["duration"], strict=True)
    ]


def ends_of(values: Mapping[str, Sequence[Any]]) -> list[datetime | None]:
    """Return ends on the wall clock, from columns ``starts_at``, ``ends_at`` and ``duration``."""
    return [
        ends if ends is not None or duration is None else starts + duration * _MINUTE
        for starts, ends, duration in zip(values["starts_at"], values["ends_at"], values["duration"], strict=True)
    ]
