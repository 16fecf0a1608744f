"""The steps that bring an older patient store up to date, run in-process; `HEAD` is the newest one."""

HEAD = "0003"
VERSION_TABLE = "patient_store_revision"
