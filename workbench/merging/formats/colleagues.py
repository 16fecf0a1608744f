"""How one writes to a colleague: « Cher confrère », « Chère amie », tu or vous, « Bien confraternellement, »."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.merging.formats.inputs import Column, Format, Inputs
from workbench.merging.formats.people import CALLED, COLLEAGUE_ROLES, WRITTEN, civil_kind

_FRIENDS = frozenset({"friend", "ami", "amie"})
_COLLEAGUES = frozenset({"", "colleague", "confrère", "confrere", "consœur", "consoeur"})
_DOCTORS = frozenset({"Dr", "Pr"})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a correspondent stands to the practitioner who writes, and whether man or woman."""

    kind: str | None
    feminine: bool | None
    relation: str
    form: str

    @property
    def standing(self) -> str:
        """``friend``, ``colleague`` (of the profession), ``doctor`` (who is none) or ``other``."""
        if self.relation in _FRIENDS:
            return "friend"
        if self.kind not in _DOCTORS:
            return "other"
        return "colleague" if self.relation in _COLLEAGUES else "doctor"


@dataclass(frozen=True, slots=True)
class _Colleague(Standing):
    """One row's correspondent, and what to call him."""

    last_name: str
    first_name: str
    language: str


def read_colleague(*, title: object, civility: object, sex: object, pair: tuple[str, str]) -> Standing:
    """Return how a colleague stands, of his file and of what `pair_of` told."""
    kind = civil_kind(title, sex) if title else civil_kind(civility, sex)
    gender = str(sex) if sex in ("F", "M") else civil_kind(civility, sex)
    return Standing(kind, {"F": True, "M": False}.get(str(gender)), *pair)


def pair_of(relations: object, practitioner: object, main: object) -> tuple[str, str]:
    """Return relation and form of a colleague with whoever writes: the message's practitioner, else the file's.

    `relations` are dicts of ``practitioner_id relation form``; the practitioner ``""`` stands for every other one.
    """
    known: dict[str, Mapping[str, Any]] = {}
    for pair in relations if isinstance(relations, list) else ():
        known[str(pair.get("practitioner_id") or "")] = pair
    found = known.get(str(practitioner or main or ""), known.get(""))
    if found is None:
        return "", "vous"
    return str(found.get("relation") or "").strip().lower(), str(found.get("form") or "vous")


def _colleagues(inputs: Inputs, source: Sequence[str]) -> Iterator[_Colleague | None]:
    """Read each row's colleague, once for each that differs; `source` as the catalogue lists it for these formats."""
    columns = [inputs.column(name) for name in source]
    for last, first, title, civility, sex, relations, practitioner, main, language in zip(
        *columns, inputs.languages, strict=True
    ):
        if not last:
            yield None
            continue
        how = read_colleague(title=title, civility=civility, sex=sex, pair=pair_of(relations, practitioner, main))
        yield _Colleague(how.kind, how.feminine, how.relation, how.form, str(last), str(first or ""), language)


def _called(who: _Colleague) -> str:
    """« Cher confrère », « Chère consœur », « Cher ami », « Docteur »; neutral where the sex is not known."""
    if who.language == "en":
        if who.standing == "friend" and who.first_name:
            return f"Dear {who.first_name}"
        title = WRITTEN["en"].get(who.kind or "")
        return (
            "Dear colleague"
            if who.standing == "colleague"
            else f"Dear {title} {who.last_name}"
            if title
            else ("Dear Sir or Madam")
        )
    if who.standing in ("friend", "colleague") and who.feminine is not None:
        masculine, feminine = ("Cher ami", "Chère amie") if who.standing == "friend" else (
            "Cher confrère", "Chère consœur",
        )  # fmt: skip
        return feminine if who.feminine else masculine
    return CALLED[who.kind] if who.kind else "Madame, Monsieur"


_CLOSINGS = {
    "fr": {
        "friend": "Bien amicalement,",
        "colleague": "Bien confraternellement,",
        "doctor": "Avec mes salutations distinguées,",
        "other": "Avec mes salutations distinguées,",
    },
    "en": {
        "friend": "Best wishes,",
        "colleague": "With kind regards,",
        "doctor": "Yours sincerely,",
        "other": "Yours sincerely,",
    },
}


def _colleague_greeting(inputs: Inputs, source: Sequence[str]) -> Column:
    return [_called(who) if who else None for who in _colleagues(inputs, source)]


def _colleague_closing(inputs: Inputs, source: Sequence[str]) -> Column:
    return [_CLOSINGS[who.language][who.standing] if who else None for who in _colleagues(inputs, source)]


def _colleague_form(inputs: Inputs, source: Sequence[str]) -> Column:
    """« tu » or « vous », by the pair; nothing where there is no colleague."""
    names, *pair = (inputs.column(name) for name in source)
    return [pair_of(*one)[1] if name else None for name, one in zip(names, zip(*pair, strict=True), strict=True)]


def _addressee_form(inputs: Inputs, source: Sequence[str]) -> Column:
    """« tu » for a colleague who is on such terms with the practitioner, « vous » for everybody else."""
    roles, *pair = (inputs.column(name) for name in source)
    return [
        pair_of(*one)[1] if role in COLLEAGUE_ROLES else "vous"
        for role, one in zip(roles, zip(*pair, strict=True), strict=True)
    ]


COLLEAGUES: dict[str, Format] = {
    "colleague_greeting": _colleague_greeting,
    "colleague_closing": _colleague_closing,
    "colleague_form": _colleague_form,
    "addressee_form": _addressee_form,
}
