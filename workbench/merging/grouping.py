"""Join what one addressee is told into one message, and leave out of it what was told before.

Recipients are dicts here, as `recipients` makes them; ``_told`` lists the rows of the search that a message tells of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any


def telling(told: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a recipient's row says of what is told; the first leads."""
    lead = told[0]
    return {
        "patient_id": lead["patient_id"],
        "appointment_id": lead["appointment_id"],
        "invoice_id": lead["invoice_id"],
        "practitioner_id": lead["practitioner_id"],
        "subjects": [occasion for row in told for occasion in row["occasions"]],
        "appointments": [row["appointment_id"] for row in told if row["appointment_id"]],
        "_told": told,
    }


def earliest(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Give the order of what one message tells; the first leads. It does not depend on the order of the search."""
    return row["start"], row["due"], row["subject_key"]


def _family_of(recipient: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what the messages share that are told one addressee about one family on one day, if any may."""
    if recipient["reason"] or not recipient["_family"]:
        return None
    mailbox = (recipient["addressee_key"], *recipient["_beside"], recipient["address"])
    return (*mailbox, recipient["_day"], recipient["_family"])


Told = Callable[[Collection[str]], Collection[tuple[str, str, str, str]]]
"""Reads which of some occasions were told already: (occasion, addressee key, role, channel)."""


def nothing_told(_occasions: Collection[str]) -> tuple[()]:
    """Tell nothing: whatever was told is told again."""
    return ()


def without_told(
    made: list[dict[str, Any]], told_already: Told, *, family: bool
) -> tuple[list[dict[str, Any]], list[tuple[str, dict[str, Any]]]]:
    """Leave out of groups of subjects without a day what was told before, where something else is to be told.

    Returned is also each subject left out, with one that its addressee is told instead.
    """
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for place, recipient in enumerate(made):
        groups.setdefault((family and _family_of(recipient)) or (place,), []).append(recipient)
    grown = [group for group in groups.values() if not group[0]["_day"] and sum(len(one["_told"]) for one in group) > 1]
    texts = {text for group in grown for one in group for row in one["_told"] for text in row["occasions"]}
    known = told_already(texts) if texts else ()
    if not known:
        return made, []
    changed: dict[int, dict[str, Any] | None] = {}
    left: list[tuple[str, dict[str, Any]]] = []
    for group in grown:
        free = [
            [
                row
                for row in one["_told"]
                if any(
                    (text, one["addressee_key"], one["role"], one["channel"]) not in known for text in row["occasions"]
                )
            ]
            for one in group
        ]
        first = next((rows[0] for rows in free if rows), None)
        if first is None or any(one["reason"] for one in group):
            continue
        for one, rows in zip(group, free, strict=True):
            changed[id(one)] = {**one, **telling(rows)} if rows else None
            left += [(row["subject_key"], first) for row in one["_told"] if row not in rows]
    kept = (changed.get(id(one), one) for one in made)
    return [one for one in kept if one is not None], left


def by_family(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join the messages that tell one addressee about one family on one day; the earliest subject leads."""
    joined: dict[tuple[Any, ...], dict[str, Any]] = {}
    for place, recipient in enumerate(made):
        key: tuple[Any, ...] = _family_of(recipient) or (place,)
        first = joined.get(key)
        if first is None:
            joined[key] = recipient
            continue
        told = sorted(first["_told"] + recipient["_told"], key=earliest)
        lead = recipient if told[0] in recipient["_told"] else first
        joined[key] = {**lead, **telling(told)}
    return list(joined.values())
