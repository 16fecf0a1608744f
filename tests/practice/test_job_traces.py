"""What the trace of a job's run tells when its notebook makes several mailings."""

from __future__ import annotations

import nbformat

from workbench.domain.jobs import OccurrenceState
from workbench.practice import Practice
from workbench.practice.alerting import Alerts

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def test_all_mailings_of_a_notebook_are_counted_with_the_days_it_was_given(practice: Practice) -> None:
    cell = nbformat.v4.new_code_cell('start: str = "J+1"\nend: str = "J+9"', metadata={"tags": ["parameters"]})
    sent = nbformat.v4.new_code_cell(
        "import workbench\npractice = workbench.open()\n"
        'found = practice.search("appointments", start=start, end=end, state="upcoming")\n'
        "half = len(found) // 2\n"
        "for key, some in (('first', found.iloc[:half]), ('second', found.iloc[half:])):\n"
        f'    practice.mailing(some, "{REMINDER}", account="folder", key=key).send(confirmed=True)'
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[cell, sent]), practice.path / "notebooks" / "two.ipynb")
    job = practice.jobs.add("Deux", notebook="notebooks/two.ipynb", time="12:00", parameters={"end": "J+5"})
    done = practice.jobs.run(job.key)
    assert done.state is OccurrenceState.DONE, done.trace
    first, second = done.mailings
    book = practice.ledger.occurrences
    assert [book.with_mailing(number) for number in (first, second)] == [book.record(job.key, done.occurrence)] * 2
    tallies = [practice.ledger.mailings.tally(number) for number in (first, second)]
    assert min(tally.counts.sent for tally in tallies) > 0
    [row] = practice.jobs.log(job.key).to_dict("records")
    assert (row["start"], row["end"]) == ("2026-11-23", "2026-11-27")
    assert row["sent"] == sum(tally.counts.sent for tally in tallies) == done.trace["leaving"]
    assert row["found"] == sum(sum(tally.rows.values()) for tally in tallies)
    with practice.ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE deliveries SET status = 'in_doubt' "
            f"WHERE id = (SELECT max(id) FROM deliveries WHERE status = 'sent' AND mailing_id = {second})"
        )
    assert practice.jobs.log(job.key)["in_doubt"].tolist() == [1]
    # Uncertain messages of any of them are told, with the mailing that they are of.
    Alerts(practice).after(practice.ledger.occurrences.record(job.key, done.occurrence))
    assert practice.jobs.log(job.key)["alerts"].tolist() == ["doubts sent"]
    told = [file.read_text(encoding="utf-8") for file in (practice.path / "out").glob("*.eml")]
    assert [True for text in told if f"mailings settle {second}" in text]
    assert not [True for text in told if f"mailings settle {first}" in text]
