from __future__ import annotations

from workbench.patients.hours import hours_text

WEEK = [(day, opens, closes) for day in range(4) for opens, closes in (("14:00", "19:30"), ("08:30", "12:00"))]


def test_days_with_the_same_hours_are_said_together() -> None:
    assert hours_text([*WEEK, (4, "09:00", "12:00"), (6, "10:00", "11:00")], language="fr") == (
        "lundi à jeudi : 8 h 30 – 12 h, 14 h – 19 h 30\nvendredi : 9 h – 12 h\ndimanche : 10 h – 11 h"
    )


def test_an_english_practice_says_it_in_english() -> None:
    assert hours_text([(5, "09:05", "12:00")], language="en") == "Saturday: 9:05 – 12:00"


def test_no_hours_say_nothing() -> None:
    assert hours_text([], language="fr") is None
