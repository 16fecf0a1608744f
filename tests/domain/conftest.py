from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.language import use_language


@pytest.fixture
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)
