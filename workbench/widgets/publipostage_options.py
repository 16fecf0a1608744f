"""What is chosen for one mailing alone: signature, addressee, files that go with it, what is kept of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.displays.showing import told_size
from workbench.domain.file_names import harmless_name
from workbench.domain.people import Role
from workbench.domain.signatures import NO_SIGNATURE
from workbench.errors import UsageError
from workbench.language import _
from workbench.practice.attaching import kept_files
from workbench.practice.letterheads import options_of, signature_name
from workbench.widgets.view import STATIC, View

if TYPE_CHECKING:
    from workbench.domain.accounts import Account
    from workbench.domain.templates import Template
    from workbench.practice import Practice

ROLES = (Role.PATIENT, Role.GUARDIAN, Role.PAYER, Role.CORRESPONDENT, Role.TREATING_DENTIST)
"""Who may be written to, in the order in which they are offered."""

_OPTIONS = ("keep_messages", "read_receipt")


class PublipostageOptions(View):
    """The choices for one mailing, on top of what its email type and its account say.

    Attributes
    ----------
    signature, role
        What was chosen instead of what the email type says; ``""`` leaves it to that.
    options
        What was said of saving and receipts, by name.
    files
        The files that go with this mailing alone, by the names they are kept under.
    health_reason
        Why health data may leave on ordinary addresses this once.
    told
        Of each of the files, whether it holds health data, where that is asked.

    Parameters
    ----------
    asks_of_files
        Ask of each file that is added whether it holds health data.
    """

    _esm = STATIC / "publipostage_options.js"
    _css = STATIC / "publipostage_options.css"

    def __init__(self, practice: Practice, *, asks_of_files: bool = False) -> None:
        super().__init__()
        self._asks_of_files = asks_of_files
        self._practice = practice
        self._callbacks: list[Callable[[], None]] = []
        self._template: Template | None = None
        self._account: Account | None = None
        self._asks_health = False
        self._bytes: Sequence[Any] = ()
        self._round = 0  # the message these choices are for: a gesture that was meant for the one before is refused
        self.signature, self.role, self.health_reason = "", "", ""
        self.options: dict[str, bool] = {}
        self.files: tuple[str, ...] = ()
        self.told: dict[str, bool] = {}
        self.answers["open"] = lambda _asked: self._state()
        self.answers["changed"] = self._of_this_message(self._changed)
        self.answers["add"] = self._of_this_message(self._add)
        self.answers["told"] = self._of_this_message(self._told)
        self.answers["remove"] = self._of_this_message(self._remove)

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the choices."""
        return {
            "title": _("For this mailing"),
            "signature": _("Signature"),
            "role": _("Written to"),
            "files": _("Attachments:"),
            "none": _("none"),
            "add": _("Add a file…"),
            "adding": _("The file is being taken in…"),
            "remove": _("Remove {name}"),
            "of_type": _("goes with the email type"),
            "holds_health": _("Does « {name} » hold health data?"),
            "yes": _("Yes"),
            "no": _("No"),
            "keep_messages": _("Save the messages sent"),
            "read_receipt": _("Ask for a read receipt"),
            "health": _("This message tells of somebody's health, and ordinary e-mail is not protected."),
            "health_reason": _("Let it leave all the same, this once, because:"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        }

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change of a choice."""
        self._callbacks.append(callback)

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, as ``practice.mailing`` takes it; the files apart."""
        return {
            "signature": self.signature or None,
            "role": self.role or None,
            "options": dict(self.options),
            "health_reason": self.health_reason,
        }

    def kept(self) -> dict[str, Any]:
        """Return every choice as plain values, for a draft; why health data may leave is said for one list alone."""
        return {
            "signature": self.signature,
            "role": self.role,
            "options": dict(self.options),
            "files": list(self.files),
            **({"told": dict(self.told)} if self._asks_of_files else {}),
        }

    def unanswered(self) -> str:
        """Return the name of a file of which nobody has said yet whether it holds health data, or ``""``."""
        names = (one.rpartition("/")[2] for one in self.files if self._asks_of_files and one not in self.told)
        return next(names, "")

    def take(self, kept: Mapping[str, Any]) -> None:
        """Choose again what `kept` gave; a signature that is not there any more is left to the email type."""
        signature = str(kept.get("signature", ""))
        self.signature = signature if signature == NO_SIGNATURE or signature in self._practice.signatures else ""
        self.role = str(kept.get("role", ""))
        self.options = {name: bool(value) for name, value in dict(kept.get("options", {})).items() if name in _OPTIONS}
        self.files = tuple(name for name in kept.get("files", ()) if self._practice.attachments.read(name) is not None)
        self.told = {one: bool(holds) for one, holds in dict(kept.get("told", {})).items() if one in self.files}
        self.health_reason = ""
        self._round += 1
        self._tell()

    def meet_others(self) -> None:
        """Take back what was decided about the people, or the text, of before: that health data may leave."""
        if self.health_reason:
            self.health_reason = ""
            self._tell()

    def clear(self) -> None:
        """Leave everything to the email type and the account."""
        self.take({})

    def meet(self, template: Template | None, account: Account | None, *, asks_health: bool = False) -> None:
        """Show what counts as long as nobody chooses: what this email type and this account say."""
        self._template, self._account, self._asks_health = template, account, asks_health
        self._tell()

    # --- what the page does --------------------------------------------------------------------------------

    def _hear(self, widget: object, message: Mapping[str, Any], buffers: Any) -> None:
        self._bytes = buffers or ()
        super()._hear(widget, message, buffers)

    def _of_this_message(self, change: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
        """Refuse what was chosen while the choices were about another message."""

        def changed(asked: Mapping[str, Any]) -> None:
            if int(asked.get("round", self._round)) != self._round:
                raise UsageError(_("Another message is being prepared by now: nothing was changed."))
            change(asked)

        return changed

    def _changed(self, message: Mapping[str, Any]) -> None:
        name, value = str(message["name"]), message["value"]
        if name == "signature":
            self.signature = str(value)
        elif name == "role":
            self.role = str(value)
        elif name == "health_reason":
            self.health_reason = " ".join(str(value).split())
        elif name in _OPTIONS:
            self.options = {**self.options, name: bool(value)}
        self._told_otherwise()

    def _add(self, message: Mapping[str, Any]) -> None:
        if not self._bytes:
            raise UsageError(_("The file is empty."))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / harmless_name(str(message["name"]))
            file.write_bytes(bytes(self._bytes[0]))
            (kept,) = kept_files(self._practice, [file])
        self.files = (*(one for one in self.files if one != kept), kept)
        self._told_otherwise()

    def _told(self, message: Mapping[str, Any]) -> None:
        """Hear whether a file holds health data."""
        if str(message["kept"]) in self.files:
            self.told = {**self.told, str(message["kept"]): bool(message["health"])}
        self._told_otherwise()

    def _remove(self, message: Mapping[str, Any]) -> None:
        self.files = tuple(one for one in self.files if one != str(message["kept"]))
        self.told = {one: holds for one, holds in self.told.items() if one in self.files}
        self._told_otherwise()

    def _told_otherwise(self) -> None:
        self._tell()
        for callback in self._callbacks:
            callback()

    # --- what is shown -------------------------------------------------------------------------------------

    def _tell(self) -> None:
        self.send({"kind": "state", **self._state()})

    def _state(self) -> dict[str, Any]:
        template, account = self._template, self._account
        signatures = [(name, signature.label) for name, signature in self._practice.signatures.items()]
        usual = ""
        if template is not None and account is not None:
            usual = signature_name(template, account)[0]
        labels = dict(signatures)
        said = options_of(template, account) if template is not None and account is not None else {}
        return {
            "round": self._round,
            "ready": template is not None,
            "signatures": [
                ["", _("{name} (usual)").format(name=labels.get(usual, usual) if usual else _("No signature"))],
                *[[name, label] for name, label in signatures],
                [NO_SIGNATURE, _("No signature")],
            ],
            "signature": self.signature,
            "roles": [["", self._usual_role()], *[[str(role), role_words(role)] for role in ROLES]],
            "role": self.role,
            "options": [
                [name, self.options.get(name, said[name].value if name in said else False)] for name in _OPTIONS
            ],
            "files": [
                *[_file(self._practice, name, own=False) for name in (template.attachments if template else ())],
                *[_file(self._practice, name, own=True) | self._answer(name) for name in self.files],
            ],
            "health": {"asked": self._asks_health or bool(self.health_reason), "reason": self.health_reason},
        }

    def _answer(self, kept: str) -> dict[str, Any]:
        """Return what is said of a file; nothing where it is not asked."""
        return {"health": self.told.get(kept)} if self._asks_of_files else {}

    def _usual_role(self) -> str:
        roles = self._template.roles if self._template is not None else (Role.PATIENT,)
        return _("{name} (usual)").format(name=", ".join(map(role_words, roles)))


def role_words(role: Role) -> str:
    """Say who is written to in a role."""
    words = {
        Role.PATIENT: _("Patient, or who answers for a child"),
        Role.GUARDIAN: _("Guardian"),
        Role.PAYER: _("Whoever pays"),
        Role.CORRESPONDENT: _("Colleague"),
        Role.TREATING_DENTIST: _("Treating dentist"),
    }
    return words.get(role, str(role))


def _file(practice: Practice, kept: str, *, own: bool) -> dict[str, Any]:
    found = practice.attachments.read(kept)
    size = told_size(len(found.data)) if found is not None else "?"
    return {"kept": kept, "name": kept.rpartition("/")[2], "size": size, "own": own}
