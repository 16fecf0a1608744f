"""A list too long to be held is the same mailing as a held one: same identity, recipients, findings, states."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.practice.test_mailing import REMINDER
from workbench.cli.report import say_what_waits_elsewhere
from workbench.domain.attached import ImageRule, WhenMissing
from workbench.domain.deliveries import NewDelivery
from workbench.domain.mailings import MailingProgress, MailingStatus
from workbench.errors import ImportRefused, NotConfirmed, QueueingCutOff, UsageError
from workbench.practice import Practice
from workbench.practice.long_mailing import LongMailing, SharedAddresses, _told
from workbench.practice.parts import LongList, Part, table_in_parts
from workbench.practice.spool import Spool

TEMPLATE = "Bonjour {{ name }}, votre jeton est {{ jeton }}."
SAME = ["recipient_id", "recipient", "address", "status", "reason", "role", "patient_id"]


@pytest.fixture
def table(practice: Practice, tmp_path: Path) -> Path:
    """Forty rows: some repeated, some without an address, some that share one."""
    (tmp_path / "jeton.html").write_text(f"---\nlabel: Jeton\nsubject: Votre jeton\n---\n{TEMPLATE}", encoding="utf-8")
    practice.templates.import_file(tmp_path / "jeton.html")
    rows = [(f"n{place}", f"p{place}@exemple.test", f"Nom {place}", f"J{place}") for place in range(34)]
    rows[7] = ("n2", "p7@exemple.test", "Nom 7", "J7")  # the id of another row
    rows[20] = rows[4]
    rows[21] = ("n21", "pas une adresse", "Nom 21", "J21")
    rows[22] = ("n22", "", "Nom 22", "")
    rows[30] = ("n30", "p1@exemple.test", "Nom 30", "J30")  # the address of another row
    return written(tmp_path / "table.csv", rows)


def written(path: Path, rows: list[tuple[str, ...]]) -> Path:
    path.write_text("\n".join(map(",".join, [("id", "email", "name", "jeton"), *rows])), encoding="utf-8")
    return path


def in_parts(practice: Practice, path: Path, size: int = 5) -> LongList:
    rows = table_in_parts(path, practice._table_parts, size=size)
    assert isinstance(rows, LongList)
    return rows


def long(practice: Practice, path: Path, **options: str) -> LongMailing:
    mailing = practice.mailing(in_parts(practice, path), "Jeton", account="folder", **options)
    assert isinstance(mailing, LongMailing)
    return mailing


def rows_of(practice: Practice, number: int | None) -> pd.DataFrame:
    assert number is not None
    return practice.results(number, identities=True)[SAME].sort_values("recipient_id", ignore_index=True)


def codes(findings: pd.DataFrame) -> dict[str, int]:
    return findings["code"].value_counts().to_dict()


def test_a_long_table_is_sent_as_a_held_one_would_be(practice: Practice, table: Path) -> None:
    held = practice.mailing(practice.read_recipients(table), "Jeton", account="folder")
    mailing = long(practice, table)
    assert mailing.plan == held.plan
    assert codes(mailing.check()) == codes(held.check())
    foretold = held.forecast()
    assert mailing.forecast() == foretold
    assert mailing.send(confirmed=True).empty
    assert (mailing.counts.sent, mailing.counts.skipped) == (foretold.pending, foretold.skipped) == (29, 4)
    other = practice.mailing(practice.read_recipients(table), "Jeton", account="folder", key="held")
    planned = other.recipients.sort_values("recipient_id", ignore_index=True)
    sent = rows_of(practice, mailing.id)
    assert sent["recipient_id"].tolist() == planned["recipient_id"].tolist()
    assert sent["reason"].tolist() == planned["reason"].tolist()
    assert {"duplicate_id", "invalid_address", "no_address"} <= set(sent["reason"])


def test_a_held_table_after_a_long_one_is_the_same_mailing_and_reaches_nobody_twice(
    practice: Practice, table: Path
) -> None:
    mailing = long(practice, table)
    mailing.send(confirmed=True)
    before = rows_of(practice, mailing.id)
    again = practice.mailing(practice.read_recipients(table), "Jeton", account="folder")
    assert again.id == mailing.id
    again.send(confirmed=True)
    long(practice, table).send(confirmed=True)
    pd.testing.assert_frame_equal(rows_of(practice, mailing.id), before)
    assert len(list((practice.path / "out").glob("*.eml"))) == mailing.counts.sent


@pytest.mark.parametrize(("asked", "times"), [({}, 0), ({"address_status": "ok"}, 1)])
def test_what_is_known_of_addresses_is_read_for_the_parts_of_a_search_that_ask_for_it(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str], times: int
) -> None:
    book, read = type(practice.ledger.returned), []
    known = book.addresses

    def addresses(self: Any) -> Any:
        read.append(self)
        return known(self)

    monkeypatch.setattr(book, "addresses", addresses)
    asked = {"start": "J-20", "end": "J+20", **asked}
    rows = practice._searching.in_parts("appointments", asked, today=practice.today, size=9)
    assert isinstance(rows, LongList)
    parts = [one.subjects for one in rows.parts()]
    assert len(parts) > 2
    assert len(read) == times * len(parts)
    found = pd.concat(parts)["subject_key"].tolist()
    assert sorted(found) == sorted(practice.search("appointments", **asked)["subject_key"])


@pytest.mark.parametrize("group", ["", "patient", "family"])
def test_a_long_search_is_sent_as_a_held_one_would_be(practice: Practice, group: str) -> None:
    template = practice.ledger.library.save_template(
        replace(practice.templates[REMINDER], label="Long", group=group), by="claire", now=practice.now()
    )
    asked = {"start": "J-20", "end": "J+20"}
    frame = practice.search("appointments", **asked)
    rows = practice._searching.in_parts("appointments", asked, today=practice.calendar.today(practice.now()), size=9)
    assert isinstance(rows, LongList)
    held = practice.mailing(frame, template, account="folder")
    mailing = practice.mailing(rows, template, account="folder")
    assert mailing.plan == held.plan
    assert rows.rows == len(frame)
    assert sum(len(part.subjects) for part in rows.parts()) == len(frame)
    found = mailing.check()
    assert codes(held.check()) == {code: n for code, n in _counted(found).items() if n}
    mailing.send(confirmed=True)
    planned = held.recipients.sort_values("recipient_id", ignore_index=True)
    sent = rows_of(practice, mailing.id)
    assert sent["recipient_id"].tolist() == planned["recipient_id"].tolist()
    assert sent["address"].tolist() == planned["address"].tolist()


def test_what_waits_for_a_file_is_told_of_the_whole_list(practice: Practice) -> None:
    asking = replace(
        practice.templates[REMINDER], label="Long", images=(ImageRule(kind="panoramique", missing=WhenMissing.ASK),)
    )
    template = practice.ledger.library.save_template(asking, by="claire", now=practice.now())
    asked = {"start": "J-20", "end": "J+20"}
    rows = practice._searching.in_parts("appointments", asked, today=practice.calendar.today(practice.now()), size=9)
    held = practice.mailing(practice.search("appointments", **asked), template, account="folder").check()
    found = practice.mailing(rows, template, account="folder").check()
    told = [one[one["code"] == "attachment_asked:images:0"]["message"].tolist() for one in (held, found)]
    assert told[0] == told[1]
    assert len(told[0]) == 1


def _counted(findings: pd.DataFrame) -> dict[str, int]:
    codes_of = dict(zip(zip(findings["severity"], findings["message"], strict=True), findings["code"], strict=True))
    counted: dict[str, int] = {}
    for key, count in findings.attrs["counts"].items():
        counted[codes_of[key]] = counted.get(codes_of[key], 0) + count
    return counted


def test_a_search_is_cut_between_families_alone(practice: Practice) -> None:
    today = practice.calendar.today(practice.now())
    asked = {"start": "J-60", "end": "J+60"}
    count, lists = practice.store.found_patients("appointments", asked, today=today, rows=7)
    assert len(lists) > 5
    frame = practice.search("appointments", **asked)
    assert count == len(frame)
    flat = [patient for some in lists for patient in some]
    assert len(flat) == len(set(flat))
    assert set(flat) == set(frame["patient_id"])
    family = dict(zip(frame["patient_id"], frame["family"].fillna(""), strict=True))
    seen = [{family[patient] for patient in some} - {""} for some in lists]
    assert all(not one & other for place, one in enumerate(seen) for other in seen[:place])
    assert practice.store.found_patients("appointments", asked, today=today, rows=count) == (count, [])


def test_nobody_confirmed_means_nothing_written(practice: Practice, table: Path) -> None:
    mailing = long(practice, table)
    with pytest.raises(NotConfirmed) as refused:
        mailing.send()
    assert refused.value.count == mailing.forecast().pending
    assert practice.mailings().empty


def test_an_interrupt_of_the_check_leaves_nothing(practice: Practice, table: Path) -> None:
    mailing = long(practice, table)
    told: list[tuple[int, int]] = []

    def stop(done: int, rows: int) -> None:
        told.append((done, rows))
        if len(told) == 3:
            raise KeyboardInterrupt

    mailing.checking = stop
    with pytest.raises(KeyboardInterrupt):
        mailing.send(confirmed=True)
    assert told == [(5, 34), (10, 34), (15, 34)]
    assert practice.mailings().empty
    mailing.checking = None
    mailing.send(confirmed=True)
    assert mailing.counts.pending == 0


def queueing_cut_off(practice: Practice, table: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Interrupt a mailing after its twelfth row was read to be queued, in chunks of five; return its number."""
    queue = LongMailing._queue

    def cut(rows: Iterable[NewDelivery]) -> Iterator[NewDelivery]:
        yield from islice(rows, 12)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(
            LongMailing, "_queue", lambda self, rows, head, **options: queue(self, cut(rows), head, **options)
        )
        patched.setattr("workbench.ledger.enqueueing.CHUNK", 5)
        with pytest.raises(KeyboardInterrupt):
            long(practice, table).send(confirmed=True)
    return int(practice.mailings()["mailing_id"].iloc[0])


def test_a_queueing_cut_off_is_a_draft_that_the_same_command_finishes(
    practice: Practice, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = queueing_cut_off(practice, table, monkeypatch)
    assert practice.ledger.mailings.mailing(number).status is MailingStatus.DRAFT
    assert 0 < len(practice.results(number)) < 30
    with pytest.raises(QueueingCutOff):
        practice.mailing_by_id(number).resume()
    again = long(practice, table)
    assert again.id == number
    again.send(confirmed=True)
    assert again.counts == long(practice, table).forecast()
    assert len(list((practice.path / "out").glob("*.eml"))) == again.counts.sent


def test_what_a_queueing_cut_off_holds_is_told_with_what_to_do(
    practice: Practice, table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    held = queueing_cut_off(practice, table, monkeypatch)
    with table.open("a", encoding="utf-8") as file:
        file.write("\nn99,p99@exemple.test,Nom 99,J99")
    other = long(practice, table)
    other.send(confirmed=True)
    assert other.id is not None
    assert other.id != held
    left_out = other.counts.skipped
    assert say_what_waits_elsewhere(practice, other, practice.tally(other.id))
    assert f"workbench mailings cancel {held}" in capsys.readouterr().err
    practice.cancel(held)
    long(practice, table).send(confirmed=True)
    assert practice.mailing_by_id(other.id).counts.skipped < left_out
    assert len(list((practice.path / "out").glob("*.eml"))) == practice.mailing_by_id(other.id).counts.sent


def test_a_file_that_changes_while_it_is_read_sends_nothing(practice: Practice, table: Path) -> None:
    mailing = long(practice, table)
    with table.open("a", encoding="utf-8") as file:
        file.write("\nn99,p99@exemple.test,Nom 99,J99")
    with pytest.raises(UsageError, match="changed while it was read"):
        mailing.send(confirmed=True)
    assert practice.mailings().empty


def test_a_file_that_goes_away_or_breaks_off_while_it_is_read_is_what_is_told(
    practice: Practice, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = long(practice, table)
    mailing.checking = lambda _done, _rows: table.unlink(missing_ok=True)
    with pytest.raises(UsageError, match="changed while it was read"):
        mailing.check()
    monkeypatch.setattr("workbench.patients.imports.table._HELD_WHOLE", 0)
    written(table, [(f"n{place}", f"p{place}@exemple.test", "N" * 90, "J") for place in range(200)])
    mailing = long(practice, table)

    def spoil(done: int, _rows: int) -> None:
        if done == 5:
            with table.open("r+b") as file:
                file.seek(-200, 2)
                file.write(b"\xff\xfe\x81")

    mailing.checking = spoil
    with pytest.raises(ImportRefused, match="not written in utf-8"):
        mailing.check()
    assert practice.mailings().empty


def test_no_more_than_the_first_part_and_the_one_at_hand_are_held(practice: Practice, table: Path) -> None:
    rows = in_parts(practice, table)
    frames: list[weakref.ref[pd.DataFrame]] = []
    most = 0

    def parts() -> Iterator[Part]:
        nonlocal most
        for part in rows.parts():
            frames.append(weakref.ref(part.subjects))
            most = max(most, sum(one() is not None for one in frames))
            yield part
            del part

    mailing = practice.mailing(replace(rows, parts=parts), "Jeton", account="folder")
    mailing.check()
    assert len(frames) == 7
    assert most <= 3


def test_it_is_told_how_much_is_queued_before_anything_leaves(
    practice: Practice, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.practice.spool._BLOCK", 10)
    monkeypatch.setattr("workbench.practice.long_mailing._TOLD_EVERY", 0)
    told: list[MailingProgress] = []
    mailing = long(practice, table)
    mailing.send(confirmed=True, progress=told.append)
    queued = [one.queued for one in told if one.queued is not None]
    assert queued == sorted(set(queued))
    assert len(queued) > 2
    assert queued[-1] == told[0].total == mailing.counts.sent + mailing.counts.skipped
    assert [one.queued for one in told][: len(queued)] == queued
    assert told[-1].sent == 29


def test_many_findings_are_counted_and_the_first_are_named(
    practice: Practice, tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.practice.long_mailing.SHOWN", 50)
    rows = [(f"n{place}", "", f"Nom {place}", "J") for place in range(120)]
    findings = long(practice, written(tmp_path / "nobody.csv", rows)).check()
    assert len(findings) == 50
    assert list(findings.attrs["counts"].values()) == [120]


def test_a_short_file_stays_a_frame_with_what_it_was_read_in(practice: Practice, tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_bytes("email;prénom\na@exemple.test;Zoé\n".encode("cp1252"))
    rows = practice.recipients_in(path)
    assert isinstance(rows, pd.DataFrame)
    assert rows.attrs["encoding"] == "cp1252"
    assert rows["prénom"].tolist() == ["Zoé"]


def test_results_in_parts_are_the_results(practice: Practice, table: Path) -> None:
    mailing = long(practice, table)
    mailing.send(confirmed=True)
    assert mailing.id is not None
    whole = practice.results(mailing.id, identities=True)
    parts = list(practice.results_in_parts(mailing.id, size=10))
    assert [len(part) for part in parts] == [10, 10, 10, len(whole) - 30]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    tally = practice.tally(mailing.id)
    assert tally.counts == mailing.counts


def test_a_spool_gives_back_what_it_was_given_and_shows_no_file(tmp_path: Path) -> None:
    rows = [
        NewDelivery(
            recipient_id=f"row:{place}",
            addressee_key="row",
            role="external",
            channel="email",
            recipient="Zoé \udc80",
            address="a@b.fr",
            language="fr",
            reason="" if place % 2 else "no_address",
            patients=("1", "2")[: place % 3],
            occasions=("row:1@abc",),
            values={"a": None, "b": 1.5, "c": ["x", {"y": True}]},
            attachments=("f/x.pdf",),
            expires_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC) if place % 2 else None,
        )
        for place in range(1201)
    ]
    spool = Spool(tmp_path)
    spool.add(iter(rows[:700]))
    assert list(spool) == rows[:700]
    spool.add(rows[700:])
    assert list(spool) == rows
    assert [len(block) for block in spool.blocks()] == [500, 200, 500, 1]
    assert list(tmp_path.iterdir()) == []
    spool.close()


def test_an_address_that_several_have_is_found_in_a_few_bytes_a_row() -> None:
    rows, size = 40_000, 1_000
    shared = SharedAddresses()
    tracemalloc.start()
    try:
        for first in range(0, rows, size):
            places = range(first, first + size)
            shared.add([f"p{place % 39_999}@a.fr" for place in places], [f"row:{place}" for place in places])
        shared.add(["p7@a.fr", "P7@a.fr", "p8@a.fr"], ["row:7", "row:x", "row:8"])
        found = shared.end()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == {hash("p0@a.fr"): 2, hash("p7@a.fr"): 2}
    assert most < 26 * rows + 300_000


def test_nothing_that_is_held_grows_with_the_list(
    practice: Practice, tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.patients.imports.table._HELD_WHOLE", 0)
    monkeypatch.setattr("workbench.practice.spool._BLOCK", 100)
    monkeypatch.setattr("workbench.ledger.enqueueing.CHUNK", 100)
    monkeypatch.setattr("workbench.practice.long_mailing._TOLD_EVERY", 0)
    held: list[int] = []

    def weigh(*_told: object) -> None:
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])

    def most(count: int) -> int:
        rows = [(f"{count}-{place}", f"p{place}@exemple.test", "Nom", f"J{place}") for place in range(count)]
        path = written(tmp_path / f"{count}.csv", rows)
        held.clear()
        gc.freeze()  # what is there already need not be looked at each time
        tracemalloc.start()
        try:
            for _time in range(2):
                mailing = practice.mailing(in_parts(practice, path, 100), "Jeton", account="folder")
                assert isinstance(mailing, LongMailing)
                mailing.checking = weigh
                mailing.check()
                mailing._queue(
                    _told(mailing._work().spool, weigh), mailing._work().first.letterhead, again=False, complete=True
                )
                mailing._forget()
        finally:
            tracemalloc.stop()
            gc.unfreeze()
        assert len(held) == 4 * -(-count // 100)
        return max(held)

    most(101)  # what is imported and compiled once
    few, many = most(200), most(600)
    # Some numbers a row may be held: no row, and no text of one.
    assert many < few + 100 * 400 + 60_000


def test_a_check_that_takes_longer_than_a_check_is_good_for_is_not_begun_again(
    practice: Practice, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = timedelta()
    begun = practice.now()
    monkeypatch.setattr(practice, "now", lambda: begun + passed)
    mailing = long(practice, table)
    looked: list[int] = []

    def slow(done: int, _rows: int) -> None:
        nonlocal passed
        passed += timedelta(minutes=2)
        looked.append(done)

    mailing.checking = slow
    mailing.check()
    checked = len(looked)
    mailing.send(confirmed=True)
    assert len(looked) == checked
    passed += timedelta(minutes=6)
    mailing.forecast()
    assert len(looked) == 2 * checked
