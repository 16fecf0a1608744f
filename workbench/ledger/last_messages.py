"""What was last written to whom, and what has been told already: the ledger's answer beside each row of a search.

Only what left or may have left counts: what waits, failed or was left out told nobody anything.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from workbench.databases import reading, undisturbed
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.people import Role
from workbench.ledger import schema
from workbench.ledger.enqueueing import CHUNK, slices

if TYPE_CHECKING:
    import pandas as pd

MAY_HAVE_LEFT = (DeliveryStatus.SENT, DeliveryStatus.SENDING, DeliveryStatus.IN_DOUBT)

FEW = 20_000
"""So many rows are asked for by their keys; of more, everything is read at once."""

_COLLEAGUES = (Role.CORRESPONDENT, Role.TREATING_DENTIST)
"""A letter to a colleague about a patient is no message to the patient."""

_rows = schema.deliveries.c


class LastMessages:
    """The last messages of one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def to_patients(self, patient_ids: Collection[str]) -> pd.DataFrame:
        """Return the last message about each patient, to the patient or to who answers for them.

        A message that tells about a family counts for each of those it tells about.

        Returns
        -------
        DataFrame
            Index ``patient_id``; ``at`` (UTC), ``template`` (the email type's path) and ``status``, both texts.
            Whoever was never written to is absent; others than those asked for may be there.
        """
        further = schema.further_patients.c
        to_them = _rows.role.not_in([role.value for role in _COLLEAGUES])
        beside = [further.delivery_id == _rows.id, further.practice_id == self._practice_id, to_them]
        leading = self._last(_rows.patient_id, [_rows.patient_id != "", to_them], patient_ids, name="patient_id")
        told_too = self._last(further.patient_id, beside, patient_ids, name="patient_id")
        return _latest_of(leading, told_too) if len(told_too) else leading

    def to_colleagues(self, addressee_keys: Collection[str]) -> pd.DataFrame:
        """Return the last message to each colleague, by addressee key (``correspondent:…``); as `to_patients`."""
        to_them = [_rows.addressee_key.startswith("correspondent:", autoescape=True)]
        return self._last(_rows.addressee_key, to_them, addressee_keys, name="addressee_key")

    def told(self, kind: str, *, occasions: Collection[str] | None = None) -> pd.DataFrame:
        """Return what has been told of all subjects of a kind (``appointment``, ``invoice`` …), the latest last.

        With `occasions` (``appointment:A1@2026-11-23T09:00``) others may be absent.

        Returns
        -------
        DataFrame
            ``subject_key``; ``occasion``, what follows the ``@`` (an appointment's start), maybe ``""``; ``at`` (UTC).
            One row an occasion told.
        """
        known = schema.occasions.c
        told = (
            sa.select(known.occasion, _as_kept(_when()))
            .join_from(schema.occasions, schema.deliveries, known.delivery_id == _rows.id)
            .where(
                known.practice_id == self._practice_id,
                known.occasion.startswith(f"{kind}:", autoescape=True),
                _left(),
                *self._among(known.occasion, occasions),
            )
        )
        with reading(self._engine) as connection, undisturbed():
            found = connection.execute(told).all()
        return _told_frame(found)

    def told_of(self, subjects: Collection[str]) -> pd.DataFrame:
        """Return what has been told of these subjects (``appointment:A1`` …) at any of their times, the latest last.

        Columns as `told`; others may be there.
        """
        if len(subjects) > FEW:
            return self.told(next(iter(subjects)).partition(":")[0])
        known = schema.occasions.c
        # By their beginnings: the answer is found in the index of occasions, whatever else was told in years.
        if self._engine.dialect.name == "postgresql":
            listed = sa.literal(list(subjects), type_=ARRAY(sa.Text))
            asked = sa.func.unnest(listed).table_valued(sa.column("value", sa.Text)).render_derived(name="asked")
            from_here, to_there = ("~>=~", "~<~")  # in the order of the index, not of a language
        else:
            asked = sa.func.json_each(json.dumps(list(subjects))).table_valued(
                sa.column("value", sa.Text), name="asked"
            )
            from_here, to_there = (">=", "<")
        theirs = sa.and_(
            known.practice_id == self._practice_id,
            known.occasion.bool_op(from_here, precedence=10)(asked.c.value.concat("@")),
            known.occasion.bool_op(to_there, precedence=10)(asked.c.value.concat("A")),  # the sign after « @ »
        )
        # An outer join goes from each subject to its occasions; the other way round all of them are looked at.
        held = sa.select(known.occasion, known.delivery_id).select_from(asked.outerjoin(schema.occasions, theirs))
        with reading(self._engine) as connection, undisturbed():
            pairs = [row for row in connection.execute(held) if row.delivery_id is not None]
            numbers = list({row.delivery_id for row in pairs})
            moments: dict[int, Any] = {}
            for some in slices(numbers, CHUNK):
                left = sa.select(_rows.id, _as_kept(_when())).where(_rows.id.in_(some), _left())
                moments |= {row[0]: row[1] for row in connection.execute(left)}
        return _told_frame([(occasion, moments[number]) for occasion, number in pairs if number in moments])

    def told_to(self, purpose: str, step: str, *, occasions: Collection[str]) -> frozenset[tuple[str, str, str, str]]:
        """Return which of these occasions a purpose and step have told to whom; of more than `FEW`, all that they told.

        Each is (occasion, addressee key, role, channel).
        """
        known = schema.occasions.c
        told = (
            sa.select(known.occasion, known.addressee_key, known.role, known.channel)
            .join_from(schema.occasions, schema.deliveries, known.delivery_id == _rows.id)
            .where(
                known.practice_id == self._practice_id,
                known.purpose == purpose,
                known.step == step,
                *self._among(known.occasion, occasions),
                _left(),
            )
        )
        with reading(self._engine) as connection:
            return frozenset(tuple(row) for row in connection.execute(told))

    def told_how(self, purpose: str, step: str, *, occasions: Collection[str]) -> pd.DataFrame:
        """Return how these occasions stand that a purpose and step tell, or wait to tell, the latest last.

        Columns: occasion addressee_key role channel status at (UTC) by mailing_id.
        """
        import pandas as pd

        known = schema.occasions.c
        told = (
            sa.select(
                known.occasion, known.addressee_key, known.role, known.channel, _rows.status, _as_kept(_when()),
                _rows.sent_by, _rows.mailing_id,
            )
            .join_from(schema.occasions, schema.deliveries, known.delivery_id == _rows.id)
            .where(
                known.practice_id == self._practice_id,
                known.purpose == purpose,
                known.step == step,
                *self._among(known.occasion, occasions),
            )
        )  # fmt: skip
        with reading(self._engine) as connection, undisturbed():
            found = connection.execute(told).all()
        names = ["occasion", "addressee_key", "role", "channel", "status", "at", "by", "mailing_id"]
        columns = dict(zip(names, list(zip(*found, strict=True)) or [()] * len(names), strict=True))
        frame = pd.DataFrame(
            {
                **{name: pd.array(columns[name], dtype="string") for name in (*names[:5], "by")},
                "at": _instants(columns["at"]),
                "mailing_id": pd.array(columns["mailing_id"], dtype="int64"),
            }
        )
        return frame[names].sort_values("at", kind="stable", ignore_index=True)

    def times_told(self, kind: str, purpose: str) -> pd.Series:
        """Return how many messages of a purpose told of each subject of a kind: an integer by subject key."""
        import pandas as pd

        occasions = schema.occasions.c
        told = (
            sa.select(occasions.occasion, sa.func.count(sa.distinct(_rows.id)))
            .join_from(schema.occasions, schema.deliveries, occasions.delivery_id == _rows.id)
            .where(
                occasions.practice_id == self._practice_id,
                occasions.purpose == purpose,
                occasions.occasion.startswith(f"{kind}:", autoescape=True),
                _left(),
            )
            .group_by(occasions.occasion)
        )
        with reading(self._engine) as connection:
            found = connection.execute(told).all()
        subjects = pd.Index([row[0].rpartition("@")[0] or row[0] for row in found], dtype="object")
        return pd.Series([row[1] for row in found], index=subjects, dtype="int64").groupby(level=0).sum()

    def _last(
        self,
        key: sa.Column[Any],
        conditions: Collection[sa.ColumnElement[bool]],
        wanted: Collection[str],
        *,
        name: str,
    ) -> pd.DataFrame:
        import pandas as pd

        theirs = [_rows.practice_id == self._practice_id, *conditions, *self._among(key, wanted), _left()]
        mailings = sa.select(schema.mailings.c.id, schema.mailings.c.template)
        with reading(self._engine) as connection, undisturbed():
            found = connection.execute(self._latest(key, theirs)).all() if wanted else []
            named = mailings.where(schema.mailings.c.practice_id == self._practice_id)
            paths = {row[0]: row[1] for row in connection.execute(named)} if found else {}
        keys, moments, numbers, statuses = zip(*found, strict=True) if found else ((), (), (), ())
        return pd.DataFrame(
            {
                "at": _instants(moments),
                "template": pd.array([paths[number] for number in numbers], dtype="string"),
                "status": pd.array(statuses, dtype="string"),
            },
            index=pd.Index(pd.array(keys, dtype="string"), name=name),
        )

    def _among(self, key: sa.Column[Any], wanted: Collection[str] | None) -> list[sa.ColumnElement[bool]]:
        """Return the condition that a key is one of these, in a single parameter; none where there are many."""
        if wanted is None or len(wanted) > FEW:
            return []
        if self._engine.dialect.name == "postgresql":
            return [key == sa.any_(sa.literal(list(wanted), type_=ARRAY(sa.Text)))]
        values = sa.func.json_each(json.dumps(list(wanted))).table_valued("value")
        return [key.in_(sa.select(values.c.value))]

    def _latest(self, key: sa.Column[Any], theirs: Collection[sa.ColumnElement[bool]]) -> sa.Select[Any]:
        """Return the latest delivery of each key in one pass over them, as each database does it best."""
        if self._engine.dialect.name == "postgresql":
            rank = sa.func.row_number().over(partition_by=key, order_by=(_when().desc(), _rows.id.desc()))
            columns = (key.label("key"), _as_kept(_when()).label("at"), _rows.mailing_id, _rows.status)
            ranked = sa.select(*columns, rank.label("rank")).where(*theirs).subquery()
            return sa.select(*list(ranked.c)[:-1]).where(ranked.c.rank == 1)
        # SQLite takes the other columns from the row that has the maximum.
        newest = _as_kept(sa.func.max(_when()))
        return sa.select(key, newest, _rows.mailing_id, _rows.status).where(*theirs).group_by(key)


def _told_frame(found: Sequence[Any]) -> pd.DataFrame:
    """Return pairs of an occasion and when it was told as a frame, the latest last: subject_key occasion at."""
    import pandas as pd

    parts = [row[0].rpartition("@") if "@" in row[0] else (row[0], "", "") for row in found]
    frame = pd.DataFrame(
        {
            "subject_key": pd.array([part[0] for part in parts], dtype="string"),
            "occasion": pd.array([part[2] for part in parts], dtype="string"),
            "at": _instants([row[1] for row in found]),
        }
    )
    return frame.sort_values("at", kind="stable", ignore_index=True)


def _latest_of(*found: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    both = pd.concat(found).sort_values("at", kind="stable")
    return both[~both.index.duplicated(keep="last")]


def _left() -> sa.ColumnElement[bool]:
    return _rows.status.in_([status.value for status in MAY_HAVE_LEFT])


def _when() -> sa.ColumnElement[Any]:
    """Return when a message left: its content went out, or else it was decided that it had."""
    return sa.func.coalesce(_rows.sending_at, _rows.decided_at, _rows.queued_at)


def _as_kept(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Leave an instant as the database gives it: a whole column of them is read faster than one by one."""
    return sa.type_coerce(moment, sa.types.NullType())


def _instants(values: Collection[Any]) -> Any:
    import pandas as pd

    read = pd.to_datetime(pd.Series(list(values), dtype="object"), utc=True, format="ISO8601")
    return read.astype(pd.DatetimeTZDtype("us", "UTC")).array
