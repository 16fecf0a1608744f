from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.world import BY, World, a_row
from workbench.domain.deliveries import NewDelivery
from workbench.domain.drafts import Draft
from workbench.domain.identities import Identity
from workbench.domain.jobs import Job
from workbench.domain.keeping import LONGEST_REASON, reason_given, without_words
from workbench.domain.letterheads import Letterhead
from workbench.domain.recurrence import Occurrence, Recurrence
from workbench.domain.runs import RunStatus
from workbench.domain.signatures import Signature
from workbench.domain.templates import Template
from workbench.errors import BadValue, ForbiddenMove, UnknownMailing
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger

FILE, OTHER = f"{'a' * 64}/radio.png", f"{'b' * 64}/plan.pdf"


@pytest.fixture
def either_world(either_ledger: Ledger) -> World:
    """A small practice on both databases."""
    return World(either_ledger)


def dressed(world: World, number: int, **options: bool) -> None:
    """Let all of a mailing have been frozen with a letterhead of these options."""
    head = world.ledger.letterheads.keep(Letterhead(sender_email="cabinet@example.test", **options), now=world.now)
    with world.ledger.engine.begin() as connection:
        connection.execute(
            schema.deliveries.update().where(schema.deliveries.c.mailing_id == number), {"letterhead_id": head}
        )


def sent(world: World, *rows: NewDelivery, key: str = "k", answers: dict[str, str] | None = None) -> int:
    """Queue and send rows; the number of the mailing."""
    number = world.open(key).id
    world.enqueue(number, rows)
    world.send(number, answers)
    return number


def contents(world: World) -> dict[str, object]:
    """What each patient's letter says."""
    query = sa.select(schema.deliveries.c.patient_id, schema.letters.c.content).join_from(
        schema.deliveries, schema.letters
    )
    with world.ledger.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def delivery_of(world: World, patient: str) -> int:
    """The number of a patient's latest delivery."""
    return int(world.ledger.results.history(patient, deleted=True)["delivery_id"].iloc[0])


# --- taken out of the history -----------------------------------------------------------------------------


def test_a_deleted_message_leaves_the_history_and_stays_in_the_results(either_world: World) -> None:
    world = either_world
    number = sent(world, a_row("1"), a_row("2"))
    one = delivery_of(world, "1")
    assert world.ledger.keeping.bury(one, reason="  wrong\nperson ", by=BY, now=world.now)
    assert world.ledger.results.history("1").empty
    assert world.ledger.results.history("1", deleted=True)["delivery_id"].tolist() == [one]
    assert len(world.ledger.results.results(number)) == 2
    told = world.ledger.keeping.standing([one, delivery_of(world, "2")])
    assert told["deleted_reason"].tolist() == ["wrong person", ""]
    assert told["deleted_by"].tolist() == [BY, ""]
    assert told["deleted_at"].notna().tolist() == [True, False]
    stone = world.ledger.keeping.tombstone(one)
    assert stone is not None
    assert (stone.by, stone.reason, stone.at) == (BY, "wrong person", world.now)
    assert "history_deleted" in world.ledger.acts.acts(f"delivery:{one}")["what"].tolist()


def test_what_was_deleted_can_be_put_back(world: World) -> None:
    sent(world, a_row("1"))
    one = delivery_of(world, "1")
    assert not world.ledger.keeping.unbury(one, by=BY, now=world.now)
    world.ledger.keeping.bury(one, reason="mistake", by=BY, now=world.now)
    assert not world.ledger.keeping.bury(one, reason="again", by=BY, now=world.now)
    assert world.ledger.keeping.unbury(one, by=BY, now=world.now)
    assert len(world.ledger.results.history("1")) == 1
    assert world.ledger.keeping.tombstone(one) is None


def test_a_deletion_needs_a_reason_and_a_message(world: World) -> None:
    sent(world, a_row("1"))
    with pytest.raises(BadValue):
        world.ledger.keeping.bury(delivery_of(world, "1"), reason=" \n", by=BY, now=world.now)
    with pytest.raises(UnknownMailing):
        world.ledger.keeping.bury(4711, reason="x", by=BY, now=world.now)


@given(st.text(max_size=700))
def test_any_text_is_a_reason_that_a_database_can_hold(text: str) -> None:
    kept = reason_given(text)
    assert len(kept) <= LONGEST_REASON
    assert "\x00" not in kept
    assert "\n" not in kept
    kept.encode()


@given(st.lists(st.text(alphabet="abcé-", min_size=1, max_size=8), max_size=3), st.text(max_size=40))
def test_hidden_words_are_in_no_text(words: list[str], text: str) -> None:
    told = without_words(text, words).casefold().split()
    assert not {word.casefold() for word in words} & set(told)


def test_hostile_reasons_are_kept_on_both_databases(either_world: World) -> None:
    world = either_world
    sent(world, a_row("1"))
    one = delivery_of(world, "1")
    world.ledger.keeping.bury(one, reason="'); drop table letters; --\x00\ud800 é", by=BY, now=world.now)
    stone = world.ledger.keeping.tombstone(one)
    assert stone is not None
    assert stone.reason == "'); drop table letters; -- ? é"


# --- emptied --------------------------------------------------------------------------------------------


def test_what_left_is_emptied_when_messages_are_not_kept(either_world: World) -> None:
    world = either_world
    number = sent(world, a_row("1"), a_row("2"), a_row("3"), answers={"2": "failed", "3": "in_doubt"})
    dressed(world, number, keep_messages=False)
    before = world.ledger.results.results(number)
    assert world.ledger.keeping.tidy(mailing_id=number, now=world.now) == 1
    assert contents(world) == {"1": {}, "2": {"PNOM": "Nom 2"}, "3": {"PNOM": "Nom 3"}}
    letter = world.ledger.results.sent_letter(delivery_of(world, "1"))
    assert letter.emptied_at == world.now
    assert letter.digest
    assert letter.message_id
    assert before.equals(world.ledger.results.results(number))
    assert world.ledger.keeping.tidy(now=world.now) == 0


def test_a_failed_message_keeps_its_content_for_as_long_as_it_may_be_tried_again(world: World) -> None:
    number = sent(world, a_row("1"), answers={"1": "failed"})
    dressed(world, number, keep_messages=False)
    assert world.ledger.keeping.tidy(now=world.later(days=6)) == 0
    assert world.ledger.keeping.tidy(now=world.later(days=1)) == 1
    assert world.ledger.mailings.retry(number, by=BY, now=world.now) == 0
    assert world.statuses(number) == {"1": "failed"}


def test_what_failed_and_was_emptied_leaves_with_all_it_says_once_its_address_is_corrected(world: World) -> None:
    number = sent(world, a_row("1"), answers={"1": "failed"})
    dressed(world, number, keep_messages=False)
    world.ledger.keeping.tidy(now=world.later(days=8))
    world.enqueue(number, [a_row("1", address="new@example.test")])
    assert contents(world) == {"1": {"PNOM": "Nom 1"}}
    assert world.ledger.results.sent_letter(delivery_of(world, "1")).emptied_at is None
    assert world.send(number) == ["1"]


def test_kept_messages_are_not_touched_by_tidying(world: World) -> None:
    number = sent(world, a_row("1"))
    assert world.ledger.keeping.tidy(now=world.now) == 0
    dressed(world, number, keep_messages=True, keep_attachments=False)
    assert world.ledger.keeping.tidy(now=world.now) == 0
    assert contents(world) == {"1": {"PNOM": "Nom 1"}}


def test_what_is_older_than_the_practice_keeps_is_emptied(either_world: World) -> None:
    world = either_world
    sent(world, a_row("1"), a_row("2", reason="no_address", address=""), a_row("3"), answers={"3": "in_doubt"}, key="a")
    world.later(days=40)
    sent(world, a_row("4"), key="b")
    limit = world.now - timedelta(days=30)
    assert world.ledger.keeping.retire(before=limit, by=BY, now=world.now) == 2
    assert contents(world) == {"1": {}, "2": {}, "3": {"PNOM": "Nom 3"}, "4": {"PNOM": "Nom 4"}}
    acts = world.ledger.acts.acts("ledger")
    assert acts[acts["what"] == "history_emptied"]["details"].tolist() == [{"messages": 2, "before": limit.isoformat()}]


def test_a_text_written_for_one_message_goes_with_it(world: World) -> None:
    template = Template(label="abc", folder="Courrier", subject="Chère Mme Dupont", html="<p>Votre devis</p>")
    saved = world.ledger.library.save_template(template, by=BY, now=world.now)
    with world.ledger.engine.begin() as connection:
        connection.execute(
            schema.templates.update().where(schema.templates.c.path == "Courrier/abc"), {"one_off": True}
        )
    plan = replace(world.plan("one"), template="Courrier/abc")
    mailing = world.ledger.mailings.open_mailing(plan, template=saved, account="cabinet", by=BY, now=world.now)
    world.enqueue(mailing.id, [a_row("1"), a_row("2")])
    world.send(mailing.id, {"2": "failed"})
    dressed(world, mailing.id, keep_messages=False)
    world.ledger.keeping.tidy(now=world.now)
    kept = world.ledger.library.template("Courrier/abc")
    assert kept.html == "<p>Votre devis</p>"  # the failed one may be tried again
    world.ledger.keeping.tidy(now=world.later(days=7))
    emptied = world.ledger.library.template("Courrier/abc")
    assert (emptied.subject, emptied.html, emptied.label) == ("", "", "abc")


def test_a_delivery_is_given_back_as_it_was_frozen_with_what_repeats_it(either_world: World) -> None:
    world = either_world
    row = replace(a_row("1"), attachments=(FILE,), patients=("7", "8"))
    sent(world, row)
    first = delivery_of(world, "1")
    frozen = world.ledger.keeping.frozen(first)
    assert replace(frozen, template_revision_id=None) == row
    assert world.ledger.keeping.repetitions(first) == []
    sent(world, replace(a_row("1"), occasions=("again",), previous_id=first), key=f"again:{first}:x")
    again = delivery_of(world, "1")
    assert world.ledger.keeping.frozen(again).previous_id == first
    assert world.ledger.keeping.repetitions(first) == [again]
    assert world.ledger.keeping.standing([again, first])["previous_id"].fillna(0).tolist() == [first, 0]
    with pytest.raises(UnknownMailing):
        world.ledger.keeping.frozen(4711)


# --- files ------------------------------------------------------------------------------------------------


def with_files(name: str, *files: str) -> NewDelivery:
    return replace(a_row(name), attachments=files)


def test_files_that_nothing_needs_are_let_go(either_world: World) -> None:
    world = either_world
    number = sent(world, with_files("1", FILE, OTHER), with_files("2", FILE), answers={"2": "failed"})
    assert world.ledger.keeping.unneeded_files() == set()
    dressed(world, number, keep_attachments=False)
    assert world.ledger.keeping.unneeded_files() == {OTHER}  # the failed one still needs the other
    kept = sent(world, with_files("3", OTHER), key="kept")
    assert world.ledger.keeping.unneeded_files() == set()
    dressed(world, kept, keep_attachments=False)
    assert world.ledger.keeping.unneeded_files() == {OTHER}
    assert world.ledger.keeping.unneeded_files(numbers=[delivery_of(world, "2")]) == set()
    assert world.ledger.results.sent_letter(delivery_of(world, "1")).attachments == (FILE, OTHER)


def test_files_of_email_types_and_signatures_stay(world: World) -> None:
    number = sent(world, with_files("1", FILE, OTHER))
    dressed(world, number, keep_attachments=False)
    template = replace(world.template, attachments=(FILE,), html="<p>with a file</p>")
    world.ledger.library.save_template(template, by=BY, now=world.now)
    world.ledger.signatures.save(Signature(label="S", html="@CORPS", pictures=(OTHER,)), by=BY, now=world.now)
    assert world.ledger.keeping.unneeded_files() == set()


def test_files_that_a_draft_names_stay(either_world: World) -> None:
    world = either_world
    dressed(world, sent(world, with_files("1", FILE, OTHER)), keep_attachments=False)
    draft = Draft(
        key="d", by=BY, search="patients", begun_at=world.now, saved_at=world.now,
        content={"files": [FILE], "written": {"html": f"<img src='cid:{OTHER.partition('/')[0]}'>"}},
    )  # fmt: skip
    world.ledger.drafts.save(draft)
    assert world.ledger.keeping.unneeded_files(also=[FILE]) == set()
    world.ledger.drafts.save(replace(draft, content={"files": [FILE]}))
    assert world.ledger.keeping.unneeded_files() == {OTHER}
    world.ledger.drafts.forget("d")
    assert world.ledger.keeping.unneeded_files() == {FILE, OTHER}


def test_an_emptied_message_needs_its_files_no_more(world: World) -> None:
    sent(world, with_files("1", FILE))
    world.ledger.keeping.retire(before=world.later(days=1), by=BY, now=world.now)
    assert world.ledger.keeping.unneeded_files() == {FILE}


# --- forgotten --------------------------------------------------------------------------------------------

NAME, ADDRESS = "Zéphirine", "zephirine.quatrebarbes@example.test"


def of_hers(name: str = "1", **changes: object) -> NewDelivery:
    row = a_row(name, address=ADDRESS, values={"PNOM": "Quatrebarbes", "PPRENOM": NAME})
    return replace(row, recipient=f"Mme {NAME} Quatrebarbes", **changes)  # type: ignore[arg-type]


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_nothing_of_a_forgotten_patient_is_left_in_any_file(world: World, tmp_path: Path) -> None:
    sent(world, of_hers(), a_row("2"))
    assert ADDRESS.encode() in bytes_of(tmp_path)
    patient = Identity(patient_id="1", names=frozenset({("", "Quatrebarbes")}))
    forgotten = world.ledger.keeping.forget(patient, reason=f"asked by {NAME}", by=BY, now=world.now)
    assert (forgotten.deliveries, forgotten.cancelled, forgotten.compact) == (1, 0, True)
    left = bytes_of(tmp_path)
    for word in (NAME, ADDRESS, "Quatrebarbes"):
        assert word.encode() not in left
        assert word.lower().encode() not in left
    row = world.ledger.results.history("1").iloc[0]
    assert (row["recipient"], row["address"], row["smtp_reply"]) == ("", "", "")
    assert (row["status"], row["patient_id"]) == ("sent", "1")
    assert forgotten.proofs == (row["message_id"],)
    assert world.ledger.results.sent_letter(int(row["delivery_id"])).digest
    assert contents(world)["2"] == {"PNOM": "Nom 2"}
    details = world.ledger.acts.acts("patient:1")["details"].tolist()[-1]
    assert details == {"deliveries": 1, "cancelled": 0, "drafts": 0, "reason": "asked by …"}


def test_what_waits_about_a_forgotten_patient_is_cancelled(either_world: World) -> None:
    world = either_world
    number = world.open().id
    world.enqueue(number, [of_hers(), a_row("2")])
    forgotten = world.ledger.keeping.forget(Identity(patient_id="1"), reason="GDPR", by=BY, now=world.now)
    assert forgotten.cancelled == 1
    assert world.statuses(number) == {"1": "cancelled", "2": "pending"}
    assert world.send(number) == ["2"]
    assert contents(world)["1"] == {}


def test_nobody_is_forgotten_while_a_message_is_leaving(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [of_hers()])
    with world.sender() as sender:
        assert world.outbox(number, sender).claim(1, now=world.now)
        with pytest.raises(ForbiddenMove):
            world.ledger.keeping.forget(Identity(patient_id="1"), reason="GDPR", by=BY, now=world.now)
    assert contents(world)["1"] == {"PNOM": "Quatrebarbes", "PPRENOM": NAME}


def test_a_family_s_message_is_emptied_and_keeps_whom_it_went_to_for_the_others(either_world: World) -> None:
    world = either_world
    sent(world, replace(a_row("2", address="mother@example.test"), patients=("1",)))
    world.ledger.keeping.forget(Identity(patient_id="1"), reason="GDPR", by=BY, now=world.now)
    assert contents(world) == {"2": {}}
    assert world.ledger.results.history("2")["address"].tolist() == ["mother@example.test"]
    assert len(world.ledger.results.history("1")) == 1


def test_keys_that_hold_an_address_or_a_name_are_replaced(either_world: World) -> None:
    world = either_world
    keys = [f"row:{ADDRESS}", "row:Quatrebarbes-7", "row:17"]
    rows = [
        replace(of_hers(), recipient_id=key, addressee_key=key, occasions=(f"{key}@abc",), appointment_id="")
        for key in keys
    ]
    sent(world, *rows)
    world.ledger.keeping.forget(Identity(patient_id="1"), reason="GDPR", by=BY, now=world.now)
    frame = world.ledger.results.history("1")
    numbers = sorted(frame["delivery_id"])
    assert sorted(frame["recipient_id"]) == [f"erased:{numbers[0]}", f"erased:{numbers[1]}", "row:17"]
    assert world.occasions() == {("row:17@abc", 0)}


def test_what_a_mailing_was_asked_with_names_nobody_any_more(world: World) -> None:
    number = world.open(start="2026-11-23", where=f"email == '{ADDRESS}'").id
    world.enqueue(number, [of_hers()])
    world.send(number)
    identity = world.ledger.mailings.mailing(number).identity
    world.ledger.keeping.forget(Identity(patient_id="1"), reason="GDPR", by=BY, now=world.now)
    record = world.ledger.mailings.mailing(number)
    assert record.parameters == {"start": "2026-11-23", "where": "…"}
    assert record.identity == identity


def test_what_ended_runs_and_jobs_were_asked_with_names_nobody_any_more(either_world: World) -> None:
    world = either_world
    asked = {"start": "tomorrow", "name": "QUATREBARBES", "patient": "1", "days": "1"}
    run, going = (
        world.ledger.runs.start(notebook="n.ipynb", digest="ab", parameters=asked, by=BY, now=world.now)
        for _one in range(2)
    )
    run.end(RunStatus.DONE, now=world.now)
    job = Job(
        key="j", title=f"Rappel {NAME} Quatrebarbes", treatment="search", search="patients", parameters=asked,
        template="A/B", recurrence=Recurrence.of(every="daily", at="12:00", start=world.now.date()), number=1,
    )  # fmt: skip
    noon, later = (Occurrence(world.now.replace(tzinfo=None) + timedelta(days=day), world.now) for day in (0, 1))
    world.ledger.occurrences.leave_out(job, [(noon, "missed")], now=world.now)
    patient = Identity(patient_id="1", names=frozenset({(NAME, "Quatrebarbes")}))
    with world.ledger.occurrences.owner() as owner:
        world.ledger.occurrences.claim(owner, job, later, now=world.now)
        world.ledger.keeping.forget(patient, reason="GDPR", by=BY, now=world.now)
    blank = asked | {"name": "…", "patient": "…"}
    assert world.ledger.runs.run(run.id).parameters == blank
    assert world.ledger.runs.run(going.id).parameters == asked
    over, waiting = sorted(world.ledger.occurrences.of("j"), key=lambda one: one.occurrence)
    assert (over.job.title, over.job.parameters) == ("…", blank)
    assert waiting.job == job
    going.end(RunStatus.DONE, now=world.now)


def test_a_short_last_name_is_blanked_where_it_was_asked_for_and_a_title_keeps_a_word_that_is_also_a_name(
    either_world: World,
) -> None:
    world = either_world
    asked = {"where": "last_name == 'LY'", "name": "Ly", "words": "il y a un an"}
    run = world.ledger.runs.start(notebook="n.ipynb", digest="ab", parameters=asked, by=BY, now=world.now)
    run.end(RunStatus.DONE, now=world.now)
    job = Job(
        key="j", title="Rappels du mois de mars", treatment="search", search="patients", template="A/B",
        recurrence=Recurrence.of(every="daily", at="12:00", start=world.now.date()), number=1,
    )  # fmt: skip
    noon = Occurrence(world.now.replace(tzinfo=None), world.now)
    world.ledger.occurrences.leave_out(job, [(noon, "missed")], now=world.now)
    patient = Identity(patient_id="1", names=frozenset({("Mai", "Ly"), ("Mai", "Mars")}))
    world.ledger.keeping.forget(patient, reason="GDPR", by=BY, now=world.now)
    assert world.ledger.runs.run(run.id).parameters == asked | {"where": "…", "name": "…"}
    assert [one.job.title for one in world.ledger.occurrences.of("j")] == ["Rappels du mois de mars"]


def test_an_uncertain_message_that_was_forgotten_is_never_sent_again(world: World) -> None:
    number = sent(world, of_hers(), answers={"1": "in_doubt"})
    world.ledger.keeping.forget(Identity(patient_id="1"), reason="GDPR", by=BY, now=world.now)
    assert world.ledger.mailings.settle(number, as_sent=False, by=BY, now=world.now) == 0
    assert world.ledger.mailings.settle(number, as_sent=True, by=BY, now=world.now) == 1


def test_an_opt_out_outlives_its_patient(world: World) -> None:
    sent(world, of_hers())
    world.ledger.opt_outs.opt_out(
        patient_id="1", address="", channel="email", purpose="", source="phone", by=BY, now=world.now
    )
    world.ledger.keeping.forget(Identity(patient_id="1"), reason="GDPR", by=BY, now=world.now)
    assert world.ledger.opt_outs.objections()["patient_id"].tolist() == ["1"]


def test_who_was_never_written_to_is_forgotten_at_no_cost(world: World) -> None:
    forgotten = world.ledger.keeping.forget(Identity(patient_id="404"), reason="GDPR", by=BY, now=world.now)
    assert (forgotten.deliveries, forgotten.numbers) == (0, ())
    with pytest.raises(BadValue):
        world.ledger.keeping.forget(Identity(patient_id="404"), reason="", by=BY, now=world.now)
