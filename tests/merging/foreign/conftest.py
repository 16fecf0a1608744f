"""What every test of old texts needs: one call from a text to what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from workbench.domain.fields import Catalogue
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.foreign.converting import Converted, converted
from workbench.merging.foreign.families import family_called
from workbench.merging.foreign.reading import source_from_text

Convert = Callable[..., Converted]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return builtin_catalogue()


@pytest.fixture(scope="session")
def convert(catalogue: Catalogue) -> Convert:
    def from_text(
        text: str,
        *,
        family: str = "",
        given: Mapping[str, str] | None = None,
        remembered: Mapping[str, str] | None = None,
    ) -> Converted:
        chosen = family_called(family) if family else None
        source = source_from_text(text, name="lettre.txt")
        return converted(source, catalogue, family=chosen, given=given, remembered=remembered)

    return from_text
