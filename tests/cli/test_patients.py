from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from workbench.errors import UnknownName, UsageError


def test_a_file_is_shown_without_what_a_terminal_obeys(command):
    done = command("patient", "show", "41")
    assert "<script>" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_file_is_one_object_for_a_program(command):
    assert json.loads(command("patient", "show", "41", "--format", "json").stdout)["patient_id"] == "41"


def test_a_file_begins_with_what_one_looks_for(at):
    found = json.loads(at("search", "appointments", "--format", "json").stdout)[0]
    record = json.loads(at("patient", "show", found["patient_id"], "--format", "json").stdout)
    assert list(record)[:8] == [
        "last_name", "first_name", "civility", "birth_date", "patient_id", "email", "mobile", "phone",
    ]  # fmt: skip
    assert list(record)[13:] == sorted(list(record)[13:])
    assert "file_state" in record


def test_unpaid_invoices_of_a_file_are_read_at_a_glance(at):
    number = json.loads(at("search", "unpaid", "--format", "json").stdout)[0]["patient_id"]
    record = json.loads(at("patient", "show", number, "--format", "json").stdout)
    bill = record["unpaid_invoices"][0]
    assert bill["remaining"] > 0
    assert record["current_invoice_id"]
    shown = at("patient", "show", number).stdout
    assert bill["number"] in shown
    assert not {"current_invoice_id", "unpaid_invoices", "next_appointments", "last_image_on", "{"} & set(shown.split())
    assert "'remaining'" not in shown


@pytest.mark.parametrize(
    "words", [["--email", "a@exemple.test"], ["email=a@exemple.test"], ["--set", "email=a@exemple.test"]]
)
def test_an_address_is_corrected_however_one_writes_it(command, practice, words):
    done = command("patient", "correct", "41", *words)
    assert practice.asked == [("correct", "41", {"email": "a@exemple.test"})]
    assert "a@exemple.test" not in done.output
    assert "« E-mail » is corrected" in done.stderr
    assert "under age" not in done.stderr


def test_a_guardians_address_is_corrected_by_its_place(command, practice):
    done = command("patient", "correct", "2202", "--guardian", "1", "--email", "a@exemple.test")
    assert practice.asked == [("correct", "2202", {"guardian": "1", "email": "a@exemple.test"})]
    assert "of the person responsible is corrected" in done.stderr
    assert "under age" not in done.stderr


def test_who_corrects_a_minors_own_address_learns_where_messages_go(command):
    done = command("patient", "correct", "2202", "--email", "a@exemple.test")
    assert "messages go to the guardian" in done.stderr
    assert "workbench patient correct 2202 --guardian 1 --email ADDRESS" in done.stderr


def test_a_childs_file_shows_who_answers_for_it(at):
    kind = "appointments"
    numbers = [row["patient_id"] for row in json.loads(at("search", kind, "--format", "json").stdout)]
    record = next(
        record
        for number in dict.fromkeys(numbers)
        if (record := json.loads(at("patient", "show", number, "--format", "json").stdout))["guardians"]
    )
    first = record["guardians"][0]
    assert {"person_key", "last_name", "relation"} <= set(first)
    assert f"key {first['person_key']}" in at("patient", "show", record["patient_id"]).stdout
    number = record["patient_id"]
    assert at("patient", "correct", number, "--guardian", "1", "--email", "n@exemple.test").exit_code == 0
    assert "n@exemple.test" in at("patient", "show", number).stdout
    refused = at("patient", "correct", number, "--guardian", "nobody", "--email", "n@exemple.test")
    assert isinstance(refused.exception, UnknownName)


def test_an_empty_value_empties_the_column(command, practice):
    command("patient", "correct", "41", "email=")
    assert practice.asked == [("correct", "41", {"email": None})]


def test_a_correction_says_what_to_correct(command):
    assert isinstance(command("patient", "correct", "41").exception, UsageError)


def test_the_file_number_is_not_corrected(command):
    assert isinstance(command("patient", "correct", "41", "patient_id=42").exception, UnknownName)


@pytest.mark.parametrize("who", ["41", "a@exemple.test"])
def test_an_opt_out_is_one_gesture(command, practice, who):
    assert command("patient", "opt-out", who).exit_code == 0
    assert practice.asked == [("opt_out", who, "email", "", "practice")]


@pytest.mark.parametrize(
    ("who", "told", "untold"),
    [
        ("41", ["Withdrawn"], ["do not leave"]),
        ("43", ["no such opt-out"], ["do not leave"]),
        ("42", ["no such opt-out", "Messages still do not leave: Does not want these messages."], ["Withdrawn"]),
    ],
)
def test_an_opt_out_is_withdrawn_and_what_still_stands_is_told(command, practice, who, told, untold):
    done = command("patient", "opt-out", who, "--withdraw")
    assert done.exit_code == 0
    assert practice.asked == [("withdraw", who, "email")]
    assert all(words in done.stderr for words in told)
    assert not any(words in done.stderr for words in untold)


@pytest.mark.parametrize(
    "words",
    [
        ["Eve <eve2@x.example>"],
        ["mailto:eve@x.example"],
        ["a@x.example;b@x.example"],
        ["eve2@"],
        ["@x.example"],
        ["eve@x.example", "--channel", "courriel"],
        ["eve@x.example", "--channel", ""],
    ],
)
def test_what_would_stop_no_message_is_refused_and_not_recorded(at, words):
    for withdraw in ([], ["--withdraw"]):
        done = at("patient", "opt-out", *words, *withdraw)
        assert isinstance(done.exception, UsageError)
        assert "eve2@x" not in done.exception.sentence
        assert "Recorded" not in done.output


def test_an_opt_out_and_its_withdrawal_decide_who_is_left_out(at):
    send = ("send", "--search", "appointments", "--set", "start=tomorrow", "--set", "end=tomorrow",
            "--template", "Rendez-vous/Rappel de rendez-vous", "--dry-run", "--json")  # fmt: skip

    def ready() -> int:
        return int(json.loads(at(*send).stdout.splitlines()[-1])["pending"])

    before = ready()
    address = next(
        row["email"]
        for row in json.loads(at("search", "appointments", "--set", "start=tomorrow", "--format", "json").stdout)
        if row["address_status"] == "ok" and at("patient", "opt-out", row["email"]).exit_code == 0 and ready() < before
    )
    assert "Withdrawn" in at("patient", "opt-out", f" {address.upper()} ", "--withdraw").stderr
    assert "no such opt-out" in at("patient", "opt-out", address, "--withdraw").stderr
    at("patient", "opt-out", address)
    assert ready() < before


def test_corrections_and_decisions_are_listed_by_the_clock_of_the_practice(at):
    at("patient", "correct", "2201", "phone=02 99 00 00 00")
    at("patient", "consent", "2201", "refused", "--purpose", "birthday")
    for words in (("patient", "corrections"), ("patient", "consents", "2201")):
        kept = json.loads(at(*words, "--format", "json").stdout)[-1]["at"]
        assert kept.endswith("+00:00")
        clock = datetime.fromisoformat(kept).astimezone(ZoneInfo("Europe/Paris"))
        assert clock.strftime("%Y-%m-%d %H:%M") in at(*words).stdout


def test_an_album_is_shown_in_the_words_that_email_types_choose_by(at):
    shown = at("patient", "images", "2201")
    assert shown.stdout.split()[:6] == ["Image", "Taken", "on", "Kind", "View", "Stage"]
    images = json.loads(at("patient", "images", "2201", "--format", "json").stdout)
    assert [image["kind"] for image in images] == ["panoramique", "téléradiographie", "intra-orale"]
    assert images[0]["path"] == "documents/images/I-0001.png"


def test_a_patient_without_images_or_documents_is_told_so(at):
    for words, number, sentence in (("images", "2202", "album is empty"), ("documents", "2201", "no document")):
        done = at("patient", words, number)
        assert done.exit_code == 0
        assert sentence in done.stderr
        assert at("patient", words, "999999").exit_code == 1


def test_the_documents_of_a_file_are_shown(at):
    number = json.loads(at("search", "unpaid", "--format", "json").stdout)[0]["patient_id"]
    papers = json.loads(at("patient", "documents", number, "--format", "json").stdout)
    assert "invoice" in {paper["kind"] for paper in papers}
    assert all(paper["path"].startswith("documents/") for paper in papers)
