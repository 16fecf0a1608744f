"""The patient store, in SQL: its tables, its searches, and what a person may import or correct."""
