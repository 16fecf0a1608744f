"""The settings of an email type as a form takes them: what each is called, what may be chosen, what counts now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.displays.sending import account_called
from workbench.displays.words import heading, shown
from workbench.domain.options import OPTION_NAMES
from workbench.domain.people import Role
from workbench.domain.signatures import NO_SIGNATURE
from workbench.domain.templates import Template
from workbench.language import LANGUAGES, _, marked

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

Field = dict[str, Any]
"""A control of the form: ``name label kind value``, and ``choices`` or a ``note`` where it has some."""

LANGUAGE_WORDS = {"fr": marked("French"), "en": marked("English")}


def settings_form(practice: Practice, template: Template) -> list[dict[str, Any]]:
    """Return the settings of an email type in groups: ``title`` and ``fields``; a variant has its own words alone."""
    if template.variant_of:
        files = [_language(practice, template), _files(template)]
        note = _("Account, signature, addressee and options are those of « {path} ».").format(path=template.variant_of)
        return [{"title": _("This language"), "note": note, "fields": files}]
    counts = practice.templates.effective(template).set_index("setting")
    usual = practice.templates.effective(_plain(template)).set_index("setting")["value"].to_dict()
    accounts = [(account, account_called(practice.accounts, account)) for account in practice.accounts]
    signatures = [(NO_SIGNATURE, _("No signature")), *((name, name) for name in practice.signatures)]
    return [
        {
            "title": _("Who writes, and to whom"),
            "note": "",
            "fields": [
                _choice(
                    "account",
                    template.account or "",
                    [("", _usual(account_called(practice.accounts, usual["account"]))), *accounts],
                ),
                _choice("signature", template.signature or "", [("", _usual(usual["signature"])), *signatures]),
                _choice("role", str(template.role), [(str(role), shown("role", role) or str(role)) for role in Role]),
                _many("further_roles", _("And also to"), [str(role) for role in template.further_roles]),
                _text("reply_to", template.reply_to or "", note=_usual(usual["reply_to"])),
            ],
        },
        {
            "title": _("What goes with it"),
            "note": "",
            "fields": [
                _files(template),
                *(_option(name, getattr(template.options, name), str(usual[name])) for name in OPTION_NAMES),
            ],
        },
        {
            "title": _("What it is for"),
            "note": _("Whoever was told something for one purpose is not told the same thing again."),
            "fields": [
                _language(practice, template),
                _text("purpose", template.purpose, note=_("Now: {purpose}").format(purpose=template.occasion_purpose)),
                _text("step", template.step, note=_("For several messages about one thing: J-7, then J-1.")),
                _choice("group", template.group, _groups()),
                _choice("guardians", template.guardians, _guardians()),
                _text("expires", template.expires, note=_("As « 36 h » or « P2D » after it was confirmed.")),
                _text("required", ", ".join(template.required), note=_("Without a value, nobody is written to.")),
                {
                    "name": "health",
                    "label": _("May carry health data on ordinary addresses"),
                    "kind": "tick",
                    "value": template.health,
                    "note": _("It is written down with your name ({user}).").format(user=practice.user),
                },
            ],
        },
        {"title": _("Proposed by"), "note": _proposed(counts.empty), "fields": [_searches(practice, template)]},
    ]


def said_settings(fields: Mapping[str, Any], file_of: Callable[[str], str]) -> dict[str, object]:
    """Return settings as `change` takes them; of the files named, those just brought are found by `file_of`."""
    known = {str(name): value for name, value in fields.items() if name not in ("searches", "label", "folder", "html")}
    if "attachments" in known:
        known["attachments"] = [file_of(str(name)) for name in known["attachments"]]
    return known


def summary(practice: Practice, template: Template) -> list[list[str]]:
    """Return what counts when an email type is sent, in lines: what, its value, who says so."""
    lines = []
    for name, value, said_by in practice.templates.effective(template).itertuples(index=False):
        if name == "role":
            value = ", ".join(shown("role", role) or role for role in str(value).split(", "))
        elif name == "account":
            value = account_called(practice.accounts, str(value))
        elif value in ("yes", "no"):
            value = _("yes") if value == "yes" else _("no")
        lines.append([heading(str(name)), str(value) or "–", shown("said_by", said_by) or ""])
    return lines


def _plain(template: Template) -> Template:
    """Return the email type as if it said nothing itself: what counts then is what is usual."""
    return Template(label=template.label, folder=template.folder, subject=template.subject, html="")


def _choice(name: str, value: str, choices: list[tuple[str, str]]) -> Field:
    if value not in [known for known, _label in choices]:  # what it says is gone, and is still what it says
        choices = [*choices, (value, f"✕ {value}")]
    return {
        "name": name,
        "label": heading(name),
        "kind": "choice",
        "value": value,
        "choices": [[*one] for one in choices],
    }


def _text(name: str, value: str, *, note: str = "") -> Field:
    words = {"expires": _("Good for"), "required": _("Required fields")}
    return {"name": name, "label": words.get(name) or heading(name), "kind": "text", "value": value, "note": note}


def _many(name: str, label: str, value: list[str]) -> Field:
    choices = [[str(role), shown("role", role) or str(role)] for role in Role]
    return {"name": name, "label": label, "kind": "many", "value": value, "choices": choices}


def _option(name: str, value: bool | None, usual: str) -> Field:
    told = "" if value is None else "yes" if value else "no"
    counts = _("yes") if usual == "yes" else _("no")
    return _choice(f"options.{name}", told, [("", _usual(counts)), ("yes", _("yes")), ("no", _("no"))]) | {
        "label": heading(name)
    }


def _files(template: Template) -> Field:
    names = [kept.rpartition("/")[2] for kept in template.attachments]
    return {"name": "attachments", "label": _("Attached files"), "kind": "files", "value": names}


def _language(practice: Practice, template: Template) -> Field:
    return _choice("language", template.language, [(one, _(LANGUAGE_WORDS[one])) for one in LANGUAGES])


def _searches(practice: Practice, template: Template) -> Field:
    attached = practice.ledger.search_templates.all()
    choices = []
    for name, label in searches_called(practice).items():
        other = attached.get(name, "")
        told = _("{search} (now: {path})").format(search=label, path=other)
        choices.append([name, told if other and other != template.path else label])
    mine = [search for search, path in attached.items() if path == template.path]
    return {
        "name": "searches",
        "label": _("Searches that propose it"),
        "kind": "many",
        "value": mine,
        "choices": choices,
    }


def searches_called(practice: Practice) -> dict[str, str]:
    """Return the searches, saved ones too, by name: what each is called."""
    own = {name: _(search.label) for name, search in practice.searches().items()}
    return own | {name: f"« {name} »" for name in practice.saved_searches()["name"]}


def _usual(value: str) -> str:
    return _("as usual: {value}").format(value=value or "–")


def _groups() -> list[tuple[str, str]]:
    return [("", _("nothing said")), ("patient", _("one message a patient")), ("family", _("one message a family"))]


def _guardians() -> list[tuple[str, str]]:
    return [("", _("the first guardian")), ("both", _("both guardians"))]


def _proposed(_nothing: bool) -> str:
    return _("A search proposes one email type; it is chosen by itself when somebody writes to who was found.")
