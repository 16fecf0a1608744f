"""Where a password is kept: the system's keyring, the environment, or a 0600 file outside the workspace (P12)."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import platformdirs

from workbench.errors import NoPassword
from workbench.language import _
from workbench.settings import private_folder, write_private

SERVICE = "publipostage-workbench"


class Passwords:
    """The passwords of one workspace, each under a name; nothing here ever shows one.

    Parameters
    ----------
    workspace_id
        Keeps two workspaces of one person apart.
    folder
        Where the files go when the system has no keyring; the user's configuration folder by default.
    """

    def __init__(self, workspace_id: str, *, folder: Path | None = None) -> None:
        self._workspace_id = workspace_id
        self._folder = folder or platformdirs.user_config_path(SERVICE) / "secrets"

    def __repr__(self) -> str:
        return f"Passwords({self._workspace_id!r})"

    def place(self) -> str:
        """Return where a password would be kept now: ``keyring`` or ``file``."""
        return "keyring" if _usable_keyring() else "file"

    def keep(self, name: str, password: str) -> str:
        """Keep a password and return where it went: ``keyring`` or ``file``."""
        if _usable_keyring():
            import keyring

            keyring.set_password(SERVICE, self._key(name), password)
            return "keyring"
        private_folder(self._folder)
        write_private(self._file(name), password.encode())
        return "file"

    def read(self, name: str, kept_in: str) -> str | None:
        """Return the password that `kept_in` (``env:VARIABLE``, ``keyring``, ``file`` or nothing) leads to.

        Raises
        ------
        NoPassword
            When it is not there.
        """
        place, _colon, variable = kept_in.partition(":")
        if not place:
            return None
        password: str | None = None
        if place == "env":
            password = os.environ.get(variable)
            if password is None:
                raise NoPassword(
                    _("The password of « {name} » is expected in the environment variable {variable}, not set.").format(
                        name=name, variable=variable
                    )
                )
        elif place == "keyring":
            import keyring

            password = keyring.get_password(SERVICE, self._key(name))
        elif place == "file" and self._file(name).is_file():
            password = self._file(name).read_text(encoding="utf-8")
        if password is None:
            raise NoPassword(
                _(
                    "The password of « {name} » is not kept on this computer. Give it again: workbench account set"
                ).format(name=name)
            )
        return password

    def forget(self, name: str, kept_in: str) -> None:
        """Remove a kept password; one that is not there is no error."""
        if kept_in == "keyring":
            import keyring
            from keyring.errors import PasswordDeleteError

            try:
                keyring.delete_password(SERVICE, self._key(name))
            except PasswordDeleteError:
                return
        elif kept_in == "file":
            self._file(name).unlink(missing_ok=True)

    def _key(self, name: str) -> str:
        return f"{self._workspace_id}/{name}"

    def _file(self, name: str) -> Path:
        # Two names may differ only in characters a file name cannot hold, or far to the right: the digest keeps
        # them apart.
        readable = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:40]
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / f"{self._workspace_id}-{readable}-{digest[:32]}"


def _usable_keyring() -> bool:
    """Tell whether the system has a real keyring; plain-text stand-ins (keyrings.alt) do not count."""
    import keyring

    backend = keyring.get_keyring()
    module = type(backend).__module__
    if module.startswith(("keyring.backends.fail", "keyring.backends.null", "keyrings.")):
        return False
    return float(backend.priority) >= 1
