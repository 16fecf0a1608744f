"""The people of a practice as a mailing sees them: roles, sexes, and how an addressee is named."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from workbench.language import marked


class Role(StrEnum):
    """In which capacity somebody receives a message (F71–F75)."""

    PATIENT = "patient"
    GUARDIAN = "guardian"
    PAYER = "payer"
    CORRESPONDENT = "correspondent"
    TREATING_DENTIST = "treating_dentist"
    TREATING_PHYSICIAN = "treating_physician"
    ORTHODONTIST = "orthodontist"
    REFERRING = "referring"
    EXTERNAL = "external"


ROLE_WORDS = {
    "patient": marked("patient"),
    "guardian": marked("guardian"),
    "payer": marked("payer"),
    "correspondent": marked("colleague"),
    "treating_dentist": marked("treating dentist"),
    "treating_physician": marked("treating physician"),
    "orthodontist": marked("orthodontist"),
    "referring": marked("referring colleague"),
    "external": marked("person from outside"),
}
"""What the roles are called in a sentence."""

COLLEAGUES = (
    Role.REFERRING, Role.TREATING_DENTIST, Role.ORTHODONTIST, Role.TREATING_PHYSICIAN, Role.CORRESPONDENT,
)  # fmt: skip
"""The roles of colleagues, in the order in which a report looks for one; *correspondent* is any of them (F74, F75)."""


MINOR_TYPES = frozenset({"enfant", "child", "mineur", "minor"})
"""Types of patient, folded, that tell somebody is under age where no date of birth does."""


class Sex(StrEnum):
    """Administrative sex; unknown is a value of its own, written to with neutral words."""

    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    LETTER = "letter"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A value corrected by hand in a patient's file, to be copied back to the practice's own software.

    Its ``repr`` tells neither value (P12).
    """

    patient_id: str
    column: str
    old: str | None = field(repr=False)
    new: str | None = field(repr=False)
    at: str
    by: str
