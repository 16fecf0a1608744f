"""Mailings as notebooks that run by themselves: exported, run with parameters, stripped, reported."""
