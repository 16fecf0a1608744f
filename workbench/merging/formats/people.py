"""Civilities, greetings, and the patient as the addressee would say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.domain.calendar import years_between
from workbench.domain.people import COLLEAGUES
from workbench.merging.addressees import is_minor
from workbench.merging.formats.inputs import Column, Format, Inputs, each_row, each_value, wall_moment
from workbench.merging.formats.words import SEXES
from workbench.merging.grammar import elision

COLLEAGUE_ROLES = frozenset(COLLEAGUES)

_CIVILITIES = {
    "m": "M", "m.": "M", "mr": "M", "mr.": "M", "monsieur": "M",
    "mme": "F", "mme.": "F", "madame": "F", "mlle": "F", "melle": "F", "mademoiselle": "F", "ms": "F", "mrs": "F",
    "dr": "Dr", "dr.": "Dr", "docteur": "Dr", "pr": "Pr", "pr.": "Pr", "professeur": "Pr", "me": "Me",
}  # fmt: skip
WRITTEN = {
    "fr": {"M": "M.", "F": "Mme", "Dr": "Dr", "Pr": "Pr", "Me": "Me"},
    "en": {"M": "Mr", "F": "Ms", "Dr": "Dr", "Pr": "Prof.", "Me": "Me"},
}
CALLED = {"M": "Monsieur", "F": "Madame", "Dr": "Docteur", "Pr": "Professeur", "Me": "Maître"}


def civil_kind(civility: object, sex: object) -> str | None:
    """Return which of our civilities a file means, or nothing when neither its civility nor its sex tells."""
    if civility:
        known = _CIVILITIES.get(str(civility).strip().lower())
        if known:
            return known
        return None  # « M. et Mme », a title of the practice's own: written to with neutral words
    return {"M": "M", "F": "F"}.get(str(sex))


def _titled_name(inputs: Inputs, source: Sequence[str]) -> Column:
    """« Dr Molaire »; a title without a name is nobody."""
    titles, names = (inputs.column(name) for name in source)
    return [
        " ".join(str(part) for part in (title, name) if part) if name else None
        for title, name in zip(titles, names, strict=True)
    ]


def _civil_rows(inputs: Inputs, source: Sequence[str]) -> list[tuple[str | None, object, str]]:
    civilities, sexes = inputs.column(source[0]), inputs.column(source[1])
    rows = list(zip(civilities, sexes, strict=True))
    kinds = {row: civil_kind(*row) for row in set(rows)}
    return [(kinds[row], row[0], language) for row, language in zip(rows, inputs.languages, strict=True)]


def _civility(inputs: Inputs, source: Sequence[str]) -> Column:
    return [
        WRITTEN[language][kind] if kind else (str(civility).strip() if civility else None)
        for kind, civility, language in _civil_rows(inputs, source)
    ]


def couple_of(civility: object) -> str | None:
    """Return how two people named by one civility are called, « Madame, Monsieur », « Mesdames »; else nothing."""
    first, joint, second = str(civility or "").strip().lower().replace(" & ", " et ").partition(" et ")
    kinds = {_CIVILITIES.get(first.strip()), _CIVILITIES.get(second.strip())}
    if not joint or not kinds <= {"M", "F"}:
        return None
    return "Madame, Monsieur" if len(kinds) == 2 else "Mesdames" if kinds == {"F"} else "Messieurs"


_WARM_COUPLES = {
    "Madame, Monsieur": "Chère Madame, cher Monsieur", "Mesdames": "Chères Mesdames", "Messieurs": "Chers Messieurs",
}  # fmt: skip


def _agreed(sex: object, civility: object, language: str) -> str:
    """Write what agrees after « né », « prié »: « e », nothing, « (e) » where nobody knows, « s » for a couple.

    The empty text is a value here: a man's form has no ending, and English has none at all.
    """
    if language == "en":
        return ""
    if together := couple_of(civility):
        return "es" if together == "Mesdames" else "s"
    kind = str(sex) if sex in ("F", "M") else civil_kind(civility, sex)
    return {"F": "e", "M": ""}.get(str(kind), "(e)")


def _addressee_sex(civility: object, sex: object, language: str) -> str | None:
    kind = str(sex) if sex in ("F", "M") else civil_kind(civility, sex)
    return "couple" if couple_of(civility) else SEXES[language].get(str(kind))


def _of_name(name: str, language: str) -> str:
    """« de Zoé », « d’Alexis »; "of Zoé"."""
    return f"of {name}" if language == "en" else elision(name)


def _greeting(inputs: Inputs, source: Sequence[str]) -> Column:
    """« Madame », « Monsieur », « Docteur »; « Madame, Monsieur » when nobody can know or two parents are meant."""
    names = inputs.column(source[2])
    greetings: Column = []
    for (kind, civil, language), name in zip(_civil_rows(inputs, source), names, strict=True):
        if language == "en":
            greetings.append(f"Dear {WRITTEN['en'][kind]} {name}" if kind and name else "Dear Sir or Madam")
        else:
            greetings.append(CALLED[kind] if kind else couple_of(civil) or "Madame, Monsieur")
    return greetings


def _warm_greeting(inputs: Inputs, source: Sequence[str]) -> Column:
    """« Chère Madame », « Cher Monsieur », both for a couple, and a child by the first name: « Chère Zoé »."""
    births, firsts, lasts = (inputs.column(name) for name in source[2:5])
    greetings: Column = []
    rows = zip(_civil_rows(inputs, source), inputs.column(source[1]), births, firsts, lasts, strict=True)
    for (kind, civil, language), sex, birth, first, last in rows:
        born = wall_moment(birth, inputs.zone)
        child = born is not None and years_between(born.date(), inputs.now.date()) < inputs.adult_age
        if language == "en":
            if child and first:
                greetings.append(f"Dear {first}")
            else:
                greetings.append(f"Dear {WRITTEN['en'][kind]} {last}" if kind and last else "Dear Sir or Madam")
        elif child and first and sex in ("F", "M"):
            greetings.append(f"{'Chère' if sex == 'F' else 'Cher'} {first}")
        else:
            feminine = kind == "F" or (kind not in (None, "M") and sex == "F")
            couple = _WARM_COUPLES.get(couple_of(civil) or "", "Madame, Monsieur")
            greetings.append(f"{'Chère' if feminine else 'Cher'} {CALLED[kind]}" if kind else couple)
    return greetings


_PARENTS = frozenset({"", "mother", "father", "parent", "parents", "mere", "pere", "mère", "père"})
_CHILDREN = {
    "fr": {"F": "votre fille", "M": "votre fils"},
    "en": {"F": "your daughter", "M": "your son"},
}
_GRANDPARENTS = re.compile(r"grand[- ]?(?:m|p|mother|father)", re.IGNORECASE)
_GRANDCHILDREN = {
    "fr": {"F": "votre petite-fille", "M": "votre petit-fils"},
    "en": {"F": "your granddaughter", "M": "your grandson"},
}


def _relation(inputs: Inputs, source: Sequence[str]) -> Column:
    """Name the patient as the addressee would: « vous », « votre fille », « votre patient »."""
    roles, relations, sexes, births = (inputs.column(name) for name in source)
    told: Column = []
    for role, relation, sex, birth, language in zip(roles, relations, sexes, births, inputs.languages, strict=True):
        french = language == "fr"
        kin = str(relation or "").strip().lower()
        if role == "patient" or kin in ("self", "lui-même", "elle-même"):
            told.append("vous" if french else "you")
        elif role in COLLEAGUE_ROLES:
            told.append(("votre patiente" if sex == "F" else "votre patient") if french else "your patient")
        elif role not in ("guardian", "payer"):
            told.append(None)
        elif _GRANDPARENTS.match(kin):
            told.append(_GRANDCHILDREN[language].get(str(sex), "votre petit-enfant" if french else "your grandchild"))
        elif kin in _PARENTS:
            told.append(_CHILDREN[language].get(str(sex), "votre enfant" if french else "your child"))
        else:
            born = wall_moment(birth, inputs.zone)
            minor = born is not None and years_between(born.date(), inputs.now.date()) < inputs.adult_age
            neutral = ("l'enfant" if minor else "la personne") if french else ("the child" if minor else "the person")
            told.append(neutral + (" dont vous êtes responsable" if french else " you are responsible for"))
    return told


def _family(inputs: Inputs, source: Sequence[str]) -> Column:
    """Name the minors of the family whom the addressee answers for, and nobody else of it: « Zoé, Léo »."""
    families, addressees = (inputs.column(name) for name in source)
    day = inputs.now.date()
    return [
        ", ".join(
            one["name"]
            for one in members or ()
            if addressee in one["answering"] and is_minor(one, day, inputs.adult_age)
        )
        or None
        for members, addressee in zip(families, addressees, strict=True)
    ]


PEOPLE: dict[str, Format] = {
    "titled_name": _titled_name,
    "civility": _civility,
    "greeting": _greeting,
    "warm_greeting": _warm_greeting,
    "relation": _relation,
    "family": _family,
    "agreement": each_row(_agreed),
    "addressee_sex": each_row(_addressee_sex),
    "of_name": each_value(_of_name),
}
