"""The parameters of a notebook: what its tagged cell declares, and values read against that before anything runs.

papermill reads ``-p cp 01`` as the number 1 and only warns of a name that the notebook does not know. Here the
annotation decides how a value is read, and an unknown name or a value of another kind is refused. What no annotation
decides keeps the type that YAML, JSON or papermill gives it, so that « false » never becomes a text that is true.
"""

from __future__ import annotations

import ast
import io
import math
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

INJECTED_TAG = "injected-parameters"
"""The tag of the cell that holds those of an execution."""

_YES = frozenset({"true", "yes", "y", "on", "1", "oui", "o", "vrai"})
_NO = frozenset({"false", "no", "n", "off", "0", "non", "faux"})
_KINDS = {"str", "int", "float", "bool", "list", "dict"}
_YAML_BOOLS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,300})")  # « 01 » and « +33… » are no numbers
_NUMBER = re.compile(r"-?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+")
_SECRET_WORD = re.compile(r"pass|pwd?|mdp|secrets?|jetons?|credentials?|.*tokens?")
_SECRET = re.compile(r"passw(or)?d|passphrase|passcode|mots?depasse|(api|private|secret|access)key|cl[eé]api")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter: its name, its kind (``str int float bool list dict``, or ``""`` when nobody said), its default."""

    name: str
    kind: str = ""
    item: str = ""  # what a list holds, or a dict under its names
    may_be_none: bool = False
    default: object = None
    computed: str = ""  # the source of a default that is no plain value
    comment: str = ""


class Written(str):
    """A value as somebody wrote it without quotes, and what it means (`meaning`) where nobody declares its kind."""

    __slots__ = ("meaning",)
    meaning: object

    def __new__(cls, text: str, meaning: object) -> Written:
        """Make it of its text."""
        written = super().__new__(cls, text)
        written.meaning = meaning
        return written


class _Texts(yaml.SafeLoader):
    """Reads YAML and JSON with the text of every plain value beside its type; only nothing is nothing."""


_Texts.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    text = str(loader.construct_scalar(node))
    return text if node.style else Written(text, _yaml_value(text))


_Texts.add_constructor("tag:yaml.org,2002:str", _text)


def _yaml_value(text: str) -> object:
    """Return a plain value with the type of YAML or JSON; a day, an hour and ``01`` stay texts."""
    if text.lower() in _YAML_BOOLS:
        return _YAML_BOOLS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) and math.isfinite(float(text)) else text


def as_typed(text: str) -> Written:
    """Return the value of ``-p``: read as its parameter declares, else as papermill does and yes or no understood."""
    return Written(text, _guessed(text))


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
            (default, computed), name = _literal(statement.value), statement.target.id
        elif (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            (default, computed), name = _literal(statement.value), statement.targets[0].id
            kind = type(default).__name__ if type(default).__name__ in _KINDS else ""
            item, may_be_none = "", default is None and not computed
        else:
            continue
        found[name] = Parameter(
            name=name,
            kind=kind,
            item=item,
            may_be_none=may_be_none,
            default=default,
            computed=computed,
            comment=comments.get(statement.end_lineno or 0, ""),
        )
    return found


def injected_values(source: str) -> dict[str, object]:
    """Return the values that the source of an injected cell gives, as the execution that wrote it had them.

    Raises
    ------
    SyntaxError
        When it is no Python, or holds anything else than names and plain values.
    """
    found = declared_parameters(source)
    if len(found) != len(ast.parse(source).body) or any(one.computed for one in found.values()):
        raise SyntaxError
    return {name: one.default for name, one in found.items()}


def secret_name(values: Mapping[str, object]) -> str:
    """Return the first name in `values`, and in what they hold, that asks for a password; else nothing."""
    for name, value in values.items():
        words = [word.lower() for word in _WORDS.findall(str(name))]
        if any(map(_SECRET_WORD.fullmatch, words)) or _SECRET.search("".join(words)):
            return str(name)
        if isinstance(value, Mapping) and (below := secret_name(value)):
            return below
    return ""


def read_yaml(text: str, *, where: str) -> dict[str, object]:
    """Return the names and values of a YAML or JSON text, plain values as `Written`.

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
    refuse_secret(given)  # before a value is quoted
    read = {name: read_value(declared[name], value) for name, value in given.items()}
    refuse_secret(read)
    return read


def from_texts(declared: Mapping[str, Parameter], given: Mapping[str, object]) -> dict[str, object]:
    """Return what a form or a job keeps as texts as the notebook wants it: an empty text is nothing where it may be.

    Raises
    ------
    UnknownName, BadValue
        As `checked_values` does.
    """
    typed: dict[str, object] = {}
    for name, value in given.items():
        one = declared.get(name)
        if one is not None and one.may_be_none and value == "":
            value = None
        elif one is not None and not one.kind and isinstance(value, str):
            value = as_typed(value)
        typed[name] = value
    return checked_values(declared, typed)


def refuse_secret(values: Mapping[str, object]) -> None:
    """Refuse values that hold a password, which would be written into the executed notebook.

    Raises
    ------
    BadValue
        When a name asks for one.
    """
    name = secret_name(values)
    if name:
        raise BadValue(
            _(
                "« {name} » would be written into the executed notebook: a password is no parameter. "
                "Keep it with the mail account."
            ).format(name=name)
        )


def read_value(parameter: Parameter, value: object) -> object:
    """Return one value as its parameter wants it; texts are read, other values must already be of its kind.

    Raises
    ------
    BadValue
        When it is of another kind.
    """
    kind = parameter.kind
    if not kind:
        return _meant(value)
    if value is None or (parameter.may_be_none and isinstance(value, Written) and value == "None"):
        if parameter.may_be_none:
            return None
        raise _refused(parameter, value)
    one = Parameter(name=parameter.name, kind=parameter.item)
    if kind == "str" and isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)  # as on the command line
    if kind == "list":
        if isinstance(value, str):
            typed = as_typed if isinstance(value, Written) else str
            value = [typed(item.strip()) for item in value.split(",") if item.strip()]
        if not isinstance(value, (list, tuple)):
            raise _refused(parameter, value)
        return [read_value(one, item) for item in value]
    if kind == "dict":
        found = read_yaml(value, where=parameter.name) if isinstance(value, str) else value
        if isinstance(found, Mapping):
            return {str(name): read_value(one, item) for name, item in found.items()}
        raise _refused(parameter, value)
    return _plain_value(parameter, value)


def _plain_value(parameter: Parameter, value: object) -> object:
    if isinstance(value, (list, tuple, dict)):
        raise _refused(parameter, value)
    text = str(value).strip()
    match parameter.kind:
        case "str":
            return str(value)
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


def _meant(value: object) -> object:
    """Return a value whose kind nobody declared with its own type."""
    if isinstance(value, Written):
        return value.meaning
    if isinstance(value, Mapping):
        return {str(name): _meant(item) for name, item in value.items()}
    return [_meant(item) for item in value] if isinstance(value, (list, tuple)) else value


def _guessed(text: str) -> object:
    """Return a value whose kind nobody declared as papermill reads it; true, false, yes and no in any letters."""
    if text == "None":
        return None
    if text.lower() in {"true", "yes", "false", "no"}:
        return _YAML_BOOLS[text.lower()]
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else text
    return text


def _literal(node: ast.expr | None) -> tuple[object, str]:
    """Return the plain value that stands in the source, or the source of what is none."""
    try:
        return None if node is None else ast.literal_eval(node), ""
    except ValueError:
        return None, ast.unparse(node) if node is not None else ""


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
        if outer in {"list", "List", "dict", "Dict"}:
            held = annotation.slice.elts[-1] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
            item = held.id if isinstance(held, ast.Name) and held.id in _KINDS else ""
            return outer.lower(), item, False
        return "", "", False
    if isinstance(annotation, ast.Name) and annotation.id in _KINDS:
        return annotation.id, "", False
    return "", "", False


def _comments(source: str) -> dict[int, str]:
    """Return the comment that ends each line."""
    tokens: Iterable[tokenize.TokenInfo] = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ").strip() for token in tokens if token.type == tokenize.COMMENT}


def parameters_cell(notebook: Any, tag: str = TAG) -> Any | None:
    """Return the first cell of a notebook that is tagged, or nothing."""
    return next((cell for cell in notebook.cells if tag in cell.metadata.get("tags", ())), None)
