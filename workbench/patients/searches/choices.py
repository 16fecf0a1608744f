"""What the practice has to choose from: its practitioners, chairs, groups, sites, and the words of its own lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from workbench.errors import UnknownName
from workbench.language import _, language_name
from workbench.patients.schema import (
    appointments,
    chairs,
    correspondent_relations,
    correspondents,
    groups,
    insurers,
    papers,
    patients,
    practices,
    practitioners,
    recalls,
    sites,
)
from workbench.patients.searches.parameters import Choices
from workbench.patients.words import plain

_FREE_WORDS = {
    "nature": appointments.c.nature,
    "type": appointments.c.kind,
    "patient_type": patients.c.patient_type,
    "file_state": patients.c.file_state,
    "reason": recalls.c.reason,
    "paper": papers.c.kind,
    "speciality": correspondents.c.speciality,
    "relation": correspondent_relations.c.relation,
}
"""Parameters whose values are the practice's own words: what its rows hold is what there is to choose from."""


def choices_of(connection: sa.Connection, practice_id: str, name: str) -> Choices:
    """Return what may be asked for a parameter; both a code and a name lead to the same key."""
    if name in _FREE_WORDS:
        return _gathered((value, [value]) for value in _words_of(connection, practice_id, _FREE_WORDS[name]))
    if name == "language":
        return _gathered((value, [value, label]) for value, label in _languages(connection, practice_id))
    if name == "practitioner":
        return _gathered(
            (row.practitioner_id, practitioner_words(row))
            for row in connection.execute(sa.select(practitioners).where(practitioners.c.practice_id == practice_id))
        )
    if name == "chair":
        return _gathered(
            (row.chair_id, [row.chair_id, row.code, row.name])
            for row in connection.execute(sa.select(chairs).where(chairs.c.practice_id == practice_id))
        )
    if name == "group":
        return _gathered(
            (row.group_id, [row.group_id, row.name])
            for row in connection.execute(sa.select(groups).where(groups.c.practice_id == practice_id))
        )
    if name == "site":
        return _gathered(
            (row.site_id, [row.site_id, row.name])
            for row in connection.execute(sa.select(sites).where(sites.c.practice_id == practice_id))
        )
    if name == "insurer":
        return _gathered(
            (row.insurer_id, [row.insurer_id, row.name])
            for row in connection.execute(sa.select(insurers).where(insurers.c.practice_id == practice_id))
        )
    raise UnknownName(_("There is nothing to choose from for « {name} ».").format(name=name))


def labelled_choices(connection: sa.Connection, practice_id: str) -> dict[str, list[tuple[str, str]]]:
    """Return what a person may choose for each parameter: pairs of the value to ask for and how it reads."""
    chosen: dict[str, list[tuple[str, str]]] = {}
    for name, column in _FREE_WORDS.items():
        chosen[name] = sorted((value, value) for value in _words_of(connection, practice_id, column) if value)
    chosen["language"] = _languages(connection, practice_id)
    here = practitioners.c.practice_id == practice_id
    chosen["practitioner"] = [
        (row.practitioner_id, " ".join(part for part in (row.title, row.first_name, row.last_name) if part) or row.code)
        for row in connection.execute(sa.select(practitioners).where(here).order_by(practitioners.c.last_name))
    ]
    for name, table, key in (
        ("chair", chairs, chairs.c.chair_id),
        ("group", groups, groups.c.group_id),
        ("site", sites, sites.c.site_id),
        ("insurer", insurers, insurers.c.insurer_id),
    ):
        found = connection.execute(
            sa.select(key, table.c.name).where(table.c.practice_id == practice_id).order_by(table.c.name, key)
        )
        chosen[name] = [(value, label or value) for value, label in found]
    return chosen


def _languages(connection: sa.Connection, practice_id: str) -> list[tuple[str, str]]:
    """Return the languages of the patients and of the practice, with their names in the language in use."""
    usual = connection.execute(sa.select(practices.c.language).where(practices.c.practice_id == practice_id)).scalars()
    spoken = {*usual, *_words_of(connection, practice_id, patients.c.language)}
    return [(code, language_name(code)) for code in sorted(spoken)]


def _words_of(connection: sa.Connection, practice_id: str, column: sa.Column[Any]) -> list[str]:
    """Return the different words of a column: each is the next one in its index, and the rows are never looked at."""
    here = column.table.c.practice_id == practice_id
    words = sa.select(sa.func.min(column).label("word")).where(here).cte("words", recursive=True)
    following = sa.select(sa.func.min(column)).where(here, column > words.c.word).scalar_subquery()
    words = words.union_all(sa.select(following).where(words.c.word.is_not(None)))
    return list(connection.execute(sa.select(words.c.word).where(words.c.word.is_not(None))).scalars())


def practitioner_words(row: sa.Row[tuple[object, ...]]) -> list[str | None]:
    """Return every way a practitioner may be named: key, code, surname, first name and surname, with the title."""
    first, last, title = row.first_name or "", row.last_name or "", row.title or ""
    names = [last, f"{first} {last}", f"{last} {first}", f"{title} {last}", f"{title} {first} {last}"]
    return [row.practitioner_id, row.code, *(names if last else [])]


def _gathered(pairs: Iterable[tuple[str, Iterable[str | None]]]) -> Choices:
    gathered: dict[str, tuple[str, ...]] = {}
    for key, words in pairs:
        for word in dict.fromkeys(plain(word) for word in words if word):
            gathered[word] = (*gathered.get(word, ()), key)
    return gathered
