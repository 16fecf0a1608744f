"""The choice of an email type, by folder and by what one remembers of it, and of the account it leaves from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.displays.subjects import as_read
from workbench.domain.questions import Question
from workbench.errors import UnknownAccount, UnknownTemplate, UsageError
from workbench.language import _, n_
from workbench.widgets.view import STATIC, View, by_number

Changed = Callable[[], None]


class TemplatePicker(View):
    """An email type out of those there are, on one row, with its subject in sight.

    Parameters
    ----------
    templates
        The email types: a frame with the columns ``path folder label subject``, or rows of these four.
    chosen
        The path of the one chosen first; nothing is chosen without it.
    accounts
        The accounts to choose from, as pairs of a name and what it is called; with one or none, nothing is asked.
    account
        The account chosen first; the first one by default.

    Attributes
    ----------
    chosen
        The path of the email type chosen now, or ``""``.
    account_chosen
        The name of the account that somebody chose, or ``""`` as long as it is the first one, whichever that is.
    values
        What a person answered to what the email type asks once for everybody (`ask`), by code.
    """

    _esm = STATIC / "template_picker.js"
    _css = STATIC / "template_picker.css"

    def __init__(
        self,
        templates: pd.DataFrame | Iterable[Sequence[str]],
        *,
        chosen: str | None = None,
        accounts: Sequence[tuple[str, str]] = (),
        account: str | None = None,
    ) -> None:
        super().__init__()
        self._templates = _rows(templates)
        self._accounts = list(accounts)
        self._callbacks: list[Changed] = []
        self._said: dict[str, Any] = {"sentence": "", "bad": False}
        self._asked: list[dict[str, str]] = []
        self.values: dict[str, str] = {}
        self.chosen = self._known(chosen or "")
        self.account_chosen = self._known_account(account or "")
        self.answers["open"] = self._opened
        self.answers["changed"] = self._changed
        self.answers["answered"] = self._answered
        self.answers["new"] = self._new
        self._write_new: Callable[[str, str], None] | None = None
        self._folder: Callable[[], str] = str

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the picker's words."""
        return {
            "template": _("Email type"),
            "placeholder": _("Choose an email type…"),
            "nothing": _("No email type holds these words."),
            "waiting": _("The email types are being read…"),
            **by_number("found", lambda count: n_("{count} email type", "{count} email types", count)),
            "subject": _("Subject: {subject}"),
            "account": _("Send from"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
            "no_folder": _("Without a folder"),
            "asked": _("Asked once, for everybody:"),
            "new": _("Write a new message"),
            "new_name": _("Name of the new email type"),
            "new_folder": _("Folder"),
            "new_write": _("Write it"),
            "cancel": _("Cancel"),
        }

    def on_change(self, callback: Changed) -> None:
        """Call `callback` once for each change of the email type or of the account."""
        self._callbacks.append(callback)

    def on_new(self, write: Callable[[str, str], None], folder: Callable[[], str]) -> None:
        """Offer to write a new message.

        Parameters
        ----------
        write
            Called with the label and the folder that a person names it by; it makes and chooses the email type.
        folder
            Returns the folder that is proposed.
        """
        self._write_new, self._folder = write, folder

    @property
    def account(self) -> str:
        """The name of the account that messages leave from, or ``""``: the one chosen, else the first."""
        return self.account_chosen or (self._accounts[0][0] if self._accounts else "")

    def offer(self, templates: pd.DataFrame | Iterable[Sequence[str]], accounts: Sequence[tuple[str, str]]) -> None:
        """Offer what there is by now, without calling anybody back; what is not there any more is chosen no more."""
        before = self._templates, self._accounts
        self._templates, self._accounts = _rows(templates), list(accounts)
        if (self._templates, self._accounts) == before:
            return
        if self.chosen not in [row["path"] for row in self._templates]:
            self.chosen, self.values = "", {}
            self._asked = []
        if self.account_chosen not in [name for name, _label in self._accounts]:
            self.account_chosen = ""
        self.send({"kind": "offered", **self._opened({})})

    def choose(self, path: str, account: str | None = None, *, values: Mapping[str, str] | None = None) -> None:
        """Choose an email type, and an account where one is said (``""``: the first), without calling anybody back."""
        if path != self.chosen or (values is not None and dict(values) != self.values):
            self.values = {}
            self.ask(())
        self.chosen = self._known(path)
        if account is not None:
            self.account_chosen = self._known_account(account)
        self.values = dict(self.values if values is None else values)
        self.send({"kind": "chosen", "chosen": self.chosen, "account": self.account})

    def ask(self, questions: Iterable[Question]) -> None:
        """Ask, under the row, what the email type needs once for everybody, with what counts as long as nobody says."""
        asked = [
            {"code": one.code, "label": one.label, "type": one.kind, "answer": self.values.get(one.code, one.answer)}
            for one in questions
        ]
        if asked != self._asked:
            self._asked = asked
            self.send({"kind": "asked", "questions": asked})

    def say(self, sentence: str, bad: bool = False) -> None:
        """Show a sentence under the row; with `bad`, as something to be put right."""
        self._said = {"sentence": sentence, "bad": bad}
        self.send({"kind": "said", **self._said})

    def _opened(self, _message: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "templates": self._templates,
            "accounts": [list(pair) for pair in self._accounts],
            "chosen": self.chosen,
            "account": self.account,
            "questions": self._asked,
            "new": self._write_new is not None,
            **self._said,
        }

    def _changed(self, message: Mapping[str, Any]) -> None:
        asked = (self._known(str(message["chosen"])), self._known_account(str(message["account"])))
        if asked == (self.chosen, self.account):
            return
        if asked[0] != self.chosen:
            self.values = {}
            self.ask(())
        self.chosen = asked[0]
        if asked[1] != self.account:
            self.account_chosen = asked[1]
        self.send({"kind": "chosen", "view": message.get("view"), "chosen": self.chosen, "account": self.account})
        for callback in self._callbacks:
            callback()

    def _new(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Say where a new email type would stand, or begin it once it has a name."""
        if self._write_new is None:
            return {}
        if "label" not in message:
            return {"folder": self._folder()}
        if not (label := str(message["label"]).strip()):
            raise UsageError(_("Name the new email type: it is kept under this name."))
        self._write_new(label, str(message["folder"]).strip())
        return {}

    def _answered(self, message: Mapping[str, Any]) -> None:
        code, value = str(message["code"]), str(message["value"]).strip()
        if code not in [one["code"] for one in self._asked]:
            raise UsageError(_("This email type does not ask for @{code}.").format(code=code))
        if self.values.get(code) == value:
            return
        self.values = {**self.values, code: value}
        for callback in self._callbacks:
            callback()

    def _known(self, path: str) -> str:
        if path and path not in [row["path"] for row in self._templates]:
            raise UnknownTemplate(_("There is no email type « {path} ».").format(path=path))
        return path

    def _known_account(self, name: str) -> str:
        if name and name not in [known for known, _label in self._accounts]:
            raise UnknownAccount(_("There is no account « {name} ».").format(name=name))
        return name


def _rows(templates: pd.DataFrame | Iterable[Sequence[str]]) -> list[dict[str, str]]:
    names = ("path", "folder", "label", "subject")
    given = templates.loc[:, list(names)].itertuples(index=False) if isinstance(templates, pd.DataFrame) else templates
    rows = [dict(zip(names, map(str, row), strict=True)) for row in given]
    return [row | {"subject": as_read(row["subject"])} for row in rows]
