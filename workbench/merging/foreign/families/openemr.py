"""OpenEMR: ``***NAME***``."""

from __future__ import annotations

import re

from workbench.merging.foreign.tokens import Family, codes_of

_CODE = re.compile(r"\*\*\*([A-Z][A-Z0-9_]{1,50})\*\*\*")

_TABLE = {
    "name": "PPRENOM PNOM",
    "provider": "RDVPRAT",
    "date": "RDVDATE",
    "starttime": "RDVHEURE",
    "endtime": "RDVFIN",
}

FAMILY = Family(name="openemr", program="OpenEMR", find=codes_of(_CODE, "***{}***"), table=_TABLE)
