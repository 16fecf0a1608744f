from __future__ import annotations

from datetime import date

import pytest

from workbench.databases import writing
from workbench.errors import DatabaseRefused
from workbench.patients.calendar import french_holidays, zone_called
from workbench.patients.schema import practices
from workbench.patients.store import SqlPatientStore


def test_the_eleven_french_holidays_are_known_each_year() -> None:
    assert sorted(day for day in french_holidays() if day.year == 2027) == [
        date(2027, 1, 1),
        date(2027, 3, 29),
        date(2027, 5, 1),
        date(2027, 5, 6),
        date(2027, 5, 8),
        date(2027, 5, 17),
        date(2027, 7, 14),
        date(2027, 8, 15),
        date(2027, 11, 1),
        date(2027, 11, 11),
        date(2027, 12, 25),
    ]


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_refused_by_name(name: str) -> None:
    with pytest.raises(DatabaseRefused, match="Europe/Paris"):
        zone_called(name)


def test_the_practice_says_its_zone(empty_store: SqlPatientStore) -> None:
    with writing(empty_store.engine) as connection:
        connection.execute(practices.update().values(zone="Indian/Reunion"))
    assert empty_store.calendar().zone.key == "Indian/Reunion"
    frame = empty_store.search("appointments", {}, today=date(2026, 11, 23))
    assert str(frame["starts_at"].dtype) == "datetime64[us, Indian/Reunion]"
