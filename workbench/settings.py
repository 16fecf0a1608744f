"""workbench.toml and the environment -> Settings: where a practice's two databases are, and its few choices."""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from workbench.domain.departures import undo_window
from workbench.domain.sending_hours import SendingHours
from workbench.errors import BadSettings, BadValue, NoWorkspace
from workbench.language import LANGUAGES, _

SETTINGS_FILE = "workbench.toml"
FOLDERS = ("notebooks", "attachments", "documents", "runs", "caught", "locks", "backups")
"""The folders of a workspace; each is made 0700 (P12)."""

DATABASES = ("patients.sqlite", "ledger.sqlite")
"""The embedded databases of a workspace."""


HISTORY_DAYS = 5 * 365
"""The CNIL's guide for practices: five years within reach; what belongs into the medical file is kept there."""

LEASE_SECONDS = 1200
"""Longer than the ten minutes that RFC 5321 gives a server to answer."""

_BOUNDS = {
    "lease_seconds": (1, 1_000_000),
    "history_days": (0, 36_500),
    "image_max_pixels": (200, 6000),
    "image_quality": (50, 95),
    "message_megabytes": (1, 150),
    "mailing_megabytes": (1, 1_000_000),
}
"""Numbers that are written down only where a practice wants others than ours: the least and the most each may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `workbench.toml` says.

    `store` and `ledger` are file names inside the workspace, or SQLAlchemy URLs without a password.
    `sending_hours` (``08:00-20:00 mon-fri``) are when messages may leave that a person confirms at a screen, and
    `undo_minutes` for how long such a confirmation can be taken back.
    `store_writable` is false for a patient store that was there before the workspace: it is read, never written.
    `history_days` is for how long what was sent is kept (0: for ever); after that its proof stays alone.
    `lease_seconds` is how long another machine's sender may be silent before what it held is given back.
    `image_max_pixels` is how many pixels the longer side of a patient's image keeps when it leaves, and `image_quality`
    how good a JPEG it becomes. No message leaves that is larger than `message_megabytes`, encoded as it travels; of a
    mailing whose files are more than `mailing_megabytes` in all, a person is told.
    """

    workspace_id: str
    practice_id: str = "practice"
    language: str | None = None
    store: str = DATABASES[0]
    ledger: str = DATABASES[1]
    store_writable: bool = True
    store_password_from: str = ""
    ledger_password_from: str = ""
    account: str = ""
    adult_age: int = 18
    sample: bool = False
    sending_hours: str = ""
    undo_minutes: int = 0
    history_days: int = HISTORY_DAYS
    lease_seconds: int = LEASE_SECONDS
    image_max_pixels: int = 2000
    image_quality: int = 90
    message_megabytes: int = 10
    mailing_megabytes: int = 500

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the settings of the workspace `folder`.

        Raises
        ------
        NoWorkspace
            When the folder holds no ``workbench.toml``.
        BadSettings
            When it cannot be read, or holds a name or value that is not known.
        """
        file = folder / SETTINGS_FILE
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise NoWorkspace(
                _("« {folder} » is not a workspace: it holds no {file}. Make one with: workbench init {folder}").format(
                    folder=folder, file=SETTINGS_FILE
                )
            ) from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadSettings(
                _("{file} cannot be read: {problem}. Correct it, or take it from a backup.").format(
                    file=file, problem=error
                )
            ) from error
        return cls(**_checked(values, file))

    @classmethod
    def change(cls, folder: Path, **values: int | str) -> Self:
        """Write some settings into the workspace `folder`, every other line of its file as it is; return them all.

        Raises
        ------
        BadSettings
            When the file cannot be read or written, or a value cannot be used; nothing was changed.
        """
        cls.read(folder)
        file = folder / SETTINGS_FILE
        text = file.read_text(encoding="utf-8")
        for name, value in values.items():
            line = f"{name} = {_toml_value(value)}"
            kept = [one for one in text.splitlines() if not re.match(rf"{name}\s*=", one)]
            text = "\n".join([*kept, line]) + "\n"
        try:
            _checked(tomllib.loads(text), file)
            write_private(file, text.encode())
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise BadSettings(_("{file} cannot be written: {problem}.").format(file=file, problem=error)) from error
        return cls.read(folder)

    def to_toml(self) -> str:
        """Return the text of ``workbench.toml``."""
        lines = ["# The workspace of a practice. No password stands here."]
        for one in fields(self):
            name, value = one.name, getattr(self, one.name)
            if value is not None and (name not in _BOUNDS or value != one.default):
                lines.append(f"{name} = {_toml_value(value)}")
        return "\n".join(lines) + "\n"


def _toml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _checked(values: dict[str, Any], file: Path) -> dict[str, Any]:
    kinds: dict[str, type] = {
        "workspace_id": str, "practice_id": str, "language": str, "store": str, "ledger": str,
        "store_writable": bool,
        "store_password_from": str, "ledger_password_from": str, "account": str, "adult_age": int, "sample": bool,
        "sending_hours": str, "undo_minutes": int,
        **dict.fromkeys(_BOUNDS, int),
    }  # fmt: skip
    for name, value in values.items():
        if name not in kinds or type(value) is not kinds[name]:  # a yes is no number
            raise BadSettings(
                _("{file}: « {name} » is not a setting, or its value is of the wrong kind.").format(
                    file=file, name=name
                )
            )
    try:
        SendingHours.parse(values.get("sending_hours", ""))
        undo_window(values.get("undo_minutes", 0))
    except BadValue as error:
        raise BadSettings(_("{file}: {problem}").format(file=file, problem=error.sentence)) from error
    if not values.get("workspace_id"):
        raise BadSettings(_("{file}: workspace_id is missing.").format(file=file))
    for name, (least, most) in _BOUNDS.items():
        if not least <= values.get(name, least) <= most:
            raise BadSettings(
                _("{file}: {name} is a number from {least} to {most}.").format(
                    file=file, name=name, least=least, most=most
                )
            )
    if values.get("language", LANGUAGES[0]) not in LANGUAGES:
        raise BadSettings(
            _("{file}: language is one of {languages}.").format(file=file, languages=", ".join(LANGUAGES))
        )
    return values


def new_workspace_id() -> str:
    """Return a fresh random name for a workspace."""
    return secrets.token_hex(8)


def find_workspace(
    asked: str | os.PathLike[str] | None = None, *, beside: Callable[[], Path | None] = lambda: None
) -> Path:
    """Return the workspace's folder: `asked`, else ``WORKBENCH_WORKSPACE``, else the nearest parent holding one.

    `beside` may name a file whose folder and its parents are looked at before the current one.

    Raises
    ------
    NoWorkspace
        When there is none.
    """
    named = asked or os.environ.get("WORKBENCH_WORKSPACE")
    if named:
        return Path(named).expanduser().resolve()
    here = Path.cwd()
    file = beside()
    near = () if file is None else file.resolve().parents
    for folder in (*near, here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise NoWorkspace(
        _(
            "No workspace here or above {folder}. Name one with --workspace or WORKBENCH_WORKSPACE, or make one with: "
            "workbench init DIR"
        ).format(folder=here)
    )


def private_folder(folder: Path) -> Path:
    """Make `folder` if need be, readable by its owner alone, and return it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_private(file: Path, content: bytes, *, lasting: bool = True) -> None:
    """Write a file that only its owner can read, whole or not at all.

    A file that is made again when it is lost need not be `lasting`: the disk is not waited for.
    """
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            if lasting:
                os.fsync(stream.fileno())
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
