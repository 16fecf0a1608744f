"""Owl: ``_PRÉNOM-CLIENT_``."""

from __future__ import annotations

import re

from workbench.merging.foreign.tokens import Family, codes_of

_CODE = re.compile(r"(?<!\w)_([A-ZÀ-ÖØ-ÞŒ][A-ZÀ-ÖØ-ÞŒ0-9'’]{0,40}(?:-[A-ZÀ-ÖØ-ÞŒ0-9'’]{1,40}){0,8})_(?!\w)")

_TABLE = {
    "prenomclient": "PPRENOM",
    "nomclient": "PNOM",
    "courrielclient": "PEMAIL",
    "heurededebut": "RDVHEURE",
    "heuredefin": "RDVFIN",
    "nomdelasalle": "RDVFAUT",
}

FAMILY = Family(name="owl", program="Owl", find=codes_of(_CODE, "_{}_"), table=_TABLE)
