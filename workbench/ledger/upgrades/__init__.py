"""The steps that bring an older ledger up to date, run in-process; `HEAD` is the newest one."""

HEAD = "0006"

VERSION_TABLE = "ledger_version"
