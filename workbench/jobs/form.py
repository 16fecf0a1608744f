"""The parameters of a notebook as a form sets them: what can be chosen, what is wrong, and a copy with other values."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.domain.calendar import parse_day
from workbench.domain.notebook_fields import FieldKind, NotebookField
from workbench.errors import WorkbenchError
from workbench.jobs.parameters import Parameter, from_texts, parameters_cell
from workbench.jobs.running import Notebook, read_notebook
from workbench.language import _
from workbench.settings import write_private

if TYPE_CHECKING:
    from workbench.domain.searches import SearchParameter
    from workbench.practice import Practice

_NUMBERED = re.compile(r"-\d+$")
_NONE: tuple[tuple[str, str], ...] = ()
_OF_KINDS = {
    "bool": FieldKind.TICK,
    "int": FieldKind.NUMBER,
    "float": FieldKind.NUMBER,
    "list": FieldKind.TEXT,
    "dict": FieldKind.FIXED,
}


class NotebookValues:
    """The parameters of one notebook, read when it is made.

    Parameters
    ----------
    practice
        Whose searches, email types and accounts there are to choose from.
    path
        The notebook, inside the workspace when it is relative.

    Raises
    ------
    NotebookRefused
        When it cannot be read.
    """

    def __init__(self, practice: Practice, path: str | Path) -> None:
        self._practice = practice
        self._notebook: Notebook = read_notebook(practice.path / Path(path).expanduser())
        self.file = self._notebook.file

    def fields(self) -> list[NotebookField]:
        """Return one field a parameter, in the notebook's order."""
        (search, meant), named_by = self._search(), self._named_by()
        known = self._practice.searches().get(search)
        asked = {one.name: one for one in known.parameters} if known is not None else {}
        return [
            self._field(parameter, asked.get(meant.get(parameter.name, "")), is_search=parameter.name == named_by)
            for parameter in self._notebook.parameters.values()
        ]

    def problems(self, values: Mapping[str, object]) -> dict[str, str]:
        """Return what is wrong with values, one sentence a parameter."""
        found: dict[str, str] = {}
        kinds = {one.name: one.kind for one in self.fields()}
        for name, value in values.items():
            try:
                from_texts(self._notebook.parameters, {name: value})
                if kinds.get(name) is FieldKind.DAY and str(value).strip():
                    parse_day(str(value), today=self._practice.today, calendar=self._practice.calendar)
            except WorkbenchError as refused:
                found[name] = refused.sentence
        return found

    def given(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return the values that are others than the notebook's own, as it wants them.

        Raises
        ------
        UnknownName, BadValue
            When the notebook has no such parameter, or it takes no such value.
        """
        declared = self._notebook.parameters
        read = from_texts(declared, values)
        return {
            name: value for name, value in read.items() if declared[name].computed or value != declared[name].default
        }

    def write_copy(self, values: Mapping[str, object]) -> Path:
        """Write a copy beside the notebook, with these values in its parameters cell, and return where it stands."""
        given = self.given(values)
        node = copy.deepcopy(self._notebook.node)
        cell: Any = parameters_cell(node)
        cell.source = with_values(cell.source, given)
        for one in node.cells:
            if one.cell_type == "code":
                one.outputs, one.execution_count = [], None
        stem, number = _NUMBERED.sub("", self.file.stem), 2
        while (file := self.file.with_name(f"{stem}-{number}.ipynb")).exists():
            number += 1
        import nbformat

        write_private(file, (nbformat.writes(node, version=4) + "\n").encode())
        return file

    # --- which control each parameter has -------------------------------------------------------------------

    def _field(self, one: Parameter, asked: SearchParameter | None, *, is_search: bool) -> NotebookField:
        kind, choices = _OF_KINDS.get(one.kind, FieldKind.TEXT), _NONE
        if one.computed or (one.default is not None and not one.kind):
            kind = FieldKind.FIXED
        elif is_search:
            kind, choices = (
                FieldKind.CHOICE,
                tuple((name, _(it.label)) for name, it in self._practice.searches().items()),
            )
        elif one.kind in {"str", ""}:
            kind, choices = self._kind_of_text(one.name, asked)
        label = one.comment or (_(asked.label) if asked is not None else one.name)
        label = _known_labels().get(one.name) or label[:1].upper() + label[1:]
        return NotebookField(name=one.name, kind=kind, label=label, value=_told(one), choices=choices)

    def _kind_of_text(self, name: str, asked: SearchParameter | None) -> tuple[FieldKind, tuple[tuple[str, str], ...]]:
        practice = self._practice
        if asked is not None and asked.kind == "day":
            return FieldKind.DAY, ()
        if asked is not None and asked.kind == "yes_no":
            return FieldKind.CHOICE, (("", "–"), ("yes", _("yes")), ("no", _("no")))
        if asked is not None and asked.kind == "choice":
            known = practice.choices().get(asked.name)
            pairs = [(one, _(words)) for one, words in asked.words.items()] if asked.choices else known
            return (FieldKind.CHOICES, tuple(pairs)) if pairs else (FieldKind.TEXT, ())
        if name == "template":
            return FieldKind.CHOICE, tuple(
                (one.path, one.path.replace("/", " / ")) for one in practice.templates.values()
            )
        if name == "account":
            usual = (("", _("Default account")),)
            return FieldKind.CHOICE, usual + tuple((one.name, one.name) for one in practice.accounts.values())
        return FieldKind.TEXT, ()

    def _calls(self) -> Iterator[ast.Call]:
        """Give the searches that the notebook's cells ask; a cell that is no plain Python asks none."""
        for cell in self._notebook.node.cells:
            if cell.cell_type != "code":
                continue
            try:
                tree = ast.parse(cell.source)
            except SyntaxError:
                continue
            for node in ast.walk(tree):
                called = (
                    isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "search"
                )
                if called and isinstance(node, ast.Call) and node.args:
                    yield node

    def _named_by(self) -> str:
        """Return the parameter that names the search; nothing where the notebook asks one and the same."""
        names = [call.args[0].id for call in self._calls() if isinstance(call.args[0], ast.Name)]
        return next((name for name in names if name in self._notebook.parameters), "")

    def _search(self) -> tuple[str, dict[str, str]]:
        """Return the search that the notebook asks, and what each of its parameters is asked as there."""
        for call in self._calls():
            first = call.args[0]
            named: object = first.value if isinstance(first, ast.Constant) else ""
            if isinstance(first, ast.Name) and first.id in self._notebook.parameters:
                named = self._notebook.parameters[first.id].default
            try:
                search, _asked = self._practice.meant_search(str(named), {})
            except WorkbenchError:
                continue
            meant = {one.value.id: one.arg for one in call.keywords if one.arg and isinstance(one.value, ast.Name)}
            return search, meant
        return "", {}


def _known_labels() -> dict[str, str]:
    """Return what the parameters are called that every notebook of a mailing has, by name."""
    return {
        "template": _("Email type"),
        "account": _("Mail account"),
        "revision": _("Revision of the email type (0: always the latest)"),
        "dry_run": _("Trial: check everything, send nothing"),
    }


def with_values(source: str, values: Mapping[str, object]) -> str:
    """Return the source of a parameters cell with other values; what else stands in it stays, comments too."""
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    written = source.encode()
    for statement in reversed(ast.parse(source).body):
        target: ast.expr | None = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
        if not isinstance(target, ast.Name) or target.id not in values:
            continue
        assert isinstance(statement, (ast.Assign, ast.AnnAssign))  # noqa: S101 - what else has no target
        value, place = values[target.id], statement.value
        told = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
        if place is None:
            end = starts[(statement.end_lineno or 1) - 1] + (statement.end_col_offset or 0)
            written = written[:end] + f" = {told}".encode() + written[end:]
            continue
        begin = starts[place.lineno - 1] + place.col_offset
        end = starts[(place.end_lineno or place.lineno) - 1] + (place.end_col_offset or 0)
        written = written[:begin] + told.encode() + written[end:]
    return written.decode()


def _told(one: Parameter) -> str:
    if one.computed:
        return one.computed
    if isinstance(one.default, bool):
        return "yes" if one.default else "no"
    if isinstance(one.default, (list, tuple)):
        return ",".join(map(str, one.default))
    return "" if one.default is None else str(one.default)
