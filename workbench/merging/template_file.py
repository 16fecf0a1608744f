"""Read and write an email type as a file: optional YAML front matter between two ``---`` lines, then the HTML."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import yaml

from workbench.domain.departures import lifetime
from workbench.domain.fields import folded
from workbench.domain.people import Channel, Role
from workbench.domain.templates import Template
from workbench.errors import BadValue, TemplateRefused
from workbench.language import LANGUAGES, _
from workbench.merging.recipients import BOTH, GROUPS

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)(?:^|\n)---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_KEYS = tuple(field.name for field in fields(Template) if field.name not in ("html", "revision"))
_LISTS = frozenset({"attachments", "required"})
_GUARDIANS = {"les deux": BOTH, "deux": BOTH}
_ROLES = {
    "patient": Role.PATIENT,
    "responsable civil": Role.GUARDIAN,
    "responsable": Role.GUARDIAN,
    "responsable financier": Role.PAYER,
    "payeur": Role.PAYER,
    "correspondant": Role.CORRESPONDENT,
    "confrere": Role.CORRESPONDENT,
    "dentiste traitant": Role.TREATING_DENTIST,
    "medecin traitant": Role.TREATING_PHYSICIAN,
    "orthodontiste": Role.ORTHODONTIST,
    "adresseur": Role.REFERRING,
    "personne externe": Role.EXTERNAL,
}


def template_from_file(text: str, *, name: str, folder: str = "") -> Template:
    """Return the email type that a template file holds.

    Parameters
    ----------
    text
        The whole file. Without front matter it is the body.
    name
        The file's name without its ending: the label and the subject when the file gives none.
    folder
        The folder when the file gives none.

    Raises
    ------
    TemplateRefused
        When the front matter cannot be read, holds an unknown key, or a label or folder that could not be a path.
    """
    text = text.removeprefix("\ufeff")
    front = _FRONT.match(text)
    values = _front_matter(front[1] + "\n") if front else {}
    body = text[front.end() :] if front else text
    label = _one_line(values.pop("label", None), "label") or name
    settings = {key: _setting(key, value) for key, value in values.items() if value is not None}
    for part, key in ((label, "label"), (settings.get("folder", folder), "folder")):
        _check_path_part(part, key)
    return Template(label=label, html=body.replace("\r\n", "\n"), **{"subject": label, "folder": folder, **settings})


def lines_before_body(text: str) -> int:
    """Return how many lines of a template file stand before its body: what an author counts, and the body does not."""
    front = _FRONT.match(text.removeprefix("\ufeff"))
    return front[0].count("\n") if front else 0


def template_to_text(template: Template) -> str:
    """Return the file of an email type; `template_from_file` gives the same type back."""
    plain = template.to_dict()
    kept: dict[str, Any] = {"label": template.label, "subject": template.subject}
    usual = Template(label="", subject="", html="").to_dict()
    for key in _KEYS:
        if key not in kept and plain.get(key) != usual.get(key):
            kept[key] = plain[key]
    front = yaml.safe_dump(kept, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{front}---\n{template.html}"


def _front_matter(text: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark is not None else None
        raise TemplateRefused(
            _("Line {line}: the lines between « --- » are not « key: value ».").format(line=line or 1), line=line
        ) from error
    except (ValueError, RecursionError) as error:
        raise TemplateRefused(_("The lines between « --- » cannot be read.")) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        sentence = _("Line {line}: the lines between « --- » are not « key: value ».").format(line=2)
        raise TemplateRefused(sentence, line=2)
    for key in values:
        if key not in _KEYS:
            raise TemplateRefused(
                _("An email type has no setting « {key} ». It has: {known}.").format(key=key, known=", ".join(_KEYS))
            )
    return values


def _one_line(value: object, key: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        raise TemplateRefused(_("The setting « {key} » is one line of text.").format(key=key))
    return str(value).strip()


def _setting(key: str, value: object) -> Any:
    if key in _LISTS:
        listed = value if isinstance(value, list) else [value]
        return tuple(_one_line(item, key).removeprefix("@" if key == "required" else "") for item in listed)
    if key == "defaults":
        if not isinstance(value, dict):
            raise TemplateRefused(_("The setting « defaults » is a list of « CODE: text »."))
        return {str(code).removeprefix("@"): _one_line(text, key) for code, text in value.items()}
    if key == "health":
        if not isinstance(value, bool):
            raise TemplateRefused(_("The setting « health » is yes or no."))
        return value
    if key == "text":
        return str(value)
    text = _one_line(value, key)
    if key == "role":
        return _choice(key, _ROLES.get(folded(text), text), tuple(Role), Role)
    if key == "channel":
        return _choice(key, text, tuple(Channel), Channel)
    if key == "group" and text:
        return _choice(key, text, GROUPS, str)
    if key == "guardians" and text:
        return _choice(key, _GUARDIANS.get(folded(text), text), (BOTH,), str)
    if key == "expires" and text:
        return _expiry(text)
    if key == "language" and text not in LANGUAGES:
        return _choice(key, text, LANGUAGES, str)
    return text


def _expiry(text: str) -> str:
    try:
        lifetime(text)
    except BadValue as error:
        raise TemplateRefused(
            _("The setting « {key} »: {problem}").format(key="expires", problem=error.sentence)
        ) from error
    return text


def _choice(key: str, text: str, known: tuple[str, ...], kind: Any) -> Any:
    if text not in known:
        raise TemplateRefused(
            _("The setting « {key} » cannot be « {value} »; it is one of: {known}.").format(
                key=key, value=text, known=", ".join(known)
            )
        )
    return kind(text)


def _check_path_part(part: str, key: str) -> None:
    if "/" in part or "\\" in part or part in (".", "..") or any(ord(sign) < 32 or ord(sign) == 127 for sign in part):
        raise TemplateRefused(
            _("The setting « {key} » cannot hold « / », « .. » or control characters.").format(key=key)
        )
