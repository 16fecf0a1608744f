"""The parameters of a notebook: what its tagged cell declares, and values read against that before anything runs.

papermill reads ``-p cp 01`` as the number 1 and only warns of a name that the notebook does not know. Here the
annotation decides how a value is read, and an unknown name or a value of another kind is refused.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from workbench.errors import BadValue, UnknownName
from workbench.language import _

TAG = "parameters"
"""The tag of the cell that declares them, as papermill has it."""

_YES = frozenset({"true", "yes", "y", "on", "1", "oui", "o", "vrai"})
_NO = frozenset({"false", "no", "n", "off", "0", "non", "faux"})
_KINDS = {"str", "int", "float", "bool", "list", "dict"}
_SECRET = re.compile(r"(^|_)(password|passwd|secret|api_?key|mot_de_passe|mdp)($|_)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter: its name, its kind (``str int float bool list dict``, or ``""`` when nobody said), its default."""

    name: str
    kind: str = ""
    item: str = ""  # what a list holds
    may_be_none: bool = False
    default: object = None
    comment: str = ""


class _Texts(yaml.SafeLoader):
    """Reads YAML and JSON with every plain value as its text: ``01`` stays « 01 », only nothing is nothing."""


_Texts.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def declared_parameters(source: str) -> dict[str, Parameter]:
    """Return what the source of a parameters cell declares, one assignment a line, by name.

    Raises
    ------
    SyntaxError
        When the cell is no Python.
    """
    comments = _comments(source)
    found = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            kind, item, may_be_none = _kind(statement.annotation)
            default, name = _literal(statement.value), statement.target.id
        elif (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            default, name = _literal(statement.value), statement.targets[0].id
            kind = type(default).__name__ if type(default).__name__ in _KINDS else ""
            item, may_be_none = "", default is None
        else:
            continue
        found[name] = Parameter(
            name=name,
            kind=kind,
            item=item,
            may_be_none=may_be_none,
            default=default,
            comment=comments.get(statement.end_lineno or 0, ""),
        )
    return found


def read_yaml(text: str, *, where: str) -> dict[str, object]:
    """Return the names and values of a YAML or JSON text, every plain value as its text.

    Raises
    ------
    BadValue
        When it cannot be read, or does not give names and values.
    """
    try:
        found = yaml.load(text, Loader=_Texts)  # noqa: S506 - a SafeLoader that guesses less
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise BadValue(_("{where}: this is no YAML or JSON (line {line}).").format(where=where, line=line)) from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadValue(_("{where}: write one « name: value » a line.").format(where=where))
    return {str(name): value for name, value in found.items()}


def checked_values(declared: Mapping[str, Parameter], given: Mapping[str, object]) -> dict[str, object]:
    """Return `given` as the notebook wants it.

    Raises
    ------
    UnknownName
        When the notebook has no such parameter; the sentence lists those it has.
    BadValue
        When a value is of another kind, or a parameter asks for a password.
    """
    for name in given:
        if name not in declared:
            raise UnknownName(
                _("The notebook has no parameter « {name} ». It has: {known}.").format(
                    name=name, known=", ".join(declared)
                )
                if declared
                else _("The notebook has no parameter « {name} »: none of its cells is tagged « {tag} ».").format(
                    name=name, tag=TAG
                )
            )
        if _SECRET.search(name):
            raise BadValue(
                _(
                    "« {name} » would be written into the executed notebook: a password is no parameter. "
                    "Keep it with the mail account."
                ).format(name=name)
            )
    return {name: read_value(declared[name], value) for name, value in given.items()}


def read_value(parameter: Parameter, value: object) -> object:
    """Return one value as its parameter wants it; texts are read, other values must already be of its kind.

    Raises
    ------
    BadValue
        When it is of another kind.
    """
    if value is None or (parameter.may_be_none and value == "None"):
        if parameter.may_be_none or not parameter.kind:
            return None
        raise _refused(parameter, value)
    kind = parameter.kind
    if not kind:
        return _guessed(value) if isinstance(value, str) else value
    if kind == "str" and isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)  # as on the command line
    if kind == "list":
        if isinstance(value, str):
            value = [item.strip() for item in value.split(",") if item.strip()]
        if not isinstance(value, (list, tuple)):
            raise _refused(parameter, value)
        one = Parameter(name=parameter.name, kind=parameter.item)
        return [read_value(one, item) if parameter.item else item for item in value]
    if kind == "dict":
        found = read_yaml(value, where=parameter.name) if isinstance(value, str) else value
        if isinstance(found, Mapping):
            return dict(found)
        raise _refused(parameter, value)
    return _plain_value(parameter, value)


def _plain_value(parameter: Parameter, value: object) -> object:
    if isinstance(value, (list, tuple, dict)):
        raise _refused(parameter, value)
    text = str(value).strip()
    match parameter.kind:
        case "str":
            return value if isinstance(value, str) else str(value)
        case "bool":
            if isinstance(value, bool):
                return value
            if text.lower() in _YES | _NO:
                return text.lower() in _YES
        case "int":
            if not isinstance(value, bool) and re.fullmatch(r"[+-]?\d+", text):
                return int(text)
        case "float":
            if not isinstance(value, bool) and re.fullmatch(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", text):
                return float(text.replace(",", "."))
    raise _refused(parameter, value)


def _refused(parameter: Parameter, value: object) -> BadValue:
    kinds = {
        "str": _("a text"),
        "int": _("a whole number"),
        "float": _("a number"),
        "bool": _("yes or no"),
        "list": _("a list, with commas between"),
        "dict": _("names and values"),
    }
    return BadValue(
        _("The parameter « {name} » takes {kind}, not « {value} ».").format(
            name=parameter.name, kind=kinds[parameter.kind], value=value
        )
    )


def _guessed(text: str) -> object:
    """Return a value whose kind nobody declared, as papermill reads it."""
    if text in {"True", "False", "None"}:
        return {"True": True, "False": False, "None": None}[text]
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _literal(node: ast.expr | None) -> object:
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None


def _kind(annotation: ast.expr) -> tuple[str, str, bool]:
    """Return the kind that an annotation names, what its list holds, and whether it may be nothing."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _kind(ast.parse(annotation.value, mode="eval").body)
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        sides = [annotation.left, annotation.right]
        some = [side for side in sides if not (isinstance(side, ast.Constant) and side.value is None)]
        if len(some) == 1:
            kind, item, _none = _kind(some[0])
            return kind, item, True
        return "", "", len(some) < len(sides)
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.value, (ast.Name, ast.Attribute)):
        outer = annotation.value.id if isinstance(annotation.value, ast.Name) else annotation.value.attr
        if outer == "Optional":
            kind, item, _none = _kind(annotation.slice)
            return kind, item, True
        if outer in {"list", "List"}:
            item = annotation.slice.id if isinstance(annotation.slice, ast.Name) else ""
            return "list", item if item in _KINDS else "", False
        return ("dict", "", False) if outer in {"dict", "Dict"} else ("", "", False)
    if isinstance(annotation, ast.Name) and annotation.id in _KINDS:
        return annotation.id, "", False
    return "", "", False


def _comments(source: str) -> dict[int, str]:
    """Return the comment that ends each line."""
    tokens: Iterable[tokenize.TokenInfo] = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ").strip() for token in tokens if token.type == tokenize.COMMENT}


def parameters_cell(notebook: Any) -> Any | None:
    """Return the first cell of a notebook that is tagged, or nothing."""
    return next((cell for cell in notebook.cells if TAG in cell.metadata.get("tags", ())), None)
