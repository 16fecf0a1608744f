"""Choose the parts and open a practice; the only file that knows them all."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pandas as pd
import platformdirs
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from workbench.displays.audience import notebook_shell, someone_can_click
from workbench.displays.progress import sending_progress
from workbench.domain.accounts import Account, AccountKind, Auth, Security, Stage
from workbench.domain.calendar import Now, system_now
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.printing import Sheet
from workbench.domain.runs import RUN_VARIABLE, RunRecord
from workbench.errors import BadSettings, DatabaseRefused, ImportRefused, WorkspaceError
from workbench.language import _, n_, use_language
from workbench.ledger import Ledger, Place, open_ledger
from workbench.merging.catalogue import builtin_catalogue
from workbench.passwords import SERVICE, Passwords
from workbench.patients.imports.table import ImportTable, read_table, read_table_in_parts
from workbench.patients.store import SqlPatientStore, open_store
from workbench.practice import Mailing, Practice
from workbench.practice.doctor import examine
from workbench.practice.reminder_effect import ReminderEffect
from workbench.practice.screens import SendCell, Tell
from workbench.practice.signatures import read_signature
from workbench.practice.templates import check_template_file, read_template, render_template_file
from workbench.settings import (
    DATABASES,
    FOLDERS,
    SETTINGS_FILE,
    Settings,
    find_workspace,
    new_workspace_id,
    private_folder,
    write_private,
)
from workbench.transports.account_test import try_account, try_folder
from workbench.transports.catcher import Catcher
from workbench.transports.caught import CaughtFolder
from workbench.transports.eml_folder import EmlFolderTransport
from workbench.transports.oauth import OAuthTokens, sign_in
from workbench.transports.smtp import SmtpTransport

CATCHER_ACCOUNT = "catcher"
"""The sample practice's account: the built-in mail catcher, from which nothing leaves the machine."""


CAUGHT = "caught"
"""The folder of a workspace in which the mail catcher keeps its letters."""


def open_practice(
    path: str | os.PathLike[str] | None = None, *, user: str | None = None, now: Now = system_now
) -> Practice:
    """Open the workspace at `path`, else where ``WORKBENCH_WORKSPACE`` says, else in the nearest parent folder.

    Parameters
    ----------
    user
        Who acts; ``WORKBENCH_USER`` or the system's account by default. A name, not a lock.

    Raises
    ------
    WorkspaceError
        When there is no workspace, or one of its databases cannot be opened.
    """
    folder = find_workspace(path, beside=_notebook_of_tool)
    settings = Settings.read(folder)
    if settings.language is not None and "WORKBENCH_LANGUAGE" not in os.environ:
        use_language(settings.language)
    passwords = Passwords(settings.workspace_id)
    store = _open_store(folder, settings, passwords, create=False)
    if settings.sample:
        from workbench.patients.sample import redate_sample

        today = store.calendar().today(now())
        redate_sample(store.engine, practice_id=settings.practice_id, today=today)
        _place_sample_files(folder, today)
    ledger = _open_ledger(folder, settings, passwords, create=False)
    _show_in_notebooks()
    return Practice(
        folder,
        settings,
        user=user or current_user(),
        store=store,
        ledger=ledger,
        catalogue=builtin_catalogue(),
        passwords=passwords,
        transport_of=partial(_transport, folder, passwords),
        tester=partial(_tested, folder, passwords),
        signer=sign_in,
        importer=store.import_file,
        table_reader=_table,
        table_parts=_table_parts,
        table_writer=_write_table,
        printer=_print,
        list_printer=_print_list,
        shipped_templates=_shipped_templates,
        doctor=examine,
        notebooks=_Notebooks(),
        screens=_Screens(),
        now=now,
    )


def at_hand(practice: Practice) -> Practice:
    """Put a practice at the hand of whoever writes Python: in every frame and, in IPython, in two words."""
    from workbench.displays.accessor import introduce

    introduce(practice)
    # Whoever is not in IPython has not loaded it: that is known without loading it.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        load_magics(shell)
    return practice


def load_magics(shell: Any) -> None:
    """Teach an IPython shell ``%%emailtype`` and ``%publipostage``."""
    from workbench.displays.magics import register_magics

    register_magics(shell, opener=lambda: at_hand(open_practice()))


def _show_in_notebooks() -> None:
    """Let the notebook that opens a practice show its things; elsewhere nothing of it is loaded."""
    shell = notebook_shell()
    if shell is None:
        return
    from workbench.displays.formatters import register
    from workbench.widgets.live import live_view

    register(shell, live_view=live_view)


class _Screens:
    """The screens of a notebook; nothing of them is loaded before one is asked for."""

    def someone_can_click(self) -> bool:
        return someone_can_click()

    def __init__(self) -> None:
        self._mailings: WeakSet[Any] = WeakSet()

    def desk(self, practice: Practice, *, search: str, template: str, **parameters: object) -> Any:
        from workbench.widgets.desk import Desk

        return Desk(practice, lambda: self.publipostage(practice, search=search, template=template, **parameters))

    def publipostage(self, practice: Practice, *, search: str, template: str, **parameters: object) -> Any:
        from workbench.widgets.publipostage import Publipostage

        caught = CaughtFolder(practice.path / CAUGHT)
        joined = Publipostage(practice, caught, search=search, template=template, **parameters)
        self._mailings.add(joined)
        return joined

    def patient_mail(self, practice: Practice, *, patient_id: str) -> Any:
        from workbench.widgets.patient_page import PatientPage

        return PatientPage(practice, patient_id=patient_id)

    def scheduler(self, practice: Practice, *, job: str) -> Any:
        from workbench.widgets.scheduler_page import SchedulerPage

        page = SchedulerPage(practice)
        page.open(job=job)
        return page

    def notebook_form(self, practice: Practice, path: str | Path) -> Any:
        from workbench.widgets.notebook_form import NotebookForm

        return NotebookForm(practice, path)

    def template_editor(self, practice: Practice, path: str) -> Any:
        from workbench.widgets.template_editing import TemplateEditing

        editing = TemplateEditing(practice, alone=True)
        editing.edit(practice.templates[path])
        return editing

    def send_cell(self, mailing: Mailing, *, connections: int | None, again: bool) -> SendCell:
        from workbench.widgets.send_panel import SendPanel

        # The mailing of joined screens is sent from their own panel, which follows what is ticked and chosen there.
        usual = connections is None and not again
        panel = next((joined.sending for joined in self._mailings if usual and joined.speaks_of(mailing)), None)
        panel = panel or SendPanel(lambda: mailing, connections=connections, again=again)
        panel.show()
        return panel

    def sending_progress(self) -> AbstractContextManager[Tell | None]:
        # Nobody looks at a notebook that runs by itself, and its copy would not keep the bar.
        return nullcontext() if os.environ.get(RUN_VARIABLE) else sending_progress()

    def plot(self, results: pd.DataFrame, zone: tzinfo) -> Any:
        from workbench.displays.plots import results_figure

        return results_figure(results, zone)

    def plot_days(self, days: pd.DataFrame) -> Any:
        from workbench.displays.analysis_plots import days_figure

        return days_figure(days)

    def plot_reasons(self, reasons: pd.DataFrame) -> Any:
        from workbench.displays.analysis_plots import reasons_figure

        return reasons_figure(reasons)

    def plot_reminders(self, effect: ReminderEffect, by: str) -> Any:
        from workbench.displays.analysis_plots import reminders_figure

        return reminders_figure(effect, by)


def _notebook_of_tool() -> Path | None:
    if "JPY_PARENT_PID" not in os.environ:  # not in a kernel
        return None
    from workbench.jobs.own_place import notebook_of_tool

    return notebook_of_tool()


class _Notebooks:
    """The room that writes and runs notebooks; what it needs is loaded when it is asked."""

    def write(self, mailing: Mailing, path: str | Path, **options: Any) -> Path:
        from workbench.jobs.export import write_notebook

        return write_notebook(mailing, path, **options)

    def run(self, practice: Practice, notebook: str | Path, **options: Any) -> pd.DataFrame:
        from workbench.jobs.grid import run_grid

        return run_grid(practice, notebook, **options)

    def run_of_job(self, practice: Practice, notebook: Path, **options: Any) -> RunRecord:
        from workbench.jobs.for_jobs import run_of_job

        return run_of_job(practice, notebook, **options)

    def form(self, practice: Practice, notebook: str | Path) -> Any:
        from workbench.jobs.form import NotebookValues

        return NotebookValues(practice, notebook)

    def report(self, copy: Path, *, at: datetime) -> str:
        from workbench.jobs.report import report_of
        from workbench.jobs.running import read_notebook

        read = read_notebook(copy)
        return report_of(read.node, title=copy.stem, at=at, parameters=read.defaults())


def init_workspace(
    path: str | os.PathLike[str],
    *,
    demo: bool = False,
    store: str | None = None,
    ledger: str | None = None,
    user: str | None = None,
    now: Now = system_now,
) -> Path:
    """Make a workspace: its folder (0700), its settings, its two databases and, with `demo`, the sample practice.

    Parameters
    ----------
    store, ledger
        SQLAlchemy URLs of databases elsewhere; a password in them goes to the keyring or a private file.

    Raises
    ------
    WorkspaceError
        When the folder already holds a workspace, or something that is not ours.
    """
    folder = Path(path).expanduser().resolve()
    if (folder / SETTINGS_FILE).exists():
        raise WorkspaceError(_("« {folder} » is already a workspace; nothing was changed.").format(folder=folder))
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(_("« {folder} » is a file; choose a folder for the workspace.").format(folder=folder))
    existed = set(folder.iterdir()) if folder.is_dir() else set()
    taken = sorted(entry.name for entry in existed if entry.name in (*FOLDERS, *DATABASES))
    if taken:
        raise WorkspaceError(
            _("« {folder} » already holds {names}; choose a new folder for the workspace.").format(
                folder=folder, names=", ".join(taken)
            )
        )
    try:
        _make(folder, demo=demo, store=store, ledger=ledger, user=user, now=now)
    except BaseException:
        # What is half made is taken away, so that the same command can be tried again.
        for entry in set(folder.iterdir()) - existed:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        raise
    return folder


def _make(folder: Path, *, demo: bool, store: str | None, ledger: str | None, user: str | None, now: Now) -> None:
    private_folder(folder)
    for name in FOLDERS:
        private_folder(folder / name)
    settings = Settings(workspace_id=new_workspace_id(), sample=demo)
    passwords = Passwords(settings.workspace_id)
    if store is not None:
        settings = replace(settings, **_kept_url("store", store, passwords))
        settings = replace(settings, store_writable=not _holds_patients(folder, settings, passwords))
    if ledger is not None:
        settings = replace(settings, **_kept_url("ledger", ledger, passwords))
    opened = _open_store(folder, settings, passwords, create=True)
    try:
        if demo:
            from workbench.patients.sample import fill_sample_practice

            opened.check_writable()
            today = opened.calendar().today(now())
            fill_sample_practice(opened.engine, practice_id=settings.practice_id, today=today)
    finally:
        opened.close()
    _open_ledger(folder, settings, passwords, create=True).close()
    # The settings come last: a workspace that could not be made is not taken for one.
    write_private(folder / SETTINGS_FILE, settings.to_toml().encode())
    with open_practice(folder, user=user, now=now) as practice:
        # The house's own texts, which its tests compile: a new workspace need not wait for that. A ledger that others
        # work with already has those that it is to have.
        from workbench.patients.sample import sample_signatures

        for file in [] if len(practice.signatures) else sample_signatures():
            practice.ledger.signatures.save(read_signature(file), by=practice.user, now=practice.now())
        if demo:
            practice.accounts.set(CATCHER_ACCOUNT, kind=AccountKind.CATCHER)
            for file in _shipped_templates():
                practice.ledger.library.save_template(read_template(file), by=practice.user, now=practice.now())


def _shipped_templates() -> Sequence[Path]:
    from workbench.patients.sample import sample_templates

    return sample_templates()


def _place_sample_files(folder: Path, today: date) -> None:
    """Write the images and documents that the sample's rows name, once a day: documents tell of their day."""
    dated_for = private_folder(folder / "documents") / "dated_for"
    if dated_for.is_file() and dated_for.read_text(encoding="ascii") == today.isoformat():
        return
    from workbench.patients.sample import sample_files

    standing = {file.relative_to(folder).as_posix() for file in folder.glob("documents/images/*.png")}
    for name, content in sample_files(today, standing=standing):
        file = folder / name
        private_folder(file.parent)
        write_private(file, content, lasting=False)
    write_private(dated_for, today.isoformat().encode("ascii"))


def render_file(file: str | os.PathLike[str], values: Mapping[str, Any]) -> tuple[Rendered, list[Finding]]:
    """Render one template file with plain values, in the sandbox of a mailing; no workspace is needed."""
    return render_template_file(Path(file), values, builtin_catalogue())


def check_file(file: str | os.PathLike[str]) -> pd.DataFrame:
    """Look through one template file as `practice.templates.check_file` does; no workspace is needed."""
    return check_template_file(Path(file), builtin_catalogue(), now=system_now())


def current_user() -> str:
    """Return who acts: ``WORKBENCH_USER``, else the system's account."""
    named = os.environ.get("WORKBENCH_USER")
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _kept_url(name: str, url: str, passwords: Passwords) -> dict[str, Any]:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadSettings(
            _("--{name}: this is not a database URL, such as postgresql+psycopg://user@host/database.").format(
                name=name
            )
        ) from error
    if parsed.password is None:
        return {name: url}
    kept = passwords.keep(name, str(parsed.password))
    return {name: parsed.set(password=None).render_as_string(), f"{name}_password_from": kept}


def _url(folder: Path, name: str, value: str, password_from: str, passwords: Passwords) -> str:
    if "://" not in value:
        return f"sqlite:///{folder / value}"
    password = passwords.read(name, password_from)
    return make_url(value).set(password=password).render_as_string(hide_password=False) if password else value


def _open_store(folder: Path, settings: Settings, passwords: Passwords, *, create: bool) -> SqlPatientStore:
    url = _url(folder, "store", settings.store, settings.store_password_from, passwords)
    # A store that others fill is opened as it is, even while the workspace is made.
    create = create and settings.store_writable
    return open_store(url, practice_id=settings.practice_id, create=create, writable=settings.store_writable)


def _holds_patients(folder: Path, settings: Settings, passwords: Passwords) -> bool:
    """Tell whether a database already is a patient store, so that it is not ours to write."""
    try:
        _open_store(folder, replace(settings, store_writable=False), passwords, create=False).close()
    except DatabaseRefused:
        return False
    return True


def _open_ledger(folder: Path, settings: Settings, passwords: Passwords, *, create: bool) -> Ledger:
    url = _url(folder, "ledger", settings.ledger, settings.ledger_password_from, passwords)
    return open_ledger(
        url,
        practice_id=settings.practice_id,
        locks=private_folder(folder / "locks"),
        create=create,
        run_id=os.environ.get(RUN_VARIABLE, ""),
        place=Place(
            workspace_id=settings.workspace_id,
            folder=Path(os.path.realpath(folder)),
            witness=platformdirs.user_state_path(SERVICE) / "witnesses" / f"{settings.workspace_id}.json",
        ),
        lease=timedelta(seconds=settings.lease_seconds),
    )


@contextmanager
def _transport(
    folder: Path, passwords: Passwords, account: Account, password: str | None, connections: int | None
) -> Iterator[Any]:
    """Give the way out of an account for the time of one sending."""
    with _reachable(folder, account) as reached:
        if reached.kind is AccountKind.FOLDER:
            yield EmlFolderTransport(_folder_of(folder, account))
        else:
            secret = _secret(account, password, passwords)
            yield SmtpTransport(reached, secret, connections=connections or account.connections)


def _folder_of(folder: Path, account: Account) -> Path:
    """Return where a folder account puts its messages: in the workspace, unless it says elsewhere."""
    return folder / (account.folder or "outgoing")


def _reachable(folder: Path, account: Account) -> AbstractContextManager[Account]:
    """Start the mail catcher when the account is one, and give the account with its real port (8.16)."""
    return _caught(folder, account) if account.kind is AccountKind.CATCHER else nullcontext(account)


@contextmanager
def _caught(folder: Path, account: Account) -> Iterator[Account]:
    with Catcher(private_folder(folder / CAUGHT)) as catcher:
        yield replace(account, host=catcher.host, port=catcher.port, security=Security.NONE)


def _table(path: Path) -> pd.DataFrame:
    """Return a table of recipients as text columns, nothing guessed in its cells.

    ``frame.attrs["encoding"]`` is the one the file was read in.

    Raises
    ------
    ImportRefused
        When the file cannot be read, cells of a workbook have no value, two columns have one heading, or a row has
        more cells than there are headings:
        nobody could say which column a value belongs to, and no row is left out in silence.
    """
    return _frame_of(read_table(path), path)


def _table_parts(path: Path, rows: int) -> Iterator[pd.DataFrame]:
    """Give a table of recipients as `_table` does, so many rows at a time; raises alike, at the latest at its end."""
    crooked: list[int] = []
    for table in read_table_in_parts(path, rows=rows):
        crooked += table.crooked
        yield _frame_of(replace(table, crooked=()), path)
    _refuse_crooked(crooked, path)


def _frame_of(table: ImportTable, path: Path) -> pd.DataFrame:
    alike = Counter(heading.casefold() for heading in table.headings if heading)
    repeated = [heading for heading in dict.fromkeys(table.headings) if alike[heading.casefold()] > 1]
    if repeated:
        raise ImportRefused(
            _("The file {file} has the heading « {heading} » more than once: rename one of them.").format(
                file=path.name, heading=" », « ".join(repeated)
            )
        )
    _refuse_crooked(table.crooked, path)
    if any(note.code in ("cell_error", "no_result") for note in table.notes):
        raise ImportRefused(
            _(
                "Cells of the workbook {file} hold an error (#N/A) or a formula without its result; nothing was taken "
                "from it. Save it in Excel first."
            ).format(file=path.name)
        )
    frame = pd.DataFrame(dict(enumerate(table.columns)), dtype="str").set_axis(pd.Index(table.headings), axis="columns")
    frame.attrs["encoding"] = table.encoding
    return frame


def _refuse_crooked(lines: Sequence[int], path: Path) -> None:
    if not lines:
        return
    raise ImportRefused(
        n_(
            "Line {lines} of the file {file} has more cells than there are headings; nothing was taken from the "
            "file. Put a value that holds a comma or a semicolon between quotes.",
            "Lines {lines} of the file {file} have more cells than there are headings; nothing was taken from the "
            "file. Put a value that holds a comma or a semicolon between quotes.",
            len(lines),
        ).format(file=path.name, lines=_some(lines))
    )


def _write_table(frame: pd.DataFrame, path: Path, *, labels: bool, bom: bool, before: Callable[[], None]) -> None:
    """Write a frame as a file; with `labels`, headings and coded words are in the reader's language."""
    from workbench.displays.words import heading, shown
    from workbench.patients.exports import write_table

    names = [str(name) for name in frame.columns]
    if labels:
        coded = [name for name in names if isinstance(frame[name].dtype, pd.CategoricalDtype)]
        told = {name: frame[name].map(partial(_shown_or_itself, shown, name)).astype("object") for name in coded}
        frame, names = frame.assign(**told), [heading(name) for name in names]
    write_table(frame, path, headings=names, bom=bom, before=before)


def _print(sheets: Sequence[Sheet]) -> bytes:
    """Lay messages out as a PDF; what does so is loaded when it is asked."""
    from workbench.printing.pdf import pdf_of

    return pdf_of(sheets)


def _print_list(frame: pd.DataFrame, *, title: str, practice: str, now: datetime, remark: bool) -> bytes:
    """Lay the rows of a search out as a PDF; what does so is loaded when it is asked."""
    from workbench.printing.lists import pdf_of_list

    return pdf_of_list(frame, title=title, practice=practice, now=now, remark=remark)


def _shown_or_itself(shown: Callable[[str, object], str | None], name: str, value: object) -> object:
    return shown(name, value) or value


def _some(lines: Sequence[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:10])
    return shown if len(lines) <= 10 else f"{shown} …"


def _tested(
    folder: Path,
    passwords: Passwords,
    account: Account,
    password: str | None,
    tell: Callable[[Stage], object] | None = None,
) -> list[Stage]:
    if account.kind is AccountKind.FOLDER:
        stages = try_folder(_folder_of(folder, account))
        if tell is not None:
            tell(*stages)
        return stages
    with _reachable(folder, account) as reached:
        return try_account(reached, _secret(account, password, passwords), tell=tell)


def _secret(account: Account, password: str | None, passwords: Passwords) -> str | OAuthTokens | None:
    """Give what lets an account in: its password, or access tokens made of what was kept when somebody signed in."""
    if account.auth is not Auth.XOAUTH2:
        return password
    return OAuthTokens(account, password or "", keep=partial(passwords.keep, account.name))
