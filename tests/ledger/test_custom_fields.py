"""The practice's own fields in the ledger: one number each, whoever adds, and every change with what it was before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.beside import at_once
from tests.ledger.world import World
from workbench.domain.custom_fields import CustomField, CustomKind, new_grid, placed
from workbench.errors import BadValue
from workbench.ledger.ledger import Ledger, open_ledger

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BORN = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}


def added(ledger: Ledger, *, by: str = "claire", **more: object) -> CustomField:
    new = new_grid(CustomKind.PATIENT, BORN, **more)  # type: ignore[arg-type]
    return ledger.custom_fields.keep(lambda known: placed(new, code="", known=known, builtin=()), by=by, now=NOW)


def changed(ledger: Ledger, code: str, *, by: str, **changes: object) -> CustomField:
    def decide(known: Sequence[CustomField]) -> CustomField:
        (field,) = [one for one in known if one.code == code]
        return field.changed(**changes)  # type: ignore[arg-type]

    return ledger.custom_fields.keep(decide, by=by, now=NOW + timedelta(hours=1))


def test_what_is_kept_is_found_again(either_ledger: Ledger) -> None:
    field = added(either_ledger, names=["NE"], label="Naissance")
    assert either_ledger.custom_fields.fields() == [field]


def test_each_change_is_journalled_with_who_and_what_it_was_before(either_ledger: Ledger) -> None:
    added(either_ledger)
    changed(either_ledger, "PART_01", by="paul", texts={"man": "Né"})
    archived = either_ledger.custom_fields.keep(lambda known: replace(known[0], archived=True), by="claire", now=NOW)
    assert archived.archived
    either_ledger.custom_fields.keep(lambda known: replace(known[0], archived=False), by="paul", now=NOW)
    acts = either_ledger.acts.acts("field:PART_01")
    assert acts["what"].tolist() == ["field.added", "field.changed", "field.archived", "field.restored"]
    assert acts["by"].tolist() == ["claire", "paul", "claire", "paul"]
    assert acts["details"][1] == {
        "texts": {"old": BORN, "new": {**BORN, "man": "Né"}},
        "label": {"old": "née / né / né(e)", "new": "née / né / Né / né(e)"},
    }


def test_nothing_is_written_where_nothing_changes_or_the_change_is_refused(either_ledger: Ledger) -> None:
    added(either_ledger)
    stamp = either_ledger.custom_fields.stamp()
    changed(either_ledger, "PART_01", by="paul", texts={"man": "né"})
    with pytest.raises(BadValue):
        changed(either_ledger, "PART_01", by="paul", texts={"man": ""})
    assert len(either_ledger.acts.acts("field:PART_01")) == 1
    assert either_ledger.custom_fields.stamp() == stamp


def test_of_two_workstations_the_later_one_finds_what_the_earlier_wrote(postgres_ledger_url: str, tmp_path: Path):
    url = postgres_ledger_url
    with (
        open_ledger(url, practice_id="practice", locks=tmp_path / "a") as one,
        open_ledger(url, practice_id="practice", locks=tmp_path / "b") as other,
    ):
        at_once(*(partial(added, ledger) for ledger in (one, other) for _time in range(10)))
        assert [field.code for field in one.custom_fields.fields()] == [f"PART_{n:02d}" for n in range(1, 21)]
        before = one.custom_fields.stamp()
        changed(one, "PART_01", by="claire", texts={"man": "Né"})
        changed(other, "PART_01", by="paul", texts={"man": "NÉ"})
        assert one.custom_fields.fields()[0].texts["man"] == "NÉ"
        assert one.custom_fields.stamp() != before
        told = [act["texts"] for act in one.acts.acts("field:PART_01")["details"][1:]]
        assert [(act["old"]["man"], act["new"]["man"]) for act in told] == [("né", "Né"), ("Né", "NÉ")]


def test_what_waits_is_told_with_what_it_was_frozen_with(either_ledger: Ledger) -> None:
    world = World(either_ledger)
    assert either_ledger.custom_fields.waiting() == []
    mailing = world.queued("1", "2", "3")
    [(number, count, template, letterhead)] = either_ledger.custom_fields.waiting()
    assert (number, count, letterhead) == (mailing, 3, None)
    assert {"subject", "html"} <= template.keys()
    world.send(mailing)
    assert either_ledger.custom_fields.waiting() == []


def test_another_practice_has_its_own(ledger: Ledger, tmp_path: Path) -> None:
    added(ledger)
    url = ledger.engine.url.render_as_string(hide_password=False)
    with open_ledger(url, practice_id="other", locks=tmp_path / "locks") as other:
        assert other.custom_fields.fields() == []
        assert added(other).code == "PART_01"
    assert len(ledger.custom_fields.fields()) == 1
