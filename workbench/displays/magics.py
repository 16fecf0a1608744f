"""What a notebook may say in a word: ``%%emailtype`` keeps an email type, ``%publipostage`` opens the screens."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.displays.accessor import OPENED
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _
from workbench.practice import Practice

Opener = Callable[[], Practice]


def register_magics(shell: Any, *, opener: Opener) -> None:
    """Teach a shell the two words; `opener` opens a practice when none is open yet. Again, it changes nothing."""

    def emailtype(line: str, cell: str) -> None:
        """Keep the cell as an email type of the practice, show what is doubtful in it, and its first message.

            %%emailtype Rendez-vous/Rappel
            ---
            subject: Votre rendez-vous du @RDVDATE
            ---
            <p>Bonjour @DAPPEL,</p>

        The same path again makes a new version. The message is that of the first row of the last search.
        """
        keep_template(OPENED.last() or opener(), line, cell, show=_display)

    def publipostage(line: str) -> Any:
        """Open the screens of a mailing: ``%publipostage [search] [parameter=value …]``."""
        return open_screens(OPENED.last() or opener(), line)

    shell.register_magic_function(emailtype, magic_kind="cell", magic_name="emailtype")
    shell.register_magic_function(publipostage, magic_kind="line", magic_name="publipostage")


def keep_template(practice: Practice, line: str, cell: str, *, show: Callable[[Any], None]) -> None:
    """Keep a cell as the email type that `line` names, and show what a person wants to know of it.

    Raises
    ------
    TemplateRefused
        When it cannot be read or compiled; the line is named, and nothing was kept.
    """
    path = line.strip().strip("\"'")
    if not path:
        raise UsageError(_("Name the email type behind the word: %%emailtype Folder/Label"))
    template = practice.templates.import_text(cell, path=path, beside=Path.cwd())
    show(_("« {path} » is kept as version {number}.").format(path=template.path, number=template.revision))
    findings = practice.templates.check(template)
    if len(findings):
        show(findings)
    frame = practice.last_search
    if frame is None or frame.empty:
        return
    try:
        message = practice.mailing(frame, template).preview(0)
    except WorkbenchError as error:
        # The email type is kept all the same: that this list has nobody for it is worth a sentence, not a failure.
        show(error.sentence)
    else:
        show(message)


def open_screens(practice: Practice, line: str) -> Any:
    """Return the screens that a line asks for: a search's name first, then its parameters as ``name=value``.

    Raises
    ------
    UsageError
        When a word is neither.
    """
    words = shlex.split(line)
    names = [word for word in words if "=" not in word]
    if len(names) > 1:
        raise UsageError(_("After the search come its parameters, each as name=value, without blanks."))
    parameters = dict(word.split("=", 1) for word in words if "=" in word)
    return practice.publipostage(*names, **parameters)


def _display(thing: Any) -> None:
    from IPython.display import display

    publish: Any = display
    if isinstance(thing, str):
        publish({"text/plain": thing}, raw=True)
    else:
        publish(thing)
