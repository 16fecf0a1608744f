"""Everybody the sample practice knows: its first patients, written by hand or drawn, and the many who came after."""

from __future__ import annotations

from functools import cache

from workbench.patients.sample.crowd import crowd
from workbench.patients.sample.draw import SamplePatient, SamplePerson
from workbench.patients.sample.first_people import first_people

PATIENTS = 1500
"""How many patients the sample practice knows."""


@cache
def sample_people() -> tuple[tuple[SamplePatient, ...], tuple[SamplePerson, ...]]:
    """Return every patient (the first ones before the others) and every person responsible; the same at each call."""
    patients, persons = first_people()
    more, parents = crowd(PATIENTS - len(patients))
    return patients + more, persons + parents
