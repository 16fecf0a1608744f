"""Try an account to the end: a message to its own address, and a report for support that holds no secret (F17, F24)."""

from __future__ import annotations

import base64
import json
import platform
import re
import secrets
import ssl
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import quote

from workbench.addresses import normalised_address
from workbench.domain.accounts import Account, AccountKind, Stage
from workbench.domain.deliveries import DeliveryStatus, Outcome, sentence_of_reason
from workbench.domain.messages import Address, Letter, Rendered
from workbench.domain.presets import preset_of_server
from workbench.errors import WorkbenchError
from workbench.language import _, language
from workbench.merging.mime import MimeWriter

if TYPE_CHECKING:
    from workbench.practice.accounts import TransportFactory

HIDDEN = "•••"
"""What stands in a report in the place of a secret."""

_SHORTEST = 4
"""Characters from which on a part of what is kept counts as a secret: a shorter one would blot out any text."""


# --- a message to oneself -----------------------------------------------------------------------------


class _OneLetter:
    """A queue of one letter, and the journal that hears what became of it."""

    stopping = False

    def __init__(self, letter: Letter) -> None:
        self._letters = [letter]
        self.outcome: Outcome | None = None

    def prepare(self, most: int) -> None:
        """Nothing is to be made ready."""

    def take(self) -> Letter | None:
        """Return the letter, once."""
        return self._letters.pop() if self._letters else None

    def turn(self, results: Sequence[Outcome], about_to_go: Sequence[Letter]) -> None:
        """Hear what became of it; no ledger keeps a trial."""
        for result in results:
            self.outcome = result


def mail_to_self(account: Account, password: str | None, transport_of: TransportFactory, *, now: datetime) -> Stage:
    """Send one small message from an account to its own address, by the way that every message goes.

    Returns
    -------
    Stage
        ``mail``: with the Message-ID when it left, else with what the server said.
    """
    letter = _letter_to_self(account, now)
    trial = _OneLetter(letter)
    try:
        with transport_of(account, password, 1) as transport:
            transport.deliver(trial, trial)
    except WorkbenchError as stop:
        return Stage(name="mail", ok=False, detail=stop.sentence)
    outcome = trial.outcome
    if outcome is not None and outcome.status is DeliveryStatus.SENT:
        sentence = _("A message to {address} was accepted: look whether it arrives. Message-ID {message_id}")
        told = sentence.format(address=account.email, message_id=letter.message_id)
        return Stage(name="mail", ok=True, detail=told)
    return Stage(name="mail", ok=False, detail=_refusal(account, outcome))


def _letter_to_self(account: Account, now: datetime) -> Letter:
    own = Address(email=normalised_address(account.email), name=account.display_name)
    mime, token = MimeWriter(sender=own), secrets.token_hex(16)
    message_id = f"<{token}@{mime.domain}>"
    text = _(
        "The mail account « {account} » of the workbench sends. This message went to its own address only; nobody has"
        " to answer."
    ).format(account=account.name)
    content = mime.write(
        recipient=own,
        rendered=Rendered(
            subject=_("Trial of the mail account « {account} »").format(account=account.name),
            html=f"<p>{escape(text)}</p>",
            text=text,
        ),
        message_id=message_id,
        boundary_seed=token,
        date=now,
        language=language(),
    )
    return Letter(0, own.email, own.email, content, message_id=message_id)


def _refusal(account: Account, outcome: Outcome | None) -> str:
    reply = f" « {outcome.code} {outcome.reply} »" if outcome is not None and outcome.code else ""
    if outcome is not None and outcome.status is DeliveryStatus.IN_DOUBT:
        return _(
            "The server did not answer after it had the message: look in the mailbox of {address} whether it arrived."
        ).format(address=account.email)
    if outcome is not None and outcome.status is DeliveryStatus.PENDING:
        return _("The server does not take messages just now; try again in a few minutes.") + reply
    reason = f" {sentence_of_reason(outcome.reason)}" if outcome is not None and outcome.reason else ""
    return _("The server refused the message.") + reason + reply


# --- what may be told -----------------------------------------------------------------------------------


def without_secrets(stages: Iterable[Stage], hidden: Iterable[str]) -> list[Stage]:
    """Return stages whose sentences hold nothing secret, whatever a server repeated in its answers."""
    hiding = list(hidden)
    return [replace(stage, detail=covered(stage.detail, hiding)) for stage in stages]


def covered(text: str, hidden: Iterable[str]) -> str:
    """Return a text with every secret, in whichever form a server or a program may write it, covered."""
    hiding = sorted(hidden, key=len, reverse=True)
    for secret in hiding:
        text = text.replace(secret, HIDDEN)
    words = [secret.encode("utf-8", "surrogatepass") for secret in hiding]
    return _BASE64.sub(lambda found: HIDDEN if _holds(found[0], words) else found[0], text)


_BASE64 = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}")


def _holds(word: str, secrets_in_it: Iterable[bytes]) -> bool:
    """Tell whether a word is the base64 of something that holds a secret, as a login is said (RFC 4954)."""
    try:
        said = base64.b64decode(word + "=" * (-len(word) % 4))
    except ValueError:
        return False
    return any(secret in said for secret in secrets_in_it)


def secrets_of(*kept: str | None) -> set[str]:
    """Return what must not be told of what is kept for an account: its password or tokens, in every usual form."""
    plain = {part for one in kept if one for part in _parts(one)}
    forms = set(plain)
    for one in plain:
        word = one.encode("utf-8", "surrogatepass")
        forms.add(quote(one, safe="", errors="replace"))
        forms.add(base64.b64encode(word).decode())
    return {form for form in forms if form}


def _parts(kept: str) -> Iterator[str]:
    """Give a password as it is, or each text in what a sign-in left behind."""
    yield kept
    try:
        values = json.loads(kept)
    except ValueError:
        return
    if isinstance(values, dict):
        yield from (one for one in values.values() if isinstance(one, str) and len(one) >= _SHORTEST)


def report_of(account: Account, stages: Iterable[Stage], *, now: datetime, hidden: Iterable[str] = ()) -> str:
    """Return what support needs to know of a trial, as text to be copied, without a secret (F24)."""
    known = preset_of_server(account.host) if account.kind is AccountKind.SMTP else None
    settings = [
        (_("Account"), f"{account.name} ({account.kind})"),
        (_("Address"), account.email),
        (_("Server"), f"{account.host}:{account.effective_port} {account.security}" if account.host else ""),
        (_("Login"), f"{account.login or '–'} ({account.auth}{f', {account.oauth}' if account.oauth else ''})"),
        (_("Password kept in"), account.password_from.partition(":")[0] or "–"),
        (_("Preset"), f"{known.key}, {known.dated.isoformat()}" if known else ""),
        (_("Time-out"), f"{account.timeout:g} s"),
        (_("Moment"), now.isoformat(timespec="seconds")),
        (_("Program"), f"publipostage-workbench {version('publipostage-workbench')}"),
        (
            _("Computer"),
            f"Python {platform.python_version()}, {ssl.OPENSSL_VERSION}, {sys.platform} {platform.machine()}",
        ),
    ]
    lines = [_("{label}: {value}").format(label=label, value=value) for label, value in settings if value]
    lines += ["", *(f"{'✓' if stage.ok else '✕'} {stage.name}: {stage.detail}" for stage in stages)]
    return covered("\n".join(lines), hidden) + "\n"
