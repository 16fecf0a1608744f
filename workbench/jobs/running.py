"""Run a notebook as papermill does: parameters checked, executed in its own process, an executed copy, a truth.

What the run sent is read from the ledger, never from the notebook; the copy holds numbers, not people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.domain.mailings import Counts
from workbench.domain.runs import RUN_VARIABLE, RunProgress, RunRecord, RunStatus
from workbench.errors import NotebookRefused
from workbench.jobs.files import made_folder, refuse_unwritable
from workbench.jobs.parameters import Parameter, checked_values, declared_parameters, parameters_cell
from workbench.language import _
from workbench.settings import write_private

if TYPE_CHECKING:
    from workbench.practice import Practice

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """A notebook that can run: its file, what it holds, and the parameters that it declares."""

    file: Path
    digest: str
    node: Any
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What became of a run: how it ended, where its mailings stand now, and what its copy keeps."""

    record: RunRecord
    counts: Mapping[int, Counts]
    copy: Path
    report: Path | None
    dropped: int

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


def read_notebook(file: str | Path) -> Notebook:
    """Read a notebook and what it declares.

    Raises
    ------
    NotebookRefused
        When it is not there, is no notebook, or is not in Python.
    """
    import nbformat

    path = Path(file).expanduser().absolute()
    try:
        content = path.read_bytes()
        node = nbformat.reads(content.decode(), as_version=4)
        cell = parameters_cell(node)
        declared = declared_parameters(cell.source) if cell is not None else {}
    except OSError as error:
        raise NotebookRefused(
            _("« {path} » cannot be used: {problem}.").format(path=path, problem=error.strerror)
        ) from error
    except SyntaxError as error:
        raise NotebookRefused(
            _("« {path} »: line {line} of its parameters is no Python; nothing was executed.").format(
                path=path, line=error.lineno
            )
        ) from error
    except Exception as error:  # what nbformat raises has no common root
        raise NotebookRefused(_("« {path} » is not a notebook.").format(path=path)) from error
    spoken = node.metadata.get("kernelspec", {}).get("language") or node.metadata.get("language_info", {}).get("name")
    if str(spoken or "python").lower() != "python":
        raise NotebookRefused(
            _("« {path} » is written in {language}; only notebooks in Python run here.").format(
                path=path, language=spoken
            )
        )
    return Notebook(file=path, digest=hashlib.sha256(content).hexdigest(), node=node, parameters=declared)


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
) -> RunOutcome:
    """Execute a notebook on a practice, and tell what became of it.

    Parameters
    ----------
    parameters
        Read against what the notebook declares; an unknown name or a wrong kind is refused before anything runs.
    output
        Where the executed copy is written; by default in the workspace's ``runs`` folder, under the notebook's name
        and the time. It is written as well when a cell failed.
    report
        Where an HTML report is written, which opens offline.
    timeout
        Seconds that one cell may take.
    cwd
        The folder that it works in; the notebook's own by default, as in JupyterLab.
    keep_output
        Keep every output in the copy, patients' data included; by default only numbers are kept.

    Raises
    ------
    NotebookRefused, UnknownName, BadValue
        When it cannot run; nothing was begun.
    """
    values = checked_values(notebook.parameters, parameters or {})
    begun = practice.now()
    copy = (
        output.expanduser().absolute()
        if output
        else _default_copy(practice, notebook, begun.strftime("%Y%m%dT%H%M%SZ"))
    )
    _refuse_own_place(notebook, [copy, *([report.absolute()] if report else [])])
    for file in (copy, *([report] if report else [])):
        refuse_unwritable(file)
    node = _with_parameters(notebook.node, values)
    practice.ledger.runs.recover(begun)
    run = practice.ledger.runs.start(
        notebook=notebook.file.name, digest=notebook.digest, parameters=values, by=practice.user, now=begun
    )
    status, error = RunStatus.FAILED, ""
    try:
        status, error, dropped = _executed(
            practice, node, run.id, folder=cwd or notebook.file.parent, timeout=timeout, keep_output=keep_output,
            progress=progress,
        )  # fmt: skip
        _write_copy(node, copy)
        if report is not None:
            from workbench.jobs.report import write_report

            used = {name: one.default for name, one in notebook.parameters.items()} | values
            write_report(node, report, title=notebook.file.stem, at=begun, parameters=used)
    except KeyboardInterrupt:
        status = RunStatus.INTERRUPTED
        raise
    except Exception as unforeseen:
        status, error = RunStatus.FAILED, type(unforeseen).__name__
        raise
    finally:
        run.end(status, error=error, now=practice.now())
    record = practice.ledger.runs.run(run.id)
    counts = {number: practice.ledger.mailings.counts(number) for number in record.mailings}
    return RunOutcome(record=record, counts=counts, copy=copy, report=report, dropped=dropped)


def _executed(
    practice: Practice,
    node: Any,
    run_id: str,
    *,
    folder: Path,
    timeout: float | None,
    keep_output: bool,
    progress: Callable[[RunProgress], None] | None,
) -> tuple[RunStatus, str, int]:
    """Execute and strip; return how it ended, the error's sentence, and how many outputs were not kept."""
    from workbench.jobs.execution import execute
    from workbench.jobs.stripping import People, sentence_of_error, stripped

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
    mailings = practice.ledger.runs.run(run_id).mailings
    people = People.of(practice.ledger.results.results(number) for number in mailings)
    dropped = stripped(node, people, keep_output=keep_output)
    node.metadata["workbench"] = {"run": run_id, "status": ended.status.value, "outputs_not_kept": dropped}
    return ended.status, _told(ended.error, timeout) or sentence_of_error(ended.error, ended.text, people), dropped


def _told(error: str, timeout: float | None) -> str:
    """Return the sentence of what ended a run from outside its cells, or nothing."""
    return {
        "TimeIsUp": _("A cell took longer than {seconds} seconds and was stopped.").format(seconds=timeout),
        "KernelDied": _("The notebook's process ended by itself; perhaps the memory was not enough."),
        "NoKernel": _("The notebook's process did not start."),
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


def _default_copy(practice: Practice, notebook: Notebook, moment: str) -> Path:
    file = practice.path / "runs" / f"{notebook.file.stem}-{moment}.ipynb"
    number = 1
    while file.exists():
        number += 1
        file = file.with_name(f"{notebook.file.stem}-{moment}-{number}.ipynb")
    return file


def _refuse_own_place(notebook: Notebook, files: Sequence[Path]) -> None:
    if any(file.resolve() == notebook.file.resolve() for file in files):
        raise NotebookRefused(_("The executed copy would be written over the notebook itself; name another file."))


def _write_copy(node: Any, copy: Path) -> None:
    import nbformat

    made_folder(copy.parent)
    write_private(copy, (nbformat.writes(node, version=4) + "\n").encode())
