"""Draw up the appointments of the first patients: eight weeks back, three weeks ahead, and tomorrow full.

The visits never change; only the dates of their days do. So an appointment keeps its number, its hour, its
patient and what became of it when the sample is dated anew, and tomorrow is always as full.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from functools import cache

from workbench.patients.sample.data import sample_words
from workbench.patients.sample.days import is_away
from workbench.patients.sample.draw import SamplePatient
from workbench.patients.sample.first_people import first_people
from workbench.patients.sample.visits import STEP, Visit, chair_and_hours, declined_by

SEEN_AGAIN = frozenset({"1029", "2101", "2103", "2202", "2302"})
"""Without an address, with a malformed one, a guardian without one, an opt-out: also seen on the second day."""

TOMORROW = 50
"""Upcoming appointments tomorrow, whatever the day."""

_PAST_DAYS = 37
_COMING_DAYS = 16


@cache
def first_visits() -> tuple[Visit, ...]:
    """Return the visits of the first patients, by day and hour; the same at each call."""
    return tuple(_Agenda().visits)


class _Agenda:
    """Fills the chairs day after day, never two patients in one chair, never one patient twice on a day unasked."""

    def __init__(self) -> None:
        self.dice = random.Random("agenda of the Cabinet des Tilleuls")  # noqa: S311 (an invented agenda)
        self.natures = {nature["code"]: nature for nature in sample_words()["natures"]}
        self.taken: set[tuple[int, str, int]] = set()
        self.visits: list[Visit] = []
        patients = first_people()[0]
        drawn = [patient for patient in patients if patient.visit is None]
        self.dice.shuffle(drawn)
        adults = [patient for patient in drawn if not patient.is_child]
        children = [patient for patient in drawn if patient.is_child]
        # The patients who missed a visit on the last days have a story of their own, and no other visit.
        self.stories = [adults.pop() for _adult in range(9)] + [children.pop() for _child in range(3)]
        kept = {patient.file_number for patient in self.stories}
        self.waiting = deque(patient for patient in drawn if patient.file_number not in kept)
        by_hand = [patient for patient in patients if patient.visit is not None]
        self._tomorrow_by_hand(by_hand)
        self._pasts_by_hand(by_hand)
        self._missed_lately()
        for day in range(-_PAST_DAYS, _COMING_DAYS + 1):
            self._fill(day)
        self._second_visits(by_hand)
        self.visits.sort(key=lambda visit: (visit.day, visit.minute, visit.chair))

    def _tomorrow_by_hand(self, patients: list[SamplePatient]) -> None:
        # Those with an hour first: the others take what is left.
        for patient in sorted(patients, key=lambda patient: patient.visit is None or patient.visit[0] is None):
            hour, nature = patient.visit or (None, "CTRL")
            minute = None if hour is None else int(hour[:2]) * 60 + int(hour[3:])
            self._book(patient, 1, nature, "upcoming", minute=minute, moved=False)
            if patient.mark == "twice":
                self._book(patient, 1, "DET", "upcoming", minute=16 * 60, practitioner="YK", moved=False)

    def _pasts_by_hand(self, patients: list[SamplePatient]) -> None:
        for patient in patients:
            if patient.visit is not None and patient.visit[1] != "NP":
                self._book(patient, -self.dice.randint(6, _PAST_DAYS), self._nature(patient), "present")

    def _missed_lately(self) -> None:
        """Miss a visit yesterday and on the open day before: nothing since, a visit to come, or already back."""
        for number, patient in enumerate(self.stories):
            missed_on, then = (-1, -2)[number % 2], (None, "to come", "back")[number % 3]
            self._book(patient, missed_on, self._nature(patient), "missed")
            if then == "to come":
                self._book(patient, self.dice.randint(2, 5), self._nature(patient), "upcoming")
            elif then == "back":
                self._book(patient, 0, self._nature(patient), "present", early=True)

    def _second_visits(self, patients: list[SamplePatient]) -> None:
        """See a few who cannot simply be written to on the next open day too: whoever starts there meets them."""
        for patient in patients:
            if patient.file_number in SEEN_AGAIN:
                self._book(patient, 2, self._nature(patient), "upcoming", moved=False)

    def _fill(self, day: int) -> None:
        """Bring a day to its number of visits with patients who waited longest."""
        dice = self.dice
        here = {visit.file_number for visit in self.visits if visit.day == day}
        upcoming = sum(visit.day == day for visit in self.visits)
        if day == 1:
            wanted, declined = TOMORROW - upcoming, 3
        elif day in (-1, 0):
            wanted, declined = 30 - upcoming, 0
        else:
            wanted, declined = (dice.randint(12, 16) if day < 0 else max(5, 18 - day)), 0
        for number in range(wanted + declined):
            for _patient in range(len(self.waiting)):
                patient = self.waiting[0]
                self.waiting.rotate(-1)
                away = is_away(patient.practitioner, day)
                if patient.file_number in here or away:
                    continue
                state = self._state(day, number) if number < wanted else dice.choice(("cancelled", "postponed"))
                if self._book(patient, day, self._nature(patient), state, early=state == "present" and day == 0):
                    here.add(patient.file_number)
                    break

    def _state(self, day: int, number: int) -> str:
        if day > 1:
            return self.dice.choices(("upcoming", "cancelled", "postponed", "excused"), weights=(92, 4, 3, 1))[0]
        if day == 1:
            return "upcoming"
        if day == 0:
            return "present" if number < 8 else "upcoming"
        weights = (81, 7, 3, 5, 4)
        return self.dice.choices(("present", "missed", "postponed", "cancelled", "excused"), weights=weights)[0]

    def _nature(self, patient: SamplePatient) -> str:
        if patient.practitioner == "CC":
            return "ORTH" if self.dice.random() < 0.85 else "CTRL"
        choices = {
            "SL": ("CTRL", "CTRL", "SOIN"),
            "YK": ("DET", "CTRL", "CHIR"),
            "MM": ("CTRL", "DET", "SOIN", "COUR", "URG"),
        }
        return self.dice.choice(choices[patient.practitioner])

    def _book(
        self,
        patient: SamplePatient,
        day: int,
        nature: str,
        state: str,
        *,
        minute: int | None = None,
        practitioner: str | None = None,
        early: bool = False,
        moved: bool = True,
    ) -> bool:
        """Write a visit where there is room, at the hour asked for or at a free one; tells whether there was."""
        dice = self.dice
        practitioner = practitioner or patient.practitioner
        duration = int(self.natures[nature]["minutes"])
        chair, hours = chair_and_hours(practitioner)
        free = [start for start in hours if self._is_free(day, chair, start, duration, hours)]
        if minute is not None:
            start = minute  # an hour given by hand is the secretary's: she may force it
        elif free:
            start = free[0] if early or day == 1 else dice.choice(free)
        else:
            return False
        forced = any((day, chair, start + step) in self.taken for step in range(0, duration, STEP))
        self.taken.update((day, chair, start + step) for step in range(0, duration, STEP))
        self.visits.append(
            Visit(
                appointment_id=f"RDV-{len(self.visits) + 1:05}",
                file_number=patient.file_number,
                day=day,
                minute=start,
                duration=duration,
                practitioner=practitioner,
                chair=chair,
                nature=nature,
                state=state,
                declined_by=declined_by(dice, state),
                forced=forced,
                remark=patient.remark,
                made_before=dice.choice((3, 7, 14, 21, 28, 42, 60, 90)),
                moved_by=dice.choice((-14, -7, -2, 7)) if moved and state == "upcoming" and dice.random() < 0.07 else 0,
            )
        )
        return True

    def _is_free(self, day: int, chair: str, start: int, duration: int, hours: Iterable[int]) -> bool:
        steps = range(start, start + duration, STEP)
        return all(step in hours and (day, chair, step) not in self.taken for step in steps)
