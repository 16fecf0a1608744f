"""The signatures a practice keeps, by name."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.signatures import Signature
from workbench.errors import TemplateChanged, UnknownSignature
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act


class Signatures:
    """The signatures of one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def save(self, signature: Signature, *, by: str, now: datetime, over: Signature | None = None) -> Signature:
        """Keep a signature under its label; saving brings an archived one back.

        Raises
        ------
        TemplateChanged
            When the one of this label is not as `over` any more; nothing was changed.
        """
        table = schema.signatures
        with writing(self._engine) as connection:
            alone(connection, f"signatures:{self._practice_id}")
            if over is not None:
                self._refuse_changed(connection, signature.label, over)
            connection.execute(table.delete().where(self._called(signature.label)))
            connection.execute(
                table.insert(),
                {
                    "practice_id": self._practice_id,
                    "name": signature.label,
                    "content": signature.to_dict(),
                    "saved_at": now,
                    "saved_by": by,
                },
            )
            self._act(connection, "signature_saved", signature.label, by=by, now=now)
        return signature

    def signature(self, name: str) -> Signature:
        """Return a signature.

        Raises
        ------
        UnknownSignature
            When no signature has this name, or it is archived; the sentence names those there are.
        """
        kept = {signature.label: signature for signature in self.signatures()}
        if name in kept:
            return kept[name]
        raise self._unknown(name)

    def signatures(self) -> list[Signature]:
        """Return every signature that is not archived, by name."""
        table = schema.signatures.c
        query = sa.select(table.content).where(table.practice_id == self._practice_id, table.archived_at.is_(None))
        with reading(self._engine) as connection:
            return [
                Signature.from_dict(content) for content in connection.execute(query.order_by(table.name)).scalars()
            ]

    def archive(self, name: str, *, by: str, now: datetime) -> None:
        """Take a signature out of the lists.

        Raises
        ------
        UnknownSignature
            When no signature has this name, or it is archived already.
        """
        table = schema.signatures
        with writing(self._engine) as connection:
            done = connection.execute(
                table.update().where(self._called(name), table.c.archived_at.is_(None)), {"archived_at": now}
            )
            if not done.rowcount:
                raise self._unknown(name)
            self._act(connection, "signature_archived", name, by=by, now=now)

    def _refuse_changed(self, connection: sa.Connection, name: str, over: Signature) -> None:
        """Raise when the signature of this name is not as somebody read it any more."""
        found = connection.execute(schema.signatures.select().where(self._called(name))).one_or_none()
        if found is None or found.archived_at is not None:
            sentence = _("« {path} » was archived since you opened it; nothing was saved.")
            raise TemplateChanged(sentence.format(path=name))
        if Signature.from_dict(found.content) != over:
            sentence = _("{who} saved the signature « {name} » since you opened it; nothing was written over.")
            raise TemplateChanged(sentence.format(who=found.saved_by, name=name))

    def _called(self, name: str) -> sa.ColumnElement[bool]:
        table = schema.signatures.c
        return sa.and_(table.practice_id == self._practice_id, table.name == name)

    def _act(self, connection: sa.Connection, what: str, name: str, *, by: str, now: datetime) -> None:
        write_act(connection, self._practice_id, what, f"signature:{name}", by=by, now=now)

    def _unknown(self, name: str) -> UnknownSignature:
        names = ", ".join(f"« {signature.label} »" for signature in self.signatures())
        if names:
            return UnknownSignature(
                _("No signature is called « {name} ». There is: {names}.").format(name=name, names=names)
            )
        return UnknownSignature(_("No signature is called « {name} », and none is kept yet.").format(name=name))
