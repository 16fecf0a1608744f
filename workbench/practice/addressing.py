"""Who is written to about the rows of a search as a rule: what is known before an email type is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.errors import AccountError
from workbench.language import _
from workbench.practice.searching import kind_of

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_ROLES = {"correspondent": Role.CORRESPONDENT, "invoice": Role.PAYER, "quote": Role.PAYER}
"""To whom rows of a kind are written about; of every other kind it is the patient."""


def usual_addressees(practice: Practice, found: pd.DataFrame) -> pd.DataFrame:
    """Return the addressee of each row; see `Practice.addressees`."""
    account = practice.accounts.default_name or next(iter(practice.accounts), None)
    if account is None:
        raise AccountError(_("There is no account to send from yet: add one first."))
    # Nothing is rendered or written: of a message only the addressee's role is asked.
    nothing = Template(label="-", subject="-", html="", role=_ROLES.get(kind_of(found), Role.PATIENT))
    return practice.mailing(found, nothing, account=account).addressees()


def numbers_of_guardians(practice: Practice, patient_ids: Sequence[str]) -> dict[str, str]:
    """Return the number of the first guardian who has one, by ``patient_id``: the mobile, else the other one."""
    numbers: dict[str, str] = {}
    if not patient_ids:
        return numbers
    known = practice.store.relations(sorted(set(patient_ids)), Role.GUARDIAN)
    columns = (known[name].fillna("") for name in ("patient_id", "mobile", "phone"))
    for patient_id, mobile, phone in zip(*columns, strict=True):
        if mobile or phone:
            numbers.setdefault(patient_id, mobile or phone)
    return numbers
