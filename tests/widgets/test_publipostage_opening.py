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


def test_an_address_corrected_elsewhere_is_in_the_list_that_is_come_back_to(practice: Practice):
    page: Publipostage = practice.publipostage()
    page.open(**TOMORROW, template=REMINDER)
    dispatcher = page.sending.dispatcher
    assert dispatcher.settled(30)
    told = page._addressees.reset_index()
    adult = told[told["addressee_key"].str.startswith("patient:")].iloc[0]
    before, everyone = dispatcher.situation.offer_seal, page.recipients.ticked
    page.recipients.tick(everyone[-1:], False)
    page._ticks_changed()
    practice.patients.correct_address(adult["patient_id"], adult["addressee_key"], "neuve@famille.example")
    page.open()
    assert dispatcher.settled(30)
    assert "neuve@famille.example" in set(page._addressees["address"])
    assert page.recipients.ticked == everyone[:-1]
    assert dispatcher.situation.offer_seal not in ("", before)
    dispatcher.confirm(dispatcher.situation.offer_seal)
    assert dispatcher.wait(60)
    assert not dispatcher.situation.changed


def test_a_link_or_a_cell_with_the_old_path_of_an_email_type_opens_it(practice: Practice, draft: str):
    assert practice.publipostage(**TOMORROW, template=REMINDER).template.chosen == RENAMED
    for asked in ({**TOMORROW, "template": REMINDER}, {"template": REMINDER}):
        page: Publipostage = practice.publipostage()
        page.open(**asked)
        assert page.template.chosen == RENAMED
