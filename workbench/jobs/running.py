"""Run a notebook as papermill does: parameters checked, executed in its own process, an executed copy, a truth.

What the run sent is read from the ledger, never from the notebook; the copy holds numbers, not people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.domain.mailings import Counts
from workbench.domain.runs import RUN_VARIABLE, RunProgress, RunRecord, RunStatus
from workbench.errors import NotebookRefused
from workbench.jobs.files import made_folder, refuse_unwritable
from workbench.jobs.parameters import (
    INJECTED_TAG,
    Parameter,
    checked_values,
    declared_parameters,
    injected_values,
    parameters_cell,
    secret_name,
)
from workbench.language import _
from workbench.settings import write_private

if TYPE_CHECKING:
    from workbench.practice import Practice

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """A notebook that can run: its file, what it holds, and the parameters that it declares.

    An executed copy also holds the values that it ran with (`injected`); it runs with them again where none is given.
    """

    file: Path
    digest: str
    node: Any
    parameters: Mapping[str, Parameter]
    injected: Mapping[str, object] = field(default_factory=dict)
    kernel: str = ""

    def defaults(self) -> dict[str, object]:
        """Return what each parameter is when none is given: a computed one as it is written, unless a password."""
        computed = {name: one.computed for name, one in self.parameters.items() if one.computed}
        declared = {name: one.default for name, one in self.parameters.items()}
        told = {name: "…" if secret_name({name: source}) else source for name, source in computed.items()}
        return {**declared, **told, **self.injected}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What became of a run: how it ended, where its mailings stand now, and what its copy keeps.

    Nothing stands at `copy` or `report` when it could not be written; `warnings` says so.
    """

    record: RunRecord
    counts: Mapping[int, Counts]
    copy: Path | None
    report: Path | None
    dropped: int
    warnings: tuple[str, ...] = ()

    @property
    def total(self) -> Counts:
        """The rows of all its mailings."""
        return summed(self.counts.values())

    @property
    def exit_status(self) -> int:
        """The command line's: interrupted 130, stopped or rows still open 1, some failed or in doubt 3, else 0."""
        if self.record.status is RunStatus.INTERRUPTED:
            return INTERRUPTED
        return 1 if self.record.status is not RunStatus.DONE else self.total.exit_status


def summed(counts: Iterable[Counts]) -> Counts:
    """Return the rows of several mailings together."""
    several = list(counts)
    numbers = ("sent", "failed", "in_doubt", "skipped", "pending", "cancelled")
    return Counts(**{name: sum(getattr(one, name) for one in several) for name in numbers})


def read_notebook(file: str | Path, *, called: str = "") -> Notebook:
    """Read a notebook and what it declares.

    Parameters
    ----------
    file
        Where it stands.
    called
        What a refusal calls it; by default by its whole path.

    Raises
    ------
    NotebookRefused
        When it is not there, is no notebook, or is not in Python.
    """
    import nbformat

    path = Path(file).expanduser().absolute()
    told = called or path
    try:
        content = path.read_bytes()
        node = nbformat.reads(content.decode(), as_version=4)
        cell = parameters_cell(node)
        declared = declared_parameters(cell.source) if cell is not None else {}
        cell = parameters_cell(node, INJECTED_TAG)
        injected = injected_values(cell.source) if cell is not None else {}
    except OSError as error:
        raise NotebookRefused(
            _("« {path} » cannot be used: {problem}.").format(path=told, problem=error.strerror)
        ) from error
    except SyntaxError as error:
        raise NotebookRefused(
            _("« {path} »: line {line} of its parameters is no Python; nothing was executed.").format(
                path=told, line=error.lineno
            )
        ) from error
    except Exception as error:  # what nbformat raises has no common root
        raise NotebookRefused(_("« {path} » is not a notebook.").format(path=told)) from error
    spoken = node.metadata.get("kernelspec", {}).get("language") or node.metadata.get("language_info", {}).get("name")
    if str(spoken or "python").lower() != "python":
        raise NotebookRefused(
            _("« {path} » is written in {language}; only notebooks in Python run here.").format(
                path=told, language=spoken
            )
        )
    secret = secret_name({name: one.default for name, one in declared.items() if _could_be_secret(one.default)})
    if secret:
        raise NotebookRefused(
            _(
                "« {name} » stands with a value among the notebook's parameters: a password is no parameter. "
                "Keep it with the mail account, and take it out of the notebook."
            ).format(name=secret)
        )
    return Notebook(
        file=path,
        digest=hashlib.sha256(content).hexdigest(),
        node=node,
        parameters=declared,
        injected=injected,
        kernel=str(node.metadata.get("kernelspec", {}).get("name") or ""),
    )


def _could_be_secret(default: object) -> bool:
    return bool(default) and not isinstance(default, bool)


def run_notebook(
    practice: Practice,
    notebook: Notebook,
    *,
    parameters: Mapping[str, object] | None = None,
    output: Path | None = None,
    report: Path | None = None,
    timeout: float | None = None,
    cwd: Path | None = None,
    keep_output: bool = False,
    progress: Callable[[RunProgress], None] | None = None,
    job_id: str = "",
    kernel: str | None = None,
) -> RunOutcome:
    """Execute a notebook on a practice, and tell what became of it.

    Parameters
    ----------
    parameters
        Read against what the notebook declares; an unknown name or a wrong kind is refused before anything runs.
    output
        Where the executed copy is written; by default in the workspace's ``runs`` folder, under the notebook's name,
        the time and the run's number. It is written as well when a cell failed.
    report
        Where a report is written, which opens offline: a page (``.html``) or a PDF (``.pdf``).
    timeout
        Seconds that one cell may take.
    cwd
        The folder that it works in; the notebook's own by default, as in JupyterLab.
    keep_output
        Keep every output in the copy, patients' data included; by default only numbers are kept.
    job_id
        The job whose run it is.
    kernel
        The kernel that the notebook is to name, in place of its own. One that this computer does not have fails the
        run, as papermill does it; any other runs in the Python that holds the workbench.

    Raises
    ------
    NotebookRefused, UnknownName, BadValue, UsageError
        When it cannot run; nothing was begun.
    """
    values = checked_values(notebook.parameters, {**notebook.injected, **(parameters or {})})
    begun = practice.now()
    output, report = (file.expanduser().absolute() if file else None for file in (output, report))
    _refuse_one_place(notebook, [file for file in (output, report) if file])
    if report is not None:
        from workbench.jobs.report import refuse_other_endings

        refuse_other_endings(report)
    for file in (output or practice.path / "runs" / notebook.file.name, *([report] if report else [])):
        refuse_unwritable(file)
    node = _with_parameters(notebook.node, values)
    practice.ledger.runs.recover(begun)
    run = practice.ledger.runs.start(
        notebook=notebook.file.name,
        digest=notebook.digest,
        parameters=values,
        by=practice.user,
        now=begun,
        job_id=job_id,
    )
    status, error = RunStatus.FAILED, ""
    try:
        status, error = _executed(
            practice,
            node,
            run.id,
            kernel=notebook.kernel if kernel is None else kernel,
            folder=cwd or notebook.file.parent,
            timeout=timeout,
            progress=progress,
        )
    except KeyboardInterrupt:
        status = RunStatus.INTERRUPTED
        raise
    except Exception as unforeseen:
        error = type(unforeseen).__name__
        raise
    finally:
        run.end(status, error=error, now=practice.now())
    # The run has ended as it did, whatever becomes of its copy and its report.
    record = practice.ledger.runs.run(run.id)
    counts = {number: practice.ledger.mailings.counts(number) for number in record.mailings}
    copy = output or practice.path / "runs" / f"{notebook.file.stem}-{begun:%Y%m%dT%H%M%SZ}-{run.id}.ipynb"
    written = _Written(practice, record, node, keep_output=keep_output)
    written.write_copy(copy)
    if report is not None:
        written.write_report(report, title=notebook.file.stem, parameters=notebook.defaults() | values)
    return RunOutcome(
        record=record,
        counts=counts,
        copy=copy if copy in written.files else None,
        report=report if report in written.files else None,
        dropped=written.dropped,
        warnings=tuple(written.warnings),
    )


def _executed(
    practice: Practice,
    node: Any,
    run_id: str,
    *,
    kernel: str,
    folder: Path,
    timeout: float | None,
    progress: Callable[[RunProgress], None] | None,
) -> tuple[RunStatus, str]:
    """Execute; return how it ended, and the error's sentence."""
    from workbench.jobs.error_marks import mark_error
    from workbench.jobs.error_sentences import sentence_of_error
    from workbench.jobs.execution import UNKNOWN_KERNEL, clear, execute, is_known_kernel

    if not is_known_kernel(kernel):
        clear(node)
        return RunStatus.FAILED, _told(UNKNOWN_KERNEL, timeout, kernel)
    ended = execute(
        node,
        folder=folder,
        environment={
            RUN_VARIABLE: run_id,
            "WORKBENCH_WORKSPACE": str(practice.path),
            "WORKBENCH_USER": practice.user,
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        },
        timeout=timeout,
        progress=progress,
    )
    # Whoever died in the notebook's process left rows behind.
    practice.ledger.recover(practice.now())
    error = sentence_of_error(ended.error, ended.text) if ended.error else ""
    told = _told(ended.error, timeout, kernel)
    if ended.status is RunStatus.FAILED and not told:
        mark_error(node)
    return ended.status, told or error


class _Written:
    """What a run leaves behind: an executed copy without people, and a report; one that cannot be written is told."""

    def __init__(self, practice: Practice, record: RunRecord, node: Any, *, keep_output: bool) -> None:
        self._practice = practice
        self._record = record
        self._node = node
        self._keep_output = keep_output
        self._is_stripped = False
        self.dropped = 0
        self.files: list[Path] = []
        self.warnings: list[str] = []

    def write_copy(self, file: Path) -> None:
        import nbformat

        def write() -> None:
            made_folder(file.parent)
            write_private(file, (nbformat.writes(self._stripped(), version=4) + "\n").encode())

        self._try(write, file, _("The executed copy {path} could not be written ({problem})."))

    def write_report(self, file: Path, *, title: str, parameters: Mapping[str, object]) -> None:
        from workbench.jobs.report import write_report

        def write() -> None:
            at = self._record.started_at.astimezone(self._practice.calendar.zone)
            write_report(self._stripped(), file, title=title, at=at, parameters=parameters)

        self._try(write, file, _("The report {path} could not be written ({problem})."))

    def _try(self, write: Callable[[], None], file: Path, told: str) -> None:
        try:
            write()
        except Exception as problem:  # whatever it is, it does not change what was sent
            what = problem.strerror if isinstance(problem, OSError) else None
            self.warnings.append(told.format(path=file, problem=what or type(problem).__name__))
        else:
            self.files.append(file)

    def _stripped(self) -> Any:
        if not self._is_stripped:
            from workbench.jobs.stripping import People, stripped

            ledger, record = self._practice.ledger, self._record
            results = [ledger.results.results(number) for number in record.mailings]
            patients = {patient for frame in results for patient in frame["patient_id"] if patient}
            people = People.of(results, self._practice.store.people(sorted(patients)))
            self.dropped = stripped(self._node, people, keep_output=self._keep_output)
            self._node.metadata["workbench"] = {
                "run": record.id,
                "status": record.status.value,
                "outputs_not_kept": self.dropped,
            }
            self._is_stripped = True
        return self._node


def _told(error: str, timeout: float | None, kernel: str) -> str:
    """Return the sentence of what ended a run from outside its cells, or nothing."""
    return {
        "TimeIsUp": _("A cell took longer than {seconds} seconds and was stopped.").format(seconds=timeout),
        "KernelDied": _("The notebook's process ended by itself; perhaps the memory was not enough."),
        "NoKernel": _("The notebook's process did not start."),
        "UnknownKernel": _(
            "The notebook asks for the kernel « {kernel} », which this computer does not have. Say which one instead: "
            "workbench run -k python3"
        ).format(kernel=kernel),
    }.get(error, "")


def _with_parameters(node: Any, values: Mapping[str, object]) -> Any:
    """Return the notebook with its parameters injected as papermill does it."""
    if not values:
        return node
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from papermill.parameterize import parameterize_notebook

    node.metadata["papermill"] = type(node.metadata)()
    for cell in node.cells:
        cell.metadata.setdefault("tags", [])
    node.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}
    return parameterize_notebook(node, dict(values), kernel_name="python3", language="python")


def _refuse_one_place(notebook: Notebook, files: Sequence[Path]) -> None:
    """Refuse a copy and a report that would be written over the notebook, or over one another."""
    if any(file.resolve() == notebook.file.resolve() for file in files):
        raise NotebookRefused(_("The executed copy would be written over the notebook itself; name another file."))
    if len({file.resolve() for file in files}) < len(files):
        raise NotebookRefused(_("The executed copy and the report cannot be one file; name another one."))
