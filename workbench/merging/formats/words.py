"""Plain texts, and the words the store keeps as codes: sexes, languages, states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.merging.formats.inputs import Column, Format, Inputs, each_value


def _text(value: object, _language: str) -> str | None:
    return str(value).strip()


SEXES = {"fr": {"F": "féminin", "M": "masculin"}, "en": {"F": "female", "M": "male"}}
_LANGUAGES = {
    "fr": {"fr": "français", "en": "anglais", "es": "espagnol", "de": "allemand", "it": "italien", "pt": "portugais"},
    "en": {"fr": "French", "en": "English", "es": "Spanish", "de": "German", "it": "Italian", "pt": "Portuguese"},
}
_STATES = {
    "fr": {
        "upcoming": "futur", "missed": "manqué", "postponed": "reporté", "present": "présent", "cancelled": "annulé",
        "excused": "excusé",
    },
    "en": {},
}  # fmt: skip
_DECLINERS = {
    "fr": {"practice": "par le cabinet", "patient": "par le patient"},
    "en": {"practice": "by the practice", "patient": "by the patient"},
}


def _worded(words: Mapping[str, Mapping[str, str]], *, unknown: bool = True) -> Format:
    def one(value: object, language: str) -> str | None:
        text = str(value).strip()
        return words[language].get(text, text if unknown else None)

    return each_value(one)


def _first_of(inputs: Inputs, source: Sequence[str]) -> Column:
    """Take the first of several columns that says something."""
    rows = zip(*(inputs.column(name) for name in source), strict=True)
    return [next((str(part).strip() for part in row if part), None) for row in rows]


WORDS: dict[str, Format] = {
    "text": each_value(_text),
    "sex": _worded(SEXES, unknown=False),
    "language": _worded(_LANGUAGES),
    "state": _worded(_STATES),
    "declined_by": _worded(_DECLINERS),
    "first_of": _first_of,
}
