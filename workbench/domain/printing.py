"""A message as it is to be printed: what stands above it, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One message on paper.

    `lines` are what stands above it, label and value (who wrote, to whom, when, its files, what became of it). `html`
    is its HTML as it was sent, `text` what stands in for HTML that cannot be shown; `images` are those it carries,
    ``data:`` addresses by Content-ID. `foot` stands at the bottom of each of its pages.
    """

    title: str = field(repr=False)
    lines: tuple[tuple[str, str], ...] = field(repr=False)
    html: str = field(repr=False)
    text: str = field(repr=False, default="")
    images: Mapping[str, str] = field(repr=False, default_factory=dict)
    foot: str = field(repr=False, default="")
    language: str = "fr"
