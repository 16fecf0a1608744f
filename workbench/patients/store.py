"""The patient store in a SQL database: opening it, and one method per question the workbench asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.databases import bring_up_to_date, open_engine, reading, shown, writing
from workbench.domain.calendar import PracticeCalendar, system_now
from workbench.domain.frames import Origin
from workbench.domain.people import Correction
from workbench.errors import BadValue, DatabaseRefused, ReadOnlyStore
from workbench.language import _
from workbench.patients import rows
from workbench.patients.albums import album_frame, album_words, documents_frame
from workbench.patients.calendar import calendar_of, holiday_names, zone_called
from workbench.patients.card import set_card
from workbench.patients.closures import close_days, closures_frame, reopen_days, take_leave
from workbench.patients.columns import column_names, columns_frame
from workbench.patients.contacts import contacts_about, last_contacts
from workbench.patients.corrections import add_guardian, correct_patient, corrections_frame, mark_copied_back
from workbench.patients.decisions import decisions_frame, record_decision
from workbench.patients.finding import found_frame
from workbench.patients.freshness import freshness_frame
from workbench.patients.guardians import responsible_frame
from workbench.patients.imports.importing import ImportReport, import_file
from workbench.patients.people import (
    colleagues_frame,
    family_of,
    invoice_payers_frame,
    objections_frame,
    people_frame,
    relations_frame,
    selves_frame,
)
from workbench.patients.schema import practices
from workbench.patients.searches import SEARCHES, search_called
from workbench.patients.searches.choices import choices_of, labelled_choices
from workbench.patients.searches.clauses import Context, ask, frame_of
from workbench.patients.searches.explain import explain_frame
from workbench.patients.searches.folding import teach_folding
from workbench.patients.searches.long_lists import of_patients, patients_of
from workbench.patients.searches.moved import looked_through
from workbench.patients.searches.parameters import canonical, given_texts
from workbench.patients.sql import reaches_beyond, sql_frame
from workbench.patients.tables import table_frame
from workbench.patients.upgrades import HEAD, VERSION_TABLE
from workbench.patients.words import plain

if TYPE_CHECKING:
    import pandas as pd

    from workbench.domain.searches import Search

_SCRIPTS = Path(__file__).parent / "upgrades"


def open_store(url: str, *, practice_id: str, create: bool, writable: bool | None = None) -> SqlPatientStore:
    """Open a patient store at any SQLAlchemy URL.

    Parameters
    ----------
    url
        ``sqlite:///…`` for the workspace's own file, or another database that holds these tables.
    practice_id
        The practice whose rows are read; one database may hold several.
    create
        Make the database, its tables and the practice's row when they are absent.
    writable
        Whether imports and corrections are allowed. Unless said otherwise a SQLite file is writable, and another
        database only when `create` is given: somebody else's patients are read, never written.

    Raises
    ------
    DatabaseRefused
        When the database is absent, damaged, newer than this workbench, on a network folder, holds no patient
        store, an older one that may not be upgraded, or not this practice.
    """
    may_write = writable if writable is not None else (create or url.startswith("sqlite"))
    engine = open_engine(url, create=create, read_only=not may_write)
    try:
        if may_write and (create or _revision(engine) is not None):
            bring_up_to_date(engine, scripts=_SCRIPTS, version_table=VERSION_TABLE, head=HEAD)
        _check_revision(engine)
        _check_practice(engine, practice_id, create=create and may_write)
    except BaseException:
        engine.dispose()
        raise
    return SqlPatientStore(engine, practice_id=practice_id, writable=may_write)


def _revision(engine: sa.Engine) -> str | None:
    with reading(engine) as connection:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        return connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))).scalar()


def _check_revision(engine: sa.Engine) -> None:
    stored = _revision(engine)
    if stored == HEAD:
        return
    if stored is None:
        sentence = _("{database} holds no patient store. Check the address of the store in workbench.toml.")
    else:
        sentence = _(
            "The patient store in {database} (revision {revision}) does not fit this version of the workbench "
            "and may not be changed from here. Ask who looks after it to upgrade it."
        )
    raise DatabaseRefused(sentence.format(database=shown(engine.url), revision=stored))


def _check_practice(engine: sa.Engine, practice_id: str, *, create: bool) -> None:
    with reading(engine) as connection:
        known = connection.execute(sa.select(practices.c.practice_id)).scalars().all()
    if practice_id in known:
        return
    if not create:
        raise DatabaseRefused(
            _("The patient store in {database} holds no practice called « {practice} ».").format(
                database=shown(engine.url), practice=practice_id
            )
        )
    # Two processes may open a new workspace at once: the second one finds the row made.
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    with writing(engine) as connection:
        row = {"practice_id": practice_id, "name": practice_id}
        connection.execute(insert(practices).values(row).on_conflict_do_nothing())


class SqlPatientStore:
    """A practice's patients in a SQL database; fills the port ``PatientStore``.

    Attributes
    ----------
    engine
        The database.
    practice_id
        The practice whose rows are seen.
    writable
        Whether imports and corrections are allowed.
    """

    def __init__(self, engine: sa.Engine, *, practice_id: str, writable: bool) -> None:
        self.engine = engine
        self.practice_id = practice_id
        self.writable = writable
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "checkout", teach_folding)

    def __repr__(self) -> str:
        return f"<SqlPatientStore {shown(self.engine.url)} practice={self.practice_id!r}>"

    def close(self) -> None:
        """Give the database's connections back."""
        self.engine.dispose()

    def check_writable(self) -> None:
        """Raise `ReadOnlyStore` unless this store is ours to change."""
        if not self.writable:
            raise ReadOnlyStore(
                _("The patient store belongs to the practice's own software: change it there, not in the workbench.")
            )

    # --- what may be asked --------------------------------------------------------------------------

    def searches(self) -> Mapping[str, Search]:
        """Return every search by name."""
        return SEARCHES

    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """Return what a person may choose for each parameter; see ``PatientStore.choices``."""
        with reading(self.engine) as connection:
            return labelled_choices(connection, self.practice_id)

    def resolve(self, name: str, parameters: Mapping[str, object], *, today: date) -> dict[str, str]:
        """Return the parameters checked and made absolute, as sorted canonical text: a mailing's identity.

        Defaults are left out, and so is what changes only how rows are shown (``sort``, ``balance``).

        Raises
        ------
        UnknownName, BadValue
            When the search or a parameter does not exist, or a value cannot be read; the sentence lists what can.
        """
        known = search_called(name)
        with reading(self.engine) as connection:
            asked, _question = ask(known, parameters, self._context(connection, today=today))
        return canonical(known.search, asked)

    def search(
        self,
        name: str,
        parameters: Mapping[str, object],
        *,
        today: date,
        also: Collection[str] = (),
        whole: bool = False,
        patients: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """Return one row a subject, in the order asked for.

        `also` are keys (an appointment's) that somebody outside the store found too: they are in it when they meet
        everything else that is asked. `whole` leaves out every condition, the defaults too. `patients` are the only
        ones whose rows are looked for.

        ``frame.attrs["workbench"]`` holds ``search``, ``parameters`` (as given), ``resolved`` (absolute) and
        ``rows``, how many were found: a frame of another length is not the whole search any more.
        """
        known = search_called(name)
        with rows.undisturbed(), reading(self.engine) as connection:
            context = self._context(connection, today=today, also=also)
            asked, question = ask(known, parameters, context)
            if patients is not None:
                question = of_patients(question, patients, context)
            frame = frame_of(replace(question, clauses=()) if whole else question, context)
        frame.attrs["workbench"] = Origin(
            search=name,
            parameters=given_texts(parameters),
            resolved=canonical(known.search, asked),
            rows=len(frame),
        )
        return frame

    def found_patients(
        self, name: str, parameters: Mapping[str, object], *, today: date, rows: int
    ) -> tuple[int, Collection[list[str]]]:
        """Return how many rows a search finds and of whom, cut between families into lists of about so many rows.

        No list at all says that it finds no more than `rows`, or that its rows are no patients'. Raises like `search`.
        """
        with reading(self.engine) as connection:
            context = self._context(connection, today=today)
            _asked, question = ask(search_called(name), parameters, context)
            return patients_of(question, context, rows=rows)

    def may_have_moved(self, parameters: Mapping[str, object], *, today: date) -> list[str]:
        """Return the appointments among which the search ``moved`` finds its rows, whatever was told of them.

        Raises like `search`.
        """
        with reading(self.engine) as connection:
            context = self._context(connection, today=today)
            asked, _question = ask(search_called("moved"), parameters, context)
            return [str(key) for key in connection.execute(looked_through(asked, context)).scalars()]

    def explain(
        self, name: str, parameters: Mapping[str, object], *, today: date, also: Collection[str] = ()
    ) -> pd.DataFrame:
        """Return how a search finds its rows, one row a condition: parameter condition sql alone left.

        ``alone`` counts the rows that meet a condition, ``left`` those that meet it and all before it. The first row
        is the search without conditions, the last one all of them with the whole statement.
        """
        known = search_called(name)
        with reading(self.engine) as connection:
            context = self._context(connection, today=today, also=also)
            asked, question = ask(known, parameters, context)
            return explain_frame(known.search, asked, question, context)

    def columns(
        self, source: str, keys: Sequence[str], names: Sequence[str], *, today: date | None = None
    ) -> pd.DataFrame:
        """Return the named columns of a source (``columns.SOURCES``), indexed by its key.

        Unknown keys are absent; ``practice`` has one row whatever the keys. `today` (the machine's, unless said)
        decides what is next, last, late or current.

        Raises
        ------
        UnknownName
            When there is no such source or column.
        """
        with reading(self.engine) as connection:
            zone = self._zone(connection)
            day = today or system_now().astimezone(zone).date()
            return columns_frame(connection, self.practice_id, source, keys, names, today=day, zone=zone)

    def column_names(self, source: str) -> frozenset[str]:
        """Return the names `columns` knows for a source."""
        return column_names(source)

    def freshness(self) -> pd.DataFrame:
        """Return when the data came, one row a kind: kind as_of rows by; see ``freshness.freshness_frame``."""
        with reading(self.engine) as connection:
            return freshness_frame(connection, self.practice_id, zone=self._zone(connection))

    def last_contacts(self) -> pd.DataFrame:
        """Return when each patient was last reached outside the workbench: index ``patient_id``, ``at``."""
        with reading(self.engine) as connection:
            return last_contacts(connection, self.practice_id)

    def contacts_about(self, kind: str) -> pd.DataFrame:
        """Return what was told outside the workbench of subjects of a kind: subject_key occasion at, latest last."""
        with reading(self.engine) as connection:
            return contacts_about(connection, self.practice_id, kind)

    def find(self, words: str, *, limit: int) -> pd.DataFrame:
        """Return the patients whom words fit: names, a file number, a telephone number …; see ``found_frame``."""
        with reading(self.engine) as connection:
            return found_frame(connection, self.practice_id, words, limit=limit)

    def people(self, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return what addressing needs to know of patients, indexed by ``patient_id``; unknown ones are absent."""
        with reading(self.engine) as connection:
            return people_frame(connection, self.practice_id, patient_ids)

    def relations(self, patient_ids: Sequence[str], role: str) -> pd.DataFrame:
        """Return who answers for patients in a role (a guardian, a payer, a colleague of a kind), best first."""
        with reading(self.engine) as connection:
            return relations_frame(connection, self.practice_id, patient_ids, role)

    def invoice_payers(self, invoice_ids: Sequence[str]) -> pd.DataFrame:
        """Return whom invoices ask for money, indexed by ``invoice_id``; unknown ones are absent."""
        with reading(self.engine) as connection:
            return invoice_payers_frame(connection, self.practice_id, invoice_ids)

    def colleagues(self, correspondent_ids: Sequence[str]) -> pd.DataFrame:
        """Return colleagues as they are written to, indexed by ``correspondent_id``; unknown ones are absent."""
        with reading(self.engine) as connection:
            return colleagues_frame(connection, self.practice_id, correspondent_ids)

    def responsible(self, patient_id: str) -> pd.DataFrame:
        """Return the guardians and payers of one patient with their keys and addresses; see `guardians`."""
        with reading(self.engine) as connection:
            return responsible_frame(connection, self.practice_id, patient_id)

    def family(self, patient_id: str) -> list[str]:
        """Return the file numbers of a patient's family, the patient's own among them; alone without a family."""
        with reading(self.engine) as connection:
            return family_of(connection, self.practice_id, patient_id)

    def objections(self) -> pd.DataFrame:
        """Return the opt-outs and refused consents as they stand: patient_id address channel purpose reason."""
        with reading(self.engine) as connection:
            return objections_frame(connection, self.practice_id)

    def selves(self, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return who else patients are: patient_id person_key (guardian or payer of somebody) address (their own)."""
        with reading(self.engine) as connection:
            return selves_frame(connection, self.practice_id, patient_ids)

    def album(self, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return the images of patients' albums, one row an image; see ``albums.album_frame``."""
        with reading(self.engine) as connection:
            return album_frame(connection, self.practice_id, patient_ids)

    def album_words(self) -> dict[str, list[str]]:
        """Return the practice's own words for the images of its patients: by ``kind``, ``stage`` and ``view``."""
        with reading(self.engine) as connection:
            return album_words(connection, self.practice_id)

    def documents(self, kind: str, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return the papers of a kind in patients' files; see `documents_frame`, also for what it raises."""
        with reading(self.engine) as connection:
            return documents_frame(connection, self.practice_id, kind, patient_ids)

    def calendar(self) -> PracticeCalendar:
        """Return the practice's calendar."""
        with reading(self.engine) as connection:
            return calendar_of(connection, self.practice_id)

    def table(self, name: str) -> pd.DataFrame:
        """Return a whole table of this practice, in the order of its key; see ``tables.table_frame``."""
        with reading(self.engine) as connection:
            return table_frame(connection, self.practice_id, name, zone=self._zone(connection))

    def sql(self, question: str, values: Mapping[str, object]) -> pd.DataFrame:
        """Return what one ``select`` finds in the whole database; see ``sql.sql_frame``."""
        return sql_frame(self.engine, question, values)

    def reaches_beyond(self) -> bool:
        """Tell whether the role on the server is a superuser, or may read the server's own files."""
        return reaches_beyond(self.engine)

    # --- what may be changed ------------------------------------------------------------------------

    def import_file(
        self,
        kind: str,
        path: Path | str,
        *,
        mapping: Mapping[str, Any] | Path | str | None = None,
        dry_run: bool = False,
        forget_mapping: bool = False,
        by: str,
        now: datetime,
        progress: Callable[[int, int], None] | None = None,
    ) -> ImportReport:
        """Import a file of patients, appointments, invoices …; see `importing.import_file`.

        Raises
        ------
        ReadOnlyStore
            When the store is not ours to change.
        ImportRefused, UnknownName, BadValue
            When the file, the kind or the mapping cannot be used; nothing was written.
        """
        self.check_writable()
        return import_file(
            self.engine,
            self.practice_id,
            kind,
            path,
            mapping=mapping,
            dry_run=dry_run,
            forget_mapping=forget_mapping,
            by=by,
            now=now,
            progress=progress,
        )

    def correct(
        self,
        patient_id: str,
        column: str,
        value: str | None,
        *,
        by: str,
        now: datetime,
        guardian: str | int | None = None,
    ) -> Correction:
        """Change one value of a patient's file by hand, journalled; nothing (``None``) empties it.

        With `guardian` (a person's key, or 1 for the first guardian) the value is that person's.

        Raises
        ------
        ReadOnlyStore
            When the store is not ours to change.
        UnknownPatient, UnknownName, BadValue
            When the file number, the column or the value is not as it should be.
        """
        self.check_writable()
        with writing(self.engine) as connection:
            return correct_patient(
                connection, self.practice_id, patient_id, column, value, by=by, now=now, guardian=guardian
            )

    def add_guardian(
        self, patient_id: str, values: Mapping[str, str | None], *, relation: str, by: str, now: datetime
    ) -> str:
        """Write down somebody who answers for a patient; return the person's key. See `corrections.add_guardian`.

        Raises
        ------
        ReadOnlyStore
            When the store is not ours to change.
        """
        self.check_writable()
        with writing(self.engine) as connection:
            return add_guardian(connection, self.practice_id, patient_id, values, relation=relation, by=by, now=now)

    def corrections(self) -> pd.DataFrame:
        """Return the corrections to be copied into the practice's software; see `corrections_frame`."""
        with reading(self.engine) as connection:
            return corrections_frame(connection, self.practice_id)

    def copied_back(self, correction_ids: Sequence[str], *, by: str) -> list[tuple[str, str]]:
        """Take corrections off that list, since somebody copied them; returns the patient and column of each."""
        self.check_writable()
        with writing(self.engine) as connection:
            return mark_copied_back(connection, self.practice_id, correction_ids, by=by)

    def decisions(self, *, patient_id: str = "", address: str = "") -> pd.DataFrame:
        """Return what a patient, or somebody at an address, decided about messages; see `decisions_frame`."""
        with reading(self.engine) as connection:
            return decisions_frame(connection, self.practice_id, patient_id=patient_id, address=address)

    def decide(
        self,
        *,
        patient_id: str,
        address: str,
        channel: str,
        purpose: str,
        state: str,
        source: str,
        by: str,
        now: datetime,
    ) -> None:
        """Write a decision down (accepted, refused, opted_out); raises `ReadOnlyStore` on a foreign store."""
        self.check_writable()
        with writing(self.engine) as connection:
            record_decision(
                connection,
                self.practice_id,
                patient_id=patient_id,
                address=address,
                channel=channel,
                purpose=purpose,
                state=state,
                source=source,
                by=by,
                now=now,
            )

    def closures(self, start: date, end: date) -> pd.DataFrame:
        """Return the closures and leaves between two days, both included; see `closures_frame`."""
        with reading(self.engine) as connection:
            return closures_frame(connection, self.practice_id, start, end)

    def holidays(self, start: date, end: date) -> list[tuple[date, str]]:
        """Return the public holidays between two days, both included, with their names."""
        return [(day, name) for day, name in holiday_names().items() if start <= day <= end]

    def close_days(self, days: Sequence[date], *, reason: str, site_id: str) -> int:
        """Declare days closed; raises `ReadOnlyStore` on a foreign store, `BadValue` for an unknown site."""
        self.check_writable()
        with writing(self.engine) as connection:
            return close_days(connection, self.practice_id, days, reason=reason, site_id=site_id)

    def reopen_days(self, days: Sequence[date], *, site_id: str) -> int:
        """Take the declared closure of days back; raises like `close_days`."""
        self.check_writable()
        with writing(self.engine) as connection:
            return reopen_days(connection, self.practice_id, days, site_id=site_id)

    def take_leave(
        self,
        practitioner: str,
        starts_on: date,
        ends_on: date,
        *,
        reason: str,
        replacement: str,
        replacement_phone: str,
    ) -> None:
        """Write a practitioner's leave down (by code or name); raises like `close_days`."""
        self.check_writable()
        with writing(self.engine) as connection:
            found = choices_of(connection, self.practice_id, "practitioner").get(plain(practitioner), ())
            if len(found) != 1:
                raise BadValue(_("« {name} » is not one practitioner: give the code.").format(name=practitioner))
            take_leave(
                connection,
                self.practice_id,
                found[0],
                starts_on,
                ends_on,
                reason=reason,
                replacement=replacement,
                replacement_phone=replacement_phone,
            )

    def set_practice(self, values: Mapping[str, str | None]) -> None:
        """Change what the practice says of itself (its name, its telephone …); nothing (``None``) empties a column.

        Raises
        ------
        ReadOnlyStore
            When the store is not ours to change.
        UnknownName, BadValue
            When there is no such column, or a value does not fit it; nothing was changed.
        """
        self.check_writable()
        with writing(self.engine) as connection:
            set_card(connection, self.practice_id, values)

    def _zone(self, connection: sa.Connection) -> ZoneInfo:
        return zone_called(
            connection.execute(
                sa.select(practices.c.zone).where(practices.c.practice_id == self.practice_id)
            ).scalar_one()
        )

    def _context(self, connection: sa.Connection, *, today: date, also: Collection[str] = ()) -> Context:
        return Context(
            connection=connection,
            practice_id=self.practice_id,
            today=today,
            calendar=calendar_of(connection, self.practice_id),
            also=tuple(sorted(also)),
        )
