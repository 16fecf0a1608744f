"""What the core asks of the outside: a patient store, a ledger with its outbox, and a way for letters to leave."""

from workbench.ports.ledger import (
    ActBook,
    LastMessageBook,
    Ledger,
    MailingBook,
    OpenRun,
    OptOutBook,
    RestoreGuard,
    ResultBook,
    RunBook,
    SavedSearchBook,
    SignatureShelf,
    TemplateShelf,
)
from workbench.ports.patients import PatientStore
from workbench.ports.transports import (
    AccessTokens,
    Allowance,
    Claimed,
    Departed,
    Journal,
    Outbox,
    Queue,
    Quota,
    Transport,
)

__all__ = [
    "AccessTokens",
    "ActBook",
    "Allowance",
    "Claimed",
    "Departed",
    "Journal",
    "LastMessageBook",
    "Ledger",
    "MailingBook",
    "OpenRun",
    "OptOutBook",
    "Outbox",
    "PatientStore",
    "Queue",
    "Quota",
    "RestoreGuard",
    "ResultBook",
    "RunBook",
    "SavedSearchBook",
    "SignatureShelf",
    "TemplateShelf",
    "Transport",
]
