"""Practice: the front door of a workspace, one verb per step of a mailing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.attachments import AttachmentFolder
from workbench.domain.accounts import Account
from workbench.domain.calendar import Now
from workbench.domain.fields import Catalogue
from workbench.domain.letterheads import Letterhead
from workbench.domain.mailings import MailingPlan, MailingProgress
from workbench.domain.messages import Attachment
from workbench.domain.options import OPTION_NAMES, Options
from workbench.domain.runs import RunProgress, RunRecord
from workbench.domain.signatures import NO_SIGNATURE
from workbench.domain.templates import Template
from workbench.errors import BadValue, TemplateRefused
from workbench.language import _
from workbench.merging.roles import roles_from
from workbench.practice.accounts import Accounts, PasswordKeeper, TransportFactory
from workbench.practice.addressing import usual_addressees
from workbench.practice.analysing import Analysis
from workbench.practice.asking import Asking
from workbench.practice.attaching import kept_files
from workbench.practice.closures import Closures
from workbench.practice.day import Days
from workbench.practice.deciding import Deciding
from workbench.practice.dispatch import dispatch
from workbench.practice.drafting import Drafts
from workbench.practice.exporting import ExportReport, ListPrinter, TableWriter, export_rows, print_rows
from workbench.practice.fields import Fields
from workbench.practice.files import KeptFiles
from workbench.practice.front_desk import FrontDesk
from workbench.practice.identity import OPENED, origin_of, whose
from workbench.practice.jobs import Jobs
from workbench.practice.letterheads import Choices
from workbench.practice.letters import LetterPress
from workbench.practice.long_mailing import LongMailing
from workbench.practice.mailing import Mailing
from workbench.practice.notebooks import Notebooks
from workbench.practice.objecting import Objecting
from workbench.practice.one_patient import OnePatient
from workbench.practice.parts import LongList, table_in_parts
from workbench.practice.patients import Patients
from workbench.practice.questions import answers_to, asked_by
from workbench.practice.returning import Returning
from workbench.practice.screens import Screens
from workbench.practice.searching import Searching
from workbench.practice.sent import Printer
from workbench.practice.signatures import Signatures
from workbench.practice.tables import Tables
from workbench.practice.telling import Telling
from workbench.practice.templates import Templates
from workbench.practice.unsaved_letters import UnsavedLetters
from workbench.sending.sender import SendReport

if TYPE_CHECKING:
    from workbench.ports import Ledger, PatientStore
    from workbench.settings import Settings


class Practice(Asking, Days, Deciding, FrontDesk, Objecting, OnePatient, Returning, Telling):
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
        tester: Callable[..., list[Any]],
        signer: Callable[..., str],
        importer: Callable[..., Any],
        table_reader: Callable[[Path], pd.DataFrame],
        table_parts: Callable[[Path, int], Iterator[pd.DataFrame]],
        table_writer: TableWriter,
        printer: Printer,
        list_printer: ListPrinter,
        shipped_templates: Callable[[], Sequence[Path]],
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
        self.fields = Fields(self, catalogue)
        self.now = now
        self.attachments = AttachmentFolder(path / "attachments")
        self._kept_files = KeptFiles(self.attachments.read, self.attachments.kept_as)
        self.templates = Templates(self, shipped_templates)
        self.signatures = Signatures(self)
        self.accounts = Accounts(self, passwords, tester, signer, transport_of)
        self.patients = Patients(self)
        self.closures = Closures(self)
        self.drafts = Drafts(self)
        self.jobs = Jobs(self)
        self.unsaved_letters = UnsavedLetters(self)
        self.tables = Tables(self)
        self.analysis = Analysis(self)
        self._searching = Searching(self)
        self._last_search = None
        self.changes = 0
        self.screens = screens
        self.ending: list[Callable[[], object]] = []
        """What is to be ended before the practice is closed."""
        self.patience: float | None = None
        """Seconds for which a sending waits for what may leave later; as long as is usual when nobody says."""
        self.closed = False
        """Whether it was closed: nothing is begun with it any more."""
        self._transport_of = transport_of
        self._importer = importer
        self.read_recipients = table_reader
        self._table_parts = table_parts
        self._table_writer = table_writer
        self._printer = printer
        self._list_printer = list_printer
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

    # --- what comes in and goes out -------------------------------------------------------------------------

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

    def addressees(self, found: pd.DataFrame) -> pd.DataFrame:
        """Tell of each row who is written to about it as a rule, before anybody has chosen an email type.

        About a patient it is the patient, or who answers for a child; about money whoever pays; a colleague himself.

        Parameters
        ----------
        found
            The rows of a search.

        Returns
        -------
        DataFrame
            As `Mailing.addressees`.

        Raises
        ------
        AccountError
            When there is no account.

        Examples
        --------
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow")
        >>> bool(practice.addressees(rdv)["address"].ne("").any())
        True
        """
        return usual_addressees(self, found)

    def print_list(self, found: pd.DataFrame | str, *, remark: bool = False) -> bytes:
        """Lay rows out as a list on paper: one line a row, with its telephone number and a box to tick; journalled.

        Parameters
        ----------
        found
            The rows of a search, or a search's name.
        remark
            With the remark of each row.

        Returns
        -------
        bytes
            A PDF of A4 pages.

        Raises
        ------
        BadValue
            When there are no rows, or too many for paper.
        UsageError
            When the rows come from another practice.
        PrintingFailed
            When they cannot be laid out on this computer.

        Examples
        --------
        >>> practice.print_list(practice.search("appointments", start="tomorrow", end="tomorrow"))[:5]
        b'%PDF-'
        """
        rows = self.search(found) if isinstance(found, str) else found
        return print_rows(self, rows, lay_out=self._list_printer, remark=remark)

    # --- the mailing --------------------------------------------------------------------------------------

    def recipients_in(self, path: Path) -> pd.DataFrame | LongList:
        """Read a file of recipients for `mailing`, however long it is.

        Parameters
        ----------
        path
            The file: CSV in any usual encoding, or an Excel workbook (.xlsx).

        Returns
        -------
        DataFrame or LongList
            A short file as a frame: its columns are text, under its own headings. A longer one as a list that is read
            part by part and never held whole.

        Raises
        ------
        ImportRefused
            When the file cannot be read.
        UnknownName
            When it is long, and has no column of addresses.
        """
        if not path.is_file():  # what comes through a pipe is read once
            return self.read_recipients(path)
        return table_in_parts(path, self._table_parts)

    def mailing(
        self,
        subjects: pd.DataFrame | LongList,
        template: Template | str | None = None,
        *,
        account: str | None = None,
        role: str | None = None,
        channel: str | None = None,
        key: str = "",
        values: Mapping[str, object] | None = None,
        signature: str | None = None,
        options: Mapping[str, bool] | None = None,
        attachments: Sequence[str | Path] = (),
        missing: Mapping[str, str] | None = None,
        health_reason: str = "",
    ) -> Mailing:
        """Prepare a mailing of one email type to the rows of a search, or of the practice's own table.

        Parameters
        ----------
        subjects
            A search frame (column ``subject_key``), or a table with a column ``email`` and, if it can, ``id``
            and ``name``; each further column is a merge value by its own name. A long list (`recipients_in`,
            `found_in_parts`) makes a mailing that is checked and sent part by part.
        template
            An email type or its path; by default the one that the search proposes (``practice.templates.use_for``).
        account
            Overrides the email type's account and the default one.
        role
            Who receives: ``patient guardian payer correspondent treating_dentist``; the email type's by default.
            Several (``"patient,correspondent"``) get one message each.
        channel
            ``email``; the email type's by default.
        key
            A name for this mailing; the same name again is the same mailing.
        values
            What the email type asks once for everybody, by field code: ``{"FERMDU": "2026-12-24", "TEXTE": "…"}``;
            days as searches read them. What is not given is what `Mailing.questions` proposes. Other values make
            another mailing.
        signature
            The name of the signature that stands round the text, ``"-"`` for none; else the email type's, else the
            account's.
        options
            ``confirm read_receipt keep_messages keep_attachments``, yes or no, for this mailing alone.
        attachments
            Files that go with every message of this mailing alone; each is copied in.
        missing
            What becomes of whom a rule of the email type finds no image or document for, where it asks:
            ``{"images:0": "without"}`` (or ``"skip"``), counted from 0.
        health_reason
            Why health data may leave on ordinary addresses, this once; it is journalled with who said so (P13).

        Returns
        -------
        Mailing
            Nothing is written before its ``send``.

        Raises
        ------
        UnknownTemplate, UnknownAccount, UnknownSignature
            When no email type, account or signature is called so.
        AccountError
            When there is no account, or several and none was named.
        UsageError
            When the rows come from another practice, or may do so, or the table has no column ``email``; or no email
            type was named and the search proposes none.
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
        if not isinstance(subjects, LongList):
            whose(subjects, self.settings.workspace_id)
        if template is None:
            template = self.templates.chosen_for(subjects)
        elif isinstance(template, str):
            template = self.templates[template]
        template = self.templates.as_it_leaves(template)
        chosen = self._account(account or template.account)
        if isinstance(subjects, LongList):
            search, parameters, digest = subjects.search, subjects.parameters, subjects.digest
        else:
            search, parameters, digest = origin_of(subjects)
        plan = MailingPlan(
            template=template.path,
            account=chosen.name,
            role=",".join(roles_from(role) if role else template.roles),
            channel=str(channel or template.channel),
            search=search,
            parameters=parameters,
            table_digest=digest,
            key=key,
            values=answers_to(asked_by(template, self), values or {}, self),
        )
        choices = self._chosen(signature, options or {}, attachments, missing or {}, health_reason)
        number = self.ledger.mailings.id_of(plan)
        if isinstance(subjects, LongList):
            return LongMailing(self, subjects, template, chosen, plan, choices=choices, mailing_id=number)
        return Mailing(self, subjects, template, chosen, plan, choices=choices, mailing_id=number)

    def _chosen(
        self,
        signature: str | None,
        options: Mapping[str, bool],
        attachments: Sequence[str | Path],
        missing: Mapping[str, str],
        health_reason: str,
    ) -> Choices:
        """Return what a person chose for one mailing, its files copied in."""
        if signature not in (None, "", NO_SIGNATURE):
            self.signatures[str(signature)]  # which says so when there is none
        unknown = sorted(set(options) - set(OPTION_NAMES))
        if unknown:
            raise BadValue(
                _("There is no option « {name} »; there is: {known}.").format(
                    name=unknown[0], known=", ".join(OPTION_NAMES)
                )
            )
        if health_reason and not health_reason.strip().isprintable():
            raise BadValue(_("The reason why health data may leave is one line of text."))
        return Choices(
            signature=signature,
            options=Options(**options),
            attachments=kept_files(self, attachments) if attachments else (),
            missing=dict(missing),
            health_reason=health_reason.strip(),
        )

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

    def _account(self, name: str | None) -> Account:
        return self.accounts[name] if name else self.accounts.default()

    def press(
        self,
        template: Template,
        account: Account,
        *,
        columns: tuple[str, ...] = (),
        letterhead: Letterhead | None = None,
        attachments: tuple[str, ...] = (),
        frozen: bool = False,
    ) -> LetterPress:
        """Return what renders and writes the messages of a template from an account.

        Parameters
        ----------
        columns
            The names of a table's own values.
        letterhead
            What dresses them, as it was frozen; by default the account alone.
        attachments
            Files that go with each of them besides the email type's, by the names they are kept under.
        frozen
            The messages were confirmed before: fields that were put away since are known still.
        """
        return LetterPress(
            template,
            account,
            catalogue=self.all_fields if frozen else self.catalogue,
            letterhead=letterhead,
            attachments=self.files_of(template, attachments),
            files=self._kept_files,
            columns=columns,
        )

    def files_of(self, template: Template, further: tuple[str, ...] = ()) -> tuple[Attachment, ...]:
        """Read the files that go with an email type, and `further` ones; nothing ever leaves without one of them."""
        files = []
        for kept in (*template.attachments, *further):
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
