"""What the core says of accounts, in the gestures of a screen: nobody in front of a form types a command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.domain.presets import preset_called
from workbench.language import _, marked

LABELS = {
    "email": marked("E-mail address"),
    "preset": marked("Provider"),
    "auth": marked("Way to log in"),
    "client-id": marked("Client id"),
    "tenant": marked("Organisation"),
    "host": marked("Server"),
    "port": marked("Port"),
    "security": marked("Security"),
    "user": marked("User name"),
    "password-stdin": marked("Password"),
    "client-secret-env": marked("Client secret"),
}
"""The controls of the screen, by the option of the command line that does the same."""

BUTTONS = {"test": marked("Test"), "login": marked("Sign in"), "help": marked("Step by step")}
"""The buttons of the screen, by the command that does the same."""

OAUTH = {"google": marked("Google's sign-in"), "microsoft": marked("Microsoft's sign-in")}
"""How one logs in with whose access tokens."""

_OPTION = r"--[a-z][a-z-]*"
_VALUE = r"[\w@.…{}-]*[\w@…}]"
_PLAIN = re.compile(rf"({_OPTION})(?: ({_VALUE})(?=[\s.,;:)]|$))?")


def on_screen(sentence: str, name: str = "") -> str:
    """Return a sentence of the core about the account `name` with buttons and fields in the place of commands.

    Examples
    --------
    >>> on_screen("Try it: workbench account test cabinet")
    'Try it: « Test »'
    """
    called = "|".join([re.escape(f"'{name}'"), re.escape(name), r"\S+"] if name else [r"\S+"])
    options = rf"((?: {_OPTION}(?: (?!--){_VALUE})?)*)"
    command = re.compile(rf"workbench account (\w+)(?: (?!--)(?:{called}))?{options}")
    told = command.sub(lambda found: _gesture(found[1], found[2]), sentence)
    return _PLAIN.sub(_bare, told)


def _gesture(verb: str, options: str) -> str:
    if verb in BUTTONS:
        return _quoted(_(BUTTONS[verb]))
    if verb == "presets":
        return _control("preset", "")
    told = list(dict.fromkeys(_controls(_PLAIN.findall(options))))
    return ", ".join(told) or _("this form")


def _controls(options: list[tuple[str, str]]) -> Iterator[str]:
    given = {option.removeprefix("--"): value for option, value in options}
    for option, value in given.items():
        if option == "oauth" or (option == "email" and len(given) > 1):
            continue
        yield _control(option, given.get("oauth") or value if option == "auth" else value)


def _control(option: str, value: str) -> str:
    label = _(LABELS[option]) if option in LABELS else option
    if option == "auth":
        value = _(OAUTH[value]) if value in OAUTH else _("Password") if value == "password" else ""
    elif option == "preset":
        known = preset_called(value) if value else None
        value = known.brand if known else value
    elif option == "security":
        value = value.upper()
    elif option in ("client-id", "tenant", "port", "client-secret-env") or (value.isupper() and "@" not in value):
        value = ""  # a word that stands for what a person gives
    return _quoted(label, "" if value == "…" else value)


def _bare(found: re.Match[str]) -> str:
    option, value = found[1].removeprefix("--"), found[2] or ""
    if option == "oauth":
        return f"{_control('auth', '')} {value}"
    if option not in LABELS:
        return found[0]
    if value and (option in ("host", "port", "password-stdin") or (option == "security" and value not in _SECURITIES)):
        return f"{_quoted(_(LABELS[option]))} {value}"  # the sentence goes on
    return _control(option, value)


_SECURITIES = ("tls", "starttls", "none")


def _quoted(label: str, value: str = "") -> str:
    return (_("« {label}: {value} »") if value else _("« {label} »")).format(label=label, value=value)
