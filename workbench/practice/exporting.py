"""Take rows out of the practice as a file: whom it may name, and the line that the journal keeps of it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.addresses import address_key
from workbench.domain.objections import Objections
from workbench.domain.people import Channel
from workbench.errors import BadValue, UnknownName
from workbench.language import _
from workbench.practice.identity import whose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.practice.practice import Practice


class TableWriter(Protocol):
    """Writes a frame as a file, and calls `before` just before it is in its place."""

    def __call__(self, frame: pd.DataFrame, path: Path, *, labels: bool, bom: bool, before: Any) -> None:
        """Write the file."""
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


def _reasons(practice: Practice, found: pd.DataFrame, channel: str, purpose: str) -> list[str]:
    """Return why each row is left out, or ``""``: its patient or address objects, died, or has an archived file."""
    if channel not in [str(known) for known in Channel]:
        raise BadValue(
            _("There is no channel « {channel} »: it is one of {known}.").format(
                channel=channel, known=", ".join(Channel)
            )
        )
    if not {"patient_id", "email"} & set(found.columns):
        raise BadValue(_("These rows name no patient and no address: nobody's consent can be asked."))
    objections = Objections.from_frame(
        pd.concat([practice.store.objections(), practice.ledger.opt_outs.objections()], ignore_index=True),
        selves=practice.store.selves,
        mailbox=address_key,
    )
    patients, addresses = _texts(found, "patient_id"), _texts(found, "email")
    people = practice.store.people(sorted({one for one in patients if one}))
    states = {
        str(key): (bool(died), bool(archived), own if isinstance(own, str) else "")
        for key, died, archived, own in zip(
            people.index, people["deceased"], people["archived"], people["email"], strict=True
        )
    }
    reasons = []
    for patient_id, address in zip(patients, addresses, strict=True):
        died, archived, own = states.get(patient_id, (False, False, ""))
        reason = "deceased" if died else "archived" if archived else ""
        for one in dict.fromkeys((address, own)):
            reason = reason or objections.reason(patient_id=patient_id, address=one, channel=channel, purpose=purpose)
        reasons.append(reason)
    return reasons


def _texts(found: pd.DataFrame, name: str) -> list[str]:
    if name not in found.columns:
        return [""] * len(found)
    return [value if isinstance(value, str) else "" for value in found[name]]
