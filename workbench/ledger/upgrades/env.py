"""Run the pending steps of the ledger on the connection that was handed in."""

from workbench.databases import run_upgrade_steps

run_upgrade_steps()
