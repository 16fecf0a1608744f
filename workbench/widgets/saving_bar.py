"""The foot of a text that stands alone: whether it is saved, why it was changed, and the button that saves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.language import _
from workbench.widgets.view import STATIC, View


class SavingBar(View):
    """Tells whether something is saved, and saves it; the reason is for whoever looks at the versions later.

    Parameters
    ----------
    save
        Saves what is written for a reason, and returns the sentence that tells of it.
    """

    _esm = STATIC / "saving_bar.js"
    _css = STATIC / "saving_bar.css"

    def __init__(self, save: Callable[[str], str]) -> None:
        super().__init__()
        self._save = save
        self._standing = {"changed": False, "said": ""}
        self.answers.update(open=lambda _asked: self._standing, save=self._saved)

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the bar."""
        return {
            "save": _("Save"),
            "reason": _("Why (for whoever looks at the versions later)"),
            "changed": _("● Not saved yet"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        }

    def show(self, *, changed: bool) -> None:
        """Tell whether something is written otherwise than it is saved."""
        if changed != self._standing["changed"]:
            self._standing = {"changed": changed, "said": "" if changed else self._standing["said"]}
            self.send({"kind": "standing", **self._standing})

    def _saved(self, message: Mapping[str, Any]) -> None:
        said = self._save(" ".join(str(message["reason"]).split()))
        self._standing = {"changed": False, "said": said}
        self.send({"kind": "standing", **self._standing})
