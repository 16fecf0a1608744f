"""Names in what people wrote when they decided something about a mailing: taken out with an erased patient."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from workbench.domain.keeping import without_words
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
