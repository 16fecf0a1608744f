"""What a mailing is opened with finds its email type, however it is called by now."""

from __future__ import annotations

import pytest

from workbench.practice import Practice
from workbench.widgets.publipostage import Publipostage

REMINDER, RENAMED = "Rendez-vous/Rappel de rendez-vous", "Rendez-vous/Rappel de demain"
TOMORROW = {"search": "appointments", "start": "tomorrow", "end": "tomorrow", "state": "upcoming"}


@pytest.fixture
def draft(practice: Practice) -> str:
    """The key of a draft with the reminder, which was renamed since."""
    page = practice.publipostage()
    page.open(**TOMORROW, template=REMINDER)
    page.keeper.touch()
    page.keeper.flush()
    practice.templates.rename(REMINDER, "Rappel de demain")
    return str(page.keeper.key)


def test_a_draft_goes_on_with_an_email_type_that_was_renamed_meanwhile(practice: Practice, draft: str):
    page: Publipostage = practice.publipostage()
    page.open(draft=draft)
    assert page.template.chosen == RENAMED


def test_a_link_or_a_cell_with_the_old_path_of_an_email_type_opens_it(practice: Practice, draft: str):
    assert practice.publipostage(**TOMORROW, template=REMINDER).template.chosen == RENAMED
    for asked in ({**TOMORROW, "template": REMINDER}, {"template": REMINDER}):
        page: Publipostage = practice.publipostage()
        page.open(**asked)
        assert page.template.chosen == RENAMED
