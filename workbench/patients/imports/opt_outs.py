"""Import what people decided about being written to: opt-outs, refusals, acceptances (F157)."""

from __future__ import annotations

import sqlalchemy as sa

from workbench.addresses import address_problem, normalised_address
from workbench.errors import ImportRefused
from workbench.language import _
from workbench.patients import rows
from workbench.patients.imports.batch import ImportBatch, digest_of
from workbench.patients.imports.patients import known_patients
from workbench.patients.schema import consents
from workbench.patients.upserts import Row

COLUMNS = ("patient_id", "address", "channel", "purpose", "state", "source", "recorded_at")


def import_opt_outs(batch: ImportBatch) -> None:
    """Add decisions; a row without a state is an opt-out, one without a channel is about e-mail.

    A decision is never changed: a later one is a row of its own. The same file again adds nothing. A file without
    decisions is taken for a list of opt-outs only when it holds nothing else.
    """
    batch.require("patient_id", "address")
    _refuse_without_decisions(batch)
    patient_ids, addresses = batch.values("patient_id"), batch.values("address")
    channels, purposes, states = batch.values("channel"), batch.values("purpose"), batch.values("state")
    sources, moments = batch.values("source"), batch.values("recorded_at")
    known = known_patients(batch, patient_ids)
    given: dict[int, Row] = {}
    for place in range(len(batch)):
        patient_id = patient_ids[place] if patient_ids[place] in known else None
        address = normalised_address(addresses[place]) if not address_problem(addresses[place]) else None
        if patient_id is None and address is None:
            sentence = _("This row names neither a patient of the store nor an e-mail address.")
            batch.skip(place, batch.heading("patient_id"), "nobody", sentence)
            continue
        moment = moments[place]
        decided = {
            "patient_id": patient_id,
            "address": address,
            "channel": channels[place] or "email",
            "purpose": purposes[place] or "",
            "state": states[place] or "opted_out",
        }
        given[place] = {
            # The hour of the import is no part of the key: the same row tomorrow is the same decision.
            "consent_id": digest_of(*decided.values(), moment),
            **decided,
            "source": sources[place] or batch.file,
            "by": batch.by,
            "recorded_at": moment.isoformat() if moment else batch.at,
        }
    keys = [given[place]["consent_id"] if place in given else None for place in range(len(batch))]
    places = batch.one_row_a_key(keys, "patient_id")
    there = _already_there(batch, [keys[place] for place in places])
    batch.unchanged += len(there)
    batch.write(consents, [given[place] for place in places if keys[place] not in there])


def _refuse_without_decisions(batch: ImportBatch) -> None:
    """Refuse a plain list of patients: none of them would ever be written to again."""
    known = set(batch.places.values())
    others = [heading for place, heading in enumerate(batch.table.headings) if heading and place not in known]
    if batch.has("state") or not others:
        return
    raise ImportRefused(
        _(
            "No column of the file {file} says what people decided, and it holds others: {others}. Nothing was "
            'recorded. Say which column does with a mapping: [columns] state = "…" and its words in [values.state]; '
            'or, when everybody in it opted out: [constants] state = "opted_out".'
        ).format(file=batch.file, others=", ".join(others))
    )


def _already_there(batch: ImportBatch, keys: list[str | None]) -> frozenset[str]:
    return frozenset(
        batch.connection.execute(
            sa.select(consents.c.consent_id).where(
                consents.c.practice_id == batch.practice_id,
                rows.among(consents.c.consent_id, [key for key in keys if key], batch.connection.dialect),
            )
        ).scalars()
    )
