"""Imports: files of the practice's own software into the patient store."""
