"""Read and write an email type as a file: optional YAML front matter between two ``---`` lines, then the HTML.

Of YAML only texts, lists and lists of « key: value » are read: a text is what stands there, « oui » and 12 too, and
nothing stands for something written elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

import yaml

from workbench.domain.attached import DOCUMENT_KINDS, DocumentRule, ImageRule, Pick, WhenMissing
from workbench.domain.departures import lifetime
from workbench.domain.fields import folded
from workbench.domain.options import OPTION_NAMES, Options
from workbench.domain.people import Channel, Role
from workbench.domain.templates import Template
from workbench.errors import BadValue, TemplateRefused
from workbench.language import LANGUAGES, _
from workbench.merging.recipients import BOTH, GROUPS

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)(?:^|\n)---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_KEYS = tuple(field.name for field in fields(Template) if field.name not in ("html", "revision", "changed_from"))
_LISTS = frozenset({"attachments", "pictures", "required"})
_PLAIN = frozenset({"label", "subject", "html"})
"""What every email type has, if only an empty one."""

LONGEST_PATH_PART = 120
"""Characters of a label, and of a folder."""

LARGEST_FRONT = 200_000
"""Characters of the lines between « --- »: the text part may stand there, and nothing else is long."""

_YES_NO = {
    **dict.fromkeys(("true", "yes", "oui", "vrai", "on"), True),
    **dict.fromkeys(("false", "no", "non", "faux", "off"), False),
}
_HALVES = re.compile("[\ud800-\udfff]")
_GUARDIANS = {"les deux": BOTH, "deux": BOTH}
_DOCUMENTS = {"facture": "invoice", "devis": "quote", "ordonnance": "prescription"}
_PICKS = {"derniere": Pick.LATEST, "la plus recente": Pick.LATEST, "premiere": Pick.FIRST}
_MISSING = {"ne pas envoyer": WhenMissing.SKIP, "sans": WhenMissing.WITHOUT, "demander": WhenMissing.ASK}
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
    return sound(Template(label=label, html=body, **{"subject": label, "folder": folder, **settings}))


def sound(template: Template) -> Template:
    """Return an email type as it is kept: its lines end alike, its path is spelled alike on every computer.

    Raises
    ------
    TemplateRefused
        When its label or folder could not be a path, or a text holds half a character or a zero byte.
    """
    path: dict[str, Any] = {
        key: unicodedata.normalize("NFC", getattr(template, key).strip()) for key in ("label", "folder")
    }
    texts = [template.html, template.text or "", template.subject, *path.values(), *template.defaults.values()]
    if any(_HALVES.search(text) for text in texts):
        raise TemplateRefused(
            _("A text holds half a character, as a bad copy leaves it: write it again. Nothing was kept of it.")
        )
    if any("\0" in text for text in texts):
        raise TemplateRefused(_("This is no text: it holds zero bytes."))
    for key, part in path.items():
        _check_path_part(part, key)
    if not path["label"]:
        raise TemplateRefused(_("An email type needs a label."))
    text = None if template.text is None else _lines_alike(template.text)
    return replace(template, html=_lines_alike(template.html), text=text, subject=template.subject.strip(), **path)


def with_settings(template: Template, settings: Mapping[str, object]) -> Template:
    """Return an email type with some settings as they are said now, in the words of a template file.

    Parameters
    ----------
    settings
        By name, as they stand in a template file; ``options.read_receipt`` or ``read_receipt`` is one of the options,
        ``defaults.RDVPRAT`` one of the default texts. ``""`` and ``None`` stand for what is usual.

    Raises
    ------
    TemplateRefused
        For a name or a value that an email type cannot have.

    Examples
    --------
    >>> template = Template(label="Rappel", subject="Rappel", html="<p>@PNOM</p>")
    >>> changed = with_settings(template, {"role": "responsable civil", "read_receipt": "oui"})
    >>> str(changed.role), changed.options.read_receipt
    ('guardian', True)
    """
    for name, value in settings.items():
        key, dot, inner = name.partition(".")
        if name in OPTION_NAMES:
            key, dot, inner = "options", ".", name
        if key not in (*_KEYS, "html") or (dot and key not in ("options", "defaults")):
            raise _unknown_key(name)
        if dot:
            old = template.options.to_dict() if key == "options" else dict(template.defaults)
            inner = inner.removeprefix("@") if key == "defaults" else inner
            said: object = {**old, inner: value}
            if value is None or value == "":
                said = {one: text for one, text in old.items() if one != inner}
        else:
            said = value
        if (said is None or said == "") and key not in _PLAIN:
            said = getattr(_USUAL, key)
        elif key in _PLAIN:
            said = str(said or "") if key == "html" else _one_line(said, key)
        else:
            said = _setting(key, said)
        changed: dict[str, Any] = {key: said}
        template = replace(template, **changed)
    return sound(template)


def lines_before_body(text: str) -> int:
    """Return how many lines of a template file stand before its body: what an author counts, and the body does not."""
    front = _FRONT.match(text.removeprefix("\ufeff"))
    return front[0].count("\n") if front else 0


def template_to_text(template: Template) -> str:
    """Return the file of an email type, always the same; `template_from_file` gives the same type back."""
    plain = template.to_dict()
    kept: dict[str, Any] = {"label": template.label, "subject": template.subject}
    usual = _USUAL.to_dict()
    for key in _KEYS:
        if key not in kept and plain.get(key) != usual.get(key):
            kept[key] = plain[key]
    return f"---\n{front_of(kept)}---\n{template.html}"


def front_of(values: Mapping[str, Any]) -> str:
    """Return the lines that say these values, in the most readable way that says exactly them."""
    readable = yaml.dump(values, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=float("inf"))
    texts = _as_texts(values)
    if _read_back(readable) == texts:
        return readable
    return yaml.dump(texts, Dumper=yaml.SafeDumper, default_style='"', sort_keys=False, width=float("inf"))


def _read_back(front: str) -> object:
    try:
        return yaml.load(front, _Reader)  # noqa: S506 - it knows texts alone
    except yaml.YAMLError:
        return None


def _as_texts(value: object) -> object:
    """Return plain values as they are read back: a yes is a word there."""
    if isinstance(value, Mapping):
        return {key: _as_texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_texts(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else value


class _Writer(yaml.SafeDumper):
    """Writes a text of several lines line by line, so that who compares two versions sees which line changed."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _written_text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Writer.add_representer(str, _written_text)


class _Reader(yaml.SafeLoader):
    """Reads texts, lists and lists of « key: value », and nothing else that YAML knows."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the base class has them
        sign: [one for one in resolvers if one[0] == "tag:yaml.org,2002:null"]
        for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    yaml_constructors = {  # noqa: RUF012 - as the base class has them
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.rpartition(":")[2] in ("str", "null", "seq", "map")
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="alias", problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen or key.tag != "tag:yaml.org,2002:str":
                raise yaml.MarkedYAMLError(problem="key", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _front_matter(text: str) -> dict[str, Any]:
    if len(text) > LARGEST_FRONT:
        raise TemplateRefused(
            _(
                "The lines between « --- » have more than {count} characters: the text of an email type stands below "
                "them."
            ).format(count=LARGEST_FRONT)
        )
    try:
        values = yaml.load(text, _Reader)  # noqa: S506 - it knows texts alone
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark is not None else None
        raise TemplateRefused(_sentence_of(error).format(line=line or 1), line=line) from error
    except (ValueError, RecursionError) as error:
        raise TemplateRefused(_("The lines between « --- » cannot be read.")) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        sentence = _("Line {line}: the lines between « --- » are not « key: value ».").format(line=2)
        raise TemplateRefused(sentence, line=2)
    for key in values:
        if key not in _KEYS:
            raise _unknown_key(str(key))
    return values


def _sentence_of(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None)
    if problem == "alias" or getattr(error, "context", None) in ("while scanning an alias", "while scanning an anchor"):
        return _("Line {line}: a text that begins with « * » or « & » stands between quotes.")
    if problem == "key":
        return _("Line {line}: a setting is a word, and is said once.")
    return _("Line {line}: the lines between « --- » are not « key: value ».")


def _unknown_key(key: str) -> TemplateRefused:
    shown = "".join(sign if sign.isprintable() else "?" for sign in key[:60])
    return TemplateRefused(
        _("An email type has no setting « {key} ». It has: {known}.").format(key=shown, known=", ".join(_KEYS))
    )


def _lines_alike(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _yes_no(value: object) -> bool | None:
    """Return what a yes or a no says, in either language; nothing of another word."""
    return value if isinstance(value, bool) else _YES_NO.get(str(value).strip().casefold())


def _one_line(value: object, key: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        raise TemplateRefused(_("The setting « {key} » is one line of text.").format(key=key))
    return str(value).strip()


def _setting(key: str, value: object) -> Any:
    if isinstance(value, str) and key in ("required", "further_roles"):
        value = [part for part in value.split(",") if part.strip()]
    if key in _LISTS:
        listed = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_one_line(item, key).removeprefix("@" if key == "required" else "") for item in listed)
    if key == "defaults":
        if not isinstance(value, dict):
            raise TemplateRefused(_("The setting « defaults » is a list of « CODE: text »."))
        return {str(code).removeprefix("@"): _one_line(text, key) for code, text in value.items()}
    if key == "options":
        return _options(value)
    if key in ("images", "documents"):
        listed = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_rule(key, item) for item in listed)
    if key == "further_roles":
        listed = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_role(_one_line(item, key)) for item in listed)
    if key == "health":
        health = _yes_no(value)
        if health is None:
            raise TemplateRefused(_("The setting « health » is yes or no."))
        return health
    if key == "text" and not isinstance(value, (list, dict)):
        return str(value)
    text = _one_line(value, key)
    if key == "role":
        return _role(text)
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


def _role(text: str) -> Role:
    role: Role = _choice("role", _ROLES.get(folded(text), text), tuple(Role), Role)
    return role


def _options(value: object) -> Options:
    if isinstance(value, Options):
        return value
    said = {str(name): _yes_no(one) for name, one in value.items()} if isinstance(value, dict) else {"": None}
    for name in said:
        if name:
            _choice("options", name, OPTION_NAMES, str)
    if None in said.values():
        raise TemplateRefused(_("The setting « {key} » is a list of « name: yes or no ».").format(key="options"))
    return Options.from_dict(said)


def _rule(key: str, value: object) -> ImageRule | DocumentRule:
    kind: type[ImageRule | DocumentRule] = ImageRule if key == "images" else DocumentRule
    if isinstance(value, kind):
        return value
    names = tuple(one.name for one in fields(kind))
    said = {"kind": value} if isinstance(value, str) else value
    if not isinstance(said, dict):
        raise TemplateRefused(
            _("The setting « {key} » is a list of « name: value », with: {known}.").format(
                key=key, known=", ".join(names)
            )
        )
    plain = {str(name): _one_line(one, key) for name, one in said.items() if one is not None}
    for name in plain:
        _choice(key, name, names, str)
    for name, words, choices in (("pick", _PICKS, tuple(Pick)), ("missing", _MISSING, tuple(WhenMissing))):
        if name in plain:
            plain[name] = _choice(name, words.get(folded(plain[name]), plain[name]), choices, str)
    if kind is DocumentRule:
        if not plain.get("kind"):
            raise TemplateRefused(_("The setting « {key} » needs the kind of document.").format(key=key))
        plain["kind"] = _choice(key, _DOCUMENTS.get(folded(plain["kind"]), plain["kind"]), DOCUMENT_KINDS, str)
    if day := plain.get("on_or_before"):
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise TemplateRefused(
                _("The setting « {key} » is a day, as 2026-11-22.").format(key="on_or_before")
            ) from error
    return kind.from_dict(plain)


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
    shown = part.replace("\u00a0", " ").replace("\u202f", " ")  # as French typography sets them
    if "/" in part or "\\" in part or part in (".", "..") or not shown.isprintable():
        raise TemplateRefused(
            _("The setting « {key} » cannot hold « / », « .. » or control characters.").format(key=key)
        )
    if len(part) > LONGEST_PATH_PART:
        raise TemplateRefused(
            _("The setting « {key} » has {count} characters at most.").format(key=key, count=LONGEST_PATH_PART)
        )


_USUAL = Template(label="", subject="", html="")
