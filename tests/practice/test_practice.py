"""The front door: search, mailing, opt-out, corrections, results, through the real parts."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

import pandas as pd
import pytest

from workbench.domain.frames import RESULT_COLUMNS
from workbench.errors import (
    AccountError,
    BadValue,
    KeyTaken,
    NotConfirmed,
    TemplateRefused,
    UnknownAccount,
    UnknownMailing,
    UnknownName,
    UnknownPatient,
    UnknownTemplate,
    UsageError,
)
from workbench.practice import Practice
from workbench.practice.identity import without_people

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def tomorrow(practice: Practice) -> pd.DataFrame:
    return practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")


def letters(practice: Practice) -> list[bytes]:
    return [file.read_bytes() for file in sorted((practice.path / "out").glob("*.eml"))]


def test_a_mailing_goes_from_the_search_to_the_results(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    assert mailing.id is None
    with pytest.raises(NotConfirmed) as refused:
        mailing.send()
    ready = int((mailing.recipients["reason"] == "").sum())
    assert refused.value.count == ready
    assert practice.mailings().empty
    results = mailing.send(confirmed=True)
    assert (results["status"] == "sent").sum() == ready == len(letters(practice))
    assert "address" not in results.columns
    everything = practice.results(mailing, identities=True)
    assert list(everything.columns) == list(RESULT_COLUMNS)
    assert set(everything["sent_by"].dropna()) == {"claire"}
    assert mailing.counts.pending == 0


def test_the_preview_is_the_message_that_leaves_but_for_date_and_identity(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    place = int((mailing.recipients["reason"] == "").to_numpy().argmax())
    preview = mailing.preview(place)
    mailing.send(confirmed=True)
    address = preview.recipient.email
    left = [raw for raw in letters(practice) if f"<{address}>".encode() in raw.split(b"\r\n\r\n")[0]]
    shown = message_from_bytes(preview.as_bytes(), policy=policy.default)
    subjects = [message_from_bytes(raw, policy=policy.default)["Subject"] for raw in left]
    assert shown["Subject"] in subjects
    sent = message_from_bytes(left[subjects.index(shown["Subject"])], policy=policy.default)
    for name in ("From", "To", "Subject", "Reply-To", "Content-Language"):
        assert sent[name] == shown[name]
    for kind in ("plain", "html"):
        told, kept = shown.get_body((kind,)), sent.get_body((kind,))
        assert told is not None
        assert kept is not None
        assert told.get_content() == kept.get_content()


def test_the_same_mailing_made_again_sends_nothing_more_and_again_sends_on_purpose(practice: Practice) -> None:
    first = practice.mailing(tomorrow(practice), REMINDER)
    sent = int((first.send(confirmed=True)["status"] == "sent").sum())
    second = practice.mailing(tomorrow(practice), REMINDER)
    assert second.id == first.id
    second.send(confirmed=True)
    assert len(letters(practice)) == sent
    second.send(confirmed=True, again=True)
    assert len(letters(practice)) == 2 * sent
    assert set(practice.results(second)["again"]) >= {0, 1}


def test_the_number_asked_to_be_confirmed_is_what_would_leave(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    assert mailing.counts == mailing.forecast()
    sent = int((mailing.send(confirmed=True)["status"] == "sent").sum())
    with pytest.raises(NotConfirmed) as refused:
        mailing.send()
    assert refused.value.count == 0
    assert mailing.forecast(again=True).pending == sent
    other = practice.mailing(tomorrow(practice), REMINDER, key="once-more")
    assert (other.counts.pending, other.counts.skipped) == (0, len(mailing.recipients))


def test_another_mailing_for_the_same_occasion_writes_to_nobody_twice(practice: Practice) -> None:
    sent = int((practice.mailing(tomorrow(practice), REMINDER).send(confirmed=True)["status"] == "sent").sum())
    other = practice.mailing(tomorrow(practice), REMINDER, key="once-more")
    results = other.send(confirmed=True)
    assert not (results["status"] == "sent").any()
    assert (results["reason"] == "duplicate_occasion").sum() == sent
    with pytest.raises(KeyTaken):
        practice.mailing(tomorrow(practice), "Rendez-vous/Appointment reminder", key="once-more")


def test_a_correction_is_journalled_and_opens_the_row_again(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    mailing.send(confirmed=True)
    rows = mailing.recipients
    patient = rows.loc[(rows["reason"] == "no_address") & (rows["role"] == "patient"), "patient_id"].iloc[0]
    with pytest.raises(AccountError):
        practice.patients.correct(patient, email="not an address")
    [made] = practice.patients.correct(patient, email="corrigee@patients.example")
    assert (made.column, made.new, made.by) == ("email", "corrigee@patients.example", "claire")
    assert practice.patients.show(patient)["email"] == "corrigee@patients.example"
    results = practice.mailing(tomorrow(practice), REMINDER).send(confirmed=True)
    assert results.loc[results["patient_id"] == patient, "status"].tolist() == ["sent"]


def test_an_opt_out_counts_by_patient_and_by_address(practice: Practice) -> None:
    rows = practice.mailing(tomorrow(practice), REMINDER).recipients
    ready = rows[rows["reason"] == ""]
    patient, address = ready["patient_id"].iloc[0], ready["address"].iloc[-1]
    practice.opt_out(patient)
    practice.opt_out(address.upper())
    after = practice.mailing(tomorrow(practice), REMINDER).recipients
    assert set(after.loc[after["patient_id"] == patient, "reason"]) == {"opted_out"}
    assert set(after.loc[after["address"] == address, "reason"]) == {"opted_out"}
    with pytest.raises(UnknownPatient):
        practice.opt_out("no-such-file")


def test_a_withdrawn_opt_out_lets_messages_leave_again_and_is_journalled(practice: Practice) -> None:
    rows = practice.mailing(tomorrow(practice), REMINDER).recipients
    patient = rows.loc[rows["reason"] == "", "patient_id"].iloc[0]
    assert practice.objection(patient) == ""
    practice.opt_out(f" {patient} ")
    assert practice.objection(patient) == "opted_out"
    assert practice.objection(patient, channel="sms") == ""
    assert practice.withdraw_opt_out(patient)
    assert not practice.withdraw_opt_out(patient)
    assert practice.objection(patient) == ""
    after = practice.mailing(tomorrow(practice), REMINDER).recipients
    assert set(after.loc[after["patient_id"] == patient, "reason"]) == {""}
    assert list(practice.ledger.acts.acts(f"patient:{patient}")["what"]) == ["opt_out", "opt_out_withdrawn"]


def test_an_opt_out_of_a_patients_address_is_the_patients_objection_too(practice: Practice) -> None:
    rows = practice.mailing(tomorrow(practice), REMINDER).recipients
    own = rows[(rows["reason"] == "") & (rows["role"] == "patient")].iloc[0]
    practice.opt_out(own["address"])
    assert practice.objection(own["patient_id"]) == practice.objection(own["address"].upper()) == "opted_out"
    assert not practice.withdraw_opt_out(own["patient_id"])


@pytest.mark.parametrize("heading", ["E-mail", "Email", "Courriel", "Adresse e-mail"])
def test_a_table_names_its_addresses_as_people_do(practice: Practice, heading: str) -> None:
    table = pd.DataFrame({heading: ["a@t.example"], "name": ["A"]})
    assert practice.mailing(table, REMINDER).recipients["address"].tolist() == ["a@t.example"]


def test_a_table_without_addresses_is_refused_with_its_columns(practice: Practice) -> None:
    with pytest.raises(UsageError, match="it has: nom, ville"):
        practice.mailing(pd.DataFrame({"nom": ["A"], "ville": ["B"]}), REMINDER)


def test_two_appointments_of_one_patient_are_one_message_that_names_both(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    merged = mailing.subjects[mailing.subjects["merged_with"] != ""]
    assert len(merged) == 1
    assert len(mailing.recipients) == len(tomorrow(practice)) - 1
    patient = merged["patient_id"].iloc[0]
    place = mailing.recipients["patient_id"].tolist().index(patient)
    text = mailing.preview(place).text.replace("\xa0", " ")
    times = tomorrow(practice).query("patient_id == @patient")["starts_at"].tolist()
    assert len(times) == 2
    for start in times:
        assert (f"{start.hour} h {start.minute:02d}" if start.minute else f"{start.hour} h") in text


def test_an_email_type_that_names_only_the_first_of_two_appointments_is_warned_of(
    practice: Practice, tmp_path: Path
) -> None:
    (tmp_path / "court.html").write_text("---\nsubject: Rendez-vous\n---\n<p>Le @RDVDATE à @RDVHEURE</p>")
    findings = practice.mailing(tomorrow(practice), practice.templates.import_file(tmp_path / "court.html")).check()
    assert findings["code"].tolist().count("several_appointments") == 1
    assert "several_appointments" not in practice.mailing(tomorrow(practice), REMINDER).check()["code"].tolist()


def test_a_table_of_ones_own_is_merged_by_its_column_names(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "jeton.html").write_text("---\nsubject: Jeton {{ token }}\n---\n<p>{{ prenom }} : {{ token }}</p>")
    template = practice.templates.import_file(tmp_path / "jeton.html")
    assert (template.path, template.revision) == ("jeton", 1)
    table = pd.DataFrame({"email": ["a@t.example", "b@t.example"], "Prénom": ["Zoé", "Luc"], "token": ["x1", "x2"]})
    mailing = practice.mailing(table, template)
    assert mailing.fields()["token"].tolist() == ["x1", "x2"]
    assert mailing.send(confirmed=True)["status"].tolist() == ["sent", "sent"]
    shuffled = practice.mailing(table.sample(frac=1, random_state=3)[["token", "Prénom", "email"]], template)
    assert shuffled.id == mailing.id


def test_an_email_type_with_an_unknown_code_is_not_sent(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "faute.html").write_text("---\nsubject: Bonjour\n---\n<p>Bonjour @PNOMS</p>")
    mailing = practice.mailing(tomorrow(practice), practice.templates.import_file(tmp_path / "faute.html"))
    assert "@PNOM" in mailing.check()["message"].iloc[0]
    with pytest.raises(TemplateRefused, match="@PNOMS"):
        mailing.send(confirmed=True)
    assert practice.mailings().empty


def test_nothing_leaves_without_the_file_that_goes_with_it(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "plan.html").write_text("---\nsubject: Plan\nattachments: [plan.pdf]\n---\n<p>@PNOM</p>")
    template = practice.templates.import_file(tmp_path / "plan.html")
    mailing = practice.mailing(tomorrow(practice), template)
    assert mailing.preview(0).attachments[0].name == "plan.pdf"
    mailing.queue()
    (practice.path / "attachments" / template.attachments[0]).unlink()
    with pytest.raises(TemplateRefused, match=r"plan\.pdf"):
        mailing.resume()
    with pytest.raises(TemplateRefused, match=r"plan\.pdf"):
        practice.mailing(tomorrow(practice), template).check()
    assert letters(practice) == []
    assert mailing.counts.pending > 0


@pytest.mark.parametrize("name", ["/etc/hostname", "../outside.txt", "inner/file.txt", ".."])
def test_a_template_file_carries_off_no_other_file(practice: Practice, tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.txt").write_text("private")
    folder = tmp_path / "templates"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file.txt").write_text("private")
    (folder / "t.html").write_text(f"---\nsubject: s\nattachments: ['{name}']\n---\n<p>x</p>")
    with pytest.raises(TemplateRefused):
        practice.templates.import_file(folder / "t.html")


def test_an_exported_email_type_overwrites_no_other_file(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "plan.html").write_text("---\nsubject: Plan\nattachments: [plan.pdf]\n---\n<p>@PNOM</p>")
    practice.templates.import_file(tmp_path / "plan.html")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "plan.pdf").write_bytes(b"another one")
    with pytest.raises(TemplateRefused):
        practice.templates.export_file("plan", tmp_path / "out" / "plan.html")
    assert (tmp_path / "out" / "plan.pdf").read_bytes() == b"another one"


def test_a_mailing_sends_what_the_stores_say_now_not_what_was_seen_before_a_correction(practice: Practice) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER)
    rows = mailing.recipients
    own = rows[(rows["reason"] == "") & (rows["addressee_key"] == "patient:" + rows["patient_id"])]
    patient = own["patient_id"].iloc[0]
    practice.patients.correct(patient, email="nouvelle@patients.example")
    mailing.send(confirmed=True)
    results = practice.results(mailing, identities=True)
    assert results.loc[results["patient_id"] == patient, "address"].tolist() == ["nouvelle@patients.example"]


def test_a_mailing_is_found_again_by_its_number_even_when_a_person_named_it(practice: Practice) -> None:
    table = pd.DataFrame({"email": ["a@t.example"], "id": ["1"]})
    named = practice.mailing(table, REMINDER, key="named")
    named.send(confirmed=True)
    found = practice.mailing_by_id(named.id or 0)
    assert found.counts == named.counts
    assert len(found.resume()) == 1
    with pytest.raises(UsageError):
        found.preview(0)


def test_a_mailing_is_shown_even_when_its_account_was_removed(practice: Practice) -> None:
    practice.accounts.set("other", kind="folder", folder="other")
    mailing = practice.mailing(tomorrow(practice), REMINDER, account="other")
    mailing.queue()
    practice.accounts.remove("other")
    found = practice.mailing_by_id(mailing.id or 0)
    assert found.counts.pending > 0
    with pytest.raises(UnknownAccount):
        found.resume()


def test_a_frame_with_half_a_character_is_told_apart_like_any_other(practice: Practice) -> None:
    table = pd.DataFrame({"email": ["a@t.example"], "nom": ["\ud800x"]})
    assert practice.mailing(table, REMINDER).plan.table_digest


def test_what_is_not_there_is_said_in_a_sentence(practice: Practice) -> None:
    with pytest.raises(UnknownTemplate, match="Rappel de rendez-vous"):
        practice.templates["Rendez-vous/Rappel de rendez-vou"]
    with pytest.raises(UnknownAccount):
        practice.accounts["nobody"]
    with pytest.raises(UnknownName):
        practice.search("apointments")
    with pytest.raises(BadValue):
        practice.search("appointments", start="32/13/2026")
    with pytest.raises(UnknownMailing):
        practice.mailing_by_id(4711)
    with pytest.raises(UsageError):
        practice.mailing(tomorrow(practice), REMINDER).preview(10_000)
    assert practice.accounts.get("nobody") is None


def test_an_account_in_the_clear_is_for_this_computer_only(practice: Practice) -> None:
    with pytest.raises(AccountError, match=r"TLS"):
        practice.accounts.set("far", email="a@b.example", host="mail.example", security="none")
    near = practice.accounts.set("near", email="a@b.example", host="127.0.0.1", port=2525, security="none")
    assert near.effective_port == 2525
    with pytest.raises(AccountError, match="folder, near"):
        practice.accounts.default()


def test_a_practice_that_says_its_name_is_known_by_it_and_the_act_is_journalled(practice: Practice) -> None:
    assert practice.name != "Cabinet des Lilas"
    practice.set_card(name="Cabinet des Lilas", phone="02 99")
    assert practice.name == practice.card()["name"] == "Cabinet des Lilas"
    acts = practice.ledger.acts.acts(f"practice:{practice.settings.practice_id}")
    assert list(acts["what"]) == ["practice.changed"]
    assert list(acts["details"]) == [{"columns": ["name", "phone"]}]
    with pytest.raises(UnknownName, match="booking_url"):
        practice.set_card(colour="red")


def test_the_doctor_misses_a_name(practice: Practice) -> None:
    practice.set_card(name=practice.settings.practice_id)
    problems = [check.detail for check in practice.doctor() if not check.ok]
    assert len(problems) == 1
    assert "workbench practice set name=" in problems[0]


def test_a_guardians_address_is_corrected_in_the_childs_file(practice: Practice) -> None:
    rows = practice.mailing(tomorrow(practice), REMINDER).recipients
    child = rows.loc[rows["role"] == "guardian", "patient_id"].iloc[0]
    assert practice.patients.is_minor(child)
    done = practice.patients.correct(child, guardian=1, email="parent@exemple.example")
    first = practice.patients.show(child)["guardians"][0]
    assert first["email"] == "parent@exemple.example"
    assert done[0].column == f"guardian:{first['person_key']}.email"
    again = practice.mailing(tomorrow(practice), REMINDER).recipients
    assert set(again.loc[again["patient_id"] == child, "address"]) == {"parent@exemple.example"}


def test_the_doctor_finds_the_sample_practice_well(practice: Practice) -> None:
    checks = practice.doctor()
    assert all(check.ok for check in checks), checks
    (practice.path / "workbench.toml").chmod(0o644)
    assert [check.ok for check in practice.doctor()].count(False) == 1


def test_the_doctor_names_the_mailing_that_waits_for_a_decision(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = pd.DataFrame({"mailing_id": [9, 7, 4], "in_doubt": [0, 2, 1]})
    monkeypatch.setattr(practice, "mailings", lambda: listed)
    [check] = [check for check in practice.doctor() if not check.ok]
    assert check.detail.startswith("3 messages may or may not have arrived (mailing 7, 4).")
    assert check.detail.endswith("workbench mailings settle 7 --as-sent, or --resend")


def test_results_without_identities_repeat_no_address_anywhere(practice: Practice) -> None:
    table = pd.DataFrame({"email": ["claire@poste.example", "luc@poste.example"]})
    practice.templates.import_text("<p>Bonjour</p>", path="Essais/Mot", beside=practice.path)
    practice.mailing(table, "Essais/Mot").send(confirmed=True)
    frame = practice.results()
    assert len(frame) == 2
    told = frame.astype(str).to_csv()
    assert "poste.example" not in told
    assert frame["recipient_id"].is_unique
    assert practice.results(identities=True)["recipient_id"].tolist() == [
        "row:claire@poste.example",
        "row:luc@poste.example",
    ]


def test_a_server_s_reply_keeps_its_words_but_not_the_address() -> None:
    frame = pd.DataFrame(
        {
            "recipient_id": ["patient:1@2026-11-23:A@09:00"],
            "recipient": ["Luc"],
            "address": ["luc@poste.example"],
            "smtp_reply": ["550 5.1.1 <luc@poste.example>: user unknown"],
        },
        dtype="string",
    )
    told = without_people(frame)
    assert told["smtp_reply"].tolist() == ["550 5.1.1 <…>: user unknown"]
    assert told["recipient_id"].tolist() == frame["recipient_id"].tolist()
