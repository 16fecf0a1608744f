"""The restore guard: a restored or copied workspace sends nothing until somebody re-arms it (P14, DESIGN 8.11).

Two sides must agree. The ledger keeps as acts which folders were armed, each with a random token; the witness keeps
the token of this folder, and the last sendings, acts and deliveries that the ledger held. A ledger that lacks one of
them is older than what left with it. What only the ledger knows is no harm: somebody was killed before telling.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from workbench.databases import alone, reading, writing
from workbench.domain.arming import Arming, Rearmed, Standing
from workbench.domain.deliveries import DeliveryStatus
from workbench.errors import NotArmed, WorkspaceError
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.senders import this_host
from workbench.ledger.witness import Remembering, Told, Witness, instant_text

if TYPE_CHECKING:
    from collections.abc import Callable

ARMED, REARMED, COPIED = "armed", "rearmed", "copied"
"""What the acts are called that tell which folder may send, and that a file is a copy."""

RESTORED = "restored"
"""Why a row is in doubt that was open in an older ledger."""

_acts = schema.acts
_rows = schema.deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a ledger is used: its workspace's id and folder, and the witness's file, outside the workspace."""

    workspace_id: str
    folder: Path
    witness: Path


class Guard:
    """Tells whether messages may leave; without a `place` (a ledger by itself, as in tests) they always may."""

    def __init__(
        self, engine: sa.Engine, practice_id: str, place: Place | None, *, recover: Callable[[datetime], object]
    ) -> None:
        self._engine = engine
        self._practice_id = practice_id
        self._place = place
        self._recover = recover
        self.witness = None if place is None else Witness(place.witness)

    def standing(self) -> Standing:
        """Return how the workspace stands; nothing is changed."""
        if self._place is None or self.witness is None:
            return Standing(arming=Arming.ARMED)
        try:
            return self._compared(self._place, self.witness.read())
        except OSError as error:
            return self._unwitnessed(error)

    def check(self, *, by: str, now: datetime) -> None:
        """Let a sending begin, or refuse it; the first sending with a ledger arms its folder.

        Raises
        ------
        NotArmed
            When the workspace was restored, moved or copied, or its witness cannot be kept.
        """
        if self._place is None or self.witness is None:
            return
        try:
            with self.witness.alone():
                standing = self._compared(self._place, told := self.witness.read())
                if standing.arming is Arming.NEW:
                    self._arm(self._place, self.witness, by=by, now=now)
                elif standing.may_send and told is not None:
                    # A witness that cannot be written could not be relied on later. What was found needs no proof any
                    # more, and would be missed when a row that failed begins anew.
                    self.witness.write(told.proven())
        except OSError as error:
            standing = self._unwitnessed(error)
        if not standing.may_send:
            raise NotArmed(_refusal(standing))

    def remembering(self, sender_id: int, lock: str, *, at: datetime) -> Remembering | None:
        """Remember a sender before anything leaves, and give what goes on remembering it.

        Raises
        ------
        NotArmed
            When that cannot be written.
        """
        if self.witness is None:
            return None
        try:
            self.witness.began(sender_id, lock=lock, at=instant_text(at))
        except OSError as error:
            raise NotArmed(_refusal(self._unwitnessed(error))) from error
        return Remembering(self.witness, sender_id)

    def remember(self) -> None:
        """Remember the ledger's last act, if this folder is armed and its witness can be written."""
        if self.witness is None or self._place is None:
            return
        try:
            if not self.witness.file.exists():
                return
            with self.witness.alone():
                told = self.witness.read()
                with reading(self._engine) as connection:
                    act = self.last_act(connection)
                if told is not None and act != told.act and self._compared(self._place, told).arming is Arming.ARMED:
                    self.witness.write(replace(told, act=act))
        except (OSError, SQLAlchemyError, WorkspaceError):
            return  # the next sending says so

    def last_act(self, connection: sa.Connection) -> tuple[int, str] | None:
        """Return the number and the time of the practice's last act."""
        query = (
            sa.select(_acts.c.id, _acts.c.at)
            .where(_acts.c.practice_id == self._practice_id)
            .order_by(_acts.c.id.desc())
            .limit(1)
        )
        found = connection.execute(query).one_or_none()
        return None if found is None else (found.id, instant_text(found.at))

    def rearm(self, *, by: str, now: datetime) -> Rearmed:
        """Let this folder send again, because a person says so; journalled.

        Unless the ledger is known to hold all that was sent with it, every row that is open in it may have left
        since it was copied: these rows become uncertain, and a person counts them as sent or sends them again
        (`Mailings.settle`). A folder that may send already is left as it is.

        Raises
        ------
        NotArmed
            When the witness cannot be written.
        DatabaseUnwritable
            When the ledger cannot be written.
        """
        before = self.standing()
        if before.may_send or self._place is None or self.witness is None:
            return Rearmed(before=before)
        self._recover(now)
        try:
            with self.witness.alone():
                token = secrets.token_hex(8)
                with writing(self._engine) as connection:
                    alone(connection, f"deliveries:{self._practice_id}")
                    held = {} if before.proven else self._hold(connection, now)
                    self._write_arming(
                        connection, self._place, REARMED, token, by=by, now=now, before=before, held=held
                    )
                    act = self.last_act(connection)
                # The ledger first: a witness that agreed with a ledger that did not would let the old rows leave.
                self.witness.write(Told(path=str(self._place.folder), token=token, act=act))
        except OSError as error:
            raise NotArmed(_refusal(self._unwitnessed(error))) from error
        return Rearmed(before=before, held=held)

    def unsure_until(self) -> datetime | None:
        """Return until when more may have been done than the ledger holds; nothing where it holds all.

        It is when this workspace was re-armed last with a ledger that was not known to hold all that was sent with it.
        """
        if self._place is None:
            return None
        query = (
            sa.select(_acts.c.at, _acts.c.details)
            .where(
                _acts.c.practice_id == self._practice_id,
                _acts.c.object == f"workspace:{self._place.workspace_id}",
                _acts.c.what == REARMED,
            )
            .order_by(_acts.c.id.desc())
        )
        with reading(self._engine) as connection:
            return next((row.at for row in connection.execute(query) if not row.details.get("proven", True)), None)

    # --- comparing --------------------------------------------------------------------------------------------

    def _compared(self, place: Place, told: Told | None) -> Standing:
        with reading(self._engine) as connection:
            armings = self._armings(connection, place)
            if connection.dialect.name == "sqlite" and self._is_copy(connection):
                return Standing(arming=Arming.COPY)
            if told is None:
                if armings:
                    return Standing(arming=Arming.UNKNOWN)
                return Standing(arming=Arming.NEW if not self._was_armed(connection) else Arming.UNKNOWN)
            missing = self._missing(connection, told)
        older = bool(missing) or (told.act is not None and not self._holds_act(told.act))
        known = [number for number, arming in enumerate(armings) if arming["token"] == told.token]
        lost = [told.sendings[number].began for number in missing]
        standing = Standing(
            arming=Arming.OLDER,
            sendings=len(missing),
            last_sending=datetime.fromisoformat(max(lost)) if lost else None,
        )
        if told.path != str(place.folder) and armings:
            current = bool(known) and not older
            return replace(standing, arming=Arming.ELSEWHERE, place=told.path, current=current)
        if older:
            return standing
        if not known:
            # Killed between the two sides of its first arming, or a ledger made anew in the place of another.
            new = not armings and not told.sendings and told.act is None
            return Standing(arming=Arming.NEW) if new else standing
        # A server's database is one wherever its workspaces are; a file is where it was armed last.
        here = (str(place.folder), armings[known[-1]]["host"])
        later = armings[known[-1] + 1 :] if self._engine.dialect.name == "sqlite" else []
        elsewhere = [arming for arming in later if (arming["path"], arming["host"]) != here]
        if elsewhere:
            return Standing(arming=Arming.ELSEWHERE, place=elsewhere[-1]["path"])
        return Standing(arming=Arming.ARMED)

    def _armings(self, connection: sa.Connection, place: Place) -> list[dict[str, Any]]:
        query = (
            sa.select(_acts.c.details)
            .where(
                _acts.c.practice_id == self._practice_id,
                _acts.c.object == f"workspace:{place.workspace_id}",
                _acts.c.what.in_([ARMED, REARMED]),
            )
            .order_by(_acts.c.id)
        )
        return list(connection.execute(query).scalars())

    def _is_copy(self, connection: sa.Connection) -> bool:
        """Tell whether the file is a copy (`DailyCopies`) that nobody armed since."""
        query = (
            sa.select(_acts.c.what)
            .where(_acts.c.practice_id == self._practice_id, _acts.c.what.in_([ARMED, REARMED, COPIED]))
            .order_by(_acts.c.id.desc())
            .limit(1)
        )
        return connection.execute(query).scalar() == COPIED

    def _was_armed(self, connection: sa.Connection) -> bool:
        """Tell whether another workspace armed this file, which a server's database may have several of."""
        if connection.dialect.name != "sqlite":
            return False
        query = sa.select(_acts.c.id).where(
            _acts.c.practice_id == self._practice_id, _acts.c.what.in_([ARMED, REARMED])
        )
        return connection.execute(query.limit(1)).first() is not None

    def _missing(self, connection: sa.Connection, told: Told) -> list[int]:
        """Return the sendings of the witness that the ledger does not hold as they were."""
        table = schema.senders.c
        query = sa.select(table.id, table.lock, table.ended_at).where(
            table.practice_id == self._practice_id, table.id.in_(list(told.sendings))
        )
        found = {row.id: row for row in connection.execute(query)}
        missing = []
        for number, sending in told.sendings.items():
            row = found.get(number)
            if row is None or row.lock != sending.lock:
                missing.append(number)
            elif sending.ended:
                if row.ended_at is None or instant_text(row.ended_at) != sending.ended:
                    missing.append(number)
            elif sending.announced:
                announced = sa.select(sa.func.count()).where(
                    _rows.c.id.in_(sending.announced), _rows.c.sending_at.is_not(None)
                )
                if connection.execute(announced).scalar_one() != len(sending.announced):
                    missing.append(number)
        return missing

    def _holds_act(self, act: tuple[int, str]) -> bool:
        with reading(self._engine) as connection:
            at = connection.execute(sa.select(_acts.c.at).where(_acts.c.id == act[0])).scalar()
        return at is not None and instant_text(at) == act[1]

    # --- arming -------------------------------------------------------------------------------------------------

    def _arm(self, place: Place, witness: Witness, *, by: str, now: datetime) -> None:
        token = secrets.token_hex(8)
        # The witness first: killed in between, nothing was sent yet, and the next sending arms anew.
        witness.write(Told(path=str(place.folder), token=token))
        with writing(self._engine) as connection:
            self._write_arming(connection, place, ARMED, token, by=by, now=now, before=None, held={})

    def _write_arming(
        self,
        connection: sa.Connection,
        place: Place,
        what: str,
        token: str,
        *,
        by: str,
        now: datetime,
        before: Standing | None,
        held: dict[int, int],
    ) -> None:
        details: dict[str, Any] = {"token": token, "path": str(place.folder), "host": this_host()}
        if before is not None:
            details |= {"before": before.arming.value, "proven": before.proven}
            details |= {"held": {str(number): rows for number, rows in held.items()}}
        write_act(
            connection, self._practice_id, what, f"workspace:{place.workspace_id}", by=by, now=now, details=details
        )

    def _hold(self, connection: sa.Connection, now: datetime) -> dict[int, int]:
        """Make the open rows uncertain that no living sender holds; returns how many by mailing."""
        living = sa.select(schema.senders.c.id).where(
            schema.senders.c.practice_id == self._practice_id, schema.senders.c.ended_at.is_(None)
        )
        chosen = [
            _rows.c.practice_id == self._practice_id,
            _rows.c.status == DeliveryStatus.PENDING.value,
            sa.or_(_rows.c.sender_id.is_(None), _rows.c.sender_id.not_in(living)),
        ]
        query = sa.select(_rows.c.mailing_id, sa.func.count().label("held")).where(*chosen).group_by(_rows.c.mailing_id)
        held = {row.mailing_id: row.held for row in connection.execute(query)}
        connection.execute(
            _rows.update().where(*chosen),
            {"status": DeliveryStatus.IN_DOUBT.value, "reason": RESTORED, "sender_id": None, "decided_at": now},
        )
        return held

    def _unwitnessed(self, error: OSError) -> Standing:
        cause = error.strerror or type(error).__name__
        return Standing(
            arming=Arming.UNWITNESSED, file="" if self._place is None else str(self._place.witness), cause=cause
        )


def _refusal(standing: Standing) -> str:
    if standing.arming is Arming.UNWITNESSED:
        what = _(
            "Without it, a restored copy could not be told from the newest ledger, so nothing is sent. Make it "
            "readable and writable, or set XDG_STATE_HOME to a folder that is."
        )
    else:
        what = _(
            "So nothing is sent from here, where messages could leave twice; searching, reading and previewing go on. "
            "To send from this folder: workbench rearm"
        )
    return f"{standing.sentence} {what}"
