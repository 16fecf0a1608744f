"""The email types of a practice with their revisions: kept, found by their path, renamed, archived."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.mailings import identity_of
from workbench.domain.templates import Revision, Template
from workbench.errors import TemplateChanged, TemplateRefused, UnknownTemplate
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act

_templates = schema.templates
_revisions = schema.template_revisions

_SAVED = "template_saved"
_RENAMED = "template_renamed"


class EmailTypes:
    """The email types of one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    # --- kept -------------------------------------------------------------------------------------------

    def save_template(
        self,
        template: Template,
        *,
        by: str,
        now: datetime,
        reason: str = "",
        one_off: bool = False,
        over: int | None = None,
    ) -> Template:
        """Keep a template as a new revision of its path, and return it with its number.

        The very content of the current revision makes no new one. Saving brings an archived template back. One that is
        `one_off` is written for one message and stands in no list. `over` is the number of the revision that it was
        made from.

        Raises
        ------
        TemplateChanged
            When the current revision is not the one that `over` says; nothing was changed.
        """
        with writing(self._engine) as connection:
            alone(connection, f"templates:{self._practice_id}")
            if over is not None:
                self._refuse_changed(connection, template.path, over)
            return self._save(connection, template, by=by, now=now, reason=reason, one_off=one_off)

    def save_templates(
        self, templates: Sequence[Template], *, by: str, now: datetime, reason: str = ""
    ) -> list[Template]:
        """Keep several email types as `save_template` does one, all of them or none, and return them."""
        with writing(self._engine) as connection:
            alone(connection, f"templates:{self._practice_id}")
            return [self._save(connection, template, by=by, now=now, reason=reason) for template in templates]

    def _save(
        self,
        connection: sa.Connection,
        template: Template,
        *,
        by: str,
        now: datetime,
        reason: str,
        one_off: bool = False,
    ) -> Template:
        found = connection.execute(self._current().where(_templates.c.path == template.path)).one_or_none()
        if found is not None and found.digest == template.digest() and found.archived_at is None:
            return dataclasses.replace(template, revision=found.number)
        if found is None:
            number = 1
            template_id = connection.execute(
                _templates.insert().returning(_templates.c.id),
                {
                    "practice_id": self._practice_id,
                    "path": template.path,
                    "current": number,
                    "one_off": one_off,
                },
            ).scalar_one()
        else:
            template_id = found.template_id
            number = found.number if found.digest == template.digest() else found.newest + 1
        if found is None or number != found.number:
            self._add_revision(connection, template_id, number, template, by=by, now=now)
        if found is not None:
            connection.execute(
                _templates.update().where(_templates.c.id == template_id),
                {"current": number, "archived_at": None},
            )
        self._saved(connection, template, template_id, number, by=by, now=now, reason=reason)
        return dataclasses.replace(template, revision=number)

    def rewrite_templates(
        self,
        changes: Mapping[str, Template],
        *,
        by: str,
        now: datetime,
        reason: str = "",
        over: Mapping[str, int] | None = None,
    ) -> list[Template]:
        """Keep a new revision of several email types at once, by the path each one has now; it may be called otherwise.

        Under its new path an email type stays the one it was: its revisions, the searches that propose it and its
        mailings go with it, and the old path leads to it as long as nobody else has it. `over` says, by path, the
        number of the revision that a change was made from.

        Raises
        ------
        UnknownTemplate
            When there is none of a path, or it is archived.
        TemplateRefused
            When a new path is another one's; nothing was changed.
        TemplateChanged
            When the current revision of one is not the one that `over` says; nothing was changed.
        """
        written = []
        with writing(self._engine) as connection:
            alone(connection, f"templates:{self._practice_id}")
            for path, number in (over or {}).items():
                self._refuse_changed(connection, path, number)
            taken = self._taken(connection)
            for path, template in changes.items():
                found = connection.execute(
                    self._current().where(_templates.c.path == path, _templates.c.archived_at.is_(None))
                ).one_or_none()
                if found is None:
                    raise self._unknown_template(path)
                if found.digest == template.digest():
                    written.append(dataclasses.replace(template, revision=found.number))
                    continue
                if template.path != path and template.path in taken:
                    raise _name_taken(template.path, archived=taken[template.path])
                number = found.newest + 1
                self._add_revision(connection, found.template_id, number, template, by=by, now=now)
                connection.execute(
                    _templates.update().where(_templates.c.id == found.template_id),
                    {"current": number, "path": template.path},
                )
                if template.path != path:
                    taken[template.path] = taken.pop(path)
                    self._take_along(connection, path, template.path)
                    details = {"to": template.path, "revision": number, "template": found.template_id}
                    self._act(connection, _RENAMED, f"template:{path}", by, now, details)
                self._saved(connection, template, found.template_id, number, by=by, now=now, reason=reason)
                written.append(dataclasses.replace(template, revision=number))
        return written

    def archive_template(self, path: str, *, by: str, now: datetime, reason: str = "") -> None:
        """Take an email type out of the lists; its revisions stay, since messages were made from them."""
        self._set_archived(path, now, "template_archived", by=by, now=now, reason=reason)

    def unarchive_template(self, path: str, *, by: str, now: datetime, reason: str = "") -> None:
        """Bring an archived email type back into the lists.

        Raises
        ------
        UnknownTemplate
            When no archived email type has this path.
        """
        self._set_archived(path, None, "template_unarchived", by=by, now=now, reason=reason)

    # --- found ------------------------------------------------------------------------------------------

    def template(self, path: str) -> Template:
        """Return the current revision of an email type; a path it had before leads to it too, while it is nobody's.

        Raises
        ------
        UnknownTemplate
            When the path is not known, or archived; the sentence names those that look like it.
        """
        with reading(self._engine) as connection:
            found = self._standing(connection, self._path_now(connection, path))
        if found is None:
            raise self._unknown_template(path)
        return Template.from_dict(found.content, revision=found.number)

    def called_now(self, path: str) -> str:
        """Return the path that an email type of the lists has now, by one that it has or had before; else ``""``."""
        with reading(self._engine) as connection:
            now = self._path_now(connection, path)
            query = sa.select(_templates.c.path).where(
                _templates.c.practice_id == self._practice_id, _templates.c.path == now,
                _templates.c.archived_at.is_(None), _templates.c.one_off.is_(False),
            )  # fmt: skip
            return connection.execute(query).scalar() or ""

    def templates(self) -> list[Template]:
        """Return the current revision of every email type that is not archived, by path."""
        return [revision.template for revision in self.shelf()]

    def shelf(self, *, archived: bool = False) -> list[Revision]:
        """Return the current revision of every email type, or of those that are archived, by path."""
        column = _templates.c.archived_at
        query = self._current().where(
            column.is_not(None) if archived else column.is_(None), _templates.c.one_off.is_(False)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(_templates.c.path)).all()
        return [
            Revision(
                template=Template.from_dict(row.content, revision=row.number),
                saved_at=row.saved_at,
                saved_by=row.saved_by,
                archived_at=row.archived_at,
            )
            for row in rows
        ]

    def revisions(self, path: str) -> list[Revision]:
        """Return every revision of an email type, an archived one too, the oldest first.

        Raises
        ------
        UnknownTemplate
            When the path is not known.
        """
        with reading(self._engine) as connection:
            now = self._path_now(connection, path)
            found = connection.execute(self._current().where(_templates.c.path == now)).one_or_none()
            if found is None:
                raise self._unknown_template(path)
            rows = connection.execute(
                sa.select(_revisions.c.number, _revisions.c.content, _revisions.c.saved_at, _revisions.c.saved_by)
                .where(_revisions.c.template_id == found.template_id)
                .order_by(_revisions.c.number)
            ).all()
            kept = [(row, Template.from_dict(row.content, revision=row.number)) for row in rows]
            reasons = self._reasons(connection, found.template_id, {template.path for _row, template in kept})
        return [
            Revision(
                template=template,
                saved_at=row.saved_at,
                saved_by=row.saved_by,
                reason=reasons.get(row.number, ""),
                archived_at=found.archived_at,
            )
            for row, template in kept
        ]

    def revision_id(self, path: str, number: int) -> int:
        """Return the ledger's number of one revision of an email type.

        Raises
        ------
        UnknownTemplate
            When there is no such revision.
        """
        with reading(self._engine) as connection:
            return self.revision_id_in(connection, path, number)

    def revision_id_in(self, connection: sa.Connection, path: str, number: int) -> int:
        """Do what `revision_id` does, inside a transaction; a path that it had before leads to it too."""
        query = sa.select(_revisions.c.id).join(_templates).where(
            _templates.c.practice_id == self._practice_id, _revisions.c.number == number
        )  # fmt: skip
        found = connection.execute(query.where(_templates.c.path == path)).scalar_one_or_none()
        if found is None:
            now = self._path_now(connection, path)
            found = connection.execute(query.where(_templates.c.path == now)).scalar_one_or_none()
        if found is None:
            raise UnknownTemplate(
                _("The email type « {path} » has no revision {number}: save it first.").format(path=path, number=number)
            )
        return int(found)

    def revision(self, revision_id: int) -> Template:
        """Return an email type as it was at a revision, whatever became of it since.

        Raises
        ------
        UnknownTemplate
            When there is no such revision.
        """
        with reading(self._engine) as connection:
            found = connection.execute(
                sa.select(_revisions.c.content, _revisions.c.number).where(
                    _revisions.c.practice_id == self._practice_id, _revisions.c.id == revision_id
                )
            ).one_or_none()
        if found is None:
            raise UnknownTemplate(_("No email type has the revision number {number}.").format(number=revision_id))
        return Template.from_dict(found.content, revision=found.number)

    # --- in a transaction -------------------------------------------------------------------------------

    def _current(self) -> sa.Select[Any]:
        other = _revisions.alias()
        newest = sa.select(sa.func.max(other.c.number)).where(other.c.template_id == _templates.c.id).scalar_subquery()
        return (
            sa.select(
                _templates.c.id.label("template_id"),
                _templates.c.archived_at,
                _revisions.c.number,
                _revisions.c.digest,
                _revisions.c.content,
                _revisions.c.saved_at,
                _revisions.c.saved_by,
                newest.label("newest"),
            )
            .join_from(_templates, _revisions)
            .where(_templates.c.practice_id == self._practice_id, _revisions.c.number == _templates.c.current)
        )

    def _standing(self, connection: sa.Connection, path: str) -> Any:
        query = self._current().where(_templates.c.path == path, _templates.c.archived_at.is_(None))
        return connection.execute(query).one_or_none()

    def _refuse_changed(self, connection: sa.Connection, path: str, over: int) -> None:
        """Raise when the email type does not stand at a revision (0: it does not exist) any more."""
        found = connection.execute(self._current().where(_templates.c.path == path)).one_or_none()
        if (found.number if found is not None else 0) == over and (found is None or found.archived_at is None):
            return
        if found is None:
            sentence = _("« {path} » was renamed or taken away since you opened it; nothing was saved.")
            raise TemplateChanged(sentence.format(path=path))
        if found.archived_at is not None:
            sentence = _("« {path} » was archived since you opened it; nothing was saved.")
            raise TemplateChanged(sentence.format(path=path))
        sentence = _("{who} saved version {number} of « {path} » since you opened it; nothing was written over.")
        raise TemplateChanged(sentence.format(who=found.saved_by, number=found.number, path=path))

    def _taken(self, connection: sa.Connection) -> dict[str, bool]:
        """Return every path that leads somewhere, and whether its email type is archived."""
        query = sa.select(_templates.c.path, _templates.c.archived_at).where(
            _templates.c.practice_id == self._practice_id
        )
        return {row.path: row.archived_at is not None for row in connection.execute(query)}

    def _path_now(self, connection: sa.Connection, path: str) -> str:
        """Return the path that the email type called so has now; the same when it is one, or was never any."""
        theirs = sa.select(_templates.c.path).where(_templates.c.practice_id == self._practice_id)
        if connection.execute(theirs.where(_templates.c.path == path)).first() is not None:
            return path
        acts = schema.acts.c
        renamed = connection.execute(
            sa.select(acts.details)
            .where(acts.practice_id == self._practice_id, acts.object == f"template:{path}", acts.what == _RENAMED)
            .order_by(acts.id.desc())
        ).scalar()
        # By its number: a name that it had in between may be somebody else's by now.
        number = (renamed or {}).get("template")
        return connection.execute(theirs.where(_templates.c.id == number)).scalar() or path

    def _reasons(self, connection: sa.Connection, template_id: int, paths: set[str]) -> dict[int, str]:
        """Return why revisions were saved, by their number, as it stands with the acts of the paths it has had."""
        acts = schema.acts.c
        rows = connection.execute(
            sa.select(acts.details)
            .where(
                acts.practice_id == self._practice_id,
                acts.object.in_([f"template:{path}" for path in sorted(paths)]),
                acts.what == _SAVED,
            )
            .order_by(acts.id)
        ).scalars()
        mine = [details for details in rows if details.get("template") == template_id]
        return {int(details["revision"]): str(details["reason"]) for details in mine if details.get("reason")}

    def _add_revision(
        self, connection: sa.Connection, template_id: int, number: int, template: Template, *, by: str, now: datetime
    ) -> None:
        connection.execute(
            _revisions.insert(),
            {
                "practice_id": self._practice_id,
                "template_id": template_id,
                "number": number,
                "digest": template.digest(),
                "content": template.to_dict(),
                "saved_at": now,
                "saved_by": by,
            },
        )

    def _take_along(self, connection: sa.Connection, path: str, new: str) -> None:
        """Let searches and mailings name an email type as it is called from now on: a mailing stays the one it was."""
        proposed, mailings = schema.search_templates, schema.mailings
        connection.execute(
            proposed.update().where(proposed.c.practice_id == self._practice_id, proposed.c.template == path),
            {"template": new},
        )
        mine = sa.and_(mailings.c.practice_id == self._practice_id, mailings.c.template == path)
        query = sa.select(mailings.c.id, mailings.c.key, mailings.c.identity, mailings.c.definition).where(mine)
        rows = connection.execute(query).all()
        for row in rows:
            definition = {**row.definition, "template": new}
            # What a patient's name was taken out of (`Keeping.forget`) tells no longer what its identity was made of.
            whole = not row.key and row.identity == identity_of(row.definition)
            named = {"identity": identity_of(definition)} if whole else {}
            connection.execute(
                mailings.update().where(mailings.c.id == row.id), {"template": new, "definition": definition, **named}
            )

    def _set_archived(self, path: str, at: datetime | None, what: str, *, by: str, now: datetime, reason: str) -> None:
        column = _templates.c.archived_at
        with writing(self._engine) as connection:
            done = connection.execute(
                _templates.update().where(
                    _templates.c.practice_id == self._practice_id,
                    _templates.c.path == path,
                    column.is_not(None) if at is None else column.is_(None),
                ),
                {"archived_at": at},
            )
            if not done.rowcount:
                raise self._unknown_template(path, archived=at is None)
            self._act(connection, what, f"template:{path}", by, now, {"reason": reason} if reason else None)

    def _saved(
        self,
        connection: sa.Connection,
        template: Template,
        template_id: int,
        number: int,
        *,
        by: str,
        now: datetime,
        reason: str,
    ) -> None:
        details = {"revision": number, "template": template_id, **({"reason": reason} if reason else {})}
        self._act(connection, _SAVED, f"template:{template.path}", by, now, details)
        if template.health:  # by name, and by whom (P13)
            self._act(connection, "health_data_allowed", f"template:{template.path}", by, now, {"revision": number})

    def _unknown_template(self, path: str, *, archived: bool = False) -> UnknownTemplate:
        if archived:
            names = [one.template.path for one in self.shelf(archived=True)]
            if names:
                return UnknownTemplate(
                    _("No archived email type is called « {path} ». There is: {names}.").format(
                        path=path, names=", ".join(f"« {name} »" for name in names)
                    )
                )
            return UnknownTemplate(_("No email type is archived."))
        if path in {one.template.path for one in self.shelf(archived=True)}:
            return UnknownTemplate(
                _('The email type « {path} » is archived. It comes back with: workbench template unarchive "{path}"')
                .format(path=path)
            )  # fmt: skip
        known = [template.path for template in self.templates()]
        near = difflib.get_close_matches(path.casefold(), [name.casefold() for name in known], n=3, cutoff=0.5)
        names = [name for name in known if name.casefold() in near or name.rpartition("/")[2] == path]
        if names:
            return UnknownTemplate(
                _("No email type is called « {path} ». Did you mean: {names}?").format(
                    path=path, names=", ".join(f"« {name} »" for name in names)
                )
            )
        return UnknownTemplate(
            _("No email type is called « {path} ». See them with: workbench template list").format(path=path)
        )

    def _act(
        self,
        connection: sa.Connection,
        what: str,
        about: str,
        by: str,
        now: datetime,
        details: dict[str, Any] | None = None,
    ) -> None:
        write_act(connection, self._practice_id, what, about, by=by, now=now, details=details)


def _name_taken(path: str, *, archived: bool) -> TemplateRefused:
    if archived:
        sentence = _("« {path} » is the name of an archived email type; nothing was changed.")
    else:
        sentence = _("« {path} » is the name of another email type; nothing was changed.")
    return TemplateRefused(sentence.format(path=path))
