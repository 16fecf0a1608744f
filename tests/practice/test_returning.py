"""A returned mail is matched to its message, and recorded when somebody says so; nothing is ever sent for it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.practice.reports import delivery_report, plain_report
from workbench.errors import BadValue
from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def sent(practice: Practice) -> pd.DataFrame:
    """Return tomorrow's reminders, sent."""
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    practice.mailing(rows, REMINDER, account="folder").send(confirmed=True)
    results = practice.results(identities=True)
    return results[(results["status"] == "sent") & (results["patient_id"] != "")].reset_index(drop=True)


def own(practice: Practice, results: pd.DataFrame) -> pd.Series:
    """Return a row whose address is the patient's own."""
    for _place, row in results.iterrows():
        if practice.patients.show(str(row["patient_id"]))["email"] == row["address"]:
            return row
    raise AssertionError("no patient was written to at their own address")


def of(practice: Practice, number: int) -> pd.Series:
    results = practice.results(identities=True)
    return results[results["delivery_id"] == number].iloc[0]


def test_a_report_is_matched_and_recorded_once_somebody_says_so(practice: Practice, tmp_path: Path) -> None:
    row = own(practice, sent(practice))
    file = tmp_path / "retour.eml"
    file.write_bytes(delivery_report(row["message_id"], row["address"]))
    found = practice.returned(file)
    told = found.iloc[0]
    assert (told["delivery_id"], told["patient_id"], told["trouble"]) == (row["delivery_id"], row["patient_id"], "")
    domain = row["address"].rpartition("@")[2]
    assert told["message"] == f"Unknown mailbox at {domain}."
    # A question changes nothing.
    assert of(practice, row["delivery_id"])["reason"] == ""
    before = practice.patients.address_status(row["patient_id"])
    assert before != "returned"

    assert practice.record_returned(found) == 1
    after = of(practice, row["delivery_id"])
    assert (after["status"], after["reason"]) == ("sent", "returned:unknown_mailbox")
    assert practice.patients.address_status(row["patient_id"]) == "returned"
    assert practice.record_returned(found) == 0
    assert "already" in practice.returned(file)["trouble"].iloc[0]
    acts = practice.ledger.acts.acts(f"delivery:{row['delivery_id']}")
    assert acts[["what", "by"]].to_numpy().tolist() == [["mail_returned", "claire"]]
    assert acts["details"].iloc[0] == {"cause": "unknown_mailbox", "code": "5.1.1"}

    assert practice.withdraw_returned(row["delivery_id"])
    assert not practice.withdraw_returned(row["delivery_id"])
    assert of(practice, row["delivery_id"])["reason"] == ""
    assert practice.patients.address_status(row["patient_id"]) == before


def test_another_address_in_the_file_takes_the_warning_away(practice: Practice) -> None:
    row = own(practice, sent(practice))
    practice.record_returned(practice.returned({"r.eml": delivery_report(row["message_id"], row["address"])}))
    practice.patients.correct(row["patient_id"], email="nouvelle.adresse@exemple.test")
    assert practice.patients.address_status(row["patient_id"]) != "returned"


def test_a_full_mailbox_came_back_but_the_address_is_right(practice: Practice) -> None:
    row = own(practice, sent(practice))
    before = practice.patients.address_status(row["patient_id"])
    report = delivery_report(row["message_id"], row["address"], status="5.2.2")
    assert practice.record_returned(practice.returned({"r.eml": report})) == 1
    assert of(practice, row["delivery_id"])["reason"] == "returned:full_mailbox"
    assert practice.patients.address_status(row["patient_id"]) == before


def test_nothing_is_sent_again_by_itself(practice: Practice) -> None:
    results = sent(practice)
    row = own(practice, results)
    practice.record_returned(practice.returned({"r.eml": delivery_report(row["message_id"], row["address"])}))
    letters = sorted((practice.path / "out").rglob("*.eml"))
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    practice.mailing(rows, REMINDER, account="folder").send(confirmed=True)
    other = practice.mailing(rows, REMINDER, account="folder", key="autre")
    other.check()
    other.send(confirmed=True)
    assert sorted((practice.path / "out").rglob("*.eml")) == letters


@pytest.mark.parametrize("decided", [True, False])
def test_what_was_uncertain_is_so_again_once_it_did_not_come_back(practice: Practice, decided: bool) -> None:
    row = own(practice, sent(practice))
    moment = "decided_at" if decided else "NULL"
    with practice.ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE deliveries SET status = 'in_doubt', reason = 'restored', decided_at = {moment} "
            f"WHERE id = {row['delivery_id']}"
        )
    before = of(practice, row["delivery_id"])
    practice.record_returned(practice.returned({"r.eml": delivery_report(row["message_id"], row["address"])}))
    assert of(practice, row["delivery_id"])["status"] == "sent"
    assert practice.withdraw_returned(row["delivery_id"])
    pd.testing.assert_series_equal(of(practice, row["delivery_id"]), before)


def test_a_message_is_found_by_each_mark_that_servers_repeat(practice: Practice) -> None:
    results = sent(practice)
    number, mark, address = (results.iloc[0][name] for name in ("delivery_id", "message_id", "address"))
    bare = mark.strip("<>")
    for report in (
        delivery_report(mark, address),
        delivery_report("", address, envelope=bare, headers="Subject: nothing else\n"),
        delivery_report(mark.upper(), address, headers=f"Message-Id:\n {mark}\n"),
        plain_report(mark, address),
        plain_report("", address).replace(
            b"Subject: Returned", b"In-Reply-To: " + mark.encode() + b"\nSubject: Returned"
        ),
    ):
        told = practice.returned({"r.eml": report}).iloc[0]
        assert (told["delivery_id"], told["cause"], told["trouble"]) == (number, "unknown_mailbox", ""), report


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("delayed", "late"),
        ("delivered", "arrived"),
        ("stranger", "not sent from here"),
        ("reply", "ordinary letter"),
        ("empty", "can be read"),
        ("binary", "can be read"),
        ("nested", "can be read"),
        ("deep", "can be read"),
    ],
)
def test_what_is_no_returned_message_of_ours_changes_nothing(practice: Practice, what: str, sentence: str) -> None:
    row = sent(practice).iloc[0]
    mark, address = row["message_id"], row["address"]
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
    content = {
        "delayed": delivery_report(mark, address, action="delayed", status="4.4.1"),
        "delivered": delivery_report(mark, address, action="delivered", status="2.1.5"),
        "stranger": delivery_report(f"<{'ab' * 16}@ailleurs.test>", address),
        "reply": f"From: {address}\nSubject: Re: Rappel\nIn-Reply-To: {mark}\n\nMerci ! 550 euros notés.".encode(),
        "empty": b"",
        "binary": b"\x89PNG\r\n\0\0\0" * 1000,
        "nested": b"Subject: x\n" + b"Content-Type: message/rfc822\n\n" * 5000,
        "deep": deep,
    }[what]
    found = practice.returned({"f.eml": content})
    assert sentence in found["trouble"].iloc[0]
    assert practice.record_returned(found) == 0
    assert of(practice, row["delivery_id"])["reason"] == ""
    assert practice.ledger.returned.addresses() == frozenset()


def test_a_huge_file_is_read_by_its_beginning(practice: Practice, tmp_path: Path) -> None:
    row = sent(practice).iloc[0]
    file = tmp_path / "gros.eml"
    with file.open("wb") as whole:
        whole.write(delivery_report(row["message_id"], row["address"]).replace(b"--AAA--", b""))
        whole.seek(3_000_000_000)  # nearly nothing on the disk
        whole.write(b".")
    assert practice.returned(file)["delivery_id"].iloc[0] == row["delivery_id"]


def test_several_files_are_brought_at_once(practice: Practice, tmp_path: Path) -> None:
    results = sent(practice).head(3)
    for place, row in results.iterrows():
        (tmp_path / f"{place}.eml").write_bytes(delivery_report(row["message_id"], row["address"]))
    (tmp_path / "9.eml").write_bytes(delivery_report(results["message_id"].iloc[0], results["address"].iloc[0]))
    (tmp_path / "8.eml").write_bytes(b"From: quelqu'un\n\nBonjour")
    found = practice.returned(tmp_path)
    assert found["trouble"].eq("").sum() == 3
    assert "same message" in found["trouble"].iloc[-1]
    assert practice.record_returned(found) == 3
    with pytest.raises(BadValue, match="200"):
        practice.returned({f"{number}.eml": b"" for number in range(201)})


def test_a_file_s_name_and_words_are_not_taken_for_ours(practice: Practice) -> None:
    row = sent(practice).iloc[0]
    report = delivery_report(row["message_id"], "<img src=x onerror=alert(1)>@mechant.test")
    told = practice.returned({"../../<script>.eml": report}).iloc[0]
    assert told["address"] == row["address"]
    assert "mechant" not in told["message"]
    assert "<" not in told["file"]
    assert "/" not in told["file"]
