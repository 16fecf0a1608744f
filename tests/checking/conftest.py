"""What the tests of the check share: a small email type, looked through as a practice does, merged here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import pytest

from workbench.checking.looking import check_template
from workbench.checking.settings import Surroundings
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import compile_template

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
Look = Callable[..., list[Finding]]


@pytest.fixture
def look() -> Look:
    """Look through an email type made of its HTML, a subject and settings."""

    def looked(
        html: str = "<p>Bonjour</p>",
        subject: str = "Votre rendez-vous",
        *,
        there: Surroundings | None = None,
        **settings: object,
    ) -> list[Finding]:
        template = Template(label="Essai", subject=subject, html=html, **settings)  # type: ignore[arg-type]
        compiled = compile_template(template, builtin_catalogue(), columns=None)

        def render_all(rows: Iterable[Mapping[str, object]]) -> Iterable[Rendered | TemplateRefused]:
            for row in rows:
                try:
                    yield compiled.render(row)
                except TemplateRefused as refused:
                    yield refused

        return check_template(
            template, compiled, builtin_catalogue(), render_all=render_all, now=NOW, there=there or Surroundings()
        )

    return looked


@pytest.fixture
def codes(look: Look) -> Callable[..., list[str]]:
    """Return the codes of what is found, in their order."""

    def found(*given: object, **settings: object) -> list[str]:
        return [finding.code for finding in look(*given, **settings)]

    return found
