"""A page of the desk: the screens of one kind of work, joined to the practice and met by name."""

from __future__ import annotations

from typing import Any, Protocol

from ipywidgets import DOMWidget


class Page(Protocol):
    """What the desk asks of a page; each also stands alone in a cell."""

    @property
    def view(self) -> DOMWidget:
        """What is shown."""
        ...

    def open(self, **what: Any) -> None:
        """Be shown, with what somebody came for: ``patient_id="1893"``; nothing leaves the page as it stood."""
        ...


class Go(Protocol):
    """The way from one page to another one, by its name, with what it shall show.

    A page that stands alone in a cell has none, and offers nothing that leads elsewhere.
    """

    def __call__(self, page: str, /, **what: Any) -> None:
        """Show a page; see `Page.open`."""
        ...


class ShownPage:
    """A page that is one view, and stands alone in a cell as that."""

    view: DOMWidget

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]
