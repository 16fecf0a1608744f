"""Whom a message is about, in sight while it is written and sent."""

from __future__ import annotations

from workbench.language import _
from workbench.widgets.view import STATIC, View


class PatientName(View):
    """Whom a message is about, in sight while it is written and sent."""

    _esm = STATIC / "patient_name.js"
    _css = STATIC / "patient_name.css"

    def __init__(self) -> None:
        super().__init__(layout={"width": "100%"})
        self._told: dict[str, str] = {"name": "", "about": ""}
        self.answers["open"] = lambda _asked: self._told

    def show(self, name: str, about: str) -> None:
        """Show who it is."""
        self._told = {"name": name, "about": about}
        self.send({"kind": "named", **self._told})

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the strip."""
        return {"about": _("This message is about:")}
