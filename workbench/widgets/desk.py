"""Join the pages of the practice under one bar; a page is made when somebody first goes to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pandas as pd
from ipywidgets import Box, DOMWidget, Stack, VBox

from workbench.language import _
from workbench.widgets.day_page import DayPage
from workbench.widgets.desk_bar import DeskBar
from workbench.widgets.inbox import Inbox
from workbench.widgets.message_preview import MessagePreview
from workbench.widgets.page import Page
from workbench.widgets.patient_page import PatientPage
from workbench.widgets.patient_view import found_rows
from workbench.widgets.publipostage import Publipostage
from workbench.widgets.recipient_table import RecipientTable
from workbench.widgets.results_page import ResultsPage
from workbench.widgets.scheduler_page import SchedulerPage
from workbench.widgets.search_form import SearchForm
from workbench.widgets.send_panel import SendPanel
from workbench.widgets.settings_page import SettingsPage
from workbench.widgets.template_picker import TemplatePicker
from workbench.widgets.templates_page import TemplatesPage

if TYPE_CHECKING:
    from workbench.practice import Mailing, Practice


@dataclass(frozen=True, slots=True)
class _Place:
    """A page in the bar: its name, what it is called, and how it is made."""

    name: str
    label: Callable[[], str]
    make: Callable[[Desk], Page]


_PLACES: tuple[_Place, ...] = (
    _Place("day", lambda: _("My day"), lambda desk: DayPage(desk.practice, desk.go)),
    _Place("publipostage", lambda: _("Mail merge"), lambda desk: desk.publipostage),
    _Place("templates", lambda: _("Email types"), lambda desk: TemplatesPage(desk.practice, desk.go)),
    _Place("patient", lambda: _("Patient"), lambda desk: PatientPage(desk.practice, desk.go)),
    _Place("scheduler", lambda: _("Scheduler"), lambda desk: SchedulerPage(desk.practice, desk.go)),
    _Place("results", lambda: _("Results"), lambda desk: ResultsPage(desk.practice, desk.go)),
    _Place("settings", lambda: _("Settings"), lambda desk: SettingsPage(desk.practice, desk.go)),
)
"""The pages, in the order of the bar; the desk opens on the first one."""


class Desk:
    """All screens of a practice, as pages under one bar.

    Made by ``practice.desk()``. ``desk.search``, ``recipients``, ``template``, ``messages``, ``sending`` and ``inbox``
    are the screens of its mailing (``desk.publipostage``), to be shown in cells of their own.

    Parameters
    ----------
    practice
        The practice whose patients are written to.
    publipostage
        Makes the page of mailings, when it is first asked for.
    """

    def __init__(self, practice: Practice, publipostage: Callable[[], Publipostage]) -> None:
        self.practice: Practice = practice
        self._making = threading.RLock()  # a notebook and a click may ask for the same page
        self._make_publipostage = publipostage
        self._pages: dict[str, Page] = {}
        self.bar = DeskBar(practice.name, [(place.name, place.label()) for place in _PLACES])
        self.bar.on_go(self._go_by_hand)
        self.bar.find_with(partial(found_rows, practice), lambda patient: self.go("patient", patient_id=patient))

    def __repr__(self) -> str:
        return f"<Desk {self.practice.name}>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]

    # --- pages ---------------------------------------------------------------------------------------------

    @cached_property
    def view(self) -> DOMWidget:
        """The bar, and under it the page that is shown; a page left keeps what was done in it."""
        whole = VBox([self.bar, self._stack])
        whole.add_class("pw-desk")
        if not self.bar.current:
            self.go(_PLACES[0].name)
        return whole

    @cached_property
    def _stack(self) -> Stack:
        return Stack([Box() for _place in _PLACES])

    def page(self, name: str) -> Page:
        """Return a page by its name; it is made the first time.

        Raises
        ------
        KeyError
            When there is no page of this name.
        """
        with self._making:
            if name not in self._pages:
                self._pages[name] = {place.name: place for place in _PLACES}[name].make(self)
            return self._pages[name]

    def _go_by_hand(self, page: str) -> None:
        self.go(page)
        self.bar.back = []

    def go(self, page: str, /, **what: Any) -> None:
        """Show a page by its name, with what it shall show (`Page.open`); from a patient there is a way back.

        Raises
        ------
        KeyError
            When there is no page of this name.
        """
        shown = self.page(page)
        shown.open(**what)
        number = [place.name for place in _PLACES].index(page)
        with self._making:
            children = list(self._stack.children)
            if children[number] is not shown.view:
                shown.view.layout.width = "100%"  # the stack would make it as narrow as its words allow
                children[number] = shown.view
                self._stack.children = children
            self._stack.selected_index = number
            before = self.bar.current
            if page != before:
                labels = {place.name: place.label for place in _PLACES}
                self.bar.back = [before, labels[before]()] if page == "patient" and before else []
            self.bar.current = page

    # --- the mailing ---------------------------------------------------------------------------------------

    @cached_property
    def publipostage(self) -> Publipostage:
        """The page of mailings."""
        with self._making:
            made = self._make_publipostage()
            made.lead(self.go)
            return made

    @property
    def search(self) -> SearchForm:
        """The search of the mailing."""
        return self.publipostage.search

    @property
    def recipients(self) -> RecipientTable:
        """The table of who was found."""
        return self.publipostage.recipients

    @property
    def template(self) -> TemplatePicker:
        """The choice of the email type."""
        return self.publipostage.template

    @property
    def messages(self) -> MessagePreview:
        """Each message as it arrives."""
        return self.publipostage.messages

    @property
    def sending(self) -> SendPanel:
        """The send cell."""
        return self.publipostage.sending

    @property
    def inbox(self) -> Inbox:
        """The test mailbox."""
        return self.publipostage.inbox

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that are ticked, one row a subject; all of them when nothing was unticked."""
        return self.publipostage.frame

    @property
    def mailing(self) -> Mailing:
        """The mailing of the rows ticked and the email type chosen now."""
        return self.publipostage.mailing
