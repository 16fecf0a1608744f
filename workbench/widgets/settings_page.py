"""« Paramétrage »: the mail accounts, the signatures and the practice itself, each under its own tab."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ipywidgets import Box, DOMWidget, Stack, VBox

from workbench.language import _
from workbench.widgets.accounts_screen import AccountsScreen
from workbench.widgets.desk_bar import DeskBar
from workbench.widgets.page import Go
from workbench.widgets.practice_screen import PracticeScreen
from workbench.widgets.signatures_screen import SignaturesScreen

if TYPE_CHECKING:
    from workbench.practice import Practice


class SettingsPage:
    """The page of the settings; a part is made when somebody first looks at it.

    Parameters
    ----------
    practice
        The practice whose settings these are.
    go
        The way to other pages; none where the page stands alone in a cell.
    """

    def __init__(self, practice: Practice, go: Go | None = None) -> None:
        self._practice = practice
        self._go = go
        self._parts: dict[str, tuple[str, Callable[[], DOMWidget]]] = {
            "accounts": (_("Mail accounts"), lambda: self.accounts),
            "signatures": (_("Signatures"), lambda: self.signatures),
            "practice": (_("Practice"), lambda: self.practice),
        }
        self._names = list(self._parts)
        self._bar = DeskBar("", [(name, label) for name, (label, _make) in self._parts.items()])
        self._bar.words = {**self._bar.words, "pages": _("Settings")}
        self._bar.on_go(self.show)
        self._stack = Stack([Box() for _name in self._names])

    def __repr__(self) -> str:
        return f"<SettingsPage {self._practice.name}>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]

    @cached_property
    def view(self) -> DOMWidget:
        """The parts under their tabs."""
        if not self._bar.current:
            self.show(self._names[0])
        whole = VBox([self._bar, self._stack])
        whole.layout.width = "100%"
        return whole

    @cached_property
    def accounts(self) -> AccountsScreen:
        """The mail accounts."""
        return AccountsScreen(self._practice)

    @cached_property
    def signatures(self) -> SignaturesScreen:
        """The signatures."""
        return SignaturesScreen(self._practice)

    @cached_property
    def practice(self) -> PracticeScreen:
        """The practice itself."""
        return PracticeScreen(self._practice)

    def open(self, *, part: str = "", **_what: Any) -> None:
        """Show a part (``accounts``, ``signatures``, ``practice``); by default the one that was shown last."""
        self.show(part or self._bar.current or self._names[0])

    def show(self, part: str) -> None:
        """Show a part by its name.

        Raises
        ------
        KeyError
            When there is no part of this name.
        """
        _label, make = self._parts[part]
        number, children = self._names.index(part), list(self._stack.children)
        if type(children[number]) is Box:
            children[number] = make()
            children[number].layout.width = "100%"
            self._stack.children = children
        self._stack.selected_index = number
        self._bar.current = part
