"""Two years of visits, and those made for the next three months: what became of each depends on who, what and whether.

A simulation, simple on purpose. Some patients are less reliable than others; a check-up is forgotten more often than
a visit for pain; whoever was reminded forgets less often and calls off in time more often.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from workbench.patients.sample.data import sample_words
from workbench.patients.sample.days import COMING_DAYS, PAST_DAYS, is_away
from workbench.patients.sample.draw import SamplePatient
from workbench.patients.sample.first_people import first_people
from workbench.patients.sample.first_visits import first_visits
from workbench.patients.sample.people import sample_people
from workbench.patients.sample.reminders import reminder
from workbench.patients.sample.visits import STEP, Visit, chair_and_hours, declined_by

_FIRST_NUMBER = 1001
_FORCED = 97
"""The secretary forced one appointment out of so many."""

_BEFORE_THE_FIRST = -43
"""The first patients have their recent and coming visits already; their history ends here."""

_LEFT = -140
"""Since this day those who died, or whose file was archived, were not seen."""

_NATURES = {
    "MM": ("CTRL", "DET", "SOIN", "SOIN", "COUR", "URG"),
    "AB": ("CTRL", "DET", "SOIN", "SOIN", "URG"),
    "SL": ("CTRL", "CTRL", "SOIN"),
    "YK": ("DET", "DET", "CTRL", "CHIR"),
    "TJ": ("CTRL", "CHIR", "CHIR"),
    "CC": ("CTRL", "ORTH"),
}
_FORGOTTEN = {"URG": 0.3, "CHIR": 0.5, "COUR": 0.7, "NP": 1.4, "CTRL": 1.3}
"""How much more or less often than others a visit of this nature is forgotten."""

_REMINDED, _NOT_REMINDED = 0.45, 1.2
"""What a reminder makes of the chance that a visit is forgotten."""

_SEEN_TODAY = 10 * 60
"""Whoever has a visit today until ten o’clock was seen already."""

_REMARKS = ("Apporte ses radiographies", "Viendra avec sa fille", "Appeler si du retard", "Prévoir une anesthésie")


@cache
def history() -> tuple[Visit, ...]:
    """Return the visits beside those of `first_visits`, by day and hour; the same at each call."""
    return tuple(_History().visits)


class _History:
    """Follows each patient from visit to visit; no chair holds two patients, nobody comes twice on a day."""

    def __init__(self) -> None:
        self.dice = random.Random("history of the Cabinet des Tilleuls")  # noqa: S311 (an invented history)
        self.minutes = {nature["code"]: int(nature["minutes"]) for nature in sample_words()["natures"]}
        self.taken = {
            (visit.day, visit.chair, start)
            for visit in first_visits()
            for start in range(visit.minute, visit.minute + visit.duration, STEP)
        }
        drawn: list[Visit] = []
        first = {patient.file_number for patient in first_people()[0]}
        for patient in sample_people()[0]:
            if patient.visit is None or patient.visit[1] != "NP":
                drawn += self._follow(patient, last=_BEFORE_THE_FIRST if patient.file_number in first else COMING_DAYS)
        drawn.sort(key=lambda visit: (visit.day, visit.minute, visit.chair))
        self.visits = [
            replace(visit, appointment_id=f"RDV-{number:05}", forced=number % _FORCED == 0)
            for number, visit in enumerate(drawn, _FIRST_NUMBER)
        ]

    def _follow(self, patient: SamplePatient, *, last: int) -> Iterator[Visit]:
        dice = self.dice
        # Nine days in ten of what five open days a week would give: nobody is seen before they have a file.
        known = -min(PAST_DAYS, patient.followed_for * 9 // 14)
        last = _LEFT if patient.mark in ("deceased", "archived") else last
        braced = patient.practitioner == "CC" and patient.is_child
        forgetful = dice.choices((0.05, 0.16, 0.4), weights=(80, 15, 5))[0]
        if known > -PAST_DAYS:
            day, nature = known + dice.randint(0, 3), "NP"
        else:
            day, nature = known + dice.randint(0, 45 if braced else 220), self._nature(patient, braced=braced)
        while day <= last:
            visit = self._book(patient, day, nature, forgetful) if self._is_made(day, braced=braced) else None
            if visit is not None:
                yield visit
                day = visit.day
            if visit is not None and visit.state in ("missed", "postponed") and dice.random() < 0.75:
                day += dice.randint(4, 16)
            elif braced:
                day, nature = day + dice.randint(28, 44), self._nature(patient, braced=True)
            elif nature in ("NP", "CTRL", "SOIN", "URG") and dice.random() < 0.4:
                day, nature = day + dice.randint(6, 16), dice.choice(_NATURES[patient.practitioner][-3:])
            elif dice.random() < 0.04:
                return  # never came again, and nobody knows why
            else:
                day, nature = day + dice.randint(118, 270), dice.choice(("CTRL", "CTRL", "DET"))
                nature = "CTRL" if patient.is_child else nature

    def _nature(self, patient: SamplePatient, *, braced: bool) -> str:
        if braced:
            return "ORTH" if self.dice.random() < 0.9 else "CTRL"
        return self.dice.choice(_NATURES[patient.practitioner])

    def _is_made(self, day: int, *, braced: bool) -> bool:
        """Tell whether a visit of this day is on the agenda yet: the further away, the fewer are."""
        return day < 1 or self.dice.random() < (0.9 if braced else 0.75) * (1 - day / (1.4 * COMING_DAYS))

    def _book(self, patient: SamplePatient, day: int, nature: str, forgetful: float) -> Visit | None:
        """Take a free start on that day, or on one of the next; tells nothing where there is none."""
        dice = self.dice
        duration = self.minutes[nature]
        chair, hours = chair_and_hours(patient.practitioner)
        for on in range(day, day + 4):
            # Tomorrow belongs to the first patients; the agenda ends where the numbered days do.
            if on == 1 or on > COMING_DAYS or is_away(patient.practitioner, on):
                continue
            for _try in range(6):
                start = dice.choice(hours)
                steps = range(start, start + duration, STEP)
                if any(step not in hours or (on, chair, step) in self.taken for step in steps):
                    continue
                self.taken.update((on, chair, step) for step in steps)
                told = reminder(dice, patient.file_number, on)
                state = self._state(on, start, nature, forgetful * (_REMINDED if told else _NOT_REMINDED), told=told)
                moved_by = (
                    dice.choice((-14, -7, 7, 9)) if on > 1 and state == "upcoming" and dice.random() < 0.07 else 0
                )
                if on > 1 and state == "upcoming" and not moved_by:
                    told = None  # the reminder of a visit to come is still to be sent
                return Visit(
                    appointment_id="",
                    file_number=patient.file_number,
                    day=on,
                    minute=start,
                    duration=duration,
                    practitioner=patient.practitioner,
                    chair=chair,
                    nature=nature,
                    state=state,
                    declined_by=declined_by(dice, state),
                    remark=patient.remark or (dice.choice(_REMARKS) if dice.random() < 0.03 else None),
                    made_before=dice.choice((3, 7, 14, 21, 28, 42, 60, 90)) + max(0, 9 + on * 8 // 5 if on > 0 else 0),
                    moved_by=moved_by,
                    told=told,
                )
        return None

    def _state(self, day: int, minute: int, nature: str, forgotten: float, *, told: str | None) -> str:
        dice = self.dice
        if day > 1:
            return dice.choices(("upcoming", "cancelled", "postponed", "excused"), weights=(92, 4, 3, 1))[0]
        if day == 0:
            return "present" if minute <= _SEEN_TODAY else "upcoming"
        missed = min(0.6, forgotten * _FORGOTTEN.get(nature, 1.0))
        declined = 0.13 if told else 0.07
        drawn = dice.random()
        if drawn < missed:
            return "missed"
        if drawn < missed + declined:
            return dice.choice(("postponed", "postponed", "cancelled", "excused"))
        return "present"
