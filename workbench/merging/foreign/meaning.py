"""What an unknown code of an old text may mean: the fields of ours whose names or words are nearest."""

from __future__ import annotations

import re
from difflib import get_close_matches

from workbench.domain.fields import Catalogue, Field, folded
from workbench.merging.foreign.tokens import bare

_MOST = 3
_WORD = re.compile(r"[A-ZÀ-Þ]?[a-zß-ÿ]+|[A-ZÀ-Þ]+(?![a-zß-ÿ])|[0-9]+")
_SAME = {
    "tel": "telephone",
    "phone": "telephone",
    "mob": "mobile",
    "rdv": "rendez-vous",
    "appt": "appointment",
    "appointment": "appointment",
    "num": "numero",
    "no": "numero",
    "cp": "code postal",
    "zip": "code postal",
    "naiss": "naissance",
    "birth": "birth",
    "pat": "patient",
    "client": "patient",
    "prat": "praticien",
    "provider": "practitioner",
    "doctor": "practitioner",
    "mt": "montant",
    "price": "amount",
    "dt": "date",
    "mail": "e-mail",
    "courriel": "e-mail",
    "fname": "first name",
    "lname": "last name",
    "surname": "last name",
    "dob": "date birth",
    "salle": "fauteuil",
    "room": "chair",
    "correspondant": "correspondant",
}


def suggestions(name: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Return up to three codes that a name may stand for, the likeliest first."""
    wanted = _words(name)
    scored = [
        (score, -place, field.code)
        for place, field in enumerate(catalogue.values())
        if (score := _score(wanted, field)) > 0
    ]
    found = [code for _score_of, _place, code in sorted(scored, reverse=True)]
    plain = bare(name).upper()[:60]
    # « DATERDV » is our « RDVDATE ».
    turned = [code for place in range(len(plain)) if (code := plain[place:] + plain[:place]) in catalogue]
    near = turned[0] if turned else catalogue.suggestion(plain)
    if near is not None:
        near = catalogue[near].code
        found.insert(0 if turned or get_close_matches(plain, [near], cutoff=0.8) or not found else 1, near)
    return tuple(dict.fromkeys(found))[:_MOST]


def _words(name: str) -> list[str]:
    parts = [folded(part) for part in _WORD.findall(name[:120])]
    return [word for part in parts for word in _SAME.get(part, part).split()]


def _score(wanted: list[str], field: Field) -> float:
    """Count the words that a field has in one of its labels, less for what its label says besides."""
    best = 0.0
    for label in field.labels.values():
        words = re.findall(r"[a-z0-9-]+", folded(label))
        hits = sum(any(_alike(one, word) for word in words) for one in wanted)
        if hits:
            best = max(best, hits - 0.05 * max(0, len(words) - hits))
    return best if best > len(wanted) / 2 - 0.3 else 0.0


def _alike(one: str, other: str) -> bool:
    return len(one) > 2 and (one == other or (len(one) > 4 and other.startswith(one)))
