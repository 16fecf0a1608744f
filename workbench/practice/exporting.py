"""Take rows out of the practice as a file: whom it may name, and the line that the journal keeps of it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.addresses import address_key
from workbench.domain.objections import Objections
from workbench.domain.people import Channel, Role
from workbench.errors import BadValue, UnknownName
from workbench.language import _
from workbench.merging.addressees import addressees_of, no_longer_patient
from workbench.merging.recipients import plain_records
from workbench.practice.identity import whose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.practice.practice import Practice


_MONEY = ("invoice_id", "quote_id")
"""Columns whose rows are about money: whoever pays for the patient is written to about them."""


class TableWriter(Protocol):
    """Writes a frame as a file, and calls `before` just before it is in its place."""

    def __call__(self, frame: pd.DataFrame, path: Path, *, labels: bool, bom: bool, before: Any) -> None:
        """Write the file."""
        ...


class ListPrinter(Protocol):
    """Lays rows out as a list on paper, a PDF."""

    def __call__(self, frame: pd.DataFrame, *, title: str, practice: str, now: datetime, remark: bool) -> bytes:
        """Return the PDF; `now` is told by the practice's clock."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was taken out: how many rows, and why the others were left out (by reason: ``opted_out deceased`` …)."""

    path: Path
    rows: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def export_rows(
    practice: Practice,
    found: pd.DataFrame,
    path: Path,
    *,
    write: TableWriter,
    columns: Sequence[str] | None,
    consent: str | None,
    purpose: str,
    labels: bool,
    bom: bool,
) -> ExportReport:
    """Write rows as a file, journalled; see `Practice.export`."""
    whose(found, practice.settings.workspace_id)
    names = [str(name) for name in found.columns] if columns is None else list(columns)
    unknown = [name for name in names if name not in found.columns]
    if unknown or not names:
        raise UnknownName(
            _("There is no column « {name} » to export. There are: {known}.").format(
                name=", ".join(unknown), known=", ".join(str(name) for name in found.columns)
            )
        )
    reasons = _reasons(practice, found, consent, purpose) if consent is not None else [""] * len(found)
    kept = found[[not reason for reason in reasons]]
    left_out = dict(sorted(Counter(reason for reason in reasons if reason).items()))
    asked = found.attrs.get("workbench") or {}

    def journal() -> None:
        practice.ledger.acts.record(
            "export.written",
            f"export:{secrets.token_hex(8)}",
            details={
                "search": str(asked.get("search", "")),
                "rows": len(kept),
                "left_out": left_out,
                "columns": names,
                "consent": consent or "",
                "purpose": purpose,
                "format": path.suffix.lower().lstrip("."),
            },
            by=practice.user,
            now=practice.now(),
        )

    write(kept[names], path, labels=labels, bom=bom, before=journal)
    return ExportReport(path=path, rows=len(kept), left_out=left_out)


def print_rows(practice: Practice, found: pd.DataFrame, *, lay_out: ListPrinter, remark: bool) -> bytes:
    """Lay rows out as a list on paper, journalled; see `Practice.print_list`."""
    whose(found, practice.settings.workspace_id)
    asked = found.attrs.get("workbench") or {}
    known = practice.searches().get(str(asked.get("search", "")))
    title = str(asked.get("saved_as") or (_(known.label) if known is not None else _("Recipients")))
    now = practice.now()
    content = lay_out(
        found, title=title, practice=practice.name, now=now.astimezone(practice.calendar.zone), remark=remark
    )
    practice.ledger.acts.record(
        "export.written",
        f"export:{secrets.token_hex(8)}",
        details={"search": str(asked.get("search", "")), "rows": len(found), "remark": remark, "format": "pdf"},
        by=practice.user,
        now=now,
    )
    return content


def _reasons(practice: Practice, found: pd.DataFrame, channel: str, purpose: str) -> list[str]:
    """Return why each row is left out, or ``""``.

    Its patient died or has an archived file; or the patient, whoever a message about the row would go to (the guardian
    of a minor, who pays), or the owner of an address in any of its columns objects.
    """
    if channel not in [str(known) for known in Channel]:
        raise BadValue(
            _("There is no channel « {channel} »: it is one of {known}.").format(
                channel=channel, known=", ".join(Channel)
            )
        )
    written = [
        texts for texts in (_texts(found, str(name)) for name in found.columns) if any("@" in one for one in texts)
    ]
    if "patient_id" not in found.columns and not written and "email" not in found.columns:
        raise BadValue(_("These rows name no patient and no address: nobody's consent can be asked."))
    objections = Objections.from_frame(
        pd.concat([practice.store.objections(), practice.ledger.opt_outs.objections()], ignore_index=True),
        selves=practice.store.selves,
        mailbox=address_key,
    )
    patients = _texts(found, "patient_id")
    known = {
        str(row["patient_id"]): row
        for row in plain_records(practice.store.people(sorted({one for one in patients if one})).reset_index())
    }
    asked = _asked_about(practice, found, patients, known)
    reasons = []
    for place, patient_id in enumerate(patients):
        file = known.get(patient_id, {})
        reason = no_longer_patient(file)
        read_by = [("", str(file.get("email") or "")), *(("", texts[place]) for texts in written), *asked[place]]
        for key, address in dict.fromkeys(read_by):
            reason = reason or objections.reason(
                patient_id=patient_id, address=address, addressee_key=key, channel=channel, purpose=purpose
            )
        reasons.append(reason)
    return reasons


def _asked_about(
    practice: Practice, found: pd.DataFrame, patients: Sequence[str], known: Mapping[str, Mapping[str, Any]]
) -> list[list[tuple[str, str]]]:
    """Return the key and the address of each one that a message about a row would go to."""
    about_money = [[key and bill for key, bill in zip(patients, _texts(found, name), strict=True)] for name in _MONEY]
    of_money = [any(cells) for cells in zip(*about_money, strict=True)]
    answering: dict[tuple[str, Role], list[tuple[str, str]]] = {}
    for role, through in ((Role.PATIENT, Role.GUARDIAN), (Role.PAYER, Role.PAYER)):
        concerned = {
            one
            for one, money in zip(patients, of_money, strict=True)
            if one in known and (money or role is Role.PATIENT)
        }
        responsible: dict[str, list[dict[str, Any]]] = {}
        for row in plain_records(practice.store.relations(sorted(concerned), through)) if concerned else []:
            responsible.setdefault(str(row["patient_id"]), []).append(row)
        for one in concerned:
            chosen = addressees_of(
                one,
                known[one],
                responsible.get(one, []),
                role,
                day=practice.today,
                adult_age=practice.settings.adult_age,
            )
            answering[one, role] = [(person.key, person.email) for person, _problem in chosen]
    invoices = _texts(found, "invoice_id")
    bills = sorted({one for one in invoices if one})
    payers = {
        str(row["invoice_id"]): (f"{Role.PAYER}:{row['person_key'] or ''}", row["billing_email"] or row["email"] or "")
        for row in (plain_records(practice.store.invoice_payers(bills).reset_index()) if bills else [])
    }
    return [
        [
            *answering.get((patient_id, Role.PATIENT), ()),
            *(answering.get((patient_id, Role.PAYER), ()) if money else ()),
            *([payers[invoice]] if invoice in payers else ()),
        ]
        for patient_id, money, invoice in zip(patients, of_money, invoices, strict=True)
    ]


def _texts(found: pd.DataFrame, name: str) -> list[str]:
    if name not in found.columns:
        return [""] * len(found)
    return [value if isinstance(value, str) else "" for value in found[name]]
