"""Import who answers for patients, and the colleagues they are shared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from workbench.addresses import address_key
from workbench.errors import ImportRefused
from workbench.language import _
from workbench.patients.imports.batch import ImportBatch, digest_of
from workbench.patients.imports.mapping import may_mean, says_whose
from workbench.patients.imports.patients import IDENTITY, keep_corrections_of_guardians, known_patients
from workbench.patients.schema import (
    correspondent_relations,
    correspondents,
    patient_correspondents,
    persons,
    responsibilities,
)
from workbench.patients.upserts import Row, upsert
from workbench.patients.words import plain

GUARDIAN_COLUMNS = ("patient_id", "person_id", "own_patient_id", "role", "relation", "rank", *IDENTITY)
CORRESPONDENT_COLUMNS = (
    "correspondent_id", "title", *IDENTITY, "speciality", "mss_email",
    "patient_id", "kind", "rank", "practitioner", "relation", "form",
)  # fmt: skip


def import_guardians(batch: ImportBatch) -> None:
    """Make or change the people responsible for patients: one row a patient, person and role."""
    batch.require("patient_id")
    batch.require("last_name", "person_id")
    _refuse_without_guardian(batch)
    _tell_what_is_the_childs(batch)
    patient_ids = batch.values("patient_id")
    known = known_patients(batch, patient_ids)
    skip_unknown(batch, patient_ids, known)
    columns = {name: batch.values(name) for name in batch.given(IDENTITY)}
    if batch.has("own_patient_id"):
        own = batch.values("own_patient_id")
        there = known_patients(batch, own)
        columns["patient_id"] = [one if one in there else None for one in own]
    keys = _person_keys(batch, patient_ids)
    roles = [role or "guardian" for role in batch.values("role")]
    links = [(patient_ids[p], keys[p], roles[p]) for p in range(len(batch))]
    places = batch.one_row_a_key(links, "patient_id")
    people: dict[str, Row] = {}
    for place in places:
        people[keys[place]] = {"person_id": keys[place], **{name: column[place] for name, column in columns.items()}}
    relations, ranks = batch.values("relation"), batch.values("rank")
    given: list[Row] = []
    counted: dict[tuple[str, str], int] = {}
    for place in places:
        patient_id, person_id, role = links[place]
        counted[patient_id, role] = counted.get((patient_id, role), 0) + 1
        row: Row = {"patient_id": patient_id, "person_id": person_id, "role": role}
        row["relation"] = relations[place]
        row["rank"] = ranks[place] or counted[patient_id, role]
        given.append(row)
    keep_corrections_of_guardians(batch, people)
    changed = upsert(batch.connection, persons, batch.practice_id, list(people.values())).updated
    batch.write(responsibilities, given)
    _count_changed_people(batch, {key for (key,) in changed}, [links[place][1] for place in places])


def _refuse_without_guardian(batch: ImportBatch) -> None:
    """Refuse a plain list of patients: each one would become his own guardian, under his own address."""
    if batch.given(("person_id", "own_patient_id", "role", "relation", "rank")):
        return
    told = {*batch.mapping.columns, *batch.mapping.constants} & set(IDENTITY)
    if told or any(says_whose("guardians", batch.heading(name)) for name in batch.given(IDENTITY)):
        return
    raise ImportRefused(
        _(
            "The file {file} looks like a list of patients: no column speaks of the person responsible. Say which do "
            'with a mapping: [columns] last_name = "Nom du responsable", email = …, or [constants] role = "guardian" '
            "when all of them do. Its headings are: {known}."
        ).format(file=batch.file, known=", ".join(batch.table.headings))
    )


def _tell_what_is_the_childs(batch: ImportBatch) -> None:
    """Say that an address without « du responsable » was left to the child: nobody may look for it in vain."""
    taken = set(batch.places.values())
    for place, heading in enumerate(batch.table.headings):
        if place not in taken and not batch.has("email") and may_mean("guardians", heading, "email"):
            sentence = _(
                "This column was taken for the child's own address, for the child's name stands in the file as well. "
                'If it is the guardian\'s: [columns] email = "{heading}" in a mapping.'
            )
            batch.find(None, heading, "left_to_the_child", sentence.format(heading=heading))


def _count_changed_people(batch: ImportBatch, changed: set[Any], people: Sequence[str]) -> None:
    """A row whose person changed but whose link did not is a changed row."""
    moved = min(batch.unchanged, sum(1 for person in people if person in changed))
    batch.unchanged -= moved
    batch.updated += moved


def _person_keys(batch: ImportBatch, patient_ids: Sequence[Any]) -> list[str]:
    """Return each person's key: the file's; else who already has this name for this patient, or this name and address.

    A mother of three is one person, whether or not the practice's software gives her a number.
    """
    given = batch.values("person_id")
    names = [
        plain(f"{last or ''} {first or ''}")
        for last, first in zip(batch.values("last_name"), batch.values("first_name"), strict=True)
    ]
    addresses = [address_key(email) for email in batch.values("email")]
    by_patient, by_address = _known_people(batch, patient_ids)
    keys: list[str] = []
    for place in range(len(batch)):
        name, address, patient_id = names[place], addresses[place], patient_ids[place]
        key = given[place] or by_patient.get((name, patient_id)) or (address and by_address.get((name, address)))
        if not key:
            key = digest_of("person", name, address or patient_id)
        if not name and given[place] is None:
            batch.skip(place, batch.heading("last_name"), "no_name", _("This row names nobody."))
        keys.append(key)
        by_patient.setdefault((name, patient_id), key)
        if address:
            by_address.setdefault((name, address), key)
    return keys


def _known_people(
    batch: ImportBatch, patient_ids: Sequence[Any]
) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    link = responsibilities
    same = sa.and_(persons.c.practice_id == link.c.practice_id, persons.c.person_id == link.c.person_id)
    found = batch.connection.execute(
        sa.select(persons.c.person_id, persons.c.last_name, persons.c.first_name, persons.c.email, link.c.patient_id)
        .select_from(persons.outerjoin(link, same))
        .where(persons.c.practice_id == batch.practice_id)
        .order_by(persons.c.person_id)
    )
    by_patient: dict[tuple[str, str], str] = {}
    by_address: dict[tuple[str, str], str] = {}
    for person_id, last, first, email, patient_id in found:
        name = plain(f"{last or ''} {first or ''}")
        if patient_id is not None:
            by_patient.setdefault((name, patient_id), person_id)
        if email:
            by_address.setdefault((name, address_key(email)), person_id)
    return by_patient, by_address


def import_correspondents(batch: ImportBatch) -> None:
    """Make or change correspondents and, where the file says so, whose they are and how they are spoken to."""
    batch.require("correspondent_id", "last_name")
    names = [
        plain(f"{last or ''} {first or ''}")
        for last, first in zip(batch.values("last_name"), batch.values("first_name"), strict=True)
    ]
    keys = _correspondent_keys(batch, names)
    columns = {name: batch.values(name) for name in batch.given((*IDENTITY, "title", "speciality", "mss_email"))}
    # One colleague may come on many rows, once a patient or a practitioner: the last row tells who he is.
    given = {
        keys[place]: {"correspondent_id": keys[place], **{name: column[place] for name, column in columns.items()}}
        for place in batch.kept()
    }
    written = upsert(batch.connection, correspondents, batch.practice_id, list(given.values()))
    fates = dict.fromkeys((key for (key,) in written.created), "created")
    fates |= dict.fromkeys((key for (key,) in written.updated), "updated")
    _link_to_patients(batch, keys)
    _link_to_practitioners(batch, keys)
    for place in batch.kept():
        fate = fates.pop(keys[place], "unchanged")
        setattr(batch, fate, getattr(batch, fate) + 1)
    if batch.progress:
        batch.progress(len(batch), len(batch))


def _correspondent_keys(batch: ImportBatch, names: Sequence[str]) -> list[str]:
    """Return each colleague's key: the file's; else who has this name and address, or is this patient's of this kind.

    A new address is the colleague's own when he is known by his patient, and nobody else of his name can be meant;
    otherwise he is another colleague, and is told.
    """
    addresses = [address_key(one) for one in batch.values("email")]
    patient_ids, kinds = batch.values("patient_id"), batch.values("kind")
    by_name, by_patient = _known_correspondents(batch)
    keys: list[str | None] = list(batch.values("correspondent_id"))
    here: dict[str, str] = {}  # the address that this file gives to each one
    lacking: list[int] = []
    for place, name in enumerate(names):
        if keys[place] is None and not name:
            batch.skip(place, batch.heading("last_name"), "no_name", _("This row names nobody."))
        elif keys[place] is None:
            same = [key for key, email in by_name.get(name, {}).items() if email == addresses[place]]
            if same:
                keys[place] = same[0]
                here[same[0]] = addresses[place]
            else:
                lacking.append(place)
    of_patient = {
        place: by_patient.get((names[place], patient_ids[place], kinds[place] or "correspondent"), [])
        for place in lacking
    }
    # Who is sure goes first: his new address tells who the others are.
    for place in sorted(lacking, key=lambda place: not of_patient[place]):
        name, address, patients_own = names[place], addresses[place], of_patient[place]
        namesakes = by_name.get(name, {})
        # One whose address is not known on either side may be the only one of that name.
        found = patients_own or [key for key, email in namesakes.items() if not (email and address)]
        found = [key for key in found if here.get(key, address) == address]
        already = [key for key, email in here.items() if key in namesakes and email == address]
        if already or len(found) == 1:
            key = (already or found)[0]
        else:
            key = digest_of("correspondent", name, address)
            if namesakes:
                sentence = _(
                    "The store has a colleague of this name under another address: this one was taken for somebody "
                    "else. If it is the same one, say his number (correspondent_id)."
                )
                batch.find(place, batch.heading("email"), "ambiguous", sentence)
        keys[place] = key
        here[key] = address
        namesakes = by_name.setdefault(name, {})
        namesakes.setdefault(key, address)
    return [key or "" for key in keys]


def _known_correspondents(
    batch: ImportBatch,
) -> tuple[dict[str, dict[str, str]], dict[tuple[str, str, str], list[str]]]:
    """Return the colleagues of the store by name, with their addresses, and by name, patient and kind."""
    link, table = patient_correspondents, correspondents
    same = sa.and_(table.c.practice_id == link.c.practice_id, table.c.correspondent_id == link.c.correspondent_id)
    found = batch.connection.execute(
        sa.select(
            table.c.correspondent_id, table.c.last_name, table.c.first_name, table.c.email,
            link.c.patient_id, link.c.kind,
        )
        .select_from(table.outerjoin(link, same))
        .where(table.c.practice_id == batch.practice_id)
        .order_by(table.c.correspondent_id)
    )  # fmt: skip
    by_name: dict[str, dict[str, str]] = {}
    by_patient: dict[tuple[str, str, str], list[str]] = {}
    for key, last, first, email, patient_id, kind in found:
        name = plain(f"{last or ''} {first or ''}")
        by_name.setdefault(name, {})[key] = address_key(email)
        if patient_id is not None:
            by_patient.setdefault((name, patient_id, kind), []).append(key)
    return by_name, by_patient


def _link_to_patients(batch: ImportBatch, keys: Sequence[str]) -> None:
    patient_ids, kinds, ranks = batch.values("patient_id"), batch.values("kind"), batch.values("rank")
    if not batch.has("patient_id"):
        return
    known = known_patients(batch, patient_ids)
    links: dict[tuple[str, str, str], Row] = {}
    for place in batch.kept():
        patient_id = patient_ids[place]
        if patient_id is None:
            continue
        if patient_id not in known:
            batch.find(
                place, batch.heading("patient_id"), "unknown_patient", _("The store does not know this patient.")
            )
            continue
        kind = kinds[place] or "correspondent"
        links[patient_id, keys[place], kind] = {
            "patient_id": patient_id,
            "correspondent_id": keys[place],
            "kind": kind,
            "rank": ranks[place] or 1,
        }
    upsert(batch.connection, patient_correspondents, batch.practice_id, list(links.values()))


def _link_to_practitioners(batch: ImportBatch, keys: Sequence[str]) -> None:
    if not batch.given(("relation", "form")):
        return
    practitioner_ids: Sequence[str | None] = (
        batch.registered_ids("practitioner") if batch.has("practitioner") else [None] * len(batch)
    )
    relations, forms = batch.values("relation"), batch.values("form")
    links: dict[tuple[str, str], Row] = {}
    for place in batch.kept():
        if relations[place] is None and forms[place] is None:
            continue
        practitioner_id = practitioner_ids[place] or ""
        links[keys[place], practitioner_id] = {
            "correspondent_id": keys[place],
            "practitioner_id": practitioner_id,
            "relation": relations[place],
            "form": forms[place],
        }
    upsert(batch.connection, correspondent_relations, batch.practice_id, list(links.values()), blanks_erase=False)


def skip_unknown(batch: ImportBatch, patient_ids: Sequence[str | None], known: frozenset[str]) -> None:
    """Leave out the rows of patients that the store does not know."""
    for place, patient_id in enumerate(patient_ids):
        if patient_id is None:
            batch.skip(place, batch.heading("patient_id"), "no_key", _("This row has no file number."))
        elif patient_id not in known:
            sentence = _("The store does not know this patient: import the patients first.")
            batch.skip(place, batch.heading("patient_id"), "unknown_patient", sentence)
