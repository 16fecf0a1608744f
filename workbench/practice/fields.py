"""The merge fields of a practice: the workbench's own, and those that the practice makes itself (F79–F93)."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.custom_fields import (
    COLUMN_LABELS,
    GRIDS,
    CustomField,
    CustomKind,
    checked_names,
    names_of,
    new_column,
    new_grid,
    next_code,
    placed,
)
from workbench.domain.fields import Catalogue, DataClass, Field, GivenColumn, folded
from workbench.domain.frames import FIELD_USE_COLUMNS, OWN_FIELD_COLUMNS
from workbench.errors import BadValue, FieldInUse, UnknownName
from workbench.language import _, n_
from workbench.merging.uses import says
from workbench.practice.given_columns import given_values

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_TOLD = 5
"""Uses that a refusal names."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The fields as they were read, and what to compare to know that they still are so."""

    stamp: object
    own: Mapping[str, CustomField]
    catalogue: Catalogue
    everything: Catalogue


class Fields(Mapping[str, Field]):
    """The merge fields by code, the practice's own after the workbench's.

    Examples
    --------
    >>> practice.fields["PNOM"].code
    'PNOM'
    >>> "PPRENOM" in [field.code for field in practice.fields.search("prenom")]
    True
    """

    def __init__(self, practice: Practice, builtin: Catalogue) -> None:
        self._practice = practice
        self._builtin = builtin
        self._given: dict[str, GivenColumn] = {}
        self._given_times = 0
        self._read: _Known | None = None

    def __repr__(self) -> str:
        return f"<Fields: {len(self)}, {len(self.own)} of the practice's own>"

    # --- looking -------------------------------------------------------------------------------------------

    @property
    def catalogue(self) -> Catalogue:
        """What an email type may use now; read anew only once somebody, anywhere, changed a field."""
        return self._known().catalogue

    @property
    def everything(self) -> Catalogue:
        """The same with archived fields and former names: what an email type that was queued before is merged with."""
        return self._known().everything

    @property
    def own(self) -> Mapping[str, CustomField]:
        """The practice's own fields by code, archived ones apart.

        Examples
        --------
        >>> dict(practice.fields.own)
        {}
        """
        return {code: one for code, one in self._known().own.items() if not one.archived}

    def __getitem__(self, code: str) -> Field:
        return self.catalogue[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self.catalogue)

    def __len__(self) -> int:
        return len(self.catalogue)

    def __contains__(self, code: object) -> bool:
        return code in self.catalogue

    def values(self) -> ValuesView[Field]:
        """Return the fields; read once for all of them."""
        return self.catalogue.values()

    def items(self) -> ItemsView[str, Field]:
        """Return the fields with their codes; read once for all of them."""
        return self.catalogue.items()

    def codes(self) -> frozenset[str]:
        """Return every code and name that may be written."""
        return self.catalogue.codes()

    def search(self, words: str) -> list[Field]:
        """Return the fields whose code, label, category, name or own texts hold every one of `words`.

        Neither accents nor capitals count.

        Examples
        --------
        >>> "RDVDATE" in [field.code for field in practice.fields.search("rendez-vous DATE")]
        True
        """
        return self.catalogue.search(words)

    def suggestion(self, code: str) -> str | None:
        """Return the known code nearest to an unknown one, or nothing."""
        return self.catalogue.suggestion(code)

    def find(self, code: str) -> CustomField:
        """Return a field of the practice's own by its code or one of its names.

        Raises
        ------
        UnknownName
            When the practice has no such field of its own.
        """
        return self._one(code)

    def to_frame(self, *, archived: bool = False) -> pd.DataFrame:
        """Return the practice's own fields, one row a text; columns ``code kind label column text familiar …``.

        Parameters
        ----------
        archived
            Those that were removed instead of those that may be used.

        Returns
        -------
        DataFrame
            Key (``code``, ``column``); all text. A column that is given in Python has one row, whose text is what
            stands where there is no value.
        """
        rows = [
            (one.code, str(one.kind), one.label, column, text, familiar, ", ".join(one.names), one.key,
             str(one.data_class))
            for one in self._known().own.values()
            if one.archived is archived
            for column, text, familiar in (
                [(name, one.texts[name], one.familiar.get(name, "")) for name in GRIDS.get(one.kind, ())]
                or [("missing", one.missing, "")]
            )
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=list(OWN_FIELD_COLUMNS), dtype="string")

    def usage(self, code: str) -> pd.DataFrame:
        """Return where a field of the practice's own is used; columns ``kind name messages``.

        Parameters
        ----------
        code
            Its code or one of its names.

        Returns
        -------
        DataFrame
            One row an email type (``template``: its current revision), a ``signature``, or a ``mailing`` with messages
            that have not left, and how many.

        Raises
        ------
        UnknownName
            When the practice has no such field of its own.

        Examples
        --------
        >>> born = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}
        >>> practice.fields.add("patient", born).code
        'PART_01'
        >>> len(practice.fields.usage("PART_01"))
        0
        """
        one = self._one(code, archived=True)
        return self._used(frozenset(one.claimed))

    # --- changing ------------------------------------------------------------------------------------------

    def add(
        self,
        kind: CustomKind | str,
        texts: Mapping[str, str],
        *,
        familiar: Mapping[str, str] | None = None,
        label: str = "",
        names: Iterable[str] = (),
        code: str = "",
    ) -> CustomField:
        """Make a field with a text for each kind of person, and return it with its number.

        Parameters
        ----------
        kind
            ``patient`` (« champ particulier ») or ``correspondent`` (« champ libre »).
        texts
            Of a patient by ``girl woman boy man neutral``, of a correspondent by ``male_friend female_friend
            male_colleague female_colleague neutral``, or in French: ``fille femme … ami consœur neutre``. Each is
            needed.
        familiar
            Other texts for whom one says « tu », of correspondents alone; the ordinary one stands where there is none.
        label
            What it is called in lists; by default its texts.
        names
            Other names for it, as ``NAISSANCE``: ``@NAISSANCE`` then says the same.
        code
            A number of its own (``PART_07``), as old texts may have it; the next one by default. That of a removed
            field brings it back.

        Raises
        ------
        BadValue
            When a text lacks (its column is named), or a text, a name or the code cannot be used; nothing was kept.

        Examples
        --------
        >>> born = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}
        >>> practice.fields.add("patient", born, names=["NAISSANCE"]).written
        ('PART_01', 'NAISSANCE')
        """
        new = new_grid(_kind(kind), texts, familiar=familiar, label=label, names=names)
        return self._keep(lambda known: placed(new, code=code, known=known, builtin=self._builtin.codes()))

    def next_code(self, kind: CustomKind | str) -> str:
        """Return the number that `add` would give to a new field of this kind now.

        Examples
        --------
        >>> practice.fields.next_code("correspondent")
        'LIBRE01'
        """
        return next_code(_kind(kind), self._known().own)

    def edit(
        self,
        code: str,
        texts: Mapping[str, str] | None = None,
        *,
        familiar: Mapping[str, str] | None = None,
        label: str | None = None,
        names: Iterable[str] | None = None,
    ) -> CustomField:
        """Change what is given of a field of the practice's own; what is queued already stays as it is.

        Parameters
        ----------
        code
            Its code or one of its names.
        texts, familiar, label, names
            As for `add`; an empty `familiar` text takes that one away, and `names` stand in the place of those it had.

        Raises
        ------
        UnknownName
            When the practice has no such field of its own.
        BadValue
            As `add`.
        FieldInUse
            When an email type or a signature still calls it by a name that is taken away.

        Examples
        --------
        >>> born = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}
        >>> field = practice.fields.add("patient", born)
        >>> practice.fields.edit("PART_01", {"neutral": "né ou née"}).texts["neutral"]
        'né ou née'
        """
        found = self._one(code)
        given_up = frozenset(found.names) - frozenset(found.names if names is None else names_of(names))
        if given_up:
            self._refuse_used(found, given_up)

        def decide(known: Sequence[CustomField]) -> CustomField:
            (now,) = [one for one in known if one.code == found.code]
            changed = now.changed(texts=texts, familiar=familiar, label=label, names=names)
            return checked_names(changed, known=known, builtin=self._builtin.codes())

        return self._keep(decide)

    def remove(self, code: str, *, archive: bool = False) -> CustomField:
        """Take a field of the practice's own out of the lists; its number is not given again.

        Parameters
        ----------
        code
            Its code or one of its names.
        archive
            Even where it is used: what is queued leaves as it was confirmed, and an email type that still says it is
            told so when it is checked, and sent to nobody.

        Raises
        ------
        UnknownName
            When the practice has no such field of its own.
        FieldInUse
            When it is used (`usage` says where) and `archive` was not said.
        """
        found = self._one(code)
        if not archive:
            self._refuse_used(found, frozenset(found.claimed))
        return self._archived(found.code, True)

    def restore(self, code: str) -> CustomField:
        """Bring a removed field back as it was.

        Raises
        ------
        UnknownName
            When the practice never had such a field of its own.
        """
        return self._archived(self._one(code, archived=True).code, False)

    def from_column(
        self,
        code: str,
        values: pd.Series | pd.DataFrame,
        *,
        key: str = "patient_id",
        label: str = "",
        missing: str = "",
        data_class: DataClass | str = DataClass.ADMINISTRATIVE,
    ) -> Field:
        """Make a field of a column: what it is stays with the practice, its values last as long as it is open.

        Parameters
        ----------
        code
            What an email type calls it: ``MUTUELLE`` is ``@MUTUELLE``.
        values
            A Series whose index is the key (called so, unless it is text), or a frame with a column called as the key
            and one more. Texts and whole numbers; write dates and amounts as they are to be read.
        key
            What the rows are known by: ``patient_id appointment_id invoice_id recipient_id``.
        label
            What it is called in lists; by default as before, else its code.
        missing
            What stands where there is no value; otherwise the message has a blank there.
        data_class
            ``A`` administrative, ``F`` financial, ``H`` health (does not leave on ordinary mail by itself), ``P``
            professional.

        Raises
        ------
        BadValue
            When a key stands twice, a value is no text, or something else cannot be used; nothing was kept.

        Examples
        --------
        >>> import pandas as pd
        >>> practice.fields.from_column("MUTUELLE", pd.Series({"1042": "Mutuelle des Tilleuls"})).code
        'MUTUELLE'
        """
        new = new_column(code, key=key, label=label, missing=missing, data_class=data_class)
        given = GivenColumn(key=key, values=given_values(values, new), missing=new.missing or None)

        def decide(known: Sequence[CustomField]) -> CustomField:
            before = next((one for one in known if one.code == new.code), None)
            if before is None or before.archived or before.kind is not CustomKind.COLUMN:
                return placed(new, code="", known=known, builtin=self._builtin.codes())
            return replace(new, names=before.names, former=before.former, label=new.label if label else before.label)

        kept = self._keep(decide)
        self._given[kept.code] = given
        self._given_times += 1
        return self.catalogue[kept.code]

    # --- what they share -----------------------------------------------------------------------------------

    def _known(self) -> _Known:
        practice = self._practice
        stamp = (practice.ledger.custom_fields.stamp(), practice.changes, self._given_times)
        read = self._read
        if read is None or read.stamp != stamp:
            read = self._read = self._known_at(stamp)
        return read

    def _known_at(self, stamp: object) -> _Known:
        own = {one.code: one for one in self._practice.ledger.custom_fields.fields()}
        if not own:
            return _Known(stamp, own, self._builtin, self._builtin)
        builtin = self._builtin.values()
        usable = [one.in_catalogue() for one in own.values() if not one.archived]
        ever = [one.in_catalogue(former=True) for one in own.values()]
        return _Known(
            stamp,
            own,
            Catalogue([*builtin, *usable], given=self._given) if usable else self._builtin,
            Catalogue([*builtin, *ever], given=self._given),
        )

    def _one(self, code: str, *, archived: bool = False) -> CustomField:
        """Return a field of the practice's own by its code or a name; raises ``UnknownName``."""
        name = folded(code.strip()).upper().removeprefix("@")
        own = self._known().own
        for one in own.values():
            if name in one.written and (archived or not one.archived):
                return one
        if name in self._builtin:
            raise UnknownName(_("@{code} is a field of the workbench itself: it stays as it is.").format(code=name))
        if any(name in one.claimed for one in own.values()):
            raise UnknownName(_("The field @{code} was removed; bring it back first.").format(code=name))
        codes = ", ".join(f"@{code}" for code in self.own)
        if not codes:
            raise UnknownName(
                _("The practice has no field @{code} of its own, nor any other yet.").format(code=_safe(name))
            )
        raise UnknownName(
            _("The practice has no field @{code} of its own. There is: {codes}.").format(code=_safe(name), codes=codes)
        )

    def _keep(self, decide: Callable[[Sequence[CustomField]], CustomField]) -> CustomField:
        practice = self._practice
        kept = practice.ledger.custom_fields.keep(decide, by=practice.user, now=practice.now())
        practice.changes += 1
        return kept

    def _archived(self, code: str, archived: bool) -> CustomField:
        def decide(known: Sequence[CustomField]) -> CustomField:
            (now,) = [one for one in known if one.code == code]
            return replace(now, archived=archived)

        return self._keep(decide)

    def _used(self, names: frozenset[str]) -> pd.DataFrame:
        ledger = self._practice.ledger
        known = self.everything.__contains__
        rows: list[tuple[str, str, int]] = [
            ("template", template.path, 0)
            for template in ledger.library.templates()
            if says(template.to_dict(), names, known=known)
        ]
        rows += [
            ("signature", signature.label, 0)
            for signature in ledger.signatures.signatures()
            if says(signature.to_dict(), names, known=known)
        ]
        waiting: dict[int, int] = {}
        for mailing, count, template, letterhead in ledger.custom_fields.waiting():
            if says(template, names, known=known) or says(letterhead, names, known=known):
                waiting[mailing] = waiting.get(mailing, 0) + count
        rows += [("mailing", str(mailing), count) for mailing, count in waiting.items()]
        frame = pd.DataFrame(rows, columns=list(FIELD_USE_COLUMNS))
        return frame.astype({"kind": "string", "name": "string", "messages": "int64"})

    def _refuse_used(self, field: CustomField, names: frozenset[str]) -> None:
        used = self._used(names)
        if used.empty:
            return
        told = [
            _("mailing {number}").format(number=name) if kind == "mailing" else f"« {name} »"
            for kind, name in zip(used["kind"][:_TOLD], used["name"][:_TOLD], strict=True)
        ]
        more = len(used) - len(told)
        if more:
            told.append(n_("{count} more", "{count} more", more).format(count=more))
        raise FieldInUse(
            _("@{code} is used: {uses}. Take it out of them first.").format(
                code=field.code if field.code in names else min(names), uses=", ".join(told)
            )
        )


def column_label(column: str) -> str:
    """Return what a screen calls a column of a grid."""
    return _(COLUMN_LABELS[column])


def _kind(kind: CustomKind | str) -> CustomKind:
    if str(kind) in [str(one) for one in CustomKind]:
        return CustomKind(str(kind))
    raise BadValue(
        _("« {kind} » is no kind of field: patient (@PART_01) or correspondent (@LIBRE01).").format(kind=kind)
    )


def _safe(text: str) -> str:
    return text[:60]
