"""Open a database safely, bring its tables up to date, and read or write it in short transactions (DESIGN 8.14)."""

from workbench.databases.names import shown, sqlite_path
from workbench.databases.opening import (
    BUSY_SECONDS,
    CACHE_MEBIBYTES,
    NETWORK_FILE_SYSTEMS,
    network_file_system,
    open_engine,
)
from workbench.databases.places import ended_uncleanly, write_ahead_bytes
from workbench.databases.transactions import (
    RESTED_SECONDS,
    Beside,
    Writer,
    alone,
    driven,
    reading,
    undisturbed,
    writing,
)
from workbench.databases.upgrades import bring_up_to_date, copy_sqlite, run_upgrade_steps

__all__ = [
    "BUSY_SECONDS",
    "CACHE_MEBIBYTES",
    "NETWORK_FILE_SYSTEMS",
    "RESTED_SECONDS",
    "Beside",
    "Writer",
    "alone",
    "bring_up_to_date",
    "copy_sqlite",
    "driven",
    "ended_uncleanly",
    "network_file_system",
    "open_engine",
    "reading",
    "run_upgrade_steps",
    "shown",
    "sqlite_path",
    "undisturbed",
    "write_ahead_bytes",
    "writing",
]
