"""Names in what people decided about a mailing, and in what runs were asked with: taken out with an erased patient."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from workbench.domain.identities import Identity
from workbench.domain.jobs import OccurrenceState
from workbench.domain.keeping import without_words
from workbench.domain.runs import RunStatus
from workbench.ledger import schema

HEALTH_ALLOWED = "health_data_allowed"
"""What the act is called by which health data was let leave."""

_WORDS = ("refused_why",)
"""What a person wrote, in the trace of an occurrence."""


def forget_in_decisions(connection: sa.Connection, practice_id: str, mailing_id: int, names: Collection[str]) -> None:
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


def forget_in_runs(connection: sa.Connection, practice_id: str, patient: Identity) -> None:
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
        title = "…" if meant(content["title"]) else content["title"]
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
