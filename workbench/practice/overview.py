"""Say of each recipient of a mailing where they stand before it leaves: ready, to read, to correct, left out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.domain.deliveries import DeliveryStatus, Standing, sentence_of_reason, standing_of, word_of_reason
from workbench.language import _
from workbench.merging.preflight import Checked

RowKey = tuple[str, str, str]
"""What a row of a list is known by: recipient_id, addressee_key, role."""

_HAS_IT = {
    DeliveryStatus.SENT: "already_sent",
    DeliveryStatus.SENDING: "uncertain",
    DeliveryStatus.IN_DOUBT: "uncertain",
    DeliveryStatus.CANCELLED: "cancelled",
}
"""For whom nothing leaves by itself any more, and in which word that is said."""


def overview_of(
    recipients: pd.DataFrame, checked: Checked, foretold: Mapping[RowKey, tuple[DeliveryStatus, str]]
) -> pd.DataFrame:
    """Return what `Mailing.overview` does, of its recipients, what their check found, and how each row would stand."""
    findings = checked.findings
    codes: dict[str, str] = {}
    details: dict[str, list[str]] = {}
    for key, code, message in zip(findings["recipient"], findings["code"], findings["message"], strict=True):
        codes.setdefault(key, code)
        details.setdefault(key, []).append(message)
    standings, notes, told, sent = [], [], [], []
    rows = zip(*(recipients[name] for name in ("recipient_id", "addressee_key", "role")), checked.reasons, strict=True)
    for key, addressee_key, role, found in rows:
        status, reason = foretold.get((key, addressee_key, role), (DeliveryStatus.PENDING, ""))
        code, sentences = codes.get(key, ""), list(details.get(key, ()))
        if status in _HAS_IT:
            standing, code = Standing.EXCLUDED, _HAS_IT[status]
            sentences = [_("Cancelled before it left.")] if status is DeliveryStatus.CANCELLED else sentences
        elif not found and reason and status is not DeliveryStatus.PENDING:
            # The ledger alone knows it: another mailing told it, or the server refused it.
            standing, code = standing_of(reason), reason
            sentences = [sentence_of_reason(reason), *sentences]
        else:
            standing = standing_of(found, doubtful=bool(code))
        standings.append(str(standing))
        notes.append(word_of_reason(code) if code else "")
        told.append("\n".join(sentences))
        sent.append(status is DeliveryStatus.SENT)
    return recipients[["recipient_id", "patient_id", "recipient"]].assign(
        standing=pd.Series(standings, dtype=object, index=recipients.index),
        note=pd.Series(notes, dtype=object, index=recipients.index),
        detail=pd.Series(told, dtype=object, index=recipients.index),
        sent=pd.Series(sent, dtype=bool, index=recipients.index),
    )
