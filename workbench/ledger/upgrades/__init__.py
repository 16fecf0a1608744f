"""The steps that bring an older ledger up to date, run in-process; `HEAD` is the newest one."""

HEAD = "0010"

VERSION_TABLE = "ledger_version"
