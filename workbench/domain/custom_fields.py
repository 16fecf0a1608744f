"""The practice's own merge fields: « champs particuliers », « champs libres », and columns that are given in Python.

A grid has one text for each kind of person (F88, F89). `PATIENT` chooses by the patient's sex and age;
`CORRESPONDENT` by how a colleague stands to the practitioner who writes, by his sex, and by « tu » or « vous ». Texts
and labels are data: what looks like a field or a program in them is merged as it stands (P9).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count
from typing import Any, Self

from workbench.domain.fields import DataClass, Field, folded
from workbench.errors import BadValue
from workbench.language import _, marked

LONGEST_TEXT = 2_000
"""Characters of one text."""

LONGEST_LABEL = 200
"""Characters of a label."""

MOST_NAMES = 20
"""Names that one field may have beside its code."""

_LAST_NUMBER = 99
_LONGEST_NAME = 30


class CustomKind(StrEnum):
    """What decides what a field of the practice's own says."""

    PATIENT = "patient"
    CORRESPONDENT = "correspondent"
    COLUMN = "column"


NEUTRAL = "neutral"
"""The column of a grid for whoever fits none of the others."""

GRIDS: Mapping[CustomKind, tuple[str, ...]] = {
    CustomKind.PATIENT: ("girl", "woman", "boy", "man", NEUTRAL),
    CustomKind.CORRESPONDENT: ("male_friend", "female_friend", "male_colleague", "female_colleague", NEUTRAL),
}
"""The columns of each grid, in the order in which `variants` counts them."""

COLUMN_LABELS: Mapping[str, str] = {
    "girl": marked("Child of female sex"),
    "woman": marked("Adult of female sex"),
    "boy": marked("Child of male sex"),
    "man": marked("Adult of male sex"),
    "male_friend": marked("Friend (man)"),
    "female_friend": marked("Friend (woman)"),
    "male_colleague": marked("Colleague (man)"),
    "female_colleague": marked("Colleague (woman)"),
    NEUTRAL: marked("Unknown, or another"),
}
"""What a screen calls each column; to be translated where it is shown."""

_ALSO_WRITTEN = {
    "fille": "girl", "femme": "woman", "garcon": "boy", "homme": "man",
    "ami": "male_friend", "amie": "female_friend",
    "confrere": "male_colleague", "consoeur": "female_colleague", "consur": "female_colleague",
    "neutre": NEUTRAL, "inconnu": NEUTRAL,
}  # fmt: skip
"""Columns as a French hand writes them, folded (which loses « œ »)."""

CATEGORIES: Mapping[CustomKind, str] = {
    CustomKind.PATIENT: "champs particuliers",
    CustomKind.CORRESPONDENT: "champs libres",
    CustomKind.COLUMN: "champs du cabinet",
}
"""Where the fields of a kind stand in the catalogue."""

GIVEN = "given"
"""The format of a field whose values only a program has."""

_FORMATS = {
    CustomKind.PATIENT: "patient_variant", CustomKind.CORRESPONDENT: "colleague_variant", CustomKind.COLUMN: GIVEN,
}  # fmt: skip
_SOURCES = {
    CustomKind.PATIENT: (
        "subject.patient_id", "patient.sex", "patient.civility", "patient.birth_date", "patient.patient_type",
        "subject.starts_at",
    ),
    CustomKind.CORRESPONDENT: (
        "correspondent.last_name", "correspondent.title", "correspondent.civility", "correspondent.sex",
        "correspondent.relations", "subject.practitioner_id", "patient.main_practitioner_id",
    ),
}  # fmt: skip

KEYS = ("patient_id", "appointment_id", "invoice_id", "recipient_id")
"""What the rows of a column that is given in Python may be known by."""

_PREFIXES = {CustomKind.PATIENT: "PART_", CustomKind.CORRESPONDENT: "LIBRE"}
_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
_LIKE_A_NUMBER = re.compile(r"(?:PART_?|LIBRE_?)\d*\Z|(?:PART_|LIBRE)\d")
# The signature's marker, and what style sheets begin with « @ »: written small it would look like a field.
_RESERVED = frozenset(
    {"CORPS", "MEDIA", "IMPORT", "CHARSET", "SUPPORTS", "KEYFRAMES", "NAMESPACE", "LAYER", "CONTAINER", "PROPERTY"}
)
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """One field of the practice's own.

    `texts` are a grid's, by column, and `familiar` those for « tu » where they are others. `names` may be written in
    the place of its code; `former` ones are its alone for ever, for what was queued while they stood. A column that is
    given in Python has a `key` (see ``KEYS``) and its values nowhere but in the program that gave them.
    """

    code: str
    kind: CustomKind
    label: str
    texts: Mapping[str, str] = field(default_factory=dict)
    familiar: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    key: str = ""
    missing: str = ""
    data_class: DataClass = DataClass.ADMINISTRATIVE
    archived: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the ledger keeps them; whether it is archived it keeps beside."""
        return {
            "code": self.code,
            "kind": str(self.kind),
            "label": self.label,
            "texts": dict(self.texts),
            "familiar": dict(self.familiar),
            "names": list(self.names),
            "former": list(self.former),
            "key": self.key,
            "missing": self.missing,
            "data_class": str(self.data_class),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, archived: bool = False) -> Self:
        """Take back what `to_dict` gave."""
        known = dict(values)
        known["kind"] = CustomKind(known["kind"])
        known["names"], known["former"] = tuple(known["names"]), tuple(known["former"])
        known["data_class"] = DataClass(known["data_class"])
        return cls(**known, archived=archived)

    @property
    def written(self) -> tuple[str, ...]:
        """The code and every name that an email type may call it by."""
        return (self.code, *self.names)

    @property
    def claimed(self) -> tuple[str, ...]:
        """The same with its former names, which no other field may take."""
        return (*self.written, *self.former)

    def in_catalogue(self, *, former: bool = False) -> Field:
        """Return it as the catalogue has it; with its `former` names, too, for what was queued before."""
        columns = GRIDS.get(self.kind, ())
        plain = [self.texts.get(column, "") for column in columns]
        familiar = [self.familiar.get(column) or text for column, text in zip(columns, plain, strict=True)]
        example = self.texts.get(columns[1], "") if columns else self.missing or self.label
        return Field(
            code=self.code,
            labels={"fr": self.label, "en": self.label},
            category=CATEGORIES[self.kind],
            data_class=self.data_class,
            source=_SOURCES.get(self.kind, (f"given.{self.code}",)),
            format=_FORMATS[self.kind],
            example=example,
            aliases=(*self.names, *self.former) if former else self.names,
            texts=(*plain, *(familiar if self.kind is CustomKind.CORRESPONDENT else ())),
        )

    def changed(
        self,
        *,
        texts: Mapping[str, object] | None = None,
        familiar: Mapping[str, object] | None = None,
        label: str | None = None,
        names: Iterable[str] | None = None,
    ) -> Self:
        """Return it with what is given put in the place of what it said, column by column.

        An empty `familiar` text takes that one away. Names that are not among `names` any more become former ones.

        Raises
        ------
        BadValue
            When a row would not be complete, or something cannot be used.
        """
        if self.kind is CustomKind.COLUMN and (texts or familiar):
            raise BadValue(_("@{code} is given in Python: it has no texts of its own.").format(code=self.code))
        row = {**self.texts, **columns_of(self.kind, texts or {})}
        other = {**self.familiar, **columns_of(self.kind, familiar or {})}
        kept = self.names if names is None else names_of(names)
        complete = complete_row(self.kind, row) if self.kind in GRIDS else {}
        if label is None:
            # A grid that is called by its texts is called by the new ones.
            label = told_by(complete) if complete and self.label == told_by(self.texts) else self.label
        return replace(
            self,
            texts=complete,
            familiar=familiar_row(self.kind, other),
            label=label_of(label),
            names=kept,
            former=tuple(one for one in dict.fromkeys((*self.former, *self.names)) if one not in kept),
            archived=False,
        )


def new_grid(
    kind: CustomKind,
    texts: Mapping[str, object],
    *,
    familiar: Mapping[str, object] | None = None,
    label: str = "",
    names: Iterable[str] = (),
) -> CustomField:
    """Return a new grid without a code yet (see `placed`); without a label, its texts are its label.

    Raises
    ------
    BadValue
        When the row is not complete (the columns that lack are named), or a text, a name or the label cannot be used.

    Examples
    --------
    >>> born = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}
    >>> new_grid(CustomKind.PATIENT, born).label
    'née / né / né(e)'
    """
    if kind not in GRIDS:
        raise BadValue(_("A field whose values are given in Python has no grid of texts."))
    row = complete_row(kind, columns_of(kind, texts))
    other = familiar_row(kind, columns_of(kind, familiar or {}))
    return CustomField(
        code="",
        kind=kind,
        label=label_of(label) if label.strip() else told_by(row),
        texts=row,
        familiar=other,
        names=names_of(names),
        data_class=DataClass.PROFESSIONAL if kind is CustomKind.CORRESPONDENT else DataClass.ADMINISTRATIVE,
    )


def told_by(texts: Mapping[str, str]) -> str:
    """Return what a grid is called as long as nobody says otherwise: its texts."""
    columns = next((grid for grid in GRIDS.values() if set(grid) == set(texts)), tuple(texts))
    told = " / ".join(dict.fromkeys(" ".join(texts[column].split()) for column in columns))
    return told if len(told) <= LONGEST_LABEL else told[: LONGEST_LABEL - 1] + "…"


def new_column(
    code: str, *, key: str, label: str = "", missing: str = "", data_class: DataClass | str = DataClass.ADMINISTRATIVE
) -> CustomField:
    """Return a new field whose values are given in Python, by the `key` of their rows.

    Raises
    ------
    BadValue
        When the code, the key, the kind of data or a text cannot be used.
    """
    (code,) = names_of([code])
    if key not in KEYS:
        raise BadValue(
            _("« {key} » is no key: the rows are known by one of {keys}.").format(key=key, keys=", ".join(KEYS))
        )
    if str(data_class) not in [str(one) for one in DataClass]:
        raise BadValue(_("« {name} » is no kind of data: A, F, H or P.").format(name=data_class))
    return CustomField(
        code=code,
        kind=CustomKind.COLUMN,
        label=label_of(label) if label.strip() else code,
        key=key,
        missing=clean_text(missing, what="missing") if missing.strip() else "",
        data_class=DataClass(str(data_class)),
    )


def placed(new: CustomField, *, code: str, known: Collection[CustomField], builtin: Collection[str]) -> CustomField:
    """Return a field with its code: the one asked for, else the first number of its kind that was never used.

    Parameters
    ----------
    code
        ``PART_07``, as a practice's old texts may call it; ``""`` for the next number. A column's own is its code.
    known
        Every field of the practice, archived ones too. An archived one of this code is brought back with its names.
    builtin
        The codes that the workbench itself knows.

    Raises
    ------
    BadValue
        When the code is no number of its kind, or it or a name is taken; no number is left.
    """
    by_code = {one.code: one for one in known}
    if new.kind is CustomKind.COLUMN:
        code = new.code
    elif code:
        code = numbered_code(new.kind, code)
    else:
        code = next_code(new.kind, by_code)
    before = by_code.get(code)
    if before is not None and not before.archived:
        raise BadValue(_("There is a field @{code} already: change it instead.").format(code=code))
    if before is not None:
        former = tuple(one for one in dict.fromkeys((*before.names, *before.former)) if one not in new.names)
        new = replace(new, former=former)
    return checked_names(replace(new, code=code), known=known, builtin=builtin)


def next_code(kind: CustomKind, taken: Collection[str]) -> str:
    """Return the first number of a kind of grid that was never used; raises ``BadValue`` when none is left."""
    prefix = _PREFIXES[kind]
    code = next(f"{prefix}{number:02d}" for number in count(1) if f"{prefix}{number:02d}" not in taken)
    if len(code) > len(f"{prefix}{_LAST_NUMBER}"):
        raise BadValue(
            _("All numbers from {first} to {last} are taken: change one of these fields instead.").format(
                first=f"@{prefix}01", last=f"@{prefix}{_LAST_NUMBER}"
            )
        )
    return code


def checked_names(one: CustomField, *, known: Collection[CustomField], builtin: Collection[str]) -> CustomField:
    """Return a field if nothing else is called as it is; raises ``BadValue`` naming what is."""
    for name in one.claimed:
        if name in builtin and name in one.written:
            raise BadValue(_("@{name} is a field of the workbench itself: choose another name.").format(name=name))
        for other in known:
            if other.code != one.code and name in other.claimed:
                raise BadValue(
                    _("@{name} is a name of the field @{code} already, or was one: choose another.").format(
                        name=name, code=other.code
                    )
                )
    return one


def numbered_code(kind: CustomKind, written: str) -> str:
    """Return ``PART_07`` or ``LIBRE07`` of what somebody wrote (``@part_7``); raises ``BadValue``."""
    prefix = _PREFIXES[kind]
    text = folded(written.strip()).upper().removeprefix("@")
    number = text.removeprefix(prefix)
    if not text.startswith(prefix) or not re.fullmatch("[0-9]{1,2}", number) or not int(number):
        raise BadValue(
            _("« {code} » is no code of this kind: they go from {first} to {last}.").format(
                code=written, first=f"@{prefix}01", last=f"@{prefix}{_LAST_NUMBER}"
            )
        )
    return f"{prefix}{int(number):02d}"


# --- what a person writes -----------------------------------------------------------------------------


def columns_of(kind: CustomKind, texts: Mapping[str, object]) -> dict[str, object]:
    """Return texts by the grid's own columns, which a person may write in French too.

    Raises
    ------
    BadValue
        When the grid has no such column, or one is given twice.
    """
    columns = GRIDS.get(kind, ())
    found: dict[str, object] = {}
    for written, text in texts.items():
        name = folded(str(written)).strip().replace(" ", "_").replace("-", "_")
        name = _ALSO_WRITTEN.get(name, name)
        if name not in columns:
            raise BadValue(
                _("The grid has no column « {column} »: its columns are {columns}.").format(
                    column=written, columns=", ".join(columns)
                )
            )
        if name in found:
            raise BadValue(_("The column « {column} » is given twice.").format(column=name))
        found[name] = text
    return found


def complete_row(kind: CustomKind, texts: Mapping[str, object]) -> dict[str, str]:
    """Return a grid's row in the order of its columns; raises ``BadValue`` naming the columns that lack a text."""
    lacking = [column for column in GRIDS[kind] if not str(texts.get(column) or "").strip()]
    if lacking:
        named = ", ".join(f"« {_(COLUMN_LABELS[column])} » ({column})" for column in lacking)
        raise BadValue(_("The row is not complete; a text is missing for: {columns}.").format(columns=named))
    return {column: clean_text(texts[column], what=column) for column in GRIDS[kind]}


def familiar_row(kind: CustomKind, texts: Mapping[str, object]) -> dict[str, str]:
    """Return the texts for « tu », those alone that are there; raises ``BadValue`` where a grid has none."""
    told = {column: text for column, text in texts.items() if str(text or "").strip()}
    if told and kind is not CustomKind.CORRESPONDENT:
        raise BadValue(_("Only a field about correspondents has other texts for « tu »."))
    return {column: clean_text(told[column], what=column) for column in GRIDS.get(kind, ()) if column in told}


def clean_text(value: object, *, what: str) -> str:
    """Return one text: line ends made one kind, accents whole, blanks round it gone.

    Raises
    ------
    BadValue
        When it is no text, is too long, or holds what no message may: control signs, half a character, signs that turn
        the order of reading.
    """
    if not isinstance(value, str):
        raise BadValue(_("« {column} » must be a text.").format(column=what))
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > LONGEST_TEXT:
        raise BadValue(
            _("The text of « {column} » has {count} characters; at most {most} are possible.").format(
                column=what, count=len(text), most=LONGEST_TEXT
            )
        )
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text if sign not in "\n\t") or _TURNING.search(text):
        raise BadValue(
            _("The text of « {column} » holds a sign that cannot be read: write it again.").format(column=what)
        )
    return text


def label_of(value: str) -> str:
    """Return a label as it is kept, on one line; raises ``BadValue``."""
    text = " ".join(clean_text(value, what="label").split())
    if not text or len(text) > LONGEST_LABEL:
        raise BadValue(_("A field has a label of 1 to {count} characters.").format(count=LONGEST_LABEL))
    return text


def names_of(written: Iterable[str]) -> tuple[str, ...]:
    """Return names as codes are written: in capitals, without accents; twice the same is once.

    Raises
    ------
    BadValue
        When a name could not be read as a field, or would be mistaken for something else.
    """
    names = []
    for one in written:
        # An accent is folded away; any other sign stays, to be told.
        text = unicodedata.normalize("NFKD", str(one).strip().removeprefix("@"))
        name = "".join(sign for sign in text if not unicodedata.combining(sign)).upper()
        if not _NAME.fullmatch(name) or not 2 <= len(name) <= _LONGEST_NAME:
            raise BadValue(
                _(
                    "« {name} » cannot be a field's name: 2 to {count} letters from A to Z, digits and « _ », a letter "
                    "first."
                ).format(name=str(one).encode(errors="replace").decode()[: 2 * _LONGEST_NAME], count=_LONGEST_NAME)
            )
        if name in _RESERVED:
            raise BadValue(_("@{name} means something else in an email type: choose another name.").format(name=name))
        if _LIKE_A_NUMBER.match(name):
            raise BadValue(
                _("@{name} looks like a numbered field (@PART_01, @LIBRE01): choose another name.").format(name=name)
            )
        names.append(name)
    distinct = tuple(dict.fromkeys(names))
    if len(distinct) > MOST_NAMES:
        raise BadValue(_("A field has at most {count} names.").format(count=MOST_NAMES))
    return distinct
