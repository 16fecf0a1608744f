"""Practice: the front door of a workspace, one verb per step of a mailing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

import pandas as pd

from workbench.addresses import address_key, address_problem, normalised_address
from workbench.attachments import AttachmentFolder
from workbench.domain.accounts import Account
from workbench.domain.calendar import Now, PracticeCalendar, parse_day
from workbench.domain.fields import Catalogue
from workbench.domain.mailings import MailingPlan, MailingProgress, MailingStatus
from workbench.domain.messages import Attachment
from workbench.domain.objections import Objections
from workbench.domain.people import Channel, Role
from workbench.domain.runs import RunProgress, RunRecord
from workbench.domain.templates import Template
from workbench.errors import BadValue, TemplateRefused
from workbench.language import _
from workbench.practice.accounts import Accounts, PasswordKeeper, TransportFactory
from workbench.practice.closures import Closures
from workbench.practice.dispatch import dispatch
from workbench.practice.exporting import ExportReport, TableWriter, export_rows
from workbench.practice.identity import OPENED, origin_of, whose, without_people
from workbench.practice.letters import LetterPress
from workbench.practice.mailing import Mailing
from workbench.practice.notebooks import Notebooks
from workbench.practice.patients import Patients
from workbench.practice.questions import answers_to, asked_by
from workbench.practice.screens import Screens
from workbench.practice.searching import Searching
from workbench.practice.signatures import Signatures
from workbench.practice.tables import Tables
from workbench.practice.templates import Templates
from workbench.sending.sender import SendReport

if TYPE_CHECKING:
    from workbench.domain.saved_searches import SavedSearch
    from workbench.domain.searches import Search
    from workbench.ports import Ledger, PatientStore
    from workbench.settings import Settings


class Practice:
    """A practice's workspace, opened: its patients, its email types, its mailings.

    Made by ``workbench.open(...)``; every part is handed in by the wiring.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        *,
        user: str,
        store: PatientStore,
        ledger: Ledger,
        catalogue: Catalogue,
        passwords: PasswordKeeper,
        transport_of: TransportFactory,
        tester: Callable[[Account, str | None], list[Any]],
        importer: Callable[..., Any],
        table_reader: Callable[[Path], pd.DataFrame],
        table_writer: TableWriter,
        doctor: Callable[[Practice], list[Any]],
        notebooks: Notebooks,
        screens: Screens,
        now: Now,
    ) -> None:
        self.path = path
        self.settings = settings
        self.user = user
        self.store = store
        self.ledger = ledger
        self.catalogue = catalogue
        self.now = now
        self.attachments = AttachmentFolder(path / "attachments")
        self.templates = Templates(self)
        self.signatures = Signatures(self)
        self.accounts = Accounts(self, passwords, tester)
        self.patients = Patients(self)
        self.closures = Closures(self)
        self.tables = Tables(store)
        self._searching = Searching(self)
        self._last_search: ref[pd.DataFrame] | None = None
        self.changes = 0
        """How often something was corrected, imported or objected to through this practice."""
        self.screens = screens
        self.ending: list[Callable[[], None]] = []
        """What is to be ended before the practice is closed."""
        self.closed = False
        """Whether it was closed: nothing is begun with it any more."""
        self._transport_of = transport_of
        self._importer = importer
        self.read_recipients = table_reader
        self._table_writer = table_writer
        self._doctor = doctor
        self.notebooks = notebooks
        OPENED.add(settings.workspace_id)

    def __repr__(self) -> str:
        return f"<Practice {self.name or self.path.name}>"

    def __enter__(self) -> Practice:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close both databases; a sending that a screen conducts finishes what is in flight first."""
        self.closed = True
        for end in [*self.ending]:
            end()
        self.store.close()
        self.ledger.close()

    # --- the practice itself ----------------------------------------------------------------------------

    @cached_property
    def _card(self) -> dict[str, Any]:
        card = self.store.columns("practice", [], ["name", "email"])
        return {str(name): card[name].iloc[0] for name in card.columns if card[name].notna().all() and len(card)}

    @property
    def name(self) -> str:
        """The practice's name, or nothing when nobody has told it yet."""
        name = str(self._card.get("name") or "")
        return "" if name == self.settings.practice_id else name

    def card(self) -> dict[str, Any]:
        """Return what the practice says of itself, by column; nothing where it says nothing.

        Examples
        --------
        >>> practice.card()["zone"]
        'Europe/Paris'
        """
        found = self.store.columns("practice", [], sorted(self.store.column_names("practice")))
        return {str(name): (value if pd.notna(value) else None) for name, value in found.iloc[0].items()}

    def set_card(self, **values: str | None) -> None:
        """Change what the practice says of itself (``name phone city …``), journalled; ``None`` empties a column.

        Parameters
        ----------
        **values
            The new values, by column; the columns are those of `card`.

        Raises
        ------
        ReadOnlyStore
            When the patient store belongs to the practice's own software.
        UnknownName, BadValue
            For a column that a practice does not have, or a value that does not fit it; nothing was changed.

        Examples
        --------
        >>> practice.set_card(phone="02 99 00 00 00", website=None)
        >>> practice.card()["phone"]
        '02 99 00 00 00'
        """
        self.store.set_practice(values)
        self.record_act("practice.changed", {"columns": sorted(values)})
        self.__dict__.pop("_card", None)
        self.forget_calendar()

    def record_act(self, what: str, details: Mapping[str, object]) -> None:
        """Write into the journal what was done to the practice itself, by whom and when."""
        about = f"practice:{self.settings.practice_id}"
        self.ledger.acts.record(what, about, details=details, by=self.user, now=self.now())

    def forget_calendar(self) -> None:
        """Have the calendar read again, since its days changed; whatever was worked out is out of date."""
        self.__dict__.pop("calendar", None)
        self.changes += 1

    @property
    def email(self) -> str:
        """The practice's own address, or nothing."""
        return str(self._card.get("email") or "")

    @cached_property
    def calendar(self) -> PracticeCalendar:
        """The practice's days and time zone."""
        return self.store.calendar()

    @property
    def fields(self) -> Catalogue:
        """The field catalogue, by code.

        Examples
        --------
        >>> practice.fields["PNOM"].code
        'PNOM'
        >>> "PPRENOM" in [field.code for field in practice.fields.search("prenom")]
        True
        """
        return self.catalogue

    @property
    def today(self) -> date:
        """The practice's date now."""
        return self.calendar.today(self.now())

    # --- who ----------------------------------------------------------------------------------------------

    def searches(self) -> Mapping[str, Search]:
        """Return the searches there are by name, with their parameters.

        Examples
        --------
        >>> [parameter.name for parameter in practice.searches()["missed"].parameters][:3]
        ['start', 'end', 'hours']
        """
        return self.store.searches()

    def choices(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return what may be chosen for a search's parameters (its practitioners, chairs …), with their labels.

        Examples
        --------
        >>> practice.choices()["chair"][:3]
        [('F1', 'Fauteuil 1'), ('F2', 'Fauteuil 2'), ('F3', 'Fauteuil 3')]
        """
        return self.store.choices()

    def search(self, name: str, /, *, today: date | str | None = None, **parameters: object) -> pd.DataFrame:
        """Look for subjects; one row an appointment, an invoice or a patient.

        Parameters
        ----------
        name
            ``appointments``, ``missed`` …, or its label in any language, as « Impayés »; see `searches`. Or the name of
            a saved search: what is given here then stands in the place of what was saved.
        today
            The day relative dates count from; the practice's date by default.
        **parameters
            As on the command line: ``start="tomorrow", end="J+1", state="upcoming"`` … Every search takes ``where``
            (a condition, see ``workbench.where``), ``not_written_for`` (days) and ``max_age`` (hours), and those about
            something that is told once ``reminded``.

        Returns
        -------
        DataFrame
            Key ``subject_key``; name and parameters stand in ``frame.attrs["workbench"]``, and ``as_of``, when the data
            came. Every search has ``last_message_at`` (a moment), ``last_message`` (an email type's path, ``string``)
            and ``last_message_status`` (``category``), of the last message that left or may have left to whom a row is
            about. For appointments, by kind:

            * ``string``: the keys ``subject_key appointment_id patient_id file_number practitioner_id family``,
              ``patient phone email remark``, and ``date time`` as ISO texts of the practice's clock;
            * ``category``: ``nature chair practitioner state declined_by kind patient_type file_state
              address_status``;
            * ``starts_at`` a moment of the practice's zone, ``duration`` ``Int64`` minutes, ``forced`` ``bool``,
              ``balance`` ``float64`` euros, when it was asked for.

        Raises
        ------
        UnknownName, BadValue
            For an unknown search or parameter, or a value that cannot be read; both are ``UsageError``.
        StaleData
            When the data is older than ``max_age``, or nobody knows how old it is.

        Examples
        --------
        >>> from workbench import where
        >>> known = practice.search("appointments", where=(where("city") == "Rennes") & ~where("email").is_missing())
        >>> known.attrs["workbench"]["resolved"]["where"]
        "city == 'Rennes' and not missing(email)"
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
        >>> rdv["state"].unique().tolist()
        ['upcoming']
        >>> practice.search("appointments", start="yesterdy")
        Traceback (most recent call last):
        workbench.errors.BadValue: « yesterdy » is not a date: ...
        """
        frame = self._searching.search(name, parameters, today=self._day(today))
        self._last_search = ref(frame)
        return frame

    def explain(self, name: str, /, *, today: date | str | None = None, **parameters: object) -> pd.DataFrame:
        """Tell how a search finds its rows; `name`, `today` and parameters as in `search`, which it raises like.

        Returns
        -------
        DataFrame
            One row a condition: ``parameter``, ``condition`` (a sentence), ``sql`` (missing where the ledger answers),
            ``alone`` (rows that meet it, whatever the others), ``left`` (rows that meet it and all before it). The
            first row is the search without conditions, the last one all of them.

        Examples
        --------
        >>> told = practice.explain("appointments", start="tomorrow", state="upcoming")
        >>> told["parameter"].tolist()
        ['', 'start', 'state', '']
        """
        return self._searching.explain(name, parameters, today=self._day(today))

    def save_search(self, name: str, search: str | pd.DataFrame, /, **parameters: object) -> SavedSearch:
        """Keep a search under a name for everyone of the practice, journalled; one of the same name is replaced.

        Parameters
        ----------
        name
            What it is called from now on, in `search` and on the screens.
        search
            The name of a search, with its parameters; or all the rows that one found. Relative days stay so.

        Raises
        ------
        UsageError
            When the name or the search cannot be used so; nothing was saved.

        Examples
        --------
        >>> saved = practice.save_search("Demain sans adresse", "appointments", start="tomorrow", with_email="no")
        >>> practice.search("Demain sans adresse", end="tomorrow").attrs["workbench"]["parameters"]
        {'start': 'tomorrow', 'with_email': 'no', 'end': 'tomorrow'}
        """
        return self._searching.save(name, search, parameters)

    def saved_searches(self) -> pd.DataFrame:
        """Return the saved searches, by name.

        Returns
        -------
        DataFrame
            Key ``name``; ``search`` and ``saved_by`` as texts, ``parameters`` a dict, ``saved_at`` a moment of the
            practice's zone.

        Examples
        --------
        >>> practice.saved_searches().columns.tolist()
        ['name', 'search', 'parameters', 'saved_at', 'saved_by']
        """
        return self._searching.saved_frame()

    def forget_search(self, name: str) -> None:
        """Forget a saved search, journalled; raises ``UnknownName`` when there is none of this name."""
        self._searching.forget(name)

    def freshness(self) -> pd.DataFrame:
        """Return when the data of the patient store came, one row a kind.

        Returns
        -------
        DataFrame
            ``kind`` (of import; ``sample`` for the sample practice, ``store`` for what a store says of itself),
            ``as_of`` a moment of the practice's zone, ``rows`` (``Int64``) and ``by`` of the last import.

        Examples
        --------
        >>> practice.freshness()["kind"].tolist()
        ['sample']
        """
        return self.store.freshness()

    @property
    def last_search(self) -> pd.DataFrame | None:
        """The frame that `search` gave last, as long as somebody holds it; else ``None``."""
        return self._last_search() if self._last_search is not None else None

    def _day(self, today: date | str | None) -> date:
        return self.today if today is None else parse_day(today, today=self.today, calendar=self.calendar)

    def sql(self, question: str, **values: object) -> pd.DataFrame:
        """Ask the patient store a question of one's own, in SQL; only reading is possible.

        The database itself refuses to write. It does not know practices apart: where one store holds several, the
        question sees the rows of all of them, unless it says ``where practice_id = …``.

        Parameters
        ----------
        question
            One ``select``; ``:name`` in it stands for a value, which is never read as SQL.
        **values
            The values, by name.

        Returns
        -------
        DataFrame
            The columns asked for; texts ``string``, numbers ``Int64`` or ``Float64``. Money is in cents, as stored,
            and SQLite gives days and moments as texts.

        Raises
        ------
        ReadOnlyStore
            When it would do anything but read.
        BadValue
            When it is not one question that the database understands.

        Examples
        --------
        >>> found = practice.sql("select count(*) as n from appointments where state = :state", state="missed")
        >>> int(found["n"].iloc[0]) > 0
        True
        """
        return self.store.sql(question, values)

    def import_file(
        self,
        kind: str,
        path: str | Path,
        *,
        mapping: Mapping[str, Any] | None = None,
        dry_run: bool = False,
        forget_mapping: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Any:
        """Import people, appointments, invoices … into the embedded patient store from a file, all or nothing.

        Parameters
        ----------
        kind
            ``patients appointments guardians correspondents opt-outs invoices payments quotes`` …: see the README.
        path
            The file: CSV in any usual encoding, or an Excel workbook (.xlsx).
        mapping
            Which heading is which column, and the practice's own words; by default what was said last for files with
            these headings, else what the headings tell by themselves.
        dry_run
            Read and check everything, write nothing.
        forget_mapping
            Forget what was said for files with these headings.
        progress
            Told how many lines are done, and of how many.

        Returns
        -------
        ImportReport
            How many rows were created, updated, unchanged or left out, and the trouble found, line by line; the
            latter also as a frame, ``report.to_frame()``.

        Raises
        ------
        ReadOnlyStore
            When the patient store belongs to the practice's own software.
        ImportRefused, UnknownName, BadValue
            When the file, the kind or the mapping cannot be used; nothing was written.
        """
        report = self._importer(
            kind,
            Path(path),
            mapping=mapping,
            dry_run=dry_run,
            forget_mapping=forget_mapping,
            by=self.user,
            now=self.now(),
            progress=progress,
        )
        for kept in ("_card", "calendar"):
            self.__dict__.pop(kept, None)
        self.changes += 1
        return report

    def check_import(
        self,
        kind: str,
        path: str | Path,
        *,
        mapping: Mapping[str, Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Any:
        """Return the report that `import_file` would give of a file, and write nothing; it raises alike."""
        return self.import_file(kind, path, mapping=mapping, dry_run=True, progress=progress)

    def export(
        self,
        found: pd.DataFrame | str,
        path: str | Path,
        *,
        columns: Sequence[str] | None = None,
        consent: str | None = None,
        purpose: str = "",
        labels: bool = False,
        bom: bool = False,
    ) -> ExportReport:
        """Write rows as a file for a spreadsheet, which only its owner can read; journalled, without names.

        Parameters
        ----------
        found
            The rows of a search, or a search's name.
        path
            A name that ends in ``.csv`` or ``.xlsx``.
        columns
            The columns to write, in this order; every one by default.
        consent
            A channel (``email letter sms``): who wants no messages by it, has died or whose file is archived is left
            out, and counted.
        purpose
            What the file is for: it stands in the journal.
        labels
            Head the columns with their words instead of their English codes.
        bom
            Begin a CSV with the mark by which Excel knows UTF-8.

        Returns
        -------
        ExportReport
            How many rows were written and, by reason, how many were left out.

        Raises
        ------
        UnknownName, BadValue
            For a column, a channel or an ending that does not exist; nothing was written.
        UsageError
            When the rows come from another practice.

        Examples
        --------
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow")
        >>> report = practice.export(rdv, "tomorrow.xlsx", consent="email", purpose="list for the door")
        >>> report.rows + sum(report.left_out.values()) == len(rdv)
        True
        """
        return export_rows(
            self,
            self.search(found) if isinstance(found, str) else found,
            Path(path),
            write=self._table_writer,
            columns=columns,
            consent=consent,
            purpose=purpose,
            labels=labels,
            bom=bom,
        )

    def opt_out(
        self,
        address_or_patient: str,
        *,
        channel: str = Channel.EMAIL,
        purpose: str = "",
        source: str = "practice",
    ) -> None:
        """Record that an address or a patient wants no more messages; it also stops what is already queued (P7, P13).

        Parameters
        ----------
        address_or_patient
            An e-mail address, or a file number.
        channel
            ``email``, ``letter`` or ``sms``.
        purpose
            The purpose of the messages not wanted any more; every one by default.
        source
            Where it was said: ``phone``, ``reply``, ``form`` …

        Raises
        ------
        BadValue
            When it is no single well-formed address, or there is no such channel or purpose; nothing was recorded.
        UnknownPatient
            When it is neither an address nor a known file number.

        Examples
        --------
        >>> practice.opt_out("somebody@mail.example")
        >>> practice.objection("Somebody@mail.example")
        'opted_out'
        """
        who = self.objector(address_or_patient, channel)
        self.known_purpose(purpose)
        self.ledger.opt_outs.opt_out(**who, purpose=purpose, source=source, by=self.user, now=self.now())
        self.changes += 1

    def withdraw_opt_out(self, address_or_patient: str, *, channel: str = Channel.EMAIL, purpose: str = "") -> bool:
        """Take an opt-out back, exactly as it was recorded, journalled; tell whether there was one.

        `address_or_patient`, `channel` and `purpose` as in `opt_out`, which it raises like, too. What the patient
        store itself holds against messages stays (see `objection`).

        Examples
        --------
        >>> practice.opt_out("somebody@mail.example")
        >>> practice.withdraw_opt_out("somebody@mail.example")
        True
        """
        who = self.objector(address_or_patient, channel)
        done = self.ledger.opt_outs.withdraw(**who, purpose=purpose, by=self.user, now=self.now())
        self.changes += 1
        return done

    def objection(self, address_or_patient: str, *, channel: str = Channel.EMAIL, purpose: str = "") -> str:
        """Return why no message may leave to an address or a patient (``opted_out``, ``no_consent``), or ``""``.

        `address_or_patient`, `channel` and `purpose` as in `opt_out`, which it raises like, too.
        """
        who = self.objector(address_or_patient, channel)
        if who["patient_id"]:
            own = self.store.people([who["patient_id"]])["email"].iloc[0]
            who["address"] = own if isinstance(own, str) else ""
        standing = pd.concat([self.store.objections(), self.ledger.opt_outs.objections()], ignore_index=True)
        return Objections.from_frame(standing, mailbox=address_key).reason(**who, purpose=purpose)

    def known_purpose(self, purpose: str) -> str:
        """Return a purpose that some email type has, or ``""``; raises ``BadValue`` for another one."""
        known = sorted({template.occasion_purpose for template in self.templates.values()})
        if purpose and purpose not in known:
            raise BadValue(
                _("No email type has the purpose « {purpose} ». There are: {known}.").format(
                    purpose=purpose, known=", ".join(known)
                )
            )
        return purpose

    def objector(self, address_or_patient: str, channel: str) -> dict[str, str]:
        """Return who is meant, by ``patient_id``, ``address`` and ``channel``; raises like `opt_out`."""
        asked = address_or_patient.strip()
        if channel not in [str(known) for known in Channel]:
            raise BadValue(
                _("There is no channel « {channel} »: it is one of {known}.").format(
                    channel=channel, known=", ".join(Channel)
                )
            )
        if "@" not in asked:
            return {"patient_id": self.patients.known(asked), "address": "", "channel": str(channel)}
        if address_problem(asked):
            # The text itself stays unsaid: it may hold somebody's name (P12).
            raise BadValue(_("This is not one e-mail address: write it alone, as name@domain.example."))
        return {"patient_id": "", "address": normalised_address(asked), "channel": str(channel)}

    # --- the mailing --------------------------------------------------------------------------------------

    def mailing(
        self,
        subjects: pd.DataFrame,
        template: Template | str,
        *,
        account: str | None = None,
        role: str | None = None,
        channel: str | None = None,
        key: str = "",
        values: Mapping[str, object] | None = None,
    ) -> Mailing:
        """Prepare a mailing of one email type to the rows of a search, or of the practice's own table.

        Parameters
        ----------
        subjects
            A search frame (column ``subject_key``), or a table with a column ``email`` and, if it can, ``id``
            and ``name``; each further column is a merge value by its own name.
        template
            An email type or its path.
        account
            Overrides the email type's account and the default one.
        role
            Who receives: ``patient guardian payer correspondent treating_dentist``; the email type's by default.
        channel
            ``email``; the email type's by default.
        key
            A name for this mailing; the same name again is the same mailing.
        values
            What the email type asks once for everybody, by field code: ``{"FERMDU": "2026-12-24", "TEXTE": "…"}``;
            days as searches read them. What is not given is what `Mailing.questions` proposes. Other values make
            another mailing.

        Returns
        -------
        Mailing
            Nothing is written before its ``send``.

        Raises
        ------
        UnknownTemplate, UnknownAccount
            When no email type or account is called so.
        AccountError
            When there is no account, or several and none was named.
        UsageError
            When the rows come from another practice, or may do so, or the table has no column ``email``.
        KeyTaken
            When the key names a mailing with another email type, account or search.
        UnknownName, BadValue
            When the email type asks for no such value, or it cannot be read.

        Examples
        --------
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
        >>> practice.mailing(rdv, "Rendez-vous/Rappel de rendez-vous")
        <Mailing not queued yet: Rendez-vous/Rappel de rendez-vous>
        """
        whose(subjects, self.settings.workspace_id)
        if isinstance(template, str):
            template = self.templates[template]
        chosen = self._account(account or template.account)
        search, parameters, digest = origin_of(subjects)
        plan = MailingPlan(
            template=template.path,
            account=chosen.name,
            role=str(Role(role or template.role)),
            channel=str(channel or template.channel),
            search=search,
            parameters=parameters,
            table_digest=digest,
            key=key,
            values=answers_to(asked_by(template, self), values or {}, self),
        )
        return Mailing(self, subjects, template, chosen, plan, mailing_id=self.ledger.mailings.id_of(plan))

    def mailing_by_id(self, mailing_id: int) -> Mailing:
        """Return a mailing queued before, to look at its numbers or to go on with it.

        Raises
        ------
        UnknownMailing
            When the ledger has no mailing of this number.
        """
        record = self.ledger.mailings.mailing(mailing_id)
        plan = MailingPlan(
            template=record.template,
            account=record.account,
            role=record.role,
            channel=record.channel,
            search=record.search,
            parameters=record.parameters,
            key=record.key,
        )
        # An account that was removed since keeps its mailings; only going on with one needs it again.
        account = self.accounts.get(record.account) or Account(name=record.account, email="")
        return Mailing(
            self,
            pd.DataFrame(),
            self.ledger.library.revision(record.template_revision_id),
            account,
            plan,
            mailing_id=record.id,
            frozen=True,
        )

    def cancel(self, mailing_id: int) -> int:
        """Cancel the rows of a mailing that have not left; return how many."""
        return self.ledger.mailings.cancel(mailing_id, by=self.user, now=self.now())

    def pause(self, mailing_id: int) -> None:
        """Hold a mailing: nobody takes rows of it any more until somebody goes on with it."""
        self.ledger.mailings.set_status(mailing_id, MailingStatus.PAUSED, by=self.user, now=self.now())

    def retry(self, mailing_id: int) -> int:
        """Put the failed rows of a mailing back into the queue; return how many. Nothing is sent yet."""
        return self.ledger.mailings.retry(mailing_id, by=self.user, now=self.now())

    def settle(self, mailing_id: int, *, as_sent: bool) -> int:
        """Decide the uncertain rows of a mailing: count them as sent, or put them back into the queue."""
        return self.ledger.mailings.settle(mailing_id, as_sent=as_sent, by=self.user, now=self.now())

    def _account(self, name: str | None) -> Account:
        return self.accounts[name] if name else self.accounts.default()

    def press(self, template: Template, account: Account, *, columns: tuple[str, ...] = ()) -> LetterPress:
        """Return what renders and writes the messages of a template from an account."""
        return LetterPress(
            template, account, catalogue=self.catalogue, attachments=self.files_of(template), columns=columns
        )

    def files_of(self, template: Template) -> tuple[Attachment, ...]:
        """Read the files that go with an email type; nothing ever leaves without one of them."""
        files = []
        for kept in template.attachments:
            file = self.attachments.read(kept)
            if file is None:
                raise TemplateRefused(
                    _(
                        "The file « {name} » that goes with « {template} » is gone or was changed; nothing leaves "
                        "without it. Import the email type again, with the file beside it."
                    ).format(name=kept.rpartition("/")[2], template=template.path)
                )
            files.append(file)
        return tuple(files)

    # --- screens ------------------------------------------------------------------------------------------

    def desk(self, search: str = "appointments", *, template: str = "", **parameters: object) -> Any:
        """Return all screens of a mailing, joined: search, recipients, email type, messages, sending, test mailbox.

        Parameters
        ----------
        search, **parameters
            What is looked for when it opens, as for `search`.
        template
            The path of the email type chosen when it opens.

        Returns
        -------
        Desk
            Shown whole as ``desk``, or each screen in a cell of its own: ``desk.search``, ``desk.recipients``,
            ``desk.template``, ``desk.messages``, ``desk.sending``, ``desk.inbox``; ``desk.mailing`` is the mailing
            of what is ticked and chosen now.
        """
        return self.screens.desk(self, search=search, template=template, **parameters)

    # --- sending ------------------------------------------------------------------------------------------

    def drain(
        self,
        mailing_id: int,
        *,
        only: Sequence[int] | None = None,
        connections: int | None = None,
        progress: Callable[[MailingProgress], None] | None = None,
        stop: threading.Event | None = None,
    ) -> SendReport | None:
        """Send what is due of one queued mailing; any process may, and several share the work (8.5).

        With `only`, nothing but the deliveries of these numbers. An interrupt first lets what is in flight end and be
        recorded, then goes on as ``KeyboardInterrupt``.
        """
        return dispatch(
            self,
            self._transport_of,
            mailing_id,
            only=only,
            connections=connections,
            progress=progress,
            stop=stop,
        )

    # --- what became of it --------------------------------------------------------------------------------

    def results(
        self,
        mailing: Mailing | int | None = None,
        *,
        since: date | str | None = None,
        identities: bool = False,
    ) -> pd.DataFrame:
        """Return one row a delivery of a mailing, of every mailing since a day, or of the latest mailing.

        Parameters
        ----------
        mailing
            A mailing or its number; the latest one by default.
        since
            A day, as in a search: every delivery queued from then on.
        identities
            Show recipients' names and addresses too. Otherwise they are left out (P12): a server's reply that repeats
            the address says « … » in its place, and a table's row whose key is its address has a digest instead.

        Returns
        -------
        DataFrame
            Key ``delivery_id``. ``mailing_id delivery_id template_revision attempts again`` are ``int64``,
            ``smtp_code`` ``Int64``, ``status role channel`` ``category``, ``queued_at decided_at`` moments in UTC, and
            everything else ``string``: ``patient_id appointment_id`` and the like join with searches and tables.

        Raises
        ------
        UnknownMailing
            When the ledger has no mailing of this number.
        BadValue
            When `since` is no day.

        Examples
        --------
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
        >>> mailing = practice.mailing(rdv, "Rendez-vous/Rappel de rendez-vous")
        >>> len(mailing.send(confirmed=True)) == len(practice.results(mailing))
        True
        >>> "address" in practice.results(mailing), "address" in practice.results(mailing, identities=True)
        (False, True)
        >>> told = rdv.merge(practice.results(mailing), on="patient_id", how="left", suffixes=("", "_told"))
        >>> bool(told["status"].notna().any())
        True
        """
        number = mailing.id if isinstance(mailing, Mailing) else mailing
        start = (
            None
            if since is None
            else datetime.combine(self._day(since), datetime.min.time(), tzinfo=self.calendar.zone)
        )
        frame = self.ledger.results.results(number, since=start)
        return frame if identities else without_people(frame)

    def plot(self, results: Mailing | int | pd.DataFrame | None = None) -> Any:
        """Draw what became of a mailing's messages (by default the latest), by state, reason and time.

        Returns
        -------
        matplotlib.figure.Figure
            It holds counts alone, shows itself in a notebook, and stays readable in a report.
        """
        frame = results if isinstance(results, pd.DataFrame) else self.results(results)
        return self.screens.plot(frame, self.calendar.zone)

    def history(self, patient_id: str) -> pd.DataFrame:
        """Return what was sent to whom about one patient, latest first.

        Parameters
        ----------
        patient_id
            The file number.

        Returns
        -------
        DataFrame
            Columns as in `results`, with names and addresses; key ``delivery_id``.

        Examples
        --------
        >>> len(practice.history("nobody"))
        0
        """
        return self.ledger.results.history(patient_id)

    def mailings(self) -> pd.DataFrame:
        """Return one row a mailing, latest first, with its counts.

        Returns
        -------
        DataFrame
            Key ``mailing_id``; what it is (``template account search …``), where it stands (``status reason``), and
            how its rows stand (``sent failed in_doubt skipped pending cancelled``).

        Examples
        --------
        >>> len(practice.mailings())
        0
        """
        return self.ledger.mailings.mailings()

    # --- notebooks that run by themselves ---------------------------------------------------------------------

    def run(
        self,
        notebook: str | Path,
        *,
        parameters: Mapping[str, object] | None = None,
        grid: Mapping[str, Sequence[object]] | None = None,
        timeout: float | None = None,
        identities: bool = False,
        progress: Callable[[RunProgress], None] | None = None,
    ) -> pd.DataFrame:
        """Run a notebook on this practice, once or for each combination of a grid, one after the other.

        Parameters
        ----------
        notebook
            Such as ``mailing.to_notebook(…)`` wrote; each run has a process of its own, and leaves an executed copy
            in the ``runs`` folder.
        parameters
            Read against what the notebook declares.
        grid
            A list of values for some parameters: ``{"start": ["tomorrow", "J+2"], "practitioner": ["FC", "ML"]}``.
        timeout
            Seconds that one cell may take.

        Returns
        -------
        DataFrame
            The results of every mailing that a run confirmed, with ``run_id`` and a column for each parameter of the
            grid (``parameter_…`` where a results column has its name); key (``run_id``, ``delivery_id``). Recipients
            as in `results`. ``frame.attrs["runs"]`` tells of each run how it ended; one that failed stops no other.

        Raises
        ------
        NotebookRefused, UnknownName, BadValue
            When it cannot run, or not with these parameters; nothing was begun.
        RunFailed
            Without a grid, when the run did not come to its end; what it had sent stands in the results.
        """
        return self.notebooks.run(
            self,
            notebook,
            parameters=parameters or {},
            grid=grid or {},
            timeout=timeout,
            identities=identities,
            progress=progress,
        )

    def runs(self, *, limit: int = 100) -> list[RunRecord]:
        """Return the runs of notebooks, the latest first, with the mailings each one confirmed."""
        self.ledger.runs.recover(self.now())
        return self.ledger.runs.runs(limit=limit)

    def doctor(self) -> list[Any]:
        """Look at the workspace's health; each check has ``name``, ``ok`` and ``detail``."""
        return self._doctor(self)
