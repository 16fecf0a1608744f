"""The screens of a practice: all of them as pages of one desk, and each alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from workbench.practice.card import Card
from workbench.practice.screens import Screens, first_asked

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


class FrontDesk(Card):
    """The verbs that show something to sit in front of."""

    screens: Screens

    @property
    def _practice(self) -> Practice:
        return cast("Practice", self)

    def desk(self, search: str = "appointments", *, template: str = "", **parameters: object) -> Any:
        """Return all screens of the practice, as pages of one desk.

        Parameters
        ----------
        search, **parameters
            What is looked for when the page of mailings opens, as for `search`; the appointments to come of the next
            open day when nothing is said.
        template
            The path of the email type chosen there.

        Returns
        -------
        Desk
            Shown whole as ``desk``; ``desk.publipostage`` and the other pages can be shown alone.
        """
        return self.screens.desk(
            self._practice, search=search, template=template, **(parameters or first_asked(search))
        )

    def publipostage(self, search: str = "appointments", *, template: str = "", **parameters: object) -> Any:
        """Return the screens of a mailing, joined: search, recipients, email type, messages, sending, test mailbox.

        Parameters
        ----------
        search, **parameters
            What is looked for when it opens, as for `search`; the appointments to come of the next open day when
            nothing is said.
        template
            The path of the email type chosen when it opens.

        Returns
        -------
        Publipostage
            Shown whole, or each screen in a cell of its own: ``.search``, ``.recipients``, ``.template``,
            ``.messages``, ``.sending``, ``.inbox``; ``.mailing`` is the mailing of what is ticked and chosen now.
        """
        return self.screens.publipostage(
            self._practice, search=search, template=template, **(parameters or first_asked(search))
        )

    def scheduler(self, job: str = "") -> Any:
        """Return the page of the jobs (« Programmeur »): set, tried out, released, looked back on.

        Parameters
        ----------
        job
            The key of the job that is opened.

        Returns
        -------
        SchedulerPage
            Shown in a cell.
        """
        return self.screens.scheduler(self._practice, job=job)

    def patient_mail(self, patient_id: str = "") -> Any:
        """Return the page of one patient: the file, a new message, the messages that were sent.

        Parameters
        ----------
        patient_id
            The file number; without it somebody is looked for on the page.

        Returns
        -------
        PatientPage
            Shown in a cell; ``.open(patient_id=…)`` shows another patient.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.
        """
        return self.screens.patient_mail(self._practice, patient_id=patient_id)

    def notebook_form(self, path: str | Path) -> Any:
        """Return a form of the parameters of a notebook: days, search, email type, account, a trial without sending.

        Parameters
        ----------
        path
            The notebook, inside the workspace when it is relative, such as ``mailing.to_notebook(…)`` wrote.

        Returns
        -------
        NotebookForm
            Shown in a cell: it runs the notebook with what stands in it, or writes a copy that says so. ``.values`` are
            what it says now; the notebook itself stays as it is.

        Raises
        ------
        NotebookRefused
            When it cannot be read.
        BadValue
            When none of its cells declares parameters.
        """
        return self.screens.notebook_form(self._practice, path)

    def template_editor(self, path: str) -> Any:
        """Return the text of an email type to be written, its fields and the message of a patient beside it.

        Parameters
        ----------
        path
            The email type.

        Returns
        -------
        TemplateEditing
            Shown as it is; ``.draft`` is the email type as it is written now, ``.findings`` what is found in it, and
            ``.save("why")`` keeps it as a new revision.

        Raises
        ------
        UnknownTemplate
            When there is no such email type.
        """
        return self.screens.template_editor(self._practice, path)
