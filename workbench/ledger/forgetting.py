"""Forget a patient: what was written about them and to whom, and their names wherever somebody repeated them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from workbench.databases import alone, writing
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.identities import Identity
from workbench.domain.jobs import OccurrenceState
from workbench.domain.keeping import Forgotten, reason_given, without_words
from workbench.domain.mailings import TRIAL, trial_of
from workbench.domain.runs import RunStatus
from workbench.errors import BadValue, ForbiddenMove
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.drafts import forget_in_drafts
from workbench.ledger.emptying import compact, empty_letters, overwriting
from workbench.ledger.enqueueing import CHUNK, slices
from workbench.ledger.senders import cancel_rows

_S = DeliveryStatus
_rows, _letters = schema.deliveries.c, schema.letters.c
_SHORTEST_WORD = 3
"""Letters of a name's word below which a key that holds it tells of nobody."""

HEALTH_ALLOWED = "health_data_allowed"
"""What the act is called by which health data was let leave."""

_WORDS = ("refused_why",)
"""What a person wrote, in the trace of an occurrence."""


def forget(engine: sa.Engine, practice_id: str, patient: Identity, *, reason: str, by: str, now: datetime) -> Forgotten:
    """Forget what was written about a patient and to whom; see `Keeping.forget`."""
    said, patient_id = reason_given(reason), patient.patient_id
    if not said:
        raise BadValue(_("Say why the patient is erased."))
    further = schema.further_patients.c
    beside = sa.select(further.delivery_id).where(further.practice_id == practice_id, further.patient_id == patient_id)
    trials = sa.select(schema.mailings.c.id).where(
        schema.mailings.c.practice_id == practice_id,
        schema.mailings.c.key.startswith(TRIAL, autoescape=True),
        schema.mailings.c.key.contains(trial_of(patient_id), autoescape=True),
    )
    own = sa.or_(_rows.patient_id == patient_id, _rows.addressee_key == f"patient:{patient_id}")
    query = (
        sa.select(
            _rows.id, _rows.status, _rows.sender_id, _rows.recipient_id, _rows.addressee_key, _rows.recipient,
            _rows.address, _rows.message_id, _rows.mailing_id, own.label("own"),
        )
        .where(
            _rows.practice_id == practice_id,
            sa.or_(own, _rows.id.in_(beside), _rows.mailing_id.in_(trials)),
        )
        .order_by(_rows.id)
        .with_for_update()
    )  # fmt: skip
    with writing(engine) as connection:
        overwriting(connection)
        alone(connection, f"deliveries:{practice_id}")
        found = connection.execute(query).all()
        if any(row.status == _S.SENDING or row.sender_id is not None for row in found):
            raise ForbiddenMove(
                _("A message about patient {number} is leaving at this moment. Try again in a minute.").format(
                    number=patient_id
                )
            )
        numbers = [row.id for row in found]
        cancelled = sum(cancel_rows(connection, [_rows.id.in_(some)], now=now) for some in slices(numbers, CHUNK))
        empty_letters(connection, practice_id, numbers, now=now)
        hidden = {*patient.words}
        for row in found:
            hidden |= {row.address, *row.recipient.split()} if row.own else set()
        names = {word.casefold() for word in hidden if len(word) >= _SHORTEST_WORD}
        for row in found:
            if row.own:
                _take_names_away(connection, row, names)
        for mailing_id in sorted({row.mailing_id for row in found}):
            _blank_definition(connection, mailing_id, names)
            _forget_in_decisions(connection, practice_id, mailing_id, names)
        _blank_tombstones(connection, practice_id, numbers)
        theirs = [row for row in found if row.own]
        told = patient.also(addresses=[row.address for row in theirs], names=[row.recipient for row in theirs])
        drafts = forget_in_drafts(connection, practice_id, told)
        _forget_in_runs(connection, practice_id, told)
        write_act(
            connection, practice_id, "patient_erased", f"patient:{patient_id}", by=by, now=now,
            details={
                "deliveries": len(numbers),
                "cancelled": cancelled,
                "drafts": drafts,
                "reason": without_words(said, names),
            },
        )  # fmt: skip
    return Forgotten(
        deliveries=len(numbers),
        cancelled=cancelled,
        drafts=drafts,
        numbers=tuple(numbers),
        proofs=tuple(row.message_id for row in found if row.message_id),
        compact=compact(engine),
    )


def _take_names_away(connection: sa.Connection, row: Any, names: Collection[str]) -> None:
    changed: dict[str, Any] = {"recipient": "", "address": "", "smtp_reply": ""}
    if _names_somebody(row.recipient_id, names) or _names_somebody(row.addressee_key, names):
        # The number keeps the key unique; nobody can be found by it any more.
        changed |= {"recipient_id": f"erased:{row.id}", "addressee_key": f"erased:{row.id}"}
        occasions = schema.occasions
        connection.execute(occasions.delete().where(occasions.c.delivery_id == row.id))
        connection.execute(schema.letters.update().where(_letters.delivery_id == row.id), {"occasions": []})
    connection.execute(schema.deliveries.update().where(_rows.id == row.id), changed)


def _blank_definition(connection: sa.Connection, mailing_id: int, names: Collection[str]) -> None:
    """Blank what a mailing was asked with where it names somebody; its identity, a digest, stays."""
    table = schema.mailings.c
    definition = connection.execute(sa.select(table.definition).where(table.id == mailing_id)).scalar_one()
    blanked = dict(definition)
    for part in ("parameters", "values"):
        asked: Mapping[str, Any] = definition.get(part) or {}
        if asked:
            blanked[part] = {name: "…" if _holds(str(value), names) else value for name, value in asked.items()}
    if blanked != definition:
        connection.execute(schema.mailings.update().where(table.id == mailing_id), {"definition": blanked})


def _blank_tombstones(connection: sa.Connection, practice_id: str, numbers: Sequence[int]) -> None:
    table = schema.tombstones
    for some in slices(numbers, CHUNK):
        mine = [table.c.practice_id == practice_id, table.c.delivery_id.in_(some)]
        connection.execute(table.update().where(*mine), {"reason": "…"})


def _names_somebody(key: str, names: Collection[str]) -> bool:
    """Tell whether a recipient's key, which a practice's own table may have given, holds a name or an address."""
    kind, _colon, rest = key.partition(":")
    return kind == "row" and ("@" in rest or _holds(rest, names))


def _holds(text: str, names: Collection[str]) -> bool:
    plain = text.casefold()
    return any(name in plain for name in names)


def _forget_in_decisions(connection: sa.Connection, practice_id: str, mailing_id: int, names: Collection[str]) -> None:
    """Take names out of the reasons given for a mailing; who decided, what and when stays.

    They are why health data was let leave, why the mailing was moved or cancelled, and why nobody released it.
    """
    acts, moves, mailings = schema.acts, schema.mailing_moves, schema.mailings
    query = sa.select(acts.c.id, acts.c.details).where(
        acts.c.practice_id == practice_id, acts.c.object == f"mailing:{mailing_id}", acts.c.what == HEALTH_ALLOWED
    )
    for number, details in connection.execute(query).all():
        blanked = {**details, "reason": without_words(str(details.get("reason", "")), names)}
        if blanked != details:
            connection.execute(acts.update().where(acts.c.id == number), {"details": blanked})
    for table, mine in ((moves, moves.c.mailing_id == mailing_id), (mailings, mailings.c.id == mailing_id)):
        said = sa.select(table.c.id, table.c.reason).where(table.c.practice_id == practice_id, mine)
        for number, reason in connection.execute(said.where(table.c.reason != "")).all():
            if (blank := without_words(reason, names)) != reason:
                connection.execute(table.update().where(table.c.id == number), {"reason": blank})
    _forget_in_occurrences(connection, practice_id, mailing_id, names)


def _forget_in_occurrences(
    connection: sa.Connection, practice_id: str, mailing_id: int, names: Collection[str]
) -> None:
    table = schema.job_occurrences
    mine = [table.c.practice_id == practice_id, table.c.mailing_id == mailing_id]
    for job, occurrence, trace in connection.execute(
        sa.select(table.c.job, table.c.occurrence, table.c.trace).where(*mine)
    ).all():
        blanked = trace | {name: without_words(str(trace[name]), names) for name in _WORDS if name in trace}
        if blanked != trace:
            here = [*mine, table.c.job == job, table.c.occurrence == occurrence]
            connection.execute(table.update().where(*here), {"trace": blanked})


def _forget_in_runs(connection: sa.Connection, practice_id: str, patient: Identity) -> None:
    """Blank what ended runs and occurrences of jobs were asked with where it may mean a patient.

    What is still to be done, or done anew, needs it: jobs and saved searches are for a person to look at.
    """
    runs, occurrences = schema.runs, schema.job_occurrences
    meant = cache(patient.is_asked_in)

    def blank(asked: Mapping[str, Any]) -> dict[str, Any]:
        return {name: "…" if meant(str(value), parameter=name) else value for name, value in asked.items()}

    query = sa.select(runs.c.id, runs.c.parameters).where(
        runs.c.practice_id == practice_id, runs.c.status != RunStatus.RUNNING.value
    )
    for number, parameters in connection.execute(query).all():
        if (blanked := blank(parameters)) != parameters:
            connection.execute(runs.update().where(runs.c.id == number), {"parameters": blanked})
    ended = [OccurrenceState.DONE.value, OccurrenceState.SKIPPED.value]
    over = sa.select(
        occurrences.c.job, occurrences.c.occurrence, occurrences.c.content, occurrences.c.parameters
    ).where(occurrences.c.practice_id == practice_id, occurrences.c.state.in_(ended))
    for job, occurrence, content, parameters in connection.execute(over).all():
        title = "…" if patient.is_told_in(content["title"]) else content["title"]
        blanked = {
            "content": {**content, "title": title, "parameters": blank(content["parameters"])},
            "parameters": blank(parameters),
        }
        if blanked != {"content": content, "parameters": parameters}:
            here = (
                occurrences.c.practice_id == practice_id, occurrences.c.job == job,
                occurrences.c.occurrence == occurrence,
            )  # fmt: skip
            connection.execute(occurrences.update().where(*here), blanked)
