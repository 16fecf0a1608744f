"""The tables of what people did to the store: corrections and imports."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer

from workbench.patients.schema.base import table
from workbench.patients.schema.columns import belongs_to, key_part, needed, text

corrections = table(
    "corrections",
    key_part("correction_id"),
    needed("patient_id"),
    needed("column_name"),
    text("old_value"),
    text("new_value"),
    needed("at"),
    needed("by"),
    text("copied_back_by"),  # who copied it by hand: off the list, yet it wins until an import agrees
    text("copied_back_at"),  # when an import brought the same value: nothing left to copy
    belongs_to("patients", "patient_id", cascade=True),
)
Index(None, corrections.c.practice_id, corrections.c.patient_id, corrections.c.column_name)

imports = table(
    "imports",
    key_part("import_id"),
    needed("kind"),
    needed("file_name"),
    needed("digest"),
    Column("rows", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    needed("at"),
    needed("by"),
)

import_mappings = table(
    "import_mappings",
    key_part("kind"),
    key_part("headings"),  # a digest of the file's headings
    needed("mapping"),  # JSON
    needed("at"),
    needed("by"),
)
"""What the headings and words of a kind of file were last said to mean, for the next file that looks alike."""
