from __future__ import annotations

import pytest

from workbench.displays.freshness import freshness_sentence
from workbench.language import use_language


@pytest.mark.parametrize(
    ("kind", "english", "french"),
    [
        ("appointments", "Agenda imported on 2026-11-21 at 16:45", "Agenda importé le 21/11/2026 à 16 h 45"),
        ("sample", "Sample practice, dated 2026-11-21", "Cabinet d’exemple, daté du 21/11/2026"),
        ("store", "Data of 2026-11-21 at 16:45", "Données du 21/11/2026 à 16 h 45"),
        ("media", "Data imported on 2026-11-21 at 16:45", "Données importées le 21/11/2026 à 16 h 45"),
    ],
)
def test_the_age_of_data_reads_as_a_person_says_it(kind: str, english: str, french: str):
    asked = {"as_of": "2026-11-21T16:45:00+01:00", "as_of_kind": kind}
    assert freshness_sentence(asked) == english
    use_language("fr")
    assert freshness_sentence(asked) == french


def test_what_nobody_knows_is_said_and_what_was_not_asked_is_not():
    assert freshness_sentence({"as_of": None, "as_of_kind": ""}) == "Nobody knows when this data came"
    assert freshness_sentence({}) == ""
