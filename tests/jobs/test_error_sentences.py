from __future__ import annotations

import pytest

from workbench.jobs.error_sentences import sentence_of_error

_ = "\N{NO-BREAK SPACE}"
FRENCH = f": la ligne 3 de ses paramètres n’est pas du Python{_}; rien n’a été exécuté."


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "UnknownPatient", "The patient store knows no file number « Nathan 2201 ».",
            "UnknownPatient: The patient store knows no file number « … ».",
        ),
        (
            "BadValue", "« state » does not know « Aubry ». It knows: Claire, Nathan.",
            "BadValue: « … » does not know « … ». It knows: ….",
        ),
        (
            "BadValue", "The database cannot answer this question: no column\nNathan.",
            "BadValue: The database cannot answer this question: ….",
        ),
        (
            "NotebookRefused", f"«{_}Nathan{_}»{_}{FRENCH}", f"NotebookRefused: «{_}…{_}»{_}{FRENCH}",
        ),
        ("LoginRefused", "Nathan may not log in.", "LoginRefused"),
        ("BadValue", "Nathan", "BadValue"),
        ("ValueError", "This is not an e-mail address.", "ValueError"),
        ("Nathan Aubry", "", "Error"),
    ],
)  # fmt: skip
def test_an_error_is_told_in_our_own_words_and_nothing_is_quoted(name: str, text: str, told: str):
    assert sentence_of_error(name, text) == told
