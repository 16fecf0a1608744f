"""The search form: which search, which days, which filters; it reports what is asked and knows no patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.domain.searches import Search, SearchParameter
from workbench.errors import UnknownName
from workbench.language import _, marked, n_
from workbench.widgets.view import STATIC, View, by_number

Changed = Callable[[], None]

_GROUPS = {
    "appointments": marked("Appointments"),
    "patients": marked("Patients"),
    "finances": marked("Finances"),
    "colleagues": marked("Colleagues"),
}

_FIRST = ("start", "end", "hours", "practitioner", "chair", "state")
"""The parameters in sight at once; every other one waits under « more filters », but for what a search is about."""

_FEW, _IN_SIGHT = 3, 6


class SearchForm(View):
    """A search and its parameters, as a form that answers at once.

    Parameters
    ----------
    searches
        The searches there are, by name, as ``practice.searches()`` gives them.
    choices
        What the practice has to choose from (its practitioners, chairs, natures …): by parameter, pairs of a value
        and its label. A parameter with an empty list is not shown.
    name
        The search shown first.
    values
        Its parameters, as ``practice.search(name, **values)`` takes them.
    saved
        Saved searches by name: which search each one is, and its parameters.
    opens
        What a search asks as long as nobody has said anything else, by its name.

    Attributes
    ----------
    name
        The search chosen now.
    values
        What is asked of it now; empty parameters are left out.
    """

    _esm = STATIC / "search_form.js"
    _css = STATIC / "search_form.css"

    def __init__(
        self,
        searches: Mapping[str, Search],
        *,
        choices: Mapping[str, Sequence[tuple[str, str]]] | None = None,
        name: str = "appointments",
        values: Mapping[str, str] | None = None,
        saved: Mapping[str, tuple[str, Mapping[str, str]]] | None = None,
        opens: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__()
        self._opens = {search: dict(asked) for search, asked in (opens or {}).items()}
        self._saved = dict(saved or {})
        self._searches = dict(searches)
        self._choices = {key: list(pairs) for key, pairs in (choices or {}).items()}
        self._proposed: dict[str, str] = {}
        self._keeping: dict[str, Callable[..., str]] = {}
        self._callbacks: list[Changed] = []
        self._said: dict[str, Any] = {"sentence": "", "bad": False}
        self._days = ""
        self.name, self.values = self._asked(name, values or {})
        self.answers["open"] = self._opened
        self.answers["changed"] = self._changed
        self.answers["keep"] = self._keep

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the form's words."""
        return {
            "search": _("Search"),
            "saved": _("Saved searches"),
            "keep": _("Save this search"),
            "keep_as": _("Name of this search"),
            "keep_now": _("Save"),
            "replace": _("« {name} » exists already: put this search in its place?"),
            "replace_now": _("Replace"),
            "rename": _("Rename"),
            "rename_to": _("New name of « {name} »"),
            "forget": _("Forget"),
            "forget_sure": _("Forget « {name} »? Nobody of the practice finds it any more."),
            "forget_now": _("Forget it"),
            "cancel": _("Cancel"),
            "kept": _("Saved: « {name} »."),
            "forgotten": _("« {name} » is forgotten."),
            "proposes": _("Email type by default: {template}"),
            "condition_example": _("city == 'Rennes' and not missing(email)"),
            "when": _("When"),
            "yesterday": _("Yesterday"),
            "today": _("Today"),
            "tomorrow": _("Tomorrow"),
            "in_two_days": _("D+2"),
            "next_open": _("Next open day"),
            "dates": _("Dates…"),
            "days": _("Dates"),
            "from": _("From"),
            "to": _("To"),
            "day_example": _("24/11/2026 or J+1"),
            "pick_day": _("Choose a day in the calendar"),
            "hours": _("Hours"),
            "from_hour": _("From (hour)"),
            "to_hour": _("To (hour)"),
            "all": _("All"),
            **by_number("chosen", lambda count: n_("{first} and {count} more", "{first} and {count} more", count)),
            "more": _("More filters"),
            "more_count": _("More filters ({count})"),
            "yes": _("Yes"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
            "no": _("No"),
        }

    def on_change(self, callback: Changed) -> None:
        """Call `callback` once for each settled change of the search or of what is asked of it."""
        self._callbacks.append(callback)

    def on_keep(
        self,
        *,
        save: Callable[[str, str, dict[str, str]], str],
        rename: Callable[[str, str], str],
        forget: Callable[[str], str],
    ) -> None:
        """Let a person save searches; without it the form offers none of this.

        Each is called with the name, `save` also with the search and what is asked of it, `rename` with the new name;
        each returns the name as it is kept, and tells the form what is saved now with `show_saved`. The sentence of a
        ``WorkbenchError`` is shown beside what was typed.
        """
        self._keeping = {"save": save, "rename": rename, "forget": forget}

    def show_saved(
        self, saved: Mapping[str, tuple[str, Mapping[str, str]]], proposed: Mapping[str, str] | None = None
    ) -> None:
        """Offer these saved searches, and say which email type (its label) each search proposes."""
        self._saved = dict(saved)
        self._proposed = dict(proposed or {})
        self.send({"kind": "saved", "saved": self._saved_shown(), "proposed": self._proposed})

    def ask(self, name: str, values: Mapping[str, str]) -> None:
        """Ask this search with these parameters, without calling anybody back."""
        self.name, self.values = self._asked(name, values)
        self.send({"kind": "asked", "name": self.name, "values": self.values})

    def say(self, sentence: str, bad: bool = False) -> None:
        """Show a sentence under the form: what was found or, with `bad`, what cannot be read; what was typed stays."""
        self._said = {"sentence": sentence, "bad": bad}
        self.send({"kind": "said", **self._said})

    def say_days(self, text: str) -> None:
        """Show beside the dates which days they mean today, as « Tuesday 24 November »."""
        self._days = text
        self.send({"kind": "days", "text": text})

    def _opened(self, _message: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "searches": [
                {
                    "name": search.name,
                    "label": _(search.label),
                    "parameters": [self._shown(parameter) for parameter in search.parameters],
                    "first": list(dict.fromkeys((*_FIRST, *self._of_its_own(search)))),
                    "opens": self._opens.get(search.name, {}),
                }
                for search in self._searches.values()
            ],
            "groups": [
                {"label": _(label), "names": [one.name for one in self._searches.values() if one.kind == kind]}
                for kind, label in _GROUPS.items()
            ],
            "saved": self._saved_shown(),
            "proposed": self._proposed,
            "can_keep": bool(self._keeping),
            "name": self.name,
            "values": self.values,
            "days": self._days,
            **self._said,
        }

    def _saved_shown(self) -> list[dict[str, Any]]:
        return [
            {"label": name, "name": search, "values": dict(values)}
            for name, (search, values) in self._saved.items()
            if search in self._searches
        ]

    def _keep(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Save what is asked under a name, call a saved search otherwise, or forget one."""
        what, name = str(message["what"]), str(message["name"])
        if what == "save":
            search, values = self._asked(str(message["search"]), message["values"])
            return {"name": self._keeping[what](name, search, values)}
        if what == "rename":
            return {"name": self._keeping[what](name, str(message["new"]))}
        return {"name": self._keeping["forget"](name)}

    def _shown(self, parameter: SearchParameter) -> dict[str, Any]:
        choices = self._choices.get(parameter.name)
        if parameter.choices:
            choices = [(value, _capitalised(_(words))) for value, words in parameter.words.items()]
        return {
            "name": parameter.name,
            "kind": parameter.kind,
            "label": _(parameter.heading),
            "choices": None if choices is None else [list(pair) for pair in choices],
            "fixed": bool(parameter.choices),
            "default": parameter.default,
            "follows": parameter.follows,
        }

    def _of_its_own(self, search: Search) -> list[str]:
        """Return what this search is about and few others are: it is in sight at once, too."""
        asked_by = Counter(one.name for known in self._searches.values() for one in known.parameters)
        return [one.name for one in search.parameters if asked_by[one.name] <= _FEW][:_IN_SIGHT]

    def _changed(self, message: Mapping[str, Any]) -> None:
        asked = self._asked(str(message["name"]), message["values"])
        if asked == (self.name, self.values):
            return
        before = self.name, self.values
        self.name, self.values = asked
        try:
            for callback in self._callbacks:
                callback()
        except BaseException:
            # What was not done is not asked either, and can be asked again.
            self.name, self.values = before
            raise
        self.send({"kind": "asked", "view": message.get("view"), "name": self.name, "values": self.values})

    def _asked(self, name: str, values: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        if name not in self._searches:
            raise UnknownName(
                _("There is no search called « {name} ». The searches are: {known}.").format(
                    name=name, known=", ".join(self._searches)
                )
            )
        known = [parameter.name for parameter in self._searches[name].parameters]
        texts = {key: str(values[key]).strip() for key in known if key in values}
        return name, {key: text for key, text in texts.items() if text}


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]
