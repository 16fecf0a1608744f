"""The tables of the patient store; every key is the practice's own, as text, and starts with the practice.

Conventions, true for every table:

* the primary key begins with ``practice_id``; the other keys are external texts (a file number, an appointment's
  number in the practice's software), so a frame never has to show a row number (DESIGN 8.12);
* moments of the agenda are wall-clock values of the practice, without a zone (DESIGN 8.13); moments at which
  somebody did something (``recorded_at``, ``at``) are UTC texts in ISO form;
* money is a whole number of cents, in columns called ``…_cents``: no store of ours rounds an invoice;
* ``None`` means « the practice does not say »; an empty text is never stored in a nullable column.

Composite text keys, rather than row numbers, keep joins, imports and frames simple: nothing is ever translated. They
are fast enough (``missed`` with both exclusions over 110,000 appointments takes 0.3 s, its frame included).
"""

from workbench.patients.schema.agenda import aftercare, appointment_instructions, appointments, contacts
from workbench.patients.schema.base import (
    CHANNELS,
    CONSENT_STATES,
    CONTACT_CHANNELS,
    CORRESPONDENT_KINDS,
    DECLINERS,
    RESPONSIBILITIES,
    SEXES,
    STATES,
    metadata,
)
from workbench.patients.schema.care import (
    media,
    papers,
    prescriptions,
    prior_agreements,
    procedures,
    quotes,
    recalls,
    treatment_plans,
)
from workbench.patients.schema.house import (
    chairs,
    closed_days,
    emergency_lines,
    facts,
    insurers,
    leaves,
    opening_hours,
    practices,
    practitioners,
    rooms,
    sites,
)
from workbench.patients.schema.journal import corrections, import_mappings, imports
from workbench.patients.schema.money import instalments, invoices, payments
from workbench.patients.schema.people import (
    consents,
    correspondent_relations,
    correspondents,
    group_members,
    groups,
    patient_correspondents,
    patient_insurances,
    patients,
    persons,
    responsibilities,
)

__all__ = [
    "CHANNELS",
    "CONSENT_STATES",
    "CONTACT_CHANNELS",
    "CORRESPONDENT_KINDS",
    "DECLINERS",
    "RESPONSIBILITIES",
    "SEXES",
    "STATES",
    "aftercare",
    "appointment_instructions",
    "appointments",
    "chairs",
    "closed_days",
    "consents",
    "contacts",
    "corrections",
    "correspondent_relations",
    "correspondents",
    "emergency_lines",
    "facts",
    "group_members",
    "groups",
    "import_mappings",
    "imports",
    "instalments",
    "insurers",
    "invoices",
    "leaves",
    "media",
    "metadata",
    "opening_hours",
    "papers",
    "patient_correspondents",
    "patient_insurances",
    "patients",
    "payments",
    "persons",
    "practices",
    "practitioners",
    "prescriptions",
    "prior_agreements",
    "procedures",
    "quotes",
    "recalls",
    "responsibilities",
    "rooms",
    "sites",
    "treatment_plans",
]
