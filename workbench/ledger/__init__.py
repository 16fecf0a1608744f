"""Our own database: what was prepared, what was sent, and what became of it."""

from workbench.ledger.guard import Place
from workbench.ledger.ledger import Ledger, open_ledger

__all__ = ["Ledger", "Place", "open_ledger"]
