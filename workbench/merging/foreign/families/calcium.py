"""Calcium: ``${dateJour}``."""

from __future__ import annotations

import re

from workbench.merging.foreign.tokens import Family, codes_of

_CODE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_.]{0,60})\}")

_TABLE = {
    "datejour": "DATE",
}

FAMILY = Family(name="calcium", program="Calcium", find=codes_of(_CODE, "${{{}}}"), table=_TABLE)
