"""The parameters of a notebook as a form: set, run with them, or written into a copy."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.displays.words import NUMBERED, number_words
from workbench.domain.calendar import parse_day
from workbench.domain.notebook_fields import FieldKind
from workbench.errors import BadValue, UsageError, WorkbenchError
from workbench.language import _, n_
from workbench.widgets.scheduler_page_rows import days_words
from workbench.widgets.view import STATIC, View, by_number

if TYPE_CHECKING:
    from workbench.practice import Practice


class NotebookForm(View):
    """A form of what the parameters cell of a notebook declares.

    Made by ``practice.notebook_form(path)``. Nothing of the notebook itself is changed by it.

    Attributes
    ----------
    values
        What stands in the form now, by parameter.

    Parameters
    ----------
    practice
        The practice that the notebook is run on.
    path
        The notebook, inside the workspace when it is relative.

    Raises
    ------
    NotebookRefused
        When it cannot be read; `BadValue` when it declares no parameters.
    """

    _esm = STATIC / "notebook_form.js"
    _css = STATIC / "notebook_form.css"

    def __init__(self, practice: Practice, path: str | Path) -> None:
        self._practice = practice
        self._form = practice.notebooks.form(practice, path)
        self._fields = self._form.fields()
        if not self._fields:
            raise BadValue(_("« {path} » has no parameters: none of its cells declares any.").format(path=path))
        self.values: dict[str, str] = {one.name: one.value for one in self._fields if one.kind is not FieldKind.FIXED}
        self._running: threading.Thread | None = None
        super().__init__(layout={"width": "100%"})
        self.answers.update(open=self._open, look=self._look, copy=self._copy, run=self._run)

    def __repr__(self) -> str:
        return f"<NotebookForm {self._form.file.name}>"

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the form."""
        return {
            "title": _("Parameters of « {notebook} »"),
            "all": _("All"),
            **by_number("some", lambda count: n_("{first} and {count} more", "{first} and {count} more", count)),
            "copy": _("Save as a copy"),
            "copied": _("✓ The copy {path} has these parameters; this notebook stays as it is."),
            "run": _("Run with these parameters"),
            "run_question": _("Run it for real? Messages will leave."),
            "run_yes": _("Run"),
            "back": _("Go back"),
            "working": _("The notebook is running…"),
            "to_correct": _("See what is said beside the fields."),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        }

    def _open(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        fields = [{**asdict(one), "value": self.values.get(one.name, one.value)} for one in self._fields]
        return {"notebook": self._form.file.name, "fields": fields, "tries": "dry_run" in self.values, **self._meant()}

    def _look(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Take what is typed, and say what it means and what is wrong."""
        self.values = {name: str(value) for name, value in asked["values"].items() if name in self.values}
        return self._meant()

    def _meant(self) -> dict[str, Any]:
        practice, problems = self._practice, self._form.problems(self.values)
        days = {
            one.name: _real_day(parse_day(text, today=practice.today, calendar=practice.calendar), practice.today)
            for one in self._fields
            if one.kind is FieldKind.DAY and one.name not in problems and (text := self.values[one.name]).strip()
        }
        return {"problems": problems, "days": days}

    def _copy(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        told = self._look(asked)
        if told["problems"]:
            return told
        file = self._form.write_copy(self.values)
        inside = file.is_relative_to(self._practice.path)
        return {**told, "path": str(file.relative_to(self._practice.path)) if inside else file.name}

    def _run(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Run the notebook beside the page, which hears of its end."""
        told = self._look(asked)
        if told["problems"]:
            return told
        if self._running is not None and self._running.is_alive():
            raise UsageError(_("The notebook is running already."))
        given = self._form.given(self.values)

        def run() -> None:
            said = {"kind": "ran", "sentence": "", "error": ""}
            try:
                results = self._practice.run(self._form.file, parameters=given)
                said["sentence"] = _ended(results["status"].astype(str).tolist())
            except WorkbenchError as refused:
                said["error"] = refused.sentence
            except Exception as unforeseen:
                # Only its kind is told: its text could hold a patient's data (P12).
                kind = type(unforeseen).__name__
                said["error"] = _("Something unforeseen went wrong ({kind}).").format(kind=kind)
            self.send(said)

        self._running = threading.Thread(target=run, name="workbench-notebook-form", daemon=True)
        self._running.start()
        return told

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the notebook has run; tell whether it has in time."""
        if self._running is None:
            return True
        self._running.join(timeout)
        return not self._running.is_alive()


def _real_day(day: date, today: date) -> str:
    return days_words(day.isoformat(), "", today)


def _ended(statuses: list[str]) -> str:
    """Return what became of the messages of a run, in numbers that add up to them."""
    if not statuses:
        return _("✓ It has run, and no message left.")
    # Who is leaving at this very moment, by another sender, waits for its end as the others do.
    counted = Counter("pending" if one == "sending" else one for one in statuses)
    numbers = "; ".join(f"{number_words(status)} ({counted[status]})" for status in NUMBERED if counted[status])
    return _("It has run. {numbers}").format(numbers=numbers)
