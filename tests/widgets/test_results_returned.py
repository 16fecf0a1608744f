"""Returned mail on the results page: nothing is recorded before a person says so, and nothing is sent for it."""

from __future__ import annotations

from tests.journeys.smtp_sink import SmtpSink
from tests.practice.conftest import made_sample, practice  # noqa: F401 - a sample practice of the test's own
from tests.practice.reports import delivery_report
from tests.widgets.test_results_page import Watched, sent  # noqa: F401 - a mailing that a real server took
from workbench.practice import Practice


def test_reports_that_are_brought_are_shown_and_recorded_when_asked(sent: tuple[Practice, SmtpSink, int]) -> None:  # noqa: F811
    practice, sink, number = sent  # noqa: F811
    results = practice.results(number, identities=True)
    row, doubtful = results[results["status"] == "sent"].iloc[0], results[results["status"] == "in_doubt"].iloc[0]
    page = Watched(practice, lambda *_where, **_what: None)
    before, kept = page.states(number), len(sink.messages())
    for place, one in enumerate((row, doubtful)):
        page.hears(
            "returned_bring",
            delivery_report(one["message_id"], one["address"]),
            name="retour.eml",
            first=place == 0,
        )
    page.hears("returned_bring", b"From: quelqu'un\n\nBonjour", name="autre.eml", first=False)
    read = page.hears("returned_read")
    domain = row["address"].rpartition("@")[2]
    assert [one["delivery"] for one in read["found"]] == [row["delivery_id"], doubtful["delivery_id"]]
    assert read["found"][0]["message"] == f"Unknown mailbox at {domain}."
    assert [file for file, _why in read["left"]] == ["autre.eml"]
    assert page.states(number) == before

    said = page.hears("returned_record", deliveries=[one["delivery"] for one in read["found"]])["said"]
    assert said == "2 messages are recorded as returned."
    after = page.states(number)
    # A message that came back has left: it is uncertain no more.
    assert (after["sent"], after["in_doubt"]) == (before["sent"] + before["in_doubt"], 0)
    first = page.hears("rows", mailing=number, state="first")["rows"]
    back = next(one for one in first if one["delivery"] == row["delivery_id"])
    assert (back["state"], back["words"], back["file"]) == ("returned", "↩ Came back", "open")
    assert back["reason"] == f"Unknown mailbox at {domain}."
    assert len(sink.messages()) == kept

    page.hears("returned_withdraw", delivery=int(row["delivery_id"]))
    rows = page.hears("rows", mailing=number, search=row["address"])["rows"]
    assert "returned" not in {one["state"] for one in rows if one["delivery"] == row["delivery_id"]}


def test_what_is_not_there_any_more_says_so(practice: Practice) -> None:  # noqa: F811
    page = Watched(practice)
    assert "choose them once more" in page.hears("returned_record", deliveries=[1])["error"]
    page.hears("returned_bring", name="vide.eml", first=True)
    assert page.hears("returned_read")["left"][0][0] == "vide.eml"
    for number in range(250):
        page.hears("returned_bring", b"x", name="f.eml", first=number == 0)
    assert "200" in page.hears("returned_read")["error"]
