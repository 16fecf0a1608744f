"""The merge fields to choose from, with what each one says of the person in sight; the practice's own are made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.domain.custom_fields import CATEGORIES, COLUMN_LABELS, GRIDS, CustomKind, told_by
from workbench.language import _, n_
from workbench.widgets.view import STATIC, View, by_number

if TYPE_CHECKING:
    from workbench.practice.fields import Fields

_PARTICULAR, _FREE = CATEGORIES[CustomKind.PATIENT], CATEGORIES[CustomKind.CORRESPONDENT]
_GIVEN = CATEGORIES[CustomKind.COLUMN]

_TABS: Mapping[str, tuple[str, ...]] = {
    "main": (
        "patient", "destinataire", "rendez-vous", "responsable civil", "responsable financier", "praticiens", "cabinet",
        "dates", "message",
    ),
    "fees": ("honoraires", "plan de traitement"),
    "payments": ("règlements",),
    "colleagues": ("correspondants",),
    "care": ("soins", "orthodontie", "rappels", "pièces", "album médias"),
    _PARTICULAR: (_PARTICULAR,),
    _FREE: (_FREE,),
}  # fmt: skip
"""The categories of the catalogue under each tab; those that stand nowhere are under the last one."""

_TOLD = 4  # uses that are named before a removal


class FieldPicker(View):
    """The merge fields by kind, to be searched, clicked, or dragged into a text.

    Parameters
    ----------
    own
        The fields of the practice, to make, change and remove its own ones here; nothing of it is offered without.
    """

    _esm = STATIC / "field_picker.js"
    _css = STATIC / "field_picker.css"

    def __init__(self, own: Fields | None = None) -> None:
        super().__init__()
        self._own = own
        self._fields: list[dict[str, Any]] = []
        self._person: dict[str, Any] = {"name": "", "columns": {}, "familiar": False}
        self._chosen: list[Callable[[str], None]] = []
        self._kept: list[Callable[[], None]] = []
        self.answers.update(open=self._opened, choose=self._choose)
        if own is not None:
            self.answers.update(
                form=self._form, keep=self._keep, usage=self._usage, remove=self._remove,
            )  # fmt: skip

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the picker's words."""
        return {
            "title": _("Merge fields"),
            "search": _("Search a field: name, date, balance…"),
            "codes": _("show the codes"),
            "tabs": _("Kinds of fields"),
            **by_number("found", lambda count: n_("{count} field", "{count} fields", count)),
            "nothing": _("No field holds these words."),
            "no_own": _("There is none of this kind yet."),
            "whose": _("Values of {name}"),
            "no_value": _("no value"),
            "health": _("health"),
            "health_note": _("Health data: it does not leave on an ordinary address by itself."),
            "inserted": _("{label} was inserted."),
            "new_patient": _("New « champ particulier »"),
            "new_correspondent": _("New « champ libre »"),
            "new_patient_of": _("New « champ particulier »: {code}"),
            "new_correspondent_of": _("New « champ libre »: {code}"),
            "patient_note": _("One text for each kind of patient: by sex, child or adult."),
            "correspondent_note": _(
                "One text for each relation with the colleague; another one where one says « tu »."
            ),
            "edit": _("Change {label}"),
            "edit_word": _("Modify"),
            "for_whom": _("For whom"),
            "text": _("Text"),
            "plain": _("with « vous »"),
            "familiar": _("with « tu » (if it differs)"),
            "label": _("What it is called in lists (optional)"),
            "names": _("Other names (optional)"),
            "names_hint": _("For example NAISSANCE: @NAISSANCE then says the same."),
            "reads": _("For {name}: « {text} »"),
            "reads_nothing": _("For {name}: nothing yet"),
            "reads_nobody": _("{name} has nobody of this kind: the message has a blank there."),
            "keep": _("Save"),
            "keep_insert": _("Save and insert"),
            "cancel": _("Cancel"),
            "remove": _("Remove this field…"),
            "remove_now": _("Remove"),
            "kept": _("@{code} is saved."),
            "removed": _("@{code} was removed; its number is not given again."),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        }

    # --- what the screen around it says ----------------------------------------------------------------

    def offer(self, fields: Iterable[Mapping[str, Any]]) -> None:
        """Offer fields.

        Parameters
        ----------
        fields
            ``code``, ``label``, ``category``, ``example`` (its value for the person in sight, or ``""``) and
            ``health`` of each; ``aliases`` and ``search`` (further words to be found by) where there are any.
        """
        offered = [
            {name: str(one.get(name, "")) for name in ("code", "label", "category", "example", "search")}
            | {"health": bool(one.get("health")), "aliases": [str(alias) for alias in one.get("aliases", ())]}
            for one in fields
        ]
        if offered != self._fields:
            self._fields = offered
            self.send({"kind": "offered", "fields": offered})

    def show_person(self, name: str, *, columns: Mapping[str, str] | None = None, familiar: bool = False) -> None:
        """Say whose values the examples are.

        Parameters
        ----------
        columns
            By kind of grid (``patient``, ``correspondent``), the column that this person's text is taken from.
        familiar
            Whether one says « tu » to the person's correspondent.
        """
        person = {"name": name, "columns": dict(columns or {}), "familiar": familiar}
        if person != self._person:
            self._person = person
            self.send({"kind": "person", "person": person})

    def on_choose(self, call: Callable[[str], None]) -> None:
        """Call `call` with the code of each field that somebody chooses."""
        self._chosen.append(call)

    def on_fields(self, call: Callable[[], None]) -> None:
        """Call `call` after a field of the practice's own was made, changed or removed here."""
        self._kept.append(call)

    # --- what the page asks ----------------------------------------------------------------------------

    def _opened(self, _message: Mapping[str, Any]) -> dict[str, Any]:
        names = {
            "main": _("Main ones"),
            "fees": _("Fees"),
            "payments": _("Payments"),
            "colleagues": _("Colleagues"),
            "care": _("Care"),
            _PARTICULAR: _("« Champs particuliers »"),
            _FREE: _("« Champs libres »"),
        }
        kinds = {_PARTICULAR: CustomKind.PATIENT, _FREE: CustomKind.CORRESPONDENT}
        tabs = [
            {"name": name, "label": names[name], "categories": list(categories), "kind": str(kinds.get(name, ""))}
            for name, categories in _TABS.items()
        ]
        tabs.insert(0, {"name": "all", "label": _("Search"), "categories": [], "kind": ""})
        elsewhere = sorted(
            {one["category"] for one in self._fields} - {name for some in _TABS.values() for name in some}
        )
        if elsewhere:
            tabs.append({"name": "others", "label": _("Others"), "categories": elsewhere, "kind": ""})
        return {"fields": self._fields, "tabs": tabs, "person": self._person, "own": self._own is not None}

    def _choose(self, message: Mapping[str, Any]) -> None:
        code = str(message["code"])
        if code in {one["code"] for one in self._fields}:
            for call in self._chosen:
                call(code)

    def _form(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the form of a field shows: an own one's texts, or an empty grid with the code it would get."""
        own, code = self._fields_of(), str(message.get("code", ""))
        if code:
            known = own.find(code)
            kind, texts, familiar = known.kind, dict(known.texts), dict(known.familiar)
            label, names = "" if known.label == told_by(texts) else known.label, list(known.names)
        else:
            kind = CustomKind(str(message["grid"]))
            texts, familiar, label, names = {}, {}, "", []
        return {
            "code": code or own.next_code(kind),
            "known": bool(code),
            "grid": str(kind),
            "columns": [[name, _(COLUMN_LABELS[name])] for name in GRIDS[kind]],
            "texts": texts,
            "familiar": familiar,
            "label": label,
            "names": ", ".join(names),
        }

    def _keep(self, message: Mapping[str, Any]) -> dict[str, str]:
        own, code = self._fields_of(), str(message.get("code", ""))
        texts = {str(name): str(text) for name, text in message["texts"].items()}
        familiar = {str(name): str(text) for name, text in message["familiar"].items()}
        label = str(message["label"])
        names = [name for name in str(message["names"]).replace(";", ",").split(",") if name.strip()]
        if code:
            kept = own.edit(code, texts, familiar=familiar, label=label if label.strip() else None, names=names)
        else:
            kept = own.add(str(message["grid"]), texts, familiar=familiar, label=label, names=names)
        self._tell_kept()
        return {"code": kept.code}

    def _usage(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Say where a field is used: one that is used is not removed."""
        code = str(message["code"])
        used = self._fields_of().usage(code)
        if used.empty:
            return {"used": False, "sentence": _("@{code} is used nowhere. Remove it?").format(code=code)}
        named = [
            _("mailing {number}").format(number=name) if kind == "mailing" else f"« {name} »"
            for kind, name in zip(used["kind"][:_TOLD], used["name"][:_TOLD], strict=True)
        ]
        if more := len(used) - len(named):
            named.append(n_("{count} more", "{count} more", more).format(count=more))
        sentence = _("@{code} is used: {uses}. Take it out of them first.")
        return {"used": True, "sentence": sentence.format(code=code, uses=", ".join(named))}

    def _remove(self, message: Mapping[str, Any]) -> None:
        self._fields_of().remove(str(message["code"]))
        self._tell_kept()

    def _fields_of(self) -> Fields:
        assert self._own is not None  # noqa: S101 - these questions are answered only then
        return self._own

    def _tell_kept(self) -> None:
        for call in self._kept:
            call()
