"""The days on which the practice, a site or a practitioner does not work: declared, taken back, listed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.errors import BadValue
from workbench.language import _
from workbench.patients import rows
from workbench.patients.names import full_name
from workbench.patients.schema import closed_days, leaves, practitioners, sites

CLOSURE_COLUMNS = ("kind", "starts_on", "ends_on", "reason", "site", "practitioner", "replacement", "replacement_phone")


def close_days(
    connection: sa.Connection, practice_id: str, days: Iterable[date], *, reason: str, site_id: str = ""
) -> int:
    """Declare days closed; those that are closed already take the reason. Tells how many are new.

    Raises
    ------
    BadValue
        When there is no such site.
    """
    _check_site(connection, practice_id, site_id)
    here = (closed_days.c.practice_id == practice_id, closed_days.c.site_id == site_id)
    wanted = sorted(set(days))
    there = set(connection.execute(sa.select(closed_days.c.day).where(*here)).scalars())
    if old := [day for day in wanted if day in there]:
        connection.execute(closed_days.update().where(*here, closed_days.c.day.in_(old)).values(reason=reason or None))
    new = [
        {"practice_id": practice_id, "site_id": site_id, "day": day, "reason": reason or None}
        for day in wanted
        if day not in there
    ]
    if new:
        connection.execute(closed_days.insert(), new)
    return len(new)


def reopen_days(connection: sa.Connection, practice_id: str, days: Iterable[date], *, site_id: str = "") -> int:
    """Take the declared closure of days back; tells how many were closed."""
    _check_site(connection, practice_id, site_id)
    return connection.execute(
        closed_days.delete().where(
            closed_days.c.practice_id == practice_id,
            closed_days.c.site_id == site_id,
            closed_days.c.day.in_(sorted(set(days))),
        )
    ).rowcount


def take_leave(
    connection: sa.Connection,
    practice_id: str,
    practitioner_id: str,
    starts_on: date,
    ends_on: date,
    *,
    reason: str,
    replacement: str,
    replacement_phone: str,
) -> None:
    """Write a practitioner's leave down, both days included; the same days again take the new words.

    Raises
    ------
    BadValue
        When it ends before it starts.
    """
    if ends_on < starts_on:
        raise BadValue(
            _("The leave ends on {end}, before its start on {start}.").format(
                start=starts_on.isoformat(), end=ends_on.isoformat()
            )
        )
    connection.execute(
        leaves.delete().where(
            leaves.c.practice_id == practice_id,
            leaves.c.practitioner_id == practitioner_id,
            leaves.c.starts_on == starts_on,
            leaves.c.ends_on == ends_on,
        )
    )
    connection.execute(
        leaves.insert().values(
            practice_id=practice_id,
            leave_id=uuid.uuid4().hex,
            practitioner_id=practitioner_id,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason or None,
            replacement=replacement or None,
            replacement_phone=replacement_phone or None,
        )
    )


def closures_frame(connection: sa.Connection, practice_id: str, start: date, end: date) -> pd.DataFrame:
    """Return the closures and leaves that touch the days from `start` to `end`, both included, by date.

    Columns ``CLOSURE_COLUMNS``: ``kind`` is *closure* or *leave*; following closed days of one reason are one row.
    """
    sites_here = sa.select(sites.c.site_id, sites.c.name).where(sites.c.practice_id == practice_id)
    named = {row.site_id: row.name for row in connection.execute(sites_here)}
    closed = connection.execute(
        sa.select(closed_days.c.site_id, closed_days.c.day, closed_days.c.reason)
        .where(closed_days.c.practice_id == practice_id, closed_days.c.day.between(start, end))
        .order_by(closed_days.c.site_id, closed_days.c.day)
    ).all()
    found: list[dict[str, Any]] = []
    for site_id, day, reason in closed:
        last = found[-1] if found else {}
        site = named.get(site_id, site_id) if site_id else None
        follows = (last.get("site"), last.get("reason")) == (site, reason) and (day - last["ends_on"]).days == 1
        if follows:
            last["ends_on"] = day
        else:
            found.append({"kind": "closure", "starts_on": day, "ends_on": day, "reason": reason, "site": site})
    same = sa.and_(
        practitioners.c.practice_id == leaves.c.practice_id,
        practitioners.c.practitioner_id == leaves.c.practitioner_id,
    )
    away = connection.execute(
        sa.select(leaves, practitioners.c.title, practitioners.c.first_name, practitioners.c.last_name)
        .join_from(leaves, practitioners, same)
        .where(leaves.c.practice_id == practice_id, leaves.c.starts_on <= end, leaves.c.ends_on >= start)
    )
    found += [
        {
            "kind": "leave",
            "starts_on": row.starts_on,
            "ends_on": row.ends_on,
            "reason": row.reason,
            "practitioner": full_name(row.title, row.first_name, row.last_name) or row.practitioner_id,
            "replacement": row.replacement,
            "replacement_phone": row.replacement_phone,
        }
        for row in away
    ]
    found.sort(key=lambda row: (str(row["starts_on"]), str(row["kind"]), str(row.get("practitioner") or "")))
    columns = {name: [row.get(name) for row in found] for name in CLOSURE_COLUMNS}
    return pd.DataFrame(
        {name: rows.day(column) if name.endswith("_on") else rows.text(column) for name, column in columns.items()}
    )


def _check_site(connection: sa.Connection, practice_id: str, site_id: str) -> None:
    if not site_id:
        return
    known = connection.execute(sa.select(sites.c.site_id).where(sites.c.practice_id == practice_id)).scalars().all()
    if site_id not in known:
        raise BadValue(
            _("There is no site « {site} ». There are: {known}.").format(site=site_id, known=", ".join(known))
        )
