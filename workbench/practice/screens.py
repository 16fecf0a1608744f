"""What the practice asks of the screen somebody may sit at; the wiring hands it in (8.15)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.domain.mailings import MailingProgress

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice.mailing import Mailing
    from workbench.practice.practice import Practice
    from workbench.practice.reminder_effect import ReminderEffect

Tell = Callable[[MailingProgress], None]


class SendCell(Protocol):
    """The live panel that ``mailing.send()`` shows: it asks once, sends, and tells what became of it."""

    @property
    def results(self) -> pd.DataFrame:
        """The results of the mailing so far, without recipients' names and addresses."""
        ...

    @property
    def status(self) -> str:
        """Where the mailing stands: ``draft`` before it is confirmed, then a ``MailingStatus``."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the sending has ended or is paused; tell whether it has.

        The panel answers to clicks meanwhile, where JupyterLab and the kernel allow it; where they do not, it returns
        at once while nothing was confirmed. Interrupting the kernel finishes what is in flight and pauses the mailing.
        """
        ...


class Screens(Protocol):
    """The screens of a notebook, and the progress of a terminal."""

    def someone_can_click(self) -> bool:
        """Tell whether a person sits at a notebook in which buttons work."""
        ...

    def send_cell(self, mailing: Mailing, *, connections: int | None, again: bool) -> SendCell:
        """Show the send cell of a mailing, and return it."""
        ...

    def sending_progress(self) -> AbstractContextManager[Tell | None]:
        """Show how a sending goes, where somebody looks; else give nothing."""
        ...

    def desk(self, practice: Practice, *, search: str, template: str, **parameters: object) -> Any:
        """Join all screens to a practice; see ``Practice.desk``."""
        ...

    def publipostage(self, practice: Practice, *, search: str, template: str, **parameters: object) -> Any:
        """Join the screens of a mailing; see ``Practice.publipostage``."""
        ...

    def patient_mail(self, practice: Practice, *, patient_id: str) -> Any:
        """Show the page of one patient; see ``Practice.patient_mail``."""
        ...

    def scheduler(self, practice: Practice, *, job: str) -> Any:
        """Show the page of the jobs; see ``Practice.scheduler``."""
        ...

    def notebook_form(self, practice: Practice, path: str | Path) -> Any:
        """Show the parameters of a notebook as a form; see ``Practice.notebook_form``."""
        ...

    def template_editor(self, practice: Practice, path: str) -> Any:
        """Show an email type to be written; see ``Practice.template_editor``."""
        ...

    def plot(self, results: pd.DataFrame, zone: tzinfo) -> Any:
        """Draw what became of the messages of a results frame, by the clock of a time zone."""
        ...

    def plot_days(self, days: pd.DataFrame) -> Any:
        """Draw how many messages were decided on each day; see ``Analysis.days``."""
        ...

    def plot_reasons(self, reasons: pd.DataFrame) -> Any:
        """Draw why messages did not leave, or may not have arrived; see ``Analysis.reasons``."""
        ...

    def plot_reminders(self, effect: ReminderEffect, by: str) -> Any:
        """Draw how often appointments were missed, with a reminder and without; see ``Analysis.reminders``."""
        ...


def first_asked(search: str) -> dict[str, str]:
    """Return what screens look for when nobody has said: of all appointments, those to come of the next open day."""
    return {"start": "J+1 open", "end": "J+1 open", "state": "upcoming"} if search == "appointments" else {}
