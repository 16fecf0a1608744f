"""The agenda that the README imports: what a practice reads there must be true."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from workbench.patients.imports.importing import import_file
from workbench.patients.store import open_store

IMPORTS = Path(__file__).parents[3] / "sample_data" / "imports"


def test_the_sample_agenda_is_read_whole_by_its_mapping(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'patients.db'}", practice_id="here", create=True)
    report = import_file(
        store.engine,
        "here",
        "appointments",
        IMPORTS / "agenda.csv",
        mapping=IMPORTS / "agenda.toml",
        dry_run=False,
        by="Claire",
        now=datetime(2026, 11, 22, 8, tzinfo=UTC),
    )
    assert (report.rows, report.created, report.skipped) == (6, 6, 0)
    frame = store.search("appointments", {"start": "2026-11-01", "end": "2026-11-30"}, today=date(2026, 11, 22))
    assert list(frame.set_index("appointment_id").loc[["A-9004", "A-9005", "A-9001"], "state"]) == [
        "present", "missed", "upcoming",
    ]  # fmt: skip
    assert set(frame["nature"]) == {"CTRL", "COUR", "DET", "URG"}
    people = store.people(["4001", "4005"])
    assert list(people["last_name"]) == ["LEVASSEUR", "TANGUY"]
    assert people.loc["4001", "birth_date"].date() == date(1988, 3, 14)
    assert people.loc["4001", "sex"] == "F"
    store.close()
