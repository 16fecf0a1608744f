"""The preview with its merged values marked is the very message, for everyone of the sample practice."""

from __future__ import annotations

import pytest

from workbench.displays.showing import shown
from workbench.errors import UsageError
from workbench.merging.marks import OPEN, unmarked
from workbench.practice import Practice


def test_each_marked_message_is_the_message_that_leaves(practice: Practice) -> None:
    found = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    for path in practice.templates:
        mailing = practice.mailing(found, path)
        for number in range(len(mailing.overview())):
            message, marked = mailing.preview_marked(number)
            assert message.html == mailing.preview(number).html
            assert OPEN not in message.html + message.text
            assert OPEN in marked.html
            assert OPEN in marked.text
            assert (unmarked(marked.html), unmarked(marked.text)) == (message.html, message.text)
            assert marked.subject == message.subject
            assert shown(message, marked).marked


def test_there_is_no_preview_of_nobody(practice: Practice) -> None:
    found = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    mailing = practice.mailing(found, next(iter(practice.templates)))
    with pytest.raises(UsageError):
        mailing.preview_marked(10_000)
