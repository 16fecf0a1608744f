"""The mail accounts (« Comptes »): made from an address and a password, tried stage by stage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workbench.displays.cells import friendly
from workbench.domain.accounts import Account, AccountKind, Auth, Security, Stage
from workbench.domain.limits import WINDOWS
from workbench.domain.options import OPTION_NAMES, effective_options
from workbench.domain.presets import VERDICT_WORDS, Preset, Verdict, domain_of, preset_of, presets
from workbench.errors import AccountError, WorkbenchError
from workbench.language import _
from workbench.widgets.account_words import BUTTONS, LABELS, OAUTH, on_screen
from workbench.widgets.view import STATIC, Answer, View

if TYPE_CHECKING:
    from workbench.practice import Practice

_TEXTS = (
    "email", "display_name", "kind", "host", "security", "user", "password_env", "reply_to", "folder", "hours", "auth",
    "oauth", "client_id", "tenant", "preset", "signature",
)  # fmt: skip
_NUMBERS = ("port", "connections", "letters_per_connection", *WINDOWS)
_TICKS = ("dsn", *OPTION_NAMES)


class AccountsScreen(View):
    """The accounts of a practice at left, the one that is looked at beside them.

    A password goes from the page to the keeper and nowhere else: it is in no trait, no answer and no message of ours.

    Parameters
    ----------
    practice
        The practice whose accounts these are.
    """

    _esm = STATIC / "accounts_screen.js"
    _css = STATIC / "accounts_screen.css"

    def __init__(self, practice: Practice) -> None:
        super().__init__()
        self._practice = practice
        self._drafts: dict[str, dict[str, Any]] = {}
        self._trials = 0
        self._callbacks: list[Callable[[], None]] = []
        asked: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "open": lambda _asked: self._state(),
            "propose": lambda asked: self._proposal(str(asked["email"]), str(asked.get("preset", ""))),
            "draft": self._keep_draft,
            "save": self._save,
            "remove": self._remove,
            "default": self._make_default,
            "test": self._begin_test,
            "sign_in": self._begin_sign_in,
        }
        self.answers.update({kind: _in_gestures(answer) for kind, answer in asked.items()})

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the screen's words."""
        return _labels()

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` after an account was saved or removed."""
        self._callbacks.append(callback)

    # --- what is shown -------------------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        accounts = self._practice.accounts
        default, lost = accounts.default_name, accounts.keeps_passwords_in != "keyring"
        return {
            "accounts": [self._row(account, default) for account in accounts.values()],
            "signatures": list(self._practice.signatures),
            "providers": [[one.key, one.name] for one in presets().values() if one.usable],
            "own": {"email": self._practice.email, "display_name": self._practice.name},
            "hours": self._practice.settings.sending_hours,
            "keeper": _("This computer has no keyring: passwords go to a private file of yours.") if lost else "",
            "drafts": self._drafts,
        }

    def _row(self, account: Account, default: str) -> dict[str, Any]:
        accounts, plain = self._practice.accounts, account.kind is AccountKind.SMTP
        options = effective_options(("account", account.options))
        limits = account.limits
        place = account.password_from
        return {
            "name": account.name,
            "email": account.email,
            "display_name": account.display_name,
            "kind": str(account.kind),
            "host": account.host,
            "port": account.port or None,
            "usual_port": account.effective_port if plain else None,
            "security": str(account.security),
            "user": account.user,
            "auth": account.oauth if account.auth is Auth.XOAUTH2 else "password",
            "client_id": account.client_id,
            "tenant": account.tenant,
            "reply_to": account.reply_to or "",
            "timeout": account.timeout,
            "connections": account.connections,
            "letters_per_connection": account.letters_per_connection,
            "dsn": account.dsn,
            "folder": account.folder,
            "hours": account.hours,
            "signature": account.signature,
            **{name: getattr(limits, name) or None for name in WINDOWS},
            **{name: option.value for name, option in options.items()},
            "password_env": place.removeprefix("env:") if place.startswith("env:") else "",
            "kept": {"keyring": _("kept in the keyring"), "file": _("kept in a private file")}.get(place, ""),
            "default": account.name == default,
            "state": self._tested(account.name),
            "stages": _expected(account),
            "used_by": accounts.used_by(account.name),
            "advice": [on_screen(one, account.name) for one in accounts.advice(account.name)],
            "server": f"{account.host}:{account.effective_port}" if plain and account.host else _kind_words(account),
        }

    def _tested(self, name: str) -> dict[str, str]:
        last = self._practice.accounts.last_test(name)
        if last is None:
            return {"state": "none", "text": _("– Not tried yet")}
        when = friendly(last.at, zone=self._practice.calendar.zone)
        if last.failed:
            stage = _stage_words().get(last.failed, last.failed)
            return {"state": "bad", "text": _("✕ Failed: {stage}").format(stage=stage), "when": when}
        return {"state": "good", "text": _("✓ Works"), "when": when}

    def _proposal(self, email: str, preset: str = "") -> dict[str, Any]:
        """Say what an address, or a provider, tells: its server, how sure that is, how one logs in there."""
        email = email.strip()
        if email and (problem := self._practice.accounts.problem_with(email)):
            return {"state": "bad", "sentence": problem, "known": False}
        own = preset_of(email)
        known = self._practice.accounts.preset(preset) if preset and not _closed(own) else own
        if known is None:
            sentence = _("Nobody knows which server {domain} has. Say who hosts this mailbox, or give the server.")
            return {"state": "doubt", "sentence": sentence.format(domain=domain_of(email)), "known": False}
        guide = self._practice.accounts.guide(known.key)
        lines = [on_screen(line, "•") for line in guide.lines(account="•", address=email or "…")]
        return {
            "state": _state_of(known, self._practice),
            "sentence": on_screen(known.sentence(self._practice.today)),
            "known": known.usable,
            "closed": _closed(known),
            "verdict": _(VERDICT_WORDS[known.verdict]),
            "key": known.key,
            "host": known.host,
            "port": known.port or None,
            "security": str(known.security),
            "user": known.user.of(email) if known.usable else "",
            "auth": known.oauth if not known.takes_passwords and known.oauth else "password",
            "app_password": known.takes_passwords and "password" not in known.ways,
            "guide": {"title": on_screen(guide.title), "why": on_screen(guide.why), "lines": lines},
        }

    # --- what a person does --------------------------------------------------------------------------------

    def _keep_draft(self, asked: Mapping[str, Any]) -> None:
        """Keep what is being typed, but for a password, so that a page opened anew has it."""
        values = {str(key): value for key, value in asked["values"].items() if key not in ("password", "secret")}
        if values:
            self._drafts[str(asked["name"])] = values
        else:
            self._drafts.pop(str(asked["name"]), None)

    def _save(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, accounts = str(asked["name"]).strip(), self._practice.accounts
        if not name:
            raise AccountError(_("Give the account a name: only the practice sees it (« Reception »)."))
        if asked.get("new") and name in accounts:
            raise AccountError(_("There is already an account « {name} »: choose another name.").format(name=name))
        saved = accounts.set(name, **_values(asked["values"]))
        self._drafts.pop(str(asked.get("draft", name)), None)
        self._changed(asked)
        return {"name": saved.name, **self._state()}

    def _make_default(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._practice.accounts.set(str(asked["name"]), default=True)
        self._changed(asked)
        return self._state()

    def _remove(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = str(asked["name"])
        self._practice.accounts.remove(name)
        self._drafts.pop(name, None)
        self._changed(asked)
        return self._state()

    def _changed(self, asked: Mapping[str, Any]) -> None:
        self.send({"kind": "changed", "view": asked.get("view")})
        for callback in self._callbacks:
            callback()

    # --- what takes its time -------------------------------------------------------------------------------

    def _begin_test(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, mail = str(asked["name"]), bool(asked.get("mail"))
        account = self._practice.accounts[name]
        self._trials += 1
        number = self._trials
        threading.Thread(target=self._try, args=(number, name, mail), name="workbench-trial", daemon=True).start()
        return {"trial": number, "stages": _expected(account) + (["mail"] if mail else [])}

    def _try(self, number: int, name: str, mail: bool) -> None:
        accounts = self._practice.accounts

        def tell(stage: Stage) -> None:
            self.send({"kind": "stage", "trial": number, "stage": _stage(stage, name)})

        told: dict[str, Any] = {"kind": "tested", "trial": number, "account": name, "report": "", "error": ""}
        try:
            stages = accounts.test(name, mail_to_self=mail, tell=tell)
            told["report"] = accounts.report(name, stages)
            told["ok"] = all(stage.ok for stage in stages)
        except WorkbenchError as error:
            told.update(ok=False, error=on_screen(error.sentence, name))
        except Exception as error:
            # Only its kind is told: its text could hold what nobody should read (P12).
            sentence = _("Something unforeseen went wrong ({kind}).").format(kind=type(error).__name__)
            told.update(ok=False, error=sentence)
        with suppress(WorkbenchError):
            told["state"] = self._tested(name)
        self.send(told)

    def _begin_sign_in(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, secret = str(asked["name"]), str(asked.get("secret", ""))
        if self._practice.accounts[name].auth is not Auth.XOAUTH2:
            raise AccountError(_("Choose Google's or Microsoft's sign-in first, give the client id, and save."))
        threading.Thread(target=self._sign_in, args=(name, secret), name="workbench-sign-in", daemon=True).start()
        return {}

    def _sign_in(self, name: str, secret: str) -> None:
        told: dict[str, Any] = {"kind": "signed_in", "account": name, "error": ""}
        try:
            self._practice.accounts.login(
                name,
                client_secret=secret,
                show=lambda address: self.send({"kind": "agree", "account": name, "address": address}),
            )
        except WorkbenchError as error:
            told["error"] = on_screen(error.sentence, name)
        except Exception as error:
            told["error"] = _("Something unforeseen went wrong ({kind}).").format(kind=type(error).__name__)
        self.send(told)


def _in_gestures(answer: Callable[[Mapping[str, Any]], Answer]) -> Callable[[Mapping[str, Any]], Answer]:
    """Have an answer refuse in the gestures of the screen."""

    def answered(asked: Mapping[str, Any]) -> Answer:
        try:
            return answer(asked)
        except WorkbenchError as error:
            raise AccountError(on_screen(error.sentence, str(asked.get("name", "")))) from error

    return answered


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form says in the values that `Accounts.set` takes; an empty number is none."""
    values: dict[str, Any] = {name: str(given[name]).strip() for name in _TEXTS if name in given}
    for name in _NUMBERS:
        if name in given:
            values[name] = _number(given[name])
    if "timeout" in given:
        values["timeout"] = float(_number(given["timeout"]))
    values.update({name: bool(given[name]) for name in _TICKS if name in given})
    if "auth" in values:
        way = values["auth"]
        values["auth"] = Auth.PASSWORD if way == "password" else Auth.XOAUTH2
        if way != "password":
            values["oauth"] = way
    if given.get("password"):
        values["password"] = str(given["password"])
    if not values.get("password_env", "?"):
        del values["password_env"]
    if not values.get("preset", "?"):
        del values["preset"]
    return {**values, **({"default": True} if given.get("default") else {})}


def _number(given: object) -> int:
    text = str(given if given is not None else "").strip()
    try:
        return int(text or 0)
    except ValueError:
        raise AccountError(_("« {text} » is not a whole number.").format(text=text)) from None


def _closed(known: Preset | None) -> bool:
    return known is not None and known.verdict is Verdict.DEAD


def _state_of(known: Preset, practice: Practice) -> str:
    if known.verdict in (Verdict.CONFIRMED, Verdict.CHANGED) and not known.is_stale(practice.today):
        return "good"
    return "bad" if _closed(known) else "doubt"


def _expected(account: Account) -> list[str]:
    """Return the stages of an account's trial in their order, as far as it is known."""
    if account.kind is AccountKind.FOLDER:
        return ["folder"]
    if account.kind is AccountKind.CATCHER or account.security is Security.NONE:
        return ["dns", "tcp", "greeting", "login"]
    between = ["greeting", "tls"] if account.security is Security.STARTTLS else ["tls", "greeting"]
    return ["dns", "tcp", *between, "login"]


def _stage(stage: Stage, name: str) -> dict[str, Any]:
    return {"name": stage.name, "ok": stage.ok, "detail": on_screen(stage.detail, name)}


def _kind_words(account: Account) -> str:
    if account.kind is AccountKind.CATCHER:
        return _("Test mailbox of this computer: nothing leaves")
    return _("Folder of files: nothing leaves")


def _stage_words() -> dict[str, str]:
    return {
        "dns": _("Name of the server"),
        "tcp": _("Connection"),
        "tls": _("Encryption"),
        "greeting": _("Greeting of the server"),
        "login": _("Logging in"),
        "folder": _("Folder"),
        "mail": _("Message to oneself"),
    }


def _labels() -> dict[str, str]:
    return {
        **{f"stage_{name}": word for name, word in _stage_words().items()},
        **{f"button_{name}": _(word) for name, word in BUTTONS.items()},
        **{name.replace("-", "_"): _(word) for name, word in LABELS.items()},
        **{name: _(word) for name, word in OAUTH.items()},
        "title": _("Mail accounts"),
        "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        "loading": _("The accounts are being read…"),
        "none": _("There is no mail account yet. Give the address that patients' messages are to come from."),
        "add": _("Add an account"),
        "new": _("New account"),
        "is_default": _("default"),
        "modified": _("not saved"),
        "name": _("Name of the account"),
        "name_hint": _("Only the practice sees it"),
        "password": _("Password"),
        "password_kept": _("A password is {kept}. Leave empty to keep it."),
        "app_password": _("Application password"),
        "app_password_hint": _("Not the usual password: one made for this program. See « Step by step »."),
        "no_password": _("No password is kept yet."),
        "not_needed": _("This account needs no password."),
        "automatic": _("from the provider"),
        "choose_provider": _("Who hosts this mailbox?"),
        "other_provider": _("Another one: I give the server"),
        "server": _("Server and login"),
        "kind": _("Kind"),
        "kind_smtp": _("Mail server (SMTP)"),
        "kind_folder": _("Folder of files, nothing leaves"),
        "kind_catcher": _("Test mailbox of this computer"),
        "folder": _("Folder"),
        "security_tls": _("TLS from the start (465)"),
        "security_starttls": _("STARTTLS required (587)"),
        "security_none": _("None: this computer alone"),
        "by_password": _("Password"),
        "timeout": _("Time-out (seconds)"),
        "connections": _("Connections at once"),
        "letters_per_connection": _("Messages per connection"),
        "password_env": _("Environment variable that holds the password"),
        "dsn": _("Ask the servers on the way to tell of failures"),
        "sender": _("Sender and options"),
        "display_name": _("Name shown to patients"),
        "reply_to": _("Answers go to"),
        "signature": _("Default signature"),
        "no_signature": _("No signature"),
        "confirm": _("Confirmation before sending"),
        "read_receipt": _("Read receipt"),
        "read_receipt_hint": _("Many programs never answer it: no receipt does not mean not read."),
        "keep_messages": _("Keep sent messages"),
        "keep_attachments": _("Keep the attachments of sent messages"),
        "limits": _("Limits and sending hours"),
        "per_minute": _("Messages per minute"),
        "most_per_minute": _("Messages per minute: {count}"),
        "most_per_hour": _("Messages per hour: {count}"),
        "most_per_day": _("Messages per day: {count}"),
        "per_hour": _("Messages per hour"),
        "per_day": _("Messages per day"),
        "no_limit": _("no limit"),
        "limits_hint": _("What the provider publishes counts where nothing else is said; 0 is no limit."),
        "hours": _("Sending hours"),
        "hours_hint": _("For instance 08:00-20:00 mon-fri; empty: the practice's own ({hours})"),
        "any_hour": _("any hour"),
        "make_default": _("Use this account where nobody names one"),
        "save": _("Save"),
        "save_and_test": _("Save and test"),
        "cancel": _("Undo my changes"),
        "saved": _("✓ « {name} » is saved."),
        "remove": _("Remove this account…"),
        "remove_question": _("Remove the account « {name} » and its kept password? What it sent stays in the results."),
        "remove_used": _("It is named by: {users}. Their messages could not leave."),
        "remove_yes": _("Remove"),
        "removed": _("✓ « {name} » is removed."),
        "back": _("Go back"),
        "trial": _("Trial of the account"),
        "trial_note": _("Each stage is shown as it ends. Nothing is sent unless you ask for it."),
        "mail": _("Send a message to {email} in the end"),
        "unsaved": _("There are changes that are not saved: the trial takes them only once they are."),
        "coming": _("to come"),
        "doing": _("under way…"),
        "untried": _("not reached"),
        "passed": _("passed"),
        "failed": _("failed"),
        "all_passed": _("✓ The account works: every stage passed."),
        "one_failed": _("✕ The trial failed: {stage}."),
        "leave": _("Do not wait any longer"),
        "left": _("The trial goes on by itself and ends soon; its result will be in the list."),
        "copy": _("Copy the report"),
        "copied": _("✓ The report is copied. It holds no password."),
        "report": _("Report for support (without any password)"),
        "why_advice": _("Good to know"),
        "client_secret": _("Client secret (Google)"),
        "agree": _("Open this address in a browser of this computer, and agree there:"),
        "waiting_agreement": _("Waiting for your agreement…"),
        "signed_in": _("✓ Signed in. Try the account now."),
        "last": _("Last trial: {when}"),
        "required": _("Give the e-mail address first."),
    }
